//! Which barrier stands where in assembly, and why.

use super::code::Function;

/// Assembly, and all barriers in it with what they order, one after the other. Also every register that it sets
/// where a core begins: most are right by chance in QEMU, where nothing ran before.
pub const ASSEMBLY: [(&str, &[&str]); 10] = [
    // Tables are written before they are walked, nothing stale is used from before the MMU is on, and the
    // next instruction is fetched through it (Arm ARM, "TLB maintenance requirements", "SCTLR_EL1").
    (
        "enable_mmu",
        &[
            "msr mair_el1",
            "msr tcr_el1",
            "msr ttbr0_el1",
            "dsb ish",
            "isb",
            "tlbi vmalle1",
            "ic iallu",
            "dsb nsh",
            "isb",
            "msr sctlr_el1",
            "isb",
            "ret",
        ],
    ),
    ("_start", &["msr daifset", "msr tpidr_el1", "msr spsel"]),
    ("_start_secondary", &["msr daifset", "msr tpidr_el1", "msr spsel"]),
    // A register is written before what depends on it.
    (
        "enter_el1",
        &[
            "msr vbar_el2",
            "msr hcr_el2",
            "isb",
            "msr vpidr_el2",
            "msr vmpidr_el2",
            "msr cnthctl_el2",
            "msr cntvoff_el2",
            "msr cptr_el2",
            "msr hstr_el2",
            "msr icc_sre_el2",
            "isb",
            "msr ich_hcr_el2",
            "msr spsr_el2",
            "msr elr_el2",
            "msr sctlr_el1",
            "msr vbar_el1",
            "eret",
        ],
    ),
    ("at_el1", &["msr vbar_el1", "msr sctlr_el1", "msr spsel", "isb", "ret"]),
    ("install_vectors", &["msr vbar_el1", "isb", "ret"]),
    (
        "semihosting",
        &["msr daifset", "msr vbar_el1", "isb", "hlt", "msr vbar_el1", "msr daif", "isb", "ret"],
    ),
    ("die", &["msr daifset", "msr vbar_el1", "msr vbar_el2", "msr vbar_el3", "isb", "hlt", "hlt"]),
    ("switch_off", &["msr daifset", "msr vbar_el1", "isb"]),
    // A fault inside a handler: the early vectors stand before its stack is touched.
    ("vectors", &["msr vbar_el1", "isb", "msr vbar_el1", "isb", "msr vbar_el1", "isb"]),
];

/// Returns whether it is a piece of assembly.
pub fn is_known(name: &str) -> bool {
    ASSEMBLY.iter().any(|(known, _)| *known == name)
}

/// Each piece of assembly is as in the table. Returns whether this is one.
pub fn rule(function: &Function, faults: &mut Vec<String>) -> bool {
    let Some((name, wanted)) = ASSEMBLY.iter().find(|(name, _)| *name == function.name) else {
        return false;
    };
    let is = function.code.iter().filter_map(|one| one.name()).filter(|name| name != "wfi");
    let is: Vec<String> = is.collect();
    if is != *wanted {
        faults.push(format!("{name} has {is:?}, not {wanted:?}"));
    }
    true
}
