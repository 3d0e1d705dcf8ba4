"""How the page of the ledger looks, and the script that shows and hides its rows."""

from __future__ import annotations

from symcur.display import font_face

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --dim: #666; --back: #fff; --text: #1a1a1a; --link: #0a4fb3; }
@media (prefers-color-scheme: dark) { :root { --dim: #aaa; --back: #16181c; --text: #e6e6e6; --link: #8ab4f8; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem;
       background: var(--back); color: var(--text); overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .8rem 1rem; margin: 1rem 0; }
article header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .7rem; }
h3 { margin: 0; font-size: 1.05rem; } h3 a { color: inherit; text-decoration: none; } p { margin: .4rem 0; }
math { font-family: "symcur math", math; font-size: 1.12em; overflow-wrap: normal; }
a { color: var(--link); }
.formula { overflow: auto hidden; padding: .3rem 0; }
.columns, .places { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
.places { grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .3rem; margin: .5rem 0; }
.places dt, .places dd { display: inline; margin: 0 .4rem 0 0; } .places dt { font-weight: 600; }
.columns > div, .places > div { border-left: .25rem solid var(--line); padding-left: .8rem; min-width: 0; }
.columns > .right { border-color: #1b6e37; } .columns > .wrong, .places > .wrong { border-color: #b3161d; }
.places > .wrong dd::after { content: " \\2717"; color: #b3161d; font-weight: 700; }
.dim { color: var(--dim); } summary { cursor: pointer; color: var(--dim); }
.filter { display: flex; flex-direction: column; gap: .2rem; margin: 1rem 0; }
.filter input { display: none; } .filter .search { display: none; }
.scripted .filter input, .scripted .filter .search { display: inline; }
nav .names { display: block; font-size: .9em; line-height: 1.9; } nav .names a { margin-right: .6rem; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); }
table { border-collapse: collapse; }
.kind { display: inline-block; border-radius: .3rem; padding: 0 .5rem; color: #fff; background: #555; font-size: .9rem; }
.proved, .proved-for-a-model { background: #1b6e37; } .confirmed { background: #0b6470; }
.refuted { background: #84237f; } .misprint { background: #8a5200; } .open { background: #2a57a8; }
.failed { background: #b3161d; }
.interrupted { border: 2px solid #b3161d; border-radius: .5rem; padding: .4rem .8rem; }
"""

FILTER = """
const form = document.querySelector("form.filter");
document.body.classList.add("scripted");
form.addEventListener("submit", event => event.preventDefault());
form.addEventListener("input", () => {
  const kinds = new Set([...form.querySelectorAll(":checked")].map(box => box.value));
  const words = form.querySelector("[type=search]").value.toLowerCase();
  for (const row of document.querySelectorAll("article"))
    row.hidden = !kinds.has(row.dataset.kind) || !row.textContent.toLowerCase().includes(words);
  for (const section of document.querySelectorAll("section"))
    section.hidden = !section.querySelector("article:not([hidden])");
});
"""


def style() -> str:
    """The style with the font of the mathematics in it."""
    return font_face() + _STYLE
