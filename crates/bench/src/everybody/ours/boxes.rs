//! Objects on the heap, of as many slots as asked for.

use rundown::{CacheAwareRundownRef, ThreadSlot};

/// An object whose slots belong to threads.
pub type Boxed = CacheAwareRundownRef<ThreadSlot>;

/// Makes one with so many slots.
///
/// # Panics
///
/// When that is not possible.
pub fn boxed_with(slots: usize) -> Box<Boxed> {
    Boxed::boxed(slots).unwrap_or_else(|error| panic!("{error}"))
}
