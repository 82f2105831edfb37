//! `mode=coherence`: what the cache lines go through.
//!
//! The same work, counted by the plugin in crates/cachescope. Without it the image only checks the
//! final counts.
//!
//! Of each variant there are two phases. In the first, `NAME warm`, every core does a few pairs, so that
//! all lines are in caches; the second is called as the variant, and holds no cold miss. After them come
//! phases `drain N` for N = 1, 2, 4, ...: core 0 drains an object of N slots that N cores have just used.

use crate::arguments::Arguments;
use alloc::format;
use core::ops::Range;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};
use ladder::{CacheAware, Variant};
use machine::board::console::println;
use machine::smp::jobs;
use machine::smp::protection::ThisCore;
use machine::testing::ktap::{self, Ktap, equal, holds};
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
    let (variants, cores) = (arguments.variants(), arguments.most_cores());
    let pairs = arguments.pairs.unwrap_or((PAIRS / cores as u64).clamp(FEWEST, MOST));
    let drains = || (0..).map(|power| 1_usize << power).take_while(move |&slots| slots <= cores);
    let exact = variants.iter().filter(|variant| variant.about().is_exact()).count();
    let mut ktap = Ktap::plan(exact + drains().count());
    println!("# {cores} cores, {pairs} pairs each, after {WARM} to warm up");
    let mut phases = Phases(1);
    for variant in &variants {
        let left = phases.of_variant(&**variant, cores, pairs);
        let name = variant.name();
        match variant.about().is_exact() {
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
        cachescope_guest::name(self.0, &format!("{name} warm"));
        cachescope_guest::name(self.0 + 1, name);
        cachescope_guest::cold();
        for (phase, (cores, work)) in (self.0..).zip([warm, counted]) {
            jobs::run_on(&|core| core < cores, &|core| {
                cachescope_guest::phase(phase, cores);
                work(core);
                cachescope_guest::end();
            });
        }
        self.0 += 2;
    }

    /// Runs the phases of a variant. Returns what is left of its count.
    fn of_variant(&mut self, variant: &dyn Variant, cores: usize, pairs: u64) -> i64 {
        let words = variant.words();
        cachescope_guest::watch(variant.name(), words.range, words.stride);
        self.run(
            variant.name(),
            (cores, &|core| variant.pairs(core, WARM)),
            (cores, &|core| variant.pairs(core, pairs)),
        );
        variant.reset()
    }

    /// Runs the phases of a drain.
    fn of_drain(&mut self, slots: usize) -> ktap::Result {
        let variant = CacheAware::<ThisCore>::new(slots);
        let object = variant.object();
        let name = format!("drain {slots}");
        cachescope_guest::watch(&name, bytes(object), CACHE_LINE);
        let at_once = AtomicBool::new(false);
        self.run(
            &name,
            (slots, &|core| variant.pairs(core, WARM)),
            (1, &|_| at_once.store(object.begin_run_down(), Ordering::Relaxed)),
        );
        holds("it was run down at once", at_once.into_inner())
    }
}

/// Returns the memory of an object.
fn bytes<T: ?Sized>(object: &T) -> Range<*const u8> {
    let start = ptr::from_ref(object).cast::<u8>();
    start..start.wrapping_add(size_of_val(object))
}
