"""One program, three ways to run it: heyoka, NumPy and C agree, whatever the blocks, threads and processes."""

from __future__ import annotations

import ctypes
import os
import pickle
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import sympy as sp
from kernel_models import TRACED, random_model

import symcur.models
from symcur.eigenstates import evaluate
from symcur.expressions import Im, P, S, Trace, s, v
from symcur.kernels import compile
from symcur.kernels.buffers import ArgumentPool, BufferPool
from symcur.kernels.kernel import LARGEST_ESTIMATE

SET = ["berry_curvature", "s_dipole", "s_berry_curvature"]


@pytest.fixture(scope="module")
def grid() -> np.ndarray:
    return np.random.default_rng(12).uniform(-3, 3, (5003, 2))


@pytest.mark.slow_for("4", "5")
@pytest.mark.parametrize("N", [1, 2, 4, 5])
def test_heyoka_and_numpy_agree(N):
    pytest.importorskip("heyoka")
    model = random_model(N, 2, seed=N, diagonal_s=N % 2 == 0)
    k = np.random.default_rng(N).uniform(-3, 3, (200, 2))
    names = TRACED if N < 3 else SET
    a, b = (compile(model, names, backend=backend)(k) for backend in ("heyoka", "numpy"))
    assert a.by_eigenstates == b.by_eigenstates
    for name in ("energy", *names):
        np.testing.assert_allclose(a[name], b[name], rtol=1e-9, atol=1e-9 * np.abs(b[name]).max() + 1e-14)


@pytest.mark.parametrize("backend", ["heyoka", "numpy"])
def test_numbers_do_not_depend_on_threads_blocks_or_neighbours(backend, grid):
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    model = symcur.models.kane_mele()
    one, two = (compile(model, SET, backend=backend, threads=threads) for threads in (1, 2))
    assert two.threads == 2
    values, shared = one(grid), two(grid)
    some, page = one(grid[17:2000]), one(grid[:1024])  # rows of whole pages are longer by a vector
    single = one(grid[4002])
    for name in values:
        np.testing.assert_array_equal(values[name], shared[name])
        np.testing.assert_array_equal(values[name][17:2000], some[name])
        np.testing.assert_array_equal(values[name][:1024], page[name])
        np.testing.assert_array_equal(values[name][4002], single[name])


def test_every_quotient_is_divided_once():
    """Also where its square is asked for."""
    pytest.importorskip("heyoka")
    compiled = compile(symcur.models.haldane(), SET, backend="heyoka")._compiled
    live = compiled.program.live([*compiled.layout.nodes, compiled.error_estimate.node])
    quotients = sum(compiled.program.nodes[node][0] == "/" for node in live)
    assert compiled.backend._function.llvm_states[-1].ir.count(" fdiv ") == quotients


@pytest.mark.parametrize("backend", ["heyoka", "numpy"])
def test_functions_of_parameters_are_made_once_for_all_points(backend):
    """Cosine and sine of the phase of Haldane's hopping, which are arguments of the program."""
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    model = symcur.models.haldane()
    kernel, k = compile(model, SET, backend=backend), np.random.default_rng(4).uniform(-3, 3, (40, 2))
    compiled = kernel._compiled
    nodes = compiled.program.nodes
    given = [node for node in compiled.inputs if isinstance(node, int)]
    assert sorted(nodes[node][0] for node in given) == ["cos", "sin"]
    needed = compiled.program.needed([*compiled.layout.nodes, compiled.error_estimate.node], given)
    assert ("input", ("phi",)) not in [nodes[node] for node in needed]
    for phi in (0.3, -1.1):
        values, expected = kernel(k, phi=phi), evaluate(model.with_values(phi=phi), SET, k)
        for name in SET:
            np.testing.assert_allclose(values[name], expected[name], rtol=1e-9, atol=1e-9)
    lines = kernel.source().splitlines()
    assert next(line for line in lines if "Arguments" in line).endswith(
        ", ".join(f"in[{j}] {x}" for j, x in enumerate(kernel.argument_order))
    )


def test_arrays_begin_with_a_line_of_the_cache():
    pool = BufferPool()
    for shape in ((3, 5), (27, 8), (53, 4096), (53, 4096)):
        array = pool.empty(shape)
        assert array.shape == shape
        assert array.ctypes.data % 64 == 0
        assert array.flags.c_contiguous


def test_arguments_that_are_used_again_hold_the_numbers_asked_for():
    pool = ArgumentPool()
    first = pool.take((4, 16), 1, (2.0, 3.0))
    pool.give_back((2.0, 3.0), first)
    assert pool.take((4, 16), 1, (2.0, 3.0)) is first
    for shape, numbers in (((4, 16), (2.0, 3.0)), ((4, 24), (2.0, 3.0)), ((4, 24), (5.0, 3.0)), ((4, 16), (7.0, 3.0))):
        array = pool.take(shape, 1, numbers)
        assert (array[1:3] == np.array(numbers)[:, None]).all()
        pool.give_back(numbers, array)


def test_calls_with_other_numbers_in_between_change_nothing(grid):
    model = symcur.models.kane_mele()
    kernel = compile(model, SET)
    expected = {x: [kernel(k, lambda_R=x)["s_dipole"].copy() for k in (grid, grid[:96])] for x in (0.1, 0.2, 0.3)}
    for x in (0.2, 0.1, 0.3, 0.2):
        for k, values in zip((grid[:96], grid), reversed(expected[x]), strict=True):
            np.testing.assert_array_equal(kernel(k, lambda_R=x)["s_dipole"], values)


@pytest.mark.slow_for("heyoka")
@pytest.mark.parametrize("backend", ["heyoka", "numpy"])
def test_a_pickled_kernel_gives_the_same_numbers_in_another_process(backend, grid, tmp_path):
    """Also with another seed of Python's hashes: the program does not depend on the order of sets."""
    if backend == "heyoka":
        pytest.importorskip("heyoka")
    asked = {**{name: name for name in SET}, "half": Im(Trace(P * v(0) * S * s)) / 2}
    kernel = compile(symcur.models.kane_mele(), asked, backend=backend)
    (tmp_path / "kernel").write_bytes(pickle.dumps((kernel, grid[:40])))
    script = (
        "import pickle, sys; from pathlib import Path; folder = Path(sys.argv[1])\n"
        "kernel, k = pickle.loads((folder / 'kernel').read_bytes())\n"
        "(folder / 'values').write_bytes(pickle.dumps(dict(kernel(k, lambda_R=0.1))))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "3"}
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, env=environment)
    values = pickle.loads((tmp_path / "values").read_bytes())
    for name, expected in kernel(grid[:40], lambda_R=0.1).items():
        np.testing.assert_array_equal(values[name], expected)


def test_auto_is_heyoka_where_it_can_be_imported(monkeypatch):
    model = random_model(2, 1, seed=1)
    monkeypatch.setitem(sys.modules, "heyoka", None)
    assert compile(model, ["s_dipole"]).backend == "numpy"
    with pytest.raises(ImportError, match="backend: expected one that is installed, got 'heyoka'"):
        compile(model, ["s_dipole"], backend="heyoka")
    monkeypatch.undo()
    pytest.importorskip("heyoka")
    assert compile(model, ["s_dipole"]).backend == "heyoka"


def test_heyoka_is_imported_only_when_used():
    script = "import sys, symcur.kernels; assert 'heyoka' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.slow_for("4-0--O0")
@pytest.mark.skipif(shutil.which("gcc") is None, reason="no C compiler")
@pytest.mark.parametrize(("N", "beside", "optimisation"), [(2, 0, "-O2"), (4, 0, "-O0"), (2, 1, "-O2")])
def test_c_source_compiled(N, beside, optimisation, tmp_path):
    model = random_model(N, 2, seed=N)
    if beside:
        block = random_model(beside, 2, seed=9)
        model = model.replace(H=sp.diag(model.H, block.H), s=sp.diag(model.s, block.s))
    kernel = compile(model, [*SET, "torque_polarizability"], backend="numpy")
    source = tmp_path / "kernel.c"
    source.write_text(kernel.source("c"))
    flags = ["-std=c99", "-Wall", "-Werror", "-shared", "-fPIC", optimisation]
    subprocess.run(["gcc", *flags, "-o", tmp_path / "kernel.so", source, "-lm"], check=True)
    function = ctypes.CDLL(str(tmp_path / "kernel.so")).kernel
    k = np.random.default_rng(2).uniform(-3, 3, (50, 2))
    labels = re.findall(r"out\[\d+\] (\w+(?:\[[^\]]*\])?)", re.search("// Results: (.*)", kernel.source())[1])
    inputs = np.ascontiguousarray(np.column_stack([k, np.full(50, 0.3), np.full(50, 1.0)]).T)
    outputs = np.empty((len(labels), 50))
    pointer = ctypes.POINTER(ctypes.c_double)
    function(ctypes.c_size_t(50), inputs.ctypes.data_as(pointer), outputs.ctypes.data_as(pointer))
    results = dict(zip(labels, outputs, strict=True))
    values = kernel(k, g=0.3, t=1.0)
    assert (results["error_estimate"] <= LARGEST_ESTIMATE).all()
    for band in range(model.size):
        np.testing.assert_allclose(results[f"energy[{band}]"], values["energy"][:, band], rtol=1e-11)
        for i in range(2):
            np.testing.assert_allclose(results[f"s_dipole[{band}, {i}]"], values["s_dipole"][:, band, i], rtol=1e-8)
            for name in ("s_berry_curvature", "torque_polarizability"):
                expected = values[name][:, band, i, 1]
                np.testing.assert_allclose(results[f"{name}[{band}, {i}, 1]"], expected, rtol=1e-8, atol=1e-10)


def test_the_source_says_what_it_is():
    kernel = compile(symcur.models.kane_mele(), ["s_dipole"], backend="numpy")
    text = kernel.source()
    assert "// Arguments: in[0] k_x, in[1] k_y, in[2] t, in[3] lambda_SO, in[4] lambda_R, in[5] lambda_v" in text
    assert "out[0] energy[0]" in text
    assert repr(LARGEST_ESTIMATE) in text
    with pytest.raises(ValueError, match="language: expected 'c', got 'fortran'"):
        kernel.source("fortran")
    k_x = sp.Symbol("k_x", real=True)
    unwritable = compile(symcur.Model(sp.Matrix([[sp.tanh(k_x)]]), s=1, k=k_x), [])
    with pytest.raises(ValueError, match=r"source: expected a kernel with a program, got one without .*tanh"):
        unwritable.source()
