//! The types of QEMU's plugin API, as include/qemu/qemu-plugin.h declares them.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};

/// QEMU's name for a loaded plugin.
pub type Id = u64;
/// Called before an instruction is executed.
pub type ExecuteCallback = extern "C" fn(c_uint, *mut c_void);
/// Called after a memory access: core, information, virtual address, our own data.
pub type MemoryCallback = extern "C" fn(c_uint, u32, u64, *mut c_void);

/// `struct qemu_plugin_tb`, a piece of code that is translated at once.
#[repr(C)]
#[derive(Debug)]
pub struct Block([u8; 0]);

/// `struct qemu_plugin_insn`.
#[repr(C)]
#[derive(Debug)]
pub struct Instruction([u8; 0]);

/// `qemu_info_t`, for system emulation.
#[repr(C)]
#[derive(Debug)]
pub struct Info {
    target_name: *const c_char,
    /// The oldest API version that this QEMU accepts.
    pub oldest: c_int,
    /// The API version of this QEMU.
    pub current: c_int,
    /// Whether a whole machine is emulated.
    pub system_emulation: bool,
    smp_vcpus: c_int,
    max_vcpus: c_int,
}

impl Info {
    /// Returns the emulated architecture.
    pub fn target(&self) -> &str {
        // SAFETY: QEMU gives a string constant.
        unsafe { CStr::from_ptr(self.target_name) }.to_str().unwrap_or("")
    }

    /// Returns the largest number of cores that the machine may have.
    pub fn cores(&self) -> usize {
        usize::try_from(self.max_vcpus).unwrap_or(0)
    }
}
