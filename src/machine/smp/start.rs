//! Starting the other cores, where they arrive, and stopping them.

use crate::arch::{cache, interrupt_mask, time};
use crate::board::{device_tree, gic, memory, psci};
use crate::smp::cores::{self, Core};
use crate::smp::{jobs, park};
use alloc::boxed::Box;
use core::ptr;
use core::sync::atomic::Ordering;

/// How long a core may take from CPU_ON to its first sign of life. On a busy host with hundreds of
/// emulated cores this is tens of milliseconds.
const DEADLINE_MS: u64 = 2_000;

unsafe extern "C" {
    // boot/entry.S; only its address is used.
    fn _start_secondary();
}

/// Starts every other core of the device tree, one after the other, and waits until each is up.
///
/// One after the other, because many at once behind a lock took 20 to 60 times longer under QEMU.
/// Panics, naming the core, if one does not come up. `leave_out` is for the test of that.
pub fn start_all(leave_out: Option<usize>) {
    let machine = device_tree::machine();
    for (index, &affinity) in machine.affinities().iter().enumerate().skip(1) {
        let core = Box::leak(Box::new(Core::new(index, affinity, memory::stacks(index))));
        start_by(if leave_out == Some(index) { |_, _, _| Ok(()) } else { psci::start_core }, core);
    }
}

/// Starts a core that [`stop`] has stopped, and waits until it is up. Data, stacks and slot are those it had.
pub fn start(core: &'static Core) {
    start_by(psci::start_core, core);
}

fn start_by(firmware: fn(u64, usize, usize) -> Result<(), psci::Error>, core: &'static Core) {
    let Core { index, affinity, ref up, .. } = *core;
    cache::clean(core); // it reads it with its caches off
    let entry = (_start_secondary as *const ()).addr();
    firmware(affinity, entry, ptr::from_ref(core).addr()).unwrap_or_else(|error| {
        panic!("core {index} (MPIDR {affinity:#x}) cannot be started: PSCI CPU_ON says {error}")
    });
    let is_up = || up.load(Ordering::Acquire);
    if !park::wait(ptr::from_ref(up).cast(), is_up, time::after_ms(DEADLINE_MS)) {
        panic!("core {index} (MPIDR {affinity:#x}) did not come up within {DEADLINE_MS} ms");
    }
}

/// Has an idle core switch itself off, and waits until it is off. Panics, naming it, if that takes too long.
pub fn stop(core: &'static Core) {
    let Core { index, affinity, .. } = *core;
    jobs::dismiss(core);
    // A core that is off can't say so: asked for a millisecond after the other (Linux does the same,
    // arch/arm64/kernel/psci.c, cpu_psci_cpu_kill).
    let is_off = || psci::is_off(affinity);
    let soon = || park::wait(ptr::from_ref(&is_off).cast(), is_off, time::after_ms(1));
    if !(0..DEADLINE_MS).any(|_| soon()) {
        panic!("core {index} (MPIDR {affinity:#x}) is not off after {DEADLINE_MS} ms");
    }
}

/// Called by boot/entry.S on another core: MMU on, on its own stack, interrupts masked.
pub extern "C" fn secondary_core(core: &'static Core) -> ! {
    cores::register(core);
    gic::start_core(core.target());
    interrupt_mask::unmask_interrupts();
    core.up.store(true, Ordering::Release);
    park::wake(ptr::from_ref(&core.up).cast());
    jobs::serve(core);
    interrupt_mask::mask_interrupts();
    cores::unregister(core);
    gic::stop_core(core.target());
    panic!("core {} cannot be switched off: PSCI CPU_OFF says {:?}", core.index, psci::stop_core());
}
