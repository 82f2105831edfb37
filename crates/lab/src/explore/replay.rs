//! Tells a seed step by step: which core, which operation, where it was stopped.

use super::hunt::Failure;
use super::kernel::Kernel;
use super::outcome;
use super::scenario::{Plan, Seeds};
use super::symbols::Symbols;
use crate::stop::{FAILED, Stop};

/// How many of the last steps are told about a failure.
const LAST: usize = 40;

/// Replays one seed: all its steps and `trace HASH`. An error if it fails.
pub fn one(kernel: &Kernel, plan: &Plan, seed: u64) -> Result<(), Stop> {
    let list = Seeds { scenario: plan.scenario(seed), first: seed, count: 1, apart: 1 };
    let output = kernel.boot(&list, plan.cores, true)?;
    println!("scenario {}, {} cores, seed {seed}", list.scenario.name, plan.cores);
    show(kernel, &output, usize::MAX)?;
    let runs = outcome::runs(&output, list.scenario.ends);
    let run = runs.first().ok_or_else(|| Stop::new(FAILED, "the kernel says nothing"))?;
    // The same without a trace must be the same run: looking at it has changed nothing.
    let again = kernel.boot(&list, plan.cores, false)?;
    let again = outcome::runs(&again, list.scenario.ends);
    if again.first() != Some(run) {
        return Err(Stop::new(FAILED, format!("seed {seed} runs otherwise when it is not traced")));
    }
    println!("trace {}", run.hash.as_deref().unwrap_or("unknown"));
    match &run.why {
        None => Ok(()),
        Some(why) => Err(Stop::new(FAILED, format!("seed {seed} fails: {why}"))),
    }
}

/// Tells the last steps of a seed that has failed among others, in a boot of its own.
pub fn tell(kernel: &Kernel, failure: &Failure) -> Result<(), Stop> {
    let Failure { scenario, cores, run, why, options } = failure;
    let list = Seeds { scenario: *scenario, first: run.seed, count: 1, apart: 1 };
    let output = kernel.boot(&list, *cores, true)?;
    println!("seed {} fails, scenario {}: {why}", run.seed, scenario.name);
    println!("its last steps:");
    show(kernel, &output, LAST)?;
    let again = outcome::runs(&output, scenario.ends);
    let same = again.first() == Some(run);
    println!("trace {}", run.hash.as_deref().unwrap_or("unknown"));
    println!("replay: scripts/explore {options}");
    if same {
        Ok(())
    } else {
        Err(Stop::new(FAILED, format!("seed {} runs otherwise when it is replayed", run.seed)))
    }
}

/// Prints the last steps, and what was said besides them.
fn show(kernel: &Kernel, output: &str, most: usize) -> Result<(), Stop> {
    let mut symbols = Symbols::read(&kernel.image, &kernel.root)?;
    let lines: Vec<&str> = output.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    let steps = lines.iter().filter(|line| line.starts_with("step ")).count();
    if steps > most {
        println!("  ... {} steps before", steps - most);
    }
    let begin = lines.iter().position(|line| line.starts_with("seed ")).map_or(0, |at| at + 1);
    let mut left_out = steps.saturating_sub(most);
    for line in &lines[begin..] {
        match line.strip_prefix("step ").map(|rest| rest.splitn(4, ' ').collect::<Vec<_>>()) {
            Some(_) if left_out > 0 => left_out -= 1,
            Some(words) if words.len() == 4 => {
                println!("{}", step(words[0], words[2], words[3], &mut symbols));
            }
            _ if line.starts_with("trace ") || line.starts_with("rundown: ") => {}
            _ => println!("  {line}"),
        }
    }
    Ok(())
}

/// One step as a line. Each core has a column of its own, so that turns can be seen.
fn step(number: &str, core: &str, what: &str, symbols: &mut Symbols) -> String {
    let column = 2 * core.parse::<usize>().unwrap_or(0).min(16);
    let what = match what.split_once(" 0x") {
        Some(("stopped before", address)) => place(address, symbols),
        // The plugin's steps: an instruction and what it accesses.
        Some((access, address)) => format!("{access} {}", place(address, symbols)),
        None => what.to_owned(),
    };
    format!("  {number:>4} {:column$}core {core} {what}", "")
}

fn place(address: &str, symbols: &mut Symbols) -> String {
    let place = u64::from_str_radix(address, 16).ok().and_then(|address| symbols.place(address));
    match place {
        Some(place) => format!("| {} | {} ({})", place.text, place.line, place.function),
        None => format!("| at 0x{address}"),
    }
}
