//! 100,000 mutations of an honest report: one that passes still has all of it, and nothing against it.
//!
//! Whether that is so is asked here in another way than the reader's: not line by line with a grammar, but by
//! counting words in the whole text. So one mistake is not made twice. The seed is printed, and
//! `KTAP_SEED=N` repeats a run.

use super::judge;

const HONEST: &str = "# booting\nKTAP version 1\n1..3\n# 4 cores\nok 1 up\nok 2 - drain\n# x\nok 3 a # b\n\
                      # rundown: PASS\n";
const MUTATIONS: u32 = 100_000;
/// Of so many mutations at least one is harmless, and at least one is not.
const OFTEN: u32 = 50;

/// What a hostile kernel may print, as a line or within one.
const HOSTILE: &[&str] = &[
    "# rundown: FAIL",
    "# rundown: PASS",
    "# panic on core 1: x",
    "# exception on core 0: x",
    "not ok 2 x",
    "ok 2 x",
    "ok 4 y",
    "ok 3 a # SKIP",
    "1..3",
    "1..4",
    "KTAP version 1",
    "Bail out!",
    "# SKIP",
    "#skip",
    " # Todo ",
    "#",
    "\\",
    "\\#",
    "\r",
    "\t",
    " ",
    "\n",
    "\0",
    "\x1b[31m",
    "\u{a0}",
    "  ok 1 x",
    "# harmless",
    "skip",
    "SKIPPED",
    "FAIL",
    "PASS",
    "0",
    "on core 1",
    "panic",
];

/// A generator of the xorshift family (Marsaglia 2003), so that a seed says all.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap()
    }
}

#[test]
fn a_mutation_passes_only_with_all_of_the_report_and_nothing_against_it() {
    let seed = std::env::var("KTAP_SEED").ok().map_or(1, |text| text.parse().unwrap());
    println!("KTAP_SEED={seed}");
    // Not 0, with which the generator would stand still.
    let mut random = Random(seed << 1 | 1);
    let mut passed = 0;
    for number in 0..MUTATIONS {
        let mut text = HONEST.as_bytes().to_vec();
        for _ in 0..=random.below(3) {
            mutate(&mut text, &mut random);
        }
        let judged = judge(&text);
        passed += u32::from(judged.is_ok());
        if let (Ok(_), Some(wrong)) = (judged, wrong(&text)) {
            let shown = String::from_utf8_lossy(&text).escape_debug().to_string();
            panic!("KTAP_SEED={seed}, mutation {number} passes, but {wrong}: {shown}");
        }
    }
    assert!(passed >= MUTATIONS / OFTEN, "only {passed} pass");
    assert!(passed <= MUTATIONS - MUTATIONS / OFTEN, "{passed} pass");
}

/// Changes one thing in a report.
fn mutate(text: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(text.len());
    let hostile = HOSTILE[random.below(HOSTILE.len())].as_bytes();
    let mut lines: Vec<Vec<u8>> =
        text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let (one, other) = (random.below(lines.len()), random.below(lines.len()));
    match random.below(10) {
        0 => text[at] = u8::try_from(random.below(256)).unwrap(),
        1 => text[at] ^= 0x20, // another case, or a sign of the same column
        2 => drop(text.remove(at)),
        3 => text.truncate(at),
        4 => drop(text.splice(at..at, hostile.iter().copied())),
        choice => {
            match choice {
                5 => drop(lines.remove(one)),
                6 => lines.swap(one, other),
                7 => lines.insert(other, lines[one].clone()),
                8 => lines[one] = [hostile, b"\n"].concat(),
                _ => lines.insert(one, [hostile, b"\n"].concat()),
            }
            *text = lines.concat();
        }
    }
    if text.is_empty() {
        text.push(b'\n');
    }
}

/// Returns what a report lacks, or what stands against its pass.
fn wrong(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text).replace('\r', "\n");
    // Blanks at the end of a line mean nothing.
    let text: String =
        text.split('\n').map(|line| line.trim_end_matches([' ', '\t']).to_owned() + "\n").collect();
    let starts = |part: &str| format!("\n{text}").matches(&format!("\n{part}")).count();
    for (part, times) in
        [("KTAP version 1\n", 1), ("1..", 1), ("1..3", 1), ("ok ", 3), ("not ok", 0)]
    {
        if starts(part) != times {
            return Some(format!("{} lines begin with {part:?}", starts(part)));
        }
    }
    // Every line as if it began with a `#`, and nothing between a `#` and its text.
    let close = text.to_lowercase().replace("\x1b[31m", "").replace('\n', "\n#");
    let mut marks =
        close.split('#').map(|part| part.trim_start_matches(|c: char| !c.is_alphanumeric()));
    let against =
        ["rundown: fail", "panic on core 1", "exception on core 0", "not ok 2 x", "bail out!"];
    if let Some(part) = marks.find(|part| against[..3].iter().any(|bad| part.starts_with(bad))) {
        return Some(format!("there is {part:?}"));
    }
    if let Some(line) =
        close.split("\n#").find(|line| against[3..].iter().any(|bad| line.starts_with(bad)))
    {
        return Some(format!("there is {line:?}"));
    }
    let end = text.trim_end_matches([' ', '\t', '\n']);
    if close.matches("# rundown: pass").count() != 1 || !end.ends_with("\n# rundown: PASS") {
        return Some("the verdict is not there, not alone or not last".to_owned());
    }
    // In their order, each with an end.
    let mut rest = text.as_str();
    for part in ["KTAP version 1", "1..3", "ok 1", "ok 2", "ok 3"] {
        let Some(at) = format!("\n{rest}").find(&format!("\n{part}")) else {
            return Some(format!("{part:?} is not in its place"));
        };
        rest = &rest[at + part.len()..];
        if rest.starts_with(|c: char| c.is_alphanumeric()) {
            return Some(format!("{part:?} goes on"));
        }
    }
    text.lines().filter(|line| line.starts_with("ok ")).find_map(directive)
}

/// Returns the directive of a test. Of two backslashes none is left, and then a `#` behind one is none.
fn directive(line: &str) -> Option<String> {
    let plain = line.replace("\\\\", "").replace("\\#", "").replace("\x1b[31m", "").to_lowercase();
    let word = |part: &str| part.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let mut words = plain.split('#').skip(1).map(word);
    let found = words.any(|word| word.starts_with("skip") || word.starts_with("todo"));
    found.then(|| format!("a test has a directive: {line:?}"))
}
