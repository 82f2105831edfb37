//! The cache-aware object: a counter a core, each on a cache line of its own.

use crate::cache_line::{CACHE_LINE, SharedLine};
use crate::default_park::DefaultPark;
use crate::error::{InitError, NotRunDown};
use crate::holders::Record;
use crate::limits::MAX_SLOTS;
use crate::object::Object;
use crate::operations::{check_drop, debug};
use crate::park::Park;
use crate::protocol::Protocol;
use crate::rundown::Rundown;
use crate::sequence::Sequence;
use crate::sync::const_unless_loom;
use crate::words::Outstanding;
use crate::words::Slot;
use core::alloc::Layout;
use core::fmt;
use core::hint;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::ptr::{self, NonNull};

/// Returns which slot the caller should use: its core's index, a thread's number, ...
///
/// Any answer is correct, also one that is out of date when it is used: slots are taken modulo
/// their number, and a hold may be released on another slot. A poor choice only costs time.
///
/// A kernel reads a register that it has set on each core. In the place of the register, for the example, a variable:
///
/// ```
/// use rundown::{CurrentSlot, Rundown, StaticRundownRef};
/// use std::cell::Cell;
///
/// thread_local! {
///     static REGISTER: Cell<usize> = const { Cell::new(0) };
/// }
///
/// struct ThisCore;
///
/// impl CurrentSlot for ThisCore {
///     #[inline]
///     fn current_slot() -> usize {
///         REGISTER.get()
///     }
/// }
///
/// static DEVICE: StaticRundownRef<ThisCore, 4> = StaticRundownRef::new();
///
/// REGISTER.set(3);
/// let user = DEVICE.try_acquire().expect("live"); // counted on slot 3
/// REGISTER.set(1); // the thread was moved
/// drop(user); // on slot 1: only the sum counts
/// assert!(DEVICE.begin_run_down());
/// ```
///
/// With feature `std` there are two to choose from, `ThreadSlot` and `ProcessorSlot`.
///
/// # What a wrong implementation can do
///
/// It is a safe trait. An answer that changes from call to call costs time. A panic leaves the operation
/// that asked: an acquire then takes nothing, and a release releases nothing, so its holds stay taken and
/// no run-down of the object ends.
pub trait CurrentSlot {
    /// Returns the index of the slot to use now.
    /// See the example of [`CurrentSlot`].
    #[must_use]
    fn current_slot() -> usize;

    /// Returns the same if no function needs to be called for it, which would cost a caller the registers
    /// that it has to save.
    ///
    /// By default it is [`current_slot`](Self::current_slot). Who has to call a function says no:
    ///
    /// ```
    /// # fn ask_the_system() -> usize { 0 }
    /// struct Asked;
    ///
    /// impl rundown::CurrentSlot for Asked {
    ///     fn current_slot() -> usize {
    ///         ask_the_system()
    ///     }
    ///     fn at_once() -> Option<usize> {
    ///         None
    ///     }
    /// }
    /// # use rundown::CurrentSlot;
    /// # assert_eq!((Asked::current_slot(), Asked::at_once()), (0, None));
    /// ```
    #[must_use]
    #[inline]
    fn at_once() -> Option<usize> {
        Some(Self::current_slot())
    }
}

/// One core's counter, alone on its cache line: a part of [`CacheAwareRundownRef`], which has an example.
pub type PaddedSlot = SharedLine<Slot>;

impl AsRef<Slot> for PaddedSlot {
    #[inline]
    fn as_ref(&self) -> &Slot {
        self.get()
    }
}

/// Run-down protection with a slot for each core (`EX_RUNDOWN_REF_CACHE_AWARE`).
///
/// Acquire and release write one word, on a cache line that no other core writes: cores that use the
/// object at the same time do not disturb each other. Starting the run-down costs one atomic
/// operation a slot.
///
/// `C` chooses the slot, `P` how to wait. The number of slots is the owner's choice: one makes it a
/// plain object, fewer than cores makes some share. It comes in three forms:
///
/// * [`StaticRundownRef`]: the number of slots is a constant, for a `static` or a field;
/// * [`init_in`](Self::init_in): in memory of the caller's, sized by [`layout`](Self::layout);
/// * `boxed`: in an allocation (feature `alloc`).
///
/// ```
/// use rundown::{CurrentSlot, Rundown, StaticRundownRef};
///
/// struct ThisCore;
/// impl CurrentSlot for ThisCore {
///     fn current_slot() -> usize {
///         0 // a kernel reads its per-core register here
///     }
/// }
///
/// static DEVICE: StaticRundownRef<ThisCore, 4> = StaticRundownRef::new();
///
/// let user = DEVICE.try_acquire().expect("nobody runs it down yet");
/// assert!(!DEVICE.begin_run_down(), "one user is inside");
/// drop(user);
/// DEVICE.wait();
/// assert!(DEVICE.try_acquire().is_err());
/// ```
///
/// # Panics
///
/// Dropping it while holds are outstanding panics.
#[repr(C)]
pub struct CacheAwareRundownRef<
    C: CurrentSlot,
    P: Park = DefaultPark,
    S: Slots + ?Sized = [PaddedSlot],
> {
    pub(crate) shared: SharedLine<Shared>,
    chosen: PhantomData<fn() -> (C, P)>,
    pub(crate) slots: S,
}

/// What all cores share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) outstanding: Outstanding,
    /// How many slots there are. Never changes, and is written down here for guards, whose reference to the
    /// object is its address alone.
    slot_count: usize,
}

impl Shared {
    const_unless_loom! {
        const fn new(run_down: bool, slot_count: usize) -> Self {
            Self { outstanding: Outstanding::new(run_down), slot_count }
        }
    }
}

/// A [`CacheAwareRundownRef`] with `N` slots, as a constant. Its example is for this form. No slot, or more than
/// [`MAX_SLOTS`], is refused at compile time:
///
/// ```compile_fail,E0080
/// # struct C;
/// # impl rundown::CurrentSlot for C { fn current_slot() -> usize { 0 } }
/// let none = rundown::StaticRundownRef::<C, 0>::new();
/// ```
pub type StaticRundownRef<C, const N: usize, P = DefaultPark> =
    CacheAwareRundownRef<C, P, [PaddedSlot; N]>;

/// The slots of an object: an array, or a slice of them. Sealed.
///
/// It is public so that generic code can name it:
///
/// ```
/// use rundown::{AcquireError, CacheAwareRundownRef, CurrentSlot, Park, Rundown, Slots};
///
/// /// For `StaticRundownRef` of any size, and for what `boxed` and `init_in` return.
/// fn use_once<C: CurrentSlot, P: Park, S: Slots + ?Sized>(
///     device: &CacheAwareRundownRef<C, P, S>,
/// ) -> Result<(), AcquireError> {
///     device.try_acquire().map(drop)
/// }
/// # struct ThisCore;
/// # impl CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
/// # use_once(&rundown::StaticRundownRef::<ThisCore, 2>::new())?;
/// # Ok::<(), AcquireError>(())
/// ```
pub trait Slots: Sync + Sequence<PaddedSlot> {}

impl<S: Sync + Sequence<PaddedSlot> + ?Sized> Slots for S {}

impl<C: CurrentSlot, P: Park, const N: usize> StaticRundownRef<C, N, P> {
    const SLOT_COUNT_IS_POSSIBLE: () = assert!(N >= 1 && N <= MAX_SLOTS);

    const_unless_loom! {
        /// Makes a live object without holds: see the example of [`CacheAwareRundownRef`].
        #[must_use]
        pub const fn new() -> Self {
            Self::with_state(false)
        }

        /// Makes an object that is run down from the start; [`reinitialize`](Rundown::reinitialize) enables it.
        ///
        /// ```
        /// # struct ThisCore;
        /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
        /// use rundown::{Rundown, StaticRundownRef};
        ///
        /// static DEVICE: StaticRundownRef<ThisCore, 4> = StaticRundownRef::new_run_down();
        ///
        /// assert!(DEVICE.try_acquire().is_err());
        /// DEVICE.reinitialize()?;
        /// assert!(DEVICE.try_acquire().is_ok());
        /// # Ok::<(), rundown::NotRunDown>(())
        /// ```
        #[must_use]
        pub const fn new_run_down() -> Self {
            Self::with_state(true)
        }
    }

    #[cfg(not(rundown_loom))]
    const fn with_state(run_down: bool) -> Self {
        const { Self::SLOT_COUNT_IS_POSSIBLE };
        let mut slots = [const { SharedLine::new(Slot::new(false)) }; N];
        if run_down {
            slots = [const { SharedLine::new(Slot::new(true)) }; N];
        }
        let shared = SharedLine::new(Shared::new(run_down, N));
        Self { shared, chosen: PhantomData, slots }
    }

    #[cfg(rundown_loom)]
    fn with_state(run_down: bool) -> Self {
        const { Self::SLOT_COUNT_IS_POSSIBLE };
        let slots = core::array::from_fn(|_| SharedLine::new(Slot::new(run_down)));
        let shared = SharedLine::new(Shared::new(run_down, N));
        Self { shared, chosen: PhantomData, slots }
    }
}

impl<C: CurrentSlot, P: Park, const N: usize> Default for StaticRundownRef<C, N, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C: CurrentSlot, P: Park> CacheAwareRundownRef<C, P> {
    /// Returns the size and the alignment that an object with `slots` slots needs: one cache line a
    /// slot, and one for all.
    /// See the example of [`init_in`](Self::init_in).
    ///
    /// # Errors
    ///
    /// [`InitError::SlotCount`] for 0 or more than [`MAX_SLOTS`] slots.
    #[doc(alias = "ExSizeOfRundownProtectionCacheAware")]
    pub const fn layout(slots: usize) -> Result<Layout, InitError> {
        if slots == 0 || slots > MAX_SLOTS {
            return Err(InitError::SlotCount { slots });
        }
        match Layout::from_size_align((slots + 1) * CACHE_LINE, CACHE_LINE) {
            Ok(layout) => Ok(layout),
            Err(_) => Err(InitError::SlotCount { slots }),
        }
    }

    /// Makes a live object with `slots` slots in the caller's memory, which may be larger than needed.
    ///
    /// ```
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use core::mem::MaybeUninit;
    /// use rundown::{CacheAwareRundownRef, Rundown};
    ///
    /// type Device = CacheAwareRundownRef<ThisCore>;
    ///
    /// let layout = Device::layout(4)?;
    /// let mut memory = vec![MaybeUninit::<u8>::uninit(); layout.size() + layout.align()];
    /// let start = memory.as_ptr().align_offset(layout.align());
    /// let device = Device::init_in(&mut memory[start..], 4)?;
    /// drop(device.try_acquire()?);
    /// device.wait();
    /// device.end()?; // the memory may be used for something else
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// The memory stays the caller's: nothing happens when the reference ends. [`end`](Self::end) the object
    /// before, as leaked holds would otherwise be released into whatever lies there then.
    ///
    /// # Errors
    ///
    /// [`InitError`] for a number of slots that is not possible, and for a buffer that is too small
    /// or misaligned; the buffer is then untouched.
    #[doc(alias = "ExInitializeRundownProtectionCacheAware")]
    #[doc(alias = "ExInitializeRundownProtectionCacheAwareEx")]
    pub fn init_in(buffer: &mut [MaybeUninit<u8>], slots: usize) -> Result<&mut Self, InitError> {
        // SAFETY: valid for writes and borrowed exclusively for as long as the result lives.
        unsafe { Ok(Self::init_at(buffer.as_mut_ptr().cast(), buffer.len(), slots)?.as_mut()) }
    }

    /// Ends an object in the caller's memory, which may be used for something else then: runs it down, without
    /// waiting. One that owns its memory does that when it is dropped.
    ///
    /// ```
    /// # use core::mem::MaybeUninit;
    /// # use rundown::{CACHE_LINE, CacheAwareRundownRef, CurrentSlot, Rundown, RundownGuard};
    /// # struct ThisCore;
    /// # impl CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// #[repr(align(256))]
    /// struct Buffer([MaybeUninit<u8>; 3 * CACHE_LINE]);
    ///
    /// let mut buffer = Buffer([MaybeUninit::uninit(); 3 * CACHE_LINE]);
    /// let object = CacheAwareRundownRef::<ThisCore>::init_in(&mut buffer.0, 2)?;
    /// object.try_acquire().map(RundownGuard::leak)?;
    /// assert!(object.end().is_err(), "one hold is left");
    /// // SAFETY: that one.
    /// unsafe { object.release_n(1) };
    /// object.end()?;
    /// buffer.0.fill(MaybeUninit::new(0));
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotRunDown`] while a hold is left that was leaked. The run-down has started then: [`wait`](Rundown::wait),
    /// and end it again.
    ///
    /// # Panics
    ///
    /// When more was released than acquired.
    #[doc(alias = "ExCleanupRundownProtectionCacheAware")]
    pub fn end(&mut self) -> Result<(), NotRunDown> {
        self.completed()?;
        Record::remove_all(self.address()); // of guards that were forgotten
        Ok(())
    }

    /// Makes a live object with `slots` slots at `buffer`, which has `size` bytes, for memory that
    /// is known by its address only.
    ///
    /// ```
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use core::mem::MaybeUninit;
    /// use rundown::{CacheAwareRundownRef, Rundown};
    ///
    /// type Device = CacheAwareRundownRef<ThisCore>;
    ///
    /// let layout = Device::layout(4)?;
    /// let mut memory = vec![MaybeUninit::<u8>::uninit(); layout.size() + layout.align()];
    /// let start = memory.as_ptr().align_offset(layout.align());
    /// let address = memory[start..].as_mut_ptr().cast();
    /// // SAFETY: in the vector, which nobody else uses and which has that many bytes from there on.
    /// let made = unsafe { Device::init_at(address, layout.size(), 4)? };
    /// // SAFETY: the object that was just made, found by its address.
    /// let device = unsafe { Device::at(made.cast()).as_mut() };
    /// assert_eq!(device.slot_count(), 4);
    /// drop(device.try_acquire()?);
    /// device.end()?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`init_in`](Self::init_in), and [`InitError::Null`].
    ///
    /// # Safety
    ///
    /// `buffer` is null, or valid for writes of `size` bytes that nothing else uses.
    pub unsafe fn init_at(
        buffer: *mut u8,
        size: usize,
        slots: usize,
    ) -> Result<NonNull<Self>, InitError> {
        let layout = Self::layout(slots)?;
        let address = NonNull::new(buffer).ok_or(InitError::Null)?;
        if address.addr().get() % layout.align() != 0 {
            return Err(InitError::Misaligned { address: buffer.addr() });
        }
        if size < layout.size() {
            return Err(InitError::TooSmall { needed: layout.size(), given: size });
        }
        // SAFETY: aligned and large enough, as just checked; valid and unused, says the caller.
        unsafe { Ok(Self::write_at(address, slots)) }
    }

    /// Makes a live object with `slots` slots on the heap.
    ///
    /// ```
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use rundown::{CacheAwareRundownRef, Rundown};
    ///
    /// let cores = std::thread::available_parallelism()?.get();
    /// let device: Box<CacheAwareRundownRef<ThisCore>> = CacheAwareRundownRef::boxed(cores)?;
    /// let user = device.try_acquire()?;
    /// assert!(!device.begin_run_down());
    /// drop(user);
    /// device.wait();
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InitError::SlotCount`], or [`InitError::OutOfMemory`].
    #[cfg(feature = "alloc")]
    #[doc(alias = "ExAllocateCacheAwareRundownProtection")]
    pub fn boxed(slots: usize) -> Result<alloc::boxed::Box<Self>, InitError> {
        let layout = Self::layout(slots)?;
        // SAFETY: the layout's size is not zero.
        let address = NonNull::new(unsafe { alloc::alloc::alloc(layout) });
        let address = address.ok_or(InitError::OutOfMemory)?;
        // SAFETY: the memory is ours, with the size and alignment that an object of this many slots
        // has (asserted in `write_at`), from the allocator that `Box` gives it back to.
        unsafe { Ok(alloc::boxed::Box::from_raw(Self::write_at(address, slots).as_ptr())) }
    }

    /// Returns the object that begins at `address`: what [`init_at`](Self::init_at) returned, from its
    /// address alone.
    /// See the example there.
    ///
    /// # Safety
    ///
    /// `address` is that of an object, and may be used for all of it.
    #[must_use]
    #[inline]
    pub unsafe fn at(address: NonNull<u8>) -> NonNull<Self> {
        // SAFETY: the caller's promise is the same. No reference to it is left behind.
        NonNull::from(unsafe { Self::thick(address.cast()) })
    }

    /// Writes a live object to `address`.
    ///
    /// # Safety
    ///
    /// `address` is valid for writes of `layout(slots).size()` bytes and aligned to a cache line, and
    /// `slots` is possible.
    unsafe fn write_at(address: NonNull<u8>, slots: usize) -> NonNull<Self> {
        let object = ptr::slice_from_raw_parts_mut(address.as_ptr(), slots) as *mut Self;
        // SAFETY: inside the memory the caller vouches for: `#[repr(C)]` puts one line for all first,
        // then the slots, a line each. Raw pointers only, as nothing is initialised yet.
        unsafe {
            (&raw mut (*object).shared).write(SharedLine::new(Shared::new(false, slots)));
            let first = (&raw mut (*object).slots).cast::<PaddedSlot>();
            for slot in 0..slots {
                first.add(slot).write(SharedLine::new(Slot::new(false)));
            }
            debug_assert_eq!(size_of_val(&*object), (slots + 1) * CACHE_LINE);
            Record::remove_all((*object).address()); // of what was here before
            NonNull::new_unchecked(object)
        }
    }
}

impl<C: CurrentSlot, P: Park, S: Slots + ?Sized> CacheAwareRundownRef<C, P, S> {
    /// Returns the number of slots.
    ///
    /// ```
    /// # struct ThisCore;
    /// # impl rundown::CurrentSlot for ThisCore { fn current_slot() -> usize { 0 } }
    /// use rundown::{CACHE_LINE, StaticRundownRef};
    ///
    /// let device = StaticRundownRef::<ThisCore, 4>::new();
    /// assert_eq!(device.slot_count(), 4);
    /// let lines = [0, 1].map(|slot| device.slot_address(slot).addr() / CACHE_LINE);
    /// assert_ne!(lines[0], lines[1], "each on a line of its own");
    /// ```
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.slots.as_slice().len()
    }

    /// Returns the address of the slot that index `slot` uses, to show and to check what shares a line.
    /// See the example of [`slot_count`](Self::slot_count).
    #[must_use]
    pub fn slot_address(&self, slot: usize) -> *const () {
        let slots = self.slots.as_slice();
        ptr::from_ref(&slots[slot % slots.len()]).cast()
    }
}

// SAFETY: `thick` asks for the number of slots that the constructors wrote into the object's first line.
unsafe impl<C: CurrentSlot, P: Park, S: Slots + ?Sized> Object for CacheAwareRundownRef<C, P, S> {
    type Slots<'a>
        = &'a [PaddedSlot]
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
    fn protocol(&self) -> Protocol<'_, &[PaddedSlot]> {
        let slots = self.slots.as_slice();
        // SAFETY: every constructor refuses 0. It saves each acquire and release a test for a division.
        unsafe { hint::assert_unchecked(!slots.is_empty()) };
        Protocol { outstanding: &self.shared.get().outstanding, slots }
    }

    #[inline]
    fn current_slot(&self) -> usize {
        C::current_slot()
    }

    #[inline]
    unsafe fn thick<'a>(address: NonNull<()>) -> &'a Self {
        // SAFETY: says the caller, an object is there; its first line has the number of its slots.
        unsafe {
            let shared = || address.cast::<SharedLine<Shared>>().as_ref().get();
            &*(S::tail_of(address, || shared().slot_count) as *const Self)
        }
    }
}

impl<C: CurrentSlot, P: Park, S: Slots + ?Sized> Drop for CacheAwareRundownRef<C, P, S> {
    fn drop(&mut self) {
        check_drop(self);
    }
}

impl<C: CurrentSlot, P: Park, S: Slots + ?Sized> fmt::Debug for CacheAwareRundownRef<C, P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self, "CacheAwareRundownRef", f)
    }
}
