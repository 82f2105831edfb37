//! Objects whose slot is a constant, and what is no pair of an acquire and a release.

use crate::call::Call;
use crate::known::Known;
use crate::path::Path;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr;
use rundown::{
    CacheAwareRundownRef, CurrentSlot, Protected, Rundown, RundownRef, Spin, StaticRundownRef,
};

/// Always the second slot.
pub struct Second;

impl CurrentSlot for Second {
    #[inline]
    fn current_slot() -> usize {
        1
    }
}

type Static = StaticRundownRef<Second, 4>;
/// Wakes nobody: what that takes is a matter of who waits.
type Boxed = CacheAwareRundownRef<Second, Spin>;
/// Lends out a byte that says that it is there.
type Lent = Protected<u8, Static>;

paths! {
    plain_acquire, plain_release: RundownRef = Box::new(RundownRef::new());
    static_acquire, static_release: Static = Box::new(Static::new());
}

/// Borrows the value, reads it and gives it back, all in one function, as users have it.
///
/// # Safety
///
/// `object` is that of a [`Lent`].
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn protected_pair(object: *const ()) -> u8 {
    // SAFETY: the caller's promise.
    let lent = unsafe { &*object.cast::<Lent>() };
    lent.try_acquire().map_or(0, |user| *user)
}

/// Takes a hold by a guard, and drops it, all in one function, as users have it.
///
/// # Safety
///
/// `object` is that of a [`Static`].
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn static_pair(object: *const ()) -> bool {
    // SAFETY: the caller's promise.
    unsafe { &*object.cast::<Static>() }.try_acquire().is_ok()
}

/// Starts the run-down, and returns whether nobody was inside.
///
/// # Safety
///
/// As [`Known::known`], of a [`Boxed`].
#[unsafe(no_mangle)]
#[inline(never)]
unsafe extern "C" fn boxed_begin(object: *const (), slots: usize) -> bool {
    // SAFETY: the caller's promise.
    unsafe { Boxed::known(object, slots) }.begin_run_down()
}

/// Makes the object live again.
///
/// # Safety
///
/// As for [`boxed_begin`].
unsafe extern "C" fn again(object: *const (), slots: usize) {
    // SAFETY: the caller's promise.
    unsafe { Boxed::known(object, slots) }.reinitialize().expect("it was run down");
}

/// Returns the paths of the functions above, and of an acquire that is refused.
pub fn more() -> Vec<Path> {
    let lent = Box::leak(Box::new(Lent::new(Static::new(), 1)));
    let in_one = Box::leak(Box::new(Static::new()));
    let run_down = Box::leak(Box::new(Static::new_run_down()));
    let begin = |name, slots| {
        let object = Box::leak(Boxed::boxed(slots).expect("there is memory"));
        let address = ptr::from_ref(object).cast();
        let after = Some(call(again as *const (), address, slots));
        let begin = call(boxed_begin as *const (), address, slots);
        Path { after, ..Path::alone(name, "boxed_begin", begin, true) }
    };
    let of = |function, object| call(function, object, 0);
    let lent = of(protected_pair as *const (), ptr::from_ref(lent).cast());
    let in_one = of(static_pair as *const (), ptr::from_ref(in_one).cast());
    let refused = of(static_acquire as *const (), ptr::from_ref(run_down).cast());
    Vec::from([
        Path::alone("static_pair", "static_pair", in_one, true),
        Path::alone("protected_pair", "protected_pair", lent, true),
        Path::alone("static_refused", "static_acquire", refused, false),
        begin("boxed_begin_1", 1),
        begin("boxed_begin_64", 64),
    ])
}

fn call(function: *const (), object: *const (), slots: usize) -> Call {
    // SAFETY: every function above takes this, and is called here with an object of its own, which lives for
    // ever.
    unsafe { Call::new(function, object, slots) }
}
