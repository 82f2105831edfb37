//! A call of a function that is known by its address.

use core::arch::asm;

/// A function, and what it is called with.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    function: *const (),
    object: *const (),
    slots: usize,
}

impl Call {
    /// Returns a call.
    ///
    /// # Safety
    ///
    /// `function` has C's calling convention and takes these two arguments, or the first of them, or none. It
    /// may be called at any time when [`run`](Self::run) is.
    pub const unsafe fn new(function: *const (), object: *const (), slots: usize) -> Self {
        Self { function, object, slots }
    }

    /// Makes the call, and returns what is then in the register of the result: of a function that returns less
    /// than a word, the lowest bits alone mean something.
    ///
    /// In assembly, because the functions differ in what they take and return; their calls do not.
    #[inline(always)]
    pub fn run(&self) -> usize {
        let result;
        #[cfg(target_arch = "aarch64")]
        // SAFETY: says who made it, the function may be called with this.
        unsafe {
            asm!(
                "blr {function}",
                function = in(reg) self.function,
                inout("x0") self.object => result,
                in("x1") self.slots,
                clobber_abi("C"),
            );
        }
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        unsafe {
            asm!(
                "call {function}",
                function = in(reg) self.function,
                in("rdi") self.object,
                in("rsi") self.slots,
                lateout("rax") result,
                clobber_abi("sysv64"),
            );
        }
        result
    }
}
