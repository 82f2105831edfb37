//! What the kernel does for each core does not grow with the number of cores. Counted, not timed.

use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::boots;
use crate::context::Context;
use crate::image::Image;
use crate::promise::Promise;
use crate::step::{Outcome, Step};
use runner::qemu;
use tools::measure;

/// A tick is an instruction, the same in every run.
const COUNTED: [(&str, &str); 3] = [
    ("QEMU_ACCEL", "tcg,thread=single"),
    ("QEMU_CPU", qemu::COUNTING_CPU),
    ("QEMU_EXTRA", "-icount shift=4,sleep=off -append mode=counts"),
];
/// Each twice the one before.
const CORES: [&str; 3] = ["128", "256", "512"];
/// The most that twice the cores may add, compared with what the doubling before has added: 2 where all is
/// linear, 4 where all grows with the square.
const MOST: f64 = 2.5;

/// Returns the step.
pub fn step() -> Step {
    Step::new("starting cores and waking them is linear, up to 512 cores", 300, check)
}

fn check(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut counted = Vec::new();
    for cores in CORES {
        let set = [&COUNTED[..], &[("QEMU_SMP", cores)]].concat();
        let one = Promise::AtLeast(1);
        let (output, outcome) = boots::boot_for(context, Image::MachineTests, &set, one, deadline)?;
        if outcome.failed > 0 {
            return Ok(outcome);
        }
        let measured = measure::collect(&output.stdout).map_err(anyhow::Error::msg)?;
        counted.push(measured.into_iter().next().context("nothing is measured")?);
    }
    for what in ["start", "job"] {
        let counts: Option<Vec<f64>> = counted.iter().map(|one| one[what].as_f64()).collect();
        let counts = counts.with_context(|| format!("{what} is no number"))?;
        let growth = (counts[2] - counts[1]) / (counts[1] - counts[0]);
        ensure!(
            growth > 0.0 && growth <= MOST,
            "{what}: {counts:?} instructions on {CORES:?} cores"
        );
    }
    Ok(Outcome::passed(2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    /// Runs the step with boots that measure so much for 128, 256 and 512 cores.
    fn run(start: [u64; 3], job: [u64; 3]) -> (u64, u64) {
        let fake = Fake::new();
        let case = |cores: &str, start: u64, job: u64| {
            format!(
                "{cores}) echo '# measure {{\"name\":\"x\",\"start\":{start},\"job\":{job}}}' ;;"
            )
        };
        let cases: Vec<String> = (0..3).map(|at| case(CORES[at], start[at], job[at])).collect();
        let lines = format!("echo ok 1 x\ncase $QEMU_SMP in {} esac", cases.join("\n"));
        fake.script("built/runner", &lines);
        fake.run(&step())
    }

    #[test]
    fn twice_the_cores_are_about_twice_the_work() {
        let linear = [1100, 2100, 4100];
        assert_eq!(run(linear, linear), (2, 0));
        assert_eq!(run(linear, [1000, 2000, 4500]), (2, 0), "2.5 times as much");
        for bad in [[1000, 2000, 4501], [1000, 4000, 16000], [2000, 2000, 2000], [1000, 2000, 1000]]
        {
            assert_eq!(run(linear, bad), (0, 1), "{bad:?}");
            assert_eq!(run(bad, linear), (0, 1), "{bad:?}");
        }
    }

    #[test]
    fn a_boot_that_fails_or_measures_nothing_is_a_failure() {
        let fake = Fake::new();
        fake.script("built/runner", "echo ok 1 x; exit 1");
        assert_eq!(fake.run(&step()), (1, 1));
        fake.script("built/runner", "echo ok 1 x");
        assert!(fake.outcome(&step()).output.contains("nothing is measured"));
    }
}
