//! QEMU_SMP: how many cores, and how they are grouped.
//!
//! It takes what QEMU's `-smp` takes: `4`, `4,maxcpus=8`, `cpus=4,sockets=2,cores=2`. The rules are those of
//! QEMU's hw/core/machine-smp.c, `machine_parse_smp_config`, for machines since 6.2.

use super::machine::MOST_GICV3;
use crate::exit_error::ExitError;

/// The levels of the hierarchy, from the outside in. Some are for other machines than `virt`, or need a newer
/// QEMU; it says so itself.
const LEVELS: [&str; 8] =
    ["drawers", "books", "sockets", "dies", "clusters", "modules", "cores", "threads"];
/// Those that QEMU works out from the others, in this order of preference: cores, sockets, threads.
const WORKED_OUT: [usize; 3] = [6, 2, 7];

/// How many of each level, where that is said.
type Levels = [Option<u64>; LEVELS.len()];

/// How many cores there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cores {
    /// That boot.
    pub boot: u32,
    /// That there could be, with those that are plugged in later.
    pub most: u32,
}

/// Reads the text.
pub fn parse(text: &str) -> Result<Cores, ExitError> {
    count(text).map_err(|what| {
        ExitError::setup(format!("QEMU_SMP={text} {what}"), format!("set it to 1 to {MOST_GICV3}"))
    })
}

/// Refuses more cores than the machine takes.
pub fn check(text: &str, cores: Cores, machine: &str, most: u32) -> Result<(), ExitError> {
    if cores.most <= most {
        return Ok(());
    }
    let other = if most < MOST_GICV3 { ", or set QEMU_MACHINE=virt,gic-version=3" } else { "" };
    Err(ExitError::setup(
        format!("QEMU_SMP={text} is more than the {most} cores of QEMU_MACHINE={machine}"),
        format!("set it to 1 to {most}{other}"),
    ))
}

fn count(text: &str) -> Result<Cores, String> {
    let (mut cpus, mut most, mut levels) = (None, None, Levels::default());
    for (place, part) in text.split(',').enumerate() {
        let (key, value) = match part.split_once('=') {
            Some(pair) => pair,
            None if place == 0 => ("cpus", part),
            None => return Err(format!("has {part:?} where KEY=NUMBER is due")),
        };
        let level = LEVELS.iter().position(|known| *known == key);
        let slot = match (key, level) {
            ("cpus", _) => &mut cpus,
            ("maxcpus", _) => &mut most,
            (_, Some(level)) => &mut levels[level],
            (_, None) => {
                let keys = "cpus, maxcpus, sockets, clusters, cores and threads";
                return Err(format!("has no key {key:?}; there are {keys}"));
            }
        };
        let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
        match value.parse::<u32>().ok().filter(|_| digits) {
            None if part == text => return Err("is not a number of cores".to_owned()),
            None => return Err(format!("has {part}, which is not a number of cores")),
            Some(0) => return Err("leaves no core".to_owned()),
            Some(number) if slot.is_none() => *slot = Some(u64::from(number)),
            Some(_) => return Err(format!("has {key} twice")),
        }
    }
    complete(cpus, most, levels)
}

/// Works out what is not said, and whether it all fits.
fn complete(cpus: Option<u64>, most: Option<u64>, mut levels: Levels) -> Result<Cores, String> {
    let product = |levels: &Levels| levels.iter().flatten().copied().fold(1, u64::saturating_mul);
    let said = most.or(cpus);
    if let Some(total) = said
        && let Some(open) = WORKED_OUT.into_iter().find(|level| levels[*level].is_none())
    {
        levels[open] = Some(total / product(&levels));
    }
    let total = product(&levels);
    let most = said.unwrap_or(total);
    let cpus = cpus.unwrap_or(most);
    if total != most {
        let levels = LEVELS.iter().zip(levels);
        let shown = levels.filter_map(|(name, level)| Some(format!("{name}={}", level?)));
        let shown: Vec<String> = shown.collect();
        return Err(format!("does not add up: {} are {total} cores, not {most}", shown.join(", ")));
    }
    if cpus > most {
        return Err(format!("has {cpus} cores, more than maxcpus={most}"));
    }
    let number = |count| u32::try_from(count).map_err(|_| "has far too many cores".to_owned());
    Ok(Cores { boot: number(cpus)?, most: number(most)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_is_none_is_told_with_its_key_if_it_has_one() {
        let why = |text| count(text).expect_err(text);
        assert_eq!(why("x"), "is not a number of cores");
        assert_eq!(why("cpus=x"), "is not a number of cores");
        assert_eq!(why("4,cores=x"), "has cores=x, which is not a number of cores");
        assert_eq!(why("x,cores=2"), "has x, which is not a number of cores");
    }

    #[test]
    fn who_asks_for_more_than_the_machine_takes_is_told_of_the_one_that_takes_more() {
        let why = |most| {
            let cores = Cores { boot: most + 1, most: most + 1 };
            check("x", cores, "virt", most).expect_err("too many").line
        };
        let other = ", or set QEMU_MACHINE=virt,gic-version=3";
        for (most, ends) in
            [(8, other), (MOST_GICV3 - 1, other), (MOST_GICV3, ""), (MOST_GICV3 + 1, "")]
        {
            assert!(why(most).ends_with(&format!("set it to 1 to {most}{ends}")), "{}", why(most));
        }
        assert!(check("x", Cores { boot: 1, most: 8 }, "virt", 8).is_ok());
    }
}
