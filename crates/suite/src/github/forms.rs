//! Forms for issues, as GitHub wants them, and the settings beside them.

use std::collections::BTreeSet;

use yaml_rust2::Yaml;

use super::table::{Faults, entries, members};

/// What may stand in a form; all but the first ask for something.
const KINDS: [&str; 5] = ["markdown", "checkboxes", "dropdown", "input", "textarea"];
/// What the settings may say.
const SETTINGS: [&str; 2] = ["blank_issues_enabled", "contact_links"];

/// Returns what is wrong with a form, or with the settings (`config.yml`).
pub fn faults(file: &str, form: &Yaml) -> Faults {
    if file.ends_with("/config.yml") {
        let unknown = members(form).filter(|(name, _)| !SETTINGS.contains(name));
        return unknown.map(|(name, _)| format!("{name} is no setting")).collect();
    }
    let mut faults = Faults::new();
    for name in ["name", "description"] {
        if form[name].as_str().is_none_or(str::is_empty) {
            faults.push(format!("it has no {name}"));
        }
    }
    let mut known = BTreeSet::new();
    let mut asks = false;
    for (number, element) in (1..).zip(entries(&form["body"])) {
        let mut fault = |what: &str| faults.push(format!("element {number}: {what}"));
        let kind = element["type"].as_str().unwrap_or_default();
        let attributes = &element["attributes"];
        match kind {
            "markdown" if attributes["value"].as_str().is_none() => fault("it wants a value"),
            "markdown" => {}
            _ if !KINDS.contains(&kind) => fault(&format!("{kind:?} is no type")),
            _ => {
                asks = true;
                if attributes["label"].as_str().is_none() {
                    fault("it wants a label");
                }
                if element["id"].as_str().is_none_or(|id| !known.insert(id)) {
                    fault("it wants an id of its own");
                }
                let chosen = ["dropdown", "checkboxes"].contains(&kind);
                if chosen && entries(&attributes["options"]).is_empty() {
                    fault("it wants options");
                }
            }
        }
    }
    if !asks {
        faults.push("it asks for nothing".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml_rust2::YamlLoader;

    fn of(file: &str, text: &str) -> String {
        faults(file, &YamlLoader::load_from_str(text).unwrap()[0]).join("; ")
    }

    fn form(body: &str) -> String {
        of("x/bug.yml", &format!("name: a\ndescription: b\nbody:\n{body}"))
    }

    const INPUT: &str = "  - type: input\n    id: a\n    attributes:\n      label: A\n";

    #[test]
    fn a_form_asks_and_each_element_is_of_a_kind_with_a_label_and_an_id_of_its_own() {
        let text = "  - type: markdown\n    attributes:\n      value: x\n";
        assert_eq!(form(INPUT), "");
        assert_eq!(form(&format!("{text}{INPUT}")), "");
        assert_eq!(form(text), "it asks for nothing");
        assert_eq!(form(&format!("{INPUT}{INPUT}")), "element 2: it wants an id of its own");
        assert_eq!(form(&INPUT.replace("label", "lable")), "element 1: it wants a label");
        assert_eq!(form(&INPUT.replace("    id: a\n", "")), "element 1: it wants an id of its own");
        assert_eq!(form(&format!("{INPUT}  - type: text\n")), "element 2: \"text\" is no type");
        assert_eq!(form(&INPUT.replace("input", "dropdown")), "element 1: it wants options");
        let chosen = INPUT.replace("input", "dropdown") + "      options: [x]\n";
        assert_eq!(form(&chosen), "");
        assert!(form(&text.replace("value", "x")).starts_with("element 1: it wants a value"));
        let without = of("x/bug.yml", &format!("body:\n{INPUT}"));
        assert_eq!(without, "it has no name; it has no description");
    }

    #[test]
    fn the_settings_have_their_own_names() {
        assert_eq!(of("x/config.yml", "blank_issues_enabled: true\ncontact_links: []\n"), "");
        assert_eq!(of("x/config.yml", "blank_issue: true\n"), "blank_issue is no setting");
    }
}
