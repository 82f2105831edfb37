//! Pairs on many objects in random order, beside pairs on one of them.
//!
//! Both go through a list of the same length, so that the list itself costs the same.

use crate::everybody::candidate::repeat;
use crate::everybody::ours::boxes::{boxed_with, pool};
use crate::everybody::ours::{BOXED, POOLED};
use crate::everybody::results::{Point, Timed, What};
use crate::race::Team;
use ladder::hold;
use rundown::{Rundown, ThreadSlot};
use std::ops::Deref;
use std::sync::Arc;

/// Returns what is measured: so many objects of each form, a line a form, with so many slots each.
pub fn timed(team: &Team, objects: usize, slots: usize) -> Vec<Timed<'_>> {
    let pooled = pool(slots);
    let forms = [
        both(team, BOXED, (0..objects).map(|_| boxed_with::<ThreadSlot>(slots)).collect()),
        both(team, POOLED, (0..objects).map(|_| pooled()).collect()),
    ];
    forms.into_iter().flatten().collect()
}

/// Returns pairs on all of the objects in random order, and as many on the first of them.
fn both<'a, R: Rundown + ?Sized, T: Deref<Target = R> + Send + Sync + 'a>(
    team: &'a Team,
    candidate: &'static str,
    objects: Vec<T>,
) -> [Timed<'a>; 2] {
    let mut order: Vec<usize> = (0..objects.len()).collect();
    fastrand::Rng::with_seed(1).shuffle(&mut order);
    let single = vec![0; objects.len()];
    let objects = Arc::new(objects);
    [(What::Many, order), (What::Single, single)].map(|(what, order)| {
        let objects = Arc::clone(&objects);
        Timed {
            point: Point::new(candidate, what),
            operations: order.len() as u64,
            run: Box::new(move || {
                let list: Vec<&R> = order.iter().map(|&index| &*objects[index]).collect();
                team.race(1, |_| pairs(&list))
            }),
        }
    })
}

/// Does a pair on each object of the list.
fn pairs<R: Rundown + ?Sized>(list: &[&R]) {
    let mut objects = list.iter();
    repeat(list.len() as u64, || {
        let object = objects.next().expect("the list has so many");
        let guard = object.try_acquire().expect("the object is live");
        hold();
        drop(guard);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_objects_take_part_or_the_first_alone() {
        let team = Team::new(1);
        let boxed: Vec<_> = (0..50).map(|_| boxed_with::<ThreadSlot>(1)).collect();
        let timed = both(&team, BOXED, boxed);
        let told = timed.iter().map(|one| (one.point.what, one.operations));
        assert_eq!(told.collect::<Vec<_>>(), [(What::Many, 50), (What::Single, 50)]);
        assert!(timed.iter().all(|one| (one.run)() > 0));
    }

    #[test]
    #[should_panic(expected = "the object is live")]
    fn an_object_that_is_run_down_is_noticed_wherever_it_is() {
        let objects: Vec<_> = (0..50).map(|_| boxed_with::<ThreadSlot>(1)).collect();
        objects[37].wait();
        let all: Vec<_> = objects.iter().map(|object| &**object).collect();
        pairs(&all);
    }
}
