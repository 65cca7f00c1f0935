//! Fundamental frequency by probabilistic YIN: M. Mauch & S. Dixon, "pYIN: A fundamental frequency estimator using
//! probabilistic threshold distributions", ICASSP 2014; on the difference function of A. de Cheveigne & H. Kawahara, "YIN",
//! JASA 111.4 (2002), 1917-1930. Parameters, defaults and conventions are those of librosa 0.11's `pyin`.

use super::pyin_path::PyinPath;
use super::{PitchContour, input};
use crate::dsp::beta::beta_cdf;
use crate::{Error, ErrorKind, Result};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use std::sync::Arc;

/// Settings of [`pyin`], with librosa's names and defaults.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PyinParams {
    /// Lowest frequency, in Hz; C2 by default.
    pub fmin: f64,
    /// Highest frequency, in Hz, at most half the rate; C7 by default.
    pub fmax: f64,
    /// Samples of a frame; at least one longest period and one sample more.
    pub frame_length: usize,
    /// Samples from one frame to the next; `None` is a quarter of the frame.
    pub hop_length: Option<usize>,
    /// Number of thresholds on the difference function.
    pub n_thresholds: usize,
    /// Shapes of the beta distribution that weighs the thresholds.
    pub beta_parameters: (f64, f64),
    /// Shape of the Boltzmann distribution over the troughs below a threshold; larger prefers shorter periods.
    pub boltzmann_parameter: f64,
    /// Width of a pitch bin, in semitones, in (0, 1).
    pub resolution: f64,
    /// Fastest change of pitch, in octaves per second.
    pub max_transition_rate: f64,
    /// Probability of a change between voiced and unvoiced, in (0, 1).
    pub switch_prob: f64,
    /// Share of the thresholds that no trough reaches which goes to the deepest one, in (0, 1).
    pub no_trough_prob: f64,
    /// Whether frame `k` is centred on sample `k hop_length`, with silence before and after the sound; otherwise it begins
    /// there.
    pub center: bool,
}

impl Default for PyinParams {
    fn default() -> Self {
        Self {
            fmin: 65.40639132514966,
            fmax: 2093.004522404789,
            frame_length: 2048,
            hop_length: None,
            n_thresholds: 100,
            beta_parameters: (2.0, 18.0),
            boltzmann_parameter: 2.0,
            resolution: 0.1,
            max_transition_rate: 35.92,
            switch_prob: 0.01,
            no_trough_prob: 0.01,
            center: true,
        }
    }
}

impl PyinParams {
    fn hop_length(&self) -> usize {
        self.hop_length.unwrap_or(self.frame_length / 4)
    }

    fn bins_per_semitone(&self) -> usize {
        (1.0 / self.resolution).ceil() as usize
    }

    fn bins(&self) -> usize {
        (12.0 * self.bins_per_semitone() as f64 * (self.fmax / self.fmin).log2()).floor() as usize + 1
    }

    fn validate(&self, rate: f64) -> Result<()> {
        input::within("fmax", self.fmax, f64::MIN_POSITIVE, rate / 2.0)?;
        input::within("fmin", self.fmin, f64::MIN_POSITIVE, self.fmax * (1.0 - 1e-9))?;
        input::within("frame_length", self.frame_length as f64, 4.0, 1_048_576.0)?;
        if rate / self.fmin >= (self.frame_length - 1) as f64 {
            let enough = ((rate / self.fmin).ceil() as usize).saturating_add(2);
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "a frame must hold a period of fmin; make frame_length at least `enough` or raise fmin",
            )
            .with("frame_length", self.frame_length)
            .with("fmin", self.fmin)
            .with("enough", enough));
        }
        input::within("hop_length", self.hop_length() as f64, 1.0, 16_777_216.0)?;
        input::within("n_thresholds", self.n_thresholds as f64, 1.0, 10_000.0)?;
        input::within("beta_parameters", self.beta_parameters.0, 1e-3, 1e4)?;
        input::within("beta_parameters", self.beta_parameters.1, 1e-3, 1e4)?;
        input::within("boltzmann_parameter", self.boltzmann_parameter, 1e-6, 100.0)?;
        input::within("resolution", self.resolution, 0.01, 1.0 - 1e-9)?;
        input::within("max_transition_rate", self.max_transition_rate, 0.0, 1e6)?;
        input::within("switch_prob", self.switch_prob, 1e-12, 1.0 - 1e-12)?;
        input::within("no_trough_prob", self.no_trough_prob, 0.0, 1.0)?;
        if self.bins() < 2 || self.bins() > 30_000 {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "between fmin and fmax there must be 2 to 30000 bins; change resolution, fmin or fmax",
            )
            .with("bins", self.bins()));
        }
        Ok(())
    }
}

/// The fundamental frequency of a mono sound by probabilistic YIN, with librosa's names, defaults and frames: `1 + n /
/// hop_length` frames, frame `k` centred on sample `k hop_length`. `f0_hz` is the centre of a bin (a tenth of a semitone), NaN
/// where unvoiced; `voiced_prob` is librosa's.
///
/// The difference function comes from one transform, and the search for the best path uses that transitions are local: its
/// work grows with the number of bins, not with their square. Kept are 17 bytes for each frame of the result, and 2.4 kB for
/// each frame on which the paths do not agree yet: commonly some 150 frames (0.4 MB), 4096 (10 MB) at most.
///
/// Fails for rates outside 1 to 768 kHz and for settings out of range. Samples that are no numbers count as silence.
///
/// ```
/// use viralnow_core::voice::{PyinParams, pyin};
/// let y: Vec<f32> = (0..16_000).map(|i| 0.5 * (i as f32 * 440.0 * std::f32::consts::TAU / 16e3).sin()).collect();
/// let found = pyin(&y, 16_000, &PyinParams::default())?;
/// assert_eq!(found.f0_hz.len(), 32);
/// assert!(found.voiced[16] && (found.f0_hz[16] - 440.0).abs() < 1.3);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn pyin(y: &[f32], sample_rate: u32, params: &PyinParams) -> Result<PitchContour> {
    let rate = input::rate(sample_rate)?;
    params.validate(rate)?;
    let (length, hop) = (params.frame_length, params.hop_length());
    let lead = if params.center { length / 2 } else { 0 };
    if y.is_empty() || y.len() + 2 * lead < length {
        return Ok(PitchContour { voiced_prob: Some(vec![]), ..PitchContour::default() });
    }
    let frames = 1 + (y.len() + 2 * lead - length) / hop;
    let mut yin = Yin::new(rate, params);
    let semitones = (params.max_transition_rate * 12.0 * hop as f64 / rate).round_ties_even() as usize;
    let reach = semitones * params.bins_per_semitone() / 2;
    let mut path = PyinPath::new(params.bins(), reach, params.switch_prob);
    let mut voiced_prob = Vec::with_capacity(frames);
    let mut frame = vec![0.0_f32; length];
    for k in 0..frames {
        // The frame begins at sample `k hop - lead`.
        let (before, from) = (lead.saturating_sub(k * hop).min(length), (k * hop).saturating_sub(lead));
        let (silence, heard) = frame.split_at_mut(before);
        let samples = &y[from.min(y.len())..(from + heard.len()).min(y.len())];
        let (heard, rest) = heard.split_at_mut(samples.len());
        silence.fill(0.0);
        rest.fill(0.0);
        for (out, &sample) in heard.iter_mut().zip(samples) {
            *out = input::clean(sample);
        }
        let (candidates, voiced) = yin.frame(&frame);
        path.push(candidates, voiced);
        voiced_prob.push(voiced as f32);
    }
    let per_octave = 12.0 * params.bins_per_semitone() as f64;
    let f0_hz = path
        .finish()
        .into_iter()
        .map(|bin| bin.map_or(f32::NAN, |bin| (params.fmin * (f64::from(bin) / per_octave).exp2()) as f32))
        .collect();
    let start_s = if params.center { 0.0 } else { length as f64 / 2.0 / rate };
    let times_s = (0..frames).map(|k| start_s + (k * hop) as f64 / rate).collect();
    Ok(PitchContour::new(times_s, f0_hz, Some(voiced_prob)))
}

/// A pitch that a frame may have: its bin and its probability.
pub(super) type Observation = (u16, f64);

/// Finds the candidates of one frame.
struct Yin {
    rate: f64,
    fmin: f64,
    per_octave: f64,
    bins: usize,
    shortest: usize,
    longest: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    samples: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// The normalised difference function, from the shortest period to the longest.
    difference: Vec<f64>,
    prior: Prior,
    /// Places in `difference`, with its value there.
    troughs: Vec<(usize, f64)>,
    probabilities: Vec<f64>,
    found: Vec<Observation>,
}

impl Yin {
    fn new(rate: f64, params: &PyinParams) -> Self {
        let shortest = ((rate / params.fmax).floor() as usize).max(1);
        let longest = ((rate / params.fmin).ceil() as usize).min(params.frame_length - 1);
        let mut planner = RealFftPlanner::<f32>::new();
        // Zeros behind the frame keep the lags of interest free of wrap-around.
        let size = smooth(params.frame_length + longest + 1);
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            rate,
            fmin: params.fmin,
            per_octave: 12.0 * params.bins_per_semitone() as f64,
            bins: params.bins(),
            shortest,
            longest,
            samples: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            forward,
            inverse,
            difference: Vec::new(),
            prior: Prior::new(params),
            troughs: Vec::new(),
            probabilities: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The pitches that a frame may have, by bin with the last one of a bin alone, and the probability that it is voiced.
    fn frame(&mut self, frame: &[f32]) -> (&[Observation], f64) {
        self.differences(frame);
        self.find_troughs();
        self.prior.weigh(&self.troughs, &mut self.probabilities);
        self.found.clear();
        for (&(at, _), &probability) in self.troughs.iter().zip(&self.probabilities) {
            if probability <= 0.0 {
                continue;
            }
            let period = (self.shortest + at) as f64 + self.shift(at);
            let bin = (self.per_octave * (self.rate / period / self.fmin).log2()).round_ties_even();
            // Above the last bin lies the first unvoiced one, which knows its own probability.
            let bin = bin.clamp(0.0, self.bins as f64) as usize;
            if bin == self.bins {
                continue;
            }
            // Of two troughs in one bin the later one counts; periods ascend, so bins descend.
            if self.found.last().is_some_and(|last| usize::from(last.0) == bin) {
                self.found.pop();
            }
            self.found.push((bin as u16, probability));
        }
        let voiced = self.found.iter().map(|(_, probability)| probability).sum::<f64>().clamp(0.0, 1.0);
        (&self.found, voiced)
    }

    /// The cumulative mean normalised difference function (YIN, eq. 8).
    fn differences(&mut self, frame: &[f32]) {
        self.samples[..frame.len()].copy_from_slice(frame);
        self.samples[frame.len()..].fill(0.0);
        let fits = "the buffers are the planner's own";
        self.forward
            .process_with_scratch(&mut self.samples, &mut self.spectrum, &mut self.scratch)
            .expect(fits);
        for bin in &mut self.spectrum {
            *bin = Complex::new(bin.norm_sqr(), 0.0);
        }
        self.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.samples, &mut self.scratch)
            .expect(fits);
        let scale = 1.0 / self.samples.len() as f64;
        let whole = f64::from(self.samples[0]) * scale;
        let (mut before, mut sum) = (0.0, 0.0);
        self.difference.clear();
        for lag in 1..=self.longest {
            before += f64::from(frame[lag - 1]) * f64::from(frame[lag - 1]);
            let difference = 2.0 * (whole - f64::from(self.samples[lag]) * scale) - before;
            sum += difference;
            if lag >= self.shortest {
                let mean = sum / lag as f64;
                self.difference.push(difference / (mean + f64::from(f32::MIN_POSITIVE)));
            }
        }
    }

    fn find_troughs(&mut self) {
        let d = &self.difference;
        self.troughs.clear();
        for at in 0..d.len() {
            let falls = at == 0 || d[at] < d[at - 1];
            // At the start the next value must be higher, elsewhere at least as high.
            let rises = match d.get(at + 1) {
                Some(next) if at == 0 => d[at] < *next,
                Some(next) => d[at] <= *next,
                None => at > 0,
            };
            if falls && rises {
                self.troughs.push((at, d[at]));
            }
        }
    }

    /// Distance from a trough to the vertex of the parabola through its neighbours; 0 where that lies further than one away.
    fn shift(&self, at: usize) -> f64 {
        let d = &self.difference;
        if at == 0 || at + 1 >= d.len() {
            return 0.0;
        }
        let bend = d[at + 1] + d[at - 1] - 2.0 * d[at];
        let slope = (d[at + 1] - d[at - 1]) / 2.0;
        if slope.abs() >= bend.abs() { 0.0 } else { -slope / bend }
    }
}

/// What makes probabilities of troughs.
struct Prior {
    /// The thresholds above 0, ascending.
    thresholds: Vec<f64>,
    /// Sums of the weights before each.
    before: Vec<f64>,
    boltzmann: f64,
    no_trough: f64,
    /// For each trough the first threshold above it; and the same in order.
    first: Vec<usize>,
    order: Vec<usize>,
}

impl Prior {
    fn new(params: &PyinParams) -> Self {
        let n = params.n_thresholds;
        let (a, b) = params.beta_parameters;
        let thresholds: Vec<f64> = (1..=n).map(|i| i as f64 / n as f64).collect();
        let cumulative = |i: usize| beta_cdf(i as f64 / n as f64, a, b);
        let before = (0..=n).map(|i| cumulative(i) - cumulative(0)).collect();
        Self {
            thresholds,
            before,
            boltzmann: params.boltzmann_parameter,
            no_trough: params.no_trough_prob,
            first: Vec::new(),
            order: Vec::new(),
        }
    }

    /// For every threshold its weight is shared out over the troughs below it, the shorter periods first (Boltzmann); the
    /// deepest trough gets a part of the weight of the thresholds that it does not reach.
    fn weigh(&mut self, troughs: &[(usize, f64)], probabilities: &mut Vec<f64>) {
        probabilities.clear();
        probabilities.resize(troughs.len(), 0.0);
        self.first.clear();
        let above = |height: f64| self.thresholds.partition_point(|&threshold| threshold <= height);
        self.first.extend(troughs.iter().map(|&(_, height)| above(height)));
        let Some(deepest) = (0..troughs.len()).min_by(|&a, &b| troughs[a].1.total_cmp(&troughs[b].1)) else {
            return;
        };
        let decay = (-self.boltzmann).exp();
        // Thresholds between the same two troughs share out in the same way.
        self.order.clear();
        self.order.extend_from_slice(&self.first);
        self.order.sort_unstable();
        let count = self.thresholds.len();
        let mut below = 0;
        while below < self.order.len() && self.order[below] < count {
            let from = self.order[below];
            below = self.order.partition_point(|&first| first <= from);
            let to = self.order.get(below).copied().unwrap_or(count).min(count);
            let mut share = (self.before[to] - self.before[from]) * (1.0 - decay)
                / (1.0 - (-self.boltzmann * below as f64).exp());
            for (probability, _) in
                probabilities.iter_mut().zip(&self.first).filter(|&(_, &first)| first <= from)
            {
                *probability += share;
                share *= decay;
            }
        }
        probabilities[deepest] += self.no_trough * self.before[self.first[deepest]];
    }
}

/// The next even length that has no prime factor above 5, which a transform likes.
fn smooth(least: usize) -> usize {
    let mut length = least.next_multiple_of(2);
    loop {
        let mut rest = length;
        for prime in [2, 3, 5] {
            while rest.is_multiple_of(prime) {
                rest /= prime;
            }
        }
        if rest == 1 {
            return length;
        }
        length += 2;
    }
}
