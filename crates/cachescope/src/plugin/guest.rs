//! What the plugin does when the guest executes a marker.

use super::Plugin;
use crate::failure::{self, end};
use crate::markers::Marker;
use crate::memory::lock;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;

impl Plugin {
    /// Handles one HINT that a core executes.
    pub fn hint(&'static self, core: usize, number: u32) {
        let marker = lock(&self.cores[core].decoder).hint(number);
        if let Some(marker) = self.must(marker.map_err(|error| format!("core {core}: {error}"))) {
            self.marker(core, marker);
        }
    }

    fn marker(&'static self, core: usize, marker: Marker) {
        let own = &self.cores[core];
        match marker {
            Marker::Phase { phase, cores } => {
                let cores = if cores == 0 { self.arguments.cores } else { cores };
                if let Some(scheduler) = self.scheduler.as_ref().filter(|_| cores != 0) {
                    self.watchdog.call_once(|| {
                        thread::spawn(|| scheduler.watch(|| self.report()));
                    });
                    if let Err(error) = scheduler.check_threads(core, cores) {
                        end(failure::SETUP, &error);
                    }
                    self.must(scheduler.begin(core, phase, cores));
                    if let Some(steps) = &self.steps {
                        let names = lock(&self.phases);
                        steps.begin(phase, names.get(&phase).map_or("", String::as_str), cores);
                    }
                    own.scheduled.store(true, Ordering::Relaxed);
                }
                own.phase.store(phase, Ordering::Relaxed);
                self.has_phases.store(true, Ordering::Relaxed);
            }
            Marker::End => {
                own.phase.store(0, Ordering::Relaxed);
                if let Some(scheduler) = self.scheduler_of(core) {
                    own.scheduled.store(false, Ordering::Relaxed);
                    self.must_go_on(scheduler, self.must(scheduler.end(core)));
                }
            }
            Marker::Cold => self.memory.cold(),
            Marker::Watch { name, range, stride } => {
                let watched = self.memory.watch(range.clone());
                self.must(watched.map_err(|error| format!("watch {name}: {error}")));
                let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
                names.add(range, stride, &name);
            }
            Marker::Arrive => {
                if let Some(scheduler) = &self.scheduler {
                    scheduler.arrive(core);
                }
            }
            Marker::Wakes(target) => {
                if let Some(scheduler) = &self.scheduler {
                    self.must(scheduler.wakes(target));
                }
            }
            Marker::Name { phase, name } => {
                lock(&self.phases).insert(phase, name);
            }
        }
    }
}
