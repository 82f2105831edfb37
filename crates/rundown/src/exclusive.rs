//! Which objects are reached through their owner alone.

use crate::cache_aware::{CacheAwareRundownRef, CurrentSlot, Slots};
use crate::park::Park;
use crate::plain::RundownRef;
use crate::pooled::Pooled;
#[cfg(feature = "std")]
use crate::restartable::{RestartableRundownRef, RestartableSlots};
use crate::rundown::Rundown;

/// An object that is reached through its owner alone: what [`Protected`](crate::Protected) can rely on.
///
/// A value's protection must not be made live again by anybody else while the value is out. So a shared reference, or an
/// [`Arc`](https://doc.rust-lang.org/std/sync/struct.Arc.html), is a [`Rundown`](crate::Rundown) but not exclusive; the
/// objects themselves are, and so are a `Box`, a `&mut` and a [`Pooled`](crate::Pooled).
///
/// ```compile_fail,E0277
/// use rundown::{Protected, RundownRef};
///
/// let object = RundownRef::new();
/// let value = Protected::new(&object, 1);
/// ```
///
/// Sealed. It is public so that generic code can name it:
///
/// ```
/// use rundown::{Exclusive, Protected, RundownRef};
///
/// struct Device<R: Exclusive> {
///     name: Protected<String, R>,
/// }
///
/// let device = Device { name: Protected::new(RundownRef::new(), "disk".into()) };
/// assert_eq!(device.name.try_access_with(|name| name.len()), Some(4));
/// ```
///
/// # Safety
///
/// Nothing but unsafe code reaches the object past a value of this type, for as long as it lives.
#[diagnostic::on_unimplemented(
    message = "others could reach the run-down object in `{Self}` and make it live again",
    label = "not the only way to its object",
    note = "move the object in, or a `Box` of it, instead of sharing it"
)]
pub unsafe trait Exclusive: Rundown {}

// SAFETY: it is the object itself.
unsafe impl<P: Park> Exclusive for RundownRef<P> {}
// SAFETY: as above.
unsafe impl<C: CurrentSlot, P: Park, S: Slots + ?Sized> Exclusive
    for CacheAwareRundownRef<C, P, S>
{
}
#[cfg(feature = "std")]
// SAFETY: as above.
unsafe impl<P: Park, C: CurrentSlot, S> Exclusive for RestartableRundownRef<P, C, S> where
    S: RestartableSlots + ?Sized
{
}
// SAFETY: a handle is the only one of its object, but for addresses, and what is done with those is unsafe.
unsafe impl<C: CurrentSlot, P: Park> Exclusive for Pooled<'_, C, P> {}
// SAFETY: for as long as there is a `&mut`, nobody else reaches what it refers to.
unsafe impl<R: Exclusive + ?Sized> Exclusive for &mut R {}
#[cfg(feature = "alloc")]
// SAFETY: a box is the only way to what is in it.
unsafe impl<R: Exclusive + ?Sized> Exclusive for alloc::boxed::Box<R> {}
