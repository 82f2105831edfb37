//! What goes where in memory: beside the image, in what nobody has reserved.
//!
//! ```text
//! image, core 0's stacks | core 1's stacks | core 2's | (reserved) | core 3's ... | heap
//! stacks of a core: guard page | exception stack | guard page | stack
//! ```

use crate::error::Error;
use crate::machine::Machine;
use crate::memory::{Pieces, Ram};
use crate::pages::PAGE;
use core::ops::Range;

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
    /// Memory that nobody else has: the other cores' stacks come first in each piece.
    free: Pieces,
    /// Cores but the first, whose stacks are part of the image.
    others: usize,
    /// The heap, in whole pages.
    pub heap: Range<usize>,
}

impl Layout {
    /// Finds room for the stacks of all cores but the first, and for the heap, beside an image that lies
    /// at `image`.
    pub fn plan(machine: &Machine<'_>, image: Range<usize>) -> Result<Layout, Error<'static>> {
        let ours =
            |what, range: Range<usize>| Error::Overlap(what, range, "this image", image.clone());
        if !machine.ram.iter().any(|ram| ram.start <= image.start && image.end <= ram.end) {
            return Err(Error::Tree("lists no memory where this image lies"));
        }
        if let Some(range) = machine.reserved.overlapping(&image) {
            return Err(ours("memory that the device tree reserves", range));
        }
        let mut free = Pieces::new();
        for ram in machine.ram.iter() {
            free.add(ram).map_err(|_| Error::Tree("lists more than 128 pieces of memory"))?;
        }
        let others = [("the device tree", machine.tree.clone())];
        let devices = machine.devices().map(|device| ("a device", device));
        for (what, range) in others.into_iter().chain(devices) {
            if range.start < image.end && image.start < range.end {
                return Err(ours(what, range));
            }
            free.remove(range);
        }
        machine.reserved.iter().chain([image]).for_each(|range| free.remove(range));
        Layout::within(free, machine.core_count - 1, &machine.ram)
    }

    /// Lays the stacks of so many cores into `free`, and the heap into the largest piece that is left.
    fn within(free: Pieces, others: usize, ram: &Ram) -> Result<Layout, Error<'static>> {
        let mut stacks = others;
        let mut heap = 0..0;
        let mut at_the_end = 0;
        let end = ram.iter().last().map_or(0, |last| last.end);
        for piece in free.iter() {
            let here = stacks.min(piece.len() / STACKS_SIZE);
            stacks -= here;
            let rest = piece.start + here * STACKS_SIZE..piece.end;
            if rest.end == end {
                at_the_end = rest.len();
            }
            if rest.len() > heap.len() {
                heap = rest;
            }
        }
        // Stacks that found no room leave less than one core's of each piece: then the heap is too small, too.
        if heap.len() < SMALLEST_HEAP {
            // More memory would come behind the last of it.
            let missing = (stacks * STACKS_SIZE + SMALLEST_HEAP).saturating_sub(at_the_end);
            let there = ram.bytes();
            let enough = there.saturating_add(missing).div_ceil(1 << 20);
            return Err(Error::TooLittle { there: there >> 20, enough, cores: others + 1 });
        }
        heap.end = heap.end.min(heap.start + LARGEST_HEAP);
        Ok(Layout { free, others, heap })
    }

    /// Returns the stacks of a core. Those of core 0 are not planned, but part of the image.
    pub fn stacks(&self, core: usize) -> Option<Stacks> {
        let mut before = core.checked_sub(1).filter(|other| *other < self.others)?;
        for piece in self.free.iter() {
            let here = piece.len() / STACKS_SIZE;
            if before < here {
                return Some(Stacks::at(piece.start + before * STACKS_SIZE));
            }
            before -= here;
        }
        None
    }
}
