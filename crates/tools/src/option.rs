//! How a path is written into an option of QEMU.

use std::path::Path;

/// Returns the path as a value in a list such as `-plugin FILE,out=FILE`, where a comma ends a value unless
/// there are two (QEMU's util/qemu-option.c, `get_opt_value`).
pub fn path(path: &Path) -> String {
    path.display().to_string().replace(',', ",,")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_does_not_end_a_path() {
        assert_eq!(path(Path::new("/a b/c,d,e.json")), "/a b/c,,d,,e.json");
    }
}
