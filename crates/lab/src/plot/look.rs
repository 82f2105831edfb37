//! How a variant looks: its colour and its mark follow from its kind.

use super::canvas::Mark;
use super::colour::{self, Colour, FAINT};
use super::legend::Sign;
use ladder::{About, Kind};

/// Kinds in the order of a legend.
const KINDS: [Kind; 5] = [Kind::OwnLine, Kind::OneWord, Kind::OneLine, Kind::Lock, Kind::Wrong];

/// Returns the colour of a kind. These differ for colour-blind eyes, and in grey (Okabe and Ito, "Color
/// Universal Design", two of them darkened for white paper, and all lightened for dark).
pub fn colour(kind: Kind) -> Colour {
    match kind {
        Kind::OwnLine => colour::colour("#005A9C", "#6CB6FF"),
        Kind::OneWord => colour::colour("#D55E00", "#FF9D5C"),
        Kind::OneLine => colour::colour("#B07D00", "#E3C04F"),
        Kind::Lock => colour::colour("#933F76", "#E08FC4"),
        Kind::Wrong => FAINT,
    }
}

/// A disc, 16 units across as all marks.
pub const DISC: Mark = "m-6,0a6,6 0 1 0 12,0a6,6 0 1 0 -12,0z";
/// A square.
pub const SQUARE: Mark = "m-5,-5h10v10h-10z";
const TRIANGLE: Mark = "m0,-6l-5.5,9h11z";
const CROSS: Mark = "m-7,-7l14,14m0,-14l-14,14";

/// Returns the mark of a kind.
pub fn mark(kind: Kind) -> Mark {
    match kind {
        Kind::OwnLine => SQUARE,
        Kind::OneWord | Kind::OneLine => DISC,
        Kind::Lock => TRIANGLE,
        Kind::Wrong => CROSS,
    }
}

/// Returns the line of a kind, for a legend.
pub fn points(kind: Kind) -> Sign {
    Sign::Points(colour(kind), mark(kind))
}

/// Returns what a kind is.
pub fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::OwnLine => "a line for each core",
        Kind::OneWord => "one word for all cores",
        Kind::OneLine => "a word for each core, in one line",
        Kind::Lock => "a lock",
        Kind::Wrong => "wrong: loses counts",
    }
}

/// Returns the kinds of these variants for a legend, each with its sign.
pub fn kinds(variants: &[&About], sign: fn(Kind) -> Sign) -> Vec<(Sign, String)> {
    let there = KINDS.iter().filter(|kind| variants.iter().any(|variant| variant.kind == **kind));
    there.map(|kind| (sign(*kind), words(*kind).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ladder::VARIANTS;

    #[test]
    fn a_legend_names_the_kinds_that_are_there_once_and_all_differ() {
        let all: Vec<&About> = VARIANTS.iter().collect();
        let mut looks = kinds(&all, points);
        assert_eq!(looks.len(), KINDS.len());
        looks.dedup_by_key(|(sign, _)| *sign);
        assert_eq!(looks.len(), KINDS.len());
        let shared = ladder::find("shared").unwrap();
        let one = [(points(Kind::OneWord), "one word for all cores".to_owned())];
        assert_eq!(kinds(&[shared, shared], points), one);
    }
}
