//! Replaces a plug-in again and again while all processors use it.
//!
//! Users see the old one or the new one, and for a moment none. The old one is closed when its last user has
//! left, not earlier.

use rundown::{CacheAwareRundownRef, Protected, ThreadSlot};
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How often the plug-in is replaced, and how long each is in use.
const SWAPS: usize = 40;
const IN_USE: Duration = Duration::from_millis(20);
/// After this, whatever we wait for does not come any more.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is replaced.
struct Plugin {
    number: usize,
    calls: AtomicUsize,
}

impl Plugin {
    fn open(number: usize) -> Plugin {
        Plugin { number, calls: AtomicUsize::new(0) }
    }

    fn call(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes the plug-in, so nobody has it any more. Returns how often it was called.
    fn close(self) -> usize {
        self.calls.into_inner()
    }
}

/// What the threads share.
struct Host {
    /// As many slots as there are threads: known when the program runs.
    plugin: Protected<Plugin, Box<CacheAwareRundownRef<ThreadSlot>>>,
    /// Which plug-ins are closed. It only checks what `plugin` promises.
    closed: Vec<AtomicBool>,
    ends: AtomicBool,
}

/// What one thread saw.
#[derive(Default)]
struct Seen {
    calls: usize,
    refused: usize,
    calls_to_closed: usize,
}

fn main() -> Result<(), Box<dyn Error>> {
    let threads = thread::available_parallelism()?.get() + 1;
    let host = Host {
        plugin: Protected::new(CacheAwareRundownRef::boxed(threads)?, Plugin::open(0)),
        closed: (0..=SWAPS).map(|_| AtomicBool::new(false)).collect(),
        ends: AtomicBool::new(false),
    };
    let (swapped, seen) = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| host.work())).collect();
        let swapped = host.swap_all();
        host.ends.store(true, Ordering::Relaxed);
        let seen: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        (swapped, seen)
    });
    let mut calls = swapped?;
    let last = host.plugin.run_down().ok_or("there is no plug-in at the end")?;
    check(last.number == SWAPS, "the last plug-in is another one")?;
    calls += last.close();

    let mut sum = Seen::default();
    for seen in seen {
        let seen = seen.map_err(|_| "a thread panicked")?;
        sum.calls += seen.calls;
        sum.refused += seen.refused;
        sum.calls_to_closed += seen.calls_to_closed;
    }
    println!(
        "{SWAPS} swaps under {threads} threads: {calls} calls, {} refused meanwhile",
        sum.refused
    );
    check(sum.calls_to_closed == 0, "a plug-in was used after it was closed")?;
    check(sum.calls == calls, "the plug-ins have counted other calls than the threads")?;
    println!("no plug-in was used after it was closed, and no call was lost");
    Ok(())
}

impl Host {
    /// Uses whatever plug-in is in.
    fn work(&self) -> Seen {
        let mut seen = Seen::default();
        while !self.ends.load(Ordering::Relaxed) {
            let Ok(plugin) = self.plugin.try_acquire() else {
                seen.refused += 1;
                thread::yield_now();
                continue;
            };
            plugin.call();
            seen.calls += 1;
            seen.calls_to_closed += usize::from(self.closed[plugin.number].load(Ordering::Relaxed));
        }
        seen
    }

    /// Replaces the plug-in many times. Returns how often those that are closed were called.
    fn swap_all(&self) -> Result<usize, Box<dyn Error>> {
        let mut calls = 0;
        for next in 1..=SWAPS {
            self.let_it_be_used()?;
            let deadline = Instant::now() + PATIENCE;
            let old = self.plugin.run_down_until(deadline)?.ok_or("somebody else has it")?;
            self.closed[old.number].store(true, Ordering::Relaxed);
            check(old.number + 1 == next, "another plug-in was in")?;
            calls += old.close();
            self.plugin.put(Plugin::open(next))?;
        }
        Ok(calls)
    }

    /// Waits for some time, and until the plug-in was called.
    fn let_it_be_used(&self) -> Result<(), Box<dyn Error>> {
        let start = Instant::now();
        let calls = || self.plugin.try_access_with(|plugin| plugin.calls.load(Ordering::Relaxed));
        while start.elapsed() < IN_USE || calls() == Some(0) {
            check(start.elapsed() < PATIENCE, "nobody calls the plug-in")?;
            thread::sleep(IN_USE / 4);
        }
        Ok(())
    }
}

fn check(holds: bool, otherwise: &str) -> Result<(), Box<dyn Error>> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
