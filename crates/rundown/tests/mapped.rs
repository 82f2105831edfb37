//! Guards narrowed to a part: the whole stays held, and is given back once.

mod common;

use common::Yield;
use rundown::{MappedGuard, Protected, ProtectedGuard, RundownRef};
use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
use std::thread;

type Pair = (String, Vec<u8>);
type Value = Protected<Pair, RundownRef<Yield>>;
type User<'a> = ProtectedGuard<'a, Pair, RundownRef<Yield>>;

fn value() -> Value {
    Value::new(RundownRef::with_park(), ("text".to_owned(), vec![5, 6]))
}

#[test]
fn a_mapped_guard_holds_until_it_is_dropped() {
    let value = value();
    let text = ProtectedGuard::map(value.try_acquire().unwrap(), |value| value.0.as_str());
    assert_eq!((&*text, format!("{text:?}")), ("text", "\"text\"".to_owned()));
    assert_eq!(value.try_run_down(), None, "held");
    let last = MappedGuard::map(text, |text| &text[3..]);
    assert_eq!(value.try_run_down(), None, "held by the same hold");
    assert_eq!(&*last, "t");
    drop(last);
    assert!(value.try_run_down().is_some());
}

#[test]
fn a_part_that_is_not_there_gives_the_guard_back_as_it_was() {
    let value = value();
    let user = value.try_acquire().unwrap();
    let user = ProtectedGuard::try_map(user, |value| value.1.get(2)).unwrap_err();
    assert_eq!(value.try_run_down(), None, "held");
    let list = ProtectedGuard::try_map(user, |value| Some(&value.1[..])).unwrap();
    let list = MappedGuard::try_map(list, |list| list.get(2)).unwrap_err();
    assert_eq!(list.len(), 2);
    let second = MappedGuard::try_map(list, |list| list.get(1)).unwrap();
    assert_eq!((*second, value.try_run_down()), (6, None));
    drop(second);
    assert!(value.try_run_down().is_some());
}

#[test]
fn a_map_that_panics_gives_the_value_back() {
    let value = value();
    let panics = |act: &dyn Fn(User<'_>)| {
        let user = value.try_acquire().unwrap();
        catch_unwind(AssertUnwindSafe(|| act(user))).unwrap_err();
    };
    panics(&|user| drop(ProtectedGuard::map(user, |_| -> &u8 { panic!("a part's own") })));
    panics(&|user| {
        let text = ProtectedGuard::map(user, |value| &value.0);
        drop(MappedGuard::map(text, |_| -> &u8 { panic!("a part's own") }));
    });
    assert!(value.try_run_down().is_some(), "nobody holds it");
}

#[test]
fn a_mapped_guard_may_go_to_another_thread() {
    fn shared<T: Send + Sync + RefUnwindSafe + UnwindSafe>() {}
    shared::<MappedGuard<ProtectedGuard<'static, String>, str>>();
    let value = value();
    let text = ProtectedGuard::map(value.try_acquire().unwrap(), |value| &value.0);
    let length = thread::scope(|threads| threads.spawn(|| { text }.len()).join().unwrap());
    assert_eq!(length, 4);
    assert!(value.try_run_down().is_some());
}

#[test]
fn an_access_is_refused_from_the_run_down_on_and_holds_as_long_as_it_lasts() {
    let value = value();
    let inside = |value: &Value, part: &Pair| (part.1.len(), value.try_run_down());
    assert_eq!(value.try_access_with(|part| inside(&value, part)), Some((2, None)));
    assert_eq!(value.try_access_with(|part| part.1.len()), None, "its run-down has started");
    assert!(value.try_run_down().is_some());
    assert_eq!(value.try_access_with(|part| part.1.len()), None, "it is gone");
    value.put((String::new(), Vec::new())).unwrap();
    let panicked = || value.try_access_with(|_| panic!("an access's own"));
    assert!(catch_unwind(AssertUnwindSafe(panicked)).is_err());
    assert!(value.try_run_down().is_some(), "nobody holds it");
}
