//! What a user of a protected value has in hand: a guard that keeps it alive itself.

use crate::error::AcquireError;
use crate::exclusive::Exclusive;
use crate::plain::RundownRef;
use crate::protected::Protected;
use crate::protected_guard::ProtectedGuard;
use alloc::sync::Arc;
use core::fmt;
use core::ops::Deref;

impl<T: 'static, R: Exclusive + 'static> Protected<T, R> {
    /// Acquires the value, unless its run-down has started, with a guard that does not borrow: for a thread that
    /// outlives its maker, or a task.
    ///
    /// ```
    /// use rundown::Protected;
    /// use std::sync::Arc;
    /// use std::thread;
    ///
    /// let name = Arc::new(Protected::from(String::from("disk")));
    /// let user = name.try_acquire_owned()?;
    /// let worker = thread::spawn(move || user.len()); // in the same way with `tokio::spawn`
    /// assert_eq!(worker.join().unwrap(), 4);
    /// assert_eq!(name.run_down().as_deref(), Some("disk"));
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// Costs one addition to the count of the `Arc`, and one at the end, beside those of
    /// [`try_acquire`](Self::try_acquire): all users write to one cache line then, whatever the object.
    ///
    /// # Errors
    ///
    /// As [`Rundown::try_acquire`](crate::Rundown::try_acquire).
    ///
    /// # Ordering
    ///
    /// As that of [`try_acquire`](Self::try_acquire).
    #[inline]
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedProtectedGuard<T, R>, AcquireError> {
        // SAFETY: it lives as long as the `Arc`, of which one stands beside the guard and is dropped after it.
        // With the lifetime that it claims, nothing of it leaves the type.
        let borrowed: &'static Self = unsafe { &*Arc::as_ptr(self) };
        Ok(OwnedProtectedGuard { guard: borrowed.try_acquire()?, protected: self.clone() })
    }
}

/// A value that its owner can't take back while this lives, and that lives as long as this needs it.
///
/// As [`ProtectedGuard`], but it has the [`Arc`] instead of a borrow. Made by
/// [`try_acquire_owned`](Protected::try_acquire_owned); `OwnedProtectedGuard::map` narrows it to a part of the value.
///
/// ```
/// use rundown::{OwnedProtectedGuard, Protected};
/// use std::sync::Arc;
///
/// struct Request {
///     device: OwnedProtectedGuard<String>, // no lifetime
/// }
///
/// let device = Arc::new(Protected::from(String::from("disk")));
/// let request = Request { device: device.try_acquire_owned()? };
/// assert_eq!(*request.device, "disk");
/// assert!(!device.begin_run_down(), "a request is under way");
/// # Ok::<(), rundown::AcquireError>(())
/// ```
///
/// It may go to another thread if the value may be used and dropped there:
///
/// ```compile_fail,E0277
/// fn sent(value: impl Send) {}
/// let cell = std::sync::Arc::new(rundown::Protected::from(std::cell::Cell::new(1)));
/// sent(cell.try_acquire_owned().unwrap());
/// ```
///
/// A borrow of the value can't outlive it:
///
/// ```compile_fail,E0505
/// let text = std::sync::Arc::new(rundown::Protected::from(String::new()));
/// let user = text.try_acquire_owned().unwrap();
/// let borrow: &str = &user;
/// drop(user);
/// borrow.len();
/// ```
///
/// Dropping it gives the value back first, and drops the `Arc` then. If that was the last one, the `Protected` dies
/// here, and its value with it, on the thread that drops the guard; nobody holds it any more.
#[must_use = "dropping the guard at once gives the value back at once"]
pub struct OwnedProtectedGuard<T: 'static, R: Exclusive + 'static = RundownRef> {
    /// Borrows from `protected`, and is dropped before it: fields are dropped in this order. It has the address,
    /// not a reference, so that it may lie beside it.
    guard: ProtectedGuard<'static, T, R>,
    protected: Arc<Protected<T, R>>,
}

impl<T: 'static, R: Exclusive + 'static> OwnedProtectedGuard<T, R> {
    /// Returns whose value it is. A function, not a method, so that it hides none of the value's.
    ///
    /// ```
    /// use rundown::{OwnedProtectedGuard, Protected};
    /// use std::sync::Arc;
    ///
    /// let number = Arc::new(Protected::from(7));
    /// let user = number.try_acquire_owned()?;
    /// let second = OwnedProtectedGuard::protected(&user).try_acquire_owned()?;
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    #[must_use]
    pub fn protected(guard: &Self) -> &Arc<Protected<T, R>> {
        &guard.protected
    }

    /// Takes one hold more, in a guard of its own, also while the value is being run down: as
    /// [`ProtectedGuard::try_clone`], and see the example there.
    ///
    /// # Errors
    ///
    /// As [`ProtectedGuard::try_clone`].
    #[cfg_attr(feature = "holders", track_caller)]
    pub fn try_clone(&self) -> Result<Self, AcquireError> {
        Ok(Self { guard: self.guard.try_clone()?, protected: self.protected.clone() })
    }
}

impl<T: 'static, R: Exclusive + 'static> Deref for OwnedProtectedGuard<T, R> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T: fmt::Debug + 'static, R: Exclusive + 'static> fmt::Debug for OwnedProtectedGuard<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
