//! Shows on standard error what is running: which step, of how many, for how long.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
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

    /// Does the next step, and shows its time until it has ended.
    pub fn step<T>(&mut self, what: &str, work: impl FnOnce() -> T) -> T {
        self.done += 1;
        let ticker =
            Ticker::start(format!("{} of {}: {what}", self.done, self.steps), self.started);
        let result = work();
        drop(ticker);
        result
    }
}

/// A thread that prints the seconds: on a terminal in one line, elsewhere in a line now and then.
struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(what: String, started: Instant) -> Ticker {
        let (stop, stopped) = channel();
        let terminal = stderr().is_terminal();
        let pause = Duration::from_secs(if terminal { 1 } else { 10 });
        let thread = thread::spawn(move || {
            loop {
                print(&what, started, if terminal { "\r" } else { "\n" });
                match stopped.recv_timeout(pause) {
                    Err(RecvTimeoutError::Timeout) => {}
                    _ => break,
                }
            }
            if terminal {
                print(&what, started, "\n");
            }
        });
        Ticker { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.take(); // the thread sees that nobody is left to send
        let _ = self.thread.take().map(JoinHandle::join); // it has nothing to return
    }
}

fn print(what: &str, started: Instant, end: &str) {
    // Nobody may be there to read it, and that is no reason to stop.
    let _ = write!(stderr(), "{:4} s, {what}{end}", started.elapsed().as_secs());
}
