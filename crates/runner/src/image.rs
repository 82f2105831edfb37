//! Reads from the kernel's ELF file what the runner has to know before it starts QEMU.

use std::path::Path;

use crate::exit_error::ExitError;

/// Where the RAM of QEMU's `virt` machine starts (QEMU, hw/arm/virt.c, `VIRT_MEM`).
const RAM_START: u64 = 0x4000_0000;
/// ELF-64 for AArch64: `e_machine` is 183 (ELF for the Arm 64-bit Architecture, 5.2).
const EM_AARCH64: u16 = 183;
/// A program header that is loaded (ELF specification, `PT_LOAD`).
const PT_LOAD: u32 = 1;

/// What an image takes of the machine, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// From the start of RAM to the image's end, its stacks and .bss included.
    pub reach: u64,
    /// What QEMU loads from the file.
    pub loaded: u64,
}

/// Reads what the image at `path` takes.
pub fn extent(path: &Path) -> Result<Extent, ExitError> {
    let shown = path.display();
    let remedy = "build the kernel with cargo build, then name its ELF file";
    let bytes = std::fs::read(path).map_err(|error| {
        ExitError::setup(format!("cannot read the kernel {shown}: {error}"), remedy)
    })?;
    extent_of(&bytes)
        .ok_or_else(|| ExitError::setup(format!("{shown} is not a kernel for aarch64"), remedy))
}

fn extent_of(elf: &[u8]) -> Option<Extent> {
    // 0x7f ELF, 64 bits, little endian; the offsets below are those of Elf64_Ehdr and Elf64_Phdr.
    if elf.get(..6)? != b"\x7fELF\x02\x01" || read::<2>(elf, 18)? != u64::from(EM_AARCH64) {
        return None;
    }
    let (table, size, count) = (read::<8>(elf, 32)?, read::<2>(elf, 54)?, read::<2>(elf, 56)?);
    let (mut end, mut loaded) = (0, 0_u64);
    for index in 0..count {
        let at = usize::try_from(table.checked_add(index * size)?).ok()?;
        if read::<4>(elf, at)? == u64::from(PT_LOAD) {
            let (start, in_file, in_memory) =
                (field(elf, at, 24)?, field(elf, at, 32)?, field(elf, at, 40)?);
            end = end.max(start.checked_add(in_memory)?);
            loaded = loaded.checked_add(in_file)?;
        }
    }
    Some(Extent { reach: end.saturating_sub(RAM_START), loaded })
}

/// Reads a 64-bit field of the program header at `at`.
fn field(elf: &[u8], at: usize, offset: usize) -> Option<u64> {
    read::<8>(elf, at.checked_add(offset)?)
}

fn read<const N: usize>(bytes: &[u8], at: usize) -> Option<u64> {
    let field = bytes.get(at..at.checked_add(N)?)?;
    Some(field.iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(load_at: u64, size: u64) -> Vec<u8> {
        let mut elf = vec![0; 64 + 56];
        elf[..6].copy_from_slice(b"\x7fELF\x02\x01");
        elf[18] = 183;
        (elf[32], elf[54], elf[56], elf[64]) = (64, 56, 1, 1);
        elf[64 + 24..64 + 32].copy_from_slice(&load_at.to_le_bytes());
        elf[64 + 32..64 + 40].copy_from_slice(&0x1000_u64.to_le_bytes());
        elf[64 + 40..64 + 48].copy_from_slice(&size.to_le_bytes());
        elf
    }

    #[test]
    fn the_reach_counts_from_the_start_of_ram() {
        assert_eq!(
            extent_of(&image(0x4020_0000, 0x1_0000)),
            Some(Extent { reach: 0x21_0000, loaded: 0x1000 })
        );
    }

    #[test]
    fn what_is_no_aarch64_elf_is_refused() {
        let good = image(0x4020_0000, 0x1_0000);
        for (at, value) in [(0, b'x'), (4, 1), (5, 2), (18, 62)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert_eq!(extent_of(&bad), None, "byte {at}");
        }
        assert_eq!(extent_of(b"#!/bin/sh"), None);
    }

    #[test]
    fn a_cut_or_hostile_file_is_refused_without_a_panic() {
        let good = image(0x4020_0000, 0x1_0000);
        for cut in 0..good.len() - 8 {
            assert_eq!(extent_of(&good[..cut]), None, "cut at {cut}");
        }
        assert_eq!(extent_of(&image(u64::MAX, 2)), None);
        let mut far = good;
        far[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(extent_of(&far), None);
    }
}
