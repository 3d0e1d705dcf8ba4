"""Runs tests that need a package in an environment of its own, made in a directory of its own:

    python tests/importers/environments.py [NAME ...] [--keep DIRECTORY]

Packages exclude each other (PythTB 1 and 2), or need to be built (kwant 1.5 with Cython 3, on NumPy 2.0, without MUMPS). An environment
that can be made with this Python is made with it; the exit status is the number of those that failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMPORTERS, SOURCES = "tests/importers/test_importing_{}.py", "tests/closed_forms/test_closed_forms_sources.py"
TOOLS = ["pytest", "pytest-xdist", "pytest-benchmark", "hypothesis"]
KWANT_BUILT = ["--no-build-isolation", "--no-binary=kwant", "--use-pep517", "--config-settings=--build-option=--cython"]


@dataclass(frozen=True)
class Environment:
    """Lists of arguments of pip, one after the other, the modules that must be there, the test file, and the least Python."""

    installs: tuple[list[str], ...]
    modules: str
    tests: str
    python: tuple[int, int] = (3, 11)


ENVIRONMENTS = {
    "pythtb1": Environment((["pythtb==1.8.0"],), "pythtb", IMPORTERS.format("pythtb")),
    "pythtb2": Environment((["pythtb>=2"],), "pythtb", IMPORTERS.format("pythtb"), (3, 12)),
    "kwant": Environment(
        (["numpy==2.0.2", "scipy", "cython<3.1", "setuptools<81", "wheel"], ["--no-build-isolation", "tinyarray"], [*KWANT_BUILT, "kwant==1.5.0"]),
        "kwant",
        IMPORTERS.format("kwant"),
    ),
    "qsymm": Environment((["qsymm>=1.4", "setuptools<81"],), "qsymm", IMPORTERS.format("qsymm")),
    "pybinding": Environment((["pybinding-dev>=1.0.6"],), "pybinding", IMPORTERS.format("pybinding")),
    "jax": Environment((["jax"],), "jax", SOURCES),
    "parsers": Environment((["mathics3<10", "tree-sitter", "tree-sitter-julia"],), "mathics, tree_sitter, tree_sitter_julia", SOURCES),
}  # fmt: skip


def tested(name: str, directory: Path) -> bool:
    """Whether the environment could be made and its tests passed."""
    environment, python = ENVIRONMENTS[name], directory / name / "bin" / "python"
    if sys.version_info[:2] < environment.python:
        print(f"{name}: needs Python {'.'.join(map(str, environment.python))}")
        return False
    commands = [[sys.executable, "-m", "venv", str(directory / name)]]
    commands += [[str(python), "-m", "pip", "install", "-q", *arguments] for arguments in environment.installs]
    commands += [[str(python), "-m", "pip", "install", "-q", *TOOLS, str(ROOT)]]
    commands += [[str(python), "-c", f"import {environment.modules}"]]  # without them tests are skipped
    commands += [[str(python), "-m", "pytest", "-q", "-o", "addopts=", "-p", "no:cacheprovider", environment.tests]]
    return all(subprocess.run(command, cwd=ROOT, check=False).returncode == 0 for command in commands)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ENVIRONMENTS))
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="where environments are made and left")
    options = parser.parse_args()
    if unknown := set(options.names) - set(ENVIRONMENTS):
        parser.error(f"NAME: expected some of {', '.join(ENVIRONMENTS)}, got {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as scratch:
        results = {name: tested(name, options.keep or Path(scratch)) for name in options.names or ENVIRONMENTS}
    for name, passed in results.items():
        print(f"{name}: {'passed' if passed else 'FAILED'}")
    return sum(not passed for passed in results.values())


if __name__ == "__main__":
    raise SystemExit(main())
