"""The public face: listed by hand, loaded when first used."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib.resources import files
from types import ModuleType

import pytest

import symcur as sc

HEAVY = (
    "heyoka",
    "matplotlib",
    "typer",
    "rich",
    "scipy.integrate",
    "latex2mathml",
    "IPython",
    "xarray",
    "zarr",
    "h5netcdf",
    "pandas",
)


def run(code: str) -> dict:
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(result.stdout)


def test_import_loads_nothing_but_the_list_of_names():
    loaded = run("import json, sys; before = set(sys.modules); import symcur; print(json.dumps(sorted(sys.modules)))")
    assert [name for name in loaded if name.partition(".")[0] == "symcur"] == ["symcur"]
    assert not {"sympy", "numpy", *HEAVY} & set(loaded)


def test_nothing_heavy_is_loaded_before_it_is_used():
    code = (
        "import json, sys, symcur; early = sorted(sys.modules); symcur.models.rashba(); symcur.evaluate; symcur.scan; symcur.load; symcur.derive; "
        "symcur.verify; symcur.quantities.names(); print(json.dumps({'early': early, 'late': sorted(sys.modules)}))"
    )
    loaded = run(code)
    assert not set(HEAVY) & set(loaded["late"])
    assert not {"sympy", "numpy", *HEAVY} & set(loaded["early"])


@pytest.mark.parametrize("name", sc.__all__)
def test_every_name_resolves(name):
    assert getattr(sc, name).__doc__
    assert name in dir(sc)


def test_modules_and_functions():
    lists = ("models", "quantities", "claims", "observables")
    modules = (*lists, "band_structures", "brillouin", "disorder", "expressions", "linear_response", "superconductors")
    assert all(isinstance(getattr(sc, name), ModuleType) for name in modules)
    assert all(getattr(sc, name).names() for name in lists)
    assert sc.claims.verify is sc.verify


def test_type_checkers_see_the_same_names():
    """The names imported for type checkers are the names in __all__."""
    tree = ast.parse(files("symcur").joinpath("__init__.py").read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    declared = {alias.name for statement in block.body for alias in statement.names}
    assert declared == set(sc.__all__)
    assert files("symcur").joinpath("py.typed").is_file()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"no attribute 'derivative'; it has .*derive"):
        sc.derivative  # noqa: B018
