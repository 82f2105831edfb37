//! Collects the measurements in a report: `# measure {json}`, one object a line.
//!
//! They are diagnostics of the same KTAP text, so that the tools that explore and draw need no
//! second format and no second channel out of the guest.

use serde_json::{Map, Value};

/// One measurement: a JSON object with at least a `name`.
pub type Measurement = Map<String, Value>;

/// Reads one line of a report. `None`: it is no measurement. `Some(Err)`: it says it is one, but
/// the rest is not a JSON object with a name.
pub fn parse_line(line: &str) -> Option<Result<Measurement, String>> {
    let json = line.strip_prefix("# measure")?.trim_end();
    if !json.is_empty() && !json.starts_with(' ') {
        return None; // "# measured", say
    }
    Some(match serde_json::from_str::<Value>(json) {
        Ok(Value::Object(object)) if object.get("name").is_some_and(Value::is_string) => Ok(object),
        Ok(Value::Object(_)) => Err("a measurement without a name".to_owned()),
        Ok(_) => Err("a measurement that is not a JSON object".to_owned()),
        Err(error) => Err(format!("a measurement that is not JSON: {error}")),
    })
}

/// Returns every measurement of a report, in order; the error names the line that is broken.
pub fn collect(report: &str) -> Result<Vec<Measurement>, String> {
    let lines = report.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            parse_line(line)
                .map(|parsed| parsed.map_err(|error| format!("line {}: {error}", index + 1)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measurements_come_in_order_and_the_rest_is_left_out() {
        let report = "KTAP version 1\r\n# measure {\"name\":\"drain\",\"cores\":4,\"ticks\":123}\r\nok 1 # measure\n# measured {}\n# measure {\"name\":\"ladder\"}";
        let found = collect(report).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0]["ticks"], 123);
        assert_eq!(found[1]["name"], "ladder");
    }

    #[test]
    fn a_broken_measurement_is_an_error_not_a_gap() {
        for broken in ["{", "[]", "3", "{\"cores\":4}", "{\"name\":4}", "", "{\"name\":\"x\"} y"] {
            let wrong = collect(&format!("# x\n# measure {broken}\n")).unwrap_err();
            assert!(wrong.starts_with("line 2: a measurement"), "{broken:?}: {wrong}");
        }
    }
}
