//! The word lists that are built into the library, read once when first asked for.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

/// FNV-1a. The keys are our own lists, so nobody can fill a table with collisions, and it is several times faster on
/// short words than the standard hasher.
#[derive(Debug, Clone)]
pub(super) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        // The table takes its bucket from the low and its tag from the high bits; FNV leaves the high ones weak.
        self.0 ^ (self.0 >> 29)
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// A table whose keys stand in the library's own data.
pub(super) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Fnv>>;

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
pub(super) static EASY_WORDS: LazyLock<HashSet<&'static str, BuildHasherDefault<Fnv>>> =
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
