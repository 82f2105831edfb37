//! The threads of the tests of Arm's memory model, on the shipped types.
//!
//! Not a part of any crate: `scripts/prove arm` compiles this file for aarch64, follows each function's
//! instructions, and writes down as litmus tests what several of them do at the same time. Each gets an
//! object and the data that it protects, and returns 0 when it did not come to what is asked about.
//!
//! The data are accessed as holders and owners access theirs: without any atomic, so that the compiler may
//! move and merge these accesses as it likes.

#![no_std]
#![no_main]

use rundown::{CurrentSlot, Rundown, RundownRef, StaticRundownRef};

/// Always the slot of this number.
pub struct At<const SLOT: usize>;

impl<const SLOT: usize> CurrentSlot for At<SLOT> {
    fn current_slot() -> usize {
        SLOT
    }
}

type Plain = RundownRef;
/// An object of two slots, as a thread on slot `SLOT` has it. All these types have the same layout.
type Two<const SLOT: usize> = StaticRundownRef<At<SLOT>, 2>;

/// The objects that the tests begin with.
#[used]
#[unsafe(no_mangle)]
static plain: Plain = Plain::new();
#[used]
#[unsafe(no_mangle)]
static plain_down: Plain = Plain::new_run_down();
#[used]
#[unsafe(no_mangle)]
static two: Two<0> = Two::new();
#[used]
#[unsafe(no_mangle)]
static two_down: Two<0> = Two::new_run_down();
#[used]
#[unsafe(no_mangle)]
static mut data: usize = 0;

/// Makes functions that the tests can name. Their data are at `$data`.
macro_rules! threads {
    ($($(#[$meta:meta])* $name:ident($object:ident: $type:ty, $data:ident) $body:block)*) => {$(
        $(#[$meta])*
        #[unsafe(no_mangle)]
        extern "C" fn $name($object: &$type, $data: *mut usize) -> usize $body
    )*};
}

/// Writes the data. Each thread does it where the protocol allows it.
fn write(at: *mut usize, value: usize) {
    // SAFETY: `at` is the data of the test; that nobody else uses them now is what the test asks.
    unsafe { at.write(value) }
}

/// Reads the data.
fn read(at: *mut usize) -> usize {
    // SAFETY: as for `write`.
    unsafe { at.read() }
}

/// Acquires, uses the data, and releases on the same slot.
fn hold<R: Rundown>(object: &R, mut using: impl FnMut() -> usize) -> usize {
    let Ok(guard) = object.try_acquire() else { return 0 };
    let seen = using();
    drop(guard);
    2 + seen
}

/// Gives back a hold that it has got from elsewhere, after its use of the data.
fn give_back<R: Rundown>(object: &R, at: *mut usize) -> usize {
    write(at, 1);
    // SAFETY: the test begins with an acquire whose hold is handed over to this call.
    unsafe { object.release_n(1) };
    2
}

/// Marks, counts and looks, as each turn of a wait does: then nobody uses the data.
fn run_down<R: Rundown>(object: &R, then: impl FnOnce() -> usize) -> usize {
    if object.begin_run_down() { 2 + then() } else { 0 }
}

threads! {
    plain_holder_writes(object: Plain, at) { hold(object, || { write(at, 1); 0 }) }
    plain_holder_reads(object: Plain, at) { hold(object, || read(at)) }
    two_holder_writes(object: Two<1>, at) { hold(object, || { write(at, 1); 0 }) }
    two_holder_reads(object: Two<1>, at) { hold(object, || read(at)) }
    /// Acquires on slot 0, and releases on slot 1.
    two_holder_moves(object: Two<0>, at) {
        let Ok(guard) = object.try_acquire() else { return 0 };
        core::mem::forget(guard);
        // SAFETY: the types differ in how they choose a slot, not in their layout.
        let elsewhere: &Two<1> = unsafe { &*core::ptr::from_ref(object).cast() };
        give_back(elsewhere, at)
    }

    /// Begins with a hold on slot 1.
    two_holder_leaves(object: Two<1>, at) { give_back(object, at) }

    plain_owner_reads(object: Plain, at) { run_down(object, || read(at)) }
    plain_owner_writes(object: Plain, at) { run_down(object, || { write(at, 7); 0 }) }
    two_owner_reads(object: Two<0>, at) { run_down(object, || read(at)) }
    two_owner_writes(object: Two<0>, at) { run_down(object, || { write(at, 7); 0 }) }
    /// Waits until it is over, by the shipped way to wait.
    plain_waiter_reads(object: Plain, at) { object.wait(); 2 + read(at) }
    two_waiter_reads(object: Two<0>, at) { object.wait(); 2 + read(at) }

    /// Begins the run-down and does not look: another thread does that.
    plain_sweeper(object: Plain, _at) { 2 + usize::from(object.begin_run_down()) }
    two_sweeper(object: Two<0>, _at) { 2 + usize::from(object.begin_run_down()) }
    plain_onlooker_reads(object: Plain, at) { if object.is_run_down() { 2 + read(at) } else { 0 } }
    two_onlooker_reads(object: Two<0>, at) { if object.is_run_down() { 2 + read(at) } else { 0 } }

    plain_owner_starts_again(object: Plain, at) {
        write(at, 1);
        if object.reinitialize().is_ok() { 2 } else { 0 }
    }
    two_owner_starts_again(object: Two<0>, at) {
        write(at, 1);
        if object.reinitialize().is_ok() { 2 } else { 0 }
    }
    /// Starts again without having waited: then the data are its own, too.
    two_next_owner_reads(object: Two<0>, at) {
        if object.reinitialize().is_ok() { 2 + read(at) } else { 0 }
    }
    two_resurrect(object: Two<0>, _at) { if object.resurrect().is_ok() { 2 } else { 0 } }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
