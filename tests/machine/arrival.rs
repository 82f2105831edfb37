//! A core that says it is up takes interrupts from that moment on.
//!
//! While core 0 starts the cores, core 1 sits in a handler and looks for the next one to be up. In the same
//! moment it sends it an interrupt, which would be lost if that core's interrupt controller were not ready.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use machine::arch::{cpu, time};
use machine::board::{device_tree, gic};
use machine::smp::cores::{self, Core};
use machine::smp::start;
use machine::testing::ktap::{self, equal, holds};
use machine::traps::interrupts;

/// Calls of [`handler`] on each core.
static HANDLED: [AtomicUsize; cores::MAX_CORES] = [const { AtomicUsize::new(0) }; cores::MAX_CORES];
/// Core 1 is to look for the others when it is interrupted.
static LOOK_OUT: AtomicBool = AtomicBool::new(true);

/// Returns how often a core has called the handler of inter-core interrupts.
pub fn handled(core: &Core) -> usize {
    HANDLED[core.index].load(Ordering::Relaxed)
}

fn handler() {
    let core = cores::this_index();
    HANDLED[core].fetch_add(1, Ordering::Relaxed);
    if core == 1 && LOOK_OUT.swap(false, Ordering::Relaxed) {
        (2..device_tree::machine().core_count).for_each(interrupt_when_up);
    }
}

fn interrupt_when_up(index: usize) {
    let deadline = time::after_ms(super::DEADLINE_MS);
    while time::now() < deadline {
        if let Some(core) = cores::get(index).filter(|core| core.up.load(Ordering::Acquire)) {
            return gic::wake_core(core.target());
        }
        cpu::give_way();
    }
}

/// Comes again until core 1 runs, then waits for it to be up.
fn look_for_core_1() {
    match cores::get(1) {
        Some(_) => interrupt_when_up(1),
        None => {
            cores::this().timer.call_at(time::now() + time::frequency() / 100_000, look_for_core_1)
        }
    }
}

/// Starts all cores, each of which is interrupted as soon as it is up.
pub fn start_all() {
    interrupts::set_handler(handler);
    if device_tree::machine().core_count > 1 {
        look_for_core_1();
    }
    start::start_all(None);
}

/// Checks that every core has taken its interrupt.
pub fn took_interrupts() -> ktap::Result {
    let others = || cores::all().filter(|core| core.index > 0);
    equal("cores besides core 0", others().count(), device_tree::machine().core_count - 1)?;
    let deadline = time::after_ms(super::DEADLINE_MS);
    for core in others() {
        while handled(core) == 0 && time::now() < deadline {
            cpu::give_way();
        }
        holds(format_args!("core {} took the interrupt", core.index), handled(core) > 0)?;
    }
    Ok(())
}
