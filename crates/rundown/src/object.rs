//! What each kind of object hands to the operations that all kinds share.

use crate::park::Park;
use crate::protocol::Protocol;
use crate::slot_set::SlotSet;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

/// An object with run-down protection, seen from below: its words, its slot and its way to wait.
///
/// Seals [`Rundown`](crate::Rundown): it can't be named outside the crate.
///
/// # Safety
///
/// `thick` gives back the object whose `thin` reference it is.
pub unsafe trait Object: Sync {
    /// Where the slots lie.
    #[allow(private_bounds, reason = "the trait is sealed")]
    type Slots<'a>: SlotSet<'a>
    where
        Self: 'a;
    /// How to wait for this object.
    type Waiting: Park;
    /// The object itself: this type, or that to which this pointer leads.
    type Base: Object<Base = Self::Base> + ?Sized;

    /// Returns the object itself.
    fn base(&self) -> &Self::Base;

    /// Returns the object's words.
    #[allow(private_interfaces, reason = "the trait is sealed")]
    fn protocol(&self) -> Protocol<'_, Self::Slots<'_>>;

    /// Returns the index of the slot that the caller should use now.
    fn current_slot(&self) -> usize;

    /// Returns the address that waiters sleep on.
    #[inline]
    fn address(&self) -> *const () {
        ptr::from_ref(self.protocol().outstanding).cast()
    }

    /// Returns the object that begins at `address`.
    ///
    /// # Safety
    ///
    /// `address` is that of a reference to an object of this type, which is valid for `'a`.
    unsafe fn thick<'a>(address: NonNull<()>) -> &'a Self;
}

/// A reference to an object in one word, also if its number of slots is known at run time only.
pub(crate) struct Thin<'a, R: ?Sized> {
    address: NonNull<()>,
    object: PhantomData<&'a R>,
}

// SAFETY: it is a `&R`, which may be sent and shared if `R` may be shared.
unsafe impl<R: Sync + ?Sized> Send for Thin<'_, R> {}
// SAFETY: as above.
unsafe impl<R: Sync + ?Sized> Sync for Thin<'_, R> {}

impl<R: ?Sized> Clone for Thin<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: ?Sized> Copy for Thin<'_, R> {}

impl<'a, R: Object + ?Sized> Thin<'a, R> {
    #[inline]
    pub(crate) fn new(object: &'a R) -> Self {
        Self { address: NonNull::from(object).cast(), object: PhantomData }
    }

    #[inline]
    pub(crate) fn get(self) -> &'a R {
        // SAFETY: `new` had a reference with this lifetime.
        unsafe { R::thick(self.address) }
    }
}
