"""The HTML report: self-contained, well formed, readable in a browser."""

from __future__ import annotations

import html as entities
import json
import re
import shutil
import subprocess
from contextlib import nullcontext
from dataclasses import replace

import pytest
from pages import Page

import symcur as sc
from symcur import claims
from symcur.claims import CheckResult, ClaimResult
from symcur.cli.report import FIRST, html
from symcur.display import mathml

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PROBE = """<script>
addEventListener("load", () => {
  const formulas = [...document.querySelectorAll("math")];
  const probe = document.createElement("pre");
  probe.id = "probe";
  probe.textContent = JSON.stringify({
    formulas: formulas.length,
    flat: formulas.filter(formula => formula.getBoundingClientRect().height < 5).length,
    wide: document.documentElement.scrollWidth > innerWidth,
    font: document.fonts.check("16px 'symcur math'") && [...document.fonts].every(font => font.status == "loaded"),
    body: document.body.scrollWidth,
    fetched: performance.getEntriesByType("resource").length,
    quirks: document.compatMode !== "CSS1Compat",
    kinds: [...document.querySelectorAll("article header .kind")].map(kind => kind.textContent),
    background: getComputedStyle(document.querySelector(".misprint")).backgroundColor,
  });
  document.body.append(probe);
});
</script>"""
NARROW = """<script>
document.body.style.cssText = "width: 358px; margin: 0; padding: 0 16px"; // a telephone, 390 px wide
document.querySelectorAll("details").forEach(details => details.open = true);
</script>"""
SEARCHED = """<script>
const search = document.querySelector("[type=search]");
search.value = "torque-dipole";
search.dispatchEvent(new Event("input", {bubbles: true}));
</script>"""


@pytest.fixture(scope="module", name="verdicts")
def all_verdicts():
    settled = [claims.verify(claim, check_models=False) for claim in claims.CLAIMS if claim.check is None]
    base = claims.get("torque-dipole")
    unsettled = replace(base, name="unsettled", equalities=(), recorded="open", why_open="needs <disorder> & time")
    numerical = replace(base, name="numerical", equalities=(), recorded="confirmed")
    checks = (CheckResult(True, 2e-13, 1e-9, "a quantised number"),)
    faults = {"a <wrong> sign": CheckResult(False, 2.0, 1e-9, ""), "a wrong end": CheckResult(True, 1e-12, 1e-9, "")}
    demanding = replace(numerical, name="demanding", faults=dict.fromkeys(faults, nullcontext))
    return [
        *settled,
        claims.verify(unsettled),
        ClaimResult(demanding, "confirmed", "a number", (), checks),
        ClaimResult(replace(demanding, name="noticing"), "failed", "blind", (), checks, faults=faults),
        ClaimResult(
            numerical, "failed", "the numerical check exceeds its tolerance", (), checks, 0.5, {"rashba": 1e-12}
        ),
    ]


@pytest.fixture(scope="module", name="page")
def ledger_page(verdicts):
    return html(verdicts)


def test_tags_are_balanced_and_anchors_unique(page, verdicts):
    identifiers = [names["id"] for _, names in Page(page).elements if "id" in names]
    assert len(set(identifiers)) == len(identifiers)
    rows = [name for name in identifiers if not name.startswith("section-")]
    assert sorted(rows) == sorted(verdict.name for verdict in verdicts)
    assert set(re.findall(r'href="#([^"]*)"', page)) == set(identifiers)


def test_nothing_is_fetched(page):
    addresses = set(re.findall(r"[a-z]+://[^\s\"'<]+", page))
    assert addresses <= {"http://www.w3.org/1998/Math/MathML"}
    assert not re.search(r"<script [^>]*src|<link|<img|@import|url\((?!data:)", page)


def test_every_claim_has_its_verdict_and_what_does_not_hold_comes_first(page, verdicts):
    rows = re.findall(
        r'<article id="([^"]+)" data-kind="([^"]+)"><header>.*?<span class="kind [^"]*">([^<]*)</span>', page
    )
    assert sorted(rows) == sorted((verdict.name, verdict.kind, verdict.kind) for verdict in verdicts)
    kinds = [kind for _, kind, _ in rows]
    doubtful = sum(kind in FIRST for kind in kinds)
    assert 3 < doubtful < len(kinds)
    assert kinds[:doubtful] == sorted(kinds[:doubtful], key=FIRST.index)
    assert not set(FIRST) & set(kinds[doubtful:])
    assert "recorded: confirmed" in page
    assert "Not as the ledger records: noticing, numerical." in page


def test_no_mathematics_is_left_in_plain_letters(page):
    words = re.sub(r"<(math|style|script|code).*?</\1>", " ", page, flags=re.DOTALL)
    words = entities.unescape(re.sub("<[^>]*>", " ", words))
    left = set(re.findall(r"\S*[\^_]\S*", words))
    assert {name.strip("(),.;:") for name in left} <= {*sc.models.names(), "symmetric_quadrupole"}


def test_misprints_stand_side_by_side(page):
    article = re.search(r'<article id="intrinsic-geometry"[^>]*>.*?</article>', page, re.DOTALL).group()
    printed, corrected = re.findall(r"<strong>(As printed|As corrected)</strong> \((\w+)\)", article)
    assert printed == ("As printed", "refuted")
    assert corrected == ("As corrected", "proved")
    assert "Counterexample to" in article
    assert article.count("<math") == 11  # the statement, two sides in each column, two symbols in each of three notes
    assert re.findall(r"<div( class=wrong)?><dt>[ABC]</dt>", article) == ["", "", " class=wrong"]
    assert article.count('<div class="wrong"><p>') == article.count('<div class="right"><p>') == 1


def test_an_interrupted_page_says_so(verdicts, page):
    assert "Incomplete" not in page
    part = html(verdicts[:3], asked=len(verdicts))
    assert f"Incomplete: interrupted after 3 of {len(verdicts)} claims.</strong> The others are missing here." in part
    assert part.index("Incomplete") < part.index("<article")


def test_text_is_escaped_and_residuals_shown(page):
    assert "needs &lt;disorder&gt; &amp; time" in page
    assert "a quantised number: residual 2.0e-13 ≤ 1e-09" in page
    assert "rashba 1e-12" in page


def test_a_row_tells_which_faults_it_must_notice_and_which_it_did(page):
    demanding, noticing = (
        re.search(rf'<article id="{name}"[^>]*>.*?</article>', page, re.DOTALL).group()
        for name in ("demanding", "noticing")
    )
    assert "must notice, as" in demanding
    assert "<li>a &lt;wrong&gt; sign</li><li>a wrong end</li>" in demanding
    assert "<td>a &lt;wrong&gt; sign</td><td>2e+00</td><td>yes</td>" in noticing
    assert "<td>a wrong end</td><td>1e-12</td><td>no</td>" in noticing
    assert "notice" not in re.search(r'<article id="numerical"[^>]*>.*?</article>', page, re.DOTALL).group()


@pytest.mark.parametrize("claim", list(claims.CLAIMS), ids=lambda claim: claim.name)
def test_statements_become_mathml(claim):
    text = re.sub(r"<[^>]*>", "", mathml(claim.statement, display=True))
    assert "\\" not in text
    assert not set("{}^_") & set(text)


def laid_out(page, folder):
    """What a browser tells of the page."""
    file = folder / "report.html"
    file.write_text(page.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    options += ["--disable-background-networking", "--disable-component-update", "--window-size=1200,900"]
    command = [CHROMIUM, *options, f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    return dom, json.loads(entities.unescape(re.search(r'<pre id="probe">(.*?)</pre>', dom, re.DOTALL).group(1)))


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_a_browser_lays_it_out(page, verdicts, tmp_path):
    _, probe = laid_out(page, tmp_path)
    assert probe["formulas"] == page.count("<math")
    assert probe["flat"] == 0
    assert not probe["wide"]
    assert probe["font"]
    assert probe["fetched"] == 0
    assert not probe["quirks"]
    assert sorted(probe["kinds"]) == sorted(verdict.kind for verdict in verdicts)
    assert probe["background"] == "rgb(138, 82, 0)"


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_it_fits_a_telephone_and_can_be_searched(page, tmp_path):
    narrow = page.replace("</body>", NARROW + SEARCHED + "</body>")
    dom, probe = laid_out(narrow, tmp_path)
    assert probe["body"] <= 390
    shown = set(re.findall(r'<article id="([^"]+)" data-kind="[^"]*">', dom))
    assert "torque-dipole" in shown
    assert "theta-dipole" not in shown
