//! Which instructions matter, found by their opcode.
//!
//! Arm ARM, C4.1 "A64 instruction set encoding".

use crate::unseen;
use cachescope_guest::markers::{NAME, PHASE};

/// How the plugin treats an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A load or a store that is no part of an atomic: LDR, STR, LDP, LDAR, STLR, ...
    Plain,
    /// LDADD, SWP, CAS, ...: one access with intent to write.
    Atomic,
    /// LDXR, LDAXR: counts as the one access of an atomic, which its STXR completes.
    LoadExclusive,
    /// STXR, STLXR: the end of that atomic.
    StoreExclusive,
    /// CLREX: the end of that atomic without a store.
    ClearExclusive,
    /// YIELD, WFE, ISB: a core that waits without sleeping.
    Spin,
    /// HINT #0x60 and up: a marker (see [`crate::markers`]).
    Marker(u32),
    /// It accesses memory without a word from QEMU (see [`unseen`]).
    Unseen,
}

/// The HINTs that are markers. The architecture has not allocated any of them, and so executes them as
/// NOP (Arm ARM C6.2 "HINT").
pub const MARKERS: std::ops::RangeInclusive<u32> = PHASE..=NAME;

const HINT: u32 = 0xd503_201f;
const HINT_NUMBER: u32 = 0x7f << 5;

/// Returns the class of an instruction and its name for people, or `None` if it does not matter.
pub fn decode(opcode: u32) -> Option<(Class, &'static str)> {
    if opcode & !HINT_NUMBER == HINT {
        let number = (opcode & HINT_NUMBER) >> 5;
        return match number {
            1 => Some((Class::Spin, "YIELD")),
            2 => Some((Class::Spin, "WFE")),
            _ if MARKERS.contains(&number) => Some((Class::Marker(number), "HINT")),
            _ => None,
        };
    }
    if let Some(name) = unseen::name(opcode) {
        return Some((Class::Unseen, name));
    }
    match opcode & 0xffff_f0ff {
        0xd503_305f => return Some((Class::ClearExclusive, "CLREX")),
        0xd503_30df => return Some((Class::Spin, "ISB")),
        _ => {}
    }
    // Loads and stores: bits 28:25 are x1x0.
    if bits(opcode, 25, 4) & 0b0101 != 0b0100 {
        return None;
    }
    Some(match bits(opcode, 24, 6) {
        0b00_1000 => exclusive_or_ordered(opcode),
        0b11_1000 if bits(opcode, 21, 1) == 1 && bits(opcode, 10, 2) == 0 => atomic(opcode),
        0b01_1001 if opcode & 0xe020_0c00 == 0x0020_0000 => atomic_pair(opcode),
        _ => (Class::Plain, ""),
    })
}

/// Returns whether an instruction is LDXP, STXP or CASP of 64-bit registers. They access 16 bytes at a
/// multiple of 16, and QEMU 7.2 reports each half.
pub fn is_wide_pair(opcode: u32) -> bool {
    let pair = bits(opcode, 24, 6) == 0b00_1000 && bits(opcode, 23, 1) == 0;
    pair && bits(opcode, 21, 1) == 1 && bits(opcode, 30, 1) == 1
}

/// "Load/store exclusive", "ordered" and "compare and swap".
fn exclusive_or_ordered(opcode: u32) -> (Class, &'static str) {
    let (ordered, load, pair) =
        (bits(opcode, 23, 1) == 1, bits(opcode, 22, 1) == 1, bits(opcode, 21, 1) == 1);
    match (ordered, pair, load) {
        (true, true, _) => (Class::Atomic, "CAS"),
        (true, false, true) => (Class::Plain, "LDAR"),
        (true, false, false) => (Class::Plain, "STLR"),
        (false, true, _) if bits(opcode, 31, 1) == 0 => (Class::Atomic, "CASP"),
        (false, true, true) => (Class::LoadExclusive, "LDXP"),
        (false, true, false) => (Class::StoreExclusive, "STXP"),
        (false, false, true) => (Class::LoadExclusive, "LDXR"),
        (false, false, false) => (Class::StoreExclusive, "STXR"),
    }
}

/// "Atomic memory operations".
fn atomic(opcode: u32) -> (Class, &'static str) {
    const NAMES: [&str; 8] =
        ["LDADD", "LDCLR", "LDEOR", "LDSET", "LDSMAX", "LDSMIN", "LDUMAX", "LDUMIN"];
    match (bits(opcode, 15, 1), bits(opcode, 12, 3)) {
        (0, operation) => (Class::Atomic, NAMES[operation as usize]),
        (_, 0) => (Class::Atomic, "SWP"),
        (_, 4) => (Class::Plain, "LDAPR"),
        _ => (Class::Plain, ""),
    }
}

/// "128-bit atomic memory operations" of FEAT_LSE128.
fn atomic_pair(opcode: u32) -> (Class, &'static str) {
    match (bits(opcode, 15, 1), bits(opcode, 12, 3)) {
        (0, 1) => (Class::Atomic, "LDCLRP"),
        (0, 3) => (Class::Atomic, "LDSETP"),
        (1, 0) => (Class::Atomic, "SWPP"),
        _ => (Class::Plain, ""),
    }
}

fn bits(opcode: u32, lowest: u32, count: u32) -> u32 {
    opcode >> lowest & ((1 << count) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opcodes as `llvm-mc` assembles the instruction in the comment.
    #[test]
    fn knows_what_matters() {
        let class = |opcode| decode(opcode).map(|(class, _)| class);
        let name = |opcode| decode(opcode).map(|(_, name)| name);
        assert_eq!(decode(0xf8e0_0020), Some((Class::Atomic, "LDADD"))); // ldaddal x0, x0, [x1]
        assert_eq!(decode(0xf821_003f), Some((Class::Atomic, "LDADD"))); // stadd x1, [x1]
        assert_eq!(decode(0xf8e0_3020), Some((Class::Atomic, "LDSET"))); // ldsetal x0, x0, [x1]
        assert_eq!(decode(0xf8e0_8020), Some((Class::Atomic, "SWP"))); // swpal x0, x0, [x1]
        assert_eq!(decode(0xc8e0_fc22), Some((Class::Atomic, "CAS"))); // casal x0, x2, [x1]
        assert_eq!(decode(0x4860_fc82), Some((Class::Atomic, "CASP"))); // caspal x0, x1, x2, x3, [x4]
        assert_eq!(decode(0xc85f_7c20), Some((Class::LoadExclusive, "LDXR"))); // ldxr x0, [x1]
        assert_eq!(decode(0xc85f_fc20), Some((Class::LoadExclusive, "LDXR"))); // ldaxr x0, [x1]
        assert_eq!(decode(0xc802_7c20), Some((Class::StoreExclusive, "STXR"))); // stxr w2, x0, [x1]
        assert_eq!(decode(0xc8df_fc20), Some((Class::Plain, "LDAR"))); // ldar x0, [x1]
        assert_eq!(decode(0xc89f_fc20), Some((Class::Plain, "STLR"))); // stlr x0, [x1]
        assert_eq!(decode(0xf8bf_c020), Some((Class::Plain, "LDAPR"))); // ldapr x0, [x1]
        assert_eq!(decode(0xc87f_0440), Some((Class::LoadExclusive, "LDXP"))); // ldxp x0, x1, [x2]
        assert_eq!(decode(0xc823_0440), Some((Class::StoreExclusive, "STXP"))); // stxp w3, x0, x1, [x2]
        assert_eq!(decode(0x19e1_1040), Some((Class::Atomic, "LDCLRP"))); // ldclrpal x0, x1, [x2]
        assert_eq!(decode(0x1921_3040), Some((Class::Atomic, "LDSETP"))); // ldsetp x0, x1, [x2]
        assert_eq!(decode(0x1921_8040), Some((Class::Atomic, "SWPP"))); // swpp x0, x1, [x2]
        assert_eq!(decode(0x1901_0440), Some((Class::Unseen, "CPYFP"))); // cpyfp [x0]!, [x1]!, x2!
        assert_eq!(decode(0xf83f_d100), Some((Class::Unseen, "LD64B"))); // ld64b x0, [x8]
        assert_eq!(class(0xd940_0020), Some(Class::Plain)); // ldapur x0, [x1]
        assert_eq!(class(0xd940_1020), Some(Class::Plain)); // ldapur x0, [x1, #1]
        assert_eq!(class(0xd940_8020), Some(Class::Plain)); // ldapur x0, [x1, #8]
        assert_eq!(class(0xf980_0020), Some(Class::Plain)); // prfm pldl1keep, [x1]
        assert_eq!(class(0xf940_0020), Some(Class::Plain)); // ldr x0, [x1]
        assert_eq!(class(0xf862_6820), Some(Class::Plain)); // ldr x0, [x1, x2]
        assert_eq!(class(0xa940_0420), Some(Class::Plain)); // ldp x0, x1, [x1]
        assert_eq!(class(0xd503_3f5f), Some(Class::ClearExclusive)); // clrex
        assert_eq!(name(0xd503_3fdf), Some("ISB")); // isb
        assert_eq!(name(0xd503_203f), Some("YIELD")); // yield
        assert_eq!(class(0xd503_2c1f), Some(Class::Marker(0x60))); // hint #0x60
        assert_eq!(class(0xd503_2c3f), Some(Class::Marker(0x61))); // hint #0x61
        assert_eq!(class(0xd503_201f), None); // nop
        assert_eq!(class(0xd503_3bbf), None); // dmb ish
        assert_eq!(class(0x8b02_0020), None); // add x0, x1, x2
        assert_eq!(decode(0xd50b_7420), Some((Class::Unseen, "DC ZVA"))); // dc zva, x0
    }

    /// Every name that a trace can show, also of sizes and orderings that a compiler rarely makes.
    #[test]
    fn knows_each_by_its_name() {
        for (opcode, class, name) in [
            (0xf821_0020, Class::Atomic, "LDADD"), // ldadd x1, x0, [x1]
            (0xf821_1020, Class::Atomic, "LDCLR"),
            (0xf821_2020, Class::Atomic, "LDEOR"),
            (0xf821_3020, Class::Atomic, "LDSET"),
            (0xf821_4020, Class::Atomic, "LDSMAX"),
            (0xf821_5020, Class::Atomic, "LDSMIN"),
            (0xf821_6020, Class::Atomic, "LDUMAX"),
            (0xf821_7020, Class::Atomic, "LDUMIN"),
            (0x3821_0020, Class::Atomic, "LDADD"), // ldaddb w1, w0, [x1]
            (0xb861_8020, Class::Atomic, "SWP"),   // swpl w1, w0, [x1]
            (0xb8bf_c020, Class::Plain, "LDAPR"),  // ldapr w0, [x1]
            (0x88a0_7c22, Class::Atomic, "CAS"),   // cas w0, w2, [x1]
            (0x08a0_7c22, Class::Atomic, "CAS"),   // casb w0, w2, [x1]
            (0x0820_7c82, Class::Atomic, "CASP"),  // casp w0, w1, w2, w3, [x4]
            (0x085f_7c20, Class::LoadExclusive, "LDXR"), // ldxrb w0, [x1]
            (0x887f_0440, Class::LoadExclusive, "LDXP"), // ldxp w0, w1, [x2]
            (0x8802_fc20, Class::StoreExclusive, "STXR"), // stlxr w2, w0, [x1]
            (0x8823_0440, Class::StoreExclusive, "STXP"), // stxp w3, w0, w1, [x2]
            (0x08df_fc20, Class::Plain, "LDAR"),   // ldarb w0, [x1]
            (0x089f_fc20, Class::Plain, "STLR"),   // stlrb w0, [x1]
            (0xd503_205f, Class::Spin, "WFE"),
            (0xd503_203f, Class::Spin, "YIELD"),
            (0xd503_305f, Class::ClearExclusive, "CLREX"), // clrex #0
        ] {
            assert_eq!(decode(opcode), Some((class, name)), "{opcode:08x}");
        }
    }

    #[test]
    fn knows_every_marker_and_none_besides() {
        for number in 0..128 {
            let class = decode(0xd503_201f | number << 5).map(|(class, _)| class);
            let wanted = match number {
                1 | 2 => Some(Class::Spin),
                0x60..=0x68 => Some(Class::Marker(number)),
                _ => None,
            };
            assert_eq!(class, wanted, "hint #{number:#x}");
        }
    }

    #[test]
    fn what_is_no_load_or_store_does_not_matter() {
        for (opcode, assembly) in [
            (0x1400_0000, "b ."),
            (0xd65f_03c0, "ret"),
            (0xd280_0020, "mov x0, #1"),
            (0x9100_0420, "add x0, x1, #1"),
            (0x9b02_7c20, "mul x0, x1, x2"),
            (0x1e62_2820, "fadd d0, d1, d2"),
            (0x4e22_8420, "add v0.16b, v1.16b, v2.16b"),
            (0xd503_3f9f, "dsb sy"),
            (0xd503_3fbf, "dmb sy"),
            (0xd503_207f, "wfi"),
            (0xd503_209f, "sev"),
            (0xd400_0001, "svc #0"),
            (0xd53b_e040, "mrs x0, cntvct_el0"),
        ] {
            assert_eq!(decode(opcode), None, "{assembly}");
        }
    }

    #[test]
    fn knows_which_pairs_are_wide() {
        let wide =
            |opcodes: &[u32]| opcodes.iter().map(|&one| is_wide_pair(one)).collect::<Vec<_>>();
        // ldxp x0, x1, [x2]; stxp w3, x0, x1, [x2]; casp x0, x1, x2, x3, [x4]
        assert_eq!(wide(&[0xc87f_0440, 0xc823_0440, 0x4820_7c82]), [true; 3]);
        // ldaxp w0, w1, [x2]; casp w0, w1, w2, w3, [x4]; ldxr x0, [x1]; cas; ldp x0, x1, [x1]
        let others = [0x887f_8440, 0x0820_7c82, 0xc85f_7c20, 0xc8e0_fc22, 0xa940_0420];
        assert_eq!(wide(&others), [false; 5]);
    }
}
