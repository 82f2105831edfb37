"""The protocol's proof, of the source as it stands, discharged by z3; run by `scripts/prove invariant`.

docs/guide/protocol.md has the argument in words. The operations are executed symbolically (`smt/rust.py`), every
step from any state that the invariant allows (`smt/paths.py`, `smt/model.py`), and what each owes its caller
is proved (`smt/promises.py`), for any number of slots and callers. Every weakened protocol must break an
obligation, and a concrete run of it must do harm (`smt/runs.py`).
"""

import multiprocessing
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "smt"))

import proofs  # noqa: E402
from listed import ACCEPTED, REFUSED  # noqa: E402
from promises import operations  # noqa: E402
from runs import harm  # noqa: E402
from rust import Program  # noqa: E402
from source import Unknown  # noqa: E402
from weakened import COUNTS, WAKES  # noqa: E402

SOURCES = None


def proved(number):
    return proofs.one(Program(SOURCES.shipped), number)


def weakened(task):
    """What the change breaks, and a run that does harm."""
    (_, *change), order = task
    try:
        return proofs.broken(SOURCES, [change], order), harm(Program(SOURCES.source([change])))
    except Unknown as problem:
        return None, str(problem)


def mutated(task):
    changes, order = task
    return proofs.broken(SOURCES, changes, order)


def main():
    global SOURCES
    try:
        SOURCES = proofs.Sources(sys.argv[1])
        program = Program(SOURCES.shipped)
        claims = [*proofs.theory(), *proofs.limits(program), *proofs.new_objects(program)]
        count, run = len(list(operations(program))), harm(program)
        lists = [[change] for _, *change in COUNTS + WAKES] + [[change] for change in REFUSED]
        stale = [why for changes in lists + [changes for _, changes in ACCEPTED] if (why := SOURCES.stale(changes))]
        if stale:  # what can't be changed would count as refused
            raise Unknown("; ".join(stale))
    except Unknown as problem:
        print(f"invariant: {problem}")
        return 1
    failed = [name for name, holds in claims if not holds]
    failed += [f"a run does harm: {run}"] if run else []
    with multiprocessing.get_context("fork").Pool() as pool:
        results = pool.map(proved, range(count), chunksize=1)
        failed += [why for _, _, why, _, _ in results if why is not None]
        print(f"  {count} operations in their settings, {len(claims) + sum(result[1] for result in results)} obligations")
        if failed:
            print("invariant: DOES NOT HOLD: " + "; ".join(failed))
            return 1
        by_cost = sorted(range(count), key=lambda number: results[number][4])
        order = [(number, results[number][3]) for number in by_cost]
        counts = show(COUNTS, pool.map(weakened, [(entry, order) for entry in COUNTS], chunksize=1))
        wakes = show(WAKES, pool.map(weakened, [(entry, order) for entry in WAKES], chunksize=1))
        tried = [(f"{old} -> {new}", [(file, old, new)], False) for file, old, new in REFUSED]
        tried += [(name, changes, True) for name, changes in ACCEPTED]
        told = pool.map(mutated, [(changes, order) for _, changes, _ in tried], chunksize=1)
    wrong = [(name, why) for (name, _, accepted), why in zip(tried, told) if (why is None) != accepted]
    for name, why in wrong:
        print(f"  must be {'accepted' if why else 'refused'}: {name}: {why}")
    print(f"invariant: holds for every action, for any number of slots and holders; "
          f"weakened protocols: {len(COUNTS)}, broken by a run: {counts}")
    print(f"liveness: who sleeps is woken, and every wait ends when the holds are released and nobody makes the "
          f"object live; weakened protocols: {len(WAKES)}, broken by a run: {wakes}")
    print(f"source: changes and rewrites: {len(tried)}, refused and accepted as they must be: {len(tried) - len(wrong)}")
    return 0 if (counts, wakes) == (len(COUNTS), len(WAKES)) and not wrong else 1


def show(entries, results):
    """Prints what each weakened protocol breaks; returns how many are broken, by the proof and by a run."""
    for (name, *_), (why, run) in zip(entries, results):
        print(f"  {name}: {'breaks at ' + why if why else 'NOT broken'}; {run or 'NO run found'}")
    return sum(why is not None and run is not None for why, run in results)


if __name__ == "__main__":
    sys.exit(main())
