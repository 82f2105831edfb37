//! Pairs on many objects in random order, beside pairs on one of them.
//!
//! The list of them is what a program keeps: boxes, or the handles of a pool.

use crate::everybody::candidate::repeat;
use crate::everybody::limits::{self, LIMIT};
use crate::everybody::ours::boxes::{boxed_with, pool};
use crate::everybody::ours::{BOXED, POOLED};
use crate::everybody::results::{Point, Timed, What};
use crate::race::Team;
use ladder::hold;
use rundown::{Rundown, ThreadSlot};
use std::ops::Deref;
use std::sync::Arc;

/// Returns what is measured: so many objects of each form, with so many slots each. The limit's are words side by
/// side: what a thread has to count in, and nothing around it.
pub fn timed(team: &Team, objects: usize, slots: usize) -> Vec<Timed<'_>> {
    let pooled = pool(slots);
    let forms = [
        both(team, LIMIT, limits::row(objects), |word| limits::pair(word)),
        both(team, BOXED, (0..objects).map(|_| boxed_with::<ThreadSlot>(slots)).collect(), pair),
        both(team, POOLED, (0..objects).map(|_| pooled()).collect(), pair),
    ];
    forms.into_iter().flatten().collect()
}

/// Returns pairs on all of the objects in random order, and as many on one of them. Both are done once before the
/// clock runs, as for objects that are used again and again.
fn both<'a, T: Send + Sync + 'a>(
    team: &'a Team,
    candidate: &'static str,
    mut objects: Vec<T>,
    pair: impl Fn(&T) + Copy + Sync + 'a,
) -> [Timed<'a>; 2] {
    fastrand::Rng::with_seed(1).shuffle(&mut objects);
    let count = objects.len() as u64;
    let objects = Arc::new(objects);
    [What::Many, What::Single].map(|what| {
        let objects = Arc::clone(&objects);
        Timed {
            point: Point::new(candidate, what),
            operations: count,
            run: Box::new(move || {
                let pass = |_| match what {
                    What::Many => each(&objects, pair),
                    _ => repeat(count, || pair(&objects[0])),
                };
                team.race(1, pass);
                team.race(1, pass)
            }),
        }
    })
}

fn each<T>(objects: &[T], pair: impl Fn(&T)) {
    let mut objects = objects.iter();
    repeat(objects.len() as u64, || pair(objects.next().expect("there are so many")));
}

#[inline(always)]
fn pair<R: Rundown + ?Sized>(object: &impl Deref<Target = R>) {
    let guard = object.try_acquire().expect("the object is live");
    hold();
    drop(guard);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn all_objects_take_part_or_one_alone() {
        let team = Team::new(1);
        let counts: Vec<_> = (0..50).map(|_| Arc::new(AtomicU64::new(0))).collect();
        let counting = |count: &Arc<AtomicU64>| {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let [many, single] = both(&team, BOXED, counts.clone(), counting);
        let counted = || {
            let mut all: Vec<_> = counts.iter().map(|one| one.swap(0, Ordering::Relaxed)).collect();
            all.sort_unstable();
            all
        };
        assert_eq!([&many, &single].map(|one| one.operations), [50; 2]);
        assert_eq!([&many, &single].map(|one| one.point.what), [What::Many, What::Single]);
        assert!((many.run)() > 0);
        assert_eq!(counted(), [2; 50], "once before, and once by the clock");
        assert!((single.run)() > 0);
        assert_eq!(counted()[48..], [0, 100]);
    }

    #[test]
    #[should_panic(expected = "the object is live")]
    fn an_object_that_is_run_down_is_noticed_wherever_it_is() {
        let objects: Vec<_> = (0..50).map(|_| boxed_with::<ThreadSlot>(1)).collect();
        objects[37].wait();
        each(&objects, pair);
    }

    #[test]
    fn the_limit_is_there_and_two_forms() {
        let team = Team::new(1);
        let timed = timed(&team, 20, 2);
        let names = timed.iter().map(|one| (one.point.candidate, (one.run)() > 0));
        let wanted = [LIMIT, LIMIT, BOXED, BOXED, POOLED, POOLED].map(|name| (name, true));
        assert_eq!(names.collect::<Vec<_>>(), wanted);
    }
}
