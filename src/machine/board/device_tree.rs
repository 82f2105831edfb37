//! Finds the device tree in memory, and keeps what it says. Nothing of it is assumed elsewhere.

use crate::arch::cpu;
use crate::board::early_map;
use board_tree::Error;
use core::{ptr, slice};
use spin::Once;

pub use board_tree::{Conduit, Gic, Machine};

static MACHINE: Once<Machine<'static>> = Once::new();

/// Reads the tree that the loader has named, or the one where QEMU puts it. On core 0, once.
pub fn read(loader: usize) -> &'static Machine<'static> {
    let address = or_panic(board_tree::address(loader));
    early_map::add_memory(address..address + size_of::<[u32; 2]>());
    // SAFETY: memory, which is mapped now, nothing writes, and holds any value.
    let words = unsafe { ptr::read(address as *const [u32; 2]) };
    let size = or_panic(board_tree::size(loader, words));
    early_map::add_memory(address..address + size);
    // SAFETY: as above; also the final tables map it, for reading.
    let tree = unsafe { slice::from_raw_parts(address as *const u8, size) };
    MACHINE.call_once(|| or_panic(Machine::read(tree, address, cpu::affinity())))
}

fn or_panic<T>(result: Result<T, Error<'_>>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

/// Returns what the device tree said.
pub fn machine() -> &'static Machine<'static> {
    MACHINE.get().expect("the device tree is read before anything else")
}
