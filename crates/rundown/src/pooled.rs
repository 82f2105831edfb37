//! An object of a pool, and the handle of who has it.

use crate::cache_aware::CurrentSlot;
use crate::default_park::DefaultPark;
use crate::holders::Record;
use crate::object::Object;
use crate::operations::{begin, check_drop, debug};
use crate::park::Park;
use crate::pool_column::Column;
use crate::pool_list::{give_back, is_taken};
use crate::protocol::Protocol;
use crate::slot_set::SlotSet;
use crate::unwinding::{in_drop, panicking};
use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ops::Deref;
use core::panic::RefUnwindSafe;
use core::ptr::{self, NonNull};

/// Run-down protection with a slot for each core, in memory that many objects share.
///
/// What a [`SlotPool`](crate::SlotPool) or a [`StaticSlotPool`](crate::StaticSlotPool) gives out, behind a
/// [`Pooled`]. It costs a word a core, where a [`CacheAwareRundownRef`](crate::CacheAwareRundownRef) costs a
/// cache line a core. What it does is the same: see [`Rundown`](crate::Rundown).
///
/// Acquire and release write one word, on a cache line that no other core writes, whatever the others acquire
/// and release of this object or its neighbours.
///
/// # Not guaranteed
///
/// That a *drain* leaves the neighbours alone. The end of a run-down, a
/// [`reinitialize`](crate::Rundown::reinitialize), taking an object and giving it back write to a line that
/// all acquires of up to [`MAX_POOL_BLOCK`](crate::MAX_POOL_BLOCK) objects look at. Marks and their clearing go
/// through the slots of each core, which lie on lines with those of its neighbours. Each costs the
/// cores that use neighbours one transfer of such a line.
#[repr(C)]
pub struct PooledRundownRef<C: CurrentSlot, P: Park = DefaultPark> {
    chosen: PhantomData<fn() -> (C, P)>,
    /// From the object's address to the end of its block: what operations touch lies there. In cells, for
    /// it may be freed while the last releaser is on its way out (see `SharedLine`), and it is not theirs alone.
    block: [UnsafeCell<MaybeUninit<u8>>],
}

// SAFETY: the bytes are used as atomic words, and as numbers that never change.
unsafe impl<C: CurrentSlot, P: Park> Sync for PooledRundownRef<C, P> {}

// As for any atomic words.
impl<C: CurrentSlot, P: Park> RefUnwindSafe for PooledRundownRef<C, P> {}

impl<C: CurrentSlot, P: Park> PooledRundownRef<C, P> {
    #[inline]
    pub(crate) fn column(&self) -> Column<'_> {
        // SAFETY: made by `thick` only, so an object is there; the reference covers what lies behind.
        unsafe { Column::new(NonNull::from(self).cast()) }
    }

    /// Returns the object at `address`: what [`Pooled::into_raw`] returned.
    /// See the example there.
    ///
    /// # Safety
    ///
    /// `address` is that of an object of a pool of these types, as `into_raw` returned it, and the pool's
    /// memory stays while the result is used.
    #[must_use]
    #[inline]
    pub unsafe fn at(address: NonNull<u8>) -> NonNull<Self> {
        // SAFETY: the caller's promise is the same. No reference to it is left behind.
        NonNull::from(unsafe { Self::thick(address.cast()) })
    }

    /// Returns the number of slots.
    ///
    /// ```
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use rundown::{CACHE_LINE, StaticSlotPool};
    ///
    /// static POOL: StaticSlotPool<ThisCore, 4, 3> = StaticSlotPool::new();
    ///
    /// let object = POOL.take()?;
    /// assert_eq!(object.slot_count(), 4);
    /// let lines = [0, 1].map(|slot| object.slot_address(slot).addr() / CACHE_LINE);
    /// assert_ne!(lines[0], lines[1], "each on another core's line");
    /// # Ok::<(), rundown::InitError>(())
    /// ```
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.column().len()
    }

    /// Returns the address of the slot that index `slot` uses, to show and to check what shares a line.
    /// See the example of [`slot_count`](Self::slot_count).
    #[must_use]
    pub fn slot_address(&self, slot: usize) -> *const () {
        ptr::from_ref(self.column().at(slot % self.slot_count())).cast()
    }
}

// SAFETY: `thick` finds the end of the block by what is at the address.
unsafe impl<C: CurrentSlot, P: Park> Object for PooledRundownRef<C, P> {
    type Slots<'a>
        = Column<'a>
    where
        Self: 'a;
    type Waiting = P;
    type Base = Self;

    #[inline]
    fn base(&self) -> &Self {
        self
    }

    #[inline]
    #[allow(private_interfaces, reason = "the trait is sealed")]
    fn protocol(&self) -> Protocol<'_, Column<'_>> {
        Protocol { outstanding: self.column().outstanding(), slots: self.column() }
    }

    #[inline]
    fn current_slot(&self) -> usize {
        C::current_slot()
    }

    #[inline]
    unsafe fn thick<'a>(address: NonNull<()>) -> &'a Self {
        // SAFETY: says the caller, an object is there.
        let bytes = unsafe { Column::new(address.cast()) }.bytes_behind();
        // SAFETY: the block's memory, which is only ever shared, is that large.
        unsafe { &*(ptr::slice_from_raw_parts(address.as_ptr(), bytes) as *const Self) }
    }
}

impl<C: CurrentSlot, P: Park> fmt::Debug for PooledRundownRef<C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self, "PooledRundownRef", f)
    }
}

/// Has a [`PooledRundownRef`], and gives it back to its pool when dropped. One pointer. The examples are at
/// [`SlotPool::take`](crate::SlotPool::take) and [`into_raw`](Self::into_raw).
///
/// The object that it dereferences to stays where it is when the handle moves.
///
/// # Panics
///
/// Dropping it while holds are outstanding panics, and the object stays taken for good.
pub struct Pooled<'p, C: CurrentSlot, P: Park = DefaultPark> {
    /// May be used for all of the block.
    address: NonNull<u8>,
    pool: PhantomData<&'p ()>,
    chosen: PhantomData<fn() -> (C, P)>,
}

// SAFETY: it is like a reference to the object, which may be shared.
unsafe impl<C: CurrentSlot, P: Park> Send for Pooled<'_, C, P> {}
// SAFETY: as above.
unsafe impl<C: CurrentSlot, P: Park> Sync for Pooled<'_, C, P> {}

impl<'p, C: CurrentSlot, P: Park> Pooled<'p, C, P> {
    /// Takes over an object that was claimed, as it was given back or made.
    ///
    /// # Safety
    ///
    /// It is the address of an object that was claimed for this, in a block that stays for `'p`; the pointer
    /// may be used for all of the block.
    pub(crate) unsafe fn claimed(address: NonNull<u8>) -> Self {
        Self { address, pool: PhantomData, chosen: PhantomData }
    }

    /// Gives the handle up, and returns the object's address, for who can keep an address only. The object stays
    /// taken until [`from_raw`](Self::from_raw); [`PooledRundownRef::at`] finds it meanwhile.
    ///
    /// The address is never a multiple of a pointer's size, unlike those of other objects.
    ///
    /// ```
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use rundown::{Pooled, PooledRundownRef, Rundown, StaticSlotPool};
    ///
    /// static POOL: StaticSlotPool<ThisCore, 4, 3> = StaticSlotPool::new();
    ///
    /// let address = POOL.take()?.into_raw();
    /// // SAFETY: the address that was just returned, of a pool that stays for good.
    /// let object = unsafe { PooledRundownRef::<ThisCore>::at(address).as_ref() };
    /// drop(object.try_acquire()?);
    /// // SAFETY: as above, and there is no other handle.
    /// let handle = unsafe { Pooled::<'_, ThisCore>::from_raw(address) };
    /// drop(handle.expect("nobody gave it back"));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    #[must_use = "without its address the object stays taken for good"]
    pub fn into_raw(self) -> NonNull<u8> {
        ManuallyDrop::new(self).address
    }

    /// Makes the handle again that was given up for `address`. `None` if nobody has the object any more: it
    /// was given back since.
    /// See the example of [`into_raw`](Self::into_raw).
    ///
    /// # Safety
    ///
    /// [`into_raw`](Self::into_raw) returned `address`, of a pool with the same types that stays for `'p`. Nobody
    /// has made a handle of it since, or that one was dropped and nobody has taken the object again.
    #[must_use]
    pub unsafe fn from_raw(address: NonNull<u8>) -> Option<Self> {
        // SAFETY: an object's address, with which it was claimed: good for all of the block.
        unsafe { is_taken(Column::new(address)) }
            // SAFETY: as above; the caller has what was claimed.
            .then(|| unsafe { Self::claimed(address) })
    }
}

impl<C: CurrentSlot, P: Park> Deref for Pooled<'_, C, P> {
    type Target = PooledRundownRef<C, P>;

    #[inline]
    fn deref(&self) -> &Self::Target {
        // SAFETY: an object is there (`claimed`).
        unsafe { Object::thick(self.address.cast()) }
    }
}

impl<C: CurrentSlot, P: Park> Drop for Pooled<'_, C, P> {
    fn drop(&mut self) {
        let object: &PooledRundownRef<C, P> = self;
        if panicking() {
            // As `check_drop`, but what nobody holds goes back.
            Record::remove_all(object.address());
            in_drop(|| _ = begin(object));
            if object.protocol().left() != Ok(Some(0)) {
                return;
            }
        } else {
            check_drop(object);
        }
        // SAFETY: `claimed` was given such a pointer.
        unsafe { give_back(Column::new(self.address)) }
    }
}

impl<C: CurrentSlot, P: Park> fmt::Debug for Pooled<'_, C, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
