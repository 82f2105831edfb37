"""The protocol's inductive invariant, for any number of slots and holders, discharged by z3.

Run by `scripts/prove invariant`. docs/protocol.md has the argument in words, model.py the protocol's actions.

An obligation is a formula whose negation z3 finds unsatisfiable: the initial states have the invariant,
every action keeps it, and every promise follows from it. They are proved for callers who release what they
own, and, as far as it holds, for callers who release too much. Each weakened protocol must break an
obligation, and a concrete run on one or two slots must show the harm.

What the unmarked slots count is a ghost U. It is a finite sum, of which three facts are used: changing one
term changes the sum by the difference, the sum of no terms is 0, the sum of one is that one.
`sums_are_sums` checks them, and nothing else is assumed of it.
"""

import sys

from model import (DONE, LIVE, N, RESET, SWEEP, TRUE, WRITES, ZERO, actions, i, initial, marks, n, state,
                   step, writes)
from z3 import And, BoolVal, If, Implies, Int, Not, Or, Select, Solver, Store, sat, substitute, unsat


def invariant(s, honest=True):
    """What holds between any two actions, by name. `honest`: nobody releases more than there is."""
    below = marks(s, lambda mark, slot: mark == (slot < s["k"]))
    all_marked = marks(s, lambda mark, _: mark)
    return {
        "every hold is counted exactly once":
            s["H"] + s["P"] == s["U"] + s["coll"] + s["carry"] + s["out"],
        "no count of people is negative": And(s["H"] >= 0 if honest else TRUE, s["P"] >= 0),
        "outstanding is even only after a sweep": s["odd"] == (s["phase"] != DONE),
        "before that it only falls": Implies(s["odd"], s["out"] <= 0),
        "the marks are where the phase says": And(
            Implies(s["phase"] == LIVE, marks(s, lambda mark, _: Not(mark))),
            Implies(Or(s["phase"] == SWEEP, s["phase"] == RESET), And(below, 1 <= s["k"], s["k"] <= N)),
            Implies(s["phase"] == DONE, all_marked)),
        "collected and carried only while under way": And(
            Implies(s["phase"] != SWEEP, s["coll"] == 0), Implies(s["phase"] != RESET, s["carry"] == 0)),
        "there is no other phase": And(s["phase"] >= LIVE, s["phase"] <= RESET),
    }


def promises(s, honest=True):
    """What follows for those who look, by name."""
    zero, drained = And(Not(s["odd"]), s["out"] == 0), s["phase"] == DONE
    always = {
        "outstanding is never zero before the sweep has ended": Implies(zero, drained),
        "once drained, no acquire is granted": Implies(drained, marks(s, lambda mark, _: mark)),
        "once drained, it tells how many are left": Implies(drained, s["out"] == s["H"] + s["P"]),
    }
    return always | ({
        "zero means that nobody is inside or on the way out": Implies(zero, And(s["H"] == 0, s["P"] == 0)),
        "when the last has left, it is zero": Implies(And(drained, s["H"] == 0, s["P"] == 0), zero),
        "no drain reports too many releases": Implies(drained, s["out"] >= 0),
        "no release on a single slot does": Implies(
            And(N == 1, Not(Select(s["marked"], 0))), Select(s["cnt"], 0) >= s["H"]),
    } if honest else {
        "too many releases show in the drain": Implies(And(drained, s["H"] + s["P"] < 0), s["out"] < 0)})


def sum_facts(s):
    """The second and the third fact of finite sums."""
    return And(Implies(marks(s, lambda mark, _: mark), s["U"] == 0), Implies(
        N == 1, s["U"] == If(Select(s["marked"], 0), 0, Select(s["cnt"], 0))))


def holds(facts, goal):
    solver = Solver()
    solver.set("timeout", 60_000)
    solver.add(N >= 1, *facts, Not(goal))
    verdict = solver.check()
    if verdict not in (sat, unsat):
        print(f"  z3 does not know: {goal}")
    return verdict == unsat


def obligations(w):
    """Yields name, holds: for the initial states, every promise, and every action."""
    s, t, honest = state(""), state("'"), "too many" not in w
    before = [*invariant(s, honest).values(), sum_facts(s)]
    yield "initial", holds([initial(s, w), sum_facts(s)], And(*invariant(s, honest).values()))
    for name, promise in promises(s, honest).items():
        yield name, holds(before, promise)
    for name, (guard, updates, extra) in actions(s, w).items():
        facts = before + [guard, step(s, t, updates), sum_facts(t)]
        claims = [extra(t)] if extra and honest else []
        yield name, holds(facts, And(*invariant(t, honest).values(), *claims))


def attack(w, depth=9):
    """Looks for a run of at most `depth` actions on one or two slots that breaks a promise or a claim."""
    solver, steps = Solver(), []
    solver.set("timeout", 20_000)
    solver.add(N >= 1, N <= 2)
    s = state("0")
    solver.add(initial(s, w))
    for at in range(1, depth + 1):
        t, choices, broken = state(str(at)), [], []
        slot, count, picked = Int(f"i{at}"), Int(f"n{at}"), Int(f"action{at}")
        for number, (name, (guard, updates, extra)) in enumerate(actions(s, w).items()):
            own = lambda formula: substitute(formula, (i, slot), (n, count))
            choices.append(And(picked == number, own(And(guard, step(s, t, updates)))))
            broken += [And(picked == number, Not(own(extra(t))))] if extra else []
        solver.add(Or(*choices), count <= 2)
        steps.append((picked, list(actions(s, w))))
        solver.push()
        solver.add(Or(*broken, *[Not(promise) for promise in promises(t).values()]))
        if solver.check() == sat:
            model = solver.model()
            number = model.eval(N, model_completion=True)
            return f"{number} slot{'s' if number.as_long() > 1 else ''}: " + ", ".join(names[model[p].as_long()] for p, names in steps)
        solver.pop()
        s = t
    return None


def sums_are_sums():
    """Checks the two facts themselves, by writing the sum out, for 1 to 5 slots."""
    for slots in range(1, 6):
        s = state("")
        total = lambda marked, cnt: sum([If(Select(marked, x), 0, Select(cnt, x)) for x in range(slots)], ZERO)
        value = Int("value")
        for new_mark in (True, False):
            change = (If(BoolVal(new_mark), 0, value)) - If(Select(s["marked"], i), 0, Select(s["cnt"], i))
            after = total(Store(s["marked"], i, new_mark), Store(s["cnt"], i, value))
            if not holds([N == slots, 0 <= i, i < N], after == total(s["marked"], s["cnt"]) + change):
                return False
        now = total(s["marked"], s["cnt"])
        if not holds([N == slots, s["U"] == now], sum_facts(s)):
            return False
    return True


WEAKENED = ["even start", "slot 0 first", "counted before marked", "wrong sign", "no second look",
            "no settling", "last slot skipped", "left counted twice", "elected by a look", "no look at zero"]


def main():
    with open(sys.argv[1], encoding="utf-8") as protocol:
        if (found := writes(protocol.read())) != WRITES:
            print(f"invariant: the protocol's writes are not those that the model knows: {found}")
            return 1
    if not sums_are_sums():
        print("invariant: the facts about sums do not hold")
        return 1
    failed = []
    for world in (set(), {"too many"}):
        proved = dict(obligations(world))
        failed += [name for name, verdict in proved.items() if not verdict]
        print(f"  {'with releases too many' if world else 'every caller honest'}: {len(proved)} obligations")
    broken = 0
    for weakness in WEAKENED:
        breaks = next((name for name, verdict in obligations({weakness}) if not verdict), None)
        run = attack({weakness})
        broken += breaks is not None and run is not None
        print(f"  {weakness}: {'breaks at ' + breaks if breaks else 'NOT broken'}; {run or 'NO run found'}")
    if failed:
        print("invariant: DOES NOT HOLD for " + ", ".join(failed))
    else:
        print(f"invariant: holds for every action, for any number of slots and holders; "
              f"weakened protocols: {len(WEAKENED)}, broken by a run: {broken}")
    return 0 if not failed and broken == len(WEAKENED) else 1


if __name__ == "__main__":
    sys.exit(main())
