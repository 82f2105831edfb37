//! The machine, as its device tree describes it.

use crate::console::{self, ConsoleNote};
use crate::cores::Cores;
use crate::error::Error;
use crate::gic::{Gic, compatible};
use crate::memory::{self, Pieces, Ram};
use crate::pages::page_range;
use crate::place::text;
use crate::whole;
use core::fmt;
use core::ops::Range;
use dtoolkit::fdt::Fdt;

/// How PSCI is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduit {
    /// By `HVC`: the hypervisor answers (QEMU, when we start at EL1).
    Hvc,
    /// By `SMC`: the firmware answers (QEMU, when we start at EL2).
    Smc,
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    /// Registers of the UART for output.
    pub uart: Range<usize>,
    /// The memory.
    pub ram: Ram,
    /// What of it must stay as it is; also the initial RAM disk.
    pub reserved: Pieces,
    /// The pages of the tree itself.
    pub tree: Range<usize>,
    /// The interrupt controller.
    pub gic: Gic,
    /// How to call PSCI.
    pub conduit: Conduit,
    /// The number of cores that are used.
    pub core_count: usize,
    arguments: &'a str,
    cores: Cores,
    console_note: Option<ConsoleNote<'a>>,
}

/// What is unusual about a tree, for the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note<'a> {
    /// The console is not one that the tree names.
    Console(ConsoleNote<'a>),
    /// So many cores are not used.
    CoresOff(usize),
    /// The boot core should not run.
    BootCoreOff,
}

impl fmt::Display for Note<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Console(note) => note.fmt(f),
            Self::CoresOff(count) => {
                write!(f, "cores that stay off: {count}; by their status or enable-method")
            }
            Self::BootCoreOff => write!(f, "the status of the core that we run on is not okay"),
        }
    }
}

impl<'a> Machine<'a> {
    /// Reads a tree that lies at `address`, on a core of the affinity `boot_core`.
    pub fn read(tree: &'a [u8], address: usize, boot_core: u64) -> Result<Machine<'a>, Error<'a>> {
        let fdt = whole::tree(tree)?;
        let end = address.checked_add(tree.len()).ok_or(Error::Tree("ends beyond all memory"))?;
        let tree = page_range(address..end);
        let (uart, console_note) = console::find(fdt)?;
        let cores = Cores::read(fdt, boot_core)?;
        let chosen = fdt.find_node("/chosen");
        Ok(Machine {
            uart,
            ram: memory::ram(fdt)?,
            reserved: memory::reserved(fdt, &tree)?,
            tree,
            gic: Gic::find(fdt)?,
            conduit: conduit(fdt)?,
            core_count: cores.affinities().len(),
            arguments: chosen.and_then(|chosen| text(chosen, "bootargs")).unwrap_or(""),
            cores,
            console_note,
        })
    }

    /// Returns what was given to QEMU with `-append`.
    pub fn arguments(&self) -> &'a str {
        self.arguments
    }

    /// Returns the value of `name=value` among the arguments.
    pub fn argument(&self, name: &str) -> Option<&'a str> {
        self.arguments
            .split_ascii_whitespace()
            .filter_map(|argument| argument.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Returns the affinity (MPIDR_EL1) of each core: the boot core's, then the others in the tree's order.
    pub fn affinities(&self) -> &[u64] {
        self.cores.affinities()
    }

    /// Returns every range of device registers.
    pub fn devices(&self) -> impl Iterator<Item = Range<usize>> {
        [self.uart.clone()].into_iter().chain(self.gic.registers())
    }

    /// Returns what is unusual about this machine, for the report.
    pub fn notes(&self) -> impl Iterator<Item = Note<'a>> {
        let off = self.cores.off;
        let notes = [
            self.console_note.map(Note::Console),
            (off > 0).then_some(Note::CoresOff(off)),
            self.cores.boot_core_is_off.then_some(Note::BootCoreOff),
        ];
        notes.into_iter().flatten()
    }
}

/// Reads how PSCI is called. Before 0.2 its functions had no fixed numbers (Linux,
/// Documentation/devicetree/bindings/arm/psci.yaml).
fn conduit(fdt: Fdt<'_>) -> Result<Conduit, Error<'_>> {
    let place = compatible(fdt, &["arm,psci-1.0", "arm,psci-0.2"])?;
    match place.and_then(|place| text(place.node(), "method")) {
        Some("hvc") => Ok(Conduit::Hvc),
        Some("smc") => Ok(Conduit::Smc),
        _ => Err(Error::Tree("names no PSCI method; remove secure=on from QEMU_MACHINE")),
    }
}
