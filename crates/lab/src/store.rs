//! measurements.json: an array of the `# measure` objects, one a line, always written alike.

use runner::exit_error::ExitError;
use serde_json::Value;
use std::fmt::Display;
use std::path::Path;
use tools::measure::Measurement;

/// More than any run writes; a file beyond that is not one of ours.
const LARGEST: u64 = 16 << 20;

/// Returns the text of the file. Members are in the order of the alphabet, but for the name, which is first.
pub fn text(objects: &[Measurement]) -> String {
    let lines: Vec<String> = objects.iter().map(line).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

/// Returns one object as a line.
fn line(object: &Measurement) -> String {
    let member = |(key, value): (&String, &Value)| format!("{}:{value}", Value::from(key.as_str()));
    let (name, rest): (Vec<_>, Vec<_>) = object.iter().partition(|(key, _)| *key == "name");
    let members: Vec<String> = name.into_iter().chain(rest).map(member).collect();
    format!("{{{}}}", members.join(","))
}

/// Reads what [`text`] has made, or anybody else in JSON.
pub fn parse(text: &str) -> Result<Vec<Measurement>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
    let Value::Array(values) = value else { return Err("no JSON array".to_owned()) };
    let mut objects = Vec::new();
    for (index, value) in values.into_iter().enumerate() {
        match value {
            Value::Object(object) if object.get("name").is_some_and(Value::is_string) => {
                objects.push(object);
            }
            _ => return Err(format!("its element {index} is no object with a name")),
        }
    }
    Ok(objects)
}

/// Reads a file; the error is one line that names it.
pub fn read(path: &Path) -> Result<Vec<Measurement>, ExitError> {
    let known = std::fs::metadata(path).map_err(|error| wrong(path, &error))?;
    if !known.is_file() || known.len() > LARGEST {
        return Err(wrong(path, &"no file of measurements"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(path, &error))?;
    parse(&text).map_err(|why| wrong(path, &why))
}

/// Returns the error for a file that can't be drawn.
pub fn wrong(path: &Path, why: &dyn Display) -> ExitError {
    let remedy = "name a measurements.json that scripts/lab has written";
    ExitError::setup(format!("--from {}: {why}", path.display()), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_reads_and_writes_the_same() {
        let objects = parse(
            "[{\"b\":0.621,\"name\":\"x\",\"a\":\"<&\\\"\\n\"},{\"name\":\"y\",\"n\":1234567,\"t\":0.1}]",
        );
        let written = text(&objects.unwrap());
        assert!(
            written.starts_with("[\n{\"name\":\"x\",\"a\":\"<&\\\"\\n\",\"b\":0.621},\n"),
            "{written}"
        );
        assert_eq!(text(&parse(&written).unwrap()), written);
    }

    #[test]
    fn what_is_no_list_of_measurements_is_refused() {
        for (wrong, why) in [
            ("", "no JSON"),
            ("[{]", "no JSON"),
            ("{}", "no JSON array"),
            ("[{\"name\":\"a\"},3]", "element 1"),
            ("[{\"cores\":1}]", "element 0"),
        ] {
            assert!(parse(wrong).unwrap_err().contains(why), "{wrong}");
        }
        let missing = read(Path::new("/nonexistent/x.json")).unwrap_err();
        assert!(missing.status == 2 && missing.line.starts_with("--from /nonexistent/x.json: "));
        assert_eq!(read(Path::new("/")).unwrap_err().status, 2);
    }
}
