//! Which barrier stands where, and why: in what the compiler made. `assembly.rs` has the rest.

use super::assembly::{self, ASSEMBLY};
use super::code::Function;
use super::instruction::Instruction;

/// Reads the counter: not before what comes before it has finished (Arm ARM, "CNTVCT_EL0").
const CLOCK: &str = "mrs cntvct_el0";
/// Instructions between its ISB and it, at most.
const NEAR: usize = 8;

/// Returns whether a function has barriers of a dependency, which keeps its own rules: the page tables.
pub fn is_foreign(name: &str) -> bool {
    name.contains("aarch64_paging") || name.starts_with("machine::board::mmu::start")
}

/// Returns whether an instruction orders memory or registers, by its name. (An ISB also stands in loops.)
pub fn is_barrier(name: &str) -> bool {
    ["dsb ", "dmb "].iter().any(|start| name.starts_with(start))
}

/// Returns a line for each barrier that is missing, or that no rule knows.
pub fn faults(functions: &[Function]) -> Vec<String> {
    let mut faults = Vec::new();
    let sgi = functions.iter().find(|function| sends(&function.code).next().is_some());
    let mut found = [0; 6];
    for function in functions {
        let known = [
            assembly::rule(function, &mut faults),
            wait(function, &mut faults),
            wake(function, &mut faults),
            interrupt(function, sgi, &mut faults),
            clean(function, &mut faults),
            early_map(function, &mut faults),
        ];
        clock(function, &mut faults);
        found.iter_mut().zip(known).for_each(|(sum, known)| *sum += usize::from(known));
        let name = |one: &Instruction| one.name().filter(|name| needs_a_rule(name));
        if let (false, Some(what)) = (
            known.contains(&true) || is_foreign(&function.name),
            function.code.iter().find_map(name),
        ) {
            faults.push(format!("{}: no rule looks at its {what}", function.name));
        }
    }
    let wanted = [
        ("pieces of assembly", ASSEMBLY.len()),
        ("waits", 1),
        ("wake-ups", 1),
        ("inter-core interrupts", 1),
        ("cleaned cache lines", 1),
        ("early maps", 1),
    ];
    let missing = wanted.iter().zip(found).filter(|((_, least), found)| found < least);
    faults.extend(missing.map(|((what, least), found)| format!("{found} {what}, not {least}")));
    faults
}

fn needs_a_rule(name: &str) -> bool {
    is_barrier(name) || ["tlbi", "ic ", "dc "].iter().any(|start| name.starts_with(start))
}

/// A core says where it sleeps (the last of it an atomic update), DMB, looks, sleeps: see
/// `store_before_load` in crates/parking. All of that with interrupts held back.
fn wait(function: &Function, faults: &mut Vec<String>) -> bool {
    let code = &function.code;
    let sleeps = code
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0].is_named("wfi") && pair[1].is_named("hint arrive"));
    let sleeps: Vec<usize> = sleeps.map(|(at, _)| at).collect();
    for &at in &sleeps {
        let said = code[..at].iter().rposition(|one| one.updates());
        let steps = said.map(|said| &code[said + 1..at]).unwrap_or_default();
        let fence = steps.iter().position(|one| one.is_named("dmb ish"));
        let (before, behind) = steps.split_at(fence.unwrap_or(steps.len()));
        let looks = |steps: &[Instruction]| steps.iter().any(|one| one.is_call() || one.loads());
        let writes = |steps: &[Instruction]| steps.iter().any(|one| one.stores());
        if looks(before) || writes(before) || writes(behind) || !looks(behind) {
            faults.push(format!(
                "{}: no DMB ISH between saying where it sleeps and the look before WFI",
                function.name
            ));
        }
        let masks = |steps: &[Instruction]| steps.iter().any(|one| one.is_named("msr daif"));
        if !masks(&code[..at]) || !masks(&code[at..]) {
            faults.push(format!("{}: interrupts are not held back around WFI", function.name));
        }
    }
    !sleeps.is_empty()
}

/// What is changed before a wake-up stays before the look at who sleeps.
fn wake(function: &Function, faults: &mut Vec<String>) -> bool {
    let Function { name, code, .. } = function;
    let is_wake = name == "machine::smp::park::wake"
        || name.starts_with("parking::") && name.ends_with("::wake");
    let Some(look) = code.iter().position(|one| one.loads()).filter(|_| is_wake) else {
        return false;
    };
    if !code[..look].iter().any(|one| one.is_named("dmb ish")) {
        faults.push(format!("{name}: no DMB ISH before the look at who sleeps"));
    }
    true
}

/// What is written is to be seen by who is interrupted: no DMB orders the register behind memory (Linux,
/// drivers/irqchip/irq-gic-v3.c, gic_ipi_send_mask: dsb(ishst), and isb() behind).
fn interrupt(function: &Function, sgi: Option<&Function>, faults: &mut Vec<String>) -> bool {
    let Function { name, code, address } = function;
    let is_dependency = name.starts_with("arm_gic::");
    let calls = |(at, one): (usize, &Instruction)| {
        let from = i64::try_from(address + 4 * at as u64).ok()?;
        let to = u64::try_from(from + one.called()?).ok()?;
        sgi.is_some_and(|sgi| sgi.address == to).then_some(at)
    };
    let places = sends(code).chain(code.iter().enumerate().filter_map(calls));
    let places: Vec<usize> = places.filter(|_| !is_dependency).collect();
    for &at in &places {
        let barrier = |one: &Instruction| one.name().is_some_and(|name| is_barrier(&name));
        let last = code[..at].iter().rposition(barrier);
        let before = last.is_some_and(|last| {
            code[last].is_named("dsb ishst") && !code[last..at].iter().any(|one| one.stores())
        });
        let mut behind = code[at + 1..].iter().filter_map(|one| one.name());
        if !before || behind.next().is_none_or(|name| name != "isb") {
            faults.push(format!("{name}: no DSB ISHST before the interrupt, or no ISB behind it"));
        }
    }
    !places.is_empty()
}

fn sends(code: &[Instruction]) -> impl Iterator<Item = usize> {
    let all = code.iter().enumerate();
    all.filter(|(_, one)| one.is_named("msr icc_sgi1r_el1")).map(|(at, _)| at)
}

/// What is cleaned for a core without caches is in memory before anything else happens (Arm ARM, "DC CVAC":
/// finished by a DSB).
fn clean(function: &Function, faults: &mut Vec<String>) -> bool {
    let Function { name, code, .. } = function;
    let places = code.iter().enumerate().filter(|(_, one)| one.is_named("dc cvac"));
    let places: Vec<usize> = places.map(|(at, _)| at).collect();
    for &at in &places {
        let loops = |(far, one): (usize, &Instruction)| {
            one.branches().is_some_and(|bytes| bytes + 4 * far as i64 <= 0)
        };
        let end = code[at..].iter().position(|one| one.is_named("dsb sy")).unwrap_or(0);
        if !code[at..at + end].iter().enumerate().any(loops) {
            faults.push(format!("{name}: DC CVAC for one line, not for all"));
        }
        let counts = |one: &&Instruction| one.name().is_some() || one.is_call() || one.stores();
        let next = code[at..].iter().filter(counts).find(|one| !one.is_named("dc cvac"));
        if !next.is_some_and(|next| next.is_named("dsb sy")) {
            faults.push(format!("{name}: no DSB SY behind DC CVAC"));
        }
    }
    !places.is_empty()
}

/// What is added to the early map is written before it is walked.
fn early_map(function: &Function, faults: &mut Vec<String>) -> bool {
    let Function { name, code, .. } = function;
    if name != "machine::board::early_map::add" {
        return false;
    }
    let barrier = code.iter().rposition(|one| one.is_named("dsb ishst")).unwrap_or(code.len());
    let (before, behind) = code.split_at(barrier);
    let mut names = behind.iter().skip(1).filter_map(|one| one.name());
    let good = before.iter().any(|one| one.stores())
        && !behind.iter().any(|one| one.stores())
        && names.next().is_some_and(|name| name == "isb");
    if !good {
        faults.push(format!("{name}: no DSB ISHST and ISB behind all entries"));
    }
    true
}

/// The counter is not read early.
fn clock(function: &Function, faults: &mut Vec<String>) {
    let code = &function.code;
    let reads = code.iter().enumerate().filter(|(_, one)| one.is_named(CLOCK));
    if reads.map(|(at, _)| at).any(|at| !(0..at).rev().take(NEAR).any(|isb| orders(code, isb, at)))
    {
        faults.push(format!("{}: no ISB before the counter is read", function.name));
    }
}

/// Returns whether an ISB stands before the reading of the counter. What the compiler has moved between the
/// two does no more than compute.
fn orders(code: &[Instruction], isb: usize, clock: usize) -> bool {
    let between = |one: &Instruction| one.name().is_none() && !one.is_call();
    code[isb].is_named("isb") && code[isb + 1..clock].iter().all(between)
}

/// Returns whether an instruction is an ISB before a reading of the counter.
pub fn is_before_clock(code: &[Instruction], at: usize) -> bool {
    let clock = code[at + 1..].iter().take(NEAR).position(|one| one.is_named(CLOCK));
    clock.is_some_and(|next| orders(code, at, at + 1 + next))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// stxr, dmb ish, blr, wfi, hint #0x66
    const WAIT: [u32; 5] = [0xc809_7ee8, 0xd503_3bbf, 0xd63f_0320, 0xd503_207f, 0xd503_2cdf];
    /// msr daif, x28
    const DAIF: u32 = 0xd51b_423c;

    fn of(words: &[u32]) -> Vec<String> {
        let mut faults = Vec::new();
        let code = words.iter().copied().map(Instruction).collect();
        assert!(wait(&Function { name: "f".to_owned(), address: 0, code }, &mut faults));
        faults
    }

    #[test]
    fn a_wait_says_where_then_fences_then_looks() {
        let [update, fence, look, wfi, arrive] = WAIT;
        let load = 0xf940_043a; // ldr x26, [x1, #8]
        let store = 0xf900_2676; // str x22, [x19, #72]
        let hints = [wfi, arrive, DAIF];
        let of = |steps: &[&[u32]]| of(&[&[DAIF], steps.concat().as_slice()].concat());
        let good: [&[u32]; 3] =
            [&[update, fence, look], &[update, fence, load], &[store, update, fence, look]];
        for steps in good {
            assert!(of(&[steps, &hints]).is_empty(), "{steps:x?}");
        }
        let bad: [&[u32]; 9] = [
            &[update, look],
            &[fence, update, look],
            &[update, look, fence],
            &[update, fence],
            &[fence, look],
            &[update, load, fence, look],
            &[update, fence, store, look],
            &[update, store, fence, look, store],
            &[update, 0xd503_3abf, look], // dmb ishst
        ];
        for steps in bad {
            assert_eq!(of(&[steps, &hints]).len(), 1, "{steps:x?}");
        }
    }

    #[test]
    fn a_wait_holds_interrupts_back() {
        let masked = [&[DAIF], WAIT.as_slice(), &[DAIF]].concat();
        assert!(of(&masked).is_empty());
        assert_eq!(of(&masked[1..]).len(), 1);
        assert_eq!(of(&masked[..masked.len() - 1]).len(), 1);
    }

    #[test]
    fn every_line_is_cleaned_and_waited_for() {
        // dc cvac, x9; add x9, x9, x8; cmp x9, x10; b.lo -8; dsb sy
        let good = [0xd50b_7a29, 0x8b08_0129, 0xeb0a_013f, 0x54ff_ffa3, 0xd503_3f9f];
        let of = |words: &[u32]| {
            let mut faults = Vec::new();
            let code = words.iter().copied().map(Instruction).collect();
            clean(&Function { name: "f".to_owned(), address: 0, code }, &mut faults);
            faults.len()
        };
        assert_eq!(of(&good), 0);
        assert_eq!(of(&[good[0], good[4]]), 1, "one line");
        assert_eq!(of(&good[..4]), 2, "not waited for");
        assert_eq!(of(&[&good[..4], &[0xd503_3bbf]].concat()), 2, "a DMB does not do");
    }

    #[test]
    fn nothing_at_all_is_not_enough() {
        assert_eq!(faults(&[]).len(), 6);
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
pub mod whole;
