//! What the kernel has to fear: its Rust, its assembly, and the checks of its images.

use crate::elsewhere::Image::{Cores, Example, Machine};
use crate::elsewhere::Killer::Boot;
use crate::elsewhere::Sign::{Lacks, Says};
use crate::elsewhere::{Elsewhere, elsewhere};

/// Instructions are counted, and the cores take turns: what comes between two of them is not left to chance.
const COUNTED: &[(&str, &str)] = &[
    ("QEMU_ACCEL", "tcg,thread=single"),
    ("QEMU_CPU", "max,cntfrq=62500000"),
    ("QEMU_EXTRA", "-icount shift=4,sleep=off"),
];

pub(crate) const KERNEL: &[Elsewhere] = elsewhere! {
    "every core counts in the first slot", "src/machine/smp/protection.rs",
        "        cores::this_index()\n    }\n}" => "        0\n    }\n}",
        Boot(Machine, &[], Says("cores with another's slot: "));
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
        Boot(Cores, &[], Says("not ok 1 a sleep ends"));
    "constants can be written", "src/machine/board/mmu.rs",
        "add(image::rodata(), READ);" => "add(image::rodata(), READ_WRITE);",
        Boot(Machine, &[], Says("not ok 3 every page"));
    "constants can be executed", "src/machine/board/mmu.rs",
        "add(image::rodata(), READ);" => "add(image::rodata(), READ_EXECUTE);",
        Boot(Machine, &[], Says("not ok 3 every page"));
    "data can be executed", "src/machine/board/mmu.rs",
        "pub const READ_WRITE: Attributes = NORMAL.union(Attributes::PXN);" =>
        "pub const READ_WRITE: Attributes = NORMAL;",
        Boot(
            Example("must_fail"),
            &[("QEMU_EXTRA", "-append must_fail=execute_data")],
            Lacks("instruction abort, permission fault"),
        );
    "devices can be executed", "src/machine/board/mmu.rs",
        "Attributes::ATTRIBUTE_INDEX_0.union(Attributes::PXN).union(Attributes::UXN)" =>
        "Attributes::ATTRIBUTE_INDEX_0.union(Attributes::UXN)",
        Boot(
            Example("must_fail"),
            &[("QEMU_EXTRA", "-append must_fail=execute_device")],
            Lacks("instruction abort, permission fault"),
        );
    "the first map lets all memory be executed", "src/machine/board/early_map.rs",
        "add(range, READ_WRITE);" => "add(range, NORMAL);",
        Boot(Machine, &[], Says("not ok 4 so it had"));
    "page tables are not read coherently", "src/machine/boot.rs",
        "        | TCR_EL1::SH0::Inner.value\n" => "",
        Boot(Machine, &[], Says("not ok 5 every core translates"));
    "an interrupt clobbers x17", "boot/vectors.S",
        "    ldp     x16, x17, [sp, #16 * 8]\n" => "    ldr     x16, [sp, #16 * 8]\n",
        Boot(Machine, &[], Says("registers that core 0 has lost: [\"x17\""));
    "an interrupt does not bring the flags back", "boot/vectors.S",
        "    msr     spsr_el1, x0\n" => "",
        Boot(Machine, &[], Lacks("# rundown: PASS"));
    "an interrupt inside a handler is a failure", "boot/vectors.S",
        "    b       interrupt_entry             // EL1h" => "    b       fatal_in_handler_4          // EL1h",
        Boot(Machine, &[], Lacks("# rundown: PASS"));
    "a report has two registers the wrong way round", "boot/vectors.S",
        "    stp     x16, x17, [sp, #16 * 8]\n    stp     x18, x19, [sp, #16 * 9]\n" =>
        "    stp     x17, x16, [sp, #16 * 8]\n    stp     x18, x19, [sp, #16 * 9]\n",
        Boot(
            Example("must_fail"),
            &[("QEMU_EXTRA", "-append must_fail=registers_of_fault")],
            Lacks("x16 1010101010101010  x17 1111111111111111"),
        );
    "an unknown interrupt is ignored", "src/machine/traps/interrupts.rs",
        "Interrupt::Other(number) => panic!(\"interrupt {number}, which nobody has enabled\")," =>
        "Interrupt::Other(_) => {}",
        Boot(
            Example("must_fail"),
            &[("QEMU_EXTRA", "-append must_fail=unknown_interrupt")],
            Lacks("interrupt 30, which nobody has enabled"),
        );
    "a core is up before its interrupt controller is", "src/machine/smp/start.rs",
        "    gic::start_core(core.target());\n    interrupt_mask::unmask_interrupts();\n    core.up.store(true, Ordering::Release);\n" =>
        "    core.up.store(true, Ordering::Release);\n    gic::start_core(core.target());\n    interrupt_mask::unmask_interrupts();\n",
        Boot(Machine, COUNTED, Says("not ok 1 a core that is up takes"));
    "errors are masked with interrupts", "src/machine/arch/interrupt_mask.rs",
        "pub fn mask_interrupts() {\n    DAIF.write(DAIF::D::Masked + DAIF::A::Unmasked" =>
        "pub fn mask_interrupts() {\n    DAIF.write(DAIF::D::Masked + DAIF::A::Masked",
        Boot(Machine, &[], Says("not ok 9 interrupts are masked"));
    "the timer calls before its time", "src/machine/arch/timer.rs",
        "self.call_at.load(Ordering::Relaxed) <= now;" => "self.call_at.load(Ordering::Relaxed) != NEVER;",
        Boot(Machine, &[], Says("not ok 10 the timer"));
    "the heap takes nothing back", "src/machine/board/heap.rs",
        "without_interrupts(|| unsafe { self.0.lock().deallocate(block, layout) });" =>
        "let _ = (block, layout);",
        Boot(Machine, &[], Lacks("# rundown: PASS"));
    "QEMU ends well, whatever the verdict", "src/machine/board/exit.rs",
        ".exit(status as u32)" => ".exit(u32::from(status as u8 > 1))",
        Boot(
            Example("must_fail"),
            &[("QEMU_EXTRA", "-append must_fail=test_failed")],
            Lacks("(QEMU's exit status is 1)"),
        );
    "who has lost the console prints its line to the end", "src/machine/board/console.rs",
        "            if is_taken() {\n                return Err(fmt::Error);\n            }\n" => "",
        Boot(
            Example("must_fail"),
            &[("QEMU_EXTRA", "-append must_fail=taken_by_other_core")],
            Lacks("on purpose, and all of it is printed"),
        );
    "a condition always holds", "src/machine/testing/ktap.rs",
        "if condition { Ok(()) }" => "if condition || !condition { Ok(()) }",
        Boot(
            Example("must_fail"),
            &[("QEMU_EXTRA", "-append must_fail=condition_failed")],
            Lacks("not ok 1 this does not hold"),
        );
    "what a core takes over is not looked at", "src/demo/worker.rs",
        "            self.look();\n            drop(guard);\n            self.counts.released += 1;\n            self.counts.received += 1;" =>
        "            drop(guard);\n            self.counts.released += 1;\n            self.counts.received += 1;",
        Boot(Example("demo_checks"), &[], Says("not ok 8 what is held"));
    "a refused acquire may write: lengths are compared, not words", "src/demo/rounds.rs",
        "slot_words(&shared.object).eq(before)" =>
        "slot_words(&shared.object).count() == before.len()",
        Boot(Example("demo_checks"), &[], Says("not ok 5 a refused acquire"));
    "only the first core's releases are compared with what it was granted", "src/demo/rounds.rs",
        "    for (core, counts) in all.iter().enumerate() {" =>
        "    for (core, counts) in all.iter().enumerate().take(1) {",
        Boot(Example("demo_checks"), &[], Says("not ok 3 a hold that was not released"));
};
