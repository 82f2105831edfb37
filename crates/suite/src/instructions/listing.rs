//! The listings of docs/guide/atomics.md: word by word the code of the image, and a comment on each line.

use anyhow::{Context as _, ensure};

use crate::barriers::code::{self, Function};
use crate::barriers::instruction::Instruction;
use crate::step::Outcome;

/// Where they are.
pub const FILE: &str = "docs/guide/atomics.md";
/// What has a listing.
const LISTED: [&str; 2] = ["static_acquire", "static_release"];

/// Compares the listings of one kind of machine with its image.
pub fn compared(document: &str, machine: &str, image: &[u8]) -> anyhow::Result<Outcome> {
    let functions = code::functions(image)?;
    let mut sum = Outcome::default();
    for name in LISTED {
        let function = functions.iter().find(|function| function.name == name);
        let function = function.with_context(|| format!("the image has no {name}"))?;
        let title = format!("{name}, {machine}");
        let fault = fault(&words(document, &title)?, function);
        sum.add(Outcome::check(fault.is_none(), || {
            format!("{FILE}: the listing of {title}: {}\n", fault.unwrap_or_default())
        }));
    }
    Ok(sum)
}

/// Returns the words of a listing: the fenced block after `<!-- listing: TITLE -->`, where each line is a word
/// in hexadecimal, its instruction, and a comment. A line that begins with `//` stands between them.
fn words(document: &str, title: &str) -> anyhow::Result<Vec<u32>> {
    let mark = format!("<!-- listing: {title} -->");
    let after = document.split_once(&mark).with_context(|| format!("no {mark}"))?.1;
    let block = after.split("```").nth(1).with_context(|| format!("no block after {mark}"))?;
    let lines = block.lines().skip(1).filter(|line| !line.starts_with("//"));
    let words = lines.map(|line| {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        ensure!(!comment.trim().is_empty(), "{title}: no comment: {line}");
        let word = code.split_whitespace().next().unwrap_or_default();
        u32::from_str_radix(word, 16).with_context(|| format!("{title}: no word: {line}"))
    });
    words.collect()
}

/// Returns what differs.
fn fault(listed: &[u32], function: &Function) -> Option<String> {
    let length = function.code.len();
    let shown: Vec<u32> =
        function.code.iter().zip(0..).map(|(one, at)| without_place(*one, at, length)).collect();
    if shown == listed {
        return None;
    }
    let words: Vec<String> = shown.iter().map(|word| format!("{word:08x}")).collect();
    Some(format!("the words are now\n{}", words.join("\n")))
}

/// Returns a word as it is wherever the linker puts the function: calls, and jumps out of it, lead to 0.
fn without_place(one: Instruction, at: i64, length: usize) -> u32 {
    let Some(bytes) = one.called().or(one.jumps()) else { return one.0 };
    let inside = (0..length as i64).contains(&(at + bytes / 4));
    if inside && one.called().is_none() { one.0 } else { one.0 & 0xfc00_0000 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::elf;

    const START: u64 = 0x4020_0000;
    /// ldr x8, [x0]; tbnz w8, #0, +12; bl 64; b +4; ret; b 64
    const CODE: [u32; 6] =
        [0xf940_0008, 0x3700_0068, 0x9400_0010, 0x1400_0001, 0xd65f_03c0, 0x1400_0010];

    fn image(code: [u32; 6]) -> Vec<u8> {
        let names: Vec<String> = (0..100).map(|number| format!("other{number}")).collect();
        let mut symbols = vec![("static_acquire", START), ("static_release", START + 24)];
        symbols.extend(names.iter().zip(12..).map(|(name, at)| (name.as_str(), START + 4 * at)));
        let mut words = [code, code].concat();
        words.resize(200, 0xd503_201f);
        elf(START, &words, &symbols)
    }

    fn document(lines: &str) -> String {
        let of = |name| format!("<!-- listing: {name}, LSE -->\n\n```text\n{lines}\n```\n");
        of("static_acquire") + &of("static_release")
    }

    const LINES: &str = "f9400008 ldr x8, [x0] // the word\n37000068 tbnz // a bit\n94000000 bl // out\n\
                         // a line between\n14000001 b // inside\nd65f03c0 ret // back\n14000000 b // out";

    #[test]
    fn every_word_is_compared_but_for_where_the_linker_puts_what() {
        let outcome = compared(&document(LINES), "LSE", &image(CODE)).unwrap();
        assert_eq!((outcome.passed, outcome.failed), (2, 0), "{}", outcome.output);
        let mut other = CODE;
        other[2] = 0x9400_0020; // the called function lies elsewhere
        assert_eq!(compared(&document(LINES), "LSE", &image(other)).unwrap().passed, 2);
        for (at, word) in [(0, 0xf940_0009), (3, 0x1400_0002), (4, 0xd65f_0000)] {
            let mut other = CODE;
            other[at] = word;
            let outcome = compared(&document(LINES), "LSE", &image(other)).unwrap();
            assert_eq!(outcome.failed, 2);
            assert!(outcome.output.contains(&format!("\n{word:08x}\n")), "{}", outcome.output);
        }
    }

    #[test]
    fn a_line_too_few_without_a_comment_or_without_a_word_is_a_fault() {
        let (short, _) = LINES.rsplit_once('\n').unwrap();
        assert_eq!(compared(&document(short), "LSE", &image(CODE)).unwrap().failed, 2);
        let error =
            |lines: &str| compared(&document(lines), "LSE", &image(CODE)).unwrap_err().to_string();
        assert!(error(&LINES.replace("// back", "//")).contains("no comment: d65f03c0"));
        assert!(error(&LINES.replace("d65f03c0", "back")).contains("no word: back"));
        assert!(compared("", "LSE", &image(CODE)).is_err());
    }
}
