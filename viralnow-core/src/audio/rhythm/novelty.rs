//! How much is new in the sound, a hundred times a second: the envelope from which tempo and beats are read.

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Frames of the envelope in a second, whatever the rate of the sound.
pub(super) const FRAME_RATE: f64 = 100.0;
/// The transform is as long as the next power of two of this: 1024 samples at 44.1 and 48 kHz.
const WINDOW_S: f64 = 0.02;
/// Bands, equally wide on the mel scale (O'Shaughnessy 1987), and where they begin and end. At low rates there are fewer.
const BANDS: usize = 32;
const LOWEST_HZ: f64 = 40.0;
const HIGHEST_HZ: f64 = 11_000.0;
/// Seconds after which the level that others are compared with has fallen to 1/e.
const DECAY_S: f64 = 10.0;
/// Band powers below this (-120 dB relative to a full-scale sine) are silence.
const SILENCE: f32 = 0.5e-12;
/// Rates that sound has; others give no envelope.
const RATES: std::ops::RangeInclusive<u32> = 1000..=768_000;

/// The envelope of onsets, streaming, from mono sound at its own rate.
///
/// Frame `k` is centred on `k / 100` s. Its spectrum is summed in bands; the square root of each band's amplitude, relative
/// to the strongest band of the last seconds, is compared with the largest of that band and its neighbours 10 ms before
/// (after Böck & Widmer, "Maximum filter vibrato suppression for onset detection", `DAFx` 2013); the mean of the rises is
/// the value, in [0, 1]. It does not depend on the gain. Keeps 4 bytes a frame, 400 for each second.
pub(super) struct Novelty {
    analysis: Option<Analysis>,
    rate: u32,
    /// Samples from the start of the next frame on; begins as the zeros before the sound.
    pending: Vec<f32>,
    /// Place of the first of them since this rate began.
    place: i64,
    /// Samples since this rate began, and the seconds before.
    samples: u64,
    before_s: f64,
    /// The level that bands are compared with.
    level: f32,
    envelope: Vec<f32>,
}

impl Default for Novelty {
    fn default() -> Self {
        Self {
            analysis: None,
            rate: 0,
            pending: Vec::new(),
            place: 0,
            samples: 0,
            before_s: 0.0,
            level: SILENCE,
            envelope: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Novelty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Novelty").field("frames", &self.envelope.len()).finish_non_exhaustive()
    }
}

impl Novelty {
    /// Makes room for sound of this length.
    pub(super) fn reserve(&mut self, seconds: f64) {
        self.envelope.reserve((seconds * FRAME_RATE) as usize);
    }

    /// Takes samples at this rate; when it changes, the frames go on at their distance.
    pub(super) fn push(&mut self, samples: &[f32], rate: u32) {
        if rate != self.rate {
            self.change_rate(rate);
        }
        let Some(analysis) = &self.analysis else { return };
        let most = 16 * analysis.window.len();
        for piece in samples.chunks(most) {
            self.samples += piece.len() as u64;
            self.pending.extend_from_slice(piece);
            self.drain(f64::INFINITY);
        }
    }

    /// The whole envelope: `1 + 100 t` frames for `t` seconds.
    pub(super) fn finish(mut self) -> Vec<f32> {
        if self.samples > 0 {
            self.flush(0.5 / f64::from(self.rate));
        }
        self.envelope
    }

    fn change_rate(&mut self, rate: u32) {
        if self.samples > 0 {
            self.flush(-0.5 / f64::from(self.rate));
            self.before_s += self.samples as f64 / f64::from(self.rate);
        }
        self.rate = rate;
        self.samples = 0;
        self.analysis = RATES.contains(&rate).then(|| Analysis::new(rate));
        self.pending.clear();
        if let Some(analysis) = &self.analysis {
            let half = analysis.window.len() / 2;
            self.pending.resize(half, 0.0);
            self.place = -(half as i64);
        }
    }

    /// The frames that reach beyond the end, up to this many seconds after it.
    fn flush(&mut self, beyond_s: f64) {
        let Some(analysis) = &self.analysis else { return };
        self.pending.resize(self.pending.len() + analysis.window.len(), 0.0);
        let end_s = self.before_s + self.samples as f64 / f64::from(self.rate);
        self.drain(end_s + beyond_s);
    }

    fn drain(&mut self, until_s: f64) {
        let Some(analysis) = &mut self.analysis else { return };
        let length = analysis.window.len();
        let mut start = 0;
        loop {
            let time_s = self.envelope.len() as f64 / FRAME_RATE;
            if time_s > until_s {
                break;
            }
            let centre = ((time_s - self.before_s) * f64::from(self.rate)).round() as i64;
            let first = (centre - length as i64 / 2 - self.place).max(0) as usize;
            if first + length > self.pending.len() {
                start = first.min(self.pending.len());
                break;
            }
            let value = analysis.frame(&self.pending[first..first + length], &mut self.level);
            self.envelope.push(value);
            start = first;
        }
        self.pending.drain(..start);
        self.place += start as i64;
    }
}

/// What makes one value from one frame.
struct Analysis {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// First bin of each band, and the end of the last.
    edges: Vec<usize>,
    /// Makes a sine of amplitude 1 a power of about 1/2.
    scale: f32,
    decay: f32,
    now: Vec<f32>,
    /// The frame before; empty at the start.
    before: Vec<f32>,
}

impl Analysis {
    fn new(rate: u32) -> Self {
        let length = ((WINDOW_S * f64::from(rate)) as usize).max(2).next_power_of_two();
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(length);
        let window: Vec<f32> =
            crate::dsp::window::hann_periodic(length).into_iter().map(|w| w as f32).collect();
        let sum = length as f32 / 2.0;
        Self {
            edges: edges(f64::from(rate), length),
            scale: 2.0 / (sum * sum),
            decay: (-1.0 / (DECAY_S * FRAME_RATE)).exp() as f32,
            windowed: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            window,
            now: Vec::new(),
            before: Vec::new(),
        }
    }

    fn frame(&mut self, samples: &[f32], level: &mut f32) -> f32 {
        for ((out, &sample), &weight) in self.windowed.iter_mut().zip(samples).zip(&self.window) {
            *out = sample * weight;
        }
        self.transform
            .process_with_scratch(&mut self.windowed, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers are the planner's own");
        self.now.clear();
        let spectrum = &self.spectrum;
        self.now.extend(
            self.edges.windows(2).map(|edge| {
                self.scale * spectrum[edge[0]..edge[1]].iter().map(Complex::norm_sqr).sum::<f32>()
            }),
        );
        let strongest = self.now.iter().copied().fold(0.0, f32::max);
        *level = (*level * self.decay).max(strongest).max(SILENCE);
        let relative = 1.0 / *level;
        self.now.iter_mut().for_each(|power| *power = (*power * relative).sqrt().sqrt());
        let rise = rise(&self.now, &self.before);
        std::mem::swap(&mut self.now, &mut self.before);
        rise
    }
}

/// The mean rise of the bands over the largest of each and its neighbours before.
fn rise(now: &[f32], before: &[f32]) -> f32 {
    let last = before.len().wrapping_sub(1);
    if now.len() != before.len() || now.is_empty() {
        return 0.0;
    }
    let sum: f32 = now
        .iter()
        .enumerate()
        .map(|(band, &value)| {
            let neighbours = before[band.saturating_sub(1)].max(before[(band + 1).min(last)]);
            (value - neighbours.max(before[band])).max(0.0)
        })
        .sum();
    sum / now.len() as f32
}

/// First bins of bands that are equally wide in mel, each at least one bin wide.
fn edges(rate: f64, length: usize) -> Vec<usize> {
    let mel = |hz: f64| (1.0 + hz / 700.0).ln();
    let hz = |mel: f64| 700.0 * (mel.exp() - 1.0);
    let (low, high) = (mel(LOWEST_HZ), mel(HIGHEST_HZ.min(rate / 2.0)));
    let mut edges: Vec<usize> = (0..=BANDS)
        .map(|i| hz(low + (high - low) * i as f64 / BANDS as f64))
        .map(|edge| ((edge * length as f64 / rate).round() as usize).clamp(1, length / 2 + 1))
        .collect();
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pieces: &[(&[f32], u32)], block: usize) -> Vec<f32> {
        let mut novelty = Novelty::default();
        for (samples, rate) in pieces {
            samples.chunks(block).for_each(|chunk| novelty.push(chunk, *rate));
        }
        novelty.finish()
    }

    fn burst(rate: u32, seconds: f64, at_s: f64) -> Vec<f32> {
        (0..(seconds * f64::from(rate)) as usize)
            .map(|i| i as f64 / f64::from(rate))
            .map(
                |t| {
                    if t < at_s {
                        0.0
                    } else {
                        (0.5 * (6283.0 * t).sin() * (-(t - at_s) * 30.0).exp()) as f32
                    }
                },
            )
            .collect()
    }

    fn strongest(envelope: &[f32]) -> usize {
        (0..envelope.len()).max_by(|&a, &b| envelope[a].total_cmp(&envelope[b])).unwrap()
    }

    #[test]
    fn an_onset_is_where_it_is_heard_at_any_rate() {
        for rate in [8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
            let envelope = run(&[(&burst(rate, 2.0, 1.234), rate)], 777);
            assert_eq!(envelope.len(), 201, "{rate}");
            let frame = strongest(&envelope);
            assert!((frame as f64 / 100.0 - 1.234).abs() <= 0.015, "{rate}: {frame}");
        }
    }

    #[test]
    fn blocks_do_not_matter_and_gain_does_not() {
        let sound = burst(44_100, 2.0, 0.7);
        let whole = run(&[(&sound, 44_100)], sound.len());
        for block in [1, 441, 1000, 50_000] {
            assert_eq!(run(&[(&sound, 44_100)], block), whole, "{block}");
        }
        let soft: Vec<f32> = sound.iter().map(|s| s / 1024.0).collect();
        for (a, b) in run(&[(&soft, 44_100)], 1000).iter().zip(&whole) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[test]
    fn a_change_of_rate_keeps_time() {
        let (first, second) = (burst(44_100, 1.0, 2.0), burst(48_000, 1.5, 0.5));
        let envelope = run(&[(&first, 44_100), (&second, 48_000)], 1000);
        assert_eq!(envelope.len(), 251);
        assert!(strongest(&envelope).abs_diff(150) <= 1);
        // A rate that no sound has gives no frames, and does no harm.
        assert!(run(&[(&first, 3), (&first, u32::MAX)], 1000).is_empty());
    }

    #[test]
    fn silence_is_nothing_new() {
        assert!(run(&[(&[0.0; 44_100], 44_100)], 1000).iter().all(|&v| v == 0.0));
        assert_eq!(run(&[(&[0.5], 44_100)], 1).len(), 1);
        assert!(run(&[], 1).is_empty());
    }
}
