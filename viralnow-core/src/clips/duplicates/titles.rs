//! Titles that say nearly the same: `MinHash` finds candidates, the words themselves decide.

use crate::clips::words::words;
use std::collections::HashMap;

/// Hash functions in bands: two titles that share 7 of 10 words meet in a band with 98 %, at 3 of 10 with 7 %.
const BANDS: usize = 20;
const ROWS: usize = 3;
/// Titles with fewer words say too little: `Part 2` is not a copy of `Part 2`.
const FEWEST_WORDS: usize = 3;
/// The most titles of one band that are compared with each other; beyond them each is compared with its neighbours.
const LARGEST_BAND: usize = 64;

/// Pairs of titles whose words agree to this share (Jaccard), the first number smaller.
pub(super) fn near_titles<'a>(titles: impl Iterator<Item = &'a str>, least: f64) -> Vec<(usize, usize)> {
    let sets: Vec<Vec<u64>> = titles.map(word_set).collect();
    let mut bands: HashMap<(usize, [u64; ROWS]), Vec<usize>> = HashMap::new();
    for (title, set) in sets.iter().enumerate().filter(|(_, set)| set.len() >= FEWEST_WORDS) {
        for band in 0..BANDS {
            let rows = std::array::from_fn(|row| smallest(set, (band * ROWS + row) as u64));
            bands.entry((band, rows)).or_default().push(title);
        }
    }
    let mut pairs = Vec::new();
    for members in bands.values().filter(|members| members.len() > 1) {
        for (at, &a) in members.iter().enumerate() {
            for &b in members[at + 1..].iter().take(LARGEST_BAND) {
                pairs.push((a, b));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs.retain(|&(a, b)| jaccard(&sets[a], &sets[b]) >= least);
    pairs
}

fn word_set(title: &str) -> Vec<u64> {
    let mut set: Vec<u64> = words(title)
        .map(|word| {
            word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            })
        })
        .collect();
    set.sort_unstable();
    set.dedup();
    set
}

/// The smallest of the words under one of the hash functions.
fn smallest(set: &[u64], function: u64) -> u64 {
    let mixed = |word: &u64| {
        let mut hash = word ^ function.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        hash ^ (hash >> 31)
    };
    set.iter().map(mixed).min().unwrap_or(0)
}

fn jaccard(a: &[u64], b: &[u64]) -> f64 {
    let both = a.iter().filter(|word| b.binary_search(word).is_ok()).count();
    both as f64 / (a.len() + b.len() - both) as f64
}
