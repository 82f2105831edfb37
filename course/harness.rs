//! What the counters of the course have in common, and how their lines are counted.
//!
//! The plugin in crates/cachescope counts them, in the phases that this begins and ends; crates/grade
//! reads what it has counted. Booted without the plugin the image only checks the counter.

use core::fmt::Display;
use core::ptr;
use ladder::hold;
use machine::smp::{cores, jobs, start};
use machine::testing::ktap::{Ktap, equal, holds};
use machine::testing::measure;

/// The most cores that a counter is for.
pub const CORES: usize = 8;
/// Pairs that each core does while they are counted.
const PAIRS: u64 = 100;
/// Pairs before that, which bring the lines into the caches.
const WARM: u64 = 2;

/// A counter of users. Any number of cores may acquire and release at once.
pub trait Counter: Sync {
    /// Takes a hold, as core number `core`, the calling one, from 0 on.
    fn acquire(&self, core: usize);

    /// Ends a hold, as core number `core`. It may have been taken on another core.
    fn release(&self, core: usize);

    /// Returns how many holds there are. Nobody acquires or releases meanwhile.
    fn users(&self) -> usize;
}

/// Numbers phases.
struct Phases(u16);

/// Checks the counter, has its lines counted, and ends QEMU. `facts` are printed for the grader.
pub fn run(counter: &'static impl Counter, facts: &[(&str, &dyn Display)]) -> ! {
    start::start_all(None);
    let cores = cores::count();
    let mut ktap = Ktap::plan(3);
    let pairs_of_all = PAIRS * cores as u64;
    let always: [(&str, &dyn Display); 1] = [("pairs", &pairs_of_all)];
    measure::print("course", &[&always, facts].concat());
    let start = ptr::from_ref(counter).cast::<u8>();
    // One that has no size is watched as one byte: what it counts in lies elsewhere, and is missed.
    let bytes = size_of_val(counter).max(1);
    cachescope_guest::watch("counter", start..start.wrapping_add(bytes), 0);
    let mut phases = Phases(1);
    ktap.test("the machine has at most as many cores as a counter is for", || {
        holds(format_args!("{cores} cores of {CORES}"), cores <= CORES)
    });
    ktap.test("every hold is counted, and ends on any core", || {
        let all = (1..=cores).sum::<usize>();
        phases.run("acquire", cores, &|core| (0..=core).for_each(|_| counter.acquire(core)));
        equal("users after all have acquired", counter.users(), all)?;
        // Each releases what its neighbour has taken.
        phases.run("release", cores, &|core| {
            (0..=(core + 1) % cores).for_each(|_| counter.release(core));
        });
        equal("users after all have released", counter.users(), 0)
    });
    ktap.test("nobody is left after many pairs", || {
        phases.run("warm", cores, &|core| pairs(counter, core, WARM));
        phases.run("pairs", cores, &|core| pairs(counter, core, PAIRS));
        equal("users", counter.users(), 0)
    });
    ktap.finish()
}

fn pairs(counter: &impl Counter, core: usize, count: u64) {
    for _ in 0..count {
        counter.acquire(core);
        hold();
        counter.release(core);
        hold();
    }
}

impl Phases {
    /// Runs `work` on the first `cores` cores, as one phase.
    fn run(&mut self, name: &str, cores: usize, work: &(dyn Fn(usize) + Sync)) {
        let number = self.0;
        cachescope_guest::name(number, name);
        jobs::run_on(&|core| core < cores, &|core| {
            cachescope_guest::phase(number, cores);
            work(core);
            cachescope_guest::end();
        });
        self.0 += 1;
    }
}
