//! A short soak passes and counts everything; one that fails, or is stopped, says what there is to say.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::context::Context;
use crate::step::{Outcome, Step, refused};
use runner::process;

/// Rounds of a boot, as the tool asks for them.
const ROUNDS: u64 = 50;
/// What the summary has a number for, and none of them may be 0.
const COUNTED: [&str; 14] = [
    "boots",
    "rounds",
    "acquires",
    "by handlers",
    "refusals",
    "migrations",
    "drains",
    "waits",
    "time outs",
    "resurrected",
    "replaced",
    "offs",
    "ons",
    "interrupts",
];
/// Two seeds whose boots count instructions, on as many cores.
const REPEATABLE: [&str; 2] = ["--boots 1 --seed 1 --cores 2", "--boots 1 --seed 2 --cores 2"];
/// In place of QEMU: a kernel that fails with seed 7, and hangs with any other.
const STAND_IN: &str = "#!/bin/sh
case \"$*\" in
    --version) echo 'QEMU emulator version 7.2.0' ;;
    *seed=7\\ *)
        printf 'KTAP version 1\\n1..50\\n# round 1: x\\nok 1 round 1\\n# round 2: y\\n'
        printf '# this was seen\\nnot ok 2 round 2\\n# rundown: FAIL\\n'
        exit 1
        ;;
    *)
        : > \"$0.started\"
        exec sleep 600
        ;;
esac
";

/// Returns the steps. `long`: for minutes in place of a few boots.
pub fn steps(long: bool) -> [Step; 4] {
    let how_long = if long { "--minutes 5" } else { "--boots 5" };
    [
        Step::new("soak: wrong usage is one line and status 2", 600, usage),
        Step::new("soak: a failure is told with its replay, a signal ends it", 600, ends),
        Step::new("soak: with counted instructions a seed is a run", 300, same),
        Step::new(format!("soak: {how_long} passes"), 900, move |context, deadline| {
            passes(context, how_long, deadline)
        }),
    ]
}

fn soak(context: &Context, words: &str) -> anyhow::Result<Command> {
    let mut command = context.tool("soak")?;
    command.args(words.split_whitespace());
    Ok(command)
}

fn passes(context: &Context, how_long: &str, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = soak(context, &format!("{how_long} --seed 1"))?;
    let output = process::run(&mut command, deadline)?;
    let told = output.report(&command);
    ensure!(output.succeeded() && output.stdout.ends_with("\nsoak: passed\n"), "{told}");
    let number = |name: &str| {
        let start = format!("soak: {name} ");
        let mut numbers = output.stdout.lines().filter_map(|line| line.strip_prefix(&start));
        numbers.next().and_then(|number| number.parse::<u64>().ok())
    };
    for name in COUNTED {
        ensure!(number(name) > Some(0), "no {name} in\n{told}");
    }
    let boots = number("boots").unwrap_or_default();
    ensure!(number("rounds") == Some(ROUNDS * boots), "{ROUNDS} rounds a boot in\n{told}");
    let lines = output.stdout.lines().filter(|line| line.starts_with("seed "));
    let seeds: Vec<_> = lines.filter_map(|line| line.split([' ', ',']).nth(1)).collect();
    let wanted: Vec<_> = (1..=boots).map(|seed| seed.to_string()).collect();
    ensure!(seeds == wanted, "seeds {seeds:?} in\n{told}");
    Ok(Outcome::passed(seeds.len()))
}

fn same(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let boot = |words| -> anyhow::Result<String> {
        let mut command = soak(context, words)?;
        let output = process::run(&mut command, deadline)?;
        let told = || output.report(&command);
        let counts = output.stdout.lines().find_map(|line| line.split_once(", counted: "));
        // Without how long it took.
        let counts = counts.and_then(|(_, counts)| counts.rsplit_once(", ")).with_context(told)?;
        Ok(counts.0.to_owned())
    };
    let [one, other] = REPEATABLE;
    let [first, second, third] = [boot(one)?, boot(one)?, boot(other)?];
    Ok(Outcome::check(first == second && first != third, || {
        format!("{first}\n{second}\n{third}\n")
    }))
}

fn stand_in(context: &Context) -> anyhow::Result<PathBuf> {
    let path = context.scratch("soak")?.join("qemu");
    tools::script::write(&path, STAND_IN)?;
    Ok(path)
}

fn ends(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let qemu = stand_in(context)?;
    let mut command = soak(context, "--boots 9 --seed 7 --cores 2")?;
    let output = process::run(command.env("QEMU", &qemu), deadline)?;
    let [replay, why, end] = [
        "# round 2: y\n# this was seen\nnot ok 2 round 2\n# rundown: FAIL\n\
         replay: scripts/soak --boots 1 --seed 7 --cores 2 (",
        "rundown: seed 7, 2 cores, ",
        "\nsoak: boots 0\n",
    ];
    let said = output.stdout.contains(replay) && output.stdout.contains(end);
    let last = output.stdout.ends_with("\nsoak: FAILED\n");
    let good = output.status == Some(1) && said && last && output.stderr.starts_with(why);
    let mut sum = Outcome::check(good, || output.report(&command));

    let tool = soak(context, "")?;
    let mut command = context.command("sh", "");
    // Not before it boots: cargo may have to wait for another build first. The step has a deadline.
    let script = "rm -f \"$QEMU.started\"; \"$0\" --minutes 9 --seed 8 & soak=$!
                  until [ -e \"$QEMU.started\" ]; do sleep 1; done; kill -TERM $soak; wait $soak";
    command.args(["-c", script]).arg(tool.get_program()).env("QEMU", &qemu);
    let output = process::run(&mut command, deadline)?;
    let last = output.stdout.ends_with("\nsoak: stopped by signal 15\n");
    let summary = output.stdout.contains("\nsoak: boots 0\n");
    let good = output.status == Some(128 + 15) && last && summary && output.stderr.is_empty();
    sum.add(Outcome::check(good, || output.report(&command)));
    Ok(sum)
}

fn usage(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for words in ["", "--minutes x", "--minutes 1 --boots 1", "--boots 1 --cores 17", "--seed 1"] {
        sum.add(refused(&mut soak(context, words)?, "rundown: ", deadline)?);
    }
    for qemu in ["/bin/true", "/nowhere"] {
        let mut command = soak(context, "--boots 1")?;
        sum.add(refused(command.env("QEMU", qemu), "rundown: ", deadline)?);
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn run(number: usize, script: &str) -> (u64, u64) {
        let fake = Fake::new();
        fake.script("built/soak", script);
        fake.run(&steps(false)[number])
    }

    #[test]
    fn usage_is_refused_each_time() {
        assert_eq!(run(0, "echo 'rundown: x' >&2; exit 2"), (7, 0));
        assert_eq!(run(0, "[ \"$*\" = '--boots 1' ] || echo 'rundown: x' >&2; exit 2"), (5, 2));
    }

    #[test]
    fn a_failure_and_a_signal_are_told_to_the_last_line() {
        let script = |replay: &str, boots: &str, last: &str, status: i32, stopped: &str| {
            format!(
                "[ -x \"$QEMU\" ] || exit 9\n\
                 if [ \"$*\" = '--boots 9 --seed 7 --cores 2' ]; then\n\
                 printf '# round 2: y\\n# this was seen\\nnot ok 2 round 2\\n# rundown: FAIL\\n'\n\
                 echo 'replay: scripts/soak --boots 1 --seed 7 --cores 2 ({replay}'\n\
                 echo 'soak: boots {boots}'; echo 'soak: {last}'\n\
                 echo 'rundown: seed 7, 2 cores, x' >&2; exit {status}\nfi\n\
                 trap 'echo; echo soak: boots 0; echo \"soak: {stopped}\"; exit 143' TERM\n\
                 : >\"$QEMU.started\"; while :; do sleep 0.1; done"
            )
        };
        let stopped = "stopped by signal 15";
        assert_eq!(run(1, &script("x", "0", "FAILED", 1, stopped)), (2, 0));
        for bad in [
            script("x", "1", "FAILED", 1, stopped),
            script("x", "0", "FAILED, x", 1, stopped),
            script("x", "0", "FAILED", 2, stopped),
            script("x", "0", "FAILED", 1, "stopped"),
            script("x", "0", "FAILED", 1, stopped).replace("this was", "that was"),
            script("x", "0", "FAILED", 1, stopped).replace("rundown: seed", "seed"),
            script("x", "0", "FAILED", 1, stopped).replace("exit 143", "exit 0"),
            script("x", "0", "FAILED", 1, stopped).replace("echo; echo soak: boots 0", "echo"),
            script("x", "0", "FAILED", 1, stopped).replace("exit 143", "echo x >&2; exit 143"),
        ] {
            assert_eq!(run(1, &bad), (1, 1), "{bad}");
        }
    }

    #[test]
    fn a_seed_is_a_run_and_another_one_is_another() {
        let counted =
            |counts: &str| format!("echo \"seed 1, 2 cores, counted: 50 rounds, {counts}, $$ s\"");
        assert_eq!(run(2, &counted("$4 acquires")), (1, 0));
        assert_eq!(run(2, &counted("4 acquires")), (0, 1));
        assert_eq!(run(2, &counted("$$ acquires")), (0, 1));
    }

    #[test]
    fn every_boot_is_told_and_counts_everything() {
        let script = |seeds: &str, rounds: u64, zero: &str, last: &str| {
            let counts = COUNTED[2..]
                .iter()
                .map(|name| format!("soak: {name} {}\n", u64::from(*name != zero)));
            format!(
                "[ \"$*\" = '--boots 5 --seed 1' ] || exit 3\nfor seed in {seeds}; do echo \"seed $seed, x\"; done\n\
                 printf '{}'\necho 'soak: {last}'",
                format!("soak: boots 2\nsoak: rounds {rounds}\n{}", counts.collect::<String>())
                    .replace('\n', "\\n")
            )
        };
        assert_eq!(run(3, &script("1 2", 100, "", "passed")), (2, 0));
        for bad in [
            script("1 3", 100, "", "passed"),
            script("1", 100, "", "passed"),
            script("1 2", 99, "", "passed"),
            script("1 2", 100, "time outs", "passed"),
            script("1 2", 100, "", "FAILED"),
            script("1 2", 100, "", "passed") + "\nexit 1",
        ] {
            assert_eq!(run(3, &bad), (0, 1), "{bad}");
        }
    }
}
