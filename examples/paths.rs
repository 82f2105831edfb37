//! The instructions of each hot function on AArch64, counted one by one.
//!
//! ```sh
//! QEMU_CPU=max,cntfrq=62500000 QEMU_ACCEL=tcg,thread=single QEMU_EXTRA='-icount shift=4,sleep=off' \
//!     cargo run --release --example paths
//! ```
//!
//! So booted, a tick of the counter is an instruction (see examples/ladder/instructions.rs). Each function is
//! called by the same code as one that is a RET and nothing else; the difference plus one is the number of
//! instructions from the first one to its RET, with both. docs/instructions.md has the numbers.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::arch::naked_asm;
use core::ptr;
use machine::arch::time;
use machine::smp::cores;
use machine::smp::protection::ThisCore;
use machine::smp::start;
use machine::testing::ktap::{Ktap, equal};
use machine::testing::measure::{self, Text};
use paths::{Call, Path, Platform};
use rundown::{CacheAwareRundownRef, Pooled, PooledRundownRef, SlotPool, StaticRundownRef};

machine::kernel!(main);

/// Calls that must all take the same.
const TIMES: u64 = 1000;
/// Slots of an object that asks for the core.
const SLOTS: usize = 4;

paths::paths! {
    slot_acquire, slot_release: StaticRundownRef<ThisCore, SLOTS> = Box::default();
    boxed_acquire, boxed_release: CacheAwareRundownRef<ThisCore> =
        CacheAwareRundownRef::boxed(SLOTS).expect("there is memory");
    pooled_acquire, pooled_release: PooledRundownRef<ThisCore> = pooled();
}

/// Returns an object of a pool that lives for ever.
fn pooled() -> Box<Pooled<'static, ThisCore>> {
    let pool = Box::leak(Box::new(SlotPool::new(SLOTS).expect("there are so many slots")));
    Box::new(pool.take().expect("there is memory"))
}

/// What C's routines ask this kernel for: no memory, and they spin.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "the name is C's")]
static rundown_platform: Platform = Platform {
    slot_count: Some(slot_count),
    current_slot: Some(current_slot),
    allocate: None,
    free: None,
    wait: None,
    wake: None,
    fatal: None,
};

unsafe extern "C" fn slot_count() -> usize {
    SLOTS
}

unsafe extern "C" fn current_slot() -> usize {
    cores::this_index()
}

fn main() -> ! {
    start::start_all(None);
    let all = [paths::common(), self::paths()].concat();
    let mut ktap = Ktap::plan(1 + all.len());
    ktap.test("a tick is an instruction", || {
        equal("100 NOPs and a RET", instructions(&call(hundred as *const ())).0, 101)
    });
    for path in all {
        ktap.test(&format!("{}: every call takes as many as the others", path.name), || {
            let instructions = count(&path)?;
            let fields: [(&str, &dyn core::fmt::Display); 2] =
                [("path", &Text(path.name)), ("instructions", &instructions)];
            measure::print("path", &fields);
            Ok(())
        });
    }
    ktap.finish()
}

/// Returns the instructions of a path, the same each time.
fn count(path: &Path) -> Result<u64, String> {
    let mut first = None;
    for _ in 0..TIMES {
        let mut taken = 0;
        path.round(|call| {
            let (instructions, result) = instructions(call);
            taken = instructions;
            result
        });
        equal("instructions", taken, *first.get_or_insert(taken))?;
    }
    Ok(first.unwrap_or(0))
}

/// Makes a call. Returns its instructions, from the first to the RET, and its result.
fn instructions(called: &Call) -> (u64, usize) {
    let (with, result) = ticks(called);
    let (without, _) = ticks(&call(only_ret as *const ()));
    (with - without + 1, result)
}

/// Returns the ticks of a call, with what is around it: the same for every call.
#[inline(never)]
fn ticks(call: &Call) -> (u64, usize) {
    let start = time::now();
    let result = call.run();
    (time::now() - start, result)
}

fn call(function: *const ()) -> Call {
    // SAFETY: the two below take nothing.
    unsafe { Call::new(function, ptr::null(), 0) }
}

#[unsafe(naked)]
extern "C" fn only_ret() {
    naked_asm!("ret")
}

#[unsafe(naked)]
extern "C" fn hundred() {
    naked_asm!(".rept 100", "nop", ".endr", "ret")
}
