"""Functions on the two bands of an isotropic model, E + O eps with eps^2 = r, and their antiderivatives in the radius.

The variable x is u, or |k| where the measure or the gap contain a root of u; E and O are rational in x with coefficients
rational in the parameters. With r = x^(2j) rho(x), rho(0) != 0, and y = eps/x^j, all integrands have denominators x^p rho^m, and

    int (E + O eps) dx = N/(x^p rho^m) + N'/(x^p' rho^m') y + logarithms,

where the polynomials N and the coefficients of the logarithms follow from linear equations. Where these have no solution the
integral is not elementary in this form (elliptic, as a rule), and is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp
from sympy.polys.fields import field as rational_functions
from sympy.polys.matrices import DomainMatrix

from symcur.exact_integrals.isotropy import Averaged, DoesNotClose, Isotropic, Radial

LOGARITHMS = {
    "rho": "log rho",
    "x": "log x",
    "arc": "int dx/rho",
    "y": "int dx/y",
    "xy": "int dx/(x y)",
    "yx": "y log x, for constant y",
}
SINGULAR = ("x", "xy", "yx")  # at k = 0


class Curve:
    """The function field of the bands of an isotropic model with two distinct energies."""

    def __init__(self, isotropic: Isotropic) -> None:
        self.isotropic, self.dimension, K = isotropic, isotropic.dimension, isotropic.field
        self.lowest = min(isotropic.r)
        self.root = self.dimension != 2 or self.lowest % 2 == 1  # x = |k|
        self.step = 2 if self.root else 1
        self.functions, self.x = rational_functions("x", K)
        self.order = self.lowest if self.root else self.lowest // 2  # j
        self.rho = self.radial({n - self.lowest: c for n, c in isotropic.r.items()})
        self.r, self.h0 = self.radial(isotropic.r), self.radial(isotropic.h0)
        self.degree = self.rho.numer.degree(0)
        if self.degree and self.rho.numer.gcd(self.rho.numer.diff(0)).degree(0) > 0:
            raise DoesNotClose(
                f"model: expected a gap whose square is k^2n times simple factors, got {isotropic.model.name}, where it is "
                f"{sp.factor(isotropic.polynomial(isotropic.r, sp.Symbol('k') ** 2))}"
            )
        one, zero = self.functions.one, self.functions.zero
        self.eps = BandFunction(self, zero, one)
        self.energy = BandFunction(self, self.h0, one)
        self.du_dx = self.step * self.x ** (self.step - 1)
        self.slope = self.energy.derivative()  # d energy/dx
        self.inverse_slope = self.slope.inverse()
        # d^Dk/(2 pi)^D = pi^-p number x^(...) dx/(g_2 g_3)^(1/2); the constants are put in at the end.
        numbers = {1: 1, 2: sp.Rational(1, 2), 3: sp.Rational(1, 2)}
        half = sp.Rational(1, 1 if self.root else 2)
        self.measure = self.convert(numbers[self.dimension] * half) * (
            self.x ** (self.dimension - 1) if self.root else one
        )
        powers = sp.pi ** (1 if self.dimension < 3 else 2)
        self.constant = 1 / (powers * sp.sqrt(sp.Mul(*(isotropic.expression(g) for g in isotropic.g))))

    def convert(self, number: Any) -> Any:
        """A rational number or an element of the field of the parameters as a function."""
        K = self.isotropic.field
        return self.functions.ground_new(K.convert(number) if isinstance(number, sp.Expr | int) else number)

    def radial(self, polynomial: Radial) -> Any:
        """A polynomial in u as a function of x."""
        return sum((self.convert(c) * self.x ** (self.step * n) for n, c in polynomial.items()), self.functions.zero)

    def averaged(self, value: Averaged, level: int) -> BandFunction:
        """sum_j C_j(u) eps^-j of one level (-1 or +1)."""
        even = odd = self.functions.zero
        for (power, parity), radial in value.items():
            coefficient = self.radial(radial) * (level if parity else 1)
            if power % 2:
                odd += coefficient / self.r ** ((power + 1) // 2)
            else:
                even += coefficient / self.r ** (power // 2)
        return BandFunction(self, even, odd)

    # -- writing -----------------------------------------------------------------------------------------------------
    def expression(self, element: Any, x: sp.Expr) -> sp.Expr:
        """A function of x in SymPy, factored."""
        symbol = sp.Dummy("x")
        numerator, denominator = (self._polynomial(part, symbol) for part in (element.numer, element.denom))
        return sp.factor(numerator / denominator).xreplace(self.isotropic.symbols | {symbol: x})

    def _polynomial(self, polynomial: Any, symbol: sp.Symbol) -> sp.Expr:
        K = self.isotropic.field
        return sp.Add(*(K.to_sympy(c) * symbol ** int(monomial[0]) for monomial, c in polynomial.terms()))


@dataclass(frozen=True)
class BandFunction:
    """E + O eps on the two bands eps = +-sqrt(r)."""

    curve: Curve
    even: Any
    odd: Any

    def __add__(self, other: BandFunction) -> BandFunction:
        return BandFunction(self.curve, self.even + other.even, self.odd + other.odd)

    def __mul__(self, other: Any) -> BandFunction:
        if not isinstance(other, BandFunction):
            return BandFunction(self.curve, self.even * other, self.odd * other)
        even = self.even * other.even + self.odd * other.odd * self.curve.r
        return BandFunction(self.curve, even, self.even * other.odd + self.odd * other.even)

    def inverse(self) -> BandFunction:
        norm = self.even**2 - self.odd**2 * self.curve.r
        return BandFunction(self.curve, self.even / norm, -self.odd / norm)

    def derivative(self) -> BandFunction:
        """d/dx along the bands, d eps/dx = r'/(2 eps)."""
        curve = self.curve
        return BandFunction(
            curve, self.even.diff(curve.x), self.odd.diff(curve.x) + self.odd * curve.r.diff(curve.x) / (2 * curve.r)
        )

    @property
    def is_zero(self) -> bool:
        return not self.even and not self.odd

    def expression(self, x: sp.Expr, eps: sp.Expr) -> sp.Expr:
        return self.curve.expression(self.even, x) + self.curve.expression(self.odd, x) * eps


@dataclass(frozen=True)
class Primitive:
    """An antiderivative in x: algebraic part and coefficients of LOGARITHMS (elements of the field of the parameters)."""

    algebraic: BandFunction
    logarithms: Mapping[str, Any] = field(default_factory=dict)

    def transcendental(self, x: sp.Expr, eps: sp.Expr, level: sp.Expr) -> sp.Expr:
        """The logarithms, with eps of the sign ``level``."""
        curve = self.algebraic.curve
        values = {name: _logarithm(curve, name, x, eps, level) for name in self.logarithms}
        return sp.Add(*(curve.isotropic.expression(c) * values[name] for name, c in self.logarithms.items()))

    def expression(self, x: sp.Expr, eps: sp.Expr, level: sp.Expr) -> sp.Expr:
        return self.algebraic.expression(x, eps) + self.transcendental(x, eps, level)


def _logarithm(curve: Curve, name: str, x: sp.Expr, eps: sp.Expr, level: sp.Expr) -> sp.Expr:
    a, b, c = (curve.expression(curve.convert(_coefficient(curve, n)), x) for n in (2, 1, 0))
    if name == "x":
        return sp.log(x)
    if name == "rho":
        return sp.log(curve.expression(curve.rho, x))
    if name == "arc":
        D, slope = sp.factor(4 * a * c - b**2), 2 * a * x + b
        arctangent = 2 * sp.atan(slope / sp.sqrt(D)) / sp.sqrt(D)
        if D.is_positive:
            return arctangent
        logarithm = sp.log((slope - sp.sqrt(-D)) / (slope + sp.sqrt(-D))) / sp.sqrt(-D)
        return sp.Piecewise((arctangent, D > 0), (logarithm, D < 0), (-2 / slope, True))
    if name == "yx":
        return eps / x**curve.order * sp.log(x)
    Y = level * eps / x**curve.order  # sqrt(rho)
    if name == "y":
        return level / sp.sqrt(a) * sp.log(2 * sp.sqrt(a) * Y + 2 * a * x + b)
    return -level / sp.sqrt(c) * sp.log((2 * c + b * x + 2 * sp.sqrt(c) * Y) / x)


def _coefficient(curve: Curve, power: int) -> Any:
    """The coefficient of x^power in rho."""
    return curve.rho.numer.coeff(curve.x.numer**power if power else 1) / curve.rho.denom.LC


# -- antiderivatives -----------------------------------------------------------------------------------------------------
def primitive(integrand: BandFunction) -> Primitive:
    """The antiderivative of an integrand in x; raises DoesNotClose where it is not elementary in this form."""
    curve = integrand.curve
    even, logarithms = _solved(curve, integrand.even, odd=False)
    if even and even.denom.coeff(1):
        even -= curve.convert(even.numer.coeff(1) / even.denom.coeff(1))  # zero at k = 0
    odd, more = _solved(curve, integrand.odd * curve.x**curve.order, odd=True)
    return Primitive(BandFunction(curve, even, odd / curve.x**curve.order), {**logarithms, **more})


def _solved(curve: Curve, integrand: Any, odd: bool) -> tuple[Any, dict[str, Any]]:
    """int F dx, or int F y dx as a multiple of y: the algebraic part and the coefficients of the logarithms."""
    x, rho, d = curve.x, curve.rho, curve.degree
    if not integrand:
        return curve.functions.zero, {}
    p, m = max(_order(integrand.denom, x.numer), 1), max(_order(integrand.denom, rho.numer), 1) if d else 0
    Q = integrand * x**p * rho**m
    if Q.denom.degree(0) > 0:
        raise DoesNotClose("observable: expected denominators made of k and the gap, got others")
    # What each unknown adds to x^p rho^m d/dx(...).
    beta = (sp.Rational(1, 2) if odd and d else sp.Integer(0)) - max(m - 1, 0)
    outer = x ** (p - 1) * rho ** max(m - 1, 0)
    size = max(Q.numer.degree(0) + 1 - m * d - p, 0) + (p - 1) + max(m - 1, 0) * d
    rho_x = rho.diff(x)

    def derivative(n: int) -> Any:
        N, dN = x**n, n * x ** (n - 1) if n else curve.functions.zero
        below = rho if d else curve.functions.one
        return dN * x * below - (p - 1) * N * below + curve.convert(beta) * N * x * (rho_x if d else 0)

    columns = {n: derivative(n) for n in range(size + 1)}
    extra: dict[str, Any] = {}
    if not odd:
        extra["x"] = x ** (p - 1) * rho**m
        if d:
            extra["rho"] = rho_x * x**p * rho ** (m - 1)
        if d == 2:
            extra["arc"] = x**p * rho ** (m - 1)
    elif d:
        if d == 2:
            extra["y"] = x**p * rho ** (m - 1)
        if d < 3:
            extra["xy"] = x ** (p - 1) * rho ** (m - 1)
    else:
        extra["yx"] = x ** (p - 1)
    solution = _linear({**columns, **extra}, Q, curve)
    if solution is None:
        kind = "an elliptic or hyperelliptic integral" if odd else "the roots of a polynomial of high degree"
        raise DoesNotClose(
            f"model: expected integrals over k that are elementary, got {kind} of the gap, whose square is "
            f"{curve.isotropic.polynomial(curve.isotropic.r, sp.Symbol('k') ** 2)}"
        )
    algebraic = sum((curve.convert(solution[n]) * x**n for n in columns), curve.functions.zero) / outer
    return algebraic, {name: solution[name] for name in extra if solution[name]}


def _linear(columns: Mapping[Any, Any], target: Any, curve: Curve) -> dict[Any, Any] | None:
    """Coefficients in the field of the parameters with which the columns, polynomials in x, add up to the target."""
    K = curve.isotropic.field
    polynomials = [f.numer.mul_ground(1 / f.denom.LC) for f in (*columns.values(), target)]
    height = max(p.degree(0) for p in polynomials if p) + 1
    rows = [[K.convert(p.get((n,), K.zero)) for p in polynomials] for n in range(height)]
    reduced, pivots = DomainMatrix(rows, (height, len(polynomials)), K).rref()
    if len(columns) in pivots:
        return None
    values = reduced.to_list()
    solution = dict.fromkeys(columns, K.zero)
    for row, pivot in enumerate(pivots):
        solution[list(columns)[pivot]] = values[row][-1]
    return solution


def _order(polynomial: Any, factor: Any) -> int:
    """How often the factor divides the polynomial."""
    count = 0
    while factor.degree(0) > 0:
        quotient, remainder = divmod(polynomial, factor)
        if remainder:
            break
        polynomial, count = quotient, count + 1
    return count
