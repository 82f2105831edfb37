//! A small ELF file: one segment, which is the section `.text` as well, and symbols.

/// Makes it (System V ABI, "Object Files"; the numbers of AArch64 and of a 64-bit file).
pub fn elf(address: u64, code: &[u32], symbols: &[(&str, u64)]) -> Vec<u8> {
    const HEADER: usize = 64;
    const SEGMENT: usize = 56;
    let text: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    let (mut table, mut names) = (vec![0; 24], vec![0]);
    for (name, value) in symbols {
        table.extend_from_slice(&(names.len() as u32).to_le_bytes());
        // A function that all may see, in section 1.
        table.extend_from_slice(&[0x12, 0, 1, 0]);
        table.extend_from_slice(&value.to_le_bytes());
        table.extend_from_slice(&0_u64.to_le_bytes());
        names.extend_from_slice(name.as_bytes());
        names.push(0);
    }
    // What comes next lies at multiples of 8.
    names.resize(names.len().next_multiple_of(8), 0);
    let at = HEADER + SEGMENT;
    let table_at = at + text.len().next_multiple_of(8);
    let names_at = table_at + table.len();
    let sections_at = names_at + names.len();

    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(16, 0);
    let half = |file: &mut Vec<u8>, value: u16| file.extend_from_slice(&value.to_le_bytes());
    let word = |file: &mut Vec<u8>, value: u32| file.extend_from_slice(&value.to_le_bytes());
    let long = |file: &mut Vec<u8>, value: u64| file.extend_from_slice(&value.to_le_bytes());
    half(&mut file, 2); // an executable
    half(&mut file, 183); // AArch64
    word(&mut file, 1);
    long(&mut file, address);
    long(&mut file, HEADER as u64);
    long(&mut file, sections_at as u64);
    word(&mut file, 0);
    // The sizes and numbers of headers; the names of sections are those of symbols.
    [64, 56, 1, 64, 4, 3].iter().for_each(|value| half(&mut file, *value));
    // The segment: it is loaded, and may be read and run.
    word(&mut file, 1);
    word(&mut file, 5);
    let size = text.len() as u64;
    [at as u64, address, address, size, size, 4].iter().for_each(|value| long(&mut file, *value));
    file.extend_from_slice(&text);
    file.resize(table_at, 0);
    file.extend_from_slice(&table);
    file.extend_from_slice(&names);
    // No section, the text, the symbols, their names.
    let sections: [[u64; 9]; 4] = [
        [0; 9],
        [1, 6, address, at as u64, size, 0, 0, 4, 0],
        [2, 0, 0, table_at as u64, table.len() as u64, 3, 1, 8, 24],
        [3, 0, 0, names_at as u64, names.len() as u64, 0, 0, 1, 0],
    ];
    for [kind, flags, address, offset, size, link, info, align, entry] in sections {
        word(&mut file, 0);
        word(&mut file, kind as u32);
        [flags, address, offset, size].iter().for_each(|value| long(&mut file, *value));
        word(&mut file, link as u32);
        word(&mut file, info as u32);
        long(&mut file, align);
        long(&mut file, entry);
    }
    file
}
