//! The replay: three variants side by side, step by step, as the plugin has seen them.

use super::machine::{Counting, LINE, Machine, Written};
use super::plot::still::still;
use replay_page::page::{self, Page, Set};
use replay_page::records::{self, Phase};
use replay_page::run::Run;
use runner::exit_error::{ExitError, FAILED};
use runner::symbols::Symbols;

/// What is shown: a word for all cores, a word a core in one line, a line a core.
const VARIANTS: [&str; 3] = ["shared", "packed", "cache_aware"];
/// The numbers of cores, and the one that is shown first.
const CORES: [u32; 3] = [2, 4, 8];
const FIRST: usize = 1;
/// Pairs a core, after those that warm up.
const PAIRS: u32 = 8;
const TITLE: &str = "Cache lines, step by step";
const ABOUT: [&str; 2] = [
    "Three ways to count who uses an object, each under the same cores: every core acquires and releases, again and \
     again. All three are on one clock, and in each the cores take turns, an access each. In two of them the line is \
     modified (M) in one cache after the other, and every step waits for it. In the third each core has a line of its \
     own, and once it has come it stays: cache_aware[1] is the slot of core 0, and so on; cache_aware[0] is a line that \
     all look at and nobody changes.",
    "This is no drawing: a kernel did it in QEMU, and the plugin cachescope wrote down every access. Choose predict, \
     and say what the next step will be before you see it.",
];

/// The replay, as files.
#[derive(Debug)]
pub struct Replay {
    /// The page.
    pub page: String,
    /// A still of it, as SVG.
    pub still: String,
}

/// Boots all of it, and makes the page.
pub fn replay(machine: &Machine) -> Result<Replay, ExitError> {
    let mut symbols = Symbols::read(&machine.image, &machine.root)?;
    let mut sets = Vec::new();
    for cores in CORES {
        let written =
            machine.coherence(cores, &VARIANTS, Counting { pairs: PAIRS, line: LINE }, true)?;
        let wrong = |why| ExitError::new(FAILED, format!("the plugin's steps: {why}"));
        let runs = runs(&written, cores, &mut symbols).map_err(wrong)?;
        sets.push(Set { label: cores.to_string(), runs });
    }
    let still = still(&sets[FIRST].runs);
    let about = ABOUT.map(str::to_owned).into();
    let page = Page { title: TITLE.to_owned(), about, sets, first: FIRST };
    Ok(Replay { page: page::html(&page), still })
}

/// Returns a run for each variant: its phase that warms up, and the one that is counted.
fn runs(written: &Written, cores: u32, symbols: &mut Symbols) -> Result<Vec<Run>, String> {
    let phases = records::phases(&written.steps)?;
    let mut place = |address| symbols.place(address);
    let run = |name: &str| {
        let meaning = ladder::find(name).map_or("", |about| about.meaning);
        let is_own =
            |phase: &&Phase| phase.name.strip_suffix(" warm").unwrap_or(&phase.name) == name;
        let own = phases.iter().filter(is_own);
        let mut run = Run::new((name, meaning), own, &written.results, &mut place)?;
        for part in run.phases.iter_mut().filter(|part| part.name == name) {
            part.pairs = Some(u64::from(cores * PAIRS));
        }
        Ok(run)
    };
    VARIANTS.into_iter().map(run).collect()
}
