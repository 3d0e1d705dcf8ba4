"""What an observable is: a record of its parts, its indices, its unit and its places in the paper, and the table of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from symcur import running
from symcur.arrays import Array, Mask
from symcur.band_structures import BandStructure, Parameters, Statistics, named
from symcur.brillouin import Domain, Integral, Interrupted, Method, integrate_bands
from symcur.observables import engine, hall_checks
from symcur.observables import hall as hall_part
from symcur.observables.broadening import REMARK, BroadenedValues, broadened
from symcur.observables.engine import Parts, Term
from symcur.observables.hall import ALL, ALL_AGREE, FARADAY, PAPER, Choice, chosen, hall_text, is_charge, is_conserved
from symcur.observables.levels import beyond_tight_binding, residuals
from symcur.observables.result import Part, Result
from symcur.observables.units import KINDS
from symcur.observables.windows import AUTO, WindowedValues, window_of
from symcur.registry import Registry
from symcur.version import __version__


@dataclass(frozen=True)
class Form:
    """One way to write the integral: its parts, and in words what is summed where and what happens at touchings.

    ``by_parts`` says that dipoles were moved to the Fermi surface by an integration by parts. ``parts`` hold the Hall part as
    in the paper, ``choices`` the others by name, see ``observables.hall``; a text says why there is none. ``levels`` hold what
    takes the place of ``parts`` for materials beyond tight binding, see ``observables.levels``.
    """

    text: str
    parts: Parts
    by_parts: bool = False
    choices: Mapping[str, Choice | str] = field(default_factory=dict)
    levels: Mapping[str, Choice] = field(default_factory=dict)


class Plan(NamedTuple):
    """The model as it is taken, mu, temperature, the form, the parts, the region, and the window or None."""

    model: BandStructure
    mu: Array
    temperature: Array
    form: Form
    choice: Choice
    region: Domain
    window: float | None


def as_it_stands(model: BandStructure, temperature: Array, hall: str) -> BandStructure:
    """The model; an observable may refuse some, or take another s."""
    return model


@dataclass(frozen=True)
class Observable:
    """A sum over bands and the zone, called as ``observable(model, mu, temperature)``.

    ``symbol`` and ``definition`` are LaTeX. ``forms`` are the ways to write it, the first one the default; ``total`` names
    the part that is the value and ``sums`` says which parts add up to what. ``indices`` name the axes of a component,
    ``convention`` their order and sign. ``kind`` gives the unit. ``where`` maps the versions A, B, C of the paper to
    places. ``prepare(model, temperature, hall)`` may refuse a model or change its s. ``hall_term`` holds the paper's Hall part.
    """

    name: str
    meaning: str
    symbol: str
    definition: str
    indices: tuple[str, ...]
    convention: str
    kind: str
    forms: Mapping[str, Form]
    total: str = "total"
    sums: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[BandStructure, Array, str], BandStructure] = as_it_stands
    hall_term: Term | None = None

    def __call__(
        self,
        model: BandStructure | str,
        mu: ArrayLike = 0.0,
        temperature: ArrayLike = 0.0,
        *,
        form: str | None = None,
        hall: str = PAPER,
        parameters: Parameters = None,
        rtol: float = 1e-6,
        atol: float = 0.0,
        method: str | Method = "auto",
        window: float | str | None = None,
        eta: float | None = None,
        cutoff: float | None = None,
        domain: Domain | None = None,
        workers: int | Callable[..., Any] | None = None,
        progress: Callable[..., object] | None = None,
        max_evaluations: int = 10_000_000,
        memory: float | None = None,
    ) -> Result:
        """The observable with its parts and error estimates, units hbar = e = k_B = 1.

        ``mu`` and ``temperature`` are numbers or 1D arrays; a scan costs one sweep over k, and the result has the shape
        (*mu, *temperature, D, ...). Superconductors have mu = 0.

        Parameters
        ----------
        form : one of ``forms``, the ways to write the integral.
        hall : the choice of the Hall part, which the torque does not fix: "paper", "symmetric_quadrupole", "transverse",
            "static", "filled_multiplet", or "all" for their totals side by side; several as "paper, filled_multiplet" give the
            parts of the first and the totals with the others; see ``symcur.observables.hall``.
        parameters : values of the model's parameters, by name or symbol.
        rtol, atol : tolerance, relative to the integral of the absolute value of the largest integrand, which counts at most as
            ten times the largest component or as the size that the unit gives; never below 1e-13 of that size. ``message``
            tells the largest relative error of the value.
        method : how to integrate, a name in ``symcur.brillouin.METHODS`` or such an object.
        window : levels closer than this energy are one multiplet; "auto" for a part of the change of energy between the points of
            the mesh; by default that of the model, none for formulas. What half and twice of it change belongs to the error.
        eta : the conventional part alone, with 1/((e_n - e_m)^2 + eta^2) for each pair of bands, as in codes for solids; see
            ``symcur.observables.broadening``.
        cutoff : the largest |k| of a continuum model; domain : the region of k space, instead.
        workers, progress, max_evaluations, memory : as in ``symcur.brillouin.integrate``; without workers each core has a thread where
             levels have a window or bands are many, not given by functions of one's own: matrix work that threads share well; else one.

        Raises
        ------
        ValueError or TypeError naming the argument, what was expected and what was given; after Ctrl-C ``Interrupted``, a
        KeyboardInterrupt whose ``result`` is the last complete round with its errors.

        >>> import symcur as sc
        >>> sigma = sc.conductivity(sc.models.kane_mele(lambda_R=0.05), mu=0.0, temperature=0.0, rtol=1e-4)
        >>> sigma.status, round(float(sigma.value[0, 1]), 3), sigma.unit  # [flow, field]
        ('converged', 0.156, 'e s / (hbar length^(D-2))')
        >>> list(sigma.parts)
        ['conventional', 'torque', 'band', 'dipole', 'intrinsic']
        """
        plan = self.plan(model, mu, temperature, form, hall, window, eta, cutoff, domain, method, parameters)
        model, mu, temperature, written, choice, region, merged = plan
        if not (isinstance(atol, int | float | np.number) and np.isfinite(atol) and atol >= 0):
            raise ValueError(f"atol: expected a finite number >= 0, got {atol!r}")
        if cutoff is not None or domain is not None:
            choice = _within(choice, written, hall, engine.occupied_boundary(model, region, mu, temperature))
        natural = engine.size_of_kind(model, region, self.kind)
        bands = _bands(model, choice.parts, merged, eta, engine.occupied_bands(model, region, mu, temperature))
        workers = bands.threads if workers is None else workers
        # Relative to the largest integrand, parts and components that vanish by symmetry converge too.
        with running.reported(f"{self.name} of {model.name}", progress) as report:
            integrate = partial(
                integrate_bands,
                atol=atol + engine.RESOLVED * natural,
                relative_to="largest",
                natural=natural,
                method=method,
                workers=workers,
                progress=report,
                memory=memory,
            )
            parts, integral = engine.integrate_parts(bands, region, mu, temperature, integrate, rtol, max_evaluations)
        # What cancels exactly on every sample is known to rounding all the same.
        parts = {name: Part(part.value, part.error + engine.RESOLVED * natural) for name, part in parts.items()}
        parts, integral = self._with_limits(parts, integral, bands, region, mu, temperature)
        total = parts[choice.total]
        checks = bands.checks(choice.total, temperature)
        remarks = [*model.remarks, *((ALL_AGREE,) if hall != PAPER and is_conserved(model) else ())]
        remarks += [] if eta is None else [REMARK.format(eta)]
        if model.covariant and integral.status != "interrupted":
            remarks += residuals(model, region, mu, temperature, parts, choice.total)
        asked = eta is None and {PAPER, ALL} & set(hall_part.names(hall))
        if self.hall_term is not None and asked and integral.status != "interrupted":
            checks |= hall_checks.checks(model, region, self.hall_term, mu, temperature)
        result = Result(
            observable=self.name,
            model=model.name,
            value=total.value,
            error=total.error,
            parts=parts,
            sums=choice.sums,
            mu=mu,
            temperature=temperature,
            parameters={name: float(value) for name, value in model.values().items()},
            form=written.text if model.bosons is None else written.text.replace("Fermi ", ""),
            hall=hall_text(hall) if written.choices and eta is None else "",
            convention=self.convention,
            unit=KINDS[self.kind].unit,
            indices=self.indices,
            dimension=model.dimension,
            kind=self.kind,
            met=integral.met[..., 0],
            status=integral.status,
            message=f"{_where(integral.met[..., 0])}{integral.message}; {_relative(total, len(self.indices))}",
            method=f"{integral.method}: {integral.reason}",
            domain=integral.domain,
            evaluations=integral.evaluations,
            memory=integral.memory,
            by_eigenstates=bands.by_eigenstates if isinstance(workers, int) else None,
            checks=checks,
            window=merged,
            level=model.level,
            length_unit=model.length_unit,
            charge=KINDS[self.kind].counts == "s" and is_charge(model),
            remarks=tuple(remarks),
            total=choice.total,
            source={
                "version": __version__,
                "date": date.today().isoformat(),
                "rtol": float(rtol),
                "atol": float(atol),
                **model.description,
            },
        )
        if result.status == "interrupted":
            raise Interrupted(result, result.message)
        return result

    def _with_limits(
        self,
        parts: dict[str, Part],
        integral: Integral,
        bands: engine.BandValues,
        region: Domain,
        mu: Array,
        temperature: Array,
    ) -> tuple[dict[str, Part], Integral]:
        """Infinite errors where bands of a conductor in 2D touch at mu, at T = 0 or nearly, and the value depends on how they are lifted."""
        met = np.asarray(integral.met.all(axis=-1))
        if self.kind == "conductivity" and bands.model.dimension == 2:
            undefined = engine.undefined(bands, region, mu, temperature)
            if undefined.any():
                parts = {name: _without_limit(part, undefined) for name, part in parts.items()}
                met &= ~undefined
                text = "bands touch at mu, T is too low to smear this, and the limits of lifting the touching differ"
                return parts, replace(integral, met=met[..., None], message=f"{text}; {integral.message}")
        return parts, replace(integral, met=met[..., None])

    def integrand(
        self,
        model: BandStructure | str,
        k: ArrayLike,
        mu: float = 0.0,
        temperature: float = 0.0,
        *,
        form: str | None = None,
        hall: str = PAPER,
        window: float | str | None = None,
        eta: float | None = None,
        parameters: Parameters = None,
    ) -> dict[str, Array]:
        """What is integrated d^Dk/(2 pi)^D at k of shape (..., D), summed over bands: {part: (..., components)}; T > 0."""
        anywhere = 1.0 if named(model).cell is None else None
        plan = self.plan(model, mu, temperature, form, hall, window, eta, anywhere, None, "auto", parameters)
        for label, numbers in (("mu", plan.mu), ("temperature", plan.temperature)):
            if numbers.ndim:
                raise ValueError(f"{label}: expected a number, got an array of {numbers.size}")
        bands = _bands(plan.model, plan.choice.parts, plan.window, eta)
        return engine.integrand(bands, k, float(plan.mu), float(plan.temperature))

    def plan(
        self,
        model: BandStructure | str,
        mu: ArrayLike,
        temperature: ArrayLike,
        form: str | None,
        hall: str,
        window: float | str | None,
        eta: float | None,
        cutoff: float | None,
        domain: Domain | None,
        method: str | Method,
        parameters: Parameters,
    ) -> Plan:
        """What a call with these arguments is about to integrate; raises what it would say of them before the work."""
        model, levels, temperatures = self._prepared(model, mu, temperature, parameters, hall)
        if form is not None and form not in self.forms:
            raise ValueError(f"form: expected {' or '.join(map(repr, self.forms))} for {self.name}, got {form!r}")
        written = self.forms[form or next(iter(self.forms))]
        choice = self._choice(written, hall, model)
        if eta is not None:
            choice = broadened(choice, eta, self.name, model)
        region = engine.domain_of(model, levels, temperatures, cutoff, domain)
        return Plan(model, levels, temperatures, written, choice, region, _window(window, model, region, method, eta))

    def _choice(self, form: Form, hall: str, model: BandStructure) -> Choice:
        """The parts with the Hall part that was asked for, at the level of the model; of bosons in equilibrium the zero point apart."""
        if model.covariant:
            return beyond_tight_binding(form.levels, self.name, hall, model)
        found = {
            name: Choice(form.parts, self.total, self.sums)
            if name == PAPER
            else chosen(form.choices, name, self.name, model)
            for name in hall_part.names(hall)
        }
        if len(found) > 1 and ALL in found:
            raise ValueError(f"hall: expected '{ALL}' alone, or names of choices, got {hall!r}")
        first, *others = found
        choice = hall_part.beside(found[first], {name: found[name] for name in others})
        return _zero_point_apart(choice, model.statistics)

    def _prepared(
        self, model: BandStructure | str, mu: ArrayLike, temperature: ArrayLike, parameters: Parameters, hall: str
    ) -> tuple[BandStructure, Array, Array]:
        model = named(model).with_values(parameters)
        levels, temperatures = (_numbers(*pair) for pair in (("mu", mu), ("temperature", temperature)))
        if (temperatures < 0).any():
            raise ValueError(f"temperature: expected numbers >= 0 (k_B = 1, in units of energy), got {temperature!r}")
        if model.statistics.fixed_mu and levels.any():
            raise ValueError(
                f"mu: expected 0, because the energies of {model.name} are measured from the chemical potential, got {mu!r}"
            )
        if self.kind == "conductivity" and model.statistics.no_electric_field:
            raise ValueError(
                f"model: {self.name} is a response to an electric field, expected electrons, got {model.name}; "
                f"{model.statistics.no_electric_field}"
            )
        return self.prepare(model, temperatures, hall), levels, temperatures


def _window(
    window: float | str | None, model: BandStructure, region: Domain, method: str | Method, eta: float | None
) -> float | None:
    if eta is None:
        return window_of(window, model, region, method)
    if window not in (None, AUTO):
        raise ValueError(f"window: expected None beside eta, which takes levels one by one, got {window!r}")
    return None


def _bands(
    model: BandStructure, parts: Parts, window: float | None, eta: float | None, count: int | None = None
) -> engine.BandValues:
    if eta is not None:
        return BroadenedValues(model, parts, eta, count)
    return engine.BandValues(model, parts, count) if window is None else WindowedValues(model, parts, window, count)


def _within(choice: Choice, form: Form, hall: str, occupied: str) -> Choice:
    """What of a choice is defined where states at the edge of the domain are ``occupied``, which this text says."""
    if occupied and form.by_parts:
        raise ValueError(f"form: expected 'sea', because {occupied}; got 'regular', which is not defined there")
    if occupied and set(FARADAY) & set(hall_part.names(hall)):
        raise ValueError(f"hall: expected another choice, because {occupied}; got {hall!r}, which is not defined there")
    return choice.without(FARADAY) if occupied else choice


def _zero_point_apart(choice: Choice, statistics: Statistics) -> Choice:
    """With the parts "thermal" and "zero_point", where the total has both."""
    total, apart = choice.parts[choice.total], statistics.zero_point
    if not all(term.weight in apart for term in total):
        return choice
    thermal, zero_point = ([replace(term, weight=apart[term.weight][j]) for term in total] for j in (0, 1))
    sums = f"thermal + zero_point = {choice.total}"
    return replace(
        choice,
        parts={**choice.parts, "thermal": thermal, "zero_point": zero_point},
        sums=f"{choice.sums}; {sums}" if choice.sums else sums,
    )


def _numbers(label: str, value: ArrayLike) -> Array:
    try:
        if np.asarray(value).dtype.kind in "bc":
            raise TypeError
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{label}: expected a number or a 1D array of numbers, got {value!r}") from None
    if array.ndim > 1 or array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"{label}: expected a finite number or a 1D array of them, got {array.tolist()}")
    return array


def _without_limit(part: Part, undefined: Mask) -> Part:
    """The part with an infinite error at the marked mu and temperatures."""
    error = part.error.copy()
    error[undefined] = np.inf
    return Part(part.value, error)


def _where(met: Mask) -> str:
    return "" if met.all() or met.size == 1 else f"met at {met.sum()} of {met.size} values of mu and T; "


def _relative(total: Part, rank: int) -> str:
    """The largest error in units of the largest component at the same mu and temperature."""
    axes = tuple(range(total.value.ndim - rank, total.value.ndim))
    value, error = np.abs(total.value).max(axis=axes), total.error.max(axis=axes)
    if not (error < value).all():
        return "values smaller than their errors among them"
    return f"relative error of the value at most {float((error / value).max()):.1e}"


OBSERVABLES: Registry[Observable] = Registry("observable")
define = OBSERVABLES.maker(Observable)  # a new one, known by its name everywhere; arguments as of ``Observable``
