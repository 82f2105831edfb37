//! What goes where in RAM: the image, the other cores' stacks, the heap.
//!
//! ```text
//! device tree | ... | image, core 0's stacks | core 1's stacks | core 2's ... | heap
//! stacks of a core: guard page | exception stack | guard page | stack
//! ```

use crate::board::device_tree::Machine;
use crate::board::image;
use core::ops::Range;
use spin::Once;

/// Bytes of a page.
pub const PAGE: usize = 4096;
/// Bytes of a core's stack; as STACK in linker.ld.
const STACK_SIZE: usize = 64 << 10;
/// Bytes of a core's stack for exceptions; as EXCEPTION_STACK in linker.ld.
const EXCEPTION_STACK_SIZE: usize = 16 << 10;
/// Bytes that a core's stacks take with their guards.
const STACKS_SIZE: usize = PAGE + EXCEPTION_STACK_SIZE + PAGE + STACK_SIZE;
/// The heap must hold page tables and, for each core, its data, its slot and its share of the tests.
const SMALLEST_HEAP: usize = 1 << 20;
/// A larger heap is not made, however much RAM there is: mapping it costs time.
const LARGEST_HEAP: usize = 32 << 20;

/// The stacks of one core, each with an unmapped page below.
#[derive(Clone, Debug)]
pub struct Stacks {
    /// For exceptions (SP_EL1).
    pub exception: Range<usize>,
    /// For everything else (SP_EL0).
    pub main: Range<usize>,
}

impl Stacks {
    fn at(start: usize) -> Self {
        let exception = start + PAGE..start + PAGE + EXCEPTION_STACK_SIZE;
        let main = exception.end + PAGE..exception.end + PAGE + STACK_SIZE;
        Self { exception, main }
    }

    /// Returns the name of the stack whose guard page contains `address`.
    pub fn guard_page_hit(&self, address: usize) -> Option<&'static str> {
        let guards = |stack: &Range<usize>| (stack.start - PAGE..stack.start).contains(&address);
        if guards(&self.main) {
            Some("the stack")
        } else if guards(&self.exception) {
            Some("the exception stack")
        } else {
            None
        }
    }
}

/// What lies where.
#[derive(Debug)]
pub struct Layout {
    /// Start of the stacks of cores 1 and up; those of core 0 are part of the image.
    others: usize,
    core_count: usize,
    /// The heap.
    pub heap: Range<usize>,
}

static LAYOUT: Once<Layout> = Once::new();

/// Decides what lies where.
///
/// Panics with what to do when the machine has too little memory.
pub fn plan(machine: &Machine) -> &'static Layout {
    let others = image::whole().end;
    let start = others + (machine.core_count - 1) * STACKS_SIZE;
    let needed = start + SMALLEST_HEAP - machine.ram.start;
    if machine.ram.len() < needed {
        panic!(
            "{} MiB of memory are too little for {} cores: set QEMU_MEM to {}M or more",
            machine.ram.len() >> 20,
            machine.core_count,
            needed.div_ceil(1 << 20)
        );
    }
    let heap = start..machine.ram.end.min(start + LARGEST_HEAP);
    LAYOUT.call_once(|| Layout { others, core_count: machine.core_count, heap })
}

impl Layout {
    /// Returns every core's stacks.
    pub fn all_stacks(&self) -> impl Iterator<Item = Stacks> {
        (0..self.core_count).map(|core| self.stacks(core))
    }

    fn stacks(&self, core: usize) -> Stacks {
        match core.checked_sub(1) {
            None => first_stacks(),
            Some(other) => Stacks::at(self.others + other * STACKS_SIZE),
        }
    }
}

/// Returns the stacks of the core with this index.
pub fn stacks(core: usize) -> Stacks {
    LAYOUT.get().expect("memory is planned before cores start").stacks(core)
}

/// Returns the stacks of core 0, which the linker script lays out.
pub fn first_stacks() -> Stacks {
    Stacks { exception: image::exception_stack(), main: image::stack() }
}
