//! The results that the plugin writes at the end.

use super::Plugin;
use crate::failure::{self, end};
use crate::memory::lock;
use crate::report;
use crate::unseen::FAMILIES;
use std::io::{self, Write};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

impl Plugin {
    /// Writes the results, once.
    pub fn report(&self) {
        if self.reported.swap(true, Ordering::Relaxed) {
            return;
        }
        let mut text = report::counts(&self.run, &self.memory.totals(), &lock(&self.phases));
        text += &report::unseen(&FAMILIES);
        if let Some(scheduler) = &self.scheduler {
            let names = self.names.read().unwrap_or_else(PoisonError::into_inner);
            let steps = scheduler.trace(|trace, spins| {
                text +=
                    &report::schedule(self.arguments.policy, trace.count(), spins, &trace.hash());
                let steps = trace.text(&names, self.arguments.trace_last);
                format!("trace {} of {} steps\n{steps}", trace.hash(), trace.count())
            });
            if let Some(file) = &mut *lock(&self.trace) {
                written(file.write_all(steps.as_bytes()), "trace=");
            }
        }
        if let Some(steps) = &self.steps {
            written(steps.finish(), "steps=");
        }
        match &mut *lock(&self.out) {
            Some(file) => written(file.write_all(text.as_bytes()), "out="),
            None => written(io::stderr().write_all(text.as_bytes()), "standard error"),
        }
    }

    /// Writes them at QEMU's end, and refuses a run that has shown nothing: it would pass for a good one.
    pub fn finish(&self) {
        self.report();
        if self.memory.is_empty() {
            let remedy = "have the guest mark some, or give region=START-END";
            end(failure::GUEST, &format!("no memory was watched; {remedy}"));
        }
        self.refuse_unseen_without_phases();
        let steps =
            self.scheduler.as_ref().map(|scheduler| scheduler.trace(|trace, _| trace.count()));
        if steps == Some(0) {
            let remedy =
                "mode=schedule needs cores that the guest lets begin, and what they touch watched";
            end(failure::GUEST, &format!("no step was scheduled; {remedy}"));
        }
    }
}

fn written(result: io::Result<()>, what: &str) {
    if let Err(error) = result {
        end(failure::GUEST, &format!("cannot write the results to {what}: {error}"));
    }
}
