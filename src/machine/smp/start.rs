//! Starting the other cores, and where they arrive.

use crate::arch::{cache, interrupt_mask, time};
use crate::board::{device_tree, gic, memory, mmu, psci};
use crate::smp::cores::{self, Core};
use crate::smp::{jobs, park};
use alloc::boxed::Box;
use core::ptr;
use core::sync::atomic::Ordering;

/// How long a core may take from CPU_ON to its first sign of life. On a busy host with hundreds of
/// emulated cores this is tens of milliseconds.
const DEADLINE_MS: u64 = 2_000;

/// What another core needs before it can use memory as we do. Read with MMU and caches off.
#[repr(C)]
#[derive(Debug)]
pub struct StartContext {
    /// The page tables.
    pub ttbr0: usize,
    /// Top of the stack for exceptions.
    pub exception_stack: usize,
    /// Top of the stack for everything else.
    pub stack: usize,
    /// The core's own data.
    pub core: &'static Core,
}

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
        let context = prepare(index, affinity);
        if leave_out != Some(index) {
            let entry = (_start_secondary as *const ()).addr();
            let argument = ptr::from_ref(context).addr();
            let answer = psci::start_core(affinity, entry, argument);
            answer.unwrap_or_else(|error| {
                panic!(
                    "core {index} (MPIDR {affinity:#x}) cannot be started: PSCI CPU_ON says {error}"
                )
            });
        }
        let up = &context.core.up;
        let is_up = || up.load(Ordering::Acquire);
        if !park::wait(ptr::from_ref(up).cast(), is_up, time::after_ms(DEADLINE_MS)) {
            panic!("core {index} (MPIDR {affinity:#x}) did not come up within {DEADLINE_MS} ms");
        }
    }
}

/// Makes what a core needs to start, and writes it to memory, where that core finds it with caches off.
fn prepare(index: usize, affinity: u64) -> &'static StartContext {
    let stacks = memory::stacks(index);
    let context: &'static StartContext = Box::leak(Box::new(StartContext {
        ttbr0: mmu::ttbr0(),
        exception_stack: stacks.exception.end,
        stack: stacks.main.end,
        core: Box::leak(Box::new(Core::new(index, affinity, stacks))),
    }));
    cache::clean(context);
    context
}

/// Called by boot/entry.S on another core: MMU on, on its own stack, interrupts masked.
pub extern "C" fn secondary_core(core: &'static Core) -> ! {
    cores::register(core);
    interrupt_mask::unmask_errors();
    gic::start_core(core.target());
    interrupt_mask::unmask_interrupts();
    core.up.store(true, Ordering::Release);
    park::wake(ptr::from_ref(&core.up).cast());
    jobs::serve(core)
}
