//! What the C library has to fear: its routines, and the platform that a kernel gives it.

use crate::elsewhere::Image::C;
use crate::elsewhere::Killer::Boot;
use crate::elsewhere::Sign::Lacks;
use crate::elsewhere::{Elsewhere, elsewhere};

pub(crate) const CAPI: &[Elsewhere] = elsewhere! {
    "C: a wake-up does not reach the kernel's platform", "crates/rundown-capi/routines/src/kernel.rs",
        "unsafe { wake(address.cast()) }" => "let _ = (wake, address);",
        Boot(C, &[("QEMU_TIMEOUT", "5")], Lacks("# rundown: PASS"));
};
