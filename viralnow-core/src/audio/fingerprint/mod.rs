//! The landmark fingerprint: the peaks of the spectrogram (Wang, An industrial-strength audio search algorithm, 2003), and
//! the index that finds a sound by them in a mixture.
//!
//! 1. [`peaks`]: the largest magnitudes of their surroundings on an axis of half tones, from the shared spectra.
//! 2. [`pairs`]: two peaks, their interval and the time between make a key; a change of speed moves it a known way.
//! 3. [`postings`]: which sounds have a key, and where.
//! 4. [`index`]: the hits of a query vote for sound, place and speed.
//! 5. [`verify`]: at the place with the most votes, the landmarks are compared one by one.

mod bytes;
mod file;
mod index;
mod landmarks;
mod minhash;
mod pairs;
mod peaks;
mod postings;
mod verify;

pub use index::{SoundIndex, SoundMatch};
pub use landmarks::{Fingerprint, Landmark};
pub(super) use minhash::DIGITS;
pub(super) use peaks::Picker;

use crate::dsp::LARGEST_SAMPLE;
use crate::dsp::resample::Resampler16k;
use crate::dsp::stft::{BINS, Stft};
use crate::{Error, ErrorKind, Result};

/// Takes the fingerprint of one channel of sound at any rate from 1,000 to 768,000 Hz.
///
/// Peaks of the 16 kHz spectrogram (frames of 128 ms, 32 ms apart) between 200 and 6,500 Hz that are the largest within
/// 1.5 half tones and 0.13 s to each side, placed between bins and frames by parabolas: about 40 a second of music, half of
/// them strong. Gain does not change them.
///
/// Fails (`INVALID_INPUT`) for samples that are not finite and for rates that no sound has. Silence and a single sample have
/// a fingerprint without landmarks.
///
/// ```
/// use viralnow_core::audio::{self, SoundIndex};
/// let tune = |steps: i32| -> Vec<f32> {
///     (0..80_000).map(|i| 0.5 * (i as f32 * (0.1 + 0.02 * ((i / 4000 * steps) % 11) as f32)).sin()).collect()
/// };
/// let mut index = SoundIndex::new();
/// index.add("first", &audio::fingerprint(&tune(3), 16_000)?)?;
/// index.add("second", &audio::fingerprint(&tune(5), 16_000)?)?;
/// let excerpt = &tune(5)[16_000..];
/// let found = index.query(&audio::fingerprint(excerpt, 16_000)?, 1);
/// assert_eq!(found[0].id, "second");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn fingerprint(y: &[f32], sample_rate: u32) -> Result<Fingerprint> {
    let mut taker = Fingerprinter::new(sample_rate)?;
    taker.push(y)?;
    Ok(taker.finish())
}

/// Takes a fingerprint while the sound comes: [`fingerprint`] for live sound. Blocks of any size give the same landmarks. It
/// keeps 8 bytes a landmark, and half a second of spectra.
///
/// ```
/// use viralnow_core::audio::{self, Fingerprinter};
/// let tune: Vec<f32> = (0..48_000).map(|i| 0.5 * (i as f32 * (0.1 + 0.02 * ((i / 4000) % 7) as f32)).sin()).collect();
/// let mut taker = Fingerprinter::new(16_000)?;
/// for block in tune.chunks(512) {
///     taker.push(block)?;
/// }
/// assert_eq!(taker.finish(), audio::fingerprint(&tune, 16_000)?);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Fingerprinter {
    resampler: Resampler16k,
    stft: Stft,
    picker: Picker,
    /// Samples at 16 kHz, and samples taken.
    samples: u64,
    taken: u64,
    sound: Vec<f32>,
    magnitudes: Vec<f32>,
}

impl Fingerprinter {
    /// For one channel at this rate; fails for a rate that no sound has.
    pub fn new(sample_rate: u32) -> Result<Self> {
        let resampler = Resampler16k::new(sample_rate).ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, "the rate must be one that sound has, 1,000 to 768,000 Hz")
                .with("sample_rate", sample_rate)
        })?;
        Ok(Self {
            resampler,
            stft: Stft::new(),
            picker: Picker::new(),
            samples: 0,
            taken: 0,
            sound: Vec::new(),
            magnitudes: Vec::new(),
        })
    }

    /// Takes the next samples; fails for samples that are not finite, and then has taken none of them.
    pub fn push(&mut self, y: &[f32]) -> Result<()> {
        // Numbers that are none compare as false.
        if let Some(index) = y.iter().position(|sample| sample.is_nan() || sample.abs() > LARGEST_SAMPLE) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "samples must be finite and within ±1e6; replace those that are not, and scale to ±1",
            )
            .with("index", self.taken + index as u64));
        }
        self.taken += y.len() as u64;
        for y in y.chunks(1 << 16) {
            self.sound.clear();
            self.resampler.push(y, &mut self.sound);
            self.analyse(false);
        }
        Ok(())
    }

    /// The fingerprint of all that was taken.
    #[must_use]
    pub fn finish(mut self) -> Fingerprint {
        self.sound.clear();
        self.resampler.finish(&mut self.sound);
        self.analyse(true);
        self.picker.finish(self.samples)
    }

    fn analyse(&mut self, last: bool) {
        self.samples += self.sound.len() as u64;
        self.magnitudes.clear();
        self.stft.push(&self.sound, &mut self.magnitudes);
        if last {
            self.stft.finish(&mut self.magnitudes);
        }
        for frame in self.magnitudes.chunks_exact(BINS) {
            self.picker.push(frame);
        }
    }
}
