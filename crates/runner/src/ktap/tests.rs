//! What the KTAP reader accepts, and the many things that it must not.

mod forged;
mod mutations;

use super::*;

const GOOD: &str = "# booting\nKTAP version 1\n1..3\n# machine: 4 cores\nok 1 every core is up\nok 2 - drain\nok 3\n# | table |\n# rundown: PASS\n";

fn judge(text: impl AsRef<[u8]>) -> Result<u64, String> {
    let mut report = Report::default();
    report.feed(text.as_ref());
    report.verdict().map_err(|objection| objection.to_string())
}

fn refused(text: impl AsRef<[u8]>, reason: &str) {
    let objection = judge(text).expect_err("the report must not pass");
    assert!(objection.contains(reason), "{objection:?} instead of {reason:?}");
}

#[test]
fn a_whole_report_passes() {
    assert_eq!(judge(GOOD), Ok(3));
}

#[test]
fn the_end_is_the_one_that_was_asked_for() {
    let markers = Markers { pass: "my kernel: good".to_owned(), fail: "bad".to_owned() };
    let verdict = |end: &str| {
        let mut report = Report::new(markers.clone());
        report.feed(GOOD.replace("# rundown: PASS", end).as_bytes());
        report.verdict().map_err(|objection| objection.to_string())
    };
    assert_eq!(verdict("# my kernel: good"), Ok(3));
    assert!(verdict("# rundown: PASS").unwrap_err().contains("before \"# my kernel: good\""));
    assert_eq!(verdict("# bad").unwrap_err(), "the kernel ends with \"# bad\"");
}

#[test]
fn carriage_returns_and_a_missing_last_line_feed_do_not_matter() {
    assert_eq!(judge(GOOD.replace('\n', "\r\n")), Ok(3));
    assert_eq!(judge(GOOD.trim_end()), Ok(3));
}

#[test]
fn the_cuts_between_reads_do_not_matter() {
    for size in 1..GOOD.len() {
        let mut report = Report::default();
        GOOD.as_bytes().chunks(size).for_each(|piece| report.feed(piece));
        assert_eq!(report.verdict(), Ok(3), "in pieces of {size}");
    }
}

#[test]
fn no_prefix_of_a_good_report_passes() {
    for cut in 0..GOOD.len() - 1 {
        refused(&GOOD[..cut], "ends before \"# rundown: PASS\"");
    }
}

#[test]
fn a_failed_test_is_named() {
    refused(GOOD.replace("ok 2", "not ok 2"), "test 2 failed: drain");
    refused("KTAP version 1\n1..1\nnot ok 1 - x\n# rundown: FAIL\n", "test 1 failed: x");
}

#[test]
fn the_first_failed_test_is_the_one_named() {
    refused(GOOD.replace("ok 2", "not ok 2").replace("ok 3", "not ok 3"), "test 2 failed");
}

#[test]
fn a_skipped_test_does_not_pass() {
    for directive in ["# SKIP", "# skip no time", "# Skip: later"] {
        refused(GOOD.replace("drain", &format!("drain {directive}")), "test 2 was skipped: drain");
    }
    for directive in ["# TODO", "# XFAIL x", "# TIMEOUT", "# ERROR"] {
        refused(
            GOOD.replace("drain", &format!("drain {directive}")),
            "test 2 did not simply pass: drain",
        );
    }
}

#[test]
fn a_hash_in_a_name_is_no_directive() {
    assert_eq!(judge(GOOD.replace("drain", "drain # 7 of slot # 2")), Ok(3));
}

#[test]
fn the_kernel_saying_fail_is_a_failure() {
    refused(GOOD.replace("PASS", "FAIL"), "ends with \"# rundown: FAIL\"");
}

#[test]
fn the_version_comes_first() {
    refused(GOOD.replace("KTAP version 1\n", ""), "must come first, not: 1..3");
    refused(GOOD.replace("version 1", "version 2"), "must come first");
    refused(format!("ok 1 x\n{GOOD}"), "must come first, not: ok 1 x");
    // By a firmware that prints what it wants, but not what wants to be a test.
    assert_eq!(judge(format!("  okay\n1.5 s\n{GOOD}")), Ok(3));
    for like in ["  ok 1 x", "1..y", "not okay"] {
        refused(format!("{like}\n{GOOD}"), "must come first, not: ");
    }
    refused(GOOD.replace("1..3", "KTAP version 1\n1..3"), "comes twice");
}

#[test]
fn the_plan_is_there_once_and_early() {
    refused(GOOD.replace("1..3\n", ""), "no plan before the first test");
    refused(GOOD.replace("1..3\n", "1..3\n1..3\n"), "the plan comes twice");
    refused(
        GOOD.replace("1..3\n", "").replace("drain\n", "drain\n1..3\n"),
        "no plan before the first test",
    );
    refused("KTAP version 1\n1..0\n# rundown: PASS\n", "plan is for 0 tests");
    refused("KTAP version 1\n# rundown: PASS\n", "no test was reported");
    for plan in ["1..-1", "1..", "1..3x", "1..99999999999999999999", "0..3", "1..+3", "1..03"] {
        refused(GOOD.replace("1..3", plan), "not KTAP");
    }
}

#[test]
fn every_planned_test_reports_once_in_order() {
    refused(GOOD.replace("1..3", "1..4"), "3 of 4 planned tests reported");
    refused(GOOD.replace("1..3", "1..2"), "3 of 2 planned tests reported");
    refused(GOOD.replace("ok 3\n", "ok 2\n"), "test 2 is reported where test 3 is due");
    refused(GOOD.replace("ok 1 every", "ok 2 every"), "test 2 is reported where test 1 is due");
    refused(GOOD.replace("ok 3\n", "ok three\n"), "not KTAP: ok three");
    refused(GOOD.replace("ok 3\n", "ok\n"), "not KTAP: ok");
}

#[test]
fn nothing_comes_after_the_last_line() {
    for tail in ["# more\n", "ok 4\n", "panic\n", "# rundown: PASS\n", "x"] {
        refused(format!("{GOOD}{tail}"), "text after \"# rundown: PASS\"");
    }
    assert_eq!(judge(format!("{GOOD}\r\n\n")), Ok(3));
}

#[test]
fn an_early_pass_is_not_an_end() {
    refused(GOOD.replace("ok 3", "# rundown: PASS\nok 3"), "text after");
}

#[test]
fn escape_sequences_and_stray_text_do_not_pass() {
    refused(GOOD.replace("ok 2", "\x1b[32mok 2"), "not KTAP: ?[32mok 2");
    refused(GOOD.replace("ok 2", "  ok 2"), "not KTAP");
    refused(GOOD.replace("# machine", "machine"), "not KTAP: machine: 4 cores");
    refused(GOOD.replace("# rundown: PASS", " # rundown: PASS"), "ends before");
    refused(GOOD.replace("# rundown: PASS", "# rundown: PASSED"), "ends before");
}

#[test]
fn bytes_that_are_not_utf8_neither_pass_nor_panic() {
    refused([b"KTAP version 1\xff\n", &GOOD.as_bytes()[25..]].concat(), "must come first");
    refused([&GOOD.as_bytes()[..30], b"\xf0\x9f"].concat(), "ends before");
    let odd = GOOD.replace("drain", "dr\u{85}a\u{7}in");
    assert_eq!(judge(odd.as_bytes()), Ok(3));
    refused(
        [b"KTAP version 1\n1..1\nok 1\xc0\n" as &[u8], b"# rundown: PASS"].concat(),
        "not KTAP",
    );
}

#[test]
fn a_very_long_line_is_bounded() {
    let mut report = Report::default();
    for _ in 0..100_000 {
        report.feed(b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    }
    assert!(report.unfinished.capacity() <= 2 * LONGEST_LINE);
    assert_eq!(LONGEST_LINE, 16_384);
    assert!(report.verdict().is_err());
    assert!(report.last_line().len() <= 200);
}

#[test]
fn a_long_diagnostic_passes_and_hides_nothing() {
    let long = "y".repeat(10 * LONGEST_LINE);
    assert_eq!(judge(GOOD.replace("machine", &long)), Ok(3));
    // Whatever lies across a cut is seen as well.
    for room in 0..40 {
        let long = "y".repeat(LONGEST_LINE - room);
        for (hidden, reason) in
            [("# rundown: FAIL", "another verdict"), ("# panic on core 2", "has died")]
        {
            refused(GOOD.replace("machine", &format!("{long}{hidden}{long}")), reason);
        }
        refused(GOOD.replace("drain", &format!("{long}# SKIP")), "");
    }
    refused(GOOD.replace("drain", &long), "too long: ok 2 - yyy");
    refused(GOOD.replace("# rundown: PASS", &format!("# rundown: PASS{long}")), "ends before");
}

#[test]
fn a_line_is_too_long_only_beyond_the_limit() {
    let name = |length: usize| GOOD.replace("drain", &"y".repeat(length - "ok 2 - ".len()));
    assert_eq!(judge(name(LONGEST_LINE)), Ok(3));
    refused(name(LONGEST_LINE + 1), "too long: ok 2 - yyy");
}

#[test]
fn tests_are_counted_as_they_come() {
    let mut report = Report::default();
    let counts = |report: &Report| (report.passed(), report.failed());
    report.feed(b"KTAP version 1\n1..5\nok 1 a\nok 2 b\n");
    assert_eq!(counts(&report), (2, 0));
    report.feed(b"not ok 3 c\nok 4 d # SKIP\nok 5 e\n");
    assert_eq!(counts(&report), (3, 2));
}

#[test]
fn a_line_by_semihosting_counts_as_well() {
    let verdict = |early: &str| {
        let mut report = Report::default();
        report.take_early_line(early);
        report.feed(GOOD.as_bytes());
        report.verdict().map_err(|objection| objection.to_string())
    };
    assert_eq!(verdict("# no stdout-path: the first PL011"), Ok(3));
    assert!(verdict("# panic on core 3: x").unwrap_err().contains("has died: # panic on core 3"));
    assert!(verdict("# rundown: FAIL").unwrap_err().contains("another verdict"));
}

#[test]
fn the_last_line_is_printable() {
    let mut report = Report::default();
    report.feed(b"one\n\x1b[2Jtwo\r\n\n");
    assert_eq!(report.last_line(), "?[2Jtwo");
    report.feed(b"half a li");
    assert_eq!(report.last_line(), "half a li");
    for (length, shown) in [(160, "é".repeat(160)), (161, "é".repeat(157) + "...")] {
        let mut report = Report::default();
        report.feed("é".repeat(length).as_bytes());
        assert_eq!(report.last_line(), shown);
    }
}
