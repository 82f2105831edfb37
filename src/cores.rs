//! The cores: each one's own data, and how the others are brought up.

use crate::boot::StartContext;
use crate::device_tree::{self, Machine};
use crate::jobs::{self, Mailbox};
use crate::memory::{self, Stacks};
use crate::timer::Timer;
use crate::{cache, exceptions, gic, mmu, park, psci, time};
use aarch64_cpu::registers::{MPIDR_EL1, Readable, TPIDR_EL1, Writeable};
use alloc::boxed::Box;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use spin::Once;

/// Most cores that are used: what QEMU's `virt` takes with a GICv3.
pub const MAX_CORES: usize = 512;
/// Affinity fields (Arm ARM, MPIDR_EL1): Aff3 in bits 39:32, Aff2, Aff1, Aff0 in 23:0.
const AFFINITY: u64 = 0xff_00ff_ffff;
/// How long a core may take from CPU_ON to its first sign of life. On a busy host with hundreds of
/// emulated cores this is tens of milliseconds.
const START_DEADLINE_MS: u64 = 2_000;

/// What belongs to one core, on cache lines of its own. TPIDR_EL1 points to it.
#[repr(C, align(128))]
#[derive(Debug)]
pub struct Core {
    /// Top of the stack for exceptions; boot/vectors.S reads it.
    pub exception_stack_top: usize,
    /// Position in the device tree, from 0; the boot core is always 0 here.
    pub index: usize,
    /// Affinity, as in MPIDR_EL1.
    pub affinity: u64,
    /// Stacks and their guard pages.
    pub stacks: Stacks,
    /// Set by the core itself, once it can take interrupts.
    pub up: AtomicBool,
    /// The address it sleeps on, or 0 (see [`park`]).
    pub parked_on: AtomicUsize,
    /// Interrupts taken.
    pub interrupts: AtomicU64,
    /// Work for this core.
    pub mailbox: Mailbox,
    /// Its virtual timer.
    pub timer: Timer,
}

impl Core {
    fn new(index: usize, affinity: u64, stacks: Stacks) -> Self {
        Self {
            exception_stack_top: stacks.exception.end,
            index,
            affinity,
            stacks,
            up: AtomicBool::new(false),
            parked_on: AtomicUsize::new(0),
            interrupts: AtomicU64::new(0),
            mailbox: Mailbox::new(),
            timer: Timer::new(),
        }
    }
}

static FIRST: Once<Core> = Once::new();
static MACHINE: Once<Machine> = Once::new();
static CORES: [AtomicPtr<Core>; MAX_CORES] = [const { AtomicPtr::new(ptr::null_mut()) }; MAX_CORES];
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// Gives core 0 its data. Before this, [`this_index`] answers 0.
pub fn adopt_first_core() {
    let core = FIRST.call_once(|| {
        let core = Core::new(0, MPIDR_EL1.get() & AFFINITY, memory::first_stacks());
        core.up.store(true, Ordering::Relaxed);
        core
    });
    register(core);
}

/// Makes a core findable by index, and its own data findable by itself.
fn register(core: &'static Core) {
    TPIDR_EL1.set(ptr::from_ref(core).addr() as u64);
    CORES[core.index].store(ptr::from_ref(core).cast_mut(), Ordering::Release);
    STARTED.fetch_add(1, Ordering::Release);
}

/// Remembers what the device tree said.
pub fn describe(machine: Machine) {
    MACHINE.call_once(|| machine);
}

/// What the device tree said.
pub fn machine() -> &'static Machine {
    MACHINE.get().expect("the device tree is read before anything else")
}

/// The calling core's data.
pub fn this() -> &'static Core {
    own_data().expect("this core has no data yet")
}

/// The calling core's index; 0 before it has data. Never panics.
#[inline]
pub fn this_index() -> usize {
    own_data().map_or(0, |core| core.index)
}

#[inline]
fn own_data() -> Option<&'static Core> {
    let core = TPIDR_EL1.get() as usize as *const Core;
    // SAFETY: TPIDR_EL1 is 0 or what `register` wrote, a reference that lives for ever.
    unsafe { core.as_ref() }
}

/// The core with this index, if it has come up.
pub fn get(index: usize) -> Option<&'static Core> {
    let core = CORES.get(index)?.load(Ordering::Acquire);
    // SAFETY: null, or what `register` stored, a reference that lives for ever.
    unsafe { core.as_ref() }
}

/// All cores that have come up.
pub fn all() -> impl Iterator<Item = &'static Core> {
    (0..machine().core_count).filter_map(get)
}

/// How many cores have come up.
pub fn count() -> usize {
    STARTED.load(Ordering::Acquire)
}

/// Names the stack whose guard page contains `address`, if it is one of the calling core's.
pub fn guard_page_hit(address: u64) -> Option<&'static str> {
    if TPIDR_EL1.get() == 0 { None } else { this().stacks.guard_page_hit(address as usize) }
}

/// Starts every other core of the device tree, one after the other, and waits until each is up.
///
/// One after the other, because many at once behind a lock took 20 to 60 times longer under QEMU.
/// Panics, naming the core, if one does not come up. `leave_out` is for the test of that.
pub fn start_all(leave_out: Option<usize>) {
    let machine = machine();
    let affinities =
        device_tree::affinities(machine).filter(|&affinity| affinity != this().affinity);
    for (affinity, index) in affinities.zip(1..) {
        let stacks = memory::stacks(index);
        let core: &'static Core = Box::leak(Box::new(Core::new(index, affinity, stacks.clone())));
        let context: &'static StartContext = Box::leak(Box::new(StartContext {
            ttbr0: mmu::ttbr0(),
            exception_stack: stacks.exception.end,
            stack: stacks.main.end,
            core,
        }));
        cache::clean(context); // read with caches off
        if leave_out != Some(index) {
            psci::start_core(machine.conduit, affinity, index, context);
        }
        let deadline = time::after_ms(START_DEADLINE_MS);
        let up = || core.up.load(Ordering::Acquire);
        if !park::wait(ptr::from_ref(&core.up).cast(), up, deadline) {
            panic!(
                "core {index} (MPIDR {affinity:#x}) did not come up within {START_DEADLINE_MS} ms"
            );
        }
    }
}

/// Where another core arrives: MMU on, on its own stack, interrupts masked.
pub extern "C" fn secondary_core(core: &'static Core) -> ! {
    register(core);
    exceptions::unmask_errors();
    gic::start_core(core);
    exceptions::unmask_interrupts();
    core.up.store(true, Ordering::Release);
    park::wake(ptr::from_ref(&core.up).cast());
    jobs::serve(core)
}
