// The exception vectors of EL1 (Arm ARM, "Exception vectors": 16 entries of 128 bytes, in four groups).
//
// The kernel runs at EL1t (SP_EL0), so what it does arrives in the first group, on SP_EL1, a stack
// that its own mistakes don't touch. The second group (EL1h) means that a handler itself has failed:
// it starts over at the top of the exception stack and reports that. If that report fails as well, there
// is no third: the early vectors of end.S, installed before it, end the machine. Only an interrupt is no
// failure there: a handler has unmasked it, and it is taken further down on the same stack. Groups three
// and four would come from EL0, which is never entered.
//
// The frame: x0-x30, then SP_EL0, ELR, SPSR, ESR, FAR; as `Frame` in src/machine/traps/exceptions.rs.

.macro save
    sub     sp, sp, #{FRAME_SIZE}
    stp     x0, x1, [sp, #16 * 0]
    stp     x2, x3, [sp, #16 * 1]
    stp     x4, x5, [sp, #16 * 2]
    stp     x6, x7, [sp, #16 * 3]
    stp     x8, x9, [sp, #16 * 4]
    stp     x10, x11, [sp, #16 * 5]
    stp     x12, x13, [sp, #16 * 6]
    stp     x14, x15, [sp, #16 * 7]
    stp     x16, x17, [sp, #16 * 8]
    stp     x18, x19, [sp, #16 * 9]
    stp     x20, x21, [sp, #16 * 10]
    stp     x22, x23, [sp, #16 * 11]
    stp     x24, x25, [sp, #16 * 12]
    stp     x26, x27, [sp, #16 * 13]
    stp     x28, x29, [sp, #16 * 14]
    mrs     x1, sp_el0
    stp     x30, x1, [sp, #16 * 15]
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [sp, #16 * 16]
    mrs     x1, esr_el1
    mrs     x2, far_el1
    stp     x1, x2, [sp, #16 * 17]
.endm

.macro fatal vector                     // never returns
    .balign 128
    save
    mov     x0, sp
    mov     x1, #\vector
    b       {fatal_exception}
.endm

.macro fatal_in_handler vector          // the handler's stack is in doubt: use it from the top
    .balign 128
    msr     tpidrro_el0, x0             // a scratch register that nothing else uses
    adr     x0, early_vectors
    msr     vbar_el1, x0
    isb
    mrs     x0, tpidr_el1               // this core's data, or 0 before it has any
    cbz     x0, 1f
    ldr     x0, [x0, #{CORE_EXCEPTION_STACK}]
    b       2f
1:  adrp    x0, __exception_stack_end
2:  mov     sp, x0
    mrs     x0, tpidrro_el0
    b       fatal_in_handler_\vector
.endm

.macro fatal_in_handler_tail vector
fatal_in_handler_\vector:
    save
    mov     x0, sp
    mov     x1, #\vector
    b       {fatal_exception}
.endm

.section .text.vectors, "ax"
.balign 2048
.global vectors
vectors:
    fatal   0                           // EL1t, synchronous: faults of the kernel
    .balign 128
    b       interrupt_entry             // EL1t, IRQ
    fatal   2                           // EL1t, FIQ: nothing is routed there
    fatal   3                           // EL1t, SError
    fatal_in_handler 4                  // EL1h: a fault inside a handler
    .balign 128
    b       interrupt_entry             // EL1h, IRQ: of a handler that has unmasked it
    fatal_in_handler 6
    fatal_in_handler 7
    fatal   8                           // EL0, AArch64: never entered
    fatal   9
    fatal   10
    fatal   11
    fatal   12                          // EL0, AArch32: never entered
    fatal   13
    fatal   14
    fatal   15

    .balign 128
    fatal_in_handler_tail 4
    fatal_in_handler_tail 6
    fatal_in_handler_tail 7

interrupt_entry:
    sub     sp, sp, #{INTERRUPT_FRAME_SIZE}
    stp     x0, x1, [sp, #16 * 0]       // what a Rust function may change (AAPCS64 6.1.1)
    stp     x2, x3, [sp, #16 * 1]
    stp     x4, x5, [sp, #16 * 2]
    stp     x6, x7, [sp, #16 * 3]
    stp     x8, x9, [sp, #16 * 4]
    stp     x10, x11, [sp, #16 * 5]
    stp     x12, x13, [sp, #16 * 6]
    stp     x14, x15, [sp, #16 * 7]
    stp     x16, x17, [sp, #16 * 8]
    stp     x18, x29, [sp, #16 * 9]
    mrs     x0, elr_el1
    stp     x30, x0, [sp, #16 * 10]
    mrs     x0, spsr_el1
    str     x0, [sp, #16 * 11]
    bl      {interrupt}
    ldr     x0, [sp, #16 * 11]
    msr     spsr_el1, x0
    ldp     x30, x0, [sp, #16 * 10]
    msr     elr_el1, x0
    ldp     x18, x29, [sp, #16 * 9]
    ldp     x16, x17, [sp, #16 * 8]
    ldp     x14, x15, [sp, #16 * 7]
    ldp     x12, x13, [sp, #16 * 6]
    ldp     x10, x11, [sp, #16 * 5]
    ldp     x8, x9, [sp, #16 * 4]
    ldp     x6, x7, [sp, #16 * 3]
    ldp     x4, x5, [sp, #16 * 2]
    ldp     x2, x3, [sp, #16 * 1]
    ldp     x0, x1, [sp, #16 * 0]
    add     sp, sp, #{INTERRUPT_FRAME_SIZE}
    eret                                // also clears the exclusive monitor: an interrupted
                                        // LDXR/STXR pair of the same core fails and retries
