//! Runs small races of the kernel under many schedules, each named by a seed.
//!
//! - [`arguments`] reads the command line, [`scenario`] knows the races, [`schedule`] how cores are chosen.
//! - [`kernel`] builds and boots their image, with [`plugin`] or without, [`outcome`] reads its output.
//! - [`hunt`] goes through the seeds, [`replay`] shows one of them step by step, `page` as a page.
//! - [`mutants`] wants each known bug of the primitive found, [`compare`] asks which choice needs fewer seeds;
//!   `image` chooses one in the kernel that has all.
//!
//! What a seed does to the kernel is in its `examples/scenarios/schedule.rs`; docs/guide/schedules.md explains
//! all of it.

pub mod arguments;
pub mod compare;
pub mod hunt;
pub mod kernel;
pub mod mutants;
pub mod outcome;
pub mod page;
pub mod plugin;
pub mod replay;
pub mod scenario;
pub mod schedule;

use arguments::{Arguments, Goal};
use hunt::Found;
use kernel::Kernel;
use replay_page::file;
use runner::exit_error::ExitError;
use runner::{process, settings};
use tools::cargo;

/// Does what the command line asks for.
pub fn run(args: &[String]) -> Result<(), ExitError> {
    let Some(arguments) = Arguments::parse(args)? else { return Ok(()) };
    process::end_with_us()?;
    if let Some(page) = arguments.page() {
        file::prepare("--page", page)?;
    }
    settings::note_that_cores_are_emulated();
    let root = cargo::root("scripts/explore")?;
    let schedule = arguments.schedule()?;
    let kernel = || Ok(Kernel::build(&root, None, arguments.tier)?.with_schedule(schedule));
    let report = match arguments.goal() {
        Goal::Mutants => return mutants::run(&root, &arguments),
        Goal::Seed(seed) => replay::one(&kernel()?, &arguments.plan(), seed, arguments.page())?,
        Goal::Seeds(seeds) => {
            let kernel = kernel()?;
            let found = hunt::through(&kernel, &arguments.plan(), 1..=seeds, true)?;
            println!("{found}");
            let Found { failure: Some(failure), .. } = found else { return Ok(()) };
            replay::failure(&kernel, &failure)?
        }
    };
    print!("{}", report.text);
    report.end
}
