//! Does the same work for many things, one on each processor at a time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;

/// Does `work` for every item, and hands the results to `done` in the order of the items.
pub fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync, done: impl FnMut(&T, R)) {
    each_of_many(1, items, work, done);
}

/// As [`each`], with `many` at a time on each processor.
pub fn each_of_many<T: Sync, R: Send>(
    many: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut done: impl FnMut(&T, R),
) {
    let next = AtomicUsize::new(0);
    let (sender, results) = channel();
    thread::scope(|scope| {
        for _ in 0..lanes(many, thread::available_parallelism().map_or(1, usize::from)) {
            let (sender, next, work) = (sender.clone(), &next, &work);
            scope.spawn(move || {
                // Relaxed: the numbers only have to differ.
                while let Some((at, item)) = nth(items, next.fetch_add(1, Ordering::Relaxed)) {
                    let _ = sender.send((at, work(item))); // nobody listens after a panic
                }
            });
        }
        drop(sender);
        let (mut early, mut first) = (BTreeMap::new(), 0);
        for (at, result) in results {
            early.insert(at, result);
            while let Some(result) = early.remove(&first) {
                done(&items[first], result);
                first += 1;
            }
        }
    });
}

fn lanes(many: usize, processors: usize) -> usize {
    many * processors
}

fn nth<T>(items: &[T], at: usize) -> Option<(usize, &T)> {
    items.get(at).map(|item| (at, item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_processor_has_so_many_lanes() {
        assert_eq!([lanes(1, 4), lanes(3, 4)], [4, 12]);
    }

    #[test]
    fn the_results_come_in_order() {
        let items: Vec<u64> = (0..20).collect();
        let mut results = Vec::new();
        let work = |item: &u64| {
            thread::sleep(Duration::from_millis(20 - item)); // later ones are faster
            item * 2
        };
        each(&items, work, |item, result| results.push((*item, result)));
        assert_eq!(results, items.iter().map(|item| (*item, item * 2)).collect::<Vec<_>>());
    }
}
