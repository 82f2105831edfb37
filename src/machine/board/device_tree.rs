//! What the device tree says about the machine. Nothing of it is assumed elsewhere.

use crate::board::image;
use core::ops::Range;
use dtoolkit::fdt::{Fdt, FdtNode};
use dtoolkit::standard::NodeStandard;
use dtoolkit::{Node, Property, ToCellInt};
use spin::Once;

/// Where QEMU puts the tree when it loads an ELF file: the start of RAM, with x0 = 0 (QEMU manual,
/// "virt" machine, "Hardware configuration information for bare-metal programming").
const ELF_TREE_ADDRESS: usize = 0x4000_0000;

/// How PSCI is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conduit {
    /// By `HVC`: the hypervisor answers (QEMU, when we start at EL1).
    Hvc,
    /// By `SMC`: the firmware answers (QEMU, when we start at EL2).
    Smc,
}

/// The interrupt controller and its registers.
#[derive(Clone, Debug)]
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
        /// Regions of redistributors, one frame a core.
        redistributors: [Option<Range<usize>>; 2],
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
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Registers of the UART that `/chosen` names for output.
    pub uart: Range<usize>,
    /// The RAM that this image lies in.
    pub ram: Range<usize>,
    /// The memory of the tree itself.
    pub tree: Range<usize>,
    /// The interrupt controller.
    pub gic: Gic,
    /// How to call PSCI.
    pub conduit: Conduit,
    /// The number of cores.
    pub core_count: usize,
    fdt: Fdt<'static>,
}

impl Machine {
    /// Returns what was given to QEMU with `-append`.
    pub fn arguments(&self) -> &'static str {
        self.fdt
            .find_node("/chosen")
            .and_then(|chosen| chosen.property("bootargs"))
            .and_then(|value| value.value_as::<&'static str>().ok())
            .unwrap_or("")
    }

    /// Returns the value of `name=value` among the arguments.
    pub fn argument(&self, name: &str) -> Option<&'static str> {
        self.arguments()
            .split_ascii_whitespace()
            .filter_map(|argument| argument.split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Returns the affinity (MPIDR_EL1) of each core, in the order of the tree.
    pub fn affinities(&self) -> impl Iterator<Item = u64> {
        cpus(self.fdt)
    }
}

static MACHINE: Once<Machine> = Once::new();

/// Reads the tree that the loader has named, or the one where QEMU puts it. On core 0, once.
pub fn read(loader_tree: usize) -> &'static Machine {
    let address = if loader_tree == 0 { ELF_TREE_ADDRESS } else { loader_tree };
    // SAFETY: RAM that the early table maps, and that nothing writes. If there is no tree, its magic
    // number is missing, which is an error; the size comes from the header behind it.
    let fdt = unsafe { Fdt::from_raw(address as *const u8) }
        .unwrap_or_else(|error| panic!("no device tree at {address:#x}: {error}"));
    let root = fdt.root();
    MACHINE.call_once(|| Machine {
        uart: uart(fdt),
        ram: ram(root),
        tree: address..address + fdt.data().len(),
        gic: gic(root),
        conduit: conduit(root),
        core_count: cpus(fdt).count(),
        fdt,
    })
}

/// Returns what the device tree said.
pub fn machine() -> &'static Machine {
    MACHINE.get().expect("the device tree is read before anything else")
}

fn cpus(fdt: Fdt<'static>) -> impl Iterator<Item = u64> {
    let cpus = fdt.find_node("/cpus").expect("the device tree has no /cpus");
    cpus.children().filter(|node| node.name_without_address() == "cpu").map(|node| {
        let mut registers =
            node.reg().ok().flatten().expect("a core of the device tree has no reg");
        let id = registers.next().expect("a core of the device tree has no reg");
        id.address.to_int().expect("a core's affinity has more than 64 bits")
    })
}

fn uart(fdt: Fdt<'static>) -> Range<usize> {
    let path = fdt
        .find_node("/chosen")
        .and_then(|chosen| chosen.property("stdout-path"))
        .and_then(|value| value.value_as::<&str>().ok())
        .expect("the device tree names no console: /chosen/stdout-path is missing");
    // Options such as ":115200" may follow the path.
    let path = path.split(':').next().unwrap_or(path);
    let node = fdt.find_node(path).expect("/chosen/stdout-path names a node that does not exist");
    assert!(node.is_compatible("arm,pl011"), "the console {path} is no PL011");
    registers(node, 0)
}

fn ram(root: FdtNode<'static>) -> Range<usize> {
    let here = image::whole().start;
    root.children()
        .filter(|node| is_memory(*node))
        .filter_map(|node| node.reg().ok().flatten())
        .flatten()
        .filter_map(|reg| range(reg.address::<u64>().ok()?, reg.size::<u64>().ok()?))
        .find(|ram| ram.contains(&here))
        .expect("the device tree lists no memory where this image lies")
}

fn is_memory(node: FdtNode<'static>) -> bool {
    node.property("device_type").and_then(|kind| kind.value_as::<&str>().ok()) == Some("memory")
}

fn gic(root: FdtNode<'static>) -> Gic {
    let compatible = |name| root.children().find(move |node| node.is_compatible(name));
    if let Some(node) = compatible("arm,gic-v3") {
        let regions = node
            .property("#redistributor-regions")
            .and_then(|count| count.value_as::<u32>().ok())
            .unwrap_or(1);
        let second = (regions > 1).then(|| registers(node, 2));
        Gic::V3 {
            distributor: registers(node, 0),
            redistributors: [Some(registers(node, 1)), second],
        }
    } else if let Some(node) =
        compatible("arm,cortex-a15-gic").or_else(|| compatible("arm,gic-400"))
    {
        Gic::V2 { distributor: registers(node, 0), cpu_interface: registers(node, 1) }
    } else {
        panic!("the device tree lists neither a GICv2 nor a GICv3; set gic-version in QEMU_MACHINE")
    }
}

fn conduit(root: FdtNode<'static>) -> Conduit {
    let method = root.child("psci").and_then(|node| node.property("method"));
    match method.and_then(|method| method.value_as::<&str>().ok()) {
        Some("hvc") => Conduit::Hvc,
        Some("smc") => Conduit::Smc,
        _ => panic!("the device tree names no PSCI method; remove secure=on from QEMU_MACHINE"),
    }
}

fn registers(node: FdtNode<'static>, which: usize) -> Range<usize> {
    node.reg()
        .ok()
        .flatten()
        .and_then(|mut all| all.nth(which))
        .and_then(|reg| range(reg.address::<u64>().ok()?, reg.size::<u64>().ok()?))
        .unwrap_or_else(|| panic!("node {} has no register range {which}", node.name()))
}

fn range(address: u64, size: u64) -> Option<Range<usize>> {
    let start = usize::try_from(address).ok()?;
    Some(start..start.checked_add(usize::try_from(size).ok()?)?)
}
