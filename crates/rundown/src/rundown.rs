//! The operations that all kinds of object have in common.
//!
//! One file, although it is long: most of it is the documentation of one trait.

use crate::error::{AcquireError, NotRunDown, TimedOut};
use crate::future::Drained;
use crate::guard::RundownGuard;
use crate::holders::Record;
use crate::object::Object;
use crate::operations;
use crate::park::Park;

/// Run-down protection: the operations, the same for every kind of object.
///
/// Sealed: implemented by [`RundownRef`](crate::RundownRef), [`CacheAwareRundownRef`](crate::CacheAwareRundownRef),
/// [`PooledRundownRef`](crate::PooledRundownRef) and `RestartableRundownRef` (feature `std`) only.
pub trait Rundown: Object<Waiting = <Self as Rundown>::Park> {
    /// How to wait for this object.
    type Park: Park;

    /// Acquires the object, unless its run-down has started.
    ///
    /// Wait-free: one load and at most one atomic addition, whatever other cores do, so also safe in
    /// an interrupt handler that hits the middle of another acquire or release. (Near the limits of the
    /// count it looks at all slots, and takes its addition back if it is refused.)
    ///
    /// Once a run-down has marked all slots, a refusal writes nothing. While it marks them, and while
    /// [`reinitialize`](Self::reinitialize) or [`resurrect`](Self::resurrect) clears them, a refusal writes to
    /// its slot, in bits that nobody reads.
    ///
    /// # Errors
    ///
    /// [`AcquireError::RunDown`] once a run-down has started; [`AcquireError::TooMany`] when the
    /// count could overflow.
    ///
    /// # Ordering
    ///
    /// What the owner did before it created or re-initialised the object happens before a granted
    /// acquire returns. A refusal orders nothing.
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    fn try_acquire(&self) -> Result<RundownGuard<'_, Self>, AcquireError> {
        self.try_acquire_n(1)
    }

    /// Acquires `count` holds at once, for the cost of one.
    ///
    /// A count of 0 takes nothing and returns whether the object is live. Otherwise as
    /// [`try_acquire`](Self::try_acquire).
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire); a count above [`MAX_COUNT`](crate::MAX_COUNT) is
    /// always [`AcquireError::TooMany`] on a live object.
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    fn try_acquire_n(&self, count: usize) -> Result<RundownGuard<'_, Self>, AcquireError> {
        let slot = operations::acquire(self, count)?;
        Ok(RundownGuard::new(self, count, Record::new(self.address(), slot, count)))
    }

    /// Releases `count` holds that no guard stands for, for instance leaked ones.
    ///
    /// Wait-free: at most two atomic subtractions, and waking the waiters if it was the last one.
    ///
    /// # Panics
    ///
    /// When it sees that more was released than acquired, with the object's address and the counts.
    /// The object does not become acquirable by it. With several slots this may show only at the
    /// drain, which then panics.
    ///
    /// # Ordering
    ///
    /// Everything before this call happens before the return of every wait.
    ///
    /// # Safety
    ///
    /// The caller owns at least `count` holds on this object and gives them up. Releasing others'
    /// holds would let the owner free what they use.
    #[inline]
    unsafe fn release_n(&self, count: usize) {
        Record::take_leaked(self.address(), count);
        // SAFETY: the caller's promise is the same.
        unsafe { operations::release_any(self, count) }
    }

    /// Starts the run-down, unless it has started, and does not wait.
    ///
    /// Returns whether the object is run down already. Costs one atomic operation a slot for whoever
    /// comes first: when it returns to that caller, no acquire that begins later is granted.
    ///
    /// # Not guaranteed
    ///
    /// To a caller who comes while another is still marking the slots it returns `false` at once; a
    /// slot that is not marked yet may then grant an acquire, and the drain waits for it.
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    fn begin_run_down(&self) -> bool {
        operations::begin(self).unwrap_or_else(|error| error.report(self.address()))
    }

    /// Returns whether the object is run down: no hold is left and none will be granted.
    ///
    /// # Ordering
    ///
    /// After `true`, everything that any holder did before its release has happened.
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    fn is_run_down(&self) -> bool {
        self.outstanding() == Some(0)
    }

    /// Returns how many holds are left: `None` until a run-down has counted them.
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    fn outstanding(&self) -> Option<usize> {
        self.protocol().left().unwrap_or_else(|error| error.report(self.address()))
    }

    /// Runs the object down: refuses new acquires, and waits until the last hold is released.
    ///
    /// Any number of threads may wait at the same time and again later; on a run-down object it
    /// returns at once. The caller may then free what was protected.
    ///
    /// # Ordering
    ///
    /// Everything that any holder did before its release happens before this returns.
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    ///
    /// # Not guaranteed
    ///
    /// That it ever returns: a hold that its own caller keeps, or a leaked one, blocks it for good. And
    /// when another who waited makes the object live at once, this wait may start over, see
    /// [`reinitialize`](Self::reinitialize).
    fn wait(&self) {
        let _ = operations::wait_by(self, None); // no deadline, no time-out
    }

    /// As [`wait`](Self::wait), but gives up at a deadline.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] with the holds that are left. The run-down goes on, and can be waited for again.
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    fn wait_until(&self, deadline: <Self::Park as Park>::Deadline) -> Result<(), TimedOut> {
        operations::wait_by(self, Some(deadline))
    }

    /// As [`wait`](Self::wait), but gives up after `timeout`.
    ///
    /// # Errors
    ///
    /// As [`wait_until`](Self::wait_until).
    #[cfg(feature = "std")]
    fn wait_timeout(&self, timeout: std::time::Duration) -> Result<(), TimedOut>
    where
        Self::Park: Park<Deadline = std::time::Instant>,
    {
        operations::wait_by(self, std::time::Instant::now().checked_add(timeout))
    }

    /// Runs the object down as a `Future`, for any executor: ready once the last hold is released.
    ///
    /// The run-down starts with the first poll, and goes on when the future is dropped. With
    /// [`Spin`](crate::Spin), which can't store a waker, the future asks to be polled again and again.
    fn drained(&self) -> Drained<'_, Self> {
        Drained::new(self)
    }

    /// Lists who holds the object: call site and slot of every outstanding guard.
    ///
    /// A wait that times out has the list in the text of its error already:
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let object: RundownRef = RundownRef::new();
    /// let forgotten = object.try_acquire();
    /// let late = object.wait_until(1000).expect_err("somebody holds it");
    /// assert!(late.to_string().contains("1 hold, slot 0, taken at "));
    /// assert_eq!(object.holders().count(), 1);
    /// # drop(forgotten);
    /// ```
    #[cfg(feature = "holders")]
    fn holders(&self) -> crate::holders::Holders {
        match self.protocol().left() {
            Ok(Some(0)) => crate::holders::Holders::nobody(self.address()),
            _ => crate::holders::Holders::of(self.address()),
        }
    }

    /// States that the run-down is complete. After a wait there is nothing left to do.
    ///
    /// # Errors
    ///
    /// [`NotRunDown`] when the object is not run down; it is left as it is.
    fn completed(&self) -> Result<(), NotRunDown> {
        if self.is_run_down() { Ok(()) } else { Err(NotRunDown) }
    }

    /// Makes a run-down object live again, for the next round.
    ///
    /// # Errors
    ///
    /// [`NotRunDown`] before the run-down has ended, and for all but one of several callers.
    ///
    /// # Ordering
    ///
    /// What the caller did before happens before every acquire that is granted afterwards.
    ///
    /// # Not guaranteed
    ///
    /// While it runs, an acquire may be granted on one core and refused on another, and a
    /// [`begin_run_down`](Self::begin_run_down) may take the run-down that has just ended for its own.
    ///
    /// That others who wait are done. One whose run-down has ended, but who has not looked since, finds the
    /// object live and runs the new round down. So does a [`Drained`] that was polled and was not ready.
    /// If the next round is not to be theirs, make sure first that they have returned.
    fn reinitialize(&self) -> Result<(), NotRunDown> {
        let address = self.address();
        // Nobody holds it, and nobody can before it is live: what is on record is left over.
        self.protocol().reinitialize(|| Record::remove_all(address))?;
        <Self::Park as Park>::unpark_all(address);
        Ok(())
    }

    /// Takes a run-down back, even while holds are left; they stay valid.
    ///
    /// A wait that is still under way starts the run-down again.
    ///
    /// # Errors
    ///
    /// [`NotRunDown`] when no run-down has been started, its sweep has not ended yet, or more than
    /// [`MAX_RESURRECTED`](crate::MAX_RESURRECTED) holds are left.
    ///
    /// # Not guaranteed
    ///
    /// Wait-freedom: it tries again when a release, or a whole round, comes between its look and its
    /// step. Others never wait for it.
    fn resurrect(&self) -> Result<(), NotRunDown> {
        self.protocol().resurrect()?;
        <Self::Park as Park>::unpark_all(self.address());
        Ok(())
    }
}

impl<T: Object + ?Sized> Rundown for T {
    type Park = T::Waiting;
}
