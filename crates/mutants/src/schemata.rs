//! Many changed texts in one: each function that some edits change gets a body for each of them.
//!
//! ```text
//! fn f() { a + b }   becomes   fn f() { match crate::mutant::chosen() {
//!                                  1 => { a - b }
//!                                  _ => { a + b }
//!                              } }
//! ```
//!
//! Whole bodies are copied, so early returns, labels, closures and borrows stay what they are. A
//! constant function can't ask what was chosen, and an edit outside of every function changes more
//! than a body: such edits need a build of their own.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeMap;
use std::ops::Range;

/// What makes the choice, for the end of the crate's `lib.rs`: a number from the environment variable
/// [`VARIABLE`] or, on the bare machine, from the word [`SYMBOL`] of the image. 0 is the code as it is.
pub const CHOICE: &str = include_str!("choice.rs.txt");
/// The environment variable that names the chosen edit.
pub const VARIABLE: &str = "RUNDOWN_MUTANT";
/// The symbol of the word in an image, 8 bytes, that names the chosen edit.
pub const SYMBOL: &str = "RUNDOWN_MUTANT";

/// A change of one place in a source text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    range: Range<usize>,
    to: String,
}

impl Edit {
    /// Makes the edit that replaces `from`, which stands at `start`, by `to`.
    pub fn new(start: usize, from: &str, to: &str) -> Edit {
        // Without what both have at their ends: that may lie outside of the function.
        let head = from.bytes().zip(to.bytes()).take_while(|(a, b)| a == b).count();
        let head = (0..=head).rev().find(|&at| from.is_char_boundary(at)).unwrap_or(0);
        let (from, to) = (&from[head..], &to[head..]);
        let tail = from.bytes().rev().zip(to.bytes().rev()).take_while(|(a, b)| a == b).count();
        let tail = (0..=tail).rev().find(|&at| from.is_char_boundary(from.len() - at)).unwrap_or(0);
        let start = start + head;
        Edit { range: start..start + from.len() - tail, to: to[..to.len() - tail].to_owned() }
    }

    /// Returns the whole text, changed.
    pub fn applied_to(&self, source: &str) -> String {
        self.within(source, 0..source.len())
    }

    /// Returns a part of the text, changed.
    fn within(&self, source: &str, part: Range<usize>) -> String {
        let (before, after) = (part.start..self.range.start, self.range.end..part.end);
        [&source[before], &self.to, &source[after]].concat()
    }
}

/// A source text that has several edits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Woven {
    /// The text.
    pub text: String,
    /// The numbers of those edits that are not in it: each needs a build of its own.
    pub left_out: Vec<usize>,
    /// Where each of the others stands.
    pub arms: Vec<Arm>,
}

/// A changed body in a woven text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// The number of the edit.
    pub number: usize,
    /// Where the body stands.
    pub range: Range<usize>,
    /// Where its function stands, with all other bodies.
    pub function: Range<usize>,
}

/// Puts numbered edits into the text of one file.
///
/// # Errors
///
/// A message when the text does not even consist of Rust's tokens.
pub fn weave(source: &str, edits: &[(usize, Edit)]) -> Result<Woven, String> {
    let tokens = source.parse().map_err(|error| format!("not parsed: {error}"))?;
    let mut bodies = Vec::new();
    find_bodies(tokens, &mut bodies);
    let (mut changed, mut left_out) = (BTreeMap::<usize, Body>::new(), Vec::new());
    for (number, edit) in edits {
        let inside =
            |body: &&Range<usize>| body.start < edit.range.start && edit.range.end < body.end;
        match bodies.iter().find(inside) {
            None => left_out.push(*number),
            Some(range) => {
                let new = || Body { end: range.end, bodies: Vec::new() };
                let body = (*number, edit.within(source, range.clone()));
                changed.entry(range.start).or_insert_with(new).bodies.push(body);
            }
        }
    }
    let (mut text, mut done, mut arms) = (String::new(), 0, Vec::new());
    for (start, Body { end, bodies }) in changed {
        text += &source[done..start];
        let (function, first) = (text.len(), arms.len());
        text += "{ match crate::mutant::chosen() {\n";
        for (number, body) in bodies {
            text += &format!("{number} => ");
            let range = text.len()..text.len() + body.len();
            text += &format!("{body}\n");
            arms.push(Arm { number, range, function: 0..0 });
        }
        text += &format!("_ => {}\n}} }}", &source[start..end]);
        for arm in &mut arms[first..] {
            arm.function = function..text.len();
        }
        done = end;
    }
    text += &source[done..];
    Ok(Woven { text, left_out, arms })
}

/// A function's body that is changed: where it ends, and what it is with each edit.
struct Body {
    end: usize,
    bodies: Vec<(usize, String)>,
}

/// Finds the bodies, braces included, of all functions that are not constant. Functions within
/// functions are part of the outer ones.
fn find_bodies(tokens: TokenStream, bodies: &mut Vec<Range<usize>>) {
    // In a function's head, and whether it is a constant one.
    let (mut head, mut constant) = (false, false);
    for token in tokens {
        match &token {
            // Not the `const` of a parameter.
            TokenTree::Ident(word) if word == "const" && !head => constant = true,
            TokenTree::Ident(word) if word == "fn" => head = true,
            TokenTree::Punct(sign) if sign.as_char() == ';' => (head, constant) = (false, false),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                match head {
                    false => find_bodies(group.stream(), bodies),
                    true if constant => {}
                    true => bodies.push(group.span().byte_range()),
                }
                (head, constant) = (false, false);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "const A: u8 = 1;\n\
                          static F: fn() -> u8 = one;\n\
                          /// Öffnet.\n\
                          fn one() -> u8 { A + 2 }\n\
                          const fn two() -> u8 { A + 3 }\n\
                          impl X { fn three(&self) -> u8 { fn inner() -> u8 { 4 } inner() + 5 } }\n\
                          trait Y { fn four() -> u8; fn five<const N: u8>() -> u8 { 6 } }\n\
                          made! { pub const unsafe fn six() -> u8 { 7 } }\n";

    fn woven(edits: &[(usize, &str, &str)]) -> Woven {
        let edits = edits.iter().map(|&(number, from, to)| {
            (number, Edit::new(SOURCE.find(from).expect(from), from, to))
        });
        weave(SOURCE, &edits.collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_function_gets_a_body_for_each_edit_and_its_own() {
        let Woven { text, left_out, arms } = woven(&[(1, "A + 2", "A - 2"), (7, "+ 2", "+ A")]);
        let body = "{ match crate::mutant::chosen() {\n1 => { A - 2 }\n7 => { A + A }\n_ => { A + 2 }\n} }";
        assert_eq!(text, SOURCE.replace("{ A + 2 }", body));
        assert!(left_out.is_empty());
        let stands = arms.iter().map(|arm| (arm.number, &text[arm.range.clone()]));
        assert_eq!(stands.collect::<Vec<_>>(), [(1, "{ A - 2 }"), (7, "{ A + A }")]);
        assert!(arms.iter().all(|arm| text[arm.function.clone()] == *body));
    }

    #[test]
    fn a_function_within_a_function_is_a_part_of_it() {
        let Woven { text, .. } =
            woven(&[(1, "4 }", "8 }"), (2, "() + 5", "() - 5"), (3, "6", "9")]);
        let outer = "match crate::mutant::chosen() {\n1 => { fn inner() -> u8 { 8 } inner() + 5 }\n\
                     2 => { fn inner() -> u8 { 4 } inner() - 5 }\n\
                     _ => { fn inner() -> u8 { 4 } inner() + 5 }\n}";
        assert!(text.contains(outer), "{text}");
        assert!(text.contains("3 => { 9 }\n_ => { 6 }"), "{text}");
    }

    #[test]
    fn what_no_body_can_choose_is_left_out() {
        let edits = [
            (1, "u8 = 1", "u8 = 2"),
            (2, "+ 3", "- 3"),
            (3, "7 }", "8 }"),
            (4, "one()", "en()"),
            (5, "{ A + 2", "; { 1"),
            (6, "+ 2 }", "+ 1"),
        ];
        let Woven { text, left_out, .. } = woven(&edits);
        assert_eq!((text.as_str(), left_out), (SOURCE, vec![1, 2, 3, 4, 5, 6]));
    }

    #[test]
    fn an_edit_is_as_small_as_it_can_be() {
        let edit = Edit::new(10, "a(b)\n}\nfn c", "a(d)\n}\nfn c");
        assert_eq!(edit, Edit { range: 12..13, to: "d".to_owned() });
        assert_eq!(Edit::new(0, "aa", "aaa").applied_to("aa"), "aaa");
        assert_eq!(Edit::new(1, "äb", "öb").applied_to("xäby"), "xöby");
    }

    #[test]
    fn what_is_no_rust_is_refused() {
        assert!(weave("fn f() {", &[]).unwrap_err().starts_with("not parsed"));
    }
}
