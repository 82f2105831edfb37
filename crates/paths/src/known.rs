//! Objects known by two words, as C's calling convention passes them, and what is done with them.

use core::ptr::NonNull;
use core::{mem, ptr};
use rundown::{CacheAwareRundownRef, CurrentSlot, Park, PooledRundownRef, Rundown};

/// An object that a function finds by what it gets in two registers, without an instruction.
pub trait Known: Rundown {
    /// Returns the number of slots, which belongs to a reference to the object; 0 if it does not.
    fn slots(&self) -> usize {
        0
    }

    /// Returns the object.
    ///
    /// # Safety
    ///
    /// An object of this type, with so many slots as [`slots`](Self::slots) says, is at the address and lives
    /// as long as the result.
    unsafe fn known<'a>(address: *const (), slots: usize) -> &'a Self;
}

impl<R: Rundown> Known for R {
    #[inline(always)]
    unsafe fn known<'a>(address: *const (), _slots: usize) -> &'a Self {
        // SAFETY: the caller's promise.
        unsafe { &*address.cast() }
    }
}

impl<C: CurrentSlot, W: Park> Known for CacheAwareRundownRef<C, W> {
    fn slots(&self) -> usize {
        self.slot_count()
    }

    #[inline(always)]
    unsafe fn known<'a>(address: *const (), slots: usize) -> &'a Self {
        // SAFETY: the caller's promise; a reference to an object is its address and its number of slots.
        unsafe { &*(ptr::slice_from_raw_parts(address, slots) as *const Self) }
    }
}

impl<C: CurrentSlot> Known for PooledRundownRef<C> {
    #[inline(always)]
    unsafe fn known<'a>(address: *const (), _slots: usize) -> &'a Self {
        // SAFETY: the caller's promise; an object's address is not null.
        unsafe { Self::at(NonNull::new_unchecked(address.cast_mut().cast())).as_ref() }
    }
}

/// Takes a hold, and returns whether it was granted.
///
/// # Safety
///
/// As [`Known::known`].
#[inline(always)]
pub unsafe fn acquire<R: Known + ?Sized>(object: *const (), slots: usize) -> bool {
    // SAFETY: the caller's promise.
    let guard = unsafe { R::known(object, slots) }.try_acquire();
    guard.map(mem::forget).is_ok()
}

/// Gives a hold back.
///
/// # Safety
///
/// As [`Known::known`]; and there is a hold that nobody else gives back.
#[inline(always)]
pub unsafe fn release<R: Known + ?Sized>(object: *const (), slots: usize) {
    // SAFETY: the caller's promise, both times.
    unsafe { R::known(object, slots).release_n(1) }
}
