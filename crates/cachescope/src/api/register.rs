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

/// A function of QEMU that registers a callback.
#[derive(Clone, Copy, Debug)]
pub enum Function<Numbered, WithData> {
    /// Up to version 6.
    Numbered(unsafe extern "C" fn(Id, Numbered)),
    /// Up to version 6, where the callback gets data besides.
    NumberedToo(unsafe extern "C" fn(Id, Numbered, Data)),
    /// From version 7 on.
    WithData(unsafe extern "C" fn(Id, WithData, Data)),
}

impl<Numbered, WithData> Function<Numbered, WithData> {
    /// Has one of two callbacks called: the one in the form that this QEMU knows.
    pub fn register(self, id: Id, numbered: Numbered, with_data: WithData) {
        // SAFETY: as qemu-plugin.h declares it; function pointers live for ever, and no callback looks at
        // its data.
        unsafe {
            match self {
                Self::Numbered(register) => register(id, numbered),
                Self::NumberedToo(register) => register(id, numbered, ptr::null_mut()),
                Self::WithData(register) => register(id, with_data, ptr::null_mut()),
            }
        }
    }
}

/// QEMU's functions that register callbacks.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// When code is translated.
    pub translate: Function<extern "C" fn(Id, *mut Block), extern "C" fn(*mut Block, Data)>,
    /// When a core begins its existence, on the thread that it runs on.
    pub start: Function<extern "C" fn(Id, c_uint), extern "C" fn(c_uint, Data)>,
    /// When a core goes to sleep.
    pub idle: Function<extern "C" fn(Id, c_uint), extern "C" fn(c_uint, Data)>,
    /// When QEMU ends.
    pub exit: Function<extern "C" fn(Id, Data), extern "C" fn(Data)>,
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
                ..7 => Self {
                    translate: Function::Numbered(function(translate)?),
                    start: Function::Numbered(function(start)?),
                    idle: Function::Numbered(function(idle)?),
                    exit: Function::NumberedToo(function(exit)?),
                },
                7.. => Self {
                    translate: Function::WithData(function(translate)?),
                    start: Function::WithData(function(start)?),
                    idle: Function::WithData(function(idle)?),
                    exit: Function::WithData(function(exit)?),
                },
            })
        }
    }
}
