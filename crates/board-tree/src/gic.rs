//! The interrupt controller and its registers.

use crate::error::Error;
use crate::pages::{PAGE, PAST_THE_LAST};
use crate::place::Place;
use core::ops::Range;
use dtoolkit::fdt::Fdt;
use dtoolkit::standard::NodeStandard;
use dtoolkit::{Node, Property};

/// Most regions of redistributors. QEMU has two, servers have one a socket.
pub const MOST_REGIONS: usize = 32;

/// Bytes of a frame of GICv3 registers, and the least that a redistributor takes: two of them (Arm IHI
/// 0069, 12.8 and 12.10).
const FRAME: usize = 64 << 10;

/// The interrupt controller.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one, and no heap yet to put it in")]
pub enum Gic {
    /// GICv2: at most 8 cores.
    V2 {
        /// Distributor.
        distributor: Range<usize>,
        /// CPU interface, each core seeing its own at the same address.
        cpu_interface: Range<usize>,
    },
    /// GICv3.
    V3 {
        /// Distributor.
        distributor: Range<usize>,
        /// Regions of redistributors, some frames a core.
        redistributors: [Option<Range<usize>>; MOST_REGIONS],
        /// Bytes from a core's redistributor to the next, if the tree says so.
        stride: Option<usize>,
    },
}

impl Gic {
    /// Returns the controller's name, for reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::V2 { .. } => "GICv2",
            Self::V3 { .. } => "GICv3",
        }
    }

    /// Returns every range of registers.
    pub fn registers(&self) -> impl Iterator<Item = Range<usize>> {
        let (first, second, regions) = match self.clone() {
            Self::V2 { distributor, cpu_interface } => {
                (distributor, Some(cpu_interface), [const { None }; MOST_REGIONS])
            }
            Self::V3 { distributor, redistributors, .. } => (distributor, None, redistributors),
        };
        [Some(first), second].into_iter().chain(regions).flatten()
    }

    /// Finds the first controller that may be used, a GICv3 before a GICv2.
    pub(crate) fn find(fdt: Fdt<'_>) -> Result<Gic, Error<'_>> {
        if let Some(place) = compatible(fdt, &["arm,gic-v3"])? {
            return v3(&place);
        }
        match compatible(fdt, &["arm,cortex-a15-gic", "arm,gic-400"])? {
            Some(place) => Ok(Gic::V2 {
                distributor: place.registers(0, PAGE)?,
                cpu_interface: place.registers(1, PAGE)?,
            }),
            None => Err(Error::Tree(
                "lists neither a GICv2 nor a GICv3; set gic-version in QEMU_MACHINE",
            )),
        }
    }
}

/// Reads a GICv3 (Linux, Documentation/devicetree/bindings/interrupt-controller/arm,gic-v3.yaml).
fn v3<'a>(place: &Place<'a>) -> Result<Gic, Error<'a>> {
    let node = place.node();
    let wrong = |problem| Error::Node(node.name(), problem);
    let count = match node.property("#redistributor-regions") {
        None => Some(1),
        Some(count) => count.value_as::<u32>().ok().map(|count| count as usize),
    };
    let count = count.filter(|count| (1..=MOST_REGIONS).contains(count));
    let count = count.ok_or(wrong("has no regions of redistributors, or more than 32"))?;
    let mut redistributors = [const { None }; MOST_REGIONS];
    for (region, which) in redistributors[..count].iter_mut().zip(1..) {
        *region = Some(place.registers(which, 2 * FRAME)?);
    }
    let stride = match node.property("redistributor-stride") {
        None => None,
        Some(stride) => {
            let short = stride.value_as::<u32>().map(u64::from);
            let stride = short.or_else(|_| stride.value_as::<u64>()).ok();
            let stride = stride.and_then(|stride| usize::try_from(stride).ok());
            let stride = stride.filter(|stride| {
                stride.is_multiple_of(FRAME) && (FRAME + 1..PAST_THE_LAST).contains(stride)
            });
            Some(stride.ok_or(wrong("has a redistributor-stride that is not two frames or more"))?)
        }
    };
    Ok(Gic::V3 { distributor: place.registers(0, FRAME)?, redistributors, stride })
}

/// Returns the first node that may be used and is compatible with one of these.
pub(crate) fn compatible<'a>(fdt: Fdt<'a>, names: &[&str]) -> Result<Option<Place<'a>>, Error<'a>> {
    let mut place = Place::root(fdt);
    let wanted = |place: &Place<'a>| {
        names.iter().any(|name| place.node().is_compatible(name)) && place.is_okay()
    };
    Ok(place.search(&wanted)?.then_some(place))
}
