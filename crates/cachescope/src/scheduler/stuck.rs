//! Tells a schedule that is stuck by its state: cores sleep, and nobody can wake them.

use super::{Inner, Scheduler, State};
use crate::memory::lock;
use crate::names::Names;

impl Inner {
    /// Returns whether all sleep who have not ended. Asked when one has just fallen asleep or ended, so
    /// all have begun: before that nobody runs.
    pub(super) fn is_stuck(&self) -> bool {
        self.states.iter().all(|state| matches!(state, State::Asleep | State::Outside))
    }
}

impl Scheduler {
    /// Returns which cores sleep, each with its last step, when nobody can go on.
    pub fn sleepers(&self, names: &Names) -> String {
        let inner = lock(&self.inner);
        let asleep = |core: &usize| inner.states[*core] == State::Asleep;
        let cores = (0..inner.states.len()).filter(asleep).map(|core| match &inner.last[core] {
            Some(step) => format!("core {core} sleeps since {}", step.describe(names)),
            None => format!("core {core} sleeps and has made no step"),
        });
        let cores: Vec<_> = cores.collect();
        let ended = inner.phase.as_ref().map_or(0, |phase| phase.ended);
        format!(
            "stuck after {} steps, as no wake-up is on its way: {}; {ended} have ended",
            inner.trace.count(),
            cores.join(", "),
        )
    }
}
