use super::*;

/// Follows code whose x0 is `object` and x1 is `data`.
fn lines(code: &[u32]) -> Result<Vec<String>, String> {
    let image = Image::of(code, &[("function", 0x1000), ("core9panicking", 0x2000)]);
    follow(&image, "function", &["object", "data"], 'L').map(|thread| thread.lines)
}

fn writes(code: &[u32], expected: &[&str]) {
    assert_eq!(lines(code).unwrap(), expected);
}

fn refuses(code: &[u32], why: &str) {
    let error = lines(code).unwrap_err();
    assert!(error.starts_with("function: ") && error.contains(why), "{error}");
}

const RET: u32 = 0xd65f_03c0;
const LDR_X8_X0: u32 = 0xf940_0008; // ldr x8, [x0]

#[test]
fn what_is_read_keeps_its_dependencies() {
    // and x9, x8, #-2; str x9, [x1]; mov x0, x8
    let code = [LDR_X8_X0, 0x927f_f909, 0xf900_0029, 0xaa08_03e0, RET];
    let expected = ["LDR X1,[X29]", "AND X2,X1,#-2", "STR X2,[X28]", "MOV X0,X1", "B L0", "L0:"];
    writes(&code, &expected);
}

#[test]
fn what_is_known_is_computed_and_a_result_of_zero_is_none() {
    // mov w8, #2; sub x8, x8, #4; str x8, [x1]; mov x0, xzr
    let code = [0x5280_0048, 0xd100_1108, 0xf900_0028, 0xaa1f_03e0, RET];
    writes(&code, &["MOV X1,#-2", "STR X1,[X29]", "B L0", "L0:"]);
}

#[test]
fn a_store_exclusive_that_failed_ends_the_way() {
    // ldaxr x8, [x0]; stxr w9, x8, [x0]; cbnz w9, -8; mov w0, #2
    let code = [0xc85f_fc08, 0xc809_7c08, 0x35ff_ffc9, 0x5280_0040, RET];
    let expected = ["LDAXR X1,[X29]", "STXR W2,X1,[X29]", "CBNZ W2,L0", "MOV X0,#2", "B L0", "L0:"];
    writes(&code, &expected);
}

#[test]
fn a_loop_that_counts_is_followed_and_one_that_waits_is_not() {
    // mov w9, #2; again: str x9, [x1]; subs x9, x9, #1; b.ne again; mov w0, #2
    let code = [0x5280_0049, 0xf900_0029, 0xf100_0529, 0x54ff_ffc1, 0x5280_0040, RET];
    let stores = ["MOV X1,#2", "STR X1,[X29]", "MOV X1,#1", "STR X1,[X29]"];
    writes(&code, &[&stores[..], &["MOV X0,#2", "B L0", "L0:"]].concat());
    // again: ldr x8, [x0]; cbz x8, out; b again; out: mov w0, #2
    let code = [LDR_X8_X0, 0xb400_0048, 0x17ff_fffe, 0x5280_0040, RET];
    let expected = ["LDR X1,[X29]", "CBZ X1,L1", "B L0", "L1:", "MOV X0,#2", "B L0", "L0:"];
    writes(&code, &expected);
}

#[test]
fn a_branch_on_what_was_read_splits_the_way() {
    // tbnz w8, #0, one; mov w0, #2; ret; one: mov w0, #3
    let code = [LDR_X8_X0, 0x3700_0068, 0x5280_0040, RET, 0x5280_0060, RET];
    let expected =
        ["LDR X1,[X29]", "TBNZ X1,#0,L1", "MOV X0,#2", "B L0", "L1:", "MOV X0,#3", "B L0", "L0:"];
    writes(&code, &expected);
    // cmp x8, #1; ccmp x8, #3, #0, gt; b.eq one: both comparisons, and otherwise flags without Z
    let code =
        [LDR_X8_X0, 0xf100_051f, 0xfa43_c900, 0x5400_0060, 0x5280_0040, RET, 0x5280_0060, RET];
    let compared = ["LDR X1,[X29]", "CMP X1,#1", "B.GT L1", "MOV X0,#2", "B L0", "L1:"];
    let again = ["CMP X1,#3", "B.EQ L2", "MOV X0,#2", "B L0", "L2:", "MOV X0,#3", "B L0", "L0:"];
    writes(&code, &[&compared[..], &again[..]].concat());
}

#[test]
fn a_value_comes_back_from_the_stack() {
    // str x8, [sp, #-16]!; mov x8, xzr; ldr x9, [sp], #16; str x9, [x1]
    let code = [LDR_X8_X0, 0xf81f_0fe8, 0xaa1f_03e8, 0xf841_07e9, 0xf900_0029, 0xaa1f_03e0, RET];
    writes(&code, &["LDR X1,[X29]", "STR X1,[X28]", "B L0", "L0:"]);
}

#[test]
fn a_pair_is_two_neighbours() {
    // mov w9, #2; stp x8, x9, [sp, #-16]!; mov x9, xzr; ldr x9, [sp, #8]; str x9, [x1]; add sp, sp, #16
    let code = [LDR_X8_X0, 0x5280_0049, 0xa9bf_27e8, 0xaa1f_03e9, 0xf940_07e9, 0xf900_0029];
    let code = [&code[..], &[0x9100_43ff, 0xaa1f_03e0, RET]].concat();
    writes(&code, &["LDR X1,[X29]", "MOV X2,#2", "STR X2,[X28]", "B L0", "L0:"]);
}

#[test]
fn a_panic_ends_the_way() {
    // cbz x8, fine; bl core9panicking (at 0x2000); fine: mov w0, #2
    let code = [LDR_X8_X0, 0xb400_0048, 0x9400_03fe, 0x5280_0040, RET];
    let expected = ["LDR X1,[X29]", "CBZ X1,L1", "B L0", "L1:", "MOV X0,#2", "B L0", "L0:"];
    writes(&code, &expected);
}

#[test]
fn what_is_not_understood_is_refused() {
    refuses(&[0x9b01_7c00], "unknown instruction 0x9b017c00"); // mul x0, x0, x1
    refuses(&[LDR_X8_X0, 0xf940_0109], "an address that was read"); // ldr x9, [x8]
    refuses(&[0x3940_0008], "an access of 1 bytes"); // ldrb w8, [x0]
    refuses(&[0xf940_1008], "an access of 8 bytes to 0x8028"); // ldr x8, [x0, #32]
    refuses(&[0xf81f_0fe8, 0x3940_03e8], "in other pieces"); // str x8, [sp, #-16]!; ldrb w8, [sp]
    refuses(&[LDR_X8_X0, 0x381f_83e8], "a part of a value"); // sturb w8, [sp, #-8]
    refuses(&[0xd65f_0000], "no code at"); // ret x0
    refuses(&[0x9100_0529, 0x17ff_ffff], "no end after"); // add x9, x9, #1; b -4
    assert!(follow(&Image::of(&[], &[]), "function", &[], 'L').unwrap_err().contains("no symbol"));
}

const STR_X9_X1: u32 = 0xf900_0029; // str x9, [x1]

/// Follows one instruction between a load to x8 and a store of x9.
fn between(word: u32, expected: &[&str]) {
    let end = ["B L0", "L0:"];
    let code = [LDR_X8_X0, word, STR_X9_X1, 0xaa1f_03e0, RET];
    writes(&code, &[&["LDR X1,[X29]"], expected, &end].concat());
}

#[test]
fn a_computation_is_written_unless_it_only_moves() {
    for (word, expected) in [
        (0xcb08_03e9, "SUB X2,XZR,X1"),  // neg x9, x8
        (0x2a08_03e9, "ORR W2,WZR,W1"),  // mov w9, w8
        (0xb100_0109, "ADDS X2,X1,#0"),  // adds x9, x8, #0
        (0x1100_0109, "ADD W2,W1,#0"),   // add w9, w8, #0
        (0xd100_0109, "SUB X2,X1,#0"),   // sub x9, x8, #0
        (0xca1f_0109, "EOR X2,X1,#0"),   // eor x9, x8, xzr
        (0x8a08_03e9, "AND X2,XZR,X1"),  // and x9, xzr, x8
        (0xf100_0509, "SUBS X2,X1,#1"),  // subs x9, x8, #1
        (0xea08_03e9, "ANDS X2,XZR,X1"), // ands x9, xzr, x8
        (0x8b08_0d09, "ADD X3,X1,X2"),   // add x9, x8, x8, lsl #3
    ] {
        match word {
            0x8b08_0d09 => between(word, &["LSL X2,X1,#3", expected, "STR X3,[X28]"]),
            _ => between(word, &[expected, "STR X2,[X28]"]),
        }
    }
    between(0x9100_0109, &["STR X1,[X28]"]); // add x9, x8, #0
    between(0xaa08_03e9, &["STR X1,[X28]"]); // mov x9, x8
    // x9 is still 0 where only flags are set.
    between(0xb100_051f, &["ADDS X2,X1,#1", "STR XZR,[X28]"]); // cmn x8, #1
    between(0xf100_051f, &["CMP X1,#1", "STR XZR,[X28]"]); // cmp x8, #1
}

#[test]
fn a_choice_is_written_unless_its_flags_are_known() {
    // cmp x8, #1; csel x9, x8, xzr, eq; and cinc x9, x8, ne
    let choose = |word| [LDR_X8_X0, 0xf100_051f, word, STR_X9_X1, 0xaa1f_03e0, RET];
    let expected = |choice| ["LDR X1,[X29]", "CMP X1,#1", choice, "STR X2,[X28]", "B L0", "L0:"];
    writes(&choose(0x9a9f_0109), &expected("CSEL X2,X1,XZR,EQ"));
    writes(&choose(0x9a88_0509), &expected("CSINC X2,X1,X1,EQ"));
    // mov w8, #2; cmp x8, #2; the same
    let known = |word| [0x5280_0048, 0xf100_091f, word, STR_X9_X1, 0xaa1f_03e0, RET];
    writes(&known(0x9a9f_0109), &["MOV X1,#2", "STR X1,[X29]", "B L0", "L0:"]);
    writes(&known(0x9a88_0509), &["MOV X1,#2", "STR X1,[X29]", "B L0", "L0:"]);
    // cinc x9, x8, eq
    writes(&known(0x9a88_1509), &["MOV X1,#3", "STR X1,[X29]", "B L0", "L0:"]);
}

#[test]
fn atomic_instructions_keep_their_orders() {
    // mov w9, #2; one of them; str x8, [x1]
    let code = |word| [0x5280_0049, word, 0xf900_0028, 0xaa1f_03e0, RET];
    let expected = |name| ["MOV X1,#2", name, "STR X2,[X28]", "B L0", "L0:"];
    for (word, name) in [
        (0xf8e9_0008, "LDADDAL X1,X2,[X29]"), // ldaddal x9, x8, [x0]
        (0xf869_0008, "LDADDL X1,X2,[X29]"),
        (0xf829_0008, "LDADD X1,X2,[X29]"),
        (0xf8a9_8008, "SWPA X1,X2,[X29]"), // swpa x9, x8, [x0]
    ] {
        writes(&code(word), &expected(name));
    }
    let nothing = ["MOV X1,#2", "LDADD X1,XZR,[X29]", "STR XZR,[X28]", "B L0", "L0:"];
    writes(&code(0xf829_001f), &nothing); // stadd x9, [x0]
    // mov w9, #2; mov w10, #4; casal x9, x10, [x0]; str x9, [x1]
    let code = [0x5280_0049, 0x5280_008a, 0xc8e9_fc0a, STR_X9_X1, 0xaa1f_03e0, RET];
    let expected = ["MOV X1,#2", "MOV X2,#4", "CASAL X1,X2,[X29]", "STR X1,[X28]", "B L0", "L0:"];
    writes(&code, &expected);
    // ldr x8, [x0]; cas x8, x9, [x0]; str x8, [x1]
    let code = [LDR_X8_X0, 0xc8a8_7c09, 0xf900_0028, 0xaa1f_03e0, RET];
    let expected = ["LDR X1,[X29]", "MOV X2,X1", "CAS X2,XZR,[X29]", "STR X2,[X28]", "B L0", "L0:"];
    writes(&code, &expected);
}

#[test]
fn what_is_known_decides_where_it_goes_on() {
    let [two, three] = [0x5280_0040, 0x5280_0060]; // mov w0, #2; mov w0, #3
    let goes = |start: &[u32], on: bool| {
        let code = [start, &[two, RET, three, RET]].concat();
        writes(&code, &[if on { "MOV X0,#3" } else { "MOV X0,#2" }, "B L0", "L0:"]);
    };
    let there = |word: u32| word + (1 << 5); // 12 bytes in place of 8
    goes(&[0xd2c0_0028, there(0x3400_0048)], true); // mov x8, #1 << 32; cbz w8
    goes(&[0x5280_0048, there(0x3400_0048)], false); // mov w8, #2; cbz w8
    goes(&[0xd2c0_0028, there(0xb400_0048)], false); // mov x8, #1 << 32; cbz x8
    goes(&[0x5280_0048, there(0x3608_0048)], false); // mov w8, #2; tbz w8, #1
    goes(&[0x5280_0048, there(0x3708_0048)], true); // tbnz w8, #1
    goes(&[0x5280_0048, there(0x3700_0048)], false); // tbnz w8, #0
    // mov w8, #2; cmp x8, #2; ccmp x8, #3, #4, eq or ne; b.eq
    goes(&[0x5280_0048, 0xf100_091f, 0xfa43_0904, there(0x5400_0040)], false);
    goes(&[0x5280_0048, 0xf100_091f, 0xfa43_1904, there(0x5400_0040)], true);
}

#[test]
fn a_call_comes_back_behind_itself() {
    // mov x10, x30; bl 12; mov x30, x10; ret; mov w0, #3; ret
    let code = [0xaa1e_03ea, 0x9400_0003, 0xaa0a_03fe, RET, 0x5280_0060, RET];
    writes(&code, &["MOV X0,#3", "B L0", "L0:"]);
}

#[test]
fn movk_keeps_the_other_bits() {
    // mov w8, #2, or mov x8, #-1; movk x8, #1, lsl #16; str x8, [x1]
    let code = |word| [word, 0xf2a0_0028, 0xf900_0028, 0xaa1f_03e0, RET];
    writes(&code(0x5280_0048), &["MOV X1,#65538", "STR X1,[X29]", "B L0", "L0:"]);
    writes(&code(0x9280_0008), &["MOV X1,#-4294836225", "STR X1,[X29]", "B L0", "L0:"]);
}

#[test]
fn a_way_back_on_what_was_read_is_no_turn() {
    // mov w9, #2; again: ldr x8, [x0]; sub x9, x9, #1; cbnz x8, again; mov w0, #2
    let code = [0x5280_0049, LDR_X8_X0, 0xd100_0529, 0xb5ff_ffc8, 0x5280_0040, RET];
    writes(&code, &["LDR X1,[X29]", "CBNZ X1,L0", "MOV X0,#2", "B L0", "L0:"]);
}

#[test]
fn a_way_back_to_where_it_has_not_been_is_a_way() {
    // b over; back: mov w0, #2; ret; over: ldr x8, [x0]; cbnz x8, back; mov w0, #0
    let code = [0x1400_0003, 0x5280_0040, RET, LDR_X8_X0, 0xb5ff_ffa8, 0x5280_0000, RET];
    writes(&code, &["LDR X1,[X29]", "CBNZ X1,L1", "B L0", "L1:", "MOV X0,#2", "B L0", "L0:"]);
}

#[test]
fn too_many_ways_are_refused() {
    // tbnz x8, #0, 8; nop: twice as many ways each time
    let split =
        |times| [vec![LDR_X8_X0], [0x3700_0048, 0xd503_201f].repeat(times), vec![RET]].concat();
    refuses(&split(8), "more than 200 ways");
    assert!(lines(&split(7)).is_ok());
}
