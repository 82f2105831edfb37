//! The other tier: the QEMU plugin cachescope chooses at each access of the object.
//!
//! The cores then run at the same time, each until its next access, and nothing may depend on the
//! time. So there is no timer and no deadline: a wake-up that is lost is a schedule that is stuck, which
//! the plugin notices.

use core::sync::atomic::{AtomicBool, Ordering};
use machine::smp::park;

/// The phase of a run, see [`cachescope_guest::phase`].
pub const PHASE: u16 = 1;

static CHOOSES: AtomicBool = AtomicBool::new(false);

/// Leaves every choice to the plugin from now on.
pub fn let_it_choose() {
    CHOOSES.store(true, Ordering::Relaxed);
}

/// Returns whether the plugin chooses.
pub fn chooses() -> bool {
    CHOOSES.load(Ordering::Relaxed)
}

/// Joins the run, together with others: `cores` in all.
pub fn enter(cores: usize) {
    cachescope_guest::phase(PHASE, cores);
}

/// Leaves the run.
pub fn leave() {
    cachescope_guest::end();
}

/// Waits until `ready`, without a deadline.
pub fn wait(address: *const (), ready: &mut dyn FnMut() -> bool) -> bool {
    park::wait(address, ready, u64::MAX)
}
