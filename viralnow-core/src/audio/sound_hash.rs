//! The trending-sound hash: a short text that near-identical sounds share most of.
//!
//! ```text
//! v1:<tempo>:<key>:<timbre>:<landmarks>          for example  v1:0b:F#m:a53c:04f7…(64 digits)
//! ```
//! | part | what | where it is unknown |
//! |---|---|---|
//! | tempo | two hexadecimal digits: the tempo, doubled or halved into one octave, in 16 steps of 4.4 % | `-` |
//! | key | the tonic, with `m` for minor | `-` |
//! | timbre | four hexadecimal digits: whether each of 16 bands of the mean spectrum stands above its two neighbours | `-` |
//! | landmarks | 64 hexadecimal digits: min-hashes (Broder 1997; of 4 bits each: Li & Konig 2010) of the pairs of strong landmarks | there is no hash |
//!
//! None of the parts changes with gain. Two texts are compared with [`sound_hash_similarity`].

use super::fingerprint::{DIGITS, Fingerprint};
use super::{AudioSummary, Key};
use crate::dsp::mel;
use crate::{Error, ErrorKind, Result};
use std::f64::consts::PI;

const VERSION: &str = "v1";
/// Steps of an octave of tempo.
const TEMPO_STEPS: u32 = 16;
/// Bands of the timbre.
const BANDS: usize = 16;
/// What each part counts in the similarity: tempo, key, timbre, landmarks.
const WEIGHTS: [f64; 4] = [0.1, 0.1, 0.1, 0.7];
const TONICS: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// The hash of a sound with this summary and these landmarks, as in [`AudioSummary::trending_sound_hash`]. Tempo, key and
/// cepstrum are those of the summary; what is null there is `-` in the hash. `None` for a sound with next to no landmarks:
/// silence, or less than a second.
///
/// ```
/// use viralnow_core::audio::{self, AudioSummary};
/// let tune: Vec<f32> = (0..96_000)
///     .map(|i| 0.5 * (i as f32 * (0.1 + 0.02 * ((i / 4000) * 5 % 7) as f32)).sin())
///     .collect();
/// let print = audio::fingerprint(&tune, 16_000)?;
/// let hash = audio::sound_hash(&AudioSummary::default(), &print).unwrap();
/// assert!(hash.starts_with("v1:-:-:-:"));
/// assert!((audio::sound_hash_similarity(&hash, &hash)? - 1.0).abs() < 1e-12);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[must_use]
pub fn sound_hash(summary: &AudioSummary, print: &Fingerprint) -> Option<String> {
    let landmarks: String = print.min_hashes()?.iter().map(|digit| format!("{digit:x}")).collect();
    let tempo = summary.rhythm.as_ref().and_then(|rhythm| rhythm.tempo_bpm).and_then(tempo_step);
    let tempo = tempo.map_or_else(|| "-".to_owned(), |step| format!("{step:02x}"));
    let key = summary.key.as_ref().map_or_else(|| "-".to_owned(), key_name);
    let timbre = summary.mfcc.as_ref().and_then(|mfcc| timbre_bits(&mfcc.mean));
    let timbre = timbre.map_or_else(|| "-".to_owned(), |bits| format!("{bits:04x}"));
    Some(format!("{VERSION}:{tempo}:{key}:{timbre}:{landmarks}"))
}

/// How alike two hashes of [`sound_hash`] are, in [0, 1].
///
/// The landmarks count 0.7: the share of pairs that the two sounds have in common, estimated within about 0.06. Tempo, key
/// and timbre count 0.1 each where both hashes have them: tempo 1 for the same step, a half for the next; key 1 for the
/// same, a half for the parallel or relative one; timbre 1 for the same bits, 0 from half of them on.
///
/// From 0.5 on, two sounds are the same recording: a re-upload, another gain, another codec. A sound under speech, an
/// excerpt or another speed gives little more than two different sounds do; for those, ask a
/// [`SoundIndex`](super::SoundIndex).
///
/// Fails (`INVALID_INPUT`) for a text that is no such hash, and with `SCHEMA_MISMATCH` for one of another version.
///
/// ```
/// use viralnow_core::audio::sound_hash_similarity;
/// let digits = "0123456789abcdef".repeat(4);
/// let (a, b) = (format!("v1:05:Am:ffff:{digits}"), format!("v1:06:C:ffff:{digits}"));
/// assert!((sound_hash_similarity(&a, &b)? - 0.9).abs() < 1e-12);
/// assert_eq!(sound_hash_similarity(&a, "v9:").unwrap_err().kind().code(), "SCHEMA_MISMATCH");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn sound_hash_similarity(a: &str, b: &str) -> Result<f64> {
    let (a, b) = (Parts::read(a)?, Parts::read(b)?);
    let tempo = a.tempo.zip(b.tempo).map(|(a, b)| {
        let apart = a.abs_diff(b).min(TEMPO_STEPS - a.abs_diff(b));
        f64::from(2 - apart.min(2)) / 2.0
    });
    let key = a.key.zip(b.key).map(|(a, b)| key_similarity(a, b));
    let timbre = a.timbre.zip(b.timbre).map(|(a, b)| {
        let wrong = f64::from((a ^ b).count_ones());
        (1.0 - wrong / (BANDS as f64 / 2.0)).max(0.0)
    });
    let same = a.landmarks.iter().zip(&b.landmarks).filter(|(a, b)| a == b).count() as f64 / DIGITS as f64;
    // A digit of 4 bits agrees by chance once in 16.
    let landmarks = ((same - 1.0 / 16.0) / (15.0 / 16.0)).max(0.0);
    let (sum, weights) = [tempo, key, timbre, Some(landmarks)]
        .iter()
        .zip(WEIGHTS)
        .filter_map(|(part, weight)| part.map(|part| (part * weight, weight)))
        .fold((0.0, 0.0), |(sum, weights), (part, weight)| (sum + part, weights + weight));
    Ok(sum / weights)
}

/// A hash, taken apart.
struct Parts {
    tempo: Option<u32>,
    /// Half tones above C, and whether it is minor.
    key: Option<(u32, bool)>,
    timbre: Option<u16>,
    landmarks: Vec<u8>,
}

impl Parts {
    fn read(text: &str) -> Result<Self> {
        let wrong = || {
            Error::new(
                ErrorKind::InvalidInput,
                "no trending-sound hash: v1:<tempo>:<key>:<timbre>:<64 digits>",
            )
            .with("hash", text.chars().take(100).collect::<String>())
        };
        let parts: Vec<&str> = text.split(':').collect();
        if parts[0] != VERSION {
            let numbered = parts[0].strip_prefix('v').is_some_and(|n| n.parse::<u32>().is_ok());
            return Err(if numbered {
                Error::new(
                    ErrorKind::SchemaMismatch,
                    "the trending-sound hash is of another version; analyse the sound anew",
                )
                .with("version", parts[0])
            } else {
                wrong()
            });
        }
        let &[_, tempo, key, timbre, landmarks] = parts.as_slice() else { return Err(wrong()) };
        let unknown = |part: &str| part == "-";
        let number = |part: &str, digits: usize| {
            let fits = part.len() == digits && part.bytes().all(|b| b.is_ascii_hexdigit());
            fits.then(|| u32::from_str_radix(part, 16).ok()).flatten()
        };
        let tempo = if unknown(tempo) {
            None
        } else {
            Some(number(tempo, 2).filter(|&step| step < TEMPO_STEPS).ok_or_else(wrong)?)
        };
        let key = if unknown(key) {
            None
        } else {
            let tonic = key.strip_suffix('m').unwrap_or(key);
            let step = TONICS.iter().position(|&name| name == tonic).ok_or_else(wrong)?;
            Some((step as u32, key.ends_with('m')))
        };
        let timbre = if unknown(timbre) { None } else { Some(number(timbre, 4).ok_or_else(wrong)? as u16) };
        let digits = landmarks.chars().map(|digit| digit.to_digit(16).map(|d| d as u8));
        let landmarks: Vec<u8> = digits.collect::<Option<_>>().ok_or_else(wrong)?;
        if landmarks.len() != DIGITS {
            return Err(wrong());
        }
        Ok(Self { tempo, key, timbre, landmarks })
    }
}

/// The step of a tempo within its octave from 80 beats a minute on.
fn tempo_step(bpm: f64) -> Option<u32> {
    if !(bpm > 0.0 && bpm.is_finite()) {
        return None;
    }
    let octave = (bpm / 80.0).log2().rem_euclid(1.0);
    Some((octave * f64::from(TEMPO_STEPS)) as u32 % TEMPO_STEPS)
}

fn key_name(key: &Key) -> String {
    format!("{}{}", key.tonic, if key.mode == "minor" { "m" } else { "" })
}

fn key_similarity(a: (u32, bool), b: (u32, bool)) -> f64 {
    // The relative minor stands nine half tones above its major.
    let relative = |major: u32, minor: u32| (major + 9) % 12 == minor;
    let near = match (a, b) {
        ((x, false), (y, true)) => x == y || relative(x, y),
        ((x, true), (y, false)) => x == y || relative(y, x),
        _ => false,
    };
    if a == b {
        1.0
    } else if near {
        0.5
    } else {
        0.0
    }
}

/// The mean spectrum that the mean cepstrum describes, at 18 places from low to high: one bit for each of the inner 16, set
/// where it lies above the mean of its neighbours. The level, which is the first coefficient, does not matter.
fn timbre_bits(mfcc: &[f64]) -> Option<u16> {
    if mfcc.len() != mel::COEFFICIENTS {
        return None;
    }
    let place = |k: usize| (k as f64 + 0.5) / (BANDS + 2) as f64;
    let level = |k: usize| -> f64 {
        (1..mel::COEFFICIENTS).map(|c| mfcc[c] * (PI * c as f64 * place(k)).cos()).sum()
    };
    let bit = |k: usize| u16::from(2.0 * level(k) > level(k - 1) + level(k + 1));
    Some((1..=BANDS).fold(0, |bits, k| bits << 1 | bit(k)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tempi_an_octave_apart_share_a_step() {
        assert_eq!(tempo_step(80.0), Some(0));
        assert_eq!(tempo_step(60.0), tempo_step(120.0));
        assert_eq!(tempo_step(159.0), Some(15));
        assert!(tempo_step(0.0).is_none() && tempo_step(f64::NAN).is_none());
    }

    #[test]
    fn keys_are_near_their_relatives_and_parallels() {
        let (c, a_minor, c_minor, g) = ((0, false), (9, true), (0, true), (7, false));
        assert_eq!(key_similarity(c, c), 1.0);
        assert_eq!(key_similarity(c, a_minor), 0.5);
        assert_eq!(key_similarity(c_minor, c), 0.5);
        assert_eq!(key_similarity(c, g), 0.0);
    }

    #[test]
    fn the_bits_of_a_timbre_are_its_bumps_and_do_not_know_its_level() {
        // The cosine of order 9 has its tops two places apart, so that every second place is a top.
        let mut mfcc = [0.0; mel::COEFFICIENTS];
        (mfcc[0], mfcc[9]) = (-300.0, 5.0);
        let bits = timbre_bits(&mfcc).unwrap();
        mfcc[0] = 12.0;
        assert_eq!(timbre_bits(&mfcc), Some(bits));
        assert!(bits != 0 && bits != u16::MAX);
        mfcc[9] = -5.0;
        assert_eq!(timbre_bits(&mfcc), Some(!bits));
        assert!(timbre_bits(&[0.0; 3]).is_none());
    }

    #[test]
    fn texts_that_are_no_hash_are_refused() {
        let digits = "0".repeat(64);
        for text in [
            String::new(),
            "v1".into(),
            "v1:::".into(),
            format!("v1:10:C:0000:{digits}"),
            format!("v1:+5:C:0000:{digits}"),
            format!("v1:05:H:0000:{digits}"),
            format!("v1:05:C:00g0:{digits}"),
            format!("v1:05:C:0000:{digits}0"),
            format!("v1:05:C:0000:{}é", &digits[2..]),
            format!("v1:05:C:0000:{digits}:"),
        ] {
            let error = sound_hash_similarity(&text, &text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
        }
    }
}
