//! Makes a page that replays a trace of the plugin cachescope, cache by cache.
//!
//! - [`records`] reads the plugin's steps (crates/cachescope/src/steps.rs).
//! - [`run`] makes what the page has of them, [`page`] puts it into one HTML file, [`file`](mod@file) writes that.
//!
//! The page itself is in `page/`: `page.html` and `style.css`; `caches.js` computes the states of the caches from the
//! steps, `view.js` shows them, `controls.js` steps through them and asks.

pub mod file;
pub mod page;
pub mod records;
pub mod run;
