//! Tests of transcript.rs.

use super::*;
use crate::fake::Fake;

#[test]
fn a_boot_has_the_shape_of_the_block_that_shows_it() {
    let fake = Fake::new();
    let block = |name: &str| {
        format!("<!-- transcript: {name} -->\n```\nKTAP version 1\nok 1 a 5\n# x\n```\n")
    };
    fake.file("README.md", &block("demo"));
    fake.file("docs/guide/clock.md", &block("ladder"));
    fake.file("docs/guide/atomics.md", &block("instructions"));
    fake.file("docs/guide/interrupts.md", &block("interrupts"));
    fake.file("docs/guide/first-atomic.md", &(block("missing") + &block("overflow")));
    let steps: Vec<Step> = steps().collect();
    let boot = |says: &str| {
        fake.boots(0, says);
        [0, 1, 2].map(|step| fake.run(&steps[step]))
    };
    let (one, none) = ((1, 0), (0, 1));
    assert_eq!(boot("cargo\nKTAP version 1\nok 1 a 5\n# x\n"), [one; 3]);
    assert_eq!(boot("KTAP version 1\nok 1 a 7\n# x\n"), [one, one, none]);
    assert_eq!(boot("KTAP version 1\nok 1 b 5\n# x\n"), [none; 3]);
    // The ladder has several tries, the others one.
    fake.script("built/runner", "n=${0%built/*}n; echo x >>$n\nprintf 'KTAP version 1\\nok 1 a 5\\n# x\\n' | sed \"$(wc -l <$n),5s/^# x/# y/\"");
    assert_eq!(fake.run(&steps[0]), none);
    assert_eq!(fake.run(&steps[1]), one);
    fake.boots(1, "KTAP version 1\nok 1 a 5\n# x\n");
    assert_eq!(fake.run(&steps[0]), none);
    // Those that count instructions are started so, the others are not.
    fake.script("built/runner", "echo \"$1:$QEMU_ACCEL\"; exit 1");
    let said = [0, 1, 2].map(|step| fake.outcome(&steps[step]).output);
    assert!(said[0].contains("/DemoRelease:\n") && said[1].contains("/Ladder:\n"), "{said:?}");
    assert!(said[2].contains("/Ladder:tcg,thread=single\n"), "{said:?}");
    // What must fail does.
    fake.boots(1, "KTAP version 1\nok 1 a 5\n# x\n");
    assert_eq!([3, 4, 5].map(|step| fake.run(&steps[step])), [none, one, one]);
    fake.boots(0, "KTAP version 1\nok 1 a 5\n# x\n");
    assert_eq!([3, 4, 5].map(|step| fake.run(&steps[step])), [one, none, none]);
    fake.file("README.md", "<!-- transcript: demo -->\n```\nx\n```\n");
    assert_eq!(fake.run(&steps[0]), none, "there is no report");
}

#[test]
fn what_differs_from_run_to_run_becomes_the_same() {
    for (one, other) in [
        ("# drain: 1.5 ms, 12 holders", "# drain: 890 us, 3 holders"),
        ("# | 0 | 0x40201000 |    17 |", "# | 0 | 0x4a |  123456 |"),
        ("# |---|----------|", "# |-----|---|"),
        ("# migrated -3 of 10", "# migrated 14 of 9"),
        ("# measure {\"ticks\":123,\"cores\":4}", "# measure {\"ticks\":99999,\"cores\":4}"),
        ("# it took 3 s.", "# it took 27ms."),
        ("# shared  35.3   0.62  #######", "# shared 9.9 1.01"),
    ] {
        assert_eq!(normal(one), normal(other));
    }
    assert_eq!(normal("0x40201000 17"), "X N");
}

#[test]
fn what_does_not_differ_stays() {
    assert_eq!(normal("ok 2 every core, 4 of 4: up"), "ok N every core, N of N: up");
    assert_ne!(normal("# GICv3"), normal("# GICv2"));
    assert_ne!(normal("ok 1 a"), normal("not ok 1 a"));
    assert_ne!(normal("# 3 steps"), normal("# 3 ms"));
    assert_ne!(normal("# | a | b |"), normal("# | a |"));
    assert_ne!(normal("# racy, wrong  0.62  ####"), normal("# racy  0.62  ####"));
    assert_eq!(normal("#"), "#");
}

#[test]
fn the_block_after_the_mark_is_found() {
    let readme = "x\n```\nno\n```\n<!-- transcript: demo -->\n\n```text\n$ scripts/run\nKTAP version 1\n```\n";
    assert_eq!(block(readme, "demo").as_deref(), Some("$ scripts/run\nKTAP version 1"));
    assert_eq!(shape(&block(readme, "demo").unwrap(), normal), ["KTAP version 1"]);
    assert_eq!(block(readme, "other"), None);
    assert_eq!(block("<!-- transcript: demo -->\ntext\n", "demo"), None);
    assert_eq!(block("<!-- transcript: demo -->\n```\nopen\n", "demo"), None);
}

#[test]
fn a_difference_is_where_a_line_after_those_left_out_is_another() {
    let differs = |wanted: &str| {
        let [wanted, real] = [wanted, "x\na\nb\na\nc"]
            .map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        difference(&wanted, &real)
    };
    assert_eq!(differs("...\na\nc"), None);
    assert_eq!(differs("...\na\nd").unwrap(), "transcript: d\n real run: b");
    assert_eq!(differs("...\nd").unwrap(), "nothing after ... fits: d");
}

#[test]
fn a_missing_or_additional_or_other_line_is_a_difference() {
    let lines = |text: &str| shape(&format!("KTAP version 1\n{text}"), normal);
    let real = lines("1..2\nok 1 a\nok 2 b\n# rundown: PASS");
    for good in
        ["1..9\nok 1 a\nok 2 b\n# rundown: PASS", "1..2\n...\n# rundown: PASS", "...\nok 2 b\n..."]
    {
        assert_eq!(difference(&lines(good), &real), None, "{good}");
    }
    for bad in [
        "1..2\nok 1 a\n# rundown: PASS",
        "1..2\nok 1 a\nok 2 b",
        "1..2\n...\nok 3 c\n...",
        "...\n# rundown: FAIL",
        "1..2\nok 1 a\nok 2 b\n# rundown: PASS\nx",
    ] {
        assert!(difference(&lines(bad), &real).is_some(), "{bad}");
    }
}
