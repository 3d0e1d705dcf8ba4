"""A name stands for a model wherever one is expected; models in scripts, consoles and shells of every kind."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

import symcur as sc
from symcur.cli import completion, model_scripts, spelling
from symcur.cli.compute import numbers

K = [[0.3, 0.2], [1.0, -0.4]]


# -- in Python ---------------------------------------------------------------------------------------------------------
def test_a_name_of_the_library_stands_for_its_model():
    model = sc.models.haldane()
    assert np.array_equal(sc.evaluate("haldane", "s_dipole", K), sc.evaluate(model, "s_dipole", K))
    assert sc.derive("haldane", "velocity").model == model
    assert sc.compile("haldane", "velocity").model == model
    assert sc.observables.gap("haldane", 1) == sc.observables.gap(model, 1)
    assert sc.evaluate("square_phonons", "energy", K).shape == (2, sc.bosons.get("square_phonons").size)
    assert sc.integrate_exactly("rashba", "conductivity").model.name == "rashba"


@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        ("haldan", ValueError, r"model: expected one of rashba, .*, got 'haldan' \(did you mean haldane\?\)"),
        (sc.models.haldane, TypeError, r"got haldane, a function: call it, as in haldane\(\)"),
        (3, TypeError, "model: expected a Model .* such as 'rashba', got int"),
    ],
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda model: sc.evaluate(model, "s_dipole", K),
        lambda model: sc.compile(model, "s_dipole"),
        lambda model: sc.derive(model, "s_dipole"),
        lambda model: sc.conductivity(model),
        lambda model: sc.transport(model, sc.disorder.white_noise(0.1)),
        lambda model: sc.integrate_exactly(model, "conductivity"),
        lambda model: sc.observables.chemical_potential(model, 1),
    ],
)
def test_what_is_no_model_is_told_from_what_is_expected(ask, model, kind, message):
    with pytest.raises(kind, match=message):
        ask(model)


def test_several_quantities_come_by_name_as_those_of_a_kernel():
    names = ["s_dipole", "berry_curvature", "interband_torque_dipole"]
    found = sc.evaluate("kane_mele", names, K)
    assert list(found) == names
    for name in names[:2]:
        assert np.array_equal(found[name], sc.evaluate("kane_mele", name, K))
    assert found[names[2]].shape == (2, 2, 4, 4)
    mine = sc.evaluate("kane_mele", {"d": "s_dipole", "s": sc.quantities.get("s_expectation").expression()}, K)
    assert np.array_equal(mine["d"], found["s_dipole"])
    assert mine["s"].shape == (2, 4)
    with pytest.raises(TypeError, match=r"quantity: expected a name, a Quantity, .* got 3"):
        sc.evaluate("kane_mele", 3, K)


# -- models in scripts -------------------------------------------------------------------------------------------------
def test_windows_paths_keep_their_drive():
    assert model_scripts.split(r"C:\models\mine.py:NAME") == (model_scripts.Path(r"C:\models\mine.py"), "NAME")
    assert model_scripts.split(r"C:\models\mine.py") == (model_scripts.Path(r"C:\models\mine.py"), "")
    assert model_scripts.split("mine.py:a") == (model_scripts.Path("mine.py"), "a")
    assert model_scripts.split("kane_mele") is None


def test_a_script_imports_its_siblings(tmp_path):
    (tmp_path / "sibling_of_mine.py").write_text("M = 0.3\n")
    (tmp_path / "mine.py").write_text(
        "import symcur as sc, sibling_of_mine\nm = sc.models.rashba(M=sibling_of_mine.M)\n"
    )
    before = list(sys.path)
    assert model_scripts.model_in(tmp_path / "mine.py", "").values()["M"] == 0.3
    assert sys.path == before
    sys.modules.pop("sibling_of_mine")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n\ny = x / 0\n", r"bad.py, line 3: ZeroDivisionError: division by zero"),
        ("def f():\n    raise KeyError('a\\nb')\nf()\n", r"bad.py, line 2: KeyError: 'a\\nb'"),
        ("import sys\nsys.exit(3)\n", r"bad.py, line 2: it exits"),
        ("x = (\n", r"bad.py, line 1: SyntaxError: '\(' was never closed"),
        ("import no_such_module_here\n", r"bad.py, line 1: ModuleNotFoundError: No module named 'no_such_module_here'"),
    ],
)
def test_what_goes_wrong_in_a_script_is_one_message_with_its_line(symcur, tmp_path, monkeypatch, text, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.py").write_text(text)
    status, out, err = symcur("compute", "bad.py", "conductivity")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("symcur: model: expected a file that ")
    assert re.search(message, err)


# -- numbers on the command line ---------------------------------------------------------------------------------------
def test_ranges_hold_the_numbers_that_one_means():
    assert list(numbers("--mu", ["-0.2:0.2:7"]))[3] == 0.0
    assert list(numbers("--mu", ["0:0.3:4"])) == [0.0, 0.1, 0.2, 0.3]
    assert list(numbers("--mu", ["1:2:1"])) == [1.0]


@pytest.mark.parametrize("text", ["0:1:1000000000", "0:1:0", "0:1:-3", "0:inf:3", "0:1", "1/0:1:2", "a"])
def test_ranges_without_end_are_refused(text):
    with pytest.raises(ValueError, match=r"--mu: expected a number, a list .* at most 10000 values, got '"):
        numbers("--mu", [text])


# -- pipes -------------------------------------------------------------------------------------------------------------
def test_pipes_get_tab_separated_values_with_all_digits(piped):
    status, out, err = piped(
        "compute", "rashba", "conductivity", "--mu", "-0.2:0.2:3", "--temperature", "0.1", "--rtol", "1e-2"
    )
    assert (status, err) == (0, "")
    said = [line for line in out.splitlines() if line.startswith("# ")]
    assert "# unit: e s / (hbar length^(D-2))" in said
    head, *rows = [line.split("\t") for line in out.splitlines()[len(said) :]]
    assert head == ["mu", "T", "component", "part", "value", "error", "met"]
    assert len(rows) == 3 * 4 * 5
    found = {(row[0], row[2], row[3]): float(row[4]) for row in rows}
    sigma = sc.conductivity("rashba", [-0.2, 0.0, 0.2], 0.1, rtol=1e-2)
    assert found["0", "xy", "torque"] == sigma.parts["torque"].value[1, 0, 1]


def test_json_goes_to_stdout_and_nothing_else(piped):
    status, out, _ = piped("compute", "rice_mele", "conductivity", "--temperature", "1", "--rtol", "1e-2", "--json")
    assert status == 0
    assert json.loads(out)["observable"] == "conductivity"
    for arguments in (("--json", "torque-dipole"), ("torque-dipole", "--json"), ("torque-dipole", "--json", "-")):
        status, out, _ = piped("verify", "--model", "rashba", *arguments)
        assert (status, json.loads(out)["verdicts"][0]["kind"]) == (0, "proved")


def test_lists_and_ledgers_are_tables_for_machines_too(piped):
    rows = [line.split("\t") for line in piped("list", "quantities")[1].splitlines()]
    assert [row[0] for row in rows] == sc.quantities.names()
    assert {len(row) for row in rows} == {4}
    out = piped("verify", "torque-dipole", "torque-metric", "--model", "rashba")[1]
    assert [line.split("\t")[:2] for line in out.splitlines()[1:]] == [
        ["torque-dipole", "proved"],
        ["torque-metric", "proved"],
    ]


def test_narrow_terminals_lose_nothing(symcur, monkeypatch):
    from symcur.cli import terminal

    monkeypatch.setattr(terminal, "PAGE", 48)
    out = symcur("verify", "torque-dipole", "torque-metric", "--model", "rashba")[1]
    assert "≤ 1e-9" in out
    assert "A (10); B, C above (5)" in out
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 48


# -- consoles and shells -----------------------------------------------------------------------------------------------
def test_consoles_that_lack_letters_get_them_spelled(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252", newline="\n")
    monkeypatch.setattr(sys, "stdout", stream)
    spelling.spell_what_is_missing()
    stream.write("d^{iτ}ₙ = -Jⁱˢₙ ≤ ½ Ωᵏ ∂ × 漢\n")
    stream.flush()
    assert stream.buffer.getvalue().decode("cp1252") == "d^{itau}_n = -J^{is}_n <= ½ Omega^k d_ × ?\n"


def test_every_listing_can_be_printed_in_ascii():
    from symcur.display import unicode_math

    for quantity in sc.quantities.QUANTITIES:
        text = unicode_math(quantity.symbol())
        assert "?" not in "".join(c if c.isascii() else spelling.spelled(c) for c in text)


@pytest.mark.slow
def test_shells_complete_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kagome.toml").write_text("")
    (tmp_path / "kagome.txt").write_text("")
    assert list(completion.models("kag")) == ["kagome_antiferromagnet", "kagome_magnons", "kagome.toml"]
    assert list(completion.quantities("s_d")) == ["s_dipole"]
    assert "conductivity" in set(completion.observables("cond"))
    assert list(completion.claims("torque-d")) == ["torque-density", "torque-dipole"]
    environment = {
        **os.environ,
        "_SYMCUR_COMPLETE": "complete_bash",
        "COMP_WORDS": "symcur compute rashba cond",
        "COMP_CWORD": "3",
    }
    found = subprocess.run([sys.executable, "-m", "symcur.cli"], env=environment, capture_output=True, text=True)
    assert found.stdout.split() == ["conductivity"]
