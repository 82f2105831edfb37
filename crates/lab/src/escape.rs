//! Makes texts harmless in HTML and SVG: what is measured may hold anything.

/// Returns the text with everything replaced that has a meaning in a text or in a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not allowed in SVG, not even as a reference (XML 1.0, 2.2).
            control if control.is_control() && control != '\n' && control != '\t' => {
                safe.push('\u{fffd}');
            }
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_a_text_or_an_attribute() {
        let said = escape("<script>\"a\" & 'b'</script>\0\n");
        assert_eq!(said, "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;\u{fffd}\n");
        assert_eq!(escape("½× 3"), "½× 3");
    }
}
