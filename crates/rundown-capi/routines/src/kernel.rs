//! The platform of a kernel: everything from the functions that it provides.

use crate::types::{BOOLEAN, FALSE, POOL_TYPE, RUNDOWN_PLATFORM, TRUE, ULONG};
use core::convert::Infallible;
use core::ffi::{CStr, c_void};
use core::{hint, ptr};
use rundown::{CurrentSlot, Park};

unsafe extern "C" {
    // A constant of the kernel's; a kernel without one does not link.
    safe static rundown_platform: RUNDOWN_PLATFORM;
}

/// The current core's slot.
pub(crate) struct Slot;

impl CurrentSlot for Slot {
    #[inline]
    fn current_slot() -> usize {
        // SAFETY: the kernel's own function, with the signature that the header prescribes.
        rundown_platform.current_slot.map_or(0, |current_slot| unsafe { current_slot() })
    }
}

/// Returns what no other copy of this library has: a copy has one platform.
#[inline]
pub(crate) fn copy() -> usize {
    (&raw const rundown_platform).addr()
}

/// Nothing is to be drawn.
pub(crate) fn name_copy() {}

/// Waiting in the kernel's own way, or by spinning.
pub(crate) struct Waiting;

impl Park for Waiting {
    /// C's Wait has no deadline.
    type Deadline = Infallible;

    fn park_until(
        address: *const (),
        mut ready: &mut dyn FnMut() -> bool,
        _deadline: Option<Infallible>,
    ) -> bool {
        let context: *mut &mut dyn FnMut() -> bool = &mut ready;
        // SAFETY: `context` points to `ready` for as long as this function runs.
        while unsafe { call_ready(context.cast()) } == FALSE {
            match rundown_platform.wait {
                // SAFETY: the kernel's own function, with the signature that the header prescribes;
                // `context` is what `call_ready` takes, and it is used before `wait` returns only.
                Some(wait) => unsafe { wait(address.cast(), Some(call_ready), context.cast()) },
                None => hint::spin_loop(),
            }
        }
        true
    }

    fn unpark_all(address: *const ()) {
        if let Some(wake) = rundown_platform.wake {
            // SAFETY: the kernel's own function, with the signature that the header prescribes.
            unsafe { wake(address.cast()) }
        }
    }
}

/// Asks whether the wait is over.
///
/// # Safety
///
/// `context` points to a `&mut dyn FnMut() -> bool` that nobody else uses now.
unsafe extern "C" fn call_ready(context: *mut c_void) -> BOOLEAN {
    // SAFETY: the caller's promise.
    let ready = unsafe { &mut *context.cast::<&mut dyn FnMut() -> bool>() };
    if ready() { TRUE } else { FALSE }
}

/// Returns how many slots an object gets: any number.
pub(crate) fn slot_count() -> usize {
    // SAFETY: the kernel's own function, with the signature that the header prescribes.
    rundown_platform.slot_count.map_or(1, |slot_count| unsafe { slot_count() })
}

/// Names a function that the kernel has forgotten; `slots`: for an object with a slot for each core.
pub(crate) fn missing(slots: bool) -> Option<&'static str> {
    let RUNDOWN_PLATFORM { slot_count, current_slot, allocate, free, wait, wake, .. } =
        &rundown_platform;
    let wanted = [
        ("slot_count", slots, slot_count.is_some()),
        ("current_slot", slots, current_slot.is_some()),
        ("free", allocate.is_some(), free.is_some()),
        ("wake", wait.is_some(), wake.is_some()),
    ];
    wanted.into_iter().find_map(|(name, wanted, there)| (wanted && !there).then_some(name))
}

/// Allocates memory, or returns null.
pub(crate) fn allocate(pool: POOL_TYPE, size: usize, tag: ULONG) -> *mut c_void {
    let allocate = rundown_platform.allocate;
    // SAFETY: the kernel's own function, with the signature that the header prescribes.
    allocate.map_or(ptr::null_mut(), |allocate| unsafe { allocate(pool, size, tag) })
}

/// Frees memory.
///
/// # Safety
///
/// `memory` came from [`allocate`] with this size and tag, and is not used any more.
pub(crate) unsafe fn free(memory: *mut c_void, size: usize, tag: ULONG) {
    if let Some(free) = rundown_platform.free {
        // SAFETY: the caller's promise.
        unsafe { free(memory, size, tag) }
    }
}

/// Lets the kernel print the message and end.
pub(crate) fn fatal(message: &CStr) -> ! {
    if let Some(fatal) = rundown_platform.fatal {
        // SAFETY: the kernel's own function, with the signature that the header prescribes.
        unsafe { fatal(message.as_ptr()) }
    }
    loop {
        hint::spin_loop();
    }
}
