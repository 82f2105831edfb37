//! How a variant looks: its colour and its mark follow from its kind.

use super::canvas::{Colour, FAINT, Mark};
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
