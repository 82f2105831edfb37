//! What goes where in RAM: the image, the other cores' stacks, the heap.
//!
//! ```text
//! device tree | ... | image, core 0's stacks | core 1's stacks | core 2's ... | heap
//! stacks of a core: guard page | exception stack | guard page | stack
//! ```

use crate::device_tree::Machine;
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
/// More is not used: mapping it costs time.
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

    /// Names the stack whose guard page contains `address`.
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

/// Where everything lies.
#[derive(Debug)]
pub struct Layout {
    /// The first core's stacks, from the linker script, then those of the others.
    others: usize,
    core_count: usize,
    /// The heap.
    pub heap: Range<usize>,
}

static LAYOUT: Once<Layout> = Once::new();

/// Decides where everything lies.
///
/// Panics with what to do when the machine has too little memory.
pub fn plan(machine: &Machine) -> &'static Layout {
    let others = image().end;
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
    /// Every core's stacks.
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

/// The stacks of the core with this index.
pub fn stacks(core: usize) -> Stacks {
    LAYOUT.get().expect("memory is planned before cores start").stacks(core)
}

/// The stacks of core 0, which the linker script lays out.
pub fn first_stacks() -> Stacks {
    Stacks {
        exception: linked(&raw const __exception_stack_start, &raw const __exception_stack_end),
        main: linked(&raw const __stack_start, &raw const __stack_end),
    }
}

unsafe extern "C" {
    // Set by linker.ld; only their addresses mean something.
    static __image_start: u8;
    static __image_end: u8;
    static __text_start: u8;
    static __text_end: u8;
    static __rodata_start: u8;
    static __rodata_end: u8;
    static __data_start: u8;
    static __data_end: u8;
    static __exception_stack_start: u8;
    static __exception_stack_end: u8;
    static __stack_start: u8;
    static __stack_end: u8;
}

fn linked(start: *const u8, end: *const u8) -> Range<usize> {
    start.addr()..end.addr()
}

/// The whole image, with core 0's stacks.
pub fn image() -> Range<usize> {
    linked(&raw const __image_start, &raw const __image_end)
}

/// The kernel's code.
pub fn text() -> Range<usize> {
    linked(&raw const __text_start, &raw const __text_end)
}

/// The kernel's constants.
pub fn rodata() -> Range<usize> {
    linked(&raw const __rodata_start, &raw const __rodata_end)
}

/// The kernel's variables.
pub fn data() -> Range<usize> {
    linked(&raw const __data_start, &raw const __data_end)
}
