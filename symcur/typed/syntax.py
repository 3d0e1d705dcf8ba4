"""The grammar: what the tokens of an identity form. Nothing is known here of what a symbol means.

    identity = sum "=" sum ["mod" sum]
    sum      = ["-"] product {("+" | "-") product}
    product  = factor {["*"] factor | "/" atom}
    factor   = ("Re" | "Im") (bracket | product) | "Tr" bracket | "sum" "_{m != n}" product | d_i factor | atom
    atom     = number | symbol with indices | quantity "[" axes "]" | bracket | commutator | \\frac{sum}{sum}
             | \\langle n| sum |m\\rangle | "|" element "|^2"

Re, Im and sums act on all that follows in their product, a derivative on one factor.
"""

from __future__ import annotations

from fractions import Fraction

from symcur.typed.cursor import Cursor
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
    walk,
)
from symcur.typed.tokens import Token

LARGEST_POWER = 12
_OPENING = {"(": ")", "[": "]", "{": "}", r"\{": r"\}"}
_STATES = ("langle", "bra", "braket")
_HERMITIAN = frozenset(
    ("v", "w", "H", "s", "tau", "J", "connection", "theta", "phi", "A", "B", "C", "Q")
)  # |X_{nm}|^2 is X_{nm} X_{mn}


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


class Parser(Cursor):
    """Reads tokens from the left to the right."""

    # -- sums and products -------------------------------------------------------------------------------------------
    def sum(self) -> Node:
        at = self.next.at
        self.deeper()
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
                if isinstance(factors[-1].parts[0], Constant) and self.next.text == "i" and self.is_close():
                    raise self.fail("brackets, as in 1/(2i), or a space, as in 1/2 i")
            elif self.take("*") or self.starts_factor():
                last = factors[-1]
                if isinstance(last, Wrapped) and last.kind == "/" and self.next.text == "omega" and _is_gap(last.inner):
                    raise self.fail("brackets around all that stands below, as in 1/(\\omega_{nm} \\omega_{np})")
                if isinstance(last, Gradient) and not isinstance(last.inner, Wrapped | ByName):
                    raise self.fail(
                        "brackets that show how far the derivative reaches, as in (\\partial_i A) B or \\partial_i (A B)"
                    )
                factors.append(self.factor())
                if isinstance(last, Symbol) and last.base in ("f", "g") and _is_argument(factors[-1], bool(last.lower)):
                    raise self.fail(f"{last.base}_n, or {last.base}_n \\varepsilon_n for the product", last.at)
            else:
                return factors[0] if len(factors) == 1 else Factors(at, tuple(factors))

    def starts_factor(self) -> bool:
        token = self.next
        if token.kind == "sign":
            return token.text in _OPENING or token.text in _STATES or (token.text == "|" and not self.bars)
        return token.kind != "end" and token.text != "mod"

    def factor(self) -> Node:
        self.deeper()
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
                return self.gradient(token.at, indices[0], token.text == "nabla")
            if token.text in ("partial", "nabla"):
                raise self.fail("one axis and what is differentiated, as in \\partial_{k_i} s or d_i(s)", token.at)
            self.place = start
        return self.quotient_of_differentials() if self.comes("frac", "{", "partial") else None

    def gradient(self, at: int, axis: str, covariant: bool = False) -> Node:
        """The derivative of the factor that follows."""
        if not self.starts_factor():
            raise self.fail(
                "what the derivative acts on, in brackets; behind mod that is the primitive, as in mod d_l(d^{is})"
            )
        inner, bracketed = self.operand()
        shown = Wrapped(at, "()", inner) if inner and bracketed else inner or self.factor()
        return Gradient(at, axis, shown, covariant)

    def quotient_of_differentials(self) -> Node | None:
        """\\frac{\\partial X}{\\partial k_i}, or with X behind it."""
        if self.tokens[self.place + 3].text in ("_", "^"):
            return None
        at = self.next.at
        self.place += 3
        inner = None if self.take("}") else self.product()
        if inner:
            self.require("}")
        self.require("{")
        self.require("partial", "\\partial k_i")
        place, index = self.next.at, self.index()
        axis = index.removeprefix("k_")
        if axis not in AXES or index == "k_h":
            raise self.fail("one axis, as in \\partial k_i; f_n' is the derivative of f_n by the energy", place)
        self.require("}")
        return Gradient(at, axis, Wrapped(at, "()", inner)) if inner else self.gradient(at, axis)

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
        if token.kind == "sign" and token.text in _STATES:
            return self.between_states()
        if token.kind == "sign" and token.text == "|" and not self.bars:
            return self.squared_modulus()
        if self.take("frac"):
            above, below = self.argument(), self.argument()
            return Factors(token.at, (above, Wrapped(below.at, "/", below)))
        if token.kind != "name" or token.text in ("mod", "sum", "Tr", "Re", "Im", "partial", "nabla"):
            raise self.fail("a number, a symbol or a bracket")
        self.place += 1
        return self.symbol(token)

    def barred(self) -> Node:
        """A sum that ends at a bar."""
        self.bars += 1
        inner = self.sum()
        self.bars -= 1
        return inner

    def between_states(self) -> Node:
        """\\langle n| X |m\\rangle, \\bra{n} X \\ket{m} or \\braket{n|X|m}: the matrix element X_{nm}."""
        opening = self.next
        self.place += 1
        if opening.text != "langle":
            self.require("{")
        left = self.state()
        self.require("}" if opening.text == "bra" else "|")
        inner = self.barred()
        if self.take("ket"):
            self.require("{")
        else:
            self.require("|")
        right = self.state()
        self.require("rangle" if self.next.text == "rangle" else "}")
        return Element(opening.at, inner, (left, right))

    def state(self) -> str:
        """The label of a state, n or u_n."""
        at = self.next.at
        braced = self.take("u") and self.require("_") and self.take("{")
        label = self.index()
        if label[0] not in BANDS:
            raise self.fail(
                f"the label of a state (letters {', '.join(sorted(BANDS))}), as in \\langle n|v_i|m\\rangle", at
            )
        if braced:
            self.require("}")
        return label

    def squared_modulus(self) -> Node:
        """|X_{nm}|^2 = X_{nm} X_{mn} of a Hermitian operator."""
        at = self.require("|").at
        inner = self.barred()
        self.require("|")
        bands = inner.bands() if isinstance(inner, Symbol) and inner.base in _HERMITIAN and not inner.primes else ()
        if not isinstance(inner, Symbol) or len(bands) != 2 or not self.take("^") or self.indices() != ("2",):
            raise self.fail("the square of one matrix element of a Hermitian operator, as in |v^i_{nm}|^2", at)
        other = dict(zip(bands, reversed(bands), strict=True))
        lower, upper = (tuple(other.get(index, index) for index in indices) for indices in (inner.lower, inner.upper))
        return Factors(at, (inner, Symbol(inner.at, inner.base, lower, upper)))

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
            elif mark.text == "^" and (found := self.primes()):
                primes += found
            elif mark.text in scripts:
                raise self.fail("one index below and one above; braces hold several, as in v_{n n_1}", mark.at)
            else:
                scripts[mark.text] = self.indices()
        if primes and token.text not in ("f", "g"):
            raise self.fail("no prime but that of f_n'; another band is n' in braces, as in s_{n'}", token.at)
        if not scripts and self.text[token.at : token.end] in ("e", "E"):
            raise self.fail("an energy with its band, as in e_n", token.at)
        return Symbol(token.at, token.text, scripts.get("_", ()), scripts.get("^", ()), primes)

    def scripted(self, node: Node) -> Node:
        """A number or a bracket with a power above or the labels of a matrix element below."""
        if mark := self.take("^"):
            return Power(mark.at, node, self.exponent(self.indices(), mark.at))
        if mark := self.take("_"):
            bands = self.indices()
            bands = bands * 2 if len(bands) == 1 else bands
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


def _is_gap(node: Node) -> bool:
    return isinstance(node, Symbol) and node.base == "omega"


def _is_argument(node: Node, labelled: bool) -> bool:
    """Whether it is the energy in brackets, as in f(\\varepsilon_n); behind f without its band, any energies."""
    if not isinstance(node, Wrapped) or node.kind != "()":
        return False
    symbols = [part for part in walk(node) if isinstance(part, Symbol)]
    alone = isinstance(node.inner, Symbol)
    return bool(symbols) and (alone or not labelled) and all(symbol.base in ("e", "omega") for symbol in symbols)
