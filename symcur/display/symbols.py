"""Mathematics in plain letters inside sentences, as d^{lis}, J_n, int f Omega or d_mu M, told from the words around it."""

from __future__ import annotations

import re

from symcur.display.blocks import Formula

_SMALL = "alpha|beta|gamma|epsilon|zeta|eta|theta|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|phi|chi|psi|omega"
_LARGE = "Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
_GREEK = f"{_SMALL}|{_LARGE}"
_GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_SCRIPT = rf"[_^](?:{_GROUP}|\([a-z ]+\)|[+-]?(?:{_GREEK}|[A-Za-z0-9]+)(?![A-Za-z0-9])|[*#+-])"
_SYMBOL = re.compile(
    rf"(?<![\w\\])(?P<base>\\?(?:{_GREEK}|delta|sin|cos)\d?|d?[A-Za-z]|[A-Z][a-z]?)(?P<scripts>(?:{_SCRIPT})+)(?!\w)"
    rf"|(?<=[)\]|])(?P<power>\^(?:\w|[*+]))(?!\w)"
    rf"|(?<![\w\\-])(?P<word>{_GREEK}|int(?= [\w(\[]))(?![\w-])"
)
_LABELS = {"orb", "static", "transverse", "inf", "sj", "dp", "in", "od"}
_DERIVED = re.compile(r"_(\{k(_|\W|\w).*|mu|h|[ilk])$")


def pieces(text: str) -> list[str | Formula]:
    """The words as they are and the mathematics as LaTeX, in their order."""
    found: list[str | Formula] = []
    end = 0
    for match in _SYMBOL.finditer(text):
        found += [text[end : match.start()], Formula(_latex(match))]
        end = match.end()
    return [piece for piece in (*found, text[end:]) if piece]


def _latex(match: re.Match[str]) -> str:
    if match["word"]:
        return f"\\{match['word']}"
    if match["power"]:
        return f"{{}}{_script(match['power'])}"
    base, scripts = match["base"], re.findall(_SCRIPT, match["scripts"])
    letters = re.sub(rf"^\\?({_GREEK}|delta|sin|cos)", r"\\\1", base)
    if base == "d" and _DERIVED.fullmatch(scripts[0]):
        letters = r"\partial"
    return letters + "".join(map(_script, scripts))


def _script(script: str) -> str:
    kind, inside = script[0], script[1:].strip("()")
    if inside.startswith("{"):
        inside = inside[1:-1]
    inside = inside.replace("#", r"\#")
    if inside in _LABELS:
        inside = rf"\mathrm{{{inside}}}"
    inside = re.sub(rf"(?<![\\A-Za-z])({_GREEK})(?![A-Za-z])", r"\\\1", inside)
    return f"{kind}{{{inside}}}"
