//! Stands in for `holders` when the feature is off: a record of no size that does nothing.

use core::fmt;

/// What a guard would know about its entry in the table.
#[derive(Clone, Copy)]
pub(crate) struct Record;

#[allow(clippy::unused_self, reason = "the same methods as the real one")]
impl Record {
    #[inline]
    pub(crate) fn new(_object: *const (), _slot: usize, _count: usize) -> Self {
        Self
    }

    #[inline]
    pub(crate) fn join(self, _other: Self, _object: *const (), _counts: [usize; 2]) -> Self {
        self
    }

    #[inline]
    pub(crate) fn leak(self, _object: *const ()) {}

    #[inline]
    pub(crate) fn remove(self, _object: *const (), _count: usize) {}

    #[inline]
    pub(crate) fn take_leaked(_object: *const (), _count: usize) {}

    #[inline]
    pub(crate) fn remove_all(_object: *const ()) {}

    #[inline]
    pub(crate) fn remove_within(_start: *const (), _bytes: usize) {}
}

/// What a late drain would know about its holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HolderList;

impl HolderList {
    pub(crate) fn new(_object: *const ()) -> Self {
        Self
    }

    #[allow(clippy::unused_self, reason = "the same method as the real one")]
    pub(crate) fn list(self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

const _: () = assert!(size_of::<Record>() == 0 && size_of::<HolderList>() == 0);
