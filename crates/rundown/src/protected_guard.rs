//! What a user of a protected value has in hand: a guard that borrows.

use crate::error::AcquireError;
use crate::exclusive::Exclusive;
use crate::holders::Record;
use crate::operations;
use crate::plain::RundownRef;
use crate::protected::Protected;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

impl<T, R: Exclusive> Protected<T, R> {
    /// Borrows the value, unless its run-down has started.
    ///
    /// ```
    /// let name = rundown::Protected::from(String::from("disk"));
    /// let user = name.try_acquire()?;
    /// assert_eq!(user.len(), 4);
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Rundown::try_acquire`](crate::Rundown::try_acquire).
    ///
    /// # Ordering
    ///
    /// What was done before the value was put in happens before this returns a guard.
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn try_acquire(&self) -> Result<ProtectedGuard<'_, T, R>, AcquireError> {
        let slot = operations::acquire(&self.object, 1)?;
        let record = Record::new(self.object.address(), slot, 1);
        Ok(ProtectedGuard { protected: NonNull::from(self), record, borrow: PhantomData })
    }

    /// Calls `access` with the value, and returns what it returns; `None` if the run-down has started.
    ///
    /// No run-down ends before `access` has returned: it must not wait for one.
    ///
    /// ```
    /// let name = rundown::Protected::from(String::from("disk"));
    /// assert_eq!(name.try_access_with(|name| name.len()), Some(4));
    /// name.run_down();
    /// assert_eq!(name.try_access_with(|name| name.len()), None);
    /// ```
    ///
    /// `None` also if the count could overflow ([`AcquireError::TooMany`]).
    ///
    /// # Panics
    ///
    /// When `access` does; the value is given back then.
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn try_access_with<Ret, F: FnOnce(&T) -> Ret>(&self, access: F) -> Option<Ret> {
        let user = self.try_acquire().ok()?;
        Some(access(&user))
    }
}

/// A borrowed value that its owner can't take back while this lives.
///
/// It may be dropped on another thread or core than that which has acquired it. `ProtectedGuard::map` narrows
/// it to a part of the value; `OwnedProtectedGuard` (feature `alloc`) does not borrow.
///
/// ```
/// use rundown::{Protected, ProtectedGuard};
///
/// fn length(name: ProtectedGuard<'_, String>) -> usize {
///     name.len() // given back at the end of the function
/// }
///
/// let name = Protected::from(String::from("disk"));
/// assert_eq!(length(name.try_acquire()?), 4);
/// assert!(name.begin_run_down());
/// # Ok::<(), rundown::AcquireError>(())
/// ```
#[must_use = "dropping the guard at once gives the value back at once"]
pub struct ProtectedGuard<'a, T, R: Exclusive = RundownRef> {
    /// Its object is held once. Not a reference: it may be gone while the drop that releases it is still on its
    /// way out, and for as long as a function runs, a reference that it was given has to be good.
    protected: NonNull<Protected<T, R>>,
    record: Record,
    borrow: PhantomData<&'a Protected<T, R>>,
}

// SAFETY: it is a `&Protected`, which may be sent if a `Protected` may be shared.
unsafe impl<T: Send + Sync, R: Exclusive + Sync> Send for ProtectedGuard<'_, T, R> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync, R: Exclusive + Sync> Sync for ProtectedGuard<'_, T, R> {}

impl<T, R: Exclusive> ProtectedGuard<'_, T, R> {
    /// Returns how many holds the guard stands for: 1.
    ///
    /// ```
    /// let number = rundown::Protected::from(7);
    /// assert_eq!(number.try_acquire()?.count(), 1);
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use]
    pub fn count(&self) -> usize {
        1
    }

    /// Takes one hold more, in a guard of its own, also while the value is being run down: as
    /// [`RundownGuard::try_clone`](crate::RundownGuard::try_clone).
    ///
    /// If the value has a `try_clone`, as a file has, that is `(*guard).try_clone()`.
    ///
    /// ```
    /// let name = rundown::Protected::from(String::from("disk"));
    /// let user = name.try_acquire()?;
    /// name.begin_run_down();
    /// let helper = user.try_clone()?;
    /// drop(user);
    /// assert_eq!(*helper, "disk");
    /// assert!(name.try_run_down().is_none(), "the helper is inside");
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`RundownGuard::try_clone`](crate::RundownGuard::try_clone).
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn try_clone(&self) -> Result<Self, AcquireError> {
        // SAFETY: borrowed for `'a`.
        let object = unsafe { &self.protected.as_ref().object };
        let slot = operations::acquire_more(object)?;
        let record = Record::new(object.address(), slot, 1);
        Ok(Self { protected: self.protected, record, borrow: PhantomData })
    }
}

impl<T, R: Exclusive> Drop for ProtectedGuard<'_, T, R> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: borrowed for `'a`, and held still.
        let object = unsafe { &self.protected.as_ref().object };
        // Before the release: afterwards the address may belong to another object.
        self.record.remove(object.address(), 1);
        // SAFETY: the guard owns one hold, of `try_acquire`, and ceases to exist with this call.
        unsafe { operations::release(object, 1) }
    }
}

impl<T, R: Exclusive> Deref for ProtectedGuard<'_, T, R> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: borrowed for `'a`. An acquire was granted after a value was put in (`new`, or `put` before it
        // made the object live), and the value is moved only while the object is run down: not while we hold.
        unsafe { (*self.protected.as_ref().value.get()).as_ref().unwrap_unchecked() }
    }
}

impl<T: fmt::Debug, R: Exclusive> fmt::Debug for ProtectedGuard<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
