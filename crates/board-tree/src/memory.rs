//! The memory that the tree lists, and the memory that it keeps for others.

use crate::error::Error;
use crate::pages::{page_range, whole_pages};
use crate::place::{Place, is_okay, text};
use crate::ranges::Ranges;
use core::ops::Range;
use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::standard::NodeStandard;
use dtoolkit::{Node, Property, ToCellInt};

/// Pieces of memory. Linux starts with room for 128, too (mm/memblock.c, INIT_MEMBLOCK_REGIONS).
pub(crate) type Pieces = Ranges<128>;
/// The memory of the machine.
pub(crate) type Ram = Ranges<32>;

/// Returns the memory that the root's memory nodes list.
///
/// `linux,usable-memory` takes the place of `reg` (Linux, drivers/of/fdt.c, early_init_dt_scan_memory).
pub(crate) fn ram(fdt: Fdt<'_>) -> Result<Ram, Error<'_>> {
    let mut ram = Ram::new();
    let root = fdt.root();
    let cells = root.address_space();
    for node in root.children() {
        if text(node, "device_type") != Some("memory") || !is_okay(node) {
            continue;
        }
        let wrong = Error::Node(node.name(), "lists no memory that can be understood");
        let list = node.property("linux,usable-memory").or_else(|| node.property("reg"));
        let list = list.ok_or(wrong.clone())?;
        let list = list
            .as_prop_encoded_array([cells.address_cells as usize, cells.size_cells as usize])
            .map_err(|_| wrong.clone())?;
        for [address, size] in list {
            let range = address.to_int().ok().zip(size.to_int().ok());
            let range = range.and_then(|(address, size)| sized(address, size));
            ram.add(whole_pages(range.ok_or(wrong.clone())?))
                .map_err(|_| Error::Tree("lists more than 32 pieces of memory"))?;
        }
    }
    match ram.bytes() {
        0 => Err(Error::Tree("lists no memory")),
        _ => Ok(ram),
    }
}

/// Returns what must stay as it is: the pages of every reservation and of the initial RAM disk.
///
/// Nothing of it is ever mapped, so `no-map` makes no difference, except to the tree at `tree`: that has
/// to be read. Reservations with a size alone have no place yet, and need none from us. One whose status
/// is not okay is kept, too: that costs nothing but memory.
pub(crate) fn reserved<'a>(fdt: Fdt<'a>, tree: &Range<usize>) -> Result<Pieces, Error<'a>> {
    let mut all = Pieces::new();
    let mut keep = |range: Range<usize>| {
        all.add(page_range(range))
            .map_err(|_| Error::Tree("reserves more than 128 pieces of memory"))
    };
    for entry in fdt.memory_reservations() {
        keep(sized(entry.address(), entry.size()).ok_or(Error::Number(
            "reserves memory beyond the last address, at",
            entry.address(),
        ))?)?;
    }
    if let Some(mut place) = Place::at(fdt, "/reserved-memory")? {
        for node in place.node().children() {
            place.enter(node)?;
            for which in 0..entries(node)? {
                let range = place.region(which);
                let wrong = Error::Node(node.name(), "reserves memory that cannot be understood");
                let range = page_range(range.ok_or(wrong)?);
                if node.property("no-map").is_some()
                    && range.start < tree.end
                    && tree.start < range.end
                {
                    let it = "memory that the device tree says is not to be mapped";
                    return Err(Error::Overlap(it, range, "the tree itself", tree.clone()));
                }
                keep(range)?;
            }
            place.leave();
        }
    }
    if let Some(initrd) = initrd(fdt)? {
        keep(initrd)?;
    }
    Ok(all)
}

/// Returns how many entries the `reg` of a reservation has.
fn entries<'a>(node: FdtNode<'a>) -> Result<usize, Error<'a>> {
    let reg = node.reg().map_err(|_| Error::Node(node.name(), "has a reg of a wrong length"))?;
    Ok(reg.map_or(0, |reg| reg.count()))
}

/// Returns where the initial RAM disk lies, if there is one. Its addresses have one cell or two (Linux,
/// drivers/of/fdt.c, early_init_dt_check_for_initrd).
fn initrd(fdt: Fdt<'_>) -> Result<Option<Range<usize>>, Error<'_>> {
    let Some(chosen) = fdt.find_node("/chosen") else { return Ok(None) };
    let number = |name: &str| {
        let value = chosen.property(name)?;
        let short = value.value_as::<u32>().map(u64::from);
        Some(short.or_else(|_| value.value_as::<u64>()).ok())
    };
    let (start, end) = match (number("linux,initrd-start"), number("linux,initrd-end")) {
        (None, None) => return Ok(None),
        (start, end) => (start.flatten(), end.flatten()),
    };
    let size = start.zip(end).and_then(|(start, end)| Some((start, end.checked_sub(start)?)));
    let range = size.and_then(|(start, size)| sized(start, size));
    range.map(Some).ok_or(Error::Node("chosen", "names no place for the initrd that it announces"))
}

/// Returns a range by its size, if it does not go beyond the last address.
fn sized(address: u64, size: u64) -> Option<Range<usize>> {
    let start = usize::try_from(address).ok()?;
    Some(start..start.checked_add(usize::try_from(size).ok()?)?)
}
