//! The only place that chooses between the types of `core` and `std` and those of loom.
//!
//! Built with `--cfg rundown_loom`, the crate runs on loom's atomics, which explore every
//! interleaving and every value a weak memory may return. The cfg carries the crate's name because
//! `RUSTFLAGS` reach every crate of a build.

pub(crate) use core::sync::atomic::Ordering;

/// The words of this target, also for what models are not about.
pub(crate) mod real {
    #[cfg(target_has_atomic = "ptr")]
    pub(crate) use core::sync::atomic::{AtomicPtr, AtomicUsize};
    #[cfg(all(not(target_has_atomic = "ptr"), feature = "portable-atomic"))]
    pub(crate) use portable_atomic::{AtomicPtr, AtomicUsize};

    // One error and no more: about what is done with a type that has an error the compiler says nothing. In a
    // tuple, as arrays have functions of their own.
    #[cfg(not(any(target_has_atomic = "ptr", feature = "portable-atomic")))]
    pub(crate) type AtomicUsize = (
        [(); compile_error!(
            "rundown needs atomic read-modify-write operations on pointer-sized words, which this target lacks: \
             enable rundown's feature `portable-atomic`, and in the program a way to do without them, such as the \
             feature `critical-section` of the crate portable-atomic"
        )],
    );
    #[cfg(not(any(target_has_atomic = "ptr", feature = "portable-atomic")))]
    pub(crate) type AtomicPtr<T> = (AtomicUsize, T);
}

#[cfg(rundown_loom)]
pub(crate) use loom::sync::atomic::{AtomicPtr, AtomicUsize};
#[cfg(not(rundown_loom))]
pub(crate) use real::{AtomicPtr, AtomicUsize};

#[cfg(all(feature = "std", rundown_loom))]
pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
#[cfg(all(feature = "std", not(rundown_loom)))]
pub(crate) use std::sync::{Condvar, Mutex, MutexGuard};

/// Declares a static table with equal entries. Loom has one in each execution, made when it is first used.
#[cfg(feature = "std")]
macro_rules! table {
    (static $name:ident: [$entry:ty; $count:ident] = [$new:expr; $same:ident];) => {
        #[cfg(not(rundown_loom))]
        static $name: [$entry; $count] = [const { $new }; $same];
        #[cfg(rundown_loom)]
        loom::lazy_static! {
            static ref $name: [$entry; $count] = core::array::from_fn(|_| $new);
        }
    };
}
#[cfg(feature = "std")]
pub(crate) use table;

/// Declares constructors `const`, except under loom, whose atomics cannot be made in a constant.
macro_rules! const_unless_loom {
    ($($(#[$meta:meta])* $vis:vis const fn $name:ident($($args:tt)*) -> Self $body:block)+) => {$(
        #[cfg(not(rundown_loom))]
        $(#[$meta])*
        $vis const fn $name($($args)*) -> Self $body
        #[cfg(rundown_loom)]
        $(#[$meta])*
        $vis fn $name($($args)*) -> Self $body
    )+};
}
pub(crate) use const_unless_loom;
