//! Lab 1: counts of lines, predicted and then counted.

use crate::answers::Answers;
use crate::handin::Handin;
use crate::missing::not_done;
use crate::scope::Scope;
use runner::exit_error::ExitError;
use std::collections::BTreeMap;
use tools::cargo;

/// The variants of the ladder that are predicted.
pub const VARIANTS: [&str; 5] = ["shared", "plain", "packed", "padded64", "cache_aware"];
/// Cores that take turns.
pub const CORES: u32 = 8;
const _: () = assert!(CORES >= 8, "the drain of 8 slots is asked for");
/// Pairs that each of them does.
pub const PAIRS: u32 = 100;
/// Bytes of a line, and of a wide one.
const LINE: u32 = 64;
const WIDE_LINE: u32 = 128;
/// What is counted with wide lines.
const WIDE_VARIANT: &str = "padded64";
/// What is counted besides: the answer, the phase, and the bytes of a line.
pub const MORE: [(&str, &str, u32); 2] = [
    ("drain_of_8_slots", "drain 8", LINE),
    ("padded64_with_lines_of_128", WIDE_VARIANT, WIDE_LINE),
];

/// What was counted of the phases, by their names and the bytes of a line.
type Counted = BTreeMap<(String, u32), u64>;

/// Judges it: every prediction is a number, every count is right, and what was predicted wrongly is explained.
pub fn judge(handin: &Handin) -> Result<String, ExitError> {
    let answers = Answers::read(handin)?;
    let predicted = VARIANTS.map(|name| answers.number(&format!("predicted.{name}")));
    let predicted = predicted.into_iter().collect::<Result<Vec<f64>, _>>()?;
    for (name, _) in wanted() {
        answers.count(&name)?; // before a kernel is built for it
    }
    compare(&answers, &predicted, &count(handin)?)
}

/// Returns the counts that are asked for, as they stand in the file: each answer with its phase and the bytes of a line.
fn wanted() -> Vec<(String, (String, u32))> {
    let variants = VARIANTS.map(|name| (format!("counted.{name}"), (name.to_owned(), LINE)));
    let more = MORE.map(|(name, phase, line)| (format!("more.{name}"), (phase.to_owned(), line)));
    variants.into_iter().chain(more).collect()
}

/// Counts all that is asked for.
fn count(handin: &Handin) -> Result<Counted, ExitError> {
    println!("lab 1: counts anew; the first time it builds a kernel, which takes a minute");
    let scope = Scope::new(&handin.root)?;
    let image = cargo::image(&handin.root, None, "ladder")?;
    let mut counted = Counted::new();
    for (bytes, variants) in [(LINE, VARIANTS.join(",")), (WIDE_LINE, WIDE_VARIANT.to_owned())] {
        let append = format!("mode=coherence pairs={PAIRS} rungs={variants}");
        let counts = scope.count(&image, CORES, bytes, &append)?;
        for (_, (phase, line)) in wanted().into_iter().filter(|(_, (_, line))| *line == bytes) {
            let transfers = counts.phase(&phase, "transfers")?;
            counted.insert((phase, line), transfers);
        }
    }
    Ok(counted)
}

/// Compares the answers with what was counted.
fn compare(
    answers: &Answers<'_>,
    predicted: &[f64],
    counted: &Counted,
) -> Result<String, ExitError> {
    for (name, of) in wanted() {
        let (answer, (phase, line)) = (answers.count(&name)?, &of);
        if answer != counted[&of] {
            let what = format!("{CORES} cores, {PAIRS} pairs each, lines of {line} bytes");
            return Err(not_done(format!(
                "{name} is {answer}, and a run counts something else: the \"transfers\" of phase \"{phase}\" ({what})"
            )));
        }
    }
    let mut right = 0;
    for (name, guess) in VARIANTS.iter().zip(predicted) {
        let all = counted[&((*name).to_owned(), LINE)];
        let each = all as f64 / f64::from(CORES * PAIRS);
        if (guess - each).abs() < 0.005 {
            right += 1;
        } else if answers.text(&format!("why.{name}")).is_err() {
            return Err(not_done(format!(
                "the counts are right, but you predicted {guess} lines a pair for {name} and counted {each}: \
                 say why in a sentence in [why], {name} = \"...\""
            )));
        }
    }
    let all = predicted.len();
    Ok(format!("the counts are right, and so were {right} of {all} predictions"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[predicted]\nshared = 2\nplain = 2\npacked = 2\npadded64 = 0\ncache_aware = 0\n\
        [counted]\nshared = 1600\nplain = 2200\npacked = 1600\npadded64 = 0\ncache_aware = 0\n\
        [more]\ndrain_of_8_slots = 7\npadded64_with_lines_of_128 = 1600\n\
        [why]\nplain = \"the look\"\n";

    fn counted() -> Counted {
        let of = |phase: &str, line, count| ((phase.to_owned(), line), count);
        Counted::from([
            of("shared", 64, 1600),
            of("plain", 64, 2200),
            of("packed", 64, 1600),
            of("padded64", 64, 0),
            of("cache_aware", 64, 0),
            of("drain 8", 64, 7),
            of("padded64", 128, 1600),
        ])
    }

    fn handin(text: &str) -> Handin {
        let text = text.to_owned();
        Handin { root: "/".into(), lab: 1, file: "f.toml", name: "f.toml".to_owned(), text }
    }

    fn judged(text: &str) -> Result<String, String> {
        let handin = handin(text);
        let answers = Answers::read(&handin).unwrap();
        let predicted = VARIANTS.map(|name| answers.number(&format!("predicted.{name}")).unwrap());
        compare(&answers, &predicted, &counted()).map_err(|error| error.line)
    }

    #[test]
    fn right_counts_pass_and_predictions_need_not_be_right() {
        assert_eq!(judged(GOOD).unwrap(), "the counts are right, and so were 4 of 5 predictions");
        let better = GOOD.replacen("plain = 2\n", "plain = 2.75\n", 1);
        assert_ne!(better, GOOD);
        assert_eq!(
            judged(&better).unwrap(),
            "the counts are right, and so were 5 of 5 predictions"
        );
    }

    #[test]
    fn a_wrong_prediction_wants_a_sentence() {
        let (before, _) = GOOD.split_once("[why]").unwrap();
        for why in ["[why]\n", "[why]\nplain = \"?\"\n", "[why]\nplain = \" \"\n"] {
            let line = judged(&format!("{before}{why}")).unwrap_err();
            assert!(
                line.contains("you predicted 2 lines a pair for plain and counted 2.75"),
                "{line}"
            );
        }
    }

    #[test]
    fn a_count_that_differs_by_one_is_named_and_not_given_away() {
        for (answer, name, phase) in [
            (
                "padded64 = 0\ncache",
                "counted.padded64",
                "phase \"padded64\" (8 cores, 100 pairs each, lines of 64 bytes)",
            ),
            ("drain_of_8_slots = 7", "more.drain_of_8_slots", "phase \"drain 8\""),
            ("padded64_with_lines_of_128 = 1600", "more.padded64_with", "lines of 128 bytes"),
        ] {
            let (start, rest) = GOOD.rsplit_once(answer).unwrap();
            let wrong = answer.replacen("= ", "= 1", 1);
            let line = judged(&format!("{start}{wrong}{rest}")).unwrap_err();
            assert!(line.starts_with(name) && line.contains(phase), "{line}");
        }
    }

    #[test]
    fn what_is_missing_first_is_what_stands_first_in_the_file() {
        let (start, _) = GOOD.split_once("[counted]").unwrap();
        let open = VARIANTS.map(|name| format!("{name} = \"?\"\n")).concat();
        let line = judge(&handin(&format!("{start}[counted]\n{open}"))).unwrap_err().line;
        assert!(line.starts_with("counted.shared in "), "{line}");
    }

    #[test]
    fn what_is_not_filled_in_needs_no_boot() {
        for open in ["shared = 2\n", "shared = 1600\n", "drain_of_8_slots = 7"] {
            let (name, _) = open.split_once(" = ").unwrap();
            let text = GOOD.replacen(open, &format!("{name} = \"?\"\n"), 1);
            let line = judge(&handin(&text)).unwrap_err().line;
            assert!(line.contains(name) && line.ends_with("is not filled in"), "{line}");
        }
    }
}
