"""``symcur settle`` and ``symcur verify FILE.toml``, as a user meets them."""

from __future__ import annotations

import json
import re

import pytest
from rich.cells import cell_len

PAPER = r"""
title = "Our <paper>"

[[claim]]
name = "torque-dipole"
where = "Eq. (5)"
identity = 'd^{i\tau}_n = -J^{is}_n + v^i_n s_n'

[[claim]]
name = "intrinsic-geometry"
where = "Eq. (9)"
printed = '\Omega_n^{lis} + \chi_n^{il\tau} = \partial_{k_i} d_n^{is} + \Omega_n^{li} s_n'
identity = '\Omega_n^{lis} + \chi_n^{il\tau} = \partial_{k_l} d_n^{is} + \Omega_n^{li} s_n'
"""
WRONG = "[[claim]]\nname = 'wrong'\nidentity = 'd^{is} = -G^{i tau}'\n"


@pytest.fixture(name="paper")
def a_file(tmp_path):
    path = tmp_path / "my_paper.toml"
    path.write_text(PAPER)
    return path


def test_settle_prints_what_it_read_in_both_forms(symcur):
    status, out, err = symcur("settle", r"d^{i\tau}_n = -J^{is} + v^i s")
    assert (status, err) == (0, "")
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines[0] == "read    d^{i tau} = -J^{is} + v^{i}s"
    assert lines[1] == r"LaTeX   d^{i\tau} = -J^{is} + v^{i}s"
    assert lines[2].startswith("proved  equal normal forms")


def test_relations_finds_the_identity(symcur):
    status, out, err = symcur("relations", r"d^{i\tau}", "--among", "J^{is}", "--among", "v^i s")
    assert (status, err) == (0, "")
    lines = [line.rstrip() for line in out.splitlines()]
    assert lines == ["proved  d^{i tau} = -J^{is} + v^{i}s", r"LaTeX   d^{i\tau} = -J^{is} + v^{i}s"]


def test_relations_finds_the_primitive(symcur):
    arguments = ("--among", r"d^{i\tau}", "--among", r"\Omega^{i\tau}", "--times", "f", "--times", "g")
    status, out, _ = symcur("relations", "-f J^{is}", *arguments, "--mod", "i")
    assert status == 0
    assert "proved  -f_n J^{is} = f_n d^{i tau} + g_n Omega^{i tau} mod d_i(-g_n s)" in out
    assert symcur("relations", "-f J^{is}", *arguments)[0] == 1


def test_relations_says_what_cannot_be_expressed(symcur):
    status, out, _ = symcur("relations", r"d^{i\tau}", "--among", "J^{is}")
    assert status == 1
    assert "none  d^{i tau}: no linear combination with rational coefficients" in out
    assert "have rank 2" in out
    assert max(map(cell_len, out.splitlines())) <= 100
    status, out, err = symcur("relations", "d^{i")
    assert (status, out) == (2, "")
    assert "expected" in err


def test_settle_refutes_with_matrices_and_status_1(symcur):
    status, out, _ = symcur("settle", "-d^{is} = G^{i tau}", r"\Omega^{i\tau} = \partial_i s")
    assert status == 1
    assert re.search(r"refuted +counterexample in exact arithmetic\s+counterexample: 3 bands, seed 1: lhs = ", out)
    assert "proved" in out
    assert max(map(cell_len, out.splitlines())) <= 100


def test_settle_points_at_what_it_cannot_read(symcur):
    status, out, err = symcur("settle", "d^{is} = Im Tr[P v_i S tau")
    assert (status, out) == (2, "")
    assert err.splitlines() == [
        "symcur: identity: expected ] for the [ at character 15, got the end",
        "    d^{is} = Im Tr[P v_i S tau",
        "                              ^",
    ]


def test_settle_needs_an_identity(symcur):
    assert symcur("settle")[0] == 2
    assert symcur("settle", "--wrong")[0] == 2


def test_verify_takes_a_file_of_claims(symcur, paper):
    status, out, err = symcur("verify", str(paper), "--model", "rashba")
    assert (status, err) == (0, "")
    assert out.startswith("Our <paper>")
    assert re.search(r"torque-dipole +proved +proof, 1 model .* Eq\. \(5\)", out)
    assert re.search(r"intrinsic-geometry +misprint +counterexample", out)
    assert "2 claims: 1 proved, 1 misprint" in out
    assert "first preprint" not in out
    assert max(map(cell_len, out.splitlines())) <= 100


def test_verify_shows_the_one_claim_of_a_file_in_full(symcur, paper):
    paper.write_text(WRONG)
    status, out, _ = symcur("verify", str(paper), "--model", "rashba")
    assert status == 1
    assert "refuted (recorded: proved)" in out
    assert "counterexample: 3 bands" in out


def test_the_report_is_that_of_the_file(symcur, paper, tmp_path):
    page, data = tmp_path / "page.html", tmp_path / "data.json"
    options = ("--model", "rashba", "--report", str(page), "--json", str(data))
    assert symcur("verify", str(paper), *options)[0] == 0
    text = page.read_text()
    assert "<h2>Our &lt;paper&gt;</h2>" in text
    assert "Cong Xiao" not in text
    assert "<dt>Place</dt><dd>Eq. (9)</dd>" in text
    assert "As printed" in text
    assert "<math" in text
    assert [row["kind"] for row in json.loads(data.read_text())["verdicts"]] == ["proved", "misprint"]


def test_a_file_and_claims_of_the_ledger_go_together(symcur, paper):
    paper.write_text(WRONG)
    status, out, _ = symcur("verify", str(paper), "torque-metric", "--model", "rashba")
    assert status == 1
    assert "1 not as the ledger records: wrong is refuted, recorded proved" in " ".join(out.split())
    assert "first preprint" in out


def test_verify_complains_about_the_file(symcur, paper):
    paper.write_text(WRONG.replace("tau", "x y"))
    status, out, err = symcur("verify", str(paper))
    assert (status, out) == (2, "")
    assert err.startswith("symcur: wrong.identity: identity: expected a symbol of the paper")
    assert symcur("verify", "nowhere.toml")[2].startswith("symcur: claims: expected a file, got nowhere.toml")
