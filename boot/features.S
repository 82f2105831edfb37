// Stops a core that lacks an instruction which the compiler was told it may use.
//
// `-C target-feature=+lse` or `-C target-cpu=...` puts instructions of later versions of the architecture
// anywhere, also into whatever would report that they are undefined. So this comes before the first line
// of Rust. build.rs has rustc list the features of this build, and defines BUILT_FOR_name for each.
//
// The table has those whose instructions the compiler chooses by itself. Not in it: what takes an
// intrinsic (rand, sb, dpb, mte, ...); paca, pacg and bti, for which it makes hints, NOPs for older cores
// (Arm ARM, "PACIASP", "BTI"); and SVE, which like all of floating point needs registers that this
// kernel's target is without.

// The field of 4 bits from `shift` on must be at least `minimum` (Arm ARM, "AArch64 System register
// descriptions"; a register that an older core does not know reads as 0).
.macro needs feature, register, shift, minimum
.ifdef BUILT_FOR_\feature
    mrs     x2, \register
    ubfx    x2, x2, #\shift, #4
    cmp     x2, #\minimum
    adr     x1, lacks_\feature
    b.lo    die
    .pushsection .text.messages, "ax"
lacks_\feature:
    .ascii  "# this kernel is built with the target feature \feature, which this core lacks; "
    .asciz  "leave it out of RUSTFLAGS, or choose a core that has it (QEMU_CPU)\n"
    .balign 4
    .popsection
.endif
.endm

.section .text.features, "ax"

// At EL1. Clobbers x1 and x2.
check_features:
    needs   lse,     id_aa64isar0_el1, 20, 2    // Atomic: LDADD, CAS, SWP, ...
    needs   lse128,  id_aa64isar0_el1, 20, 3
    needs   crc,     id_aa64isar0_el1, 16, 1    // CRC32
    needs   flagm,   id_aa64isar0_el1, 52, 1    // TS: CFINV, RMIF, SETF
    needs   flagm2,  id_aa64isar0_el1, 52, 2
    needs   rcpc,    id_aa64isar1_el1, 20, 1    // LRCPC: LDAPR for a load with Acquire
    needs   rcpc2,   id_aa64isar1_el1, 20, 2
    needs   rcpc3,   id_aa64isar1_el1, 20, 3
    needs   mops,    S3_0_C0_C6_2,     16, 1    // ID_AA64ISAR2_EL1, MOPS: CPY, SET for memcpy, memset
    needs   hbc,     S3_0_C0_C6_2,     20, 1    // BC: BC.cond
    needs   cssc,    S3_0_C0_C6_2,     52, 1    // CSSC: CTZ, CNT, ABS, SMAX, ...
    needs   lse2,    id_aa64mmfr2_el1, 32, 1    // AT: unaligned accesses that are atomic
    ret
