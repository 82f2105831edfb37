//! A flat image, which QEMU hands the device tree and an initial RAM disk, as a boot loader would.
//!
//! Its first page is a header as Linux has it (Linux, Documentation/arch/arm64/booting.rst, "Call the
//! kernel image"); the kernel follows, at the address that it is linked to.

use anyhow::{Context as _, ensure};
use object::{Object, ObjectSegment};

/// Bytes of the page for the header, and what a kernel's place must be a multiple of.
const PAGE: usize = 4096;
const ALIGNED: usize = 2 << 20;
/// Where the header has its parts, and what it is known by.
const TEXT_OFFSET: usize = 8;
const IMAGE_SIZE: usize = 16;
const MAGIC: usize = 56;
/// Behind the header.
const CODE: usize = 64;

/// Returns a kernel as a flat image. `x0`: where it is told that the tree lies, instead of where QEMU puts it.
pub fn image(elf: &[u8], x0: Option<usize>) -> anyhow::Result<Vec<u8>> {
    let elf = object::File::parse(elf)?;
    let start = elf.segments().map(|segment| segment.address()).min().context("no segments")?;
    let mut image = vec![0; PAGE];
    for segment in elf.segments() {
        let (at, data) = (PAGE + (segment.address() - start) as usize, segment.data()?);
        image.resize(image.len().max(at + data.len()), 0);
        image[at..at + data.len()].copy_from_slice(data);
    }
    // QEMU adds this to the beginning of its memory, a multiple of 1 GiB.
    let offset = (start as usize - PAGE) % (1 << 30);
    ensure!(offset > ALIGNED / 2, "QEMU moves what begins at {offset:#x}");
    put(&mut image, TEXT_OFFSET, offset);
    let size = image.len();
    put(&mut image, IMAGE_SIZE, size);
    image[MAGIC..MAGIC + 4].copy_from_slice(b"ARM\x64");
    let code = match x0 {
        None => vec![branch(0, PAGE)],
        Some(_) => vec![branch(0, CODE)],
    };
    write(&mut image, 0, &code);
    if let Some(x0) = x0 {
        const LDR_X0_NEXT_BUT_ONE: u32 = 0x5800_0040; // ldr x0, .+8
        write(&mut image, CODE, &[LDR_X0_NEXT_BUT_ONE, branch(CODE + 4, PAGE)]);
        put(&mut image, CODE + 8, x0);
    }
    Ok(image)
}

/// Returns the instruction `b`, from one place to one behind it (Arm ARM, B).
fn branch(from: usize, to: usize) -> u32 {
    0x1400_0000 | ((to - from) / 4) as u32
}

fn write(image: &mut [u8], at: usize, code: &[u32]) {
    let bytes: Vec<u8> = code.iter().flat_map(|instruction| instruction.to_le_bytes()).collect();
    image[at..at + bytes.len()].copy_from_slice(&bytes);
}

fn put(image: &mut [u8], at: usize, number: usize) {
    image[at..at + 8].copy_from_slice(&(number as u64).to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::elf;

    const START: u64 = 0x4020_0000;

    /// Returns a number of the header.
    fn number(image: &[u8], at: usize) -> usize {
        usize::from_le_bytes(image[at..at + 8].try_into().unwrap())
    }

    fn words(image: &[u8], at: usize) -> [u32; 2] {
        [at, at + 4].map(|at| u32::from_le_bytes(image[at..at + 4].try_into().unwrap()))
    }

    #[test]
    fn a_header_stands_before_the_kernel_and_jumps_to_it() {
        let image = image(&elf(START, &[1, 2, 3], &[]), None).unwrap();
        assert_eq!((image.len(), words(&image, 4096)), (4096 + 12, [1, 2]));
        assert_eq!(words(&image, 0), [0x1400_0400, 0]); // b .+4096
        // QEMU puts the header where the kernel then follows at its own address.
        assert_eq!(number(&image, 8), 0x20_0000 - 4096);
        assert_eq!((number(&image, 16), &image[56..60]), (4096 + 12, &b"ARM\x64"[..]));
        assert!(image[64..4096].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn what_x0_is_to_be_is_loaded_on_the_way() {
        let image = image(&elf(START, &[1, 2, 3], &[]), Some(0x4028_0000)).unwrap();
        assert_eq!(words(&image, 0), [0x1400_0010, 0]); // b .+64
        assert_eq!(words(&image, 64), [0x5800_0040, 0x1400_03ef]); // ldr x0, .+8; b .+4028
        assert_eq!((number(&image, 72), words(&image, 4096)), (0x4028_0000, [1, 2]));
    }

    #[test]
    fn a_kernel_that_qemu_would_move_is_refused() {
        let offset = |offset: u64| image(&elf((1 << 30) + 4096 + offset, &[1], &[]), None).is_ok();
        assert_eq!([offset(1 << 20), offset((1 << 20) + 8)], [false, true]);
    }
}
