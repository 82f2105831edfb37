"""Rust's values: whole numbers that may be symbols, variants, records, and the words of an object.

A `usize` is a mathematical integer here, below zero for the upper half of its range: as long as the words
stay far from 2^63, which limits.rs sees to, the integer and the word tell the same. Comparisons are those
of the unsigned type; `+`, `-` and `*` must not leave the range, the wrapping operations may go below zero.
"""

from dataclasses import dataclass, field

from z3 import And, BoolRef, If, Not, Or, is_expr

BITS = 64
UNIT = ()


@dataclass(frozen=True)
class Num:
    term: object  # a Python int or an integer of z3
    signed: object = None  # None: a literal, which takes its neighbour's type

    def fixed(self):
        return isinstance(self.term, int)


@dataclass(frozen=True)
class Variant:
    """A variant of an enum: `Ok(x)`, `Released::Last`."""
    name: str
    fields: tuple = ()


@dataclass
class Record:
    """A struct, by the name of its type."""
    name: str
    fields: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Word:
    """`outstanding` (None), or the slot of that index."""
    slot: object = None


@dataclass(frozen=True)
class Opaque:
    """What no promise is about: an address, a record of a holder, a waker."""
    name: str


@dataclass(frozen=True)
class Range:
    low: Num
    high: Num
    down: bool = False


@dataclass
class Closure:
    parameters: list
    body: object
    env: object


class Env:
    def __init__(self, outer=None, owner=None):
        self.outer, self.values, self.owner = outer, {}, owner or outer.owner

    def place(self, name):
        env = self
        while env is not None and name not in env.values:
            env = env.outer
        return env


class Slots:
    """The slice of all slots."""


def both(*conditions):
    """All of them; a plain bool if they are plain."""
    left = [condition for condition in conditions if condition is not True]
    return False if any(condition is False for condition in left) else And(*left) if left else True


def negation(condition):
    return Not(condition) if isinstance(condition, BoolRef) else not condition


def choice(condition, yes, no):
    return If(condition, yes, no) if is_expr(condition) else yes if condition else no


def odd(term):
    return term % 2 == 1


def even_part(term):
    return term - term % 2


def below(a, b, signed):
    """a < b, in the order of their type."""
    x, y = a.term, b.term
    if signed:
        return x < y
    if a.fixed() and b.fixed():
        return x % 2**BITS < y % 2**BITS
    if b.fixed() and y >= 0:
        return And(x >= 0, x < y)
    if a.fixed() and x >= 0:
        return Or(y < 0, y > x)
    return Or(And(x >= 0, y < 0), And((x >= 0) == (y >= 0), x < y))


def divided(a, b, signed):
    if not b.fixed() or b.term <= 0:
        return None
    if a.fixed():
        return (a.term % 2**BITS if not signed else a.term) // b.term
    return If(a.term >= 0, a.term / b.term, (a.term + 2**BITS) / b.term) if not signed else None


def bits(operator, x, y):
    """`&` and `|` of which one side is 0, 1, or everything but bit 0; and `&` with all bits from one on, and bit 0."""
    if isinstance(x, int) and isinstance(y, int):
        return x & y if operator == "&" else x | y
    if isinstance(x, int):
        x, y = y, x
    known = {("&", 0): 0, ("&", 1): x % 2, ("&", -2): even_part(x), ("&", -1): x,
             ("|", 0): x, ("|", 1): even_part(x) + 1, ("|", -1): -1}
    if isinstance(y, int) and operator == "&" and (operator, y) not in known:
        low = BITS - (y // 2 * 2 % 2**BITS).bit_count()
        if y % 2**BITS == 2**BITS - 2**low + 1:
            word = x % 2**BITS
            return word - word % 2**low + x % 2
    return known.get((operator, y)) if isinstance(y, int) else None


def arithmetic(operator, a, b):
    """The value, and what must hold for the operation not to overflow. None: not an operation known here."""
    signed = a.signed if a.signed is not None else b.signed
    if a.signed is not None and b.signed is not None and a.signed != b.signed:
        return None
    x, y, fits = a.term, b.term, True
    if operator in ("==", "!="):
        return (x == y if operator == "==" else x != y), True
    if operator in ("<", ">", "<=", ">="):
        result = below(a, b, signed) if operator in ("<", ">=") else below(b, a, signed)
        return (negation(result) if operator in (">=", "<=") else result), True
    if operator in ("+", "-", "*"):
        if operator == "*" and not (a.fixed() or b.fixed()):
            return None
        result = x + y if operator == "+" else x - y if operator == "-" else x * y
        fits = both(result >= (0 if not signed else -2**(BITS - 1)), result < 2**(BITS - 1))
    elif operator in ("<<", ">>") and a.fixed() and b.fixed():
        result = x << y if operator == "<<" else x >> y
    elif operator == "/":
        result = divided(a, b, signed)
    elif operator in ("&", "|"):
        result = bits(operator, x, y)
    else:
        return None
    return None if result is None else (Num(result, signed), fits)
