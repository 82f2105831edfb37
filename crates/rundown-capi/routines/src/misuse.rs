//! What a caller can get wrong, and the message that it gets before the end.

use crate::platform;
use core::ffi::CStr;
use core::fmt::{self, Write};
use rundown::{Checked, OverRelease};

/// A caller's mistake.
pub(crate) enum Misuse {
    Null,
    Misaligned,
    TooSmall { needed: usize, given: usize, ask: &'static str },
    NotInitialized,
    OverRelease(OverRelease),
    NotRunDown { holds: Option<usize> },
    NotAllocated,
    Allocated,
    Flags { flags: u32 },
    NotPooled,
    GivenBack,
    ObjectCount { count: usize },
    Platform { missing: &'static str },
}

impl Misuse {
    /// Returns what is wrong with an object that ought to be run down. Starts its run-down, to count the
    /// holds: the caller is about to end.
    #[cold]
    pub(crate) fn not_run_down<T: Checked + ?Sized>(object: &T) -> Self {
        match object.checked_begin_run_down().and_then(|_| object.checked_outstanding()) {
            Ok(holds) => Self::NotRunDown { holds },
            Err(error) => Self::OverRelease(error),
        }
    }

    /// Reports a platform that lacks a function, before an object depends on it; `slots`: the object has
    /// a slot for each core.
    pub(crate) fn check_platform<T>(routine: &str, object: *const T, slots: bool) {
        if let Some(missing) = platform::missing(slots) {
            Self::Platform { missing }.report(routine, object);
        }
    }

    /// Reports the mistake and ends the program, or the kernel. `object` is what the caller passed.
    #[cold]
    #[inline(never)]
    pub(crate) fn report<T>(self, routine: &str, object: *const T) -> ! {
        die(format_args!("rundown: {routine}({object:p}): {self}"))
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("the pointer is NULL. Pass the address of an object"),
            Self::Misaligned => write!(
                f,
                "misaligned. Pass an address that is a multiple of {}, as malloc returns",
                align_of::<usize>()
            ),
            Self::TooSmall { needed, given, ask } => write!(
                f,
                "the buffer has {given} bytes, the object needs {needed}. Allocate what {ask} returns"
            ),
            Self::NotInitialized => f.write_str(
                "not an initialised object of this kind. Initialise it before any other call; if it was, \
                 it was copied or moved, its memory was freed or overwritten, or it belongs to another copy \
                 of this library",
            ),
            Self::OverRelease(error) => {
                write!(f, "{error}. Release once for each acquire that returned TRUE")
            }
            Self::NotRunDown { holds } => {
                match holds {
                    Some(holds) => write!(f, "not run down ({holds} acquired and not released)")?,
                    None => f.write_str("not run down (its run-down has just started)")?,
                }
                f.write_str(". Wait for its run-down first")
            }
            Self::NotAllocated => f.write_str(
                "the object is in a caller's buffer. Free only what \
                 ExAllocateCacheAwareRundownProtection returned",
            ),
            Self::Allocated => f.write_str(
                "the object was allocated. End it with ExFreeCacheAwareRundownProtection",
            ),
            Self::Flags { flags } => {
                write!(f, "the flags are {flags:#x}, of which none is known. Pass 0")
            }
            Self::NotPooled => {
                f.write_str("not an object of a pool. Pass what RundownTakeFromPool returned")
            }
            Self::GivenBack => f.write_str(
                "given back already. Give each object that RundownTakeFromPool returned back once",
            ),
            Self::ObjectCount { count } => write!(
                f,
                "no pool has {count} objects. Ask for 1 or more, and for no more than memory has room for"
            ),
            Self::Platform { missing } => write!(
                f,
                "the kernel's rundown_platform has no {missing}, which this needs. Define it; \
                 rundown.h says what it does"
            ),
        }
    }
}

/// Reports a panic, which is a defect of this library, and ends the kernel.
#[cfg(not(feature = "std"))]
#[cold]
pub fn die_of_panic(info: &core::panic::PanicInfo<'_>) -> ! {
    let message = info.message();
    match info.location() {
        Some(place) => die(format_args!("rundown: defect in the library: {message}, at {place}")),
        None => die(format_args!("rundown: defect in the library: {message}")),
    }
}

fn die(message: fmt::Arguments<'_>) -> ! {
    let mut line = Line { bytes: [0; LONGEST], length: 0 };
    let _ = line.write_fmt(message); // one that is too long is cut off
    line.bytes[line.length] = b'\n'; // there is room for it, and for the zero at the end
    platform::fatal(CStr::from_bytes_until_nul(&line.bytes).unwrap_or(c"rundown: misuse\n"))
}

/// Bytes of a message: longer than any above.
const LONGEST: usize = 400;

/// A line of text without an allocator.
struct Line {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST - 2 - self.length;
        let part = &text.as_bytes()[..text.len().min(room)];
        self.bytes[self.length..self.length + part.len()].copy_from_slice(part);
        self.length += part.len();
        Ok(())
    }
}
