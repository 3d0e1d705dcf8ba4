"""True errors against k points: insulators and metals, at T = 0 and above, beside plain meshes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

import symcur as sc

from .clock import deviation, digits, table

FINER = 1e-11  # rtol of what is taken for the truth where no exact value is known
CHUNK = 1 << 15
NOWHERE = 1e-9  # a temperature at which the Fermi function is a step on any mesh


@dataclass
class Case:
    """An integral with the exact value of one of its parts, or without."""

    name: str
    model: sc.Model
    mu: float
    temperature: float
    exact: np.ndarray | None = None
    part: str = "intrinsic"

    def found(self, rtol: float) -> sc.Result:
        return sc.conductivity(self.model, self.mu, self.temperature, rtol=rtol)


def cases() -> list[Case]:
    kane_mele, quantum = sc.models.kane_mele(lambda_v=0.3), np.array([[0, 1], [-1, 0]]) / (2 * np.pi)
    haldane = sc.models.haldane().with_s(1)
    narrow = sc.models.haldane(M=float(0.3 * np.sqrt(3)) - 1e-3, t2=0.1, phi=np.pi / 2).with_s(1)
    circles = sc.integrate_exactly(sc.models.rashba(), "conductivity")(1, M=0.3, part="conventional")
    return [
        Case("insulator, T = 0 (haldane, exact)", haldane, 0.0, 0.0, quantum),
        Case("gap 1e-3, T = 0 (haldane, exact)", narrow, 0.0, 0.0, quantum),
        Case("insulator, T = 0 (kane_mele)", kane_mele, 0.0, 0.0),
        Case("insulator, T = 0.1 (kane_mele)", kane_mele, 0.0, 0.1),
        Case("metal, T = 0.05 (kane_mele)", kane_mele, 1.2, 0.05),
        Case("metal, T = 0 (kane_mele)", kane_mele, 1.2, 0.0),
        Case("metal, T = 0 (haldane)", haldane, -1.5, 0.0),
        Case("metal, T = 0 (rashba, exact)", sc.models.rashba(M=0.3), 1.0, 0.0, np.asarray(circles), "conventional"),
    ]


def accuracy(tolerances: Iterable[float], most: int) -> str:
    """``most`` points per axis of meshes."""
    rows = []
    for case in cases():
        known = case.exact if case.exact is not None else case.found(FINER).parts[case.part].value
        mesh = None if case.model.cell is None else _errors(lambda n: _mesh(case, n), _sizes(most), known)  # noqa: B023
        for rtol in tolerances:
            found = case.found(rtol)
            part, largest = found.parts[case.part], np.abs(known).max()
            error, estimate = deviation(part.value, known), part.error.max() / largest
            assert error <= max(estimate, 1e-15), (case.name, rtol, error, estimate)
            rows.append(
                [case.name, digits(rtol), found.evaluations, digits(error), digits(estimate), _needed(mesh, rtol)]
            )
    head = ("", "rtol", "k points", "true error", "estimate", "points of a plain mesh for this rtol")
    return table("Accuracy against k points in 2D, errors in units of the largest component", head, rows)


def _sizes(most: int) -> list[int]:
    return [round(16 * 2 ** (j / 2)) for j in range(int(2 * np.log2(most / 16)) + 1)]


def _errors(value: Callable[[int], object], sizes: list[int], known: np.ndarray) -> dict[int, float]:
    return {n: deviation(value(n), known) for n in sizes}


def _needed(errors: dict[int, float] | None, rtol: float) -> str:
    """The points of the smallest mesh from which on all errors are below rtol."""
    if errors is None:
        return ""
    good = [n for n in errors if all(error <= rtol for m, error in errors.items() if m >= n)]
    return str(good[0] ** 2) if good else f"> {max(errors) ** 2}"


def _mesh(case: Case, n: int) -> np.ndarray:
    """The mean of the integrand over n^2 momenta, with its steps as they are."""
    k = case.model.cell.momenta(n, 0.3)
    observable, width = sc.observables.get("conductivity"), max(case.temperature, NOWHERE)
    pieces = (k[i : i + CHUNK] for i in range(0, len(k), CHUNK))
    total = sum(observable.integrand(case.model, some, case.mu, width)[case.part].sum(axis=0) for some in pieces)
    return np.asarray(total) / len(k) / case.model.cell.volume
