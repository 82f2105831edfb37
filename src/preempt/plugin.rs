//! The other tier: the QEMU plugin cachescope chooses who runs, at each access of the object.
//!
//! The cores then run at the same time, each until its next access, and nothing may depend on the
//! time. So there is no timer and no deadline: a wake-up that is lost is a schedule that is stuck, which
//! the plugin notices.

use crate::{park, scope};
use core::sync::atomic::{AtomicBool, Ordering};

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

/// Sleeps until `ready`, without a deadline.
pub(super) fn wait(address: *const (), ready: &mut dyn FnMut() -> bool) -> bool {
    park::wait(address, ready, u64::MAX)
}
