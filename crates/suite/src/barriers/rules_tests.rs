use super::super::code::Function;
use super::*;

/// ldr x8, [x0]; str x8, [x0]; add x9, x9, x8; blr x25; cmp x9, x10; b.lo -8
const LOAD: Instruction = Instruction(0xf940_0008);
const STORE: Instruction = Instruction(0xf900_0008);
const ADD: Instruction = Instruction(0x8b08_0129);
const CALL: Instruction = Instruction(0xd63f_0320);
const BACK: Instruction = Instruction(0x54ff_ffc3);
const STXR: Instruction = Instruction(0xc809_7ee8);
const SGI: &str = "msr icc_sgi1r_el1";

fn named(names: &[&str]) -> Vec<Instruction> {
    names.iter().copied().map(Instruction::of).collect()
}

fn function(name: &str, address: u64, code: Vec<Instruction>) -> Function {
    Function { name: name.to_owned(), address, code }
}

/// Returns code that keeps every rule, one function after the other from this address on.
pub fn good(start: u64) -> Vec<Function> {
    let [dmb, daif] = ["dmb ish", "msr daif"].map(Instruction::of);
    let pieces = ASSEMBLY.iter().map(|(name, names)| (*name, named(names)));
    let sleep =
        [daif, STXR, dmb, CALL, Instruction::of("wfi"), Instruction::of("hint arrive"), daif];
    let sends = named(&["dsb ishst", SGI, "isb"]);
    let cleans = [vec![Instruction::of("dc cvac"), ADD, BACK], named(&["dsb sy"])].concat();
    let adds = [vec![STORE], named(&["dsb ishst", "isb"])].concat();
    let reads = named(&["isb", CLOCK]);
    let others = [
        ("sleep", sleep.to_vec()),
        ("machine::smp::park::wake", vec![dmb, LOAD]),
        ("send", sends),
        ("clean", cleans),
        ("machine::board::early_map::add", adds),
        ("clock", reads),
    ];
    let mut address = start;
    let functions = pieces.chain(others).map(|(name, code)| {
        let here = address;
        address += 4 * code.len() as u64;
        function(name, here, code)
    });
    functions.collect()
}

/// Returns the faults of good code with a function in the place of one.
fn with(name: &str, code: &[Instruction]) -> Vec<String> {
    let mut functions = good(0x1000);
    let this = functions.iter_mut().find(|function| function.name == name);
    match this {
        Some(function) => function.code = code.to_vec(),
        None => functions.push(function(name, 0x9000, code.to_vec())),
    }
    faults(&functions)
}

fn fault(name: &str, code: &[Instruction], wanted: &str) {
    let faults = with(name, code);
    assert!(faults.len() == 1 && faults[0].contains(wanted), "{faults:?}");
}

#[test]
fn good_code_has_no_fault_and_each_piece_of_it_is_wanted() {
    assert_eq!(faults(&good(0)), [""; 0]);
    for lacks in good(0).iter().map(|function| &function.name).filter(|name| *name != "clock") {
        let mut functions = good(0);
        functions.retain(|function| function.name != *lacks);
        let faults = faults(&functions);
        assert!(faults.len() == 1 && faults[0].contains(", not "), "{lacks}: {faults:?}");
    }
}

#[test]
fn what_no_rule_knows_is_a_fault_unless_it_is_foreign() {
    for name in ["dsb sy", "dmb ish", "tlbi vmalle1", "ic iallu"] {
        fault("f", &named(&[name]), &format!("f: no rule looks at its {name}"));
    }
    assert!(with("f", &named(&["isb", "ret"])).is_empty());
    assert!(with("aarch64_paging::f", &named(&["dsb sy"])).is_empty());
    assert!(with("machine::board::mmu::start::f", &named(&["dsb sy"])).is_empty());
    fault("machine::board::mmu::stop", &named(&["dsb sy"]), "no rule");
    assert!(assembly::is_known("die") && !assembly::is_known("live"));
    assert!(is_barrier("dsb sy") && is_barrier("dmb ish") && !is_barrier("isb"));
}

#[test]
fn a_piece_of_assembly_is_as_in_the_table() {
    let wfi = ["msr vbar_el1", "wfi", "msr sctlr_el1", "msr spsel", "isb", "ret"];
    assert!(with("at_el1", &named(&wfi)).is_empty());
    let early = ["msr vbar_el1", "isb", "msr sctlr_el1", "msr spsel", "ret"];
    fault("at_el1", &named(&early), "at_el1 has [");
}

#[test]
fn a_wake_up_fences_before_it_looks() {
    let [ish, ishst] = ["dmb ish", "dmb ishst"].map(Instruction::of);
    for name in ["machine::smp::park::wake", "parking::Cores<T>::wake"] {
        assert!(with(name, &[ish, ADD, LOAD]).is_empty());
        for code in [&[ADD, LOAD][..], &[ishst, LOAD], &[LOAD, ish]] {
            fault(name, code, "no DMB ISH before the look");
        }
    }
    for name in ["parking::Cores<T>::sleep", "f::wake"] {
        fault(name, &[ish, LOAD], "no rule looks at its dmb ish");
    }
}

#[test]
fn an_interrupt_is_sent_between_two_barriers() {
    let [ishst, sgi, isb, sy] = ["dsb ishst", SGI, "isb", "dsb sy"].map(Instruction::of);
    for code in
        [&[ishst, sgi, isb][..], &[STORE, ishst, ADD, sgi, ADD, isb], &[sy, ishst, sgi, isb]]
    {
        assert!(with("send", code).is_empty(), "{code:x?}");
    }
    for code in [
        &[sgi, isb][..],
        &[ishst, sgi],
        &[ishst, STORE, sgi, isb],
        &[ishst, sy, sgi, isb],
        &[ishst, sgi, sy, isb],
        &[ishst, sgi, isb, sgi, isb, STORE, sgi, isb],
    ] {
        let faults = with("send", code);
        assert!(!faults.is_empty() && faults[0].contains("no DSB ISHST before"), "{faults:?}");
    }
    assert!(
        with("arm_gic::send", &[sgi]).is_empty(),
        "a dependency: whoever calls it is looked at"
    );
}

#[test]
fn whoever_calls_what_sends_stands_between_two_barriers() {
    let [ishst, isb] = ["dsb ishst", "isb"].map(Instruction::of);
    let sent_at = good(0x1000).iter().find(|it| it.name == "send").map(|it| it.address).unwrap();
    // From 0x9000, and from the second or third instruction there.
    let call = |at: u64| {
        Instruction(
            0x9400_0000 | ((sent_at as u32).wrapping_sub(0x9000 + 4 * at as u32) >> 2 & 0x3ff_ffff),
        )
    };
    assert!(with("f", &[ishst, call(1), isb]).is_empty());
    fault("f", &[call(0), isb], "no DSB ISHST before the interrupt");
    fault("f", &[ishst, call(1)], "or no ISB behind it");
    fault("f", &[ishst, call(2), isb], "no rule looks at its dsb ishst"); // another function
}

#[test]
fn cleaned_lines_are_a_loop_with_a_barrier_behind_it() {
    let [dc, sy, ish] = ["dc cvac", "dsb sy", "dsb ish"].map(Instruction::of);
    let on = Instruction(0x5400_0043); // b.lo 8
    let far = Instruction(0x54ff_ffa3); // b.lo -12
    assert!(with("clean", &[dc, ADD, BACK, ADD, sy]).is_empty());
    assert!(with("clean", &[ADD, dc, ADD, far, sy]).is_empty(), "and what is before it");
    let near = Instruction(0x54ff_ffc3); // b.lo -8
    for code in [&[dc, ADD, on, sy][..], &[dc, ADD, ADD, near, sy]] {
        fault("clean", code, "for one line, not for all");
    }
    for between in [ish, STORE, CALL] {
        fault("clean", &[dc, ADD, BACK, between, sy], "no DSB SY behind DC CVAC");
    }
}

#[test]
fn the_early_map_is_written_before_it_is_walked() {
    let name = "machine::board::early_map::add";
    let [ishst, isb, sy] = ["dsb ishst", "isb", "dsb sy"].map(Instruction::of);
    assert!(with(name, &[STORE, ADD, ishst, ADD, isb]).is_empty());
    for code in [
        &[STORE, isb][..],
        &[ishst, isb],
        &[STORE, ishst],
        &[STORE, ishst, STORE, isb],
        &[STORE, ishst, sy, isb],
        &[STORE, sy, isb],
    ] {
        fault(name, code, "no DSB ISHST and ISB behind all entries");
    }
}

#[test]
fn the_counter_is_read_behind_an_isb() {
    let [isb, clock] = ["isb", CLOCK].map(Instruction::of);
    let near = [&[isb][..], &[ADD; NEAR - 1], &[clock]].concat();
    assert!(with("f", &near).is_empty());
    assert!(with("f", &[isb, clock, isb, clock]).is_empty());
    let far = [&[isb][..], &[ADD; NEAR], &[clock]].concat();
    for code in [&[clock][..], &far, &[isb, CALL, clock], &[isb, clock, clock], &[ADD, clock, isb]]
    {
        fault("f", code, "no ISB before the counter is read");
    }
    assert!(is_before_clock(&near, 0) && !is_before_clock(&far, 0));
    assert!(is_before_clock(&[ADD, isb, ADD, clock], 1));
    assert!(!is_before_clock(&[ADD, isb, ADD, clock], 0), "no ISB");
    assert!(!is_before_clock(&[isb, CALL, clock], 0) && !is_before_clock(&[isb, ADD], 0));
}
