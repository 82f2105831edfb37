//! A guard narrowed to a part of its value.

use crate::exclusive::Exclusive;
use crate::protected_guard::ProtectedGuard;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use crate::protected_owned::OwnedProtectedGuard;
use core::fmt;
use core::ops::Deref;
use core::ptr::NonNull;

/// A part of a protected value, with the guard `G` that keeps the whole.
///
/// Made by [`ProtectedGuard::map`] or `OwnedProtectedGuard::map`; dropping it drops the guard.
///
/// ```
/// use rundown::{MappedGuard, Protected, ProtectedGuard};
///
/// struct Device {
///     name: String,
/// }
///
/// fn name(device: &Protected<Device>) -> Option<MappedGuard<ProtectedGuard<'_, Device>, str>> {
///     let device = device.try_acquire().ok()?;
///     Some(ProtectedGuard::map(device, |device| device.name.as_str()))
/// }
///
/// let device = Protected::from(Device { name: "disk".into() });
/// let name = name(&device).expect("live");
/// assert_eq!(&*name, "disk");
/// assert!(!device.begin_run_down(), "somebody has its name");
/// ```
///
/// Threads share a `U`, as they do the value, so it must be `Sync`:
///
/// ```compile_fail,E0277
/// fn sent(value: impl Send) {}
/// let number = rundown::Protected::from(7);
/// let user = number.try_acquire().unwrap();
/// // Of the guard's value nothing is used at all.
/// sent(rundown::ProtectedGuard::map(user, |_| Box::leak(Box::new(std::cell::Cell::new(1)))));
/// ```
#[must_use = "dropping the guard at once gives the value back at once"]
pub struct MappedGuard<G, U: ?Sized> {
    /// Good as long as `guard` is there: borrowed of its value.
    value: NonNull<U>,
    /// Its drop gives the value back.
    guard: G,
}

// SAFETY: it is a `G` and a `&U`.
unsafe impl<G: Send, U: Sync + ?Sized> Send for MappedGuard<G, U> {}
// SAFETY: as above.
unsafe impl<G: Sync, U: Sync + ?Sized> Sync for MappedGuard<G, U> {}

/// Makes `map` and `try_map` of a guard.
macro_rules! map_and_try_map {
    ($name:literal, $acquire:literal) => {
        /// Narrows the guard to a part of the value. A function, not a method, so that it hides none of the value's.
        ///
        /// ```
        #[doc = concat!("use rundown::{Protected, ", $name, "};")]
        /// use std::sync::Arc;
        ///
        /// let pair = Arc::new(Protected::from((1, String::from("disk"))));
        #[doc = concat!("let name = ", $name, "::map(pair.", $acquire, "()?, |pair| &pair.1);")]
        /// assert_eq!(*name, "disk");
        /// # Ok::<(), rundown::AcquireError>(())
        /// ```
        ///
        /// The borrow that `part` is given can't escape from it:
        ///
        /// ```compile_fail,E0521
        #[doc = concat!("use rundown::{Protected, ", $name, "};")]
        /// use std::sync::Arc;
        ///
        /// let text = Arc::new(Protected::from(String::from("disk")));
        /// let mut escaped = "";
        #[doc = concat!("let user = ", $name, "::map(text.", $acquire, "().unwrap(), |text| {")]
        ///     escaped = text.as_str(); // without this line it compiles
        ///     text
        /// });
        /// ```
        ///
        /// # Panics
        ///
        /// When `part` does; the value is given back then.
        pub fn map<U: ?Sized>(
            guard: Self,
            part: impl for<'b> FnOnce(&'b T) -> &'b U,
        ) -> MappedGuard<Self, U> {
            let value = NonNull::from(part(&guard));
            MappedGuard { value, guard }
        }

        /// Narrows the guard to a part of the value, if `part` finds it.
        ///
        /// ```
        #[doc = concat!("use rundown::{Protected, ", $name, "};")]
        /// use std::sync::Arc;
        ///
        /// let list = Arc::new(Protected::from(vec![5, 6]));
        #[doc = concat!("let second = ", $name, "::try_map(list.", $acquire, "()?, |list| list.get(1));")]
        /// assert_eq!(*second.expect("there are two"), 6);
        #[doc = concat!("let third = ", $name, "::try_map(list.", $acquire, "()?, |list| list.get(2));")]
        /// assert_eq!(third.expect_err("the guard of the list").len(), 2);
        /// # Ok::<(), rundown::AcquireError>(())
        /// ```
        ///
        /// # Errors
        ///
        /// The guard, when `part` returns `None`.
        ///
        /// # Panics
        ///
        /// When `part` does; the value is given back then.
        pub fn try_map<U: ?Sized>(
            guard: Self,
            part: impl for<'b> FnOnce(&'b T) -> Option<&'b U>,
        ) -> Result<MappedGuard<Self, U>, Self> {
            match part(&guard).map(NonNull::from) {
                Some(value) => Ok(MappedGuard { value, guard }),
                None => Err(guard),
            }
        }
    };
}

impl<T, R: Exclusive> ProtectedGuard<'_, T, R> {
    map_and_try_map!("ProtectedGuard", "try_acquire");
}

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl<T: 'static, R: Exclusive + 'static> OwnedProtectedGuard<T, R> {
    map_and_try_map!("OwnedProtectedGuard", "try_acquire_owned");
}

impl<G, U: ?Sized> MappedGuard<G, U> {
    /// Narrows the guard further.
    ///
    /// ```
    /// use rundown::{MappedGuard, Protected, ProtectedGuard};
    ///
    /// let pair = Protected::from((1, String::from("disk")));
    /// let name = ProtectedGuard::map(pair.try_acquire()?, |pair| &pair.1);
    /// let first = MappedGuard::map(name, |name| &name.as_bytes()[0]);
    /// assert_eq!(*first, b'd');
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When `part` does; the value is given back then.
    pub fn map<V: ?Sized>(
        guard: Self,
        part: impl for<'b> FnOnce(&'b U) -> &'b V,
    ) -> MappedGuard<G, V> {
        let value = NonNull::from(part(&guard));
        MappedGuard { value, guard: guard.guard }
    }

    /// Narrows the guard further, if `part` finds what it looks for.
    ///
    /// ```
    /// use rundown::{MappedGuard, Protected, ProtectedGuard};
    ///
    /// let pair = Protected::from((1, String::from("disk")));
    /// let name = ProtectedGuard::map(pair.try_acquire()?, |pair| pair.1.as_str());
    /// let unit = MappedGuard::try_map(name, |name| name.strip_prefix("disk"));
    /// assert_eq!(&*unit.expect("it is a disk"), "");
    /// # Ok::<(), rundown::AcquireError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The guard, when `part` returns `None`.
    ///
    /// # Panics
    ///
    /// When `part` does; the value is given back then.
    pub fn try_map<V: ?Sized>(
        guard: Self,
        part: impl for<'b> FnOnce(&'b U) -> Option<&'b V>,
    ) -> Result<MappedGuard<G, V>, Self> {
        match part(&guard).map(NonNull::from) {
            Some(value) => Ok(MappedGuard { value, guard: guard.guard }),
            None => Err(guard),
        }
    }
}

impl<G, U: ?Sized> Deref for MappedGuard<G, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        // SAFETY: what made it has borrowed it of the guard's value, for any lifetime for which that may be
        // borrowed: so for as long as the guard is there.
        unsafe { self.value.as_ref() }
    }
}

impl<G, U: fmt::Debug + ?Sized> fmt::Debug for MappedGuard<G, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
