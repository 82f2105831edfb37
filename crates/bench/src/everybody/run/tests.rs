//! Everybody does what is measured; what is measured is there.

use super::*;

#[test]
fn everybody_has_a_name_of_its_own_and_a_promise() {
    let mut names: Vec<_> = all().iter().map(|candidate| candidate.name).collect();
    let count = names.len();
    assert_eq!(names[0], limits::LIMIT);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(all().iter().all(|candidate| candidate.promise.ends_with('.')));
}

#[test]
fn everybody_who_is_installed_is_made_and_keeps_its_count_right() {
    let host = Host { slots: 2, threads: 2 };
    for candidate in all() {
        let Some(made) = (candidate.make)(host) else {
            assert_eq!(candidate.name, "liburcu memb", "the others need no installation");
            continue;
        };
        (made.pairs)(0, 100);
        if !made.alone {
            std::thread::scope(|scope| {
                scope.spawn(|| (made.pairs)(1, 100));
                scope.spawn(|| (made.pairs)(0, 100));
            });
        }
        if let Some(refused) = &made.refused {
            refused(100);
        }
        // Ours are dropped here, which panics if a hold is left.
    }
}

#[test]
fn everything_is_measured_and_with_the_right_number_of_operations() {
    assert_eq!([1, 2, 3].map(crowd), [2, 4, 6]);
    let team = Team::new(crowd(2));
    let run = measure(&Effort::LITTLE, &[1, 2], &team);
    assert_eq!(run.threads, [1, 2, 4]);
    let operations = |candidate, what| {
        run.results.find(Point::new(candidate, what)).map(|series| series.operations)
    };
    let pair = |candidate, threads| operations(candidate, What::Pair { threads });
    assert_eq!(
        [1, 2, 4].map(|threads| pair(limits::LIMIT, threads)),
        [Some(50), Some(100), Some(200)]
    );
    assert_eq!([1, 2, 4].map(|threads| pair(ours::CONSTANT, threads)), [Some(50), None, None]);
    assert_eq!(operations(ours::BOXED, What::Refused), Some(50));
    assert_eq!(operations(others::ARC, What::Refused), None);
    assert_eq!(operations(ours::BOXED, What::Drain { slots: 256 }), Some(1));
    assert_eq!(operations(ours::BOXED, What::Many), Some(10));
    let bytes = run.results.find(Point::new(limits::LIMIT, What::Memory));
    assert_eq!(bytes.map(|bytes| bytes.values.clone()), Some(vec![2 * 8]));
    for series in &run.results.0 {
        let rounds = match series.point.what {
            What::Memory | What::Pair { threads: 4 } => 1,
            _ => 2,
        };
        assert_eq!(series.values.len(), rounds, "{:?}", series.point);
        assert!(series.values.iter().all(|&value| value > 0), "{:?}", series.point);
    }
}
