"""Decides litmus tests by Arm's memory model, written down as formulas for z3.

Run by `scripts/prove arm`: `decide.py FOLDER FILE...` prints a line a test, its name, its verdict, and whether the
case happens that its header asks for (`Happens=`); in FOLDER it leaves what herd7 is asked, unless that is `-`.
`decide.py --controls FILE` checks this file itself: tests with known verdicts, and for every ingredient of the model
a test whose verdict changes without it.

The model is that of the Arm ARM, B2.3, in the form of herd7 7.56.3 (`aarch64hwreqs.cat`), for accesses of one size
to normal memory. A candidate is one way through each thread. z3 looks for the rest of an execution:

* from which write each read reads, and in which order the writes to each location come;
* an order of all events of a location that has program order, reads-from, coherence and from-reads in it (internal
  visibility), and another of all events that has ordered-before in it (external visibility). A relation has no
  cycle exactly when there is an order that has it in it.
"""

import re
import sys
from dataclasses import replace
from itertools import pairwise, product

from instructions import Event, Unknown, number
from litmus import Test
from z3 import And, BitVec, BitVecVal, Bool, Distinct, Implies, Not, Or, SolverFor, ULT, sat, unknown

# All that orders anything. `--controls` leaves out one at a time.
INGREDIENTS = ("internal", "atomic", "rfe", "coe", "fre", "addr", "data", "ctrl", "addr;po;W", "dep;lrs", "pick",
               "isb", "lws", "rmw;lrs;A", "full", "ld", "st", "A;po", "Q;po", "po;L", "L;po;A", "A;amo;L")
BITS = 6  # of an event's place in an order: more than there are events


def before(events, use):
    """Yields the pairs of one thread that are locally ordered before, from what the thread's code says."""
    at = {event: number for number, event in enumerate(events)}
    later = lambda event: events[at[event] + 1:]
    same = lambda event, kind: [e for e in later(event) if e.kind == kind and e.location == event.location]
    access = lambda event: event.kind in "RW"

    def local_reads(write):
        """The reads of the same place up to the next write of it."""
        for event in later(write):
            if event.location == write.location and event.kind == "W":
                return
            if event.location == write.location and event.kind == "R":
                yield event

    for event in events:
        if not access(event):
            continue
        # Dependency-ordered-before.
        if use("addr"):
            yield from ((read, event) for read in event.address)
        if use("addr;po;W"):
            yield from ((read, e) for read in event.address for e in later(event) if e.kind == "W")
        if event.kind == "W":
            if use("data"):
                yield from ((read, event) for read in event.data)
            if use("ctrl"):
                yield from ((read, event) for read in event.control)
            if use("pick"):
                yield from ((read, event) for read in event.pick)
            if use("dep;lrs"):
                yield from ((read, e) for read in event.address | event.data for e in local_reads(event))
            # Atomic-ordered-before. (The pair itself is in the local write successors below.)
            pair = event.amo or event.exclusive
            if pair and use("rmw;lrs;A"):
                yield from ((pair, e) for e in local_reads(event) if e.acquire or e.acquire_pc)
            if event.amo and event.amo.acquire and event.release and use("A;amo;L"):
                first = [e for e in events[:at[event]] if access(e)]
                yield from product(first, filter(access, later(event)))
        if use("lws"):
            yield from ((event, write) for write in same(event, "W"))
        # Barrier-ordered-before.
        if event.acquire and use("A;po") or event.acquire_pc and use("Q;po"):
            yield from ((event, e) for e in later(event) if access(e))
        if event.release and use("po;L"):
            yield from ((e, event) for e in events[:at[event]] if access(e))
        if event.release and use("L;po;A"):
            yield from ((event, e) for e in later(event) if e.acquire)
    for barrier in events:
        if access(barrier) or not use(barrier.kind):
            continue
        first = [e for e in events[:at[barrier]] if access(e)]
        last = [e for e in later(barrier) if access(e)]
        if barrier.kind == "full":
            yield from product(first, last)
        elif barrier.kind == "ld":
            yield from product([e for e in first if e.kind == "R" and not e.ignored], last)
        elif barrier.kind == "st":
            yield from product([e for e in first if e.kind == "W"], [e for e in last if e.kind == "W"])
        else:
            reads = barrier.control.union(*(e.address for e in first))
            yield from product(reads, last)


class Execution:
    """The formulas that say: these ways through the threads are an execution that the model allows."""

    def __init__(self, test, ways, use):
        self.test, self.ways, self.use = test, ways, use
        self.starts = {place: Event("W", -1, place, BitVecVal(int(value), 64)) for place, value in test.memory.items()}
        self.accesses = [e for way in ways for e in way.events if e.kind in "RW"]
        events = [*self.starts.values(), *self.accesses]
        if len(events) >= 1 << BITS:
            raise Unknown(f"{len(events)} accesses in {test.name}")
        self.inner = {e: BitVec(f"inner{number}", BITS) for number, e in enumerate(events)}
        self.outer = {e: BitVec(f"outer{number}", BITS) for number, e in enumerate(events)}
        self.source = {}

    def coherent(self, a, b):
        """One write comes before another of the same place."""
        return ULT(self.inner[a], self.inner[b])

    def ordered(self, a, b):
        """One event is ordered before another."""
        return ULT(self.outer[a], self.outer[b])

    def writes(self, place):
        """Returns the writes of a place, the first of which is its start."""
        return [self.starts[place]] + [e for e in self.accesses if e.kind == "W" and e.location == place]

    def formulas(self):
        for way in self.ways:
            yield from way.facts
            yield from (self.ordered(a, b) for a, b in set(before(way.events, self.use)))
        for place in self.test.memory:
            yield from self.at(place)

    def at(self, place):
        writes = self.writes(place)
        here = [e for e in self.accesses if e.location == place]
        yield from (self.coherent(writes[0], e) for e in writes[1:])
        yield Distinct(*(self.inner[write] for write in writes))
        if self.use("internal"):
            yield from (ULT(self.inner[a], self.inner[b]) for a, b in pairwise(here) if a.thread == b.thread)
        if self.use("coe"):
            yield from (Implies(self.coherent(a, b), self.ordered(a, b))
                        for a, b in product(writes, writes) if a.thread != b.thread)
        for number, read in enumerate(here):
            if read.kind == "R":
                yield from self.reads_from(read, writes, f"{place}-{number}")

    def reads_from(self, read, writes, name):
        """Yields the formulas on where a read reads from, and on what comes after that."""
        source = {write: Bool(f"rf-{name}-{number}") for number, write in enumerate(writes)}
        yield Or(*source.values())
        own = next((w for w in writes if read in (w.amo, w.exclusive)), None)
        for write, chosen in source.items():
            facts = [write.value == read.value]
            if self.use("internal"):
                facts.append(ULT(self.inner[write], self.inner[read]))
            if write.thread != read.thread and self.use("rfe"):
                facts.append(self.ordered(write, read))
            for other in writes:
                if other is write:
                    continue
                after = self.coherent(write, other)
                if self.use("internal"):
                    facts.append(Implies(after, ULT(self.inner[read], self.inner[other])))
                if other.thread != read.thread and self.use("fre"):
                    facts.append(Implies(after, self.ordered(read, other)))
                if own and other.thread != read.thread and self.use("atomic"):
                    facts.append(Not(And(after, self.coherent(other, own))))
            yield Implies(chosen, And(*facts))

    def end(self, target, value):
        """Says that a place holds a value in the end."""
        wanted = BitVecVal(value, 64)
        if target not in self.test.memory:
            raise Unknown(f"{self.test.name} asks for {target}, which no thread uses")
        writes = self.writes(target)
        last = lambda write: And(*(self.coherent(other, write) for other in writes if other is not write))
        return Or(*(And(write.value == wanted, last(write)) for write in writes))


def possible(test, asked, use=lambda ingredient: True):
    """Returns whether an execution ends as asked."""
    ways = [shapes(test, thread, asked) for thread in range(len(test.threads))]
    return any(allowed(test, chosen, asked, use) for chosen in product(*ways))


def allowed(test, chosen, asked, use):
    """Returns whether one by these ways does."""
    execution = Execution(test, chosen, use)
    solver = SolverFor("QF_BV")
    solver.set("timeout", 60_000)
    solver.add(*execution.formulas(), *(execution.end(*pair) for pair in asked if ":" not in pair[0]))
    verdict = solver.check()
    if verdict == unknown:
        raise Unknown(f"z3 does not decide {test.name}")
    return verdict == sat


def ending(test, thread, asked):
    """Yields the ways through a thread that can end as asked, which is among their facts."""
    for way in test.ways(thread):
        # A register is zero at first, as in herd7.
        way.facts += [way.registers.get(target.split(":")[1], number(0)).term == BitVecVal(value, 64)
                      for target, value in asked if target.startswith(f"{thread}:")]
        solver = SolverFor("QF_BV")
        solver.add(*way.facts)
        if solver.check() == sat:
            yield way


def shapes(test, thread, asked):
    """Returns the ways through a thread that can end as asked, those with the same events as one."""
    found = {}
    for way in ending(test, thread, asked):
        found.setdefault(way.shape(), []).append(way)
    return [replace(same[0], facts=[Or(*(And(*way.facts) for way in same))]) for same in found.values()]


def verdict(test, use=lambda ingredient: True):
    return "Sometimes" if possible(test, test.asked, use) else "Never"


def controls(tests):
    """Checks this file by tests whose verdicts are known, with and without each ingredient. Returns what is wrong."""
    wrong, needed = [], set()
    for test in tests:
        if verdict(test) != test.info["Verdict"]:
            wrong.append(f"{test.name} is not {test.info['Verdict']}")
        for one in filter(None, test.info.get("Rests", "").split(",")):
            needed.add(one)
            if one not in INGREDIENTS or verdict(test, lambda ingredient: ingredient != one) != "Sometimes":
                wrong.append(f"{test.name} is Never also without {one}")
    return wrong + [f"no control rests on {one}" for one in INGREDIENTS if one not in needed]


def straight(test, folder):
    """Writes a test down once for each choice of ways. herd7 decides these in a fraction of the time.

    Left out are choices whose values don't fit together in any order of the accesses to each place.
    """
    coherence = lambda ingredient: ingredient in ("internal", "atomic")
    for asked, case in (test.asked, "asked"), (test.happens, "happens"):
        ways = [list(ending(test, thread, asked)) for thread in range(len(test.threads))] if asked else [[]]
        for at, chosen in enumerate(product(*ways)):
            if allowed(test, chosen, asked, coherence):
                name = f"{test.name}.{case}.{at}"
                with open(f"{folder}/{name}.litmus", "w", encoding="utf-8") as file:
                    file.write(test.straight(chosen, name, asked))


def main():
    first, *paths = sys.argv[1:]
    tests = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            tests += [Test(part) for part in re.split(r"\n\n(?=AArch64 )", file.read().strip())]
    if first == "--controls":
        wrong = controls(tests)
        print(*wrong, sep="\n", end="")
        return 1 if wrong else 0
    for test in tests:
        if first != "-":
            straight(test, first)
        happens = not test.happens or possible(test, test.happens)
        print(test.name, verdict(test), "happens" if happens else "impossible", flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Unknown as what:
        print(f"not understood: {what}")
        sys.exit(2)
