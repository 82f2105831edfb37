"""Concrete runs of the operations: every interleaving of a few callers on one or two slots, until one does harm.

The source is executed as it stands, step by step. What a caller does next depends on what it has seen so far
only, so two runs that led to the same words and the same answers are one.
"""

from collections import deque

from rust import plain
from source import Unknown
from values import UNIT, Num, Opaque, Record, Slots, Variant, Word

OBJECT = Record("object")
# What the interleaving is about; everything else is a caller's own affair.
SHARED = ("load", "write", "exchange", "update", "unpark_all", "announce", "sleep", "tells")


class Harm(Exception):
    """What a run has ended in."""


def local(generator, program, slots, own):
    """Answers what is the caller's own affair, and hands on what is shared. `own`: the slots it is told to use."""
    answer, loops = None, []
    while True:
        try:
            event = generator.send(answer)
        except StopIteration as end:
            return end.value
        match event:
            case (("load" | "write" | "exchange" | "update" | "unpark_all" | "tells" | "sleep" | "announce"), *_):
                answer = yield event
            case "assert", held, name:
                if not held:
                    yield "tells", name
                answer = None
            case ("slots",): answer = Num(slots, False)
            case "remainder", value, divisor: answer = value % divisor
            case ("protocol",): answer = Record("Protocol", {"outstanding": Word(), "slots": Slots()})
            case ("address",): answer = Opaque("address")
            case ("current_slot",): answer = Num(own[0] if len(own) == 1 else own.pop(0), False)
            case "loop", _, rounds, values:
                order = range(rounds.low.term, rounds.high.term)
                loops.append(iter(reversed(order) if rounds.down else order))
                answer = one_more(loops, values)
            case "again", _, _, values: answer = one_more(loops, values)
            case "register", *_: answer = yield ("announce",)
            case "park_until", _, ready, _: answer = yield from parked(program, slots, own, ready)
            case "panic", _:
                yield "tells", "an honest caller is told of too many releases"
                return None
            case _: answer = None if event[0] in ("begin", "while") else UNIT


def one_more(loops, values):
    index = next(loops[-1], None)
    if index is not None:
        return "round", index, values
    loops.pop()
    return "over", values


def parked(program, slots, own, ready):
    """A wait as `Park` promises it: announced before it looks, and asleep until the next wake-up."""
    while True:
        yield ("announce",)
        if (yield from local(program.invoke(ready, ()), program, slots, own)):
            return True
        yield ("sleep",)


# What callers do.

def user(call, _):
    held = yield from call("Rundown", "try_acquire_n", Num(1, False))
    if held.name == "Ok":
        yield from holder(call, held)


def holder(call, _):
    yield "tells", "inside"
    yield "tells", "leaves"
    yield from call("Rundown", "release_n", Num(1, False))
    yield "tells", "left"


def cloner(call, _):
    guard = Record("RundownGuard", {"object": OBJECT, "count": Num(1, False), "record": Opaque("record")})
    further = yield from call("RundownGuard", "try_clone", of=guard)
    yield "tells", "inside" if further.name == "Ok" else "a holder is refused a further hold"
    yield from call("Rundown", "release_n", Num(1, False))
    yield "tells", "leaves"
    yield from call("Rundown", "release_n", Num(1, False))
    yield "tells", "left"


def waiter(call, _):
    yield from call("Rundown", "wait")
    yield "tells", "drained"


def poller(call, _):
    future = Record("Drained", {"object": OBJECT, "ticket": Num(0, False)})
    while (yield from call("Drained", "poll", Opaque("context"), of=future)).name == "Pending":
        yield ("sleep",)
    yield "tells", "drained"


def owner(call, _):
    yield from waiter(call, None)
    yield "tells", "again"
    yield from call("Rundown", "reinitialize")


def ender(call, _):
    yield from call("Rundown", "begin_run_down")
    yield "tells", "again"
    yield from call("Rundown", "resurrect")


def hasty(call, _):
    yield from call("Rundown", "begin_run_down")
    yield "tells", "again"
    yield from call("Rundown", "reinitialize")


class Run:
    """A few callers on an object: each with the slots it is told to use."""

    def __init__(self, program, slots, callers, words):
        self.program, self.slots, self.callers, self.known = program, slots, callers, {}
        self.words = words

    def next(self, caller, answers):
        """The next shared event of a caller that has had these answers; None: it has ended."""
        key = caller, answers
        if key not in self.known:
            what, own = self.callers[caller]
            own = list(own)

            def call(owner_of, name, *args, of=OBJECT):
                return (yield from local(self.program.call(owner_of, name, (of, *args)), self.program, self.slots, own))

            generator = what(call, None)
            try:
                event = next(generator)
                for answer in answers:
                    event = generator.send(answer)
            except StopIteration:
                event = None
            self.known[key] = event
        return self.known[key]

    def explore(self, most=20_000):
        """Returns the shortest run that ends in harm, as a text, or None if there is none."""
        first = (*self.words, tuple("" for _ in self.callers), (), False)
        start = first, tuple(() for _ in self.callers)
        seen, waiting = {start: None}, deque([start])
        while waiting:
            at = waiting.popleft()
            state, answers = at
            moved = False
            for caller in range(len(self.callers)):
                event = self.next(caller, answers[caller])
                if event is None or (event[0] == "sleep" and state[2][caller] != "woken"):
                    continue
                moved = True
                try:
                    after, answer = self.step(state, caller, event)
                except Harm as harm:
                    return self.told(seen, at, caller, event, harm)
                then = after, tuple(
                    (*given, answer) if number == caller else given for number, given in enumerate(answers))
                if then not in seen:
                    seen[then] = at, caller, event
                    waiting.append(then)
            if not moved and (harm := self.stuck(state, answers)):
                return self.told(seen, at, None, None, harm)
            if len(seen) > most:
                raise Unknown(f"more than {most} states of {len(self.callers)} callers")
        return None

    def stuck(self, state, answers):
        words, out, *_ = state
        if any(self.next(caller, answers[caller]) is not None for caller in range(len(self.callers))):
            return "sleeps for ever"
        if sum(word for word in words if word % 2 == 0) + out - out % 2:
            return "a hold is counted that nobody has"
        return None

    def step(self, state, caller, event):
        words, out, waits, inside, over = state
        match event:
            case "tells", "inside":
                if over:
                    raise Harm("is granted a hold when all is over")
                inside = tuple(sorted((*inside, (caller, "inside"))))
            case "tells", ("leaves" | "left") as how:
                others = tuple(who for who in inside if who[0] != caller)
                inside = others if how == "left" else tuple(sorted((*others, (caller, "leaving"))))
            case "tells", "drained":
                if any(stage == "inside" for _, stage in inside):
                    raise Harm("is told `run down` while somebody is inside")
                over = True
            case "tells", "again": over = False
            case "tells", what: raise Harm(what)
            case ("announce",): waits = changed(waits, caller, "heard")
            case ("sleep",): waits = changed(waits, caller, "")
            case "unpark_all", _: waits = tuple("woken" if wait == "heard" else wait for wait in waits)
            case kind, word, *rest:
                if over and (caller, "leaving") in inside:
                    raise Harm("touches what a waiter may have freed")
                old = out if word.slot is None else words[word.slot]
                answer, new = accessed(self.program, kind, old, rest)
                if word.slot is None:
                    out = new
                else:
                    words = changed(words, word.slot, new)
                return (words, out, waits, inside, over), answer
        return (words, out, waits, inside, over), None

    def told(self, seen, at, caller, event, harm):
        """The run in words: who makes which step, one after the other."""
        steps = [f"{self.callers[caller][0].__name__} {harm}" if caller is not None else f"somebody {harm}"]
        while seen[at] is not None:
            at, who, what = seen[at]
            if what[0] not in ("announce", "tells") or what[1:] == ("inside",):
                steps.append(f"{self.callers[who][0].__name__} {named(what)}")
        return f"{self.slots} slot{'s' if self.slots > 1 else ''}: " + ", ".join(reversed(steps))


def named(event):
    if event[0] == "tells":
        return event[1]
    place = "" if len(event) < 2 or not isinstance(event[1], Word) else (
        " outstanding" if event[1].slot is None else f" slot {event[1].slot}")
    return {"load": "looks at", "unpark_all": "wakes", "sleep": "wakes up"}.get(event[0], "writes") + place


def accessed(program, kind, old, rest):
    if kind == "load":
        return old, old
    if kind == "write":
        return old, rest[0](old)
    if kind == "exchange":
        met = old == rest[0]
        return (met, old), rest[1] if met else old
    new = plain(program.invoke(rest[0], (Num(old, False),)), "a change")
    number = (Num(old, False),)
    return (Variant("Err", number), old) if new.name == "None" else (Variant("Ok", number), new.fields[0].term)


def changed(values, index, value):
    return (*values[:index], value, *values[index + 1:])


def scenarios(live):
    """The callers, small ones first: slots, callers with their slots, and the words they start with.
    `live`: the words of a slot and of `outstanding` in a new object."""
    def start(*holds):
        return tuple(live[0] + 2 * number for number in holds), live[1]

    yield 1, [(user, [0]), (waiter, [0])], start(0)
    yield 1, [(holder, [0]), (waiter, [0])], start(1)
    yield 2, [(user, [1, 0]), (waiter, [0])], start(0, 0)
    yield 2, [(holder, [0]), (waiter, [0])], start(0, 1)
    yield 1, [(holder, [0]), (poller, [0])], start(1)
    yield 1, [(holder, [0]), (holder, [0]), (waiter, [0])], start(2)
    yield 1, [(holder, [0]), (ender, [0])], start(1)
    yield 1, [(holder, [0]), (hasty, [0])], start(1)
    yield 1, [(cloner, [0]), (waiter, [0])], start(1)
    yield 2, [(cloner, [0, 0, 1]), (waiter, [0])], start(0, 1)
    yield 1, [(cloner, [0]), (ender, [0])], start(1)
    yield 1, [(waiter, [0]), (waiter, [0])], start(0)
    yield 1, [(ender, [0]), (waiter, [0])], start(0)
    yield 1, [(owner, [0]), (waiter, [0])], start(0)
    yield 2, [(owner, [0]), (user, [1])], start(0, 0)
    yield 2, [(ender, [0]), (waiter, [0])], start(0, 0)
    yield 2, [(owner, [0]), (user, [1]), (user, [0, 1])], start(0, 0)


def harm(program):
    """Returns a run that ends in harm, or None."""
    new = plain(program.call("Slot", "new", (False,)), "a slot"), plain(program.call("Outstanding", "new", (False,)), "it")
    for slots, callers, words in scenarios([number.term for number in new]):
        if run := Run(program, slots, callers, words).explore():
            return run
    return None
