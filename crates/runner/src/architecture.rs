//! The architecture of a kernel: what its ELF file is for, and the QEMU that emulates it.

/// An architecture, as QEMU's binaries are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Architecture {
    /// 64-bit Arm.
    #[default]
    Aarch64,
    /// 64-bit RISC-V.
    Riscv64,
    /// Any other one, by its name; nothing is known about it.
    Other(String),
}

/// What an ELF file says of itself, at least: up to its machine.
pub const ELF_START: usize = 20;
/// `EI_CLASS`, at byte 4, of a 64-bit file (System V ABI, "ELF Identification").
const CLASS_64: u8 = 2;
/// `e_machine`, at byte 18, for AArch64 (ELF for the Arm 64-bit Architecture, 5.2).
const EM_AARCH64: u16 = 183;
/// The same for RISC-V, of 32 or 64 bits (RISC-V ELF psABI, "File Header").
const EM_RISCV: u16 = 243;

impl Architecture {
    /// Returns the one that QEMU calls so.
    pub fn named(name: &str) -> Architecture {
        match name {
            "aarch64" => Self::Aarch64,
            "riscv64" => Self::Riscv64,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns the one that an ELF file is for, from its first bytes, if something is known about it.
    pub fn of_elf(start: &[u8]) -> Option<Architecture> {
        let machine = u16::from_le_bytes(start.get(18..ELF_START)?.try_into().ok()?);
        match (start.get(4)?, machine) {
            (&CLASS_64, EM_AARCH64) => Some(Self::Aarch64),
            (&CLASS_64, EM_RISCV) => Some(Self::Riscv64),
            _ => None,
        }
    }

    /// Returns QEMU's name for it.
    pub fn name(&self) -> &str {
        match self {
            Self::Aarch64 => "aarch64",
            Self::Riscv64 => "riscv64",
            Self::Other(name) => name,
        }
    }

    /// Returns the name of the QEMU that emulates it.
    pub fn qemu(&self) -> String {
        format!("qemu-system-{}", self.name())
    }

    /// Returns whether its machines and CPU models are known, and so checked.
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Other(_))
    }

    /// Returns what to do where its QEMU is missing.
    pub fn how_to_install(&self) -> &'static str {
        match self {
            Self::Aarch64 => "run scripts/setup",
            // Only an example needs it, and so only the tests do.
            Self::Riscv64 => "run scripts/setup --tests",
            Self::Other(_) => "install it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf(class: u8, machine: u16) -> Vec<u8> {
        let [low, high] = machine.to_le_bytes();
        [b"\x7fELF".as_slice(), &[class, 1], &[0; 12], &[low, high]].concat()
    }

    #[test]
    fn an_elf_file_says_what_it_is_for() {
        let of = |class, machine| Architecture::of_elf(&elf(class, machine));
        assert_eq!(of(2, 183), Some(Architecture::Aarch64));
        assert_eq!(of(2, 243), Some(Architecture::Riscv64));
        assert_eq!([of(1, 243), of(1, 183), of(2, 62), of(2, 243 << 8)], [None, None, None, None]);
        assert_eq!(Architecture::of_elf(&elf(2, 183)[..19]), None);
    }

    #[test]
    fn an_architecture_is_known_by_qemus_name_for_it() {
        for (name, known) in [("aarch64", true), ("riscv64", true), ("riscv32", false)] {
            let named = Architecture::named(name);
            assert_eq!((named.name(), named.is_known()), (name, known));
            assert_eq!(named.qemu(), format!("qemu-system-{name}"));
        }
        assert_eq!(Architecture::default(), Architecture::Aarch64);
    }
}
