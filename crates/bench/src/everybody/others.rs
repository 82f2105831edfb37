//! What others would pick, each as its users write it.
//!
//! What their programs do once and then keep, a handle or a record of the thread, is done before the loop.
//!
//! What the loops are on x86-64: `Arc` is `lock inc`, a store of the share for the case that it is the last, and
//! `lock dec`; the locks are a load, `lock cmpxchg` and `lock xadd`, for `ShardedLock` after a look at a variable
//! of the thread; `arc-swap` and `sharded-slab` call their crates' functions, which are not inlined; and nothing
//! is stored or loaded for the sake of the loop.

mod counts;
mod deferred;
mod locks;
mod urcu;

use crate::everybody::candidate::{Candidate, Host, Made, Side};

/// The name of `Arc`.
pub const ARC: &str = "Arc";
/// The name of the lock of `std`.
pub const RW_LOCK: &str = "RwLock (std)";
/// The name of the lock of `parking_lot`.
pub const PARKING_LOT: &str = "RwLock (parking_lot)";
/// The name of the lock of `crossbeam-utils`.
pub const SHARDED_LOCK: &str = "ShardedLock";
/// The name of `arc-swap`'s shorter way.
pub const ARC_SWAP: &str = "arc-swap load";
/// The name of `left-right`.
pub const LEFT_RIGHT: &str = "left-right enter";
/// The name of the crate that is nearest to ours.
pub const RUN_DOWN: &str = "run-down 0.1.1";

/// All of them, in the order of the tables.
pub const ALL: &[Candidate] = &[
    others(
        ARC,
        "Freed by whoever drops the last share. No refusal, and nobody can wait for it.",
        counts::arc,
    ),
    others(
        "Weak upgraded",
        "Refuses once all shares are gone; nobody can make them go.",
        counts::weak,
    ),
    others(
        RW_LOCK,
        "`write` waits for the readers, and new ones wait for it: they are not refused.",
        locks::std,
    ),
    others(PARKING_LOT, "The same.", locks::parking_lot),
    others(SHARDED_LOCK, "The same; `write` takes 8 locks.", locks::sharded),
    others(
        ARC_SWAP,
        "An exchanged value is freed by its last user; nobody can wait for it.",
        counts::arc_swap,
    ),
    others("arc-swap load_full", "The same.", counts::arc_swap_full),
    others(
        LEFT_RIGHT,
        "`publish` waits for the readers of the copy that it writes. Once the writer is gone, it refuses.",
        locks::left_right,
    ),
    others(
        "sharded-slab get",
        "A removed entry refuses, and is freed by its last user; nobody can wait for it.",
        counts::sharded_slab,
    ),
    others(
        RUN_DOWN,
        "What `RundownRef` promises; its releases do not order what holders did before.",
        counts::run_down,
    ),
    others(
        "TaskTracker token",
        "`wait` returns when all tokens are gone; new ones are never refused.",
        counts::task_tracker,
    ),
    others(
        "crossbeam-epoch pin",
        "Frees when every pinned thread has left, whatever it uses. No refusal, no drain of one object.",
        deferred::epoch,
    ),
    others(
        "seize enter",
        "Frees when every thread has left that could see it. No refusal, no drain of one object.",
        deferred::seize,
    ),
    others(
        "haphazard load",
        "Frees when no hazard pointer has the address. No refusal; one object is found by a scan.",
        deferred::haphazard,
    ),
    others(
        "liburcu memb",
        "`synchronize_rcu` waits for every reader, whatever it reads. No refusal, no drain of one object.",
        urcu::make,
    ),
];

const fn others(
    name: &'static str,
    promise: &'static str,
    make: fn(Host) -> Option<Made>,
) -> Candidate {
    Candidate { name, side: Side::Others, promise, make }
}
