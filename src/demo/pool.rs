//! Where the demo's objects lie with the feature `pooled`: all in a pool, which has a row of words a slot.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use machine::smp::protection::{OwnLines, Sleep};
use rundown::{CACHE_LINE, CacheLine, InitError, Pooled, PooledRundownRef, SlotPool};
use spin::Mutex;

/// The run-down object: a word in each row.
pub type Object = PooledRundownRef<OwnLines, Sleep>;
/// An object, and the right to give it back.
pub type Owner = Pooled<'static, OwnLines, Sleep>;
type Pool = SlotPool<'static, OwnLines, Sleep>;

/// What the report says of the objects.
pub const TOLD: Option<&str> =
    Some("objects come from a pool: a row of words a slot, of which each has one");

/// A pool for each number of slots. In the demo that is one number.
static POOLS: Mutex<Vec<&'static Pool>> = Mutex::new(Vec::new());

/// Takes an object with so many slots.
pub fn object(slots: usize) -> Result<Owner, InitError> {
    let mut pools = POOLS.lock();
    if let Some(pool) = pools.iter().find(|pool| pool.slot_count() == slots) {
        return pool.take();
    }
    let pool = Box::leak(Box::new(Pool::new(slots)?));
    pools.push(pool);
    pool.take()
}

/// Returns the lines with what all cores share: from where the object begins to the line of its first slot.
pub fn shared_lines(object: &Object) -> Range<*const CacheLine<u8>> {
    let line = |address: *const ()| address.map_addr(|at| at & !(CACHE_LINE - 1)).cast();
    line(ptr::from_ref(object).cast())..line(object.slot_address(0))
}

/// Returns the words of all slots of an object, as they are now.
pub fn slot_words(object: &Object) -> impl Iterator<Item = usize> {
    (0..object.slot_count()).map(|slot| {
        let word = object.slot_address(slot).cast::<usize>().cast_mut();
        // SAFETY: a slot is one atomic word, and lives as long as the object, which is borrowed.
        unsafe { AtomicUsize::from_ptr(word) }.load(Ordering::Relaxed)
    })
}
