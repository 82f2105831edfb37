//! The machine that a seed stands for.

use runner::qemu;
use runner::settings::Settings;
use std::fmt;

/// Cores of a machine, small ones more often.
const CORES: [u32; 8] = [1, 2, 3, 4, 6, 8, 12, 16];
/// Most cores that a GICv2 serves.
const MOST_GICV2: u32 = 8;
/// Models with LSE atomics and without, with lines of 64 bytes and of 256.
const MODELS: [&str; 5] = ["max", "cortex-a53", "cortex-a72", "neoverse-n1", "a64fx"];
/// The model that says of itself that it has a GICv3's registers, also on a machine with a GICv2, and faults
/// when they are used (QEMU, target/arm/cpu64.c, id_aa64pfr0 of aarch64_a64fx_initfn).
const ONLY_GICV3: &str = "a64fx";

/// How QEMU runs the cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threads {
    /// Each in a thread of its own.
    Multi,
    /// One after the other.
    Single,
    /// One after the other, and instructions are counted instead of time: each boot is the same.
    Counted,
}

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// How many cores.
    pub cores: u32,
    gic: u32,
    el2: bool,
    model: &'static str,
    threads: Threads,
}

impl Machine {
    /// Returns the machine of a seed, with another number of cores if one is given.
    pub fn new(seed: u64, cores: Option<u32>) -> Machine {
        let mut draws = Draws(seed);
        let drawn = draws.one_of(&CORES);
        let cores = cores.unwrap_or(drawn);
        let gic = draws.one_of(&[2, 3]);
        let el2 = draws.one_of(&[true, false, false]);
        let model = draws.one_of(&MODELS);
        Machine {
            cores,
            gic: if cores > MOST_GICV2 || model == ONLY_GICV3 { 3 } else { gic },
            el2,
            model,
            // Races come of threads.
            threads: match draws.one_of(&[0, 1, 2, 3, 4, 5, 6, 7]) {
                0 => Threads::Single,
                1 => Threads::Counted,
                _ => Threads::Multi,
            },
        }
    }

    /// Returns whether a boot with the same arguments is the same run.
    pub fn is_repeatable(&self) -> bool {
        self.threads == Threads::Counted
    }

    /// Returns the settings that boot it. `append`: the kernel's arguments.
    pub fn settings(&self, base: &Settings, append: String) -> Settings {
        let counted = self.is_repeatable();
        let mut extra = vec!["-append".to_owned(), append];
        if counted {
            extra.extend(["-icount", qemu::ICOUNT].map(str::to_owned));
        }
        let el2 = if self.el2 { ",virtualization=on" } else { "" };
        Settings {
            cores: self.cores,
            machine: format!("virt,gic-version={},dtb-randomness=off{el2}", self.gic),
            cpu: if counted { qemu::COUNTING_CPU } else { self.model }.to_owned(),
            memory: "64M".to_owned(),
            accel: match self.threads {
                Threads::Multi => "tcg,thread=multi",
                Threads::Single => "tcg,thread=single",
                Threads::Counted => "tcg",
            }
            .to_owned(),
            extra,
            ..base.clone()
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Machine { cores, gic, el2, model, threads } = self;
        let level = if *el2 { "EL2" } else { "EL1" };
        let (model, threads) = match threads {
            Threads::Multi => (*model, "threads"),
            Threads::Single => (*model, "one thread"),
            Threads::Counted => ("max", "counted"),
        };
        write!(out, "{cores} cores, GICv{gic}, {level}, {model}, {threads}")
    }
}

/// The draws of a seed (SplitMix64, Steele et al. 2014: good for any seed, also 0).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn one_of<T: Copy>(&mut self, these: &[T]) -> T {
        these[(self.next() % these.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn many() -> impl Iterator<Item = Machine> {
        (0..1000).map(|seed| Machine::new(seed, None))
    }

    #[test]
    fn the_draws_are_those_of_its_authors() {
        // What the reference program (Vigna, splitmix64.c) prints first for these seeds.
        let first = |seed| {
            let mut draws = Draws(seed);
            [draws.next(), draws.next(), draws.next()]
        };
        let zero = [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f];
        assert_eq!(first(0), zero);
        let other = [0x599e_d017_fb08_fc85, 0x2c73_f084_5854_0fa5, 0x883e_bce5_a3f2_7c77];
        assert_eq!(first(1_234_567), other);
    }

    #[test]
    fn a_machine_is_named_by_all_that_a_seed_decides() {
        let machine = |threads, el2| Machine { cores: 3, gic: 2, el2, model: "max", threads };
        let name = |threads, el2| machine(threads, el2).to_string();
        assert_eq!(name(Threads::Multi, true), "3 cores, GICv2, EL2, max, threads");
        assert_eq!(name(Threads::Single, false), "3 cores, GICv2, EL1, max, one thread");
        let model = Machine { model: "a64fx", ..machine(Threads::Counted, false) };
        assert_eq!(model.to_string(), "3 cores, GICv2, EL1, max, counted");
    }

    #[test]
    fn a_seed_is_a_machine_and_there_is_each_of_them() {
        assert_eq!(Machine::new(7, None), Machine::new(7, None));
        let kinds =
            |kind: fn(&Machine) -> String| many().map(|it| kind(&it)).collect::<HashSet<_>>();
        assert_eq!(kinds(|it| it.cores.to_string()).len(), CORES.len());
        assert_eq!(kinds(|it| it.model.to_owned()).len(), MODELS.len());
        assert_eq!(kinds(|it| format!("{} {}", it.gic, it.el2)).len(), 4);
        assert_eq!(kinds(|it| format!("{:?}", it.threads)).len(), 3);
    }

    #[test]
    fn a_gicv2_has_at_most_eight_cores_and_none_that_asks_for_more() {
        assert!(many().all(|it| it.gic == 3 || it.cores <= 8 && it.model != "a64fx"));
        assert!(MODELS.contains(&ONLY_GICV3));
        let sixteen = (0..1000).map(|seed| Machine::new(seed, Some(16)));
        assert!(sixteen.into_iter().all(|it| it.cores == 16 && it.gic == 3));
        // What else a seed means does not depend on the cores.
        let same = |it: &Machine| (it.el2, it.model, it.threads);
        assert!(
            many()
                .enumerate()
                .all(|(seed, it)| { same(&it) == same(&Machine::new(seed as u64, Some(4))) })
        );
    }

    #[test]
    fn the_settings_are_those_of_the_machine() {
        let base = Settings { memory: "1G".to_owned(), ..Settings::repeatable().unwrap() };
        let find = |threads| many().find(|it| it.threads == threads && it.el2 && it.gic == 2);
        let counted = find(Threads::Counted).unwrap().settings(&base, "seed=1".to_owned());
        assert_eq!(counted.cpu, "max,cntfrq=62500000");
        assert_eq!(counted.machine, "virt,gic-version=2,dtb-randomness=off,virtualization=on");
        assert_eq!(counted.extra, ["-append", "seed=1", "-icount", "shift=4,sleep=off"]);
        assert_eq!((counted.accel.as_str(), counted.memory.as_str()), ("tcg", "64M"));
        let single = find(Threads::Single).unwrap();
        assert_eq!(single.settings(&base, String::new()).accel, "tcg,thread=single");
        let multi = find(Threads::Multi).unwrap();
        let settings = multi.settings(&base, "seed=1".to_owned());
        assert_eq!(settings.accel, "tcg,thread=multi");
        assert_eq!((settings.cpu.as_str(), settings.cores), (multi.model, multi.cores));
        assert_eq!(settings.extra, ["-append", "seed=1"]);
    }
}
