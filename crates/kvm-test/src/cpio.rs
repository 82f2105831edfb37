//! Writes an archive in the format that Linux takes as its first file system: cpio, "newc".
//!
//! Each entry is a header of ASCII digits, the name and the contents, both filled up to a multiple of four
//! bytes. Linux describes the format in Documentation/driver-api/early-userspace/buffer-format.rst.

use std::collections::BTreeSet;

/// Kinds of files with their permissions, as stat(2) has them.
const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;
const LINK: u32 = 0o120_777;
/// The name that ends an archive.
const END: &str = "TRAILER!!!";

/// An archive under way.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    entries: u32,
    folders: BTreeSet<String>,
}

impl Archive {
    /// Adds a folder, and those that it lies in. What is there already is not added again.
    pub fn folder(&mut self, name: &str) {
        if name.is_empty() || self.folders.contains(name) {
            return;
        }
        self.parents(name);
        self.folders.insert(name.to_owned());
        self.entry(name, FOLDER, &[]);
    }

    /// Adds a file that can be executed.
    pub fn file(&mut self, name: &str, contents: &[u8]) {
        self.parents(name);
        self.entry(name, PROGRAM, contents);
    }

    /// Adds a symbolic link.
    pub fn link(&mut self, name: &str, target: &str) {
        self.parents(name);
        self.entry(name, LINK, target.as_bytes());
    }

    /// Ends the archive, and returns it.
    pub fn end(mut self) -> Vec<u8> {
        self.entry(END, 0, &[]);
        self.bytes
    }

    fn parents(&mut self, name: &str) {
        if let Some((folder, _)) = name.rsplit_once('/') {
            self.folder(folder);
        }
    }

    fn entry(&mut self, name: &str, mode: u32, contents: &[u8]) {
        self.entries += 1;
        // Everything belongs to root (0), is from 1970 (0) and has one name (1).
        let [owner, group, links, time] = [0, 0, 1, 0];
        let number = |length: usize| u32::try_from(length).expect("files are smaller than 4 GiB");
        let fields = [
            self.entries, // the file's number, which tells hard links apart
            mode,
            owner,
            group,
            links,
            time,
            number(contents.len()),
            0, // of the device that it lies on: major and minor number
            0,
            0, // of the device that it is
            0,
            number(name.len() + 1), // with the 0 at its end
            0,                      // the sum of the contents, which this format does not have
        ];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08x}").as_bytes());
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(0);
        self.fill_up();
        self.bytes.extend_from_slice(contents);
        self.fill_up();
    }

    fn fill_up(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Reads an archive again, by the format's description: each entry's name, mode and contents.
    pub fn read(mut bytes: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let mut entries = Vec::new();
        let whole = bytes.len();
        loop {
            assert_eq!((&bytes[..6], (whole - bytes.len()) % 4), (&b"070701"[..], 0));
            let field = |n: usize| {
                let digits = std::str::from_utf8(&bytes[6 + 8 * n..14 + 8 * n]).unwrap();
                usize::from_str_radix(digits, 16).unwrap()
            };
            let name = &bytes[110..110 + field(11)];
            let start = (110 + field(11)).next_multiple_of(4);
            let end = start + field(6);
            let (name, last) = (String::from_utf8_lossy(name).into_owned(), name.last());
            assert_eq!(last, Some(&0));
            let mode = u32::try_from(field(1)).unwrap();
            entries.push((
                name.trim_end_matches('\0').to_owned(),
                mode,
                bytes[start..end].to_vec(),
            ));
            bytes = &bytes[end.next_multiple_of(4)..];
            if name.starts_with(END) {
                assert!(bytes.is_empty(), "something follows the end");
                return entries;
            }
        }
    }

    #[test]
    fn what_was_added_is_read_again_with_folders_before_their_files() {
        let mut archive = Archive::default();
        archive.file("usr/bin/a", b"12345");
        archive.link("usr/bin/b", "a");
        archive.folder("usr/bin");
        archive.file("init", b"");
        let entries = read(&archive.end());
        let of = |name: &str, mode, contents: &[u8]| (name.to_owned(), mode, contents.to_vec());
        let wanted = [
            of("usr", FOLDER, b""),
            of("usr/bin", FOLDER, b""),
            of("usr/bin/a", PROGRAM, b"12345"),
            of("usr/bin/b", LINK, b"a"),
            of("init", PROGRAM, b""),
            of(END, 0, b""),
        ];
        assert_eq!(entries, wanted);
    }

    #[test]
    fn a_header_has_its_fields_where_linux_looks_for_them() {
        let mut archive = Archive::default();
        archive.file("ab", b"x");
        let header = [
            "070701", "00000001", "000081ed", "00000000", "00000000", "00000001", "00000000",
            "00000001", "00000000", "00000000", "00000000", "00000000", "00000003", "00000000",
        ];
        let first = header.concat() + "ab\0" + "\0\0\0" + "x" + "\0\0\0";
        assert!(archive.end().starts_with(first.as_bytes()));
    }
}
