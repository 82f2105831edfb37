//! A hold that keeps its object alive itself, instead of borrowing it.

use crate::error::{AcquireError, MergeError};
use crate::guard::RundownGuard;
use crate::holders::Record;
use crate::object::Object;
use alloc::sync::Arc;
use core::fmt;

/// One or more holds on an object in an [`Arc`], which live as long as they need to.
///
/// As [`RundownGuard`], but it has the `Arc` instead of a borrow: it can go to a thread that outlives its maker
/// (`std::thread::spawn`), or to a task (`tokio::spawn`). Made by
/// [`try_acquire_owned`](crate::Rundown::try_acquire_owned).
///
/// ```
/// use rundown::{Rundown, RundownRef};
/// use std::sync::Arc;
/// use std::thread;
///
/// let object: Arc<RundownRef> = Arc::default();
/// let guard = object.try_acquire_owned()?;
/// let worker = thread::spawn(move || {
///     // held, as long as this thread needs it
///     drop(guard);
/// });
/// object.wait();
/// worker.join().unwrap();
/// # Ok::<(), rundown::AcquireError>(())
/// ```
///
/// Dropping it releases the holds first, and drops the `Arc` then. If that was the last one, the object dies here,
/// on the thread that drops the guard; nobody holds it any more.
///
/// There is no `leak` as [`RundownGuard`] has one: a hold without a guard would either keep the `Arc`, and then the
/// object for good, or not, and then the object's drop would find itself held. Who needs to leak has a place that
/// keeps the object anyway, and leaks what [`try_acquire`](crate::Rundown::try_acquire) returns.
///
/// # Panics
///
/// As that of [`RundownGuard`], its drop panics when more was released than acquired.
#[must_use = "dropping the guard at once releases the object at once"]
pub struct OwnedRundownGuard<R: Object + ?Sized + 'static> {
    /// Borrows from `object`, and is dropped before it: fields are dropped in this order. It has the object's
    /// address, not a reference, so that it may lie beside it.
    guard: RundownGuard<'static, R>,
    object: Arc<R>,
}

impl<R: Object + ?Sized + 'static> OwnedRundownGuard<R> {
    /// Makes a guard of one hold that was granted.
    #[inline]
    pub(crate) fn new(object: Arc<R>, record: Record) -> Self {
        // SAFETY: it lives as long as the `Arc`, which stands beside the guard, and is dropped after it. With
        // the lifetime that it claims, nothing of it leaves this type.
        let borrowed: &'static R = unsafe { &*Arc::as_ptr(&object) };
        Self { guard: RundownGuard::new(borrowed, 1, record), object }
    }

    /// Returns how many holds the guard stands for.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    /// use std::sync::Arc;
    ///
    /// let object: Arc<RundownRef> = Arc::default();
    /// assert_eq!(object.try_acquire_owned()?.count(), 1);
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use]
    pub fn count(&self) -> usize {
        self.guard.count()
    }

    /// Returns the object that is held.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    /// use std::sync::Arc;
    ///
    /// let object: Arc<RundownRef> = Arc::default();
    /// let guard = object.try_acquire_owned()?;
    /// let second = guard.object().try_acquire_owned()?;
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use]
    pub fn object(&self) -> &Arc<R> {
        &self.object
    }

    /// Takes one hold more, in a guard of its own, also while a run-down is under way: as [`RundownGuard::try_clone`].
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    /// use std::sync::Arc;
    /// use std::thread;
    ///
    /// let device: Arc<RundownRef> = Arc::default();
    /// let request = device.try_acquire_owned()?;
    /// device.begin_run_down();
    /// let helper = request.try_clone()?;
    /// thread::spawn(move || drop(helper));
    /// drop(request);
    /// device.wait(); // for the helper, too
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`RundownGuard::try_clone`].
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn try_clone(&self) -> Result<Self, AcquireError> {
        Ok(Self { guard: self.guard.try_clone()?, object: self.object.clone() })
    }

    /// Splits `count` holds off into a guard of their own, as [`RundownGuard::split`]: `None` unless at least one
    /// hold stays on each side.
    ///
    /// Adds to the count of the `Arc`, and touches nothing else that is shared.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    /// use std::sync::Arc;
    ///
    /// let object: Arc<RundownRef> = Arc::default();
    /// let mut guard = object.try_acquire_owned()?;
    /// assert!(guard.split(1).is_none(), "none would stay");
    /// guard.merge(object.try_acquire_owned()?)?;
    /// let part = guard.split(1).expect("one stays");
    /// assert_eq!((guard.count(), part.count()), (1, 1));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn split(&mut self, count: usize) -> Option<Self> {
        let guard = self.guard.split(count)?;
        Some(Self { guard, object: self.object.clone() })
    }

    /// Takes the holds of `other` in, so that one release is enough for all: as [`RundownGuard::merge`], and see the
    /// example of [`split`](Self::split).
    ///
    /// # Errors
    ///
    /// [`MergeError`] with `other` when it holds another object.
    pub fn merge(&mut self, other: Self) -> Result<(), MergeError<Self>> {
        let Self { guard, object } = other;
        // Its `Arc` goes after its holds have; not the last one, as we have another.
        self.guard.merge(guard).map_err(|MergeError(guard)| MergeError(Self { guard, object }))
    }
}

impl<R: Object + ?Sized + 'static> fmt::Debug for OwnedRundownGuard<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedRundownGuard").field("count", &self.count()).finish_non_exhaustive()
    }
}
