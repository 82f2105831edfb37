//! What QEMU calls: the installation and all callbacks.
//!
//! At translation each instruction is decoded once, and only those that matter get callbacks. We ask
//! for all accesses of an instruction and choose among them here: QEMU 7.2 confuses the two directions
//! when a plugin asks for one (measured: who asks for the loads of LDXR hears nothing).

use crate::aarch64::{self, Class};
use crate::api::register::Data;
use crate::api::types::{Block, ExecuteCallback, Id, Info, Instruction};
use crate::failure;
use crate::plugin::Plugin;
use crate::trace::Site;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;
use std::sync::OnceLock;

/// The API version of QEMU 9.2 and 10.0; the latter has begun to, see [`Plugin::start`].
const MIXES_CORES_UP: c_int = 4;

static PLUGIN: OnceLock<Plugin> = OnceLock::new();

fn plugin() -> &'static Plugin {
    PLUGIN.get().expect("callbacks come after the installation")
}

/// Called by QEMU once it has loaded the plugin.
///
/// # Safety
///
/// `info` and `arguments` must be as include/qemu/qemu-plugin.h says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: Id,
    info: *const Info,
    count: c_int,
    arguments: *const *const c_char,
) -> c_int {
    failure::on_panic();
    // SAFETY: promised by the caller: a structure that lives during the call.
    let info = unsafe { &*info };
    let args = (0..usize::try_from(count).unwrap_or(0)).map(|index| {
        // SAFETY: promised by the caller: `count` terminated strings.
        unsafe { CStr::from_ptr(*arguments.add(index)) }.to_string_lossy()
    });
    let args: Vec<_> = args.collect();
    let plugin = match Plugin::new(info, args.iter().map(AsRef::as_ref)) {
        Ok(plugin) => PLUGIN.get_or_init(|| plugin),
        Err(error) => failure::end(failure::SETUP, &error),
    };
    let register = &plugin.api.register;
    register.translate.register(id, translate, translate_with_data);
    register.exit.register(id, exit, exit_with_data);
    if info.current >= MIXES_CORES_UP {
        register.start.register(id, start, start_with_data);
    }
    if plugin.schedules() {
        register.idle.register(id, idle, idle_with_data);
    }
    0
}

extern "C" fn translate(_: Id, block: *mut Block) {
    translate_with_data(block, ptr::null_mut());
}

extern "C" fn translate_with_data(block: *mut Block, _: Data) {
    let plugin = plugin();
    // SAFETY: `block` is QEMU's argument of this very call.
    for (instruction, address, opcode) in unsafe { plugin.api.instructions(block) } {
        let Some((class, name)) = aarch64::decode(opcode) else { continue };
        let site = plugin.site(address, opcode, class, name);
        // SAFETY: `instruction` is of `block`; the callbacks take a `Site` as their data.
        unsafe { instrument(plugin, instruction, site) }
    }
}

/// # Safety
///
/// `instruction` must be of a block that is being translated.
unsafe fn instrument(plugin: &Plugin, instruction: *mut Instruction, site: &'static Site) {
    let data = ptr::from_ref(site).cast_mut().cast::<c_void>();
    let accesses = match site.class {
        Class::Plain | Class::Atomic | Class::LoadExclusive | Class::StoreExclusive => true,
        Class::ClearExclusive | Class::Spin | Class::Marker(_) | Class::Unseen => false,
    };
    let before: Option<ExecuteCallback> = match site.class {
        Class::Marker(_) => Some(marker),
        Class::Unseen => Some(unseen),
        Class::Spin if plugin.schedules() => Some(spin),
        Class::ClearExclusive | Class::LoadExclusive if plugin.schedules() => Some(clear_exclusive),
        _ => None,
    };
    // SAFETY: promised by the caller.
    unsafe {
        if accesses {
            plugin.api.on_access(instruction, access, data);
        }
        if let Some(callback) = before {
            plugin.api.on_execute(instruction, callback, data);
        }
    }
}

/// # Safety
///
/// `data` must be what `instrument` has registered.
unsafe fn site(data: *mut c_void) -> &'static Site {
    // SAFETY: promised by the caller; sites are leaked, so they live for ever.
    unsafe { &*data.cast::<Site>() }
}

extern "C" fn access(core: c_uint, info: u32, address: u64, data: *mut c_void) {
    // SAFETY: `instrument` has registered this callback with a site.
    plugin().access(core as usize, unsafe { site(data) }, info, address);
}

extern "C" fn marker(core: c_uint, data: *mut c_void) {
    // SAFETY: as in `access`.
    if let Class::Marker(number) = unsafe { site(data) }.class {
        plugin().hint(core as usize, number);
    }
}

extern "C" fn unseen(core: c_uint, data: *mut c_void) {
    // SAFETY: as in `access`.
    plugin().unseen(core as usize, unsafe { site(data) });
}

extern "C" fn spin(core: c_uint, _: *mut c_void) {
    plugin().spin(core as usize);
}

extern "C" fn clear_exclusive(core: c_uint, _: *mut c_void) {
    plugin().clear_exclusive(core as usize);
}

extern "C" fn start(_: Id, core: c_uint) {
    plugin().start(core as usize);
}

extern "C" fn start_with_data(core: c_uint, _: Data) {
    plugin().start(core as usize);
}

extern "C" fn idle(_: Id, core: c_uint) {
    plugin().idle(core as usize);
}

extern "C" fn idle_with_data(core: c_uint, _: Data) {
    plugin().idle(core as usize);
}

extern "C" fn exit(_: Id, _: Data) {
    plugin().finish();
}

extern "C" fn exit_with_data(_: Data) {
    plugin().finish();
}
