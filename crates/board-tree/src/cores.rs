//! The cores: which there are, and which of them may be started.

use crate::error::Error;
use crate::place::{is_okay, text};
use dtoolkit::fdt::Fdt;
use dtoolkit::{Node, ToCellInt};

/// Most cores that are used: what QEMU's `virt` takes with a GICv3.
pub const MOST_CORES: usize = 512;

/// Affinity fields (Arm ARM, MPIDR_EL1): Aff3 in bits 39:32, Aff2, Aff1, Aff0 in 23:0.
const AFFINITY: u64 = 0xff_00ff_ffff;

/// The cores that are used.
#[derive(Clone, Debug)]
pub(crate) struct Cores {
    affinities: [u64; MOST_CORES],
    count: usize,
    /// Cores that stay off.
    pub(crate) off: usize,
    /// Whether the boot core runs although its status is not okay.
    pub(crate) boot_core_is_off: bool,
}

impl Cores {
    /// Reads which cores there are. The one with the affinity `boot_core` comes first, wherever it stands.
    ///
    /// Another is used if its status is okay and PSCI can start it (Linux,
    /// Documentation/devicetree/bindings/arm/cpus.yaml: status, enable-method). The boot core runs
    /// already, so what the tree says of its start is late.
    pub(crate) fn read(fdt: Fdt<'_>, boot_core: u64) -> Result<Cores, Error<'_>> {
        let cpus = fdt.find_node("/cpus").ok_or(Error::Tree("has no /cpus"))?;
        let mut cores =
            Cores { affinities: [0; MOST_CORES], count: 1, off: 0, boot_core_is_off: false };
        cores.affinities[0] = boot_core;
        let mut seen = false;
        for node in cpus.children().filter(|node| node.name_without_address() == "cpu") {
            let wrong = Error::Node(node.name(), "has a reg that is no affinity");
            let id = node.reg().ok().flatten().and_then(|mut all| all.next());
            let affinity: u64 = id.and_then(|id| id.address.to_int().ok()).ok_or(wrong.clone())?;
            if affinity & !AFFINITY != 0 {
                return Err(wrong);
            }
            let okay = is_okay(node);
            let twice = if affinity == boot_core {
                cores.boot_core_is_off = !okay;
                core::mem::replace(&mut seen, true)
            } else if okay && text(node, "enable-method") == Some("psci") {
                cores.add(affinity)?
            } else {
                cores.off += 1;
                false
            };
            if twice {
                return Err(Error::Number("lists two cores of the same affinity,", affinity));
            }
        }
        let missing =
            Error::Number("does not list the core that we run on, of affinity", boot_core);
        if seen { Ok(cores) } else { Err(missing) }
    }

    /// Adds a core. Returns whether it was there before.
    fn add(&mut self, affinity: u64) -> Result<bool, Error<'static>> {
        if self.affinities().contains(&affinity) {
            return Ok(true);
        }
        let place = self.affinities.get_mut(self.count);
        *place.ok_or(Error::Tree("lists more than 512 cores"))? = affinity;
        self.count += 1;
        Ok(false)
    }

    /// Returns the affinity (MPIDR_EL1) of each core, the boot core's first.
    pub(crate) fn affinities(&self) -> &[u64] {
        &self.affinities[..self.count]
    }
}
