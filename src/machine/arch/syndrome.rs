//! ESR_EL1 in words (Arm ARM, ESR_EL1).

use core::fmt;

/// An exception syndrome, `ESR_EL1`.
#[derive(Clone, Copy, Debug)]
pub struct Syndrome(pub u64);

/// Exception classes that this kernel can meet.
const DATA_ABORT: u64 = 0x25;
const INSTRUCTION_ABORT: u64 = 0x21;

impl Syndrome {
    fn class(self) -> u64 {
        self.0 >> 26 & 0x3f
    }

    /// Returns whether it was a load or a store that faulted.
    pub fn is_data_abort(self) -> bool {
        self.class() == DATA_ABORT
    }
}

impl fmt::Display for Syndrome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let class = match self.class() {
            0x00 => "undefined instruction",
            0x01 => "trapped WFI or WFE",
            0x07 => "trapped floating-point instruction",
            0x0d => "branch target check failed",
            0x0e => "illegal execution state",
            0x15 => "supervisor call",
            0x16 => "hypervisor call",
            0x17 => "secure monitor call",
            0x18 => "trapped system register access",
            0x19 => "trapped SVE instruction",
            0x20 | INSTRUCTION_ABORT => "instruction abort",
            0x22 => "misaligned program counter",
            0x24 | DATA_ABORT => "data abort",
            0x26 => "misaligned stack pointer",
            0x2c => "floating-point exception",
            0x2f => "system error",
            0x30 | 0x31 => "breakpoint",
            0x32 | 0x33 => "single step",
            0x34 | 0x35 => "watchpoint",
            0x3c => "BRK instruction",
            other => return write!(f, "exception of class {other:#04x}"),
        };
        f.write_str(class)?;
        match self.class() {
            DATA_ABORT => {
                let access = if self.0 & 1 << 6 != 0 { "write" } else { "read" };
                write!(f, " on {access}, {}", Fault(self.0 & 0x3f))
            }
            INSTRUCTION_ABORT => write!(f, ", {}", Fault(self.0 & 0x3f)),
            _ => Ok(()),
        }
    }
}

/// A fault status code, the low six bits of an abort's syndrome (DFSC, IFSC).
struct Fault(u64);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, has_level) = match self.0 {
            0x00..=0x03 => ("address size fault", true),
            0x04..=0x07 => ("translation fault", true),
            0x08..=0x0b => ("access flag fault", true),
            0x0c..=0x0f => ("permission fault", true),
            0x10 => ("synchronous external abort", false),
            0x14..=0x17 => ("external abort on a table walk", true),
            0x21 => ("alignment fault", false),
            0x30 => ("TLB conflict", false),
            0x35 => ("unsupported exclusive or atomic access", false),
            other => return write!(f, "fault status {other:#04x}"),
        };
        f.write_str(name)?;
        if has_level { write!(f, ", level {}", self.0 & 3) } else { Ok(()) }
    }
}
