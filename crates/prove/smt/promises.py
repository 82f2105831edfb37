"""The operations, from whichever state they start, and what each of them owes its caller."""

from dataclasses import dataclass, field
from functools import partial as with_first
from typing import Callable

from z3 import And, Bool, BoolVal, If, Implies, Int, Not, Or, Select, is_expr

from model import ANY, DONE, LIVE, N, RESET, SWEEP, drained, remainder, slot
from values import UNIT, Num, Opaque, Record, Variant, Word, Slots, odd

OBJECT = Record("object")


@dataclass
class Operation:
    """One call, in one setting."""
    name: str
    owner: str
    function: str
    arguments: Callable
    owes: Callable  # of the path and the result: goals by name
    program: object = None
    limits: dict = field(default_factory=dict)
    honest: bool = True  # nobody ever releases too many
    alone: bool = False  # nobody else is there
    releases: bool = False  # it may give up claims
    resets: bool = False
    further: bool = False  # the caller has a hold, and takes another
    wakes: bool = True  # a part of an operation leaves the wake-up to the whole
    relies_on_begin: bool = False
    stays_drained: bool = False
    starts: Callable = lambda path: []  # what is assumed of the first state
    rely: Callable = lambda s, t: []  # what is assumed of the others

    def begin(self, path):
        arguments = self.arguments(path)
        path.assume(*self.starts(path))
        return self.program.call(self.owner, self.function, arguments)

    def foreign(self, path):
        """What the owner does before a re-initialised object is live."""
        path.prove(And(path.mine, path.s["phase"] == RESET, path.s["claims"] == 0,
                       slot(path.s, ANY, lambda mark, _: mark)), "the owner prepares while nobody is inside or is let in")
        path.prepared += 1


def count(path):
    path.n = Int("count")
    path.assume(path.n >= 0, path.n < 2**63)
    return Num(path.n, False)


def truth(value):
    """A bool of the code, as a formula."""
    return value if is_expr(value) else BoolVal(value)


def failed(result):
    """The error of a result, if it is one; a panic is one, too."""
    if isinstance(result, tuple) and result and result[0] == "panic":
        return result[1]
    return result.fields[0] if isinstance(result, Variant) and result.name == "Err" else None


def slot_index(path):
    """The slot that the caller was told to use."""
    return If(path.slot < N, path.slot, remainder(path.slot, N))


def saw_drained(path):
    return Or(BoolVal(False), *[drained(s) for s in path.looks])


def saw_a_mark(path):
    return Or(BoolVal(False), *[odd(word) for word in path.seen + path.glanced])


def acquired(path, result):
    error = failed(result)
    if error is None:
        held = result.fields[0].fields["count"].term
        yield "who is granted holds is counted with them, and gives them back", And(held == path.n, path.delta == 2 * held)
        yield "who takes nothing writes nothing", Or(path.n != 0, truth(path.writes == 0))
        yield "a grant of nothing tells that the object is live", Or(BoolVal(False), *[Not(odd(word)) for word in path.seen])
    else:
        yield "who is refused is not counted", path.delta == 0
        yield "no acquire is refused without a cause", saw_a_mark(path) if error.name == "RunDown" else error.name == "TooMany"


def taken_further(path, result):
    error = failed(result)
    if error is None:
        yield "who is granted a further hold is counted with it", And(
            result.fields[0].fields["count"].term == 1, path.delta == 2)
    else:
        yield "who has a hold is refused another near the limits only", error.name == "TooMany"
        yield "who is refused is not counted", path.delta == 0


def taken_first(path, result):
    yield "who has none is counted if it is granted one", path.delta == (2 if failed(result) is None else 0)
    yield "no acquire is refused without a cause", failed(result) is None or failed(result).name == "TooMany" or saw_a_mark(path)


def taken_further_alone(limits, path, result):
    word = Select(path.start["words"], slot_index(path))
    path.assume(path.start["claims"] < limits["NEAR"], -2**62 < word, word < 2**62)
    yield "who has a hold gets another, whatever its owner does", truth(failed(result) is None)


def acquired_alone(limits, path, result):
    word = Select(path.start["words"], slot_index(path))
    near = And(-limits["NEAR"] <= word, word < limits["NEAR"])
    path.assume(-2**62 < word, word < 2**62)
    fits = And(path.n <= limits["MAX_COUNT"], Or(near, path.start["claims"] + 2 * path.n <= 2 * limits["MAX_HOLDERS"]))
    error = failed(result)
    yield "a live object is acquired if there is room", Or(path.n == 0, fits) if error is None else Not(fits)
    yield "a refusal tells why", error is None or error.name == "TooMany"


def refused_alone(path, result):
    error = failed(result)
    yield "what is run down is not acquired", error is not None and error.name == "RunDown"
    yield "a refusal because of run-down writes nothing", path.writes == 0


def released(path, result):
    yield "no honest caller is told of too many releases", failed(result) is None
    yield "a release gives up what it was asked to", path.delta == -2 * path.n


def released_too_many(path, result):
    if failed(result) is None:
        yield "a release gives up what it was asked to", path.delta == -2 * path.n
    else:
        # What is mended in a slot that was marked meanwhile is lost: then the drain tells.
        yield "a release that is refused takes no other count", Or(path.delta == 0, path.delta == -2 * path.n)


def refused_well(path, result):
    yield "a release that is refused changes no count", (
        path.delta == (-2 * path.n if failed(result) is None else 0))


def report_exact(limits, path, result):
    """On a plain object, and on one that drains: there one word tells."""
    word = If(path.start["phase"] == DONE, path.start["out"] - 1, Select(path.start["words"], 0))
    error, bounded = failed(result), And(-2**62 < word, word < 2**62)
    told = And(path.n > 0, 2 * path.n > word)
    yield "a release too many is reported where it can be told", Implies(bounded, told if error is not None else Not(told))
    if error is not None:
        shown = If(path.n <= limits["MAX_EVER"], word, path.start["claims"])
        yield "a report tells the counts", And(error.fields["released"].term == path.n,
                                               error.fields["held"].term == If(shown > 0, shown / 2, 0))


def began(path, result):
    yield "no honest caller is told of too many releases", failed(result) is None
    yield "no claim changes by it", path.delta == 0
    yield "it says `run down` only after it has seen so", Implies(truth(value_of(result)), saw_drained(path))


def value_of(result):
    return result.fields[0] if isinstance(result, Variant) and result.name in ("Ok", "Ready", "Some") else result


def began_alone(path, result):
    claims, error = path.start["claims"], failed(result)
    if error is not None:
        yield "only too many releases are reported", claims < 0
        yield "a report tells the counts", And(error.fields["held"].term == 0, error.fields["released"].term == -claims / 2)
    else:
        yield "it tells whether anybody is inside", And(claims >= 0, truth(value_of(result)) == (claims == 0))
    yield "the run-down has begun", path.s["phase"] == DONE
    yield "a run-down that has begun is not written to", Or(path.start["phase"] == LIVE, truth(path.writes == 0))


def began_for_good(path, result):
    yield "once it has returned, the run-down has begun", path.s["phase"] != LIVE


def waited(path, result):
    over = value_of(result)
    yield "no honest caller is told of too many releases", failed(result) is None or failed(result).name == "TimedOut"
    finished = failed(result) is None and (True if over == UNIT else truth(over))
    yield "a wait ends when the object is run down, or at a deadline", Or(
        And(truth(finished), saw_drained(path)), And(Not(truth(finished)), path.deadline))


def ends(path, result):
    over = value_of(result)
    yield "when all is over, whoever waits is told so", (
        failed(result) is None and (True if over == UNIT else truth(over)) and result != Variant("Pending"))


def ended(path, _result):
    yield "a wait without a deadline ends when the object is run down", saw_drained(path)


def polled(path, result):
    if result.name == "Pending":
        path.sleep()
    else:
        yield "a wait ends when the object is run down, or at a deadline", saw_drained(path)


def told(path, result):
    """What `outstanding` returns."""
    if failed(result) is not None:
        yield "only too many releases are reported", path.start["claims"] < 0
        return
    result = value_of(result)
    if isinstance(result, Variant) and result.name == "None":
        yield "no number is told before the sweep has ended", path.s["phase"] != DONE
    else:
        number = result.term if isinstance(result, Num) else result
        yield "once drained, the number told is right", And(path.s["phase"] == DONE, path.s["claims"] == 2 * number)


def made_live(limit, path, result):
    if failed(result) is None:
        yield "it is live then, and no claim has changed", path.delta == 0
        yield "only what is run down is made live", limit(path.start)
        yield "then it is live", path.s["phase"] == LIVE
    else:
        yield "what is run down is made live", Not(limit(path.start))
        yield "a refusal changes nothing", And(*[path.s[name] == path.start[name] for name in ("out", "phase", "claims")])


def reset_done(path, result):
    yield "no claim changes by it", path.delta == 0


def prepared(path, result):
    yield "the owner prepares once, if at all", path.prepared == (1 if failed(result) is None else 0)


def completed(path, result):
    yield "no claim changes by it", path.delta == 0
    yield "it says `run down` only after it has seen so", Implies(truth(failed(result) is None), saw_drained(path))


def completed_alone(path, result):
    yield "it tells whether nobody is inside", truth(failed(result) is None) == (path.start["claims"] == 0)
    yield "the run-down has begun", path.s["phase"] == DONE


def estimated(path, result):
    claims = path.start["claims"]
    yield "an estimate with nobody there is exact", result.term == If(claims > 0, claims, 0)


def operations(program):
    """Yields every operation in every setting."""
    limits = {name: program.constant(name).term for name in
              ("MAX_COUNT", "MAX_EVER", "MAX_HOLDERS", "NEAR", "MAX_RESURRECTED")}
    none = lambda path: (OBJECT,)
    counted = lambda path: (OBJECT, count(path))
    guard = lambda path: (Record("RundownGuard", {"object": OBJECT, "count": count(path), "record": Opaque("record")}),)
    live_or_done = lambda path: [Or(path.start["phase"] == LIVE, path.start["phase"] == DONE)]
    words = Record("Protocol", {"outstanding": Word(), "slots": Slots()})

    def owned(path):
        path.claim = 2 * path.n
        return [path.n <= limits["MAX_EVER"], path.start["claims"] >= 2 * path.n]

    def owned_by_a_guard(path):
        return [path.n >= 1, *owned(path)]

    def deadline(path):
        path.deadline = Bool("deadline")
        given = path.decide(path.deadline)
        return (OBJECT, Variant("Some", (Opaque("deadline"),)) if given else Variant("None"))

    def without(path):
        path.deadline = BoolVal(False)
        return (OBJECT,)

    future = lambda path: (Record("Drained", {"object": OBJECT, "ticket": Num(0, False)}), Opaque("context"))

    def make(name, owner, function, arguments, owes, **settings):
        return Operation(name, owner, function, arguments, owes, program, limits, **settings)

    yield make("acquire", "Rundown", "try_acquire_n", counted, acquired)
    yield make("acquire, live and alone", "Rundown", "try_acquire_n", counted,
               with_first(acquired_alone, limits), alone=True, starts=lambda path: [path.start["phase"] == LIVE])
    yield make("acquire, run down and alone", "Rundown", "try_acquire_n", counted, refused_alone, alone=True,
               starts=lambda path: [path.start["phase"] == DONE])
    for name, owner, function, arguments in (
            ("release", "Rundown", "release_n", counted), ("release, checked", "Checked", "checked_release_n", counted),
            ("drop of a guard", "RundownGuard", "drop", guard)):
        yield make(name, owner, function, arguments, released, releases=True, starts=owned)
        if function == "drop":
            continue  # a guard releases what it stands for
        yield make(f"{name}, too many", owner, function, arguments, released_too_many, releases=True, honest=False)
        yield make(f"{name}, too many and alone", owner, function, arguments, with_first(report_exact, limits),
                   releases=True, honest=False, alone=True, starts=lambda path: [
                       Or(path.start["phase"] == DONE, And(path.start["phase"] == LIVE, N == 1))])
    further = {"further": True, "starts": owned_by_a_guard}
    yield make("a further hold", "RundownGuard", "try_clone", guard, taken_further, **further)
    yield make("a further hold, alone", "RundownGuard", "try_clone", guard,
               with_first(taken_further_alone, limits), alone=True, further=True,
               starts=lambda path: [*owned_by_a_guard(path), *live_or_done(path)])
    yield make("a further hold, of a guard without holds", "RundownGuard", "try_clone", guard, taken_first,
               starts=lambda path: [path.n == 0])
    yield make("release, too many and no sweep", "Rundown", "release_n", counted, refused_well, releases=True, honest=False,
               rely=lambda s, t: [s["phase"] == t["phase"], Or(s["phase"] == LIVE, s["phase"] == DONE)])
    over = {"stays_drained": True, "starts": lambda path: [drained(path.start)], "rely": lambda s, t: [drained(t)]}
    yield make("begin", "", "begin", none, began)
    yield make("begin, alone", "", "begin", none, began_alone, alone=True, honest=False, starts=live_or_done)
    yield make("begin, nobody resets", "", "begin", none, began_for_good,
               rely=lambda s, t: [Implies(s["phase"] != LIVE, t["phase"] != LIVE)])
    yield make("begin, when all is over", "", "begin", none, ends, **over)
    over["relies_on_begin"] = True
    for name, owner, function, arguments, result in (
            ("begin_run_down", "Rundown", "begin_run_down", none, began),
            ("checked_begin_run_down", "Checked", "checked_begin_run_down", none, began),
            ("wait", "Rundown", "wait", without, ended), ("wait with a deadline", "", "wait_by", deadline, waited),
            ("checked_wait", "Checked", "checked_wait", without, waited), ("drain", "", "drain", deadline, waited),
            ("poll", "Drained", "poll", future, polled)):
        yield make(name, owner, function, arguments, result, relies_on_begin=True)
        yield make(f"{name}, when all is over", owner, function, arguments, ends, **over)
    yield make("outstanding", "Rundown", "outstanding", none, told, alone=True)
    yield make("completed", "Rundown", "completed", none, completed, relies_on_begin=True)
    yield make("completed, alone", "Rundown", "completed", none, completed_alone, alone=True, starts=live_or_done)
    yield make("reinitialize", "Rundown", "reinitialize", none, reset_done, resets=True)
    yield make("reinitialize, of the words", "Protocol", "reinitialize", lambda path: (words, Opaque("prepare")),
               prepared, resets=True, wakes=False)
    yield make("resurrect", "Rundown", "resurrect", none, reset_done, resets=True)
    yield make("reinitialize, alone", "Rundown", "reinitialize", none, with_first(made_live, drained), resets=True, alone=True)
    carried = lambda s: And(s["phase"] == DONE, s["out"] <= 2 * limits["MAX_RESURRECTED"] + 1)
    yield make("resurrect, alone", "Rundown", "resurrect", none, with_first(made_live, carried), resets=True, alone=True)
    yield make("estimate, alone", "Protocol", "estimate", lambda path: (words,), estimated, alone=True, honest=False,
               starts=live_or_done)
