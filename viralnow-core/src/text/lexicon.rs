//! The word lists that are built into the library, read once when first asked for.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// A hash that takes eight bytes at once. The keys are our own lists, so nobody can fill a table with collisions, and it is many
/// times faster on short words than the standard hasher.
#[derive(Debug, Clone, Default)]
pub(super) struct Quick(u64);

impl Quick {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for Quick {
    fn finish(&self) -> u64 {
        // The table takes its bucket from the low and its tag from the high bits; a product leaves the low ones weak.
        self.0 ^ (self.0 >> 32)
    }
    fn write(&mut self, bytes: &[u8]) {
        let mut eights = bytes.chunks_exact(8);
        for eight in &mut eights {
            self.add(u64::from_le_bytes(eight.try_into().unwrap_or_default()));
        }
        let rest = eights.remainder();
        if !rest.is_empty() {
            self.add(rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }
    fn write_u8(&mut self, end: u8) {
        self.add(u64::from(end));
    }
}

/// A table whose keys stand in the library's own data.
pub(super) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Quick>>;

/// Lines of `key<TAB>value`.
fn lines(data: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    data.lines().filter_map(|line| line.split_once('\t'))
}

/// Words, emoticons and initialisms with their mean valence in [-4, 4] (VADER, 7,506 entries).
pub(super) fn valences() -> impl Iterator<Item = (&'static str, f64)> {
    lines(include_str!("../../data/text/vader_lexicon.txt"))
        .map(|(word, valence)| (word, valence.parse().expect("a valence is a number")))
}

/// Emoji and what they show, in words (VADER, 1,212 single code points).
pub(super) static EMOJI: LazyLock<Table<char, &'static str>> = LazyLock::new(|| {
    lines(include_str!("../../data/text/vader_emoji.txt"))
        .filter_map(|(symbol, description)| symbol.chars().next().map(|symbol| (symbol, description)))
        .collect()
});

/// Words of which the rule of [`super::syllables`] does not know the number of syllables.
pub(super) static SYLLABLES: LazyLock<Table<&'static str, u8>> = LazyLock::new(|| {
    include_str!("../../data/text/syllables.txt")
        .lines()
        .filter_map(|line| {
            let (word, count) = line.split_at_checked(line.len().checked_sub(1)?)?;
            Some((word, count.parse().ok()?))
        })
        .collect()
});

/// Familiar words (Dale & Chall 1948).
pub(super) static EASY_WORDS: LazyLock<HashSet<&'static str, BuildHasherDefault<Quick>>> =
    LazyLock::new(|| include_str!("../../data/text/easy_words.txt").lines().collect());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_whole() {
        assert_eq!(valences().count(), 7506);
        assert!(valences().all(|(_, valence)| (-4.0..=4.0).contains(&valence)));
        assert_eq!(EMOJI.len(), 1212);
        assert_eq!(EASY_WORDS.len(), 2941);
        assert_eq!(SYLLABLES.len(), include_str!("../../data/text/syllables.txt").lines().count());
        assert!(SYLLABLES.values().all(|&count| (1..=9).contains(&count)));
    }
}
