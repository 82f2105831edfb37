// Entry of the first core and of the others, up to the first line of Rust.
//
//   _start            first core   EL1 or EL2   MMU off   x0 = device tree, or 0 (ELF)
//   _start_secondary  the others   EL1 or EL2   MMU off   x0 = its Core (from PSCI CPU_ON)
//
// Both go down to EL1, install the exception vectors, and turn MMU and caches on BEFORE the first
// line of Rust: exclusive and atomic accesses are only sound on Normal cacheable memory
// (Arm ARM, "Synchronization and semaphores"), and Rust code may contain one anywhere.
//
// Nothing is written while the caches are off: what is written past them, a line that was in a cache
// before could later hide (Linux invalidates what it has written so, arch/arm64/kernel/head.S,
// "dcache_inval_poc"). So .bss is cleared behind enable_mmu, and the early table is a constant of the
// image. What is read with the caches off comes from memory: the image, which the loader has cleaned to
// the point of coherency (Linux, Documentation/arch/arm64/booting.rst, "Caches, MMUs"), and the
// core's own data, which who starts it cleans (src/machine/arch/cache.rs). Table walks go through the
// caches from their first on (TCR_EL1.IRGN0, ORGN0), so tables need no cleaning.
//
// The kernel runs on SP_EL0 and takes exceptions on SP_EL1: a handler has a good stack even if the
// exception is that the other stack has run into its guard page.
//
// Names in braces are Rust symbols and constants, bound in src/machine/boot.rs.

.section .text.entry, "ax"

.global _start
_start:
    msr     daifset, #0xf               // no interrupt before there is somebody to handle it
    mov     x19, x0                     // keep the device tree's address
    bl      enter_el1
    bl      check_features

    adrp    x0, {early_table}           // identity map of device space and of our GiB of RAM
    add     x0, x0, :lo12:{early_table}
    bl      enable_mmu

    adrp    x0, __bss_start             // QEMU's RAM starts zeroed, real RAM does not
    add     x0, x0, :lo12:__bss_start
    adrp    x1, __bss_end
    add     x1, x1, :lo12:__bss_end
1:  cmp     x0, x1
    b.hs    2f
    stp     xzr, xzr, [x0], #16         // the linker script aligns both ends to 16
    b       1b
2:
    adrp    x0, __exception_stack_end   // SP_EL1: we are at EL1h
    mov     sp, x0
    msr     tpidr_el1, xzr              // no core data yet
    bl      install_vectors
    msr     spsel, #0                   // from here on the kernel's own stack
    adrp    x0, __stack_end
    mov     sp, x0
    mov     x29, xzr                    // a frame chain ends here
    mov     x30, xzr
    mov     x0, x19
    b       {first_core}

.global _start_secondary
_start_secondary:
    msr     daifset, #0xf
    mov     x19, x0                     // its Core, cleaned to memory by who starts it
    bl      enter_el1
    bl      check_features              // cores may differ from each other

    ldr     x0, [x19, #{CORE_EXCEPTION_STACK}]
    mov     sp, x0                      // SP_EL1
    ldr     x0, [x19, #{CORE_TTBR0}]   // the final tables; no early map needed
    bl      enable_mmu

    msr     tpidr_el1, x19              // this core's own data
    bl      install_vectors
    msr     spsel, #0
    ldr     x1, [x19, #{CORE_STACK}]
    mov     sp, x1                      // SP_EL0
    mov     x29, xzr
    mov     x30, xzr
    mov     x0, x19
    b       {secondary_core}

// Goes to EL1h with interrupts masked, MMU off and the early vectors; returns to its caller.
enter_el1:
    mrs     x1, CurrentEL               // bits 3:2
    cmp     x1, #(2 << 2)
    b.lo    at_el1
    b.hi    at_el3

    adr     x1, early_vectors           // before anything here can fault
    msr     vbar_el2, x1
    mov     x1, #{HCR_EL2_RW}           // EL1 is AArch64; no traps, no stage 2, E2H off
    msr     hcr_el2, x1
    isb
    mrs     x1, midr_el1                // what EL1 reads as its own identity
    msr     vpidr_el2, x1
    mrs     x1, mpidr_el1
    msr     vmpidr_el2, x1
    mov     x1, #{CNTHCT_EL2_NO_TRAPS}  // counter and timer accessible from EL1
    msr     cnthctl_el2, x1
    msr     cntvoff_el2, xzr            // virtual time = physical time
    mov     x1, #{CPTR_EL2_NO_TRAPS}
    msr     cptr_el2, x1
    msr     hstr_el2, xzr
    mrs     x1, id_aa64pfr0_el1         // GIC system registers? (bits 27:24)
    ubfx    x1, x1, #24, #4
    cbz     x1, 1f
    mrs     x1, S3_4_C12_C9_5           // ICC_SRE_EL2
    mov     x2, #{ICC_SRE_EL2_SRE_ENABLE}
    orr     x1, x1, x2
    msr     S3_4_C12_C9_5, x1           // EL1 may use the GICv3 system registers
    isb
    msr     S3_4_C12_C11_0, xzr         // ICH_HCR_EL2: no virtual interrupts
1:
    mov     x1, #{SPSR_EL1H_MASKED}
    msr     spsr_el2, x1
    msr     elr_el2, x30                // "return" to our caller, at EL1h
    ldr     x1, ={SCTLR_EL1_MMU_OFF}
    msr     sctlr_el1, x1
    adr     x1, early_vectors
    msr     vbar_el1, x1
    eret

at_el1:
    adr     x1, early_vectors
    msr     vbar_el1, x1
    ldr     x1, ={SCTLR_EL1_MMU_OFF}    // a known state: MMU and caches off, little endian
    msr     sctlr_el1, x1
    msr     spsel, #1
    isb
    ret

at_el3:                                 // `secure=on`: no PSCI, every core enters at once
    mrs     x1, mpidr_el1               // one core speaks, the others sleep
    tst     x1, #0xff
    b.eq    3f
2:  wfi
    b       2b
3:  adr     x1, el3_message
    b       die

el3_message:
    .asciz  "# started at EL3: there is no firmware here; remove secure=on from QEMU_MACHINE\n"

// From here on an exception is reported: there is a stack for it.
.balign 4
install_vectors:
    adrp    x1, vectors                 // 2 KiB aligned, see vectors.S
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    isb
    ret

// Turns MMU and caches on with the tables at x0. At EL1, clobbers x1 and x2.
enable_mmu:
    ldr     x1, ={MAIR_EL1}
    msr     mair_el1, x1
    ldr     x1, ={TCR_EL1}
    mrs     x2, id_aa64mmfr0_el1        // PARange, bits 3:0
    and     x2, x2, #0xf
    cmp     x2, #5                      // 48 bits is the most that 4 KiB pages take without LPA2
    b.ls    1f
    mov     x2, #5
1:  bfi     x1, x2, #32, #3             // TCR_EL1.IPS
    msr     tcr_el1, x1
    msr     ttbr0_el1, x0
    dsb     ish                         // tables written before they are walked
    isb
    tlbi    vmalle1                     // nothing stale from before reset
    ic      iallu
    dsb     nsh
    isb
    ldr     x1, ={SCTLR_EL1_MMU_ON}
    msr     sctlr_el1, x1
    isb                                 // the next instruction is fetched through the tables
    ret

.ltorg
