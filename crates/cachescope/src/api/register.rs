//! Callbacks about the whole machine, in both forms that QEMU has had.
//!
//! Up to version 6 they get the plugin's number; from version 7 on they are registered with data of the
//! plugin's and get that. We need neither.

use super::load::function;
use super::types::{Block, Id};
use std::ffi::{c_int, c_uint, c_void};
use std::ptr;

/// Data of ours: always null.
pub type Data = *mut c_void;

/// A callback in both forms, the one up to version 6 first.
#[derive(Clone, Copy, Debug)]
pub struct Both<Numbered, WithData>(pub Numbered, pub WithData);

/// Called when code is translated.
pub type OnTranslate = Both<extern "C" fn(Id, *mut Block), extern "C" fn(*mut Block, Data)>;
/// Called about a core.
pub type OnCore = Both<extern "C" fn(Id, c_uint), extern "C" fn(c_uint, Data)>;
/// Called at the end.
pub type OnExit = Both<extern "C" fn(Id, Data), extern "C" fn(Data)>;

/// QEMU's functions that register these.
#[derive(Clone, Copy, Debug)]
pub enum Register {
    /// Up to version 6.
    Numbered {
        /// `qemu_plugin_register_vcpu_tb_trans_cb`
        translate: unsafe extern "C" fn(Id, extern "C" fn(Id, *mut Block)),
        /// `qemu_plugin_register_vcpu_init_cb`
        start: unsafe extern "C" fn(Id, extern "C" fn(Id, c_uint)),
        /// `qemu_plugin_register_vcpu_idle_cb`
        idle: unsafe extern "C" fn(Id, extern "C" fn(Id, c_uint)),
        /// `qemu_plugin_register_atexit_cb`
        exit: unsafe extern "C" fn(Id, extern "C" fn(Id, Data), Data),
    },
    /// From version 7 on.
    WithData {
        /// As above.
        translate: unsafe extern "C" fn(Id, extern "C" fn(*mut Block, Data), Data),
        /// As above.
        start: unsafe extern "C" fn(Id, extern "C" fn(c_uint, Data), Data),
        /// As above.
        idle: unsafe extern "C" fn(Id, extern "C" fn(c_uint, Data), Data),
        /// As above.
        exit: unsafe extern "C" fn(Id, extern "C" fn(Data), Data),
    },
}

impl Register {
    /// Finds them, for an API version.
    pub fn find(version: c_int) -> Result<Self, String> {
        let (translate, start, idle, exit) = (
            c"qemu_plugin_register_vcpu_tb_trans_cb",
            c"qemu_plugin_register_vcpu_init_cb",
            c"qemu_plugin_register_vcpu_idle_cb",
            c"qemu_plugin_register_atexit_cb",
        );
        // SAFETY: the names are QEMU's, and each type is what qemu-plugin.h declares for it in the
        // versions up to 6, and in version 7.
        unsafe {
            Ok(match version {
                ..7 => Self::Numbered {
                    translate: function(translate)?,
                    start: function(start)?,
                    idle: function(idle)?,
                    exit: function(exit)?,
                },
                7.. => Self::WithData {
                    translate: function(translate)?,
                    start: function(start)?,
                    idle: function(idle)?,
                    exit: function(exit)?,
                },
            })
        }
    }

    /// Has `callback` called for each piece of code that is translated.
    pub fn on_translate(&self, id: Id, callback: OnTranslate) {
        // SAFETY: as qemu-plugin.h declares it; function pointers live for ever.
        unsafe {
            match *self {
                Self::Numbered { translate, .. } => translate(id, callback.0),
                Self::WithData { translate, .. } => translate(id, callback.1, ptr::null_mut()),
            }
        }
    }

    /// Has `callback` called when a core begins its existence, on the thread that it runs on.
    pub fn on_start(&self, id: Id, callback: OnCore) {
        // SAFETY: as above.
        unsafe {
            match *self {
                Self::Numbered { start, .. } => start(id, callback.0),
                Self::WithData { start, .. } => start(id, callback.1, ptr::null_mut()),
            }
        }
    }

    /// Has `callback` called when a core goes to sleep.
    pub fn on_idle(&self, id: Id, callback: OnCore) {
        // SAFETY: as above.
        unsafe {
            match *self {
                Self::Numbered { idle, .. } => idle(id, callback.0),
                Self::WithData { idle, .. } => idle(id, callback.1, ptr::null_mut()),
            }
        }
    }

    /// Has `callback` called when QEMU ends.
    pub fn on_exit(&self, id: Id, callback: OnExit) {
        // SAFETY: as above; the callback ignores its data.
        unsafe {
            match *self {
                Self::Numbered { exit, .. } => exit(id, callback.0, ptr::null_mut()),
                Self::WithData { exit, .. } => exit(id, callback.1, ptr::null_mut()),
            }
        }
    }
}
