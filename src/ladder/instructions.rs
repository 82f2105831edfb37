//! `mode=instructions`: how long the way through a pair is, in instructions.
//!
//! With `-icount shift=4` QEMU's virtual clock goes on by 16 ns for each instruction, and the counter of
//! 62.5 MHz by one tick: CNTVCT_EL0 counts instructions, the same in every run. One core works, the
//! others sleep, so this is what a pair costs when nobody is in the way; it says nothing about caches.

use super::arguments::Arguments;
use crate::ktap::{self, Ktap, equal};
use crate::rounds::ThisCore;
use crate::{exit, println, time};
use alloc::format;
use core::arch::asm;
use core::hint::black_box;
use ladder::{Drains, SLOTS, ratio};

const PAIRS: u64 = 1000;

/// Counts, reports, and ends QEMU.
pub fn run(arguments: &Arguments) -> ! {
    if !a_tick_is_an_instruction() {
        println!(
            "# mode=instructions: a tick is no instruction here; boot with QEMU_ACCEL=tcg,thread=single \
             QEMU_EXTRA='-icount shift=4,sleep=off -append mode=instructions'"
        );
        exit::exit(exit::Status::Fail);
    }
    let (rungs, pairs) = (arguments.ladder(), arguments.pairs.unwrap_or(PAIRS));
    let mut ktap = Ktap::plan(rungs.len() + 1);
    println!("# instructions for a pair, the loop around it included; on one core");
    for rung in &rungs {
        let name = rung.name();
        ktap.test(&format!("{name}: every pair takes as many as the others"), || {
            let [once, twice, thrice] =
                [1, 2, 3].map(|times| times * pairs).map(|pairs| ticks(|| rung.pairs(0, pairs)));
            println!(
                "# measure {{\"name\":\"instructions\",\"rung\":\"{name}\",\"pairs\":{pairs},\
                 \"per_pair\":{:.1}}}",
                ratio(twice - once, pairs)
            );
            equal("off by", rung.settle(), 0)?;
            equal("as many pairs once more", thrice - twice, twice - once)
        });
    }
    ktap.test("a drain takes as many for each slot more", drains);
    ktap.finish()
}

fn drains() -> ktap::Result {
    let (mut last, mut each): (Option<(usize, u64)>, Option<u64>) = (None, None);
    for slots in SLOTS {
        let per_drain = per_drain(slots);
        println!(
            "# measure {{\"name\":\"drain_instructions\",\"slots\":{slots},\"per_drain\":{per_drain}}}"
        );
        if let Some((fewer, less)) = last {
            let (more, slots_more) = (per_drain - less, (slots - fewer) as u64);
            let what = format!("of {more} instructions for {slots_more} slots more, the rest");
            equal(what, more % slots_more, 0)?;
            // From one slot to two there is also a loop where there was none.
            if fewer > 1 {
                let slot = more / slots_more;
                equal(format!("for a slot of {slots}"), slot, *each.get_or_insert(slot))?;
            }
        }
        last = Some((slots, per_drain));
    }
    Ok(())
}

/// Instructions to start the run-down of one idle object more.
fn per_drain(slots: usize) -> u64 {
    let ticks_of = |count| {
        let objects = Drains::<ThisCore>::some(count, slots);
        ticks(|| assert_eq!(objects.drain(), count, "idle objects are run down at once"))
    };
    ticks_of(2) - ticks_of(1)
}

/// Ticks that `work` takes; those of an empty one are taken off.
fn ticks(work: impl Fn()) -> u64 {
    timed(&work) - timed(&|| ())
}

/// One function for all, called the same way: what is around the work takes the same everywhere.
#[inline(never)]
fn timed(work: &dyn Fn()) -> u64 {
    let start = time::now();
    black_box(work)();
    time::now() - start
}

/// Checks it with NOPs: so many more of them, so many more ticks.
fn a_tick_is_an_instruction() -> bool {
    fn nops<const COUNT: usize>() {
        // SAFETY: NOPs.
        unsafe {
            asm!(".rept {count}", "nop", ".endr", count = const COUNT,
                options(nomem, nostack, preserves_flags))
        };
    }
    let counted = [ticks(nops::<100>), ticks(nops::<200>), ticks(nops::<500>)];
    (0..3).all(|_| counted == [ticks(nops::<100>), ticks(nops::<200>), ticks(nops::<500>)])
        && counted[1] - counted[0] == 100
        && counted[2] - counted[1] == 300
}
