//! Judges what students hand in for the labs of the course (docs/course), by exact counts and seeds.
//!
//! - [`arguments`] reads the command line, [`labs`] is the list of labs, [`handin`] the file that is judged.
//! - [`count_lines`], [`fix_it`], [`break_it`] and [`write_it`] judge a lab each.
//! - [`answers`] reads a file of answers, [`scope`] has lines counted, [`trace`] reads the steps of a seed.
//!
//! Nothing is judged by time. What is missing first is said in one line; `crates/grade/solutions` has files
//! that pass.

pub mod answers;
pub mod arguments;
pub mod break_it;
pub mod count_lines;
pub mod fix_it;
pub mod handin;
pub mod labs;
pub mod missing;
pub mod scope;
pub mod trace;
pub mod write_it;

use arguments::Arguments;
use handin::Handin;
use missing::not_done;
use runner::exit_error::{ExitError, FAILED};
use runner::{process, settings};
use tools::cargo;

/// Does what the command line asks for.
pub fn run(args: &[String]) -> Result<(), ExitError> {
    let Some(arguments) = Arguments::parse(args)? else { return Ok(()) };
    process::end_with_us()?;
    settings::note_that_cores_are_emulated();
    let lab = arguments.lab();
    let root = cargo::root("scripts/grade")?;
    let handin = Handin::read(root, lab.number, lab.file, arguments.file.as_deref());
    match handin.and_then(|handin| (lab.judge)(&handin)) {
        Ok(done) => {
            println!("lab {} is done: {done}", lab.number);
            Ok(())
        }
        Err(error) if error.status == FAILED => {
            Err(not_done(format!("lab {} is not done: {}", lab.number, error.line)))
        }
        Err(error) => Err(error),
    }
}
