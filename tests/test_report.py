"""The HTML report: self-contained, well formed, readable in a browser."""

from __future__ import annotations

import html as entities
import json
import re
import shutil
import subprocess
from contextlib import nullcontext
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from symcur import claims
from symcur.claims import CheckResult, ClaimResult
from symcur.cli.report import html
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
    fetched: performance.getEntriesByType("resource").length,
    quirks: document.compatMode !== "CSS1Compat",
    kinds: [...document.querySelectorAll("td .kind")].map(kind => kind.textContent),
    background: getComputedStyle(document.querySelector(".misprint")).backgroundColor,
  });
  document.body.append(probe);
});
</script>"""
VOID = {"meta", "link", "br", "hr", "img", "input"}


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


class Balance(HTMLParser):
    """Raises where a tag is closed that was not the last one opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.identifiers: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.identifiers += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_tags_are_balanced_and_anchors_unique(page, verdicts):
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert sorted(parser.identifiers) == sorted(verdict.name for verdict in verdicts)


def test_nothing_is_fetched(page):
    addresses = set(re.findall(r"[a-z]+://[^\s\"'<]+", page))
    assert addresses <= {"http://www.w3.org/1998/Math/MathML"}
    assert not re.search(r"<script|<link|<img|@import|url\(", page)


def test_every_row_has_its_kind_as_text(page, verdicts):
    heading = re.findall(r'<th scope="col">([^<]*)</th>', page)
    assert heading[:9] == ["Claim", "Verdict", "How", "Residual", "Tolerance", "Time", "A", "B", "C"]
    rows = re.findall(r'<th scope="row"><a href="#([^"]+)">.*?<span class="kind [^"]*">([^<]*)</span>', page)
    assert sorted(rows) == sorted((verdict.name, verdict.kind) for verdict in verdicts)
    assert "recorded: confirmed" in page
    assert "Not as the ledger records: noticing, numerical." in page


def test_misprints_stand_side_by_side(page):
    article = re.search(r'<article id="intrinsic-geometry">.*?</article>', page, re.DOTALL).group()
    printed, corrected = re.findall(r"<strong>(As printed|As corrected)</strong> \((\w+)\)", article)
    assert printed == ("As printed", "refuted")
    assert corrected == ("As corrected", "proved")
    assert "Counterexample to" in article
    assert article.count("<math") == 5  # the statement and two sides in each column
    assert "C as printed, d_{kᵢ} dⁱˢ" in article


def test_an_interrupted_page_says_so(verdicts, page):
    assert "Interrupted" not in page
    part = html(verdicts[:3], asked=len(verdicts))
    assert f"Interrupted after 3 of {len(verdicts)} claims. The others are missing here." in part
    assert part.index("Interrupted after") < part.index("<table>")


def test_text_is_escaped_and_residuals_shown(page):
    assert "needs &lt;disorder&gt; &amp; time" in page
    assert "a quantised number: residual 2.0e-13 ≤ 1e-09" in page
    assert "rashba 1e-12" in page


def test_a_row_tells_which_faults_it_must_notice_and_which_it_did(page):
    demanding, noticing = (
        re.search(rf'<article id="{name}">.*?</article>', page, re.DOTALL).group() for name in ("demanding", "noticing")
    )
    assert (
        "must notice (<code>symcur verify --faults</code> injects them): a &lt;wrong&gt; sign; a wrong end."
        in demanding
    )
    assert "This row notices: a &lt;wrong&gt; sign (residual 2e+00). It does not notice: a wrong end." in noticing
    assert "notice" not in re.search(r'<article id="numerical">.*?</article>', page, re.DOTALL).group()


@pytest.mark.parametrize("claim", list(claims.CLAIMS), ids=lambda claim: claim.name)
def test_statements_become_mathml(claim):
    text = re.sub(r"<[^>]*>", "", mathml(claim.statement, display=True))
    assert "\\" not in text
    assert not set("{}^_") & set(text)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_a_browser_lays_it_out(page, verdicts, tmp_path):
    file = tmp_path / "report.html"
    file.write_text(page.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    options += ["--disable-background-networking", "--disable-component-update", "--window-size=1200,900"]
    command = [CHROMIUM, *options, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    probe = json.loads(entities.unescape(re.search(r'<pre id="probe">(.*?)</pre>', dom, re.DOTALL).group(1)))
    assert probe["formulas"] == page.count("<math")
    assert probe["flat"] == 0
    assert not probe["wide"]
    assert probe["fetched"] == 0
    assert not probe["quirks"]
    assert sorted(probe["kinds"]) == sorted(verdict.kind for verdict in verdicts)
    assert probe["background"] == "rgb(138, 82, 0)"
