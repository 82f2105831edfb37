//! The data of each core, and how a core finds its own.

use crate::arch::timer::Timer;
use crate::arch::{cache, cpu};
use crate::board::device_tree;
use crate::board::gic::Target;
use crate::board::memory::{self, Stacks};
use aarch64_cpu::registers::{Readable, TPIDR_EL1, TTBR0_EL1, Writeable};
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use rundown::CACHE_LINE;
use spin::Once;

pub use board_tree::MOST_CORES as MAX_CORES;

/// What belongs to one core, on cache lines of its own. TPIDR_EL1 points to it.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Core {
    /// The page tables that it starts with, but for core 0; boot/entry.S reads it.
    pub ttbr0: u64,
    /// Position in the device tree, from 0; the boot core is always 0 here.
    pub index: usize,
    /// The slot that it uses of an object whose slots lie [`cache::granule`] apart.
    pub slot: usize,
    /// Affinity, as in MPIDR_EL1.
    pub affinity: u64,
    /// Stacks and their guard pages; boot/entry.S and boot/vectors.S read where they end.
    pub stacks: Stacks,
    /// Set by the core itself, once it can take interrupts; cleared to have it switch itself off.
    pub up: AtomicBool,
    /// The address it sleeps on, or 0 (see [`park`](crate::smp::park)).
    pub parked_on: AtomicUsize,
    /// Interrupts taken.
    pub interrupts: AtomicU64,
    /// The job that it is to run, or null (see [`jobs`](crate::smp::jobs)).
    pub job: AtomicPtr<()>,
    /// Its virtual timer.
    pub timer: Timer,
}

impl Core {
    /// Makes the data of a core that has not started.
    pub fn new(index: usize, affinity: u64, stacks: Stacks) -> Self {
        Self {
            ttbr0: TTBR0_EL1.get(),
            index,
            slot: slot_of(index),
            affinity,
            stacks,
            up: AtomicBool::new(false),
            parked_on: AtomicUsize::new(0),
            interrupts: AtomicU64::new(0),
            job: AtomicPtr::new(ptr::null_mut()),
            timer: Timer::new(),
        }
    }

    /// Returns how the interrupt controller addresses it.
    pub fn target(&self) -> Target {
        Target { index: self.index, affinity: self.affinity }
    }
}

static FIRST: Once<Core> = Once::new();
static CORES: [AtomicPtr<Core>; MAX_CORES] = [const { AtomicPtr::new(ptr::null_mut()) }; MAX_CORES];
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// Gives core 0 its data. Before this, [`this_index`] answers 0.
pub fn adopt_first_core() {
    let core = FIRST.call_once(|| {
        let core = Core::new(0, cpu::affinity(), memory::first_stacks());
        core.up.store(true, Ordering::Relaxed);
        core
    });
    register(core);
}

/// Makes the calling core's data findable: by itself, and by its index.
pub fn register(core: &'static Core) {
    TPIDR_EL1.set(ptr::from_ref(core).addr() as u64);
    CORES[core.index].store(ptr::from_ref(core).cast_mut(), Ordering::Release);
    STARTED.fetch_add(1, Ordering::Release); // both pair with the Acquire in `get` and `count`
}

/// Takes the calling core, which is about to switch itself off, from those that others find.
pub fn unregister(core: &Core) {
    STARTED.fetch_sub(1, Ordering::Relaxed); // Relaxed: who stops the core waits for more than this
    CORES[core.index].store(ptr::null_mut(), Ordering::Relaxed);
}

/// Returns the calling core's data.
pub fn this() -> &'static Core {
    own_data().expect("this core has no data yet")
}

/// Returns the calling core's index; 0 before it has data. Never panics.
#[inline]
pub fn this_index() -> usize {
    own_data().map_or(0, |core| core.index)
}

/// Returns the slot that the calling core uses of an object whose slots lie apart. Never panics.
#[inline]
pub fn this_slot() -> usize {
    own_data().map_or(0, |core| core.slot)
}

/// Returns how many slots of [`CACHE_LINE`] bytes lie between what two cores use: more than one where the
/// hardware writes back more than that at once (A64FX: 256 bytes).
pub fn slots_apart() -> usize {
    cache::granule().div_ceil(CACHE_LINE)
}

/// Returns the slot of the core with this index: the last of its granule, as the line for all lies before
/// the first slot.
pub fn slot_of(index: usize) -> usize {
    (index + 1) * slots_apart() - 1
}

#[inline]
fn own_data() -> Option<&'static Core> {
    let core = TPIDR_EL1.get() as usize as *const Core;
    // SAFETY: TPIDR_EL1 is 0 or what `register` wrote, a reference that lives for ever.
    unsafe { core.as_ref() }
}

/// Returns the core with this index, if it has come up.
pub fn get(index: usize) -> Option<&'static Core> {
    let core = CORES.get(index)?.load(Ordering::Acquire);
    // SAFETY: null, or what `register` stored, a reference that lives for ever.
    unsafe { core.as_ref() }
}

/// Returns all cores that have come up.
pub fn all() -> impl Iterator<Item = &'static Core> {
    (0..device_tree::machine().core_count).filter_map(get)
}

/// Returns how many cores have come up.
pub fn count() -> usize {
    STARTED.load(Ordering::Acquire)
}

/// Returns which of the calling core's stacks has its guard page at `address`, if one has.
pub fn guard_page_hit(address: u64) -> Option<&'static str> {
    own_data()?.stacks.guard_page_hit(address as usize)
}
