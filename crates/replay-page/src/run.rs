//! What the page has of a run: its lines, words and instructions, each once, and its steps.

use crate::records::{Access, Phase, Record, address};
use runner::symbols::Place;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What the plugin counts in a phase; the page must come to the same.
const COUNTS: [&str; 7] =
    ["loads", "stores", "atomics", "cold", "transfers", "upgrades", "invalidations"];

/// A run, as the page reads it. Numbers are positions in the lists.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// What it is called.
    pub name: String,
    /// What it is, in one line.
    pub meaning: String,
    /// Cores of the machine.
    pub cores: usize,
    /// Names of the cache lines, by their addresses.
    pub lines: Vec<String>,
    /// Names of what was accessed, each with its line.
    pub words: Vec<(String, usize)>,
    /// Instructions.
    pub sites: Vec<Site>,
    /// Its phases.
    pub phases: Vec<Part>,
    /// Before a step, what the caches have of a line: step, line, a letter for each core.
    pub found: Vec<(usize, usize, String)>,
    /// Core, word, instruction.
    pub steps: Vec<(usize, usize, usize)>,
}

/// An instruction, and where it stands in the sources.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Site {
    /// Its name.
    pub instruction: String,
    /// What it does.
    pub access: Access,
    /// File and line, or nothing.
    pub line: String,
    /// The function, or nothing.
    pub function: String,
    /// The text of the line, or nothing.
    pub text: String,
}

/// A phase of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its first step.
    pub first: usize,
    /// How often its cores have acquired and released, all together, if that is known.
    pub pairs: Option<u64>,
    /// What the plugin has counted in it.
    pub counted: Map<String, Value>,
}

/// Gives each text a number, the first time that it is asked for.
#[derive(Debug, Default)]
struct Numbers(BTreeMap<String, usize>);

impl Numbers {
    /// Returns the number, and whether it is new.
    fn of(&mut self, text: &str) -> (usize, bool) {
        let next = self.0.len();
        let number = *self.0.entry(text.to_owned()).or_insert(next);
        (number, self.0.len() > next)
    }
}

impl Run {
    /// Makes a run of phases. `results`: what the plugin has counted; `place` finds an instruction in the sources.
    pub fn new<'a>(
        (name, meaning): (&str, &str),
        phases: impl IntoIterator<Item = &'a Phase>,
        results: &str,
        place: &mut dyn FnMut(u64) -> Option<Place>,
    ) -> Result<Run, String> {
        let phases: Vec<&Phase> = phases.into_iter().collect();
        let numbers = lines(&phases)?;
        let mut run = Run {
            name: name.to_owned(),
            meaning: meaning.to_owned(),
            cores: 0,
            lines: vec![String::new(); numbers.len()],
            words: Vec::new(),
            sites: Vec::new(),
            phases: Vec::new(),
            found: Vec::new(),
            steps: Vec::new(),
        };
        let (mut words, mut sites) = (Numbers::default(), Numbers::default());
        for phase in phases {
            run.phases.push(Part {
                name: phase.name.clone(),
                first: run.steps.len(),
                pairs: None,
                counted: counted(results, phase.number)?,
            });
            for record in &phase.records {
                match record {
                    Record::Phase { .. } => {}
                    Record::Line { line, name, copies } => {
                        let line = numbers[&address(line)?];
                        run.cores = copies.len();
                        let known = !run.lines[line].is_empty();
                        if known || copies.contains(|letter| letter != 'I') {
                            run.found.push((run.steps.len(), line, copies.clone()));
                        }
                        run.lines[line].clone_from(name);
                    }
                    Record::Step { core, access, instruction, line, word, at } => {
                        let line = *numbers.get(&address(line)?).ok_or("a line without a state")?;
                        let (word_number, new) = words.of(&format!("{line} {word}"));
                        if new {
                            run.words.push((word.clone(), line));
                        }
                        let (site, new) = sites.of(at);
                        if new {
                            let (instruction, access) = (instruction.clone(), *access);
                            let found = place(address(at)?);
                            let [line, function, text] = found
                                .map_or_else(Default::default, |found| {
                                    [found.line, found.function, found.text]
                                });
                            run.sites.push(Site { instruction, access, line, function, text });
                        }
                        run.steps.push((*core, word_number, site));
                    }
                }
            }
        }
        match run.steps.len() {
            0 => Err(format!("{name} has no steps")),
            _ => Ok(run),
        }
    }
}

/// Returns the numbers of the lines, by their addresses.
fn lines(phases: &[&Phase]) -> Result<BTreeMap<u64, usize>, String> {
    let mut lines = BTreeMap::new();
    for record in phases.iter().flat_map(|phase| &phase.records) {
        if let Record::Line { line, .. } = record {
            lines.insert(address(line)?, 0);
        }
    }
    lines.values_mut().zip(0..).for_each(|(number, place)| *number = place);
    Ok(lines)
}

/// Returns the plugin's counts of a phase.
fn counted(results: &str, phase: u64) -> Result<Map<String, Value>, String> {
    let read = |line| serde_json::from_str::<Value>(line).ok();
    let of_phase = |record: &Value| record["record"] == "phase" && record["phase"] == phase;
    let record = results.lines().filter_map(read).find(of_phase);
    let record =
        record.ok_or_else(|| format!("the plugin has counted nothing in phase {phase}"))?;
    Ok(COUNTS.iter().map(|name| ((*name).to_owned(), record[name].clone())).collect())
}

#[cfg(test)]
#[path = "run_tests.rs"]
mod tests;
