"""Printed closed forms as numbers: a reader of their LaTeX that knows nothing of how it was written."""

from __future__ import annotations

import re

import numpy as np
import sympy as sp

from symcur.closed_forms import ClosedForm

TOKEN = re.compile(r"\\(?:left|right|bigl|bigr|quad|,| )|\s+|(\\[A-Za-z]+|\d+|.)")
FUNCTIONS = {r"\sin": np.sin, r"\cos": np.cos, r"\tanh": np.tanh, r"\exp": np.exp, r"\sqrt": np.sqrt}
OPEN, CLOSE = "([{", ")]}"


class Reader:
    """The value of a text, with values for names such as k_{x}."""

    def __init__(self, text: str, known: dict[str, complex]) -> None:
        self.tokens = [token for token in TOKEN.findall(text) if token]
        self.known, self.place = known, 0

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1]

    def value(self) -> complex:
        result = self.total()
        assert not self.peek(), self.tokens[self.place :]
        return result

    def total(self) -> complex:
        result = 0.0
        while self.peek() and self.peek() not in CLOSE:
            sign = 1
            while self.peek() in ("+", "-"):
                sign *= -1 if self.take() == "-" else 1
            result += sign * self.product()
        return result

    def product(self) -> complex:
        result, count = 1.0, 0
        while self.peek() and self.peek() not in (*CLOSE, "+", "-"):
            result, count = result * self.power(), count + 1
        assert count, "a factor is missing"
        return result

    def group(self) -> complex:
        """What stands in brackets of any kind, or one token."""
        if self.peek() not in OPEN:
            return self.power()
        close = CLOSE[OPEN.index(self.take())]
        result = self.total()
        assert self.take() == close
        return result

    def power(self) -> complex:
        token = self.take() if self.peek() not in OPEN else ""
        if token in FUNCTIONS:
            exponent = self.exponent()
            return FUNCTIONS[token](self.group()) ** exponent
        if token == r"\frac":
            base = self.group()
            base = base / self.group()
        elif token.isdigit():
            base = float(token)
        elif token:
            base = self.name(token)
        else:
            base = self.group()
        return base ** self.exponent()

    def exponent(self) -> complex:
        if self.peek() != "^":
            return 1
        self.take()
        return self.group()

    def name(self, letter: str) -> complex:
        if letter == r"\mathrm":
            assert self.take() == "{"
            start = self.place
            while self.take() != "}":
                pass
            letter = "".join(self.tokens[start : self.place - 1])
        if self.peek() == "_":
            self.take()
            assert self.take() == "{"
            start = self.place
            while self.take() != "}":
                pass
            letter += "_{" + "".join(self.tokens[start : self.place])
        return self.known[letter]


def printed_values(form: ClosedForm, k: np.ndarray, energy: float, parameters: dict[str, float]) -> np.ndarray:
    """The components that the text of a form in short expressions gives at one k, in row-major order."""
    text = (
        form.latex().removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}").replace(" \\\\\n&\\quad", "")
    )
    rows = [row.split(" &= ") for row in text.split(" \\\\\n")]
    first = next((j for j, (label, _) in enumerate(rows) if label.startswith(r"\text{where }")), len(rows))
    numbers = {**dict(zip(form.model.k, k, strict=True)), form.energy_symbol: energy}
    numbers |= {symbol: parameters[symbol.name] for symbol in form.model.parameters}
    known: dict[str, complex] = {_latex(symbol.name): number for symbol, number in numbers.items()}
    known["i"] = 1j
    for symbol, formula in form.definitions:  # derivatives are printed in words
        numbers[symbol] = complex(formula.xreplace(numbers).evalf())
        if symbol in form.latex_names:
            known[form.latex_names[symbol]] = numbers[symbol]
    for label, value in rows[first:]:
        label = label.removeprefix(r"\text{where }")
        if not label.startswith("h_{a,i}"):
            number = Reader(value, known).value()
            known |= {"h": np.sqrt(number)} if label == "h^{2}" else {label: number}
    components: dict[str, complex] = {}
    for label, text in rows[:first]:
        *others, value = text.split(" = ")
        sign, name = (-1, value[1:]) if value.startswith("-") else (1, value)
        number = sign * components[name] if name in components else Reader(value, known).value()
        components |= dict.fromkeys([label, *others], number)
    return np.array([components[label] for label in form.labels])


def _latex(name: str) -> str:
    """A symbol as SymPy prints it."""
    base, _, index = name.partition("_")
    digits = re.fullmatch(r"([A-Za-z]+)(\d+)", base)
    if digits and not index:
        base, index = digits.groups()
    upright = len(base) > 1 and "\\" not in sp.latex(sp.Symbol(base))
    greek = base if len(base) == 1 or upright else "\\" + base
    return greek + (f"_{{{index}}}" if index else "")
