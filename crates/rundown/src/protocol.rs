//! The protocol: every atomic operation on an object's words and every ordering, in one sitting.
//!
//! # State
//!
//! Zeroed words are those of a live object without holds.
//!
//! * A **slot** a core: bit 0 says that run-down is active (the *mark*), the rest is twice the net
//!   number of holds taken here. A hold may be released on another slot, so one slot can go below
//!   zero; all arithmetic is modular and only the sum has a meaning.
//! * **outstanding**, one word: bit 0 says that a sweep has ended (*swept*). It is even from the start
//!   until then, and again from a reset on. Once it is odd, the rest is twice the number of holds not yet
//!   released; one therefore says *run down*, and nothing else does. Releases subtract even amounts, so
//!   until the sweep ends no release can make it one.
//!
//! # The invariant
//!
//! While a slot is unmarked its count is alive; once marked its count bits are dead, for the sweep
//! took their last live value from `fetch_or`. But for what is between two steps of a release or a
//! `resurrect`, at every moment
//! ```text
//! 2 * holds = sum of unmarked slots + collected by the sweep so far + (outstanding & !1)
//! ```
//!
//! Each step is one atomic read-modify-write; only `resurrect` may repeat it. `docs/guide/protocol.md` argues it.

use crate::error::{AcquireError, NotRunDown, OverRelease};
use crate::limits::{MAX_CLONED, MAX_COUNT, MAX_EVER, MAX_HOLDERS, MAX_RESURRECTED, NEAR};
use crate::outcome::{ReleaseResult, Released, over};
use crate::slot_set::SlotSet;
use crate::sync::{AtomicUsize, Ordering};
use crate::words::{MARK, ONE, Outstanding, SWEPT};

/// What `resurrect` puts into slot 0 besides the holds that are left, and takes out of `outstanding`: a caller who
/// has found a mark that is taken back counts a further hold in `outstanding`, and slot 0 must not seem to have
/// too few holds for that.
const SURPLUS: usize = NEAR / 2;
/// What `outstanding` is at most when `resurrect` takes it back.
const MOST_CARRIED: usize = MAX_RESURRECTED * ONE + SWEPT;
/// What a slot's word plus `NEAR` has none of, if it is unmarked and nearer to zero than that.
const UNUSUAL: usize = MARK | !(2 * NEAR - 1);

/// The words of one object. Handed on by value, so that it stays in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protocol<'a, S> {
    pub(crate) outstanding: &'a Outstanding,
    pub(crate) slots: S,
}

impl<'a, S: SlotSet<'a>> Protocol<'a, S> {
    #[inline]
    fn word(self, slot: usize) -> &'a AtomicUsize {
        // A division only when the index is out of range; with a constant number of slots no check.
        let slot = if slot < self.slots.len() { slot } else { slot % self.slots.len() };
        &self.slots.at(slot).0
    }

    /// Returns whether a run-down has been swept, so that an acquire need not try.
    #[inline]
    pub(crate) fn refuses(self) -> bool {
        // Relaxed: a refusal hands out nothing, and a stale "live" is corrected by the add. This look keeps
        // refused acquires from writing. It is not at the slot: a load of a word that the same core has just
        // changed by an atomic instruction waits for that, while this word stays shared by all caches.
        let look = || self.outstanding.0.load(Ordering::Relaxed) & SWEPT != 0;
        self.slots.swept().unwrap_or_else(look)
    }

    /// Takes `count` holds on `slot`. Never waits, never retries. `None`: granted. Otherwise
    /// [`judge`](Self::judge) decides. `count` is from 1 to `MAX_COUNT`.
    #[inline]
    pub(crate) fn acquire(self, slot: usize, count: usize) -> Option<usize> {
        // Acquire, pairs with `reset`: what the owner did before (re-)initialising is visible to us.
        // If our add comes before the mark, the sweep's fetch_or returns it and the drain waits for
        // us. If the mark comes first, the count bits are dead: nothing to undo.
        let old = self.word(slot).fetch_add(count * ONE, Ordering::Acquire);
        // One test for two: the mark is clear, and the rest lies in the window around zero.
        if old.wrapping_add(NEAR) & UNUSUAL == 0 { None } else { Some(old) }
    }

    /// Decides on an acquire that saw `old` in its slot: the mark, or far from zero. The holds of one that is
    /// `TooMany` have been taken, and are to be released.
    #[cold]
    pub(crate) fn judge(self, old: usize) -> Result<(), AcquireError> {
        if old & MARK != 0 {
            return Err(AcquireError::RunDown);
        }
        // A look at all slots, with what was just added.
        if self.estimate() <= MAX_HOLDERS * ONE { Ok(()) } else { Err(AcquireError::TooMany) }
    }

    /// Takes one hold more for a caller who has a hold, after [`acquire`](Self::acquire) has found a mark.
    ///
    /// That hold is counted until this returns, so nobody can find `outstanding` to be one before or after. If the
    /// sweep has not ended, it counts this one; if it has, the word is what counts. If the mark has been taken back
    /// since, the word counts until the next sweep, see `SURPLUS`.
    #[cold]
    pub(crate) fn acquire_more(self) -> Result<(), AcquireError> {
        // Relaxed: what the owner did is visible to who has a hold, and what the caller does will be ordered by the
        // release.
        let old = self.outstanding.0.fetch_add(ONE, Ordering::Relaxed);
        if (old as isize) < (MAX_CLONED * ONE) as isize {
            return Ok(());
        }
        // Relaxed: not the last hold, as the caller's own is left.
        self.outstanding.0.fetch_sub(ONE, Ordering::Relaxed);
        Err(AcquireError::TooMany)
    }

    /// Answers an acquire of a count that no word takes: 0, or above `MAX_COUNT`.
    #[cold]
    pub(crate) fn take_nothing(self, slot: usize, count: usize) -> Result<(), AcquireError> {
        // Relaxed: hands out nothing. After `refuses`, because while a sweep is under way only the slot tells.
        if self.word(slot).load(Ordering::Relaxed) & MARK != 0 {
            return Err(AcquireError::RunDown);
        }
        if count > MAX_COUNT { Err(AcquireError::TooMany) } else { Ok(()) }
    }

    /// Releases `count` holds on `slot`, which need not be the slot they were taken on. `None`: that was
    /// all, and the object may be gone. Otherwise [`release_slow`](Self::release_slow) does the rest.
    /// `count` is from 1 to `MAX_EVER`.
    #[inline]
    pub(crate) fn release(self, slot: usize, count: usize) -> Option<usize> {
        let counts_all = self.slots.counts_all(); // asked before: afterwards the object may be gone
        // Release, pairs with `mark`: all we did with the object happens before the sweep that collects
        // this slot. If our subtraction comes before the mark, the sweep never counts us; if the
        // mark comes first, it has counted us, and we subtract from `outstanding` as well.
        let old = self.word(slot).fetch_sub(count * ONE, Ordering::Release);
        let enough = !counts_all || old as isize >= (count * ONE) as isize;
        if old & MARK == 0 && enough { None } else { Some(old) }
    }

    /// Releases a count that nobody vouches for: 0 is nothing, and more than there can be is an error.
    #[inline]
    pub(crate) fn release_any(self, slot: usize, count: usize) -> Option<usize> {
        if count.wrapping_sub(1) >= MAX_EVER {
            return (count != 0).then_some(0);
        }
        self.release(slot, count)
    }

    /// Ends a release that saw `old` in its slot: the mark, or too few holds. Out of line, which keeps the
    /// usual way short. After `Ok(Last)` the object may be gone: a waiter can have freed it already.
    #[cold]
    #[inline(never)]
    pub(crate) fn release_slow(self, slot: usize, old: usize, count: usize) -> ReleaseResult {
        if count > MAX_EVER {
            return Err(over(self.estimate(), count));
        }
        if old & MARK == 0 {
            self.word(slot).fetch_add(count * ONE, Ordering::Relaxed); // Relaxed: only mends the number
            return Err(over(old, count));
        }
        // Release, pairs with `left`: the same promise towards the waiter. Our last access on the
        // way out: from the moment this yields one the memory belongs to the waiter.
        let (amount, word) = (count * ONE, &self.outstanding.0);
        let old = word.fetch_sub(amount, Ordering::Release);
        if old & SWEPT == 0 {
            return Ok(Released::NotLast);
        }
        let held = old & !SWEPT;
        if held as isize > amount as isize {
            return Ok(Released::NotLast);
        }
        if held == amount {
            return Ok(Released::Last);
        }
        word.fetch_add(amount, Ordering::Relaxed); // Relaxed: as above
        Err(over(held, count))
    }

    /// Marks every slot, if nobody has, and counts who is inside: returns how many holds are left, or
    /// `None` if this is another call's sweep.
    pub(crate) fn sweep(self) -> Result<Option<usize>, OverRelease> {
        // Only spares a write: `mark` decides who sweeps.
        if self.is_marked() {
            return Ok(None);
        }
        // Slot 0 elects: `reset` clears it last, so whoever marks it finds the rest clear.
        let first = self.mark(0);
        if first & MARK != 0 {
            return Ok(None);
        }
        let collected = (1..self.slots.len()).fold(first, |sum, slot| {
            let old = self.mark(slot);
            debug_assert!(old & MARK == 0, "slot {slot} was marked by somebody else");
            sum.wrapping_add(old)
        });
        // The other count last: who panics in it leaves an object that grants nothing, and is not run down.
        let collected = collected.wrapping_add(self.slots.stop());
        // Release, pairs with `left` and `resurrect`: hands on what `mark` acquired from every slot,
        // also through later releases (they continue this release sequence). Acquire, pairs with `release`:
        // if nothing is left, this is our look. Makes the word odd.
        let before = self.outstanding.0.fetch_add(collected.wrapping_add(SWEPT), Ordering::AcqRel);
        counted(before.wrapping_add(collected))
    }

    pub(crate) fn mark(self, slot: usize) -> usize {
        // Acquire, pairs with: the subtraction in `release` (what holders did) and `reset` (on slot 0
        // it orders our marks behind the clearing of all other slots).
        self.word(slot).fetch_or(MARK, Ordering::Acquire)
    }

    /// Returns how many holds are left: `None` until a sweep has counted them.
    pub(crate) fn left(self) -> Result<Option<usize>, OverRelease> {
        // Acquire, pairs with: the last subtraction in `release` and the addition in `sweep`. After
        // zero holds the caller owns what the holders used.
        let now = self.outstanding.0.load(Ordering::Acquire);
        if now & SWEPT == 0 {
            return Ok(None);
        }
        counted(now & !SWEPT)
    }

    /// Returns whether a sweep has begun, or a reset has not ended.
    pub(crate) fn is_marked(self) -> bool {
        // Relaxed: a hint whether a sweep is worth trying; `mark` decides.
        self.word(0).load(Ordering::Relaxed) & MARK != 0
    }

    /// Makes a run-down object live again, after `prepare`. The caller wakes who waits for the new round.
    pub(crate) fn reinitialize(self, prepare: impl FnOnce()) -> Result<(), NotRunDown> {
        // Acquire, pairs with `release`: who re-initialises owns the object even without a wait before.
        // The exchange elects: a second caller, and one that comes too early, is refused.
        let word = &self.outstanding.0;
        let won = word.compare_exchange(SWEPT, 0, Ordering::Acquire, Ordering::Relaxed);
        won.map_err(|_| NotRunDown)?;
        prepare();
        self.reset(0);
        Ok(())
    }

    /// Takes a run-down back, also while holds are left: they go back to slot 0. Refused before the
    /// sweep has ended, and while more than `MAX_RESURRECTED` are left. Tries again only after another
    /// step has changed the word: a release, of which no more can come than holds are left, or a round.
    #[allow(deprecated, reason = "newer compilers know it as `try_update`, which Rust 1.85 lacks")]
    pub(crate) fn resurrect(self) -> Result<(), NotRunDown> {
        // One step decides on the bit and on the limit, and takes out what is left. The word is even then,
        // so nobody takes it for more than a part of the sum. Releases that still find a marked slot are
        // left in it, for the next sweep to add.
        let carried = |left| {
            (left & SWEPT != 0 && left <= MOST_CARRIED).then_some(surplus(left).wrapping_neg())
        };
        // Acquire, pairs with `sweep` and `release`: our clearing comes after the sweep's marks, and
        // who acquires next sees what was done before the run-down. Relaxed: a refusal orders nothing.
        let won = self.outstanding.0.fetch_update(Ordering::Acquire, Ordering::Relaxed, carried);
        let left = won.map_err(|_| NotRunDown)?;
        self.reset((left & !SWEPT) + surplus(left));
        Ok(())
    }

    fn reset(self, left: usize) {
        // Swaps, not stores: each is the newest value of its word for every later operation. Slot 0
        // last, because it elects the next sweep. An acquire that is granted on a cleared slot before
        // slot 0 is cleared is counted by that next sweep; `outstanding` is even again already. The same
        // holds beside the slots.
        self.slots.go_on();
        for slot in (0..self.slots.len()).rev() {
            // Release, pairs with `acquire` (what the owner did before is visible to holders), `mark`.
            self.word(slot).swap(if slot == 0 { left } else { 0 }, Ordering::Release);
        }
    }

    /// Adds up the live words while others change them: right only when nobody does. Never negative.
    #[inline(never)]
    fn estimate(self) -> usize {
        let mut sum = self.outstanding.0.load(Ordering::Relaxed) & !SWEPT; // Relaxed: an estimate
        for slot in 0..self.slots.len() {
            let seen = self.word(slot).load(Ordering::Relaxed); // Relaxed: an estimate
            sum = sum.wrapping_add(if seen & MARK == 0 { seen } else { 0 });
        }
        sum = sum.wrapping_add(self.slots.beside());
        (sum as isize).max(0) as usize
    }
}

/// Returns what `resurrect` adds to slot 0: something only if there is a hold, whose caller could want another.
#[inline]
fn surplus(left: usize) -> usize {
    if left > SWEPT { SURPLUS } else { 0 }
}

/// Returns the holds of a sum, or the error if it is negative.
#[inline]
fn counted(sum: usize) -> Result<Option<usize>, OverRelease> {
    if (sum as isize) < 0 { Err(over(0, sum.wrapping_neg() / ONE)) } else { Ok(Some(sum / ONE)) }
}

#[cfg(test)]
#[path = "protocol_tests.rs"]
mod tests;
