//! The restartable object: a counter a processor, added to without a lock prefix where Linux allows it.

use crate::blocking::Blocking;
use crate::cache_aware::CurrentSlot;
use crate::cache_line::{CACHE_LINE, SharedLine};
use crate::error::InitError;
use crate::holders::Record;
use crate::limits::MAX_SLOTS;
use crate::lines::{Both, Lines, Shared};
use crate::object::Object;
use crate::operations::{check_drop, debug};
use crate::park::Park;
use crate::processor::ProcessorSlot;
use crate::protocol::Protocol;
use crate::sections;
use crate::sequence::Sequence;
use crate::sync::const_unless_loom;
use alloc::boxed::Box;
use core::alloc::Layout;
use core::fmt;
use core::hint;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};

/// Run-down protection whose acquire and release need no locked instruction, on Linux with x86-64.
///
/// The contract is that of [`CacheAwareRundownRef`](crate::CacheAwareRundownRef), and so are the operations:
/// [`Rundown`](crate::Rundown). The difference is the price. A pair of acquire and release costs a fraction of
/// what it costs there, and starting a run-down costs a system call more, which interrupts the processors that
/// run this process: some microseconds. So it pays where there are many pairs a run-down; the repository's
/// `docs/restartable.md` says how many.
///
/// An acquire adds to its processor's counter in a *restartable sequence*: if the thread is preempted, moved or
/// interrupted by a signal before the sum is written, the kernel has it start again (rseq(2)). A run-down
/// restarts the sequences of all threads by membarrier(2), and then knows the counts. Each counter has
/// an ordinary slot beside it, for additions with a locked instruction. It is used
///
/// * for one that was interrupted, and one that would overflow the counter;
/// * by threads on processors from the number of slots on: see
///   [`ProcessorSlot::slot_count`](crate::ProcessorSlot::slot_count);
/// * by everybody where there are no such sequences. They need Linux 5.10, glibc 2.35 and x86-64; and not
///   `GLIBC_TUNABLES=glibc.pthread.rseq=0`, nor membarrier(2) refused when the process first asks.
///
/// `C` chooses that slot and is asked only then, `P` is how to wait. The forms are
/// [`StaticRestartableRundownRef`], for a `static` or a field, and [`boxed`](Self::boxed). There is none in
/// the caller's memory: it could be shared by several processes, and a run-down restarts those of its own only.
///
/// ```
/// use rundown::{ProcessorSlot, RestartableRundownRef, Rundown};
///
/// let device = RestartableRundownRef::boxed(ProcessorSlot::slot_count()).unwrap();
/// let user = device.try_acquire().expect("nobody runs it down yet");
/// assert!(!device.begin_run_down(), "one user is inside");
/// drop(user);
/// device.wait();
/// assert!(device.try_acquire().is_err());
/// ```
///
/// # What a run-down of a process needs once
///
/// A process has to be registered with membarrier(2) first. With several threads the kernel takes some
/// milliseconds for it. [`boxed`](Self::boxed) sees to it; with a `static`, call
/// [`prepare`](RestartableRundownRef::prepare) early in `main`, or the first run-down does it.
///
/// # Too many releases
///
/// On a live object they show at the drain, also with one slot.
///
/// # Processes
///
/// The child of `fork` has a copy of the object, which works. The child of `vfork` must not use it: its thread
/// would take its parent's place in the parent's memory, and the kernel would not know. (POSIX allows it `exec`
/// and `_exit` only.)
///
/// # Kernels
///
/// Linux 5.10 has the command of membarrier(2). Kernels without the fix "rseq: Protect event mask against
/// membarrier IPI" (commit 6eb350a22331 of 2025, also in later stable releases) can lose a restart: one that
/// comes while the thread is on its way back from an interrupt, in the few instructions in which the kernel
/// reads and clears its note. A hold that is taken then would not be waited for. It needs a thread that is
/// inside a sequence at that moment and was interrupted for another reason than preemption; if that is too
/// much, use the cache-aware object on such kernels.
///
/// # Panics
///
/// Dropping it while holds are outstanding panics, and so does the start of a run-down when the system refuses
/// membarrier(2) though it had offered it: when a seccomp filter came later. The object then grants nothing
/// and is never run down, as nobody knows how many holds there are. Set the filter up earlier, or let the
/// call pass.
#[repr(C)]
pub struct RestartableRundownRef<
    P: Park = Blocking,
    C: CurrentSlot = ProcessorSlot,
    S: RestartableSlots + ?Sized = [RestartableSlot],
> {
    pub(crate) shared: SharedLine<Shared>,
    chosen: PhantomData<fn() -> (P, C)>,
    pub(crate) slots: S,
}

/// A slot and a processor's counter, alone on their cache line: a part of [`RestartableRundownRef`].
pub type RestartableSlot = SharedLine<Both>;

/// A restartable object with `N` slots, as a constant: at least one, and at most [`MAX_SLOTS`].
///
/// ```
/// use rundown::{RestartableRundownRef, Rundown, StaticRestartableRundownRef};
///
/// static DEVICE: StaticRestartableRundownRef<64> = StaticRestartableRundownRef::new();
///
/// RestartableRundownRef::prepare(); // early in `main`
/// assert_eq!(DEVICE.slot_count(), 64);
/// drop(DEVICE.try_acquire()?);
/// DEVICE.wait();
/// # Ok::<(), rundown::AcquireError>(())
/// ```
pub type StaticRestartableRundownRef<const N: usize, P = Blocking, C = ProcessorSlot> =
    RestartableRundownRef<P, C, [RestartableSlot; N]>;

/// The slots of an object: an array, or a slice of them. Sealed. In generic code as
/// [`Slots`](crate::Slots), which has an example.
pub trait RestartableSlots: Sync + Sequence<RestartableSlot> {}

impl<S: Sync + Sequence<RestartableSlot> + ?Sized> RestartableSlots for S {}

impl<const N: usize, P: Park, C: CurrentSlot> StaticRestartableRundownRef<N, P, C> {
    const SLOT_COUNT_IS_POSSIBLE: () = assert!(N >= 1 && N <= MAX_SLOTS);

    const_unless_loom! {
        /// Makes a live object without holds: see the example of [`StaticRestartableRundownRef`].
        #[must_use]
        pub const fn new() -> Self {
            Self::with_state(false)
        }

        /// Makes an object that is run down from the start; [`reinitialize`](crate::Rundown::reinitialize), which has
        /// an example, enables it.
        #[must_use]
        pub const fn new_run_down() -> Self {
            Self::with_state(true)
        }
    }

    #[cfg(not(rundown_loom))]
    const fn with_state(run_down: bool) -> Self {
        const { Self::SLOT_COUNT_IS_POSSIBLE };
        let mut slots = [const { SharedLine::new(Both::new(false)) }; N];
        if run_down {
            slots = [const { SharedLine::new(Both::new(true)) }; N];
        }
        let shared = SharedLine::new(Shared::new(run_down, N));
        Self { shared, chosen: PhantomData, slots }
    }

    #[cfg(rundown_loom)]
    fn with_state(run_down: bool) -> Self {
        const { Self::SLOT_COUNT_IS_POSSIBLE };
        let slots = core::array::from_fn(|_| SharedLine::new(Both::new(run_down)));
        let shared = SharedLine::new(Shared::new(run_down, N));
        Self { shared, chosen: PhantomData, slots }
    }
}

impl<const N: usize, P: Park, C: CurrentSlot> Default for StaticRestartableRundownRef<N, P, C> {
    fn default() -> Self {
        Self::new()
    }
}

impl RestartableRundownRef {
    /// Registers this process for what a run-down of such an object needs, whatever its types.
    ///
    /// It is for programs whose objects are all static, early in `main`: with several threads the kernel takes
    /// some milliseconds for it, which would otherwise be those of the first run-down. Later calls
    /// cost a system call. Where there is nothing to register, it does nothing.
    ///
    /// ```
    /// rundown::RestartableRundownRef::prepare();
    /// ```
    pub fn prepare() {
        sections::prepare();
    }

    /// Makes a live object with `slots` slots on the heap, with the default ways to wait and to choose a slot, and
    /// calls [`prepare`](Self::prepare). For others there is [`boxed_with`](Self::boxed_with).
    ///
    /// # Errors
    ///
    /// [`InitError::SlotCount`] for 0 or more than [`MAX_SLOTS`] slots, or [`InitError::OutOfMemory`].
    pub fn boxed(slots: usize) -> Result<Box<Self>, InitError> {
        Self::boxed_with(slots)
    }
}

impl<P: Park, C: CurrentSlot> RestartableRundownRef<P, C> {
    /// As [`boxed`](RestartableRundownRef::boxed), of any type.
    ///
    /// ```
    /// use rundown::{Blocking, RestartableRundownRef, ThreadSlot};
    ///
    /// let object = RestartableRundownRef::<Blocking, ThreadSlot>::boxed_with(4)?;
    /// assert_eq!(object.slot_count(), 4);
    /// # Ok::<(), rundown::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`boxed`](RestartableRundownRef::boxed).
    pub fn boxed_with(slots: usize) -> Result<Box<Self>, InitError> {
        if slots == 0 || slots > MAX_SLOTS {
            return Err(InitError::SlotCount { slots });
        }
        let layout = Layout::from_size_align((slots + 1) * CACHE_LINE, CACHE_LINE);
        let layout = layout.map_err(|_| InitError::SlotCount { slots })?;
        sections::prepare();
        // SAFETY: the layout's size is not zero.
        let address = NonNull::new(unsafe { alloc::alloc::alloc(layout) });
        let address = address.ok_or(InitError::OutOfMemory)?;
        let object = ptr::slice_from_raw_parts_mut(address.as_ptr(), slots) as *mut Self;
        // SAFETY: inside the memory that was just allocated, with the size and alignment that an object of this
        // many slots has: `#[repr(C)]` puts one line for all first, then the slots, a line each. Raw
        // pointers only, as nothing is initialised yet. It goes back to the allocator that it comes from.
        unsafe {
            (&raw mut (*object).shared).write(SharedLine::new(Shared::new(false, slots)));
            let first = (&raw mut (*object).slots).cast::<RestartableSlot>();
            for slot in 0..slots {
                first.add(slot).write(SharedLine::new(Both::new(false)));
            }
            debug_assert_eq!(Layout::for_value(&*object), layout);
            Record::remove_all((*object).address()); // of what was here before
            Ok(Box::from_raw(object))
        }
    }
}

impl<P: Park, C: CurrentSlot, S: RestartableSlots + ?Sized> RestartableRundownRef<P, C, S> {
    /// Returns the number of slots: see the example of [`StaticRestartableRundownRef`].
    #[must_use]
    pub fn slot_count(&self) -> usize {
        self.slots.as_slice().len()
    }
}

// SAFETY: `thick` asks for the number of slots that the constructors wrote into the object's first line.
unsafe impl<P: Park, C: CurrentSlot, S: RestartableSlots + ?Sized> Object
    for RestartableRundownRef<P, C, S>
{
    type Slots<'a>
        = Lines<'a>
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
    fn protocol(&self) -> Protocol<'_, Lines<'_>> {
        let Shared { outstanding, stopped, .. } = self.shared.get();
        let slots = self.slots.as_slice();
        // SAFETY: every constructor refuses 0. It saves a test for a division.
        unsafe { hint::assert_unchecked(!slots.is_empty()) };
        Protocol { outstanding, slots: Lines::new(stopped, slots) }
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

impl<P: Park, C: CurrentSlot, S: RestartableSlots + ?Sized> Drop
    for RestartableRundownRef<P, C, S>
{
    fn drop(&mut self) {
        check_drop(self);
    }
}

impl<P: Park, C: CurrentSlot, S: RestartableSlots + ?Sized> fmt::Debug
    for RestartableRundownRef<P, C, S>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(self, "RestartableRundownRef", f)
    }
}
