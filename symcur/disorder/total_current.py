"""Transport of s in a disordered metal: all currents of the theory side by side, C (13)-(15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import Array
from symcur.band_structures import BandStructure, Parameters, named
from symcur.brillouin import Interrupted
from symcur.brillouin.sweep import Progress
from symcur.disorder.currents import Currents, Work, converged_currents, unknown
from symcur.disorder.energy_average import thermal_currents
from symcur.disorder.fermi_states import fermi_surface, sampled
from symcur.disorder.momentum_cell import Unresolved
from symcur.disorder.potentials import Disorder, is_number
from symcur.disorder.rates import Scattering, TooLarge
from symcur.display import Card, Facts, Numbers, Row, Shown, as_typed, without_zeros
from symcur.expressions import axis_name
from symcur.observables import KINDS, Part, Result, conductivity
from symcur.observables.hall import is_charge
from symcur.observables.units import Measured, conversion
from symcur.running import watched

MOST_RATES = 40_000_000  # between pairs of states, over all meshes and energies
_CHECKED = 1e-9  # differences that theory says vanish may be this large, or ten times rtol

_NOTHING = "stopped before any result"

VALIDITY = (
    "weak disorder, lowest Born order, randomly placed impurities with an even potential; no skew scattering, no "
    "anomalous distribution (the side-jump work in the field) and no weak localisation; bands separate at the Fermi surface; "
    "intrinsic, band and total with the paper's Hall part (observables.hall)"
)
MEANING = {
    "conventional": "J_c^{is} = int df J_n, conventional part of the occupation current",
    "torque": "J_c^{i tau} = int df d^{i tau}, torque part of the occupation current",
    "occupation": "J_c = int df v s, C (13)",
    "dipole_shift": "J_dp = int df sum W (d^s' - d^s), C (14)",
    "side_jump": "J_sj = int df sum W delta_sj r^s",
    "intrinsic": "J_in = E_l int f (Omega^{li} s + d_{k_l} d^{is}), C (11)",
    "band": "J_B = E_l int f Omega^{li} s, C (15)",
    "total": "J_B + J_sj + J_c",
    "charge": "the Drude conductivity int df v",
}


@dataclass(frozen=True)
class Transport(Shown):
    """The parts of the conserved current as tensors [i, l] = [flow, field], in units e = hbar = 1 unless converted.

    ``parts`` maps the names of ``MEANING`` to values and error estimates; intrinsic, band and total are absent if no
    intrinsic part was asked for. conventional + torque = occupation; intrinsic + dipole_shift = band; total = band +
    side_jump + occupation. ``checks`` are differences that theory says vanish, relative to the size of what is compared; a
    result whose checks fail is not converged. ``status`` is "converged", "tolerance not met" or "interrupted".
    ``torque`` [l] is the scattering torque. ``rate`` is the mean scattering rate on the Fermi surface (thermally averaged),
    ``relaxation_time`` its inverse,
    ``density_of_states`` likewise. ``form`` says how the intrinsic part is integrated. ``unit`` is that of the parts; the part
    charge, the response of the charge whatever s is, has ``charge_unit``; ``torque`` has ``unit`` per length of the model. ``s_is_charge`` tells
    that s is the charge, ``length_unit`` is that of a material in Angstrom.
    """

    model: str
    disorder: str
    mu: float
    temperature: float
    parameters: Mapping[str, float]
    parts: Mapping[str, Part]
    torque: Part
    checks: Mapping[str, float]
    rate: float
    density_of_states: float
    form: str
    status: str
    message: str
    nodes: int
    validity: str = VALIDITY
    unit: str = KINDS["conductivity"].unit
    charge_unit: str = KINDS["conductivity"].unit
    convention: str = "[i, l] = [flow, field]"
    conversion: Mapping[str, Any] = field(default_factory=dict)
    s_is_charge: bool = False
    length_unit: float | None = None

    @property
    def relaxation_time(self) -> float:
        """1/rate; infinite where there is no Fermi surface."""
        return 1 / self.rate if self.rate else float("inf")

    def __getitem__(self, part: str) -> Array:
        if part not in self.parts:
            raise KeyError(f"part: expected one of {', '.join(self.parts)}, got {part!r}")
        return self.parts[part].value

    def along(self, field: ArrayLike) -> dict[str, Array]:
        """Every current [i] in the electric field with these Cartesian components."""
        E = np.asarray(field, dtype=float)
        if E.shape != self["charge"].shape[-1:]:
            raise ValueError(f"field: expected {self['charge'].shape[-1]} Cartesian components, got shape {E.shape}")
        return {name: part.value @ E for name, part in self.parts.items()}

    def convert(
        self, unit: str, *, s_unit: str = "hbar", lattice_constant: float | None = None, sign: str = "paper"
    ) -> Transport:
        """The same, errors with it, in another unit; the arguments are those of ``Result.convert`` for a conductivity.

        In the sign of the literature all parts and the torque change sign but for the part charge, as the charge of the carriers
        enters that twice; ``s_unit`` does not apply to it either. The torque comes in the same unit per length of the model, in SI
        too. mu, temperature, rate, relaxation time and density of states stay in the units of the model. Raises
        ValueError for what does not apply.

        >>> import symcur as sc
        >>> found = sc.transport(sc.models.rashba(M=0.3), sc.disorder.white_noise(), mu=1.0, rtol=1e-3).convert("e/8pi")
        >>> found.unit, found.charge_unit
        ('e/8pi, s in hbar', 'e^2/4h')
        """
        name, dimension = "conductivity", self["charge"].shape[-1]
        of_s, of_charge = (
            conversion(
                Measured(
                    "transport", self.model, name, self.unit, dimension, charge, self.length_unit, self.conversion
                ),
                unit,
                counted,
                lattice_constant,
                None,
                sign,
            )
            for charge, counted in ((self.s_is_charge, s_unit), (True, "hbar"))
        )
        factors = {name: of_charge.factor if name == "charge" else of_s.factor for name in self.parts}
        return replace(
            self,
            parts={name: part.times(factors[name]) for name, part in self.parts.items()},
            torque=self.torque.times(of_s.factor),
            unit=of_s.unit,
            charge_unit=of_charge.unit,
            convention=self.convention + of_s.convention,
            conversion=of_s.given,
        )

    def card(self) -> Card:
        """What notebooks show: a column for each part, the components that vanish on one line, and what the numbers mean."""
        rows = tuple(
            Row(
                ("".join(map(axis_name, axes)),),
                tuple((float(part.value[axes]), float(part.error[axes])) for part in self.parts.values()),
            )
            for axes in np.ndindex(self["charge"].shape)
        )
        (mu,), (T,), (rate,) = map(as_typed, ([self.mu], [self.temperature], [self.rate]))
        facts = [(name, MEANING[name]) for name in self.parts]
        facts += [
            ("at", f"mu = {mu}, T = {T}; scattering rate {rate}"),
            ("disorder", self.disorder),
            ("form", self.form),
            (
                "unit",
                f"{self.unit}; charge in {self.charge_unit}; mu, T and rates in units of the model, hbar = k_B = 1",
            ),
            ("convention", self.convention),
            ("status", f"{self.status}: {self.message}"),
        ]
        table = without_zeros(Numbers(("component",), tuple(self.parts), rows))
        return Card(f"transport of {self.model}", (table, Facts((*facts, ("valid for", self.validity)))))

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""

        def plain(part: Part) -> dict[str, Any]:
            return {"value": part.value.tolist(), "error": part.error.tolist()}

        return vars(self) | {
            "parameters": dict(self.parameters),
            "parts": {name: plain(part) for name, part in self.parts.items()},
            "torque": plain(self.torque),
            "checks": dict(self.checks),
            "conversion": dict(self.conversion),
            "relaxation_time": self.relaxation_time,
        }

    def __str__(self) -> str:
        lines = [f"{self.model}, {self.disorder}; mu = {self.mu:g}, T = {self.temperature:g}; rate {self.rate:.6g}"]
        lines += [
            f"  {name:13s} {np.array2string(part.value, precision=8).replace(chr(10), ' ')}  ({MEANING[name]})"
            for name, part in self.parts.items()
        ]
        return "\n".join(
            [
                *lines,
                f"  unit: {self.unit}; charge in {self.charge_unit}; {self.convention}",
                f"  {self.status}: {self.message}",
                f"  {self.form}",
                f"  valid for: {self.validity}",
            ]
        )


@watched("transport")
def transport(
    model: BandStructure | str,
    disorder: Disorder,
    mu: float = 0.0,
    temperature: float = 0.0,
    *,
    rtol: float = 1e-6,
    form: str = "surface",
    cutoff: float | None = None,
    intrinsic: bool = True,
    parameters: Parameters = None,
    max_rates: int = MOST_RATES,
    max_evaluations: int = 10_000_000,
    memory: float | None = None,
    progress: Progress | None = None,
) -> Transport:
    """Solve the linearised Boltzmann equation of a 2D or 3D model and return all parts of the conserved current.

    ``rtol`` is relative to the sum of moduli in each part. At T > 0 scattering is elastic, energy by energy. ``form`` is
    how the intrinsic part is integrated, see ``observables.conductivity``: in "surface" (the default) delta functions of the
    curvature at band touchings are left out. ``cutoff`` limits |k| in a continuum; models not bounded below need it for the
    intrinsic part. ``intrinsic=False`` leaves out the parts that sum over the Fermi sea. ``parameters`` maps names or symbols to
    values other than the model's. After ``max_rates`` rates between pairs of states (to find a Fermi surface counts as 200 000)
    neither meshes nor energies are refined any more, and the status says if the tolerance is not met; the default takes less
    than half a minute. ``max_evaluations`` bounds the k points of the Fermi sea, ``memory`` (bytes) its arrays. ``progress(fraction or None, message)`` is
    called now and then.

    Raises ValueError with the reason for bands that are degenerate on the Fermi surface, for impurities that do not conserve s
    or leave a part unscattered that the field accelerates, for one dimension and for superconductors. Ctrl-C raises
    ``Interrupted``, a KeyboardInterrupt whose ``result`` holds what was finished, with its errors.

    >>> import symcur as sc
    >>> found = sc.transport(sc.models.rashba(M=0.3), sc.disorder.white_noise(), mu=1.0, rtol=1e-3)
    >>> found.status, "side_jump" in found.parts
    ('converged', True)
    """
    model = _checked(model, disorder, mu, temperature, rtol, form).with_values(parameters)
    disorder.require_no_torque(model)
    mu, temperature = float(mu), float(temperature)
    work = Work(_count("max_rates", max_rates), progress)
    found, energies = _of_fermi_surface(model, disorder, mu, temperature, rtol, cutoff, work)
    sea, interrupted = None, found.interrupted
    if intrinsic and not interrupted:
        atol = found.parts["dipole_shift"].allowed(rtol)  # good enough
        options: dict[str, Any] = {"form": form, "rtol": rtol, "atol": atol, "cutoff": cutoff, "progress": progress}
        try:
            sea = conductivity(model, mu, temperature, max_evaluations=max_evaluations, memory=memory, **options)
        except KeyboardInterrupt as stopped:
            sea = stopped.result if isinstance(stopped, Interrupted) else None
            interrupted = True
    checks = _checks(found, sea)
    failed = [name for name, difference in checks.items() if not difference <= max(10 * rtol, _CHECKED)]
    nodes = f"{found.nodes} nodes on the largest Fermi surface" if found.nodes else "no Fermi surface: mu lies in a gap"
    said = f"rtol = {rtol:g}, {nodes}, {energies}{'' if sea is None else f'; Fermi sea: {sea.message}'}"
    said += "".join(f"; the check {name!r} fails by {checks[name]:.1e}" for name in failed)
    if interrupted:
        said = f"by the user; last complete round: {said}" if found.nodes or not found.interrupted else _NOTHING
    torque = found.parts["scattering_torque"]
    converged = found.converged and (sea is None or sea.status == "converged") and not failed
    result = Transport(
        model=model.name,
        disorder=str(disorder),
        mu=mu,
        temperature=temperature,
        parameters={name: float(value) for name, value in model.values().items()},
        parts=_parts(found, sea, intrinsic),
        torque=Part(torque.value[0], torque.error[0]),
        checks=checks,
        rate=found.mean_rate,
        density_of_states=found.density_of_states,
        form=sea.form if sea else "no intrinsic part",
        status="interrupted" if interrupted else "converged" if converged else "tolerance not met",
        message=said,
        nodes=found.nodes,
        s_is_charge=is_charge(model),
        length_unit=model.length_unit,
    )
    if interrupted:
        raise Interrupted(result, result.message)
    return result


def _of_fermi_surface(
    model: BandStructure,
    disorder: Disorder,
    mu: float,
    temperature: float,
    rtol: float,
    cutoff: float | None,
    work: Work,
) -> tuple[Currents, str]:
    """The currents of the electrons that the field moves, and in words at how many energies; after Ctrl-C what there is."""
    try:
        scaled = _scaled(disorder, model, mu, cutoff)
        if temperature > 0:
            return thermal_currents(model, scaled, mu, temperature, rtol, cutoff, work)
        shape = fermi_surface(model, mu, cutoff=cutoff)
        return converged_currents(shape, scaled, rtol, work, keep=True)[0], "1 energy"
    except KeyboardInterrupt:
        return unknown(model.dimension), _NOTHING


def _parts(found: Currents, sea: Result | None, intrinsic: bool) -> dict[str, Part]:
    """The parts in the order of their meanings; after Ctrl-C the intrinsic ones may be NaN with an infinite error."""
    parts = {
        name: Part(part.value, part.error + part.rounding) for name, part in found.parts.items() if name in MEANING
    }
    if intrinsic:
        like = np.full_like(found.parts["charge"].value, np.nan)
        lacking = Part(like, np.full_like(like, np.inf))
        parts |= {name: sea.parts[name] if sea else lacking for name in ("intrinsic", "band")}
        parts["total"] = _sum_of(parts, "band", "side_jump", "occupation")
    return {name: parts[name] for name in MEANING if name in parts}


def _checks(found: Currents, sea: Result | None) -> dict[str, float]:
    """Differences that theory says vanish, relative to the size of what is compared."""
    if found.distribution is None and found.interrupted:
        return {}
    split = _sum_of(found.parts, "conventional", "torque").value - found.parts["occupation"].value
    checks = {"occupation": found.parts["conventional"].relative(split)}
    if found.distribution is not None:
        checks |= {"boltzmann": found.distribution.residual, "particles": found.distribution.drift}
    if sea is not None and np.isfinite(sea.value).all():
        moved = found.parts["dipole_shift"]
        checks["band"] = moved.relative(sea.parts["intrinsic"].value + moved.value - sea.parts["band"].value)
    return checks


def _sum_of(parts: Mapping[str, Part], *names: str) -> Part:
    chosen = [parts[name] for name in names]
    return Part(np.asarray(sum(p.value for p in chosen)), np.asarray(sum(p.error for p in chosen)))


def _checked(
    model: BandStructure | str, disorder: Disorder, mu: float, temperature: float, rtol: float, form: str
) -> BandStructure:
    model = named(model)
    if model.statistics.no_electric_field:
        raise ValueError(f"model: expected a metal, got {model.name}; {model.statistics.no_electric_field}")
    if model.periodic and model.positions is None:
        raise ValueError(
            f"model: expected orbitals at points of the cell, where impurities act, got {model.name} in plane waves"
        )
    if not isinstance(disorder, Disorder):
        raise TypeError(
            f"disorder: expected white_noise, gaussian, yukawa or a sum of them, got {type(disorder).__name__}"
        )
    if not is_number(mu):
        raise ValueError(f"mu: expected a finite number, got {mu!r}")
    if not is_number(temperature) or temperature < 0:
        raise ValueError(f"temperature: expected a number >= 0 (k_B = 1), got {temperature!r}")
    if not is_number(rtol) or not 0 < rtol < 1:
        raise ValueError(f"rtol: expected a number between 0 and 1, got {rtol!r}")
    if form not in conductivity.forms:
        raise ValueError(f"form: expected {' or '.join(map(repr, conductivity.forms))}, got {form!r}")
    return model


def _count(label: str, value: Any) -> int:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{label}: expected a positive integer, got {value!r}")
    return int(value)


def _scaled(disorder: Disorder, model: BandStructure, mu: float, cutoff: float | None) -> Disorder:
    """The disorder with the strengths that its target for the relaxation time at mu asks for."""
    if disorder.relaxation_time is None:
        return disorder
    shape = fermi_surface(model, mu, cutoff=cutoff)
    rate = before = None
    for level in shape.levels:
        try:
            surface = sampled(shape, level)
            rate, before = Scattering(surface, disorder).mean_rate if len(surface) else 0.0, rate
        except (TooLarge, Unresolved) as reason:
            if rate is None and (isinstance(reason, TooLarge) or level == shape.levels[-1]):
                raise
            continue
        if before is not None and abs(rate - before) <= _CHECKED * rate:
            break
    if not rate:
        raise ValueError(
            f"relaxation_time: expected a Fermi surface to fix it on, got none at mu = {mu:g}; give strengths instead"
        )
    factor = 1 / (disorder.relaxation_time * rate)
    return Disorder(tuple(replace(kind, strength=factor * kind.strength) for kind in disorder.kinds))
