//! What can be refused, and why.

use crate::cache_line::CACHE_LINE;
use crate::holders::HolderList;
use crate::limits::{MAX_SLOTS, POOL_ALIGNMENT};
use core::fmt;

/// Why an acquire was refused. Nothing was taken. [`try_acquire`](crate::Rundown::try_acquire) has an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AcquireError {
    /// Run-down has started: treat the object as gone, as in the example of
    /// [`try_acquire`](crate::Rundown::try_acquire).
    RunDown,
    /// The count could overflow: more than [`MAX_COUNT`](crate::MAX_COUNT) at once, or more than
    /// [`MAX_HOLDERS`](crate::MAX_HOLDERS) in all.
    ///
    /// ```
    /// use rundown::{AcquireError, MAX_COUNT, Rundown, RundownRef};
    ///
    /// let object = RundownRef::new();
    /// assert_eq!(object.try_acquire_n(MAX_COUNT + 1).unwrap_err(), AcquireError::TooMany);
    /// assert!(object.begin_run_down(), "nothing was taken");
    /// ```
    TooMany,
}

/// The object is not run down, so it can't be re-initialised, completed or freed yet. The examples are at what returns
/// it: [`reinitialize`](crate::Rundown::reinitialize), [`completed`](crate::Rundown::completed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRunDown;

/// The deadline of a wait passed first. The run-down goes on; waiting again is fine, as in the example of
/// [`wait_until`](crate::Rundown::wait_until).
///
/// With feature `holders` its text ends with the list of those who hold the object when it is printed:
/// print it before the object's memory goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimedOut {
    /// Holds that were left when the wait gave up; `None` while they were still being counted.
    pub outstanding: Option<usize>,
    pub(crate) holders: HolderList,
}

/// Why memory can't become a cache-aware object or a pool, or a pool gives none. The memory is untouched.
///
/// ```
/// # struct ThisCore;
/// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
/// use core::mem::MaybeUninit;
/// use rundown::{CacheAwareRundownRef, InitError};
///
/// type Device = CacheAwareRundownRef<ThisCore>;
///
/// assert_eq!(Device::layout(0), Err(InitError::SlotCount { slots: 0 }));
///
/// let needed = Device::layout(2)?.size();
/// let mut memory = vec![MaybeUninit::uninit(); 2 * needed];
/// let start = memory.as_ptr().align_offset(Device::layout(2)?.align());
/// let refused = Device::init_in(&mut memory[start..][..needed - 1], 2).unwrap_err();
/// assert_eq!(refused, InitError::TooSmall { needed, given: needed - 1 });
/// let refused = Device::init_in(&mut memory[start + 1..], 2).unwrap_err();
/// assert!(matches!(refused, InitError::Misaligned { .. }));
/// # Ok::<(), InitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InitError {
    /// The number of slots is 0 or above [`MAX_SLOTS`](crate::MAX_SLOTS): see the example of [`InitError`].
    SlotCount {
        /// What was asked for.
        slots: usize,
    },
    /// The buffer is smaller than [`layout`](crate::CacheAwareRundownRef::layout) says: see the example of
    /// [`InitError`].
    TooSmall {
        /// Bytes that the object needs.
        needed: usize,
        /// Bytes that the buffer has.
        given: usize,
    },
    /// The buffer does not start at a multiple of [`CACHE_LINE`](crate::CACHE_LINE): see the example of [`InitError`].
    Misaligned {
        /// The address given.
        address: usize,
    },
    /// The buffer's address is null. From [`init_at`](crate::CacheAwareRundownRef::init_at), which has an example.
    Null,
    /// The allocator had no memory. From `boxed`, and from [`SlotPool::take`](crate::SlotPool::take), which has an
    /// example.
    OutOfMemory,
    /// The buffer of a pool does not start at a multiple of [`POOL_ALIGNMENT`](crate::POOL_ALIGNMENT). From
    /// [`SlotPool::init_in`](crate::SlotPool::init_in), which has an example.
    MisalignedPool {
        /// The address given.
        address: usize,
    },
    /// A pool of no objects, or of more than the address space has room for. From
    /// [`SlotPool::init_in`](crate::SlotPool::init_in), which has an example.
    ObjectCount {
        /// What was asked for.
        objects: usize,
    },
    /// All objects of the pool are taken, and it can't grow: see the example of
    /// [`StaticSlotPool`](crate::StaticSlotPool).
    PoolIsFull,
}

/// More was released than acquired: a bug of the caller. Reported by a panic, except by
/// [`Checked`](crate::Checked), which has an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverRelease {
    /// Holds that there were when the release noticed it; 0 when a drain did, which knows the excess only.
    pub held: usize,
    /// Holds that this release released; of a drain, how many too many were released in all.
    pub released: usize,
}

/// The place of a [`Protected`](crate::Protected) is not empty: the last value has not been taken out. Has the
/// value that was to be put in.
///
/// ```
/// use rundown::{Protected, PutError};
///
/// let name = Protected::from(String::from("first"));
/// let refused: PutError<String> = name.put("second".into()).unwrap_err();
/// assert_eq!(refused.to_string(), "the place is not empty: run its value down first");
/// name.run_down();
/// name.put(refused.into_inner()).expect("empty");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PutError<T>(pub T);

impl<T> PutError<T> {
    /// Returns the value that was to be put in.
    ///
    /// ```
    /// assert_eq!(rundown::PutError(7).into_inner(), 7);
    /// ```
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

/// The guards hold different objects, so one can't take the other's holds in. Has the guard that was to be taken
/// in; dropping it releases it.
///
/// ```
/// use rundown::{MergeError, Rundown, RundownGuard, RundownRef};
///
/// let objects: [RundownRef; 2] = Default::default();
/// let mut guard = objects[0].try_acquire()?;
/// let refused: MergeError<RundownGuard<'_, _>> = guard.merge(objects[1].try_acquire()?).unwrap_err();
/// assert_eq!(refused.to_string(), "the guards hold different objects");
/// let other = refused.into_inner();
/// # Ok::<(), rundown::AcquireError>(())
/// ```
pub struct MergeError<G>(pub G);

impl<G> MergeError<G> {
    /// Returns the guard that was not taken in.
    ///
    /// ```
    /// assert_eq!(rundown::MergeError(7).into_inner(), 7);
    /// ```
    #[must_use]
    pub fn into_inner(self) -> G {
        self.0
    }
}

impl OverRelease {
    /// Panics with the object's address and the counts.
    #[cold]
    pub(crate) fn report(self, object: *const ()) -> ! {
        panic!("run-down object at {object:p}: {self}");
    }
}

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RunDown => "the object is being run down",
            Self::TooMany => "too many holds for the object's count",
        })
    }
}

impl fmt::Display for NotRunDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object is not run down: wait for its run-down first")
    }
}

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.outstanding {
            Some(1) => f.write_str("the run-down timed out with 1 hold left")?,
            Some(holds) => write!(f, "the run-down timed out with {holds} holds left")?,
            None => f.write_str("the run-down timed out while the holds were being counted")?,
        }
        self.holders.list(f)
    }
}

impl fmt::Display for OverRelease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { held, released } = self;
        write!(f, "released more than was acquired ({released} released with {held} held)")
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the place is not empty: run its value down first")
    }
}

impl<G> fmt::Display for MergeError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the guards hold different objects")
    }
}

// Not derived: it would ask the same of what they have.
impl<T> fmt::Debug for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PutError(..)")
    }
}

impl<G> fmt::Debug for MergeError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MergeError(..)")
    }
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SlotCount { slots } => {
                write!(f, "{slots} slots asked for; 1 to {} are possible", MAX_SLOTS)
            }
            Self::TooSmall { needed, given } => {
                write!(f, "the buffer has {given} bytes; the object needs {needed}")
            }
            Self::Misaligned { address } => {
                write!(f, "the buffer at {address:#x} is not aligned to {} bytes", CACHE_LINE)
            }
            Self::Null => f.write_str("the buffer's address is null"),
            Self::OutOfMemory => f.write_str("out of memory"),
            Self::MisalignedPool { address } => {
                write!(f, "the buffer at {address:#x} is not aligned to {} bytes", POOL_ALIGNMENT)
            }
            Self::ObjectCount { objects } => {
                write!(f, "a pool of {objects} objects is not possible")
            }
            Self::PoolIsFull => f.write_str("all objects of the pool are taken"),
        }
    }
}

impl core::error::Error for AcquireError {}
impl core::error::Error for NotRunDown {}
impl core::error::Error for TimedOut {}
impl core::error::Error for OverRelease {}
impl core::error::Error for InitError {}
impl<T> core::error::Error for PutError<T> {}
impl<G> core::error::Error for MergeError<G> {}

#[cfg(all(test, not(rundown_loom)))]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn a_late_drain_says_how_far_it_came() {
        let word = 0;
        let late = |outstanding| {
            let holders = HolderList::new(core::ptr::from_ref(&word).cast());
            TimedOut { outstanding, holders }.to_string()
        };
        assert!(
            late(None).starts_with("the run-down timed out while the holds were being counted")
        );
        assert!(late(Some(1)).starts_with("the run-down timed out with 1 hold left"));
        assert!(late(Some(2)).starts_with("the run-down timed out with 2 holds left"));
        let listed = late(Some(2)).contains("\nrun-down object at 0x");
        assert_eq!(listed, cfg!(feature = "holders"), "the list belongs to the feature");
    }
}
