//! How a variant looks: its colour and its mark follow from its kind.

use super::canvas::{Colour, FAINT};
use super::plane::Mark;
use ladder::Kind;

/// Returns the colour of a kind. These differ for colour-blind eyes, and in grey (Okabe and Ito, "Color
/// Universal Design", two of them darkened for white paper).
pub fn colour(kind: Kind) -> Colour {
    match kind {
        Kind::OwnLine => "#005A9C",
        Kind::OneWord => "#D55E00",
        Kind::OneLine => "#B07D00",
        Kind::Lock => "#933F76",
        Kind::Wrong => FAINT,
    }
}

/// Returns the mark of a kind.
pub fn mark(kind: Kind) -> Mark {
    match kind {
        Kind::OwnLine => Mark::Square,
        Kind::OneWord | Kind::OneLine => Mark::Disc,
        Kind::Lock => Mark::Triangle,
        Kind::Wrong => Mark::Cross,
    }
}
