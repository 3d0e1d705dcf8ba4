"""Expressions read through the eigenstates of numeric matrices, for all bands and many k at once.

``words`` multiplies traces out, ``basis`` reads words in an eigenbasis of numbers or of the nodes of a program, ``states`` supplies
the eigenbasis of a band structure, ``kramers`` that of one with two states at every energy, ``evaluation`` goes through many k in blocks that
fit into the cache.
"""

from symcur.eigenstates.basis import Components, Eigenbasis
from symcur.eigenstates.evaluation import (
    DegeneracyWarning,
    LevelWarning,
    asked_for,
    blocks,
    evaluate,
    report_touchings,
    values_at,
)
from symcur.eigenstates.recording import Recording
from symcur.eigenstates.states import Eigenstates

__all__ = [
    "Components",
    "DegeneracyWarning",
    "Eigenbasis",
    "Eigenstates",
    "LevelWarning",
    "Recording",
    "asked_for",
    "blocks",
    "evaluate",
    "report_touchings",
    "values_at",
]
