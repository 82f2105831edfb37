//! All steps of a schedule, with what a replay of the caches needs.
//!
//! A JSON object a line, in the order in which things happened:
//!
//! ```text
//! {"record":"phase","phase":2,"name":"shared","cores":2}
//! {"record":"line","line":"0x40290000","name":"shared","copies":"IM"}
//! {"record":"step","core":0,"access":"atomic","instruction":"LDXR","line":"0x40290000","word":"shared","at":"0x40201f30"}
//! ```
//!
//! A phase stands before its steps. A line stands before the first step of a phase that touches it, and again before the
//! next one when somebody outside of the schedule has touched it since: `copies` has a letter of MESI for each core of
//! the machine, as it was right before that step. So the steps, by the rules of [`directory`](crate::directory), give
//! the state of every line at any time, and the counts of the phase, if all who take part in it are scheduled.

use crate::directory::Access;
use crate::memory::lock;
use crate::report::string;
use crate::trace::Step;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::mem;
use std::sync::Mutex;

/// The file that they are written to.
#[derive(Debug)]
pub struct Steps(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    file: BufWriter<File>,
    /// The first error.
    written: io::Result<()>,
    /// Cores that take part in the phase and have not begun it yet.
    to_come: usize,
    /// Lines whose state follows from what is written.
    known: HashSet<u64>,
}

impl Steps {
    /// Returns steps of which none is written yet.
    pub fn new(file: File) -> Self {
        let file = BufWriter::new(file);
        Self(Mutex::new(Inner { file, written: Ok(()), to_come: 0, known: HashSet::new() }))
    }

    /// Begins a phase. Each of the `cores` that take part calls it, once it was chosen for the first time; so the first
    /// of them comes before every step.
    pub fn begin(&self, phase: u16, name: &str, cores: usize) {
        let mut inner = lock(&self.0);
        if inner.to_come == 0 {
            inner.to_come = cores;
            inner.known.clear();
            let name = string(name);
            inner.write(&format!(
                r#"{{"record":"phase","phase":{phase},"name":{name},"cores":{cores}}}"#
            ));
        }
        inner.to_come -= 1;
    }

    /// Writes what the caches have of the line at `start`, if that does not follow from what is written. `look` returns
    /// its name and the letters.
    pub fn line(&self, start: u64, look: impl FnOnce() -> (String, String)) {
        let mut inner = lock(&self.0);
        if inner.known.insert(start) {
            let (name, copies) = look();
            let name = string(&name);
            inner.write(&format!(
                r#"{{"record":"line","line":"{start:#x}","name":{name},"copies":"{copies}"}}"#
            ));
        }
    }

    /// Records that somebody outside of the schedule touches the line.
    pub fn forget(&self, start: u64) {
        lock(&self.0).known.remove(&start);
    }

    /// Writes a step. `word`: the name of what it accesses, on the line at `start`.
    pub fn step(&self, step: &Step, start: u64, word: &str) {
        let access = match step.access {
            Access::Load => "load",
            Access::Store => "store",
            Access::Atomic => "atomic",
        };
        let (core, instruction, word) = (step.core, step.instruction(), string(word));
        let at = step.site.address;
        lock(&self.0).write(&format!(
            r#"{{"record":"step","core":{core},"access":"{access}","instruction":"{instruction}","line":"{start:#x}","word":{word},"at":"{at:#x}"}}"#
        ));
    }

    /// Writes what is not in the file yet. Returns the first error since the last time.
    pub fn finish(&self) -> io::Result<()> {
        let mut inner = lock(&self.0);
        let flushed = inner.file.flush();
        mem::replace(&mut inner.written, Ok(())).and(flushed)
    }
}

impl Inner {
    fn write(&mut self, line: &str) {
        let written = writeln!(self.file, "{line}");
        if self.written.is_ok() {
            self.written = written;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aarch64::Class;
    use crate::trace::Site;
    use std::fs;

    static SITE: Site =
        Site { address: 0x4000, opcode: 0, class: Class::Plain, name: "", wide_pair: false };

    #[test]
    fn a_line_is_told_once_a_phase_and_again_when_it_is_forgotten() {
        let path = std::env::temp_dir().join(format!("steps-{}", std::process::id()));
        let steps = Steps::new(File::create(&path).unwrap());
        let step = |core, access| {
            steps.line(0x1040, || ("a".to_owned(), "IM".to_owned()));
            steps.step(&Step { core, access, site: &SITE, address: 0x1048 }, 0x1040, "a+8");
        };
        for phase in [7, 8] {
            steps.begin(phase, "x \"y\"", 2);
            step(1, Access::Load);
            steps.begin(phase, "", 2);
            step(0, Access::Store);
        }
        steps.forget(0x1000);
        step(0, Access::Atomic);
        steps.forget(0x1040);
        step(0, Access::Load);
        steps.finish().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(path).unwrap();
        let records: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let told: Vec<&str> =
            records.iter().map(|record| record["record"].as_str().unwrap()).collect();
        let phase = ["phase", "line", "step", "step"];
        let wanted: Vec<&str> = [&phase[..], &phase, &["step", "line", "step"]].concat();
        assert_eq!(told, wanted);
        assert_eq!(
            text.lines().take(4).collect::<Vec<_>>(),
            [
                r#"{"record":"phase","phase":7,"name":"x \"y\"","cores":2}"#,
                r#"{"record":"line","line":"0x1040","name":"a","copies":"IM"}"#,
                r#"{"record":"step","core":1,"access":"load","instruction":"LDR","line":"0x1040","word":"a+8","at":"0x4000"}"#,
                r#"{"record":"step","core":0,"access":"store","instruction":"STR","line":"0x1040","word":"a+8","at":"0x4000"}"#,
            ]
        );
        assert_eq!(records[8]["access"], "atomic");
    }

    #[test]
    fn what_cannot_be_written_is_an_error_once() {
        let Ok(full) = File::options().write(true).open("/dev/full") else { return };
        let steps = Steps::new(full);
        (0..1000).for_each(|_| steps.begin(1, "a name that fills the buffer some day", 1));
        assert!(steps.finish().is_err());
    }
}
