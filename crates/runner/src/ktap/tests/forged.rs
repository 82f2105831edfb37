//! A table of forged reports, of which none may pass, and of honest ones, which all must.

use super::judge;

/// What each forgery replaces in [`REPORT`].
const REPORT: &str = "# booting\nKTAP version 1\n1..3\n# machine: 4 cores\nok 1 every core is up\n\
                      ok 2 - drain\nok 3 waits\n# | table |\n# rundown: PASS\n";

/// What is replaced, by what, and what the objection holds.
const FORGED: &[(&str, &str, &str)] = &[
    // A test that did not simply pass, in every spelling.
    ("drain", "drain # SKIP", "skipped: drain (SKIP)"),
    ("drain", "drain # skip no time", "skipped"),
    ("drain", "drain # Skipped: why", "skipped"),
    ("drain", "drain #skip", "skipped"),
    ("drain", "drain#SKIP", "skipped"),
    ("drain", "drain # SKIP x # y", "skipped: drain (SKIP x # y)"),
    ("drain", "drain # x # SKIP y", "skipped"),
    ("drain", "drain # SKIPPED", "skipped"),
    ("drain", "drain #\tsKiP\tlater", "skipped"),
    ("drain", "drain\t#   skip", "skipped"),
    ("drain", "drain ## SKIP", "skipped"),
    ("drain", "drain # # SKIP", "skipped"),
    ("drain", "drain # [SKIP]", "skipped"),
    ("drain", "drain # -skip-", "skipped"),
    ("drain", "drain # \x1b[33mSKIP\x1b[0m", "skipped"),
    ("drain", "drain #\u{a0}SKIP", "skipped"),
    ("drain", "drain # skip-this", "skipped"),
    ("drain", "drain \\\\# SKIP", "skipped"), // an escaped backslash, and a `#` that is not escaped
    ("drain", "drain \\# x # SKIP", "skipped"),
    ("- drain", "# SKIP", "skipped:  (SKIP)"),
    ("drain", "drain # TODO", "did not simply pass: drain (TODO)"),
    ("drain", "drain # todo: later", "did not simply pass"),
    ("drain", "drain #ToDo", "did not simply pass"),
    ("drain", "drain # TODOs", "did not simply pass"),
    ("drain", "drain # XFAIL known", "did not simply pass"),
    ("drain", "drain # xpass", "did not simply pass"),
    ("drain", "drain # TIMEOUT 30 s", "did not simply pass"),
    ("drain", "drain # timed\u{7} # Timeout", "did not simply pass"),
    ("drain", "drain # ERROR", "did not simply pass"),
    ("drain", "drain\rnot ok 2 drain", "test 2 failed"),
    // Another verdict, a failure or a death, anywhere.
    ("# machine", "# rundown: FAIL\n# machine", "another verdict: # rundown: FAIL"),
    ("# booting", "# rundown: FAIL", "another verdict"),
    ("# booting", "# rundown: PASS", "text after"),
    ("# machine", "# rundown: PASS\n# machine", "text after"),
    ("# | table |", "# rundown: PASS", "text after"),
    ("# | table |", "# rundown: fail", "another verdict"),
    ("# | table |", "#rundown: FAIL", "another verdict"),
    ("# | table |", "#  rundown: FAIL in the end", "another verdict"),
    ("# | table |", "# RUNDOWN: FAILED", "another verdict"),
    ("# | table |", "# rundown: PASSED", "another verdict"),
    ("waits", "wai# rundown: FAIL", "another verdict"), // a line within a line
    ("# | table |", "# | tab# rundown: FAIL\rle |", "another verdict"),
    ("# | table |", "# | table |\r# rundown: FAIL", "another verdict"),
    ("# | table |", "# \x1b[31mrundown: FAIL\x1b[0m", "another verdict"),
    ("# booting", "\x1b[32m# rundown: PASS\x1b[0m", "another verdict"),
    ("# machine", "# panic on core 1: x\n# at x.rs:1\n# machine", "has died: # panic on core 1: x"),
    ("# booting", "# panic on core 0: x", "has died"),
    ("# | table |", "# panicked at x.rs:1", "has died"),
    ("# | table |", "#panic: x", "has died"),
    ("waits", "wai# panic on core 3: x", "has died"),
    ("# machine", "# exception on core 0: data abort\n# machine", "has died"),
    ("# machine", "# exception inside a handler on core 0: data abort\n# machine", "has died"),
    ("# booting", "# exception at EL2 before the kernel could start", "has died"),
    (
        "# machine",
        "# stack overflow on core 7: the stack has run into its guard page\n#",
        "has died",
    ),
    ("# | table |", "# an exception that cannot be reported", "has died"),
    ("# machine", "# system error from 32-bit EL0 on core 0: x\n# machine", "has died"),
    ("# machine", "# unexpected FIQ on core 2: x\n# machine", "has died"),
    ("# machine", "# FIQ from 64-bit EL0 on core 1: x\n# machine", "has died"),
    ("# machine", "# interrupt from 32-bit EL0 on core 1: x\n# machine", "has died"),
    ("# machine", "# interrupt inside a handler on core 1: x\n# machine", "has died"),
    ("# booting", "Kernel panic on core 1", "has died"),
    ("# booting", "# Kernel panic - not syncing: no root", "has died"),
    ("# booting", "# panic!", "has died"),
    ("# booting", "# panic on the boot core", "has died"),
    ("# booting", "# exception inside the boot code", "has died"),
    ("# | table |", "# not ok 2 drain", "something has failed"),
    ("# booting", "Bail out! no memory", "something has failed"),
    ("ok 3", "Bail out!\nok 3", "something has failed"),
    ("# booting", "  not ok 1 early", "something has failed"),
    // A report that is not whole, or says a thing twice.
    ("KTAP version 1\n", "", "must come first"),
    ("KTAP version 1\n", "TAP version 14\n", "must come first"),
    ("KTAP version 1\n", "KTAP version 1\nKTAP version 1\n", "comes twice"),
    ("1..3\n", "", "no plan"),
    ("1..3\n", "1..3\n1..3\n", "the plan comes twice"),
    ("1..3\n", "1..3 # SKIP\n", "not KTAP"),
    ("1..3\n", "1..4\n", "3 of 4"),
    ("1..3\n", "1..2\n", "3 of 2"),
    ("1..3\n", "1..0 # SKIP all\n", "not KTAP"),
    ("ok 3", "not ok 3", "test 3 failed"),
    ("ok 3", "not  ok 3", "not KTAP"),
    ("ok 3", "NOT OK 3", "something has failed"),
    ("ok 3 waits\n", "", "2 of 3"),
    ("ok 3 waits\n", "ok 3 waits\nok 3 waits\n", "test 3 is reported where test 4 is due"),
    ("ok 3", "ok 2", "test 2 is reported where test 3 is due"),
    ("ok 3", "ok 03", "not KTAP"),
    ("ok 3", "ok", "not KTAP"),
    ("ok 3", "ok 3\t", "not KTAP"),
    ("ok 3", "ok 3\0", "not KTAP"),
    ("ok 3", "ok -3", "not KTAP"),
    ("ok 3", "Ok 3", "not KTAP"),
    ("ok 3", "    not ok 1 - a part\nok 3", "something has failed"),
    ("ok 3", "    ok 1 - a part\nok 3", "not KTAP"),
    ("ok 3", "  KTAP version 1\n  1..1\n  ok 1 a part # SKIP\nok 3", "not KTAP"),
    ("# rundown: PASS\n", "", "ends before"),
    ("# rundown: PASS\n", "# rundown: PASS\u{a0}\n", "ends before"),
    ("# rundown: PASS\n", "# rundown: PASS\x0b\n", "ends before"),
    ("# rundown: PASS\n", "# rundown:  PASS\n", "ends before"),
    ("# rundown: PASS\n", "rundown: PASS\n", "ends before"),
    ("# rundown: PASS\n", "# rundown: PASS\n# more\n", "text after"),
    ("# rundown: PASS\n", "# rundown: PASS\n# rundown: FAIL\n", "ends with \"# rundown: FAIL\""),
    ("# rundown: PASS\n", "# rundown: PASS\n# rundown: PASS\n", "text after"),
    ("# rundown: PASS\n", "# rundown: PASS\n\0\n", "text after"),
];

/// What is replaced, and by what.
const HONEST: &[(&str, &str)] = &[
    ("", ""),
    ("\n", "\r\n"),
    ("\n", "\r\r\n"),
    ("# rundown: PASS\n", "# rundown: PASS"),
    ("# rundown: PASS\n", "# rundown: PASS \t\r\n\r\n\n"),
    // Firmware, and what a terminal does with it.
    ("# booting", "\x1b[2J\x1b[01;01H\x1b[=3h\x1b[2J\x1b[01;01H"),
    ("# booting", "UEFI firmware (version 2022.11)\r\nEvent: 10 %\rEvent: 20 %\r\nBdsDxe: loading"),
    ("# booting", "\u{fffd}\0\x07 garbage"),
    ("# booting", ""),
    // A diagnostic says what it wants, but for verdicts, deaths and failed tests.
    ("# | table |", "# skipping the table: SKIP, TODO # SKIP"),
    ("# | table |", "# error: 0, timeout: 0, failed: 0, FAIL: none, PASS: 3"),
    ("# | table |", "# panic handler: set; exceptions on core 3: 12; panics: 0"),
    ("# | table |", "# exception level 1, interrupts from core 2"),
    ("# | table |", "# rundown: the object passes"),
    ("# | table |", "#\n# \n#\t\n"),
    ("# | table |", "# 100 % \u{2713} \u{1f600} \\ \" ' $(x) \x1b[1mbold\x1b[0m"),
    ("# | table |", "# measure {\"name\":\"x # y\",\"ticks\":3}"),
    // So does a name, as long as no directive follows a `#`.
    ("drain", "drain of 7 # 7 slots"),
    ("drain", "drain # rcode=0"),
    ("drain", "drain \\# SKIP"),
    ("drain", "drain \\\\\\# todo"),
    ("drain", "a test that may skip, or is not ok"),
    ("drain", "drain # one: no skip"),
    ("- drain", ""),
    ("drain", "a panic on core 1 is reported"),
];

#[test]
fn no_forged_report_passes() {
    assert!(FORGED.len() >= 50);
    for (part, forged, reason) in FORGED {
        assert!(REPORT.contains(part), "{part:?}");
        let objection = match judge(REPORT.replacen(part, forged, 1)) {
            Err(objection) => objection,
            Ok(_) => panic!("{part:?} as {forged:?} must not pass"),
        };
        assert!(objection.contains(reason), "{forged:?}: {objection:?} instead of {reason:?}");
    }
}

#[test]
fn every_honest_report_passes() {
    assert!(HONEST.len() >= 10);
    for (part, honest) in HONEST {
        assert!(REPORT.contains(part), "{part:?}");
        assert_eq!(judge(REPORT.replace(part, honest)), Ok(3), "{part:?} as {honest:?}");
    }
}
