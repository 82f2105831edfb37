//! The second kernel, examples/riscv: what people type, what must fail, and what its README counts.
//!
//! `boots` of `table.rs` has the boots that must pass.

use std::fs;
use std::sync::LazyLock;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use regex::Regex;

use crate::commands::lint;
use crate::context::Context;
use crate::count;
use crate::image::Image;
use crate::step::{Outcome, Step};
use runner::process;

/// Seconds: the first one builds it.
const PATIENCE: u64 = 600;
const FORMAT: &str = "cargo fmt --manifest-path examples/riscv/Cargo.toml --check";
/// Also sees that the lock file fits.
const CLIPPY: &str = "cargo clippy --locked --manifest-path examples/riscv/Cargo.toml \
                      --target riscv64gc-unknown-none-elf --all-features -- -D warnings";
/// What it prints where a hold is never released: of the drain, and of what comes behind it.
const LOST: [&str; 4] = [
    "# holds that the drain still found at its deadline: 1 instead of 0",
    "not ok 4",
    "not ok 7",
    "# rundown: FAIL",
];
/// One more than it has slots for.
const HARTS: &str = "65";
const TOO_MANY: [&str; 2] =
    ["65 harts, and this kernel is built for 64; set QEMU_SMP to fewer", "# rundown: FAIL"];
/// A row of the README: a file, and how many lines of it one has to write.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\| \[`(src/[a-z]+\.rs)`\]\(src/[a-z]+\.rs\) \| (\d+) \|").expect("a pattern")
});
/// What it says of all of them.
static SUM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\*\*(\d+) lines\*\*").expect("a pattern"));
/// The files that every port has: slot, park, start.
const PARTS: usize = 3;

/// Returns the steps.
pub fn steps() -> Vec<Step> {
    let words = CLIPPY.split_whitespace().collect::<Vec<_>>().join(" ");
    vec![
        lint("riscv: format", FORMAT),
        lint("riscv: clippy", &words),
        Step::new("riscv: cargo run --release in examples/riscv", PATIENCE, typed),
        Step::new("riscv: must fail: a hold that is lost", PATIENCE, |context, deadline| {
            fails(context, Image::RiscvLosesHold, "4", &LOST, deadline)
        }),
        Step::new("riscv: must fail: more harts than slots", PATIENCE, |context, deadline| {
            fails(context, Image::Riscv, HARTS, &TOO_MANY, deadline)
        }),
        Step::new("riscv: the README counts the lines of a port", 10, counted),
    ]
}

fn typed(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("cargo", Image::Riscv.folder());
    command.args(["run", "--release"]).env_remove("QEMU");
    let output = process::run(&mut command, deadline)?;
    Ok(count::outcome(&output, &command, Image::Riscv.promise().least(context.root())?))
}

/// Boots an image on so many harts, which must end with status 1 and these words.
fn fails(
    context: &Context,
    image: Image,
    harts: &str,
    words: &[&str],
    deadline: Instant,
) -> anyhow::Result<Outcome> {
    let mut command = context.boot(image)?;
    // Starting so many takes long on a busy host.
    command.env("QEMU_SMP", harts).env("QEMU_TIMEOUT", "300");
    let output = process::run(&mut command, deadline)?;
    let missing: Vec<_> = words.iter().filter(|words| !output.merged.contains(**words)).collect();
    let good = output.status == Some(1) && missing.is_empty();
    let wanted = format!("wanted: status 1 and {missing:?}\n");
    Ok(Outcome::check(good, || output.report(&command) + &wanted))
}

/// Compares the numbers in the README with the sources: lines that are neither empty nor a comment.
fn counted(context: &Context, _: Instant) -> anyhow::Result<Outcome> {
    let folder = context.root().join(Image::Riscv.folder());
    let read = |file: &str| {
        let path = folder.join(file);
        fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let readme = read("README.md")?;
    let (mut sum, mut rows, mut wrong) = (0, 0, String::new());
    for row in ROW.captures_iter(&readme) {
        let (file, said) = (&row[1], row[2].parse::<usize>()?);
        let lines = code_lines(&read(file)?);
        if said != lines {
            wrong.push_str(&format!("{file} has {lines} lines, and the README says {said}\n"));
        }
        sum += lines;
        rows += 1;
    }
    ensure!(rows >= PARTS, "the README counts only {rows} files");
    let said: Vec<usize> =
        SUM.captures_iter(&readme).map(|sum| sum[1].parse()).collect::<Result<_, _>>()?;
    if said != [sum] {
        wrong.push_str(&format!("they are {sum} lines in sum, and the README says {said:?}\n"));
    }
    Ok(Outcome::check(wrong.is_empty(), || wrong))
}

/// Returns how many lines are neither empty nor a comment.
fn code_lines(text: &str) -> usize {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boots;
    use crate::fake::{Fake, report};

    fn step(name: &str) -> Step {
        steps().into_iter().find(|step| step.name.contains(name)).expect(name)
    }

    #[test]
    fn a_kernel_that_must_fail_says_why_and_ends_with_status_1() {
        let fake = Fake::new();
        let run = |status: i32, says: &str| {
            fake.boots(status, says);
            fake.run(&step("a hold that is lost"))
        };
        let lost = LOST.join("\n");
        assert_eq!(run(1, &lost), (1, 0));
        assert_eq!([run(0, &lost), run(124, &lost), run(1, "")], [(0, 1); 3]);
        for missing in LOST {
            assert_eq!(run(1, &lost.replace(missing, "")), (0, 1), "{missing}");
        }
        fake.file("says", &TOO_MANY.join("\n"));
        let lines = "[ $QEMU_SMP = 65 ] && cat \"${0%built/*}says\"; exit 1";
        fake.script("built/runner", lines);
        assert_eq!(fake.run(&step("more harts than slots")), (1, 0));
    }

    #[test]
    fn a_boot_of_this_kernel_is_by_no_qemu_for_another_machine() {
        let fake = Fake::new();
        let removed = |image: Image| {
            let command = fake.context.boot(image).unwrap();
            command.get_envs().any(|(name, value)| name == "QEMU" && value.is_none())
        };
        assert!(removed(Image::Riscv) && removed(Image::RiscvLosesHold));
        assert!(!removed(Image::DemoRelease));
    }

    #[test]
    fn a_readme_with_another_number_is_noticed() {
        let fake = Fake::new();
        let file = |name: &str, text: &str| fake.file(&format!("examples/riscv/{name}"), text);
        for part in ["a", "b", "c"] {
            file(
                &format!("src/{part}.rs"),
                "//! A comment.\n\nuse x;\n    // One more.\nfn f() {}\n",
            );
        }
        let run = |rows: &[(&str, usize)], sum: &str| {
            let row = |(name, lines): &(&str, usize)| {
                format!("| [`src/{name}.rs`](src/{name}.rs) | {lines} | what it is |\n")
            };
            let rows: String = rows.iter().map(row).collect();
            file("README.md", &format!("Text\n{rows}\nThose are {sum}.\n"));
            fake.run(&step("README"))
        };
        assert_eq!(run(&[("a", 2), ("b", 2), ("c", 2)], "**6 lines**"), (1, 0));
        assert_eq!(run(&[("a", 2), ("b", 3), ("c", 2)], "**6 lines**"), (0, 1));
        assert_eq!(run(&[("a", 2), ("b", 2), ("c", 2)], "**7 lines**"), (0, 1));
        assert_eq!(run(&[("a", 2), ("b", 2), ("c", 2)], "6 lines"), (0, 1));
        assert_eq!(run(&[("a", 2), ("b", 2)], "**4 lines**"), (0, 1), "too few files");
        assert_eq!(run(&[("a", 2), ("b", 2), ("nowhere", 2)], "**6 lines**"), (0, 1));
    }

    #[test]
    fn a_report_that_is_too_short_is_no_boot_of_this_kernel() {
        let fake = Fake::new();
        fake.boots(0, &report(10));
        let boot = boots::passes(Image::Riscv, &[], 1);
        assert_eq!(fake.run(&boot), (10, 0));
        fake.boots(0, &report(9));
        assert_eq!(fake.run(&boot), (9, 1));
    }
}
