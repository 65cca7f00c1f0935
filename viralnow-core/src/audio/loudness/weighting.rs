//! The K-weighting of ITU-R BS.1770 and the energy behind it.

use std::f64::consts::PI;

/// The shelf of the head: corner, gain and quality of the analogue filter whose bilinear transform at 48 kHz has the
/// coefficients that the recommendation prints (B. De Man, "Evaluation of implementations of the EBU R128 loudness
/// measurement", AES 145, 2018).
const SHELF: (f64, f64, f64) = (1681.974450955533, 3.999843853973347, 0.7071752369554196);
/// The exponent that makes the middle of the shelf from its gain.
const SHELF_MIDDLE: f64 = 0.4996667741545416;
/// The high-pass behind it: corner and quality.
const HIGH_PASS: (f64, f64) = (38.13547087602444, 0.5003270373238773);
/// What is left of a sound that ended; below it a state is zero, long before it would be subnormal and slow.
const GONE: f64 = 1e-60;
/// Two channels are filtered side by side, in one register.
const SIDE: usize = 2;
type Pair = [f64; SIDE];

/// The weight of each channel's energy, in the order of WAVE and `FFmpeg`: 1 for front and rear, 1.41 for the sides, none
/// for the low-frequency channel. Three are left, right, centre; four are two front and two rear; from nine on there is no
/// common order and only the first eight count.
fn weights(channels: usize) -> &'static [f64] {
    match channels {
        0..=3 => &[1.0, 1.0, 1.0],
        4 => &[1.0, 1.0, 1.41, 1.41],
        5 => &[1.0, 1.0, 1.0, 1.41, 1.41],
        6 => &[1.0, 1.0, 1.0, 0.0, 1.41, 1.41],
        7 => &[1.0, 1.0, 1.0, 0.0, 1.0, 1.41, 1.41],
        _ => &[1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.41, 1.41],
    }
}

/// Weighs a stream and sums its energy up.
#[derive(Debug)]
pub(super) struct Weighting {
    channels: usize,
    filter: Filter,
    pairs: Vec<State>,
    /// Frames since the energy was taken.
    frames: usize,
}

/// Coefficients of the two filters, over the first of each denominator.
#[derive(Debug, Clone, Copy)]
struct Filter {
    shelf: [f64; 3],
    shelf_back: [f64; 2],
    high_pass_back: [f64; 2],
}

/// The last two values inside each filter (direct form II), and the sum of squares of what came out.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    shelf: [Pair; 2],
    high_pass: [Pair; 2],
    energy: Pair,
}

impl Filter {
    fn new(rate: f64) -> Self {
        let (corner, gain_db, quality) = SHELF;
        let k = (PI * corner / rate).tan();
        let top = 10.0_f64.powf(gain_db / 20.0);
        let middle = top.powf(SHELF_MIDDLE);
        let a0 = 1.0 + k / quality + k * k;
        let shelf =
            [top + middle * k / quality + k * k, 2.0 * (k * k - top), top - middle * k / quality + k * k];
        let shelf_back = [2.0 * (k * k - 1.0) / a0, (1.0 - k / quality + k * k) / a0];
        let (corner, quality) = HIGH_PASS;
        let k = (PI * corner / rate).tan();
        let a0_high = 1.0 + k / quality + k * k;
        Self {
            shelf: shelf.map(|b| b / a0),
            shelf_back,
            // Its numerator is 1, -2, 1, which the recommendation does not scale.
            high_pass_back: [2.0 * (k * k - 1.0) / a0_high, (1.0 - k / quality + k * k) / a0_high],
        }
    }
}

impl State {
    fn run(&mut self, filter: &Filter, frames: impl Iterator<Item = [f32; SIDE]>) {
        let Filter { shelf: [b0, b1, b2], shelf_back: [a1, a2], high_pass_back: [c1, c2] } = *filter;
        let Self { shelf: [mut s1, mut s2], high_pass: [mut h1, mut h2], mut energy } = *self;
        for frame in frames {
            // The value before comes last into each difference: everything else is done when it is there.
            let mut s0 = Pair::default();
            let mut h0 = Pair::default();
            for side in 0..SIDE {
                s0[side] = (f64::from(frame[side]) - a2 * s2[side]) - a1 * s1[side];
            }
            for side in 0..SIDE {
                let shelved = b0 * s0[side] + (b1 * s1[side] + b2 * s2[side]);
                h0[side] = (shelved - c2 * h2[side]) - c1 * h1[side];
            }
            for side in 0..SIDE {
                let weighted = (h0[side] + h2[side]) - (h1[side] + h1[side]);
                energy[side] += weighted * weighted;
            }
            (s2, s1, h2, h1) = (s1, s0, h1, h0);
        }
        *self = Self { shelf: [s1, s2], high_pass: [h1, h2], energy };
    }
}

impl Weighting {
    pub(super) fn new(rate: u32, channels: u16) -> Self {
        let channels = usize::from(channels);
        let counted = channels.min(weights(channels).len());
        Self {
            channels,
            filter: Filter::new(f64::from(rate)),
            pairs: vec![State::default(); counted.div_ceil(SIDE)],
            frames: 0,
        }
    }

    /// Takes whole frames.
    pub(super) fn push(&mut self, samples: &[f32]) {
        let channels = self.channels;
        self.frames += samples.len() / channels;
        let filter = &self.filter;
        match (channels, &mut self.pairs[..]) {
            (1, [pair]) => pair.run(filter, samples.iter().map(|&sample| [sample, 0.0])),
            (2, [pair]) => pair.run(filter, samples.as_chunks().0.iter().copied()),
            (_, pairs) => {
                for (i, pair) in pairs.iter_mut().enumerate() {
                    let first = i * SIDE;
                    let second = (first + 1).min(channels - 1);
                    pair.run(
                        filter,
                        samples.chunks_exact(channels).map(|frame| [frame[first], frame[second]]),
                    );
                }
            }
        }
    }

    /// The mean energy of the frames since the last time, over all channels.
    pub(super) fn take(&mut self) -> f64 {
        let energies = self.pairs.iter().flat_map(|pair| pair.energy);
        let weights = weights(self.channels).iter().take(self.channels);
        let sum: f64 = energies.zip(weights).map(|(energy, weight)| energy * weight).sum();
        for state in &mut self.pairs {
            state.energy = Pair::default();
            for value in state.shelf.iter_mut().chain(&mut state.high_pass).flatten() {
                if value.abs() < GONE {
                    *value = 0.0;
                }
            }
        }
        sum / std::mem::take(&mut self.frames).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coefficients_are_those_of_the_recommendation() {
        let filter = Filter::new(48_000.0);
        let printed =
            [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585];
        let found = [&filter.shelf[..], &filter.shelf_back].concat();
        assert!(found.iter().zip(printed).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        let printed = [-1.99004745483398, 0.99007225036621];
        assert!(filter.high_pass_back.iter().zip(printed).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn what_has_ended_comes_to_rest() {
        let mut weighting = Weighting::new(44_100, 1);
        weighting.push(&[1.0; 441]);
        assert!(weighting.take() > 0.1);
        for _ in 0..200 {
            weighting.push(&[0.0; 441]);
            weighting.take();
        }
        assert_eq!(weighting.take(), 0.0);
        assert!(weighting.pairs.iter().all(|state| state.shelf == [[0.0; 2]; 2]));
    }
}
