"""The state, its invariant, and what one write does to it: whoever writes, wherever in the source.

Memory is sequentially consistent here: loom covers weak memory for small cases, this covers all cases. The
number of slots N is a symbol. All counts are in the units of the words, two a hold.

State (a dict of z3 terms):
  words, out    the slots, an array; `outstanding`
  phase, k      LIVE; SWEEP: slots below k are marked; DONE; RESET: slots below k are still marked
  sum           ghost: sum of the unmarked slots
  claims        ghost: what all callers together are owed or owe: a hold counts from the write that grants it
                to the last write of its release
  coll, carry   ghosts: what the sweep under way has collected; what a reset has taken out of `outstanding`
                and not yet put into slot 0; left: what was in `outstanding` when the reset began
  owed          ghost: how many callers have made a step that calls for a wake-up, and have not woken yet
  heard         ghost, of one waiter, which is any: it has announced itself, and no wake-up has come since
  missed        since then a step has called for a wake-up
  asleep        its look, after it announced itself, told it to sleep, and no wake-up has come since
"""

from z3 import (And, Array, ArraySort, Bool, BoolVal, Function, If, Implies, Int, IntSort, IntVal, K, Not, Or, Select,
                Store)

from values import even_part, odd

LIVE, SWEEP, DONE, RESET = range(4)
N, ANY = Int("N"), Int("any")  # ANY: the slot that a goal about all slots is about
INTS = ["out", "phase", "k", "sum", "claims", "coll", "carry", "left", "owed", "some"]
BOOLS = ["heard", "missed", "asleep"]
# What only the one who was elected changes, while there is one.
MOVED = ["phase", "k", "coll", "carry", "left"]
remainder = Function("remainder", IntSort(), IntSort(), IntSort())
# The sum of the unmarked slots below an index.
partial = Function("partial", ArraySort(IntSort(), IntSort()), IntSort(), IntSort())


def state(tag):
    s = {name: Int(name + tag) for name in INTS} | {name: Bool(name + tag) for name in BOOLS}
    s["words"] = Array("words" + tag, IntSort(), IntSort())
    return s


def slot(s, at, rule):
    """Something about one slot. A goal about all is proved for `ANY`, and known for each slot that is named:
    so no formula has a quantifier, and z3 always decides."""
    return Implies(And(0 <= at, at < N), rule(odd(Select(s["words"], at)), at))


def marks(s, at):
    return And(
        Implies(s["phase"] == LIVE, slot(s, at, lambda mark, _: Not(mark))),
        Implies(moving(s), And(slot(s, at, lambda mark, slot: mark == (slot < s["k"])), 1 <= s["k"], s["k"] <= N)),
        Implies(s["phase"] == DONE, slot(s, at, lambda mark, _: mark)))


def live(word):
    """What a slot's word counts for."""
    return If(odd(word), 0, word)


def moving(s):
    """Somebody sweeps or resets: the one who was elected, alone."""
    return Or(s["phase"] == SWEEP, s["phase"] == RESET)


def drained(s):
    return And(s["phase"] == DONE, s["out"] == 1)


def will_wake(s):
    """Who has not finished yet will make a step that calls for a wake-up."""
    return Or(moving(s), And(s["phase"] == DONE, s["out"] > 1))


def invariant(s, honest=True):
    """What holds between any two steps, by name. `honest`: nobody releases more than there is."""
    held = {
        "every hold is counted exactly once":
            s["claims"] == s["sum"] + s["coll"] + s["carry"] + even_part(s["out"]),
        "counts are those of whole holds": And(*[s[name] % 2 == 0 for name in ("claims", "coll", "carry")]),
        "outstanding is odd only after a sweep": odd(s["out"]) == (s["phase"] == DONE),
        "the marks are where the phase says": marks(s, ANY),
        "collected and carried only while under way": And(
            Implies(s["phase"] != SWEEP, s["coll"] == 0), Implies(s["phase"] != RESET, s["carry"] == 0)),
        "there is no other phase": And(s["phase"] >= LIVE, s["phase"] <= RESET),
    }
    return held | ({
        "no count of people is negative": s["claims"] >= 0,
        "while slots count, outstanding is not above zero": Implies(
            Or(s["phase"] == LIVE, s["phase"] == RESET), even_part(s["out"]) <= 0),
        "a wake-up that is called for is owed": And(s["owed"] >= 0, Implies(And(s["heard"], s["missed"]), s["owed"] > 0)),
        "who sleeps is woken, or will be": Implies(And(s["asleep"], s["owed"] == 0), will_wake(s)),
        "who sleeps has not been woken": Implies(s["asleep"], s["heard"]),
    } if honest else {})


def promises(s, honest=True):
    """What follows for those who look, by name."""
    always = {
        "outstanding is never one before the sweep has ended": Implies(s["out"] == 1, s["phase"] == DONE),
        "once drained, no acquire is granted": Implies(s["phase"] == DONE, slot(s, ANY, lambda mark, _: mark)),
        "once drained, it tells how many are left": Implies(s["phase"] == DONE, s["out"] == s["claims"] + 1),
    }
    return always | ({
        "one means that nobody is inside or on the way out": Implies(s["out"] == 1, s["claims"] == 0),
        "when the last has left, it is one": Implies(And(s["phase"] == DONE, s["claims"] == 0), s["out"] == 1),
        "no drain reports too many releases": Implies(s["phase"] == DONE, s["out"] >= 1),
        "asleep, and the word is one or live: a wake-up is on its way":
            Implies(And(s["asleep"], Or(drained(s), s["phase"] == LIVE)), s["owed"] > 0),
    } if honest else {
        "too many releases show in the drain": Implies(And(s["phase"] == DONE, s["claims"] < 0), s["out"] < 1)})


def sum_facts(s):
    """The second and the third fact of finite sums: without terms it is 0, with one it is that one. For the
    second, `some` names a slot that counts, if the sum says that there is one."""
    counts = And(0 <= s["some"], s["some"] < N, Not(odd(Select(s["words"], s["some"]))))
    return And(Implies(s["sum"] != 0, counts), Implies(N == 1, s["sum"] == live(Select(s["words"], 0))))


def quiet(s, t):
    """What a step does at most that calls for no wake-up. Of any number of such steps it holds as well."""
    return And(
        Implies(t["phase"] == LIVE, s["phase"] == LIVE),
        Implies(t["phase"] == SWEEP, Or(s["phase"] == LIVE, s["phase"] == SWEEP)),
        Implies(t["phase"] == RESET, Or(s["phase"] == DONE, s["phase"] == RESET)),
        Implies(t["phase"] == DONE, And(s["phase"] == DONE, Implies(s["out"] > 1, t["out"] > 1))))


def forward(s, t):
    """What a step does at most that is not a re-initialisation: no way back, and no end of claims put off."""
    return And(forward_with_a_hold(s, t), Implies(s["phase"] == DONE, t["claims"] <= s["claims"]))


def forward_with_a_hold(s, t):
    """As `forward`, of who has a hold and takes another: when nobody is inside, nobody comes."""
    return And(
        Implies(s["phase"] == SWEEP, Or(t["phase"] == DONE, And(t["phase"] == SWEEP, t["k"] >= s["k"]))),
        Implies(s["phase"] == DONE, And(t["phase"] == DONE, Implies(s["claims"] <= 0, t["claims"] <= s["claims"]))))


def room(s):
    """There is room in `outstanding` for a further hold that found a mark which a reset has taken back, or is taking
    back. A reset leaves room for a quarter of `NEAR` of them; there is one at a time of each caller who has a hold."""
    return Implies(Or(s["phase"] == LIVE, s["phase"] == RESET), even_part(s["out"]) <= -2)


def initial(s, words, out):
    """A new object: all its slots have the same word."""
    phase = LIVE if words % 2 == 0 else DONE
    return And(s["words"] == K(IntSort(), IntVal(words)), s["out"] == out, s["phase"] == phase,
               *[s[name] == 0 for name in ("sum", "claims", "coll", "carry", "owed")],
               *[Not(s[name]) for name in BOOLS])


def slot_written(s, index, new, marks, by_us):
    """A slot gets a new word; `marks`: whether it was and is marked. Returns the new state, the change of the
    claims, what must hold for this step, whether it elects, whether it ends what an election began."""
    old, t, (was, now) = Select(s["words"], index), dict(s), marks
    t["words"] = Store(s["words"], index, new)
    t["sum"] = s["sum"] + (0 if now else new) - (0 if was else old)  # the first fact of finite sums
    if was == now:
        return t, (IntVal(0) if now else new - old), [], False, False
    if now:
        first = And(s["phase"] == LIVE, index == 0)
        t |= {"phase": IntVal(SWEEP), "k": index + 1, "coll": s["coll"] + old}
        rule = Or(first, And(by_us, s["phase"] == SWEEP, index == s["k"]))
        return t, IntVal(0), [("slot 0 elects who sweeps, and it marks one slot after the other", rule)], first, False
    last = index == 0
    t |= {"phase": If(last, IntVal(LIVE), s["phase"]), "k": index, "carry": s["carry"] - new}
    return t, IntVal(0), [
        ("who was elected clears one slot after the other, slot 0 last",
         And(by_us, s["phase"] == RESET, index == s["k"] - 1)),
        ("a reset puts all that was left back into slot 0",
         Implies(last, And(new == s["left"], t["carry"] == 0)))], False, last


def outstanding_written(s, new, marks, by_us, most, near):
    """`outstanding` gets a new word. As `slot_written`; `most`: what a reset may carry over;
    `near`: how far from zero a slot needs no look at the others."""
    old, t, (was, now) = s["out"], dict(s), marks
    t["out"] = new
    change = even_part(new) - even_part(old)
    if was and now:
        return t, change, [], False, False
    if not was and not now:
        carried = And(by_us, s["phase"] == RESET)
        t["carry"] = s["carry"] - If(carried, change, 0)
        return t, If(carried, 0, change), [], False, False
    if was:
        t |= {"phase": IntVal(RESET), "k": N, "carry": s["carry"] - change,
              "left": -change}
        return t, IntVal(0), [
            ("a reset leaves room for further holds", Or(old <= 1, new <= -(near // 2))),
            ("a reset starts from the end of a run-down", s["phase"] == DONE),
            ("a reset carries no more over than the limits allow", And(1 <= old, old <= most + 1))], BoolVal(True), False
    t |= {"phase": IntVal(DONE), "coll": s["coll"] - change}
    return t, IntVal(0), [
        ("the word becomes odd when every slot is marked", And(by_us, s["phase"] == SWEEP, s["k"] == N)),
        ("the sweep hands on what it has collected", t["coll"] == 0)], False, BoolVal(True)
