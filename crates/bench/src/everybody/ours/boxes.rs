//! Objects on the heap, of as many slots as asked for.

use rundown::{CacheAwareRundownRef, CurrentSlot};

/// Makes one with so many slots, of which `C` chooses.
///
/// # Panics
///
/// When that is not possible.
pub fn boxed_with<C: CurrentSlot>(slots: usize) -> Box<CacheAwareRundownRef<C>> {
    CacheAwareRundownRef::boxed(slots).unwrap_or_else(|error| panic!("{error}"))
}
