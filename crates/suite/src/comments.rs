//! JSON with comments, as editors and containers have it.

use serde_json::Value;

/// Reads JSON in which `//` begins a comment, up to the end of its line.
///
/// # Errors
///
/// What is not JSON without its comments; a comma after the last member is not.
pub fn read(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(&without(text))
}

/// Returns the text without its comments. Lines and columns stay as they are.
fn without(text: &str) -> String {
    let line = |line: &str| {
        let (mut quoted, mut escaped, mut before) = (false, false, '\0');
        for (at, byte) in line.char_indices() {
            if !quoted && before == '/' && byte == '/' {
                return line[..at - 1].to_owned();
            }
            quoted ^= byte == '"' && !escaped;
            escaped = quoted && byte == '\\' && !escaped;
            before = byte;
        }
        line.to_owned()
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_ends_with_its_line_and_is_none_in_a_string() {
        let text =
            "// one\n{ \"a\": \"https://x\", // two \"b\"\n  \"c\": \"\\\"// 3\\\\\" } // four";
        let value = read(text).unwrap();
        assert_eq!(value["a"], "https://x");
        assert_eq!(value["c"], "\"// 3\\");
        assert_eq!(value.as_object().unwrap().len(), 2);
        assert!(read("{ \"a\": 1, }").is_err() && read("{ / \"a\": 1 }").is_err());
    }
}
