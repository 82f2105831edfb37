//! Refuses runs whose counts would be too low: a phase executes what QEMU does not tell of.

use super::Plugin;
use crate::trace::Site;
use std::sync::atomic::Ordering;

impl Plugin {
    /// Handles an instruction whose accesses stay unseen, before it is executed. Where code was translated
    /// says nothing of where it is executed, so this asks each time.
    pub fn unseen(&self, core: usize, site: &'static Site) {
        match self.cores[core].phase.load(Ordering::Relaxed) {
            0 if self.outside.get().is_none() && !self.memory.is_empty() => {
                self.outside.get_or_init(|| site);
            }
            0 => {}
            phase => self.must(Err(refusal(
                site,
                &format!("core {core} executes"),
                &format!("in phase {phase}"),
            ))),
        }
    }

    /// Refuses, at the end, a guest without phases, where everything counts in phase 0.
    pub fn refuse_unseen_without_phases(&self) {
        if let Some(site) = self.outside.get().filter(|_| !self.has_phases.load(Ordering::Relaxed))
        {
            self.must(Err(refusal(site, "the guest executes", "and marks no phase without it")))
        }
    }
}

fn refusal(site: &Site, who: &str, place: &str) -> String {
    let Site { address, opcode, name, .. } = site;
    format!(
        "{who} {name} ({opcode:08x}) at {address:#x} {place}, and QEMU does not tell plugins what that \
         accesses: the counts would be too low; leave it out of what is counted"
    )
}
