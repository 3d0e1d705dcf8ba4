"""A place in the tokens of an identity, and the indices that are read there."""

from __future__ import annotations

from symcur.typed.nodes import BANDS
from symcur.typed.tokens import Token, Unreadable, tokens

DEEPEST = 40  # brackets and operations within each other


class Cursor:
    """Goes through tokens from the left to the right."""

    def __init__(self, text: str) -> None:
        self.text, self.tokens, self.place, self.depth = text, tokens(text), 0, 0
        self.bars = 0  # how many bars wait for their partner

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

    def comes(self, *texts: str) -> bool:
        return tuple(token.text for token in self.tokens[self.place : self.place + len(texts)]) == texts

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.fail(f"at most {DEEPEST} brackets and operations within each other", got="more")

    # -- indices -------------------------------------------------------------------------------------------------------
    def indices(self) -> tuple[str, ...]:
        """What stands in braces below or above; without braces a number, or letters that follow each other closely."""
        found: list[str] = []
        if self.take("{"):
            self.deeper()
            while not self.take("}"):
                if self.next.text == "{":
                    found += self.indices()
                elif not self.take(","):
                    found.append(self.index())
            self.depth -= 1
            return tuple(found)
        first = self.next
        found.append(self.index(nested=False))
        while first.kind == "name" and not first.command and self.continues():
            found.append(self.index(nested=False))
        return tuple(found)

    def continues(self) -> bool:
        """Whether a letter of the same unbraced index follows: w_il, d^is, d^itau."""
        token = self.next
        close = self.is_close() and token.kind == "name" and not token.command
        return close and (token.text in ("tau", "theta") or (len(token.text) == 1 and token.text.islower()))

    def is_close(self) -> bool:
        """Whether no space stands before the next token."""
        return self.next.at == self.tokens[self.place - 1].end

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
                bracket = self.take("(")
                if self.take("!="):
                    other = self.index()
                    if bracket:
                        self.require(")")
                    found += [(label, other) for label in waiting]
                    waiting = []
                self.take(",")
            labels = (*found, *((label, "") for label in waiting))
        wrong = [label for pair in labels for label in pair if label and label[0] not in BANDS]
        if wrong or not labels:
            raise self.fail(f"labels of states (letters {', '.join(sorted(BANDS))}) below the sum")
        return labels

    def primes(self) -> int:
        """How many primes stand above, as in f^{\\prime\\prime}."""
        braced = self.comes("{", "'")
        self.place += braced
        count = 0
        while self.take("'"):
            count += 1
        if braced:
            self.require("}")
        return count
