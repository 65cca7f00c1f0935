//! Syllables of English words.
//!
//! A rule on the spelling, and a table of the words that it gets wrong among the 123,675 of the CMU Pronouncing
//! Dictionary 0.7a, so that for every word of the dictionary the count is that of its first pronunciation. Words that
//! are not in it (names, new words) have the rule alone, which is right for 92 % of the words of the dictionary and off by
//! more than one for 0.2 %.

use super::hyphens::parts;
use super::lexicon::SYLLABLES;

/// The number of syllables of one word in lower case, at least 1. A number counts as one, as in textstat.
pub(super) fn syllables(word: &str) -> u32 {
    if let Some(&count) = SYLLABLES.get(word) {
        return u32::from(count);
    }
    by_rule(word)
}

/// The same as textstat counts: words that are not in the dictionary have as many syllables as parts when hyphenated.
pub(super) fn syllables_as_textstat(word: &str) -> u32 {
    if let Some(&count) = SYLLABLES.get(word) {
        return u32::from(count);
    }
    if is_known(word, KNOWN) { by_rule(word) } else { parts(word) }
}

/// A Bloom filter of the words of the dictionary whose syllables the rule counts rightly: of other words it takes 1 % for one
/// of them.
static KNOWN: &[u8] = include_bytes!("../../data/text/known_words.bin");
/// Bits that are set for a word.
const BITS: u64 = 7;

/// The bits of a word in a filter of so many.
fn bits(word: &str, size: u64) -> impl Iterator<Item = u64> {
    // FNV-1a; its halves make as many hashes as one wants (Kirsch and Mitzenmacher, 2006).
    let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let (a, b) = (hash & 0xffff_ffff, hash >> 32 | 1);
    (0..BITS).map(move |i| (a + i * b) % size)
}

fn is_known(word: &str, filter: &[u8]) -> bool {
    bits(word, filter.len() as u64 * 8).all(|bit| filter[(bit / 8) as usize] >> (bit % 8) & 1 == 1)
}

fn is_vowel(c: u8) -> bool {
    matches!(c, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Groups of vowels, less the silent `e`, and more where two vowels in a row are spoken apart.
fn by_rule(word: &str) -> u32 {
    let mut letters = [0_u8; 64];
    let mut length = 0;
    // Longer ones are no words; accents fall to their base letter as far as vowels are concerned.
    for c in word.chars().take(letters.len()) {
        letters[length] = match c {
            'à'..='å' | 'æ' => b'a',
            'è'..='ë' => b'e',
            'ì'..='ï' => b'i',
            'ò'..='ö' | 'ø' => b'o',
            'ù'..='ü' => b'u',
            'ý' | 'ÿ' => b'y',
            '\'' | '’' => continue,
            c if c.is_ascii() => c as u8,
            _ => b'-',
        };
        length += 1;
    }
    let w = &letters[..length];
    let at = |i: usize| w.get(i).copied().unwrap_or(0);
    let mut count = 0_i32;
    for i in 0..length {
        if is_vowel(w[i]) && (i == 0 || !is_vowel(w[i - 1])) {
            count += 1;
        }
    }
    let consonant = |i: usize| i < length && !is_vowel(w[i]);
    // Silent endings: -e (not -le), -es (not after a hissing sound), -ed (not after t and d).
    if length > 2
        && w.ends_with(b"e")
        && consonant(length - 2)
        && !(at(length - 2) == b'l' && consonant(length - 3))
    {
        count -= 1;
    }
    if length > 3 && w.ends_with(b"es") && consonant(length - 3) {
        let hissing = matches!(at(length - 3), b's' | b'z' | b'x' | b'c' | b'g')
            || (at(length - 3) == b'h' && matches!(at(length - 4), b'c' | b's'));
        let les = at(length - 3) == b'l' && consonant(length - 4);
        count -= i32::from(!hissing && !les);
    }
    if length > 3 && w.ends_with(b"ed") && consonant(length - 3) && !matches!(at(length - 3), b't' | b'd') {
        let led = at(length - 3) == b'l' && length > 4 && consonant(length - 4) && at(length - 4) != b'l';
        count -= i32::from(!led);
    }
    // A silent e within a word, before a common ending.
    for ending in [&b"ement"[..], b"ements", b"ely", b"eful", b"efully", b"eless", b"eness", b"elessly"] {
        if w.ends_with(ending) {
            let e = length - ending.len();
            count -= i32::from(e >= 2 && consonant(e - 1) && w[..e - 1].iter().any(|c| is_vowel(*c)));
        }
    }
    // Vowels that are spoken apart.
    for i in 0..length {
        let before = if i > 0 { w[i - 1] } else { 0 };
        let soft = matches!(before, b'c' | b't' | b's' | b'g' | b'x');
        count += i32::from(match (w[i], at(i + 1)) {
            (b'i', b'a') => !soft,
            (b'i', b'o') => !soft && (before != b'n' || at(i + 2) != b'n'),
            (b'i', b'u') => true,
            (b'e', b'o') => before != b'g' && at(i + 2) != b'u' && i > 0,
            (b'u', b'a') => !matches!(before, b'q' | b'g') && at(i + 2) != b'r',
            (b'a' | b'e' | b'o' | b'u', b'i') => at(i + 2) == b'n' && at(i + 3) == b'g',
            _ => false,
        });
    }
    // Capital Mc- has a vowel of its own, and so has -sm at the end.
    count += i32::from(w.starts_with(b"mc") && length > 3);
    count += i32::from(length > 3 && (w.ends_with(b"sm") || w.ends_with(b"sms") || w.ends_with(b"thm")));
    // A possessive s after a hissing sound is one more: "boss's"; elsewhere the spelling rule above is not confused by it.
    if let Some(stem) = word.strip_suffix("'s") {
        count = by_rule(stem) as i32;
        let hisses =
            ["s", "z", "x", "ch", "sh", "ce", "ge", "se", "ze", "dge"].iter().any(|end| stem.ends_with(end));
        count += i32::from(hisses);
    } else if word.ends_with("n't") && length > 4 && consonant(length - 3) {
        count += 1;
    }
    count.max(1) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Every word of the file that the environment variable `CMUDICT` names, with the syllables of its first
    /// pronunciation: each vowel phoneme carries a digit.
    fn dictionary() -> Option<BTreeMap<String, u32>> {
        let bytes = std::fs::read(std::env::var_os("CMUDICT")?).expect("CMUDICT names a file");
        let mut words = BTreeMap::new();
        for line in bytes.split(|b| *b == b'\n').map(String::from_utf8_lossy) {
            let mut parts = line.split_ascii_whitespace();
            let Some(word) = parts.next().filter(|word| !word.starts_with(";;;") && !word.ends_with(')'))
            else {
                continue;
            };
            let count = parts.filter(|p| p.ends_with(|c: char| c.is_ascii_digit())).count() as u32;
            words.insert(word.to_ascii_lowercase(), count);
        }
        Some(words)
    }

    #[test]
    #[ignore = "writes data/text/syllables.txt and known_words.bin; see data/text/make.py"]
    fn write_the_syllable_table() {
        let words = dictionary().expect("CMUDICT must name the dictionary");
        let wrong: Vec<String> = words
            .iter()
            .filter(|(word, count)| **count > 0 && by_rule(word) != **count)
            .map(|(word, count)| format!("{word}{count}\n"))
            .collect();
        println!("{} words, {} not by the rule", words.len(), wrong.len());
        let off = words.iter().filter(|(word, count)| by_rule(word).abs_diff(**count) > 1).count();
        println!("{off} off by more than one");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/text");
        std::fs::write(format!("{folder}/syllables.txt"), wrong.concat()).unwrap();
        let known: Vec<&String> =
            words.iter().filter(|(word, count)| by_rule(word) == **count).map(|(word, _)| word).collect();
        // Ten bits a word.
        let mut filter = vec![0_u8; known.len() * 10 / 8 + 1];
        let size = filter.len() as u64 * 8;
        known.iter().for_each(|word| {
            bits(word, size).for_each(|bit| filter[(bit / 8) as usize] |= 1 << (bit % 8));
        });
        println!("{} words that the rule counts rightly", known.len());
        std::fs::write(format!("{folder}/known_words.bin"), filter).unwrap();
    }

    /// The parts are those of pyphen, by which textstat counts.
    #[test]
    fn words_that_are_not_in_the_dictionary_are_hyphenated() {
        for (word, count) in [("gameplay", 2), ("miradouro", 2), ("lightyears", 1)] {
            assert_eq!(parts(word), count, "{word}");
            assert_eq!(syllables_as_textstat(word), count, "{word}");
        }
    }

    #[test]
    fn the_table_holds_only_what_the_rule_gets_wrong() {
        assert!(SYLLABLES.iter().all(|(word, count)| by_rule(word) != u32::from(*count)));
    }
}
