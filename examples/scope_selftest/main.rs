//! Phases whose coherence traffic is known, for the tests of crates/cachescope.
//!
//! Each core adds to its word a fixed number of times; the words lie in one place, packed into one
//! line, or 64 or 128 bytes apart. `-append`: `adds=N` a core (100), `atomics=default|lse|exclusive`
//! (what the compiler makes of `fetch_add`, or one of the two instructions), `cores=N` that take part
//! (all), `announced=N` that the markers speak of (as many; with more, a schedule must get stuck). Then
//! the cores hand a token round, asleep until it comes (`lose=N`: after N turns nobody is woken, and a
//! schedule must get stuck as well), and core 0 executes one instruction of each unusual kind
//! (`kinds.rs`). With `unseen=NAME where=PLACE` it executes one instruction that the plugin
//! must refuse (`unseen.rs`), and nothing else. Also boots without the plugin.

#![no_std]
#![no_main]

extern crate alloc;

use core::arch::asm;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use machine::arch::{interrupt_mask, time};
use machine::board::{device_tree, gic};
use machine::smp::{cores, jobs, start};
use machine::testing::ktap::{Ktap, Result, equal, holds};

mod kinds;
mod unseen;

machine::kernel!(main);

const WORD: usize = size_of::<AtomicUsize>();
/// Bytes between two cores' words, and a name; 0: all use one word.
const LAYOUTS: [(&str, usize); 4] =
    [("shared", 0), ("packed", WORD), ("padded64", 64), ("padded128", 128)];
const TOKEN: u16 = 1 + LAYOUTS.len() as u16;
const ROUNDS: usize = 20;
const DEADLINE_MS: u64 = 20_000;

/// Room for every core's word at the widest layout, on pages that nothing else lies on.
#[repr(C, align(4096))]
struct Words([AtomicUsize; cores::MAX_CORES * 128 / WORD]);

static WORDS: Words = Words([const { AtomicUsize::new(0) }; cores::MAX_CORES * 128 / WORD]);
/// Whose turn it is; alone on its line.
#[repr(C, align(128))]
struct Token(AtomicUsize);

static BATON: Token = Token(AtomicUsize::new(0));

fn main() -> ! {
    start::start_all(None);
    if let Some(name) = device_tree::machine().argument("unseen") {
        let mut ktap = Ktap::plan(1);
        let place = device_tree::machine().argument("where").unwrap_or("inside");
        ktap.test("unseen", || unseen::run(name, place));
        ktap.finish();
    }
    let mut ktap = Ktap::plan(6);
    let number = |name, default| {
        let argument = device_tree::machine().argument(name);
        argument.map_or(default, |text| text.parse().expect("a number"))
    };
    let (adds, taking_part) = (number("adds", 100), number("cores", cores::count()));
    let announced = number("announced", taking_part);
    let add = match device_tree::machine().argument("atomics") {
        Some("lse") => add_lse,
        Some("exclusive") => add_exclusive,
        _ => add_default,
    };
    for (phase, (name, stride)) in (1..).zip(LAYOUTS) {
        ktap.test(name, || run(phase, (name, stride), taking_part, announced, adds, add));
    }
    ktap.test("token", || hand_round(taking_part, number("lose", usize::MAX)));
    ktap.test("kinds", || kinds::run(TOKEN + 1));
    ktap.finish()
}

fn run(
    phase: u16,
    (name, stride): (&str, usize),
    taking_part: usize,
    announced: usize,
    adds: usize,
    add: fn(&AtomicUsize),
) -> Result {
    let word = |core: usize| &WORDS.0[core * stride / WORD];
    let last = ptr::from_ref(word(taking_part - 1)).wrapping_add(1);
    cachescope_guest::watch(name, ptr::from_ref(word(0))..last, stride);
    cachescope_guest::name(phase, name);
    WORDS.0.iter().for_each(|word| word.store(0, Ordering::Relaxed));
    cachescope_guest::cold();
    jobs::run_on(&|core| core < taking_part, &|core| {
        let word = word(core);
        cachescope_guest::phase(phase, announced);
        (0..adds).for_each(|_| add(word));
        cachescope_guest::end();
    });
    let sum: usize = WORDS.0.iter().map(|word| word.load(Ordering::Relaxed)).sum();
    equal("sum", sum, taking_part * adds)
}

fn add_default(word: &AtomicUsize) {
    word.fetch_add(1, Ordering::Relaxed);
}

fn add_lse(word: &AtomicUsize) {
    // SAFETY: adds to a word that lives, as `fetch_add` does. On a core without LSE it is an undefined
    // instruction, which ends the kernel.
    unsafe {
        asm!(".arch_extension lse", "ldadd {one}, {old}, [{word}]",
            one = in(reg) 1_usize, old = out(reg) _, word = in(reg) word.as_ptr(),
            options(nostack, preserves_flags));
    }
}

fn add_exclusive(word: &AtomicUsize) {
    // SAFETY: as above, on every core.
    unsafe {
        asm!("2: ldxr {old}, [{word}]", "add {old}, {old}, #1", "stxr {failed:w}, {old}, [{word}]",
            "cbnz {failed:w}, 2b",
            old = out(reg) _, failed = out(reg) _, word = in(reg) word.as_ptr(),
            options(nostack, preserves_flags));
    }
}

/// Each core sleeps until the token is its own, and wakes the next one, `lose` turns long.
fn hand_round(taking_part: usize, lose: usize) -> Result {
    let start = ptr::from_ref(&BATON.0);
    cachescope_guest::watch("baton", start..start.wrapping_add(1), 0);
    cachescope_guest::name(TOKEN, "token");
    BATON.0.store(0, Ordering::Relaxed);
    cachescope_guest::cold();
    let deadline = time::after_ms(DEADLINE_MS);
    jobs::run_on(&|core| core < taking_part, &|core| {
        cachescope_guest::phase(TOKEN, taking_part);
        for round in 0..ROUNDS {
            let mine = round * taking_part + core;
            sleep_until(deadline, || BATON.0.load(Ordering::Acquire) == mine);
            BATON.0.store(mine + 1, Ordering::Release);
            if mine + 1 >= lose {
                continue;
            }
            let next = (core + 1) % taking_part;
            cachescope_guest::wakes(next);
            gic::wake_core(cores::get(next).expect("it takes part").target());
        }
        cachescope_guest::end();
    });
    holds("the token came in time", time::now() < deadline)?;
    equal("turns", BATON.0.load(Ordering::Relaxed), ROUNDS * taking_part)
}

fn sleep_until(deadline: u64, ready: impl Fn() -> bool) {
    while !ready() && time::now() < deadline {
        interrupt_mask::mask_interrupts();
        // An interrupt that comes after this look is pending while masked, and ends WFI.
        if !ready() {
            cachescope_guest::sleep();
        }
        interrupt_mask::unmask_interrupts();
    }
}
