//! Counts by the processor itself: it traps after each instruction, and the trap is a signal.
//!
//! For what valgrind's machine does not have: the area in which the kernel says on which processor a thread
//! runs. (Intel's manual, volume 3, "Single-Step Exception": flag TF.)

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use paths::{Call, Path};
use std::arch::{asm, naked_asm};
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

/// Calls that must all take the same.
const TIMES: u64 = 100;

/// Instructions so far.
static TRAPS: AtomicU64 = AtomicU64::new(0);

/// Prints the instructions of each path, or an error where calls differ, or a trap is not an instruction.
pub fn print(all: &[Path]) -> Result<(), String> {
    let action = SigAction::new(SigHandler::Handler(on_trap), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler only adds to an atomic.
    unsafe { sigaction(Signal::SIGTRAP, &action) }.map_err(|error| error.to_string())?;
    // SAFETY: it takes nothing.
    let hundred = unsafe { Call::new(hundred as *const (), ptr::null(), 0) };
    let (counted, _) = instructions(&hundred);
    if counted != 101 {
        return Err(format!("100 NOPs and a RET: {counted}, not 101"));
    }
    for path in all {
        let mut first = None;
        for _ in 0..TIMES {
            let mut taken = 0;
            path.round(|call| {
                let (instructions, result) = instructions(call);
                taken = instructions;
                result
            });
            if *first.get_or_insert(taken) != taken {
                return Err(format!("calls differ: {}: {first:?}, then {taken}", path.name));
            }
        }
        println!("{} {}", path.name, first.unwrap_or(0));
    }
    Ok(())
}

/// Makes a call. Returns its instructions, from the first to the RET, and its result.
fn instructions(call: &Call) -> (u64, usize) {
    // SAFETY: it takes nothing.
    let only_ret = unsafe { Call::new(only_ret as *const (), ptr::null(), 0) };
    let (with, result) = traps(call);
    let (without, _) = traps(&only_ret);
    (with - without + 1, result)
}

/// Returns the traps of a call, with what is around it: the same for every call.
#[inline(never)]
fn traps(call: &Call) -> (u64, usize) {
    let before = TRAPS.load(Ordering::Relaxed);
    // SAFETY: sets TF, and nothing else. From the next instruction on there are traps, which are handled.
    unsafe { asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") };
    let result = call.run();
    // SAFETY: clears it.
    unsafe { asm!("pushfq", "and qword ptr [rsp], ~0x100", "popfq") };
    (TRAPS.load(Ordering::Relaxed) - before, result)
}

/// Linux clears TF for the handler, and sets it again behind it.
extern "C" fn on_trap(_: c_int) {
    TRAPS.fetch_add(1, Ordering::Relaxed);
}

#[unsafe(naked)]
extern "C" fn only_ret() {
    naked_asm!("ret")
}

#[unsafe(naked)]
extern "C" fn hundred() {
    naked_asm!(".rept 100", "nop", ".endr", "ret")
}
