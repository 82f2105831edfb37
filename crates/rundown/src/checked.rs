//! The operations that can meet a release too many, with that as a value instead of a panic.

use crate::error::OverRelease;
use crate::family::{Rundown, settle};
use crate::holders::Record;
use crate::outcome::Progress;
use crate::park::Park;

/// The same operations as [`Rundown`]'s, for who has to report a caller's mistake in another way than
/// by a panic: a C interface, a supervisor.
///
/// After an error the object is not to be used any more: it will never be run down.
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
        Record::settle(self.address(), count);
        let slot = self.current_slot();
        match self.protocol().release(slot, count) {
            None => Ok(()),
            Some(old) => settle(self, slot, old, count),
        }
    }

    /// As [`Rundown::begin_run_down`].
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when more was released than acquired.
    fn checked_begin_run_down(&self) -> Result<bool, OverRelease> {
        let address = self.address();
        let swept = self.protocol().sweep();
        // Also after an error: others who wait must see it, instead of sleeping on.
        if swept != Ok(false) {
            <Self::Park as Park>::unpark_all(address);
        }
        swept?;
        Ok(self.checked_outstanding()? == Some(0))
    }

    /// As [`Rundown::wait`].
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when more was released than acquired. Everybody who waits gets it.
    fn checked_wait(&self) -> Result<(), OverRelease> {
        // As in `Rundown::wait_by`: a re-initialisation meanwhile starts the run-down again.
        while !self.checked_begin_run_down()? {
            let mut ready = || {
                let progress = self.protocol().progress();
                !matches!(progress, Ok(Progress::Draining(_) | Progress::Sweeping))
            };
            <Self::Park as Park>::park_until(self.address(), &mut ready, None);
        }
        Ok(())
    }

    /// As [`Rundown::outstanding`].
    ///
    /// # Errors
    ///
    /// [`OverRelease`] when more was released than acquired.
    fn checked_outstanding(&self) -> Result<Option<usize>, OverRelease> {
        Ok(match self.protocol().progress()? {
            Progress::Live | Progress::Sweeping => None,
            Progress::Draining(holds) => Some(holds),
            Progress::RunDown => Some(0),
        })
    }
}

impl<T: Rundown + ?Sized> Checked for T {}
