# fmt: off
"""Check certificates of symcur with Python's standard library alone: python checker.py DIRECTORY

A proof replaces words by rules, each of which is tried at random matrices. docs/certificates.md says what is trusted.
"""
import hashlib
import json
import re
import secrets
import sys
from collections import Counter
from fractions import Fraction
from functools import cache, reduce
from pathlib import Path
from typing import Any

MOST_TERMS, I, N = 100_000, ("I",), r'"(?:[^"\\]|\\.)+"'
OPERATORS = ("P", "S", "O", "D")  # D: letters of this file, which no expression can contain
LETTER = (rf'\["[PSg]", {N}\]|\["O", (?!"s",){N}(, {N})*\]|\["e", {N}(, {N})*\]|\["f", {N}, \d\]'
          rf'|\["1/gap", (?P<m>{N}), (?!(?P=m)){N}\]')

def need(condition: Any, reason: str) -> None:
    if not condition:
        raise ValueError(reason)

class Sum(dict[Any, Any]):
    """{letters: coefficient}: the letters that commute come first and sorted, then a word of operators; I I = -1."""
    def __init__(self, terms: Any = ()) -> None:
        for letters, value in terms:
            i, word = letters.count(I), [one for one in letters if one[0] in OPERATORS]
            key = (*sorted(one for one in letters if one[0] not in (*OPERATORS, "I")), *[I] * (i % 2), *word)
            self[key] = self.get(key, 0) + (-value if i % 4 > 1 else value)
            if not self[key]:
                del self[key]
        need(len(self) <= MOST_TERMS, "too many terms")
    def __add__(self, other: Any) -> Any:
        return Sum([*self.items(), *other.items()])
    def __sub__(self, other: Any) -> Any:
        return self + term(-1) * other
    def __mul__(self, other: Any) -> Any:
        return Sum((x + y, a * b) for x, a in self.items() for y, b in other.items())
    def trace(self) -> Any:
        split = ((x, sum(one[0] not in OPERATORS for one in x), c) for x, c in self.items())
        return Sum(((*x[:j], circle(x[j:])), c) for x, j, c in split)
    def adjoint(self) -> Any:  # all letters are Hermitian: words are reversed, in traces too, and I changes its sign
        turned = {x: tuple(circle(one[1][::-1]) if one[0] == "Tr" else one for one in x[::-1]) for x in self}
        return Sum((turned[x], -c if I in x else c) for x, c in self.items())
    def replaced(self, word: Any, value: Any) -> Any:
        """With a word replaced in every trace, where Tr[P ...] counts as Tr[P ... P], or letters that commute."""
        terms, size, closed = [], len(word), len(word) > 2 and word[0][0] == "P"
        for x, c in self.items():
            traces = [(j, one[1] * 2, len(one[1])) for j, one in enumerate(x) if one[0] == "Tr"]
            turns = [(j, t[k:], n) for j, t, n in traces if size <= n + closed for k in range(n)]
            places = [(j, t[size:n]) for j, t, n in turns if t[:size] == word]
            commuting = not places and word[0][0] not in OPERATORS and Counter(word) <= Counter(x)
            for j, rest in places[:1]:
                terms += (term(c, *x[:j], *x[j + 1 :]) * (value * term(1, *rest)).trace()).items()
            other = (term(c, *(Counter(x) - Counter(word)).elements()) * value).items() if commuting else [(x, c)]
            terms += [] if places else other
        return Sum(terms)
    def at(self, values: Any) -> Any:  # the number that products of traces are for these values of the letters
        matrix = cache(lambda word: times(matrix(word[:-1]), values[word[-1]]) if word[1:] else values[word[0]])
        trace = cache(lambda word: sum((row[a] for a, row in enumerate(matrix(word))), Sum()))
        numbers = ((c, [trace(one[1]) if one[0] == "Tr" else values[one] for one in x]) for x, c in self.items())
        return sum((reduce(Sum.__mul__, factors, term(c)) for c, factors in numbers), Sum())

def term(value: Any, *letters: Any) -> Any:
    return Sum([(letters, Fraction(value))])
def letter(kind: str, *rest: Any) -> Any:
    one = (kind, *sorted(rest)) if kind == "1/gap" else (kind, *rest[:1], *sorted(rest[1:]))
    return term(-1 if kind == "1/gap" and one[1:] != rest else 1, one)
def circle(word: Any) -> Any:
    return "Tr", min([word[j:] + word[:j] for j in range(len(word))], default=())
def times(a: Any, b: Any) -> Any:
    return [[sum((x * y for x, y in zip(r, c, strict=True) if x and y), Sum()) for c in zip(*b, strict=True)] for r in a]
def diagonal(numbers: Any) -> Any:
    return [[term(x) if a == b else Sum() for b in range(len(numbers))] for a, x in enumerate(numbers)]

def eigenstates(E: Any, bands: Any) -> Any:
    """Values of H, P, S, e and 1/gap for the energies of all states and of the bands that have a name."""
    values = {I: term(1, I), ("O", "H"): diagonal(E)}
    for n, own in bands.items():
        values["e", n], values["P", n] = term(own), diagonal([e == own for e in E])
        values["S", n] = diagonal([0 if e == own else 1 / (own - e) for e in E])
        values |= {("1/gap", n, m): term(1 / (own - e)) for m, e in bands.items() if m != n}
    return values

class Checker:
    """``rules`` {name: [left, right]} for bands a, b, c and an axis x; D P and D S are derivatives, others replacements."""
    def __init__(self, rules: Any) -> None:
        self.rules, self.slope = rules, cache(self.slope_of)
    def read(self, node: Any) -> Any:
        """An expanded expression: Re Y = (Y + Y^adjoint)/2 and Im Y = I (Y^adjoint - Y)/2."""
        if isinstance(node, str):
            need(node == "I" or re.fullmatch(r"-?\d{1,300}(/\d{1,300})?", node), f"expected a number, got {node!r}")
            return term(1, I) if node == "I" else term(node)
        kind, *rest = node
        if kind in ("+", "*"):
            return reduce(Sum.__add__ if kind == "+" else Sum.__mul__, map(self.read, rest))
        if kind not in ("Tr", "Re", "Im", "D", "name"):
            need(re.fullmatch(LETTER, json.dumps(node, ensure_ascii=False)), f"malformed letter {node}")
            return letter(*node)
        label, y = rest[:-1], self.read(rest[-1])  # an axis, or the name of an abbreviation
        need([type(text) for text in label] == [str] * (kind in ("D", "name")), f"malformed {kind}")
        if kind in ("Re", "Im"):
            return term("1/2") * (y.adjoint() + y) if kind == "Re" else term("1/2", I) * (y.adjoint() - y)
        return y.trace() if kind == "Tr" else y if kind == "name" else self.derivative(y, *label)
    def derivative(self, y: Any, axis: str) -> Any:
        cuts = [(term(c, *x[:j]), one, term(1, *x[j + 1 :])) for x, c in y.items() for j, one in enumerate(x)]
        return Sum(pair for left, one, right in cuts for pair in (left * self.slope(one, axis) * right).items())
    def slope_of(self, one: Any, axis: str) -> Any:
        kind, *rest = one
        if kind in ("P", "S"):
            return self.instance(f"D {kind}", {"a": rest[0], "x": axis})[1]
        if kind == "Tr":
            return self.derivative(term(1, *rest[0]), axis).trace()
        if kind in ("f", "g"):  # dg/de = f
            return letter("f", rest[0], rest[1] + 1 if kind == "f" else 0) * letter("e", rest[0], axis)
        if kind == "1/gap":
            return (letter("e", rest[1], axis) - letter("e", rest[0], axis)) * term(1, one, one)
        return Sum() if one in (I, ("O", "s")) else letter(*one, axis)
    def instance(self, name: str, values: Any) -> Any:
        """Both sides of a rule for these bands and this axis, or of P H_x P = e_x P differentiated by further axes."""
        if name == "P H P" and isinstance(values["x"], list):
            n, (*axes, last), P = values["a"], values["x"], letter("P", values["a"])
            left, right = self.instance(name, {"a": n, "x": axes if axes[1:] else axes[0]})
            whole = P * letter("O", "H", *axes, last) * P
            return whole, P * (self.derivative(right, last) - self.derivative(left, last) + whole) * P
        rule, bands = json.dumps(self.rules[name]), [values[x] for x in values if x != "x"]
        need(set(values) == set(re.findall('"([abcx])"', rule)), f"expected other values in {name}, got {values}")
        need(len(set(bands)) == len(bands), f"expected different bands in {name}")
        left, right = json.loads(re.sub('"([abcx])"', lambda found: json.dumps(values[found[1]]), rule))
        return term(1, ("D", name)) if left == name else self.read(left), self.read(right)
    def check_rules(self) -> None:
        """At random matrices, for bands of ranks 1, 2, 3 and others: H(k) = U (H + V k) U^(-1) with U = exp(A k)."""
        A, V, X = (term(1, ("D", name)) for name in "AVX")
        H, P, S, e = letter("O", "H"), letter("P", "a"), letter("S", "a"), letter("e", "a", "x")
        slopes = {"D P": A * P - P * A, "D S": A * S - S * A - S * (e - V) * S}
        for rank in (1, 2, 3):
            levels = [0] * rank + [1] * (4 - rank) + [2, 3, 4, 5]
            E, dE = ([Fraction(secrets.randbits(61)) for _ in levels] for _ in range(2))
            values = eigenstates([E[j] for j in levels], dict(zip("abc", E, strict=False)))
            values |= {("e", n, "x"): term(slope) for n, slope in zip("abc", dE, strict=False)}
            values |= {("D", name): [[term(secrets.randbits(61)) for _ in levels] for _ in levels] for name in "AX"}
            values["D", "V"] = diagonal([dE[j] for j in levels])
            for name, rule in self.rules.items():
                left, right = self.instance(name, {x: x for x in re.findall('"([abcx])"', json.dumps(rule))})
                difference = (X * (left - right)).trace().replaced((("D", name),), slopes.get(name, X))
                difference = difference.replaced((("O", "H", "x"),), V + A * H - H * A)
                allowed = '"Tr"' not in json.dumps(rule) and (left == term(1, ("D", name))) == (name in slopes)
                need(allowed and not difference.at(values), f"the rule {name} does not hold for rank {rank}")
    def check(self, data: Any) -> None:
        content = json.dumps({key: value for key, value in data.items() if key != "seal"}, sort_keys=True)
        need(hashlib.sha256(content.encode()).hexdigest() == data["seal"], "the file is not as it was when it was sealed")
        left, right = self.read(data["left"]), self.read(data["right"])
        need(all(one[0] not in OPERATORS for x in (*left, *right) for one in x), "expected operators in traces")
        {"proved": self.check_proof, "refuted": self.check_counterexample}[data["outcome"]](data, left, right)
    def check_proof(self, data: Any, left: Any, right: Any) -> None:
        for name, values in data["steps"]:
            pattern, value = self.instance(name, values)
            ((word, factor),) = pattern.items()
            before, left, right = (left, right), *(y.replaced(word, value * term(1 / factor)) for y in (left, right))
            need((left, right) != before, f"the step {name} {values} changes nothing")
        form = json.loads(json.dumps([[str(c), x] for x, c in sorted(left.items())]))
        need(left == right and form == data["normal_form"], "the sides do not come to the normal form")
    def check_counterexample(self, data: Any, left: Any, right: Any) -> None:
        E, bands = [self.read(text).get((), Fraction(0)) for text in data["energies"]], data["bands"]
        need([term(e) for e in dict.fromkeys(E)] == list(map(self.read, data["energies"])), "expected different energies")
        values = eigenstates(E, {n: E[state] for n, state in bands.items()})
        for node, value in data["letters"]:
            free = re.match(r'\["[Ofg]"|\["e", "[^,]+, ', json.dumps(node)) and self.read(node)
            need(free and tuple(node) not in values, f"expected a letter that is free, and once, got {node}")
            M = [[self.read(x) for x in row] for row in (value if node[0] == "O" else [[value]])]
            need([[y.adjoint() for y in row] for row in zip(*M, strict=True)] == M, f"expected a Hermitian {node}")
            numbers = all(set(x) <= {I} for row in M for y in row for x in y)
            need(numbers and len(M) == [1, len(E)][node[0] == "O"], f"expected numbers of all states for {node}")
            values[tuple(node)] = M if node[0] == "O" else M[0][0]
        for _, n, *axes in [one for one in values if one[0] == "e" and one[2:]]:
            rule = self.instance("P H P", {"a": n, "x": axes if axes[1:] else axes[0]})
            need(not (rule[0] - rule[1]).trace().at(values), f"the energy of {n} has another derivative along {axes}")
        found = [left.at(values), right.at(values)]
        need(found[0] != found[1] and found == [self.read(x) for x in data["values"]], f"the sides are {found}")

def main(folder: Path) -> int:
    checker = Checker(json.loads((folder / "rules.json").read_text(encoding="utf-8")))
    checker.check_rules()
    files = [path for path in sorted(folder.glob("*.json")) if path.name != "rules.json"]
    rejected = not files
    for path in files:
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            checker.check(data)
            verdict = f"{data['outcome']}  {data['seal'][:12]}  {data['latex']}"
        except Exception as error:
            verdict, rejected = f"REJECTED: {error!r}", True
        print(f"{path.stat().st_size:6} bytes  {path.name:36} {verdict}")
    return int(rejected)

if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
