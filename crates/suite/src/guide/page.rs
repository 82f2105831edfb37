//! A page of the guide, taken apart: its title, and what stands under each second heading.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

/// How a comment before a block begins that has a test compare the block with a real run.
const MARKS: [&str; 2] = ["<!-- transcript: ", "<!-- listing: "];

/// A page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    pub parts: Vec<Part>,
}

/// What stands under a second heading.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Part {
    pub heading: String,
    /// Where its links lead, those in the heading first.
    pub links: Vec<String>,
    /// Items of numbered lists that lie in no other list.
    pub numbered: usize,
    /// A block shows what is typed: one of `sh`, or one that begins with `$`.
    pub command: bool,
    /// A block is compared with a real run.
    pub compared: bool,
}

/// Takes a page apart.
pub fn read(text: &str) -> Page {
    let mut page = Page { title: String::new(), parts: vec![Part::default()] };
    let mut heading: Option<HeadingLevel> = None;
    let (mut lists, mut marked, mut in_block) = (Vec::new(), false, false);
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        if let Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) = event {
            page.parts.push(Part::default());
        }
        let Some(part) = page.parts.last_mut() else { break };
        match event {
            Event::Start(Tag::Heading { level, .. }) => heading = Some(level),
            Event::End(TagEnd::Heading(_)) => heading = None,
            Event::Start(Tag::Link { dest_url, .. }) => part.links.push(dest_url.into_string()),
            Event::Start(Tag::List(first)) => lists.push(first.is_some()),
            Event::End(TagEnd::List(_)) => lists.truncate(lists.len().saturating_sub(1)),
            Event::Start(Tag::Item) if lists == [true] => part.numbered += 1,
            Event::Html(html) => marked = MARKS.iter().any(|mark| html.starts_with(mark)),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                part.command |= &*info == "sh";
                part.compared |= marked;
                (marked, in_block) = (false, true);
            }
            Event::End(TagEnd::CodeBlock) => in_block = false,
            Event::Start(Tag::Paragraph) => marked = false,
            Event::Text(words) | Event::Code(words) => {
                part.command |= in_block && words.starts_with("$ ");
                in_block = false;
                match heading {
                    Some(HeadingLevel::H1) => page.title.push_str(&words),
                    Some(HeadingLevel::H2) => part.heading.push_str(&words),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    page.parts.remove(0); // what stands before the first one
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_title_and_parts_with_their_links() {
        let page = read("# A `b` c\n\n[x](0)\n\n## One [y](1)\n\n### Two\n\n[z](2)\n\n## Three\n");
        let headings: Vec<_> = page.parts.iter().map(|part| part.heading.as_str()).collect();
        assert_eq!((page.title.as_str(), headings), ("A b c", vec!["One y", "Three"]));
        assert_eq!((page.parts[0].links.join(" "), page.parts[1].links.len()), ("1 2".into(), 0));
    }

    #[test]
    fn numbered_items_are_counted_and_what_lies_in_them_is_not() {
        let count = |text: &str| read(&format!("## A\n{text}")).parts[0].numbered;
        assert_eq!(count("1. a\n2. b\n   1. c\n\ntext\n\n3. d\n\n* e\n  1. f\n"), 3);
        assert_eq!(count("```text\n1. a\n```\n"), 0);
    }

    #[test]
    fn a_command_is_of_sh_or_begins_with_a_dollar() {
        let command = |text: &str| read(&format!("## A\n{text}")).parts[0].command;
        assert!(command("```sh\nls\n```\n") && command("```text\n$ ls\nb\n```\n"));
        assert!(
            command("```sh\nls\n```\n\n```sh\nls\n```\n")
                && command("```text\n$ ls\n```\n\n```text\n$ ls\n```\n")
        );
        assert!(!command("```text\nls\n$ ls\n```\n") && !command("```text\n```\n$ ls `$ ls`\n"));
    }

    #[test]
    fn a_block_is_compared_if_a_mark_stands_right_before_it() {
        let compared = |mark: &str, between: &str| {
            let text = format!("## A\n<!-- {mark} -->\n\n{between}```text\nb\n```\n");
            read(&text).parts[0].compared
        };
        for mark in ["transcript: a", "listing: a, LSE"] {
            assert!(compared(mark, ""));
        }
        assert!(
            compared("transcript: b", "```text\n```\n\n<!-- transcript: a -->\n"),
            "both of them"
        );
        assert!(!compared("note", "") && !compared("transcript: a", "Words.\n\n"));
    }
}
