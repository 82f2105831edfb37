//! Where there are no restartable sections: every addition is left to the caller.

use crate::outcome::Added;
use crate::sync::AtomicUsize;
use crate::unlocked::Unlocked;

/// Adds nothing.
///
/// # Safety
///
/// None here; elsewhere the counters have to lie as the other implementation says.
#[inline]
pub(crate) unsafe fn add(
    _first: *const Unlocked,
    _count: usize,
    _mark: *const AtomicUsize,
    _amount: isize,
) -> Added {
    Added::Not
}

/// Has nothing to prepare.
pub(crate) fn prepare() {}

/// Has nothing to restart.
pub(crate) fn restart() {}
