"""Certificates of the whole ledger: accepted by the checker in a process of its own, and about the equalities of the ledger."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sympy as sp

import symcur as sc
from symcur import claims
from symcur import expressions as ex
from symcur.certificates import NoCertificate, certificate, checker, write
from symcur.claims import examine
from symcur.expressions import Gap, I, Im, Projector, Re, Resolvent, S, Trace, s, tau, v

CHECKER = Path(checker.__file__)
EQUALITIES = {
    f"{claim.name}.{number}": (claim.name, number, equality)
    for claim in claims.CLAIMS
    for number, equality in enumerate(claim.equalities, 1)
}
P, P_m, S_m = Projector(), Projector("m"), Resolvent("m")


@pytest.fixture(scope="module", name="folder")
def certificates_of_the_ledger(tmp_path_factory):
    found = [certificate(examine(equality), name, number) for name, number, equality in EQUALITIES.values()]
    folder = tmp_path_factory.mktemp("ledger")
    write(folder, found)
    return folder


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    """The checker that lies beside the certificates: isolated, without site-packages and so without symcur."""
    command = [sys.executable, "-I", "-S", str(folder / "checker.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_every_equality_of_the_ledger_has_a_certificate_that_is_accepted(folder):
    result = run(folder)
    assert result.returncode == 0, result.stdout + result.stderr
    lines = {
        name.removesuffix(".json"): outcome for _, _, name, outcome, *_ in map(str.split, result.stdout.splitlines())
    }
    assert len(EQUALITIES) >= 71
    assert lines == {
        key: "refuted" if equality.role in ("printed", "denied") else "proved"
        for key, (*_, equality) in EQUALITIES.items()
    }
    assert all(path.stat().st_size < 20_000 for path in folder.glob("*.json"))


@pytest.mark.slow
def test_one_false_file_fails_the_directory(folder, tmp_path):
    for name in ("rules.json", "checker.py", "torque-metric.1.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    assert run(tmp_path).returncode == 0
    text = (folder / "torque-berry.1.json").read_text()
    (tmp_path / "torque-berry.1.json").write_text(text.replace('"-1"', '"1"', 1))
    result = run(tmp_path)
    assert result.returncode == 1
    assert "torque-berry.1.json" in next(line for line in result.stdout.splitlines() if "REJECTED" in line)


def test_nothing_to_check_is_a_failure(tmp_path):
    write(tmp_path, [])
    assert run(tmp_path).returncode == 1


def test_the_checker_is_short_and_stands_alone():
    source = CHECKER.read_text()
    assert len(source.splitlines()) <= 200
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


# -- what a certificate is about ---------------------------------------------------------------------------------------
def expression(node):
    """The way back from a certificate, apart from the writer; abbreviations are read by their definitions."""
    if isinstance(node, str):
        return I if node == "I" else ex.as_expression(sp.Rational(node))
    kind, *rest = node
    letters = {
        "P": ex.Projector,
        "S": ex.Resolvent,
        "O": lambda name, *axes: ex.Operator(name, ex.ordered(axes)),
        "e": lambda n, *axes: ex.BandEnergy(n, ex.ordered(axes)),
        "f": lambda n, order: ex.Occupation("f", n, order),
        "g": lambda n: ex.Occupation("g", n),
        "1/gap": lambda m, n: Gap(m, n, -1),
        "D": lambda axis, inner: ex.Derivative(axis, expression(inner)),
        "name": lambda symbol, inner: expression(inner),
    }
    if kind in letters:
        return letters[kind](*rest)
    kinds = {"+": ex.add, "*": ex.multiply, "Tr": Trace, "Re": Re, "Im": Im}
    return kinds[kind](*map(expression, rest))


def spelled_out(node):
    """An expression without abbreviations and powers."""
    match node:
        case ex.Named(_, definition):
            return ex.substitute(definition, spelled_out)
        case ex.Resolvent(n, power) if power > 1:
            return ex.multiply(*[Resolvent(n)] * power)
        case ex.Gap(m, n, power) if power < -1:
            return ex.multiply(*[Gap(m, n, -1)] * -power)
        case ex.Gap(m, n, power) if power > 0:
            return ex.multiply(*[ex.BandEnergy(m) - ex.BandEnergy(n)] * power)
    return None


def without_probe(node):
    """An operator A is certified as Tr[X A] for any X."""
    match node:
        case ["Tr", ["*", ["O", "X"], inner]]:
            return inner
    return node


def test_the_sides_are_those_of_the_ledger(folder):
    for key, (_, _, equality) in EQUALITIES.items():
        data = json.loads((folder / f"{key}.json").read_text())
        written = tuple(expression(without_probe(data[side])) for side in ("left", "right"))
        assert written == tuple(ex.substitute(side, spelled_out) for side in equality.sides), key
        assert data["latex"] == " = ".join(equality.latex())


def test_a_certificate_of_something_else_is_noticed(folder):
    """The comparison above tells one equality from another."""
    data = json.loads((folder / "torque-metric.1.json").read_text())
    other = EQUALITIES["torque-berry.1"][2]
    assert expression(data["left"]) != ex.substitute(other.lhs, spelled_out)


# -- what has one ------------------------------------------------------------------------------------------------------
IDENTITIES = {
    "gaps": (Trace(S_m * P * s), Gap("m", "n", -1) * Trace(P * s)),
    "three bands": (
        Gap("m", "n", -1) * Gap("n", "p", -1),
        Gap("m", "p", -1) * (Gap("m", "n", -1) + Gap("n", "p", -1)),
    ),
    "powers of gaps": (Gap("m", "n", 2) * Trace(S_m * S_m * P * s), Trace(P * s)),
    "two resolvents": (
        Gap("m", "n") * Trace(P * v("i") * S * S_m * s),
        Trace(P * v("i") * (S - S_m) * s) + Gap("m", "n", -1) * Trace(P * v("i") * (P + P_m) * s),
    ),
    "operators": (ex.Derivative("i", P), S * v("i") * P + P * v("i") * S),
    "third derivatives": (ex.band_energy_derivative(("i", "j", "l")), ex.BandEnergy("n", ("i", "j", "l")) * Trace(P)),
    "false, of three bands": (Trace(P * v("i") * P_m * s * S * tau), Gap("m", "n", -2)),
    "false, of operators": (s * ex.H, ex.H * s),
}
OUTCOMES = {name: "refuted" if name.startswith("false") else "proved" for name in IDENTITIES}


@pytest.mark.parametrize("name", IDENTITIES)
def test_identities_of_ones_own(name):
    proof = sc.settle(*IDENTITIES[name])
    assert proof.outcome == OUTCOMES[name]
    assert certificate(proof, "own")["outcome"] == OUTCOMES[name]


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        (Trace(P * s * P * s), Trace(P * s) * Trace(P * s), "proved for a nondegenerate band"),
        (Trace(s), 0, "undecided"),
        (Trace(P * v("x") * P * v(0)), Trace(P * v(0) * P * v("x")), "which print alike"),
        (ex.Filled(Trace(P * s)), ex.Filled(Trace(P * s)), "undecided|Filled"),
    ],
)
def test_what_has_no_certificate_says_why(left, right, reason):
    with pytest.raises(NoCertificate, match=reason):
        certificate(sc.settle(left, right), "own")


@pytest.mark.parametrize(
    ("identity", "letters"),
    [
        (r"\partial_h P = -(S s P + P s S)", "the field h"),
        (r"\partial_h s_n = 2 Tr[P s S s]", "the field h"),
        (r"\nabla_i P = S v_i P + P v_i S", "covariant derivatives"),
        (r"\Omega^{i\tau} = \partial_{k_i} s_n - Tr[P \nabla_i s]", "covariant derivatives"),
        (r"\eta H P = \varepsilon_n P", "the metric of bosons"),
        (r"d^{i\tau} = J^{is} + v^i s + 0 Tr[P \eta s]", "the metric of bosons"),
    ],
)
def test_letters_that_the_checker_does_not_know_have_no_certificate(identity, letters):
    """It would read a covariant derivative as an ordinary one, and certify another statement than the one that was proved."""
    with pytest.raises(NoCertificate, match=letters):
        certificate(sc.settle(identity), "own")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Trace(P * s * P * s), Trace(P * s) * Trace(P * s)),  # for a nondegenerate band
        (Trace(P), 1),
        (Re(Trace(P * v("i") * S * tau)), Im(Trace(P * v("i") * S * s))),
        (S * P, P),
        (Trace(S_m * P * s), Gap("n", "m", -1) * Trace(P * s)),
    ],
)
def test_the_rules_do_not_prove_what_is_false(left, right):
    """Not even where the prover is said to have proved it."""
    proof = replace(sc.settle(left, right), outcome="proved", counterexample=None)
    with pytest.raises(NoCertificate, match="the rules do not bring both sides to the same form"):
        certificate(proof, "own")


def test_the_name_of_a_claim_is_the_name_of_a_file():
    with pytest.raises(ValueError, match=r"claim: expected a name of letters, digits and _ \. -, got '\.\./own'"):
        certificate(sc.settle(s, s), "../own")


@pytest.mark.slow
def test_the_command(tmp_path, capsys):
    from symcur.cli import main

    def symcur(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stop:
            main(arguments)
        return stop.value.code, capsys.readouterr().out

    status, out = symcur("settle", "Tr[P tau] = 0", "s = H", "--certificates", str(tmp_path))
    assert status == 1  # one of them is refuted
    assert f"2 certificates in {tmp_path}; check with: python" in " ".join(out.split())
    assert run(tmp_path).returncode == 0
    status, out = symcur("settle", "Tr[P s P s] = Tr[P s] Tr[P s]", "--certificates", str(tmp_path / "none"))
    assert status == 1
    assert "typed.1 has no certificate: proved for a nondegenerate band" in " ".join(out.split())
    status, out = symcur("verify", "torque-moment-vanishes", "--certificates", str(tmp_path / "deep" / "er"))
    assert status == 0
    assert "1 certificate in" in out
    assert {path.name for path in (tmp_path / "deep/er").iterdir()} == {
        "checker.py",
        "rules.json",
        "torque-moment-vanishes.1.json",
    }
    own = tmp_path / "own.toml"
    own.write_text("[[claim]]\nname = 'resolvent'\nprinted = 'P S = P'\nidentity = 'd_i(P) = S v_i P + P v_i S'\n")
    assert symcur("verify", str(own), "--certificates", str(tmp_path / "toml"))[0] == 0
    lines = run(tmp_path / "toml").stdout.splitlines()
    assert [line.split()[2:4] for line in lines] == [["resolvent.1.json", "refuted"], ["resolvent.2.json", "proved"]]
    assert symcur("verify", "torque-metric", "torque-metric", "--certificates", str(tmp_path))[0] == 2
    assert symcur("verify", "torque-metric", "--certificates", str(tmp_path / "rules.json"))[0] == 2
