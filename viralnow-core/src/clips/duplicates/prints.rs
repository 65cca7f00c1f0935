//! What clips look and sound like, and pairs that are alike.

use crate::audio::{Fingerprint, SoundIndex};
use crate::clips::hamming::HammingIndex;
use crate::vision::VideoFingerprint;

/// Sounds whose lengths differ by more than this are not the same, though one may be in the other.
const LENGTHS: f64 = 0.8;

/// What is known of clips beside their fields, each list in the clips' order; an empty list is none.
#[derive(Debug, Clone, Default)]
pub struct Prints {
    /// Perceptual hashes of their thumbnails or keyframes.
    pub hashes: Vec<Option<u64>>,
    /// Fingerprints of their sound. Different clips on the same music alone have the same sound: leave it out for such.
    pub sounds: Vec<Option<Fingerprint>>,
    /// Fingerprints of their video. Each is compared with each.
    pub videos: Vec<Option<VideoFingerprint>>,
}

/// Those of which something is known, with their numbers.
fn known<T>(prints: &[Option<T>]) -> Vec<(usize, &T)> {
    prints.iter().enumerate().filter_map(|(number, print)| Some((number, print.as_ref()?))).collect()
}

/// Pairs of clips with hashes within the radius: each clip with the nearest earlier one.
pub(super) fn near_hashes(hashes: &[Option<u64>], radius: u32) -> Vec<(usize, usize)> {
    let known = known(hashes);
    let mut index = HammingIndex::default();
    index.add(&known.iter().map(|(_, hash)| **hash).collect::<Vec<_>>());
    let mut pairs = Vec::new();
    for (at, &(number, hash)) in known.iter().enumerate() {
        let earlier = index.query(*hash, radius).into_iter().filter(|(other, _)| *other < at);
        if let Some((nearest, _)) = earlier.min_by_key(|&(other, distance)| (distance, other)) {
            pairs.push((known[nearest].0, number));
        }
    }
    pairs
}

/// Pairs of clips of about the same length of which each has `least` of the other's sound, at the same time: each clip with the
/// surest earlier one.
pub(super) fn same_sounds(sounds: &[Option<Fingerprint>], least: f64) -> Vec<(usize, usize)> {
    let mut index = SoundIndex::new();
    let mut pairs = Vec::new();
    for (number, print) in known(sounds) {
        let same = index.query(print, 5).into_iter().find_map(|found| {
            let other: usize = found.id.parse().ok()?;
            let lengths = [print.duration_s(), sounds[other].as_ref()?.duration_s()];
            let [short, long] = [lengths[0].min(lengths[1]), lengths[0].max(lengths[1])];
            let share = found.matched as f64 / found.expected.max(1) as f64;
            let whole = short >= LENGTHS * long && found.offset_s.abs() <= (1.0 - LENGTHS) * long;
            (whole && share >= least).then_some(other)
        });
        pairs.extend(same.map(|other| (other, number)));
        // A sound that is silent, or over 4 h 39 min, is not entered: nothing can be found by it.
        let _ = index.add(number.to_string(), print);
    }
    pairs
}

/// Pairs of clips whose video is the same for the most part, whatever was cropped, mirrored or trimmed.
pub(super) fn same_videos(videos: &[Option<VideoFingerprint>]) -> Vec<(usize, usize)> {
    let known = known(videos);
    let mut pairs = Vec::new();
    for (at, (number, print)) in known.iter().enumerate() {
        let earlier = known[..at].iter().filter(|(_, other)| print.compare(other).is_copy());
        pairs.extend(earlier.map(|(other, _)| (*other, *number)));
    }
    pairs
}
