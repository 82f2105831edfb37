//! The rules, each with the tree that only a kernel which keeps it can boot by.

use super::edits::{SIZE, in_node, in_root, replace, reservation, reserved};

/// Where QEMU's memory begins, and how much there is: enough, and soon filled.
pub const RAM: usize = 0x4000_0000;
pub const MIB: usize = 32;
/// Where QEMU puts an initial RAM disk: in the middle of the memory (QEMU, hw/arm/boot.c, arm_load_kernel).
pub const INITRD: usize = RAM + (MIB << 20) / 2;

/// How the kernel and its tree come into memory.
#[derive(Clone, Copy)]
pub enum From {
    /// An ELF file: the tree lies at the start of memory, and nothing says so.
    Elf,
    /// A flat image, the tree a little behind it, and its address in x0.
    X0,
    /// The same, but what x0 leads to is no tree.
    Nowhere,
    /// A flat image with an initial RAM disk; QEMU places the tree, and its address is in x0.
    Initrd,
}

/// A rule.
pub struct Rule {
    pub name: &'static str,
    pub machine: &'static str,
    pub variables: &'static [(&'static str, &'static str)],
    pub from: From,
    /// Changes the tree, as a source text. The number is that of the first page behind the image.
    pub change: fn(&str, usize) -> anyhow::Result<String>,
    /// Whether the memory behind the image, or the RAM disk, must stay as it is.
    pub keeps: bool,
    /// What the output must hold.
    pub says: &'static [&'static str],
    /// The boot must fail, with this line.
    pub fails_with: Option<&'static str>,
}

const GICV2: &str = "virt";
const GICV3: &str = "virt,gic-version=3";

const PASSES: Rule = Rule {
    name: "",
    machine: GICV3,
    variables: &[],
    from: From::Elf,
    change: |text, _| Ok(text.to_owned()),
    keeps: false,
    says: &["# rundown: PASS"],
    fails_with: None,
};

/// All of them.
pub const RULES: &[Rule] = &[
    Rule {
        name: "memory that is not to be mapped stays as it is",
        change: |text, behind| reserved(text, behind, "no-map;"),
        keeps: true,
        ..PASSES
    },
    Rule {
        name: "reserved memory stays as it is",
        machine: GICV2,
        variables: &[("QEMU_SMP", "8")],
        change: |text, behind| reserved(text, behind, ""),
        keeps: true,
        ..PASSES
    },
    Rule {
        name: "memory of the reservation block stays as it is",
        change: |text, behind| reservation(text, behind, SIZE),
        keeps: true,
        ..PASSES
    },
    Rule { name: "the tree in x0 stays as it is", from: From::X0, keeps: true, ..PASSES },
    Rule {
        name: "an x0 that leads to no tree is refused",
        from: From::Nowhere,
        fails_with: Some(
            "panic on core 0: the device tree does not lie where the loader says: 0x402",
        ),
        says: &[],
        ..PASSES
    },
    Rule {
        name: "the initial RAM disk stays as it is",
        from: From::Initrd,
        // All before it is taken, so that it would be the next to be used.
        change: |text, behind| {
            reservation(&reservation(text, behind, INITRD - behind)?, RAM, 0x1f_f000)
        },
        keeps: true,
        ..PASSES
    },
    Rule {
        name: "memory in which the image lies cannot be reserved",
        change: |text, behind| reserved(text, behind - 8, "no-map;"),
        fails_with: Some("panic on core 0: memory that the device tree reserves (0x402"),
        says: &["overlaps this image (0x40200000 to 0x402", "# rundown: FAIL"],
        ..PASSES
    },
    Rule {
        name: "an alias names the console",
        change: |text, _| {
            let text = replace(text, STDOUT_PATH, "stdout-path = \"serial0:115200n8\";")?;
            in_root(&text, "aliases { serial0 = \"/pl011@9000000\"; };")
        },
        ..PASSES
    },
    Rule {
        name: "without a stdout-path the console is the first PL011, with a note",
        change: |text, _| replace(text, STDOUT_PATH, ""),
        says: &["# note: the device tree names no console; this is its first PL011"],
        ..PASSES
    },
    Rule {
        name: "where stdout-path leads to no PL011 it is the first, with a note",
        change: |text, _| replace(text, STDOUT_PATH, "stdout-path = \"/pl031@9010000\";"),
        says: &["# note: the device tree's console /pl031@9010000 is no PL011 that is okay"],
        ..PASSES
    },
    Rule {
        name: "a console that is off is none",
        change: |text, _| in_node(text, "pl011@9000000", "status = \"disabled\";"),
        fails_with: Some(
            "panic on core 0: the device tree lists no console: no arm,pl011 that is okay",
        ),
        says: &[],
        ..PASSES
    },
    Rule {
        name: "a console on a bus is found through the bus",
        change: |text, _| {
            let text = in_node(text, "pl011@9000000", "status = \"fail\";")?;
            let text = replace(&text, STDOUT_PATH, "stdout-path = \"/soc/uart@1000\";")?;
            let uart = "uart@1000 { compatible = \"arm,pl011\"; reg = <0x1000 0x1000>; };";
            let bus = "#address-cells = <1>; #size-cells = <1>; ranges = <0 0 0x8fff000 0x10000>;";
            in_root(&text, &format!("soc {{ {bus} {uart} }};"))
        },
        ..PASSES
    },
    Rule {
        name: "a core whose status is not okay stays off",
        change: |text, _| in_node(text, "cpu@1", "status = \"fail\";"),
        says: &["# note: cores that stay off: 1", "# rundown: PASS"],
        ..PASSES
    },
    Rule {
        name: "a core whose status is not okay stays off, GICv2",
        machine: GICV2,
        change: |text, _| {
            in_node(text, "cpu@0", "status = \"okay\";")
                .and_then(|text| in_node(&text, "cpu@2", "status = \"disabled\";"))
        },
        says: &["# note: cores that stay off: 1", "# rundown: PASS"],
        ..PASSES
    },
    Rule {
        name: "a core that PSCI cannot start stays off",
        change: |text, _| in_node(text, "cpu@3", "enable-method = \"spin-table\";"),
        says: &["# note: cores that stay off: 1"],
        ..PASSES
    },
    Rule {
        name: "the boot core may stand anywhere",
        change: |text, _| {
            let text = replace(text, "cpu@0 {", "cpu@X {")?;
            let text = replace(&text, "cpu@3 {", "cpu@0 {")?;
            let text = replace(&text, "cpu@X {", "cpu@3 {")?;
            let text = replace(&text, "reg = <0x00>;", "reg = <0xX>;")?;
            let text = replace(&text, "reg = <0x03>;", "reg = <0x00>;")?;
            replace(&text, "reg = <0xX>;", "reg = <0x03>;")
        },
        ..PASSES
    },
    Rule {
        name: "an interrupt controller that is off is none",
        change: |text, _| in_node(text, "intc@8000000", "status = \"disabled\";"),
        fails_with: Some("panic on core 0: the device tree lists neither a GICv2 nor a GICv3"),
        says: &[],
        ..PASSES
    },
    Rule {
        name: "redistributors lie in any number of regions",
        change: |text, _| {
            let one = "0x80a0000 0x00 0xf60000>;";
            let three =
                "0x80a0000 0x00 0x20000 0x00 0x80c0000 0x00 0x20000 0x00 0x80e0000 0x00 0xf20000>;";
            let text = replace(text, one, three)?;
            replace(&text, "#redistributor-regions = <0x01>;", "#redistributor-regions = <3>;")
        },
        ..PASSES
    },
];

const STDOUT_PATH: &str = "stdout-path = \"/pl011@9000000\";";
