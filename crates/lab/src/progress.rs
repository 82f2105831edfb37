//! Shows on standard error what is running: which step, of how many, for how long.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The steps under way.
#[derive(Debug)]
pub struct Progress {
    started: Instant,
    steps: usize,
    done: usize,
}

impl Progress {
    /// Starts the clock; there are so many steps to come.
    pub fn new(steps: usize) -> Progress {
        Progress { started: Instant::now(), steps, done: 0 }
    }

    /// Does the next step, and shows its time until it has ended: on a terminal in one line, elsewhere in a
    /// line now and then.
    pub fn step<T>(&mut self, what: &str, work: impl FnOnce() -> T) -> T {
        self.done += 1;
        let Progress { started, steps, done } = *self;
        let terminal = stderr().is_terminal();
        let pause = Duration::from_secs(if terminal { 1 } else { 10 });
        let show = move |end: &str| {
            let seconds = started.elapsed().as_secs();
            // Nobody may be there to read it, and that is no reason to stop.
            let _ = write!(stderr(), "{seconds:4} s, {done} of {steps}: {what}{end}");
        };
        let (stop, stopped) = channel();
        thread::scope(|scope| {
            scope.spawn(move || tick(&stopped, pause, terminal, show));
            let result = work();
            drop(stop);
            result
        })
    }
}

/// Shows the time now and after each pause, until nobody is left to send. `show` gets the end of the line.
fn tick(stopped: &Receiver<()>, pause: Duration, terminal: bool, mut show: impl FnMut(&str)) {
    let end = if terminal { "\r" } else { "\n" };
    show(end);
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        show(end);
    }
    if terminal {
        show("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_is_shown_again_and_again_until_the_end() {
        for (terminal, wanted) in [(true, "\r\r\r\n"), (false, "\n\n\n")] {
            let (stop, stopped) = channel();
            let mut stop = Some(stop);
            let mut shown = String::new();
            tick(&stopped, Duration::from_millis(1), terminal, |end| {
                shown += end;
                stop.take_if(|_| shown.len() == 3);
            });
            assert_eq!(shown, wanted);
        }
    }

    #[test]
    fn steps_are_counted_and_return_what_they_make() {
        let mut progress = Progress::new(2);
        assert_eq!([1, 2].map(|number| progress.step("x", || number)), [1, 2]);
        assert_eq!(progress.done, 2);
    }
}
