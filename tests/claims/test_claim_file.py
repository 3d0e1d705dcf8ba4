"""Claims in TOML files: a ledger for a paper of one's own, in a closed grammar."""

from __future__ import annotations

import re

import pytest

from symcur import claims

PAPER = r"""
title = "Our paper"

[[claim]]
name = "torque-dipole"
where = "Eq. (5)"
text = "The torque dipole is the deviation of the current from the classical one."
identity = 'd^{i\tau}_n = -J^{is}_n + v^i_n s_n'
assumptions = ["a nondegenerate band or a multiplet"]

[[claim]]
name = "intrinsic-geometry"
where = { draft = "(9)", printed = "(10)" }
printed = '\Omega_n^{lis} + \chi_n^{il\tau} = \partial_{k_i} d_n^{is} + \Omega_n^{li} s_n'
identity = '\Omega_n^{lis} + \chi_n^{il\tau} = \partial_{k_l} d_n^{is} + \Omega_n^{li} s_n'

[[claim]]
name = "no-net-flow"
identities = ['f J^{is} + f d^{i\tau} + g \Omega^{i\tau} = 0 mod d_i(g s)', '\Omega^{i\tau} = d_i(s)']

[[claim]]
name = "wrong-factor"
identity = 'd^{is} = 2 Re Tr[P v_i S^2 tau]'
verdict = "refuted"
"""
ONE = "[[claim]]\nname = 'a'\nidentity = 's = s'\n"


@pytest.fixture(name="paper")
def a_file(tmp_path):
    """paper(text) -> a file that holds it."""

    def write(text: str):
        path = tmp_path / "my_paper.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_is_a_ledger(paper):
    loaded = claims.load(paper(PAPER))
    verdicts = [claims.verify(claim, check_models=False) for claim in loaded]
    assert [verdict.kind for verdict in verdicts] == ["proved", "misprint", "proved", "refuted"]
    assert all(verdict.as_recorded for verdict in verdicts)
    first, second, third, _ = loaded
    assert {claim.section for claim in loaded} == {"Our paper"}
    assert first.where == {"": "Eq. (5)"}
    assert first.assumptions == ("a nondegenerate band or a multiplet",)
    assert first.statement == r"d^{i\tau} = -J^{is} + v^{i}s"
    assert second.where == {"draft": "(9)", "printed": "(10)"}
    assert second.text.startswith("Omega^{lis} + chi^{il tau} = ")
    assert [equality.role for equality in second.equalities] == ["printed", "corrected"]
    assert len(third.equalities) == 2
    assert not {claim.name for claim in loaded} <= set(claims.names())  # the ledger of the paper stays as it was


def test_a_wrong_identity_is_not_as_recorded(paper):
    (claim,) = claims.load(paper("[[claim]]\nname = 'a'\nidentity = 'd^{is} = -G^{i tau}'\n"))
    verdict = claims.verify(claim, check_models=False)
    assert (verdict.kind, verdict.as_recorded) == ("refuted", False)
    assert claim.section == "my_paper"


def test_what_is_printed_and_right_is_no_misprint(paper):
    (claim,) = claims.load(paper("[[claim]]\nname = 'a'\nprinted = 'd^{is} = G^{i tau}'\n"))
    assert claim.recorded == "refuted"
    assert claims.verify(claim, check_models=False).kind == "failed"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"claim: expected one to 200 tables \[\[claim\]\]"),
        ("claim = 3", r"claim: expected one to 200 tables"),
        ("claim = [3]", r"claim 1: expected a table"),
        ("run = 'x'\n" + ONE, r"'run': expected title and \[\[claim\]\] tables"),
        ("title = 3\n" + ONE, r"title: expected up to 1000 printable characters, got '3'"),
        ("title = '\\u001b'\n".replace("'", '"') + ONE, "title: expected up to 1000 printable characters"),
        (ONE + "proof = 'x'\n", r"claim 1: expected the entries name, .*, got 'proof'"),
        (ONE + ONE, "name: expected every name once, got a more often"),
        (ONE.replace("'a'", "'<a>'"), r"claim 1: expected a name of letters, digits and - _ \., got '<a>'"),
        (ONE.replace("'a'", "3"), "claim 1: expected a name"),
        ("[[claim]]\nname = 'a'\n", "a: expected an identity, as in"),
        (ONE + "identities = ['s = s']\n", "a: expected identity or identities, got both"),
        (ONE.replace("'s = s'", "3"), "a.identity: expected a list of at most 20, got '3'"),
        (ONE.replace("'s = s'", "[3]"), "a.identity: expected text, got '3'"),
        (ONE.replace("'s = s'", "'s = x'"), r"a\.identity: identity: expected a symbol of the paper.*\n.*s = x\n +\^"),
        ("[[claim]]\nname = 'a'\nidentities = ['s = s', 's = x']\n", "a.identities 2: identity: expected a symbol"),
        (ONE + "verdict = 'failed'\n", "a.verdict: expected one of proved, refuted, misprint, open, got 'failed'"),
        (ONE + "where = 3\n", "a.where: expected a place, or a table of places, got '3'"),
        (ONE + "where = { C = 3 }\n", "a.where: expected up to 1000 printable characters"),
        (ONE + "assumptions = 'x'\n", "a.assumptions: expected a list"),
        (ONE * 2 + "[[", "claims: expected a TOML file, got"),
        (ONE + "#" + "x" * 5000, "or 4000 characters in a line"),
    ],
)
def test_what_is_no_file_of_claims_is_refused(paper, text, message):
    with pytest.raises(ValueError, match=f"^{message}" if "4000" not in message else message):
        claims.load(paper(text))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ValueError, match=re.escape(f"claims: expected a file, got {tmp_path / 'x.toml'}")):
        claims.load(tmp_path / "x.toml")
