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
