//! The partials of one long frame, and which of them are tones of their own.

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Samples of a frame at 16 kHz: 0.5 s, so that semitones are apart from 70 Hz on.
pub(super) const FRAME: usize = 8192;
/// Where partials are looked for, in Hz.
const LOWEST_HZ: f64 = 60.0;
const HIGHEST_HZ: f64 = 4000.0;
/// What is weaker than this share (-50 dB) of the strongest is left out.
const WEAKEST: f32 = 0.003_162_28;
/// A frame whose strongest partial is below this (-100 dB) is silent.
const SILENCE: f32 = 1e-5;
/// A steady partial has at most this share of its height three bins away.
const SHARPNESS: f32 = 0.35;
/// Overtones that are taken for parts of a tone, and the share of each in the compressed amplitude of the one before.
const OVERTONES: usize = 12;
const OVERTONE_SHARE: f64 = 0.7;
/// Semitones by which an overtone may be off.
const OVERTONE_WIDTH: f64 = 0.4;

/// A spectral peak.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Partial {
    /// Pitch in semitones, 69 at 440 Hz.
    pub(super) pitch: f64,
    /// Amplitude; a sine of amplitude 1 has 1.
    pub(super) amplitude: f64,
    /// Whether it stands as sharp as a steady tone does.
    pub(super) steady: bool,
}

/// Finds the partials of frames.
pub(super) struct Partials {
    rate: f64,
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    windowed: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    magnitudes: Vec<f32>,
    found: Vec<Partial>,
}

impl Partials {
    pub(super) fn new(rate: f64) -> Self {
        let transform = RealFftPlanner::<f32>::new().plan_fft_forward(FRAME);
        // The window sums to half its length; its transform then gives a sine of amplitude 1 as 1.
        let scale = 4.0 / FRAME as f64;
        let window =
            crate::dsp::window::hann_periodic(FRAME).into_iter().map(|w| (w * scale) as f32).collect();
        Self {
            rate,
            window,
            windowed: transform.make_input_vec(),
            spectrum: transform.make_output_vec(),
            scratch: transform.make_scratch_vec(),
            transform,
            magnitudes: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The partials of a frame in rising order; none of a silent one.
    pub(super) fn of(&mut self, frame: &[f32]) -> &[Partial] {
        for ((out, &sample), &weight) in self.windowed.iter_mut().zip(frame).zip(&self.window) {
            *out = sample * weight;
        }
        self.transform
            .process_with_scratch(&mut self.windowed, &mut self.spectrum, &mut self.scratch)
            .expect("the buffers are the planner's own");
        let bin = |hz: f64| (hz * FRAME as f64 / self.rate) as usize;
        let (low, high) = (bin(LOWEST_HZ).max(3), bin(HIGHEST_HZ).min(FRAME / 2 - 4));
        self.magnitudes.clear();
        self.magnitudes.extend(self.spectrum[..high + 4].iter().map(|c| c.norm_sqr().sqrt()));
        let m = &self.magnitudes;
        let strongest = m[low..high].iter().copied().fold(0.0, f32::max);
        self.found.clear();
        if strongest < SILENCE {
            return &self.found;
        }
        let threshold = WEAKEST * strongest;
        for k in low..high {
            if m[k] > threshold && m[k] > m[k - 1] && m[k] >= m[k + 1] {
                // A parabola through the logarithms (Smith & Serra 1987).
                let [left, top, right] = [m[k - 1], m[k], m[k + 1]].map(|v| f64::from(v.max(1e-12)).ln());
                let curvature = left - 2.0 * top + right;
                let shift = if curvature < 0.0 { 0.5 * (left - right) / curvature } else { 0.0 };
                let hz = (k as f64 + shift) * self.rate / FRAME as f64;
                self.found.push(Partial {
                    pitch: 69.0 + 12.0 * (hz / 440.0).log2(),
                    amplitude: (top - 0.25 * (left - right) * shift).exp(),
                    steady: m[k - 3].max(m[k + 3]) < SHARPNESS * m[k],
                });
            }
        }
        &self.found
    }
}

/// What each steady partial adds to its pitch class: the root of its amplitude relative to the strongest, less what the
/// tones below it explain as their overtones. From low to high, so that a clarinet's fifth harmonic is no major third.
pub(super) fn saliences(partials: &[Partial], saliences: &mut Vec<(f64, f64)>) {
    saliences.clear();
    let strongest = partials.iter().map(|p| p.amplitude).fold(0.0, f64::max);
    let steady = partials.iter().filter(|p| p.steady);
    saliences.extend(steady.map(|p| (p.pitch, (p.amplitude / strongest).sqrt())));
    for i in 0..saliences.len() {
        let (pitch, own) = saliences[i];
        if own <= 0.0 {
            continue;
        }
        let mut from = i + 1;
        let mut share = own;
        for harmonic in 2..=OVERTONES {
            share *= OVERTONE_SHARE;
            let overtone = pitch + 12.0 * (harmonic as f64).log2();
            while from < saliences.len() && saliences[from].0 < overtone - OVERTONE_WIDTH {
                from += 1;
            }
            for (_, salience) in
                saliences[from..].iter_mut().take_while(|(other, _)| *other <= overtone + OVERTONE_WIDTH)
            {
                *salience = (*salience - share).max(0.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    #[test]
    fn partials_are_those_of_the_tone() {
        let frame: Vec<f32> = (0..FRAME)
            .map(|i| i as f64 / 16_000.0)
            .map(|t| 0.5 * (TAU * 220.0 * t).sin() + 0.125 * (TAU * 660.0 * t).sin())
            .map(|v| v as f32)
            .collect();
        let mut partials = Partials::new(16_000.0);
        let found = partials.of(&frame).to_vec();
        let [low, high] = found[..] else { panic!("{found:?}") };
        assert!((low.pitch - 57.0).abs() < 0.01 && (low.amplitude - 0.5).abs() < 0.02, "{low:?}");
        assert!((high.pitch - 76.02).abs() < 0.01 && (high.amplitude - 0.125).abs() < 0.003, "{high:?}");
        assert!(low.steady && high.steady);
        // The third harmonic is the first tone's own: sqrt(1 / 4) - 0.7^2.
        let mut own = Vec::new();
        saliences(&found, &mut own);
        assert!((own[0].1 - 1.0).abs() < 0.01 && own[1].1 < 0.02, "{own:?}");
        assert!(partials.of(&[0.0; FRAME]).is_empty());
    }
}
