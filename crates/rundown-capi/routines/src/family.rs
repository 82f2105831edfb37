//! What the families have in common: finding an object, and what its owner does with it.

#[cfg(feature = "holders")]
use crate::list;
use crate::misuse::Misuse;
use crate::platform;
use rundown::{Checked, Rundown};

/// How a caller's pointer names an object.
pub(crate) trait Family {
    /// What the pointer points to, in C.
    type Pointee;
    /// What is behind it.
    type Object: Checked + Rundown<Park = platform::Waiting> + ?Sized;

    /// Returns the object, or `None` where there can't be one.
    ///
    /// # Safety
    ///
    /// `pointer` is null, or points to memory of an object's size.
    unsafe fn get<'a>(pointer: *mut Self::Pointee) -> Option<&'a Self::Object>;

    /// Looks at all of it: makes an object of what the caller may have prepared itself, or says why there can't be
    /// one.
    ///
    /// # Safety
    ///
    /// As [`get`](Self::get).
    unsafe fn look<'a>(
        routine: &'static str,
        pointer: *mut Self::Pointee,
    ) -> Result<&'a Self::Object, Misuse>;

    /// Returns the calling core's slot, where no call is needed to know it.
    #[cfg_attr(feature = "holders", expect(dead_code, reason = "noting down is not quick"))]
    fn slot() -> Option<usize>;
}

/// Finds the object behind a caller's pointer. What cannot be an object is reported.
///
/// # Safety
///
/// As [`Family::get`].
#[inline]
pub(crate) unsafe fn find<'a, F: Family>(
    routine: &'static str,
    pointer: *mut F::Pointee,
) -> &'a F::Object {
    // SAFETY: the caller's promise, both times.
    unsafe { F::get(pointer) }.unwrap_or_else(|| look::<F>(routine, pointer))
}

/// Finds an object that is not as usual.
#[cold]
#[inline(never)]
fn look<'a, F: Family>(routine: &'static str, pointer: *mut F::Pointee) -> &'a F::Object
where
    F::Object: 'a,
{
    // SAFETY: the routine's caller has promised what this needs.
    unsafe { F::look(routine, pointer) }.unwrap_or_else(|misuse| misuse.report(routine, pointer))
}

/// Returns the key of an object at this address: it says of what kind it is, where it was made, and by which copy of
/// this library. So one that was moved or copied has another one, and so has one of another copy, whose table of
/// sleepers is not ours.
#[inline]
pub(crate) fn key_at<T>(kind: usize, address: *const T) -> usize {
    kind ^ address.addr() ^ platform::copy()
}

/// Runs the object down and waits.
///
/// # Safety
///
/// `pointer` points to an initialised object.
pub(crate) unsafe fn wait<F: Family>(routine: &'static str, pointer: *mut F::Pointee) {
    // SAFETY: the caller's promise.
    let object = unsafe { find::<F>(routine, pointer) };
    // One that is run down from the start has no mark by which a second run-down would know.
    if object.checked_outstanding() == Ok(Some(0)) {
        return;
    }
    #[cfg(feature = "holders")]
    if object.checked_wait_until(list::late()) == Ok(false) {
        list::list(format_args!("{routine}({pointer:p}): still waiting"), pointer.cast());
    }
    if let Err(error) = object.checked_wait() {
        Misuse::OverRelease(error).report(routine, pointer);
    }
}

/// Runs the object down without waiting. One that is held is reported.
///
/// # Safety
///
/// As [`wait`].
pub(crate) unsafe fn complete<F: Family>(routine: &'static str, pointer: *mut F::Pointee) {
    // SAFETY: the caller's promise.
    let object = unsafe { find::<F>(routine, pointer) };
    let over = object.checked_outstanding() == Ok(Some(0));
    if !over && object.checked_begin_run_down() != Ok(true) {
        Misuse::not_run_down(object).report(routine, pointer);
    }
}

/// Makes a run-down object live again.
///
/// # Safety
///
/// As [`wait`].
pub(crate) unsafe fn reinitialize<F: Family>(routine: &'static str, pointer: *mut F::Pointee) {
    // SAFETY: the caller's promise.
    let object = unsafe { find::<F>(routine, pointer) };
    object.settle();
    if object.reinitialize().is_err() {
        Misuse::not_run_down(object).report(routine, pointer);
    }
}
