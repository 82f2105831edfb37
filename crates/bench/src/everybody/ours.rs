//! Our forms, as a Rust program uses them.
//!
//! All wait by spinning (`Spin`), as nobody waits here. A line in [`ALL`] is all that a new form needs here; the bars that
//! it has to meet stand in `bars.rs`.

mod across;
pub mod boxes;

use crate::everybody::candidate::{Candidate, Host, Made, Side, refuse, repeat};
use boxes::{boxed_with, pool};
use ladder::hold;
use rundown::{
    CurrentSlot, ProcessorSlot, Protected, RestartableRundownRef, Rundown, RundownRef, Spin,
    StaticRundownRef, ThreadSlot,
};

/// The slots of a static object, which are a constant.
const SLOTS: usize = 64;

type Static = StaticRundownRef<ThreadSlot, SLOTS, Spin>;
type Plain = RundownRef<Spin>;

/// The name of the form with a constant slot.
pub const CONSTANT: &str = "static (constant slot)";
/// The name of the static form.
pub const STATIC: &str = "static (ThreadSlot)";
/// The name of the form on the heap.
pub const BOXED: &str = "boxed (ThreadSlot)";
/// The name of the form on the heap whose slot is the processor's.
pub const PROCESSOR: &str = "boxed (ProcessorSlot)";
/// The name of the form whose objects share their memory.
pub const POOLED: &str = "pooled (ProcessorSlot)";
/// The name of the form without locked instructions.
pub const RESTARTABLE: &str = "restartable";
/// The name of the form with one counter.
pub const PLAIN: &str = "RundownRef";
/// The name of the guard that is kept in memory.
pub const ACROSS: &str = "boxed across calls";

/// All forms, in the order of the tables.
pub const ALL: &[Candidate] = &[
    ours(
        CONSTANT,
        "As the others; the compiler knows the slot, as in a kernel with one core.",
        constant,
    ),
    ours(
        STATIC,
        "As `boxed`, for a `static` or a field; 64 slots, whatever the host has.",
        in_static,
    ),
    ours(
        BOXED,
        "Refuses once its run-down has begun; a drain of this object alone waits for its holders.",
        boxed::<ThreadSlot>,
    ),
    ours(
        PROCESSOR,
        "The same; a slot for each processor, wherever a thread runs.",
        boxed::<ProcessorSlot>,
    ),
    ours(
        POOLED,
        "As `boxed` with the slot of the processor; of a pool, a word a processor for each object.",
        pooled,
    ),
    ours(
        RESTARTABLE,
        "The same, without locked instructions; the start of a run-down is a system call more.",
        restartable,
    ),
    ours(ACROSS, "The same; the guard is kept in memory from one call to the other.", across::make),
    ours(
        "Protected (static)",
        "As `static`, with the value in it: users get a reference.",
        protected,
    ),
    ours("Protected (boxed)", "The same, on the heap.", protected_box),
    ours(PLAIN, "The same for one word that all threads share.", plain),
];

const fn ours(
    name: &'static str,
    promise: &'static str,
    make: fn(Host) -> Option<Made>,
) -> Candidate {
    Candidate { name, side: Side::Ours, promise, make }
}

/// Acquires and releases so many times. All of it is inlined, but for what happens in a run-down; address and
/// length of a boxed object stay in registers.
fn pairs<R: Rundown + ?Sized>(object: &R, count: u64) {
    repeat(count, || {
        let guard = object.try_acquire().expect("the object is live");
        hold();
        drop(guard);
    });
}

fn refused<R: Rundown + ?Sized>(object: &R, count: u64) {
    refuse(count, || object.try_acquire().is_ok());
}

fn plain(_host: Host) -> Option<Made> {
    let [live, run_down] = [Plain::with_park(), Plain::with_park_run_down()];
    let made = Made::new(Plain::with_park, move |_, count| pairs(&live, count));
    Some(made.refusing(move |count| refused(&run_down, count)))
}

/// The slot of the only core there is.
struct First;

impl CurrentSlot for First {
    #[inline]
    fn current_slot() -> usize {
        0
    }
}

fn constant(_host: Host) -> Option<Made> {
    type Object = StaticRundownRef<First, SLOTS, Spin>;
    static LIVE: Object = Object::new();
    static RUN_DOWN: Object = Object::new_run_down();
    let made = Made::new(Object::new, |_, count| pairs(&LIVE, count)).alone();
    Some(made.refusing(|count| refused(&RUN_DOWN, count)))
}

fn in_static(_host: Host) -> Option<Made> {
    static LIVE: Static = Static::new();
    static RUN_DOWN: Static = Static::new_run_down();
    let made = Made::new(Static::new, |_, count| pairs(&LIVE, count));
    Some(made.refusing(|count| refused(&RUN_DOWN, count)))
}

fn boxed<C: CurrentSlot + 'static>(host: Host) -> Option<Made> {
    let one = || boxed_with::<C>(host.slots);
    let [live, run_down] = [(); 2].map(|()| one());
    run_down.wait();
    let made = Made::new(one, move |_, count| pairs(&*live, count));
    Some(made.refusing(move |count| refused(&*run_down, count)))
}

fn pooled(host: Host) -> Option<Made> {
    let one = pool(host.slots);
    let [live, run_down] = [(); 2].map(|()| one());
    run_down.wait();
    let made = Made::new(one, move |_, count| pairs(&*live, count));
    Some(made.refusing(move |count| refused(&*run_down, count)))
}

fn restartable(host: Host) -> Option<Made> {
    let one = || {
        RestartableRundownRef::<Spin>::boxed_with(host.slots)
            .unwrap_or_else(|error| panic!("{error}"))
    };
    let [live, run_down] = [(); 2].map(|()| one());
    run_down.wait();
    let made = Made::new(one, move |_, count| pairs(&*live, count));
    Some(made.refusing(move |count| refused(&*run_down, count)))
}

fn protected(_host: Host) -> Option<Made> {
    static LIVE: Protected<(), Static> = Protected::new(Static::new(), ());
    static RUN_DOWN: Protected<(), Static> = Protected::new(Static::new_run_down(), ());
    let made = Made::new(|| Protected::new(Static::new(), ()), |_, count| lent(&LIVE, count));
    Some(made.refusing(|count| refuse(count, || RUN_DOWN.try_acquire().is_ok())))
}

fn protected_box(_host: Host) -> Option<Made> {
    let one = || Box::new(Protected::new(Static::new(), ()));
    let [live, run_down] = [(); 2].map(|()| one());
    run_down.run_down();
    let made = Made::new(one, move |_, count| lent(&live, count));
    Some(made.refusing(move |count| {
        let object = &*run_down;
        refuse(count, || object.try_acquire().is_ok());
    }))
}

fn lent(object: &Protected<(), Static>, count: u64) {
    repeat(count, || {
        let guard = object.try_acquire().expect("the object is live");
        hold();
        drop(guard);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "the object is live")]
    fn pairs_acquire() {
        pairs(&Plain::with_park_run_down(), 1);
    }

    #[test]
    #[should_panic(expected = "the object is live")]
    fn what_is_protected_is_lent() {
        lent(&Protected::new(Static::new_run_down(), ()), 1);
    }

    #[test]
    #[should_panic(expected = "was acquired")]
    fn refusals_are_asked_for() {
        refused(&Plain::with_park(), 1);
    }

    #[test]
    fn each_form_has_its_bytes() {
        let bytes = |slots| {
            let host = Host { slots, threads: 1 };
            let bytes = ALL.iter().map(|form| (form.make)(host).map(|made| made.bytes));
            bytes.collect::<Vec<_>>()
        };
        let static_bytes = ((SLOTS + 1) * rundown::CACHE_LINE) as u64;
        let boxed_bytes = |slots: u64| Some((slots + 1) * rundown::CACHE_LINE as u64 + 16);
        for slots in [1, 3] {
            let bytes = bytes(slots);
            assert_eq!(bytes[..2], [Some(static_bytes); 2]);
            assert_eq!(bytes[2..4], [boxed_bytes(slots as u64); 2]);
            assert!(bytes[4] < boxed_bytes(slots as u64), "a part of a block");
            assert_eq!(bytes[5..7], [boxed_bytes(slots as u64); 2]);
            assert!(bytes[7] > Some(static_bytes) && bytes[8] > bytes[7]);
            assert_eq!(bytes[9], Some(16));
        }
    }

    #[test]
    fn only_a_constant_slot_is_for_one_thread() {
        let host = Host { slots: 1, threads: 1 };
        let alone = ALL.iter().filter(|form| (form.make)(host).unwrap().alone);
        assert_eq!(alone.map(|form| form.name).collect::<Vec<_>>(), [CONSTANT]);
        assert_eq!(First::current_slot(), 0);
    }
}
