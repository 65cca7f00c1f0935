//! Speech, music, speech over music: the signal of whether there is something to react to.

use super::{SpeechMusic, SpeechMusicSegment};
use crate::extract::{ContentWindow, SharedAnalysis, Wants};
use crate::media::AudioBlock;
use crate::{Error, ErrorKind, Result};

/// A share or a chance from here on is clear enough to give a name.
const CLEAR: f64 = 0.6;
/// Shorter stretches are none, in seconds.
const SHORTEST_S: f64 = 1.0;
/// The share of time with somebody speaking that makes the most of it.
const ENOUGH: f64 = 0.5;
const NAMES: [&str; 4] = ["speech", "music", "speech_over_music", "other"];

fn chances(window: &ContentWindow) -> [f64; 4] {
    [window.speech, window.music, window.speech_over_music, window.other]
}

/// The largest of four and which it is.
fn largest(values: [f64; 4]) -> (usize, f64) {
    (1..4).fold((0, values[0]), |best, i| if values[i] > best.1 { (i, values[i]) } else { best })
}

/// What the mono sound is made of: speech, music, speech over music, or neither, over time and as a whole. `None` without
/// samples.
///
/// Every half second the two seconds around it are told by a small network from features after Scheirer & Slaney (1997) and
/// the scores of the embedded voice activity detector; a chain of states smooths over time. Singing is music. Fails with
/// `INVALID_INPUT` for a rate that cannot be brought to 16 kHz.
///
/// ```
/// use viralnow_core::audio::speech_music;
/// let silence = vec![0.0; 48_000];
/// assert!(speech_music(&silence, 16_000)?.unwrap().reactability < 0.5);
/// assert!(speech_music(&[], 16_000)?.is_none());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn speech_music(y: &[f32], sample_rate: u32) -> Result<Option<SpeechMusic>> {
    if !(1000..=768_000).contains(&sample_rate) {
        return Err(Error::new(ErrorKind::InvalidInput, "the rate must be from 1000 to 768000 Hz")
            .with("sample_rate", sample_rate));
    }
    let wants = Wants { audio: true, spectra: true, ..Wants::default() };
    let mut shared = SharedAnalysis::new(wants);
    let block = AudioBlock { start_s: 0.0, sample_rate, channels: 1, samples: y };
    shared.audio(&block, &mut |_| Ok(()))?;
    let found = shared.finish(&mut |_| Ok(()))?;
    Ok(sum_up(&found.content, 0.0, found.audio_s))
}

/// Sums up the windows; `None` without any.
pub(super) fn sum_up(windows: &[ContentWindow], start_s: f64, seconds: f64) -> Option<SpeechMusic> {
    if windows.is_empty() {
        return None;
    }
    let mut shares = [0.0; 4];
    for window in windows {
        for (share, chance) in shares.iter_mut().zip(chances(window)) {
            *share += chance / windows.len() as f64;
        }
    }
    let [speech, music, speech_over_music, other] = shares.map(|share: f64| share.clamp(0.0, 1.0));
    let (kind, confidence) = largest([speech, music, speech_over_music, other]);
    Some(SpeechMusic {
        speech,
        music,
        speech_over_music,
        other,
        label: (confidence >= CLEAR).then(|| NAMES[kind].to_owned()),
        confidence,
        segments: segments(windows, start_s, start_s + seconds),
        reactability: ((speech + speech_over_music) / ENOUGH).min(1.0),
    })
}

/// Runs of windows with one clear kind; each window stands for the time up to half way to its neighbours.
fn segments(windows: &[ContentWindow], start_s: f64, end_s: f64) -> Vec<SpeechMusicSegment> {
    let edge = |k: usize| match (k.checked_sub(1).map(|before| windows[before].time_s), windows.get(k)) {
        (Some(before), Some(after)) => f64::midpoint(before, after.time_s),
        (None, _) => start_s,
        (_, None) => end_s,
    };
    let mut found = Vec::new();
    let mut from = 0;
    while from < windows.len() {
        let (kind, chance) = largest(chances(&windows[from]));
        if chance < CLEAR {
            from += 1;
            continue;
        }
        let same = |window: &ContentWindow| {
            let (other, chance) = largest(chances(window));
            other == kind && chance >= CLEAR
        };
        let to = from + windows[from..].iter().take_while(|window| same(window)).count();
        let sum: f64 = windows[from..to].iter().map(|window| chances(window)[kind]).sum();
        let (begin_s, stop_s) = (edge(from).min(end_s), edge(to).min(end_s));
        if stop_s - begin_s >= SHORTEST_S {
            found.push(SpeechMusicSegment {
                start_s: begin_s,
                end_s: stop_s,
                label: NAMES[kind].to_owned(),
                confidence: (sum / (to - from) as f64).min(1.0),
            });
        }
        from = to;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(kinds: &[(usize, f64, usize)]) -> Vec<ContentWindow> {
        let all = kinds.iter().flat_map(|&(kind, chance, count)| std::iter::repeat_n((kind, chance), count));
        all.enumerate()
            .map(|(k, (kind, chance))| {
                let mut values = [(1.0 - chance) / 3.0; 4];
                values[kind] = chance;
                let [speech, music, speech_over_music, other] = values;
                ContentWindow { time_s: k as f64 * 0.5, speech, music, speech_over_music, other }
            })
            .collect()
    }

    #[test]
    fn shares_add_up_and_the_unclear_has_no_name() {
        let half = sum_up(&windows(&[(0, 0.97, 10), (1, 0.97, 10)]), 0.0, 10.0).unwrap();
        assert!((half.speech + half.music + half.speech_over_music + half.other - 1.0).abs() < 1e-9);
        assert!(half.label.is_none() && half.reactability > 0.9, "{half:?}");
        let kinds: Vec<_> = half.segments.iter().map(|s| (s.label.as_str(), s.start_s, s.end_s)).collect();
        assert_eq!(kinds, [("speech", 0.0, 4.75), ("music", 4.75, 10.0)]);
        let song = sum_up(&windows(&[(1, 0.97, 20)]), 3.0, 10.0).unwrap();
        assert_eq!(song.label.as_deref(), Some("music"));
        assert!(song.reactability < 0.1 && song.segments.len() == 1);
        // Nothing clear, and something clear that is too short.
        let unclear = sum_up(&windows(&[(0, 0.4, 10), (1, 0.9, 1), (0, 0.4, 10)]), 0.0, 10.5).unwrap();
        assert!(unclear.segments.is_empty() && unclear.label.is_none(), "{unclear:?}");
        assert!(sum_up(&[], 0.0, 0.0).is_none());
    }
}
