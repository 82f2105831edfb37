//! QEMU's plugin API: its declarations, chosen at load time.
//!
//! From include/qemu/qemu-plugin.h of QEMU 7.2 (API version 1) to 11.1 (version 7). Of all that we use,
//! two things differ: `qemu_plugin_insn_data` copies from version 3 on; and from version 7 on every
//! callback is registered with data of the plugin's, and gets that instead of the plugin's number.
//!
//! All calls into QEMU, and so all that is unsafe about them, are here, in [`register`] and in [`load`];
//! [`types`] has QEMU's types.

pub mod load;
pub mod register;
pub mod types;

use load::function;
use register::Register;
use std::ffi::{c_int, c_uint, c_void};
use std::ptr;
use types::{Block, ExecuteCallback, Info, Instruction, MemoryCallback};

/// `enum qemu_plugin_cb_flags`: our callbacks touch no registers.
const NO_REGISTERS: c_int = 0;

/// `QEMU_PLUGIN_MEM_RW` of `enum qemu_plugin_mem_rw`: loads and stores.
const LOADS_AND_STORES: c_int = 3;

/// `qemu_plugin_insn_data` in both forms.
#[derive(Clone, Copy, Debug)]
enum InstructionData {
    /// Up to version 2: a pointer to the bytes.
    Points(unsafe extern "C" fn(*const Instruction) -> *const c_void),
    /// From version 3 on: a copy.
    Copies(unsafe extern "C" fn(*const Instruction, *mut c_void, usize) -> usize),
}

/// The functions of QEMU that we call.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    /// Registers callbacks about the machine as a whole.
    pub register: Register,
    on_execute: unsafe extern "C" fn(*mut Instruction, ExecuteCallback, c_int, *mut c_void),
    on_access: unsafe extern "C" fn(*mut Instruction, MemoryCallback, c_int, c_int, *mut c_void),
    length: unsafe extern "C" fn(*const Block) -> usize,
    instruction: unsafe extern "C" fn(*const Block, usize) -> *mut Instruction,
    address: unsafe extern "C" fn(*const Instruction) -> u64,
    data: InstructionData,
    is_store: unsafe extern "C" fn(u32) -> bool,
    size_shift: unsafe extern "C" fn(u32) -> c_uint,
}

impl Api {
    /// Finds all functions. The error says what is wrong with this QEMU.
    pub fn find(info: &Info) -> Result<Self, String> {
        if !info.system_emulation || info.target() != "aarch64" {
            return Err("only qemu-system-aarch64 is supported".into());
        }
        // SAFETY: the names are QEMU's, and each type is what qemu-plugin.h declares for it in all
        // versions from 1 to 7, `qemu_plugin_insn_data` in each of its two forms for its own versions.
        unsafe {
            Ok(Self {
                register: Register::find(info.current)?,
                on_execute: function(c"qemu_plugin_register_vcpu_insn_exec_cb")?,
                on_access: function(c"qemu_plugin_register_vcpu_mem_cb")?,
                length: function(c"qemu_plugin_tb_n_insns")?,
                instruction: function(c"qemu_plugin_tb_get_insn")?,
                address: function(c"qemu_plugin_insn_vaddr")?,
                data: match info.current {
                    ..3 => InstructionData::Points(function(c"qemu_plugin_insn_data")?),
                    3.. => InstructionData::Copies(function(c"qemu_plugin_insn_data")?),
                },
                is_store: function(c"qemu_plugin_mem_is_store")?,
                size_shift: function(c"qemu_plugin_mem_size_shift")?,
            })
        }
    }

    /// Returns the instructions of a block, each with its address and its opcode.
    ///
    /// # Safety
    ///
    /// `block` must be what a [translation callback](Register::translate) has got, and be used within that call.
    pub unsafe fn instructions(
        &self,
        block: *const Block,
    ) -> impl Iterator<Item = (*mut Instruction, u64, u32)> + '_ {
        // SAFETY: promised by the caller.
        let count = unsafe { (self.length)(block) };
        (0..count).map(move |index| {
            // SAFETY: promised by the caller; `index` is less than the length.
            unsafe {
                let instruction = (self.instruction)(block, index);
                (instruction, (self.address)(instruction), self.opcode(instruction))
            }
        })
    }

    /// # Safety
    ///
    /// `instruction` must be of a block that is being translated.
    unsafe fn opcode(&self, instruction: *const Instruction) -> u32 {
        let mut bytes = [0; 4]; // an A64 instruction
        match self.data {
            InstructionData::Points(data) => {
                // SAFETY: promised by the caller; QEMU keeps the 4 bytes during the translation.
                unsafe { ptr::copy_nonoverlapping(data(instruction).cast(), bytes.as_mut_ptr(), 4) }
            }
            InstructionData::Copies(data) => {
                // SAFETY: promised by the caller; there is room for as many bytes as we say.
                unsafe { data(instruction, bytes.as_mut_ptr().cast(), bytes.len()) };
            }
        }
        u32::from_le_bytes(bytes)
    }

    /// Has `callback` called before each execution of an instruction.
    ///
    /// # Safety
    ///
    /// `instruction` must be of a block that is being translated, `data` what the callback expects.
    pub unsafe fn on_execute(
        &self,
        instruction: *mut Instruction,
        callback: ExecuteCallback,
        data: *mut c_void,
    ) {
        // SAFETY: promised by the caller.
        unsafe { (self.on_execute)(instruction, callback, NO_REGISTERS, data) }
    }

    /// Has `callback` called after each access of an instruction.
    ///
    /// # Safety
    ///
    /// As [`on_execute`](Self::on_execute).
    pub unsafe fn on_access(
        &self,
        instruction: *mut Instruction,
        callback: MemoryCallback,
        data: *mut c_void,
    ) {
        // SAFETY: promised by the caller.
        unsafe { (self.on_access)(instruction, callback, NO_REGISTERS, LOADS_AND_STORES, data) }
    }

    /// Returns whether an access was a store.
    pub fn is_store(&self, access: u32) -> bool {
        // SAFETY: a function of its argument's bits.
        unsafe { (self.is_store)(access) }
    }

    /// Returns the number of bytes of an access.
    pub fn size(&self, access: u32) -> u64 {
        // SAFETY: a function of its argument's bits.
        1 << unsafe { (self.size_shift)(access) }
    }
}
