//! Reads what the kernel, and the plugin, tell of each seed.

/// How a seed's part of the report ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With `ok`.
    Passed,
    /// With `not ok`, or with a verdict that can't be one.
    Failed,
    /// Without a verdict.
    Died,
}

/// What is told of one seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The seed.
    pub seed: u64,
    /// The hash of its steps.
    pub hash: Option<String>,
    /// How many they were.
    pub steps: Option<u64>,
    /// How it ends.
    pub ended: Ended,
    /// What else was printed, but for steps and the end: diagnostics, and the plugin's last line.
    lines: Vec<String>,
}

impl Told {
    fn new(seed: u64) -> Told {
        Told { seed, hash: None, steps: None, ended: Ended::Died, lines: Vec::new() }
    }

    /// Returns whether it ends in a panic with this message, and nothing else was found to be wrong.
    pub fn has_died_of(&self, message: &str) -> bool {
        let panic = |line: &&String| line.starts_with("panic ") && line.contains(message);
        let wrong = |line: &String| line.starts_with("but ") || is_the_plugins(line);
        self.lines.first().filter(panic).is_some() && !self.lines.iter().any(wrong)
    }

    /// Returns what went wrong: what was found besides a panic, or the first line, as what follows are details.
    pub fn reason(&self) -> String {
        let besides = self.lines.iter().find_map(|line| line.strip_prefix("but "));
        let first = || self.lines.first().map_or("no verdict", String::as_str);
        besides.unwrap_or_else(first).to_owned()
    }

    /// Takes `trace HASH steps N`. The plugin's hash of a run that it has ended comes without a number.
    fn take_trace(&mut self, text: &str) {
        let mut words = text.split(' ');
        self.hash = words.next().filter(|hash| is_hash(hash)).map(str::to_owned);
        self.steps = match (words.next(), words.next()) {
            (Some("steps"), Some(number)) => number.parse().ok(),
            _ => None,
        };
    }

    /// Takes a verdict: `ok 3 seed 7 trace HASH steps N`.
    fn take_verdict(&mut self, good: bool, text: &str) {
        let own = format!("seed {} trace ", self.seed);
        let rest = text.split_once(' ').and_then(|(_, name)| name.strip_prefix(&own));
        match rest {
            Some(trace) => self.take_trace(trace),
            None => self.lines.insert(0, format!("the verdict is not this seed's: {text}")),
        }
        self.ended = if good && rest.is_some() { Ended::Passed } else { Ended::Failed };
    }
}

/// Returns what is told of each seed, in the order of the output.
pub fn read(output: &str) -> Vec<Told> {
    let mut all: Vec<Told> = Vec::new();
    for line in output.lines().map(str::trim_end) {
        if let Some(seed) = line.strip_prefix("# seed ").and_then(|text| text.parse().ok()) {
            all.push(Told::new(seed));
            continue;
        }
        // What comes after a verdict belongs to the report as a whole.
        let Some(told) = all.last_mut().filter(|told| told.ended == Ended::Died) else { continue };
        if let Some(verdict) = line.strip_prefix("ok ") {
            told.take_verdict(true, verdict);
        } else if let Some(verdict) = line.strip_prefix("not ok ") {
            told.take_verdict(false, verdict);
        } else if let Some(trace) = line.strip_prefix("# trace ") {
            told.take_trace(trace);
        } else if let Some(text) = line.strip_prefix("# ") {
            if !text.starts_with("step ") && !text.starts_with("rundown: ") {
                told.lines.push(text.to_owned());
            }
        } else if is_the_plugins(line) {
            told.lines.push(line.to_owned());
        }
    }
    all
}

/// Returns what is wrong with the report of a kernel that has died, and was meant to: one death, no
/// test, and an end that says so.
pub fn after_a_panic(console: &str) -> Option<String> {
    let lines = || console.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let first = |wrong: fn(&&str) -> bool| lines().find(wrong);
    let last = lines().next_back().unwrap_or("");
    if let Some(test) = first(|line| line.starts_with("ok ") || line.starts_with("not ok ")) {
        return Some(format!("a test is reported beside a panic: {test}"));
    }
    if last != "# rundown: FAIL" {
        return Some(format!("the last line after a panic is: {last}"));
    }
    let verdicts = lines().filter(|line| line.starts_with("# rundown: ")).count();
    let deaths = lines().filter(|line| line.starts_with("# panic ")).count();
    let twice = verdicts != 1 || deaths != 1;
    twice.then(|| format!("{deaths} panics and {verdicts} ends in one report"))
}

/// Returns whether it is a line with which the plugin ends a run.
fn is_the_plugins(line: &str) -> bool {
    line.starts_with("cachescope: ")
}

/// Returns whether it is a hash as kernel and plugin print it.
fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit())
}
