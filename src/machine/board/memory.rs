//! What goes where in RAM, as [`board_tree`] plans it.

use crate::board::image;
use board_tree::{Layout, Machine};
use core::ops::Range;
use spin::Once;

pub use board_tree::{PAGE, Stacks};

static LAYOUT: Once<Layout> = Once::new();

/// Decides what lies where. Returns the heap's memory.
///
/// Panics with what to do when the machine has too little memory.
pub fn plan(machine: &Machine) -> Range<usize> {
    let plan = || Layout::plan(machine, image::whole()).unwrap_or_else(|error| panic!("{error}"));
    LAYOUT.call_once(plan).heap.clone()
}

/// Returns the stacks of the core with this index.
pub fn stacks(core: usize) -> Stacks {
    let layout = LAYOUT.get().expect("memory is planned before cores start");
    layout.stacks(core).unwrap_or_else(first_stacks)
}

/// Returns the stacks of core 0, which the linker script lays out.
pub fn first_stacks() -> Stacks {
    Stacks { exception: image::exception_stack(), main: image::stack() }
}
