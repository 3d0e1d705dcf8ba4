"""Closed forms: word + model -> exact expressions in k, the parameters and the band energy."""

from symcur.closed_forms.derivation import algebraic, derive
from symcur.closed_forms.form import ClosedForm
from symcur.closed_forms.multiplets import multiplicities

__all__ = ["ClosedForm", "algebraic", "derive", "multiplicities"]
