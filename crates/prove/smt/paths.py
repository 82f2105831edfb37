"""Follows every path of an operation, from any state that the invariant allows, and proves what each step owes.

A path is executed anew for every choice that z3 finds open.
"""

from z3 import Bool, BoolVal, Int, IntVal, Not, Solver, unsat

from loops import candidates, generalised
from model import N, remainder
from steps import Steps
from values import UNIT, Num, Opaque, Record, Slots, Word


class Broken(Exception):
    """An obligation does not hold."""


class End(Exception):
    """This path ends here."""


class Restart(Exception):
    """A loop's assumption did not hold; without it, from the start."""


class Path(Steps):
    """One execution of an operation on symbols."""

    def __init__(self, operation, prefix, dropped):
        self.operation, self.prefix, self.dropped = operation, prefix, dropped
        self.solver, self.taken, self.open, self.proved = Solver(), [], [], 0
        self.solver.set("timeout", 20_000)
        self.solver.add(1 <= N, N < 2**32)
        self.names, self.s = 0, None
        self.mine = self.owes = BoolVal(False)  # elected; has to wake
        self.delta = self.claim = IntVal(0)  # how the claims have changed by this call; what it owns at first
        self.watched = False
        self.left = BoolVal(False)  # it has given up the last of what it owned
        # What it has seen: states in which it looked at `outstanding` to acquire, words of slots, and of it.
        self.looks, self.seen, self.glanced, self.writes, self.prepared = [], [], [], 0, 0
        self.s = self.any_state()
        self.start = self.s

    def fresh(self, kind, name):
        self.names += 1
        return kind(f"{name}.{self.names}")

    def assume(self, *facts):
        self.solver.add(*[fact for fact in facts if fact is not True])

    def check(self, *facts):
        self.solver.push()
        self.solver.add(*facts)
        verdict = self.solver.check()
        self.solver.pop()
        return verdict

    def decide(self, condition):
        """Takes one of the ways that are open, and leaves the other for another path."""
        if isinstance(condition, bool):
            return condition
        at = len(self.taken)
        if at < len(self.prefix):
            way = self.prefix[at]
        elif self.check(condition) == unsat:
            way = False
        else:
            way = True
            if self.check(Not(condition)) != unsat:
                self.open.append((*self.taken, False))
        self.taken.append(way)
        self.assume(condition if way else Not(condition))
        return way

    def valid(self, goal):
        return goal is True or (goal is not False and self.check(Not(goal)) == unsat)

    def prove(self, goal, name):
        if len(self.taken) < len(self.prefix):
            return  # the path that left this one open has proved it
        if not self.valid(goal):
            raise Broken(f"{name} ({self.operation.name})")
        self.proved += 1

    # Loops, by induction.

    def loop(self, key, rounds, values):
        pool = candidates(self, values)
        alive = [name for name in pool if (key, name) not in self.dropped]
        start = rounds.high.term if rounds.down else rounds.low.term
        self.keep(key, pool, alive, start, values)
        general = generalised(self, rounds, values)
        self.assume(*[pool[name](self, general.cursor, general.values) for name in alive])
        if self.decide(self.fresh(Bool, "one round")):
            self.assume(general.more)
            return ("round", general.index, general.values), (key, pool, alive, general)
        self.assume(general.over)
        return ("over", general.values), None

    def keep(self, key, pool, alive, cursor, values):
        if len(self.taken) < len(self.prefix):
            return
        lost = [name for name in alive if not self.valid(pool[name](self, cursor, values))]
        if lost:
            self.dropped.update((key, name) for name in lost)
            raise Restart

    def again(self, loop, values):
        key, pool, alive, general = loop
        self.keep(key, pool, alive, general.next, values)
        raise End

    # What the generator asks.

    def run(self, generator):
        loops, answer = [], None
        while True:
            try:
                event = generator.send(answer)
            except StopIteration as end:
                return end.value
            match event:
                case "choose", condition: answer = self.decide(condition)
                case "assert", goal, name: answer = self.prove(goal, name)
                case "load", word, ordering: answer = self.load(word, ordering)
                case "write", word, change, ordering: answer = self.write(word, change, ordering)
                case "exchange", word, old, new, ordering: answer = self.exchange(word, old, new, ordering)
                case "update", word, change, ordering: answer = self.update(word, change, ordering)
                case ("slots",): answer = Num(N, False)
                case "remainder", value, divisor:
                    answer = remainder(value, divisor)
                    self.assume(0 <= answer, answer < divisor)
                case "loop", key, rounds, values:
                    answer, loop = self.loop(key, rounds, values)
                    loops += [loop] if loop else []
                case "again", _, _, values: self.again(loops[-1], values)
                case "while", key:
                    raise End
                case ("protocol",):
                    self.touch()
                    answer = Record("Protocol", {"outstanding": Word(), "slots": Slots()})
                case ("address",):
                    self.touch()
                    answer = Opaque("address")
                case ("current_slot",):
                    self.touch()
                    answer = Num(self.fresh(Int, "slot"), False)
                    self.slot = answer.term
                    self.assume(answer.term >= 0)
                case "unpark_all", _: answer = self.wake()
                case "register", *_: answer = self.announce()
                case "unregister", *_: answer = UNIT
                case ("begin",): answer = self.begin()
                case "park_until", _, ready, _: answer = self.park(ready)
                case "panic", what:
                    return ("panic", what)
                case "foreign", _: self.operation.foreign(self)
                case _:
                    raise AssertionError(f"no answer to {event[0]}")


def prove(operation):
    """Follows every path of an operation. Returns how many obligations were proved, or raises `Broken`."""
    dropped = set()
    while True:
        try:
            return attempt(operation, dropped)
        except Restart:
            pass


def attempt(operation, dropped):
    waiting, proved, ended = [()], 0, 0
    while waiting:
        path = Path(operation, waiting.pop(), dropped)
        try:
            result = path.run(operation.begin(path))
            for name, goal in operation.owes(path, result):
                path.prove(goal, name)
            path.prove(Not(path.mine), "no operation ends in the middle")
            if operation.wakes:
                path.prove(Not(path.owes), "who makes a step that calls for a wake-up wakes")
            ended += 1
        except End:
            pass
        waiting += path.open
        proved += path.proved
        if len(path.taken) > 200:
            raise Broken(f"there are too many paths ({operation.name})")
    if not ended:
        raise Broken(f"it never returns ({operation.name})")
    return proved
