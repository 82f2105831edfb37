//! The plain family: `EX_RUNDOWN_REF`, one counter for all cores.

use crate::family::{self, Family, key_at};
use crate::holds;
use crate::misuse::Misuse;
use crate::platform::{self, Waiting};
use crate::types::{BOOLEAN, EX_RUNDOWN_ACTIVE, EX_RUNDOWN_REF, PEX_RUNDOWN_REF, ULONG};
use core::sync::atomic::{AtomicUsize, Ordering, fence};
use rundown::RundownRef;

/// What is behind the opaque type.
#[repr(C)]
struct Object {
    /// Its first word is `Count`. Zeroed it is live, and with 1 in that word run down.
    object: RundownRef<Waiting>,
    /// Zero until the first call, then [`KEY`] [at its place](key_at), and constant. It lies on the line of the
    /// counters, so a look at it costs no transfer of its own.
    key: AtomicUsize,
}

const _: () = assert!(size_of::<Object>() == size_of::<EX_RUNDOWN_REF>());
const _: () = assert!(align_of::<Object>() == align_of::<EX_RUNDOWN_REF>());

/// Marks an initialised object, unlike other memory: neither zero, nor an address, nor text. It fits into an
/// instruction that compares with memory.
const KEY: usize = 0xa3b8_6e2d_u32 as i32 as usize;

pub(crate) struct Plain;

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
        (object.key.load(Ordering::Relaxed) == key_at(KEY, pointer)).then_some(&object.object)
    }

    unsafe fn look<'a>(
        routine: &'static str,
        pointer: PEX_RUNDOWN_REF,
    ) -> Result<&'a RundownRef<Waiting>, Misuse> {
        if pointer.is_null() {
            return Err(Misuse::Null);
        }
        if !pointer.is_aligned() {
            return Err(Misuse::Misaligned);
        }
        platform::name_copy();
        // SAFETY: as in `get`.
        let object = unsafe { &*pointer.cast::<Object>() };
        let key = key_at(KEY, pointer);
        // SAFETY: as in `get`; the counts are atomics, too. Relaxed, all of it: the fences order what has to be.
        let words = unsafe { &*pointer.cast::<[AtomicUsize; 2]>() };
        let [count, slot] = words.each_ref().map(|word| word.load(Ordering::Relaxed));
        // Pairs with the fence below: who sees what another's first call has done to the words sees the key.
        fence(Ordering::Acquire);
        let known = object.key.load(Ordering::Relaxed);
        if known == 0 && count <= EX_RUNDOWN_ACTIVE && slot == 0 {
            // An initialiser in C has left this, and who comes first puts the key in. In one step, so that it does not
            // matter who comes in between: an interrupt handler, another thread, another copy of this library.
            Misuse::check_platform(routine, pointer, false);
            let put = object.key.compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed);
            fence(Ordering::Release);
            if put.is_ok() || put == Err(key) {
                return Ok(&object.object);
            }
        }
        if known == key { Ok(&object.object) } else { Err(Misuse::NotInitialized) }
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
/// One that was zeroed, or initialised with EX_RUNDOWN_REF_INIT, needs no call.
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
    platform::name_copy();
    let key = AtomicUsize::new(key_at(KEY, RunRef));
    let object = Object { object: RundownRef::with_park(), key };
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
/// NULL, or what is no object: a message and an abort, as in all routines. The same for one that was copied
/// or moved, and for one that another copy of this library has made.
///
/// # Safety
///
/// `RunRef` points to an initialised EX_RUNDOWN_REF whose memory is not freed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExAcquireRundownProtection(RunRef: PEX_RUNDOWN_REF) -> BOOLEAN {
    // SAFETY: the caller's promise.
    unsafe { holds::acquire::<Plain>("ExAcquireRundownProtection", RunRef, 1) }
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
    unsafe { holds::acquire::<Plain>("ExAcquireRundownProtectionEx", RunRef, Count) }
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
    unsafe { holds::release::<Plain>("ExReleaseRundownProtection", RunRef, 1) }
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
    unsafe { holds::release::<Plain>("ExReleaseRundownProtectionEx", RunRef, Count) }
}

/// Runs the object down: refuses new acquires from now on, and waits for the release of the old ones.
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

/// Runs an object down that nobody holds, without waiting: it is run down when this returns, and acquires
/// return FALSE until ExReInitializeRundownProtection. After ExWaitForRundownProtectionRelease, which has
/// done that already, it changes nothing.
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
/// `RunRef` points to an initialised EX_RUNDOWN_REF.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ExRundownCompleted(RunRef: PEX_RUNDOWN_REF) {
    // SAFETY: the caller's promise.
    unsafe { family::complete::<Plain>("ExRundownCompleted", RunRef) }
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
