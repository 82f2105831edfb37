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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_stand_side_by_side_with_their_places() {
        // ldr x8, [x0]; str x8, [x1]; mov w0, #2; ret
        let code = [0xf940_0008, 0xf900_0028, 0x5280_0040, 0xd65f_03c0];
        let image = Image::of(&code, &[("both", 0x1000), ("one", 0x1004)]);
        let scenario = Scenario {
            name: "n",
            threads: &["both", "one"],
            object: "object",
            first: &[("data", 7)],
            asked: "0:X0=2",
            happens: "1:X0=2",
            rests_on: &[],
        };
        let places = "int64_t data=7; int64_t object_0=72340172838076673; ";
        let asked = format!(
            "{{\n{places}\n0:X29=object_0; 0:X28=data; \n1:X29=data; \n}}\n \
             P0           | P1            ;\n \
             LDR X1,[X29] | STR XZR,[X29] ;\n \
             STR X1,[X28] | MOV X0,#2     ;\n \
             MOV X0,#2    | B M0          ;\n \
             B L0         | M0:           ;\n \
             L0:          |               ;\nexists (0:X0=2)\n"
        );
        assert_eq!(test(&image, &scenario, false).unwrap(), asked);
        assert_eq!(test(&image, &scenario, true).unwrap(), format!("Happens=1:X0=2\n{asked}"));
        let nowhere = Scenario { threads: &["none"], ..scenario };
        assert!(test(&image, &nowhere, false).unwrap_err().contains("no symbol none"));
    }
}
