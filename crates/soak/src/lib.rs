//! Boots the kernel for a long time with everything at once, and stops at the first failure.
//!
//! - [`arguments`] reads the command line.
//! - [`machine`] says which machine a seed stands for, [`boot`] boots and judges it.
//! - [`sums`] adds up what the boots have done, [`stop`] waits for Ctrl-C.
//!
//! What happens in a boot is in examples/soak.

pub mod arguments;
pub mod boot;
pub mod machine;
pub mod stop;
pub mod sums;

use arguments::Arguments;
use boot::Kernel;
use machine::Machine;
use runner::exit_error::{ExitError, FAILED};
use runner::settings;
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use sums::Sums;
use tools::cargo;

/// Does what the command line asks for.
pub fn run(args: &[String]) -> Result<(), ExitError> {
    let Some(arguments) = Arguments::parse(args)? else { return Ok(()) };
    stop::at_a_signal()?;
    settings::note_that_cores_are_emulated();
    let kernel = Kernel::build(&cargo::root("scripts/soak")?)?;
    let first = arguments.seed.unwrap_or_else(any_seed);
    println!("soak: seed {first}");
    let started = Instant::now();
    let (mut boots, mut sums) = (0, Sums::default());
    let end = loop {
        if let Some(signal) = stop::signal() {
            // The line below says it all; nothing may come after it.
            break Err((format!("stopped by signal {signal}"), ExitError::new(128 + signal, "")));
        }
        if !arguments.go_on(boots, started.elapsed()) {
            break Ok(());
        }
        match one(&kernel, &arguments, first.wrapping_add(boots)) {
            Ok(done) => sums.add(&done),
            Err(_) if stop::signal().is_some() => continue, // it was ended before its time
            Err(error) if error.status != FAILED && boots == 0 => return Err(error),
            Err(error) => break Err(("FAILED".to_owned(), error)),
        }
        boots += 1;
    };
    println!("soak: minutes {:.1}", started.elapsed().as_secs_f64() / 60.0);
    println!("soak: boots {boots}");
    print!("{sums}");
    println!("soak: seeds from {first}");
    let (how, result) =
        end.map_or_else(|(how, error)| (how, Err(error)), |()| ("passed".into(), Ok(())));
    println!("soak: {how}");
    result
}

/// Boots one seed and tells what came of it.
fn one(kernel: &Kernel, arguments: &Arguments, seed: u64) -> Result<Sums, ExitError> {
    let machine = Machine::new(seed, arguments.cores);
    let output = kernel.boot(&machine, seed)?;
    match boot::judge(&output, seed) {
        Ok(sums) => {
            let [rounds, acquires, drains, offs, interrupts] =
                ["rounds", "acquires", "drains", "offs", "interrupts"].map(|name| sums.get(name));
            println!(
                "seed {seed}, {machine}: {rounds} rounds, {acquires} acquires, {drains} drains, \
                 {offs} offs, {interrupts} interrupts, {:.1} s",
                output.took.as_secs_f64()
            );
            Ok(sums)
        }
        Err(error) if error.status == FAILED && stop::signal().is_none() => {
            print!("{}", boot::tail(&output));
            let cores =
                arguments.cores.map(|cores| format!(" --cores {cores}")).unwrap_or_default();
            let how = match machine.is_repeatable() {
                true => "the same run",
                false => {
                    "the same machine and draws; the host's timing decides the rest, so try more often"
                }
            };
            println!("replay: scripts/soak --boots 1 --seed {seed}{cores} ({how})");
            Err(ExitError::new(FAILED, format!("seed {seed}, {machine}: {}", error.line)))
        }
        Err(error) => Err(error),
    }
}

/// Returns a seed that is another one each time, and short enough to type.
fn any_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_millis() as u64 % 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_seed_differs_each_time_and_is_short() {
        let first = any_seed();
        thread::sleep(Duration::from_millis(2));
        let second = any_seed();
        assert!(first != second && first.max(second) < 1_000_000_000, "{first} {second}");
    }
}
