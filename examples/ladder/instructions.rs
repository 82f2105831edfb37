//! `mode=instructions`: how long the way through a pair is, in instructions.
//!
//! With `-icount shift=4` QEMU's virtual clock goes on by 16 ns for each instruction, and a counter of
//! 62.5 MHz by one tick (`-cpu max,cntfrq=62500000`; what `max` has by itself before QEMU 10): CNTVCT_EL0
//! counts instructions, the same in every run. One core works, the others sleep, so this is what a pair
//! costs when nobody is in the way; it says nothing about caches.

use crate::arguments::Arguments;
use crate::masked;
use crate::table::{BAR, bar};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::arch::asm;
use core::hint::black_box;
use ladder::{Drains, SLOTS, Thousandths, Variant, ratio};
use machine::arch::time;
use machine::board::console::println;
use machine::board::exit::{self, Status};
use machine::smp::cores;
use machine::smp::protection::ThisCore;
use machine::testing::ktap::{self, Ktap, equal};
use machine::testing::measure::{self, Text};

/// Pairs at a time, if `pairs=` does not say.
const PAIRS: u64 = 1000;

/// Counts, reports, and ends QEMU.
pub fn run(arguments: &Arguments) -> ! {
    if !a_tick_is_an_instruction() {
        println!(
            "# mode=instructions: a tick is no instruction here; boot with \
             QEMU_CPU=max,cntfrq=62500000 QEMU_ACCEL=tcg,thread=single \
             QEMU_EXTRA='-icount shift=4,sleep=off -append mode=instructions'"
        );
        exit::exit(Status::Fail);
    }
    let (variants, pairs) = (arguments.variants(), arguments.pairs.unwrap_or(PAIRS));
    let mut ktap = Ktap::plan(variants.len() + 3);
    let mut counted = Vec::new();
    for variant in &variants {
        let name = variant.name();
        ktap.test(&format!("{name}: every pair takes as many as the others"), || {
            counted.push((name, per_pair(&**variant, pairs)?));
            Ok(())
        });
    }
    let mut drains = Vec::new();
    ktap.test("a drain takes as many for each slot more", || {
        drains.extend(SLOTS.map(|slots| (slots, per_drain(slots))));
        grows_evenly(&drains)
    });
    let (mut masked, without) = (None, masked::object());
    ktap.test("masked: every pair takes as many as the others", || {
        masked = Some(per_pair(without, pairs)?);
        Ok(())
    });
    ktap.test("masked: a drain interrupts every core, and waits for who is inside", masked::drains);
    report(&counted, pairs, &drains);
    if let Some(per_pair) = masked {
        report_masked(per_pair, pairs);
    }
    ktap.finish()
}

/// Returns the instructions of one pair more, with its turn of the loop.
fn per_pair(variant: &dyn Variant, pairs: u64) -> Result<Thousandths, String> {
    let [once, twice, thrice] =
        [1, 2, 3].map(|times| times * pairs).map(|pairs| ticks(|| variant.pairs(0, pairs)));
    equal("off by", variant.reset(), 0)?;
    equal("as many pairs once more", thrice - twice, twice - once)?;
    Ok(ratio(twice - once, pairs))
}

/// Returns the instructions to start the run-down of one idle object more.
fn per_drain(slots: usize) -> u64 {
    let ticks_of = |count| {
        let objects = Drains::<ThisCore>::some(count, slots);
        ticks(|| assert_eq!(objects.drain(), count, "idle objects are run down at once"))
    };
    ticks_of(2) - ticks_of(1)
}

/// Checks that each slot costs the same, from the second on: one slot needs no loop.
fn grows_evenly(drains: &[(usize, u64)]) -> ktap::Result {
    let mut each = None;
    for pair in drains.windows(2).skip(1) {
        let [(fewer, less), (more, most)] = [pair[0], pair[1]];
        let slot = ratio(most - less, (more - fewer) as u64);
        equal(
            format!("for each slot, {more} instead of {fewer}"),
            slot,
            *each.get_or_insert(slot),
        )?;
    }
    Ok(())
}

/// Returns the ticks that `work` takes, without those that an empty one takes.
fn ticks(work: impl Fn()) -> u64 {
    timed(&work) - timed(&|| ())
}

/// Returns the ticks from before the work to after it. One function for all, called the same way, so
/// that what is around the work takes the same everywhere.
#[inline(never)]
fn timed(work: &dyn Fn()) -> u64 {
    let start = time::now();
    black_box(work)();
    time::now() - start
}

/// Returns whether so many NOPs more take so many ticks more.
fn a_tick_is_an_instruction() -> bool {
    fn nops<const COUNT: usize>() {
        // SAFETY: NOPs.
        unsafe {
            asm!(".rept {count}", "nop", ".endr", count = const COUNT,
                options(nomem, nostack, preserves_flags))
        };
    }
    (0..3).all(|_| {
        let [few, more, many] = [ticks(nops::<100>), ticks(nops::<200>), ticks(nops::<500>)];
        more - few == 100 && many - more == 300
    })
}

fn report(counted: &[(&str, Thousandths)], pairs: u64, drains: &[(usize, u64)]) {
    for (name, per_pair) in counted {
        let per_pair = format_args!("{per_pair:.1}");
        measure::print(
            "instructions",
            &[("rung", &Text(name)), ("pairs", &pairs), ("per_pair", &per_pair)],
        );
    }
    for (slots, per_drain) in drains {
        measure::print("drain_instructions", &[("slots", slots), ("per_drain", per_drain)]);
    }
    println!("#");
    println!("# instructions of a pair, with the loop around it, on one core");
    println!("#");
    let longest = counted.iter().map(|&(_, Thousandths(each))| each).max().unwrap_or(0);
    for (name, each) in counted {
        println!("# {name:<12} {each:>7.1}  {}", bar(each.0, longest, BAR));
    }
    println!("#");
    println!("# instructions to drain an idle object of so many slots");
    println!("#");
    let longest = drains.iter().map(|&(_, each)| each).max().unwrap_or(0);
    for (slots, each) in drains {
        let row = format!("# {slots:>5} {each:>14}  {}", bar(*each, longest, BAR));
        println!("{}", row.trim_end());
    }
    println!("#");
}

/// The pair without locked instructions stands apart: it is no variant of other machines.
fn report_masked(per_pair: Thousandths, pairs: u64) {
    let (per_pair, interrupts) = (format_args!("{per_pair:.1}"), cores::count() - 1);
    measure::print(
        "masked_instructions",
        &[("pairs", &pairs), ("per_pair", &per_pair), ("interrupts_per_drain", &interrupts)],
    );
    println!("# the same without locked instructions, interrupts masked twice a pair: {per_pair}");
    println!("# and {interrupts} inter-core interrupts a drain, on so many cores and one");
    println!("#");
}
