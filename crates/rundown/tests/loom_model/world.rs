//! The world of the models: waiting that sleeps, objects, what they protect, and threads on cores.

use crate::loom_model::{OnCore, explore, run_on};
use loom::cell::UnsafeCell;
use loom::sync::{Condvar, Mutex};
use loom::thread::{self, JoinHandle};
#[cfg(feature = "std")]
use rundown::StaticRestartableRundownRef;
use rundown::{Park, Rundown, RundownGuard, RundownRef, StaticRundownRef};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

loom::lazy_static! {
    static ref BED: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
}

/// Sleeps in memory of its own, as `Park` asks for.
pub struct Sleep;

impl Park for Sleep {
    type Deadline = ();

    /// A deadline passes at once.
    fn park_until(_: *const (), ready: &mut dyn FnMut() -> bool, deadline: Option<()>) -> bool {
        if deadline.is_some() {
            return ready();
        }
        let mut asleep = BED.0.lock().unwrap();
        while !ready() {
            asleep = BED.1.wait(asleep).unwrap();
        }
        true
    }

    fn unpark_all(_: *const ()) {
        let _awake = BED.0.lock().unwrap();
        BED.1.notify_all();
    }
}

loom::lazy_static! {
    static ref SHELF: Mutex<Vec<Waker>> = Mutex::new(Vec::new());
}

/// Keeps wakers, as a `Park` that serves futures does.
pub struct Shelf;

impl Park for Shelf {
    type Deadline = ();

    fn park_until(_: *const (), _: &mut dyn FnMut() -> bool, _: Option<()>) -> bool {
        unreachable!("only futures wait here")
    }

    fn unpark_all(_: *const ()) {
        let woken = std::mem::take(&mut *SHELF.lock().unwrap());
        woken.into_iter().for_each(Waker::wake);
    }

    fn register(_: *const (), waker: &Waker, _: &mut u64) {
        SHELF.lock().unwrap().push(waker.clone());
    }
}

/// Wakes the thread that polls a future.
#[derive(Default)]
struct Bell {
    rang: Mutex<bool>,
    changed: Condvar,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        *self.rang.lock().unwrap() = true;
        self.changed.notify_one();
    }
}

/// A small executor: polls, and sleeps until it is woken.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(bell.clone());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let mut rang = bell.rang.lock().unwrap();
        while !std::mem::take(&mut *rang) {
            rang = bell.changed.wait(rang).unwrap();
        }
    }
}

pub type One = RundownRef<Sleep>;
pub type Two = StaticRundownRef<OnCore, 2, Sleep>;
/// Sections add on cores 0 and 1, and slots serve the others.
#[cfg(feature = "std")]
pub type Restartable = StaticRestartableRundownRef<2, Sleep, OnCore>;

/// An object and what it protects: a cell for each user, which the owner reclaims.
pub struct World<R> {
    pub object: R,
    pub data: [UnsafeCell<usize>; 2],
}

// SAFETY: the cells are loom's, which report every access that is not ordered.
unsafe impl<R: Sync> Sync for World<R> {}
// SAFETY: as above.
unsafe impl<R: Send> Send for World<R> {}

impl<R> World<R> {
    pub fn new(object: R) -> Arc<Self> {
        Arc::new(Self { object, data: [UnsafeCell::new(0), UnsafeCell::new(0)] })
    }

    /// What a holder does with its part.
    pub fn work(&self, part: usize) {
        // SAFETY: loom checks the order.
        self.data[part].with_mut(|cell| unsafe { *cell += 1 });
    }

    pub fn look(&self, part: usize) -> usize {
        // SAFETY: loom checks the order.
        self.data[part].with(|cell| unsafe { *cell })
    }

    /// What the owner does after the drain: everything is its own.
    pub fn own(&self) -> usize {
        // SAFETY: loom checks the order.
        self.data.iter().map(|part| part.with_mut(|cell| unsafe { *cell })).sum()
    }
}

pub fn model(race: impl Fn() + Sync + Send + 'static) {
    explore(move || {
        // Made before any thread starts: being the first to touch it would order threads by itself.
        drop((BED.0.lock(), SHELF.lock()));
        run_on(0);
        race();
    });
}

/// Starts a thread on `core`.
pub fn on<R: Sync + Send + 'static>(
    world: &Arc<World<R>>,
    core: usize,
    act: impl FnOnce(&World<R>) + Send + 'static,
) -> JoinHandle<()> {
    let world = world.clone();
    thread::spawn(move || {
        run_on(core);
        act(&world);
    })
}

/// Starts a thread on core 1 that does its part and then releases `count` holds, which are its own.
pub fn releaser<R>(world: &Arc<World<R>>, part: usize, count: usize) -> JoinHandle<()>
where
    R: Rundown + Send + 'static,
{
    on(world, 1, move |world| {
        world.work(part);
        // SAFETY: every caller has leaked that many.
        unsafe { world.object.release_n(count) };
    })
}

/// Starts a thread that acquires on one core, does part 0 unless it is refused, and releases on another.
pub fn user<R>(world: &Arc<World<R>>, acquires_on: usize, releases_on: usize) -> JoinHandle<()>
where
    R: Rundown + Send + 'static,
{
    on(world, acquires_on, move |world| {
        if let Ok(guard) = world.object.try_acquire() {
            world.work(0);
            run_on(releases_on);
            drop(guard);
        }
    })
}

/// Starts a thread on core 1 that takes a further hold beside `count`, which are its own, and releases those first;
/// it does a part under each.
pub fn cloner<R>(world: &Arc<World<R>>, count: usize) -> JoinHandle<()>
where
    R: Rundown + Send + 'static,
{
    on(world, 1, move |world| {
        // SAFETY: every caller has leaked that many.
        let first = unsafe { RundownGuard::adopt(&world.object, count) };
        let second = first.try_clone().expect("a holder gets another hold");
        world.work(0);
        drop(first);
        run_on(0);
        world.work(1);
        drop(second);
    })
}
