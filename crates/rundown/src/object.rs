//! What each kind of object hands to the operations that all kinds share.

use crate::park::Park;
use crate::protocol::{Protocol, Slot};
use core::ptr;

/// An object with run-down protection, seen from below: its words, its slot and its way to wait.
///
/// Seals [`Rundown`](crate::Rundown): it can't be named outside the crate.
pub trait Object: Sync {
    /// What a slot lies in: a word, or a cache line.
    type Line: AsRef<Slot>;
    /// How to wait for this object.
    type Waiting: Park;

    /// Returns the object's words.
    #[allow(private_interfaces, reason = "the trait is sealed")]
    fn protocol(&self) -> Protocol<'_, Self::Line>;

    /// Returns the index of the slot that the caller should use now.
    fn current_slot(&self) -> usize;

    /// Returns the address that waiters sleep on.
    #[inline]
    fn address(&self) -> *const () {
        ptr::from_ref(self.protocol().outstanding).cast()
    }
}
