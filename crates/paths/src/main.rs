//! Goes one path so many times: `paths NAME TIMES`, for valgrind. `paths --list` names them, and
//! `paths --step` has the processor count them all.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod step;

use paths::Path;
use rundown::{
    CacheAwareRundownRef, CurrentSlot, Pooled, PooledRundownRef, ProcessorSlot, SlotPool,
    StaticRundownRef, ThreadSlot,
};
use std::hint::black_box;
use std::process::ExitCode;

paths::paths! {
    slot_acquire, slot_release: StaticRundownRef<ThreadSlot, SLOTS> = Box::default();
    boxed_acquire, boxed_release: CacheAwareRundownRef<ThreadSlot> = boxed(SLOTS);
    pooled_acquire, pooled_release: PooledRundownRef<ThreadSlot> = pooled();
    processor_acquire, processor_release: CacheAwareRundownRef<ProcessorSlot> = boxed(processors());
}

/// Slots of an object that asks for the thread; there is one thread.
const SLOTS: usize = 4;

/// Returns a slot for each processor, and more than one also where there is one processor: a release of a single
/// slot is another way.
fn processors() -> usize {
    ProcessorSlot::slot_count().max(2)
}

fn boxed<C: CurrentSlot>(slots: usize) -> Box<CacheAwareRundownRef<C>> {
    CacheAwareRundownRef::boxed(slots).expect("there is memory")
}

/// Returns an object of a pool that lives for ever.
fn pooled() -> Box<Pooled<'static, ThreadSlot>> {
    let pool = Box::leak(Box::new(SlotPool::new(SLOTS).expect("there are so many slots")));
    Box::new(pool.take().expect("there is memory"))
}

fn main() -> ExitCode {
    // The first question finds the answer, and keeps it: that is no part of the way.
    black_box([ThreadSlot::current_slot(), ProcessorSlot::current_slot()]);
    let all: Vec<Path> = [paths::common(), self::paths()].concat();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["--list"] = words[..] {
        all.iter().for_each(|path| println!("{} {}", path.name, path.symbol));
        return ExitCode::SUCCESS;
    }
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    if let ["--step"] = words[..] {
        return match step::print(&all) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("rundown: {error}");
                ExitCode::FAILURE
            }
        };
    }
    if let [name, times] = words[..]
        && let Some(path) = all.iter().find(|path| path.name == name)
        && let Ok(times) = times.parse()
    {
        (0..times).for_each(|_: u64| path.round(|call| call.run()));
        return ExitCode::SUCCESS;
    }
    eprintln!("rundown: usage: paths NAME TIMES, --list or --step");
    ExitCode::from(2)
}
