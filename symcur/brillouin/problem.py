"""The two kinds of integrand, made uniform for the methods: samples on the unit cube, and weighted sums.

A problem has ``size`` components; the result has the ``shape``, and the last ``together`` of them belong to one result. Each is
judged by itself where it is ``alone``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symcur.arrays import AnyArray, Array, Mask

from .cells import Landmarks
from .domains import Domain
from .memory import COPIES, MATRICES, OCCUPATION, PIECE, SIZE, Memory, pieces
from .occupation import OCCUPATIONS, columns, occupation, sum_over_bands
from .sweep import CHUNK, check_finite

BY_PROGRAM = 4  # bands of kernels that need no matrices
# Temperatures, of the spread of energies, a tenth of what they vary by within a cell of the grid of features.
THIN = {1: 1e-4, 2: 1e-3, 3: 4e-3}
BOX = 4  # times such a temperature: half the width that thin peaks have where points are to meet them

Function = Callable[[Array], AnyArray]
Bands = Callable[[Array], tuple[AnyArray, AnyArray]]
Bending = Callable[[Array, Array, Array], Array]
"""(k, radius, step), shape (B, D) each: how far, shape (B,), H deviates from linear by steps from points around each k.

With an attribute ``shown`` that is true nothing is hidden from a grid.
"""


class SmoothProblem:
    """The integral of function(k), k of shape (M, D), result of shape (M, *shape), real or complex.

    ``look`` says whether peaks are looked for before the integration; ``looked`` counts the points that this took.
    """

    has_steps = alone = False
    bending = tensors = spectrum = None

    def __init__(self, function: Function, domain: Domain, look: bool = True) -> None:
        self.function, self.domain, self.look, self.looked = function, domain, look, 0
        k = _two_points(domain)
        first = np.asarray(function(k))
        if first.ndim < 1 or first.shape[0] != 2:
            raise ValueError(
                f"function: expected a result of shape (M, ...) for k of shape {k.shape}, M = 2, got {first.shape}"
            )
        if first.dtype.kind not in "buifc":
            raise ValueError(f"function: expected numbers, got {first.dtype}")
        self.shape = first.shape[1:]
        self.dtype = np.result_type(first, float)
        self.size = self.together = int(np.prod(self.shape))
        self.landmarks: Landmarks | None = None
        self.memory = Memory()
        self.left_out, self.unresolved = np.zeros(self.size), 0.0
        self._combination: AnyArray | None = None

    def sample(self, u: Array) -> AnyArray:
        """jacobian(u) function(k(u)), shape (M, size)."""
        k, jacobian = self.domain.map(u)
        values = np.asarray(self.function(k))
        if values.shape != (len(k), *self.shape):
            raise ValueError(f"function: expected a result of shape {(len(k), *self.shape)}, got {values.shape}")
        check_finite("function", values, k)
        product: AnyArray = values.reshape(len(k), -1) * jacobian[:, None]
        return product

    def weighted(self) -> SmoothProblem:
        return self

    def filled(self) -> Array:
        return np.zeros(self.size)

    def rounding(self) -> Array:
        """Nothing beyond the errors of the methods: a function that vanishes on every sample tells no size."""
        return np.zeros(self.size)

    @property
    def bytes_of_a_point(self) -> int:
        """What the samples of a point take, with what is made of them."""
        return self.dtype.itemsize * COPIES * self.size

    def _blocks(self, u: Array) -> Iterator[Array]:
        """As many points at a time as fit: a function may have many components."""
        most = self.memory.fit(self.bytes_of_a_point, max(1, len(u)), "one momentum", threads=1)
        return (u[start : start + most] for start in range(0, len(u), most))

    def profile(self, u: Array, generic: bool = False) -> Array:
        """In what features are looked for, shape (M, 1): a combination of the components, each in units of its modulus."""
        if self._combination is None:
            some = np.random.default_rng(29).uniform(size=(256, self.domain.dimension))
            size = sum(self.strength(block).sum(axis=(0, 1)) for block in self._blocks(some)) / len(some)
            phase = np.exp(1j * np.random.default_rng(31).uniform(0, 2 * np.pi, self.size))
            self._combination = phase / np.where(size > 0, size, 1)
        self.looked += len(u)
        return np.concatenate([(self.sample(block) @ self._combination).real[:, None] for block in self._blocks(u)])

    def strength(self, u: Array) -> Array:
        """The modulus of the integrand, shape (M, 1, size)."""
        self.looked += len(u)
        return np.abs(self.sample(u))[:, None]

    def strength_and_usual(self, u: Array) -> Array:
        """The same twice, as it is in the unit of the integral, shape (2, M, 1, size)."""
        return np.stack([self.strength(u)] * 2)

    def density(self, u: Array, length: Array) -> Array:
        """What ``strength`` is to be multiplied with in boxes u +- length, shape (M, 1, 1)."""
        return np.ones((len(u), 1, 1))

    def sums(self, u: Array, weights: Array | None = None) -> AnyArray:
        """The sum over the points, with weights (M,), of the integrand and of its modulus, shape (2, size)."""
        values = self.sample(u) if weights is None else self.sample(u) * weights[:, None]
        return np.stack([values.sum(axis=0), np.abs(values).sum(axis=0)])


class BandProblem:
    """The sum over bands of weight_c(e_n; mu, T) values_{nc} for all mu and T, numbers or 1D arrays, as 1D arrays.

    ``bands`` may have the attributes ``energies``, a function that returns the energies alone, ``generic_energies``, the same
    to ten digits, ``probe``, the same function for looking around before the integration, which is not counted, ``roughly``, that to
    a few digits, ``bending``, see ``between_samples``, ``spectrum``, which is equal where the energies are, ``ranks``, ``images`` and ``restricted``, see
    ``mesh_symmetry``, ``states``, how many there are at each k, of which the bands may be the lowest, and ``decided_by``, text on what
    decides the values besides what a few momenta show.
    """

    look, looked, alone = True, 0, False

    def __init__(
        self, bands: Bands, domain: Domain, weights: Sequence[str], mu: ArrayLike, temperature: ArrayLike
    ) -> None:
        levels, temperatures = np.asarray(mu, dtype=float), np.asarray(temperature, dtype=float)
        for name, value in (("mu", levels), ("temperature", temperatures)):
            if value.ndim > 1 or value.size == 0 or not np.isfinite(value).all():
                raise ValueError(f"{name}: expected a finite number or a 1D array of them, got {value!r}")
        if (temperatures < 0).any():
            raise ValueError(f"temperature: expected numbers >= 0 (k_B = 1), got {temperatures!r}")
        if isinstance(weights, str):
            raise ValueError(
                f"weights: expected a sequence of names, one for each component, got the string {weights!r}"
            )
        if not weights:
            raise ValueError("weights: expected one name for each component of the values, got none")
        for name in weights:
            OCCUPATIONS.get(name)
        self.probe: Bands = getattr(bands, "probe", bands)
        self.roughly: Bands = getattr(bands, "roughly", self.probe)
        self.bending: Bending | None = getattr(bands, "bending", None)
        self.ranks: tuple[int, ...] | None = getattr(bands, "ranks", None)
        self.spectrum: Hashable = getattr(bands, "spectrum", None)
        # How many columns belong to each tensor; of other integrands nothing is known.
        self.tensors = None if self.ranks is None else [domain.dimension**rank for rank in self.ranks]
        self.images: Callable[[Array], list[AnyArray]] | None = getattr(bands, "images", None)
        self.restricted: Callable[[Sequence[AnyArray], Sequence[int]], Bands] | None = getattr(
            bands, "restricted", None
        )
        energies = np.asarray(self.probe(_two_points(domain))[0])
        if energies.ndim != 2 or energies.shape[0] != 2:
            raise ValueError(f"bands: expected energies of shape (M, N), M = 2, got {energies.shape}")
        self.bands, self.domain, self.weights = bands, domain, tuple(weights)
        self.mu, self.temperature = np.atleast_1d(levels), np.atleast_1d(temperatures)
        self.count, self.together = energies.shape[1], len(weights)
        self.states: int = getattr(bands, "states", None) or self.count
        self.symmetry: tuple[Any] | None = None
        self.shape = (*levels.shape, *temperatures.shape, len(weights))
        self.size = int(np.prod(self.shape))
        self.memory = Memory()
        self.landmarks: Landmarks | None = None
        self.left_out, self.unresolved = np.zeros(self.size), 0.0
        self._spread: float | None = None

    def on(self, domain: Domain) -> BandProblem:
        """The same sum over another domain."""
        other = BandProblem.__new__(BandProblem)
        vars(other).update(vars(self), domain=domain, landmarks=None, symmetry=None)
        return other

    def with_bands(self, bands: Bands, weights: Sequence[str]) -> BandProblem:
        """The same sum of another integrand with the same bands."""
        other, size = self.on(self.domain), self.size // self.together * len(weights)
        probe, shape = getattr(bands, "probe", bands), (*self.shape[:-1], len(weights))
        vars(other).update(
            bands=bands, probe=probe, roughly=getattr(bands, "roughly", probe), weights=tuple(weights), together=len(weights), shape=shape, size=size,
            left_out=np.zeros(size), ranks=None, tensors=None, images=None, restricted=None,
        )  # fmt: skip
        return other

    @property
    def has_steps(self) -> bool:
        """Whether a temperature is zero."""
        return bool((self.temperature == 0).any())

    def sample(self, u: Array, bands: Bands | None = None) -> tuple[Array, Array]:
        """Energies (M, N) and jacobian(u) values (M, N, C), or those of ``probe`` or ``roughly`` in the place of ``bands``."""
        k, jacobian = self.domain.map(u)
        energies, values = (np.asarray(part) for part in (bands or self.bands)(k))
        if energies.shape != (len(k), self.count):
            raise ValueError(f"bands: expected energies of shape {(len(k), self.count)}, got {energies.shape}")
        if values.shape != (*energies.shape, len(self.weights)):
            raise ValueError(
                f"bands: expected values of shape {(*energies.shape, len(self.weights))}, one component for each of the "
                f"weights, got {values.shape}"
            )
        if np.iscomplexobj(energies) or np.iscomplexobj(values):
            raise ValueError("bands: expected real energies and values, got complex ones")
        check_finite("bands (energies)", energies, k)
        check_finite("bands (values)", values, k)
        return energies.astype(float), values * jacobian[:, None, None]

    @property
    def bytes_of_a_point(self) -> int:
        """What the samples of a point take, with matrices where kernels have them, and occupations, which come in pieces."""
        matrices = MATRICES * self.states**2 if self.states > BY_PROGRAM else 0
        levels = min(len(self.mu), max(1, PIECE // (CHUNK * self.count)))
        return int(SIZE * (self.count * (COPIES * self.together + OCCUPATION * levels) + matrices))

    def energies(self, u: Array, generic: bool = False) -> Array:
        """Energies (M, N) alone, where ten digits are enough, as at ``generic`` points, by what is fastest."""
        k, _ = self.domain.map(u)
        function = getattr(self.bands, "energies", lambda k: self.probe(k)[0])
        function = getattr(self.bands, "generic_energies", function) if generic else function
        return np.asarray(function(k), dtype=float)

    profile = energies  # in what features are looked for

    def strength(self, u: Array) -> Array:
        """The modulus of the integrand, shape (M, mu T, C). For what is thinner than points see the step stands."""
        return self._modulus(*self.sample(u, self.roughly), usual=False)[0]

    def strength_and_usual(self, u: Array) -> Array:
        """The same, and in the unit of the integral, shape (2, M, mu T, C): there thin peaks are as wide as points see, and have their area."""
        return np.stack(self._modulus(*self.sample(u, self.roughly), usual=True))

    def _modulus(self, energies: Array, values: Array, usual: bool) -> list[Array]:
        total, thin = sum_over_bands(self.weights, energies, values, self.mu, self.temperature), self._thin()
        totals = [total] * (1 + usual)
        if thin.any():

            def steps(mu: Array) -> Array:
                return sum_over_bands(["f"] * len(self.weights), energies, values, mu, np.zeros(1))

            totals[0] = np.where(thin, steps(self.mu), total)
            if usual:
                half = BOX * THIN[self.domain.dimension] * self.spread()
                box = (steps(self.mu + half) - steps(self.mu - half)) / (2 * half)
                totals[1] = np.where(thin, box * self._areas(), total)
        return [np.abs(one).reshape(len(energies), -1, len(self.weights)) for one in totals]

    def density(self, u: Array, length: Array) -> Array:
        """What ``strength`` is to be multiplied with in boxes u +- length, shape (M, mu T, C): steps stand for thin peaks.

        Over the box the energy moves away from mu by some amount, and the mean of a thin peak is its area by that.
        """
        factor = np.ones((len(u), len(self.mu), len(self.temperature), len(self.weights)))
        if self._thin().any():
            steps = np.concatenate([np.zeros((1, u.shape[1])), np.eye(u.shape[1]), -np.eye(u.shape[1])])
            around = (u[:, None] + length[:, None] * steps).reshape(-1, u.shape[1])
            around = np.where(self.domain.periodic, around, np.clip(around, 0, 1))
            e = self.energies(around).reshape(len(u), len(steps), 1, self.count)
            depth = np.abs(e - self.mu[:, None]).max(axis=1).min(axis=-1)
            depth = np.maximum(depth[..., None, None], np.maximum(self.temperature[:, None], 1e-300))
            factor = np.where(self._thin(), self._areas() / depth, factor)
        return factor.reshape(len(u), len(self.mu) * len(self.temperature), len(self.weights))

    def delta_functions(self) -> tuple[Mask, Mask]:
        """Which temperatures are zero, and which components have a delta function there."""
        return self.temperature == 0, np.array([OCCUPATIONS.get(name).delta for name in self.weights])

    def _thin(self) -> Mask:
        """Where peaks at mu are much thinner than the pockets that a grid of features leaves out, shape (T, C)."""
        peaks = np.array([OCCUPATIONS.get(name).area > 0 for name in self.weights])
        return np.asarray((self.temperature <= self.spread() * THIN[self.domain.dimension])[:, None] & peaks)

    def _areas(self) -> Array:
        """What peaks at mu integrate to over energies, shape (T, C)."""
        names = [OCCUPATIONS.get(name) for name in self.weights]
        area, power = np.array([[one.area, 1.0 + one.energy] for one in names]).T
        return np.asarray(area * self.temperature[:, None] ** np.where(area > 0, power, 0))

    def spread(self) -> float:
        """By how much energies differ, from a few points."""
        if self._spread is None:
            few = np.random.default_rng(53).uniform(size=(64, self.domain.dimension))
            self._spread = float(np.ptp(self.energies(few)))
        return self._spread

    def filled(self) -> Array:
        """The integral of the modulus if all bands were filled, roughly: what a component may be where no sample shows any."""
        energies, values = self.sample(np.random.default_rng(53).uniform(size=(64, self.domain.dimension)), self.probe)
        spread = float(np.ptp(energies)) or float(np.abs(energies).max()) or 1.0
        units = spread ** np.array([OCCUPATIONS.get(name).energy for name in self.weights], dtype=float)
        return np.tile(units * np.abs(values).sum(axis=1).mean(axis=0), self.size // self.together)

    def rounding(self) -> Array:
        """How well each component is known where every sample is empty or cancels: the last digit of filled bands."""
        return np.asarray(np.finfo(float).eps * self.filled())

    def sums(self, u: Array, weights: Array | None = None) -> Array:
        """The sum over points, with weights (M,), and bands of the weighted values and of their moduli, shape (2, size)."""
        energies, values = self.sample(u)
        if weights is not None:
            values = values * weights[:, None, None]
        flat, values = energies.T.ravel(), values.T.reshape(len(self.weights), -1)  # in the order that kernels have
        total = np.zeros((2, len(self.mu), len(self.temperature), len(self.weights)))
        for name, which in columns(self.weights).items():
            some = values[which].T
            modulus = np.abs(some)
            for t, temperature in enumerate(self.temperature):
                for m in pieces(len(self.mu), len(flat)):
                    weight = occupation(name, flat, self.mu[m, None], temperature)
                    total[0][m, t, which] = weight @ some
                    total[1][m, t, which] = np.abs(weight) @ modulus
        return total.reshape(2, -1)

    def weighted(self) -> SmoothProblem:
        """The sum over bands as one smooth integrand, shape (M, mu * T * C); every temperature must be positive."""

        def function(k: Array) -> Array:
            energies, values = (np.asarray(part) for part in self.bands(k))
            return sum_over_bands(self.weights, energies, values, self.mu, self.temperature).reshape(len(k), -1)

        smooth = SmoothProblem(function, self.domain)
        smooth.memory = self.memory
        return smooth


Problem = SmoothProblem | BandProblem


def _two_points(domain: Domain) -> Array:
    """Some k at which an integrand is asked for the shape of its result."""
    return domain.map(np.full((2, domain.dimension), 0.3819660112501051))[0]
