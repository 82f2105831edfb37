//! QEMU's plugin API: our own declarations, chosen at load time.
//!
//! From include/qemu/qemu-plugin.h of QEMU 7.2 (API version 1) to 10.2 (version 5). QEMU loads a
//! plugin in this order (plugins/loader.c): `dlopen`, which runs our constructor; then it reads
//! `qemu_plugin_version` and refuses what is not between its oldest and its own; then it calls
//! `qemu_plugin_install`. So one library can serve all versions: the constructor finds out by the
//! functions that are there which version this QEMU speaks, and says that it speaks the same.
//!
//! What differs, of all that we use, is `qemu_plugin_insn_data` alone: from version 3 on it copies.
//! All that is unsafe about QEMU's side stands here, so the file is long.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// QEMU's name for a loaded plugin.
pub type Id = u64;
/// Called with the plugin's name alone.
pub type Callback = extern "C" fn(Id);
/// Called at the end.
pub type ExitCallback = extern "C" fn(Id, *mut c_void);
/// Called about a core.
pub type CoreCallback = extern "C" fn(Id, c_uint);
/// Called when code is translated.
pub type TranslateCallback = extern "C" fn(Id, *mut Block);
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
    /// The emulated architecture.
    pub fn target(&self) -> &str {
        // SAFETY: QEMU gives a string constant.
        unsafe { CStr::from_ptr(self.target_name) }.to_str().unwrap_or("")
    }

    /// How many cores the machine may have.
    pub fn cores(&self) -> usize {
        usize::try_from(self.max_vcpus).unwrap_or(0)
    }
}

/// `enum qemu_plugin_cb_flags`: our callbacks touch no registers.
const NO_REGISTERS: c_int = 0;

/// `QEMU_PLUGIN_MEM_RW` of `enum qemu_plugin_mem_rw`: loads and stores.
const LOADS_AND_STORES: c_int = 3;

/// `qemu_plugin_version`: read by QEMU after our constructor has run. 0 if no version is known.
#[unsafe(export_name = "qemu_plugin_version")]
pub static VERSION: AtomicI32 = AtomicI32::new(0);

/// A function that came with an API version, the newest first. `qemu_plugin_n_vcpus` was taken away
/// again with version 2, so it stands for version 1 alone.
const CAME_WITH: [(&CStr, c_int); 5] = [
    (c"qemu_plugin_translate_vaddr", 5),
    (c"qemu_plugin_read_memory_vaddr", 4),
    (c"qemu_plugin_request_time_control", 3),
    (c"qemu_plugin_num_vcpus", 2),
    (c"qemu_plugin_n_vcpus", 1),
];

// SAFETY of the section: it holds pointers to functions without arguments that the loader calls once
// each (System V ABI, "Initialization and Termination Functions"). This one only looks up symbols.
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = choose_version;

extern "C" fn choose_version() {
    let version = CAME_WITH.iter().find(|(name, _)| !find(name).is_null());
    VERSION.store(version.map_or(0, |&(_, version)| version), Ordering::Relaxed);
}

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, symbol: *const c_char) -> *mut c_void;
}

/// Finds a function of the program that has loaded us, or null.
fn find(name: &CStr) -> *mut c_void {
    const RTLD_DEFAULT: *mut c_void = ptr::null_mut(); // as in <dlfcn.h> of Linux
    // SAFETY: `name` is a terminated string; the handle is the one for "everything loaded".
    unsafe { dlsym(RTLD_DEFAULT, name.as_ptr()) }
}

/// Finds a function and gives it its type.
///
/// # Safety
///
/// `F` must be the function pointer type of what QEMU has under this name.
unsafe fn function<F: Copy>(name: &'static CStr) -> Result<F, String> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    match find(name) {
        address if address.is_null() => Err(format!("this QEMU has no {}", name.to_string_lossy())),
        // SAFETY: not null, as a function pointer must be; the type is the caller's promise.
        address => Ok(unsafe { mem::transmute_copy(&address) }),
    }
}

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
    on_translate: unsafe extern "C" fn(Id, TranslateCallback),
    on_execute: unsafe extern "C" fn(*mut Instruction, ExecuteCallback, c_int, *mut c_void),
    on_access: unsafe extern "C" fn(*mut Instruction, MemoryCallback, c_int, c_int, *mut c_void),
    on_idle: unsafe extern "C" fn(Id, CoreCallback),
    on_exit: unsafe extern "C" fn(Id, ExitCallback, *mut c_void),
    length: unsafe extern "C" fn(*const Block) -> usize,
    instruction: unsafe extern "C" fn(*const Block, usize) -> *mut Instruction,
    address: unsafe extern "C" fn(*const Instruction) -> u64,
    data: InstructionData,
    is_store: unsafe extern "C" fn(u32) -> bool,
    size_shift: unsafe extern "C" fn(u32) -> c_uint,
}

impl Api {
    /// Finds all functions, or tells what is wrong with this QEMU.
    pub fn find(info: &Info) -> Result<Self, String> {
        if !info.system_emulation || info.target() != "aarch64" {
            return Err("only qemu-system-aarch64 is supported".into());
        }
        // SAFETY: the names are QEMU's, and each type is what qemu-plugin.h declares for it in all
        // versions from 1 to 5, `qemu_plugin_insn_data` in each of its two forms for its own versions.
        unsafe {
            Ok(Self {
                on_translate: function(c"qemu_plugin_register_vcpu_tb_trans_cb")?,
                on_execute: function(c"qemu_plugin_register_vcpu_insn_exec_cb")?,
                on_access: function(c"qemu_plugin_register_vcpu_mem_cb")?,
                on_idle: function(c"qemu_plugin_register_vcpu_idle_cb")?,
                on_exit: function(c"qemu_plugin_register_atexit_cb")?,
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

    /// Has `callback` called for each piece of code that is translated.
    pub fn on_translate(&self, id: Id, callback: TranslateCallback) {
        // SAFETY: as qemu-plugin.h declares it; function pointers live for ever.
        unsafe { (self.on_translate)(id, callback) }
    }

    /// Has `callback` called when a core goes to sleep.
    pub fn on_idle(&self, id: Id, callback: CoreCallback) {
        // SAFETY: as above.
        unsafe { (self.on_idle)(id, callback) }
    }

    /// Has `callback` called when QEMU ends.
    pub fn on_exit(&self, id: Id, callback: ExitCallback) {
        // SAFETY: as above; the callback ignores its data.
        unsafe { (self.on_exit)(id, callback, ptr::null_mut()) }
    }

    /// The instructions of a block, each with its address and its opcode.
    ///
    /// # Safety
    ///
    /// `block` must be what a [`TranslateCallback`] has got, and be used within that call.
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

    /// Tells whether an access was a store.
    pub fn is_store(&self, access: u32) -> bool {
        // SAFETY: a function of its argument's bits.
        unsafe { (self.is_store)(access) }
    }

    /// Bytes of an access.
    pub fn size(&self, access: u32) -> u64 {
        // SAFETY: a function of its argument's bits.
        1 << unsafe { (self.size_shift)(access) }
    }
}
