//! What the samples of a frame tell: zero crossings and level.

use crate::dsp::stft::Framing;
use crate::dsp::wide::wide;
use std::collections::VecDeque;

/// Samples within this of zero are zero (librosa's threshold), which counts as positive.
const ZERO: f32 = 1e-10;

/// The sums over a piece that frames are made of.
#[derive(Debug, Clone, Copy, Default)]
struct Piece {
    /// Changes of sign from the sample before to each of this piece.
    crossings: u32,
    /// Whether the first of them is one.
    crosses_at_start: bool,
    /// Sums of squares, of every [`LANES`]th sample.
    energy: [f64; LANES],
}

/// Squares that are summed side by side.
const LANES: usize = 4;

impl Piece {
    /// Takes the samples from number `at` of the piece on, the one before them having this sign.
    fn take(&mut self, samples: &[f32], at: usize, before: bool) {
        let (ahead, whole) = samples.split_at(samples.len().min(at.next_multiple_of(LANES) - at));
        for (i, &sample) in ahead.iter().enumerate() {
            self.energy[(at + i) % LANES] += f64::from(sample) * f64::from(sample);
        }
        self.crossings +=
            u32::from(is_negative(samples[0]) != before) + measure(samples, whole, &mut self.energy);
    }
}

fn is_negative(sample: f32) -> bool {
    sample < -ZERO
}

wide! {
    /// Counts the changes of sign between samples, and adds squares.
    fn measure(samples: &[f32], squared: &[f32], energy: &mut [f64; LANES]) -> u32 {
        let mut sums = *energy;
        let (chunks, rest) = squared.as_chunks::<LANES>();
        for chunk in chunks {
            for (sum, &sample) in sums.iter_mut().zip(chunk) {
                *sum += f64::from(sample) * f64::from(sample);
            }
        }
        for (sum, &sample) in sums.iter_mut().zip(rest) {
            *sum += f64::from(sample) * f64::from(sample);
        }
        *energy = sums;
        let pairs = samples.iter().zip(&samples[1..]);
        pairs.map(|(&a, &b)| u32::from(is_negative(a) != is_negative(b))).sum()
    }
}

/// Zero crossing rate (librosa: edge padding) and root mean square (librosa: zero padding), streaming. Frames are made of
/// pieces whose length divides frame, hop and padding; with the default framing, frame `k` is centred on sample `512 k` and
/// made of the pieces `k - 2` to `k + 1` of 512 samples.
#[derive(Debug)]
pub(super) struct Temporal {
    framing: Framing,
    /// Samples of a piece.
    size: usize,
    /// The last pieces, as many as a frame has.
    pieces: VecDeque<Piece>,
    current: Piece,
    filled: usize,
    /// Sign of the last sample.
    negative: Option<bool>,
    /// Pieces that are still to close before the next frame is complete.
    wanted: usize,
    samples: u64,
    pub(super) zero_crossing_rate: Vec<f32>,
    pub(super) rms: Vec<f32>,
}

impl Temporal {
    pub(super) fn new(framing: Framing) -> Self {
        let common = |a: usize, b: usize| {
            let (mut a, mut b) = (a, b);
            while b > 0 {
                (a, b) = (b, a % b);
            }
            a
        };
        let size = common(common(framing.n_fft, framing.hop), framing.padding());
        let span = framing.n_fft / size;
        let before = framing.padding() / size;
        Self {
            framing,
            size,
            pieces: std::iter::repeat_n(Piece::default(), before).collect(),
            current: Piece::default(),
            filled: 0,
            negative: None,
            wanted: span - before,
            samples: 0,
            zero_crossing_rate: Vec::new(),
            rms: Vec::new(),
        }
    }

    pub(super) fn reserve(&mut self, frames: usize) {
        self.zero_crossing_rate.reserve(frames);
        self.rms.reserve(frames);
    }

    pub(super) fn push(&mut self, mut samples: &[f32]) {
        self.samples += samples.len() as u64;
        while !samples.is_empty() {
            let (now, rest) = samples.split_at(samples.len().min(self.size - self.filled));
            let (first, last) = (is_negative(now[0]), is_negative(now[now.len() - 1]));
            // Before the first sample there is none to differ from.
            let before = self.negative.unwrap_or(first);
            if self.filled == 0 {
                self.current.crosses_at_start = first != before;
            }
            self.current.take(now, self.filled, before);
            self.negative = Some(last);
            self.filled += now.len();
            if self.filled == self.size {
                self.close_piece();
            }
            samples = rest;
        }
    }

    /// The frames that reach beyond the end.
    pub(super) fn finish(&mut self) {
        let frames = self.framing.frames(self.samples) as usize;
        while self.rms.len() < frames {
            self.close_piece();
        }
        // A frame that ends with the last sample but starts beyond the count is none.
        self.zero_crossing_rate.truncate(frames);
        self.rms.truncate(frames);
    }

    fn close_piece(&mut self) {
        let span = self.framing.n_fft / self.size;
        if self.pieces.len() == span {
            self.pieces.pop_front();
        }
        self.pieces.push_back(std::mem::take(&mut self.current));
        self.filled = 0;
        self.wanted -= 1;
        if self.wanted == 0 {
            self.wanted = self.framing.hop / self.size;
            // The step into the first sample of a frame is not inside it.
            let crossings: u32 = self.pieces.iter().map(|piece| piece.crossings).sum();
            let outside = u32::from(self.pieces[0].crosses_at_start);
            let energy: f64 = self.pieces.iter().flat_map(|piece| piece.energy).sum();
            let n = self.framing.n_fft as f64;
            self.zero_crossing_rate.push((f64::from(crossings - outside) / n) as f32);
            self.rms.push((energy / n).sqrt() as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_with(framing: Framing, signal: &[f32], block: usize) -> Temporal {
        let mut temporal = Temporal::new(framing);
        signal.chunks(block).for_each(|chunk| temporal.push(chunk));
        temporal.finish();
        temporal
    }

    fn run(signal: &[f32], block: usize) -> Temporal {
        run_with(Framing::default(), signal, block)
    }

    #[test]
    fn an_alternating_signal_crosses_everywhere() {
        let signal: Vec<f32> = (0..8192).map(|i| if i % 2 == 0 { 0.5 } else { -0.5 }).collect();
        let temporal = run(&signal, 777);
        assert_eq!(temporal.rms.len(), 17);
        // 2047 steps inside 2048 samples; only 1023 of them inside the signal for the first frame.
        assert_eq!(temporal.zero_crossing_rate[8], 2047.0 / 2048.0);
        assert_eq!(temporal.zero_crossing_rate[0], 1023.0 / 2048.0);
        assert_eq!(temporal.rms[8], 0.5);
        assert!((temporal.rms[0] - 0.5 * 0.5_f32.sqrt()).abs() < 1e-7);
    }

    #[test]
    fn blocks_do_not_matter_and_short_signals_have_one_frame() {
        let signal: Vec<f32> = (0..5000).map(|i| ((i * 7919) % 997) as f32 / 498.5 - 1.0).collect();
        let whole = run(&signal, 5000);
        let pieces = run(&signal, 1);
        assert_eq!(whole.rms, pieces.rms);
        assert_eq!(whole.zero_crossing_rate, pieces.zero_crossing_rate);
        assert_eq!(run(&[0.5], 1).rms.len(), 1);
        assert!(run(&[], 1).rms.is_empty());
    }

    #[test]
    fn frames_of_any_form_are_those_of_the_definition() {
        let signal: Vec<f32> = (0..3000).map(|i| ((i * 7919) % 997) as f32 / 498.5 - 1.0).collect();
        for (n_fft, hop, centred) in
            [(2048, 512, true), (400, 160, true), (401, 100, true), (256, 1000, true), (300, 70, false)]
        {
            let framing = Framing { n_fft, window: n_fft, hop, centred };
            let found = run_with(framing, &signal, 333);
            assert_eq!(found.rms.len() as u64, framing.frames(3000), "{framing:?}");
            for frame in 0..found.rms.len() {
                let start = (frame * hop) as i64 - framing.padding() as i64;
                let places = (start..start + n_fft as i64).filter(|at| (0..3000).contains(at));
                let inside: Vec<f64> = places.map(|at| f64::from(signal[at as usize])).collect();
                let rms = (inside.iter().map(|s| s * s).sum::<f64>() / n_fft as f64).sqrt();
                let crossings = inside.windows(2).filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0)).count();
                assert!((f64::from(found.rms[frame]) - rms).abs() < 1e-6, "{framing:?} {frame}");
                let rate = (crossings as f64 / n_fft as f64) as f32;
                assert_eq!(found.zero_crossing_rate[frame], rate, "{framing:?} {frame}");
            }
        }
    }
}
