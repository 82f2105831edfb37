//! The plots: each is one SVG, which stands alone and in the page.
//!
//! - [`canvas`] makes the SVG, its texts and its colours; [`plane`] is one system of axes in it.
//! - [`ladder`], [`coherence`], [`drain`] and [`instructions`] draw one figure each.
//! - [`still`](mod@still) draws a moment of the replay.
//! - [`look`] has the colour and the mark of a variant, [`numbers`] says numbers in few letters.
//!
//! Each variant has a panel, in the same place in every figure: ten lines in one panel could not be told
//! apart. What an outline means is always said in words or numbers too, not by colour alone.

mod canvas;
mod coherence;
mod drain;
mod instructions;
mod ladder;
mod look;
pub mod numbers;
mod panels;
mod plane;
pub mod still;

use super::data::Data;

/// A drawn figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What its file is called, without `.svg`.
    pub name: &'static str,
    /// The SVG, as a file of its own.
    pub svg: String,
}

/// Draws all figures.
pub fn all(data: &Data) -> [Figure; 4] {
    [
        Figure { name: "ladder", svg: ladder::draw(data) },
        Figure { name: "coherence", svg: coherence::draw(data) },
        Figure { name: "drain", svg: drain::draw(data) },
        Figure { name: "instructions", svg: instructions::draw(data) },
    ]
}
