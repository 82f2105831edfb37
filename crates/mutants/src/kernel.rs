//! What the kernel has to fear: its Rust, its assembly, and the checks of its images.

use crate::elsewhere::Image::{Example, Machine};
use crate::elsewhere::Killer::Boot;
use crate::elsewhere::Sign::{Lacks, Says};
use crate::elsewhere::{Elsewhere, elsewhere};

pub(crate) const KERNEL: &[Elsewhere] = elsewhere! {
    "constants can be written", "src/machine/board/mmu.rs",
        "add(image::rodata(), READ);" => "add(image::rodata(), READ_WRITE);",
        Boot(Machine, &[], Says("not ok 2 "));
    "data can be executed", "src/machine/board/mmu.rs",
        "pub const READ_WRITE: Attributes = NORMAL.union(Attributes::PXN);" =>
        "pub const READ_WRITE: Attributes = NORMAL;",
        Boot(
            Example("must_fail"),
            &[("QEMU_EXTRA", "-append must_fail=execute_data")],
            Lacks("instruction abort, permission fault"),
        );
};
