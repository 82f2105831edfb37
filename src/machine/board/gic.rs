//! The interrupt controller, GICv2 or GICv3, through arm-gic.

use crate::arch::interrupt_mask::without_interrupts;
use crate::arch::timer;
use crate::board::device_tree::Gic;
use aarch64_cpu::asm::barrier;
use alloc::vec::Vec;
use arm_gic::gicv2::{self, GicV2};
use arm_gic::gicv3::{
    self, GicCpuInterface, GicDistributor, GicRedistributor, SgiTargetGroup, registers::GicrSgi,
};
use arm_gic::{IntId, InterruptGroup, UniqueMmioPointer};
use core::iter;
use core::ops::Range;
use core::ptr::NonNull;
use spin::{Mutex, MutexGuard, Once};

/// The lowest priority that still interrupts; lower numbers come first.
const PRIORITY_MASK: u8 = 0xff;
/// The priority of all interrupts.
const PRIORITY: u8 = 0x80;

enum Controller {
    /// One driver for all cores: its registers are banked, so each reaches its own through it.
    V2(Mutex<GicV2<'static>>),
    /// System registers of each core; this is only for starting cores: each core's redistributor, found by
    /// its affinity, as their order need not be that of the device tree. Sorted.
    V3 { redistributors: Vec<(u64, Mutex<GicRedistributor<'static>>)> },
}

/// The inter-core interrupt (SGI) that only ends a sleep: there is something to look at.
const WAKE: u32 = 0;

static CONTROLLER: Once<Controller> = Once::new();

/// A core, as the interrupt controller addresses it.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Position in the device tree, from 0.
    pub index: usize,
    /// Affinity, as in MPIDR_EL1.
    pub affinity: u64,
}

/// What has interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// Another core (or this one) wants us to look at something.
    Wake,
    /// The virtual timer.
    Timer,
    /// Anything else, by number.
    Other(u32),
}

fn wake() -> IntId {
    IntId::sgi(WAKE)
}

fn virtual_timer() -> IntId {
    IntId::ppi(timer::PPI)
}

/// Starts the part that all cores share. On core 0, once.
pub fn start(gic: &'static Gic) {
    CONTROLLER.call_once(|| match gic {
        Gic::V2 { distributor, cpu_interface } => {
            // SAFETY: the device tree puts a GICv2's registers there, they are mapped as device
            // memory, and this is the only pointer to them.
            let mut gic = unsafe { GicV2::new(distributor.start as _, cpu_interface.start as _) };
            gic.setup();
            Controller::V2(Mutex::new(gic))
        }
        Gic::V3 { distributor, redistributors, stride } => {
            let registers = NonNull::new(distributor.start as *mut gicv3::registers::Gicd)
                .expect("the device tree puts the GIC at address 0");
            // SAFETY: as above, for a GICv3's distributor.
            let registers = unsafe { UniqueMmioPointer::new(registers) };
            GicDistributor::new(registers).configure_default_settings();
            Controller::V3 { redistributors: find(redistributors, *stride) }
        }
    });
}

/// Finds all redistributors, in one walk.
fn find(
    regions: &[Option<Range<usize>>],
    stride: Option<usize>,
) -> Vec<(u64, Mutex<GicRedistributor<'static>>)> {
    let all = regions.iter().flatten().flat_map(|region| redistributors(region.clone(), stride));
    let mut found: Vec<_> = all.map(|one| (one.typer().core_mpidr(), Mutex::new(one))).collect();
    found.sort_unstable_by_key(|&(affinity, _)| affinity);
    found
}

fn controller() -> &'static Controller {
    CONTROLLER.get().expect("the interrupt controller is started before it is used")
}

/// Lets the calling core, which is `core`, receive the wake-up and the timer interrupt. Each time that it starts.
pub fn start_core(core: Target) {
    match controller() {
        Controller::V2(gic) => {
            let mut gic = gic.lock();
            gic.setup(); // the CPU interface is banked; repeating the shared part changes nothing
            gic.set_priority_mask(PRIORITY_MASK);
            for interrupt in [wake(), virtual_timer()] {
                gic.set_interrupt_priority(interrupt, PRIORITY);
                gic.enable_interrupt(interrupt, true)
                    .unwrap_or_else(|error| panic!("interrupt {interrupt:?}: {error}"));
            }
        }
        Controller::V3 { redistributors } => {
            GicCpuInterface::enable_system_register_el1();
            let mut own = own(redistributors, core);
            let _ = own.mark_core_awake(); // it may be awake already
            own.configure_default_settings();
            for interrupt in [wake(), virtual_timer()] {
                own.set_interrupt_priority(interrupt, PRIORITY)
                    .and_then(|()| own.enable_interrupt(interrupt, true))
                    .unwrap_or_else(|error| panic!("interrupt {interrupt:?}: {error}"));
            }
            GicCpuInterface::set_priority_mask(PRIORITY_MASK);
            GicCpuInterface::enable_group1(true);
        }
    }
}

fn own(
    redistributors: &'static [(u64, Mutex<GicRedistributor<'static>>)],
    core: Target,
) -> MutexGuard<'static, GicRedistributor<'static>> {
    let Target { index, affinity } = core;
    let own = redistributors.binary_search_by_key(&affinity, |&(affinity, _)| affinity);
    let own =
        own.unwrap_or_else(|_| panic!("core {index} (MPIDR {affinity:#x}) has no redistributor"));
    redistributors[own].1.lock()
}

/// Takes from the calling core, which is `core` and has its interrupts masked, what [`start_core`] has given it.
/// What comes for it while it is off stays pending.
pub fn stop_core(core: Target) {
    match controller() {
        Controller::V2(gic) => gic.lock().set_priority_mask(0), // nothing has a higher priority
        Controller::V3 { redistributors } => {
            // First the interface, then the redistributor (Arm IHI 0069, "Power management", GICR_WAKER).
            GicCpuInterface::enable_group1(false);
            let _ = own(redistributors, core).mark_core_asleep(); // no error: it is awake
        }
    }
}

/// Returns the redistributors of a region, up to the end of it or to one marked as the last.
///
/// Between two lies what the tree says, or else the frames that each has: two, or four with virtual LPIs
/// (Arm IHI 0069, GICR_TYPER.VLPIS; Linux, drivers/irqchip/irq-gic-v3.c, gic_iterate_rdists).
fn redistributors(
    region: Range<usize>,
    stride: Option<usize>,
) -> impl Iterator<Item = GicRedistributor<'static>> {
    let mut next = Some(region.start);
    iter::from_fn(move || {
        let at = next.filter(|at| at + size_of::<GicrSgi>() <= region.end)?;
        let registers = NonNull::new(at as *mut GicrSgi)?;
        // SAFETY: the device tree puts redistributors there, they are mapped as device memory, and the
        // caller sees to it that this is the only pointer to this one.
        let one = GicRedistributor::new(unsafe { UniqueMmioPointer::new(registers) });
        let typer = one.typer();
        let frames = if typer.virtual_lpis_supported() { 2 } else { 1 };
        let behind = at + stride.unwrap_or(frames * size_of::<GicrSgi>());
        next = (!typer.last_redistributor()).then_some(behind);
        Some(one)
    })
}

/// Sends the wake-up interrupt to a core.
pub fn wake_core(core: Target) {
    match controller() {
        Controller::V2(gic) => without_interrupts(|| {
            // `virt` has one cluster of at most 8 cores then, and numbers the CPU interfaces as Aff0
            // does the cores (QEMU, hw/arm/virt.c, virt_cpu_mp_affinity). The index may be another one:
            // of the cores that the tree lists, some may be off.
            let target = gicv2::SgiTarget::List {
                target_list_filter: gicv2::SgiTargetListFilter::CPUTargetList,
                target_list: 1 << (core.affinity & 7),
            };
            gic.lock().send_sgi(wake(), target);
        }),
        Controller::V3 { .. } => {
            let [affinity0, affinity1, affinity2, _, affinity3, ..] = core.affinity.to_le_bytes();
            let target = gicv3::SgiTarget::List {
                affinity3,
                affinity2,
                affinity1,
                target_list: 1 << affinity0, // `virt` puts 16 cores in a cluster
            };
            // It is sent by a register, which no DMB orders behind memory (Linux, drivers/irqchip/irq-gic-v3.c,
            // gic_ipi_send_mask): what was written is to be seen by whoever it wakes.
            barrier::dsb(barrier::ISHST);
            GicCpuInterface::send_sgi(wake(), target, SgiTargetGroup::CurrentGroup1)
                .unwrap_or_else(|error| panic!("core {}: {error}", core.index));
            barrier::isb(barrier::SY); // and it is to be sent now
        }
    }
}

/// Acknowledges what is pending, ends it, and has `handler` handle it. Interrupts are masked.
///
/// It is ended before it is handled: so another interrupt can end a WFI inside a handler, or interrupt one
/// that unmasks them. The timer is level-sensitive: its handler sets it anew, and the level goes away.
pub fn handle(handler: impl FnOnce(Interrupt)) {
    match controller() {
        Controller::V2(gic) => {
            // Group 0 is what a GICv2 without security extensions, as here, delivers as IRQ.
            let group = InterruptGroup::Group0;
            let Some(id) = gic.lock().get_and_acknowledge_interrupt(group) else { return };
            gic.lock().end_interrupt(id, group);
            handler(classify(id));
        }
        Controller::V3 { .. } => {
            let group = InterruptGroup::Group1;
            let Some(id) = GicCpuInterface::get_and_acknowledge_interrupt(group) else { return };
            GicCpuInterface::end_interrupt(id, group);
            handler(classify(id));
        }
    }
}

fn classify(id: IntId) -> Interrupt {
    // A GICv2 adds the number of the sending core in bits 12:10 (Arm IHI 0048, GICC_IAR).
    match u32::from(id) & 0x3ff {
        number if number == u32::from(wake()) => Interrupt::Wake,
        number if number == u32::from(virtual_timer()) => Interrupt::Timer,
        number => Interrupt::Other(number),
    }
}
