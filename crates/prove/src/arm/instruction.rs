//! The instructions of the protocol's functions, decoded from their words.
//!
//! Arm ARM, C4.1 "A64 instruction set encoding". What is not listed here is an error that names the word.
//! One long file: it is a table.

/// A register's number. 31 is [`ZERO`] or [`STACK`], as the instruction means it.
pub type Register = usize;
/// XZR: reads as zero, ignores writes.
pub const ZERO: Register = 31;
/// SP, told from XZR.
pub const STACK: Register = 32;

/// A condition's number: Arm ARM, C1.2.4.
pub type Condition = usize;

/// An instruction. `wide`: of X registers; otherwise of W registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// MOVZ, MOVN, and ADR and ADRP, whose value depends on where they stand.
    Constant { to: Register, value: u64 },
    /// MOVK: replaces 16 bits.
    Keep { to: Register, shift: u32, value: u64 },
    /// ADD, SUB, AND, ORR, EOR, BIC, ORN and those that set the flags.
    Compute { operation: Operation, flags: bool, wide: bool, to: Register, a: Register, b: Operand },
    /// CSEL and CSINC.
    Select {
        increment: bool,
        wide: bool,
        to: Register,
        a: Register,
        b: Register,
        condition: Condition,
    },
    /// CCMP: compares, or sets flags to a constant (NZCV, four bits), as the condition says.
    CompareIf { condition: Condition, wide: bool, a: Register, b: Operand, otherwise: u32 },
    /// B, and BL, which keeps where to return to.
    Jump { to: u64, link: bool },
    /// BR, BLR and RET.
    JumpRegister { to: Register, link: bool },
    /// B.cond
    JumpIf { condition: Condition, to: u64 },
    /// CBZ, CBNZ.
    JumpZero { zero: bool, wide: bool, register: Register, to: u64 },
    /// TBZ, TBNZ.
    JumpBit { zero: bool, bit: u32, register: Register, to: u64 },
    /// LDR, LDRB, LDAR, LDAPR, LDXR, LDAXR, with how it orders.
    Load { name: &'static str, bytes: u64, to: Register, at: Address },
    /// STR, STRB, STLR.
    Store { name: &'static str, bytes: u64, from: Register, at: Address },
    /// LDP and STP of X registers.
    Pair { load: bool, registers: [Register; 2], at: Address },
    /// STXR, STLXR.
    StoreExclusive { name: &'static str, status: Register, from: Register, base: Register },
    /// LDADD, LDCLR, LDEOR, LDSET, SWP, with how it orders.
    Atomic {
        name: &'static str,
        acquire: bool,
        release: bool,
        from: Register,
        to: Register,
        base: Register,
    },
    /// CAS, with how it orders. `compare` holds what is expected, and gets what was there.
    CompareAndSwap {
        acquire: bool,
        release: bool,
        compare: Register,
        new: Register,
        base: Register,
    },
    /// DMB and ISB.
    Barrier { name: &'static str },
    /// NOP and YIELD; and CLREX, without which a later store exclusive may only do more.
    Nothing,
}

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add,
    Sub,
    And,
    Orr,
    Eor,
    /// AND with the complement.
    Bic,
    /// ORR with the complement.
    Orn,
    Lsl,
    Lsr,
    Asr,
}

/// The second operand of a computation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    Value(u64),
    Register(Register),
    /// A register shifted by a constant: LSL, LSR or ASR.
    Shifted(Register, Operation, u32),
}

/// Where an access goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    pub base: Register,
    pub offset: i64,
    /// Whether the base changes, and how.
    pub update: Update,
}

/// Whether an access changes its base register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Update {
    Not,
    /// The base is changed first.
    Before,
    /// The base is changed afterwards; the offset is not part of the address.
    After,
}

/// Returns the instruction of a word at `at`, or `None` if it is none of those above.
pub fn decode(word: u32, at: u64) -> Option<Instruction> {
    use Instruction::{Barrier, Nothing};
    match word {
        0xd503_201f | 0xd503_203f | 0xd503_3f5f => return Some(Nothing), // NOP, YIELD, CLREX
        0xd503_3bbf => return Some(Barrier { name: "DMB ISH" }),
        0xd503_39bf => return Some(Barrier { name: "DMB ISHLD" }),
        0xd503_3abf => return Some(Barrier { name: "DMB ISHST" }),
        0xd503_3fdf => return Some(Barrier { name: "ISB" }),
        _ => {}
    }
    match bits(word, 25, 4) {
        0b1000 | 0b1001 => immediate(word, at),
        0b1010 | 0b1011 => jump(word, at),
        0b0101 | 0b1101 => registers(word),
        0b0100 | 0b0110 | 0b1100 | 0b1110 => memory(word),
        _ => None,
    }
}

/// "Data processing - immediate".
fn immediate(word: u32, at: u64) -> Option<Instruction> {
    use Instruction::{Compute, Constant, Keep};
    let (wide, [to, a, _]) = (bit(word, 31), fields(word));
    match bits(word, 23, 3) {
        0b000 | 0b001 => {
            let offset = signed(bits(word, 5, 19) << 2 | bits(word, 29, 2), 21);
            let (base, offset) = if wide { (at & !0xfff, offset << 12) } else { (at, offset) };
            Some(Constant { to, value: base.wrapping_add_signed(offset) })
        }
        0b010 => {
            let value = u64::from(bits(word, 10, 12)) << if bit(word, 22) { 12 } else { 0 };
            let operation = if bit(word, 30) { Operation::Sub } else { Operation::Add };
            let flags = bit(word, 29);
            let [to, a] = [if flags { to } else { or_stack(to) }, or_stack(a)];
            Some(Compute { operation, flags, wide, to, a, b: Operand::Value(value) })
        }
        0b100 => {
            let value = mask(word, wide)?;
            let (operation, flags) = logic(bits(word, 29, 2));
            let to = if flags { to } else { or_stack(to) };
            Some(Compute { operation, flags, wide, to, a, b: Operand::Value(value) })
        }
        0b101 => {
            let (value, shift) = (u64::from(bits(word, 5, 16)), bits(word, 21, 2) * 16);
            let narrowed = |value: u64| if wide { value } else { value & 0xffff_ffff };
            match bits(word, 29, 2) {
                0b00 => Some(Constant { to, value: narrowed(!(value << shift)) }),
                0b10 => Some(Constant { to, value: value << shift }),
                0b11 if wide => Some(Keep { to, shift, value }),
                _ => None,
            }
        }
        0b110 if bits(word, 29, 2) == 0b10 => {
            // UBFM: LSR, LSL, or a field in the middle, which is not known here.
            let (width, rotate, last) =
                (if wide { 64 } else { 32 }, bits(word, 16, 6), bits(word, 10, 6));
            let (operation, by) = match (rotate, last) {
                (by, last) if last == width - 1 => (Operation::Lsr, by),
                (rotate, last) if last + 1 == rotate => (Operation::Lsl, width - rotate),
                _ => return None,
            };
            Some(Compute { operation, flags: false, wide, to, a, b: Operand::Value(by.into()) })
        }
        _ => None,
    }
}

/// "Branches, exception generating and system instructions".
fn jump(word: u32, at: u64) -> Option<Instruction> {
    use Instruction::{Jump, JumpBit, JumpIf, JumpRegister, JumpZero};
    let target =
        |lowest, width| at.wrapping_add_signed(signed(bits(word, lowest, width), width) << 2);
    let [register, base, _] = fields(word);
    match bits(word, 24, 8) {
        0x14..=0x17 => Some(Jump { to: target(0, 26), link: false }),
        0x94..=0x97 => Some(Jump { to: target(0, 26), link: true }),
        0x54 if !bit(word, 4) => {
            Some(JumpIf { condition: bits(word, 0, 4) as Condition, to: target(5, 19) })
        }
        0x34 | 0x35 | 0xb4 | 0xb5 => {
            let (zero, wide) = (!bit(word, 24), bit(word, 31));
            Some(JumpZero { zero, wide, register, to: target(5, 19) })
        }
        0x36 | 0x37 | 0xb6 | 0xb7 => {
            let bit_number = bits(word, 31, 1) << 5 | bits(word, 19, 5);
            Some(JumpBit { zero: !bit(word, 24), bit: bit_number, register, to: target(5, 14) })
        }
        0xd6 => match word & 0xffff_fc1f {
            0xd61f_0000 | 0xd65f_0000 => Some(JumpRegister { to: base, link: false }),
            0xd63f_0000 => Some(JumpRegister { to: base, link: true }),
            _ => None,
        },
        _ => None,
    }
}

/// "Data processing - register".
fn registers(word: u32) -> Option<Instruction> {
    use Instruction::{CompareIf, Compute, Select};
    let (wide, [to, a, b]) = (bit(word, 31), fields(word));
    let shifted = || {
        let by = bits(word, 10, 6);
        let kind = match bits(word, 22, 2) {
            0b00 => Operation::Lsl,
            0b01 => Operation::Lsr,
            0b10 => Operation::Asr,
            _ => return None,
        };
        Some(if by == 0 { Operand::Register(b) } else { Operand::Shifted(b, kind, by) })
    };
    match bits(word, 24, 5) {
        0b01011 if !bit(word, 21) => {
            let operation = if bit(word, 30) { Operation::Sub } else { Operation::Add };
            Some(Compute { operation, flags: bit(word, 29), wide, to, a, b: shifted()? })
        }
        0b01010 => {
            let (operation, flags) = logic(bits(word, 29, 2));
            let operation = match (operation, bit(word, 21)) {
                (operation, false) => operation,
                (Operation::And, true) => Operation::Bic,
                (Operation::Orr, true) => Operation::Orn,
                _ => return None,
            };
            Some(Compute { operation, flags, wide, to, a, b: shifted()? })
        }
        0b11010 if bits(word, 21, 3) == 0b100 && bits(word, 29, 2) == 0 && !bit(word, 11) => {
            let condition = bits(word, 12, 4) as Condition;
            Some(Select { increment: bit(word, 10), wide, to, a, b, condition })
        }
        0b11010 if bits(word, 21, 3) == 0b010 && bits(word, 29, 2) == 0b11 => {
            let b = if bit(word, 11) { Operand::Value(b as u64) } else { Operand::Register(b) };
            let (condition, otherwise) = (bits(word, 12, 4) as Condition, bits(word, 0, 4));
            let known = !bit(word, 10) && !bit(word, 4);
            known.then_some(CompareIf { condition, wide, a, b, otherwise })
        }
        _ => None,
    }
}

/// "Loads and stores".
fn memory(word: u32) -> Option<Instruction> {
    use Instruction::{Atomic, Load, Pair, Store};
    let [register, base, status] = fields(word);
    let base = or_stack(base);
    match bits(word, 24, 6) {
        0b00_1000 => exclusive(word, register, base, status),
        // Pairs: the offset is one of whole registers.
        0b10_1000 | 0b10_1001 if bits(word, 30, 2) == 0b10 => {
            let update = match bits(word, 23, 2) {
                0b01 => Update::After,
                0b10 => Update::Not,
                0b11 => Update::Before,
                _ => return None,
            };
            let at = Address { base, offset: signed(bits(word, 15, 7), 7) * 8, update };
            let second = bits(word, 10, 5) as Register;
            Some(Pair { load: bit(word, 22), registers: [register, second], at })
        }
        form @ (0b11_1000 | 0b11_1001) => {
            let bytes = 1_u64 << bits(word, 30, 2);
            let atomic = form == 0b11_1000 && bit(word, 21);
            if atomic && bytes == 8 && bits(word, 10, 2) == 0 {
                let name = match (bits(word, 12, 4), bits(word, 22, 2)) {
                    (0b1100, 0b10) if status == ZERO => {
                        let at = Address { base, offset: 0, update: Update::Not };
                        return Some(Load { name: "LDAPR", bytes, to: register, at });
                    }
                    (0b0000, _) => "LDADD",
                    (0b0001, _) => "LDCLR",
                    (0b0010, _) => "LDEOR",
                    (0b0011, _) => "LDSET",
                    (0b1000, _) => "SWP",
                    _ => return None,
                };
                let [acquire, release] = [bit(word, 23), bit(word, 22)];
                return Some(Atomic { name, acquire, release, from: status, to: register, base });
            }
            let (offset, update) = match (form, bits(word, 10, 2)) {
                (0b11_1001, _) => (i64::from(bits(word, 10, 12)) * bytes as i64, Update::Not),
                _ if atomic => return None,
                (_, 0b00) => (signed(bits(word, 12, 9), 9), Update::Not),
                (_, 0b01) => (signed(bits(word, 12, 9), 9), Update::After),
                (_, 0b11) => (signed(bits(word, 12, 9), 9), Update::Before),
                _ => return None,
            };
            let at = Address { base, offset, update };
            match bits(word, 22, 2) {
                0b00 => Some(Store { name: "STR", bytes, from: register, at }),
                0b01 => Some(Load { name: "LDR", bytes, to: register, at }),
                _ => None,
            }
        }
        _ => None,
    }
}

/// "Load/store exclusive", "load/store ordered" and "compare and swap", of X registers.
fn exclusive(
    word: u32,
    register: Register,
    base: Register,
    status: Register,
) -> Option<Instruction> {
    use Instruction::{CompareAndSwap, Load, Store, StoreExclusive};
    let [ordered, load, pair, strong] = [23, 22, 21, 15].map(|number| bit(word, number));
    if bits(word, 30, 2) != 0b11 || bits(word, 10, 5) as Register != ZERO {
        return None;
    }
    let (bytes, at) = (8, Address { base, offset: 0, update: Update::Not });
    match (ordered, pair, load, strong) {
        (true, true, acquire, release) => {
            Some(CompareAndSwap { acquire, release, compare: status, new: register, base })
        }
        (true, false, true, true) => Some(Load { name: "LDAR", bytes, to: register, at }),
        (true, false, false, true) => Some(Store { name: "STLR", bytes, from: register, at }),
        (false, false, true, strong) => {
            let name = if strong { "LDAXR" } else { "LDXR" };
            Some(Load { name, bytes, to: register, at })
        }
        (false, false, false, strong) => {
            let name = if strong { "STLXR" } else { "STXR" };
            Some(StoreExclusive { name, status, from: register, base })
        }
        _ => None,
    }
}

/// Returns what `opc` means for logical instructions, and whether it sets the flags.
fn logic(opc: u32) -> (Operation, bool) {
    match opc {
        0b00 => (Operation::And, false),
        0b01 => (Operation::Orr, false),
        0b10 => (Operation::Eor, false),
        _ => (Operation::And, true),
    }
}

/// Returns the value of a logical immediate: Arm ARM, J1.1.3 "DecodeBitMasks".
fn mask(word: u32, wide: bool) -> Option<u64> {
    let (n, rotate, ones) = (bits(word, 22, 1), bits(word, 16, 6), bits(word, 10, 6));
    let size = 1_u32 << (n << 6 | (!ones & 0x3f)).checked_ilog2()?;
    if size < 2 || (size == 64 && !wide) || ones & (size - 1) == size - 1 {
        return None;
    }
    let (ones, rotate) = ((ones & (size - 1)) + 1, rotate & (size - 1));
    let element = u64::MAX >> (64 - ones);
    let turned = if rotate == 0 { element } else { element >> rotate | element << (size - rotate) };
    let element = turned & (u64::MAX >> (64 - size));
    let all = (0..64 / size).fold(0, |all, at| all | element << (at * size));
    Some(if wide { all } else { all & 0xffff_ffff })
}

/// Returns the registers of the usual three fields: Rd or Rt, Rn, Rm or Rs.
fn fields(word: u32) -> [Register; 3] {
    [0, 5, 16].map(|lowest| bits(word, lowest, 5) as Register)
}

fn or_stack(register: Register) -> Register {
    if register == ZERO { STACK } else { register }
}

fn bit(word: u32, number: u32) -> bool {
    bits(word, number, 1) == 1
}

fn bits(word: u32, lowest: u32, count: u32) -> u32 {
    word >> lowest & ((1 << count) - 1)
}

fn signed(value: u32, width: u32) -> i64 {
    i64::from(value) << (64 - width) >> (64 - width)
}

#[cfg(test)]
#[path = "instruction_tests.rs"]
mod tests;
