//! The words of an object, and what their lowest bits say. `protocol.rs` says what the rest of them counts.

use crate::sync::{AtomicUsize, const_unless_loom};

/// Bit 0 of a slot: run-down is active.
pub(crate) const MARK: usize = 1;
/// Bit 0 of `outstanding`: a sweep has ended, and no reset has begun since.
pub(crate) const SWEPT: usize = 1;
/// One hold, in the units of both words.
pub(crate) const ONE: usize = 2;

/// The word of one slot: a part of [`RundownRef`](crate::RundownRef) and of
/// [`PaddedSlot`](crate::PaddedSlot), made by this crate only.
#[derive(Debug)]
#[repr(transparent)]
pub struct Slot(pub(crate) AtomicUsize);

/// The word that all waiters watch, and that every acquire looks at.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Outstanding(pub(crate) AtomicUsize);

impl Slot {
    const_unless_loom! {
        /// Makes a slot without holds.
        pub(crate) const fn new(run_down: bool) -> Self {
            Self(AtomicUsize::new(if run_down { MARK } else { 0 }))
        }
    }
}

impl Outstanding {
    const_unless_loom! {
        /// Makes the word of a live object, or of one that is run down from the start.
        pub(crate) const fn new(run_down: bool) -> Self {
            Self(AtomicUsize::new(if run_down { SWEPT } else { 0 }))
        }
    }
}
