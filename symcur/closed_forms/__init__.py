"""Closed forms: expression + model -> exact expressions in k, the parameters and the band energy."""

from symcur.band_structures.levels import DigitsWarning
from symcur.closed_forms.block_form import BlockForm
from symcur.closed_forms.degeneracy import multiplicities
from symcur.closed_forms.derivation import Algebraic, derive
from symcur.closed_forms.expansion import Series
from symcur.closed_forms.form import ClosedForm

__all__ = ["Algebraic", "BlockForm", "ClosedForm", "DigitsWarning", "Series", "derive", "multiplicities"]
