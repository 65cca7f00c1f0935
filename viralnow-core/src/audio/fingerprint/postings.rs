//! Which sounds have a pair, by its key.

use std::ops::Range;

/// One pair of an indexed sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Posting {
    /// Key of the pair, scattered over all 32 bits.
    key: u32,
    /// Number of the sound.
    pub(super) sound: u32,
    /// Time of the first landmark in units of 8 ms, and 11 bits of its pitch in units of 5 cents.
    place: u32,
}

/// Units of time that a posting can tell: 4 h 39 min.
pub(super) const LONGEST: u32 = 1 << 22;

impl Posting {
    pub(super) fn new(key: u32, sound: u32, time: u32, pitch: u16) -> Self {
        Self { key: scatter(key), sound, place: (time / 2) << 11 | u32::from(pitch / 2) }
    }

    /// In units of 4 ms.
    pub(super) fn time(self) -> u32 {
        (self.place >> 11) * 2
    }

    /// In units of 2.5 cents.
    pub(super) fn pitch(self) -> i32 {
        ((self.place & 0x7FF) * 2) as i32
    }
}

/// A bijection that spreads neighbouring keys evenly (the finaliser of Murmur 3).
fn scatter(key: u32) -> u32 {
    let mut h = key;
    h = (h ^ (h >> 16)).wrapping_mul(0x85EB_CA6B);
    h = (h ^ (h >> 13)).wrapping_mul(0xC2B2_AE35);
    h ^ (h >> 16)
}

/// Sorted postings, and where the keys with the same first bits start.
#[derive(Debug, Default, Clone)]
struct Segment {
    postings: Vec<Posting>,
    starts: Vec<u32>,
    shift: u32,
}

impl Segment {
    fn new(mut postings: Vec<Posting>) -> Self {
        // Stable: it merges what is sorted already, and segments are.
        postings.sort();
        postings.shrink_to_fit();
        // About four postings share their first bits.
        let bits = (postings.len() / 4).max(1).ilog2().min(28);
        let shift = 32 - bits;
        let mut starts = Vec::with_capacity((1 << bits) + 1);
        let mut at = 0;
        for bucket in 0..1_u64 << bits {
            starts.push(at as u32);
            while at < postings.len() && u64::from(postings[at].key) >> shift == bucket {
                at += 1;
            }
        }
        starts.push(at as u32);
        Self { postings, starts, shift }
    }

    /// Where the postings of a scattered key stand.
    fn find(&self, key: u32) -> Range<usize> {
        let bucket = (u64::from(key) >> self.shift) as usize;
        let (mut start, end) = (self.starts[bucket] as usize, self.starts[bucket + 1] as usize);
        if end - start > 16 {
            start += self.postings[start..end].partition_point(|posting| posting.key < key);
        } else {
            while start < end && self.postings[start].key < key {
                start += 1;
            }
        }
        let same = self.postings[start..end].iter().take_while(|posting| posting.key == key).count();
        start..start + same
    }
}

/// All postings: a few sorted segments, the largest first, each at least four times as large as the next. Adding merges
/// the small ones (the logarithmic method of Bentley & Saxe 1980), so that a posting is moved a few times in all and
/// looking up stays a few searches. 13 bytes a posting.
#[derive(Debug, Default, Clone)]
pub(super) struct Postings {
    segments: Vec<Segment>,
}

/// A run of postings with the same key.
#[derive(Debug, Clone)]
pub(super) struct Run {
    segment: usize,
    range: Range<usize>,
}

impl Run {
    pub(super) fn len(&self) -> usize {
        self.range.len()
    }
}

impl Postings {
    pub(super) fn len(&self) -> usize {
        self.segments.iter().map(|segment| segment.postings.len()).sum()
    }

    /// Bytes that it keeps.
    pub(super) fn memory(&self) -> usize {
        let bytes = |segment: &Segment| {
            segment.postings.capacity() * size_of::<Posting>() + segment.starts.capacity() * size_of::<u32>()
        };
        self.segments.iter().map(bytes).sum()
    }

    pub(super) fn add(&mut self, mut postings: Vec<Posting>) {
        while let Some(last) = self.segments.pop_if(|last| last.postings.len() < 4 * postings.len()) {
            postings.extend_from_slice(&last.postings);
        }
        if !postings.is_empty() {
            self.segments.push(Segment::new(postings));
        }
    }

    /// Leaves out what is not to stay.
    pub(super) fn retain(&mut self, stays: impl Fn(u32) -> bool) {
        let mut left = Vec::with_capacity(self.len());
        for segment in self.segments.drain(..) {
            left.extend(segment.postings.into_iter().filter(|posting| stays(posting.sound)));
        }
        self.add(left);
    }

    /// Where the pairs of this key stand.
    pub(super) fn find(&self, key: u32) -> impl Iterator<Item = Run> + '_ {
        let key = scatter(key);
        let runs = self.segments.iter().enumerate();
        runs.map(move |(segment, s)| Run { segment, range: s.find(key) }).filter(|run| !run.range.is_empty())
    }

    pub(super) fn get(&self, run: &Run) -> &[Posting] {
        &self.segments[run.segment].postings[run.range.clone()]
    }
}
