//! A kernel that must not pass, in a way of one's choice: `-append must_fail=NAME`.
//!
//! `QEMU_EXTRA='-append must_fail=null_dereference' cargo run --example must_fail` shows what a
//! learner's own mistake looks like. `scripts/test` checks each one's exit status and message.
//!
//! One file, although it is long: a fault is short, and all stand in one list.

#![no_std]
#![no_main]

extern crate alloc;

#[path = "must_fail/registers.rs"]
mod registers;

use aarch64_cpu::registers::{TPIDR_EL1, Writeable};
use alloc::boxed::Box;
use core::fmt;
use core::hint::black_box;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use demo::{rounds, shared};
use machine::arch::{cpu, interrupt_mask, time};
use machine::board::console::println;
use machine::board::device_tree::{self, Gic};
use machine::board::exit::{self, Status};
use machine::smp::{cores, jobs, protection, start};
use machine::testing::ktap::{self, Ktap};
use machine::traps::panic;
use rundown::Rundown;

/// The rounds of the demo: `poison_while_held` shows that their checks notice what they look for.
#[path = "../src/demo"]
#[expect(dead_code, reason = "the demo itself uses the rest")]
mod demo {
    pub mod counters;
    #[cfg_attr(feature = "pooled", path = "pool.rs")]
    pub mod memory;
    pub mod object;
    pub mod rounds;
    pub mod shared;
    pub mod worker;
}

machine::kernel!(main);

/// Each name and what it does. All are run on a machine with every core up, but `core_missing`.
const FAULTS: &[(&str, fn())] = &[
    ("panic_first_core", || panic!("on purpose")),
    ("panic_other_core", || on_core_1(|| panic!("on purpose"))),
    ("null_dereference", null_dereference),
    ("write_to_text", write_to_text),
    ("write_to_constants", write_to_constants),
    ("execute_data", execute_data),
    ("execute_constants", || execute(&RETURN)),
    ("execute_heap", || execute(Box::leak(Box::new(RETURN)))),
    ("execute_stack", || execute(&black_box(RETURN))),
    ("execute_device", execute_device),
    ("registers_of_fault", registers::fault),
    ("registers_of_fault_in_handler", || timer_interrupt(registers::fault_in_handler)),
    ("unknown_interrupt", unknown_interrupt),
    ("stack_overflow_first_core", overflow_stack),
    ("stack_overflow_other_core", || on_core_1(overflow_stack)),
    ("stack_overflow_in_handler", || timer_interrupt(overflow_stack)),
    ("fault_in_handler", || timer_interrupt(null_dereference)),
    ("hang_masked", hang_masked),
    ("hang_other_core", || on_core_1(hang_asleep)),
    ("test_failed", test_failed),
    ("condition_failed", condition_failed),
    ("test_skipped", test_skipped),
    ("test_left_out", test_left_out),
    ("test_added", test_added),
    ("status_fails", status_fails),
    ("output_cut", output_cut),
    ("poison_while_held", poison_while_held),
    ("console_is_held", console_is_held),
    ("taken_by_first_core", || taken_by(0)),
    ("taken_by_other_core", || taken_by(1)),
    ("report_masked", report_masked),
    ("report_panics", || panic!("on purpose, {}", Unprintable(|| panic!("in the report")))),
    ("report_faults", || panic!("on purpose, {}", Unprintable(null_dereference))),
    ("report_faults_in_handler", report_faults_in_handler),
    ("core_data_gone", core_data_gone),
    ("two_ends", two_ends),
    ("late_wait", late_wait),
];

/// How long an interrupt may take to come, which on a busy host may be long.
const PATIENCE_MS: u64 = 20_000;

fn main() -> ! {
    let name = device_tree::machine().argument("must_fail").unwrap_or("");
    if name == "core_missing" {
        let last = device_tree::machine().core_count - 1;
        start::start_all(Some(last)); // panics, naming it
    }
    let Some((_, fault)) = FAULTS.iter().find(|(known, _)| *known == name) else {
        println!("# must_fail={name} is unknown; -append must_fail= takes one of: core_missing");
        FAULTS.iter().for_each(|(known, _)| println!("#   {known}"));
        exit::exit(Status::Fail);
    };
    start::start_all(None);
    fault();
    // Whoever reads this has found a kernel that should have failed and did not.
    exit::exit(Status::Pass)
}

fn on_core_1(work: fn()) {
    jobs::run_on(&|core| core == 1, &|_| work());
}

fn timer_interrupt(work: fn()) {
    cores::this().timer.call_at(time::now() + time::frequency() / 1000, work);
    let deadline = time::after_ms(PATIENCE_MS);
    while time::now() < deadline {}
}

fn null_dereference() {
    // SAFETY: none: page 0 is not mapped, which is what this shows.
    let value = unsafe { black_box(core::ptr::null::<u64>()).read_volatile() };
    println!("# read {value} from address 0");
}

fn write_to_text() {
    let code = black_box(null_dereference as *mut u32);
    // SAFETY: none: code is mapped read-only, which is what this shows.
    unsafe { code.write_volatile(0) };
}

fn write_to_constants() {
    let constant = black_box(&raw const RETURN).cast_mut();
    // SAFETY: none: constants are mapped read-only, which is what this shows.
    unsafe { constant.write_volatile(0) };
}

/// `RET` (Arm ARM, "RET"), as data.
static RETURN: u32 = 0xd65f_03c0;

fn execute_data() {
    static DATA: AtomicU32 = AtomicU32::new(0);
    DATA.store(RETURN, Ordering::Relaxed);
    execute(DATA.as_ptr());
}

fn execute_device() {
    // What stands there is no matter: it must not be fetched.
    execute(device_tree::machine().uart.start as *const u32);
}

fn execute(instruction: *const u32) {
    // SAFETY: none: only code is mapped with execute permission, which is what this shows.
    let function: fn() = unsafe { core::mem::transmute(black_box(instruction)) };
    function();
}

/// Makes an interrupt pending that nobody has a handler for: PPI 14, which is that of the physical timer
/// (Arm BSA, "PPI assignments"), whose timer is off.
fn unknown_interrupt() {
    const BIT: u32 = 1 << (16 + 14);
    let registers = match &device_tree::machine().gic {
        Gic::V2 { distributor, .. } => distributor.start,
        // The second frame of core 0's redistributor (Arm IHI 0069, "GICR_ISENABLER0").
        Gic::V3 { redistributors, .. } => {
            redistributors[0].as_ref().map_or(0, |it| it.start) + (64 << 10)
        }
    };
    let write = |offset| {
        // SAFETY: GICD_ISENABLER0 and GICD_ISPENDR0, or those of the redistributor, at the same offsets; they
        // are mapped as device memory, and writing ones touches no other interrupt.
        unsafe { ((registers + offset) as *mut u32).write_volatile(BIT) }
    };
    write(0x100);
    write(0x200);
    let deadline = time::after_ms(PATIENCE_MS);
    while time::now() < deadline {}
}

#[allow(unconditional_recursion, reason = "the stack is meant to run out")]
fn overflow_stack() {
    let room = black_box([0u8; 512]);
    overflow_stack();
    black_box(room);
}

fn hang_masked() {
    interrupt_mask::mask_interrupts();
    loop {
        core::hint::black_box(());
    }
}

fn hang_asleep() {
    interrupt_mask::mask_interrupts();
    cpu::sleep_forever()
}

fn test_failed() {
    let mut ktap = Ktap::plan(2);
    ktap.test("this passes", || Ok(()));
    ktap.test("this does not", || ktap::equal("one and one", 1 + 1, 3));
    ktap.finish();
}

fn condition_failed() {
    let mut ktap = Ktap::plan(1);
    ktap.test("this does not hold", || ktap::holds("one and one are three", 1 + 1 == 3));
    ktap.finish();
}

fn test_skipped() {
    println!("KTAP version 1\n1..2\nok 1 this ran\nok 2 this did not # SKIP not today");
    println!("# rundown: PASS");
}

fn test_left_out() {
    let mut ktap = Ktap::plan(2);
    ktap.test("this ran", || Ok(()));
    ktap.finish();
}

fn test_added() {
    let mut ktap = Ktap::plan(1);
    ktap.test("this was planned", || Ok(()));
    ktap.test("this was not", || Ok(()));
    ktap.finish();
}

fn status_fails() {
    println!("KTAP version 1\n1..1\nok 1 this ran\n# rundown: PASS");
    exit::exit(Status::Fail);
}

fn output_cut() {
    println!("KTAP version 1\n1..1\nok 1 this ran");
}

/// An owner that does not wait: it poisons the object in the middle of a round.
fn poison_while_held() {
    let shared = shared::prepare();
    let mut ktap = Ktap::plan(2);
    cores::this().timer.call_at(time::now(), || shared::prepare().canary.poison());
    ktap.test("every core uses the object until one starts the drain", || rounds::run(shared));
    ktap.test("no holder ever saw the poison", || rounds::no_poison_seen(shared));
    ktap.finish();
}

/// Something that cannot be printed: what happens instead.
struct Unprintable(fn());

impl fmt::Display for Unprintable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0();
        Ok(())
    }
}

/// Core 1 hangs in the middle of a line, and core 0 has something to report.
fn console_is_held() {
    static HELD: AtomicBool = AtomicBool::new(false);
    fn hold() {
        HELD.store(true, Ordering::Relaxed);
        hang_masked();
    }
    jobs::run_on(&|core| core < 2, &|core| {
        if core == 1 {
            println!("# this line has no end: {}", Unprintable(hold));
        }
        while !HELD.load(Ordering::Relaxed) {
            cpu::give_way();
        }
        panic!("on purpose, while core 1 holds the console");
    });
}

/// A core dies in the middle of a line of another, which then wants to pass: no word of that is printed.
fn taken_by(dies: usize) {
    static PRINTS: AtomicBool = AtomicBool::new(false);
    static TAKEN: AtomicBool = AtomicBool::new(false);
    fn wait_for(flag: &AtomicBool) {
        while !flag.load(Ordering::Relaxed) {
            cpu::give_way();
        }
    }
    jobs::run_on(&|core| core < 2, &|core| {
        if core == dies {
            wait_for(&PRINTS);
            let report = Unprintable(|| {
                TAKEN.store(true, Ordering::Relaxed);
                let deadline = time::after_ms(300);
                while time::now() < deadline {}
            });
            panic!("on purpose, {report}and all of it is printed");
        }
        let middle = Unprintable(|| {
            PRINTS.store(true, Ordering::Relaxed);
            wait_for(&TAKEN);
        });
        println!("# this line has no end: {middle}it must not be printed");
        exit::verdict(Status::Pass)
    });
}

/// No handler runs while a core says why it dies, and the hook comes after that.
fn report_masked() {
    panic::set_hook(|| {
        println!("# hook, with interrupts masked: {}", interrupt_mask::interrupts_are_masked())
    });
    panic!("on purpose");
}

fn report_faults_in_handler() {
    panic::set_hook(null_dereference);
    timer_interrupt(null_dereference);
}

/// Whoever wants to report the fault asks for the core's data, which is the next fault.
fn core_data_gone() {
    TPIDR_EL1.set(8);
    null_dereference();
}

/// Core 0 has passed when core 1 panics, `apart=TICKS` later, or before that if it is negative.
///
/// One of the two ends the run. Both are right, but never half of each.
fn two_ends() {
    let apart = device_tree::machine().argument("apart").and_then(|ticks| ticks.parse().ok());
    let apart: i64 = apart.unwrap_or(0);
    let mut ktap = Ktap::plan(1);
    ktap.test("this passes", || Ok(()));
    let pass_at = time::now() + time::frequency() / 500;
    jobs::run_on(&|core| core < 2, &|core| {
        let at = if core == 0 { pass_at } else { pass_at.wrapping_add_signed(apart) };
        while time::now() < at {}
        if core == 0 { exit::verdict(Status::Pass) } else { panic!("on purpose") }
    });
}

/// Core 0 forgets to release two holds, for which core 1 waits.
fn late_wait() {
    let object = protection::object(cores::count());
    let (held, line) = (object.try_acquire_n(2), line!());
    if cfg!(feature = "holders") {
        println!("# wanted: 2 holds, slot 0, taken at {}:{line}:", file!());
    }
    core::mem::forget(held);
    jobs::run_on(&|core| core == 1, &|_| object.wait());
}
