"""Forms of constant blocks as formulas: what a band of the whole model is in them, expansions, and code with its condition."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from contours import reader_of_multiplet
from lattice_models import MOMENTA, random_model

from symcur import quantities
from symcur.band_structures import Model
from symcur.closed_forms import BlockForm, derive
from symcur.models.pauli import kron, sigma_0, sigma_x, sigma_y, sigma_z
from symcur.program.source import LANGUAGES

k_x, k_y, _ = MOMENTA
A, M = sp.symbols("A M", real=True)
LOWER = A * (sp.sin(k_x) * sigma_x + sp.cos(k_y) * sigma_z) - sigma_0 / 2
UPPER = sp.cos(k_y) * sigma_x + (M + sp.cos(k_x)) * sigma_y
MIXED = kron((sigma_x + sigma_z) / sp.sqrt(2), sigma_0)


def crossing(repeated: bool = False) -> Model:
    """Two pairs of bands, the first of them twice if ``repeated``, whose energies cross at some k."""
    s = (sigma_x + sigma_z) / 2
    parts = [(LOWER, s)] * (2 if repeated else 1) + [(UPPER, sigma_z + sigma_y / 3)]
    H, s = (sp.diag(*matrices) for matrices in zip(*parts, strict=True))
    U = MIXED if not repeated else sp.eye(6)
    H, s = ((U * X * U.H).applyfunc(sp.expand) for X in (H, s))
    return Model(H, s, (k_x, k_y), {A: 0.9, M: 0.3}, name="crossing")


PARTS = random_model(1, 3, 2), random_model(2, 3, 2)
THREE_AND_THREE = PARTS[0].replace(
    H=sp.diag(PARTS[0].H, PARTS[1].H + 5 * sp.eye(3)), s=sp.diag(*(part.s for part in PARTS)), lattice=None
)
K = np.random.default_rng(4).uniform(-2.9, 2.9, (40, 2))
WHOLE = crossing()


@pytest.fixture(scope="module")
def form() -> BlockForm:
    found = derive(WHOLE, "drift_current")
    assert isinstance(found, BlockForm)
    return found


# -- the bands of the whole model ---------------------------------------------------------------------------------------
@pytest.mark.slow_for("False")
@pytest.mark.parametrize("repeated", [False, True])
def test_a_band_with_its_energy_put_in_is_that_of_contour_integrals(repeated: bool) -> None:
    """Whichever block it belongs to: at these k each of the blocks has it somewhere, its lower or its upper band."""
    model = crossing(repeated)
    whole = derive(model, "drift_current")
    assert isinstance(whole, BlockForm)
    expected = [quantities.get("drift_current").expression(i) for i in range(2)]
    energies = model.energies(K)
    for band in range(model.size):
        one = whole.explicit(band)
        assert one.energy_symbol not in set().union(*(value.free_symbols for value in sp.flatten(one.expressions)))
        found = one(K)
        for k, levels, value in zip(K[:4], energies, found, strict=False):
            if np.abs(np.diff(levels)).min() < 1e-2 and not repeated:
                continue
            contours = reader_of_multiplet(model, k, band)
            exact = [contours.read(x).array[0, 0].real / contours.rank for x in expected]
            assert value == pytest.approx(exact, abs=1e-12)
        assert found == pytest.approx(whole(K)[:, band], abs=1e-12)
        assert [float(x) for x in one.at(K[0], digits=20)] == pytest.approx(found[0], rel=1e-12)


def owner(form: BlockForm, band: int) -> np.ndarray:
    """The block of a band at each k, from the energies of the blocks."""
    levels = np.hstack([block.model.energies(K) for block in form.blocks])
    return np.argsort(levels, axis=1)[:, band] // form.blocks[0].model.size


def test_forms_are_made_of_every_band_that_may_be_the_one(form: BlockForm) -> None:
    lowest, second = form.explicit(0), form.explicit(1)
    assert [(j, block.band) for j, block in zip(lowest.owners, lowest.blocks, strict=True)] == [(0, 0), (1, 0)]
    assert len(second.blocks) == 4
    assert {*owner(form, 0)} == {*owner(form, 1)} == {0, 1}
    assert r"its band 1, where this is band 2 of all" in form.explicit(2).latex()
    other = zip(lowest.blocks, lowest.blocks[::-1], strict=True)
    exchanged = lowest.with_blocks([replace(x, program=y.program, outputs=y.outputs) for x, y in other])
    assert np.abs(exchanged(K) - form(K)[:, 0]).max() > 1e-2
    with pytest.raises(ValueError, match="band: expected a form with the energy E, got that of band 0"):
        lowest.explicit(1)
    with pytest.raises(ValueError, match="band: expected 0, whose energy is put in, got 2"):
        lowest.at(K[0], 2)


# -- formulas -----------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_compact_has_an_axis_of_blocks_and_no_name_with_two_meanings() -> None:
    """Put together from the definitions, it is the expressions of each block; names that clash have the number of the block."""
    form = derive(THREE_AND_THREE, "velocity")
    assert form.compact.shape == (2, 2)
    own = [{symbol.name for symbol, _ in block.definitions} for block in form.blocks]
    assert {f"{name}_2" for name in own[0] & own[1]} & {symbol.name for symbol, _ in form.definitions}
    point = {k_x: 0.3, k_y: -0.8, form.energy_symbol: 1.7} | dict.fromkeys(THREE_AND_THREE.parameters, 0.9)
    at = {symbol: sp.Float(value, 30) for symbol, value in point.items()}
    for j, block in enumerate(form.blocks):
        found, expected = values(form.definitions, form.compact[j], at), values(block.definitions, block.compact, at)
        assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) < 1e-20


def values(definitions, components, at: dict[sp.Symbol, sp.Expr]) -> list[sp.Expr]:
    """The components with numbers put in; every symbol is defined once."""
    known = dict(at)
    for symbol, formula in definitions:
        assert symbol not in known
        known[symbol] = formula.xreplace(known)
    return [value.xreplace(known) for value in sp.flatten(components)]


def test_expressions_are_those_of_the_blocks(form: BlockForm) -> None:
    assert form.expressions.shape == (2, 2)
    assert [form.expressions[j] for j in range(2)] == [block.expressions for block in form.blocks]
    assert form.energies == tuple(block.energies for block in form.blocks)


def test_derivatives_and_values_of_one_band(form: BlockForm) -> None:
    one, step = form.explicit(1), np.array([0, 1e-5])
    assert one.diff("k_y")(K) == pytest.approx(form.diff("k_y")(K)[:, 1], abs=1e-11)
    assert one.diff("k_y")(K[:5]) == pytest.approx((one(K[:5] + step) - one(K[:5] - step)) / 2e-5, abs=1e-7)
    assert one.subs({"M": 1})(K) == pytest.approx(form(K, M=1)[:, 1], abs=1e-12)


@pytest.mark.parametrize("name", ["s_expectation", "s_dipole"])  # with E and without
def test_a_series_is_that_of_the_numbers(name: str) -> None:
    """What is left after the power 2 falls by 8 when the distance is halved; bands are those at the point."""
    form, k = derive(WHOLE, name), np.array([1 / 3, 0.7])
    series = form.series("k_x", 2, sp.Rational(1, 3))
    assert series.expressions.shape == (2, *form.shape)
    coefficients = {n: c(k) for n, c in series.coefficients.items()}
    left = [
        np.abs(sum(c * x**n for n, c in coefficients.items()) - form(k + np.array([x, 0]))).max() for x in (0.01, 0.005)
    ]
    assert left[0] < 1e-3
    assert left[0] / left[1] == pytest.approx(8, rel=0.1)
    assert series.explicit(1).coefficients[1](k) == pytest.approx(coefficients[1][1], abs=1e-13)
    limit = form.limit("M", 2)
    assert limit(K) == pytest.approx(form(K, M=2), abs=1e-13)
    assert set(limit.model.parameters) == {A}


def test_a_multiplet_of_a_block_with_its_energy_put_in() -> None:
    """A block of two Kramers pairs beside one of two bands."""
    H, s = sp.diag(UPPER, UPPER.conjugate(), LOWER), sp.diag(sigma_z, sigma_x + sigma_y, sigma_z + sigma_x)
    whole = derive(Model(H, s, (k_x, k_y), {A: 0.9, M: 0.3}, name="pairs"), "drift_current")
    assert sorted(block.multiplicities for block in whole.blocks) == [(1, 1), (2, 2)]
    for band in range(6):
        assert whole.explicit(band)(K) == pytest.approx(whole(K)[:, band], abs=1e-12)


def test_expansions_in_which_no_energy_numbers_the_bands_have_numbers_block_by_block(form: BlockForm) -> None:
    """With the energy put in before, and where the bands of a block touch at a point at which its formula has a limit."""
    for expanded in (form.explicit(0).series("M", 1).coefficients[0], derive(WHOLE, "s_dipole").limit("A", 0)):
        with pytest.raises(ValueError, match=r"expected a form in which energies number the bands.*form.blocks\[j\]"):
            expanded(K)
        with pytest.raises(ValueError, match="expected a form in which energies number the bands"):
            expanded.at(K[0], 0)
    block = form.explicit(0).limit("M", 0).blocks[0]
    assert block(K) == pytest.approx(form.blocks[0](K, M=0)[:, 0], abs=1e-12)


def test_what_a_block_refuses_is_refused() -> None:
    form = derive(THREE_AND_THREE, "velocity")
    assert form.energies == (None, None)
    with pytest.raises(
        ValueError, match="band: expected a model whose energies have a short closed form, got a block of"
    ):
        form.explicit(0)
    with pytest.raises(ValueError, match="point: expected one at which no bands touch"):
        derive(WHOLE, "s_expectation").series("A", 1)


# -- code ---------------------------------------------------------------------------------------------------------------
def arguments(block, special: dict[str, float], band: int) -> list[float]:
    values = {"A": 0.9, "M": 0.3, **special}
    energy = [] if block.band is not None else [block.model.with_values(values).energies(K[0])[band]]
    return [*K[0], *energy, *values.values()]


def test_python_source_of_a_block_returns_no_number_where_its_own_bands_coincide(form: BlockForm) -> None:
    """At A = 0 those of the second block do at every k, and those of the first do not."""
    for written, bands in ((form, range(2)), (form.explicit(1), [0])):
        scope: dict = {}
        exec(written.source("python"), scope)
        functions = [value for name, value in scope.items() if name.startswith("drift_current")]
        assert len(functions) == len(written.blocks)
        for function, block, j in zip(functions, written.blocks, written.owners, strict=True):
            assert "Condition: the band is separate." in function.__doc__
            for band in bands:
                assert np.isnan(function(*arguments(block, {"A": 0}, band))).all() == (j == 1)
                expected = block(K[0]) if block.band is not None else block(K[0])[band]
                assert function(*arguments(block, {}, band)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")
def test_c_source_of_a_block_returns_no_number_where_its_own_bands_coincide(form: BlockForm, tmp_path: Path) -> None:
    source, library = tmp_path / "form.c", tmp_path / "form.so"
    source.write_text(form.source("c"))
    flags = ["-O0", "-shared", "-fPIC", "-std=c99", "-Wall", "-Werror"]
    subprocess.run(["gcc", *flags, str(source), "-o", str(library), "-lm"], check=True)
    for j, block in enumerate(form.blocks):
        function, result = getattr(ctypes.CDLL(str(library)), f"drift_current_block_{j + 1}"), np.zeros(2)
        for special in ({}, {"A": 0.0}):
            given = [ctypes.c_double(value) for value in arguments(block, special, 1)]
            function(*given, result.ctypes.data_as(ctypes.POINTER(ctypes.c_double)))
            assert np.isnan(result).all() == (j == 1 and bool(special))
            if not special:
                assert result == pytest.approx(block(K[0])[1], rel=1e-12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_function_states_its_condition(form: BlockForm, language: str) -> None:
    assert form.source(language).count("Condition: the band is separate.") == 2
