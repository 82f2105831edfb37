//! Tables and lists of YAML, and what is wrong with them.

use yaml_rust2::Yaml;

/// What is wrong, a line each.
pub type Faults = Vec<String>;

/// Returns the members of a table with their names; none, if it is no table.
pub fn members(table: &Yaml) -> impl Iterator<Item = (&str, &Yaml)> {
    let members = table.as_hash().into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.as_str()?, value)))
}

/// Returns what stands in a list; none, if it is no list.
pub fn entries(list: &Yaml) -> &[Yaml] {
    list.as_vec().map_or(&[], Vec::as_slice)
}
