//! Ends a schedule in which no core takes a step any more.

use super::{Scheduler, State};
use crate::failure;
use crate::memory::lock;
use std::thread;
use std::time::Duration;

impl Scheduler {
    /// Returns what is wrong when there was no step for too long.
    pub fn stuck(&self) -> Option<String> {
        let inner = lock(&self.inner);
        let phase = inner.phase.as_ref()?;
        inner.progress.elapsed().checked_sub(self.deadline)?;
        let cores: Vec<_> = (0..)
            .zip(&inner.states)
            .filter(|&(_, &state)| state != State::Outside)
            .map(|(core, state)| format!("core {core} {}", format!("{state:?}").to_lowercase()))
            .collect();
        Some(format!(
            "no step for {} s in phase {} ({} of {} cores have begun, {} have ended): {}",
            self.deadline.as_secs(),
            phase.number,
            phase.begun,
            phase.expected,
            phase.ended,
            cores.join(", ")
        ))
    }

    /// Watches, on a thread of its own, and ends QEMU when the schedule is stuck. `report` comes before.
    pub fn watch(&self, report: impl Fn()) -> ! {
        loop {
            thread::sleep(Duration::from_millis(200));
            if let Some(message) = self.stuck() {
                failure::be_the_first();
                report();
                failure::end(failure::STUCK, &message);
            }
        }
    }
}
