//! What the redistributor of a core says of it: whether it is asleep.

use machine::board::device_tree::{self, Gic};
use machine::smp::cores::Core;

/// Registers, from the start of a redistributor (Arm IHI 0069, "Redistributor register map").
const TYPER: usize = 0x8;
const WAKER: usize = 0x14;
/// Bit 1 of GICR_TYPER: there are two more frames of 64 KiB beside the usual two.
const VLPIS: u64 = 1 << 1;
const FRAMES: usize = 2 << 16;

/// Bits 1 and 2 of GICR_WAKER: nothing is sent to the core, and it has heard that.
pub const ASLEEP: u32 = 0b110;

/// Returns these bits for a core, `None` where there are no redistributors: a GICv2.
pub fn asleep(core: &Core) -> Option<u32> {
    let Gic::V3 { redistributors, stride, .. } = &device_tree::machine().gic else { return None };
    // GICR_TYPER has Aff3 right above Aff2, MPIDR_EL1 eight bits further up.
    let affinity = (core.affinity >> 32 << 24 | core.affinity & 0xff_ffff) as u32;
    for region in redistributors.iter().flatten() {
        let mut at = region.start;
        while at + FRAMES <= region.end {
            // SAFETY: the device tree puts redistributors there, mapped as device memory; reading these two
            // registers changes nothing.
            let typer = unsafe { ((at + TYPER) as *const u64).read_volatile() };
            if (typer >> 32) as u32 == affinity {
                // SAFETY: as above.
                let waker = unsafe { ((at + WAKER) as *const u32).read_volatile() };
                return Some(waker & ASLEEP);
            }
            at += stride.unwrap_or(if typer & VLPIS == 0 { FRAMES } else { 2 * FRAMES });
        }
    }
    panic!("core {} has no redistributor", core.index)
}
