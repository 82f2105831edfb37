//! The page: one HTML file that needs nothing else, with the figures and the tables behind them.
//!
//! [`tables`] makes the tables; the words between them stand here, the looks in page/style.css.

mod tables;

use super::data::Data;
use super::escape::escape;
use super::plot::{Figure, hero};
use super::thresholds::{self, Judgement, Verdict};

const STYLE: &str = include_str!("page/style.css");

const WHAT: &str = "Run-down protection counts the users of an object. Who counts on one word for all \
cores makes its cache line travel from core to core with every count; who gives each core a word on a \
line of its own lets all cores work at once. This page shows that in three ways: timed, counted, and as \
the length of the code. A <em>pair</em> is one acquire and its release, a <em>variant</em> one way to count \
(<code>rung</code> in the measurements), a <em>transfer</em> a cache line that comes from another core's \
cache.";

const LADDER: &str = "<p>Each panel is one variant. The line is the throughput of all cores together, as a \
multiple of what one core does alone: 2× means that two cores do twice as much, ½× that they do half as \
much as one of them would. Both axes are logarithmic.</p>\
<p>The emulated cores are threads of the host, so these are the <em>host's</em> caches that work for real. \
All variants and core counts are measured in turn, round by round, so that a change of the host's speed hits \
them alike.</p>\
<p><strong>What it can't show:</strong> speed on Arm hardware. Each instruction is translated, so the \
work around the counter weighs more or less than it would there. With more cores than the host has \
processors, cores wait to be run at all; a lock whose holder waits is slow for that reason alone.</p>";

const COHERENCE: &str = "<p>A plugin in QEMU sees every access to the counters and runs a coherence \
protocol (MESI) on their lines of 64 bytes. The cores take turns, one access each. What you see is how many lines \
travelled for one pair, first uses not counted. A point at 0 is 0: no line has moved. \
Its axis is the logarithm of 1 + the number, so that there is a place for 0.</p>\
<p>One shared word moves twice in a pair, once for the acquire and once for the release, however many \
cores there are; forms that look at it first (shared_cas, plain) make it move more often. Words side by side in one line move as often, although no two cores use the same \
word: that is false sharing. A line for each core does not move.</p>\
<p><strong>What it can't show:</strong> time. A transfer costs some tens of nanoseconds within a chip and \
hundreds between two. Taking turns is one order of many; the counts of locks depend on it, as \
those who wait for a lock look at it in each of their turns. Beyond 128 cores such variants are left out.</p>";

const DRAIN: &str = "<p>The price of a slot for each core: whoever wants to free the object has to mark them \
all. This is the begin of a run-down that finds no holder, on one core, with the slots in its cache.</p>\
<p><strong>What it can't show:</strong> how long the holders take to let go, and the slots of other cores \
coming from their caches. How many lines come is in the table, as counted by the plugin for an object \
that as many cores have just used.</p>";

const INSTRUCTIONS: &str = "<p>With <code>-icount</code> QEMU's virtual clock goes on with each instruction, so \
the counter of the kernel counts instructions. One core works, the others sleep, the loop around a pair is \
included.</p>\
<p>The cache-aware form takes more instructions than a shared word, because it has to find the slot of \
its core. It pays off when a second core comes.</p>\
<p><strong>What it can't show:</strong> time. An atomic instruction counts as one, like an addition of two registers.</p>";

/// Makes the page. `replay`: a replay lies beside it.
pub fn html(data: &Data, figures: &[Figure], replay: bool) -> String {
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>What caches do to shared counters</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <main>\n<h1>What caches do to shared counters</h1>\n"
    );
    let figure = |name: &str| {
        let svg = figures.iter().find(|figure| figure.name == name);
        svg.map_or(String::new(), |one| format!("<figure>\n{}</figure>\n", one.svg))
    };
    let finding = escape(&hero::finding(data));
    text += &format!(
        "<section id=\"hero\" class=\"pair\">\n{}<div>\n<p id=\"finding\">{finding}</p>\n<p>{WHAT}</p>\n",
        figure("hero")
    );
    if replay {
        text += "<p><a href=\"replay.html\">See it step by step</a>: which cache has the line after each access.</p>\n";
    }
    text += "</div>\n</section>\n<div class=\"figures\">\n";
    for (name, heading, words) in [
        ("ladder", "Throughput", LADDER),
        ("coherence", "Cache lines that travel", COHERENCE),
        ("drain", "The drain", DRAIN),
        ("instructions", "Length of the code", INSTRUCTIONS),
    ] {
        let figure = figure(name);
        text += &format!(
            "<section id=\"{name}\">\n<h2>{heading}</h2>\n{figure}<div>\n{words}\n</div>\n</section>\n"
        );
    }
    text += "</div>\n";
    text += &thresholds_html(&thresholds::judge(data));
    text +=
        "<h2 id=\"conditions\">Variants and conditions</h2>\n<div class=\"pair both\">\n<div>\n";
    text += &tables::variants(data).html();
    text += "</div>\n<div>\n";
    text += &tables::conditions(data).html();
    if data.conditions.quick {
        text += "<p><strong>A quick run:</strong> few rounds, so what is timed says little.</p>\n";
    }
    text += "</div>\n</div>\n<h2 id=\"tables\">The numbers</h2>\n";
    for table in [tables::ladder, tables::coherence, tables::drain, tables::instructions] {
        text += &table(data);
    }
    text + "<h2>Where this comes from</h2>\n<p><code>scripts/lab</code> has measured and drawn it. The \
            numbers are in <a href=\"measurements.json\">measurements.json</a>; \
            <code>scripts/lab --from measurements.json</code> draws the same page from them.</p>\n\
            </main>\n</body>\n</html>\n"
}

/// Returns the list of thresholds, each with its verdict.
fn thresholds_html(judged: &[Judgement]) -> String {
    let mut text = "<h2>What must hold</h2>\n".to_owned();
    if judged.is_empty() {
        return text + "<p>Nothing of that was measured in this run.</p>\n";
    }
    text += "<ul>\n";
    for one in judged {
        let class = match one.verdict {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "fails",
            Verdict::NotJudged(_) => "open",
        };
        text += &format!(
            "<li><span class=\"{class}\">{}:</span> {}: {}; wanted: {} ({})</li>\n",
            escape(&one.verdict.to_string()),
            escape(&one.what),
            escape(&one.found),
            escape(&one.wanted),
            if one.exact { "counted" } else { "timed" },
        );
    }
    text + "</ul>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{plot, sample};
    use ladder::VARIANTS;

    fn page(data: &Data) -> String {
        html(data, &plot::all(data), false)
    }

    #[test]
    fn the_same_measurements_give_the_same_page() {
        assert_eq!(page(&sample::data()), page(&sample::data()));
    }

    #[test]
    fn each_figure_is_there_once_and_named() {
        let page = page(&sample::data());
        assert_eq!(page.matches("<svg ").count(), 5);
        assert_eq!(page.matches("role=\"img\" aria-label=\"").count(), 5);
        assert_eq!(page.matches("<desc id=").count(), 5);
    }

    #[test]
    fn each_section_has_its_own_figure() {
        let data = sample::data();
        let figures = plot::all(&data);
        let page = html(&data, &figures, false);
        for figure in &figures {
            let (_, section) =
                page.split_once(&format!("<section id=\"{}\"", figure.name)).unwrap();
            let (section, _) = section.split_once("</section>").unwrap();
            assert!(section.contains(&figure.svg), "{}", figure.name);
        }
    }

    #[test]
    fn the_picture_and_the_finding_come_first_and_conditions_and_tables_last() {
        let data = sample::data();
        let page = page(&data);
        let svg =
            |name: &str| plot::all(&data).into_iter().find(|one| one.name == name).unwrap().svg;
        let parts = [
            svg("hero"),
            escape(&hero::finding(&data)),
            svg("ladder"),
            svg("coherence"),
            svg("drain"),
            svg("instructions"),
            tables::variants(&data).html(),
            tables::conditions(&data).html(),
            tables::ladder(&data),
            tables::coherence(&data),
            tables::drain(&data),
            tables::instructions(&data),
        ];
        let places = parts.map(|part| page.find(&part).unwrap());
        assert!(places.is_sorted(), "{places:?}");
    }

    #[test]
    fn without_a_first_picture_a_line_says_why() {
        let mut data = sample::data();
        data.coherence.retain(|found| found.cores == 1);
        let page = page(&data);
        assert_eq!(page.matches("<svg ").count(), 4);
        assert!(page.contains("<p id=\"finding\">The first picture is left out: "));
    }

    #[test]
    fn a_replay_is_linked_where_there_is_one() {
        let link = "<a href=\"replay.html\">";
        assert!(!page(&sample::data()).contains(link));
        assert!(html(&sample::data(), &[], true).contains(link));
    }

    #[test]
    fn a_quick_run_is_called_one() {
        let mut data = sample::data();
        let says = |data: &Data| page(data).contains("A quick run:");
        assert!(!says(&data));
        data.conditions.quick = true;
        assert!(says(&data));
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        let page = page(&sample::data());
        for word in ["<script", "@import", "url(", " src="] {
            assert!(!page.contains(word), "{word}");
        }
        // Namespaces are names; nobody goes there.
        let places = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!places.contains("://"), "an address");
    }

    #[test]
    fn what_was_measured_cannot_become_markup() {
        let mut data = sample::data();
        data.conditions.host_cpu = "<script>alert(1)</script>".to_owned();
        data.conditions.qemu = "\"><img>".to_owned();
        let page = page(&data);
        for word in ["<script", "<img"] {
            assert!(!page.contains(word), "{word}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)"));
    }

    #[test]
    fn a_threshold_that_does_not_hold_is_marked() {
        let mut data = sample::data();
        assert!(!page(&data).contains("class=\"fails\""));
        data.coherence.iter_mut().for_each(|found| found.transfers += 1);
        let exact = VARIANTS.iter().filter(|about| about.transfers_per_pair.is_some()).count();
        assert_eq!(page(&data).matches("class=\"fails\"").count(), exact);
    }
}
