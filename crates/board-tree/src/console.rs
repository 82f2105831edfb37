//! The console: the PL011 that the tree names for output, or the first one.

use crate::error::Error;
use crate::pages::PAGE;
use crate::place::{Place, text};
use core::fmt;
use core::ops::Range;
use dtoolkit::fdt::Fdt;
use dtoolkit::standard::NodeStandard;

/// Why the console is not one that the tree names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsoleNote<'a> {
    /// There is no `stdout-path`.
    NotNamed,
    /// `stdout-path` does not lead to a PL011 that may be used.
    NotUsable(&'a str),
}

impl fmt::Display for ConsoleNote<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNamed => write!(f, "the device tree names no console")?,
            Self::NotUsable(path) => {
                write!(f, "the device tree's console {path} is no PL011 that is okay")?;
            }
        }
        write!(f, "; this is its first PL011")
    }
}

/// Returns the registers of the console, and what there is to say about the choice.
pub(crate) fn find(fdt: Fdt<'_>) -> Result<(Range<usize>, Option<ConsoleNote<'_>>), Error<'_>> {
    let named = fdt.find_node("/chosen").and_then(|chosen| text(chosen, "stdout-path"));
    let note = match named {
        None => ConsoleNote::NotNamed,
        Some(path) => match at(fdt, path)?.filter(is_usable) {
            Some(place) => return Ok((registers(&place)?, None)),
            None => ConsoleNote::NotUsable(path),
        },
    };
    let mut place = Place::root(fdt);
    if !place.search(&is_usable)? {
        return Err(Error::Tree("lists no console: no arm,pl011 that is okay"));
    }
    Ok((registers(&place)?, Some(note)))
}

/// Returns the node that a `stdout-path` means: a path, or an alias for its beginning, and perhaps
/// options behind a colon (Devicetree Specification, 3.3 and 3.6).
fn at<'a>(fdt: Fdt<'a>, stdout_path: &'a str) -> Result<Option<Place<'a>>, Error<'a>> {
    let path = stdout_path.split(':').next().unwrap_or(stdout_path);
    if path.starts_with('/') {
        return Place::at(fdt, path);
    }
    let (alias, rest) = path.split_once('/').unwrap_or((path, ""));
    let aliases = fdt.find_node("/aliases");
    // What an alias stands for is a path from the root: it is not looked up once more.
    let Some(beginning) = aliases.and_then(|aliases| text(aliases, alias)) else { return Ok(None) };
    let Some(mut place) = Place::at(fdt, beginning)? else { return Ok(None) };
    for name in rest.split('/').filter(|name| !name.is_empty()) {
        let Some(child) = dtoolkit::Node::child(&place.node(), name) else { return Ok(None) };
        place.enter(child)?;
    }
    Ok(Some(place))
}

fn is_usable(place: &Place<'_>) -> bool {
    place.node().is_compatible("arm,pl011") && place.is_okay() && registers(place).is_ok()
}

fn registers<'a>(place: &Place<'a>) -> Result<Range<usize>, Error<'a>> {
    place.registers(0, PAGE) // Arm DDI 0183: a PL011 takes 4 KiB
}
