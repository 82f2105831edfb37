//! What begins, waits and releases, with a release too many as a value; [`Rundown`] panics on it.

use crate::error::OverRelease;
use crate::family::Rundown;
use crate::outcome::{Progress, Released};
use crate::park::Park;

/// Starts the run-down, unless it has started, and tells whether it has ended.
pub(crate) fn begin<R: Rundown + ?Sized>(object: &R) -> Result<bool, OverRelease> {
    let address = object.address();
    let swept = object.protocol().sweep();
    // Also after an error: others who wait must see it, instead of sleeping on.
    if swept != Ok(false) {
        <R::Park as Park>::unpark_all(address);
    }
    swept?;
    Ok(outstanding(object)? == Some(0))
}

/// Tells how many holds are left: `None` until a run-down has counted them.
pub(crate) fn outstanding<R: Rundown + ?Sized>(object: &R) -> Result<Option<usize>, OverRelease> {
    Ok(match object.protocol().progress()? {
        Progress::Live | Progress::Sweeping => None,
        Progress::Draining(holds) => Some(holds),
        Progress::RunDown => Some(0),
    })
}

/// Runs the object down and waits, at most until the deadline. False: it has passed; never without one.
pub(crate) fn drain<R: Rundown + ?Sized>(
    object: &R,
    deadline: Option<<R::Park as Park>::Deadline>,
) -> Result<bool, OverRelease> {
    // A re-initialisation that overlaps with this wait makes the object live once more, perhaps
    // after our own look: then the run-down starts again, instead of waiting for nobody.
    while !begin(object)? {
        let mut ready = || match object.protocol().progress() {
            Ok(Progress::Draining(_) | Progress::Sweeping) => false,
            Ok(Progress::RunDown | Progress::Live) | Err(_) => true,
        };
        // `Park` is a safe trait, and memory is freed by what this returns: a true is asked again above,
        // and a false counts only where there is a deadline that can have passed.
        let ready = <R::Park as Park>::park_until(object.address(), &mut ready, deadline);
        if !ready && deadline.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Releases `count` holds on the current slot, and wakes the waiters if they were the last.
///
/// # Safety
///
/// The caller owns at least `count` holds on this object and gives them up.
#[inline]
pub(crate) unsafe fn give_back<R: Rundown + ?Sized>(object: &R, count: usize) {
    let slot = object.current_slot();
    if let Some(old) = object.protocol().release(slot, count) {
        settle_or_panic(object, slot, old, count);
    }
}

/// Out of line, so that compilers put the usual way into the place where a guard is dropped.
#[cold]
#[inline(never)]
fn settle_or_panic<R: Rundown + ?Sized>(object: &R, slot: usize, old: usize, count: usize) {
    let address = object.address();
    settle(object, slot, old, count).unwrap_or_else(|error| error.report(address));
}

/// Does the rest of a release, and wakes the waiters if it was the last.
pub(crate) fn settle<R: Rundown + ?Sized>(
    object: &R,
    slot: usize,
    old: usize,
    count: usize,
) -> Result<(), OverRelease> {
    let address = object.address();
    if object.protocol().settle(slot, old, count)? == Released::Last {
        // From here on the object may be freed: only its address is used.
        <R::Park as Park>::unpark_all(address);
    }
    Ok(())
}
