//! A pool with a constant number of slots and objects, for a `static`.

use crate::cache_aware::CurrentSlot;
use crate::cache_line::{CACHE_LINE, CacheLine};
use crate::default_park::DefaultPark;
use crate::error::InitError;
use crate::limits::{MAX_SLOTS, POOL_ALIGNMENT};
use crate::park::Park;
use crate::pool::{live, run_down};
use crate::pool_block::{Front, Head, IN_A_LINE, MAX_POOL_BLOCK, Shape};
use crate::pool_list::claim_in;
use crate::pooled::Pooled;
use crate::words::Slot;
#[cfg(rundown_loom)]
use core::array;
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::offset_of;
use core::panic::RefUnwindSafe;
use core::ptr::{self, NonNull};

/// A pool whose objects have `SLOTS` slots each, as a constant: as many objects as words fit into a row of
/// `LINES` cache lines, on 64-bit targets of x86 and Arm 16 a line. For the rest see
/// [`SlotPool`](crate::SlotPool), which takes its numbers at run time.
///
/// `C` chooses the slot, `P` how to wait. Needs no allocator; all of it may be used in an interrupt handler. For
/// more objects than one has, there is [`SlotPool::init_in`](crate::SlotPool::init_in).
///
/// ```
/// use rundown::{CurrentSlot, InitError, Rundown, StaticSlotPool};
///
/// struct ThisCore;
/// impl CurrentSlot for ThisCore {
///     fn current_slot() -> usize {
///         0 // a kernel reads its per-core register here
///     }
/// }
///
/// static CHANNELS: StaticSlotPool<ThisCore, 4, 3> = StaticSlotPool::new();
///
/// let channel = CHANNELS.take().expect("none is taken");
/// assert!(channel.try_acquire().is_ok());
/// channel.wait();
/// drop(channel); // for the next who takes one
/// let all: Vec<_> = std::iter::from_fn(|| CHANNELS.take().ok()).collect();
/// assert_eq!(all.len(), CHANNELS.capacity());
/// assert_eq!(CHANNELS.take().unwrap_err(), InitError::PoolIsFull);
/// ```
///
/// The lines of a row are 3, 7, 11, 15, 19, 23 or 27 (on 32-bit targets at most 11), and the slots from 1 to
/// [`MAX_SLOTS`]. Other numbers are refused at compile time:
///
/// ```compile_fail,E0080
/// # struct C;
/// # impl rundown::CurrentSlot for C { fn current_slot() -> usize { 0 } }
/// let even = rundown::StaticSlotPool::<C, 1, 4>::new();
/// ```
pub struct StaticSlotPool<
    C: CurrentSlot,
    const SLOTS: usize,
    const LINES: usize,
    P: Park = DefaultPark,
> {
    /// In a cell, because it is shared with the objects that are out.
    block: UnsafeCell<Block<SLOTS, LINES>>,
    chosen: PhantomData<fn() -> (C, P)>,
}

/// A whole block, as `pool_block` draws it.
#[repr(C, align(4096))]
struct Block<const SLOTS: usize, const LINES: usize> {
    front: Front,
    outstanding: [Line; LINES],
    head: Head,
    slots: [[Line; LINES]; SLOTS],
}

/// A part of a row.
type Line = CacheLine<[Slot; IN_A_LINE]>;

// SAFETY: the words are atomic, and the rest never changes.
unsafe impl<C: CurrentSlot, const SLOTS: usize, const LINES: usize, P: Park> Sync
    for StaticSlotPool<C, SLOTS, LINES, P>
{
}
// SAFETY: a moved pool has no objects out that anybody can use: they borrow it.
unsafe impl<C: CurrentSlot, const SLOTS: usize, const LINES: usize, P: Park> Send
    for StaticSlotPool<C, SLOTS, LINES, P>
{
}

// As for any atomic words.
impl<C: CurrentSlot, const SLOTS: usize, const LINES: usize, P: Park> RefUnwindSafe
    for StaticSlotPool<C, SLOTS, LINES, P>
{
}

impl<C: CurrentSlot, const SLOTS: usize, const LINES: usize, P: Park>
    StaticSlotPool<C, SLOTS, LINES, P>
{
    const OBJECTS: usize = LINES * IN_A_LINE;
    const IS_POSSIBLE: () = assert!(
        SLOTS >= 1 && SLOTS <= MAX_SLOTS && LINES % 4 == 3 && Self::OBJECTS <= MAX_POOL_BLOCK
    );

    /// Makes a pool whose objects are all free: see the example of [`StaticSlotPool`].
    #[must_use]
    #[cfg(not(rundown_loom))]
    pub const fn new() -> Self {
        const { Self::IS_POSSIBLE };
        let shape = Shape::new(SLOTS, Self::OBJECTS);
        let block = Block {
            front: Front::new(shape, ptr::null_mut()),
            outstanding: [const { CacheLine([const { Slot::new(false) }; IN_A_LINE]) }; LINES],
            head: Head::new(shape),
            slots: [const { [const { CacheLine([const { Slot::new(false) }; IN_A_LINE]) }; LINES] };
                SLOTS],
        };
        Self { block: UnsafeCell::new(block), chosen: PhantomData }
    }

    /// Makes a pool whose objects are all free: see the example of [`StaticSlotPool`].
    #[must_use]
    #[cfg(rundown_loom)]
    pub fn new() -> Self {
        const { Self::IS_POSSIBLE };
        let shape = Shape::new(SLOTS, Self::OBJECTS);
        let line = || CacheLine(array::from_fn(|_| Slot::new(false)));
        let block = Block {
            front: Front::new(shape, ptr::null_mut()),
            outstanding: array::from_fn(|_| line()),
            head: Head::new(shape),
            slots: array::from_fn(|_| array::from_fn(|_| line())),
        };
        Self { block: UnsafeCell::new(block), chosen: PhantomData }
    }

    /// Takes an object that is live and has no holds. See [`SlotPool::take`](crate::SlotPool::take).
    ///
    /// ```
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use rundown::{CACHE_LINE, Rundown, StaticSlotPool};
    ///
    /// static POOL: StaticSlotPool<ThisCore, 4, 3> = StaticSlotPool::new();
    ///
    /// let live = POOL.take()?;
    /// assert!(live.try_acquire().is_ok());
    /// let run_down = POOL.take_run_down()?;
    /// assert!(run_down.try_acquire().is_err());
    /// // Three lines of words a slot, and as many for what is left of each object.
    /// assert_eq!(POOL.capacity(), 3 * CACHE_LINE / size_of::<usize>());
    /// assert!(POOL.bytes() >= (4 + 1) * 3 * CACHE_LINE);
    /// # Ok::<(), rundown::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InitError::PoolIsFull`].
    pub fn take(&self) -> Result<Pooled<'_, C, P>, InitError> {
        // SAFETY: claimed for this, in a block that is borrowed.
        Ok(live(unsafe { Pooled::claimed(self.claim()?) }))
    }

    /// Takes an object that is run down; [`reinitialize`](crate::Rundown::reinitialize) enables it. See the example of
    /// [`take`](Self::take).
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub fn take_run_down(&self) -> Result<Pooled<'_, C, P>, InitError> {
        // SAFETY: as above.
        Ok(run_down(unsafe { Pooled::claimed(self.claim()?) }))
    }

    fn claim(&self) -> Result<NonNull<u8>, InitError> {
        let block = NonNull::from(&self.block).cast();
        claim_in(block).ok_or(InitError::PoolIsFull)
    }

    /// Returns how many objects there are, taken or free. See the example of [`take`](Self::take).
    #[must_use]
    pub const fn capacity(&self) -> usize {
        Self::OBJECTS
    }

    /// Returns how many bytes of memory the pool takes. See the example of [`take`](Self::take).
    #[must_use]
    pub const fn bytes(&self) -> usize {
        size_of::<Self>()
    }
}

impl<C: CurrentSlot, const SLOTS: usize, const LINES: usize, P: Park> Default
    for StaticSlotPool<C, SLOTS, LINES, P>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<C: CurrentSlot, const SLOTS: usize, const LINES: usize, P: Park> fmt::Debug
    for StaticSlotPool<C, SLOTS, LINES, P>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StaticSlotPool")
            .field("slots", &SLOTS)
            .field("capacity", &Self::OBJECTS)
            .finish_non_exhaustive()
    }
}

const _: () = assert!(align_of::<Block<1, 3>>() == POOL_ALIGNMENT);
const _: () = assert!(size_of::<Line>() == CACHE_LINE);
const _: () = assert!(offset_of!(Block<2, 3>, head) == 4 * CACHE_LINE);
const _: () = assert!(offset_of!(Block<2, 3>, slots) == 5 * CACHE_LINE);
