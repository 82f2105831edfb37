//! A hold that is taken in one function and given up in another: the guard lies in memory in between.
//!
//! So a driver keeps it in a request that it completes later. The functions are not inlined, as they would not
//! be in a driver.

use crate::everybody::candidate::{Host, Made, repeat};
use crate::everybody::ours::boxes::boxed_with;
use ladder::hold;
use rundown::{CacheAwareRundownRef, Rundown, RundownGuard, Spin, ThreadSlot};

type Object = CacheAwareRundownRef<ThreadSlot, Spin>;

/// What is under way.
#[derive(Default)]
struct Request<'a> {
    held: Option<RundownGuard<'a, Object>>,
}

#[inline(never)]
fn begin<'a>(request: &mut Request<'a>, object: &'a Object) {
    request.held = Some(object.try_acquire().expect("the object is live"));
}

#[inline(never)]
fn complete(request: &mut Request) {
    drop(request.held.take());
}

/// Makes it.
pub fn make(host: Host) -> Option<Made> {
    let object = boxed_with::<ThreadSlot>(host.slots);
    let pairs = move |_, count| {
        let object = &*object;
        let mut request = Request::default();
        repeat(count, || {
            begin(&mut request, object);
            hold();
            complete(&mut request);
        });
    };
    Some(Made::new(|| boxed_with::<ThreadSlot>(host.slots), pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_holds_the_object_until_it_is_complete() {
        let object = boxed_with(2);
        let mut request = Request::default();
        begin(&mut request, &object);
        assert!(!object.begin_run_down());
        complete(&mut request);
        assert!(object.begin_run_down());
    }
}
