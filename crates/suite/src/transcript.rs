//! The transcripts in README.md and docs/ have the shape of real runs.
//!
//! Numbers, addresses, times, printed bars and the width of columns differ from run to run; the words and the
//! lines do not, and where a run counts instructions nothing does. A line of a transcript that is just
//! `...` stands for any lines.

use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use regex::{Captures, Regex};

use crate::context::{Context, Image};
use crate::ladder::COUNTED;
use crate::step::{Outcome, Step};
use runner::process;

/// A fenced block after the line `<!-- transcript: NAME -->`, and the run that it shows.
struct Transcript {
    file: &'static str,
    name: &'static str,
    image: Image,
    variables: &'static [(&'static str, &'static str)],
    /// Runs until one must have the shape: more than one where a host that is busy shows in words.
    runs: u32,
    /// The run is the same each time, to the last digit.
    exact: bool,
}

const DEMO: Transcript = Transcript {
    file: "README.md",
    name: "demo",
    image: Image::DemoRelease,
    variables: &[],
    runs: 1,
    exact: false,
};
const TRANSCRIPTS: &[Transcript] = &[
    DEMO,
    Transcript { file: "docs/ladder.md", name: "ladder", image: Image::Ladder, runs: 5, ..DEMO },
    Transcript {
        file: "docs/ladder.md",
        name: "instructions",
        image: Image::Ladder,
        variables: COUNTED,
        exact: true,
        ..DEMO
    },
];
/// A line that stands for any number of lines.
const ANY: &str = "...";

/// Returns a step for each transcript.
pub fn steps() -> impl Iterator<Item = Step> {
    TRANSCRIPTS.iter().map(|transcript| {
        let name = format!("the transcript \"{}\" in {}", transcript.name, transcript.file);
        Step::new(name, 300, |context, deadline| check(transcript, context, deadline))
    })
}

fn check(transcript: &Transcript, context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let Transcript { file, name, image, variables, runs, exact } = transcript;
    let normal = if *exact { unchanged } else { normal };
    let wanted = shape(&read(context, file, name)?, normal);
    ensure!(!wanted.is_empty(), "the transcript has no KTAP in it");
    let mut wrong = String::new();
    for _ in 0..*runs {
        let mut command = context.boot(*image)?;
        command.envs(variables.iter().copied());
        let output = process::run(&mut command, deadline)?;
        ensure!(output.succeeded(), "{}", output.report(&command));
        match difference(&wanted, &shape(&output.merged, normal)) {
            None => return Ok(Outcome::one()),
            Some(first) => wrong = format!("{file}, {first}\nA real run:\n{}", output.merged),
        }
    }
    Ok(Outcome::failure(wrong))
}

/// Returns the fenced block after the mark in a file of the project.
pub fn read(context: &Context, file: &str, name: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(context.root().join(file)).context(file.to_owned())?;
    block(&text, name)
        .with_context(|| format!("{file} has no fenced block after <!-- transcript: {name} -->"))
}

/// Returns the fenced block after the mark.
fn block(text: &str, name: &str) -> Option<String> {
    let mark = format!("<!-- transcript: {name} -->");
    let after = text.lines().skip_while(|line| line.trim() != mark).skip(1);
    let mut after = after.skip_while(|line| line.trim().is_empty());
    after.next().filter(|line| line.starts_with("```"))?;
    let lines: Vec<&str> = after.collect();
    let end = lines.iter().position(|line| line.starts_with("```"))?;
    Some(lines[..end].join("\n"))
}

/// The report's lines in their shape, from its first to its last; what cargo prints before is left out.
fn shape(text: &str, normal: fn(&str) -> String) -> Vec<String> {
    text.lines()
        .map(normal)
        .skip_while(|line| !line.starts_with("KTAP"))
        .filter(|line| !line.is_empty())
        .collect()
}

fn unchanged(line: &str) -> String {
    line.trim_end().to_owned()
}

/// What differs from run to run: an address; a number with its sign and a unit of time behind it; runs of
/// blanks, dashes or equals signs. A comma or a full stop that ends a number is not part of it.
static DIFFERS: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"(\B-)?\b\d([\d.,_]*\d)?( ?(ns|us|µs|ms|s)\b)?";
    Regex::new(&format!(r"0x[\da-fA-F_]*|{number}|  +|\t\t+|--+|==+")).expect("a constant")
});

/// One line without that: each number becomes `N`, each address `X`, each run one of its signs. A bar at the
/// end is left out, for it may be too short to be seen.
fn normal(line: &str) -> String {
    if line.starts_with("KTAP") {
        return line.trim_end().to_owned();
    }
    let rest = match line.trim_end().trim_end_matches('#').trim_end() {
        "" => line.trim_end(), // nothing but the # of a comment
        rest => rest,
    };
    let same = |found: &Captures<'_>| match &found[0] {
        address if address.starts_with("0x") => "X".to_owned(),
        number if number.contains(|c: char| c.is_ascii_digit()) => "N".to_owned(),
        run => run[..1].to_owned(),
    };
    DIFFERS.replace_all(rest, same).into_owned()
}

/// Returns where the real run leaves the shape of the transcript, if it does.
fn difference(wanted: &[String], real: &[String]) -> Option<String> {
    let Some((first, wanted)) = wanted.split_first() else {
        return real.first().map(|line| format!("the transcript ends before: {line}"));
    };
    if first == ANY {
        let fits = (0..=real.len()).any(|skipped| difference(wanted, &real[skipped..]).is_none());
        return (!fits).then(|| {
            format!("nothing after {ANY} fits: {}", wanted.first().map_or("", String::as_str))
        });
    }
    match real.split_first() {
        Some((line, real)) if line == first => difference(wanted, real),
        Some((line, _)) => Some(format!("transcript: {first}\n real run: {line}")),
        None => Some(format!("the transcript goes on after the real run: {first}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    #[test]
    fn a_boot_has_the_shape_of_the_block_that_shows_it() {
        let fake = Fake::new();
        let block = |name: &str| {
            format!("<!-- transcript: {name} -->\n```\nKTAP version 1\nok 1 a 5\n# x\n```\n")
        };
        fake.file("README.md", &block("demo"));
        fake.file("docs/ladder.md", &(block("ladder") + &block("instructions")));
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
        fake.file("README.md", "<!-- transcript: demo -->\n```\nx\n```\n");
        assert_eq!(fake.run(&steps[0]), none, "there is no KTAP");
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
    fn a_missing_or_additional_or_other_line_is_a_difference() {
        let lines = |text: &str| shape(&format!("KTAP version 1\n{text}"), normal);
        let real = lines("1..2\nok 1 a\nok 2 b\n# rundown: PASS");
        for good in [
            "1..9\nok 1 a\nok 2 b\n# rundown: PASS",
            "1..2\n...\n# rundown: PASS",
            "...\nok 2 b\n...",
        ] {
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
}
