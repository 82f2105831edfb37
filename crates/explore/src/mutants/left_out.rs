//! Mutants of the proofs that the explorer does not put in, each with the reason.

const ORDERING: &str =
    "schedules are sequentially consistent: a weaker ordering does not show; loom";
const ONE_CORE: &str = "shows on one core already, with counts that no race needs; a unit test";
const SAME: &str = "the same change as the one before it, for another test of the proofs";
const NOT_USED: &str = "code that the kernel does not use, or that no race reaches; a host test";

/// A name in crates/prove/src/mutants/list.rs, and the reason.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("run-down: a release orders with Acquire only", ORDERING),
    ("run-down: so does the last release", ORDERING),
    ("NT: a count of 2^31 and more wraps", ONE_CORE),
    ("NT: a buffer that is too small is overrun", ONE_CORE),
    ("NT: the size leaves out what all slots share", ONE_CORE),
    ("NT: so does a release on a slot of its own", SAME),
    ("ReactOS: so it hangs when all have left", SAME),
    ("a misaligned buffer is used", ONE_CORE),
    ("resurrect piles up more holds than the words can count", ONE_CORE),
    ("an overflow is granted", ONE_CORE),
    ("a held object may be dropped", ONE_CORE),
    ("a merge takes guards of other objects", ONE_CORE),
    (
        "a refused acquire writes",
        "to bits that nobody reads, so every run ends well: it only costs a cache line; a test of the contract",
    ),
    ("a refused acquire of the plain object writes", SAME),
    (
        "a wait does not sleep",
        "a wait that asks again and again ends as well as one that sleeps; a host test",
    ),
    (
        "an index is not taken modulo the number of slots",
        "any slot is correct, so every run ends well; a unit test",
    ),
    (
        "the first of two last releases wakes",
        "a wake-up too many changes no outcome: whoever is woken looks again; a unit test",
    ),
    (
        "too many releases on several slots go unnoticed by the drain",
        "the wait after the drain notices them too, so every run ends as it must; a unit test",
    ),
    ("a future looks only before it registers", NOT_USED),
    ("a sleeping waiter is not woken", NOT_USED),
    ("a wait sleeps on when its run-down is taken back", NOT_USED),
    ("run-down: the last release comes before the waiter's event is there", NOT_USED),
    ("only one of several sleeping waiters is woken", NOT_USED),
    ("a protected value is taken though it was replaced", NOT_USED),
    ("who takes a protected value gives up though another one came", NOT_USED),
    ("a protected value is lent out before its place is full", NOT_USED),
    ("a protected value's place is full before the object has left its run-down", NOT_USED),
    ("a protected value's newcomers wake nobody", NOT_USED),
    ("a merge forgets who holds it", NOT_USED),
];
