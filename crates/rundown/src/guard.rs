//! A hold on an object that is released on drop.

use crate::error::{AcquireError, MergeError, OverRelease};
use crate::holders::Record;
use crate::limits::MAX_EVER;
use crate::object::{Object, Thin};
use crate::operations;
use core::fmt;
use core::mem::ManuallyDrop;

/// One or more holds on a run-down object; dropping it releases them.
///
/// While a guard with a hold lives, no wait on its object returns; one for 0 holds protects nothing. It may
/// be dropped on another core or thread: the release then happens on *that* core's slot, correct and fast.
///
/// It borrows the object. One that keeps an `Arc` of it alive instead, for a thread or a task, is
/// `OwnedRundownGuard` (feature `alloc`).
///
/// ```
/// use rundown::{Rundown, RundownRef};
///
/// let object: RundownRef = RundownRef::new();
/// let guard = object.try_acquire().expect("live");
/// assert!(!object.begin_run_down(), "held");
/// drop(guard);
/// assert!(object.is_run_down());
/// ```
///
/// Not guaranteed: exclusion. Any number of guards exist at a time; run-down protection keeps an
/// object alive and does not serialise its users.
///
/// # Panics
///
/// Its drop panics when more was released than acquired, unless its thread unwinds already.
#[must_use = "dropping the guard at once releases the object at once"]
pub struct RundownGuard<'a, R: Object + ?Sized> {
    object: Thin<'a, R>,
    count: usize,
    record: Record,
}

impl<'a, R: Object + ?Sized> RundownGuard<'a, R> {
    #[inline]
    pub(crate) fn new(object: &'a R, count: usize, record: Record) -> Self {
        Self { object: Thin::new(object), count, record }
    }

    /// Returns how many holds the guard stands for: 0 for one of `try_acquire_n(0)`.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let object: RundownRef = RundownRef::new();
    /// assert_eq!(object.try_acquire_n(3)?.count(), 3);
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the object that is held.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let object: RundownRef = RundownRef::new();
    /// let guard = object.try_acquire()?;
    /// let second = guard.object().try_acquire()?;
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use]
    pub fn object(&self) -> &'a R {
        self.object.get()
    }

    /// Takes one hold more, in a guard of its own, whatever number this one stands for.
    ///
    /// Unlike a new acquire it is granted while a run-down is under way, too: the hold of this guard keeps the object
    /// alive meanwhile, and the drain waits for both. So a user can hand the object on to a thread that it starts, or
    /// to a callback, without asking whether that is still allowed. As fast as an acquire on a live object, and
    /// wait-free: one or two atomic additions. A guard for 0 holds has nothing to rely on; its clone is a new acquire.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let device = RundownRef::new();
    /// let request = device.try_acquire()?;
    /// device.begin_run_down(); // no new users from here on
    /// let helper = request.try_clone()?; // but this one may be helped
    /// drop(request);
    /// assert!(!device.is_run_down(), "the helper is inside");
    /// drop(helper);
    /// assert!(device.is_run_down());
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`AcquireError::TooMany`] as for [`try_acquire`](crate::Rundown::try_acquire), and when more than
    /// [`MAX_CLONED`](crate::MAX_CLONED) holds are left in a run-down that is under way. Nothing was taken.
    ///
    /// # Ordering
    ///
    /// What the owner did before it made the object live is visible to whoever has a hold. Like every release, that of
    /// the clone happens before the return of every wait.
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn try_clone(&self) -> Result<Self, AcquireError> {
        let object = self.object();
        let slot = match self.count {
            0 => operations::acquire(object, 1)?,
            _ => operations::acquire_more(object)?,
        };
        Ok(Self::new(object, 1, Record::new(object.address(), slot, 1)))
    }

    /// Splits `count` holds off into a guard of their own.
    ///
    /// At least one hold has to stay on each side: `None`, and nothing changes, if `count` is 0, or not less
    /// than what the guard stands for. So both guards protect.
    ///
    /// Touches no shared memory: the sum stays the same.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let object: RundownRef = RundownRef::new();
    /// let mut guard = object.try_acquire_n(3)?;
    /// let part = guard.split(2).expect("one stays");
    /// assert_eq!((guard.count(), part.count()), (1, 2));
    /// assert!(guard.split(1).is_none(), "none would stay");
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn split(&mut self, count: usize) -> Option<Self> {
        let left = self.count.checked_sub(count).filter(|left| count > 0 && *left > 0)?;
        // Asked first: it is foreign code, and a panic in it must lose no hold.
        let slot = self.object().current_slot();
        self.count = left;
        let address = self.object().address();
        self.record.remove(address, count);
        let record = Record::new(address, slot, count);
        Some(Self { object: self.object, count, record })
    }

    /// Takes the holds of `other` in, so that one release is enough for all.
    ///
    /// Touches no shared memory: the sum stays the same.
    ///
    /// ```
    /// use rundown::{Rundown, RundownRef};
    ///
    /// let (object, another) = <(RundownRef, RundownRef)>::default();
    /// let mut guard = object.try_acquire()?;
    /// guard.merge(object.try_acquire()?).expect("of the same object");
    /// assert_eq!(guard.count(), 2);
    /// let refused = guard.merge(another.try_acquire()?).unwrap_err();
    /// let its_guard = refused.into_inner();
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`MergeError`] with `other` when it holds another object. With `?` that drops it, which releases it.
    pub fn merge(&mut self, other: Self) -> Result<(), MergeError<Self>> {
        match self.count.checked_add(other.count) {
            Some(sum) if self.object().address() == other.object().address() => {
                let (count, record) = other.into_parts();
                let counts = [self.count, count];
                self.record = self.record.join(record, self.object().address(), counts);
                self.count = sum;
                Ok(())
            }
            _ => Err(MergeError(other)),
        }
    }

    /// Gives up the guard but keeps its holds, and returns how many.
    ///
    /// [`RundownGuard::adopt`] makes a guard of them again, and
    /// [`release_n`](crate::Rundown::release_n) releases them. Until they are released, no run-down of the
    /// object ends.
    ///
    /// ```
    /// use rundown::{Rundown, RundownGuard, RundownRef};
    ///
    /// let object: RundownRef = RundownRef::new();
    /// let count = object.try_acquire_n(2)?.leak();
    /// assert!(!object.begin_run_down(), "held");
    /// // SAFETY: the holds that were just leaked; nobody else releases them.
    /// drop(unsafe { RundownGuard::adopt(&object, count) });
    /// assert!(object.is_run_down());
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use = "without the count the holds can't be released"]
    pub fn leak(self) -> usize {
        let object = self.object();
        let (count, record) = self.into_parts();
        record.leak(object.address());
        count
    }

    /// Takes over `count` holds that were leaked before: see the example of [`leak`](Self::leak).
    ///
    /// # Safety
    ///
    /// The caller owns at least `count` holds on this very object that no guard stands for, and
    /// gives them up to this one.
    ///
    /// # Panics
    ///
    /// When there cannot be as many holds as that.
    #[cfg_attr(feature = "holders", track_caller)]
    pub unsafe fn adopt(object: &'a R, count: usize) -> Self {
        if count > MAX_EVER {
            OverRelease { held: 0, released: count }.report(object.address());
        }
        let slot = object.current_slot();
        Record::take_leaked(object.address(), count);
        let record = Record::new(object.address(), slot, count);
        Self::new(object, count, record)
    }

    /// Takes the guard apart without releasing anything.
    fn into_parts(self) -> (usize, Record) {
        let guard = ManuallyDrop::new(self);
        (guard.count, guard.record)
    }
}

impl<R: Object + ?Sized> Drop for RundownGuard<'_, R> {
    #[inline]
    fn drop(&mut self) {
        // Before the release: afterwards the address may belong to another object.
        let object = self.object.get();
        self.record.remove(object.address(), self.count);
        if self.count > 0 {
            // SAFETY: the guard owns `count` holds (`new` after a granted acquire, `split`, `merge`, or
            // the promise made to `adopt`) and ceases to exist with this call.
            unsafe { operations::release(object, self.count) }
        }
    }
}

impl<R: Object + ?Sized> fmt::Debug for RundownGuard<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RundownGuard").field("count", &self.count).finish_non_exhaustive()
    }
}
