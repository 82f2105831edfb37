//! Reads the steps that the plugin has written.

use serde::Deserialize;

/// What cores did in one phase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// Its number, as the plugin's counts have it.
    pub number: u64,
    /// Its name, or nothing.
    pub name: String,
    /// Everything in it, in order: lines and steps.
    pub records: Vec<Record>,
}

/// A record of the plugin.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "record", rename_all = "lowercase")]
pub enum Record {
    /// A phase begins.
    Phase {
        /// Its number.
        phase: u64,
        /// Its name, or nothing.
        name: String,
    },
    /// What the caches have of a line before the next step.
    Line {
        /// Its address.
        line: String,
        /// What lies on it.
        name: String,
        /// A letter for each core.
        copies: String,
    },
    /// A core accesses memory.
    Step {
        /// The core.
        core: usize,
        /// What it does.
        access: Access,
        /// The instruction.
        instruction: String,
        /// The address of the line.
        line: String,
        /// What is accessed.
        word: String,
        /// The address of the instruction.
        at: String,
    },
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Reads.
    Load,
    /// Writes.
    Store,
    /// Both at once.
    Atomic,
}

/// Returns the phases in order. The error names the line of the text.
pub fn phases(text: &str) -> Result<Vec<Phase>, String> {
    let mut phases: Vec<Phase> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let record = serde_json::from_str(line);
        match record.map_err(|error| format!("step record {number}: {error}"))? {
            Record::Phase { phase: number, name } => {
                phases.push(Phase { number, name, records: Vec::new() });
            }
            record => {
                let phase = phases.last_mut();
                let phase = phase.ok_or_else(|| format!("step record {number}: no phase yet"))?;
                phase.records.push(record);
            }
        }
    }
    Ok(phases)
}

/// Reads an address of a record.
pub fn address(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok());
    digits.ok_or_else(|| format!("{text:?} is no address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"record":"phase","phase":7,"name":"x","cores":2}
{"record":"line","line":"0x40","name":"a","copies":"IM"}
{"record":"step","core":1,"access":"atomic","instruction":"LDXR","line":"0x40","word":"a+8","at":"0x4000"}
{"record":"phase","phase":8,"name":"","cores":2}
"#;

    #[test]
    fn records_stand_in_their_phase() {
        let phases = phases(TEXT).unwrap();
        assert_eq!(phases.len(), 2);
        assert_eq!((phases[0].number, &*phases[0].name), (7, "x"));
        let Record::Step { core, access, at, .. } = &phases[0].records[1] else { panic!() };
        assert_eq!((*core, *access, address(at)), (1, Access::Atomic, Ok(0x4000)));
        assert_eq!((&*phases[1].name, phases[1].records.len()), ("", 0));
    }

    #[test]
    fn what_is_cut_or_unknown_is_named() {
        for (text, why) in [
            (&TEXT[..TEXT.len() - 4], "step record 4: EOF"),
            (&TEXT.replace("step", "stop"), "step record 3: unknown variant `stop`"),
            (&TEXT.replace("atomic", "swap"), "step record 3: unknown variant `swap`"),
            (&TEXT.replacen("phase", "line", 1), "step record 1: missing field"),
            (TEXT.split_once('\n').unwrap().1, "step record 1: no phase yet"),
        ] {
            let error = phases(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(address("40").is_err() && address("0xg").is_err());
    }
}
