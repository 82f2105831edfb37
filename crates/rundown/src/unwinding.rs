//! Foreign code in a drop: a second panic while the thread unwinds would abort the program.

/// Calls what is not ours (a `Park`, a waker) in a drop. While the thread unwinds, a panic in it is not heard:
/// the first one comes through. `core` alone can tell neither, and an unwinding kernel has its own rules.
#[cfg(any(test, feature = "std", rundown_loom))]
pub(crate) fn in_drop(act: impl FnOnce()) {
    if panicking() { unheard(act) } else { act() }
}

/// As above.
#[cfg(not(any(test, feature = "std", rundown_loom)))]
pub(crate) fn in_drop(act: impl FnOnce()) {
    act();
}

/// Calls `act`, and keeps its panic to itself. What a panic says may panic in its own drop, and so on: not for ever.
#[cfg(any(test, feature = "std", rundown_loom))]
pub(crate) fn unheard(act: impl FnOnce()) {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    let mut said = catch_unwind(AssertUnwindSafe(act)).err();
    for _ in 0..8 {
        let Some(panic) = said.take() else { return };
        said = catch_unwind(AssertUnwindSafe(|| drop(panic))).err();
    }
    core::mem::forget(said);
}

/// Returns whether this thread is unwinding: a second panic would abort, and hide the first.
#[cfg(any(test, feature = "std", rundown_loom))]
pub(crate) fn panicking() -> bool {
    std::thread::panicking()
}

/// Returns false: `core` alone can't tell.
#[cfg(not(any(test, feature = "std", rundown_loom)))]
pub(crate) fn panicking() -> bool {
    false
}
