"""What WannierBerri and symcur need for the same numbers, of which NumPy or a Chern number is the judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

import symcur as sc

from .clock import deviation, digits, seconds, table
from .references import conventional
from .wannier_berri import Step, WannierBerri

FAST, REFINED_FAST, COARSE, ITERATIONS = 8, 4, 128, 30  # few momenta in one transform, so that refinement stays local
AGREE = 0.02  # of the finest mesh: coarser ones are of other numbers


@dataclass
class Shared:
    """A conductivity at T = 0 that both have: the name of the case, "charge" or "spin", and its value from elsewhere."""

    name: str
    what: str
    model: sc.Model
    mu: float
    known: np.ndarray
    refine: bool = False
    metal: bool = False


SYMMETRIES = {"charge": ("C3z", "TimeReversal*Mx"), "spin": ("C3z", "Mx", "TimeReversal")}  # of haldane, of kane_mele


def cases() -> list[Shared]:
    haldane, kane_mele = sc.models.haldane().with_s(1), sc.models.kane_mele(lambda_v=0.3)
    narrow = sc.models.haldane(M=float(0.3 * np.sqrt(3)) - 0.05, t2=0.1, phi=np.pi / 2).with_s(1)
    K, other = (np.array(u) / 3 @ haldane.cell.reciprocal for u in ((1, 2), (2, 1)))
    quantum = np.array([[0, 1], [-1, 0]]) / (2 * np.pi)
    return [
        Shared("Hall, insulator (haldane)", "charge", haldane, 0.0, quantum),
        Shared("Hall, gap 0.1 (haldane)", "charge", narrow, 0.0, quantum, True),
        Shared("Hall, metal (haldane)", "charge", haldane, 0.5, conventional(haldane, 0.5, 1, [K]), True, True),
        Shared("spin Hall, insulator (kane_mele)", "spin", kane_mele, 0.0, conventional(kane_mele, 0.0, 2)),
        Shared(
            "spin Hall, metal (kane_mele)",
            "spin",
            kane_mele,
            1.0,
            conventional(kane_mele, 1.0, 2, [K, other]),
            True,
            True,
        ),
    ]


def shared(tolerances: Iterable[float], most: int) -> str:
    """``most`` points per axis of meshes."""
    rows, tolerances = [], [*tolerances]
    for case in cases():
        program = WannierBerri(case.model, SYMMETRIES[case.what])
        program.steps(case.what, case.mu, FAST, FAST, tetra=case.metal)  # compiles
        meshes = _meshes(case, program, most, min(tolerances))
        assert deviation(meshes[-1].value, case.known) < AGREE, case.name
        refined = _refined(case, program) if case.refine else []
        for rtol in tolerances:
            call = lambda: sc.conductivity(case.model, case.mu, 0.0, rtol=rtol)  # noqa: B023, E731
            found = call()
            part = found.parts["conventional"]
            error, scale = deviation(part.value, case.known), np.abs(case.known).max()
            assert error <= min(rtol, max(part.error.max() / scale, 1e-9)), (case.name, rtol, error)
            ways = (cell for steps in (meshes, refined) for cell in _needed(steps, case.known, rtol))
            rows.append([case.name, digits(rtol), found.evaluations, f"{seconds(call, 1):.3g}", *ways])
    head = (
        "",
        "error",
        "symcur, k points",
        "seconds",
        "WannierBerri, mesh",
        "seconds",
        "WannierBerri, refined",
        "seconds",
    )
    return table("The same conductivities by WannierBerri, 2D, T = 0", head, rows)


def _meshes(case: Shared, program: WannierBerri, most: int, least: float) -> list[Step]:
    """Twice as many points per axis each time, up to ``most`` or until two meshes in a row are good enough."""
    steps: list[Step] = []
    good, n = 0, 2 * FAST
    while n <= most and good < 2:
        steps += program.steps(case.what, case.mu, n, FAST, tetra=case.metal)
        good = good + 1 if deviation(steps[-1].value, case.known) < least else 0
        n *= 2
    return steps


def _refined(case: Shared, program: WannierBerri) -> list[Step]:
    return program.steps(case.what, case.mu, COARSE, REFINED_FAST, tetra=case.metal, refine=ITERATIONS)


def _needed(steps: list[Step], known: np.ndarray, rtol: float) -> tuple[str, str]:
    """The momenta and the seconds of the first step from which on all errors are below rtol."""
    if not steps:
        return "", ""
    bad = [i for i, step in enumerate(steps) if deviation(step.value, known) > rtol]
    first = bad[-1] + 1 if bad else 0
    more, step = ("", steps[first]) if first < len(steps) else ("> ", steps[-1])
    return f"{more}{step.points}", f"{more}{step.seconds:.3g}"
