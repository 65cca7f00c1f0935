//! Exact search among 64-bit hashes by Hamming distance, for millions of them.
//!
//! Multi-index hashing (Norouzi, Punjani and Fleet, 2014): a hash within radius `r` of the query agrees with it in one of four
//! words of 16 bits up to `r / 4` bits. So only the hashes in the buckets near each word are looked at, and none is missed.
//! Beyond the radius that buckets pay for, or where so many hashes share their words that they do not, all are scanned.

use crate::{Error, ErrorKind, Result};

const WORDS: usize = 4;
const BUCKETS: usize = 1 << 16;
/// Bits in which a word may differ at most before scanning is cheaper: 1 + 16 + 120 buckets.
const MOST_BITS: u32 = 2;
/// New hashes are scanned until they are more than this share of those in buckets.
const UNSORTED: usize = 8;
const MAGIC: &[u8; 8] = b"VNHAM001";

/// An index of 64-bit hashes, such as perceptual hashes. A hash's number is its place in the order of adding.
///
/// It takes 8 bytes a hash until the first query, then 56, and 1 MB.
///
/// ```
/// use viralnow_core::clips::HammingIndex;
/// let mut index = HammingIndex::default();
/// index.add(&[0b0000, 0b0111, u64::MAX]);
/// assert_eq!(index.query(0b0001, 2), [(0, 1), (1, 2)]);
/// let again = HammingIndex::from_bytes(&index.to_bytes())?;
/// assert_eq!(again.len(), 3);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct HammingIndex {
    hashes: Vec<u64>,
    /// How many of them are in buckets.
    sorted: usize,
    words: Vec<Word>,
    masks: Vec<u16>,
}

/// The hashes by one of their words: `starts` of each bucket in `entries`.
#[derive(Debug, Clone, Default)]
struct Word {
    starts: Vec<u32>,
    numbers: Vec<u32>,
    hashes: Vec<u64>,
}

impl HammingIndex {
    /// Adds hashes; their numbers follow those that are there.
    ///
    /// # Panics
    /// Beyond 4,294,967,295 hashes.
    pub fn add(&mut self, hashes: &[u64]) {
        assert!(self.hashes.len() + hashes.len() < u32::MAX as usize, "more hashes than an index numbers");
        self.hashes.extend_from_slice(hashes);
    }

    /// How many hashes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// The hash of this number.
    #[must_use]
    pub fn get(&self, number: usize) -> Option<u64> {
        self.hashes.get(number).copied()
    }

    /// All hashes within this distance: their numbers, ascending, and distances. None is missed.
    pub fn query(&mut self, hash: u64, radius: u32) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        self.sort();
        self.query_sorted(hash, radius, &mut found);
        found
    }

    /// As [`HammingIndex::query`], of many.
    pub fn query_many(&mut self, hashes: &[u64], radius: u32) -> Vec<Vec<(usize, u32)>> {
        self.sort();
        hashes
            .iter()
            .map(|&hash| {
                let mut found = Vec::new();
                self.query_sorted(hash, radius, &mut found);
                found
            })
            .collect()
    }

    fn query_sorted(&self, hash: u64, radius: u32, found: &mut Vec<(usize, u32)>) {
        let bits = radius / WORDS as u32;
        let near = |word: usize| {
            let masks = &self.masks[..masks_within(bits)];
            masks.iter().map(move |mask| usize::from(word_of(hash, word) ^ mask))
        };
        let size = |(word, bucket): (usize, usize)| {
            (self.words[word].starts[bucket + 1] - self.words[word].starts[bucket]) as usize
        };
        let worth = bits <= MOST_BITS && !self.words.is_empty() && {
            let all: usize = (0..self.words.len())
                .flat_map(|word| near(word).map(move |bucket| (word, bucket)))
                .map(size)
                .sum();
            all < self.sorted / 4
        };
        if worth {
            for (word, index) in self.words.iter().enumerate() {
                for bucket in near(word) {
                    let range = index.starts[bucket] as usize..index.starts[bucket + 1] as usize;
                    for (number, other) in index.numbers[range.clone()].iter().zip(&index.hashes[range]) {
                        let distance = (hash ^ other).count_ones();
                        if distance <= radius {
                            found.push((*number as usize, distance));
                        }
                    }
                }
            }
            found.sort_unstable();
            found.dedup();
        } else {
            scan(&self.hashes[..self.sorted], 0, hash, radius, found);
        }
        scan(&self.hashes[self.sorted..], self.sorted, hash, radius, found);
    }

    /// Puts new hashes into buckets, if they are enough to be worth it.
    fn sort(&mut self) {
        let new = self.hashes.len() - self.sorted;
        if new * UNSORTED <= self.sorted || self.hashes.len() < 1024 {
            return;
        }
        if self.masks.is_empty() {
            self.masks = (0..=u16::MAX).filter(|mask| mask.count_ones() <= MOST_BITS).collect();
            self.masks.sort_by_key(|mask| mask.count_ones());
        }
        self.words = (0..WORDS).map(|word| Word::new(&self.hashes, word)).collect();
        self.sorted = self.hashes.len();
    }

    /// The index as bytes: eight of magic, the count, and the hashes, little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + 8 * self.hashes.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&(self.hashes.len() as u64).to_le_bytes());
        bytes.extend(self.hashes.iter().flat_map(|hash| hash.to_le_bytes()));
        bytes
    }

    /// Reads [`HammingIndex::to_bytes`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let wrong = |what: &str| Error::new(ErrorKind::InvalidInput, format!("no index of hashes: {what}"));
        let (head, rest) = bytes.split_at_checked(16).ok_or_else(|| wrong("too short"))?;
        if &head[..8] != MAGIC {
            return Err(wrong("it does not begin as one"));
        }
        let (hashes, odd) = rest.as_chunks::<8>();
        let count = u64::from_le_bytes(head[8..].try_into().expect("eight bytes"));
        if !odd.is_empty() || count != hashes.len() as u64 || count >= u64::from(u32::MAX) {
            return Err(wrong("its length is not what it says").with("hashes", count));
        }
        Ok(Self { hashes: hashes.iter().map(|hash| u64::from_le_bytes(*hash)).collect(), ..Self::default() })
    }
}

impl Word {
    fn new(hashes: &[u64], word: usize) -> Self {
        let mut starts = vec![0_u32; BUCKETS + 1];
        for &hash in hashes {
            starts[usize::from(word_of(hash, word)) + 1] += 1;
        }
        for bucket in 0..BUCKETS {
            starts[bucket + 1] += starts[bucket];
        }
        let mut next = starts.clone();
        let (mut numbers, mut sorted) = (vec![0; hashes.len()], vec![0; hashes.len()]);
        for (number, &hash) in hashes.iter().enumerate() {
            let place = &mut next[usize::from(word_of(hash, word))];
            (numbers[*place as usize], sorted[*place as usize]) = (number as u32, hash);
            *place += 1;
        }
        Self { starts, numbers, hashes: sorted }
    }
}

fn word_of(hash: u64, word: usize) -> u16 {
    (hash >> (16 * word)) as u16
}

/// Masks of 16 bits with no more than so many ones.
fn masks_within(bits: u32) -> usize {
    [1, 17, 137][bits.min(MOST_BITS) as usize]
}

/// Looks at every hash; with the processor's instruction for counting bits where it has one.
fn scan(hashes: &[u64], first: usize, hash: u64, radius: u32, found: &mut Vec<(usize, u32)>) {
    for (number, other) in hashes.iter().enumerate() {
        let distance = (hash ^ other).count_ones();
        if distance <= radius {
            found.push((first + number, distance));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(seed: u64) -> impl FnMut() -> u64 {
        let mut state = seed;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        }
    }

    /// Hashes of which many lie near each other, and queries near them.
    fn made(n: usize) -> (Vec<u64>, Vec<u64>) {
        let mut random = random(9);
        let mut hashes: Vec<u64> = (0..n).map(|_| random()).collect();
        for i in 0..n / 2 {
            let flips = random() % 14;
            hashes[n - 1 - i] = (0..flips).fold(hashes[i], |hash, _| hash ^ (1 << (random() % 64)));
        }
        let queries = (0..60).map(|i| hashes[i * (n / 60)] ^ (1 << (random() % 64))).collect();
        (hashes, queries)
    }

    #[test]
    fn nothing_is_missed_at_any_radius() {
        let (hashes, queries) = made(6_000);
        let mut index = HammingIndex::default();
        // In two parts, so that some are in buckets and some are not.
        index.add(&hashes[..5_500]);
        let _ = index.query(0, 1);
        index.add(&hashes[5_500..]);
        for radius in [0, 1, 3, 4, 7, 8, 10, 11, 12, 20, 64, 1000] {
            for (&query, found) in queries.iter().zip(index.query_many(&queries, radius)) {
                let expected: Vec<(usize, u32)> = hashes
                    .iter()
                    .enumerate()
                    .map(|(number, hash)| (number, (hash ^ query).count_ones()))
                    .filter(|(_, distance)| *distance <= radius)
                    .collect();
                assert_eq!(found, expected, "radius {radius}");
            }
        }
    }

    #[test]
    fn many_equal_hashes_and_broken_files_are_no_trouble() {
        let mut index = HammingIndex::default();
        index.add(&[7; 5000]);
        assert_eq!(index.query(7, 10).len(), 5000);
        assert_eq!(
            (HammingIndex::default().query(0, 64).len(), index.get(4999), index.get(5000)),
            (0, Some(7), None)
        );
        let bytes = index.to_bytes();
        assert_eq!(HammingIndex::from_bytes(&bytes).unwrap().query(7, 0).len(), 5000);
        for cut in [0, 7, 15, 16, 17, bytes.len() - 1] {
            assert!(HammingIndex::from_bytes(&bytes[..cut]).is_err(), "{cut}");
        }
        let mut claims = bytes;
        claims[8..16].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(HammingIndex::from_bytes(&claims).is_err());
    }
}
