use super::*;
use crate::fake::Fake;

const CHAPTER: &str = "# Chapter N\n\n## Question\n\n## Predict\n\n## Experiment\n\n```sh\nls\n```\n\n\
    <!-- transcript: N -->\n\n```text\na\n```\n\n## Explanation\n\n### More\n\n## Quiz\n\n1. Why?\n2. How?\n\n\
    ## In the code\n\n[here](../../src/main.rs)\n";

/// Makes a guide of so many chapters.
fn guide(chapters: usize) -> Fake {
    let fake = Fake::new();
    let (mut summary, mut answers) = (String::new(), "# Answers\n".to_owned());
    let mut overview = "# x\n".to_owned();
    for number in 1..=chapters {
        let file = format!("c{number}.md");
        fake.file(&format!("docs/guide/{file}"), &CHAPTER.replace('N', &number.to_string()));
        summary += &format!("- [Chapter {number}](guide/{file})\n");
        overview += &format!("| {number}. [Chapter {number}]({file}) | why? |\n");
        answers += &format!("\n## [Chapter {number}]({file}#quiz)\n\n1. So.\n2. Thus.\n");
    }
    for file in ["guide/README.md", "guide/protocol.md", "guide/answers.md", "course/a.md"] {
        fake.file(&format!("docs/{file}"), "# x\n");
        summary += &format!("- [x]({file})\n");
    }
    fake.file("docs/guide/answers.md", &answers);
    fake.file("docs/guide/README.md", &overview);
    fake.file("docs/SUMMARY.md", &summary);
    fake.file("docs/a.svg", "");
    fake
}

#[test]
fn so_many_chapters_with_all_their_parts_are_a_guide() {
    let (least, most) = (*CHAPTERS.start(), *CHAPTERS.end());
    for (chapters, failed) in [(least - 1, 1), (least, 0), (most, 0), (most + 1, 1)] {
        let all = chapters as u64 + 3;
        assert_eq!(guide(chapters).run(&step()), (all - failed, failed), "{chapters}");
    }
}

#[test]
fn what_a_chapter_lacks_is_said() {
    for (from, to, said) in [
        ("# Chapter 3", "# Three", "its title is \"Three\", and docs/SUMMARY.md has \"Chapter 3\""),
        ("## Predict", "## Prediction", "its parts are [\"Question\", \"Prediction\", "),
        ("## Predict", "", "its parts are [\"Question\", \"Experiment\", "),
        ("### More", "## More", "its parts are "),
        ("```sh", "```text", "no block of the experiment shows a command"),
        ("<!-- transcript: 3 -->", "", "no block of the experiment is compared"),
        ("2. How?", "How?", "1 questions, and 2 answers"),
        ("1. Why?\n2. How?", "", "0 questions, and 2 answers"),
        ("src/main.rs", "src/none.rs", "no link leads into the code"),
        ("src/main.rs", "src", "no link leads into the code"),
        ("../src/main.rs", "a.svg", "no link leads into the code"),
    ] {
        let fake = guide(8);
        let chapter = CHAPTER.replace('N', "3");
        assert!(chapter.contains(from), "{from}");
        fake.file("docs/guide/c3.md", &chapter.replace(from, to));
        let outcome = fake.outcome(&step());
        assert_eq!(outcome.failed, 1, "{to}");
        let line = format!("docs/guide/c3.md: {said}");
        assert!(outcome.output.starts_with(&line), "{}", outcome.output);
    }
}

#[test]
fn answers_stand_under_a_heading_that_leads_to_the_chapter() {
    let fake = guide(8);
    let answers = fs::read_to_string(fake.path("docs/guide/answers.md")).unwrap();
    let run = |from: &str, to: &str| {
        fake.file("docs/guide/answers.md", &answers.replace(from, to));
        fake.outcome(&step())
    };
    let other = run("(c3.md#quiz)", "(c4.md#quiz)");
    assert_eq!(
        other.output,
        "docs/guide/c3.md: the heading of its answers leads to Some(\"c4.md\")\n"
    );
    assert_eq!(run("[Chapter 3](c3.md#quiz)", "Chapter 3").failed, 1);
    let none = run("\n## [Chapter 8](c8.md#quiz)\n", "");
    assert!(none.output.contains("answers.md has 7 headings, for 8 chapters\n"), "{none:?}");
    assert!(none.output.contains("c8.md: 2 questions, and 0 answers\n"), "{none:?}");
}

#[test]
fn the_overview_has_a_row_for_each_chapter() {
    let fake = guide(8);
    let overview = fs::read_to_string(fake.path("docs/guide/README.md")).unwrap();
    fake.file("docs/guide/README.md", &overview.replace("| 3. ", "| 4. "));
    let row = "docs/guide/README.md has no row | 3. [Chapter 3](c3.md) |";
    assert_eq!(fake.outcome(&step()).output, format!("docs/guide/c3.md: {row}\n"));
}

#[test]
fn the_list_has_every_page_once() {
    let fake = guide(8);
    let summary = fs::read_to_string(fake.path("docs/SUMMARY.md")).unwrap();
    for (wrong, said) in [
        (summary.replace("- [x](course/a.md)\n", ""), "has 0 lines for docs/course/a.md, not 1"),
        (summary.clone() + "[x](course/a.md)\n", "has 2 lines for docs/course/a.md, not 1"),
        (
            summary.clone() + "[x](course/b.md)\n",
            "has a line for docs/course/b.md, which is not there",
        ),
    ] {
        fake.file("docs/SUMMARY.md", &wrong);
        let outcome = fake.outcome(&step());
        assert_eq!((outcome.failed, outcome.output), (1, format!("docs/SUMMARY.md {said}\n")));
    }
    // A page that is listed and is not there is a page that is missing.
    fake.file("docs/SUMMARY.md", &summary);
    fs::remove_file(fake.path("docs/guide/c2.md")).unwrap();
    let outcome = fake.outcome(&step());
    assert!(outcome.failed == 2 && outcome.output.contains("docs/guide/c2.md: "), "{outcome:?}");
}
