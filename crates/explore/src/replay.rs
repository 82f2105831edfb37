//! Shows a seed step by step: which core, which operation, where it was stopped.

use super::hunt::Failure;
use super::kernel::Kernel;
use super::outcome;
use super::page;
use super::scenario::{Ends, Plan, Scenario, Seeds};
use replay_page::file;
use runner::exit_error::{ExitError, FAILED};
use runner::symbols::{Place, Symbols};
use std::path::Path;

/// How many of the last steps are shown of a failure.
const LAST: usize = 40;

/// What a replay prints, and how it ends.
#[derive(Debug)]
pub struct Report {
    /// Whole lines.
    pub text: String,
    /// An error if the seed fails.
    pub end: Result<(), ExitError>,
}

/// Replays one seed: all its steps and `trace HASH`. `page`: a file for a page of it.
pub fn one(
    kernel: &Kernel,
    plan: &Plan,
    seed: u64,
    page: Option<&Path>,
) -> Result<Report, ExitError> {
    let list = Seeds { scenario: plan.scenario(seed), first: seed, count: 1, apart: 1 };
    let output = kernel.boot(&list, plan.cores, true)?;
    let runs = outcome::runs(&output, &list);
    let run = runs.first().ok_or_else(|| ExitError::new(FAILED, "the kernel prints nothing"))?;
    // The same without a trace must be the same run: looking at it has changed nothing.
    let again = kernel.boot(&list, plan.cores, false)?;
    let again = outcome::runs(&again, &list);
    let end = match &run.why {
        _ if again.first() != Some(run) => {
            Err(format!("seed {seed} runs otherwise when it is not traced"))
        }
        None => Ok(()),
        Some(why) => Err(format!("seed {seed} fails: {why}")),
    };
    let mut symbols = symbols(kernel)?;
    let hash = run.hash.as_deref().unwrap_or("unknown");
    let mut text = format!(
        "scenario {}, {} cores, seed {seed}\n{}trace {hash}\n",
        list.scenario.name,
        plan.cores,
        steps(&output.text, usize::MAX, &mut symbols),
    );
    if let Some(path) = page {
        let ends = end.as_ref().map_or_else(String::as_str, |()| "it passes");
        let seed = page::Seed { scenario: list.scenario.name, cores: plan.cores, seed, hash, ends };
        file::write("--page", path, &seed.page(&output.records, &mut symbols)?)?;
        text += &format!("page: {}\n", path.display());
    }
    if end.is_ok() {
        text += &format!("seed {seed} passes: {}\n", passes(&list.scenario));
    }
    Ok(Report { text, end: end.map_err(|why| ExitError::new(FAILED, why)) })
}

/// Returns what a seed of the scenario has done that passes.
fn passes(scenario: &Scenario) -> String {
    let name = scenario.name;
    match scenario.ends {
        Ends::Well => format!("every check of {name} holds"),
        Ends::InPanic(text) => format!("{name} must end in this panic, {text:?}"),
        Ends::Badly => format!("{name} is wrong on purpose, and has not failed under this seed"),
    }
}

/// Replays a seed that has failed among others in a boot of its own, and shows its last steps.
pub fn failure(kernel: &Kernel, failure: &Failure) -> Result<Report, ExitError> {
    let Failure { scenario, cores, run, why, options } = failure;
    let list = Seeds { scenario: *scenario, first: run.seed, count: 1, apart: 1 };
    let output = kernel.boot(&list, *cores, true)?;
    let again = outcome::runs(&output, &list);
    let end = match again.first() == Some(run) {
        true => format!("seed {} fails: {why}", run.seed),
        false => format!("seed {} runs otherwise when it is replayed", run.seed),
    };
    let text = format!(
        "seed {} fails, scenario {}: {why}\nits last steps:\n{}trace {}\n\
         replay: scripts/explore {options}\n",
        run.seed,
        scenario.name,
        steps(&output.text, LAST, &mut symbols(kernel)?),
        run.hash.as_deref().unwrap_or("unknown")
    );
    Ok(Report { text, end: Err(ExitError::new(FAILED, end)) })
}

/// Returns what tells where in the sources an address of the kernel lies.
fn symbols(kernel: &Kernel) -> Result<impl FnMut(u64) -> Option<Place>, ExitError> {
    let mut symbols = Symbols::read(&kernel.image, &kernel.root)?;
    Ok(move |address| symbols.place(address))
}

/// Returns the last steps, with what else the kernel has printed.
fn steps(output: &str, most: usize, symbols: &mut dyn FnMut(u64) -> Option<Place>) -> String {
    let lines: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    let steps = lines.iter().filter(|line| line.starts_with("step ")).count();
    let mut shown = Vec::new();
    if steps > most {
        shown.push(format!("  ... {} steps before\n", steps - most));
    }
    let begin = lines.iter().position(|line| line.starts_with("seed ")).map_or(0, |at| at + 1);
    let mut left_out = steps.saturating_sub(most);
    for line in &lines[begin..] {
        match line.strip_prefix("step ").map(|rest| rest.splitn(4, ' ').collect::<Vec<_>>()) {
            Some(_) if left_out > 0 => left_out -= 1,
            Some(fields) if fields.len() == 4 => {
                shown.push(step(fields[0], fields[2], fields[3], symbols));
            }
            _ if line.starts_with("trace ") || line.starts_with("rundown: ") => {}
            _ => shown.push(format!("  {line}\n")),
        }
    }
    shown.concat()
}

/// Returns one step as a line. Each core has a column of its own, so that turns can be seen.
fn step(
    number: &str,
    core: &str,
    what: &str,
    symbols: &mut dyn FnMut(u64) -> Option<Place>,
) -> String {
    let column = 2 * core.parse::<usize>().unwrap_or(0).min(16);
    let what = match what.split_once(" 0x") {
        Some(("stopped before", address)) => place(address, symbols),
        // The plugin's steps: an instruction and what it accesses.
        Some((access, address)) => format!("{access} {}", place(address, symbols)),
        None => what.to_owned(),
    };
    format!("  {number:>4} {:column$}core {core} {what}\n", "")
}

fn place(address: &str, symbols: &mut dyn FnMut(u64) -> Option<Place>) -> String {
    let place = u64::from_str_radix(address, 16).ok().and_then(symbols);
    match place {
        Some(place) => format!("| {} | {} ({})", place.text, place.line, place.function),
        None => format!("| at 0x{address}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "KTAP version 1\n1..1\n# about\n# seed 7\n\
                          # step 0 core 1 stopped before 0x10\n\
                          # step 1 core 0 LDXR object[1] 0x20\n\
                          # step 2 core 0 was granted a hold\n\
                          # step 3 core 1 stopped before 0x30\n\
                          # slot 1 is open\n# trace 0 steps 4\n\
                          not ok 1 seed 7 trace 0 steps 4\n# rundown: FAIL\n";

    fn shown(most: usize) -> String {
        steps(OUTPUT, most, &mut |address| {
            (address != 0x30).then(|| Place {
                function: "f".to_owned(),
                line: format!("x.rs:{address}"),
                text: "a += 1;".to_owned(),
            })
        })
    }

    #[test]
    fn each_step_is_a_line_in_its_cores_column() {
        assert_eq!(
            shown(usize::MAX),
            "     0   core 1 | a += 1; | x.rs:16 (f)\n     \
             1 core 0 LDXR object[1] | a += 1; | x.rs:32 (f)\n     \
             2 core 0 was granted a hold\n     \
             3   core 1 | at 0x30\n  \
             slot 1 is open\n"
        );
    }

    #[test]
    fn a_seed_that_passes_says_how_it_must_end() {
        let said = |name| passes(&crate::scenario::named(name).unwrap());
        assert_eq!(said("drain"), "every check of drain holds");
        assert_eq!(
            said("extra"),
            "extra must end in this panic, \"released more than was acquired\""
        );
        assert!(said("counter").starts_with("counter is wrong on purpose"));
    }

    #[test]
    fn a_step_that_was_cut_short_is_shown_as_it_is() {
        let output = "# seed 7\n# step 0 core 1 x\n# step 1 core";
        assert_eq!(steps(output, 9, &mut |_| None), "     0   core 1 x\n  step 1 core\n");
    }

    #[test]
    fn of_many_steps_the_last_are_shown_and_the_others_counted() {
        let all = shown(usize::MAX);
        assert_eq!(shown(4), all);
        for most in 1..4 {
            let rest = all.lines().skip(4 - most).map(|line| format!("{line}\n"));
            let wanted = format!("  ... {} steps before\n", 4 - most) + &rest.collect::<String>();
            assert_eq!(shown(most), wanted);
        }
    }
}
