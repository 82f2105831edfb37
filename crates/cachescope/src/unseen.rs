//! Instructions that access memory without a word from QEMU, found by their opcode.
//!
//! QEMU tells plugins of the accesses that it translates to loads and stores of its own code. What it leaves
//! to a helper function is another matter: with 7.2 DC ZVA, the tag instructions and most of SVE and SME
//! tell nothing (target/arm/helper-a64.c, mte_helper.c, sve_helper.c, sme_helper.c), with later
//! versions some do, each in pieces of its own. All of them are treated alike here, whatever the version.
//!
//! The table is Arm ARM C4.1 "A64 instruction set encoding"; a comment names the section under it.

/// What these instructions belong to, for the results.
pub const FAMILIES: [&str; 6] = ["SVE", "SME", "FEAT_MOPS", "DC ZVA", "FEAT_MTE", "FEAT_LS64"];

/// Returns the name of an instruction whose accesses stay unseen, or `None` if it is none of them.
pub fn name(opcode: u32) -> Option<&'static str> {
    let matches = |&&(mask, bits, _): &&Encoding| opcode & mask == bits;
    ENCODINGS.iter().find(matches).map(|&(_, _, name)| name).filter(|&name| name != NO_ACCESS)
}

/// A mask, the bits under it, and the name.
type Encoding = (u32, u32, &'static str);

/// A prefetch: it may do nothing, and so has no access.
const NO_ACCESS: &str = "PRF";

/// The first that matches counts.
#[rustfmt::skip]
const ENCODINGS: &[Encoding] = &[
    // "SVE Memory - 32-bit Gather and Unsized Contiguous" and "SVE Memory - 64-bit Gather": prefetches
    (0xffc0_8010, 0x85c0_0000, NO_ACCESS), // scalar plus immediate
    (0xfe60_e010, 0x8400_c000, NO_ACCESS), // scalar plus scalar
    (0xfe60_e010, 0x8400_e000, NO_ACCESS), // vector plus immediate, 32 bits
    (0xffa0_8010, 0x8420_0000, NO_ACCESS), // scalar plus vector, 32 bits
    (0xfe60_e010, 0xc400_e000, NO_ACCESS), // vector plus immediate, 64 bits
    (0xffa0_8010, 0xc420_0000, NO_ACCESS), // scalar plus vector, 32 bits unpacked
    (0xffe0_8010, 0xc460_8000, NO_ACCESS), // scalar plus vector, 64 bits
    // "SVE Memory": LD1 to LD4, LDFF1, LDNF1, LDNT1, LDR; ST1 to ST4, STNT1, STR
    (0xfe00_0000, 0xe400_0000, "SVE store"),
    (0x9e00_0000, 0x8400_0000, "SVE load"),
    // "SME Memory": LD1, LDR of ZA and ZT0; ST1, STR
    (0xfe20_0000, 0xe000_0000, "SME load"),
    (0xfe20_0000, 0xe020_0000, "SME store"),
    // "SME2 Multi-vector - Memory": LD1, LDNT1; ST1, STNT1
    (0xfea0_0000, 0xa000_0000, "SME load"),
    (0xfea0_0000, 0xa020_0000, "SME store"),
    // "Memory Copy and Memory Set"
    (0x3fe0_0c00, 0x1900_0400, "CPYFP"),
    (0x3fe0_0c00, 0x1940_0400, "CPYFM"),
    (0x3fe0_0c00, 0x1980_0400, "CPYFE"),
    (0x3fe0_0c00, 0x1d00_0400, "CPYP"),
    (0x3fe0_0c00, 0x1d40_0400, "CPYM"),
    (0x3fe0_0c00, 0x1d80_0400, "CPYE"),
    (0x3fe0_cc00, 0x19c0_0400, "SETP"),
    (0x3fe0_cc00, 0x19c0_4400, "SETM"),
    (0x3fe0_cc00, 0x19c0_8400, "SETE"),
    (0x3fe0_cc00, 0x1dc0_0400, "SETGP"),
    (0x3fe0_cc00, 0x1dc0_4400, "SETGM"),
    (0x3fe0_cc00, 0x1dc0_8400, "SETGE"),
    // "System instructions"; C5.3 "A64 System instructions for cache maintenance"
    (0xffff_ffe0, 0xd50b_7420, "DC ZVA"),
    (0xffff_ffe0, 0xd50b_7460, "DC GVA"),
    (0xffff_ffe0, 0xd50b_7480, "DC GZVA"),
    // "Load/store memory tags"; STZG and STZ2G are not here, as their zeros are seen
    (0xffff_fc00, 0xd920_0000, "STZGM"),
    (0xffff_fc00, 0xd9a0_0000, "STGM"),
    (0xffff_fc00, 0xd9e0_0000, "LDGM"),
    (0xffe0_0c00, 0xd960_0000, "LDG"),
    (0xffe0_0400, 0xd920_0400, "STG"),  // post-indexed and pre-indexed
    (0xffe0_0c00, 0xd920_0800, "STG"),  // with an offset
    (0xffe0_0400, 0xd9a0_0400, "ST2G"),
    (0xffe0_0c00, 0xd9a0_0800, "ST2G"),
    // "Atomic memory operations": 64 bytes at once, which no QEMU that was tried executes
    (0xffff_fc00, 0xf83f_9000, "ST64B"),
    (0xffe0_fc00, 0xf820_a000, "ST64BV0"),
    (0xffe0_fc00, 0xf820_b000, "ST64BV"),
    (0xffff_fc00, 0xf83f_d000, "LD64B"),
];

#[cfg(test)]
mod tests;
