//! What is read, what is refused, and in which words.

use super::*;
use crate::data::variants;
use crate::sample;
use ladder::VARIANTS;

#[test]
fn every_kind_is_read() {
    let data = sample::data();
    let [timed, counted] = [7, 4].map(|core_counts| core_counts * VARIANTS.len());
    assert_eq!((data.ladder.len(), data.coherence.len()), (timed, counted));
    assert_eq!(data.ladder_cores(), [1, 2, 4, 8, 16, 32, 64]);
    assert_eq!(data.coherence_cores(), [1, 2, 8, 64]);
    let measured = variants(data.ladder.iter().map(|this| this.variant));
    assert_eq!(measured, VARIANTS.iter().collect::<Vec<_>>());
    assert_eq!(data.drain_slots[9].nanoseconds, 18120.0);
}

#[test]
fn what_is_missing_is_named() {
    for name in
        ["conditions", "ladder", "coherence", "drain_slots", "instructions", "drain_instructions"]
    {
        let mut objects = sample::objects();
        objects.retain(|object| object["name"] != name);
        let said = data(&objects).unwrap_err();
        assert_eq!(said, format!("it holds no {name:?} object"));
    }
    let mut objects = sample::objects();
    objects.retain(|object| object["name"] != "coherence_drain");
    assert!(data(&objects).unwrap().coherence_drain.is_empty());
    objects.push(objects[0].clone());
    assert!(data(&objects).unwrap_err().contains("more than one \"conditions\""));
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
        // Just too much, and just too far from the mean.
        ("instructions", "per_pair", Value::from(1e15), "this cannot be: Instructions"),
        ("drain_instructions", "per_drain", Value::from(0), "this cannot be: DrainInstructions"),
        ("drain_instructions", "slots", Value::from(513), "this cannot be: DrainInstructions"),
        ("coherence_drain", "slots", Value::from(0), "this cannot be: CoherenceDrain"),
        ("ladder", "highest", Value::from(1e15), "this cannot be: Ladder"),
        ("ladder", "pairs_per_second", Value::from(0), "this cannot be: Ladder"),
        ("ladder", "relative_to_one", Value::from(0.01), "this cannot be: Ladder"),
        ("coherence", "line", Value::from(32), "this cannot be: Coherence"),
        ("coherence", "cores", Value::from(0), "this cannot be: Coherence"),
        ("coherence", "transfers_per_pair", Value::from(0.001), "this cannot be: Coherence"),
        ("conditions", "qemu", Value::from(7), "an object \"conditions\": invalid type"),
    ] {
        let mut objects = sample::objects();
        let found = objects.iter_mut().find(|object| object["name"] == name).unwrap();
        found.insert(member.to_owned(), value);
        let said = data(&objects).unwrap_err();
        assert!(said.starts_with(why), "{name} {member}: {said}");
    }
    let mut objects = sample::objects();
    objects[1].remove("rung");
    assert!(data(&objects).unwrap_err().contains("missing field `rung`"));
}

#[test]
fn a_variant_that_nobody_knows_is_named() {
    for name in ["ladder", "coherence", "instructions"] {
        let mut objects = sample::objects();
        let found = objects.iter_mut().find(|object| object["name"] == name).unwrap();
        found.insert("rung".to_owned(), "x".into());
        let said = data(&objects).unwrap_err();
        assert_eq!(said, format!("an object {name:?}: there is no variant \"x\""));
    }
}

#[test]
fn a_variant_that_was_not_measured_is_named() {
    for (name, cores, wanted) in [
        ("ladder", Some(4), "it holds no \"ladder\" object of plain with 4 cores"),
        ("coherence", Some(8), "it holds no \"coherence\" object of plain with 8 cores"),
        ("instructions", None, "it holds no \"instructions\" object of plain"),
    ] {
        let mut objects = sample::objects();
        objects.retain(|object| {
            let of_plain = object["name"] == name && object["rung"] == "plain";
            !of_plain || cores.is_some_and(|cores| object["cores"] != cores)
        });
        assert_eq!(data(&objects).unwrap_err(), wanted);
    }
}

#[test]
fn with_very_many_cores_those_that_try_again_may_be_missing() {
    let mut objects = sample::objects();
    let on_64 = |object: &&mut Measurement| object["name"] == "coherence" && object["cores"] == 64;
    for object in objects.iter_mut().filter(on_64) {
        object.insert("cores".to_owned(), 512.into());
    }
    let without = |name: &str| {
        let mut objects = objects.clone();
        objects.retain(|object| {
            object["name"] != "coherence" || object["cores"] != 512 || object["rung"] != name
        });
        data(&objects).map(|_| ())
    };
    assert_eq!(without("spin_lock"), Ok(()));
    assert_eq!(
        without("shared").unwrap_err(),
        "it holds no \"coherence\" object of shared with 512 cores"
    );
}
