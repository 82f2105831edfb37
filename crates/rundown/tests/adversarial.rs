//! Wrong implementations of the safe traits: whatever they do, no value is taken away from its users.
//!
//! Everything here is safe code, so whatever goes wrong is the crate's fault. Under Miri a value that is
//! freed too early is a use after free; elsewhere the count of users shows it.
//!
//! One long file: every wrong implementation is tried in the same few ways.
#![forbid(unsafe_code)]

use rundown::{
    Checked, CurrentSlot, Exclusive, Park, Protected, ProtectedGuard, PutError, Rundown,
    RundownGuard, RundownRef, Spin, StaticRundownRef, TimedOut,
};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::thread::{self, LocalKey};

/// Looks that a holder takes at the value before it lets go.
const LOOKS: usize = if cfg!(miri) { 20 } else { 2000 };

/// A value on the heap that knows who is inside.
struct Canary {
    inside: AtomicUsize,
    looks: Box<AtomicUsize>,
}

impl Canary {
    fn new() -> Self {
        Self { inside: AtomicUsize::new(0), looks: Box::new(AtomicUsize::new(0)) }
    }

    fn use_it(&self) {
        self.inside.fetch_add(1, SeqCst);
        for _ in 0..LOOKS {
            self.looks.fetch_add(1, SeqCst);
            thread::yield_now();
        }
        self.inside.fetch_sub(1, SeqCst);
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        if !thread::panicking() {
            assert_eq!(self.inside.load(SeqCst), 0, "the value is freed under its users");
        }
    }
}

/// Lends the value to two threads, and takes it back by `take` while they use it.
fn taken_back_by<R: Exclusive>(object: R, take: impl Fn(&Protected<Canary, R>) -> Option<Canary>) {
    let value = Protected::new(object, Canary::new());
    let came = AtomicUsize::new(0);
    let taken = thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let user = value.try_acquire().expect("nobody runs it down yet");
                came.fetch_add(1, SeqCst);
                user.use_it();
            });
        }
        while came.load(SeqCst) < 2 {
            thread::yield_now();
        }
        let taken = take(&value);
        if let Some(value) = &taken {
            assert_eq!(value.looks.load(SeqCst), 2 * LOOKS, "taken before its users had left");
        }
        taken
    });
    assert!(taken.is_some(), "the first to ask gets it");
    assert!(value.run_down().is_none(), "exactly once");
}

/// Asks until the value comes: for ways to take it that may give up.
fn until_it_comes<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(value) = ask() {
            return value;
        }
        thread::yield_now();
    }
}

/// Which lie a [`Liar`] tells.
const FALSE: usize = 0;
const TRUE: usize = 1;
const OPPOSITE: usize = 2;

/// Returns at once, deadline or not, and says what it likes. It wakes nobody.
struct Liar<const LIE: usize>;

impl<const LIE: usize> Park for Liar<LIE> {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        thread::yield_now();
        match LIE {
            FALSE => false,
            TRUE => true,
            _ => !ready(),
        }
    }

    fn unpark_all(_: *const ()) {}

    // Registers nobody, under a number that nobody has.
    fn register(_: *const (), _: &Waker, ticket: &mut u64) {
        *ticket = ticket.wrapping_sub(7);
    }
}

fn a_lie_ends_no_wait<const LIE: usize>() {
    fn object<const LIE: usize>() -> RundownRef<Liar<LIE>> {
        RundownRef::with_park()
    }
    taken_back_by(object::<LIE>(), |value| value.run_down());
    taken_back_by(StaticRundownRef::<Moody, 3, Liar<LIE>>::new(), |value| value.run_down());
    taken_back_by(object::<LIE>(), |value| {
        Some(until_it_comes(|| value.run_down_until(()).ok().flatten()))
    });
    taken_back_by(object::<LIE>(), |value| Some(until_it_comes(|| value.try_run_down())));
    taken_back_by(object::<LIE>(), |value| {
        let mut drained = pin!(value.drained());
        until_it_comes(|| {
            let poll = drained.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            matches!(poll, Poll::Ready(())).then_some(())
        });
        value.try_run_down()
    });
}

#[test]
fn a_park_that_lies_ends_no_wait() {
    a_lie_ends_no_wait::<FALSE>();
    a_lie_ends_no_wait::<TRUE>();
    a_lie_ends_no_wait::<OPPOSITE>();
}

thread_local! {
    static ASKED: Cell<usize> = const { Cell::new(0) };
    static LAST_RELEASE: Cell<Option<Box<dyn FnOnce()>>> = const { Cell::new(None) };
}

/// Says the same whenever it is asked to wait; the second time the last hold is released meanwhile.
struct Twice<const ANSWER: bool>;

impl<const ANSWER: bool> Park for Twice<ANSWER> {
    type Deadline = ();

    fn park_until(_: *const (), _: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        ASKED.set(ASKED.get() + 1);
        if ASKED.get() == 2 {
            LAST_RELEASE.take().expect("the wait has seen the release")();
        }
        ANSWER
    }

    fn unpark_all(_: *const ()) {}
}

/// Waits for an object that is held until its park is asked for the second time.
fn asked_again<const ANSWER: bool>(
    object: &'static RundownRef<Twice<ANSWER>>,
    wait: fn(&RundownRef<Twice<ANSWER>>),
) {
    ASKED.set(0);
    let hold = object.try_acquire().unwrap();
    LAST_RELEASE.set(Some(Box::new(move || drop(hold))));
    wait(object);
    assert_eq!(ASKED.get(), 2, "returned while the object was held");
}

#[test]
fn a_wait_goes_on_after_a_no() {
    static OBJECT: RundownRef<Twice<false>> = RundownRef::with_park();
    asked_again(&OBJECT, |object| object.wait());
}

#[test]
fn a_wait_goes_on_after_a_yes() {
    static OBJECT: RundownRef<Twice<true>> = RundownRef::with_park();
    asked_again(&OBJECT, |object| object.wait());
}

#[test]
fn a_checked_wait_goes_on_after_a_no() {
    static OBJECT: RundownRef<Twice<false>> = RundownRef::with_park();
    asked_again(&OBJECT, |object| object.checked_wait().unwrap());
}

#[test]
fn a_deadline_that_has_passed_and_a_last_release_are_told_apart() {
    let object = RundownRef::<Liar<FALSE>>::with_park();
    let hold = object.try_acquire().unwrap();
    assert!(matches!(object.wait_until(()), Err(TimedOut { outstanding: Some(1), .. })));
    drop(hold);
    assert_eq!(object.wait_until(()), Ok(()));
}

thread_local! {
    static CLOCK: Cell<u32> = const { Cell::new(1000) };
}

/// Has a clock that goes back, so that no deadline is ever reached, or each is reached at once.
struct Backwards;

impl Park for Backwards {
    type Deadline = u32;

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, end: Option<u32>) -> bool {
        loop {
            if ready() {
                return true;
            }
            thread::yield_now();
            let now = CLOCK.get().wrapping_sub(1);
            CLOCK.set(now);
            if end.is_some_and(|end| now >= end) {
                return false;
            }
        }
    }

    fn unpark_all(_: *const ()) {}
}

#[test]
fn a_deadline_that_goes_back_frees_nothing() {
    for deadline in [0, 990, 2000] {
        taken_back_by(RundownRef::<Backwards>::with_park(), |value| {
            Some(until_it_comes(|| value.run_down_until(deadline).ok().flatten()))
        });
    }
}

thread_local! {
    /// Calls of a [`Panicky`] until one panics; 0: none does.
    static FUSE: Cell<usize> = const { Cell::new(0) };
}

/// Panics if this is the call that shall.
fn burn() {
    match FUSE.get() {
        0 => {}
        1 => {
            FUSE.set(0);
            panic!("as the test asked");
        }
        left => FUSE.set(left - 1),
    }
}

/// Panics in every one of its functions, and in its slot.
struct Panicky;

impl Park for Panicky {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, end: Option<()>) -> bool {
        burn();
        while !ready() {
            burn();
            thread::yield_now();
            if end.is_some() {
                return false;
            }
        }
        true
    }

    fn unpark_all(_: *const ()) {
        burn();
    }

    fn register(_: *const (), _: &Waker, ticket: &mut u64) {
        burn();
        *ticket = 1;
    }

    fn unregister(_: *const (), _: u64) {
        burn();
    }
}

impl CurrentSlot for Panicky {
    fn current_slot() -> usize {
        burn();
        1
    }
}

/// Runs `act`, whose call number `fuse` of foreign code panics, and returns whether one did.
fn with_fuse<T>(fuse: usize, act: impl FnOnce() -> T) -> Option<T> {
    FUSE.set(fuse);
    let result = catch_unwind(AssertUnwindSafe(act)).ok();
    FUSE.set(0);
    result
}

/// Runs `act` with a panic in its first call of foreign code, its second, and so on until there is none.
fn each_panic(mut act: impl FnMut()) {
    let mut fuse = 1;
    while with_fuse(fuse, &mut act).is_none() {
        fuse += 1;
        assert!(fuse < 50, "it never ends without a panic");
    }
    assert!(fuse > 1, "no foreign code was called");
}

#[test]
fn a_panic_while_waiting_leaves_the_value_with_its_users() {
    taken_back_by(RundownRef::<Panicky>::with_park(), |value| {
        for fuse in 1..4 {
            if let Some(Ok(Some(canary))) = with_fuse(fuse, || value.run_down_until(())) {
                return Some(canary); // its users had left already
            }
        }
        value.run_down()
    });
    taken_back_by(StaticRundownRef::<Panicky, 3, Panicky>::new(), |value| {
        let mut drained = pin!(value.drained());
        let mut poll = || drained.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        for fuse in 1..4 {
            with_fuse(fuse, &mut poll);
        }
        value.run_down()
    });
}

#[test]
fn a_panic_anywhere_in_a_round_lets_nobody_in_who_is_not_counted() {
    let value = Protected::new(StaticRundownRef::<Panicky, 3, Panicky>::new(), Canary::new());
    each_panic(|| {
        // What the panic left behind, whatever it was: the value is in, or it comes out once.
        let at_hand = value.try_run_down();
        assert!(value.try_acquire().is_err(), "it is being run down");
        if let Some(canary) = at_hand {
            assert!(value.put(canary).is_ok(), "it was empty");
        }
    });
    let canary = until_it_comes(|| value.try_run_down());
    assert!(value.put(canary).is_ok());
    assert_eq!(value.try_acquire().unwrap().inside.load(SeqCst), 0);
}

#[test]
fn a_slot_that_panics_takes_and_loses_no_hold_by_the_way() {
    let object = StaticRundownRef::<Panicky, 3>::new();
    assert!(with_fuse(1, || object.try_acquire().map(RundownGuard::leak)).is_none());
    let mut hold = object.try_acquire_n(3).unwrap();
    assert!(with_fuse(1, || hold.split(1).map(RundownGuard::leak)).is_none());
    assert_eq!(hold.count(), 3, "a split that was not done");
    drop(hold);
    assert!(object.begin_run_down(), "every hold was released");
}

/// Stays held for good, so it is never dropped: that would panic.
static HELD_FOR_GOOD: LazyLock<Protected<Canary, StaticRundownRef<Panicky, 3, Spin>>> =
    LazyLock::new(|| Protected::new(StaticRundownRef::new(), Canary::new()));

#[test]
fn a_release_whose_slot_panics_keeps_its_hold_and_the_value() {
    let user = HELD_FOR_GOOD.try_acquire().unwrap();
    assert!(with_fuse(1, || drop(user)).is_none());
    assert!(HELD_FOR_GOOD.run_down_until(10).is_err(), "it counts as held");
    assert!(HELD_FOR_GOOD.try_run_down().is_none());
}

thread_local! {
    static MOOD: Cell<usize> = const { Cell::new(0) };
}

/// Gives another answer at each call, most of them out of range.
struct Moody;

impl CurrentSlot for Moody {
    fn current_slot() -> usize {
        let mood = MOOD.get();
        MOOD.set(mood + 1);
        [0, usize::MAX, 2, 1 << 40, 1, usize::MAX / 2, 7][mood % 7]
    }
}

#[test]
fn a_slot_that_changes_its_mind_counts_right() {
    let object = StaticRundownRef::<Moody, 3>::new();
    for round in 0..20 {
        let mut first = object.try_acquire_n(5).unwrap();
        let second = first.split(2).unwrap();
        let third = object.try_acquire().unwrap();
        assert!(!object.begin_run_down());
        assert_eq!(object.outstanding(), Some(6), "round {round}");
        drop(first);
        drop(third);
        assert_eq!(object.outstanding(), Some(2), "round {round}");
        drop(second);
        object.wait();
        object.reinitialize().unwrap();
    }
}

type Shared = Protected<Canary, RundownRef<CallsBack>>;

thread_local! {
    static AT_CALL: RefCell<Vec<fn(&'static Shared)>> = const { RefCell::new(Vec::new()) };
    static HELD: RefCell<Vec<ProtectedGuard<'static, Canary, RundownRef<CallsBack>>>> =
        const { RefCell::new(Vec::new()) };
    static TAKEN: RefCell<Vec<Canary>> = const { RefCell::new(Vec::new()) };
}

static SHARED: LazyLock<Shared> =
    LazyLock::new(|| Protected::new(RundownRef::with_park(), Canary::new()));

/// Uses the object that it is called for, in the middle of its operations.
struct CallsBack;

fn call_back() {
    if let Some(act) = AT_CALL.with_borrow_mut(Vec::pop) {
        act(&SHARED);
    }
}

impl Park for CallsBack {
    type Deadline = ();

    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, end: Option<()>) -> bool {
        loop {
            call_back();
            if ready() || end.is_some() {
                return ready();
            }
        }
    }

    fn unpark_all(_: *const ()) {
        call_back();
    }

    fn register(_: *const (), _: &Waker, _: &mut u64) {
        call_back();
    }
}

fn keep<T>(list: &'static LocalKey<RefCell<Vec<T>>>, some: Option<T>) {
    list.with_borrow_mut(|list| list.extend(some));
}

/// What the calls back do; each is safe at any moment.
const ACTS: [fn(&'static Shared); 7] = [
    |shared| keep(&HELD, shared.try_acquire().ok()),
    |_| drop(HELD.with_borrow_mut(Vec::pop)),
    |shared| keep(&TAKEN, shared.try_run_down()),
    |shared| {
        let canary = TAKEN.with_borrow_mut(Vec::pop);
        keep(&TAKEN, canary.and_then(|canary| shared.put(canary).err()).map(PutError::into_inner));
    },
    |shared| keep(&TAKEN, shared.run_down_until(()).ok().flatten()),
    |shared| {
        let mut drained = pin!(shared.drained());
        let _ = drained.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    },
    |shared| assert!(!shared.begin_run_down() || HELD.with_borrow(Vec::is_empty)),
];

#[test]
fn a_park_that_calls_back_takes_nothing_from_its_users() {
    let rounds = if cfg!(miri) { 300 } else { 2000 };
    let mut seed = 1_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        ACTS[(seed >> 33) as usize % ACTS.len()]
    };
    let (mut held_most, mut taken_most) = (0, 0);
    for _ in 0..rounds {
        let calls: Vec<_> = (0..3).map(|_| next()).collect();
        AT_CALL.set(calls);
        next()(&SHARED);
        let held = HELD.with_borrow(|held| {
            held.iter().for_each(|user| assert_eq!(user.inside.load(SeqCst), 0));
            held.len()
        });
        let taken = TAKEN.with_borrow(Vec::len);
        assert!(held == 0 || taken == 0, "{held} users of a value that was taken");
        assert!(taken <= 1, "taken twice");
        (held_most, taken_most) = (held_most.max(held), taken_most.max(taken));
    }
    assert!(held_most > 1 && taken_most == 1, "too tame: {held_most} held, {taken_most} taken");
    AT_CALL.take();
    HELD.take();
    TAKEN.take();
}
