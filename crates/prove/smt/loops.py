"""Loops over slots by induction: what is assumed of any round is what was shown of the first and of the next.

Nobody writes a loop's invariant down: what could hold is tried, and what does not hold is dropped.
"""

from types import SimpleNamespace

from z3 import And, Bool, If, Implies, Int, Select

from model import LIVE, MOVED, N, live, partial
from values import Num, even_part


def candidates(path, values):
    """What could hold at the head of a loop, by name: each of the path, the cursor, and the loop's variables."""
    entry = SimpleNamespace(s=path.s, mine=path.mine, owes=path.owes, delta=path.delta)
    pool = {
        "elected as before": lambda p, at, _: p.mine == entry.mine,
        "elected until slot 0": lambda p, at, _: p.mine == (at >= 1),
        "owes as before": lambda p, at, _: p.owes == entry.owes,
        "owes after slot 0": lambda p, at, _: p.owes == (at < 1),
        "no claim changes": lambda p, at, _: p.delta == entry.delta,
        "the cursor is k": lambda p, at, _: p.s["k"] == at,
        "phase until slot 0": lambda p, at, _: p.s["phase"] == If(at >= 1, entry.s["phase"], LIVE),
        "carry until slot 0": lambda p, at, _: p.s["carry"] == If(at >= 1, entry.s["carry"], 0),
    }
    for name in [*MOVED, "out", "claims", "sum", "words"]:
        pool[f"{name} as before"] = lambda p, at, _, name=name: p.s[name] == entry.s[name]
    for number, value in enumerate(values):
        if not isinstance(value, Num):
            continue
        pool[f"variable {number} is what was collected"] = (
            lambda p, at, now, number=number: now[number].term == p.s["coll"])
        if path.operation.alone:
            path.assume(partial(entry.s["words"], 0) == 0)
            pool[f"variable {number} is the sum so far"] = (
                lambda p, at, now, number=number:
                now[number].term == even_part(entry.s["out"]) + partial(entry.s["words"], at))
    return pool


def generalised(path, rounds, values):
    """Puts the path before any round of the loop, or behind the last."""
    low, high, words, total = rounds.low.term, rounds.high.term, path.s["words"], path.s["sum"]
    path.s = path.any_state()
    path.mine, path.owes, path.delta = path.fresh(Bool, "mine"), path.fresh(Bool, "owes"), path.fresh(Int, "delta")
    if path.operation.honest:
        path.assume(Implies(path.owes, path.s["owed"] >= 1))
    cursor = path.fresh(Int, "cursor")
    index, following = (cursor - 1, cursor - 1) if rounds.down else (cursor, cursor + 1)
    path.assume(partial(words, index + 1) == partial(words, index) + live(Select(words, index)))
    more = And(low <= index, index < high)
    over = cursor == (low if rounds.down else If(high > low, high, low))
    if path.operation.alone:
        path.assume(partial(words, N) == total)
    return SimpleNamespace(cursor=cursor, index=index, next=following, more=more, over=over,
                           values=tuple(Num(path.fresh(Int, "variable"), value.signed) for value in values))
