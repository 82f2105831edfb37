//! How to wait where nothing else is said.

#[cfg(feature = "std")]
use crate::blocking::Blocking as Chosen;
#[cfg(not(feature = "std"))]
use crate::park::Spin as Chosen;

/// How an object waits unless its type says otherwise: with feature `std` asleep, as `Blocking` does, and without it
/// by spinning, as [`Spin`](crate::Spin) does, since there is no other way then.
///
/// A crate that is to be built both ways names the one it means wherever that shows: in a deadline, which `Spin`
/// counts in looks.
///
/// ```
/// use rundown::{DefaultPark, RundownRef};
///
/// static DEVICE: RundownRef<DefaultPark> = RundownRef::new(); // the same as `RundownRef`
/// ```
pub type DefaultPark = Chosen;
