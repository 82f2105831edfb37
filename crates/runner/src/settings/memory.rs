//! QEMU_MEM: is it a size, and is it enough.

use crate::exit_error::ExitError;

/// The smallest machine that makes sense: the device tree's MiB, an image that begins at the second MiB, page
/// tables and a heap; for RISC-V the firmware's 2 MiB, and the image. A kernel that needs more has to say so itself.
const LEAST_MEMORY: u64 = 16 * MIB;
const MIB: u64 = 1 << 20;

/// Reads a size as QEMU's `-m` does: MiB without a suffix, else B, K, M, G or T.
pub fn parse(text: &str) -> Result<u64, ExitError> {
    size(text).ok_or_else(|| {
        ExitError::setup(
            format!("QEMU_MEM={text} is not a size"),
            "set it to something like 256M or 1G",
        )
    })
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = match text.char_indices().last()? {
        (at, 'b' | 'B') => (&text[..at], 1.0),
        (at, 'k' | 'K') => (&text[..at], 1024.0),
        (at, 'm' | 'M') => (&text[..at], MIB as f64),
        (at, 'g' | 'G') => (&text[..at], (MIB << 10) as f64),
        (at, 't' | 'T') => (&text[..at], (MIB << 20) as f64),
        _ => (text, MIB as f64),
    };
    let plain = number.starts_with(|c: char| c.is_ascii_digit());
    let plain = plain && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // Rust's cast saturates, and QEMU refuses what it cannot map.
    plain.then(|| number.parse::<f64>().ok().map(|number| (number * unit) as u64))?
}

/// Refuses a machine that is smaller than any kernel needs.
pub fn check_memory(text: &str, bytes: u64) -> Result<(), ExitError> {
    if bytes < LEAST_MEMORY {
        return Err(ExitError::setup(
            format!("QEMU_MEM={text} is too little for this kernel"),
            format!("set it to {}M or more", LEAST_MEMORY / MIB),
        ));
    }
    Ok(())
}
