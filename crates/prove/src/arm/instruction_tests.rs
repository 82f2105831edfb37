use super::Operation::{Add, And, Bic, Lsl, Lsr, Orr, Sub};
use super::*;

const HERE: u64 = 0x1000;

fn is(word: u32, expected: Instruction) {
    assert_eq!(decode(word, HERE), Some(expected), "{word:#010x}");
}

fn at(base: Register, offset: i64, update: Update) -> Address {
    Address { base, offset, update }
}

/// Words as `llvm-mc` assembles the instruction in the comment.
#[test]
fn computations() {
    let compute = |operation, flags, wide, to, a, b| Instruction::Compute {
        operation,
        flags,
        wide,
        to,
        a,
        b,
    };
    is(0x9100_2008, compute(Add, false, true, 8, 0, Operand::Value(8))); // add x8, x0, #8
    is(0xd101_03ff, compute(Sub, false, true, STACK, STACK, Operand::Value(64))); // sub sp, sp, #64
    is(0xf100_083f, compute(Sub, true, true, ZERO, 1, Operand::Value(2))); // cmp x1, #2
    is(0x7100_051f, compute(Sub, true, false, ZERO, 8, Operand::Value(1))); // cmp w8, #1
    is(0xab08_0128, compute(Add, true, true, 8, 9, Operand::Register(8))); // adds x8, x9, x8
    is(0xcb08_03e8, compute(Sub, false, true, 8, ZERO, Operand::Register(8))); // neg x8, x8
    is(0x8b09_1d08, compute(Add, false, true, 8, 8, Operand::Shifted(9, Lsl, 7))); // add x8, x8, x9, lsl #7
    is(0x8a82_fc48, compute(And, false, true, 8, 2, Operand::Shifted(2, Operation::Asr, 63))); // and x8, x2, x2, asr #63
    is(0x8aa2_fc48, compute(Bic, false, true, 8, 2, Operand::Shifted(2, Operation::Asr, 63))); // bic x8, x2, x2, asr #63
    is(0xaa01_03f4, compute(Orr, false, true, 20, ZERO, Operand::Register(1))); // mov x20, x1
    is(0xb240_0109, compute(Orr, false, true, 9, 8, Operand::Value(1))); // orr x9, x8, #1
    is(0x927f_f908, compute(And, false, true, 8, 8, Operand::Value(!1))); // and x8, x8, #-2
    is(0xf240_017f, compute(And, true, true, ZERO, 11, Operand::Value(1))); // tst x11, #1
    is(0xd341_fd08, compute(Lsr, false, true, 8, 8, Operand::Value(1))); // lsr x8, x8, #1
    is(0xd37d_f129, compute(Lsl, false, true, 9, 9, Operand::Value(3))); // lsl x9, x9, #3
    is(0x5280_0028, Instruction::Constant { to: 8, value: 1 }); // mov w8, #1
    is(0x9280_0028, Instruction::Constant { to: 8, value: !1 }); // mov x8, #-2
    is(0x1280_0028, Instruction::Constant { to: 8, value: 0xffff_fffe }); // mov w8, #-2
    is(0xd2e4_0009, Instruction::Constant { to: 9, value: 0x2000 << 48 }); // mov x9, #0x2000000000000000
    is(0xf2a0_0028, Instruction::Keep { to: 8, shift: 16, value: 1 }); // movk x8, #1, lsl #16
    is(0x1000_0040, Instruction::Constant { to: 0, value: HERE + 8 }); // adr x0, #8
    is(0xb000_0000, Instruction::Constant { to: 0, value: 0x2000 }); // adrp x0, #0x1000
    // csel x11, x11, xzr, eq; cset w0, lo (csinc w0, wzr, wzr, hs); ccmp x10, #0, #0, le
    let (condition, wide) = (0, true);
    is(
        0x9a9f_016b,
        Instruction::Select { increment: false, wide, to: 11, a: 11, b: ZERO, condition },
    );
    let (condition, wide) = (2, false);
    is(
        0x1a9f_27e0,
        Instruction::Select { increment: true, wide, to: 0, a: ZERO, b: ZERO, condition },
    );
    let (condition, wide, b) = (13, true, Operand::Value(0));
    is(0xfa40_d940, Instruction::CompareIf { condition, wide, a: 10, b, otherwise: 0 });
}

#[test]
fn jumps() {
    is(0x1400_0002, Instruction::Jump { to: HERE + 8, link: false }); // b #8
    is(0x97ff_ffff, Instruction::Jump { to: HERE - 4, link: true }); // bl #-4
    is(0xd65f_03c0, Instruction::JumpRegister { to: 30, link: false }); // ret
    is(0xd63f_0100, Instruction::JumpRegister { to: 8, link: true }); // blr x8
    is(0x5400_004d, Instruction::JumpIf { condition: 13, to: HERE + 8 }); // b.le #8
    is(0xb400_0048, Instruction::JumpZero { zero: true, wide: true, register: 8, to: HERE + 8 }); // cbz x8, #8
    is(0x35ff_ffea, Instruction::JumpZero { zero: false, wide: false, register: 10, to: HERE - 4 }); // cbnz w10, #-4
    is(0x3700_0048, Instruction::JumpBit { zero: false, bit: 0, register: 8, to: HERE + 8 }); // tbnz w8, #0, #8
    is(0xb6f8_0048, Instruction::JumpBit { zero: true, bit: 63, register: 8, to: HERE + 8 }); // tbz x8, #63, #8
}

#[test]
fn accesses() {
    let load =
        |name, to, base| Instruction::Load { name, bytes: 8, to, at: at(base, 0, Update::Not) };
    is(0xf940_0008, load("LDR", 8, 0)); // ldr x8, [x0]
    is(0xc8df_fd08, load("LDAR", 8, 8)); // ldar x8, [x8]
    is(0xf8bf_c020, load("LDAPR", 0, 1)); // ldapr x0, [x1]
    is(0xc85f_7d09, load("LDXR", 9, 8)); // ldxr x9, [x8]
    is(0xc85f_fd09, load("LDAXR", 9, 8)); // ldaxr x9, [x8]
    is(
        0x3940_03e8,
        Instruction::Load { name: "LDR", bytes: 1, to: 8, at: at(STACK, 0, Update::Not) },
    ); // ldrb w8, [sp]
    is(
        0xf940_8008,
        Instruction::Load { name: "LDR", bytes: 8, to: 8, at: at(0, 256, Update::Not) },
    ); // ldr x8, [x0, #256]
    is(
        0xf841_07fe,
        Instruction::Load { name: "LDR", bytes: 8, to: 30, at: at(STACK, 16, Update::After) },
    ); // ldr x30, [sp], #16
    is(
        0xf81f_0ffe,
        Instruction::Store { name: "STR", bytes: 8, from: 30, at: at(STACK, -16, Update::Before) },
    ); // str x30, [sp, #-16]!
    is(
        0xc89f_fc20,
        Instruction::Store { name: "STLR", bytes: 8, from: 0, at: at(1, 0, Update::Not) },
    ); // stlr x0, [x1]
    let pair = |load, registers, offset| Instruction::Pair {
        load,
        registers,
        at: at(STACK, offset, Update::Not),
    };
    is(0xa903_4ffe, pair(false, [30, 19], 48)); // stp x30, x19, [sp, #48]
    is(0xa943_4ffe, pair(true, [30, 19], 48)); // ldp x30, x19, [sp, #48]
}

/// Every order of each atomic instruction is another word.
#[test]
fn atomics() {
    let exclusive = |name| Instruction::StoreExclusive { name, status: 11, from: 10, base: 8 };
    is(0xc80b_7d0a, exclusive("STXR")); // stxr w11, x10, [x8]
    is(0xc80b_fd0a, exclusive("STLXR")); // stlxr w11, x10, [x8]
    let orders =
        [(0, false, false), (1 << 23, true, false), (1 << 22, false, true), (3 << 22, true, true)];
    for (bits, acquire, release) in orders {
        let atomic =
            |name, to| Instruction::Atomic { name, acquire, release, from: 1, to, base: 0 };
        is(0xf821_0002 | bits, atomic("LDADD", 2)); // ldadd x1, x2, [x0]
        is(0xf821_1002 | bits, atomic("LDCLR", 2)); // ldclr x1, x2, [x0]
        is(0xf821_2002 | bits, atomic("LDEOR", 2)); // ldeor x1, x2, [x0]
        is(0xf821_3002 | bits, atomic("LDSET", 2)); // ldset x1, x2, [x0]
        is(0xf821_8002 | bits, atomic("SWP", 2)); // swp x1, x2, [x0]
        is(0xf821_001f | bits, atomic("LDADD", ZERO)); // stadd x1, [x0]
    }
    let orders = [(0, false, false), (1 << 22, true, false), (1 << 15, false, true)];
    for (bits, acquire, release) in orders {
        let (compare, new, base) = (9, 8, 0);
        is(
            0xc8a9_7c08 | bits,
            Instruction::CompareAndSwap { acquire, release, compare, new, base },
        ); // cas x9, x8, [x0]
    }
}

#[test]
fn barriers_and_what_does_nothing() {
    for (word, name) in
        [(0xd503_3bbf, "DMB ISH"), (0xd503_39bf, "DMB ISHLD"), (0xd503_3abf, "DMB ISHST")]
    {
        is(word, Instruction::Barrier { name });
    }
    is(0xd503_3fdf, Instruction::Barrier { name: "ISB" });
    for word in [0xd503_201f, 0xd503_203f, 0xd503_3f5f] {
        is(word, Instruction::Nothing); // nop, yield, clrex
    }
}

#[test]
fn everything_else_is_refused() {
    // mul; fmov; mrs; svc; stxp; ldrsw; casp; a load to V registers; ldumax; ldadd of W registers; DMB OSH.
    let others = [
        0x9b01_7c00,
        0x9e67_0000,
        0xd538_d080,
        0xd400_0001,
        0xc823_0440,
        0xb980_0020,
        0x4820_7c82,
        0x3dc0_0000,
        0xf821_6002,
        0xb821_0002,
        0xd503_33bf,
        0,
    ];
    for word in others {
        assert_eq!(decode(word, HERE), None, "{word:#010x}");
    }
}

/// Words beside those that are known: what tells them apart is one bit or field.
#[test]
fn what_differs_in_one_field_is_another_instruction() {
    let [none, wide] = [false, true];
    let compute =
        |operation, flags, b| Instruction::Compute { operation, flags, wide, to: 0, a: 1, b };
    let register = Operand::Register(2);
    is(0x3000_0020, Instruction::Constant { to: 0, value: HERE + 5 }); // adr x0, #5
    is(0x9140_0420, compute(Add, none, Operand::Value(1 << 12))); // add x0, x1, #1, lsl #12
    is(0x92a0_0028, Instruction::Constant { to: 8, value: !(1 << 16) }); // movn x8, #1, lsl #16
    is(0x8b42_0c20, compute(Add, none, Operand::Shifted(2, Lsr, 3))); // add x0, x1, x2, lsr #3
    is(0xaa22_0020, compute(Operation::Orn, none, register)); // orn x0, x1, x2
    is(0xca02_0020, compute(Operation::Eor, none, register)); // eor x0, x1, x2
    is(0xea02_0020, compute(And, true, register)); // ands x0, x1, x2
    is(0xea22_0020, compute(Bic, true, register)); // bics x0, x1, x2
    is(0xb708_0048, Instruction::JumpBit { zero: false, bit: 33, register: 8, to: HERE + 8 }); // tbnz x8, #33, #8
    let pair = |load, at| Instruction::Pair { load, registers: [0, 1], at };
    is(0xa8c1_07e0, pair(true, at(STACK, 16, Update::After))); // ldp x0, x1, [sp], #16
    is(0xa9bf_07e0, pair(false, at(STACK, -16, Update::Before))); // stp x0, x1, [sp, #-16]!
    is(0xa941_0440, pair(true, at(2, 16, Update::Not))); // ldp x0, x1, [x2, #16]
}

#[test]
fn a_mask_is_an_element_turned_and_repeated() {
    let masks = [
        (0x9208_9c20, 0xff00_ff00_ff00_ff00),
        (0x9200_f020, 0x5555_5555_5555_5555),
        (0x9201_f020, 0xaaaa_aaaa_aaaa_aaaa),
        (0x9200_cc20, 0x0f0f_0f0f_0f0f_0f0f),
        (0x9244_1020, 0xf000_0000_0000_0001),
        (0x9241_0420, 0x8000_0000_0000_0001),
        (0x927f_f420, 0x7fff_ffff_ffff_fffe),
        (0x9240_0420, 3),
    ];
    for (word, value) in masks {
        let (operation, flags, b) = (And, false, Operand::Value(value));
        is(word, Instruction::Compute { operation, flags, wide: true, to: 0, a: 1, b });
    }
    let narrow = [
        (0x1201_0420, And, 0x8000_0001),
        (0x1200_7820, And, 0x7fff_ffff),
        (0x3202_1420, Orr, 0xc000_000f),
    ];
    for (word, operation, value) in narrow {
        let (flags, b) = (false, Operand::Value(value));
        is(word, Instruction::Compute { operation, flags, wide: false, to: 0, a: 1, b });
    }
    // An element of 64 bits for W registers, one of ones only, and one of a single bit.
    for word in [0x1240_0420, 0x9240_fc20, 0x9200_fc20, 0x9200_f420, 0x9200_f820] {
        assert_eq!(decode(word, HERE), None, "{word:#010x}");
    }
}

/// Words that are like known ones but for a bit or a field.
#[test]
fn neighbours_are_refused() {
    let neighbours = [
        0x9343_fc20, // asr x0, x1, #3
        0xd343_1820, // ubfx x0, x1, #3, #4
        0x7280_0028, // movk w8, #1
        0x5400_005d, // bc.le #8
        0x8b22_4020, // add x0, x1, w2, uxtw
        0xca22_0020, // eon x0, x1, x2
        0xda82_0020, // csinv x0, x1, x2, eq
        0x9a82_0820, // csel with bit 11
        0x9ac2_0820, // udiv x0, x1, x2
        0xba40_d940, // ccmn x10, #0, #0, le
        0xfa02_0020, // sbcs x0, x1, x2
        0xfa40_dd40, // ccmp with bit 10
        0xfa40_d950, // and with bit 4
        0x2940_0440, // ldp w0, w1, [x2]
        0xf8a0_c020, // ldapr with a register of status
        0x885f_7d09, // ldxr w9, [x8]
        0xc85f_0109, // ldxr with a second register
    ];
    for word in neighbours {
        assert_eq!(decode(word, HERE), None, "{word:#010x}");
    }
}
