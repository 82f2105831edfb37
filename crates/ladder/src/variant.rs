//! What a variant can do, and what a machine or a host brings along for it.

use crate::about::About;
use core::ops::Range;
use rundown::CurrentSlot;
use spin::RelaxStrategy;

/// One way to count users.
pub trait Variant: Sync {
    /// Returns its description.
    fn about(&self) -> &'static About;

    /// Acquires and releases `count` times, as core number `core`.
    ///
    /// Several cores may do so at once, each under a number of its own, below the number of cores that
    /// the variant was made for.
    ///
    /// # Panics
    ///
    /// When `core` is not below it, and when an acquire is refused: then there is nothing to measure.
    fn pairs(&self, core: usize, count: u64);

    /// Returns what is left of the count, and makes it 0. It is 0 if every acquire and every release was
    /// counted. No core may be in [`pairs`](Self::pairs) meanwhile.
    fn reset(&self) -> i64;

    /// Returns where the words lie that it counts in.
    fn words(&self) -> Words;
}

impl dyn Variant + '_ {
    /// Returns its name.
    pub fn name(&self) -> &'static str {
        self.about().name
    }
}

/// What a machine or a host brings along.
pub trait Platform: 'static {
    /// Finds the slot of a core. On core number n it must return n, or cores share a slot.
    type Slot: CurrentSlot;
    /// How a core waits for a lock.
    type Relax: RelaxStrategy;
}

/// The memory that a variant counts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// All of it.
    pub range: Range<*const u8>,
    /// Bytes from one core's word to the next, or 0 if all cores use the same word.
    pub stride: usize,
}

impl Words {
    /// Returns the words of an object that all cores share.
    pub fn of<T>(object: &T) -> Self {
        let start = core::ptr::from_ref(object).cast::<u8>();
        Self { range: start..start.wrapping_add(size_of::<T>()), stride: 0 }
    }
}

/// Stands where a user would use the object.
///
/// It does nothing, but the compiler must not know that. Otherwise it might join a release with the next
/// acquire, or an acquire with its release, and nothing would be left to measure.
#[inline(always)]
pub fn hold() {
    core::hint::black_box(());
}
