//! Litmus tests in the format of herd7: several threads, and what is asked of their end.

use super::follow::follow;
use super::image::Image;
use super::scenarios::Scenario;
use super::writer::{Thread, place_register};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Writes down a scenario as the functions of a program do it, all but the first line. `happens`: with what must be
/// possible.
pub fn test(image: &Image, scenario: &Scenario, happens: bool) -> Result<String, String> {
    let arguments = [scenario.object, "data"];
    let threads = ('L'..).zip(scenario.threads);
    let threads = threads.map(|(letter, function)| follow(image, function, &arguments, letter));
    let threads: Vec<Thread> = threads.collect::<Result<_, _>>()?;
    let mut places = BTreeMap::new();
    for place in threads.iter().flat_map(|thread| &thread.places) {
        let name = place_name(image, *place);
        let given =
            scenario.first.iter().find(|(place, _)| *place == name).map(|(_, value)| *value);
        let value = given.or(image.first(*place)).ok_or("a place outside of the program")?;
        places.insert(*place, (name, value));
    }
    let mut text = if happens { format!("Happens={}\n", scenario.happens) } else { String::new() };
    text.push_str("{\n");
    for (name, value) in places.values() {
        let _ = write!(text, "int64_t {name}={value}; "); // a String takes everything
    }
    for (number, thread) in threads.iter().enumerate() {
        text.push('\n');
        for (at, place) in thread.places.iter().enumerate() {
            let (register, (place, _)) = (place_register(at), &places[place]);
            let _ = write!(text, "{number}:{register}={place}; ");
        }
    }
    text.push_str("\n}\n");
    text.push_str(&columns(&threads));
    let _ = writeln!(text, "exists ({})", scenario.asked);
    Ok(text)
}

/// Returns the name of a shared word. The data are one word, and need no number.
fn place_name(image: &Image, place: u64) -> String {
    let name = image.shared(place).unwrap_or_default();
    name.strip_suffix("_0").filter(|name| *name == "data").map_or(name.clone(), str::to_owned)
}

/// Writes the threads side by side.
fn columns(threads: &[Thread]) -> String {
    let rows = threads.iter().map(|thread| thread.lines.len()).max().unwrap_or(0);
    let widths =
        threads.iter().map(|thread| thread.lines.iter().map(String::len).max().unwrap_or(0));
    let widths: Vec<usize> = widths.collect();
    let row = |cell: &dyn Fn(usize) -> String| {
        let cells = widths.iter().enumerate().map(|(at, width)| format!("{:width$}", cell(at)));
        format!(" {} ;\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut text = row(&|at| format!("P{at}"));
    for number in 0..rows {
        text += &row(&|at| threads[at].lines.get(number).cloned().unwrap_or_default());
    }
    text
}
