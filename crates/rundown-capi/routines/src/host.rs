//! The platform of a program: everything from the operating system.

use crate::types::{POOL_TYPE, ULONG};
use core::alloc::Layout;
use core::ffi::{CStr, c_void};
use core::hash::BuildHasher;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::alloc;
use std::hash::RandomState;
use std::io::{self, Write};
use std::process;
use std::sync::OnceLock;

/// A slot for each processor where the system says which one a thread runs on, else one for each thread.
pub(crate) use rundown::ProcessorSlot as Slot;

/// Waiters sleep.
pub(crate) use rundown::Blocking as Waiting;

/// Returns how many slots an object gets: one for each processor of the machine, also those that this
/// program may not use now, see [`Slot::slot_count`]. Asked once, so that the answer is the same between
/// SizeOf and Initialize.
pub(crate) fn slot_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(Slot::slot_count)
}

/// A number that this copy of the library has drawn; 0 before.
static COPY: AtomicUsize = AtomicUsize::new(0);

/// Returns what no other copy of this library has, in this process or another. A child that was forked has its
/// parent's, like the objects.
#[inline]
pub(crate) fn copy() -> usize {
    COPY.load(Ordering::Relaxed) // Relaxed: nothing else goes by it
}

/// Draws that number, if there is none yet. Comes before the first object of this copy.
#[cold]
pub(crate) fn name_copy() {
    if copy() == 0 {
        // Each state's keys are random; the number is never 0.
        let drawn = RandomState::new().hash_one(0) as usize | 1;
        let _ = COPY.compare_exchange(0, drawn, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// Returns a number that no other thread has that lives.
#[cfg(feature = "holders")]
pub(crate) fn thread() -> usize {
    std::thread_local! {
        static HERE: u8 = const { 0 };
    }
    HERE.with(|here| core::ptr::from_ref(here).addr())
}

/// Names what the platform lacks: nothing.
pub(crate) fn missing(_slots: bool) -> Option<&'static str> {
    None
}

/// What `malloc` would align to.
const ALIGNMENT: usize = 2 * align_of::<usize>();

/// Allocates memory, or returns null. There is one kind of memory, and it has no tags.
pub(crate) fn allocate(_pool: POOL_TYPE, size: usize, _tag: ULONG) -> *mut c_void {
    match Layout::from_size_align(size, ALIGNMENT) {
        // SAFETY: no object has size 0: it has at least one slot.
        Ok(layout) if size > 0 => unsafe { alloc::alloc(layout).cast() },
        _ => core::ptr::null_mut(),
    }
}

/// Frees memory.
///
/// # Safety
///
/// `memory` came from [`allocate`] with this size, and is not used any more.
pub(crate) unsafe fn free(memory: *mut c_void, size: usize, _tag: ULONG) {
    if let Ok(layout) = Layout::from_size_align(size, ALIGNMENT) {
        // SAFETY: the caller's promise.
        unsafe { alloc::dealloc(memory.cast(), layout) };
    }
}

/// Prints the message, and aborts the program.
pub(crate) fn fatal(message: &CStr) -> ! {
    let _ = io::stderr().write_all(message.to_bytes()); // nobody is left to tell if this fails
    process::abort()
}
