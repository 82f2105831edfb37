//! What begins, waits and releases, with a release too many as a value; `Rundown` panics on it.

use crate::error::{AcquireError, OverRelease, TimedOut};
use crate::holders::{HolderList, Record};
use crate::limits::{MAX_COUNT, MAX_EVER};
use crate::object::{Object, Thin};
use crate::outcome::{Added, Released};
use crate::park::Park;
use crate::slot_set::SlotSet;
use crate::unwinding::{in_drop, panicking};
use core::fmt;

/// Starts the run-down, unless it has started, and returns whether it has ended.
pub(crate) fn begin<R: Object + ?Sized>(object: &R) -> Result<bool, OverRelease> {
    let address = object.address();
    let swept = object.protocol().sweep();
    // Also after an error: others who wait must see it, instead of sleeping on.
    if swept != Ok(None) {
        <R::Waiting as Park>::unpark_all(address);
    }
    match swept? {
        Some(left) => Ok(left == 0),
        None => Ok(object.protocol().left()? == Some(0)),
    }
}

/// Runs the object down and waits, at most until the deadline. False: it has passed; never without one.
pub(crate) fn drain<R: Object + ?Sized>(
    object: &R,
    deadline: Option<<R::Waiting as Park>::Deadline>,
) -> Result<bool, OverRelease> {
    // A re-initialisation that overlaps with this wait makes the object live once more, perhaps
    // after our own look: then the run-down starts again, instead of waiting for nobody.
    while !begin(object)? {
        let mut ready = || match object.protocol().left() {
            Ok(Some(left)) => left == 0,
            // Sleeps while slots are being marked or cleared; if it is live, there is nothing to wait for.
            Ok(None) => !object.protocol().is_marked(),
            Err(_) => true,
        };
        // `Park` is a safe trait, and memory is freed by what this returns: a true is asked again above,
        // and a false counts only where there is a deadline that can have passed.
        let ready = <R::Waiting as Park>::park_until(object.address(), &mut ready, deadline);
        if !ready && deadline.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Runs the object down and waits, at most until the deadline.
///
/// # Panics
///
/// When more was released than acquired.
pub(crate) fn wait_by<R: Object + ?Sized>(
    object: &R,
    deadline: Option<<R::Waiting as Park>::Deadline>,
) -> Result<(), TimedOut> {
    let address = object.address();
    if drain(object, deadline).unwrap_or_else(|error| error.report(address)) {
        return Ok(());
    }
    // The last hold may have gone since.
    match object.protocol().left().unwrap_or_else(|error| error.report(address)) {
        Some(0) => Ok(()),
        outstanding => Err(TimedOut { outstanding, holders: HolderList::new(address) }),
    }
}

/// Takes `count` holds, beside the slots or on the current one, and returns which that was.
#[inline]
pub(crate) fn acquire<R: Object + ?Sized>(object: &R, count: usize) -> Result<usize, AcquireError> {
    let words = object.protocol();
    // What counts beside the slots comes first: it has a mark of its own, and needs no slot.
    if count.wrapping_sub(1) < MAX_COUNT {
        let added = words.slots.add(count);
        if added == Added::Done {
            return Ok(words.slots.named());
        }
        if added == Added::Marked {
            return Err(AcquireError::RunDown);
        }
    }
    if words.refuses() {
        return Err(AcquireError::RunDown);
    }
    let slot = object.current_slot();
    if count.wrapping_sub(1) >= MAX_COUNT {
        words.take_nothing(slot, count)?;
    } else if let Some(old) = words.acquire(slot, count) {
        acquire_slow(Thin::new(object), slot, old, count)?;
    }
    Ok(slot)
}

/// Ends an acquire that saw something unusual in its slot. Out of line, as that of a release. By a thin
/// reference, so that nothing else of it is kept for the case that this is called.
#[cold]
#[inline(never)]
pub(crate) fn acquire_slow<R: Object + ?Sized>(
    object: Thin<'_, R>,
    slot: usize,
    old: usize,
    count: usize,
) -> Result<(), AcquireError> {
    let object = object.get();
    let judged = object.protocol().judge(old);
    if judged == Err(AcquireError::TooMany) {
        // SAFETY: they were taken, and nobody else knows of them.
        unsafe { release_on(object, slot, count) }
    }
    judged
}

/// Takes one hold more for a caller who has one, also while a run-down is under way. Returns the slot.
#[inline]
pub(crate) fn acquire_more<R: Object + ?Sized>(object: &R) -> Result<usize, AcquireError> {
    let words = object.protocol();
    if words.slots.add(1) == Added::Done {
        return Ok(words.slots.named());
    }
    let slot = object.current_slot();
    match words.acquire(slot, 1) {
        None => Ok(slot),
        Some(old) => acquire_more_slow(Thin::new(object), slot, old).map(|()| slot),
    }
}

/// Ends an acquire by a holder that saw something unusual in its slot.
#[cold]
#[inline(never)]
fn acquire_more_slow<R: Object + ?Sized>(
    object: Thin<'_, R>,
    slot: usize,
    old: usize,
) -> Result<(), AcquireError> {
    match acquire_slow(object, slot, old, 1) {
        Err(AcquireError::RunDown) => object.get().protocol().acquire_more(),
        judged => judged,
    }
}

/// Releases `count` holds, beside the slots or on the current one, and wakes the waiters if they were the last.
///
/// # Safety
///
/// The caller owns these holds on this object, from 1 to `MAX_EVER`, and gives them up.
#[inline]
pub(crate) unsafe fn release<R: Object + ?Sized>(object: &R, count: usize) {
    // Marked: the sweep may have counted these holds, and a slot tells whether it has ended.
    if object.protocol().slots.subtract(count) == Added::Done {
        return;
    }
    // SAFETY: the caller's promise is the same.
    unsafe { release_on(object, object.current_slot(), count) }
}

/// As [`release`], on `slot`.
///
/// # Safety
///
/// As [`release`].
#[inline]
unsafe fn release_on<R: Object + ?Sized>(object: &R, slot: usize, count: usize) {
    if let Some(old) = object.protocol().release(slot, count) {
        release_slow_or_panic(Thin::new(object), slot, old, count);
    }
}

/// As [`release`], of a count that nobody vouches for.
///
/// # Safety
///
/// The caller owns at least `count` holds on this object and gives them up.
#[inline]
pub(crate) unsafe fn release_any<R: Object + ?Sized>(object: &R, count: usize) {
    if let Some((slot, old)) = begin_release(object, count) {
        release_slow_or_panic(Thin::new(object), slot, old, count);
    }
}

/// Does the first step of [`release_any`]. Returns the slot and what was seen there, unless that was all.
#[inline]
pub(crate) fn begin_release<R: Object + ?Sized>(
    object: &R,
    count: usize,
) -> Option<(usize, usize)> {
    let words = object.protocol();
    if count.wrapping_sub(1) < MAX_EVER && words.slots.subtract(count) == Added::Done {
        return None;
    }
    let slot = object.current_slot();
    words.release_any(slot, count).map(|old| (slot, old))
}

/// Out of line, so that compilers put the usual way into the place where a guard is dropped.
#[cold]
#[inline(never)]
fn release_slow_or_panic<R: Object + ?Sized>(
    object: Thin<'_, R>,
    slot: usize,
    old: usize,
    count: usize,
) {
    let object = object.get();
    let address = object.address();
    if let Err(error) = release_slow(object, slot, old, count) {
        if !panicking() {
            error.report(address)
        }
    }
}

/// Does the rest of a release, and wakes the waiters if it was the last.
pub(crate) fn release_slow<R: Object + ?Sized>(
    object: &R,
    slot: usize,
    old: usize,
    count: usize,
) -> Result<(), OverRelease> {
    let address = object.address();
    if object.protocol().release_slow(slot, old, count)? == Released::Last {
        // From here on the object may be freed: only its address is used. Mostly called by a guard's drop.
        in_drop(|| <R::Waiting as Park>::unpark_all(address));
    }
    Ok(())
}

/// Refuses to let an object die that is still held. Its owner calls: nobody else is in the middle.
pub(crate) fn check_drop<R: Object + ?Sized>(object: &R) {
    let address = object.address();
    // No guard is left that could be dropped: they borrow the object.
    Record::remove_all(address);
    if panicking() {
        return;
    }
    if !begin(object).unwrap_or_else(|error| error.report(address)) {
        let holds =
            object.protocol().left().unwrap_or_else(|error| error.report(address)).unwrap_or(0);
        let holds_are = if holds == 1 { "hold is" } else { "holds are" };
        panic!(
            "run-down object at {:p}: dropped while {holds} {holds_are} outstanding; \
             wait for its run-down first",
            address
        );
    }
}

/// Writes what is known of an object: its state, how many holds a drain still waits for, and its slots.
pub(crate) fn debug<R: Object + ?Sized>(
    object: &R,
    name: &str,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let words = object.protocol();
    let (state, holds) = match words.left() {
        Ok(None) if words.is_marked() => ("running down", None),
        Ok(None) => ("live", None),
        Ok(Some(0)) => ("run down", None),
        Ok(Some(holds)) => ("running down", Some(holds)),
        Err(_) => ("released too often", None),
    };
    let mut fields = f.debug_struct(name);
    fields.field("state", &format_args!("{state}"));
    if let Some(holds) = holds {
        fields.field("holds", &holds);
    }
    if words.slots.len() > 1 {
        fields.field("slots", &words.slots.len());
    }
    fields.finish()
}
