//! How samples are checked and cut into frames.

use crate::dsp::LARGEST_SAMPLE;
use crate::dsp::stft::{Framing, each_spectrum};
use crate::dsp::wide::wide;
use crate::extract::Matrix;
use crate::{Error, ErrorKind, Result};

/// Values that a result may have: 4 GiB.
const MOST_VALUES: u64 = 1 << 30;
/// Samples that a frame may have, and from one frame to the next.
const LONGEST_FRAME: usize = 1 << 20;
const LONGEST_HOP: usize = 1 << 30;
/// Samples a second.
pub(crate) const HIGHEST_RATE: u32 = 768_000;

/// How a signal is cut into frames; the defaults are librosa's. The window is the periodic Hann window, and where a frame
/// reaches beyond the signal there are zeros (`pad_mode="constant"`).
///
/// ```
/// use viralnow_core::audio::FrameParams;
/// let short = FrameParams { n_fft: 512, hop_length: 160, win_length: Some(400), ..FrameParams::default() };
/// assert_eq!(FrameParams::default().hop_length, 512);
/// # let _ = short;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameParams {
    /// Samples of one frame (`frame_length` where there is no spectrum), 2 to 1,048,576.
    pub n_fft: usize,
    /// Samples from one frame to the next, 1 to 2^30.
    pub hop_length: usize,
    /// Samples of the window, which stands in the middle of the frame with zeros around it; `None` is `n_fft`.
    pub win_length: Option<usize>,
    /// Whether frame `k` is centred on sample `k hop_length`, with zeros before the signal and after it, or starts there.
    pub center: bool,
}

impl Default for FrameParams {
    fn default() -> Self {
        Self { n_fft: 2048, hop_length: 512, win_length: None, center: true }
    }
}

/// An error about a setting.
pub(super) fn unfit(message: &str, key: &'static str, value: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidConfig, message).with(key, value)
}

/// Refuses what is no sound.
pub(crate) fn check_samples(y: &[f32], sample_rate: u32) -> Result<()> {
    let refuse = |message: &str| Error::new(ErrorKind::InvalidInput, message);
    if !(1..=HIGHEST_RATE).contains(&sample_rate) {
        return Err(refuse("the sample rate must be 1 to 768000 Hz").with("sample_rate", sample_rate));
    }
    if y.is_empty() {
        return Err(refuse("there are no samples"));
    }
    // Numbers that are none compare as false.
    let sound = |s: &f32| s.abs() <= LARGEST_SAMPLE;
    match y.chunks(LOOK).position(|part| !all_sound(part)) {
        Some(part) => {
            let at = part * LOOK + y[part * LOOK..].iter().position(|s| !sound(s)).unwrap_or(0);
            Err(refuse("samples must be finite and within ±1e6; replace those that are not, and scale to ±1")
                .with("index", at)
                .with("value", y[at]))
        }
        None => Ok(()),
    }
}

/// Samples that are looked through at a time.
const LOOK: usize = 1 << 12;

wide! {
    /// Whether all of these are numbers within the bound.
    pub(super) fn all_sound(samples: &[f32]) -> bool {
        samples.iter().fold(true, |sound, s| sound & (s.abs() <= LARGEST_SAMPLE))
    }
}

/// Refuses results, and what is kept for them, of more than 2^30 values.
pub(super) fn check_size(frames: u64, columns: usize) -> Result<()> {
    if frames.saturating_mul(columns as u64) > MOST_VALUES {
        let message = "there would be more than 2^30 values; take a longer hop, or the sound in pieces";
        return Err(Error::new(ErrorKind::LimitExceeded, message)
            .with("frames", frames)
            .with("columns", columns));
    }
    Ok(())
}

/// Samples and frames that have been found fit for each other.
#[derive(Debug)]
pub(super) struct Framed<'a> {
    y: &'a [f32],
    pub(super) sample_rate: f64,
    pub(super) framing: Framing,
    pub(super) frames: usize,
}

impl<'a> Framed<'a> {
    pub(super) fn new(y: &'a [f32], sample_rate: u32, params: &FrameParams) -> Result<Self> {
        check_samples(y, sample_rate)?;
        let FrameParams { n_fft, hop_length, win_length, center } = *params;
        if !(2..=LONGEST_FRAME).contains(&n_fft) {
            return Err(unfit("n_fft must be 2 to 1048576", "n_fft", n_fft));
        }
        if !(1..=LONGEST_HOP).contains(&hop_length) {
            return Err(unfit("hop_length must be 1 to 2^30", "hop_length", hop_length));
        }
        let window = win_length.unwrap_or(n_fft);
        if !(1..=n_fft).contains(&window) {
            return Err(unfit("win_length must be 1 to n_fft", "win_length", window).with("n_fft", n_fft));
        }
        let framing = Framing { n_fft, window, hop: hop_length, centred: center };
        let frames = framing.frames(y.len() as u64) as usize;
        if frames == 0 {
            let message = "the sound is shorter than one frame; centre the frames or take shorter ones";
            return Err(Error::new(ErrorKind::InvalidInput, message)
                .with("samples", y.len())
                .with("n_fft", n_fft));
        }
        Ok(Self { y, sample_rate: f64::from(sample_rate), framing, frames })
    }

    /// Refuses results that are too large.
    pub(super) fn check_size(&self, columns: usize) -> Result<()> {
        check_size(self.frames as u64, columns)
    }

    /// The result whose rows `each` appends, given the magnitudes of one frame.
    pub(super) fn of_spectra(
        &self,
        columns: usize,
        unit: &'static str,
        mut each: impl FnMut(&[f32], &mut Vec<f32>),
    ) -> Result<Matrix> {
        self.check_size(columns)?;
        let mut data = Vec::with_capacity(self.frames * columns);
        self.each_spectrum(|magnitudes| each(magnitudes, &mut data));
        Ok(self.matrix(columns, unit, data))
    }

    /// Hands on the magnitudes of every frame.
    pub(super) fn each_spectrum(&self, each: impl FnMut(&[f32])) {
        each_spectrum(self.y, self.framing, each);
    }

    /// The samples.
    pub(super) fn samples(&self) -> &[f32] {
        self.y
    }

    /// Rows with the times of the frames' centres.
    pub(super) fn matrix(&self, columns: usize, unit: &'static str, data: Vec<f32>) -> Matrix {
        let centre = self.framing.n_fft / 2 - self.framing.padding();
        let time = |k: usize| (k * self.framing.hop + centre) as f64 / self.sample_rate;
        Matrix { rows: self.frames, columns, data, times_s: (0..self.frames).map(time).collect(), unit }
    }
}
