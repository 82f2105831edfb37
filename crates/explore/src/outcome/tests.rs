//! Reports that pass, and each way in which one that almost passes must not.

use super::*;
use crate::scenario::{Scenario, named};

const MESSAGE: &str = "released more than was acquired";
const PASS: &str = "# rundown: PASS\n";
const FAIL: &str = "# rundown: FAIL\n";
const HASH: &str = "0123456789abcdef";

fn list(name: &str, first: u64, count: u64, apart: u64) -> Seeds {
    let scenario: Scenario = named(name).unwrap();
    Seeds { scenario, first, count, apart }
}

/// A boot whose kernel prints `console`, and whose plugin prints `plugin`.
fn boot(console: &str, plugin: &str, status: i32) -> Boot {
    let text = format!("{console}\n{plugin}");
    let records = Default::default();
    Boot { text, console: console.to_owned(), status: Some(status), records }
}

fn begin(tests: u64) -> String {
    format!("KTAP version 1\r\n1..{tests}\r\n# about\r\n")
}

fn passed(number: u64, seed: u64) -> String {
    format!("# seed {seed}\nok {number} seed {seed} trace {HASH} steps {number}\n")
}

/// What the seeds 2 and 5 print when all is well.
fn two() -> String {
    format!("{}{}{}{PASS}", begin(2), passed(1, 2), passed(2, 5))
}

/// Judges a boot for the seeds 2 and 5. Returns what is wrong, with the seed.
fn wrong(console: &str, plugin: &str, status: i32) -> Option<(u64, String)> {
    let runs = runs(&boot(console, plugin, status), &list("drain", 2, 2, 3));
    let good = runs.iter().rev().skip(1).all(|run| run.why.is_none());
    assert!(good, "only the last may have failed: {runs:?}");
    let last = runs.into_iter().next_back().expect("there is always one");
    last.why.map(|why| (last.seed, why))
}

#[test]
fn a_verdict_a_seed() {
    let found = runs(&boot(&two(), "", 0), &list("drain", 2, 2, 3));
    let run =
        |seed, steps| Run { seed, hash: Some(HASH.to_owned()), steps: Some(steps), why: None };
    assert_eq!(found, [run(2, 1), run(5, 2)]);
}

#[test]
fn the_first_line_of_a_seed_that_fails_is_the_reason() {
    let failed = format!(
        "# seed 5\n# step 0 core 1 x\n# slot 1 is open\n# more\nnot ok 2 seed 5 trace {HASH} steps 3\n"
    );
    let console = begin(2) + &passed(1, 2) + &failed + FAIL;
    assert_eq!(wrong(&console, "", 1), Some((5, "slot 1 is open".to_owned())));
    // The rest cannot make it better, whatever it says.
    let console = begin(2) + &passed(1, 2) + &failed + &passed(3, 5) + PASS;
    assert_eq!(wrong(&console, "", 0), Some((5, "slot 1 is open".to_owned())));
}

#[test]
fn the_exit_status_must_agree() {
    assert_eq!(wrong(&two(), "", 0), None);
    for status in [1, 2, 124, 134, -1] {
        let why = format!("QEMU's exit status is {status}, not 0");
        assert_eq!(wrong(&two(), "", status), Some((5, why)));
    }
    let late = Boot { status: None, ..boot(&two(), "", 0) };
    let late = runs(&late, &list("drain", 2, 2, 3)).pop().and_then(|run| run.why);
    assert_eq!(late.as_deref(), Some("QEMU did not end in time"));
}

#[test]
fn what_comes_after_the_last_verdict_counts() {
    let whole = begin(2) + &passed(1, 2) + &passed(2, 5);
    for (end, part) in [
        ("", "the output ends before"),
        ("# rundown: FAIL\n", "the kernel ends with"),
        ("# panic on core 1: late\n# rundown: FAIL\n", "the kernel has died"),
        ("# panic on core 1: late\n# rundown: PASS\n", "the kernel has died"),
        ("# rundown: PASS\n# panic on core 1: late\n", "the kernel has died"),
        ("# rundown: PASS\n# more\n", "there is text after"),
        ("# rundown: PASS\n# rundown: PASS\n", "there is text after"),
        ("# rundown: FAIL\n# rundown: PASS\n", "there is another verdict"),
        ("not ok 2 seed 5 trace x\n# rundown: PASS\n", "test 2 failed"),
        ("ok 2 seed 5 trace x\n# rundown: PASS\n", "test 2 is reported where test 3 is due"),
        ("ok 3 more\n# rundown: PASS\n", "3 of 2 planned tests reported"),
        ("# seed 8\n# rundown: PASS\n", "seed 8 was not asked for"),
    ] {
        let (seed, why) = wrong(&(whole.clone() + end), "", 0).expect(end);
        assert!(seed == 5 && why.contains(part), "{end:?}: {why}");
    }
}

#[test]
fn a_seed_that_is_left_out_or_another_fails() {
    let ended = "the kernel ended before this seed".to_owned();
    for (middle, seed) in [
        (String::new(), 2),
        (passed(1, 2), 5),
        (passed(1, 5), 2),
        (passed(1, 2) + &passed(2, 2), 5),
        (passed(1, 2) + &passed(2, 8), 5),
    ] {
        assert_eq!(wrong(&(begin(2) + &middle + PASS), "", 0), Some((seed, ended.clone())));
    }
    let other =
        begin(2) + &passed(1, 2) + &passed(2, 5).replace("ok 2 seed 5", "ok 2 seed 2") + PASS;
    let (seed, why) = wrong(&other, "", 0).unwrap();
    assert!(seed == 5 && why.starts_with("the verdict is not this seed's: 2 seed 2"), "{why}");
    let more = two().replace("1..2", "1..3").replace(PASS, "ok 3 more\n# rundown: PASS\n");
    assert_eq!(wrong(&more, "", 0), Some((5, "3 tests for 2 seeds".to_owned())));
    let fewer = two().replace("1..2", "1..3");
    assert!(wrong(&fewer, "", 0).unwrap().1.contains("2 of 3 planned"));
}

#[test]
fn a_run_without_a_whole_hash_fails() {
    for hash in ["", "plugin", "0123456789abcde", "0123456789abcdefa", "0123456789abcdeg"] {
        let console = begin(2) + &passed(1, 2) + &passed(2, 5).replace(HASH, hash) + PASS;
        assert_eq!(wrong(&console, "", 0), Some((5, "it has no trace hash".to_owned())), "{hash}");
    }
}

#[test]
fn a_panic_fails_where_none_is_wanted() {
    let console =
        format!("{}{}# seed 5\n\n# panic on core 1: {MESSAGE}\n{FAIL}", begin(2), passed(1, 2));
    assert_eq!(wrong(&console, "", 1), Some((5, format!("panic on core 1: {MESSAGE}"))));
    let console = begin(2) + &passed(1, 2) + "# seed 5\n";
    assert_eq!(wrong(&console, "", 0), Some((5, "no verdict".to_owned())));
}

#[test]
fn the_plugin_says_why_it_ended_a_run() {
    let console = begin(2) + &passed(1, 2) + "# seed 5\n";
    let plugin = format!("# step 1 core 0 x\n# trace {HASH}\ncachescope: stuck\n");
    assert_eq!(wrong(&console, &plugin, 124), Some((5, "cachescope: stuck".to_owned())));
}

/// What the scenario prints that must end in a panic, and how QEMU ends.
fn panic(between: &str, end: &str, status: i32) -> Run {
    let console = format!("{}# seed 9\n\n{between}# trace {HASH} steps 9\n{end}", begin(1));
    let mut runs = runs(&boot(&console, "", status), &list("extra", 9, 1, 1));
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

#[test]
fn a_wanted_panic_passes() {
    let run = panic(&format!("# panic on core 1: {MESSAGE}\n# at x.rs:1\n"), FAIL, 1);
    assert_eq!((run.why, run.hash.as_deref(), run.steps), (None, Some(HASH), Some(9)));
}

#[test]
fn a_wanted_panic_fails_if_something_else_is_wrong() {
    let good = format!("# panic on core 1: {MESSAGE}\n");
    let good = good.as_str();
    let besides = format!("{good}# but a slot is open\n");
    let twice = format!("{good}{good}");
    for (between, end, status, part) in [
        ("# panic on core 1: another\n", FAIL, 1, "another"),
        ("# no panic: released more than was acquired\n", FAIL, 1, "no panic"),
        ("", FAIL, 1, "no verdict"),
        (besides.as_str(), FAIL, 1, "a slot is open"),
        (twice.as_str(), FAIL, 1, "2 panics and 1 ends"),
        (good, FAIL, 0, "QEMU's exit status is 0, not 1"),
        (good, FAIL, 124, "QEMU's exit status is 124, not 1"),
        (good, "", 1, "the last line after a panic is: # trace"),
        (good, PASS, 1, "the last line after a panic is: # rundown: PASS"),
        (good, "# rundown: FAIL\n# more\n", 1, "the last line after a panic is: # more"),
        (good, "# rundown: PASS\n# rundown: FAIL\n", 1, "1 panics and 2 ends"),
        (good, "# rundown: FAIL\n# rundown: FAIL\n", 1, "1 panics and 2 ends"),
    ] {
        let why = panic(between, end, status).why.unwrap_or_else(|| panic!("{between}{end}"));
        assert!(why.contains(part), "{between}{end}{status}: {why}");
    }
    let console = format!("{}{}", begin(1), passed(1, 9)) + PASS;
    let quiet = runs(&boot(&console, "", 0), &list("extra", 9, 1, 1));
    assert!(quiet[0].why.is_some(), "a panic that does not come is a failure");
    let console =
        format!("{}ok 1 seed 9 trace {HASH}\n# panic on core 1: {MESSAGE}\n{FAIL}", begin(1));
    let before = runs(&boot(&console, "", 1), &list("extra", 9, 1, 1));
    assert!(before[0].why.is_some(), "{before:?}");
}

#[test]
fn a_wanted_panic_is_not_what_the_plugin_ends() {
    let console = format!("{}# seed 9\n# panic on core 1: {MESSAGE}\n{FAIL}", begin(1));
    let plugin = format!("# trace {HASH}\ncachescope: more than 9 steps\n");
    let runs = runs(&boot(&console, &plugin, 1), &list("extra", 9, 1, 1));
    assert!(runs[0].why.is_some());
}

#[test]
fn a_verdict_of_either_kind_beside_a_panic_is_told() {
    for verdict in ["ok 1 x", "not ok 1 x"] {
        let console = format!("# seed 1\n# panic {MESSAGE}\n{verdict}\n{FAIL}");
        let told = format!("a test is reported beside a panic: {verdict}");
        assert_eq!(report::after_a_panic(&console), Some(told));
    }
}
