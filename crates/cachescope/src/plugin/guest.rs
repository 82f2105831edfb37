//! What the plugin does about the guest's marks.

use super::Plugin;
use crate::failure::{self, end};
use crate::marks::Mark;
use crate::memory::lock;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;

impl Plugin {
    /// The core executes a mark.
    pub fn hint(&'static self, core: usize, number: u32) {
        let mark = lock(&self.cores[core].sentence).hint(number);
        if let Some(mark) = self.must(mark.map_err(|error| format!("core {core}: {error}"))) {
            self.mark(core, mark);
        }
    }

    fn mark(&'static self, core: usize, mark: Mark) {
        let own = &self.cores[core];
        match mark {
            Mark::Phase { phase, cores } => {
                let cores = if cores == 0 { self.arguments.cores } else { cores };
                if let Some(turnstile) = self.turnstile.as_ref().filter(|_| cores != 0) {
                    self.watchdog.call_once(|| {
                        thread::spawn(|| turnstile.watch(|| self.report()));
                    });
                    if let Err(error) = turnstile.check_threads(core, cores) {
                        end(failure::SETUP, &error);
                    }
                    self.must(turnstile.begin(core, phase, cores));
                    own.scheduled.store(true, Ordering::Relaxed);
                }
                own.phase.store(phase, Ordering::Relaxed);
            }
            Mark::End => {
                own.phase.store(0, Ordering::Relaxed);
                if let Some(turnstile) = self.turnstile_of(core) {
                    own.scheduled.store(false, Ordering::Relaxed);
                    self.must(turnstile.end(core));
                }
            }
            Mark::Cold => self.memory.cold(),
            Mark::Watch { name, range, stride } => {
                let watched = self.memory.watch(range.clone());
                self.must(watched.map_err(|error| format!("watch {name}: {error}")));
                let mut names = self.names.write().unwrap_or_else(PoisonError::into_inner);
                names.add(range, stride, &name);
            }
            Mark::Arrive => {
                if let Some(turnstile) = &self.turnstile {
                    turnstile.arrive(core);
                }
            }
            Mark::Wakes(target) => {
                if let Some(turnstile) = &self.turnstile {
                    self.must(turnstile.wakes(target));
                }
            }
            Mark::Name { phase, name } => {
                lock(&self.phases).insert(phase, name);
            }
        }
    }
}
