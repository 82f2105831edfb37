//! What the kernel has to fear: its Rust, its assembly, and the checks of its images.

use crate::elsewhere::Image::{Cores, Example, Machine};
use crate::elsewhere::Killer::Boot;
use crate::elsewhere::Sign::{Lacks, Says};
use crate::elsewhere::{Elsewhere, elsewhere};

pub(crate) const KERNEL: &[Elsewhere] = elsewhere! {
    "a core that is off is still found", "src/machine/smp/cores.rs",
        "    CORES[core.index].store(ptr::null_mut(), Ordering::Relaxed);\n" => "",
        Boot(Cores, &[], Says("not ok 3 "));
    "a core that is off is still counted", "src/machine/smp/cores.rs",
        "    STARTED.fetch_sub(1, Ordering::Relaxed);" => "   ",
        Boot(Cores, &[], Says("not ok 3 "));
    "the redistributor of a core that is off stays awake", "src/machine/board/gic.rs",
        "let _ = own(redistributors, core).mark_core_asleep();" => "",
        Boot(Cores, &[], Says("not ok 7 "));
    "who stops a core does not wait until it is off", "src/machine/smp/start.rs",
        ".any(|_| soon())" => ".any(|_| soon() || true)",
        Boot(Cores, &[], Lacks("# rundown: PASS"));
    "a core that is to go off is not woken for it", "src/machine/smp/jobs.rs",
        "    core.up.store(false, Ordering::Release);\n    park::wake(inbox(core));" =>
        "    core.up.store(false, Ordering::Release);",
        Boot(Cores, &[], Says("is not off after 2000 ms"));
    "a deadline that passes on the way to the sleep is lost", "crates/parking/src/lib.rs",
        "core.masked(|| {\n                core.alarm(Some(deadline));" =>
        "core.alarm(Some(deadline));\n            core.masked(|| {",
        Boot(Cores, &[], Says("not ok 1 "));
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
