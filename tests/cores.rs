//! On-target tests of cores: they sleep, go off, and come again in the middle of what others do.
//!
//! One file, although it is long: a test is short, and all have the same core go and come.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use machine::arch::{cpu, time};
use machine::board::{device_tree, gic, psci};
use machine::smp::cores::{self, Core};
use machine::smp::protection::{Sleep, ThisCore, slot_words};
use machine::smp::{jobs, park, start};
use machine::testing::environment;
use machine::testing::ktap::{self, Ktap, equal, holds};
use rundown::{AcquireError, CacheAwareRundownRef, Rundown, RundownGuard};

#[path = "cores/redistributor.rs"]
mod redistributor;

machine::kernel!(main);

/// How long anything here may take, in milliseconds.
const DEADLINE_MS: u64 = 10_000;
/// How often the last core goes and comes in a test of many times.
const TIMES: usize = 25;
/// Twice the slots for each core: fewer than cores, as many, more, and many more.
const SLOTS: [usize; 4] = [1, 2, 3, 16];

type Object = CacheAwareRundownRef<ThisCore, Sleep>;

fn main() -> ! {
    let machine = device_tree::machine();
    let mut ktap = match machine.core_count {
        1 => Ktap::plan(2),
        _ => Ktap::plan(11),
    };
    environment::print();
    start::start_all(None);
    ktap.test("a sleep ends whose deadline passes while the core goes to sleep", short_sleeps_end);
    if machine.core_count == 1 {
        ktap.test("the only core cannot be started a second time", || starts_once(cores::this()));
        ktap.finish()
    }
    let last = cores::get(machine.core_count - 1).expect("every core is up");
    ktap.test("a core that is on cannot be started a second time", || starts_once(last));
    ktap.test("a core that is off is out of everything", || is_out(last));
    ktap.test("a core that comes again has its data, its stacks and its slot", || is_same(last));
    ktap.test("a core that comes again is interrupted, by others and by its timer", || {
        is_interrupted(last)
    });
    ktap.test("what is due while a core is off happens when it comes again", || is_due(last));
    ktap.test("the interrupt controller knows that a core is off", || is_asleep(last));
    ktap.test("a core goes off when it has done its job, and not before", || works_first(last));
    ktap.test(
        "holds of a core that is off are released elsewhere, before a drain and in it",
        || SLOTS.into_iter().try_for_each(|twice| held_by(last, twice)),
    );
    ktap.test("a core that comes in the middle of a drain is refused, and may release", || {
        SLOTS.into_iter().try_for_each(|twice| comes_in_a_drain(last, twice))
    });
    ktap.test("cores go and come while the others use the object", || goes_while_others_work(last));
    ktap.finish()
}

static LATE: AtomicUsize = AtomicUsize::new(0);

/// Sleeps for so short that the timer is due at any instruction on the way to WFI.
///
/// A sleep that its own timer does not end is ended by another call of the timer, much later.
fn short_sleeps_end() -> ktap::Result {
    fn much_later() {
        LATE.fetch_add(1, Ordering::Relaxed);
    }
    jobs::run_on(&|index| index < 8, &|index| {
        let timer = &cores::this().timer;
        for _ in 0..TIMES {
            timer.call_at(time::after_ms(DEADLINE_MS), much_later);
            for ticks in 0..400 {
                let deadline = time::now() + (ticks + index as u64) % 400;
                park::wait((&raw const index).cast(), || false, deadline);
                if LATE.load(Ordering::Relaxed) > 0 {
                    return;
                }
            }
        }
        timer.call_at(u64::MAX, much_later);
    });
    equal("sleeps that their deadline has not ended", LATE.load(Ordering::Relaxed), 0)
}

/// Makes an object with half as many slots as `twice` says, times the number of cores; at least one.
fn object(twice: usize) -> alloc::boxed::Box<Object> {
    let slots = (device_tree::machine().core_count * twice / 2).max(1);
    Object::boxed(slots).unwrap_or_else(|error| panic!("{error}"))
}

/// Runs `work` on one other core, and waits for it.
fn on(core: &Core, work: impl Fn() + Sync) {
    jobs::run_on(&|index| index == core.index, &|_| work());
}

fn starts_once(core: &Core) -> ktap::Result {
    equal("is off", psci::is_off(core.affinity), false)?;
    // An address where no code is: if it were started after all, it would not come far.
    let answer = psci::start_core(core.affinity, 0, 0);
    equal("PSCI CPU_ON", answer, Err(psci::Error::AlreadyOn))
}

fn is_out(last: &'static Core) -> ktap::Result {
    let count = cores::count();
    start::stop(last);
    equal("is off", psci::is_off(last.affinity), true)?;
    equal("cores that are up", cores::count(), count - 1)?;
    equal("cores that are listed", cores::all().count(), count - 1)?;
    holds("it cannot be found", cores::get(last.index).is_none())?;
    let ran = AtomicUsize::new(0);
    let interrupts = last.interrupts.load(Ordering::Relaxed);
    jobs::run(&|_| {
        ran.fetch_add(1, Ordering::Relaxed);
    });
    equal("cores that ran a job", ran.into_inner(), count - 1)?;
    gic::wake_core(last.target());
    let nobody = 0u8;
    park::wait((&raw const nobody).cast(), || false, time::after_ms(20));
    equal("its interrupts", last.interrupts.load(Ordering::Relaxed), interrupts)?;
    start::start(last);
    equal("is off", psci::is_off(last.affinity), false)?;
    equal("cores that are up again", cores::count(), count)?;
    equal("cores that are listed again", cores::all().count(), count)
}

fn is_same(last: &'static Core) -> ktap::Result {
    for _ in 0..TIMES {
        start::stop(last);
        start::start(last);
        let seen = spin::Mutex::new(None);
        on(last, || {
            let local = 0u8;
            let stack = (&raw const local).addr();
            let level = (cpu::exception_level(), cpu::memory_is_cached());
            *seen.lock() = Some((cores::this_index(), cores::this_slot(), stack, level));
        });
        let (index, slot, stack, level) = seen.into_inner().ok_or("it has run nothing")?;
        equal("index", index, last.index)?;
        equal("slot", slot, last.slot)?;
        equal("exception level, and whether memory is cached", level, (1, true))?;
        // From the top again, not below what the core had there when it went.
        let used = last.stacks.main.end.wrapping_sub(stack);
        holds(format_args!("{used} bytes of its stack are in use"), used < 4096)?;
    }
    Ok(())
}

static CALLED: AtomicUsize = AtomicUsize::new(0);

fn called() {
    CALLED.fetch_add(1, Ordering::Relaxed);
}

/// Waits until the callback of a timer has been called so often.
fn calls_are(count: usize) -> bool {
    let called = || CALLED.load(Ordering::Relaxed) == count;
    (0..DEADLINE_MS).any(|_| park::wait((&raw const CALLED).cast(), called, time::after_ms(1)))
}

fn is_interrupted(last: &'static Core) -> ktap::Result {
    for time in 1..=TIMES {
        start::stop(last);
        start::start(last);
        let before = last.interrupts.load(Ordering::Relaxed);
        gic::wake_core(last.target());
        let more = || last.interrupts.load(Ordering::Relaxed) > before;
        let nobody = 0u8;
        let soon = || park::wait((&raw const nobody).cast(), more, time::after_ms(1));
        holds(format_args!("interrupted, time {time}"), (0..DEADLINE_MS).any(|_| soon()))?;
        on(last, || last.timer.call_at(time::now(), called));
        holds(format_args!("called by its timer, time {time}"), calls_are(time))?;
    }
    Ok(())
}

fn is_due(last: &'static Core) -> ktap::Result {
    // On a busy host the core may take longer to go than the timer: then the call comes before, and a later
    // one is tried.
    for wait_ms in (0..8).map(|power| 50 << power) {
        let before = CALLED.load(Ordering::Relaxed);
        on(last, || last.timer.call_at(time::after_ms(wait_ms), called));
        start::stop(last);
        let at_first = CALLED.load(Ordering::Relaxed);
        let nobody = 0u8;
        park::wait((&raw const nobody).cast(), || false, time::after_ms(wait_ms));
        let at_last = CALLED.load(Ordering::Relaxed);
        start::start(last);
        equal("calls while it is off", at_last - at_first, 0)?;
        holds("the call has come", calls_are(before + 1))?;
        if at_first == before {
            return Ok(());
        }
    }
    Err("the core does not go off before its timer is due".into())
}

fn is_asleep(last: &'static Core) -> ktap::Result {
    let Some(on) = redistributor::asleep(last) else { return Ok(()) };
    start::stop(last);
    let off = redistributor::asleep(last);
    start::start(last);
    equal("GICR_WAKER while it is on", on, 0)?;
    equal("GICR_WAKER while it is off", off, Some(redistributor::ASLEEP))?;
    equal("GICR_WAKER when it is on again", redistributor::asleep(last), Some(0))
}

fn works_first(last: &'static Core) -> ktap::Result {
    for time in 1..=TIMES {
        let done = AtomicUsize::new(0);
        let work = |_: usize| {
            let nobody = 0u8;
            park::wait((&raw const nobody).cast(), || false, time::after_ms(2));
            done.fetch_add(1, Ordering::Relaxed);
        };
        let mut seen = 0;
        jobs::lead(&work, |job| {
            job.add(last);
            start::stop(last);
            seen = done.load(Ordering::Relaxed);
        });
        start::start(last);
        equal(format_args!("jobs that are done, time {time}"), seen, 1)?;
    }
    Ok(())
}

/// The last core acquires and goes; another releases what it held, before a drain and during one.
fn held_by(last: &'static Core, twice: usize) -> ktap::Result {
    const HOLDS: usize = 5;
    let object = object(twice);
    let words = || slot_words(&*object).fold(0, usize::wrapping_add);
    let leaked = AtomicUsize::new(0);
    on(last, || {
        let guard = object.try_acquire_n(HOLDS).expect("it is live");
        leaked.fetch_add(guard.leak(), Ordering::Relaxed);
    });
    start::stop(last);
    equal("holds taken", leaked.into_inner(), HOLDS)?;
    // SAFETY: of the leaked holds nobody knows but us.
    let mut guard = unsafe { RundownGuard::adopt(&*object, HOLDS) };
    drop(guard.split(2)); // on this core's slot, which may go below zero
    equal("twice the holds, by the slots", words(), 2 * (HOLDS - 2))?;
    holds("somebody holds it still", !object.begin_run_down())?;
    equal("holds that are left", object.outstanding(), Some(HOLDS - 2))?;
    drop(guard);
    holds("run down", object.is_run_down())?;
    start::start(last);
    let refused = AtomicUsize::new(0);
    on(last, || {
        let granted = object.try_acquire().map(drop);
        refused.fetch_add(usize::from(granted == Err(AcquireError::RunDown)), Ordering::Relaxed);
    });
    equal("refusals of the core that came again", refused.into_inner(), 1)
}

/// A drain waits; the last core, which was off when it began, comes, is refused, and releases the last hold.
fn comes_in_a_drain(last: &'static Core, twice: usize) -> ktap::Result {
    let object = object(twice);
    let mut holds_here = Vec::new();
    holds_here.extend(object.try_acquire_n(3));
    start::stop(last);
    let late = object.wait_until(time::after_ms(1)).map_err(|late| late.outstanding);
    equal("a wait while three are held", late, Err(Some(3)))?;
    start::start(last);
    let given = spin::Mutex::new(holds_here.pop());
    let refused = AtomicUsize::new(0);
    let work = |_: usize| {
        refused.fetch_add(usize::from(object.try_acquire().is_err()), Ordering::Relaxed);
        drop(given.lock().take());
    };
    let mut waited = Ok(());
    jobs::lead(&work, |job| {
        job.add(last);
        let deadline = time::after_ms(DEADLINE_MS);
        waited = object.wait_until(deadline).map_err(|late| alloc::format!("{late}"));
        if time::now() >= deadline {
            waited = Err("only the deadline has ended the sleep".into());
        }
    });
    waited?;
    equal("refusals", refused.into_inner(), 1)?;
    equal("holds that are left", object.outstanding(), Some(0))?;
    equal("slots", slot_words(&*object).filter(|word| word & 1 == 0).count(), 0)
}

/// All cores use an object; those but the first go and come, one after the other, and then it is drained.
fn goes_while_others_work(last: &'static Core) -> ktap::Result {
    let object = object(2);
    let (granted, stop) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let work = |_: usize| {
        while stop.load(Ordering::Relaxed) == 0 {
            for _ in 0..100 {
                granted.fetch_add(usize::from(object.try_acquire().is_ok()), Ordering::Relaxed);
            }
            cpu::give_way();
        }
    };
    let others = || (1..last.index).filter_map(cores::get);
    let (mut before, mut enough) = (0, false);
    jobs::lead(&work, |job| {
        others().for_each(|core| job.add(core));
        for _ in 0..TIMES {
            start::stop(last);
            start::start(last);
            before += usize::from(object.try_acquire().is_ok());
        }
        job.add(last);
        let some = || granted.load(Ordering::Relaxed) > 1000;
        let soon = || park::wait((&raw const granted).cast(), some, time::after_ms(1));
        enough = (0..DEADLINE_MS).any(|_| soon());
        stop.store(1, Ordering::Relaxed);
    });
    holds("they have used it", enough)?;
    equal("acquires of this core", before, TIMES)?;
    equal("twice the holds", slot_words(&*object).fold(0, usize::wrapping_add), 0)?;
    holds("nothing is left over", object.begin_run_down())
}
