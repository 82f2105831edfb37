//! From the first line of Rust on core 0 to the image's own function.

use crate::arch::{interrupt_mask, semihosting, time};
use crate::board::console::println;
use crate::board::{console, device_tree, early_map, gic, heap, memory, mmu};
use crate::smp::cores::{self, Core};
use crate::smp::start;
use aarch64_cpu::registers::{CNTHCTL_EL2, HCR_EL2, SCTLR_EL1, SPSR_EL2, TCR_EL1};
use core::arch::global_asm;
use core::mem::offset_of;

/// Makes a kernel image of a function `fn() -> !`.
#[macro_export]
macro_rules! kernel {
    ($main:path) => {
        /// Called by the machine on core 0 once it is up.
        #[unsafe(no_mangle)]
        extern "Rust" fn kernel_main() -> ! {
            $main()
        }
    };
}

unsafe extern "Rust" {
    // Every image defines it with `kernel!`, which fixes the signature.
    safe fn kernel_main() -> !;
}

// SCTLR_EL1 bits that are RES1 without the features that give them a meaning
// (Arm ARM, SCTLR_EL1): LSMAOE, nTLSMD, SPAN, EIS, TSCXT, EOS.
const SCTLR_EL1_RES1: u64 = 1 << 29 | 1 << 28 | 1 << 23 | 1 << 22 | 1 << 20 | 1 << 11;

global_asm!(
    include_str!("../../boot/entry.S"),
    include_str!("../../boot/end.S"),
    // Written by build.rs: what boot/features.S has to look for.
    include_str!(concat!(env!("OUT_DIR"), "/built_for.S")),
    include_str!("../../boot/features.S"),
    early_table = sym early_map::EARLY_TABLE,
    first_core = sym first_core,
    secondary_core = sym start::secondary_core,
    CORE_TTBR0 = const offset_of!(Core, ttbr0),
    CORE_EXCEPTION_STACK = const offset_of!(Core, stacks.exception.end),
    CORE_STACK = const offset_of!(Core, stacks.main.end),
    HCR_EL2_RW = const HCR_EL2::RW::EL1IsAarch64.value,
    CNTHCT_EL2_NO_TRAPS = const CNTHCTL_EL2::EL1PCEN::SET.value | CNTHCTL_EL2::EL1PCTEN::SET.value,
    // CPTR_EL2 with E2H clear: the RES1 bits, and no trap (Arm ARM, CPTR_EL2).
    CPTR_EL2_NO_TRAPS = const 0x33ff_u64 & !(1 << 10) & !(1 << 8),
    // SRE: system registers at EL2; Enable: EL1 may choose them too (Arm IHI 0069, ICC_SRE_EL2).
    ICC_SRE_EL2_SRE_ENABLE = const 0b1001,
    SPSR_EL1H_MASKED = const SPSR_EL2::M::EL1h.value
        | SPSR_EL2::D::Masked.value
        | SPSR_EL2::A::Masked.value
        | SPSR_EL2::I::Masked.value
        | SPSR_EL2::F::Masked.value,
    SCTLR_EL1_MMU_OFF = const SCTLR_EL1_RES1,
    SCTLR_EL1_MMU_ON = const SCTLR_EL1_RES1
        | SCTLR_EL1::M::Enable.value
        | SCTLR_EL1::C::Cacheable.value
        | SCTLR_EL1::I::Cacheable.value
        | SCTLR_EL1::SA::Enable.value
        | SCTLR_EL1::SA0::Enable.value,
    MAIR_EL1 = const mmu::MAIR_EL1_VALUE,
    // 39 bits of address in TTBR0, none in TTBR1; 4 KiB pages; walks through the caches.
    TCR_EL1 = const (64 - mmu::ADDRESS_BITS as u64)
        | TCR_EL1::TG0::KiB_4.value
        | TCR_EL1::SH0::Inner.value
        | TCR_EL1::ORGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable.value
        | TCR_EL1::IRGN0::WriteBack_ReadAlloc_WriteAlloc_Cacheable.value
        | TCR_EL1::EPD1::DisableTTBR1Walks.value,
    SYS_WRITE0 = const semihosting::SYS_WRITE0,
    SYS_EXIT = const semihosting::SYS_EXIT,
    ADP_STOPPED_APPLICATION_EXIT = const semihosting::ADP_STOPPED_APPLICATION_EXIT,
    VIRT_UART = const console::VIRT_UART,
    MOST_LOOKS = const console::MOST_LOOKS,
    PSCI_SYSTEM_OFF = const smccc::psci::PSCI_SYSTEM_OFF,
);

/// Called by boot/entry.S on core 0: MMU on through the early map, interrupts masked.
///
/// The boot as a table of contents; each step needs those before it.
extern "C" fn first_core(loader_tree: usize) -> ! {
    cores::adopt_first_core();
    interrupt_mask::mask_interrupts(); // but not errors
    let machine = device_tree::read(loader_tree); // what is there, and where
    early_map::add_device(machine.uart.clone());
    console::start(machine.uart.start);
    machine.notes().for_each(|note| println!("# note: {note}"));
    let heap = memory::plan(machine); // what goes where in RAM
    early_map::add_memory(heap.clone());
    heap::start(heap.clone());
    mmu::start(machine, heap); // final permissions; the early map is gone
    gic::start(&machine.gic);
    gic::start_core(cores::this().target());
    time::check();
    interrupt_mask::unmask_interrupts();
    kernel_main()
}
