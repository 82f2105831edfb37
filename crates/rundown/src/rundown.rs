//! The operations that all kinds of object have in common.
//!
//! One file, although it is long: most of it is the documentation of one trait.

use crate::error::{AcquireError, NotRunDown, TimedOut};
use crate::future::Drained;
use crate::guard::RundownGuard;
use crate::holders::Record;
use crate::object::Object;
use crate::operations;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use crate::owned::OwnedRundownGuard;
use crate::park::Park;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use alloc::sync::Arc;

/// Run-down protection: the operations, the same for every kind of object.
///
/// Sealed: implemented by [`RundownRef`](crate::RundownRef), [`CacheAwareRundownRef`](crate::CacheAwareRundownRef),
/// [`PooledRundownRef`](crate::PooledRundownRef) and `RestartableRundownRef` (feature `std`), and by pointers to them:
/// `&R`, `&mut R`, [`Pooled`](crate::Pooled), `Box<R>` and `Arc<R>` (feature `alloc`). A guard's type names the object
/// itself, whichever of them was asked: in generic code, `RundownGuard<'_, R::Target>`.
pub trait Rundown:
    Object<Waiting = <Self as Rundown>::Park, Base = <Self as Rundown>::Target>
{
    /// How to wait for this object: see the examples of [`Park`].
    type Park: Park;
    /// What guards hold: this object or, if this is a pointer, that to which it leads.
    ///
    /// ```
    /// use rundown::{AcquireError, Rundown, RundownGuard};
    ///
    /// fn enter<R: Rundown>(object: &R) -> Result<RundownGuard<'_, R::Target>, AcquireError> {
    ///     object.try_acquire()
    /// }
    /// # assert!(enter(&rundown::RundownRef::new()).is_ok());
    /// ```
    type Target: Object<Base = Self::Target> + ?Sized;

    /// Acquires the object, unless its run-down has started.
    ///
    /// ```
    /// use rundown::{AcquireError, Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// match device.try_acquire() {
    ///     Ok(_guard) => println!("it stays until the guard is dropped"),
    ///     Err(AcquireError::RunDown) => println!("treat it as if it were gone"),
    ///     Err(error) => println!("{error}"),
    /// }
    /// device.wait();
    /// assert_eq!(device.try_acquire().unwrap_err(), AcquireError::RunDown);
    /// ```
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
    #[doc(alias = "ExAcquireRundownProtection")]
    #[doc(alias = "ExAcquireRundownProtectionCacheAware")]
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    fn try_acquire(&self) -> Result<RundownGuard<'_, Self::Target>, AcquireError> {
        self.try_acquire_n(1)
    }

    /// Acquires `count` holds at once, for the cost of one.
    ///
    /// A count of 0 takes nothing and returns whether the object is live. Otherwise as
    /// [`try_acquire`](Self::try_acquire).
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// let batch = device.try_acquire_n(3)?;
    /// device.begin_run_down();
    /// assert_eq!((batch.count(), device.outstanding()), (3, Some(3)));
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire); a count above [`MAX_COUNT`](crate::MAX_COUNT) is
    /// always [`AcquireError::TooMany`] on a live object.
    #[doc(alias = "ExAcquireRundownProtectionEx")]
    #[doc(alias = "ExAcquireRundownProtectionCacheAwareEx")]
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    fn try_acquire_n(&self, count: usize) -> Result<RundownGuard<'_, Self::Target>, AcquireError> {
        let object = self.base();
        let slot = operations::acquire(object, count)?;
        Ok(RundownGuard::new(object, count, Record::new(object.address(), slot, count)))
    }

    /// Acquires the object, unless its run-down has started, with a guard that does not borrow: for a thread that
    /// outlives its maker, or a task.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    /// use std::sync::Arc;
    /// use std::thread;
    ///
    /// let object: Arc<RundownRef> = Arc::default();
    /// for _ in 0..4 {
    ///     let guard = object.try_acquire_owned()?;
    ///     thread::spawn(move || {
    ///         // use what the object protects; in the same way with `tokio::spawn`
    ///         drop(guard);
    ///     });
    /// }
    /// object.wait(); // until all four are done
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// Also of a number of slots that is known at run time only:
    ///
    /// ```
    /// # #[cfg(feature = "std")] {
    /// use rundown::{CacheAwareRundownRef, Rundown, ThreadSlot};
    /// use std::sync::Arc;
    ///
    /// let slots = std::thread::available_parallelism()?.get();
    /// let object: Arc<CacheAwareRundownRef<ThreadSlot>> = CacheAwareRundownRef::boxed(slots)?.into();
    /// let guard = object.try_acquire_owned()?;
    /// # }
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// Costs one addition to the count of the `Arc`, and one at the end, beside those of
    /// [`try_acquire`](Self::try_acquire): all users write to one cache line then, whatever the object. Those who
    /// do it often acquire with a borrow, from an `Arc` of their own.
    ///
    /// # Errors
    ///
    /// As [`try_acquire`](Self::try_acquire).
    ///
    /// # Ordering
    ///
    /// As that of [`try_acquire`](Self::try_acquire).
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedRundownGuard<Self>, AcquireError>
    where
        Self: 'static,
    {
        // Two stars: of the object itself, whatever an `Arc` can do.
        let slot = operations::acquire(&**self, 1)?;
        Ok(OwnedRundownGuard::new(self.clone(), Record::new((**self).address(), slot, 1)))
    }

    /// Releases `count` holds that no guard stands for, for instance leaked ones.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// let kept: usize = device.try_acquire_n(2)?.leak(); // for a request that is a number to the hardware
    /// assert!(!device.begin_run_down());
    /// // SAFETY: the two holds of above.
    /// unsafe { device.release_n(kept) };
    /// assert!(device.is_run_down());
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
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
    #[doc(alias = "ExReleaseRundownProtection")]
    #[doc(alias = "ExReleaseRundownProtectionCacheAware")]
    #[doc(alias = "ExReleaseRundownProtectionEx")]
    #[doc(alias = "ExReleaseRundownProtectionCacheAwareEx")]
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
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// let user = device.try_acquire()?;
    /// assert!(!device.begin_run_down(), "a user is inside");
    /// assert!(device.try_acquire().is_err(), "but no new ones");
    /// drop(user);
    /// assert!(device.begin_run_down(), "nobody is left");
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
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

    /// Returns whether a run-down has started, so that acquires are refused; also after its end.
    ///
    /// For a loop that is to end with the object. To use the object, [`try_acquire`](Self::try_acquire) instead of
    /// asking: the answer may be out of date when it arrives. It reads two words and writes none.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// let user = device.try_acquire()?;
    /// assert!(!device.is_running_down());
    /// device.begin_run_down();
    /// assert!(device.is_running_down() && !device.is_run_down());
    /// drop(user);
    /// assert!(device.is_running_down() && device.is_run_down());
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Ordering
    ///
    /// None, whatever the answer.
    ///
    /// # Not guaranteed
    ///
    /// That an acquire is granted after `false`, or refused after `true`: the run-down may start, or be taken back, in
    /// between. While another thread is marking the slots, the answer is `true` although an acquire may still be granted.
    #[must_use]
    fn is_running_down(&self) -> bool {
        let words = self.protocol();
        words.refuses() || words.is_marked()
    }

    /// Returns whether the object is run down: no hold is left and none will be granted.
    /// See the example of [`is_running_down`](Self::is_running_down).
    ///
    /// # Ordering
    ///
    /// After `true`, everything that any holder did before its release has happened.
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    #[must_use]
    fn is_run_down(&self) -> bool {
        self.outstanding() == Some(0)
    }

    /// Returns how many holds are left: `None` until a run-down has counted them.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// let user = device.try_acquire()?;
    /// assert_eq!(device.outstanding(), None, "live: nobody counts");
    /// device.begin_run_down();
    /// assert_eq!(device.outstanding(), Some(1));
    /// # drop(user);
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    #[must_use]
    fn outstanding(&self) -> Option<usize> {
        self.protocol().left().unwrap_or_else(|error| error.report(self.address()))
    }

    /// Runs the object down: refuses new acquires, and waits until the last hold is released.
    ///
    /// Any number of threads may wait at the same time and again later; on a run-down object it
    /// returns at once. The caller may then free what was protected, and the object: the last releaser's last
    /// access to it has been made.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    /// use std::thread;
    ///
    /// let device = RundownRef::new();
    /// thread::scope(|threads| {
    ///     for _ in 0..4 {
    ///         threads.spawn(|| {
    ///             while let Ok(_guard) = device.try_acquire() {
    ///                 // use what it protects
    ///             }
    ///         });
    ///     }
    ///     device.wait();
    ///     // Nobody is inside, and nobody will be: free what it protects.
    /// });
    /// ```
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
    #[doc(alias = "ExWaitForRundownProtectionRelease")]
    #[doc(alias = "ExWaitForRundownProtectionReleaseCacheAware")]
    fn wait(&self) {
        let _ = operations::wait_by(self, None); // no deadline, no time-out
    }

    /// As [`wait`](Self::wait), but gives up at a deadline.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef, Spin};
    ///
    /// let device: RundownRef<Spin> = RundownRef::with_park();
    /// let user = device.try_acquire()?;
    /// let late = device.wait_until(1000).unwrap_err(); // `Spin` has no clock: so many looks
    /// assert_eq!(late.outstanding, Some(1));
    /// drop(user);
    /// device.wait_until(1000)?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// What a deadline is, the [`Park`] says: an [`Instant`](https://doc.rust-lang.org/std/time/struct.Instant.html)
    /// for `Blocking`, which with feature `std` is the default.
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
    /// ```
    /// use rundown::{Rundown, RundownRef};
    /// use std::time::Duration;
    ///
    /// let device = RundownRef::new();
    /// let user = device.try_acquire()?;
    /// let late = device.wait_timeout(Duration::from_millis(10)).unwrap_err();
    /// assert!(late.to_string().starts_with("the run-down timed out with 1 hold left"));
    /// drop(user);
    /// device.wait_timeout(Duration::from_secs(10))?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
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
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// async fn close(device: &RundownRef) {
    ///     device.drained().await;
    ///     // Nobody is inside, and nobody will be.
    /// }
    /// # use std::{future::Future, pin::pin, task::{Context, Waker}};
    /// # let device = RundownRef::new();
    /// # let user = device.try_acquire()?;
    /// # let mut context = Context::from_waker(Waker::noop());
    /// # let mut closing = pin!(close(&device));
    /// # assert!(closing.as_mut().poll(&mut context).is_pending());
    /// # drop(user);
    /// # assert!(closing.as_mut().poll(&mut context).is_ready());
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// The run-down starts with the first poll, and goes on when the future is dropped. With
    /// [`Spin`](crate::Spin), which can't store a waker, the future asks to be polled again and again.
    fn drained(&self) -> Drained<'_, Self::Target> {
        Drained::new(self.base())
    }

    /// Lists who holds the object: call site and slot of every outstanding guard.
    ///
    /// A wait that times out has the list in the text of its error already:
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let object = RundownRef::<rundown::Spin>::with_park();
    /// let forgotten = object.try_acquire();
    /// let late = object.wait_until(1000).expect_err("somebody holds it");
    /// assert!(late.to_string().contains("1 hold, slot 0, taken at "));
    /// assert_eq!(object.holders().count(), 1);
    /// # drop(forgotten);
    /// ```
    #[must_use]
    #[cfg(feature = "holders")]
    fn holders(&self) -> crate::holders::Holders {
        match self.protocol().left() {
            Ok(Some(0)) => crate::holders::Holders::nobody(self.address()),
            _ => crate::holders::Holders::of(self.address()),
        }
    }

    /// Runs an object down that nobody holds, without waiting. After a wait, which has done that already, it changes
    /// nothing.
    ///
    /// ```
    /// use rundown::{NotRunDown, Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// let user = device.try_acquire()?;
    /// assert_eq!(device.completed(), Err(NotRunDown));
    /// drop(user);
    /// device.completed()?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotRunDown`] while somebody holds it. Its run-down has started then, as by
    /// [`begin_run_down`](Self::begin_run_down), of which this is the form with an error.
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    #[doc(alias = "ExRundownCompleted")]
    #[doc(alias = "ExRundownCompletedCacheAware")]
    fn completed(&self) -> Result<(), NotRunDown> {
        if self.begin_run_down() { Ok(()) } else { Err(NotRunDown) }
    }

    /// Makes a run-down object live again, for the next round.
    ///
    /// ```
    /// use rundown::{NotRunDown, Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// assert_eq!(device.reinitialize(), Err(NotRunDown), "it is live");
    /// device.wait();
    /// device.reinitialize()?;
    /// assert!(device.try_acquire().is_ok());
    /// # Ok::<(), NotRunDown>(())
    /// ```
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
    #[doc(alias = "ExReInitializeRundownProtection")]
    #[doc(alias = "ExReInitializeRundownProtectionCacheAware")]
    fn reinitialize(&self) -> Result<(), NotRunDown> {
        let address = self.address();
        // Nobody holds it, and nobody can before it is live: what is on record is left over.
        self.protocol().reinitialize(|| Record::remove_all(address))?;
        <Self::Park as Park>::unpark_all(address);
        Ok(())
    }

    /// Takes a run-down back, even while holds are left; they stay valid.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// let user = device.try_acquire()?;
    /// device.begin_run_down();
    /// device.resurrect()?; // the owner has changed its mind
    /// let second = device.try_acquire()?;
    /// device.begin_run_down();
    /// assert_eq!(device.outstanding(), Some(2), "both are counted");
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
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
    type Target = T::Base;
}
