//! A node with the way that leads to it: what its addresses mean depends on every bus above it.

use crate::error::Error;
use crate::pages::{PAST_THE_LAST, page_range};
use core::ops::Range;
use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::{Node, Property};

/// Nodes on a way, the root among them. QEMU's trees are 6 deep; Linux stops at 64 (drivers/of/fdt.c,
/// FDT_MAX_DEPTH).
const DEEPEST: usize = 32;

/// A node and those that it lies in, the root first.
#[derive(Clone)]
pub(crate) struct Place<'a> {
    way: [FdtNode<'a>; DEEPEST],
    depth: usize,
}

impl<'a> Place<'a> {
    /// Returns the root.
    pub(crate) fn root(fdt: Fdt<'a>) -> Self {
        Self { way: [fdt.root(); DEEPEST], depth: 0 }
    }

    /// Returns the node that a path from the root leads to.
    pub(crate) fn at(fdt: Fdt<'a>, path: &str) -> Result<Option<Self>, Error<'a>> {
        let mut place = Self::root(fdt);
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let Some(child) = place.node().child(name) else { return Ok(None) };
            place.enter(child)?;
        }
        Ok(path.starts_with('/').then_some(place))
    }

    /// Returns the node.
    pub(crate) fn node(&self) -> FdtNode<'a> {
        self.way[self.depth]
    }

    /// Goes to a child of the node.
    pub(crate) fn enter(&mut self, child: FdtNode<'a>) -> Result<(), Error<'a>> {
        if self.depth + 1 == DEEPEST {
            return Err(Error::Tree("is nested deeper than 32 nodes"));
        }
        self.depth += 1;
        self.way[self.depth] = child;
        Ok(())
    }

    /// Goes back to the node that this one lies in.
    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Goes to the first node below that is wanted, in the order of the tree, or stays.
    pub(crate) fn search(&mut self, wanted: &dyn Fn(&Self) -> bool) -> Result<bool, Error<'a>> {
        for child in self.node().children() {
            self.enter(child)?;
            if wanted(self) || self.search(wanted)? {
                return Ok(true);
            }
            self.leave();
        }
        Ok(false)
    }

    /// Returns whether the node and every bus above it may be used.
    pub(crate) fn is_okay(&self) -> bool {
        self.way[..=self.depth].iter().all(|node| is_okay(*node))
    }

    /// Returns one entry of the node's `reg`, as the cores see it.
    ///
    /// Each bus on the way to the root translates it by its `ranges`; one without `ranges` lets nothing
    /// through, an empty one changes nothing (Devicetree Specification, 2.3.8).
    pub(crate) fn region(&self, which: usize) -> Option<Range<usize>> {
        let reg = self.node().reg().ok()??.nth(which)?;
        let (mut address, size) = (reg.address::<u64>().ok()?, reg.size::<u64>().ok()?);
        for bus in self.way[1..self.depth.max(1)].iter().rev() {
            if bus.property("ranges")?.value().is_empty() {
                continue;
            }
            address = bus.ranges().ok()??.find_map(|window| {
                let offset = address.checked_sub(window.child_bus_address().ok()?)?;
                let rest = window.length::<u64>().ok()?.checked_sub(offset)?;
                let parent = window.parent_bus_address::<u64>().ok()?.checked_add(offset)?;
                (size <= rest).then_some(parent)
            })?;
        }
        let start = usize::try_from(address).ok()?;
        Some(start..start.checked_add(usize::try_from(size).ok()?)?)
    }

    /// Returns the registers of a device: one entry of its `reg`, of at least so many bytes, on pages
    /// that are mapped.
    pub(crate) fn registers(&self, which: usize, least: usize) -> Result<Range<usize>, Error<'a>> {
        let wrong = |problem| Error::Node(self.node().name(), problem);
        let region = self.region(which).ok_or(wrong("has no reg that leads to the cores"))?;
        if region.len() < least {
            return Err(wrong("has a reg that is too small for its registers"));
        }
        if region != page_range(region.clone()) {
            return Err(wrong("has registers that do not begin and end with a page"));
        }
        if region.end > PAST_THE_LAST {
            return Err(wrong("has registers beyond the 512 GiB that are mapped"));
        }
        Ok(region)
    }
}

/// Returns whether a node may be used (Devicetree Specification, 2.3.4; Linux takes "ok", too:
/// drivers/of/base.c, __of_device_is_status).
pub(crate) fn is_okay(node: FdtNode<'_>) -> bool {
    match node.property("status") {
        None => true,
        Some(status) => matches!(status.value(), b"okay\0" | b"ok\0"),
    }
}

/// Returns the text of a property, if it is one.
pub(crate) fn text<'a>(node: FdtNode<'a>, name: &str) -> Option<&'a str> {
    node.property(name)?.value_as().ok()
}
