"""The protocol's inductive invariant, for any number of slots and holders, discharged by z3.

Run by `scripts/prove invariant`. docs/protocol.md has the argument in words; crates/rundown/src/protocol.rs
is the code. Memory is sequentially consistent here: loom covers weak memory for small cases, this covers
all cases. Numbers are mathematical integers in units of one hold: limits.rs keeps the real words, which
count modulo 2^63, from wrapping into another meaning.

The number of slots N is a symbol, and every action is about an arbitrary slot. What the unmarked slots
count is a ghost U. It is a finite sum, and two facts about finite sums are all that is used of it: changing
one term changes the sum by the difference, and the sum of no terms is 0.

State (a dict of z3 terms):
  marked, cnt   arrays over slots: bit 0, and the count bits
  odd, out      bit 0 of `outstanding`, and its count bits
  phase, k      LIVE; SWEEP: slots below k are marked; DONE; SUB: resurrect has set bit 0 and not yet taken
                `left` out of `outstanding`; RESET: slots below k are still marked
  coll          what the sweep has collected; carry: what resurrect will put into slot 0; left: see SUB
  U, H, P       ghosts: sum of the unmarked slots; holds; holds whose release stands between its two steps
"""

import sys
from z3 import (And, Array, Bool, BoolSort, BoolVal, ForAll, If, Implies, Int, IntSort, IntVal, Not, Or,
                Select, Solver, Store, K, sat, substitute, unsat)

LIVE, SWEEP, DONE, SUB, RESET = range(5)
N, i, n, j = Int("N"), Int("i"), Int("n"), Int("j")
INTS = ["out", "phase", "k", "coll", "carry", "left", "U", "H", "P"]


def state(tag):
    s = {name: Int(name + tag) for name in INTS}
    s["odd"] = Bool("odd" + tag)
    s["marked"] = Array("marked" + tag, IntSort(), BoolSort())
    s["cnt"] = Array("cnt" + tag, IntSort(), IntSort())
    return s


def marks(s, rule):
    return ForAll([j], Implies(And(0 <= j, j < N), rule(Select(s["marked"], j), j)))


def invariant(s):
    """What holds between any two actions, by name."""
    below = marks(s, lambda mark, slot: mark == (slot < s["k"]))
    return {
        "every hold is counted exactly once":
            s["H"] + s["P"] == s["U"] + s["coll"] + s["carry"] + s["out"],
        "no count of people is negative": And(s["H"] >= 0, s["P"] >= 0),
        "outstanding is even only after a sweep": s["odd"] == (s["phase"] != DONE),
        "the marks are where the phase says": And(
            Implies(s["phase"] == LIVE, marks(s, lambda mark, _: Not(mark))),
            Implies(s["phase"] == SWEEP, And(below, 1 <= s["k"], s["k"] <= N)),
            Implies(s["phase"] == DONE, marks(s, lambda mark, _: mark)),
            Implies(s["phase"] == SUB, marks(s, lambda mark, _: mark)),
            Implies(s["phase"] == RESET, And(below, 1 <= s["k"], s["k"] <= N))),
        "collected and carried only while under way": And(
            Implies(s["phase"] != SWEEP, s["coll"] == 0), Implies(s["phase"] != RESET, s["carry"] == 0)),
        "there is no other phase": And(s["phase"] >= LIVE, s["phase"] <= RESET),
    }


def safety(s):
    """What a waiter relies on when it sees zero: nobody is inside, on the way out, or let in."""
    zero = And(Not(s["odd"]), s["out"] == 0)
    return {"zero means run down": Implies(
        zero, And(s["H"] == 0, s["P"] == 0, marks(s, lambda mark, _: mark)))}


def initial(s, w):
    """A live object, or one that is run down from the start."""
    run_down = s["phase"] == DONE
    return And(Or(s["phase"] == LIVE, run_down), s["odd"] == (BoolVal(False) if "even start" in w else Not(run_down)),
               s["marked"] == K(IntSort(), run_down), s["cnt"] == K(IntSort(), IntVal(0)),
               *[s[name] == 0 for name in INTS if name not in ("phase", "k")], s["k"] == 0)


def actions(s, w):
    """Name -> (guard, updates, what must hold of the new state besides the invariant). `w`: weakenings."""
    mark, cnt = Select(s["marked"], i), Select(s["cnt"], i)
    unmarked = lambda change: s["U"] + If(mark, 0, change)  # first fact of finite sums
    add = lambda by: Store(s["cnt"], i, cnt + by)
    slot, some = And(0 <= i, i < N), n >= 1
    at = lambda index: And(slot, i == index)
    last = And(s["out"] == n, BoolVal(True) if "no parity" in w else Not(s["odd"]))
    reset_first = IntVal(0) if "slot 0 first" in w else None
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
        "release on an unmarked slot": (And(settle, some, s["H"] >= n),
            {"cnt": add(-n), "U": unmarked(-n), "H": s["H"] - n}, None),
        "release on a marked slot, first step": (And(slot, some, mark, s["H"] >= n),
            {"cnt": add(-n), "H": s["H"] - n, "P": s["P"] + n}, None),
        "release on a marked slot, second step": (And(some, s["P"] >= n),
            {"out": s["out"] - n, "P": s["P"] - n},
            # Whoever brings it to zero knows it, and nobody is left to touch the object.
            lambda t: And(last == And(s["phase"] == DONE, t["out"] == 0), Implies(last, And(t["H"] == 0, t["P"] == 0)))),
        "sweep, slot 0 elects": (And(at(0), sweeper),
            {**marking(), "coll": s["coll"] + sign * cnt, "phase": IntVal(SWEEP), "k": IntVal(1)}, alone(LIVE)),
        "sweep, a further slot": (And(at(s["k"]), s["phase"] == SWEEP, s["k"] < N),
            {**marking(), "coll": s["coll"] + sign * cnt, "k": s["k"] + 1}, lambda t: Not(mark)),
        "sweep, the sum": (And(s["phase"] == SWEEP, end),
            {"out": s["out"] + s["coll"], "coll": IntVal(0), "odd": BoolVal(False), "phase": IntVal(DONE)}, None),
        "reinitialize, elected": (And(Not(s["odd"]), BoolVal(True) if "no look at zero" in w else s["out"] == 0),
            {"odd": BoolVal("even start" not in w), "out": IntVal(0), "phase": IntVal(RESET),
             "k": N if reset_first is None else IntVal(0)}, alone(DONE)),
        "resurrect, elected": (Not(s["odd"]),
            {"odd": BoolVal(True), "left": s["out"], "phase": IntVal(SUB)}, alone(DONE)),
        "resurrect, what is left": (s["phase"] == SUB,
            {"out": s["out"] - (0 if "left counted twice" in w else s["left"]), "carry": s["left"],
             "phase": IntVal(RESET), "k": N if reset_first is None else IntVal(0)}, None),
    }
    if reset_first is None:
        result["reset, a slot"] = (And(at(s["k"] - 1), s["phase"] == RESET, s["k"] >= 2),
            {"marked": Store(s["marked"], i, False), "cnt": Store(s["cnt"], i, 0), "k": s["k"] - 1}, None)
        result["reset, slot 0"] = (And(at(0), s["phase"] == RESET, s["k"] == 1),
            {"marked": Store(s["marked"], i, False), "cnt": Store(s["cnt"], i, s["carry"]),
             "U": s["U"] + s["carry"], "carry": IntVal(0), "phase": IntVal(LIVE)}, None)
    else:
        result["reset, a slot"] = (And(at(s["k"]), s["phase"] == RESET, s["k"] < N),
            {"marked": Store(s["marked"], i, False), "cnt": Store(s["cnt"], i, If(i == 0, s["carry"], 0)),
             "U": s["U"] + If(i == 0, s["carry"], 0), "carry": IntVal(0), "k": s["k"] + 1,
             "phase": If(s["k"] + 1 == N, LIVE, RESET)}, None)
    if early:
        # The count is read first, and the mark set by a second step: what comes between is lost.
        result["sweep, a further slot"] = (And(at(s["k"]), s["phase"] == SWEEP, s["k"] < N, s["left"] == 0),
            {"coll": s["coll"] + cnt, "left": IntVal(1)}, None)
        result["sweep, the late mark"] = (And(at(s["k"]), s["phase"] == SWEEP, s["k"] < N, s["left"] == 1),
            {**marking(), "k": s["k"] + 1, "left": IntVal(0)}, None)
    return result


def step(s, t, updates):
    return And(*[t[name] == updates.get(name, s[name]) for name in s])


def none_unmarked(s):
    """The second fact of finite sums."""
    return Implies(marks(s, lambda mark, _: mark), s["U"] == 0)


def holds(facts, goal):
    solver = Solver()
    solver.set("timeout", 60_000)
    solver.add(N >= 1, *facts, Not(goal))
    verdict = solver.check()
    if verdict not in (sat, unsat):
        print(f"  z3 does not know: {goal}")
    return verdict == unsat


def obligations(w):
    """Yields name, holds: for the initial state, what a waiter relies on, and every action."""
    s, t = state(""), state("'")
    before = [*invariant(s).values(), none_unmarked(s)]
    yield "initial", holds([initial(s, w), none_unmarked(s)], And(*invariant(s).values()))
    yield "safety", holds(before, And(*safety(s).values()))
    for name, (guard, updates, extra) in actions(s, w).items():
        facts = before + [guard, step(s, t, updates), none_unmarked(t)]
        yield name, holds(facts, And(*invariant(t).values(), *([extra(t)] if extra else [])))


def attack(w, depth=6):
    """Looks for a run of at most `depth` actions on two slots, from the start, into an unsafe state."""
    solver, steps = Solver(), []
    solver.set("timeout", 3_000)
    solver.add(N == 2)
    s = state("0")
    solver.add(initial(s, w), s["phase"] == LIVE)
    for at in range(1, depth + 1):
        t, choices = state(str(at)), []
        slot, count = Int(f"i{at}"), Int(f"n{at}")
        for name, (guard, updates, _) in actions(s, w).items():
            choices.append((name, substitute(And(guard, step(s, t, updates)), (i, slot), (n, count))))
        picked = Int(f"action{at}")
        solver.add(Or(*[And(picked == number, rule) for number, (_, rule) in enumerate(choices)]))
        steps.append((picked, [name for name, _ in choices]))
        solver.push()
        unsafe = Or(Not(And(*safety(t).values())), And(t["phase"] == LIVE, Not(t["odd"])))
        solver.add(unsafe)
        if solver.check() == sat:
            model = solver.model()
            return [names[model[picked].as_long()] for picked, names in steps]
        solver.pop()
        s = t
    return None


def sums_are_sums():
    """Checks the two facts themselves, by writing the sum out, for 1 to 5 slots."""
    for slots in range(1, 6):
        s = state("")
        total = lambda marked, cnt: sum([If(Select(marked, x), 0, Select(cnt, x)) for x in range(slots)], IntVal(0))
        value = Int("value")
        for new_mark in (True, False):
            change = (If(BoolVal(new_mark), 0, value)) - If(Select(s["marked"], i), 0, Select(s["cnt"], i))
            after = total(Store(s["marked"], i, new_mark), Store(s["cnt"], i, value))
            if not holds([N == slots, 0 <= i, i < N], after == total(s["marked"], s["cnt"]) + change):
                return False
        if not holds([N == slots, marks(s, lambda mark, _: mark)], total(s["marked"], s["cnt"]) == 0):
            return False
    return True


WEAKENED = ["even start", "slot 0 first", "no parity", "counted before marked", "wrong sign", "no second look",
            "no settling", "last slot skipped", "left counted twice", "elected by a look", "no look at zero"]


def main():
    if not sums_are_sums():
        print("invariant: the facts about sums do not hold")
        return 1
    proved = dict(obligations(set()))
    failed = [name for name, verdict in proved.items() if not verdict]
    broken = 0
    for weakness in WEAKENED:
        breaks = next((name for name, verdict in obligations({weakness}) if not verdict), None)
        broken += breaks is not None
        run = attack({weakness})
        shown = f"; {len(run)} steps to harm: {', '.join(run)}" if run else ""
        print(f"  {weakness}: {'breaks at ' + breaks if breaks else 'NOT broken'}{shown}")
    if failed:
        print("invariant: DOES NOT HOLD for " + ", ".join(failed))
    else:
        print(f"invariant: holds for {len(proved) - 2} actions, the initial states and the waiter; "
              f"{broken} weakened protocols broken of {len(WEAKENED)}")
    return 0 if not failed and broken == len(WEAKENED) else 1


if __name__ == "__main__":
    sys.exit(main())
