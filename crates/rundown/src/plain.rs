//! The plain object: one counter, shared by all cores.

use crate::default_park::DefaultPark;
use crate::object::Object;
use crate::operations::{check_drop, debug};
use crate::park::Park;
use crate::protocol::Protocol;
use crate::sync::const_unless_loom;
use crate::words::Outstanding;
use crate::words::Slot;
use core::fmt;
use core::marker::PhantomData;
use core::ptr::NonNull;
use core::slice;

/// Run-down protection in two words, all cores on one counter (`EX_RUNDOWN_REF`).
///
/// Small and simple; right where an object is acquired rarely, or by one core at a time. Where many
/// cores acquire it often, they contend for its cache line, and
/// [`CacheAwareRundownRef`](crate::CacheAwareRundownRef) is the better choice.
///
/// ```
/// use rundown::{Rundown, RundownRef};
///
/// static DEVICE: RundownRef = RundownRef::new();
///
/// let user = DEVICE.try_acquire().expect("nobody runs it down yet");
/// assert!(!DEVICE.begin_run_down(), "one user is inside");
/// assert!(DEVICE.try_acquire().is_err(), "no new users");
/// drop(user);
/// DEVICE.wait(); // returns at once: the last user has left
/// ```
///
/// # Panics
///
/// Dropping it while holds are outstanding panics.
#[repr(C)] // in C the first word is a member that initialisers name
pub struct RundownRef<P: Park = DefaultPark> {
    pub(crate) outstanding: Outstanding,
    pub(crate) slot: Slot,
    park: PhantomData<fn() -> P>,
}

impl RundownRef {
    const_unless_loom! {
        /// Makes a live object without holds, with the default way to wait.
        ///
        /// As `HashMap::new`, it is there for the default only, so that the type need not be written down. For another
        /// way to wait there is [`with_park`](Self::with_park).
        #[must_use]
        pub const fn new() -> Self {
            Self::with_park()
        }

        /// Makes an object that is run down from the start; [`reinitialize`](crate::Rundown::reinitialize) enables it.
        ///
        /// ```
        /// use rundown::{Rundown, RundownRef};
        ///
        /// let device = RundownRef::new_run_down();
        /// assert!(device.try_acquire().is_err());
        /// device.reinitialize()?;
        /// assert!(device.try_acquire().is_ok());
        /// # Ok::<(), rundown::NotRunDown>(())
        /// ```
        #[must_use]
        pub const fn new_run_down() -> Self {
            Self::with_park_run_down()
        }
    }
}

impl<P: Park> RundownRef<P> {
    const_unless_loom! {
        /// Makes a live object without holds that waits as `P` does.
        ///
        /// ```
        /// use rundown::{RundownRef, Spin};
        ///
        /// static DEVICE: RundownRef<Spin> = RundownRef::with_park();
        /// ```
        #[must_use]
        pub const fn with_park() -> Self {
            Self { outstanding: Outstanding::new(false), slot: Slot::new(false), park: PhantomData }
        }

        /// As [`with_park`](Self::with_park), run down from the start.
        #[must_use]
        pub const fn with_park_run_down() -> Self {
            Self { outstanding: Outstanding::new(true), slot: Slot::new(true), park: PhantomData }
        }
    }

    /// Makes what a static initialiser in C makes: run down by its first word, without a mark on its slot.
    #[cfg(any(test, rundown_loom))]
    #[must_use]
    pub fn run_down_by_its_first_word() -> Self {
        Self { outstanding: Outstanding::new(true), slot: Slot::new(false), park: PhantomData }
    }
}

impl<P: Park> Default for RundownRef<P> {
    fn default() -> Self {
        Self::with_park()
    }
}

/// The plain object has one slot, and no line for it alone.
impl AsRef<Slot> for Slot {
    fn as_ref(&self) -> &Slot {
        self
    }
}

// SAFETY: of a sized type, a thin reference is its address.
unsafe impl<P: Park> Object for RundownRef<P> {
    type Slots<'a>
        = &'a [Slot]
    where
        Self: 'a;
    type Waiting = P;
    type Base = Self;

    #[inline]
    fn base(&self) -> &Self {
        self
    }

    #[inline]
    #[allow(private_interfaces, reason = "the trait is sealed")]
    fn protocol(&self) -> Protocol<'_, &[Slot]> {
        Protocol { outstanding: &self.outstanding, slots: slice::from_ref(&self.slot) }
    }

    #[inline]
    fn current_slot(&self) -> usize {
        0
    }

    #[inline]
    unsafe fn thick<'a>(address: NonNull<()>) -> &'a Self {
        // SAFETY: the caller's promise.
        unsafe { address.cast().as_ref() }
    }
}

impl<P: Park> Drop for RundownRef<P> {
    fn drop(&mut self) {
        check_drop(self);
    }
}

impl<P: Park> fmt::Debug for RundownRef<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self, "RundownRef", f)
    }
}
