//! Which API version this QEMU speaks, and where its functions are.
//!
//! QEMU loads a plugin in this order (plugins/loader.c): `dlopen`, which runs our constructor; then it
//! reads `qemu_plugin_version` and refuses what is not between its oldest and its own; then it calls
//! `qemu_plugin_install`. So one library can serve all versions: the constructor finds out by the
//! functions that are there which version this QEMU speaks, and says that it speaks the same.
//!
//! Versions 6 and 7 have the same functions, and differ in how they call back. 7 is taken for granted;
//! with a QEMU of version 6 the environment has to say `CACHESCOPE_API=6`.

use std::env;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// `qemu_plugin_version`: read by QEMU after our constructor has run. 0 if no version is known.
#[unsafe(export_name = "qemu_plugin_version")]
pub static VERSION: AtomicI32 = AtomicI32::new(0);

/// The newest version that we know: of QEMU 11.1.
pub(super) const NEWEST: c_int = 7;

/// A function that came with an API version, the newest first. `qemu_plugin_n_vcpus` was taken away
/// again with version 2, so it stands for version 1 alone.
const CAME_WITH: [(&CStr, c_int); 6] = [
    (c"qemu_plugin_set_pc", NEWEST),
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
    let found = CAME_WITH.iter().find(|(name, _)| !find(name).is_null());
    let said = env::var("CACHESCOPE_API").ok().and_then(|text| text.parse().ok());
    let version = match found {
        // QEMU itself refuses what is said if it speaks another one.
        Some(&(_, NEWEST)) => said.unwrap_or(NEWEST),
        Some(&(_, version)) => version,
        None => 0,
    };
    VERSION.store(version, Ordering::Relaxed);
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
pub(super) unsafe fn function<F: Copy>(name: &'static CStr) -> Result<F, String> {
    const { assert!(size_of::<F>() == size_of::<*mut c_void>()) };
    match find(name) {
        address if address.is_null() => Err(format!("this QEMU has no {}", name.to_string_lossy())),
        // SAFETY: not null, as a function pointer must be; the type is the caller's promise.
        address => Ok(unsafe { mem::transmute_copy(&address) }),
    }
}
