//! What the files of models share: which core a thread is on, and how a model is explored.

use rundown::CurrentSlot;
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

loom::thread_local! {
    static CORE: Cell<usize> = Cell::new(0);
}

/// The core that the model says this thread is on.
pub struct OnCore;

impl CurrentSlot for OnCore {
    fn current_slot() -> usize {
        CORE.with(Cell::get)
    }
}

/// Pretends that this thread runs on core `core` from now on.
pub fn run_on(core: usize) {
    CORE.with(|cell| cell.set(core));
    #[cfg(feature = "std")]
    rundown::on_processor(core);
}

/// Explores a race, with at most three preemptions unless `RUNDOWN_LOOM_LONG` is set.
pub fn explore(race: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    if std::env::var_os("RUNDOWN_LOOM_LONG").is_none() {
        builder.preemption_bound.get_or_insert(3);
    }
    let executions = Arc::new(AtomicU64::new(0));
    let counter = executions.clone();
    builder.check(move || {
        counter.fetch_add(1, Relaxed);
        race();
    });
    // Shown with `--show-output`; `scripts/prove` adds them up.
    println!("executions: {}", executions.load(Relaxed));
}
