//! Formants: the resonances of the vocal tract, by linear prediction.

use super::framing::{Framing, Grid};
use super::input;
use crate::dsp::lpc::{Burg, Resonance, resonances};
use crate::dsp::resample::Resampler16k;
use crate::dsp::roots::Roots;
use crate::extract::Matrix;
use crate::{Error, ErrorKind, Result};
use realfft::num_complex::Complex;
use std::f64::consts::PI;

/// Resonances this near to 0 Hz or to the ceiling are of the recording or of the filter's slope, not of a vocal tract.
const MARGIN_HZ: f64 = 50.0;

/// Settings of [`formants`]; the default ones are those of Praat's "To Formant (burg)...".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FormantParams {
    /// How many resonances the model has below the ceiling, 1 to 10; two poles each.
    pub max_formants: usize,
    /// Highest frequency of a formant, in Hz: 5500 for a woman, 5000 for a man, up to 8000 for a small child. The sound is
    /// resampled to twice this.
    pub ceiling_hz: f64,
    /// Effective length of the Gaussian window, in seconds; it reaches as far again.
    pub window_s: f64,
    /// Frequency from which on the spectrum is raised by 6 dB per octave, in Hz.
    pub pre_emphasis_hz: f64,
    /// Seconds from one frame to the next; `None` is a quarter of the window.
    pub step_s: Option<f64>,
    /// Where the frames stand.
    pub grid: Grid,
}

impl Default for FormantParams {
    fn default() -> Self {
        Self {
            max_formants: 5,
            ceiling_hz: 5500.0,
            window_s: 0.025,
            pre_emphasis_hz: 50.0,
            step_s: None,
            grid: Grid::FromStart,
        }
    }
}

impl FormantParams {
    /// Seconds from one frame to the next.
    fn step_s(&self) -> f64 {
        self.step_s.unwrap_or(self.window_s / 4.0)
    }

    fn validate(&self) -> Result<()> {
        input::within("max_formants", self.max_formants as f64, 1.0, 10.0)?;
        input::within("ceiling_hz", self.ceiling_hz, 500.0, 20_000.0)?;
        input::within("window_s", self.window_s, 0.005, 1.0)?;
        input::within("pre_emphasis_hz", self.pre_emphasis_hz, 0.0, self.ceiling_hz)?;
        input::within("step_s", self.step_s(), 0.001, 10.0)
    }
}

/// Formants by frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Formants {
    /// Centre frequencies in Hz, [frames, `max_formants`], the lowest first; NaN where a frame has fewer.
    pub frequencies: Matrix,
    /// Bandwidths in Hz, of the same shape.
    pub bandwidths: Matrix,
}

/// The formants of a mono sound by Burg's linear prediction, as the Praat manual defines "Sound: To Formant (burg)...":
/// resampled to twice the ceiling, pre-emphasised, a Gaussian window, two poles for each formant; the formants are the
/// resonances of the poles. Computed for every frame, voiced or not: in a pause they are those of the noise.
///
/// Fails where the rate is outside 1 to 768 kHz or cannot be brought to twice the ceiling, and for settings out of range.
/// Samples that are no numbers count as silence. A sound shorter than two windows has no frames.
///
/// ```
/// use viralnow_core::voice::{FormantParams, formants};
/// // Pulses at 100 Hz through a resonance at 700 Hz with a bandwidth of 80 Hz.
/// let (radius, angle) = ((-80.0 * std::f64::consts::PI / 16e3).exp(), 700.0 * std::f64::consts::TAU / 16e3);
/// let mut y = vec![0.0_f32; 8000];
/// for i in 2..y.len() {
///     let pulse = if i % 160 == 0 { 0.5 } else { 0.0 };
///     y[i] = pulse + (2.0 * radius * angle.cos()) as f32 * y[i - 1] - (radius * radius) as f32 * y[i - 2];
/// }
/// let found = formants(&y, 16_000, &FormantParams::default())?;
/// assert_eq!((found.frequencies.rows, found.frequencies.columns), (73, 5));
/// // The slope of the pre-emphasis may have a resonance of its own; that of the sound is among the first two.
/// let middle = &found.frequencies.data[36 * 5..37 * 5];
/// assert!(middle[..2].iter().any(|hz| (hz - 700.0).abs() < 20.0), "{middle:?}");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn formants(y: &[f32], sample_rate: u32, params: &FormantParams) -> Result<Formants> {
    params.validate()?;
    let rate = (2.0 * params.ceiling_hz).round() as u32;
    let mut resampler = Resampler16k::sharp(sample_rate, rate).ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidInput,
            "the sound cannot be resampled to twice the ceiling; give another rate",
        )
        .with("sample_rate", sample_rate)
        .with("ceiling_hz", params.ceiling_hz)
    })?;
    let samples = (y.len() as f64 * f64::from(rate) / f64::from(sample_rate)).round() as u64;
    let (first_s, frames) =
        params.grid.place(samples, f64::from(rate), 2.0 * params.window_s, params.step_s());
    let mut tracker = FormantTracker::new(sample_rate, params, first_s);
    let columns = params.max_formants;
    let (mut hz, mut width) = (Vec::new(), Vec::new());
    let mut keep = |found: &[Resonance]| {
        for k in 0..columns {
            hz.push(found.get(k).map_or(f32::NAN, |r| r.hz as f32));
            width.push(found.get(k).map_or(f32::NAN, |r| r.bandwidth_hz as f32));
        }
    };
    let mut resampled = Vec::new();
    input::in_chunks(y, |chunk| {
        resampled.clear();
        resampler.push(chunk, &mut resampled);
        tracker.push_until(u64::MAX, &resampled, |_| true, |_, found| keep(found));
    });
    resampled.clear();
    resampler.finish(&mut resampled);
    tracker.push_until(u64::MAX, &resampled, |_| true, |_, found| keep(found));
    tracker.finish(frames, |_, found| keep(found));
    let rows = (frames as usize).min(hz.len() / columns);
    hz.truncate(rows * columns);
    width.truncate(rows * columns);
    let times_s: Vec<f64> = (0..rows).map(|frame| first_s + frame as f64 * params.step_s()).collect();
    let matrix = |data, times_s| Matrix { rows, columns, data, times_s, unit: "Hz" };
    Ok(Formants { frequencies: matrix(hz, times_s.clone()), bandwidths: matrix(width, times_s) })
}

/// Formants of sound that comes in blocks, at twice the ceiling already.
#[derive(Debug)]
pub(super) struct FormantTracker {
    framing: Framing,
    analysis: Analysis,
    /// Coefficient of the pre-emphasis and the sample before.
    slope: f32,
    before: f32,
    sloped: Vec<f32>,
}

impl FormantTracker {
    /// For sound resampled from this rate; the first frame stands at `first_s`.
    pub(super) fn new(from: u32, params: &FormantParams, first_s: f64) -> Self {
        let rate = (2.0 * params.ceiling_hz).round();
        let length = 2 * ((2.0 * params.window_s * rate / 2.0).floor() as usize);
        // The resampler's samples begin together with those of its input, at the middle of its first one.
        let shift_s = 0.5 / rate - 0.5 / f64::from(from);
        Self {
            framing: Framing::new(rate, first_s + shift_s, params.step_s(), 2.0 * params.window_s, length),
            analysis: Analysis::new(rate, length, params),
            slope: (-2.0 * PI * params.pre_emphasis_hz / rate).exp() as f32,
            before: 0.0,
            sloped: Vec::new(),
        }
    }

    /// Takes samples; of every frame before this one that is complete and `wanted`, hands on its number and its resonances.
    pub(super) fn push_until(
        &mut self,
        frames: u64,
        samples: &[f32],
        mut wanted: impl FnMut(u64) -> bool,
        mut found: impl FnMut(u64, &[Resonance]),
    ) {
        self.sloped.clear();
        for &sample in samples {
            self.sloped.push(sample - self.slope * self.before);
            self.before = sample;
        }
        let Self { framing, analysis, .. } = self;
        let mut frame = framing.frames();
        framing.push_until(frames, &self.sloped, |window| {
            if wanted(frame) {
                found(frame, analysis.frame(window));
            }
            frame += 1;
        });
    }

    /// Hands on the frames up to this many that reach beyond the end.
    pub(super) fn finish(&mut self, frames: u64, mut found: impl FnMut(u64, &[Resonance])) {
        let Self { framing, analysis, .. } = self;
        let mut frame = framing.frames();
        framing.finish(frames, |window| {
            found(frame, analysis.frame(window));
            frame += 1;
        });
    }
}

/// What finds the formants of one frame.
#[derive(Debug)]
struct Analysis {
    rate: f64,
    most: usize,
    window: Vec<f64>,
    burg: Burg,
    roots: Roots,
    samples: Vec<f64>,
    /// The prediction-error filter, with its leading 1.
    filter: Vec<f64>,
    poles: Vec<Complex<f64>>,
    found: Vec<Resonance>,
}

impl Analysis {
    fn new(rate: f64, length: usize, params: &FormantParams) -> Self {
        let order = 2 * params.max_formants;
        Self {
            rate,
            most: params.max_formants,
            window: gaussian(length),
            burg: Burg::new(order),
            roots: Roots::default(),
            samples: vec![0.0; length],
            filter: vec![1.0; order + 1],
            poles: Vec::new(),
            found: Vec::new(),
        }
    }

    fn frame(&mut self, frame: &[f32]) -> &[Resonance] {
        for ((out, &sample), weight) in self.samples.iter_mut().zip(frame).zip(&self.window) {
            *out = f64::from(sample) * weight;
        }
        self.found.clear();
        if self.burg.fit(&self.samples, &mut self.filter[1..]) > 0.0 {
            self.roots.find(&self.filter, &mut self.poles);
            resonances(&self.poles, self.rate, &mut self.found);
            let inside = MARGIN_HZ..=self.rate / 2.0 - MARGIN_HZ;
            self.found.retain(|resonance| inside.contains(&resonance.hz));
            self.found.truncate(self.most);
        }
        &self.found
    }
}

/// The Gaussian window of Boersma (1993, postscript): `exp(-12 (2 t / T)^2)` over a length of T, lowered so that the ends are
/// zero.
fn gaussian(n: usize) -> Vec<f64> {
    let edge = (-12.0_f64).exp();
    let middle = 0.5 * (n + 1) as f64;
    (1..=n)
        .map(|i| {
            let t = (i as f64 - middle) / (n + 1) as f64;
            ((-48.0 * t * t).exp() - edge) / (1.0 - edge)
        })
        .collect()
}
