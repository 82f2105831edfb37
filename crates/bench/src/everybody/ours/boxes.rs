//! Objects on the heap, of as many slots as asked for.

use rundown::{CacheAwareRundownRef, CurrentSlot, Pooled, ProcessorSlot, SlotPool, Spin};

/// Makes one with so many slots, of which `C` chooses.
///
/// # Panics
///
/// When that is not possible.
pub fn boxed_with<C: CurrentSlot>(slots: usize) -> Box<CacheAwareRundownRef<C, Spin>> {
    CacheAwareRundownRef::boxed(slots).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns what takes objects with so many slots from one pool, which stays for ever.
///
/// # Panics
///
/// When that is not possible.
pub fn pool(slots: usize) -> impl Fn() -> Pooled<'static, ProcessorSlot, Spin> {
    let pool = SlotPool::new(slots).unwrap_or_else(|error| panic!("{error}"));
    let pool: &SlotPool<'static, ProcessorSlot, Spin> = Box::leak(Box::new(pool));
    || pool.take().unwrap_or_else(|error| panic!("{error}"))
}
