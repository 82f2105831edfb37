//! What QEMU does not tell of: refused inside a phase, and let through outside.
//!
//! The kernel is `examples/scope_selftest`, and executes one instruction (its `unseen.rs`).

mod common;

use common::{MANY_THREADS, scratch};
use runner::process::Output;
use std::fs;

/// Names of instructions there, as the plugin calls them.
const UNSEEN: [(&str, &str); 5] = [
    ("dc_zva", "DC ZVA (d50b7420)"),
    ("sve_load", "SVE load (a5e0a000)"),
    ("sve_store", "SVE store (e5e0e000)"),
    ("sme_load", "SME load (e1000000)"),
    ("mops_set", "SETP (19df0420)"),
];

fn boot(name: &str, place: &str, arguments: &str) -> Option<Output> {
    let append = format!("unseen={name} where={place}");
    common::boot("scope_selftest", MANY_THREADS, 2, &append, arguments)
}

/// Where the kernel says that the instruction stands; nothing if this QEMU's processor has none.
fn address(output: &Output, name: &str) -> Option<String> {
    let begin = format!("# {name} stands at ");
    let address = output.stdout.lines().find_map(|line| line.strip_prefix(&begin));
    let none = output.stdout.contains(&format!("# this core has no {name}"));
    assert!(address.is_some() != none, "{}", output.merged);
    address.map(str::to_owned)
}

fn refused(output: &Output, message: &str) {
    let errors = &output.stderr;
    assert_eq!(output.status, Some(1), "{}", output.merged);
    let own: Vec<_> = errors.lines().filter(|line| line.starts_with("cachescope: ")).collect();
    assert_eq!(own.len(), 1, "{errors}");
    assert!(own[0].starts_with(&format!("cachescope: {message}")), "{errors}");
}

/// Boots what must pass; its phase has one load besides.
fn passes(name: &str, place: &str) -> Option<()> {
    let append = format!("unseen={name} where={place}");
    let results = common::run("scope_selftest", MANY_THREADS, 2, &append, ",mode=count")?;
    assert_eq!(results.phase("with one load")[0], 1, "{}", results.text);
    Some(())
}

/// `both`: the code was translated outside of the phase.
#[test]
fn what_is_not_seen_is_refused_inside_a_phase_and_only_there() {
    let mut executed = 0;
    for (name, called) in UNSEEN {
        for (place, mode) in [("inside", "count"), ("both", "count"), ("inside", "schedule")] {
            let Some(output) = boot(name, place, &format!(",mode={mode}")) else { return };
            let Some(address) = address(&output, name) else { continue };
            let message = format!("core 0 executes {called} at {address} in phase 1, ");
            refused(&output, &message);
            executed += 1;
        }
        passes(name, "outside").expect("as before");
    }
    assert!(executed >= 3 * 4, "every QEMU from 7.2 on has all but FEAT_MOPS");
}

/// Each core would have something to say, and the results are to be whole.
#[test]
fn many_cores_at_once_are_refused_in_one_line() {
    for _ in 0..5 {
        let out = scratch("json");
        let arguments = format!(",mode=count,out={}", out.display());
        let append = "unseen=dc_zva where=everywhere";
        let output = common::boot("scope_selftest", MANY_THREADS, 8, append, &arguments);
        let Some(output) = output else { return };
        refused(&output, "core ");
        let results = fs::read_to_string(&out).expect("results");
        assert!(results.contains(r#"{"record":"unseen","#), "{results}");
        fs::remove_file(out).expect("it was there");
    }
}

#[test]
fn what_only_looks_alike_passes_inside_a_phase() {
    for name in ["sve_sum", "sve_prefetch"] {
        if passes(name, "inside").is_none() {
            return;
        }
    }
}

#[test]
fn a_guest_that_marks_no_phase_is_refused_at_its_end() {
    let out = scratch("json");
    let arguments = format!(",mode=count,out={}", out.display());
    let Some(output) = boot("dc_zva", "without", &arguments) else { return };
    let address = address(&output, "dc_zva").expect("every core has it");
    refused(
        &output,
        &format!("the guest executes DC ZVA (d50b7420) at {address} and marks no phase"),
    );
    let results = fs::read_to_string(&out).expect("the results are written all the same");
    assert!(results.contains(r#"{"record":"unseen","instructions":["SVE","SME","#), "{results}");
    fs::remove_file(out).expect("it was there");
}
