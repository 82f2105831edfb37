//! Changes of a device tree, as a source text.

use anyhow::ensure;

/// Bytes of what a rule reserves, and of its initial RAM disk.
pub const SIZE: usize = 64 << 10;

/// Replaces a text that stands in the tree exactly once.
pub fn replace(text: &str, old: &str, new: &str) -> anyhow::Result<String> {
    let times = text.matches(old).count();
    ensure!(times == 1, "{old:?} stands {times} times in QEMU's tree");
    Ok(text.replace(old, new))
}

/// Sets properties of a node, whose name stands once in the tree, in place of what it has of them.
pub fn in_node(text: &str, name: &str, property: &str) -> anyhow::Result<String> {
    let head = format!("{name} {{");
    let key = property.split(' ').next().unwrap_or(property);
    let start = replace(text, &head, &head)?.find(&head).unwrap_or(0) + head.len();
    let end = start + text[start..].find('}').unwrap_or(0);
    let old =
        text[start..end].lines().find(|line| line.trim_start().starts_with(&format!("{key} =")));
    let inside = text[start..end].replace(old.unwrap_or("\0"), "");
    // Properties come before the nodes inside.
    Ok(format!("{}\n{property}\n{inside}{}", &text[..start], &text[end..]))
}

/// Adds nodes to the root.
pub fn in_root(text: &str, nodes: &str) -> anyhow::Result<String> {
    let end = text.trim_end().strip_suffix("};");
    ensure!(end.is_some(), "QEMU's tree ends in another way than in a brace");
    Ok(format!("{}\n{nodes}\n}};\n", end.unwrap_or(text)))
}

/// Reserves memory by a node.
pub fn reserved(text: &str, start: usize, how: &str) -> anyhow::Result<String> {
    let region = format!("region@{start:x} {{ reg = <0 {start:#x} 0 {SIZE:#x}>; {how} }};");
    let shape = "#address-cells = <2>; #size-cells = <2>; ranges;";
    in_root(text, &format!("reserved-memory {{ {shape} {region} }};"))
}

/// Reserves memory by the reservation block.
pub fn reservation(text: &str, start: usize, size: usize) -> anyhow::Result<String> {
    replace(text, "/dts-v1/;", &format!("/dts-v1/;\n/memreserve/ {start:#x} {size:#x};"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "/dts-v1/;\n/ {\n\ta@1 {\n\t\treg = <1>;\n\t\tstatus = \"okay\";\n\t};\n\n\tb@2 {\n\t\treg = <2>;\n\t};\n};\n";

    #[test]
    fn a_text_that_stands_there_once_is_replaced() {
        assert_eq!(replace("a b c", "b", "x").unwrap(), "a x c");
        assert!(replace("a c", "b", "x").is_err() && replace("b b", "b", "x").is_err());
    }

    #[test]
    fn a_property_takes_the_place_of_the_one_before() {
        let off = in_node(TREE, "a@1", "status = \"fail\";").unwrap();
        let node =
            "\ta@1 {\nstatus = \"fail\";\n\n\t\treg = <1>;\n\n\t};\n\n\tb@2 {\n\t\treg = <2>;\n";
        assert_eq!(off, format!("/dts-v1/;\n/ {{\n{node}\t}};\n}};\n"));
        let more = in_node(TREE, "b@2", "status = \"fail\";").unwrap();
        let node = "\tb@2 {\nstatus = \"fail\";\n\n\t\treg = <2>;\n\t};\n";
        assert!(more.contains(node) && more.contains("status = \"okay\";"), "{more}");
        assert!(in_node(TREE, "c@3", "x;").is_err());
    }

    #[test]
    fn memory_is_reserved_by_a_node_and_by_the_block() {
        let tree = reserved(TREE, 0x4028_0000, "no-map;").unwrap();
        let region = "region@40280000 { reg = <0 0x40280000 0 0x10000>; no-map; };";
        let shape = "#address-cells = <2>; #size-cells = <2>; ranges;";
        let end = format!("\t}};\n\nreserved-memory {{ {shape} {region} }};\n}};\n");
        assert!(tree.starts_with(&TREE[..50]) && tree.ends_with(&end), "{tree}");
        assert!(in_root("/ { }", "x").is_err());
        let tree = reservation(TREE, 0x4028_0000, 0x1000).unwrap();
        assert_eq!(tree, TREE.replace("/;\n/", "/;\n/memreserve/ 0x40280000 0x1000;\n/"));
    }
}
