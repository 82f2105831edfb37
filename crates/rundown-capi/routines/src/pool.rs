//! Pools: `EX_RUNDOWN_REF_POOLED`, a counter for each core, in memory that many objects share.
//!
//! ```text
//! the caller's buffer, aligned to a pointer
//! |  Header  |  up to a multiple of 4096: not used  |  the blocks of `rundown::SlotPool` ...
//! ```
//!
//! A pool is named by the address of its buffer, as a cache-aware object is. What is done with its objects is
//! in `pooled`.

use crate::cache_aware::slot_count;
use crate::family::{find, key_at};
use crate::misuse::Misuse;
use crate::platform::{self, Slot, Waiting};
use crate::pooled::InPool;
use crate::types::{PEX_RUNDOWN_REF_POOLED, PRUNDOWN_POOL, SIZE_T};
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering};
use rundown::{Checked, POOL_ALIGNMENT, Pooled, SlotPool};

type Pool = SlotPool<'static, Slot, Waiting>;

/// The beginning of the caller's buffer.
struct Header {
    /// [`KEY`] [at its place](key_at) once initialised. An atomic, so that reading memory that is no pool is not undefined.
    key: AtomicUsize,
    /// Never dropped: it has nothing but the caller's memory.
    pool: Pool,
}

const _: () = assert!(align_of::<Header>() == align_of::<usize>());

/// Marks an initialised pool, unlike other memory: neither zero, nor an address, nor text.
const KEY: usize = 0xb94d_e673_u32 as i32 as usize;

/// Returns the bytes of a pool, wherever in memory its buffer begins. `None`: there can't be one.
fn size_of_pool(slots: usize, count: usize) -> Option<usize> {
    let blocks = Pool::layout(slots, count).ok()?.size();
    (size_of::<Header>() + POOL_ALIGNMENT - align_of::<usize>()).checked_add(blocks)
}

/// Finds the pool behind a caller's pointer.
///
/// # Safety
///
/// `pointer` is null, or points to memory of a pool's size. What cannot be a pool is reported.
unsafe fn pool<'a>(routine: &'static str, pointer: PRUNDOWN_POOL) -> &'a Pool {
    let header: *mut Header = pointer.cast();
    if header.is_null() {
        Misuse::Null.report(routine, pointer);
    }
    if !header.is_aligned() {
        Misuse::Misaligned.report(routine, pointer);
    }
    // SAFETY: not null and aligned, as just checked; large enough, says the caller.
    let key = unsafe { &(*header).key };
    // Relaxed: whoever has the pool learned of it after its initialisation.
    if key.load(Ordering::Relaxed) != key_at(KEY, header) {
        Misuse::NotInitialized.report(routine, pointer);
    }
    // SAFETY: `RundownInitializePool` has put a pool there.
    unsafe { &(*header).pool }
}

/// Returns how many bytes RundownInitializePool needs for `Count` objects. Comes first.
///
/// On x86-64 and AArch64 about 8.2 bytes for each object and core where there are hundreds of objects, and
/// up to 5 KiB for all; fewer than 48 cost as much as 48. 0 if there can't be so many objects, or for a
/// `Count` of 0.
///
/// Level: any. The answer does not change while the program runs; in a kernel, while its `slot_count`
/// does not.
#[unsafe(no_mangle)]
pub extern "C" fn RundownSizeOfPool(Count: SIZE_T) -> SIZE_T {
    size_of_pool(slot_count(), Count).unwrap_or(0)
}

/// Makes a pool of `Count` free objects in the caller's buffer, and returns it: the buffer's address.
///
/// `Size` is what RundownSizeOfPool returned; a larger buffer is accepted. The buffer is aligned to a
/// pointer, as any allocator's is; the size includes the way to the first page. It must not be copied or
/// moved. When all objects that were taken are run down and nobody calls a routine for them any more, the
/// caller may free or reuse it: there is nothing else to undo.
///
/// Must come before every other call for this pool, and never while another call for it runs. A pool
/// that is already in use is overwritten without a check.
///
/// Level: any.
///
/// # Errors
///
/// NULL, a misaligned buffer, one that is too small, a `Count` for which RundownSizeOfPool returns 0, or
/// a kernel's platform that lacks a function: a message and an abort. Nothing is written.
///
/// # Safety
///
/// `Buffer` points to `Size` bytes that nothing else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownInitializePool(
    Buffer: *mut c_void,
    Size: SIZE_T,
    Count: SIZE_T,
) -> PRUNDOWN_POOL {
    let routine = "RundownInitializePool";
    let slots = slot_count(); // asked once: the answer may be another one the next time
    let header: *mut Header = Buffer.cast();
    if header.is_null() {
        Misuse::Null.report(routine, Buffer);
    }
    if !header.is_aligned() {
        Misuse::Misaligned.report(routine, Buffer);
    }
    let Some(needed) = size_of_pool(slots, Count) else {
        Misuse::ObjectCount { count: Count }.report(routine, Buffer)
    };
    if Size < needed {
        let ask = "RundownSizeOfPool";
        Misuse::TooSmall { needed, given: Size, ask }.report(routine, Buffer);
    }
    Misuse::check_platform(routine, Buffer, true);
    let behind = header.wrapping_add(1).cast::<u8>();
    let blocks = behind.map_addr(|at| at.next_multiple_of(POOL_ALIGNMENT));
    // SAFETY: what lies from `blocks` on is in the buffer, as `needed` includes the way.
    let pool =
        unsafe { Pool::init_at(blocks, needed - (blocks.addr() - Buffer.addr()), slots, Count) };
    let pool = pool.expect("size and alignment were checked");
    platform::name_copy();
    let key = AtomicUsize::new(key_at(KEY, header));
    // SAFETY: aligned, and in front of the blocks.
    unsafe { header.write(Header { key, pool }) };
    Buffer.cast()
}

/// Takes an object of the pool: live, and nobody holds it. NULL if none is free.
///
/// Never waits: looks at one word for each 64 objects, from where it found the last. Level: any, also an
/// interrupt handler that interrupts another call for the pool.
///
/// Ordering: what was done with an object before it was given back happens before it is taken again.
///
/// # Errors
///
/// NULL, a misaligned pointer, or a pool that is not initialised: a message and an abort.
///
/// # Safety
///
/// `Pool` points to an initialised pool, whose memory is not freed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownTakeFromPool(Pool: PRUNDOWN_POOL) -> PEX_RUNDOWN_REF_POOLED {
    // SAFETY: the caller's promise.
    let object = unsafe { pool("RundownTakeFromPool", Pool) }.take();
    object.map_or(ptr::null_mut(), |object| object.into_raw().as_ptr().cast())
}

/// Gives an object back to its pool, for somebody else to take. The object must be run down. Until it is
/// taken again acquires of it return FALSE.
///
/// Never waits. Level: any.
///
/// Ordering: what was done with the object before happens before it is taken again.
///
/// # Errors
///
/// Not run down, also if nobody holds it: a message with the number of holds, and an abort. The same for
/// an object that was given back already, as long as nobody has taken it again and run it down; best effort.
///
/// # Safety
///
/// `RunRefPooled` is what RundownTakeFromPool returned, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RundownGiveBackToPool(RunRefPooled: PEX_RUNDOWN_REF_POOLED) {
    let routine = "RundownGiveBackToPool";
    // SAFETY: the caller's promise.
    let object = unsafe { find::<InPool>(routine, RunRefPooled) };
    // Not run down here: it may be another's by now, who has taken it after an earlier call like this one.
    if object.checked_outstanding() != Ok(Some(0)) {
        Misuse::not_run_down(object).report(routine, RunRefPooled);
    }
    // SAFETY: not null, as just checked; taken for C by `RundownTakeFromPool`.
    let handle =
        unsafe { Pooled::<Slot, Waiting>::from_raw(NonNull::new_unchecked(RunRefPooled.cast())) };
    match handle {
        Some(handle) => drop(handle),
        None => Misuse::GivenBack.report(routine, RunRefPooled),
    }
}
