//! How a rung looks: its colour and its mark, by its kind.

use super::canvas::FAINT;
use super::plane::Mark;
use plotters::style::RGBColor;

/// The colour of a rung. These differ for colour-blind eyes, and in grey (Okabe and Ito, "Color
/// Universal Design", two of them darkened for white paper).
pub fn colour(rung: &str) -> RGBColor {
    match rung {
        "padded64" | "padded128" | "cache_aware" => RGBColor(0x00, 0x5a, 0x9c),
        "shared_cas" | "shared" | "plain" => RGBColor(0xd5, 0x5e, 0x00),
        "packed" => RGBColor(0xb0, 0x7d, 0x00),
        "spin_lock" | "rw_lock" => RGBColor(0x93, 0x3f, 0x76),
        _ => FAINT,
    }
}

/// The mark of a rung.
pub fn mark(rung: &str) -> Mark {
    match rung {
        "padded64" | "padded128" | "cache_aware" => Mark::Square,
        "shared_cas" | "shared" | "plain" | "packed" => Mark::Disc,
        "spin_lock" | "rw_lock" => Mark::Triangle,
        _ => Mark::Cross,
    }
}
