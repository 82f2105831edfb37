//! On-target tests of the machine: memory, interrupts, sleep, heap, objects.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::hint::black_box;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};
use machine::arch::{cpu, time};
use machine::board::device_tree;
use machine::smp::protection::{Object, OwnLines, Sleep, ThisCore};
use machine::smp::{cores, jobs, park, start};
use machine::testing::ktap::{self, Ktap, equal, holds};
use machine::testing::{environment, measure};
use rundown::{CACHE_LINE, CurrentSlot, InitError, Rundown, RundownRef, StaticRundownRef};

#[path = "machine/arrival.rs"]
mod arrival;
#[path = "machine/controller.rs"]
mod controller;
#[path = "machine/interrupts.rs"]
mod interrupts;
#[path = "machine/pages.rs"]
mod pages;
#[path = "machine/patience.rs"]
mod patience;
#[path = "machine/registers.rs"]
mod registers;
#[path = "machine/words.rs"]
mod words;

use patience::DEADLINE_MS;

machine::kernel!(main);

fn main() -> ! {
    if device_tree::machine().argument("mode") == Some("counts") {
        counts()
    }
    let mut ktap = Ktap::plan(22);
    environment::print();
    arrival::start_all();
    ktap.test("a core that is up takes interrupts", arrival::took_interrupts);
    ktap.test("the kernel runs at EL1, wherever it was entered", || {
        equal("exception level", cpu::exception_level(), 1)
    });
    ktap.test("every page has the permissions of what lies there", pages::final_map);
    ktap.test("so it had while the kernel began, but for the image", pages::early_map);
    ktap.test("every core translates as the page tables say", pages::every_mmu);
    ktap.test("below every stack lies an unmapped page", pages::guards);
    ktap.test("what the device tree keeps for others is not mapped", pages::reserved);
    ktap.test("an inter-core interrupt reaches every core", interrupts::arrive);
    ktap.test("interrupts are masked where it is asked, errors nowhere", interrupts::masks);
    ktap.test("the timer calls and wakes at its time", interrupts::timer_keeps_its_times);
    ktap.test("an interrupt gives every register back", registers::survive);
    ktap.test("so does one that interrupts a handler", registers::survive_in_handler);
    ktap.test("idle cores sleep", idle_cores_sleep);
    ktap.test("no wake-up is lost between two cores", no_wakeup_is_lost);
    ktap.test("an interrupt may acquire in the middle of an acquire", interrupt_acquires);
    ktap.test("the heap serves all cores at once", heap_serves_all);
    ktap.test("objects in a static, on the heap and in given memory serve all cores", all_forms);
    ktap.test("time does not run backwards from core to core", time_is_monotonic);
    ktap.test("a second is a second", words::times);
    ktap.test(
        "every core's interrupt controller lets through what is handled",
        controller::is_set_up,
    );
    ktap.test("an exception has the right name", words::exceptions);
    ktap.test("slots are as far apart as the caches ask for", words::lines);
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

fn idle_cores_sleep() -> ktap::Result {
    let others = || cores::all().filter(|core| core.index != cores::this_index());
    let before: u64 = others().map(interrupts::taken).sum();
    let nobody = 0u8;
    park::wait((&raw const nobody).cast(), || false, time::after_ms(50));
    let awake = others().filter(|core| core.parked_on.load(Ordering::Relaxed) == 0).count();
    equal("cores that are awake", awake, 0)?;
    // Each may have been on its way back to sleep from the test before, once.
    let after: u64 = others().map(interrupts::taken).sum();
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
            let deadline = time::after_ms(DEADLINE_MS);
            let got = park::wait((&raw const ball).cast(), mine, deadline);
            // Who was not woken sleeps to the deadline, even if the ball has come meanwhile.
            if !got || time::now() >= deadline {
                lost.fetch_add(1, Ordering::Relaxed);
            }
            if !got {
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
    equal("bytes that another core has overwritten", wrong.into_inner(), 0)?;
    // Far more than there is: what is given back is used again.
    for _ in 0..4096 {
        drop(black_box(Vec::<u8>::with_capacity(64 << 10)));
    }
    interrupt_allocates()
}

/// An interrupt may allocate in the middle of an allocation.
fn interrupt_allocates() -> ktap::Result {
    const INTERRUPTS: usize = 200;
    static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
    fn allocate() {
        drop(black_box(Vec::<u8>::with_capacity(100)));
        ALLOCATED.fetch_add(1, Ordering::Relaxed);
    }
    let deadline = time::after_ms(DEADLINE_MS);
    for interrupt in 0..INTERRUPTS {
        cores::this().timer.call_at(time::now() + 100 + interrupt as u64, allocate);
        while ALLOCATED.load(Ordering::Relaxed) <= interrupt && time::now() <= deadline {
            drop(black_box(Vec::<u8>::with_capacity(100)));
        }
    }
    equal("interrupts that allocated", ALLOCATED.load(Ordering::Relaxed), INTERRUPTS)
}

static STATIC: StaticRundownRef<ThisCore, 3, Sleep> = StaticRundownRef::new();
static PLAIN: RundownRef<Sleep> = RundownRef::with_park();

fn all_forms() -> ktap::Result {
    slots_differ()?;
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

/// Each core counts in a slot of its own: in another's it would count right, and only be slow.
fn slots_differ() -> ktap::Result {
    let wrong = AtomicUsize::new(0);
    jobs::run(&|core| {
        let slots = (ThisCore::current_slot(), OwnLines::current_slot());
        let right = slots == (core, cores::slot_of(core));
        wrong.fetch_add(usize::from(!right), Ordering::Relaxed);
    });
    equal("cores with another's slot", wrong.into_inner(), 0)
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
