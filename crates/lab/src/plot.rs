//! The plots: each is one SVG, which stands alone and in the page.
//!
//! - [`canvas`] makes the SVG, its texts and its colours; [`plane`] is one system of axes in it.
//! - [`ladder`], [`coherence`], [`drain`] and [`instructions`] draw one figure each.
//! - [`look`] has the colour and the mark of a variant, [`numbers`] says numbers in few letters.
//!
//! Each variant has a panel, in the same place in every figure: ten lines in one panel could not be told
//! apart. What an outline means is always said in words or numbers too, not by colour alone.

pub mod canvas;
pub mod coherence;
pub mod drain;
pub mod instructions;
pub mod ladder;
pub mod look;
pub mod numbers;
pub mod panels;
pub mod plane;

use super::data::Data;
use runner::exit_error::ExitError;

/// A drawn figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What its file is called, without `.svg`.
    pub name: &'static str,
    /// The SVG, as a file of its own.
    pub svg: String,
}

/// Draws all figures.
pub fn all(data: &Data) -> Result<Vec<Figure>, ExitError> {
    let wrong =
        |error: canvas::Failure| ExitError::setup(format!("cannot draw: {error}"), "report this");
    Ok(vec![
        Figure { name: "ladder", svg: ladder::draw(data).map_err(wrong)? },
        Figure { name: "coherence", svg: coherence::draw(data).map_err(wrong)? },
        Figure { name: "drain", svg: drain::draw(data).map_err(wrong)? },
        Figure { name: "instructions", svg: instructions::draw(data).map_err(wrong)? },
    ])
}
