// Ends the machine where there is no Rust, or none that can be trusted; and semihosting, which may be
// missing.
//
//   semihosting      asks QEMU for a service; comes back if there is nobody to answer
//   die              a message, then the end, without a stack
//   switch_off       the end of a report where semihosting is missing
//   early_vectors    an exception before the kernel's own vectors stand, or inside the report of another
//
// What is tried here may itself be an undefined instruction: HLT wherever semihosting is off (KVM, HVF,
// `-semihosting-config` left out), HVC and SMC without a hypervisor or firmware. So each step first says
// in x20 where to go on if it faults, and `last_vectors` jump there. Every jump leads forward, and the
// last step sleeps: whatever faults, nothing comes twice.

.section .text.end, "ax"

// In: x0 the operation, x1 its argument, not 0. Out: x1 is 0 if nobody has answered. Changes x2-x5, x20.
//
// Without semihosting HLT is an undefined instruction (Arm ARM, HLT): it is taken to `last_vectors` with
// interrupts masked and on SP_EL1, which is put right afterwards. So this works also inside a handler.
.global semihosting
semihosting:
    mrs     x2, vbar_el1
    mrs     x3, daif
    mrs     x4, spsel
    msr     daifset, #0xf
    adr     x5, last_vectors
    msr     vbar_el1, x5
    isb
    adr     x20, 1f
    hlt     #0xf000                     // Arm, "Semihosting for AArch32 and AArch64"
    b       2f
1:  mov     x1, xzr
2:  msr     vbar_el1, x2
    msr     spsel, x4
    msr     daif, x3
    isb
    ret

// Dies at any exception level. x1: a C string, a line of the report.
.global die
die:
    msr     daifset, #0xf
    mov     x19, x1
    adr     x2, last_vectors
    mrs     x3, CurrentEL               // bits 3:2
    cmp     x3, #(2 << 2)
    b.hi    3f
    b.eq    2f
    msr     vbar_el1, x2
    b       4f
2:  msr     vbar_el2, x2
    b       4f
3:  msr     vbar_el3, x2
4:  isb

    adr     x20, say_by_uart
    mov     x0, #{SYS_WRITE0}           // print the string at x1
    hlt     #0xf000
    adr     x20, power_off              // who has printed can end QEMU, too
    adr     x1, die_block
    mov     x0, #{SYS_EXIT}             // with reason and status in the block
    hlt     #0xf000

say_by_uart:                            // nobody has said where the console is: where `virt` has it
    adr     x20, power_off
    mov     x2, #{VIRT_UART}
    ldr     x5, ={MOST_LOOKS}
5:  ldrb    w3, [x19], #1
    cbz     w3, power_off
6:  sub     x5, x5, #1
    cbz     x5, power_off               // it does not take a byte
    ldr     w4, [x2, #0x18]             // UARTFR; bit 5, TXFF: full (Arm DDI 0183, 3.3.3)
    tbnz    w4, #5, 6b
    strb    w3, [x2]                    // UARTDR
    b       5b

// Switches the machine off, at EL1.
.global switch_off
switch_off:
    msr     daifset, #0xf
    adr     x2, last_vectors
    msr     vbar_el1, x2
    isb
power_off:                              // QEMU ends with status 0: the report tells that it is cut
    adr     x20, sleep
    mrs     x3, CurrentEL
    cmp     x3, #(2 << 2)
    b.hi    sleep                       // at EL3 we would have to be the firmware ourselves
    ldr     x0, ={PSCI_SYSTEM_OFF}
    mrs     x3, id_aa64pfr0_el1         // is there an EL2, which we are at or have left?
    tst     x3, #(0xf << 8)
    b.ne    7f
    hvc     #0                          // no: whoever hides it answers
7:  smc     #0                          // yes: only firmware can answer

sleep:
    adr     x20, sleep
    wfi
    b       sleep

.balign 8
die_block:
    .quad   {ADP_STOPPED_APPLICATION_EXIT}, 1
early_message:
    .asciz  "# an exception that cannot be reported: the kernel was not up, or a report has failed\n"

.ltorg

.macro table handler                    // 16 entries of 128 bytes (Arm ARM, "Exception vectors")
    .balign 2048
    .global \handler\()_vectors
    \handler\()_vectors:
    .rept 16
    .balign 128
    b       \handler
    .endr
.endm

    table   early
    table   last

early:
    adr     x1, early_message
    b       die
last:
    br      x20
