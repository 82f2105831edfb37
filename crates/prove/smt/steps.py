"""What a step of the caller does to the state, and what it owes; between two steps the others do what they like.

The state before a step is any that the invariant allows, but for what only the caller may change.
"""

from z3 import And, Bool, BoolVal, If, Implies, Int, IntVal, Not, Or, Select

from model import (MOVED, drained, forward, forward_with_a_hold, invariant, marks, moving, outstanding_written, quiet, room,
                   slot_written, state, sum_facts)
from values import Num, Variant, odd

ACQUIRES, RELEASES = ("Acquire", "AcqRel", "SeqCst"), ("Release", "AcqRel", "SeqCst")


class Steps:
    def any_state(self):
        self.names += 1
        s = state(f".{self.names}")
        self.assume(*invariant(s, self.operation.honest).values())
        self.known(s)
        return s

    def known(self, s):
        """What is known besides of a state that has the invariant."""
        self.assume(sum_facts(s), marks(s, IntVal(0)), marks(s, s["some"]))

    def others(self):
        """The others run: any number of steps."""
        if self.operation.alone:
            return
        s, t = self.s, self.any_state()
        self.assume(*[Implies(self.mine, t[name] == s[name]) for name in MOVED], Implies(self.mine, moving(t)))
        if self.operation.honest:
            self.assume(Implies(self.owes, t["owed"] >= 1), t["claims"] >= self.claim + self.delta)
        if self.watched:
            self.assume(Implies(t["heard"], s["heard"]), Implies(s["missed"], t["missed"]), t["asleep"] == False,
                        Or(t["missed"], quiet(s, t)))
        if self.operation.further:
            self.assume(Implies(Or(BoolVal(False), *[odd(word) for word in self.seen]), room(t)))
        self.assume(*self.operation.rely(s, t))
        self.s = t

    def word(self, word):
        if word.slot is None:
            return self.s["out"]
        self.assume(marks(self.s, word.slot))
        return Select(self.s["words"], word.slot)

    def touch(self):
        if self.operation.honest:
            self.prove(Not(self.left), "who has left touches the object no more")

    def load(self, word, ordering):
        self.touch()
        self.others()
        if word.slot is None and ordering in ACQUIRES:
            self.looks.append(self.s)
        (self.glanced if word.slot is None else self.seen).append(self.word(word))
        return self.word(word)

    def write(self, word, change, ordering):
        self.touch()
        self.others()
        return self.written(word, change, ordering)

    def exchange(self, word, expected, new, ordering):
        self.touch()
        self.others()
        old = self.word(word)
        if self.decide(old == expected):
            return True, self.written(word, lambda _: new, ordering)
        return False, old

    def update(self, word, change, ordering):
        """The step of a `fetch_update` that succeeds, or its last look; what it does in vain before is looking."""
        self.touch()
        self.others()
        old = self.word(word)
        new = self.run(self.operation.program.invoke(change, (Num(old, False),)))
        if new.name == "None":
            return Variant("Err", (Num(old, False),))
        return Variant("Ok", (Num(self.written(word, lambda _: new.fields[0].term, ordering), False),))

    def written(self, word, change, ordering):
        old = self.word(word)
        new = change(old)
        new = IntVal(new) if isinstance(new, int) else new
        if word.slot is not None:
            self.seen.append(old)
        bits = self.decide(odd(old)), self.decide(odd(new))
        by_us, s = self.mine, self.s
        if word.slot is None:
            t, delta, rules, elects, ends = outstanding_written(
                s, new, bits, by_us, 2 * self.operation.limits["MAX_RESURRECTED"], self.operation.limits["NEAR"])
        else:
            t, delta, rules, elects, ends = slot_written(s, word.slot, new, bits, by_us)
        for name, rule in rules:
            self.prove(rule, name)
        last = And(new == 1, old > 1) if word.slot is None and bits == (True, True) else BoolVal(False)
        calls = Or(ends, last)
        self.writes += 1
        self.delta = self.delta + delta
        self.left = Or(self.left, And(delta < 0, self.claim + self.delta == 0))
        t["claims"] = s["claims"] + delta
        self.prove(Implies(calls, Not(self.owes)), "no step that calls for a wake-up before the last one's")
        t["owed"] = s["owed"] + If(calls, 1, 0)
        t["missed"] = Or(s["missed"], calls)
        self.owes = Or(self.owes, calls)
        self.mine = And(Or(self.mine, elects), Not(ends))
        self.ordered(word, bits, delta, ordering)
        if self.operation.honest:
            self.prove(Or(calls, quiet(s, t)), "what calls for no wake-up changes nothing for a waiter")
            if not self.operation.resets:
                rule = forward_with_a_hold if self.operation.further else forward
                self.prove(rule(s, t), "there is no way back, and after the sweep no new hold")
        self.now(t)
        if word.slot is None and ordering in ACQUIRES:
            self.looks.append(self.s)
        return old

    def ordered(self, word, bits, delta, ordering):
        """Which ordering a write needs, by what it does."""
        starts, ends = (True, False), (False, True)
        if word.slot is not None:
            starts, ends = ends, starts
        rules = [
            (ACQUIRES, bits == starts, "a mark and an election acquire"),
            (RELEASES, bits == ends, "the end of a sweep and a reset release"),
            (ACQUIRES, not (self.operation.releases or self.operation.further) and self.valid(delta > 0),
             "a grant acquires"),
            (RELEASES, self.operation.releases and self.valid(delta < 0), "a release releases"),
        ]
        for enough, applies, name in rules:
            self.prove(not applies or ordering in enough, name)

    def now(self, t):
        """The state after a step of ours: the invariant must hold again."""
        claims = invariant(t, self.operation.honest)
        if self.operation.honest:
            claims["nobody gives up more than is owned"] = self.claim + self.delta >= 0
        t["some"] = self.fresh(Int, "some")
        self.assume(sum_facts(t))
        if len(self.taken) >= len(self.prefix) and not self.valid(And(*claims.values())):
            for name, claim in claims.items():
                self.prove(claim, name)
        self.proved += len(claims)
        self.known(t)
        self.s = t

    # Waiting and waking.

    def wake(self):
        self.others()
        self.prove(self.owes, "a wake-up comes after the step that calls for it")
        t = dict(self.s)
        t |= {"owed": self.s["owed"] - 1, "heard": BoolVal(False), "asleep": BoolVal(False)}
        self.owes = BoolVal(False)
        self.now(t)

    def announce(self):
        self.prove(And(Not(self.mine), Not(self.owes), self.claim + self.delta == 0),
                   "nobody waits while others wait for it")
        self.others()
        t = dict(self.s)
        t |= {"heard": BoolVal(True), "missed": BoolVal(False), "asleep": BoolVal(False)}
        self.now(t)
        self.watched = True

    def sleep(self):
        """The look after the announcement said: sleep."""
        t = dict(self.s)
        t["asleep"] = t["heard"]
        self.prove(self.watched, "who waits announces itself first")
        self.now(t)
        self.watched = False

    def park(self, ready):
        self.announce()
        if not self.decide(self.run(self.operation.program.invoke(ready, ()))):
            self.prove(Not(self.operation.stays_drained), "who looks when all is over does not sleep")
            self.sleep()
        self.watched = False
        return self.fresh(Bool, "ready")  # whatever Park may say

    def begin(self):
        """What `operations::begin` promises, where a wait calls it: that it does is shown by itself."""
        if not self.operation.relies_on_begin or self.watched:
            return None
        self.others()
        if self.operation.stays_drained or self.decide(self.fresh(Bool, "run down")):
            self.assume(drained(self.s))
            self.looks.append(self.s)
            return Variant("Ok", (True,))
        return Variant("Ok", (False,))
