"""All that is to be proved of a source, and which part of it a change of the source can touch."""

import time
from pathlib import Path

from z3 import And, Int, IntVal, Not, Select, Solver, Store, unsat

from model import DONE, LIVE, N, forward, initial, invariant, live, marks, promises, quiet, state, sum_facts
from paths import Broken, prove
from promises import operations
from rust import Program, plain
from source import Source, Unknown, text

FILES = ["protocol", "operations", "rundown", "checked", "future", "guard", "limits", "outcome", "plain",
         "slot_set", "words"]
ANY_ULONG = 2**32 - 1


class Sources:
    """The files that are read, as they stand."""

    def __init__(self, folder):
        self.texts = {name: (Path(folder) / f"{name}.rs").read_text(encoding="utf-8") for name in FILES}
        self.shipped = self.source([])

    def source(self, changes):
        """The source with changes: of a file, what stands there once, and what stands there instead."""
        texts = dict(self.texts)
        for file, old, new in changes:
            texts[file] = texts[file].replace(old, new)
        return Source(texts.values())

    def stale(self, changes):
        """Why these changes can't be made: what they change does not stand there once. Or None."""
        texts = dict(self.texts)
        for file, old, new in changes:
            if texts[file].count(old) != 1:
                return f"this stands {texts[file].count(old)} times in {file}.rs: {old}"
            texts[file] = texts[file].replace(old, new)
        return None

    def changed(self, source):
        """The functions that are not those that are shipped. None: a constant is another one, so it can be any."""
        shipped, names = self.shipped, set()
        if {name: text(node) for name, node in source.constants.items()} != {
                name: text(node) for name, node in shipped.constants.items()}:
            return None
        for name in source.functions.keys() | shipped.functions.keys():
            here, there = source.functions.get(name), shipped.functions.get(name)
            if here is None or there is None or text(here) != text(there):
                names.add(name)
        return names


def valid(goal, *facts):
    solver = Solver()
    solver.set("timeout", 60_000)
    solver.add(N >= 1, *facts, Not(goal))
    return solver.check() == unsat


def new_objects(program):
    """A new object has the invariant, live or run down."""
    for function, phase in (("new", LIVE), ("new_run_down", DONE)):
        fields = plain(program.call("RundownRef", function, ()), f"RundownRef::{function}").fields
        s = state("")
        facts = [initial(s, fields["slot"].term, fields["outstanding"].term), sum_facts(s)]
        yield f"a new object has the invariant ({function})", valid(And(s["phase"] == phase, *invariant(s).values()), *facts)


def limits(program):
    """The words never come near the end of their range; docs/guide/protocol.md has the argument for each line."""
    get = lambda name: program.constant(name).term
    checked = max(get("MAX_HOLDERS"), get("MAX_RESURRECTED"))
    most = checked + get("MAX_CLONED") + get("MAX_SLOTS") * (get("NEAR") + get("MAX_COUNT"))
    yield "the limits keep the words apart", 0 < most <= get("MAX_EVER") and 2 * get("MAX_EVER") < 2**63
    yield "a count of any ULONG is taken", get("MAX_COUNT") >= ANY_ULONG


def theory():
    """What does not depend on the source: what the invariant promises, and what may be taken for granted."""
    s, t, u = state(""), state("'"), state("''")
    for honest in (True, False):
        for name, promise in promises(s, honest).items():
            yield name, valid(promise, *invariant(s, honest).values(), sum_facts(s), marks(s, s["some"]))
    for rule in (quiet, forward):
        yield "many steps are as one", valid(rule(s, u), rule(s, t), rule(t, u)) and valid(rule(s, s))
    yield "sums are sums", sums_are_sums()


def sums_are_sums():
    """Checks the facts about sums that are taken for granted, by writing the sum out, for 1 to 5 slots."""
    index, value = Int("index"), Int("value")
    for slots in range(1, 6):
        s = state("")
        total = lambda words: sum([live(Select(words, x)) for x in range(slots)], IntVal(0))
        change = live(value) - live(Select(s["words"], index))
        if not valid(total(Store(s["words"], index, value)) == total(s["words"]) + change,
                     N == slots, 0 <= index, index < N):
            return False
        found = And(*[live(Select(s["words"], x)) == 0 for x in range(slots)])
        if not valid(s["sum"] == 0, N == slots, s["sum"] == total(s["words"]), found):
            return False
        if slots == 1 and not valid(s["sum"] == live(Select(s["words"], 0)), s["sum"] == total(s["words"])):
            return False
    return True


def one(program, number):
    """Proves one operation in one setting: its name, the obligations proved, why not, and what it called."""
    operation = list(operations(program))[number]
    program.reached = set()
    start = time.monotonic()
    try:
        proved, why = prove(operation), None
    except (Broken, Unknown) as problem:
        proved, why = 0, str(problem)
    return operation.name, proved, why, program.reached, time.monotonic() - start


def broken(sources, changes, order):
    """Returns what a change of the source breaks, or None. `order`: operations by cost, and what they call."""
    try:
        source = sources.source(changes)
        changed, program = sources.changed(source), Program(source)
        for name, held in [*limits(program), *new_objects(program)]:
            if not held:
                return name
        for number, reached in order:
            if changed is None or changed & reached:
                why = one(program, number)[2]
                if why is not None:
                    return why
    except Unknown as problem:
        return str(problem)
    return None
