//! A common start for several cores, and how long they take from there.

use alloc::vec::Vec;
use core::ptr;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use ladder::Variant;
use machine::arch::{cpu, time};
use machine::smp::{cores, jobs, park};
use rundown::CacheLine;

/// How long a core waits at the barrier before it goes to sleep, in microseconds: longer than an
/// inter-core interrupt takes to come, so that a few cores on as many host processors start at the same
/// moment.
const AWAKE_US: u64 = 200;

/// Deadline for the start, in milliseconds.
const DEADLINE_MS: u64 = 20_000;

/// Where cores wait for each other, once.
#[derive(Debug, Default)]
pub struct Barrier {
    arrived: CacheLine<AtomicUsize>,
    /// When it was opened, in ticks; 0 while it is closed.
    opened: CacheLine<AtomicU64>,
}

impl Barrier {
    /// Waits until `cores` cores are here. The last one opens the barrier. Panics if that is late.
    pub fn wait(&self, cores: usize) {
        let CacheLine(opened) = &self.opened;
        // Relaxed, all of it: the barrier orders nothing but time. What the cores share was written by
        // core 0 before it handed out the job.
        if self.arrived.0.fetch_add(1, Ordering::Relaxed) + 1 == cores {
            opened.store(time::now().max(1), Ordering::Relaxed);
            return park::wake(ptr::from_ref(opened).cast());
        }
        let is_open = || opened.load(Ordering::Relaxed) != 0;
        let awake_until = time::now() + AWAKE_US * time::frequency() / 1_000_000;
        while !is_open() && time::now() < awake_until {
            cpu::give_way();
        }
        if !park::wait(ptr::from_ref(opened).cast(), is_open, time::after_ms(DEADLINE_MS)) {
            let core = cores::this_index();
            panic!("core {core} has waited {DEADLINE_MS} ms for the others at the start");
        }
    }

    /// Returns when it was opened, in ticks.
    pub fn opened(&self) -> u64 {
        self.opened.0.load(Ordering::Relaxed)
    }
}

/// Has `cores` cores do `pairs` pairs each on a variant, all at once. Returns the ticks until the last
/// has ended.
///
/// Cores that do not take part sleep. Each core writes its own time into its own line.
pub fn race(variant: &dyn Variant, cores: usize, pairs: u64) -> u64 {
    let barrier = Barrier::default();
    let ends: Vec<CacheLine<AtomicU64>> = (0..cores).map(|_| CacheLine::default()).collect();
    jobs::run_on(&|core| core < cores, &|core| {
        barrier.wait(cores);
        variant.pairs(core, pairs);
        ends[core].0.store(time::now(), Ordering::Relaxed);
    });
    let end = ends.iter().map(|CacheLine(end)| end.load(Ordering::Relaxed)).max();
    end.unwrap_or(0).saturating_sub(barrier.opened()).max(1)
}
