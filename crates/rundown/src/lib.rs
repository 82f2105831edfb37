//! Run-down protection: use a shared object at full speed, drain its users, free it.
//!
#![doc = include_str!("manual.md")]
//!
// Where links of the manual lead: into the repository, and to what a feature adds, where it is off.
#![cfg_attr(doc, doc = concat!("[guide]: ", env!("CARGO_PKG_REPOSITORY"), "/tree/main/docs/guide"))]
#![cfg_attr(doc, doc = concat!("[protocol]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/guide/protocol.md"))]
#![cfg_attr(doc, doc = concat!("[limits]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/guide/limits.md"))]
#![cfg_attr(doc, doc = concat!("[performance]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/performance.md"))]
#![cfg_attr(doc, doc = concat!("[restartable]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/restartable.md"))]
#![cfg_attr(doc, doc = concat!("[instructions]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/instructions.md"))]
#![cfg_attr(doc, doc = concat!("[riscv]: ", env!("CARGO_PKG_REPOSITORY"), "/tree/main/examples/riscv"))]
#![cfg_attr(doc, doc = concat!("[embedded]: ", env!("CARGO_PKG_REPOSITORY"), "/tree/main/examples/embedded"))]
#![cfg_attr(not(feature = "std"), doc = include_str!("manual/without_std.md"))]
#![cfg_attr(not(feature = "alloc"), doc = include_str!("manual/without_alloc.md"))]
#![cfg_attr(not(feature = "holders"), doc = include_str!("manual/without_holders.md"))]
#![no_std]
// On docs.rs each item says which feature it needs. That tests under loom lack it, or that a target has the usual
// atomics, is nothing to say.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(docsrs, doc(auto_cfg(hide(rundown_loom), hide(target_has_atomic, values("ptr")))))]
#![deny(clippy::must_use_candidate)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(test, feature = "std", rundown_loom))]
extern crate std;

#[cfg(feature = "std")]
mod blocking;
mod cache_aware;
mod cache_line;
mod checked;
mod default_park;
mod error;
mod exclusive;
mod future;
mod guard;
#[cfg(feature = "holders")]
pub mod holders;
#[cfg(not(feature = "holders"))]
#[path = "holders_off.rs"]
mod holders;
mod limits;
mod mapped;
mod object;
mod operations;
mod outcome;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
mod owned;
mod park;
mod plain;
mod pointers;
mod pool;
mod pool_block;
mod pool_column;
mod pool_list;
mod pool_static;
mod pooled;
mod protected;
mod protected_guard;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
mod protected_owned;
mod protocol;
#[cfg(rundown_loom)]
mod reclaim;
mod run_down;
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
mod unwinding;
mod wait_all;
mod words;

/// Checks the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(feature = "std")]
pub use blocking::Blocking;
pub use cache_aware::{CacheAwareRundownRef, CurrentSlot, PaddedSlot, Slots, StaticRundownRef};
pub use cache_line::{CACHE_LINE, CacheLine, SharedLine};
pub use checked::Checked;
pub use default_park::DefaultPark;
pub use error::{AcquireError, InitError, MergeError, NotRunDown, OverRelease, PutError, TimedOut};
pub use exclusive::Exclusive;
pub use future::Drained;
pub use guard::RundownGuard;
pub use limits::{MAX_CLONED, MAX_COUNT, MAX_HOLDERS, MAX_RESURRECTED, MAX_SLOTS, POOL_ALIGNMENT};
pub use mapped::MappedGuard;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
pub use owned::OwnedRundownGuard;
pub use park::{Park, Spin};
pub use plain::RundownRef;
pub use pool::SlotPool;
pub use pool_block::MAX_POOL_BLOCK;
pub use pool_static::StaticSlotPool;
pub use pooled::{Pooled, PooledRundownRef};
#[cfg(feature = "std")]
pub use processor::ProcessorSlot;
pub use protected::Protected;
pub use protected_guard::ProtectedGuard;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
pub use protected_owned::OwnedProtectedGuard;
#[cfg(feature = "std")]
pub use restartable::{
    RestartableRundownRef, RestartableSlot, RestartableSlots, StaticRestartableRundownRef,
};
pub use run_down::RunDown;
pub use rundown::Rundown;
#[cfg(all(feature = "std", rundown_loom))]
pub use sections::on_processor;
#[cfg(feature = "std")]
pub use thread::ThreadSlot;
pub use wait_all::{wait_all, wait_all_until};
pub use words::Slot;
