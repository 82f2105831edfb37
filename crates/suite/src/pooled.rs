//! The demo with its objects in a pool, as people type it; `boots` of `table.rs` has the rest.

use crate::context::Context;
use crate::count;
use crate::image::Image;
use crate::step::{Outcome, Step};
use runner::process;
use std::time::Instant;

/// The step.
pub fn step() -> Step {
    Step::new("test demo (scripts/run --features pooled)", 1200, typed)
}

fn typed(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut command = context.command("scripts/run", "");
    command.args(Image::POOLED);
    let output = process::run(&mut command, deadline)?;
    let least = Image::DemoPooled.promise().least(context.root())?;
    let mut outcome = count::outcome(&output, &command, least);
    let told = output.stdout.contains("\n# objects come from a pool: ");
    outcome.add(Outcome::check(told, || output.report(&command)));
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Fake, report};

    #[test]
    fn a_report_that_tells_of_no_pool_is_none_of_this_demo() {
        let fake = Fake::new();
        let run = |says: &str, status: i32| {
            fake.file("says", says);
            let asked = "[ \"$1 $2\" = '--features pooled' ]";
            fake.script("scripts/run", &format!("cat says; {asked} && exit {status}"));
            fake.run(&step())
        };
        let told = report(12).replace("# rundown", "# objects come from a pool: x\n# rundown");
        assert_eq!([run(&told, 0), run(&told, 1)], [(13, 0), (13, 1)]);
        assert_eq!(run(&report(12), 0), (12, 1));
    }
}
