//! The other tier: the QEMU plugin cachescope chooses who runs, at each access of the object.
//!
//! The cores then run at the same time, each until its next access, and nothing may depend on the
//! time. So there is no timer, no deadline, and the kernel's own sleep is not used: a wake-up that is
//! lost is a schedule that is stuck, which the plugin notices.

use crate::{cores, exceptions, gic, scope};
use core::sync::atomic::{AtomicBool, Ordering, fence};

/// The phase of a run, see [`scope::phase`].
const PHASE: u16 = 1;

static CHOOSES: AtomicBool = AtomicBool::new(false);

/// Leaves every choice to the plugin from now on.
pub fn let_it_choose() {
    CHOOSES.store(true, Ordering::Relaxed);
}

/// Whether the plugin chooses.
pub fn chooses() -> bool {
    CHOOSES.load(Ordering::Relaxed)
}

pub(super) fn enter(cores: usize) {
    scope::phase(PHASE, cores);
}

pub(super) fn leave() {
    scope::end();
}

/// Sleeps until `ready`, as [`park::wait`](crate::park::wait) does, and says so to the plugin.
pub(super) fn wait(address: *const (), ready: &mut dyn FnMut() -> bool) -> bool {
    let parked_on = &cores::this().parked_on;
    while !ready() {
        exceptions::without_interrupts(|| {
            parked_on.store(address.addr(), Ordering::Relaxed);
            fence(Ordering::SeqCst); // as in `park`: the other side writes, then looks here
            if !ready() {
                scope::sleep();
            }
            parked_on.store(0, Ordering::Relaxed);
        });
    }
    true
}

/// Wakes whoever sleeps at `address`, as [`park::wake`](crate::park::wake) does.
pub(super) fn wake(address: *const ()) {
    fence(Ordering::SeqCst); // as above
    for core in cores::all() {
        if core.parked_on.load(Ordering::Relaxed) == address.addr() {
            scope::wakes(core.index);
            gic::wake_core(core);
        }
    }
}
