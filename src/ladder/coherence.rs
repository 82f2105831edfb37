//! `mode=coherence`: the same work for the plugin in crates/cachescope, which counts what the cache
//! lines go through. Without it the image only checks the final counts.
//!
//! Of each rung there are two phases. In the first, `RUNG warm`, every core does a few pairs, so that all
//! lines are in caches; the second is called as the rung, and holds no cold miss. After them come phases
//! `drain N` for N = 1, 2, 4, ...: core 0 drains an object of N slots that N cores have just used.

use super::arguments::Arguments;
use crate::ktap::{self, Ktap, equal, holds};
use crate::rounds::ThisCore;
use crate::{jobs, println, scope};
use alloc::format;
use core::ops::Range;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};
use ladder::{CacheAware, Rung};
use rundown::{CACHE_LINE, Rundown};

/// Pairs of all cores together, if `pairs=` does not say how many a core does, and the fewest and most
/// that it may do then: under the plugin each access takes 20 us, and whoever waits for a lock makes
/// accesses too.
const PAIRS: u64 = 800;
const FEWEST: u64 = 4;
const MOST: u64 = 100;
/// Pairs a core that bring the lines into the caches.
const WARM: u64 = 2;

/// Numbers phases, two at a time.
struct Phases(u16);

/// Runs every phase, and ends QEMU.
pub fn run(arguments: &Arguments) -> ! {
    let (rungs, cores) = (arguments.ladder(), arguments.most_cores());
    let pairs = arguments.pairs.unwrap_or((PAIRS / cores as u64).clamp(FEWEST, MOST));
    let drains = || (0..).map(|power| 1_usize << power).take_while(move |&slots| slots <= cores);
    let exact = rungs.iter().filter(|rung| rung.is_exact()).count();
    let mut ktap = Ktap::plan(exact + drains().count());
    println!("# {cores} cores, {pairs} pairs each, after {WARM} to warm up");
    let mut phases = Phases(1);
    for rung in &rungs {
        let left = phases.of_rung(&**rung, cores, pairs);
        let name = rung.name();
        match rung.is_exact() {
            true => ktap.test(&format!("{name}: counts are right"), || equal("off by", left, 0)),
            false => println!("# {name}: off by {left}"),
        }
    }
    for slots in drains() {
        ktap.test(&format!("drain {slots}: nobody is left"), || phases.of_drain(slots));
    }
    ktap.finish()
}

impl Phases {
    /// Runs `warm` on `cores` cores, then `counted` on the first `few` of them, as two phases.
    fn run(
        &mut self,
        name: &str,
        warm: (usize, &(dyn Fn(usize) + Sync)),
        counted: (usize, &(dyn Fn(usize) + Sync)),
    ) {
        scope::name(self.0, &format!("{name} warm"));
        scope::name(self.0 + 1, name);
        scope::cold();
        for (phase, (cores, work)) in (self.0..).zip([warm, counted]) {
            jobs::run_on(&|core| core < cores, &|core| {
                scope::phase(phase, cores);
                work(core);
                scope::end();
            });
        }
        self.0 += 2;
    }

    /// Returns what is left of the rung's count.
    fn of_rung(&mut self, rung: &dyn Rung, cores: usize, pairs: u64) -> i64 {
        let words = rung.words();
        scope::watch(rung.name(), words.range, words.stride);
        self.run(
            rung.name(),
            (cores, &|core| rung.pairs(core, WARM)),
            (cores, &|core| rung.pairs(core, pairs)),
        );
        rung.settle()
    }

    fn of_drain(&mut self, slots: usize) -> ktap::Result {
        let rung = CacheAware::<ThisCore>::new(slots);
        let object = rung.object();
        let name = format!("drain {slots}");
        scope::watch(&name, bytes(object), CACHE_LINE);
        let at_once = AtomicBool::new(false);
        self.run(
            &name,
            (slots, &|core| rung.pairs(core, WARM)),
            (1, &|_| at_once.store(object.begin_run_down(), Ordering::Relaxed)),
        );
        holds("it was run down at once", at_once.into_inner())
    }
}

/// The memory of an object.
fn bytes<T: ?Sized>(object: &T) -> Range<*const u8> {
    let start = ptr::from_ref(object).cast::<u8>();
    start..start.wrapping_add(size_of_val(object))
}
