//! The plain object: one counter, shared by all cores.

use crate::object::Object;
use crate::operations::check_drop;
use crate::park::{Park, Spin};
use crate::protocol::{Outstanding, Protocol};
use crate::slot_set::Slot;
use crate::sync::const_unless_loom;
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
pub struct RundownRef<P: Park = Spin> {
    pub(crate) slot: Slot,
    pub(crate) outstanding: Outstanding,
    park: PhantomData<fn() -> P>,
}

impl<P: Park> RundownRef<P> {
    const_unless_loom! {
        /// Makes a live object without holds.
        pub const fn new() -> Self {
            Self { slot: Slot::new(false), outstanding: Outstanding::new(false), park: PhantomData }
        }

        /// Makes an object that is run down from the start; `reinitialize` enables it.
        pub const fn new_run_down() -> Self {
            Self { slot: Slot::new(true), outstanding: Outstanding::new(true), park: PhantomData }
        }
    }
}

impl<P: Park> Default for RundownRef<P> {
    fn default() -> Self {
        Self::new()
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
        f.debug_struct("RundownRef")
            .field("slot", &self.slot)
            .field("outstanding", &self.outstanding)
            .finish()
    }
}
