//! The operations that can meet a release too many, with that as a value instead of a panic.

use crate::error::{AcquireError, OverRelease};
use crate::holders::Record;
use crate::object::Thin;
use crate::operations;
use crate::rundown::Rundown;

/// The same operations as [`Rundown`]'s, for who has to report a caller's mistake in another way than
/// by a panic: a C interface, a supervisor.
///
/// [`Rundown`]'s operations are these, and panic where these return an error.
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

    /// Returns whether a run-down has ended its marking, so that an acquire is refused for sure; a look, which
    /// orders nothing and promises nothing about the next moment.
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
    #[inline]
    fn acquire_step(&self, slot: usize, count: usize) -> Option<usize> {
        self.protocol().acquire(slot, count)
    }

    /// Ends an acquire whose first step returned `seen`.
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
    ///
    /// # Safety
    ///
    /// As [`Rundown::release_n`].
    #[inline]
    unsafe fn release_step(&self, slot: usize, count: usize) -> Option<usize> {
        self.protocol().release_any(slot, count)
    }

    /// Ends a release whose first step returned `seen`.
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
