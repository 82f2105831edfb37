//! A pool of run-down objects, whose numbers of slots and objects are known at run time.

use crate::cache_aware::CurrentSlot;
use crate::default_park::DefaultPark;
use crate::error::InitError;
use crate::holders::Record;
use crate::limits::{MAX_SLOTS, POOL_ALIGNMENT};
use crate::object::Object;
use crate::park::Park;
use crate::pool_block::{Front, MAX_POOL_BLOCK, Shape};
use crate::pool_list::Blocks;
#[cfg(feature = "alloc")]
use crate::pool_list::claim_in;
use crate::pooled::Pooled;
use crate::rundown::Rundown;
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

/// Gives out run-down objects that share their memory: rows of words, one row a core, from which each object
/// takes a column.
///
/// For many objects. One costs a word a core, and a tenth of that for what lies between; a
/// [`CacheAwareRundownRef`](crate::CacheAwareRundownRef), which is right for a few, costs a cache line a core.
/// Both keep what one core writes off the lines that another one writes.
///
/// `C` chooses the slot, `P` how to wait. It comes in three forms:
///
/// * `new`: grows, in allocations (feature `alloc`);
/// * [`init_in`](Self::init_in): a fixed number of objects in the caller's memory, sized by
///   [`layout`](Self::layout);
/// * [`StaticSlotPool`](crate::StaticSlotPool): constant numbers, for a `static`.
///
/// ```
/// # #[cfg(feature = "std")] {
/// use rundown::{Blocking, ProcessorSlot, Rundown, SlotPool};
///
/// let pool = SlotPool::<ProcessorSlot, Blocking>::new(ProcessorSlot::slot_count()).unwrap();
/// let connections: Vec<_> = (0..1000).map(|_| pool.take().unwrap()).collect();
/// let user = connections[7].try_acquire().unwrap();
/// assert!(!connections[7].begin_run_down(), "one user is inside");
/// assert!(connections[8].try_acquire().is_ok(), "another object");
/// drop(user);
/// connections[7].wait();
/// # }
/// ```
///
/// # Not guaranteed
///
/// Which object [`take`](Self::take) gives, nor that it is another one than was just given back. That memory
/// goes back to the allocator before the pool is dropped.
pub struct SlotPool<'m, C: CurrentSlot, P: Park = DefaultPark> {
    blocks: Blocks,
    slots: usize,
    /// Whether the blocks are allocations of its own.
    #[cfg(feature = "alloc")]
    grows: bool,
    memory: PhantomData<&'m mut [u8]>,
    chosen: PhantomData<fn() -> (C, P)>,
}

impl<'m, C: CurrentSlot, P: Park> SlotPool<'m, C, P> {
    /// Makes an empty pool of objects with `slots` slots. It allocates when an object is taken and none is free:
    /// a tenth of what it has, at least a cache line a slot. See the example of [`SlotPool`].
    ///
    /// # Errors
    ///
    /// [`InitError::SlotCount`] for 0 or more than [`MAX_SLOTS`] slots.
    #[cfg(feature = "alloc")]
    pub fn new(slots: usize) -> Result<Self, InitError> {
        possible(slots)?;
        let mut pool = Self::of(None, slots);
        pool.grows = true;
        Ok(pool)
    }

    /// Returns the size and the alignment of the memory for a pool of `objects` objects with `slots` slots: see the
    /// example of [`init_in`](Self::init_in).
    ///
    /// # Errors
    ///
    /// [`InitError::SlotCount`] for 0 or more than [`MAX_SLOTS`] slots; [`InitError::ObjectCount`] for 0 objects,
    /// or more than there are addresses for.
    pub const fn layout(slots: usize, objects: usize) -> Result<Layout, InitError> {
        if let Err(error) = possible(slots) {
            return Err(error);
        }
        if objects == 0 {
            return Err(InitError::ObjectCount { objects });
        }
        // Whole blocks, and one for the rest.
        let last = Shape::new(slots, (objects - 1) % MAX_POOL_BLOCK + 1).layout();
        let whole = Shape::new(slots, MAX_POOL_BLOCK).layout();
        let too_many = Err(InitError::ObjectCount { objects });
        let (Ok(whole), Ok(last)) = (whole, last) else { return too_many };
        let before = (objects - 1) / MAX_POOL_BLOCK;
        let Some(bytes) = before.checked_mul(apart(whole)) else { return too_many };
        let Some(bytes) = bytes.checked_add(last.size()) else { return too_many };
        match Layout::from_size_align(bytes, POOL_ALIGNMENT) {
            Ok(layout) => Ok(layout),
            Err(_) => too_many,
        }
    }

    /// Makes a pool of `objects` objects with `slots` slots in the caller's memory, which may be larger than
    /// needed.
    ///
    /// ```
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use core::mem::MaybeUninit;
    /// use rundown::{InitError, POOL_ALIGNMENT, Rundown, SlotPool};
    ///
    /// type Pool<'m> = SlotPool<'m, ThisCore>;
    ///
    /// assert_eq!(Pool::layout(4, 0), Err(InitError::ObjectCount { objects: 0 }));
    ///
    /// let layout = Pool::layout(4, 100)?;
    /// assert_eq!(layout.align(), POOL_ALIGNMENT);
    /// let mut memory = vec![MaybeUninit::<u8>::uninit(); layout.size() + layout.align()];
    /// let start = memory.as_ptr().align_offset(layout.align());
    /// let refused = Pool::init_in(&mut memory[start + 1..], 4, 100).unwrap_err();
    /// assert!(matches!(refused, InitError::MisalignedPool { .. }));
    ///
    /// let pool = Pool::init_in(&mut memory[start..], 4, 100)?;
    /// assert_eq!((pool.slot_count(), pool.bytes()), (4, layout.size()));
    /// assert!(pool.capacity() >= 100);
    /// let object = pool.take()?;
    /// drop(object.try_acquire()?);
    /// object.wait();
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`layout`](Self::layout); [`InitError::TooSmall`] and [`InitError::MisalignedPool`] for a buffer that
    /// is not of that layout, and is then untouched.
    pub fn init_in(
        buffer: &'m mut [MaybeUninit<u8>],
        slots: usize,
        objects: usize,
    ) -> Result<Self, InitError> {
        // SAFETY: valid for writes and borrowed exclusively for as long as the pool lives.
        unsafe { Self::init_at(buffer.as_mut_ptr().cast(), buffer.len(), slots, objects) }
    }

    /// As [`init_in`](Self::init_in), at `buffer`, which has `size` bytes: for memory that is known by its
    /// address only.
    /// [`CacheAwareRundownRef::init_at`](crate::CacheAwareRundownRef::init_at) has an example of such memory.
    ///
    /// # Errors
    ///
    /// As [`init_in`](Self::init_in), and [`InitError::Null`].
    ///
    /// # Safety
    ///
    /// `buffer` is null, or valid for reads and writes of `size` bytes that nothing else uses, for `'m`.
    pub unsafe fn init_at(
        buffer: *mut u8,
        size: usize,
        slots: usize,
        objects: usize,
    ) -> Result<Self, InitError> {
        let layout = Self::layout(slots, objects)?;
        let start = NonNull::new(buffer).ok_or(InitError::Null)?;
        if start.addr().get() % layout.align() != 0 {
            return Err(InitError::MisalignedPool { address: buffer.addr() });
        }
        if size < layout.size() {
            return Err(InitError::TooSmall { needed: layout.size(), given: size });
        }
        // SAFETY: as large as just checked, and ours, says the caller.
        unsafe { start.write_bytes(0, layout.size()) };
        let (mut block, mut at, mut left) = (None, 0, objects);
        while left > 0 {
            let shape = Shape::new(slots, left.min(MAX_POOL_BLOCK));
            // SAFETY: `layout` has added up the same blocks: it lies inside, and its bytes are zero.
            block = Some(unsafe { Front::write(start.add(at), shape, block) });
            at += apart(shape.layout()?);
            left -= shape.objects();
        }
        Ok(Self::of(block, slots))
    }

    fn of(first: Option<NonNull<Front>>, slots: usize) -> Self {
        Self {
            blocks: Blocks::new(first),
            slots,
            #[cfg(feature = "alloc")]
            grows: false,
            memory: PhantomData,
            chosen: PhantomData,
        }
    }

    /// Takes an object that is live and has no holds. Dropping it gives it back.
    ///
    /// Lock-free, and safe in an interrupt handler, unless the pool grows and none is free: then it allocates.
    /// It looks for a free one where it found the last, then in the other blocks: of
    /// [`MAX_POOL_BLOCK`] objects each, in a pool that has many.
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use rundown::{Rundown, SlotPool};
    ///
    /// let pool = SlotPool::<ThisCore>::new(4)?;
    /// let connection = pool.take()?; // allocates, if none is free
    /// assert!(connection.try_acquire().is_ok());
    /// let listener = pool.take_run_down()?;
    /// assert!(listener.try_acquire().is_err(), "not yet");
    /// listener.reinitialize()?;
    /// assert!(listener.try_acquire().is_ok());
    /// drop(connection); // goes back to the pool
    /// # }
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InitError::PoolIsFull`] if all are taken and the pool does not grow; [`InitError::OutOfMemory`] if it
    /// can't.
    ///
    /// # Ordering
    ///
    /// What was done with an object before it was given back happens before it is taken again.
    pub fn take(&self) -> Result<Pooled<'_, C, P>, InitError> {
        // SAFETY: claimed for this, in a block that stays as long as the pool.
        Ok(live(unsafe { Pooled::claimed(self.claim()?) }))
    }

    /// Takes an object that is run down; [`reinitialize`](Rundown::reinitialize) enables it. Otherwise as
    /// [`take`](Self::take), and see the example there.
    ///
    /// # Errors
    ///
    /// As [`take`](Self::take).
    pub fn take_run_down(&self) -> Result<Pooled<'_, C, P>, InitError> {
        // SAFETY: as above.
        Ok(run_down(unsafe { Pooled::claimed(self.claim()?) }))
    }

    fn claim(&self) -> Result<NonNull<u8>, InitError> {
        match self.blocks.claim() {
            Some(object) => Ok(object),
            #[cfg(feature = "alloc")]
            None if self.grows => self.grow(),
            None => Err(InitError::PoolIsFull),
        }
    }

    /// Allocates a block, and takes an object of it.
    #[cfg(feature = "alloc")]
    #[cold]
    fn grow(&self) -> Result<NonNull<u8>, InitError> {
        let shape = Shape::new(self.slots, Shape::next_objects(self.capacity()));
        // SAFETY: the size is not zero.
        let memory = NonNull::new(unsafe { alloc::alloc::alloc_zeroed(shape.layout()?) });
        let memory = memory.ok_or(InitError::OutOfMemory)?;
        // SAFETY: fresh memory of this layout.
        let block = unsafe { Front::write(memory, shape, None) };
        // Before anybody else can.
        let object = claim_in(block).ok_or(InitError::PoolIsFull);
        // SAFETY: just made, and freed when the pool is dropped.
        unsafe { self.blocks.push(block) };
        object
    }

    fn shapes(&self) -> impl Iterator<Item = Shape> {
        // SAFETY: blocks stay as long as the pool, and the shape never changes.
        self.blocks.iter().map(|block| unsafe { (*block.as_ptr()).shape })
    }

    /// Returns how many objects there are now, taken or free. See the example of [`init_in`](Self::init_in).
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shapes().map(Shape::objects).sum()
    }

    /// Returns how many bytes of memory the objects take that there are now, without what an allocator adds.
    /// See the example of [`init_in`](Self::init_in).
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shapes().map(|shape| shape.layout().map_or(0, |layout| layout.size())).sum()
    }

    /// Returns the number of slots of each object. See the example of [`init_in`](Self::init_in).
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.slots
    }
}

const fn possible(slots: usize) -> Result<(), InitError> {
    if slots == 0 || slots > MAX_SLOTS { Err(InitError::SlotCount { slots }) } else { Ok(()) }
}

/// Returns how far behind a block the next one begins.
const fn apart(block: Layout) -> usize {
    block.pad_to_align().size()
}

/// Makes an object live that was just taken: one that was given back is run down, a new one is live.
pub(crate) fn live<C: CurrentSlot, P: Park>(object: Pooled<'_, C, P>) -> Pooled<'_, C, P> {
    if object.reinitialize().is_err() {
        // It was never given back: it is live already, and what is on record is of what was in its memory before.
        Record::remove_all(object.address());
    }
    object
}

/// Runs an object down that was just taken, if it is live.
pub(crate) fn run_down<C: CurrentSlot, P: Park>(object: Pooled<'_, C, P>) -> Pooled<'_, C, P> {
    object.begin_run_down();
    object
}

impl<C: CurrentSlot, P: Park> Drop for SlotPool<'_, C, P> {
    fn drop(&mut self) {
        // Of objects whose handles were forgotten, with their guards.
        for block in self.blocks.iter() {
            // SAFETY: blocks stay as long as the pool, and the shape never changes.
            let layout = unsafe { (*block.as_ptr()).shape }.layout();
            let bytes = layout.map_or(0, |layout| layout.size());
            Record::remove_within(block.as_ptr().cast(), bytes);
        }
        #[cfg(feature = "alloc")]
        if self.grows {
            let mut next = self.blocks.first();
            while let Some(block) = NonNull::new(next) {
                // SAFETY: allocated by `grow` with this layout. Objects borrow the pool, so none is left
                // that anybody can use.
                unsafe {
                    let Front { shape, next: behind, .. } = block.as_ref();
                    let layout = shape.layout();
                    next = *behind;
                    if let Ok(layout) = layout {
                        alloc::alloc::dealloc(block.as_ptr().cast(), layout);
                    }
                }
            }
        }
    }
}

impl<C: CurrentSlot, P: Park> fmt::Debug for SlotPool<'_, C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotPool")
            .field("slots", &self.slots)
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
