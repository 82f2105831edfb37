//! Reads measurements into structures, and checks them.

use super::check;
use super::data::Data;
use serde::Deserialize;
use serde_json::Value;
use tools::measure::Measurement;

/// Reads the objects. The error names the first that is wrong, or what is missing.
pub fn data(objects: &[Measurement]) -> Result<Data, String> {
    let mut conditions = all(objects, "conditions")?;
    let data = Data {
        conditions: conditions.pop().ok_or("it holds no \"conditions\" object")?,
        ladder: some(objects, "ladder")?,
        coherence: some(objects, "coherence")?,
        coherence_drain: all(objects, "coherence_drain")?,
        drain_slots: some(objects, "drain_slots")?,
        instructions: some(objects, "instructions")?,
        drain_instructions: some(objects, "drain_instructions")?,
    };
    if !conditions.is_empty() {
        return Err("it holds more than one \"conditions\" object".to_owned());
    }
    let wrong = check::impossible(&data).or_else(|| check::missing(&data));
    wrong.map_or(Ok(data), Err)
}

/// Returns all objects of this name.
fn all<T: for<'a> Deserialize<'a>>(objects: &[Measurement], name: &str) -> Result<Vec<T>, String> {
    let named = objects.iter().filter(|object| object["name"] == name);
    let read = |object: &Measurement| {
        let value = Value::Object(object.clone());
        serde_json::from_value(value).map_err(|error| format!("an object {name:?}: {error}"))
    };
    named.map(read).collect()
}

/// Returns all objects of this name. Without one it is an error.
fn some<T: for<'a> Deserialize<'a>>(objects: &[Measurement], name: &str) -> Result<Vec<T>, String> {
    let found = all(objects, name)?;
    if found.is_empty() { Err(format!("it holds no {name:?} object")) } else { Ok(found) }
}

#[cfg(test)]
mod tests;
