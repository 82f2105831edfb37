"""The protocol as actions on a state, for z3: what crates/rundown/src/protocol.rs does, write by write.

Each action is one atomic write of that file; `WRITES` ties the two together. Memory is sequentially
consistent here: loom covers weak memory for small cases, this covers all cases. Numbers are mathematical
integers in units of one hold: limits.rs keeps the real words, which count modulo 2^63, from wrapping into
another meaning. Loads are not actions: `acquire`, `sweep` and `resurrect` use them as hints that the next
write decides over, and what `progress` reads is what invariant.py's promises are about.

The number of slots N is a symbol, and every action is about an arbitrary slot.

State (a dict of z3 terms):
  marked, cnt   arrays over slots: bit 0, and the count bits
  odd, out      bit 0 of `outstanding`, and its count bits
  phase, k      LIVE; SWEEP: slots below k are marked; DONE; RESET: slots below k are still marked
  coll          what the sweep has collected; carry: what resurrect will put into slot 0
  left          whether a weakened sweep has read slot k and not yet marked it
  U, H, P       ghosts: sum of the unmarked slots; holds; holds whose release stands between its two steps
"""

import re

from z3 import (And, Array, Bool, BoolSort, BoolVal, ForAll, If, Implies, Int, IntSort, IntVal, Not, Or, Select,
                Store, K)

LIVE, SWEEP, DONE, RESET = range(4)
N, i, n, j = Int("N"), Int("i"), Int("n"), Int("j")
ZERO, TRUE = IntVal(0), BoolVal(True)
INTS = ["out", "phase", "k", "coll", "carry", "left", "U", "H", "P"]


def state(tag):
    s = {name: Int(name + tag) for name in INTS}
    s["odd"] = Bool("odd" + tag)
    s["marked"] = Array("marked" + tag, IntSort(), BoolSort())
    s["cnt"] = Array("cnt" + tag, IntSort(), IntSort())
    return s


def marks(s, rule):
    return ForAll([j], Implies(And(0 <= j, j < N), rule(Select(s["marked"], j), j)))


def initial(s, w):
    """A live object, or one that is run down from the start."""
    run_down = s["phase"] == DONE
    return And(Or(s["phase"] == LIVE, run_down), s["odd"] == (BoolVal(False) if "even start" in w else Not(run_down)),
               s["marked"] == K(IntSort(), run_down), s["cnt"] == K(IntSort(), ZERO),
               *[s[name] == 0 for name in INTS if name not in ("phase", "k")], s["k"] == 0)


def actions(s, w):
    """Name -> (guard, updates, what must hold of the new state besides the invariant). `w`: weakenings."""
    mark, cnt = Select(s["marked"], i), Select(s["cnt"], i)
    unmarked = lambda change: s["U"] + If(mark, 0, change)  # first fact of finite sums
    add = lambda by: Store(s["cnt"], i, cnt + by)
    slot, some, owned = And(0 <= i, i < N), n >= 1, TRUE if "too many" in w else s["H"] >= n
    at = lambda index: And(slot, i == index)
    last = And(s["out"] == n, Not(s["odd"]))
    reset_first = ZERO if "slot 0 first" in w else None
    grant = slot if "no second look" in w else And(slot, Not(mark))
    sweeper = Or(Not(mark), BoolVal("elected by a look" in w))
    settle = And(slot, Not(mark)) if "no settling" not in w else slot
    sign = -1 if "wrong sign" in w else 1
    early = "counted before marked" in w
    end = s["k"] == (N - 1 if "last slot skipped" in w else N)
    alone = lambda phase: lambda t: s["phase"] == phase  # the mover of the words is alone
    marking = lambda: {"marked": Store(s["marked"], i, True), "U": unmarked(-cnt)}
    result = {
        "acquire, granted": (And(grant, some),
            {"cnt": add(n), "U": unmarked(n), "H": s["H"] + n}, None),
        "acquire, refused by the add": (And(slot, some, mark), {"cnt": add(n)}, None),
        "release on an unmarked slot": (And(settle, some, owned),
            {"cnt": add(-n), "U": unmarked(-n), "H": s["H"] - n}, None),
        "release on a marked slot, first step": (And(slot, some, mark, owned),
            {"cnt": add(-n), "H": s["H"] - n, "P": s["P"] + n}, None),
        "release on a marked slot, second step": (And(some, s["P"] >= n),
            {"out": s["out"] - n, "P": s["P"] - n},
            # Whoever brings it to zero knows it, and nobody is left to touch the object.
            lambda t: And(last == And(s["phase"] == DONE, t["out"] == 0), Implies(last, And(t["H"] == 0, t["P"] == 0)),
                          Implies(Not(s["odd"]), s["out"] >= n))),  # and nobody honest is told "too many"
        "sweep, slot 0 elects": (And(at(0), sweeper),
            {**marking(), "coll": s["coll"] + sign * cnt, "phase": IntVal(SWEEP), "k": IntVal(1)}, alone(LIVE)),
        "sweep, a further slot": (And(at(s["k"]), s["phase"] == SWEEP, s["k"] < N),
            {**marking(), "coll": s["coll"] + sign * cnt, "k": s["k"] + 1}, lambda t: Not(mark)),
        "sweep, the sum": (And(s["phase"] == SWEEP, end),
            {"out": s["out"] + s["coll"], "coll": ZERO, "odd": BoolVal(False), "phase": IntVal(DONE)}, None),
        "reinitialize, elected": (And(Not(s["odd"]), TRUE if "no look at zero" in w else s["out"] == 0),
            {"odd": BoolVal("even start" not in w), "out": ZERO, "phase": IntVal(RESET),
             "k": N if reset_first is None else ZERO}, alone(DONE)),
        "resurrect, elected": (Not(s["odd"]),
            {"odd": BoolVal(True), "out": s["out"] if "left counted twice" in w else ZERO, "carry": s["out"],
             "phase": IntVal(RESET), "k": N if reset_first is None else ZERO}, alone(DONE)),
    }
    if reset_first is None:
        result["reset, a slot"] = (And(at(s["k"] - 1), s["phase"] == RESET, s["k"] >= 2),
            {"marked": Store(s["marked"], i, False), "cnt": Store(s["cnt"], i, 0), "k": s["k"] - 1}, None)
        result["reset, slot 0"] = (And(at(0), s["phase"] == RESET, s["k"] == 1),
            {"marked": Store(s["marked"], i, False), "cnt": Store(s["cnt"], i, s["carry"]),
             "U": s["U"] + s["carry"], "carry": ZERO, "phase": IntVal(LIVE)}, None)
    else:
        result["reset, a slot"] = (And(at(s["k"]), s["phase"] == RESET, s["k"] < N),
            {"marked": Store(s["marked"], i, False), "cnt": Store(s["cnt"], i, If(i == 0, s["carry"], 0)),
             "U": s["U"] + If(i == 0, s["carry"], 0), "carry": ZERO, "k": s["k"] + 1,
             "phase": If(s["k"] + 1 == N, LIVE, RESET)}, None)
    if early:
        # The count is read first, and the mark set by a second step: what comes between is lost.
        result["sweep, a further slot"] = (And(at(s["k"]), s["phase"] == SWEEP, s["k"] < N, s["left"] == 0),
            {"coll": s["coll"] + cnt, "left": IntVal(1)}, None)
        result["sweep, the late mark"] = (And(at(s["k"]), s["phase"] == SWEEP, s["k"] < N, s["left"] == 1),
            {**marking(), "k": s["k"] + 1, "left": ZERO}, None)
    return result


def step(s, t, updates):
    return And(*[t[name] == updates.get(name, s[name]) for name in s])


# The writes of protocol.rs, by function: what the actions above stand for. The two additions in `release_slow`
# mend a word after a release too many, which no honest caller meets (the promises about reports).
WRITES = {
    "acquire": ["fetch_add"], "release": ["fetch_sub"], "release_slow": ["fetch_add", "fetch_sub", "fetch_add"],
    "sweep": ["fetch_add"], "mark": ["fetch_or"], "reinitialize": ["compare_exchange"],
    "resurrect": ["try_update"], "reset": ["swap"],
}


def writes(source):
    """Reads which function writes atomically, and how."""
    found, function = {}, None
    for line in source.splitlines():
        code = line.split("//")[0]
        function = (re.findall(r"\bfn (\w+)", code) or [function])[0]
        for operation in re.findall(r"\.(store|swap|fetch_\w+|compare_\w+|try_update)\(", code):
            found.setdefault(function, []).append(operation)
    return found
