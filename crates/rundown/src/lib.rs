//! Run-down protection: use a shared object at full speed, drain its users, free it.
//!
//! Many cores use an object; one owner can at any time say "no new users", wait until the old ones
//! are gone, and then free it. Users pay one atomic addition on the way in and one on the way out.
//! With [`CacheAwareRundownRef`] these go to a counter on a cache line of the core's own, so users on
//! different cores never contend for a line. The design is that of Windows' `EX_RUNDOWN_REF` and its
//! cache-aware form, and so is the contract.
//!
//! * [`RundownRef`]: one counter for all.
//! * [`CacheAwareRundownRef`]: a counter for each core.
//! * `RestartableRundownRef` (feature `std`): the same, without locked instructions on Linux.
//! * [`PooledRundownRef`]: the same in little memory, for many objects, which a [`SlotPool`] gives out.
//! * [`Rundown`]: what all of them can do.
//! * [`RundownGuard`]: one or more holds, released on drop.
//! * [`Protected`]: an object together with its protection: lent out to users, returned to its owner.
//! * [`Drained`]: a run-down as a `Future`.
//!
//! It does not serialise accesses, it only keeps the object alive. It suits an object that is nearly
//! always available.
//!
//! `no_std`, no dependencies, no architecture: the platform comes in through two small traits,
//! [`CurrentSlot`] and [`Park`].

#![no_std]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std", rundown_loom))]
extern crate std;

#[cfg(feature = "std")]
mod blocking;
mod cache_aware;
mod cache_line;
mod checked;
mod error;
mod future;
mod guard;
#[cfg(feature = "holders")]
pub mod holders;
#[cfg(not(feature = "holders"))]
#[path = "holders_off.rs"]
mod holders;
mod limits;
mod object;
mod operations;
mod outcome;
mod park;
mod plain;
mod pool;
mod pool_block;
mod pool_column;
mod pool_list;
mod pool_static;
mod pooled;
mod protected;
mod protocol;
#[cfg(rundown_loom)]
mod reclaim;
mod rundown;
mod sequence;
mod slot_set;
mod sync;
#[cfg(feature = "std")]
mod thread;

#[cfg(feature = "std")]
mod processor;
// Under Miri and loom there is none: neither knows of memory that the kernel writes.
#[cfg(feature = "std")]
#[cfg_attr(
    not(all(
        target_os = "linux",
        target_env = "gnu",
        target_pointer_width = "64",
        any(target_arch = "x86_64", target_arch = "aarch64"),
        not(any(miri, rundown_loom))
    )),
    path = "rseq_none.rs"
)]
mod rseq;

#[cfg(feature = "std")]
mod lines;
#[cfg(feature = "std")]
mod restartable;
// Under loom there is a model of them.
#[cfg(feature = "std")]
#[cfg_attr(rundown_loom, path = "sections_model.rs")]
#[cfg_attr(
    not(any(
        rundown_loom,
        all(
            target_os = "linux",
            target_env = "gnu",
            target_pointer_width = "64",
            target_arch = "x86_64",
            not(miri)
        )
    )),
    path = "sections_none.rs"
)]
mod sections;
#[cfg(feature = "std")]
mod unlocked;

/// Checks the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "std")]
pub use blocking::Blocking;
pub use cache_aware::{CacheAwareRundownRef, CurrentSlot, PaddedSlot, Slots, StaticRundownRef};
pub use cache_line::{CACHE_LINE, CacheLine, SharedLine};
pub use checked::Checked;
pub use error::{AcquireError, InitError, NotRunDown, OverRelease, TimedOut};
pub use future::Drained;
pub use guard::RundownGuard;
pub use limits::{MAX_COUNT, MAX_HOLDERS, MAX_RESURRECTED, MAX_SLOTS, POOL_ALIGNMENT};
pub use park::{Park, Spin};
pub use plain::RundownRef;
pub use pool::SlotPool;
pub use pool_block::MAX_POOL_BLOCK;
pub use pool_static::StaticSlotPool;
pub use pooled::{Pooled, PooledRundownRef};
#[cfg(feature = "std")]
pub use processor::ProcessorSlot;
pub use protected::{Protected, ProtectedGuard};
#[cfg(feature = "std")]
pub use restartable::{
    RestartableRundownRef, RestartableSlot, RestartableSlots, StaticRestartableRundownRef,
};
pub use rundown::Rundown;
#[cfg(all(feature = "std", rundown_loom))]
pub use sections::on_processor;
pub use slot_set::Slot;
#[cfg(feature = "std")]
pub use thread::ThreadSlot;
