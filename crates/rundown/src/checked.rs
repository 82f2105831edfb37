//! The operations that can meet a release too many, with that as a value instead of a panic.

use crate::error::OverRelease;
use crate::holders::Record;
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
        let slot = self.current_slot();
        match self.protocol().release_any(slot, count) {
            None => Ok(()),
            Some(old) => operations::release_slow(self, slot, old, count),
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
