//! Shows a seed step by step: which core, which operation, where it was stopped.

use super::hunt::Failure;
use super::kernel::Kernel;
use super::outcome;
use super::scenario::{Plan, Seeds};
use super::symbols::Symbols;
use runner::exit_error::{ExitError, FAILED};

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

/// Replays one seed: all its steps and `trace HASH`.
pub fn one(kernel: &Kernel, plan: &Plan, seed: u64) -> Result<Report, ExitError> {
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
    let text = format!(
        "scenario {}, {} cores, seed {seed}\n{}trace {}\n",
        list.scenario.name,
        plan.cores,
        steps(kernel, &output.text, usize::MAX)?,
        run.hash.as_deref().unwrap_or("unknown")
    );
    Ok(Report { text, end: end.map_err(|why| ExitError::new(FAILED, why)) })
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
        steps(kernel, &output.text, LAST)?,
        run.hash.as_deref().unwrap_or("unknown")
    );
    Ok(Report { text, end: Err(ExitError::new(FAILED, end)) })
}

/// Returns the last steps, with what else the kernel has printed.
fn steps(kernel: &Kernel, output: &str, most: usize) -> Result<String, ExitError> {
    let mut symbols = Symbols::read(&kernel.image, &kernel.root)?;
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
                shown.push(step(fields[0], fields[2], fields[3], &mut symbols));
            }
            _ if line.starts_with("trace ") || line.starts_with("rundown: ") => {}
            _ => shown.push(format!("  {line}\n")),
        }
    }
    Ok(shown.concat())
}

/// Returns one step as a line. Each core has a column of its own, so that turns can be seen.
fn step(number: &str, core: &str, what: &str, symbols: &mut Symbols) -> String {
    let column = 2 * core.parse::<usize>().unwrap_or(0).min(16);
    let what = match what.split_once(" 0x") {
        Some(("stopped before", address)) => place(address, symbols),
        // The plugin's steps: an instruction and what it accesses.
        Some((access, address)) => format!("{access} {}", place(address, symbols)),
        None => what.to_owned(),
    };
    format!("  {number:>4} {:column$}core {core} {what}\n", "")
}

fn place(address: &str, symbols: &mut Symbols) -> String {
    let place = u64::from_str_radix(address, 16).ok().and_then(|address| symbols.place(address));
    match place {
        Some(place) => format!("| {} | {} ({})", place.text, place.line, place.function),
        None => format!("| at 0x{address}"),
    }
}
