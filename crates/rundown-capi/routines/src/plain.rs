//! The plain family: `EX_RUNDOWN_REF`, one counter for all cores.

use crate::family::{self, Family};
use crate::misuse::Misuse;
use crate::platform::Waiting;
use crate::types::{BOOLEAN, EX_RUNDOWN_REF, PEX_RUNDOWN_REF, ULONG};
use core::sync::atomic::{AtomicUsize, Ordering};
use rundown::RundownRef;

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

struct Plain;

impl Family for Plain {
    type Pointee = EX_RUNDOWN_REF;
    type Object = RundownRef<Waiting>;

    #[inline]
    unsafe fn get<'a>(pointer: PEX_RUNDOWN_REF) -> Option<&'a RundownRef<Waiting>> {
        if pointer.is_null() || !pointer.is_aligned() {
            return None;
        }
        // SAFETY: not null and aligned, as just checked; large enough, says the caller. All fields are
        // atomics, for which any bits are valid and which others may change.
        let object = unsafe { &*pointer.cast::<Object>() };
        // Relaxed: whoever has the object learned of it after its initialisation.
        (object.key.load(Ordering::Relaxed) == KEY).then_some(&object.object)
    }

    fn misuse(pointer: PEX_RUNDOWN_REF) -> Misuse {
        if pointer.is_null() {
            Misuse::Null
        } else if !pointer.is_aligned() {
            Misuse::Misaligned
        } else {
            Misuse::NotInitialized
        }
    }

    #[inline]
    fn slot() -> Option<usize> {
        Some(0)
    }
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
    unsafe { family::acquire::<Plain>("ExAcquireRundownProtection", RunRef, 1) }
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
    unsafe { family::acquire::<Plain>("ExAcquireRundownProtectionEx", RunRef, Count) }
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
    unsafe { family::release::<Plain>("ExReleaseRundownProtection", RunRef, 1) }
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
    unsafe { family::release::<Plain>("ExReleaseRundownProtectionEx", RunRef, Count) }
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
    // SAFETY: the caller's promise.
    unsafe { family::wait::<Plain>("ExWaitForRundownProtectionRelease", RunRef) }
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
    // SAFETY: the caller's promise.
    unsafe { family::check_run_down::<Plain>("ExRundownCompleted", RunRef) }
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
    // SAFETY: the caller's promise.
    unsafe { family::reinitialize::<Plain>("ExReInitializeRundownProtection", RunRef) }
}
