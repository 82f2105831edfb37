//! The functions that interrupts are to come in the middle of, and where each lies.
//!
//! Not inlined, and with a label before the first and behind the last instruction of what they are about, so
//! that the address at which an interrupt came tells whether it came inside. What an acquire or a release
//! does beside its usual way (the last release of a drain) the compiler puts elsewhere; that does not count.

use core::arch::asm;
use machine::smp::protection::Object;
use rundown::{Rundown, RundownGuard};

/// Names the address where it stands. If the compiler puts it in two places, the first counts.
macro_rules! label {
    ($name:literal) => {
        #[expect(named_asm_labels, reason = "a second one is left out")]
        // SAFETY: no instruction. It touches no memory; that the compiler does not know that, keeps what
        // stands before it and after it where they are.
        unsafe {
            asm!(
                concat!(".ifndef ", $name),
                concat!(".global ", $name),
                concat!($name, ":"),
                ".endif",
                options(nostack)
            )
        }
    };
}

unsafe extern "C" {
    // The labels below; only their addresses mean something.
    static acquire_begins: u8;
    static acquire_ends: u8;
    static release_begins: u8;
    static release_ends: u8;
}

/// Acquires a hold, which the caller gives back with [`release`]. Returns whether it was granted.
#[inline(never)]
pub fn acquire(object: &Object) -> bool {
    label!("acquire_begins");
    let granted = object.try_acquire().map(RundownGuard::leak).is_ok();
    label!("acquire_ends");
    granted
}

/// Releases holds.
///
/// # Safety
///
/// The caller owns so many holds of the object and gives them up.
#[inline(never)]
pub unsafe fn release(object: &Object, holds: usize) {
    label!("release_begins");
    // SAFETY: as the caller says.
    unsafe { object.release_n(holds) };
    label!("release_ends");
}

/// What was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// An acquire that has begun and not ended.
    Acquire,
    /// A release, likewise.
    Release,
    /// Anything else.
    Elsewhere,
}

/// Returns what an interrupt has interrupted that returns to this address.
///
/// At the first label nothing has been done yet, and at the last all has.
pub fn at(address: u64) -> Place {
    let between = |begins: *const u8, ends: *const u8| {
        (begins.addr() as u64) < address && address < ends.addr() as u64
    };
    if between(&raw const acquire_begins, &raw const acquire_ends) {
        Place::Acquire
    } else if between(&raw const release_begins, &raw const release_ends) {
        Place::Release
    } else {
        Place::Elsewhere
    }
}
