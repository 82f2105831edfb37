//! A core that says it is up takes interrupts from that moment on.
//!
//! While core 0 starts the others, its timer has it look again and again whether the next one is up. At once
//! that core is sent an interrupt, which would be lost if its interrupt controller were not ready. What comes
//! between two looks matters, so there is also a boot that counts instructions instead of time.

use crate::patience::comes_true;
use core::sync::atomic::{AtomicUsize, Ordering};
use machine::arch::time;
use machine::board::{device_tree, gic};
use machine::smp::cores::{self, Core};
use machine::smp::start;
use machine::testing::ktap::{self, equal, holds};
use machine::traps::interrupts;

/// Inter-core interrupts that each core has handled.
static HANDLED: [AtomicUsize; cores::MAX_CORES] = [const { AtomicUsize::new(0) }; cores::MAX_CORES];
/// The core that is up next.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// Returns how often a core has called the handler of inter-core interrupts.
pub fn handled(core: &Core) -> usize {
    HANDLED[core.index].load(Ordering::Relaxed)
}

fn handler() {
    HANDLED[cores::this_index()].fetch_add(1, Ordering::Relaxed);
}

/// Interrupts the next core if it is up, and comes again until all are.
fn look() {
    let next = NEXT.load(Ordering::Relaxed);
    if let Some(core) = cores::get(next).filter(|core| core.up.load(Ordering::Acquire)) {
        gic::wake_core(core.target());
        NEXT.store(next + 1, Ordering::Relaxed);
    }
    if NEXT.load(Ordering::Relaxed) < device_tree::machine().core_count {
        // Long enough for the other core to get on in between: where instructions are counted, cores take turns, and a
        // core whose timer is due again at once leaves the others none. Another time for each core, so that the looks
        // do not come at the same place of every core's way.
        let soon = time::frequency() / 200_000 + 37 * next as u64;
        cores::this().timer.call_at(time::now() + soon, look);
    }
}

/// Starts all cores, each of which is interrupted as soon as it is up.
pub fn start_all() {
    interrupts::set_handler(handler);
    look();
    start::start_all(None);
}

/// Checks that every core has taken its interrupt.
pub fn took_interrupts() -> ktap::Result {
    let others = || cores::all().filter(|core| core.index > 0);
    equal("cores besides core 0", others().count(), device_tree::machine().core_count - 1)?;
    for core in others() {
        let taken = comes_true(|| handled(core) > 0);
        holds(format_args!("core {} took the interrupt", core.index), taken)?;
    }
    Ok(())
}
