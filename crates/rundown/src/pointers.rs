//! References and smart pointers to an object are objects, too: they pass every operation on.

use crate::cache_aware::CurrentSlot;
use crate::object::Object;
use crate::park::Park;
use crate::pooled::{Pooled, PooledRundownRef};
use crate::protocol::Protocol;
use core::ptr::NonNull;

#[cfg(feature = "alloc")]
use alloc::boxed::Box;
#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
use alloc::sync::Arc;

/// Passes on what an object is asked.
macro_rules! through {
    ($($(#[$meta:meta])* [$($bounds:tt)*] $pointer:ty => $object:ty;)+) => {$(
        $(#[$meta])*
        // SAFETY: a pointer is sized, so a thin reference to it is its address.
        unsafe impl<$($bounds)*> Object for $pointer {
            type Slots<'a>
                = <$object as Object>::Slots<'a>
            where
                Self: 'a;
            type Waiting = <$object as Object>::Waiting;
            type Base = <$object as Object>::Base;

            #[inline]
            fn base(&self) -> &Self::Base {
                (**self).base()
            }

            #[inline]
            #[allow(private_interfaces, reason = "the trait is sealed")]
            fn protocol(&self) -> Protocol<'_, Self::Slots<'_>> {
                (**self).protocol()
            }

            #[inline]
            fn current_slot(&self) -> usize {
                (**self).current_slot()
            }

            #[inline]
            unsafe fn thick<'a>(address: NonNull<()>) -> &'a Self {
                // SAFETY: the caller's promise.
                unsafe { address.cast().as_ref() }
            }
        }
    )+};
}

through! {
    [R: Object + ?Sized] &R => R;
    [R: Object + ?Sized] &mut R => R;
    [C: CurrentSlot, P: Park] Pooled<'_, C, P> => PooledRundownRef<C, P>;
    #[cfg(feature = "alloc")]
    [R: Object + ?Sized] Box<R> => R;
    #[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
    [R: Object + Send + ?Sized] Arc<R> => R;
}
