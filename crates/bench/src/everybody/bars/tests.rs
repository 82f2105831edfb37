//! What the bars say of results.

use super::*;
use crate::everybody::drains;
use crate::everybody::results::Series;
use crate::everybody::run::all;

fn one(candidate: &'static str, what: What, values: u64) -> Series {
    Series { point: Point::new(candidate, what), operations: 1, values: vec![values] }
}

/// Results of two bars: what was asked of the first costs so many thousandths of the limit, and the second
/// does so many thousandths on 2 threads.
fn results(constant: u64, throughput: u64) -> Results {
    Results(vec![
        one(CONSTANT, pair(1), constant),
        one(LIMIT, pair(1), 1000),
        one(STATIC, pair(1), throughput),
        one(STATIC, pair(2), 1000),
    ])
}

/// The verdict on the bar about `of`, of these results.
fn verdict(of: Point, results: Vec<Series>) -> Verdict {
    let judged = judge(&Results(results));
    judged.iter().find(|judged| judged.bar.of == of).unwrap().verdict()
}

#[test]
fn what_the_limit_does_not_meet_either_is_judged_by_the_limit() {
    let as_the_limit = |floor| Verdict::AsTheLimit(Thousandths(floor));
    let scaling = |ours, limit| {
        let all = [(STATIC, 1, ours), (STATIC, 2, 1000), (LIMIT, 1, limit), (LIMIT, 2, 1000)];
        let all = all.map(|(name, threads, cost)| one(name, pair(threads), cost));
        verdict(Point::new(STATIC, pair(2)), all.into())
    };
    assert_eq!(scaling(1950, 1800), Verdict::Holds);
    assert_eq!(scaling(1949, 1949), as_the_limit(1949));
    assert_eq!(scaling(1637, 1800), as_the_limit(1800));
    assert_eq!(scaling(1636, 1800), Verdict::Fails);
    assert_eq!(scaling(1949, 1950), Verdict::Fails, "the limit meets it");

    let called = |ours, limit| {
        let all = [(CACHE_AWARE, ours), (CALLED, limit), (LIMIT, 1000)];
        let all = all.map(|(name, cost)| one(name, pair(1), cost));
        verdict(Point::new(CACHE_AWARE, pair(1)), all.into())
    };
    assert_eq!(called(1250, 1300), Verdict::Holds);
    assert_eq!(called(1430, 1300), as_the_limit(1300));
    assert_eq!(called(1431, 1300), Verdict::Fails);
    assert_eq!(called(1251, 1250), Verdict::Fails);

    let many = |ours, limit| {
        let all = [(POOLED, ours), (LIMIT, limit)];
        let all =
            all.map(|(name, cost)| [one(name, What::Many, cost), one(name, What::Single, 1000)]);
        verdict(Point::new(POOLED, What::Many), all.into_iter().flatten().collect())
    };
    assert_eq!(many(1870, 1700), as_the_limit(1700));
    assert_eq!(many(1871, 1700), Verdict::Fails);
}

#[test]
fn every_bar_is_about_somebody_who_is_measured() {
    let names: Vec<_> = all().iter().map(|candidate| candidate.name).collect();
    for bar in BARS {
        for point in [bar.of, bar.to].into_iter().chain(bar.floor.into_iter().flatten()) {
            assert!(names.contains(&point.candidate), "{bar}");
            if let What::Drain { slots } = point.what {
                assert!(drains::SLOTS.contains(&slots), "{bar}");
            }
        }
        assert!(bar.of != bar.to, "{bar}");
    }
    let mut lines: Vec<_> = BARS.iter().map(Bar::to_string).collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), BARS.len(), "a bar stands there twice");
}

#[test]
fn costs_must_not_be_higher_and_throughput_not_lower() {
    let holds = |constant, throughput| {
        let judged = judge(&results(constant, throughput));
        [0, 6].map(|bar: usize| judged[bar].verdict() == Verdict::Holds)
    };
    assert_eq!(holds(1080, 1950), [true, true]);
    assert_eq!(holds(1081, 1950), [false, true]);
    assert_eq!(holds(1080, 1949), [true, false]);
    assert_eq!(holds(500, 3000), [true, true]);
}

#[test]
fn each_bar_has_a_line_with_what_was_measured() {
    let judged = judge(&results(1084, 2000));
    let line = "bar does not hold: cost, a pair on 1 thread: static (constant slot) against limit, \
                at most 1.08, measured 1.08";
    assert_eq!(judged[0].line(), line);
    let line = "bar holds: throughput, static (ThreadSlot): a pair on 2 threads against \
                a pair on 1 thread, at least 1.95, measured 2.00";
    assert_eq!(judged[6].line(), line);
    let line = "bar does not hold: cost, a drain of 256 slots: boxed (ThreadSlot) against limit, \
                at most 1.10, measured nothing";
    let bar = judged.iter().position(|judged| judged.bar.of == Point::new(BOXED, drain(256)));
    assert_eq!(bar.map(|bar| judged[bar].line()).as_deref(), Some(line));
}

#[test]
fn a_bar_that_does_not_hold_is_complained_about() {
    let judged = judge(&results(1000, 2000));
    let held = BARS.len() - 2;
    assert_eq!(complaint(&judged), Some(format!("{held} of {} bars do not hold", BARS.len())));
    assert_eq!(complaint(&judged[..1]), None);
    assert_eq!(complaint(&judged[..2]).as_deref(), Some("1 of 2 bars do not hold"));
}
