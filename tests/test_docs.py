"""README, tutorials and derivations run as they are printed, and the documentation builds without a warning."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest
from notebooks import CELL, NOTEBOOKS, ROOT, settled_in

import symcur as sc
from symcur.cli import main
from symcur.cli.terminal import places

README = (ROOT / "README.md").read_text(encoding="utf-8")


def execute(path: Path) -> dict:
    """Run the code cells in one namespace; tracebacks show the lines of the document."""
    text = path.read_text(encoding="utf-8")
    namespace: dict = {"__name__": "__main__", "display": repr}
    for cell in CELL.finditer(text):
        above = text.count("\n", 0, cell.start("code"))
        exec(compile("\n" * above + cell["code"], str(path), "exec"), namespace)
    return namespace


@pytest.mark.slow_but(
    "derivations/01_continuity.md",
    "derivations/03_torque.md",
    "derivations/04_polarizability.md",
    "derivations/05_quadrupole.md",
    "docs/certificates.md",
    "docs/materials_symmetry.md",
    "docs/my_identity.md",
    "docs/prover.md",
    "docs/relations.md",
    "docs/tutorials/first.md",
)
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_notebooks_run(path, monkeypatch, tmp_path):
    import matplotlib

    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SYMCUR_DOCS", str(ROOT / "docs"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    verify, settled = sc.verify, []

    def kept(*given, **options):
        settled.append(verify(*given, **options))
        return settled[-1]

    monkeypatch.setattr(sc, "verify", kept)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("---\nfile_format: mystnb\n"), "MyST-NB would not execute it"
    assert len(CELL.findall(text)) == text.count("```{code-cell}")
    execute(path)
    as_recorded = [verdict.claim for verdict in settled if verdict.as_recorded]
    assert settled_in(path) <= {
        claim.name for claim in sc.claims.CLAIMS if any(claim is other for other in as_recorded)
    }
    assert all(check.holds and check.residual <= check.tolerance for verdict in settled for check in verdict.checks)
    if "pyplot" in text:
        import matplotlib.pyplot

        matplotlib.pyplot.close("all")


def test_a_task_takes_25_lines():
    tasks = [path for path in NOTEBOOKS if path.parent.name == "how_to"]
    assert len(tasks) >= 5
    for path in tasks:
        text = path.read_text(encoding="utf-8").split("---\n", 2)[2].strip()
        assert text.count("\n") < 25, path


def test_there_is_a_tutorial():
    assert ROOT / "docs/tutorials/first.md" in NOTEBOOKS


def test_readme_python_runs(capsys):
    namespace: dict = {}
    for block in re.findall(r"^```python\n(.*?)^```", README, re.M | re.S):
        exec(block, namespace)
    printed = capsys.readouterr().out.splitlines()
    assert abs(namespace["difference"]).max() < 1e-12
    assert "proved" in printed
    assert any(re.fullmatch(r"3 bands, seed \d+: lhs = [-\d.]+, rhs = [-\d.]+", line) for line in printed)
    assert namespace["sigma"].status == "converged"
    assert "(100, 2, 2)" in printed  # the kernel's s dipole: points, bands, components
    assert "alpha**2*m*mu/(4*pi*(M**2 + 2*alpha**2*m*mu))" in printed
    assert [f"{float(number):.6f}" for number in printed[-1].split()] == ["0.021216", "0.010566"]


def test_the_file_in_readme_is_the_model_in_readme(tmp_path):
    file = tmp_path / "chern.toml"
    file.write_text(re.search(r"^```toml\n(.*?)^```", README, re.M | re.S).group(1))
    namespace: dict = {}
    exec(re.search(r"^```python\n(.*?)^```", README, re.M | re.S).group(1), namespace)
    model, k = namespace["model"], [[0.3, 0.2], [-1.1, 2.4]]
    read = sc.models.load(file)
    assert read.values() == model.values()
    assert abs(read.matrix("H", k) - model.matrix("H", k)).max() < 1e-14
    assert abs(read.matrix("s", k) - model.matrix("s", k)).max() == 0


def test_the_model_in_readme_takes_ten_lines():
    block = re.search(r"^```python\n(.*?)^```", README, re.M | re.S).group(1).strip().splitlines()
    last = next(number for number, line in enumerate(block) if line.startswith("form = "))
    assert last + 1 <= 10


def test_readme_has_the_two_commands():
    assert "\n    python -m pip install . && symcur verify\n" in README
    assert "\n    python -m pip install '.[test]' && python -m pytest\n" in README
    assert "`python -m pytest -m slow`" in README


def test_readme_shows_the_closed_form_that_derive_prints(capsys):
    shown = re.search(r"^\$ symcur (derive [^\n]*)\n\.\.\.\n(.*?)^```", README, re.M | re.S)
    with pytest.raises(SystemExit):
        main(shown.group(1).split())
    printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert shown.group(2).rstrip() in printed


def test_readme_shows_the_numbers_that_compute_prints(symcur):
    command, shown = re.search(r"^\$ symcur (compute [^\n]*)\n(.*?)^```", README, re.M | re.S).groups()
    status, out, _ = symcur(*command.split())
    assert status == 0
    printed = [" ".join(line.split()) for line in out.splitlines()]
    for line in shown.splitlines():
        assert line == "..." or " ".join(line.split()) in printed


@pytest.mark.parametrize("document", ["README.md", "docs/my_identity.md"])
def test_documents_show_what_settle_prints(document, capsys):
    text = (ROOT / document).read_text(encoding="utf-8")
    command, shown = re.search(r"^ *\$ symcur (settle [^\n]*)\n(.*?)(?:^```|\n\n)", text, re.M | re.S).groups()
    with pytest.raises(SystemExit):
        main(shlex.split(command))
    printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for line in shown.splitlines():
        assert line == "..." or line.strip() in printed


def test_readme_shows_the_ledger_as_it_is():
    names, table = re.search(r"^\$ symcur verify ([^\n]*)\n(.*?)^```", README, re.M | re.S).groups()
    margin = next(line.index("in the paper") for line in table.splitlines() if line.startswith("claim"))
    for name in names.split():
        claim = sc.claims.get(name)
        row = re.search(rf"^{name} +(\S+) +(.*(?:\n .*)*)", table, re.M)
        assert row.group(1) == claim.recorded
        assert claim.recorded == sc.verify(name, check_models=False).kind
        assert f"proof, {len(sc.models.names())} models" in row.group()
        last_column = " ".join(line[margin:].strip() for line in row.group().splitlines())
        assert last_column == places(claim.where)


def test_versions_agree():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"version: {version}\n" in (ROOT / "CITATION.cff").read_text()


def test_ci_runs_the_commands_of_the_readme():
    """Together they run every test: the second asks for what the first leaves out."""
    script = ROOT / ".ci/run"
    pattern = re.search(r'grep -m1 -o "(.*)" README.md', script.read_text()).group(1)
    assert re.search(
        rf'for command in "\$\(grep -m1 -o "{re.escape(pattern)}" README.md\)" "python -m pytest -m slow"; do\n',
        script.read_text(),
    )
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["addopts"]
    assert re.findall(r"-m '(.*?)'", options) == ["not slow"]
    found = subprocess.run(
        ["grep", "-m1", "-o", pattern, ROOT / "README.md"], capture_output=True, text=True, check=True
    )
    assert found.stdout == "python -m pip install '.[test]' && python -m pytest\n"
    assert script.stat().st_mode & stat.S_IXUSR


def test_links_in_readme_exist():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert "://" in target or (ROOT / target).exists(), target


# -- Sphinx ------------------------------------------------------------------------------------------------------------
needs_sphinx = pytest.mark.skipif(
    not all(map(find_spec, ("sphinx", "myst_nb", "furo"))), reason="the docs extra is not installed"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
TELEPHONE = """<!doctype html><iframe id="page" width="390" height="844"></iframe><pre id="wide"></pre><script>
const frame = document.getElementById("page"), pages = %s, wide = [];
async function look() {
  for (const page of pages) {
    await new Promise(done => { frame.onload = done; frame.src = page; });
    const inside = frame.contentDocument, root = inside.documentElement;
    inside.querySelectorAll("details").forEach(details => details.open = true);
    if (root.clientWidth > 390 || root.scrollWidth > root.clientWidth || !inside.querySelector("article")) wide.push(page);
  }
  document.getElementById("wide").textContent = JSON.stringify({pages: pages.length, wide});
}
look();
</script>"""


@pytest.fixture(name="site", scope="module")
def _site(tmp_path_factory):
    """The documentation, built without a network; notebooks are not executed, so that their language is not known."""
    folder = tmp_path_factory.mktemp("docs")
    settings = ("nb_execution_mode=off", "suppress_warnings=myst-nb.lexer")
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "-q", *(f"-D{setting}" for setting in settings)]
    command += ["-d", str(folder / "doctrees"), str(ROOT / "docs"), str(folder / "html")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} | dict.fromkeys(
        ("http_proxy", "https_proxy"), "http://0.0.0.0:9"
    )
    result = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    assert result.returncode == 0, result.stderr
    return folder / "html"


@pytest.mark.slow
@needs_sphinx
def test_documentation_builds_without_a_warning(site):
    """test_notebooks_run executes the notebooks."""
    names = ("conventions", "quantities", "models", "ledger", "relations", "index")
    pages = {name: (site / f"{name}.html").read_text() for name in names}
    assert all(name in pages["quantities"] for name in sc.quantities.names())
    own = [*sc.models.names(), *sc.models.NUMERIC.names(), *sc.bosons.names()]
    assert all(f'href="models/{name}.html"' in pages["models"] for name in own)
    assert "<math" in (site / "models/kane_mele.html").read_text()
    assert all(f'id="{name}"' in pages["ledger"] for name in sc.claims.names())
    for observable in sc.observables.OBSERVABLES:
        section = (
            pages["conventions"].partition(f'id="{observable.name.replace("_", "-")}"')[2].partition("</section>")[0]
        )
        assert all(f">{part}<" in section for form in observable.forms.values() for part in form.parts)
        assert section.count("<math") >= 1 + sum(len(form.parts) for form in observable.forms.values())
    assert not any("generated -->" in page for page in pages.values())
    assert "<math" in pages["ledger"]
    assert not re.search(r'src="https?://', "".join(pages.values()))


@pytest.mark.slow
@needs_sphinx
def test_the_reference_links_to_its_names_and_to_other_projects(site):
    page = (site / "api/symcur.html").read_text()
    assert 'href="#symcur.conductivity"' in page
    assert (
        'href="symcur.band_structures.html#symcur.band_structures.gap"'
        in (site / "api/symcur.observables.html").read_text()
    )
    assert 'href="https://docs.python.org/3/library/collections.abc.html#collections.abc.Sequence"' in page


@pytest.mark.slow
@needs_sphinx
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium installed")
def test_pages_fit_a_telephone(site):
    """Wide tables and formulas scroll by themselves: no page is wider than a screen of 390 px."""
    names = (
        "index",
        "conventions",
        "models",
        "models/luttinger",
        "relations",
        "ledger",
        "api/symcur.disorder",
        "api/symcur.expressions",
    )
    probe = site / "telephone.html"
    probe.write_text(TELEPHONE % json.dumps([f"{name}.html" for name in names]), encoding="utf-8")
    options = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--allow-file-access-from-files",
        "--virtual-time-budget=60000",
    )
    found = subprocess.run(
        [CHROMIUM, *options, "--dump-dom", probe.as_uri()], capture_output=True, text=True, timeout=120
    )
    told = json.loads(html.unescape(re.search(r'<pre id="wide">(.*?)</pre>', found.stdout)[1]))
    assert told == {"pages": len(names), "wide": []}
