//! Without locked instructions: a plain word a core, changed while interrupts are masked.
//!
//! Nobody but its core writes a word, and with interrupts masked nothing comes between its load and its store. So
//! neither an atomic instruction nor a barrier is needed for a pair; the drain pays for it. It stops new users by a
//! flag, and then interrupts every other core. A core takes the interrupt between two sections, never inside of one:
//! from then on it has seen the flag, and what it counted before is seen by the drain.
//!
//! On Arm this is something to learn from, and no gain: masking costs about what an exclusive load and store do.
//! Where the system can interrupt all threads of a program, Linux's rseq and membarrier do the same for programs
//! (`rundown::RestartableRundownRef`).

use alloc::boxed::Box;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use ladder::{About, Kind, Variant, Words, hold};
use machine::arch::cpu;
use machine::arch::interrupt_mask::without_interrupts;
use machine::arch::time;
use machine::board::gic;
use machine::smp::{cores, jobs};
use machine::testing::ktap::{self, equal, holds};
use machine::traps::interrupts;
use rundown::CacheLine;
use spin::Once;

const ABOUT: About = About::new(
    "masked",
    "a plain word a core, interrupts masked; a drain interrupts all cores",
    Kind::OwnLine,
);
/// How long the cores may take to be interrupted.
const DEADLINE_MS: u64 = 5_000;

/// The object.
pub struct Masked {
    /// No new users.
    stopped: AtomicBool,
    /// Drains that have begun.
    drains: AtomicUsize,
    cores: Box<[CacheLine<Own>]>,
}

/// What belongs to one core.
#[derive(Default)]
struct Own {
    /// The net number of holds taken here. Written by its core only.
    count: AtomicUsize,
    /// The last drain that has interrupted it.
    interrupted: AtomicUsize,
}

static OBJECT: Once<Masked> = Once::new();

/// Returns the object, with a word for each core.
pub fn object() -> &'static Masked {
    OBJECT.call_once(|| {
        interrupts::set_handler(interrupted);
        Masked {
            stopped: AtomicBool::new(false),
            drains: AtomicUsize::new(0),
            cores: (0..cores::count()).map(|_| CacheLine::default()).collect(),
        }
    })
}

/// Called by every inter-core interrupt, between two sections of its core.
fn interrupted() {
    let Some(object) = OBJECT.get() else { return };
    let CacheLine(own) = &object.cores[cores::this_index()];
    // Acquire, pairs with `drain`: later sections see the flag. Release: the drain sees what earlier ones counted.
    own.interrupted.store(object.drains.load(Ordering::Acquire), Ordering::Release);
}

impl Masked {
    /// Takes a hold on the word of core `core`, the calling one, unless a drain has begun.
    #[inline]
    fn acquire(&self, core: usize) -> bool {
        without_interrupts(|| {
            let CacheLine(own) = &self.cores[core];
            // Relaxed: the interrupt orders them.
            let live = !self.stopped.load(Ordering::Relaxed);
            if live {
                own.count
                    .store(own.count.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
            }
            live
        })
    }

    /// Releases a hold on the word of the calling core.
    #[inline]
    fn release(&self, core: usize) {
        without_interrupts(|| {
            let CacheLine(own) = &self.cores[core];
            let count = own.count.load(Ordering::Relaxed).wrapping_sub(1);
            // Release, pairs with `left`: also after the drain's interrupt.
            own.count.store(count, Ordering::Release);
        });
    }

    /// Refuses new users from now on, and interrupts every other core. Returns whether all were in time.
    fn stop(&self) -> bool {
        self.stopped.store(true, Ordering::Relaxed);
        // Release, pairs with `interrupted`.
        let drain = self.drains.fetch_add(1, Ordering::Release) + 1;
        let others = || cores::all().filter(|core| core.index != cores::this_index());
        others().for_each(|core| gic::wake_core(core.target()));
        let latest = time::after_ms(DEADLINE_MS);
        others().all(|core| {
            let CacheLine(own) = &self.cores[core.index];
            // Acquire, pairs with `interrupted`.
            while own.interrupted.load(Ordering::Acquire) != drain {
                if time::now() >= latest {
                    return false;
                }
                cpu::give_way();
            }
            true
        })
    }

    /// Returns how many holds are left. Right after [`stop`](Self::stop).
    fn left(&self) -> usize {
        let counts = self.cores.iter().map(|CacheLine(own)| own.count.load(Ordering::Acquire));
        counts.fold(0, usize::wrapping_add)
    }
}

impl Variant for Masked {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn pairs(&self, core: usize, count: u64) {
        for _ in 0..count {
            assert!(self.acquire(core), "it is live");
            hold();
            self.release(core);
            hold();
        }
    }

    fn reset(&self) -> i64 {
        self.left() as i64
    }

    fn words(&self) -> Words {
        let start = ptr::from_ref(&self.cores[0]).cast::<u8>();
        let range = start..start.wrapping_add(size_of_val(&*self.cores));
        Words { range, stride: size_of::<CacheLine<Own>>() }
    }
}

/// Every core is inside when a drain begins: it interrupts each of the others, refuses from then on, and knows when
/// the last has left.
pub fn drains() -> ktap::Result {
    let (object, refused) = (object(), AtomicUsize::new(0));
    let all = object.cores.len();
    jobs::run(&|core| assert!(object.acquire(core), "it is live"));
    holds("every core was interrupted in time", object.stop())?;
    equal("inside", object.left(), all)?;
    jobs::run(&|core| {
        refused.fetch_add(usize::from(!object.acquire(core)), Ordering::Relaxed);
        object.release(core);
    });
    equal("refused", refused.into_inner(), all)?;
    equal("inside", object.left(), 0)?;
    object.stopped.store(false, Ordering::Relaxed);
    Ok(())
}
