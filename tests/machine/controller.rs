//! The interrupt controller, as its registers say: what is enabled, at which priority, on every core.

use aarch64_cpu::registers::{MPIDR_EL1, Readable};
use core::arch::asm;
use core::ops::Range;
use machine::board::device_tree::{self, Gic};
use machine::smp::jobs;
use machine::testing::ktap::{self, equal};
use spin::Mutex;

/// Enabled on each core: SGI 0, which wakes it, and PPI 11, its timer. A GICv2 may have all SGIs enabled
/// (Arm IHI 0048, "GICD_ISENABLERn").
const ENABLED: u32 = 1 | 1 << 27;
const SGIS: u32 = 0xffff;

// Registers for SGIs and PPIs: in a GICv2's distributor, which has them once for each core, or in the second
// frame of a core's redistributor (Arm IHI 0048, 4.3; Arm IHI 0069, 12.10 and 12.11).
const ISENABLER0: usize = 0x100;
const IPRIORITYR: usize = 0x400;
/// The second frame.
const SGI_BASE: usize = 64 << 10;
/// From one redistributor to the next, as QEMU has them.
const STRIDE: usize = 2 * SGI_BASE;
const GICR_TYPER: usize = 0x8;
const GICR_WAKER: usize = 0x14;
/// ProcessorSleep and ChildrenAsleep.
const ASLEEP: u32 = 0b110;
/// A GICv2's interface of the calling core: its switch, and the lowest priority that interrupts.
const GICC_CTLR: usize = 0x0;
const GICC_PMR: usize = 0x4;

fn read(address: usize) -> u32 {
    // SAFETY: a register of the interrupt controller, mapped as device memory; reading it has no effect.
    unsafe { (address as *const u32).read_volatile() }
}

/// Returns where the calling core's redistributor begins.
fn redistributor(regions: &[Option<Range<usize>>]) -> usize {
    let affinity = MPIDR_EL1.get() & 0xff_00ff_ffff;
    let [aff0, aff1, aff2, _, aff3, ..] = affinity.to_le_bytes();
    let wanted = u32::from_le_bytes([aff0, aff1, aff2, aff3]);
    let all = regions.iter().flatten().flat_map(|region| region.clone().step_by(STRIDE));
    all.into_iter().find(|at| read(at + GICR_TYPER + 4) == wanted).expect("each core has one")
}

/// What the calling core's part of the controller says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    enabled: u32,
    priorities: [u8; 2],
    asleep: bool,
    mask: u64,
    takes_interrupts: bool,
}

fn look() -> Seen {
    let priorities = |base: usize| {
        [0, 27].map(|interrupt: usize| {
            let word = read(base + IPRIORITYR + interrupt / 4 * 4);
            word.to_le_bytes()[interrupt % 4]
        })
    };
    match &device_tree::machine().gic {
        Gic::V2 { distributor, cpu_interface } => Seen {
            enabled: read(distributor.start + ISENABLER0) & !(SGIS & !1),
            priorities: priorities(distributor.start),
            asleep: false,
            mask: u64::from(read(cpu_interface.start + GICC_PMR)),
            takes_interrupts: read(cpu_interface.start + GICC_CTLR) & 1 != 0,
        },
        Gic::V3 { redistributors, .. } => {
            let own = redistributor(redistributors);
            let (mask, group1): (u64, u64);
            // SAFETY: reading ICC_PMR_EL1 and ICC_IGRPEN1_EL1 has no effect.
            unsafe {
                asm!("mrs {}, S3_0_C4_C6_0", "mrs {}, S3_0_C12_C12_7",
                    out(reg) mask, out(reg) group1, options(nomem, nostack));
            }
            Seen {
                enabled: read(own + SGI_BASE + ISENABLER0),
                priorities: priorities(own + SGI_BASE),
                asleep: read(own + GICR_WAKER) & ASLEEP != 0,
                mask,
                takes_interrupts: group1 & 1 != 0,
            }
        }
    }
}

/// Checks that every core is set up to take just what the kernel handles.
pub fn is_set_up() -> ktap::Result {
    let first_wrong = Mutex::new(None);
    jobs::run(&|core| {
        let seen = look();
        let lowest = seen.mask; // a core may have fewer bits of priority than eight
        let right = Seen {
            enabled: ENABLED,
            priorities: [0x80; 2],
            asleep: false,
            mask: lowest.max(0xf0),
            takes_interrupts: true,
        };
        if seen != right {
            *first_wrong.lock() = Some((core, seen));
        }
    });
    equal("a core whose controller is set up otherwise", first_wrong.into_inner(), None)
}
