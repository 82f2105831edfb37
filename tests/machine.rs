//! On-target tests of the machine: memory, interrupts, sleep, heap, objects.

#![no_std]
#![no_main]

extern crate alloc;

use aarch64_cpu::registers::{PAR_EL1, Readable};
use alloc::vec::Vec;
use core::arch::asm;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};
use machine::arch::{cpu, time};
use machine::board::memory::PAGE;
use machine::board::{device_tree, gic, image};
use machine::smp::protection::{Object, Sleep, ThisCore};
use machine::smp::{cores, jobs, park, start};
use machine::testing::ktap::{self, Ktap, equal, holds};
use machine::testing::{environment, measure};
use rundown::{CACHE_LINE, InitError, Rundown, RundownRef, StaticRundownRef};

machine::kernel!(main);

/// How long anything here may take, in milliseconds.
const DEADLINE_MS: u64 = 10_000;

fn main() -> ! {
    if device_tree::machine().argument("mode") == Some("counts") {
        counts()
    }
    let mut ktap = Ktap::plan(12);
    environment::print();
    start::start_all(None);
    ktap.test("the kernel runs at EL1, wherever it was entered", || {
        equal("exception level", cpu::exception_level(), 1)
    });
    ktap.test("text and constants can be read and not written", constants_are_read_only);
    ktap.test("data, stacks and heap can be written", data_is_writable);
    ktap.test("below every stack lies an unmapped page", guards_are_unmapped);
    ktap.test("what the device tree keeps for others is not mapped", reserved_is_unmapped);
    ktap.test("an inter-core interrupt reaches every core", interrupts_arrive);
    ktap.test("idle cores sleep", idle_cores_sleep);
    ktap.test("no wake-up is lost between two cores", no_wakeup_is_lost);
    ktap.test("an interrupt may acquire in the middle of an acquire", interrupt_acquires);
    ktap.test("the heap serves all cores at once", heap_serves_all);
    ktap.test("objects in a static, on the heap and in given memory serve all cores", all_forms);
    ktap.test("time does not run backwards from core to core", time_is_monotonic);
    ktap.finish()
}

/// Tells how long it took to start all cores, and how long a job for each of them takes.
///
/// With `-icount shift=4` and a counter of 62.5 MHz a tick is an instruction, whichever core makes it.
fn counts() -> ! {
    let mut ktap = Ktap::plan(1);
    start::start_all(None);
    let started = time::now(); // the counter began with the machine
    jobs::run(&|_| {});
    let done = time::now() - started;
    let cores = cores::count();
    measure::print("counts", &[("cores", &cores), ("start", &started), ("job", &done)]);
    let expected = device_tree::machine().core_count;
    ktap.test("every core is up", || equal("cores", cores, expected));
    ktap.finish()
}

/// Asks the MMU whether EL1 may read, or write, an address (Arm ARM, AT S1E1R, AT S1E1W).
fn mapped(address: usize, write: bool) -> bool {
    // SAFETY: AT only translates; its result is in PAR_EL1.
    unsafe {
        if write {
            asm!("at s1e1w, {}", "isb", in(reg) address, options(nostack));
        } else {
            asm!("at s1e1r, {}", "isb", in(reg) address, options(nostack));
        }
    }
    PAR_EL1.read(PAR_EL1::F) == 0
}

fn constants_are_read_only() -> ktap::Result {
    for page in image::text().chain(image::rodata()).step_by(PAGE) {
        holds(format_args!("{page:#x} can be read"), mapped(page, false))?;
        holds(format_args!("{page:#x} cannot be written"), !mapped(page, true))?;
    }
    Ok(())
}

fn data_is_writable() -> ktap::Result {
    let block = Vec::<u64>::with_capacity(1);
    let heap = block.as_ptr().addr();
    let stacks = cores::all().flat_map(|core| [&core.stacks.main, &core.stacks.exception]);
    let tops = stacks.map(|stack| stack.end - 8);
    for address in image::data().step_by(PAGE).chain([heap]).chain(tops) {
        holds(format_args!("{address:#x} can be written"), mapped(address, true))?;
    }
    Ok(())
}

fn guards_are_unmapped() -> ktap::Result {
    for core in cores::all() {
        for stack in [&core.stacks.main, &core.stacks.exception] {
            let index = core.index;
            holds(format_args!("core {index} has its stack"), mapped(stack.start, true))?;
            holds(format_args!("core {index} has a guard"), !mapped(stack.start - 8, false))?;
        }
    }
    Ok(())
}

fn reserved_is_unmapped() -> ktap::Result {
    let machine = device_tree::machine();
    for page in machine.tree.clone().step_by(PAGE) {
        holds(format_args!("{page:#x}, of the tree, can be read"), mapped(page, false))?;
        holds(format_args!("{page:#x}, of the tree, cannot be written"), !mapped(page, true))?;
    }
    for page in machine.reserved.iter().flatten().step_by(PAGE) {
        let tree = machine.tree.contains(&page); // loaders may reserve it
        holds(format_args!("{page:#x} cannot be read"), tree || !mapped(page, false))?;
    }
    Ok(())
}

fn taken(core: &cores::Core) -> u64 {
    core.interrupts.load(Ordering::Relaxed)
}

fn interrupts_arrive() -> ktap::Result {
    for core in cores::all() {
        let before = taken(core);
        gic::wake_core(core.target());
        let deadline = time::after_ms(DEADLINE_MS);
        park::wait(
            (&raw const before).cast(),
            || taken(core) > before,
            deadline.min(time::after_ms(20)),
        );
        while taken(core) == before && time::now() < deadline {}
        holds(format_args!("core {} was interrupted", core.index), taken(core) > before)?;
    }
    Ok(())
}

fn idle_cores_sleep() -> ktap::Result {
    let others = || cores::all().filter(|core| core.index != cores::this_index());
    let before: u64 = others().map(taken).sum();
    let nobody = 0u8;
    park::wait((&raw const nobody).cast(), || false, time::after_ms(50));
    let awake = others().filter(|core| core.parked_on.load(Ordering::Relaxed) == 0).count();
    equal("cores that are awake", awake, 0)?;
    // Each may have been on its way back to sleep from the test before, once.
    let after: u64 = others().map(taken).sum();
    holds(
        format_args!("{} interrupts in 50 ms", after - before),
        after - before <= others().count() as u64,
    )
}

/// Two cores pass a ball; each sleeps until it has it.
fn no_wakeup_is_lost() -> ktap::Result {
    const PASSES: usize = 2_000;
    let players = cores::count().min(2);
    let ball = AtomicUsize::new(0);
    let lost = AtomicUsize::new(0);
    jobs::run_on(&|core| core < players, &|core| {
        for pass in (core..PASSES).step_by(players) {
            let mine = || ball.load(Ordering::Acquire) == pass;
            let got = park::wait((&raw const ball).cast(), mine, time::after_ms(DEADLINE_MS));
            if !got {
                lost.fetch_add(1, Ordering::Relaxed);
                return;
            }
            ball.store(pass + 1, Ordering::Release);
            park::wake((&raw const ball).cast());
        }
    });
    equal("cores that waited in vain", lost.into_inner(), 0)?;
    equal("passes", ball.into_inner(), PASSES)
}

static INTERRUPTED: StaticRundownRef<ThisCore, 4, Sleep> = StaticRundownRef::new();
static BY_INTERRUPT: AtomicUsize = AtomicUsize::new(0);

fn interrupt_acquires() -> ktap::Result {
    const INTERRUPTS: usize = 200;
    fn acquire() {
        drop(INTERRUPTED.try_acquire());
        BY_INTERRUPT.fetch_add(1, Ordering::Relaxed);
    }
    let deadline = time::after_ms(DEADLINE_MS);
    let mut pairs = 0usize;
    for interrupt in 0..INTERRUPTS {
        // At another distance each time, so that it comes between other instructions of a pair.
        cores::this().timer.call_at(time::now() + 100 + interrupt as u64, acquire);
        loop {
            pairs += usize::from(INTERRUPTED.try_acquire().is_ok());
            if BY_INTERRUPT.load(Ordering::Relaxed) > interrupt || time::now() > deadline {
                break;
            }
        }
    }
    equal("interrupts that acquired", BY_INTERRUPT.load(Ordering::Relaxed), INTERRUPTS)?;
    holds("at least a pair for each was granted", pairs >= INTERRUPTS)?;
    holds("nothing is left over", INTERRUPTED.begin_run_down())
}

fn heap_serves_all() -> ktap::Result {
    let wrong = AtomicUsize::new(0);
    jobs::run(&|core| {
        for round in 1..200 {
            let blocks: Vec<Vec<u8>> =
                (1..8).map(|size| alloc::vec![core as u8; size * round % 509 + 1]).collect();
            let mixed = blocks.iter().flatten().filter(|&&byte| byte != core as u8).count();
            wrong.fetch_add(mixed, Ordering::Relaxed);
        }
    });
    equal("bytes that another core has overwritten", wrong.into_inner(), 0)
}

static STATIC: StaticRundownRef<ThisCore, 3, Sleep> = StaticRundownRef::new();
static PLAIN: RundownRef<Sleep> = RundownRef::new();

fn all_forms() -> ktap::Result {
    let layout = Object::layout(5).expect("5 slots are possible");
    let mut memory: Vec<MaybeUninit<u8>> = Vec::new();
    memory.resize(layout.size() + CACHE_LINE, MaybeUninit::new(0x5a));
    let start = memory.as_ptr().align_offset(CACHE_LINE);
    let small = Object::init_in(&mut memory[start..start + layout.size() - 1], 5);
    holds("a small buffer is refused", matches!(small, Err(InitError::TooSmall { .. })))?;
    let skewed = Object::init_in(&mut memory[start + 1..], 5);
    holds("a misaligned buffer is refused", matches!(skewed, Err(InitError::Misaligned { .. })))?;
    let given =
        &*Object::init_in(&mut memory[start..], 5).map_err(|error| alloc::format!("{error}"))?;
    let boxed = Object::boxed(2).map_err(|error| alloc::format!("{error}"))?;
    serve("in given memory", given)?;
    serve("on the heap", &*boxed)?;
    serve("in a static", &STATIC)?;
    serve("plain", &PLAIN)
}

fn serve(which: &str, object: &(impl Rundown + ?Sized)) -> ktap::Result {
    let pairs = AtomicUsize::new(0);
    jobs::run(&|_| {
        let done = (0..1000).filter(|_| object.try_acquire().is_ok()).count();
        pairs.fetch_add(done, Ordering::Relaxed);
    });
    equal(format_args!("pairs, {which}"), pairs.into_inner(), 1000 * cores::count())?;
    object.wait();
    holds(format_args!("refused after the drain, {which}"), object.try_acquire().is_err())
}

fn time_is_monotonic() -> ktap::Result {
    let latest = AtomicUsize::new(0);
    let backwards = AtomicUsize::new(0);
    jobs::run(&|_| {
        for _ in 0..1000 {
            let seen = latest.load(Ordering::Acquire);
            let now = time::now() as usize;
            backwards.fetch_add(usize::from(now < seen), Ordering::Relaxed);
            latest.fetch_max(now, Ordering::AcqRel);
        }
    });
    equal("steps backwards", backwards.into_inner(), 0)
}
