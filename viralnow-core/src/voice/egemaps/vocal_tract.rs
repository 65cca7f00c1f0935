//! The formants as openSMILE has them.

use super::SHORT;
use crate::dsp::dot::dot_doubles;
use crate::dsp::lpc::levinson_durbin;
use crate::dsp::roots::Roots;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner};
use std::f64::consts::PI;
use std::sync::Arc;

/// Bins of the spectrum of a short frame that are used: up to 3.4 kHz.
pub(super) const BAND: usize = 110;
/// Length of the transform at 16 kHz and at 11 kHz.
const SIZE: usize = 512;
const SIZE_11K: usize = 352;
/// Rate of the prediction, and samples of 20 ms.
const RATE_11K: f64 = 11_000.0;
const SAMPLES: usize = 220;
const ORDER: usize = 11;
/// Formants lie in this range, in Hz.
const RANGE_HZ: std::ops::RangeInclusive<f64> = 50.0..=5450.0;

/// Linear prediction of a frame of 20 ms at 11 kHz, and the formants from the roots of a polynomial.
///
/// It does what openSMILE 3.0 does, which is not what the paper says: the band ends at 3.4 kHz rather than at 5.5, the frame
/// stands in the middle of the transform so that its last 6 ms are lost, and the coefficients enter the polynomial with the
/// wrong sign, `1 - sum a[k] z^-k`. The resonances of that polynomial are broad (about 1 kHz) and are no formants; but these
/// are the numbers that all published values and models of eGeMAPS have. For the formants see [`crate::voice::formants`].
pub(super) struct VocalTract {
    inverse: Arc<dyn ComplexToReal<f32>>,
    turns: Vec<Complex<f32>>,
    spectrum: Vec<Complex<f32>>,
    samples: Vec<f32>,
    scratch: Vec<Complex<f32>>,
    wide: Vec<f64>,
    roots: Roots,
    poles: Vec<Complex<f64>>,
    found: Vec<(f64, f64)>,
}

impl VocalTract {
    pub(super) fn new() -> Self {
        let inverse = RealFftPlanner::<f32>::new().plan_fft_inverse(SIZE_11K);
        let shift = (SIZE - SHORT) / 2;
        let turns = (0..BAND)
            .map(|k| {
                // The bin of 0 Hz has the weight of the others, which stand for two bins each.
                let weight = if k == 0 { 2.0 } else { 1.0 };
                Complex::from_polar(weight, (-2.0 * PI * (k * shift) as f64 / SIZE as f64) as f32)
            })
            .collect();
        Self {
            turns,
            spectrum: inverse.make_input_vec(),
            samples: inverse.make_output_vec(),
            scratch: inverse.make_scratch_vec(),
            inverse,
            wide: vec![0.0; SAMPLES],
            roots: Roots::default(),
            poles: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Frequencies and bandwidths of the lowest three resonances in Hz, frequencies first; 0 where there are fewer.
    pub(super) fn formants(&mut self, band: &[Complex<f32>]) -> [f32; 6] {
        self.spectrum.fill(Complex::new(0.0, 0.0));
        for ((out, c), turn) in self.spectrum.iter_mut().zip(band).zip(&self.turns) {
            *out = c * turn;
        }
        self.spectrum[0].im = 0.0;
        self.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.samples, &mut self.scratch)
            .expect("the buffers are the planner's own");
        for (wide, &sample) in self.wide.iter_mut().zip(&self.samples) {
            *wide = f64::from(sample);
        }
        let mut r = [0.0; ORDER + 1];
        for (lag, r) in r.iter_mut().enumerate() {
            *r = dot_doubles(&self.wide[lag..], &self.wide[..SAMPLES - lag]);
        }
        let mut polynomial = [1.0; ORDER + 1];
        let residual = levinson_durbin(&r, &mut polynomial[1..]);
        if residual.is_nan() || residual <= 0.0 {
            return [0.0; 6];
        }
        for a in &mut polynomial[1..] {
            *a = -*a;
        }
        self.roots.find(&polynomial, &mut self.poles);
        self.found.clear();
        self.found.extend(
            self.poles
                .iter()
                .filter(|pole| pole.im > 0.0)
                .map(|pole| (pole.arg() * RATE_11K / (2.0 * PI), -pole.norm().ln() * RATE_11K / PI)),
        );
        self.found.retain(|(hz, _)| RANGE_HZ.contains(hz));
        self.found.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut formants = [0.0; 6];
        for (i, &(hz, bandwidth_hz)) in self.found.iter().take(3).enumerate() {
            (formants[i], formants[i + 3]) = (hz as f32, bandwidth_hz as f32);
        }
        formants
    }
}
