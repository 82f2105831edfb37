//! The limits: what cannot be left out, whoever protects an object.

use crate::everybody::candidate::{Candidate, Host, Made, Side, refuse, repeat};
use ladder::hold;
use rundown::CacheLine;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The name of the limit, to which everything is related.
pub const LIMIT: &str = "limit";

/// The name of the limit of two functions that are called.
pub const CALLED: &str = "limit, called";

/// A bit that says no, in a word that counts by twos.
const MARK: usize = 1;
const ONE: usize = 2;

/// Two locked additions with a test, on a line of the thread's own; and a load with a test. Nothing less
/// can count, and notice that it may not.
pub const CANDIDATE: Candidate = Candidate {
    name: LIMIT,
    side: Side::Limit,
    promise: "Nothing: two additions on the thread's own line, each with a test of what was there; a load \
              with a test; an `or` a line. A word for each processor.",
    make,
};

/// The same, each addition in a function that is called, as those of a C library are. What a call writes to the
/// stack has to be out of the way before an atomic instruction, and its return waits for it.
pub const IN_FUNCTIONS: Candidate = Candidate {
    name: CALLED,
    side: Side::Limit,
    promise: "Nothing: the same two additions, each in a function that is called. What is not inlined costs no less.",
    make: |host| {
        let lines: Box<[CacheLine<AtomicUsize>]> = words(host.threads);
        let made = Made::new(|| (), move |thread, count| called_pairs(&lines[thread].0, count));
        Some(Made { bytes: make(host)?.bytes, ..made })
    },
};

fn make(host: Host) -> Option<Made> {
    let lines: Box<[CacheLine<AtomicUsize>]> = words(host.threads);
    let marked = CacheLine(AtomicUsize::new(MARK));
    let slots = host.slots;
    let one = move || (0..slots).map(|_| AtomicUsize::new(0)).collect::<Box<[_]>>();
    let made = Made::new(one, move |thread, count| pairs(&lines[thread].0, count));
    // The words alone are the limit, not the way to them.
    let bytes = made.bytes - size_of::<Box<[AtomicUsize]>>() as u64;
    Some(Made { bytes, ..made }.refusing(move |count| {
        let CacheLine(word) = &marked;
        refuse(count, || !is_marked(word));
    }))
}

#[inline(always)]
fn is_marked(word: &AtomicUsize) -> bool {
    word.load(Ordering::Relaxed) & MARK != 0
}

/// On x86-64 this is two `lock xadd`, each with a test and a branch, and the two instructions that count.
fn pairs(word: &AtomicUsize, count: u64) {
    repeat(count, || pair(word));
}

/// Acquires and releases once.
///
/// # Panics
///
/// When the word is marked.
#[inline(always)]
pub fn pair(word: &AtomicUsize) {
    assert!(acquire(word), "nobody has marked it");
    hold();
    assert!(release(word), "nobody has marked it");
}

/// Makes so many words side by side, which stay for ever.
pub fn row(count: usize) -> Vec<&'static AtomicUsize> {
    let words: Box<[AtomicUsize]> = (0..count).map(|_| AtomicUsize::new(0)).collect();
    Box::leak(words).iter().collect()
}

fn called_pairs(word: &AtomicUsize, count: u64) {
    #[inline(never)]
    extern "C" fn acquire(word: &AtomicUsize) -> bool {
        self::acquire(word)
    }
    #[inline(never)]
    extern "C" fn release(word: &AtomicUsize) -> bool {
        self::release(word)
    }
    repeat(count, || {
        assert!(acquire(word), "nobody has marked it");
        hold();
        assert!(release(word), "nobody has marked it");
    });
}

// Acquire and Release as in every count of users.

#[inline(always)]
fn acquire(word: &AtomicUsize) -> bool {
    word.fetch_add(ONE, Ordering::Acquire) & MARK == 0
}

#[inline(always)]
fn release(word: &AtomicUsize) -> bool {
    word.fetch_sub(ONE, Ordering::Release) & MARK == 0
}

/// Makes so many words, each on a line of its own.
pub fn words(count: usize) -> Box<[CacheLine<AtomicUsize>]> {
    (0..count).map(|_| CacheLine(AtomicUsize::new(0))).collect()
}

/// Marks every word, as a drain of nothing but them. Returns what was counted there, in sum.
pub fn sweep(words: &[CacheLine<AtomicUsize>]) -> usize {
    // Acquire as in every drain: what holders did comes before.
    let marked = words.iter().map(|CacheLine(word)| word.fetch_or(MARK, Ordering::Acquire));
    marked.fold(0, usize::wrapping_add)
}

/// Makes the words what they were at first.
pub fn clear(words: &[CacheLine<AtomicUsize>]) {
    words.iter().for_each(|CacheLine(word)| word.store(0, Ordering::Relaxed));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ptr;

    const HOST: Host = Host { slots: 3, threads: 2 };

    #[test]
    fn a_pair_leaves_the_word_as_it_was() {
        for pairs in [pairs, called_pairs] {
            let word = AtomicUsize::new(8);
            pairs(&word, 5);
            assert_eq!(word.into_inner(), 8);
        }
        let word = AtomicUsize::new(8);
        assert!(acquire(&word));
        assert_eq!(word.into_inner(), 8 + ONE, "it counts");
    }

    #[test]
    #[should_panic(expected = "nobody has marked it")]
    fn a_marked_word_is_noticed() {
        pairs(&AtomicUsize::new(MARK), 1);
    }

    #[test]
    #[should_panic(expected = "nobody has marked it")]
    fn a_marked_word_is_noticed_in_functions() {
        called_pairs(&AtomicUsize::new(MARK), 1);
    }

    #[test]
    fn the_mark_is_one_bit() {
        let marked = [0, MARK, 4, 4 + MARK].map(|word| is_marked(&AtomicUsize::new(word)));
        assert_eq!(marked, [false, true, false, true]);
    }

    #[test]
    fn a_sweep_marks_every_word_and_adds_up_what_was_there() {
        let words = words(3);
        words[1].0.store(4, Ordering::Relaxed);
        words[2].0.store(6, Ordering::Relaxed);
        assert_eq!(sweep(&words), 10);
        assert_eq!(sweep(&words), 10 + 3 * MARK);
        clear(&words);
        assert_eq!(sweep(&words), 0);
    }

    #[test]
    fn each_thread_has_a_line_and_an_object_is_a_word_a_processor() {
        let made = make(HOST).unwrap();
        (made.pairs)(1, 3);
        made.refused.unwrap()(3);
        assert_eq!(made.bytes, 3 * 8);
        let row = row(3);
        let places: Vec<usize> = row.iter().map(|word| ptr::from_ref(*word).addr()).collect();
        assert_eq!(places, [0, 8, 16].map(|bytes| places[0] + bytes), "side by side");
        let words = words(2);
        let [one, other] = [0, 1].map(|index| (&raw const words[index].0).addr());
        assert_eq!(other - one, rundown::CACHE_LINE);
    }
}
