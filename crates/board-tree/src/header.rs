//! Where a tree lies and how long it is: what must be known before it can be read.

use crate::error::Error;
use crate::pages::PAST_THE_LAST;
use crate::whole::MAGIC;

/// Where QEMU puts the tree when it loads an ELF file: the start of RAM, with x0 = 0 (QEMU manual,
/// "virt" machine, "Hardware configuration information for bare-metal programming").
const ELF_TREE: usize = 0x4000_0000;
/// Where memory begins: `virt` keeps the first GiB for devices.
const MEMORY: usize = 1 << 30;
/// What a tree's address must be a multiple of (Linux, Documentation/arch/arm64/booting.rst, "Setup the
/// device tree").
const ALIGNMENT: usize = 8;
/// The largest tree that is read: twice what Linux allows, as QEMU makes one of more than 2 MiB of a tree
/// that it has written itself (softmmu/device_tree.c, load_device_tree).
const LARGEST: usize = 4 << 20;

/// Returns where the tree must lie. `loader`: the address that the loader has named, or 0.
pub fn address(loader: usize) -> Result<usize, Error<'static>> {
    let address = if loader == 0 { ELF_TREE } else { loader };
    match address.is_multiple_of(ALIGNMENT) && (MEMORY..PAST_THE_LAST).contains(&address) {
        true => Ok(address),
        false => Err(Error::Number("cannot lie where the loader says:", address as u64)),
    }
}

/// Returns how many bytes the tree has. `words`: its first two, as they lie in memory.
pub fn size(loader: usize, words: [u32; 2]) -> Result<usize, Error<'static>> {
    let [magic, size] = words.map(u32::from_be);
    let size = size as usize;
    match magic == MAGIC {
        true if size <= LARGEST => Ok(size),
        true => Err(Error::Number("is larger than 4 MiB:", size as u64)),
        false if loader == 0 => Err(Error::Tree(
            "is missing: QEMU leaves none if the file for -dtb has 1 MB or more; pack it by dtc",
        )),
        false => Err(Error::Number("does not lie where the loader says:", loader as u64)),
    }
}
