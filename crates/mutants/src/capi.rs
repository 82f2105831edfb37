//! What the C library has to fear: its routines, and the platform that a kernel gives it.

use crate::elsewhere::Image::C;
use crate::elsewhere::Killer::{self, Boot, Test};
use crate::elsewhere::Sign::Lacks;
use crate::elsewhere::{Elsewhere, In, elsewhere};

const CACHE_AWARE: &str = "crates/rundown-capi/routines/src/cache_aware.rs";
const FAMILY: &str = "crates/rundown-capi/routines/src/family.rs";
const POOL: &str = "crates/rundown-capi/routines/src/pool.rs";
/// The C test program, with each of the two libraries.
const IN_A_KERNEL: Killer = Test(
    "rundown-capi",
    In::File("programs"),
    "contract::the_c_program_passes_with_the_library_for_kernels",
);
const IN_A_PROGRAM: Killer = Test(
    "rundown-capi",
    In::File("programs"),
    "contract::the_c_program_passes_with_the_library_for_programs",
);

pub(crate) const CAPI: &[Elsewhere] = elsewhere! {
    "C: a wake-up does not reach the kernel's platform", "crates/rundown-capi/routines/src/kernel.rs",
        "unsafe { wake(address.cast()) }" => "let _ = (wake, address);",
        Boot(C, &[("QEMU_TIMEOUT", "5")], Lacks("# rundown: PASS"));
    "C: Allocate asks for the slots a second time", CACHE_AWARE,
        "initialize(routine, memory, size, slots, true, Tag)" =>
        "initialize(routine, memory, size, slot_count(), true, Tag)",
        IN_A_KERNEL;
    "C: Free asks how many slots there are now", CACHE_AWARE,
        "let size = size_of_object(slots);\n    // SAFETY: `allocated` says" =>
        "let size = size_of_object(slot_count() + 0 * slots);\n    // SAFETY: `allocated` says",
        IN_A_KERNEL;
    "C: RundownCompleted takes an object that others wait for", FAMILY,
        "if !over && object.checked_begin_run_down() != Ok(true) {" =>
        "if !over && object.checked_begin_run_down().is_err() {",
        IN_A_KERNEL;
    "C: an object that was moved is taken for the one that it was", FAMILY,
        "kind ^ address.addr() ^ platform::copy()" => "{ let _ = address; kind ^ platform::copy() }",
        IN_A_PROGRAM;
    "C: an object that is run down from the start has no mark when it is made live", FAMILY,
        "    object.settle();\n" => "",
        IN_A_PROGRAM;
    "C: Wait runs an object down that is so from the start", FAMILY,
        "if object.checked_outstanding() == Ok(Some(0)) {\n        return;" =>
        "if object.checked_outstanding() == Ok(Some(1)) {\n        return;",
        IN_A_PROGRAM;
    "C: a program's processors are asked for at each call", "crates/rundown-capi/routines/src/host.rs",
        "*COUNT.get_or_init(Slot::slot_count)" => "{ let _ = &COUNT; Slot::slot_count() }",
        IN_A_PROGRAM;
    "C: Free keeps the memory", "crates/rundown-capi/routines/src/host.rs",
        "unsafe { alloc::dealloc(memory.cast(), layout) };" => "let _ = (memory, layout);",
        IN_A_PROGRAM;
    "C: a pool's size leaves out the way to the first page", POOL,
        "(size_of::<Header>() + POOL_ALIGNMENT - align_of::<usize>())" => "size_of::<Header>()",
        IN_A_PROGRAM;
    "C: GiveBack keeps the object", POOL,
        "Some(handle) => drop(handle)," => "Some(handle) => core::mem::forget(handle),",
        IN_A_PROGRAM;
};
