"""The grammar: what the tokens of an identity form. Nothing is known here of what a symbol means.

    identity = sum "=" sum ["mod" sum]
    sum      = ["-"] product {("+" | "-") product}
    product  = factor {["*"] factor | "/" atom}
    factor   = ("Re" | "Im") (bracket | product) | "Tr" bracket | "sum" "_{m != n}" product | d_i factor | atom
    atom     = number | symbol with indices | quantity "[" axes "]" | bracket | commutator | \\frac{sum}{sum}

Re, Im and sums act on all that follows in their product, a derivative on one factor.
"""

from __future__ import annotations

from fractions import Fraction

from symcur.typed.nodes import (
    AXES,
    BANDS,
    ByName,
    Commutator,
    Constant,
    Element,
    Factors,
    Gradient,
    Node,
    Power,
    States,
    Symbol,
    Terms,
    Wrapped,
)
from symcur.typed.tokens import Token, Unreadable, tokens

DEEPEST = 40  # brackets and operations within each other
LARGEST_POWER = 12
_OPENING = {"(": ")", "[": "]", "{": "}", r"\{": r"\}"}


def identity(text: str) -> tuple[Node, Node, Node | None]:
    """Both sides of lhs = rhs, and what follows "mod"."""
    parser = Parser(text)
    left = parser.sum()
    parser.require("=", "= and the other side")
    right = parser.sum()
    modulo = parser.sum() if parser.take("mod") else None
    parser.finish("the end, or + - = mod" if modulo is None else "the end")
    return left, right, modulo


def single(text: str) -> Node:
    """An expression without an equals sign."""
    parser = Parser(text)
    node = parser.sum()
    parser.finish("the end")
    return node


class Parser:
    """Reads tokens from the left to the right."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.place, self.depth = text, tokens(text), 0, 0

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def fail(self, expected: str, at: int | None = None, got: str = "") -> Unreadable:
        return Unreadable(self.text, self.next.at if at is None else at, expected, got)

    def take(self, *texts: str) -> Token | None:
        """The next token if it is one of these."""
        token = self.next
        if token.kind == "quantity" or token.text not in texts:
            return None
        self.place += 1
        return token

    def require(self, text: str, expected: str = "") -> Token:
        token = self.take(text)
        if token is None:
            raise self.fail(expected or text)
        return token

    def finish(self, expected: str) -> None:
        if self.next.kind != "end":
            raise self.fail(expected)

    # -- sums and products -------------------------------------------------------------------------------------------
    def sum(self) -> Node:
        at = self.next.at
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail(f"at most {DEEPEST} brackets and operations within each other", got="more")
        sign = self.take("+", "-")
        signs, terms = [-1 if sign and sign.text == "-" else 1], [self.product()]
        while sign := self.take("+", "-"):
            signs.append(-1 if sign.text == "-" else 1)
            terms.append(self.product())
        self.depth -= 1
        return terms[0] if signs == [1] else Terms(at, tuple(signs), tuple(terms))

    def product(self, first: Node | None = None) -> Node:
        """A product, of which the first factor may have been read."""
        at, factors = self.next.at, [first or self.factor()]
        while True:
            if slash := self.take("/"):
                factors.append(Wrapped(slash.at, "/", self.atom()))
            elif self.take("*") or self.starts_factor():
                last = factors[-1]
                if isinstance(last, Gradient) and not isinstance(last.inner, Wrapped | ByName):
                    raise self.fail(
                        "brackets that show how far the derivative reaches, as in (\\partial_i A) B or \\partial_i (A B)"
                    )
                factors.append(self.factor())
            else:
                return factors[0] if len(factors) == 1 else Factors(at, tuple(factors))

    def starts_factor(self) -> bool:
        token = self.next
        if token.kind == "sign":
            return token.text in _OPENING
        return token.kind != "end" and token.text != "mod"

    def factor(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail(f"at most {DEEPEST} brackets and operations within each other", got="more")
        node = self.covered() or self.atom()
        self.depth -= 1
        return node

    def covered(self) -> Node | None:
        """Re, Im, a trace, a sum over states or a derivative; None where none begins."""
        start = self.place
        if token := self.take("Re", "Im"):
            inner, bracketed = self.operand()
            return Wrapped(token.at, token.text, inner if inner and bracketed else self.product(inner), bracketed)
        if token := self.take("Tr"):
            if self.next.text not in _OPENING:
                raise self.fail("[ after Tr")
            return Wrapped(token.at, "Tr", self.bracket())
        if token := self.take("sum"):
            labels = self.summed()
            return States(token.at, labels, self.product())
        if token := self.take("partial", "nabla", "d"):
            indices = self.indices() if self.take("_") else ()
            if indices == ("k_h",) or (indices == ("h",) and token.text == "nabla"):
                raise self.fail("\\partial_h for the derivative by the field h of H - h s", token.at)
            indices = tuple(index.removeprefix("k_") for index in indices)
            if len(indices) == 1 and indices[0] in AXES and self.next.text not in ("^", "_"):
                if not self.starts_factor():
                    raise self.fail(
                        "what the derivative acts on, in brackets; behind mod that is the primitive, as in mod d_l(d^{is})"
                    )
                inner, bracketed = self.operand()
                shown = Wrapped(token.at, "()", inner) if inner and bracketed else inner or self.factor()
                return Gradient(token.at, indices[0], shown, token.text == "nabla")
            if token.text in ("partial", "nabla"):
                raise self.fail("one axis and what is differentiated, as in \\partial_{k_i} s or d_i(s)", token.at)
            self.place = start
        return None

    def operand(self) -> tuple[Node | None, bool]:
        """A bracket behind Re, Im or a derivative, and whether it is all of the operand; (A)_{nm} is the first factor of it."""
        if self.next.kind != "sign" or self.next.text not in _OPENING:
            return None, False
        inner = self.bracket()
        return (inner, True) if self.next.text != "_" else (self.scripted(inner), False)

    def bracket(self) -> Node:
        """What stands in brackets; with a comma, a commutator [A, B] or an anticommutator \\{A, B\\}."""
        opening = self.next
        self.place += 1
        closing = _OPENING[opening.text]
        inner = self.sum()
        if opening.text in ("[", r"\{") and self.take(","):
            right = self.sum()
            self.require(closing)
            return Commutator(opening.at, inner, right, -1 if opening.text == "[" else 1)
        if self.take(closing) is None:
            raise self.fail(f"{closing} for the {opening.text} at character {opening.at + 1}")
        return Wrapped(opening.at, "()", inner)

    # -- atoms ---------------------------------------------------------------------------------------------------------
    def atom(self) -> Node:
        token = self.next
        if token.kind == "number":
            self.place += 1
            return self.scripted(Constant(token.at, Fraction(token.text)))
        if token.kind == "quantity":
            self.place += 1
            return ByName(token.at, token.text, self.arguments())
        if token.text in _OPENING and token.kind == "sign":
            return self.scripted(self.bracket())
        if self.take("frac"):
            above, below = self.argument(), self.argument()
            return Factors(token.at, (above, Wrapped(below.at, "/", below)))
        if token.kind != "name" or token.text in ("mod", "sum", "Tr", "Re", "Im", "partial", "nabla"):
            raise self.fail("a number, a symbol or a bracket")
        self.place += 1
        return self.symbol(token)

    def argument(self) -> Node:
        """The argument of \\frac: a group, or one digit or letter."""
        if self.take("{"):
            inner = self.sum()
            self.require("}")
            return inner
        token = self.next
        if token.kind == "number" and len(token.text) > 1:  # \frac12 is one half
            self.tokens[self.place : self.place + 1] = [
                Token("number", digit, token.at + j, token.at + j + 1) for j, digit in enumerate(token.text)
            ]
            token = self.next
        if token.kind == "number" and token.text.isdigit():
            self.place += 1
            return Constant(token.at, Fraction(token.text))
        raise self.fail("{...} or a digit, as in \\frac{1}{2} or \\frac12")

    def symbol(self, token: Token) -> Symbol:
        scripts: dict[str, tuple[str, ...]] = {}
        primes = 0
        while mark := self.take("_", "^", "'"):
            if mark.text == "'":
                primes += 1
            elif mark.text in scripts:
                raise self.fail("one index below and one above; braces hold several, as in v_{n n_1}", mark.at)
            else:
                scripts[mark.text] = self.indices()
        return Symbol(token.at, token.text, scripts.get("_", ()), scripts.get("^", ()), primes)

    def scripted(self, node: Node) -> Node:
        """A number or a bracket with a power above or the labels of a matrix element below."""
        if mark := self.take("^"):
            return Power(mark.at, node, self.exponent(self.indices(), mark.at))
        if mark := self.take("_"):
            bands = self.indices()
            if len(bands) != 2 or any(band[0] not in BANDS for band in bands):
                raise self.fail("two labels of bands below a bracket, as in (v_i s)_{nm}", mark.at)
            return Element(node.at, node, bands)
        return node

    def exponent(self, indices: tuple[str, ...], at: int) -> int:
        text = "".join(indices)
        if not text.removeprefix("-").isdigit() or len(text) > 3 or not 0 < abs(int(text)) <= LARGEST_POWER:
            raise self.fail(f"a power from 1 to {LARGEST_POWER}", at)
        return int(text)

    def arguments(self) -> tuple[str, ...]:
        """The axes [i, l] behind the name of a quantity; nothing where no bracket stands."""
        axes: list[str] = []
        if self.take("["):
            axes.append(self.index())
            while self.take(","):
                axes.append(self.index())
            self.require("]")
        return tuple(axes)

    # -- indices -------------------------------------------------------------------------------------------------------
    def indices(self) -> tuple[str, ...]:
        """What stands in braces below or above; without braces a number, or letters that follow each other closely."""
        found = []
        if self.take("{"):
            while not self.take("}"):
                if not self.take(","):
                    found.append(self.index())
            return tuple(found)
        first = self.next
        found.append(self.index(nested=False))
        while first.kind == "name" and not first.command and self.continues():
            found.append(self.index(nested=False))
        return tuple(found)

    def continues(self) -> bool:
        """Whether a letter of the same unbraced index follows: w_il, d^is, d^itau."""
        token, before = self.next, self.tokens[self.place - 1]
        close = token.at == before.end and token.kind == "name" and not token.command
        return close and (token.text in ("tau", "theta") or (len(token.text) == 1 and token.text.islower()))

    def index(self, nested: bool = True) -> str:
        """One axis, label, letter or number; in braces also n_1, n' and k_i."""
        token = self.next
        if self.take("-"):
            return "-" + self.index(nested=False)
        if token.kind not in ("name", "number") or token.text in (
            "mod",
            "sum",
            "Tr",
            "Re",
            "Im",
            "frac",
            "partial",
            "nabla",
        ):
            raise self.fail("an index: an axis such as i, a band such as n, s or \\tau, or a number")
        self.place += 1
        label = token.text
        if nested and (label in BANDS or label == "k") and self.take("_"):
            braced = self.take("{")
            inner = self.next
            if inner.kind not in ("name", "number") or len(inner.text) > 2:
                raise self.fail("a number, as in n_1, or an axis, as in k_i")
            self.place += 1
            if braced:
                self.require("}")
            return f"{label}_{inner.text}"
        while nested and label[0] in BANDS and self.take("'"):
            label += "'"
        return label

    def summed(self) -> tuple[tuple[str, str], ...]:
        """The labels below a sum: m, m != n, several with commas."""
        self.require("_", "_ with the states below the sum, as in \\sum_{m \\ne n}")
        if self.next.text != "{":
            labels: tuple[tuple[str, str], ...] = tuple((label, "") for label in self.indices())
        else:
            self.place += 1
            found: list[tuple[str, str]] = []
            waiting: list[str] = []
            while not self.take("}"):
                waiting.append(self.index())
                if self.take("!="):
                    other = self.index()
                    found += [(label, other) for label in waiting]
                    waiting = []
                self.take(",")
            labels = (*found, *((label, "") for label in waiting))
        wrong = [label for pair in labels for label in pair if label and label[0] not in BANDS]
        if wrong or not labels:
            raise self.fail(f"labels of states (letters {', '.join(sorted(BANDS))}) below the sum")
        return labels
