//! The plain family: `EX_RUNDOWN_REF`, one counter for all cores.

use crate::misuse::Misuse;
use crate::platform::Waiting;
use crate::types::{BOOLEAN, EX_RUNDOWN_REF, FALSE, PEX_RUNDOWN_REF, TRUE, ULONG};
use core::sync::atomic::{AtomicUsize, Ordering};
use rundown::{Checked, MAX_COUNT, Rundown, RundownGuard, RundownRef};

/// What is behind the opaque type.
#[repr(C)]
struct Object {
    object: RundownRef<Waiting>,
    /// [`KEY`] once initialised. Constant from then on; it lies on the line of the counters, so a look
    /// at it costs no transfer of its own.
    key: AtomicUsize,
}

const _: () = assert!(size_of::<Object>() == size_of::<EX_RUNDOWN_REF>());
const _: () = assert!(align_of::<Object>() == align_of::<EX_RUNDOWN_REF>());

/// Marks an initialised object, unlike other memory: neither zero, nor an address, nor text. It fits into an
/// instruction that compares with memory.
const KEY: usize = 0xa3b8_6e2d_u32 as i32 as usize;

/// Finds the object behind a caller's pointer.
///
/// # Safety
///
/// `pointer` is null, or points to memory of an object's size. What cannot be an object is reported.
#[inline]
unsafe fn object<'a>(routine: &'static str, pointer: PEX_RUNDOWN_REF) -> &'a Object {
    if pointer.is_null() || !pointer.is_aligned() {
        not_an_object(routine, pointer);
    }
    // SAFETY: not null and aligned, as just checked; large enough, says the caller. All fields are
    // atomics, for which any bits are valid and which others may change.
    let object = unsafe { &*pointer.cast::<Object>() };
    // Relaxed: whoever has the object learned of it after its initialisation.
    if object.key.load(Ordering::Relaxed) != KEY {
        not_an_object(routine, pointer);
    }
    object
}

/// Reports what is no object. Out of line, so that the usual way is a comparison.
#[cold]
#[inline(never)]
fn not_an_object(routine: &'static str, pointer: PEX_RUNDOWN_REF) -> ! {
    let misuse = if pointer.is_null() {
        Misuse::Null
    } else if !pointer.is_aligned() {
        Misuse::Misaligned
    } else {
        Misuse::NotInitialized
    };
    misuse.report(routine, pointer)
}

/// Initialises run-down protection: nobody holds it, and acquires are granted.
///
/// Must come before every other call for this object, and never while another call for it runs. An
/// object that is already in use is overwritten without a check: use ExReInitializeRundownProtection.
///
/// Level: <= APC_LEVEL in Windows; no limit here.
///
/// # Errors
///
/// NULL, a misaligned address, or a kernel's platform that lacks a function: a message and an abort.
///
/// # Safety
///
/// `RunRef` points to an EX_RUNDOWN_REF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExInitializeRundownProtection(RunRef: PEX_RUNDOWN_REF) {
    let routine = "ExInitializeRundownProtection";
    if RunRef.is_null() {
        Misuse::Null.report(routine, RunRef);
    }
    if !RunRef.is_aligned() {
        Misuse::Misaligned.report(routine, RunRef);
    }
    Misuse::check_platform(routine, RunRef, false);
    let object = Object { object: RundownRef::new(), key: AtomicUsize::new(KEY) };
    // SAFETY: not null and aligned, as just checked; of the right size and not in use, says the caller.
    unsafe { RunRef.cast::<Object>().write(object) };
}

/// Acquires the object, unless its run-down has started.
///
/// TRUE: the object stays alive until ExReleaseRundownProtection. FALSE: run-down has started; treat
/// what is protected as gone, and release nothing. Holders do not exclude each other.
///
/// Never waits: one load and at most one atomic addition. Level: <= DISPATCH_LEVEL in Windows; any
/// here, also an interrupt handler that interrupts another acquire or release.
///
/// Ordering: what the owner did before it initialised the object happens before this returns TRUE.
///
/// # Errors
///
/// NULL, or an object that is not initialised: a message and an abort, as in all routines.
///
/// # Safety
///
/// `RunRef` points to an initialised EX_RUNDOWN_REF whose memory is not freed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExAcquireRundownProtection(RunRef: PEX_RUNDOWN_REF) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe { acquire("ExAcquireRundownProtection", RunRef, 1) }
}

/// Acquires the object `Count` times at once, for the cost of one.
///
/// As ExAcquireRundownProtection; all or nothing. FALSE also when the count would overflow: more than
/// 2^61 holds (2^29 on 32-bit targets, and 65,535 in one call there). A `Count` of 0 takes nothing and
/// returns whether the object is live.
///
/// # Safety
///
/// As ExAcquireRundownProtection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExAcquireRundownProtectionEx(
    RunRef: PEX_RUNDOWN_REF,
    Count: ULONG,
) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe { acquire("ExAcquireRundownProtectionEx", RunRef, Count) }
}

/// # Safety
///
/// As [`ExAcquireRundownProtection`].
#[inline]
unsafe fn acquire(routine: &'static str, pointer: PEX_RUNDOWN_REF, count: ULONG) -> BOOLEAN {
    // SAFETY: the caller's promise.
    let object = &unsafe { object(routine, pointer) }.object;
    if object.refuses() {
        return FALSE;
    }
    if !(1..=MAX_COUNT).contains(&(count as usize)) {
        return acquire_slowly(object, count);
    }
    match object.acquire_step(0, count as usize) {
        None => TRUE,
        Some(seen) => acquire_rest(object, count, seen),
    }
}

/// Ends an acquire that is not as usual. What is called at the end of the usual way needs no frame there.
#[cold]
#[inline(never)]
fn acquire_rest(object: &RundownRef<Waiting>, count: ULONG, seen: usize) -> BOOLEAN {
    // SAFETY: called for this step, once.
    BOOLEAN::from(unsafe { object.acquire_rest(0, count as usize, seen) }.is_ok())
}

/// Acquires where the count is not as usual.
#[cold]
#[inline(never)]
fn acquire_slowly(object: &RundownRef<Waiting>, count: ULONG) -> BOOLEAN {
    // Leaked: C knows how many, and gives them back.
    BOOLEAN::from(object.try_acquire_n(count as usize).map(RundownGuard::leak).is_ok())
}

/// Releases one acquire that returned TRUE. It may be another core's or thread's.
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
/// More released than acquired: a message with the counts and an abort, at once.
///
/// # Safety
///
/// The caller owns one acquire of this object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExReleaseRundownProtection(RunRef: PEX_RUNDOWN_REF) {
    // SAFETY: the caller's promise.
    unsafe { release("ExReleaseRundownProtection", RunRef, 1) }
}

/// Releases `Count` acquires at once. The amounts are free: one call may release three single acquires,
/// and three single releases one acquire of 3. A `Count` of 0 does nothing.
///
/// Otherwise as ExReleaseRundownProtection.
///
/// # Safety
///
/// The caller owns `Count` acquires of this object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExReleaseRundownProtectionEx(RunRef: PEX_RUNDOWN_REF, Count: ULONG) {
    // SAFETY: the caller's promise.
    unsafe { release("ExReleaseRundownProtectionEx", RunRef, Count) }
}

/// # Safety
///
/// As [`ExReleaseRundownProtectionEx`].
#[inline]
unsafe fn release(routine: &'static str, pointer: PEX_RUNDOWN_REF, count: ULONG) {
    // SAFETY: the caller's promise, both times.
    if let Some(seen) = unsafe { object(routine, pointer).object.release_step(0, count as usize) } {
        release_rest(routine, pointer, count, seen);
    }
}

/// Ends a release that is not as usual.
#[cold]
#[inline(never)]
fn release_rest(routine: &'static str, pointer: PEX_RUNDOWN_REF, count: ULONG, seen: usize) {
    // SAFETY: until its last step this release keeps the object alive; called for this step, once.
    let result = unsafe { object(routine, pointer).object.release_rest(0, count as usize, seen) };
    if let Err(error) = result {
        Misuse::OverRelease(error).report(routine, pointer);
    }
}

/// Runs the object down: refuses new acquires from now on, and waits for the release of the old ones.
///
/// With none outstanding it returns at once. Already run down: no effect, and not an error. Any number
/// of threads may wait at the same time, and again later; all return, none before the last release.
/// After it returns, the caller may free what was protected, and the object itself.
///
/// Level: <= APC_LEVEL. It may sleep.
///
/// Ordering: everything that any holder did before its release happens before this returns.
///
/// Not guaranteed: that it returns. A holder that waits for itself waits for ever.
///
/// # Errors
///
/// More released than acquired: a message and an abort.
///
/// # Safety
///
/// `RunRef` points to an initialised EX_RUNDOWN_REF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExWaitForRundownProtectionRelease(RunRef: PEX_RUNDOWN_REF) {
    let routine = "ExWaitForRundownProtectionRelease";
    // SAFETY: the caller's promise.
    if let Err(error) = unsafe { object(routine, RunRef) }.object.checked_wait() {
        Misuse::OverRelease(error).report(routine, RunRef);
    }
}

/// States that the run-down has ended. Comes after ExWaitForRundownProtectionRelease; from then on
/// waits return at once and acquires return FALSE, which is so without this call already.
///
/// Level: <= APC_LEVEL in Windows; no limit here.
///
/// # Errors
///
/// Before a run-down has ended: a message with the number of holds, and an abort.
///
/// # Safety
///
/// `RunRef` points to an initialised EX_RUNDOWN_REF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExRundownCompleted(RunRef: PEX_RUNDOWN_REF) {
    let routine = "ExRundownCompleted";
    // SAFETY: the caller's promise.
    let object = &unsafe { object(routine, RunRef) }.object;
    if object.checked_outstanding() != Ok(Some(0)) {
        Misuse::not_run_down(object).report(routine, RunRef);
    }
}

/// Makes a run-down object live again: acquires are granted from now on.
///
/// Comes after ExWaitForRundownProtectionRelease; ExRundownCompleted in between is optional. Only one
/// of several callers may do it.
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
/// `RunRef` points to an initialised EX_RUNDOWN_REF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExReInitializeRundownProtection(RunRef: PEX_RUNDOWN_REF) {
    let routine = "ExReInitializeRundownProtection";
    // SAFETY: the caller's promise.
    let object = &unsafe { object(routine, RunRef) }.object;
    if object.reinitialize().is_err() {
        Misuse::not_run_down(object).report(routine, RunRef);
    }
}
