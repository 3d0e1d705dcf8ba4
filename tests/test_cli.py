"""The command line, as a user meets it: output, exit status, errors."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from rich.cells import cell_len

import symcur as sc
from symcur import claims
from symcur.claims import CheckResult, ClaimResult
from symcur.cli import terminal
from symcur.display import sentence, unicode_math

MODEL_FILE = """
import sympy as sp
import symcur as sc
x, y = sp.symbols("x y", real=True)
a = sp.Symbol("a", real=True)
first = sc.Model([[a, x - sp.I * y], [x + sp.I * y, -a]], s=[[1, 0], [0, -1]], k=(x, y), parameters={a: 1})
"""


# -- verify ------------------------------------------------------------------------------------------------------------
def test_verify_shows_one_verdict_per_row_in_sections(symcur):
    status, out, err = symcur("verify", "theta-dipole", "torque-dipole", "torque-metric", "--model", "rashba")
    assert status == 0
    assert err == ""
    lines = out.splitlines()
    assert max(map(cell_len, lines)) <= 100
    assert lines.index("Wave packets".ljust(len(lines[0]))) < lines.index("The torque".ljust(len(lines[0])))
    row = next(line for line in lines if line.startswith("torque-dipole"))
    assert re.search(r"proved +proof, 1 model +\d+e-\d+ ≤ 1e-9 +\d+\.\d\d s A \(10\); B, C above \(5\)", row)
    assert "3 claims: 3 proved; all as the ledger records" in out


def test_verify_one_claim_in_full(symcur):
    status, out, _ = symcur("verify", "intrinsic-geometry", "--model", "rashba")
    assert status == 0
    assert "Ωˡⁱˢ + χ^{ilτ} = Ωˡⁱ sₙ + ∂_{kₗ} dⁱˢ" in out
    assert "refuted  as printed" in out
    assert "proved  as corrected" in out
    left, right = claims.verify("intrinsic-geometry", check_models=False).counterexample.rerun()
    assert f"lhs = {left.real:.6g}, rhs = {right.real:.6g}" in out
    assert re.search(r"rashba +\d\.\de-\d\d", out)


def test_verify_tells_which_faults_a_row_notices(symcur):
    status, out, _ = symcur("verify", "bdg-dipole", "--faults")
    assert status == 0
    notices = out.partition("Notices")[2].partition("Verdict")[0].split("\n")
    assert [line.strip() for line in notices if line.strip()] == list(claims.get("bdg-dipole").faults)
    assert "Does not notice" not in out
    _, out, _ = symcur("verify", "bdg-dipole", "bdg-charge", "--faults")
    assert "6 of 6 faults noticed" in " ".join(out.split())


def test_verify_fails_a_row_that_is_blind(symcur):
    claims.define(
        "blind",
        {"A": "nowhere"},
        "A claim.",
        recorded="confirmed",
        check=lambda: claims.CheckResult(True, 0.0, 1.0, "two numbers that always agree"),
        faults={"a wrong sign": nullcontext},
    )
    try:
        status, out, _ = symcur("verify", "blind", "--faults")
    finally:
        claims.remove("blind")
    assert status == 1
    assert "Does not notice\n  a wrong sign" in out
    assert "blind  failed (recorded: confirmed)" in out


def test_verify_shows_assumptions_and_primitives(symcur):
    _, out, _ = symcur("verify", "vanishing-net-flow", "--model", "rashba")
    assert "Assumptions\n  a periodic Brillouin zone" in out
    assert "∂_{kᵢ} [gₙ Tr[P s]]" in out


def test_a_verdict_other_than_the_recorded_one_is_status_1(symcur, monkeypatch):
    recorded = {name: replace(claims.get(name), recorded="refuted") for name in ("torque-dipole", "torque-metric")}
    monkeypatch.setattr(claims, "get", recorded.__getitem__)
    status, out, _ = symcur("verify", *recorded, "--model", "rashba")
    assert status == 1
    assert "2 not as the ledger records: torque-dipole is proved, recorded refuted" in out


def test_open_claims_are_shown_as_open(symcur, monkeypatch):
    unsettled = replace(
        claims.get("torque-dipole"), equalities=(), recorded="open", why_open="it needs a disorder model"
    )
    known = {"one": unsettled, "two": claims.get("torque-metric")}
    monkeypatch.setattr(claims, "get", known.__getitem__)
    status, out, _ = symcur("verify", "one", "two", "--model", "rashba")
    assert status == 0
    assert "2 claims: 1 proved, 1 open" in out
    assert "torque-dipole: open, it needs a disorder model" in out


def test_verify_writes_json(symcur, tmp_path):
    file = tmp_path / "ledger.json"
    assert symcur("verify", "torque-dipole", "--model", "haldane", "--json", str(file))[0] == 0
    content = json.loads(file.read_text())
    (row,) = content["verdicts"]
    assert content["complete"]
    assert content["as_recorded"]
    assert (row["name"], row["kind"]) == ("torque-dipole", "proved")
    assert 0 <= row["models"]["haldane"] == row["residual"] <= row["tolerance"]


@pytest.mark.parametrize(("residual", "shown"), [(float("nan"), None), (float("inf"), "inf")])
def test_a_residual_that_is_no_number_is_hidden_nowhere(symcur, monkeypatch, residual, shown):
    """JSON has no NaN and no infinity, and a NaN is larger than what other checks leave."""
    checks = tuple(CheckResult(x < 1, x, 1e-9, "a number") for x in (1e-12, residual, 1e-13))
    failed = ClaimResult(claims.get("torque-dipole"), "failed", "a number", (), checks)
    monkeypatch.setattr(claims, "verify_all", lambda *_: [failed])
    _, out, _ = symcur("verify", "torque-dipole", "--json", "-")
    assert json.loads(out, parse_constant=pytest.fail)["verdicts"][0]["residual"] == shown
    assert f"{residual:.0e} > 1e-9" in terminal.residual(failed)


def test_the_residual_of_a_claim_is_that_of_the_check_that_holds_least():
    """Beside its own tolerance: a check that fails is not hidden by a coarser one that holds."""
    checks = (CheckResult(True, 1e-3, 1e-2, "a slope"), CheckResult(False, 2e-8, 1e-9, "a sum"))
    found = ClaimResult(claims.get("torque-dipole"), "failed", "a sum", (), checks, models={"rashba": 1e-12})
    assert (found.residual, found.tolerance) == (2e-8, 1e-9)


def test_json_on_stdout_is_nothing_but_json(symcur):
    _, out, _ = symcur("verify", "torque-dipole", "--model", "haldane", "--json", "-")
    assert json.loads(out)["verdicts"][0]["name"] == "torque-dipole"


@pytest.fixture(name="impatient")
def stopped_at(monkeypatch, press_ctrl_c):
    """impatient(name): the user loses patience when the claim of this name begins."""
    settle = claims.verify

    def choose(name: str) -> None:
        def verify(claim, model=None, faults=False):
            if claim.name == name:
                press_ctrl_c()
            return settle(claim, model)

        monkeypatch.setattr(claims.verification, "verify", verify)

    return choose


NAMES = ("torque-dipole", "torque-berry", "torque-metric", "intrinsic-geometry")


def test_interrupting_leaves_what_was_finished(symcur, impatient, tmp_path):
    impatient("torque-metric")
    ledger, page = tmp_path / "ledger.json", tmp_path / "ledger.html"
    ledger.write_text("a good one")
    status, out, _ = symcur("verify", *NAMES, "--model", "rashba", "--json", str(ledger), "--report", str(page))
    assert status == 130
    assert "torque-berry" in out
    assert "intrinsic-geometry" not in out
    assert "Interrupted after 2 of 4 claims." in out
    assert "ledger.interrupted.jsonand" in "".join(out.split())  # wherever lines are broken
    assert ledger.read_text() == "a good one"
    assert not page.exists()
    content = json.loads((tmp_path / "ledger.interrupted.json").read_text())
    assert [row["name"] for row in content["verdicts"]] == ["torque-dipole", "torque-berry"]
    assert not content["complete"]
    assert "interrupted after 2 of 4 claims." in (tmp_path / "ledger.interrupted.html").read_text()


def test_what_interruptions_left_is_not_overwritten_either(symcur, impatient, tmp_path):
    page = tmp_path / "ledger.html"
    for stop in ("torque-metric", "torque-berry"):
        impatient(stop)
        assert symcur("verify", *NAMES, "--model", "rashba", "--report", str(page))[0] == 130
    assert "after 2 of 4 claims" in (tmp_path / "ledger.interrupted.html").read_text()
    assert "after 1 of 4 claims" in (tmp_path / "ledger.interrupted-2.html").read_text()
    impatient("torque-dipole")
    symcur("verify", *NAMES, "--model", "rashba", "--report", str(page))
    assert len(list(tmp_path.iterdir())) == 2, "nothing was finished, nothing is written"


# -- derive ------------------------------------------------------------------------------------------------------------
def test_derive_prints_what_a_physicist_would(symcur):
    status, out, _ = symcur("derive", "rashba", "s_dipole", "--set", "M=0")
    assert status == 0
    assert "dⁱˢ = Im Tr[P vᵢ S s]" in out
    components = re.sub(r"\s+", "", out.partition("bandenergies")[0].partition("band energies")[0])
    assert "-k_ydˣˢ=──────────────⎛22⎞4⋅⎝kₓ+k_y⎠" in components
    assert "α" not in components


def test_derive_writes_python_that_agrees_with_eigenstates(symcur):
    _, source, _ = symcur("derive", "massive_dirac", "s_dipole", "--to", "python")
    namespace: dict = {}
    exec(source, namespace)
    model = sc.models.massive_dirac()
    parameters = {symbol.name: value for symbol, value in model.parameters.items()}
    energy = sc.evaluate(model, "energy", [0.3, 0.2])[0]
    value = namespace["s_dipole"](0.3, 0.2, energy, *parameters.values())
    np.testing.assert_allclose(value, sc.evaluate(model, "s_dipole", [0.3, 0.2])[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("language", "mark"),
    [
        ("latex", r"\frac"),
        ("numpy", "numpy.where"),
        ("jax", "jax.numpy.where"),
        ("c", "double"),
        ("fortran", "subroutine"),
        ("julia", "function"),
        ("mathematica", ":="),
    ],
)
def test_derive_writes_other_languages(symcur, language, mark):
    status, out, _ = symcur("derive", "rashba", "s_dipole", "--to", language)
    assert status == 0
    assert mark in out


def test_derive_takes_a_model_from_a_file(symcur, tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(MODEL_FILE)
    status, out, _ = symcur("derive", str(file), "s_dipole")
    assert status == 0
    assert "dˣˢ" in out
    file.write_text(MODEL_FILE + "second = first.replace(name='second')\n")
    assert symcur("derive", f"{file}:second", "s_dipole")[0] == 0
    message = f"model: expected one model in {file}, or {file}:<name>, got first, second\n"
    assert message in symcur("derive", str(file), "s_dipole")[2]


NUMERIC_MODEL_FILE = """
import numpy as np
import symcur as sc
t = np.array([[0.5, 0.5], [-0.5, -0.5]])
chain = sc.Model.from_hoppings({(1,): t, (-1,): t.T}, s=np.diag([1, -1]), lattice=[[1]], name="chain")
"""


@pytest.mark.parametrize("arguments", [("derive", "FILE", "s_dipole"), ("verify", "torque-dipole", "--model", "FILE")])
def test_closed_forms_need_a_model_given_by_formulas(symcur, tmp_path, arguments):
    file = tmp_path / "chain.py"
    file.write_text(NUMERIC_MODEL_FILE)
    status, out, err = symcur(*(str(file) if argument == "FILE" else argument for argument in arguments))
    assert (status, out) == (2, "")
    assert re.search(r"^symcur: model: expected .* given by formulas.*, got .*chain", err)
    assert symcur("compute", str(file), "equilibrium_current", "--temperature", "0.5")[0] == 0


@pytest.mark.slow
def test_the_formulas_of_blocks_follow_each_other(symcur):
    status, out, _ = symcur("derive", "kane_mele", "s_expectation", "--set", "lambda_R=0")
    assert status == 0
    assert re.search(
        r"block 1 of 2, of the states \|1⟩, \|3⟩\ns = 1/2\n.*block 2 of 2, of the states \|2⟩, \|4⟩\ns = -1/2\n",
        out,
        re.S,
    )


def test_long_closed_forms_are_printed_a_line_each(symcur):
    _, out, _ = symcur("derive", "kane_mele", "s_dipole")
    assert re.search(r"^dˣˢ = ", out, re.MULTILINE)
    assert "──" not in out


# -- list and errors ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["models", "quantities", "claims", "observables"])
def test_list_names_everything(symcur, kind):
    status, out, _ = symcur("list", kind)
    assert status == 0
    first_words = {line.split()[0] for line in out.splitlines() if not line.startswith(" ")}
    assert first_words == {
        *getattr(sc, kind).names(),
        *([*sc.bosons.names(), *sc.models.NUMERIC.names()] if kind == "models" else ()),
    }
    assert max(map(cell_len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("verify", "torque-dipol"), r"claim: expected one of .*, got 'torque-dipol' \(did you mean torque-dipole\?\)"),
        (
            ("verify", "torque-dipole", "--model", "rashbo"),
            r"model: expected one of .*, got 'rashbo' \(did you mean rashba\?\)",
        ),
        (
            ("verify", "torque-dipole", "--model", "nowhere.py"),
            r"model: expected a file, got nowhere\.py, which does not exist",
        ),
        (
            ("verify", "torque-dipole", "--report", "nowhere/x.html"),
            "--report: expected an existing directory, got nowhere",
        ),
        (("verify", "torque-dipole", "--report", "mine.py"), r"--report: expected a name that ends in one of \.html, "),
        (("verify", "torque-dipole", "--json", "mine.py"), r"--json: expected a name that ends in one of \.json, got"),
        (("derive", "rashba", "dipole"), r"quantity: expected one of .*, got 'dipole' \(did you mean s_dipole\?\)"),
        (("derive", "rashba", "s_dipole", "--set", "M=zero"), "--set: expected name=number, .*, got 'M=zero'"),
        (("derive", "rashba", "s_dipole", "--set", "N=1"), "parameters: expected some of M, alpha, m of rashba, got N"),
        (
            ("derive", "rashba", "s_dipole", "--set", "m=-1"),
            "m: expected a positive number, as the symbol is declared, got -1",
        ),
    ],
)
def test_wrong_input_is_one_line_and_status_2(symcur, arguments, message):
    status, out, err = symcur(*arguments)
    assert status == 2
    assert out == ""
    assert err.count("\n") == 1
    assert re.search(message, err)


def test_usage_errors_and_version(symcur):
    assert symcur("verify", "--wrong")[0] == 2
    assert symcur("list", "everything")[0] == 2
    assert symcur("--version")[:2] == (0, f"symcur {sc.__version__}\n")


def test_the_module_is_the_command():
    command = [sys.executable, "-m", "symcur.cli", "--version"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith("symcur ")


# -- mathematics in the terminal ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"d^{i\tau}_n = -J^{is}_n + v^i_n s_n", "d^{iτ}ₙ = -Jⁱˢₙ + vⁱₙ sₙ"),
        (r"\tfrac12 \{v_i, s\}", "½ {vᵢ, s}"),
        (r"-2\,\mathrm{Im} \sum_{n_1 \neq n} \frac{a b}{\omega_{n n_1}^2}", "-2 Im ∑_{n₁≠n} (a b)/ω_{n n₁}²"),
        (r"\mathcal{G}^{is} \times \mathbf{J}", "𝒢ⁱˢ × 𝐉"),
        (r"\langle (r - r_c)^i \theta \rangle", "⟨(r - r_c)ⁱ θ⟩"),
        (r"\left(a-b\right)", "(a - b)"),
        (r"\sqrt{k^2+1}\;\tilde{d}", "√(k²+1) d̃"),
        (r"\unheardof{x}", "unheardofx"),
    ],
)
def test_latex_becomes_a_line_of_unicode(source, text):
    assert unicode_math(source) == text


def test_sentences_keep_their_words():
    text = "C's wave-packet form (a-b), d_{k_i} d^{is} and M^{li}, s_n"
    assert sentence(text) == "C's wave-packet form (a-b), ∂_{kᵢ} dⁱˢ and Mˡⁱ, sₙ"
    assert (
        sentence("Omega^{lis} for lambda / 2, with the well-known letters")
        == "Ωˡⁱˢ for λ / 2, with the well-known letters"
    )


def test_the_whole_ledger_becomes_unicode():
    statements = [claim.statement for claim in claims.CLAIMS]
    expressions = [
        sc.quantities.get(name).expression().latex(form) for name in sc.quantities.names() for form in ("trace", "sum")
    ]
    for source in [*statements, *expressions]:
        text = unicode_math(source)
        assert "\\" not in text
        assert text.count("{") == text.count("}")
        assert not re.search(r"mathrm|mathbf|mathcal|frac|text|left|right|begin", text)
