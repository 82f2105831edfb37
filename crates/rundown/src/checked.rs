//! The operations that can meet a release too many, with that as a value instead of a panic.

use crate::error::{AcquireError, OverRelease};
#[cfg(feature = "holders")]
use crate::guard::RundownGuard;
#[cfg(feature = "holders")]
use crate::holders::Place;
use crate::holders::Record;
use crate::object::Thin;
use crate::operations;
use crate::park::Park;
use crate::rundown::Rundown;
use crate::slot_set::SlotSet;

/// The same operations as [`Rundown`]'s, for who has to report a caller's mistake in another way than
/// by a panic: a C interface, a supervisor.
///
/// [`Rundown`]'s operations are these, and panic where these return an error.
///
/// ```
/// use rundown::{Checked, OverRelease, Rundown, RundownRef};
///
/// let object = RundownRef::new();
/// object.wait();
/// // SAFETY: not kept, to show what is said. The object protects nothing.
/// let error = unsafe { object.checked_release_n(1) }.unwrap_err();
/// assert_eq!(error, OverRelease { held: 0, released: 1 });
/// assert!(object.is_run_down(), "as before");
/// ```
///
/// After an error the counts are what they would be without the release that was too much, if that
/// release noticed it itself: on a plain object and on one that drains. A cache-aware object that is
/// live notices only in its sweep, and so does a plain one if the sweep comes before the release has
/// mended the number; it is then never run down.
pub trait Checked: Rundown {
    /// As [`Rundown::release_n`].
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when it sees that more was released than acquired.
    ///
    /// # Safety
    ///
    /// As [`Rundown::release_n`].
    #[inline]
    unsafe fn checked_release_n(&self, count: usize) -> Result<(), OverRelease> {
        Record::take_leaked(self.address(), count);
        match operations::begin_release(self, count) {
            None => Ok(()),
            Some((slot, old)) => operations::release_slow(self, slot, old, count),
        }
    }

    /// As [`Rundown::try_acquire_n`], for a caller in another language who takes the hold at `place`.
    ///
    /// ```
    /// use core::ptr;
    /// use rundown::holders::{Holders, Place};
    /// use rundown::{Checked, RundownRef};
    ///
    /// let object = RundownRef::new();
    /// let place = Place { known_as: 0x1000, site: Some((c"disk.c", 12)), taker: 1 };
    /// let holds = object.try_acquire_n_at(1, place)?.leak();
    /// let held = Holders::known_as(ptr::without_provenance(0x1000)).next().expect("by one");
    /// assert_eq!(held.to_string(), "1 hold, slot 0, taken at disk.c:12");
    /// // SAFETY: the hold of above.
    /// unsafe { object.checked_release_n_by(holds, 1)? };
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Rundown::try_acquire_n`].
    #[cfg(feature = "holders")]
    #[track_caller]
    fn try_acquire_n_at(
        &self,
        count: usize,
        place: Place,
    ) -> Result<RundownGuard<'_, Self>, AcquireError> {
        let slot = operations::acquire(self, count)?;
        let record = Record::at(self.address(), slot, count, Some(place));
        Ok(RundownGuard::new(self, count, record))
    }

    /// As [`checked_release_n`](Self::checked_release_n), by a [`taker`](Place::taker): its own last holds leave the
    /// list, and if it has taken fewer, those of others.
    /// See the example of [`try_acquire_n_at`](Self::try_acquire_n_at).
    ///
    /// # Errors
    ///
    /// As [`checked_release_n`](Self::checked_release_n).
    ///
    /// # Safety
    ///
    /// As [`Rundown::release_n`].
    #[cfg(feature = "holders")]
    unsafe fn checked_release_n_by(&self, count: usize, taker: usize) -> Result<(), OverRelease> {
        Record::take_last_of(self.address(), count, taker);
        match operations::begin_release(self, count) {
            None => Ok(()),
            Some((slot, old)) => operations::release_slow(self, slot, old, count),
        }
    }

    /// Returns whether a run-down has ended its marking, so that an acquire is refused for sure; a look, which
    /// orders nothing and promises nothing about the next moment.
    /// See the example of [`acquire_step`](Self::acquire_step).
    #[must_use]
    #[inline]
    fn refuses(&self) -> bool {
        self.protocol().refuses()
    }

    /// Takes `count` holds on slot `slot` that no guard stands for: the first step of an acquire, and on the usual
    /// way all of it. `None`: granted. Otherwise [`acquire_rest`](Self::acquire_rest) decides.
    ///
    /// In two steps an acquire needs no call on the usual way, and so no frame: for routines of a C interface. After
    /// [`refuses`](Self::refuses), if a refusal is not to write.
    ///
    /// `count` is from 1 to [`MAX_COUNT`](crate::MAX_COUNT); the slot is taken modulo their number.
    ///
    /// ```
    /// use rundown::{AcquireError, Checked, OverRelease, RundownRef};
    ///
    /// fn acquire(object: &RundownRef) -> Result<(), AcquireError> {
    ///     if object.refuses() {
    ///         return Err(AcquireError::RunDown);
    ///     }
    ///     match object.acquire_step(0, 1) {
    ///         None => Ok(()),
    ///         // SAFETY: the step of above, with the same slot and count.
    ///         Some(seen) => unsafe { object.acquire_rest(0, 1, seen) },
    ///     }
    /// }
    ///
    /// /// # Safety
    /// ///
    /// /// The caller has a hold, and gives it up.
    /// unsafe fn release(object: &RundownRef) -> Result<(), OverRelease> {
    ///     // SAFETY: the caller's hold; the step that was just made.
    ///     unsafe {
    ///         match object.release_step(0, 1) {
    ///             None => Ok(()),
    ///             Some(seen) => object.release_rest(0, 1, seen),
    ///         }
    ///     }
    /// }
    ///
    /// let object = RundownRef::new();
    /// acquire(&object)?;
    /// object.checked_begin_run_down()?;
    /// assert_eq!(acquire(&object), Err(AcquireError::RunDown));
    /// // SAFETY: the hold that was acquired first.
    /// unsafe { release(&object)? };
    /// object.checked_wait()?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    #[inline]
    fn acquire_step(&self, slot: usize, count: usize) -> Option<usize> {
        self.protocol().acquire(slot, count)
    }

    /// Ends an acquire whose first step returned `seen`.
    /// See the example of [`acquire_step`](Self::acquire_step).
    ///
    /// # Errors
    ///
    /// As [`Rundown::try_acquire_n`].
    ///
    /// # Safety
    ///
    /// That step was on this object, with this slot and count, and this is its one and only end.
    unsafe fn acquire_rest(
        &self,
        slot: usize,
        count: usize,
        seen: usize,
    ) -> Result<(), AcquireError> {
        operations::acquire_slow(Thin::new(self), slot, seen, count)
    }

    /// Releases `count` holds that no guard stands for on slot `slot`: the first step, and on the usual way all of it.
    /// `None`: released, and the object may be gone. Otherwise [`release_rest`](Self::release_rest) does the rest.
    /// See the example of [`acquire_step`](Self::acquire_step).
    ///
    /// # Safety
    ///
    /// As [`Rundown::release_n`].
    #[inline]
    unsafe fn release_step(&self, slot: usize, count: usize) -> Option<usize> {
        self.protocol().release_any(slot, count)
    }

    /// Ends a release whose first step returned `seen`.
    /// See the example of [`acquire_step`](Self::acquire_step).
    ///
    /// # Errors
    ///
    /// As [`checked_release_n`](Self::checked_release_n).
    ///
    /// # Safety
    ///
    /// That step was on this object, with this slot and count, and this is its one and only end.
    unsafe fn release_rest(
        &self,
        slot: usize,
        count: usize,
        seen: usize,
    ) -> Result<(), OverRelease> {
        operations::release_slow(self, slot, seen, count)
    }

    /// Sets the marks that a run-down leaves behind, in an object that nobody ran down, but whose first word was
    /// written as that of one that is: a static initialiser in C. Only right before [`Rundown::reinitialize`], by the
    /// one who may call that; until then such an object refuses acquires and is run down, like any other.
    ///
    /// In an object that was made in Rust there is nothing to mend:
    ///
    /// ```
    /// use rundown::{Checked, Rundown, RundownRef};
    ///
    /// let object = RundownRef::new_run_down();
    /// object.settle();
    /// object.reinitialize()?;
    /// assert!(object.try_acquire().is_ok());
    /// # Ok::<(), rundown::NotRunDown>(())
    /// ```
    fn settle(&self) {
        let words = self.protocol();
        if words.left() == Ok(Some(0)) {
            (0..words.slots.len()).for_each(|slot| _ = words.mark(slot));
        }
    }

    /// As [`Rundown::begin_run_down`].
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when more was released than acquired.
    fn checked_begin_run_down(&self) -> Result<bool, OverRelease> {
        operations::begin(self)
    }

    /// As [`Rundown::wait`].
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when more was released than acquired. Everybody who waits gets it.
    fn checked_wait(&self) -> Result<(), OverRelease> {
        operations::drain(self, None).map(|_| ()) // true: without a deadline, nothing else ends it
    }

    /// As [`Rundown::wait_until`], with what is left to be looked at: returns whether the run-down has ended.
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when more was released than acquired. Everybody who waits gets it.
    fn checked_wait_until(
        &self,
        deadline: <Self::Park as Park>::Deadline,
    ) -> Result<bool, OverRelease> {
        operations::drain(self, Some(deadline))
    }

    /// As [`Rundown::outstanding`].
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when more was released than acquired.
    fn checked_outstanding(&self) -> Result<Option<usize>, OverRelease> {
        self.protocol().left()
    }
}

impl<T: Rundown + ?Sized> Checked for T {}

#[cfg(all(test, not(rundown_loom)))]
mod tests {
    use super::*;
    use crate::RundownRef;
    use crate::object::Object;

    #[test]
    fn who_is_run_down_by_its_first_word_alone_gets_its_mark() {
        let object: RundownRef = RundownRef::run_down_by_its_first_word();
        assert!(object.is_run_down() && object.refuses() && !object.protocol().is_marked());
        assert!(object.try_acquire().is_err());
        object.settle();
        assert!(object.protocol().is_marked() && object.is_run_down());
        object.reinitialize().unwrap();
        object.settle(); // nothing, of one that is live
        assert!(object.try_acquire().is_ok());
        object.wait();
    }
}
