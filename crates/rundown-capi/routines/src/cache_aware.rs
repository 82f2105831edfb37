//! The cache-aware family: `EX_RUNDOWN_REF_CACHE_AWARE`, a counter for each core.
//!
//! ```text
//! the caller's buffer, aligned to a pointer
//! |  up to a line: | line 0:  | line 1:      | line 2: | line 3: | ...
//! |  not used      |  Header  |  outstanding |  slot 0 |  slot 1 |
//! ```
//!
//! The documentation asks for no alignment, so any buffer that `malloc` or a pool returns must do: the
//! object begins at the first cache line in it, which the size includes. The header is written once;
//! all cores keep a copy of its line.
//!
//! One file, although it is long: half of it is the documentation that the header is made of.

use crate::family::{self, Family, key_at};
use crate::holds;
use crate::misuse::Misuse;
use crate::platform::{self, Slot, Waiting};
use crate::types::{
    BOOLEAN, EX_RUNDOWN_REF_CACHE_AWARE, PEX_RUNDOWN_REF_CACHE_AWARE, POOL_TYPE, SIZE_T, ULONG,
};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use rundown::{CACHE_LINE, CacheAwareRundownRef, CacheLine, CurrentSlot, MAX_SLOTS};

type Object = CacheAwareRundownRef<Slot, Waiting>;

/// What an object needs to know of itself: how to get from C's thin pointer to the object and back to
/// the allocation. Atomics, so that reading memory that is no object is not undefined.
struct Header {
    /// [`KEY`] [at its place](key_at) once initialised; 0 after the end.
    key: AtomicUsize,
    allocated: AtomicBool,
    tag: AtomicU32,
}

const _: () = assert!(size_of::<CacheLine<Header>>() == CACHE_LINE);

/// Marks an initialised object, unlike other memory: neither zero, nor an address, nor text. It fits into an
/// instruction that compares with memory.
const KEY: usize = 0xd04f_97c3_u32 as i32 as usize;

/// Returns the bytes of an object with `slots` slots, wherever in its buffer it begins.
fn size_of_object(slots: usize) -> usize {
    let object = Object::layout(slots).expect("the number of slots is within its limits");
    CACHE_LINE - align_of::<usize>() + size_of::<CacheLine<Header>>() + object.size()
}

/// Returns the number of slots of an object that is made now.
pub(crate) fn slot_count() -> usize {
    platform::slot_count().clamp(1, MAX_SLOTS)
}

/// Returns the header of an object in this buffer: the first cache line in it.
#[inline]
fn header_in(buffer: PEX_RUNDOWN_REF_CACHE_AWARE) -> *mut CacheLine<Header> {
    let to_line = buffer.addr().wrapping_neg() % CACHE_LINE;
    buffer.wrapping_byte_add(to_line).cast()
}

pub(crate) struct CacheAware;

impl Family for CacheAware {
    type Pointee = EX_RUNDOWN_REF_CACHE_AWARE;
    type Object = Object;

    #[inline]
    unsafe fn get<'a>(pointer: PEX_RUNDOWN_REF_CACHE_AWARE) -> Option<&'a Object> {
        let header = NonNull::new(header_in(pointer))?;
        // SAFETY: aligned, and inside the memory that the caller vouches for. All fields are atomics.
        let CacheLine(known) = unsafe { header.as_ref() };
        // Relaxed: whoever has the object learned of it after its initialisation.
        if known.key.load(Ordering::Relaxed) != key_at(KEY, header.as_ptr()) {
            return None;
        }
        // SAFETY: `initialize` has put an object there.
        Some(unsafe { Object::at(header.add(1).cast()).as_ref() })
    }

    unsafe fn look<'a>(
        _routine: &'static str,
        pointer: PEX_RUNDOWN_REF_CACHE_AWARE,
    ) -> Result<&'a Object, Misuse> {
        // Above the last line there is no header either.
        Err(if header_in(pointer).is_null() { Misuse::Null } else { Misuse::NotInitialized })
    }

    #[inline]
    fn slot() -> Option<usize> {
        Slot::at_once()
    }
}

/// Puts a live object with so many slots into a buffer, and says for whom.
///
/// # Safety
///
/// `buffer` is null, or valid for writes of `size` bytes that nothing else uses.
unsafe fn initialize(
    routine: &'static str,
    buffer: PEX_RUNDOWN_REF_CACHE_AWARE,
    size: usize,
    slots: usize,
    allocated: bool,
    tag: ULONG,
) {
    let needed = size_of_object(slots);
    if buffer.is_null() {
        Misuse::Null.report(routine, buffer);
    }
    if !buffer.cast::<usize>().is_aligned() {
        Misuse::Misaligned.report(routine, buffer);
    }
    if size < needed {
        let ask = "ExSizeOfRundownProtectionCacheAware";
        Misuse::TooSmall { needed, given: size, ask }.report(routine, buffer);
    }
    Misuse::check_platform(routine, buffer, true);
    let header = header_in(buffer);
    // SAFETY: the lines from `header` on lie in the buffer, as `needed` includes the way to the first.
    let object = unsafe {
        let at = header.wrapping_add(1).cast();
        Object::init_at(at, needed - (at.addr() - buffer.addr()), slots)
    };
    assert!(object.is_ok(), "size and alignment were checked");
    platform::name_copy();
    let (key, tag) = (AtomicUsize::new(key_at(KEY, header)), AtomicU32::new(tag));
    // SAFETY: as above; the object does not begin before the next line.
    unsafe { header.write(CacheLine(Header { key, allocated: AtomicBool::new(allocated), tag })) };
}

/// Ends an object that nobody holds, and returns its number of slots and its tag. `allocated`: whose memory it is.
///
/// # Safety
///
/// `pointer` points to an initialised object that nobody uses any more.
unsafe fn end(
    routine: &'static str,
    pointer: PEX_RUNDOWN_REF_CACHE_AWARE,
    allocated: bool,
) -> (usize, ULONG) {
    // SAFETY: the caller's promise.
    let object = unsafe { family::find::<CacheAware>(routine, pointer) };
    // SAFETY: the object has been found behind it.
    let CacheLine(header) = unsafe { &*header_in(pointer) };
    match (header.allocated.load(Ordering::Relaxed), allocated) {
        (false, true) => Misuse::NotAllocated.report(routine, pointer),
        (true, false) => Misuse::Allocated.report(routine, pointer),
        _ => {}
    }
    // SAFETY: the caller's promise.
    unsafe { family::complete::<CacheAware>(routine, pointer) };
    header.key.store(0, Ordering::Relaxed);
    (object.slot_count(), header.tag.load(Ordering::Relaxed))
}

/// Returns how many bytes ExInitializeRundownProtectionCacheAware needs. Comes first.
///
/// A cache line (128 bytes on x86-64 and AArch64) for each slot, and not quite three for all.
///
/// Level: any. The answer does not change while the program runs; in a kernel, while its `slot_count`
/// does not.
#[unsafe(no_mangle)]
pub extern "C" fn ExSizeOfRundownProtectionCacheAware() -> SIZE_T {
    size_of_object(slot_count())
}

/// Initialises run-down protection in the caller's buffer: nobody holds it, acquires are granted.
///
/// `RunRefSize` is what ExSizeOfRundownProtectionCacheAware returned; a larger buffer is accepted. The
/// buffer is aligned to a pointer, as any allocator's is; the size includes the way to the first cache
/// line. When the object is run down, the caller may free or reuse the buffer: there is nothing else
/// to undo. It must not be copied or moved before.
///
/// Must come before every other call for this object, and never while another call for it runs. An
/// object that is already in use is overwritten without a check.
///
/// Level: <= APC_LEVEL in Windows; no limit here.
///
/// # Errors
///
/// NULL, a misaligned buffer, one that is too small, or a kernel's platform that lacks a function: a
/// message and an abort. Nothing is written.
///
/// # Safety
///
/// `RunRefCacheAware` points to `RunRefSize` bytes that nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExInitializeRundownProtectionCacheAware(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
    RunRefSize: SIZE_T,
) {
    let routine = "ExInitializeRundownProtectionCacheAware";
    // SAFETY: the caller's promise.
    unsafe { initialize(routine, RunRefCacheAware, RunRefSize, slot_count(), false, 0) }
}

/// Initialises run-down protection in a buffer of the size that ExSizeOfRundownProtectionCacheAware returned.
///
/// Otherwise as ExInitializeRundownProtectionCacheAware. `Flags` is 0: no other is known.
///
/// # Errors
///
/// As ExInitializeRundownProtectionCacheAware, and other flags.
///
/// # Safety
///
/// `RunRefCacheAware` points to as many bytes, which nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExInitializeRundownProtectionCacheAwareEx(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
    Flags: ULONG,
) {
    let routine = "ExInitializeRundownProtectionCacheAwareEx";
    if Flags != 0 {
        Misuse::Flags { flags: Flags }.report(routine, RunRefCacheAware);
    }
    let slots = slot_count(); // asked once: the answer may be another one the next time
    // SAFETY: the caller's promise.
    unsafe { initialize(routine, RunRefCacheAware, size_of_object(slots), slots, false, 0) }
}

/// Ends an object in the caller's buffer, which may be used for something else then. Nobody may hold it; that it
/// was run down before is not needed.
///
/// Level: <= APC_LEVEL in Windows; no limit here.
///
/// Ordering: everything that any holder did before its release happens before this returns.
///
/// # Errors
///
/// Somebody holds it: a message with the number of holds, and an abort. The same for an object that
/// ExAllocateCacheAwareRundownProtection returned, and for one that has ended already.
///
/// # Safety
///
/// `RunRefCacheAware` points to an initialised object that nobody uses any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExCleanupRundownProtectionCacheAware(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
) {
    // SAFETY: the caller's promise.
    unsafe { end("ExCleanupRundownProtectionCacheAware", RunRefCacheAware, false) };
}

/// Allocates run-down protection and initialises it: SizeOf, an allocation, and Initialize in one.
///
/// Returns NULL when there is no memory. `PoolType` and `Tag` are handed to the kernel's allocator; a
/// program's has one kind of memory and no tags. A kernel's platform that lacks a function is a message
/// and an abort.
///
/// Level: that of the allocator; <= APC_LEVEL in Windows.
#[unsafe(no_mangle)]
pub extern "C" fn ExAllocateCacheAwareRundownProtection(
    PoolType: POOL_TYPE,
    Tag: ULONG,
) -> PEX_RUNDOWN_REF_CACHE_AWARE {
    let routine = "ExAllocateCacheAwareRundownProtection";
    let slots = slot_count(); // asked once: the answer may be another one the next time
    let size = size_of_object(slots);
    Misuse::check_platform(routine, ptr::null::<()>(), true);
    let memory: PEX_RUNDOWN_REF_CACHE_AWARE = platform::allocate(PoolType, size, Tag).cast();
    if !memory.is_null() {
        // SAFETY: fresh memory of this size.
        unsafe { initialize(routine, memory, size, slots, true, Tag) };
    }
    memory
}

/// Frees what ExAllocateCacheAwareRundownProtection returned. Nobody may hold it; that it was run down before
/// is not needed.
///
/// Level: that of the allocator; <= APC_LEVEL in Windows.
///
/// Ordering: everything that any holder did before its release happens before this returns.
///
/// # Errors
///
/// Somebody holds it: a message with the number of holds, and an abort. The same for an object in a caller's
/// buffer, and, as long as the memory has not been used again, for a second free.
///
/// # Safety
///
/// `RunRefCacheAware` points to an initialised object that nobody uses any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExFreeCacheAwareRundownProtection(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
) {
    let routine = "ExFreeCacheAwareRundownProtection";
    // SAFETY: the caller's promise.
    let (slots, tag) = unsafe { end(routine, RunRefCacheAware, true) };
    let size = size_of_object(slots);
    // SAFETY: `allocated` says that it came from `allocate`, with this size and tag.
    unsafe { platform::free(RunRefCacheAware.cast(), size, tag) };
}

/// Acquires the object on the current core's slot, unless its run-down has started.
///
/// TRUE: the object stays alive until ExReleaseRundownProtectionCacheAware. FALSE: run-down has
/// started; treat what is protected as gone, and release nothing. Holders do not exclude each other.
/// Once the marking of a run-down has ended, a refused acquire writes nothing.
///
/// Never waits: one load and at most one atomic addition, on a cache line of the core's own. Level:
/// <= DISPATCH_LEVEL in Windows; any here, also an interrupt handler that interrupts another acquire
/// or release.
///
/// Ordering: what the owner did before it initialised the object happens before this returns TRUE.
///
/// # Errors
///
/// NULL, or an object that is not initialised: a message and an abort, as in all routines.
///
/// # Safety
///
/// `RunRefCacheAware` points to an initialised object whose memory is not freed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExAcquireRundownProtectionCacheAware(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe {
        holds::acquire::<CacheAware>("ExAcquireRundownProtectionCacheAware", RunRefCacheAware, 1)
    }
}

/// Acquires the object `Count` times at once, for the cost of one.
///
/// As ExAcquireRundownProtectionCacheAware; all or nothing. FALSE also when the count would overflow:
/// more than 2^61 holds (2^29 on 32-bit targets, and 65,535 in one call there). A `Count` of 0 takes
/// nothing and returns whether the object is live.
///
/// # Safety
///
/// As ExAcquireRundownProtectionCacheAware.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExAcquireRundownProtectionCacheAwareEx(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
    Count: ULONG,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe {
        holds::acquire::<CacheAware>(
            "ExAcquireRundownProtectionCacheAwareEx",
            RunRefCacheAware,
            Count,
        )
    }
}

/// Releases one acquire that returned TRUE, on the current core's slot, which need not be the slot of
/// the acquire. It may be another core's or thread's, at any moment, also during a run-down.
///
/// Never waits: at most two atomic subtractions, and waking the waiters if it was the last. Level:
/// <= DISPATCH_LEVEL in Windows; any here, if the platform's `wake` is (the library for programs takes
/// a lock to wake: not the last release in a signal handler). Right after the last release the object
/// may be freed: the routine does not touch it after its last atomic operation.
///
/// Ordering: everything before this call happens before the return of every wait.
///
/// # Errors
///
/// More released than acquired: a message with the counts and an abort, at the latest by the wait. (No
/// slot alone can tell; with a single slot, and once a wait has begun, it is at once.)
///
/// # Safety
///
/// The caller owns one acquire of this object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExReleaseRundownProtectionCacheAware(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
) {
    // SAFETY: the caller's promise.
    unsafe {
        holds::release::<CacheAware>("ExReleaseRundownProtectionCacheAware", RunRefCacheAware, 1)
    }
}

/// Releases `Count` acquires at once. The amounts are free: one call may release three single acquires,
/// and three single releases one acquire of 3. A `Count` of 0 does nothing.
///
/// Otherwise as ExReleaseRundownProtectionCacheAware.
///
/// # Safety
///
/// The caller owns `Count` acquires of this object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExReleaseRundownProtectionCacheAwareEx(
    RunRefCacheAware: PEX_RUNDOWN_REF_CACHE_AWARE,
    Count: ULONG,
) {
    // SAFETY: the caller's promise.
    unsafe {
        holds::release::<CacheAware>(
            "ExReleaseRundownProtectionCacheAwareEx",
            RunRefCacheAware,
            Count,
        )
    }
}

/// Runs the object down: refuses new acquires on every core from now on, and waits for the release of
/// the old ones. Costs one atomic operation a slot.
///
/// With none outstanding it returns at once. Already run down: no effect, and not an error. Any number
/// of threads may wait at the same time, and again later; all return, none before the last release.
/// After it returns, the caller may free what was protected, and the object itself as soon as nobody can
/// try to acquire it any more.
///
/// Level: <= APC_LEVEL. It may sleep.
///
/// Ordering: everything that any holder did before its release happens before this returns.
///
/// Not guaranteed: that it returns. A holder that waits for itself waits for ever.
///
/// # Errors
///
/// More released than acquired: a message with the counts and an abort.
///
/// # Safety
///
/// `RunRef` points to an initialised object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExWaitForRundownProtectionReleaseCacheAware(
    RunRef: PEX_RUNDOWN_REF_CACHE_AWARE,
) {
    // SAFETY: the caller's promise.
    unsafe { family::wait::<CacheAware>("ExWaitForRundownProtectionReleaseCacheAware", RunRef) }
}

/// Runs an object down that nobody holds, without waiting: it is run down when this returns, and acquires
/// return FALSE until ExReInitializeRundownProtectionCacheAware. After ExWaitForRundownProtectionReleaseCacheAware,
/// which has done that already, it changes nothing.
///
/// Level: <= APC_LEVEL in Windows; no limit here.
///
/// Ordering: everything that any holder did before its release happens before this returns.
///
/// # Errors
///
/// Somebody holds it: a message with the number of holds, and an abort.
///
/// # Safety
///
/// `RunRef` points to an initialised object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExRundownCompletedCacheAware(RunRef: PEX_RUNDOWN_REF_CACHE_AWARE) {
    // SAFETY: the caller's promise.
    unsafe { family::complete::<CacheAware>("ExRundownCompletedCacheAware", RunRef) }
}

/// Makes a run-down object live again: acquires are granted from now on.
///
/// Comes after ExWaitForRundownProtectionReleaseCacheAware; ExRundownCompletedCacheAware in between is
/// optional. Only one of several callers may do it. While it runs, an acquire may be granted on one
/// core and refused on another.
///
/// Level: <= APC_LEVEL in Windows; no limit here.
///
/// Ordering: what the caller did before happens before every acquire that is granted afterwards.
///
/// Not guaranteed: that others who wait are done. One whose run-down has ended, but who has not looked
/// since, finds the object live and runs the new round down: make sure that all waits have returned.
///
/// # Errors
///
/// Before a run-down has ended, or a second time: a message and an abort.
///
/// # Safety
///
/// `RunRef` points to an initialised object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExReInitializeRundownProtectionCacheAware(
    RunRef: PEX_RUNDOWN_REF_CACHE_AWARE,
) {
    // SAFETY: the caller's promise.
    unsafe {
        family::reinitialize::<CacheAware>("ExReInitializeRundownProtectionCacheAware", RunRef)
    }
}
