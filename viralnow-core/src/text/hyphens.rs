//! Where an English word may be parted: Liang's patterns ("Word Hy-phen-a-tion by Com-put-er", 1983). textstat counts by
//! them the syllables of words that its dictionary does not have.

use super::lexicon::Table;
use std::sync::LazyLock;

/// What a pattern says about the places between its letters: odd to part, even not to; the highest number counts.
#[derive(Debug)]
struct Patterns {
    numbers: Table<Vec<u8>, Vec<u8>>,
    longest: usize,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut patterns = Patterns { numbers: Table::default(), longest: 0 };
    for line in include_str!("../../data/text/hyphens.txt").lines() {
        let (mut letters, mut numbers) = (Vec::new(), vec![0]);
        for byte in line.bytes() {
            if let b'0'..=b'9' = byte {
                if let Some(last) = numbers.last_mut() {
                    *last = byte - b'0';
                }
            } else {
                letters.push(byte);
                numbers.push(0);
            }
        }
        patterns.longest = patterns.longest.max(letters.len());
        patterns.numbers.insert(letters, numbers);
    }
    patterns
});

/// How many parts a word in lower case has; a part has two letters at least.
pub(super) fn parts(word: &str) -> u32 {
    let patterns = &*PATTERNS;
    let letters: Vec<char> = word.chars().collect();
    // The patterns are of plain letters: any other character is one that none of them has.
    let mut framed = vec![b'.'];
    framed.extend(letters.iter().map(|&c| if c.is_ascii() { c as u8 } else { 0 }));
    framed.push(b'.');
    let mut numbers = vec![0_u8; framed.len() + 1];
    for start in 0..framed.len() {
        for end in start + 1..=framed.len().min(start + patterns.longest) {
            let Some(found) = patterns.numbers.get(&framed[start..end]) else { continue };
            for (number, &new) in numbers[start..].iter_mut().zip(found) {
                *number = (*number).max(new);
            }
        }
    }
    // Place i of the word is place i + 1 of the framed one.
    let breaks = (2..=letters.len().saturating_sub(2)).filter(|&i| numbers[i + 1] % 2 == 1);
    1 + breaks.count() as u32
}
