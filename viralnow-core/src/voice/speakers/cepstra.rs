//! Cepstra for telling voices apart.

use crate::dsp::dot::dot;
use crate::dsp::window::hann_periodic;
use crate::voice::framing::Framing;
use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::f64::consts::PI;
use std::sync::Arc;

/// Coefficients of a frame: the first one on, the zeroth (the level) left out.
pub(super) const DIMS: usize = 12;
/// Seconds from one frame to the next.
pub(super) const STEP_S: f64 = 0.01;
/// Moment of the first frame: half a window after the start.
pub(super) const FIRST_S: f64 = WINDOW_S / 2.0;
/// Seconds of a frame.
const WINDOW_S: f64 = 0.025;
const RATE: f64 = 16_000.0;
/// Samples of a frame, and of the transform that it is padded to.
const WINDOW: usize = 400;
const SIZE: usize = 512;
/// Triangular filters, and the range that they cover: what a telephone and a phone's microphone leave of a voice.
const BANDS: usize = 26;
const LOW_HZ: f64 = 80.0;
const HIGH_HZ: f64 = 7600.0;
/// Power of a band below which it is silence; -100 dB of a sine at full scale is about a hundred times as much.
const FLOOR: f32 = 4e-8;

/// One frame.
pub(super) type Frame = [f32; DIMS];

/// Steps of a coefficient that is kept. They differ by less than 60, from one band at full scale to silence.
const STEPS: f32 = 512.0;

/// Frames in 16 bits for each coefficient, a thousandth off at most, where a voice's coefficients spread by one.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Frames(Vec<[i16; DIMS]>);

impl Frames {
    pub(super) fn reserve(&mut self, frames: usize) {
        self.0.reserve(frames);
    }

    pub(super) fn push(&mut self, frame: &Frame) {
        // A cast saturates.
        self.0.push(frame.map(|x| (x * STEPS).round() as i16));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, at: usize) -> Frame {
        self.0[at].map(|x| f32::from(x) / STEPS)
    }
}

/// Mel-frequency cepstral coefficients 1 to 12 (Davis & Mermelstein 1980): 25 ms under a Hann window every 10 ms, 26
/// triangles from 80 to 7600 Hz on the mel scale of O'Shaughnessy (1987), natural logarithm, cosine transform. (The ones of
/// the room `audio` have librosa's long windows, which smear turns.) Streaming; keeps 2400 bytes for each second.
pub(super) struct CepstraMeter {
    framing: Framing,
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    padded: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// First bin and weights of each band.
    bands: Vec<(usize, Vec<f32>)>,
    /// Coefficient by coefficient.
    cosines: Vec<f32>,
    pub(super) frames: Frames,
}

impl std::fmt::Debug for CepstraMeter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CepstraMeter").field("frames", &self.frames.len()).finish_non_exhaustive()
    }
}

impl CepstraMeter {
    pub(super) fn new() -> Self {
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(SIZE);
        let basis = |k: usize, band: usize| {
            (2.0 / BANDS as f64).sqrt() * (PI * k as f64 * (band as f64 + 0.5) / BANDS as f64).cos()
        };
        Self {
            framing: Framing::new(RATE, FIRST_S, STEP_S, WINDOW_S, WINDOW),
            window: hann_periodic(WINDOW).into_iter().map(|w| w as f32).collect(),
            padded: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            bands: triangles(),
            cosines: (1..=DIMS).flat_map(|k| (0..BANDS).map(move |band| basis(k, band) as f32)).collect(),
            frames: Frames::default(),
        }
    }

    /// Takes samples at 16 kHz.
    pub(super) fn push(&mut self, samples: &[f32]) {
        let Self { framing, transform, window, padded, spectrum, scratch, bands, cosines, frames } = self;
        framing.push(samples, |frame| {
            for ((out, sample), weight) in padded.iter_mut().zip(frame).zip(window.iter()) {
                *out = sample * weight;
            }
            padded[WINDOW..].fill(0.0);
            transform
                .process_with_scratch(padded, spectrum, scratch)
                .expect("the buffers are the planner's own");
            let mut power = [0.0_f32; SIZE / 2 + 1];
            for (out, bin) in power.iter_mut().zip(spectrum.iter()) {
                *out = bin.norm_sqr();
            }
            let mut logs = [0.0_f32; BANDS];
            for (out, (first, weights)) in logs.iter_mut().zip(bands.iter()) {
                *out = (dot(weights, &power[*first..]) + FLOOR).ln();
            }
            let mut cepstrum = [0.0; DIMS];
            for (out, row) in cepstrum.iter_mut().zip(cosines.chunks_exact(BANDS)) {
                *out = dot(row, &logs);
            }
            frames.push(&cepstrum);
        });
    }
}

/// The filters, of height 1.
fn triangles() -> Vec<(usize, Vec<f32>)> {
    let to_mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let to_hz = |mel: f64| 700.0 * (10_f64.powf(mel / 2595.0) - 1.0);
    let (low, high) = (to_mel(LOW_HZ), to_mel(HIGH_HZ));
    let edges: Vec<f64> =
        (0..BANDS + 2).map(|i| to_hz(low + (high - low) * i as f64 / (BANDS + 1) as f64)).collect();
    edges
        .windows(3)
        .map(|edge| {
            let weight = |bin: usize| {
                let hz = bin as f64 * RATE / SIZE as f64;
                ((hz - edge[0]) / (edge[1] - edge[0])).min((edge[2] - hz) / (edge[2] - edge[1])).max(0.0)
            };
            let bins = 0..=SIZE / 2;
            let first = bins.clone().find(|&bin| weight(bin) > 0.0).unwrap_or(0);
            (first, (first..=SIZE / 2).map(|bin| weight(bin) as f32).take_while(|&w| w > 0.0).collect())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cepstra(signal: &[f32], block: usize) -> Vec<Frame> {
        let mut meter = CepstraMeter::new();
        signal.chunks(block).for_each(|chunk| meter.push(chunk));
        (0..meter.frames.len()).map(|at| meter.frames.get(at)).collect()
    }

    fn noise(n: usize) -> Vec<f32> {
        let mut state = 7_u32;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / (1 << 24) as f32 - 0.5
            })
            .collect()
    }

    #[test]
    fn frames_stand_every_10_ms_and_the_level_is_left_out() {
        let signal = noise(16_000);
        let loud = cepstra(&signal, 16_000);
        assert_eq!(loud.len(), 1 + (16_000 - 400) / 160);
        let soft = cepstra(&signal.iter().map(|s| s * 0.1).collect::<Vec<_>>(), 16_000);
        for (a, b) in loud.iter().flatten().zip(soft.iter().flatten()) {
            assert!((a - b).abs() < 1e-2, "{a} {b}");
        }
    }

    #[test]
    fn blocks_of_any_size_give_the_same_bits() {
        let signal = noise(5000);
        for block in [1, 160, 401, 3000] {
            assert_eq!(cepstra(&signal, block), cepstra(&signal, 5000), "{block}");
        }
    }

    #[test]
    fn a_tone_moves_where_its_band_is() {
        // One band filled, the others at the floor: c_k is sqrt(2 / 26) cos(pi k (b + 1/2) / 26) times the step between.
        let tone: Vec<f32> = (0..800).map(|i| (2.0 * PI * 1000.0 * i as f64 / RATE).sin() as f32).collect();
        let low: Vec<f32> = (0..800).map(|i| (2.0 * PI * 200.0 * i as f64 / RATE).sin() as f32).collect();
        let (high, low) = (cepstra(&tone, 800), cepstra(&low, 800));
        // The first cosine falls over the bands, so a low tone has more of it.
        assert!(low[0][0] > high[0][0] + 5.0, "{} {}", low[0][0], high[0][0]);
    }

    #[test]
    fn frames_are_kept_to_a_thousandth_and_bounded() {
        let mut frames = Frames::default();
        let frame: Frame = std::array::from_fn(|d| (d as f32 - 5.3) * 9.7);
        frames.push(&frame);
        frames.push(&[1e9; DIMS]);
        frames.push(&[f32::NAN; DIMS]);
        assert!(frames.get(0).iter().zip(&frame).all(|(a, b)| (a - b).abs() < 1e-3));
        assert!(frames.get(1).iter().all(|&x| x > 63.9 && x < 64.0));
        assert_eq!((frames.get(2), frames.len()), ([0.0; DIMS], 3));
    }
}
