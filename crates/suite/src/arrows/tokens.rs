//! What a row of Rust's tokens begins with: an attribute, a module, a path.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Returns what stands in `#[...]`.
pub fn attribute(tokens: &[TokenTree]) -> Option<TokenStream> {
    match tokens {
        [TokenTree::Punct(mark), TokenTree::Group(group), ..]
            if mark.as_char() == '#' && group.delimiter() == Delimiter::Bracket =>
        {
            Some(group.stream())
        }
        _ => None,
    }
}

/// Returns the name of a module that starts here, and what stands in it, unless it has a file.
pub fn module_item(tokens: &[TokenTree]) -> Option<(String, Option<TokenStream>)> {
    match tokens {
        [word, TokenTree::Ident(name), TokenTree::Group(body), ..] if is_word(word, "mod") => {
            Some((name.to_string(), Some(body.stream())))
        }
        [word, TokenTree::Ident(name), end, ..] if is_word(word, "mod") && is_mark(end, ';') => {
            Some((name.to_string(), None))
        }
        _ => None,
    }
}

/// Returns the paths of a `use`, one for each name that it takes.
pub fn leaves(tokens: &[TokenTree], before: &[String]) -> Vec<Vec<String>> {
    let (head, length) = path(tokens);
    let whole = [before, &head].concat();
    match tokens.get(length) {
        Some(TokenTree::Group(group)) => {
            let inside: Vec<TokenTree> = group.stream().into_iter().collect();
            let parts = inside.split(|token| is_mark(token, ','));
            parts.filter(|part| !part.is_empty()).flat_map(|part| leaves(part, &whole)).collect()
        }
        _ => vec![whole],
    }
}

/// Reads names with `::` between them; returns them and how many tokens they are.
pub fn path(tokens: &[TokenTree]) -> (Vec<String>, usize) {
    let (mut names, mut at) = (Vec::new(), 0);
    while let Some(TokenTree::Ident(name)) = tokens.get(at) {
        names.push(name.to_string());
        at += 1;
        if !tokens.get(at..at + 2).is_some_and(|two| two.iter().all(|mark| is_mark(mark, ':'))) {
            break;
        }
        at += 2;
    }
    (names, at)
}

/// Returns whether a token is this word.
pub fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(name) if name == word)
}

/// Returns whether a token is this sign.
pub fn is_mark(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}
