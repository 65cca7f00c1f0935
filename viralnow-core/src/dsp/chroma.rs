//! Pitch classes: the chroma filters, and chroma of spectra whose tuning is known only after the last of them.

use super::chroma_frames::KeptFrames;
use super::wide::wide;
use std::f64::consts::PI;

/// Pitch classes of the shared analysis, from C on.
pub(crate) const CLASSES: usize = 12;

/// Weights below this share of their bin's largest are left out of [`LateChroma`].
const NEGLIGIBLE: f64 = 1e-5;

/// Chroma filters after Ellis (Chroma feature analysis and synthesis, 2007), as librosa's `filters.chroma` has them: a bin
/// falls on the classes around its pitch as a Gaussian of half a class' standard deviation (wider where bins lie further
/// apart than classes), of length 1 over the classes, and is weighed by a Gaussian of two octaves around 880 Hz.
#[derive(Debug)]
pub(crate) struct ChromaFilters {
    classes: usize,
    /// Classes from the A of 27.5 Hz to each bin, and to the one beyond the last.
    pitches: Vec<f64>,
}

impl ChromaFilters {
    /// For spectra of `n_fft / 2 + 1` bins at this rate.
    pub(crate) fn new(sample_rate: f64, n_fft: usize, classes: usize) -> Self {
        let n = classes as f64;
        let pitch = |bin: usize| n * (bin as f64 * sample_rate / n_fft as f64 / 27.5).log2();
        let mut pitches: Vec<f64> = (0..n_fft / 2 + 2).map(pitch).collect();
        // The bin of 0 Hz is put one and a half octaves below the next.
        pitches[0] = pitches[1] - 1.5 * n;
        Self { classes, pitches }
    }

    /// The weights of one bin, from C on, with this tuning in fractions of a class.
    fn column(&self, bin: usize, tuning: f64, weights: &mut [f64]) {
        let n = self.classes as f64;
        let width = (self.pitches[bin + 1] - self.pitches[bin]).max(1.0);
        let pitch = self.pitches[bin] - tuning;
        let place = pitch.rem_euclid(n);
        // Distances around the octave are counted from minus a half of it, rounded, on.
        let half = (n / 2.0).round_ties_even();
        let mut energy = 0.0;
        for (row, weight) in weights.iter_mut().enumerate() {
            // Pitches are counted from A, rows from C.
            let class = (row + 3 * (self.classes / 12)) % self.classes;
            let mut distance = place - class as f64;
            if distance < -half {
                distance += n;
            } else if distance >= n - half {
                distance -= n;
            }
            *weight = (-2.0 * (distance / width).powi(2)).exp();
            energy += *weight * *weight;
        }
        let scale = (-0.125 * (pitch / n - 5.0).powi(2)).exp() / energy.sqrt();
        for weight in weights {
            *weight *= scale;
        }
    }

    /// The filters as rows from C on, of `n_fft / 2 + 1` weights each.
    pub(crate) fn rows(&self, tuning: f64) -> Vec<f32> {
        let bins = self.pitches.len() - 1;
        let mut rows = vec![0.0; self.classes * bins];
        let mut weights = vec![0.0; self.classes];
        for bin in 0..bins {
            self.column(bin, tuning, &mut weights);
            for (class, &weight) in weights.iter().enumerate() {
                rows[class * bins + bin] = weight as f32;
            }
        }
        rows
    }
}

/// Scales each frame's classes so that the largest is 1 (the norm of infinity). What a frame without energy gets is the
/// caller's choice.
pub(crate) fn normalize_to_largest(chroma: &mut [f32], classes: usize, silent: f32) {
    for frame in chroma.chunks_exact_mut(classes) {
        let largest = frame.iter().copied().fold(0.0, f32::max);
        if largest >= f32::MIN_POSITIVE {
            for value in frame {
                *value /= largest;
            }
        } else {
            frame.fill(silent);
        }
    }
}

/// Chroma in one pass over the spectra, although their tuning is known only after the last one.
///
/// The weight of a bin is a smooth function of the tuning, and so is the chroma of a frame: it is taken at the Chebyshev
/// nodes of ±half a class, and the polynomial through them gives it at any tuning between, within 2e-5 of the direct way
/// (measured on five clips and a glide), and within 5e-5 where what is kept is packed (asserted below, on lines, a comb and
/// silence). The lowest bins lie further apart than classes, so that their wide Gaussians are
/// cut off half an octave away, which is not smooth; they are few and kept as they are.
#[derive(Debug)]
pub(crate) struct LateChroma {
    filters: ChromaFilters,
    nodes: [f64; Self::NODES],
    /// For each class and, inside it, each [`TOGETHER`] nodes: the stretches of bins that count, as first bin and weights.
    stretches: Vec<Vec<Stretch>>,
    /// Spectra that wait for others, bin by bin: a weight is read once for all of them, and they are summed side by side.
    waiting: Vec<[f32; BATCH]>,
    count: usize,
    /// [`Self::KEPT`] of every frame that was not handed on yet: the low bins, then the classes at the nodes.
    kept: Vec<f32>,
    /// What each low bin is multiplied by there: what it counts for, about, so that one that counts for little and is loud
    /// does not make the steps of the others large.
    low: [f32; Self::LOW],
    /// The same of all before.
    frames: KeptFrames,
}

/// The first bin of a stretch, and the weights of each bin at neighbouring nodes.
type Stretch = (usize, Vec<[f32; TOGETHER]>);
/// Spectra that are weighed at a time, and nodes whose sums are taken together, so that the spectra, which no first cache
/// holds, are read half as often.
const BATCH: usize = 16;
const TOGETHER: usize = 2;

wide! {
    /// The sums of all spectra that wait, at the nodes of a row.
    fn weighed(stretches: &[Stretch], waiting: &[[f32; BATCH]]) -> [[f32; BATCH]; TOGETHER] {
        let mut sums = [[0.0_f32; BATCH]; TOGETHER];
        for (bin, weights) in stretches {
            for (weights, bin) in weights.iter().zip(&waiting[*bin..*bin + weights.len()]) {
                for (sums, weight) in sums.iter_mut().zip(weights) {
                    for (sum, power) in sums.iter_mut().zip(bin) {
                        *sum += weight * power;
                    }
                }
            }
        }
        sums
    }
}

impl LateChroma {
    /// Tunings at which chroma is taken.
    pub(crate) const NODES: usize = 14;
    /// Bins that are kept: bin `k` and the next are at least a twelfth of an octave apart up to `1 / (2^(1/12) - 1)`.
    pub(crate) const LOW: usize = 17;
    /// Values that are kept of a frame: 740 bytes, so 23 kB for each second of 16 kHz sound in hops of 512, or a third of that (8 kB).
    pub(crate) const KEPT: usize = Self::LOW + CLASSES * Self::NODES;

    /// For spectra of `n_fft / 2 + 1` bins at this rate, more than 16 of them. What is kept goes into `frames`.
    pub(crate) fn new(sample_rate: f64, n_fft: usize, frames: KeptFrames) -> Self {
        let filters = ChromaFilters::new(sample_rate, n_fft, CLASSES);
        let nodes: [f64; Self::NODES] =
            std::array::from_fn(|k| 0.5 * (PI * (k as f64 + 0.5) / Self::NODES as f64).cos());
        let mut stretches = vec![Vec::<Stretch>::new(); CLASSES * Self::NODES / TOGETHER];
        let mut weights = [[0.0; CLASSES]; TOGETHER];
        for (k, nodes) in nodes.as_chunks::<TOGETHER>().0.iter().enumerate() {
            for bin in Self::LOW..=n_fft / 2 {
                for (weights, &node) in weights.iter_mut().zip(nodes) {
                    filters.column(bin, node, weights);
                    let least = NEGLIGIBLE * weights.iter().copied().fold(0.0, f64::max);
                    weights.iter_mut().filter(|weight| **weight < least).for_each(|weight| *weight = 0.0);
                }
                for class in 0..CLASSES {
                    let weights = weights.map(|weights| weights[class] as f32);
                    if weights == [0.0; TOGETHER] {
                        continue;
                    }
                    let row = &mut stretches[class * Self::NODES / TOGETHER + k];
                    match row.last_mut() {
                        Some((first, run)) if *first + run.len() == bin => run.push(weights),
                        _ => row.push((bin, vec![weights])),
                    }
                }
            }
        }
        let waiting = vec![[0.0; BATCH]; n_fft / 2 + 1];
        let low = std::array::from_fn(|bin| {
            filters.column(bin, 0.0, &mut weights[0]);
            weights[0].iter().copied().fold(0.0, f64::max) as f32
        });
        Self { filters, nodes, stretches, waiting, count: 0, kept: Vec::new(), low, frames }
    }

    /// Makes room for so many frames.
    pub(crate) fn reserve(&mut self, frames: usize) {
        self.frames.reserve(frames);
    }

    /// Takes the power spectrum of one frame.
    pub(crate) fn push(&mut self, power: &[f32]) {
        for (bin, &power) in self.waiting.iter_mut().zip(power) {
            bin[self.count] = power;
        }
        self.kept.extend(self.low.iter().zip(power).map(|(low, power)| low * power));
        self.kept.resize(self.kept.len() + CLASSES * Self::NODES, 0.0);
        self.count += 1;
        if self.count == BATCH {
            self.weigh();
        }
    }

    /// Weighs the spectra that wait.
    fn weigh(&mut self) {
        let first = self.kept.len() - self.count * Self::KEPT;
        for (row, stretches) in self.stretches.iter().enumerate() {
            for (node, sums) in weighed(stretches, &self.waiting).iter().enumerate() {
                for (frame, sum) in sums.iter().take(self.count).enumerate() {
                    self.kept[first + frame * Self::KEPT + Self::LOW + row * TOGETHER + node] = *sum;
                }
            }
        }
        self.count = 0;
    }

    /// The chroma of every frame that was kept, at this tuning, [`CLASSES`] values each, not scaled.
    pub(crate) fn finish(mut self, tuning: f64) -> Vec<f32> {
        self.flush(|_| {});
        let (parts, low) = self.weights(tuning);
        self.frames.map(|kept| {
            let mut values = [0.0_f64; CLASSES];
            let (bins, at_nodes) = kept.split_at(Self::LOW);
            for (class, value) in values.iter_mut().enumerate() {
                let at_nodes = &at_nodes[class * Self::NODES..(class + 1) * Self::NODES];
                *value += parts.iter().zip(at_nodes).map(|(part, &v)| part * f64::from(v)).sum::<f64>();
                *value +=
                    low.iter().zip(bins).map(|(weights, &p)| weights[class] * f64::from(p)).sum::<f64>();
            }
            values.map(|value| value.max(0.0) as f32)
        })
    }

    /// Weighs the spectra that still wait for others, and hands them on.
    pub(crate) fn flush(&mut self, take: impl FnMut(&[f32])) {
        if self.count > 0 {
            self.weigh();
        }
        self.hand_on(take);
    }

    /// Hands on what is kept of each frame that has been weighed since the last time.
    pub(crate) fn hand_on(&mut self, mut take: impl FnMut(&[f32])) {
        if self.count > 0 {
            return;
        }
        for frame in self.kept.chunks_exact(Self::KEPT) {
            take(frame);
            self.frames.push(frame);
        }
        self.kept.clear();
    }

    /// What makes chroma at a tuning of what is kept of a frame: the weights of the nodes, and those of the low bins.
    pub(crate) fn weights(&self, tuning: f64) -> ([f64; Self::NODES], [[f64; CLASSES]; Self::LOW]) {
        let mut low = [[0.0_f64; CLASSES]; Self::LOW];
        for (bin, weights) in low.iter_mut().enumerate() {
            self.filters.column(bin, tuning, weights);
            weights.iter_mut().for_each(|weight| *weight /= f64::from(self.low[bin]));
        }
        (self.lagrange(tuning), low)
    }

    /// The weight of each node in the polynomial through all of them.
    fn lagrange(&self, tuning: f64) -> [f64; Self::NODES] {
        std::array::from_fn(|i| {
            let others = self.nodes.iter().enumerate().filter(|(j, _)| *j != i);
            others.map(|(_, node)| (tuning - node) / (self.nodes[i] - node)).product()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direct(power: &[f32], filters: &ChromaFilters, tuning: f64) -> Vec<f32> {
        let rows = filters.rows(tuning);
        rows.chunks_exact(power.len())
            .map(|row| row.iter().zip(power).map(|(w, p)| f64::from(*w) * f64::from(*p)).sum::<f64>() as f32)
            .collect()
    }

    #[test]
    fn a_line_on_a_class_is_that_class() {
        // 440 Hz is bin 55 of 2200 bins at 17600 Hz, and A is the tenth class from C.
        let filters = ChromaFilters::new(17_600.0, 2200, 12);
        let mut power = vec![0.0; 1101];
        power[55] = 2.0;
        let chroma = direct(&power, &filters, 0.0);
        let largest = chroma.iter().copied().fold(0.0, f32::max);
        assert_eq!(chroma[9], largest);
        // By definition: Gaussians at whole distances, of length 1 together, and half an octave... one octave below 880 Hz.
        let bump = |d: f64| (-2.0 * d * d).exp();
        let length: f64 = (-6..6).map(|d| bump(f64::from(d)).powi(2)).sum::<f64>().sqrt();
        let octave = (-0.125_f64).exp();
        assert!((f64::from(chroma[9]) - 2.0 * octave / length).abs() < 1e-6);
        assert!((f64::from(chroma[10]) - 2.0 * bump(1.0) * octave / length).abs() < 1e-6);
        assert!((f64::from(chroma[8]) - f64::from(chroma[10])).abs() < 1e-6);
    }

    #[test]
    fn late_chroma_is_chroma() {
        let filters = ChromaFilters::new(16_000.0, 2048, CLASSES);
        // Lines, low and high, a slope with a comb on it, and silence.
        let mut spectra = vec![vec![0.0_f32; 1025]; 20];
        for (k, spectrum) in spectra.iter_mut().take(18).enumerate() {
            spectrum[[3, 9, 15, 16, 17, 18, 20, 25, 31, 40, 56, 77, 113, 180, 256, 391, 700, 1024][k]] = 3.0;
        }
        for (k, value) in spectra[18].iter_mut().enumerate() {
            *value = (1.0 / (1 + k) as f32) * if k % 37 == 0 { 50.0 } else { 1.0 };
        }
        let tunings = [-0.5, -0.333, -0.06, 0.0, 0.21, 0.49];
        let kept = [|| KeptFrames::Whole(Vec::new()), KeptFrames::packed];
        for (tuning, kept) in tunings.into_iter().flat_map(|tuning| kept.map(|kept| (tuning, kept()))) {
            let mut late = LateChroma::new(16_000.0, 2048, kept);
            for spectrum in &spectra {
                late.push(spectrum);
                late.hand_on(|_| {});
            }
            let mut found = late.finish(tuning);
            let mut expected: Vec<f32> =
                spectra.iter().flat_map(|spectrum| direct(spectrum, &filters, tuning)).collect();
            normalize_to_largest(&mut found, CLASSES, 0.0);
            normalize_to_largest(&mut expected, CLASSES, 0.0);
            for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
                assert!((found - expected).abs() < 5e-5, "{tuning} frame {}: {found} {expected}", i / 12);
            }
        }
    }
}
