//! Measurements for tools: lines of the form `# measure {"name": ..., ...}`.

use crate::board::console::{print, println};
use core::fmt;

/// Prints one measurement as one JSON object: its name, then its fields in the order given.
///
/// A value stands there as it displays itself, which must be a number; for anything else take [`Text`].
pub fn print(name: &str, fields: &[(&str, &dyn fmt::Display)]) {
    print!("# measure {{\"name\":\"{name}\"");
    for (key, value) in fields {
        print!(",\"{key}\":{value}");
    }
    println!("}}");
}

/// A value that JSON puts in quotes. It must not contain any itself.
#[derive(Clone, Copy, Debug)]
pub struct Text<T>(pub T);

impl<T: fmt::Display> fmt::Display for Text<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\"{}\"", self.0)
    }
}
