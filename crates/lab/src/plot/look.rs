//! How a variant looks: its colour and its mark follow from its kind.

use super::canvas::FAINT;
use super::plane::Mark;
use ladder::Kind;
use plotters::style::RGBColor;

/// Returns the colour of a kind. These differ for colour-blind eyes, and in grey (Okabe and Ito, "Color
/// Universal Design", two of them darkened for white paper).
pub fn colour(kind: Kind) -> RGBColor {
    match kind {
        Kind::OwnLine => RGBColor(0x00, 0x5a, 0x9c),
        Kind::OneWord => RGBColor(0xd5, 0x5e, 0x00),
        Kind::OneLine => RGBColor(0xb0, 0x7d, 0x00),
        Kind::Lock => RGBColor(0x93, 0x3f, 0x76),
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
