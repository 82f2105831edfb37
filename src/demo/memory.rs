//! Where the demo's objects lie: each in an allocation of its own.
//!
//! With the feature `pooled`, `pool.rs` stands in the place of this file.

use alloc::boxed::Box;
use core::ops::Range;
use core::ptr;
use rundown::{CacheLine, InitError};

pub use machine::smp::protection::{Object, slot_words};

/// An object, and the right to free it.
pub type Owner = Box<Object>;

/// What the report says of the objects.
pub const TOLD: Option<&str> = None;

/// Makes an object with so many slots.
pub fn object(slots: usize) -> Result<Owner, InitError> {
    Object::boxed(slots)
}

/// Returns the lines with what all cores share.
pub fn shared_lines(object: &Object) -> Range<*const CacheLine<u8>> {
    let first = ptr::from_ref(object).cast::<CacheLine<u8>>();
    first..first.wrapping_add(1)
}
