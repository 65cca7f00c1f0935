//! What is kept of every frame until the tuning is known.

use super::chroma::{CLASSES, LateChroma};
use super::halves;
use std::f64::consts::PI;

/// Nodes of each class, and the numbers of a frame.
const NODES: usize = LateChroma::NODES;
const LOW: usize = LateChroma::LOW;
const KEPT: usize = LateChroma::KEPT;

/// Non-negative numbers, [`LateChroma::KEPT`] of each frame: the low bins, then the classes at the nodes.
#[derive(Debug)]
pub(crate) enum KeptFrames {
    /// None is.
    Nothing,
    /// As they are, 740 bytes.
    Whole(Vec<f32>),
    /// In 254 bytes.
    Packed(Packed),
}

/// Each class is smooth over the nodes: of the polynomial through them the Chebyshev coefficients are kept, which become
/// smaller and need fewer bits the higher their order is. So a number is moved by a hundred thousandth of the frame's unit (root mean
/// square), by 7.1e-5 at most: as rounding all of them to 16 bits moves it, about, which takes half as much room again.
#[derive(Debug)]
pub(crate) struct Packed {
    cosines: Box<Cosines>,
    /// Of each frame [`WORDS`].
    words: Vec<u16>,
    /// The unit of each frame.
    scales: Vec<f32>,
}

/// The bits of the coefficient of each order, and how large it may be in the frame's unit, which is its largest low bin or coefficient of
/// order 0, and more only where a coefficient would be larger than it may. That of order 0, not negative, has 16 bits of its own. A line at any
/// bin keeps to the sizes.
const ORDERS: [(u32, f64); NODES - 1] = [
    (17, 0.803),
    (15, 0.2),
    (14, 0.099),
    (13, 0.0361),
    (12, 0.0181),
    (11, 0.0079),
    (10, 0.003_72),
    (9, 0.001_64),
    (8, 0.000_781),
    (7, 0.000_355),
    (5, 0.000_17),
    (4, 0.000_074),
    (3, 0.000_045),
];

/// A class: 16 bits, and those of [`ORDERS`].
const CLASS_WORDS: usize = 9;
const WORDS: usize = LOW + CLASSES * CLASS_WORDS;

const _: () = {
    let (mut bits, mut order) = (0, 0);
    while order < ORDERS.len() {
        bits += ORDERS[order].0;
        order += 1;
    }
    assert!(bits == u128::BITS && CLASS_WORDS * 16 == 16 + 128, "the orders fill the words of a class");
    assert!(CLASSES * halves::HALVES <= WORDS, "what is written lies over what was read");
};

/// The most that a coefficient of an order is, in its steps.
fn most(bits: u32) -> f64 {
    f64::from((1_i32 << (bits - 1)) - 1)
}

/// Of each node, the Chebyshev polynomials.
#[derive(Debug)]
struct Cosines([[f64; NODES]; NODES]);

impl Cosines {
    fn new() -> Self {
        let at = |node: usize, order: usize| (PI * order as f64 * (node as f64 + 0.5) / NODES as f64).cos();
        Self(std::array::from_fn(|node| std::array::from_fn(|order| at(node, order))))
    }

    /// The coefficients of the polynomial with these values at the nodes.
    fn coefficients(&self, values: &[f32]) -> [f64; NODES] {
        let mut found = [0.0; NODES];
        for (cosines, &value) in self.0.iter().zip(values) {
            found.iter_mut().zip(cosines).for_each(|(found, cosine)| *found += f64::from(value) * cosine);
        }
        std::array::from_fn(|order| found[order] * if order == 0 { 1.0 } else { 2.0 } / NODES as f64)
    }

    /// Its values at the nodes.
    fn values(&self, coefficients: &[f64; NODES]) -> [f32; NODES] {
        self.0.map(|cosines| {
            cosines.iter().zip(coefficients).map(|(cosine, of)| cosine * of).sum::<f64>() as f32
        })
    }
}

impl Packed {
    fn push(&mut self, frame: &[f32]) {
        debug_assert!(frame.iter().all(|&number| number.is_finite() && number >= 0.0));
        let (low, classes) = frame.split_at(LOW);
        let mut coefficients = [[0.0; NODES]; CLASSES];
        for (found, at_nodes) in coefficients.iter_mut().zip(classes.chunks_exact(NODES)) {
            *found = self.cosines.coefficients(at_nodes);
        }
        let sizes = coefficients.iter().flat_map(|of| {
            let higher = of[1..].iter().zip(&ORDERS).map(|(of, (_, size))| of.abs() / size);
            std::iter::once(of[0]).chain(higher)
        });
        let largest = low.iter().map(|&low| f64::from(low)).chain(sizes).fold(0.0, f64::max) as f32;
        let scale = if largest > 0.0 { 1.0 / f64::from(largest) } else { 0.0 };
        let word = |value: f64| (value * scale * f64::from(u16::MAX)).round() as u16;
        self.words.extend(low.iter().map(|&low| word(f64::from(low))));
        for of in &coefficients {
            self.words.push(word(of[0]));
            let bits = of[1..].iter().zip(&ORDERS).fold(0_u128, |bits, (of, &(width, size))| {
                // Counted from the least that there may be; a cast saturates.
                let steps = (of * scale / size).clamp(-1.0, 1.0) * most(width) + most(width);
                bits << width | steps.round() as u128
            });
            self.words.extend((0..CLASS_WORDS - 1).map(|place| (bits >> (16 * place)) as u16));
        }
        self.scales.push(largest);
    }

    /// The frame that was packed so.
    fn unpack(&self, words: &[u16], scale: f32, frame: &mut [f32; KEPT]) {
        let scale = f64::from(scale);
        let number = |word: u16| f64::from(word) * scale / f64::from(u16::MAX);
        let (low, classes) = words.split_at(LOW);
        frame.iter_mut().zip(low).for_each(|(frame, &word)| *frame = number(word) as f32);
        let classes = classes.chunks_exact(CLASS_WORDS);
        for (at_nodes, words) in frame[LOW..].chunks_exact_mut(NODES).zip(classes) {
            let mut coefficients = [0.0; NODES];
            coefficients[0] = number(words[0]);
            let mut bits = words[1..].iter().rev().fold(0_u128, |bits, &word| bits << 16 | u128::from(word));
            for (of, &(width, size)) in coefficients[1..].iter_mut().zip(&ORDERS).rev() {
                let steps = (bits & ((1 << width) - 1)) as f64;
                bits >>= width;
                *of = (steps / most(width) - 1.0) * size * scale;
            }
            at_nodes.copy_from_slice(&self.cosines.values(&coefficients));
        }
    }
}

impl KeptFrames {
    pub(crate) fn packed() -> Self {
        Self::Packed(Packed { cosines: Box::new(Cosines::new()), words: Vec::new(), scales: Vec::new() })
    }

    /// Makes room for so many frames.
    pub(crate) fn reserve(&mut self, frames: usize) {
        match self {
            Self::Nothing => {}
            Self::Whole(values) => values.reserve(frames * KEPT),
            Self::Packed(packed) => {
                packed.words.reserve(frames * WORDS);
                packed.scales.reserve(frames);
            }
        }
    }

    /// Takes a frame.
    pub(crate) fn push(&mut self, frame: &[f32]) {
        match self {
            Self::Nothing => {}
            Self::Whole(values) => values.extend_from_slice(frame),
            Self::Packed(packed) => packed.push(frame),
        }
    }

    /// What becomes of every frame: other numbers, fewer, which are written over what was kept.
    pub(crate) fn map(self, mut of: impl FnMut(&[f32; KEPT]) -> [f32; CLASSES]) -> Vec<f32> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Whole(mut values) => {
                let frames = values.len() / KEPT;
                for frame in 0..frames {
                    let Some(kept) = values[frame * KEPT..].first_chunk::<KEPT>() else { break };
                    let made = of(kept);
                    values[frame * CLASSES..(frame + 1) * CLASSES].copy_from_slice(&made);
                }
                values.truncate(frames * CLASSES);
                values.shrink_to_fit();
                values
            }
            Self::Packed(mut packed) => {
                let (mut words, scales) =
                    (std::mem::take(&mut packed.words), std::mem::take(&mut packed.scales));
                let mut kept = [0.0; KEPT];
                for (frame, &scale) in scales.iter().enumerate() {
                    packed.unpack(&words[frame * WORDS..(frame + 1) * WORDS], scale, &mut kept);
                    halves::put(&of(&kept), &mut words[frame * CLASSES * halves::HALVES..]);
                }
                halves::take(words, scales.len() * CLASSES)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of spectra.
    fn kept(spectra: impl Iterator<Item = Vec<f32>>) -> Vec<Vec<f32>> {
        let mut late = LateChroma::new(16_000.0, 2048, KeptFrames::Nothing);
        let mut frames = Vec::new();
        for spectrum in spectra {
            late.push(&spectrum);
            late.hand_on(|frame| frames.push(frame.to_vec()));
        }
        late.flush(|frame| frames.push(frame.to_vec()));
        frames
    }

    fn lines(at: &[(usize, f32)]) -> Vec<f32> {
        let mut spectrum = vec![0.0; 1025];
        at.iter().for_each(|&(bin, power)| spectrum[bin] = power);
        spectrum
    }

    /// How large the largest coefficient of each order is, by the largest of order 0.
    fn sizes(frame: &[f32]) -> [f64; NODES] {
        let cosines = Cosines::new();
        let mut sizes = [0.0_f64; NODES];
        for of in frame[LOW..].chunks_exact(NODES).map(|at_nodes| cosines.coefficients(at_nodes)) {
            sizes.iter_mut().zip(of).for_each(|(size, of)| *size = size.max(of.abs()));
        }
        sizes.map(|size| size / sizes[0])
    }

    #[test]
    fn a_line_at_any_bin_keeps_to_the_sizes() {
        for (bin, frame) in kept((LOW..1025).map(|bin| lines(&[(bin, 2.0)]))).iter().enumerate() {
            let found = sizes(frame);
            let within = found[1..].iter().zip(&ORDERS).all(|(found, (_, size))| found <= size);
            assert!(within, "bin {}: {found:?}", bin + LOW);
        }
    }

    #[test]
    fn a_frame_comes_out_as_it_went_in() {
        // Lines far apart, in neighbouring classes, and loud low ones; silence; the quietest and the loudest that there may be.
        let mut spectra: Vec<_> = (LOW..960)
            .map(|bin| lines(&[(bin, 1.0), (bin + 1 + bin / 17, 0.8), (bin % LOW, (bin % 5) as f32 * 20.0)]))
            .collect();
        spectra.extend([lines(&[]), lines(&[(400, 1e-38)]), lines(&[(400, 1e18), (300, 1.0)])]);
        let frames = kept(spectra.into_iter());
        let KeptFrames::Packed(mut packed) = KeptFrames::packed() else { unreachable!("made so") };
        frames.iter().for_each(|frame| packed.push(frame));
        let mut found = [0.0; KEPT];
        let (mut squares, mut count) = (0.0, 0);
        for ((frame, words), &unit) in frames.iter().zip(packed.words.chunks_exact(WORDS)).zip(&packed.scales)
        {
            packed.unpack(words, unit, &mut found);
            for (found, number) in found.iter().zip(frame) {
                let off = f64::from((found - number).abs());
                assert!(off <= 7.2e-5 * f64::from(unit), "{number} became {found}, of {unit}");
                if unit > 0.0 {
                    squares += (off / f64::from(unit)).powi(2);
                    count += 1;
                }
            }
        }
        let spread = (squares / f64::from(count)).sqrt();
        assert!(spread < 1.2e-5, "{spread}");
    }
}
