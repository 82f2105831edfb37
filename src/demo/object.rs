//! The demo's objects have a slot for each core, on lines that no other core writes.

use crate::demo::memory::{self, Object, Owner};
use core::ops::Range;
use machine::smp::{cores, protection};
use rundown::{CACHE_LINE, CacheLine, RundownGuard};

/// A hold on an object that lives for ever.
pub type Guard = RundownGuard<'static, Object>;

/// Makes an object with a slot for each of so many cores. Panics when there is no memory for it.
pub fn object(cores: usize) -> Owner {
    memory::object(protection::slots(cores)).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the address of a core's slot.
pub fn slot_address(object: &Object, core: usize) -> *const () {
    object.slot_address(cores::slot_of(core))
}

/// Returns where the slots of so many cores lie, and the bytes from one core's to the next one's.
pub fn slot_lines(object: &Object, cores: usize) -> (Range<*const CacheLine<u8>>, usize) {
    let [first, last] = [0, cores - 1].map(|core| slot_address(object, core).cast());
    let one = object.slot_address(1).addr() - object.slot_address(0).addr(); // 0, if there is one slot
    (first..last.wrapping_add(1), cores::slots_apart() * one.max(CACHE_LINE))
}
