//! What is held back, what waits, what is found, and what an output that fails means.

use super::*;

#[test]
fn lines_are_whole_up_to_the_last_line_feed() {
    let whole = [&b""[..], b"a", b"\n", b"a\n", b"a\nb", b"a\n\nbc"].map(whole_lines);
    assert_eq!(whole, [0, 0, 1, 2, 2, 3]);
}

#[test]
fn messages_are_held_back_until_the_guest_speaks_or_there_are_too_many() {
    assert_eq!([b"a\nb", b"a b"].map(|some| due(some, false)), [0, 0]);
    assert_eq!([b"a\nb", b"a b"].map(|some| due(some, true)), [2, 0]);
    let much = vec![b'x'; MOST_WAITING];
    let lines = [&much[2..], b"\n", b"x"].concat();
    for spoken in [false, true] {
        assert_eq!(due(&much, spoken), MOST_WAITING);
        assert_eq!(due(&lines, spoken), MOST_WAITING - 1);
    }
    assert_eq!([false, true].map(|spoken| due(&much[1..], spoken)), [0, 0]);
}

#[test]
fn no_more_is_read_while_much_waits_for_a_reader_unless_it_is_the_end() {
    let (_nobody_reads, pipe) = io::pipe().unwrap();
    let sink = Sink::start(&pipe, || {}).unwrap();
    assert!(has_room(&sink, false) && has_room(&sink, true));
    // A pipe of Linux holds 64 KiB (pipe(7)); the rest waits.
    push(&sink, &vec![0; 4 * 64 * 1024]);
    assert!(!has_room(&sink, false) && has_room(&sink, true));
    push(&sink, &vec![0; 4 * 64 * 1024]);
    assert!(sink.waiting() <= 4 * 64 * 1024);
    assert_eq!(MOST_WAITING, 64 * 1024);
}

#[test]
fn a_word_is_found_wherever_it_stands() {
    let words = [&b"panic"[..], b"a panic", b"panic.", b"pani", b"pan\nic", b""];
    let found = words.map(|words| contains(words, b"panic"));
    assert_eq!(found, [true, true, true, false, false, false]);
}

#[test]
fn an_output_that_fails_is_at_its_end_and_one_that_has_nothing_is_not() {
    struct Fails(io::ErrorKind);
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
    }
    let open = |kind| {
        let mut pipe = Some(Fails(kind));
        assert_eq!(take(&mut pipe, &mut [0]), 0);
        pipe.is_some()
    };
    use io::ErrorKind::{BrokenPipe, Interrupted, WouldBlock};
    assert_eq!([WouldBlock, Interrupted, BrokenPipe].map(open), [true, true, false]);
}
