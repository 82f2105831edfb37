//! What is read, what is refused, and in which words.

use super::*;
use crate::sample;

#[test]
fn every_kind_is_read() {
    let data = sample::data();
    assert_eq!((data.ladder.len(), data.coherence.len()), (70, 40));
    assert_eq!(data.ladder_cores(), [1, 2, 4, 8, 16, 32, 64]);
    assert_eq!(data.coherence_cores(), [1, 2, 8, 64]);
    assert_eq!(rungs(data.ladder.iter().map(|this| &this.rung)), RUNGS.map(|(name, _)| name));
    assert_eq!(data.drain_slots[9].nanoseconds, 18120.0);
    assert!(!meaning("plain").is_empty() && meaning("x").is_empty());
}

#[test]
fn what_is_missing_is_named() {
    for name in
        ["conditions", "ladder", "coherence", "drain_slots", "instructions", "drain_instructions"]
    {
        let mut objects = sample::objects();
        objects.retain(|object| object["name"] != name);
        let said = Data::read(&objects).unwrap_err();
        assert_eq!(said, format!("it holds no {name:?} object"));
    }
    let mut objects = sample::objects();
    objects.retain(|object| object["name"] != "coherence_drain");
    assert!(Data::read(&objects).unwrap().coherence_drain.is_empty());
    objects.push(objects[0].clone());
    assert!(Data::read(&objects).unwrap_err().contains("more than one \"conditions\""));
}

#[test]
fn what_is_incomplete_or_cannot_be_is_named() {
    for (name, member, value, why) in [
        ("ladder", "cores", Value::Null, "an object \"ladder\": invalid type: null"),
        ("ladder", "cores", Value::from(0), "this cannot be: Ladder"),
        ("ladder", "lowest", Value::from(-1), "this cannot be: Ladder"),
        ("ladder", "highest", Value::from(0.01), "this cannot be: Ladder"),
        ("coherence", "transfers", Value::from(1), "this cannot be: Coherence"),
        ("coherence", "pairs", Value::from(0), "this cannot be: Coherence"),
        ("coherence", "transfers", Value::from(-1), "an object \"coherence\": invalid value"),
        ("drain_slots", "slots", Value::from(1 << 20), "this cannot be: DrainSlots"),
        ("instructions", "per_pair", Value::from(0), "this cannot be: Instructions"),
        ("conditions", "qemu", Value::from(7), "an object \"conditions\": invalid type"),
    ] {
        let mut objects = sample::objects();
        let found = objects.iter_mut().find(|object| object["name"] == name).unwrap();
        found.insert(member.to_owned(), value);
        let said = Data::read(&objects).unwrap_err();
        assert!(said.starts_with(why), "{name} {member}: {said}");
    }
    let mut objects = sample::objects();
    objects[1].remove("rung");
    assert!(Data::read(&objects).unwrap_err().contains("missing field `rung`"));
}
