//! The results: a JSON object a line.
//!
//! Its member `record` says what an object is.
//!
//! ```text
//! {"record":"run","mode":"count","line":64,"cores":8,"api":1}
//! {"record":"phase","phase":1,"name":"packed",COUNTS}
//! {"record":"core","phase":1,"core":0,COUNTS}
//! {"record":"line","phase":1,"address":"0x40290000","name":"slots[0]",COUNTS}
//! {"record":"unseen","instructions":["SVE","SME",...]}
//! {"record":"schedule","policy":"random","seed":7,"steps":4711,"spins":0,"trace":"0123456789abcdef"}
//! ```
//!
//! COUNTS are `"loads":..,"stores":..,"atomics":..,"cold":..,"transfers":..,"upgrades":..,
//! "invalidations":..`. Phase 0 is what lies outside of phases. `unseen` names the instructions whose
//! accesses are in no count, see [`unseen`](crate::unseen); no phase has executed one. `schedule` stands there with
//! `mode=schedule` only. Everything but addresses is the same in each run of a schedule.

use crate::counts::Counts;
use crate::memory::Totals;
use crate::policy::Policy;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the run was.
#[derive(Clone, Debug)]
pub struct Run {
    /// Whether the cores were serialised.
    pub schedule: bool,
    /// Bytes of a line.
    pub line: u64,
    /// Cores of the machine.
    pub cores: usize,
    /// QEMU's API version.
    pub api: i32,
}

/// Returns the lines about the run and its counts.
pub fn counts(run: &Run, totals: &Totals, phase_names: &BTreeMap<u16, String>) -> String {
    let mut text = String::new();
    let Run { schedule, line, cores, api } = run;
    let mode = if *schedule { "schedule" } else { "count" };
    let _ = writeln!(
        text,
        r#"{{"record":"run","mode":"{mode}","line":{line},"cores":{cores},"api":{api}}}"#
    );
    for (phase, sum) in &totals.phases {
        let name = string(phase_names.get(phase).map_or("", String::as_str));
        object(&mut text, format_args!(r#""phase","phase":{phase},"name":{name}"#), sum);
    }
    for ((phase, core), sum) in &totals.cores {
        object(&mut text, format_args!(r#""core","phase":{phase},"core":{core}"#), sum);
    }
    for (phase, address, name, sum) in &totals.lines {
        let name = string(name);
        object(
            &mut text,
            format_args!(r#""line","phase":{phase},"address":"{address:#x}","name":{name}"#),
            sum,
        );
    }
    text
}

/// Returns the line about what is not seen.
pub fn unseen(families: &[&str]) -> String {
    let names: Vec<_> = families.iter().map(|name| string(name)).collect();
    format!(r#"{{"record":"unseen","instructions":[{}]}}"#, names.join(",")) + "\n"
}

/// Returns the line about the schedule.
pub fn schedule(policy: Policy, steps: u64, spins: u64, hash: &str) -> String {
    let policy = match policy {
        Policy::RoundRobin => r#""round-robin""#.into(),
        Policy::Random(seed) => format!(r#""random","seed":{seed}"#),
        Policy::Pct { seed, depth, length } => {
            format!(r#""pct","seed":{seed},"depth":{depth},"length":{length}"#)
        }
    };
    format!(
        r#"{{"record":"schedule","policy":{policy},"steps":{steps},"spins":{spins},"trace":"{hash}"}}"#
    ) + "\n"
}

fn object(text: &mut String, what: std::fmt::Arguments<'_>, counts: &Counts) {
    let Counts { loads, stores, atomics, cold, transfers, upgrades, invalidations } = counts;
    let _ = writeln!(
        text,
        r#"{{"record":{what},"loads":{loads},"stores":{stores},"atomics":{atomics},"cold":{cold},"transfers":{transfers},"upgrades":{upgrades},"invalidations":{invalidations}}}"#
    );
}

/// Returns `text` as a JSON string.
pub fn string(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            control if control < ' ' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Access;
    use crate::memory::Memory;

    #[test]
    fn every_number_stands_under_its_own_name() {
        let sum = |unit| Counts {
            loads: unit,
            stores: 2 * unit,
            atomics: 3 * unit,
            cold: 4 * unit,
            transfers: 5 * unit,
            upgrades: 6 * unit,
            invalidations: 7 * unit,
        };
        let totals = Totals {
            phases: BTreeMap::from([(3, sum(100))]),
            cores: BTreeMap::from([((3, 9), sum(10))]),
            lines: vec![(3, 0x1040, "slots[1]".into(), sum(1))],
        };
        let run = Run { schedule: false, line: 128, cores: 12, api: 4 };
        let told = |unit: u64| {
            let names =
                ["loads", "stores", "atomics", "cold", "transfers", "upgrades", "invalidations"];
            let pairs =
                names.iter().zip(1..).map(|(name, times)| format!(r#""{name}":{}"#, times * unit));
            pairs.collect::<Vec<_>>().join(",")
        };
        let wanted = [
            r#"{"record":"run","mode":"count","line":128,"cores":12,"api":4}"#.to_owned(),
            format!(r#"{{"record":"phase","phase":3,"name":"",{}}}"#, told(100)),
            format!(r#"{{"record":"core","phase":3,"core":9,{}}}"#, told(10)),
            format!(
                r#"{{"record":"line","phase":3,"address":"0x1040","name":"slots[1]",{}}}"#,
                told(1)
            ),
        ];
        let text = counts(&run, &totals, &BTreeMap::new());
        assert_eq!(text.lines().collect::<Vec<_>>(), wanted);
        assert!(
            counts(&Run { schedule: true, ..run }, &totals, &BTreeMap::new())
                .contains(r#""mode":"schedule""#)
        );
        assert_eq!(
            schedule(Policy::Pct { seed: 1, depth: 2, length: 3 }, 4, 5, "6"),
            "{\"record\":\"schedule\",\"policy\":\"pct\",\"seed\":1,\"depth\":2,\"length\":3,\
             \"steps\":4,\"spins\":5,\"trace\":\"6\"}\n"
        );
        assert_eq!(
            unseen(&["A", "B \"C\""]),
            "{\"record\":\"unseen\",\"instructions\":[\"A\",\"B \\\"C\\\"\"]}\n"
        );
    }

    #[test]
    fn every_line_is_json() {
        let memory = Memory::new(64, 2);
        memory.watch(0..64).unwrap();
        let name = || "a \"name\"\\\n".to_string();
        memory.access(memory.find(0).unwrap(), 1, 3, Access::Store, name);
        let run = Run { schedule: true, line: 64, cores: 2, api: 1 };
        let names = BTreeMap::from([(3, "packed".to_string())]);
        let text = counts(&run, &memory.totals(), &names)
            + &schedule(Policy::Random(7), 1, 0, "0123456789abcdef")
            + &schedule(Policy::RoundRobin, 1, 0, "0123456789abcdef");
        let lines: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 6);
        assert_eq!(lines[1]["name"], "packed");
        assert_eq!(lines[2]["core"], 1);
        assert_eq!(lines[3]["name"], "a \"name\"\\\n");
        assert_eq!(lines[3]["stores"], 1);
        assert_eq!(lines[4]["seed"], 7);
    }
}
