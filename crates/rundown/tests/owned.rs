//! Guards that keep their object alive: in which order things go, and that nothing is left.
#![cfg(feature = "alloc")]

mod common;

use common::{Chosen, Yield, soon};
use rundown::{
    AcquireError, CacheAwareRundownRef, OwnedProtectedGuard, OwnedRundownGuard, Park, Protected,
    Rundown, RundownRef, StaticRundownRef,
};
use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Weak, mpsc};
use std::thread;

thread_local! {
    /// How many `Arc`s of `WATCHED` there were when the last hold was released.
    static SEEN: Cell<Option<usize>> = const { Cell::new(None) };
    static WATCHED: Cell<Weak<dyn Send + Sync>> = Cell::new(Weak::<()>::new());
}

/// Sees whether what is held is alive when its last hold is released.
struct Watching;

impl Park for Watching {
    type Deadline = ();

    fn park_until(_: *const (), _: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        unreachable!("nobody waits")
    }

    fn unpark_all(_: *const ()) {
        let watched = WATCHED.replace(Weak::<()>::new());
        SEEN.set(Some(watched.strong_count()));
        WATCHED.set(watched);
    }
}

/// Runs `object` down, which `guard` holds, and drops both; returns how many `Arc`s there were at the release.
fn arcs_at_the_release<O: Send + Sync + 'static, G>(
    object: Arc<O>,
    begin: fn(&O) -> bool,
    guard: G,
) -> usize {
    assert!(!begin(&object), "held");
    let watched = Arc::downgrade(&object);
    WATCHED.set(watched.clone());
    drop(object);
    assert_eq!(watched.strong_count(), 1, "the guard has the last one");
    SEEN.set(None);
    drop(guard);
    assert_eq!(watched.strong_count(), 0, "nothing is left");
    WATCHED.set(Weak::<()>::new());
    SEEN.take().expect("released")
}

#[test]
fn an_owned_guard_releases_before_its_arc_goes() {
    let object: Arc<RundownRef<Watching>> = Arc::default();
    let guard = object.try_acquire_owned().unwrap();
    assert_eq!(arcs_at_the_release(object, |object| object.begin_run_down(), guard), 1);
    let number = Arc::new(Protected::new(RundownRef::<Watching>::with_park(), 7));
    let guard = number.try_acquire_owned().unwrap();
    assert_eq!(arcs_at_the_release(number, Protected::begin_run_down, guard), 1);
    let number = Arc::new(Protected::new(RundownRef::<Watching>::with_park(), 7));
    let guard = OwnedProtectedGuard::map(number.try_acquire_owned().unwrap(), |number| number);
    assert_eq!(arcs_at_the_release(number, Protected::begin_run_down, guard), 1);
}

#[test]
fn owned_guards_hold_objects_of_any_kind() {
    fn check<R: Rundown + ?Sized + 'static>(object: Arc<R>) {
        let guard = object.try_acquire_owned().unwrap();
        assert_eq!(guard.count(), 1);
        assert!(Arc::ptr_eq(guard.object(), &object));
        assert!(!object.begin_run_down());
        assert_eq!(object.outstanding(), Some(1));
        assert_eq!(object.try_acquire_owned().unwrap_err(), AcquireError::RunDown);
        assert_eq!(Arc::strong_count(&object), 2, "a refusal keeps none");
        drop(guard);
        assert!(object.is_run_down());
        assert_eq!(Arc::strong_count(&object), 1);
    }
    check(Arc::new(RundownRef::<Yield>::with_park()));
    check(Arc::new(StaticRundownRef::<Chosen, 3, Yield>::new()));
    // Whose number of slots is known at run time only.
    let boxed = CacheAwareRundownRef::<Chosen, Yield>::boxed(3).unwrap();
    check::<CacheAwareRundownRef<Chosen, Yield>>(Arc::from(boxed));
}

#[test]
fn owned_guards_split_and_merge_without_changing_the_sum() {
    let object = Arc::new(StaticRundownRef::<Chosen, 3, Yield>::new());
    let mut whole = object.try_acquire_owned().unwrap();
    assert!(whole.split(0).is_none() && whole.split(1).is_none(), "no guard for nothing");
    for _ in 0..2 {
        whole.merge(object.try_acquire_owned().unwrap()).unwrap();
    }
    assert_eq!(Arc::strong_count(&object), 2, "one for all three");
    let part = whole.split(2).unwrap();
    assert_eq!((whole.count(), part.count(), Arc::strong_count(&object)), (1, 2, 3));
    assert!(!object.begin_run_down());
    drop(whole);
    assert_eq!(object.outstanding(), Some(2));
    drop(part);
    assert!(object.is_run_down());
    assert_eq!(Arc::strong_count(&object), 1);
}

#[test]
fn an_owned_guard_of_another_object_is_handed_back_whole() {
    let objects = [(); 2].map(|()| Arc::new(RundownRef::<Yield>::with_park()));
    let [mut mine, other] = objects.each_ref().map(|object| object.try_acquire_owned().unwrap());
    let refused = mine.merge(other).unwrap_err();
    assert_eq!(refused.to_string(), "the guards hold different objects");
    let other = refused.into_inner();
    assert!(Arc::ptr_eq(other.object(), &objects[1]));
    assert!(!objects[1].begin_run_down(), "held still");
    drop(other);
    assert!(objects[1].is_run_down());
    drop(mine);
    assert_eq!(objects.map(|object| Arc::strong_count(&object)), [1, 1]);
}

#[test]
fn an_error_of_merge_goes_through_a_question_mark() {
    fn merge() -> Result<(), Box<dyn std::error::Error>> {
        let objects = [(); 2].map(|()| Arc::new(RundownRef::<Yield>::with_park()));
        objects[0].try_acquire_owned()?.merge(objects[1].try_acquire_owned()?)?;
        Ok(())
    }
    assert_eq!(merge().unwrap_err().to_string(), "the guards hold different objects");
}

#[test]
fn race_an_owned_guard_outlives_the_thread_that_made_it_and_every_other_arc() {
    struct Counted(Arc<AtomicUsize>);
    impl Drop for Counted {
        fn drop(&mut self) {
            self.0.fetch_add(1, SeqCst);
        }
    }
    for _ in 0..if cfg!(miri) { 3 } else { 200 } {
        let drops = Arc::new(AtomicUsize::new(0));
        let (give, take) = mpsc::channel::<OwnedProtectedGuard<_, StaticRundownRef<Chosen, 2>>>();
        let made = drops.clone();
        let maker = thread::spawn(move || {
            let value = Arc::new(Protected::new(StaticRundownRef::new(), Counted(made)));
            give.send(value.try_acquire_owned().unwrap()).unwrap();
            give.send(value.try_acquire_owned().unwrap()).unwrap();
        });
        let first = take.recv_timeout(soon() - std::time::Instant::now()).unwrap();
        let second = take.recv_timeout(soon() - std::time::Instant::now()).unwrap();
        let user = thread::spawn(move || first.0.load(SeqCst));
        assert_eq!(second.0.load(SeqCst), 0, "alive");
        maker.join().unwrap();
        assert_eq!(user.join().unwrap(), 0);
        drop(second);
        assert_eq!(drops.load(SeqCst), 1, "the last one takes the value along");
    }
}

#[test]
fn race_the_owner_drains_owned_users_and_frees_at_once() {
    for _ in 0..if cfg!(miri) { 3 } else { 200 } {
        let value =
            Arc::new(Protected::new(StaticRundownRef::<Chosen, 2, Yield>::new(), vec![1; 9]));
        let users: Vec<_> = (0..3)
            .map(|core| {
                let user = value.try_acquire_owned().unwrap();
                thread::spawn(move || {
                    common::run_on(core);
                    user.iter().sum::<i32>()
                })
            })
            .collect();
        let mut taken = value.run_down().expect("the only one who asks");
        taken.fill(0);
        drop(taken);
        drop(value);
        users.into_iter().for_each(|user| assert_eq!(user.join().unwrap(), 9));
    }
}

#[test]
fn an_owned_guard_that_is_forgotten_keeps_its_object_for_good() {
    let object = Arc::new(RundownRef::<Yield>::with_park());
    std::mem::forget(object.try_acquire_owned().unwrap());
    assert_eq!(Arc::strong_count(&object), 2, "so its drop, which would panic, never comes");
    // Gives back what was forgotten, so that nothing leaks here.
    // SAFETY: the forgotten hold, and the forgotten `Arc`.
    unsafe {
        object.release_n(1);
        Arc::decrement_strong_count(Arc::as_ptr(&object));
    }
    assert!(object.begin_run_down());
}

#[test]
fn a_release_that_panics_lets_the_arc_go() {
    let object = Arc::new(RundownRef::<Yield>::with_park());
    let guard = object.try_acquire_owned().unwrap();
    // SAFETY: not kept, that is the test. Nothing is protected by the object.
    unsafe { object.release_n(1) };
    assert!(object.begin_run_down());
    assert!(catch_unwind(|| drop(guard)).is_err(), "one release too many");
    assert_eq!(Arc::strong_count(&object), 1);
}

#[test]
fn owned_guards_are_send_and_sync_and_a_panic_may_cross_them() {
    fn shared<T: Send + Sync + RefUnwindSafe + UnwindSafe>() {}
    shared::<OwnedRundownGuard<RundownRef>>();
    shared::<OwnedRundownGuard<CacheAwareRundownRef<Chosen>>>();
    shared::<OwnedProtectedGuard<String>>();
}

#[test]
fn owned_guards_show_what_they_hold() {
    let object = Arc::new(RundownRef::<Yield>::with_park());
    let guard = object.try_acquire_owned().unwrap();
    assert_eq!(format!("{guard:?}"), "OwnedRundownGuard { count: 1, .. }");
    let text = Arc::new(Protected::from("text"));
    let user = text.try_acquire_owned().unwrap();
    assert_eq!(format!("{user:?}"), "\"text\"");
    assert!(Arc::ptr_eq(OwnedProtectedGuard::protected(&user), &text));
}
