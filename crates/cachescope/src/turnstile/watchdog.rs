//! Ends a schedule in which nobody takes a step any more.

use super::{State, Turnstile};
use crate::failure;
use crate::memory::lock;
use std::thread;
use std::time::Duration;

impl Turnstile {
    /// Tells what is wrong if there was no step for too long.
    pub fn stuck(&self) -> Option<String> {
        let inner = lock(&self.inner);
        let phase = inner.phase.as_ref()?;
        if inner.progress.elapsed() < self.deadline {
            return None;
        }
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

    /// Ends QEMU when a schedule is stuck. For a thread of its own.
    pub fn watch(&self, report: impl Fn()) -> ! {
        loop {
            thread::sleep(Duration::from_millis(200));
            if let Some(message) = self.stuck() {
                report();
                failure::end(failure::STUCK, &message);
            }
        }
    }
}
