//! Boots of the ladder (examples/ladder): its three modes, its report, and what it refuses.
//!
//! Nothing is timed. That its coherence counts are exact is tested beside the plugin, in
//! crates/cachescope/tests/ladder.rs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::boots;
use crate::context::Context;
use crate::image::Image;
use crate::step::{Outcome, Step};
use ::ladder::VARIANTS;
use runner::process::Output;
use runner::qemu;
use runner::settings::REPEATABLE_MACHINE;
use tools::measure::{self, Measurement};

/// Seconds for a step.
const PATIENCE: u64 = 300;
/// Boots until a variant that is wrong on purpose must have lost a count. It loses in each, unless the host
/// is so busy that it never runs two cores at once.
const BOOTS: u32 = 10;
/// Columns of a terminal that the tables must fit.
const WIDTH: usize = 100;
/// What makes a tick of the kernel's counter one instruction, and every boot the same.
pub const COUNTED: &[(&str, &str)] = &[
    ("QEMU_ACCEL", "tcg,thread=single"),
    ("QEMU_CPU", qemu::COUNTING_CPU),
    ("QEMU_MACHINE", REPEATABLE_MACHINE),
    ("QEMU_EXTRA", "-icount shift=4,sleep=off -append mode=instructions"),
];

/// Arguments that cannot be, and what the line about them must hold.
const WRONG: &[(&str, &str)] = &[
    ("mode=x", "mode=x is unknown; there are time, instructions and coherence"),
    ("pairs=0", "pairs=0 cannot be; give a number from 1 to"),
    ("pairs=1e3", "pairs=1e3 cannot be"),
    ("rounds=", "rounds= cannot be; give a number from 1 to"),
    ("cores=9", "cores=9 cannot be; this machine has 4 cores, see QEMU_SMP"),
    ("cores=1,0", "cores=1,0 cannot be"),
    ("rungs=shared,x", "there is no rung x; there are racy, spin_lock"),
    ("fast", "fast is unknown; there are mode="),
    ("mode=instructions", "a tick is no instruction here; boot with"),
];

/// The steps.
pub fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for cores in [1, 2, 4, 8] {
        let name = match cores {
            1 => "ladder: counts are right on 1 core, racy's too".to_owned(),
            _ => format!("ladder: counts are right on {cores} cores, racy's are not"),
        };
        steps.push(Step::new(name, PATIENCE, move |context, deadline| {
            in_time(context, deadline, cores)
        }));
    }
    steps.push(Step::new("ladder: the tables of 64 cores fit", PATIENCE, tables_fit));
    steps.push(Step::new("ladder: instructions, twice the same", PATIENCE, in_instructions));
    for (name, variables) in [
        ("one thread for all cores", ("QEMU_ACCEL", "tcg,thread=single")),
        ("8 cores of a GICv2", ("QEMU_MACHINE", "virt")),
        ("a Cortex-A53", ("QEMU_CPU", "cortex-a53")),
    ] {
        let name = format!("ladder: passes with {name}");
        steps.push(Step::new(name, PATIENCE, move |context, deadline| {
            elsewhere(context, deadline, variables)
        }));
    }
    steps.push(Step::new("ladder: phases without the plugin", PATIENCE, in_phases));
    steps.push(Step::new("ladder: wrong arguments are one line", PATIENCE, refuses));
    steps
}

/// Boots it; what it said, and whether it passed.
fn boot(
    context: &Context,
    deadline: Instant,
    variables: &[(&str, &str)],
) -> anyhow::Result<(Output, Outcome)> {
    boots::boot(context, Image::Ladder, variables, deadline)
}

fn in_time(context: &Context, deadline: Instant, cores: u64) -> anyhow::Result<Outcome> {
    let smp = cores.to_string();
    let extra = "-append 'mode=time rounds=3 pairs=20000'";
    for _ in 0..BOOTS {
        let (output, outcome) =
            boot(context, deadline, &[("QEMU_SMP", &smp), ("QEMU_EXTRA", extra)])?;
        if outcome.failed > 0 {
            return Ok(outcome);
        }
        let measured = measure::collect(&output.merged).map_err(anyhow::Error::msg)?;
        let counts: Vec<u64> = (0..).map(|power| 1 << power).take_while(|&n| n <= cores).collect();
        let lost = check(&measured, &counts)?;
        for (variant, lost) in &lost {
            let loses = output.merged.contains(&format!("{variant}: loses counts"));
            ensure!(loses == (*lost > 0), "{variant} has lost {lost}, and says otherwise");
            ensure!(cores > 1 || *lost == 0, "{variant} has lost {lost} on one core alone");
        }
        if cores == 1 || lost.values().all(|lost| *lost > 0) {
            return Ok(outcome);
        }
    }
    anyhow::bail!("in {BOOTS} boots no count was lost on {cores} cores by what is wrong on purpose")
}

/// Checks that there is every measurement, with counts that are right. Returns how far those variants are
/// off that are wrong on purpose.
fn check(measured: &[Measurement], counts: &[u64]) -> anyhow::Result<BTreeMap<&'static str, u64>> {
    let named = |name: &'static str| measured.iter().filter(move |one| one["name"] == name);
    let number = |one: &Measurement, what: &str| {
        one.get(what).and_then(|value| value.as_u64()).with_context(|| format!("{what}: {one:?}"))
    };
    let mut found = BTreeSet::new();
    let mut lost = BTreeMap::new();
    for one in named("ladder") {
        let name = one["rung"].as_str().context("a name")?;
        let about = ::ladder::find(name).with_context(|| format!("no variant is called {name}"))?;
        let cores = number(one, "cores")?;
        ensure!(found.insert((about.name, cores)), "{name} on {cores} cores comes twice");
        ensure!(number(one, "pairs_per_second")? > 0, "{one:?}");
        let ratio = |what: &str| one.get(what).and_then(|value| value.as_f64()).context("a ratio");
        let [lowest, median, highest] =
            [ratio("lowest")?, ratio("relative_to_one")?, ratio("highest")?];
        ensure!(0.0 < lowest && lowest <= median && median <= highest, "{one:?}");
        ensure!(cores > 1 || (lowest, highest) == (1.0, 1.0), "one core against itself: {one:?}");
        match about.is_exact() {
            true => ensure!(number(one, "off_by")? == 0, "{one:?}"),
            false => *lost.entry(about.name).or_default() += number(one, "off_by")?,
        }
    }
    let with_counts = |name| counts.iter().map(move |&cores| (name, cores));
    let wanted: BTreeSet<_> = VARIANTS.iter().flat_map(|about| with_counts(about.name)).collect();
    ensure!(found == wanted, "measured: {found:?}");
    let slots: Vec<u64> =
        named("drain_slots").map(|one| number(one, "slots")).collect::<Result<_, _>>()?;
    ensure!(slots == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], "drains of {slots:?} slots");
    Ok(lost)
}

fn tables_fit(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let extra = "-append 'rounds=1 pairs=500'";
    let (output, outcome) = boot(context, deadline, &[("QEMU_SMP", "64"), ("QEMU_EXTRA", extra)])?;
    if outcome.failed == 0 {
        let lines = output.merged.lines().filter(|line| !line.starts_with("# measure "));
        let longest = lines.max_by_key(|line| line.len()).unwrap_or_default();
        ensure!(longest.len() <= WIDTH, "{} columns: {longest}", longest.len());
        ensure!(output.merged.is_ascii(), "a UART speaks ASCII");
    }
    Ok(outcome)
}

fn in_instructions(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let (first, outcome) = boot(context, deadline, COUNTED)?;
    if outcome.failed > 0 {
        return Ok(outcome);
    }
    let (second, _) = boot(context, deadline, COUNTED)?;
    ensure!(first.merged == second.merged, "{}\n{}", first.merged, second.merged);
    let measured = measure::collect(&first.merged).map_err(anyhow::Error::msg)?;
    let of = |variant: &str| {
        let one = measured.iter().find(|one| one.get("rung").is_some_and(|name| name == variant));
        one.and_then(|one| one["per_pair"].as_f64())
            .with_context(|| format!("nothing of {variant}"))
    };
    for about in &VARIANTS {
        // At least a load and a store on the way in, and on the way out; no pair is a whole page.
        let length = of(about.name)?;
        ensure!((4.0..200.0).contains(&length), "{}: {length}", about.name);
    }
    ensure!(of("packed")? == of("padded128")?, "the same code, only the addresses differ");
    ensure!(of("shared")? < of("shared_cas")?, "a loop is longer than an add");
    Ok(outcome)
}

fn elsewhere(
    context: &Context,
    deadline: Instant,
    variable: (&str, &str),
) -> anyhow::Result<Outcome> {
    let extra = ("QEMU_EXTRA", "-append 'rounds=2 pairs=2000'");
    Ok(boot(context, deadline, &[variable, ("QEMU_SMP", "8"), extra])?.1)
}

fn in_phases(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for cores in ["1", "3", "8"] {
        let extra = "-append 'mode=coherence pairs=1000'";
        sum.add(boot(context, deadline, &[("QEMU_SMP", cores), ("QEMU_EXTRA", extra)])?.1);
    }
    Ok(sum)
}

fn refuses(context: &Context, deadline: Instant) -> anyhow::Result<Outcome> {
    let mut sum = Outcome::default();
    for (argument, words) in WRONG {
        let extra = format!("-append {argument}");
        let (output, mut outcome) = boot(context, deadline, &[("QEMU_EXTRA", &extra)])?;
        let said: Vec<&str> =
            output.merged.lines().filter(|line| !line.starts_with("rundown: ")).collect();
        let good = output.status == Some(1) && said.len() == 1 && said[0].contains(words);
        outcome.output.push_str(&format!("wanted: status 1 and one line that holds {words}\n"));
        sum.add(Outcome::check(good, || outcome.output));
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_one_core_nothing_is_lost_and_on_more_it_is() {
        let names = steps().into_iter().take(2).map(|step| step.name).collect::<Vec<_>>();
        let start = "ladder: counts are right on";
        assert_eq!(
            names,
            [format!("{start} 1 core, racy's too"), format!("{start} 2 cores, racy's are not")]
        );
    }
}
