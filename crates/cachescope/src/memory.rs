//! What is watched: lines of memory, each with its state and counts.
//!
//! Every load and store of the machine calls [`Memory::find`] first, so it must be quick: the table is
//! read without a lock, and whoever adds to it replaces it as a whole. What is watched stays watched,
//! just as a line stays in a cache when the object in it is freed.

use crate::counts::{Counts, PhaseCounts};
use crate::directory::{self, Access};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// Most bytes of one watched region: its table of lines must fit.
const MOST_BYTES: u64 = 64 << 20;

/// One line.
#[derive(Debug, Default)]
pub struct Line {
    state: directory::Line,
    phases: Vec<PhaseCounts>,
}

impl Line {
    /// Returns the counts of a core in a phase. `name` is called when the line is new to the phase.
    fn counts(
        &mut self,
        core: usize,
        phase: u16,
        cores: usize,
        name: impl FnOnce() -> String,
    ) -> &mut Counts {
        // The phase in use is the last one, but for lines that are also used outside of phases.
        let known = self.phases.iter().rposition(|counts| counts.phase == phase);
        let position = known.unwrap_or_else(|| {
            self.phases.push(PhaseCounts::new(phase, name(), cores));
            self.phases.len() - 1
        });
        self.phases[position].of(core)
    }
}

/// Lines that follow each other.
#[derive(Debug)]
struct Span {
    range: Range<u64>,
    /// Made at the first access.
    lines: Box<[OnceLock<Box<Mutex<Line>>>]>,
}

#[derive(Debug, Default)]
struct Table {
    low: u64,
    length: u64,
    /// In ascending order, without overlap.
    spans: Vec<&'static Span>,
}

impl Table {
    fn of(mut spans: Vec<&'static Span>) -> Self {
        spans.sort_by_key(|span| span.range.start);
        let low = spans.first().map_or(0, |span| span.range.start);
        let length = spans.last().map_or(0, |span| span.range.end - low);
        Self { low, length, spans }
    }
}

/// A watched line that an access has hit.
#[derive(Clone, Copy, Debug)]
pub struct Hit<'a> {
    line: &'a Mutex<Line>,
    /// Where the watched memory around it begins.
    pub start: u64,
}

/// All memory that is watched. There is one, and its tables are never freed.
#[derive(Debug)]
pub struct Memory {
    table: AtomicPtr<Table>,
    writer: Mutex<()>,
    line_bytes: u64,
    cores: usize,
}

impl Memory {
    /// Returns a memory of which nothing is watched yet.
    pub fn new(line_bytes: u64, cores: usize) -> Self {
        let table = Box::leak(Box::new(Table::default()));
        Self { table: AtomicPtr::new(table), writer: Mutex::new(()), line_bytes, cores }
    }

    fn table(&self) -> &Table {
        // SAFETY: always a leaked box. Acquire pairs with the release in `watch`, so its contents are
        // visible.
        unsafe { &*self.table.load(Ordering::Acquire) }
    }

    /// Watches all lines that `range` touches.
    pub fn watch(&self, range: Range<u64>) -> Result<(), String> {
        let end = range.end.checked_next_multiple_of(self.line_bytes).unwrap_or(u64::MAX);
        let mut start = range.start / self.line_bytes * self.line_bytes;
        if range.is_empty() || end - start > MOST_BYTES {
            return Err(format!("{range:#x?} is empty or larger than {MOST_BYTES} bytes"));
        }
        let writer = lock(&self.writer);
        let mut spans = self.table().spans.clone();
        // Only what is not watched yet.
        let mut gaps = Vec::new();
        for span in &spans {
            if span.range.end <= start || span.range.start >= end {
                continue;
            }
            gaps.push(start..span.range.start.max(start));
            start = span.range.end;
        }
        gaps.push(start..end.max(start));
        for range in gaps.into_iter().filter(|range| !range.is_empty()) {
            let lines = (range.end - range.start) / self.line_bytes;
            let lines = (0..lines).map(|_| OnceLock::new()).collect();
            spans.push(Box::leak(Box::new(Span { range, lines })));
        }
        let table = Box::leak(Box::new(Table::of(spans)));
        self.table.store(table, Ordering::Release); // pairs with the load in `table`
        drop(writer);
        Ok(())
    }

    /// Returns the watched line that an address lies in.
    #[inline]
    pub fn find(&self, address: u64) -> Option<Hit<'_>> {
        let table = self.table();
        if address.wrapping_sub(table.low) >= table.length {
            return None;
        }
        let span = table.spans.partition_point(|span| span.range.end <= address);
        let span = table.spans.get(span).filter(|span| span.range.contains(&address))?;
        let line = &span.lines[((address - span.range.start) / self.line_bytes) as usize];
        Some(Hit { line: line.get_or_init(Box::default), start: span.range.start })
    }

    /// Does an access to a line that was hit, and counts it.
    pub fn access(
        &self,
        hit: Hit<'_>,
        core: usize,
        phase: u16,
        access: Access,
        name: impl FnOnce() -> String,
    ) {
        let mut line = lock(hit.line);
        let traffic = line.state.access(core, access);
        let counts = line.counts(core, phase, self.cores, name);
        counts.access(access);
        counts.traffic(traffic);
    }

    /// Returns what each cache has of a line that was hit, see [`directory::Line::copies`].
    pub fn copies(&self, hit: Hit<'_>) -> String {
        lock(hit.line).state.copies(self.cores)
    }

    /// Completes an atomic of exclusives. Its access is counted already; if the line has been taken
    /// away in between, it must be fetched once more.
    pub fn complete(&self, hit: Hit<'_>, core: usize, phase: u16, name: impl FnOnce() -> String) {
        let mut line = lock(hit.line);
        if !line.state.is_owned_by(core) {
            let traffic = line.state.access(core, Access::Atomic);
            line.counts(core, phase, self.cores, name).traffic(traffic);
        }
    }

    /// Takes all lines out of all caches.
    pub fn cold(&self) {
        self.each_line(|_, line| line.state.flush());
    }

    /// Returns whether nothing is watched.
    pub fn is_empty(&self) -> bool {
        self.table().spans.is_empty()
    }

    fn each_line(&self, mut action: impl FnMut(u64, &mut Line)) {
        for span in &self.table().spans {
            for (number, line) in (0..).zip(&span.lines) {
                if let Some(line) = line.get() {
                    action(span.range.start + number * self.line_bytes, &mut lock(line));
                }
            }
        }
    }

    /// Returns the sums of all counts.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        self.each_line(|address, line| {
            for in_phase in &line.phases {
                let mut sum = Counts::default();
                for &(core, counts) in in_phase.iter() {
                    *totals.cores.entry((in_phase.phase, core)).or_default() += counts;
                    sum += counts;
                }
                *totals.phases.entry(in_phase.phase).or_default() += sum;
                totals.lines.push((in_phase.phase, address, in_phase.name.clone(), sum));
            }
        });
        totals.lines.sort_by_key(|&(phase, address, ..)| (phase, address));
        totals
    }
}

/// The sums of all counts.
#[derive(Debug, Default)]
pub struct Totals {
    /// By phase.
    pub phases: BTreeMap<u16, Counts>,
    /// By phase and core.
    pub cores: BTreeMap<(u16, usize), Counts>,
    /// By phase and line: phase, address, name, counts.
    pub lines: Vec<(u16, u64, String, Counts)>,
}

/// Locks a mutex, even if a thread has panicked while it held it: then QEMU is about to end anyway.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
