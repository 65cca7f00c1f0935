//! What the samples of a frame tell: zero crossings and level. Frames of 2048 samples, 512 apart, centred.

use crate::dsp::stft::{FRAME, HOP};

/// Samples within this of zero are zero (librosa's threshold), which counts as positive.
const ZERO: f32 = 1e-10;
/// Hops of one frame.
const SPAN: usize = FRAME / HOP;

/// The sums over one hop of samples.
#[derive(Debug, Clone, Copy, Default)]
struct Hop {
    /// Changes of sign from the sample before to each of this hop.
    crossings: u32,
    /// Whether the first of them is one.
    crosses_at_start: bool,
    /// Sum of squares.
    energy: f64,
}

/// Zero crossing rate (librosa: edge padding) and root mean square (librosa: zero padding), streaming. Frame `k` is
/// centred on sample `512 k`, so it is made of the hops `k - 2` to `k + 1`.
#[derive(Debug, Default)]
pub(super) struct Temporal {
    hops: [Hop; SPAN],
    current: Hop,
    filled: usize,
    /// Sign of the last sample.
    negative: Option<bool>,
    whole_hops: u64,
    samples: u64,
    pub(super) zero_crossing_rate: Vec<f32>,
    pub(super) rms: Vec<f32>,
}

impl Temporal {
    pub(super) fn reserve(&mut self, frames: usize) {
        self.zero_crossing_rate.reserve(frames);
        self.rms.reserve(frames);
    }

    pub(super) fn push(&mut self, mut samples: &[f32]) {
        self.samples += samples.len() as u64;
        while !samples.is_empty() {
            let (now, rest) = samples.split_at(samples.len().min(HOP - self.filled));
            for (i, &sample) in now.iter().enumerate() {
                let negative = sample < -ZERO;
                let crosses = self.negative.is_some_and(|before| before != negative);
                self.negative = Some(negative);
                self.current.crossings += u32::from(crosses);
                if self.filled + i == 0 {
                    self.current.crosses_at_start = crosses;
                }
                self.current.energy += f64::from(sample) * f64::from(sample);
            }
            self.filled += now.len();
            if self.filled == HOP {
                self.close_hop();
            }
            samples = rest;
        }
    }

    /// The frames that reach beyond the end; there are `1 + n / 512` in all.
    pub(super) fn finish(&mut self) {
        let frames = if self.samples == 0 { 0 } else { 1 + (self.samples / HOP as u64) as usize };
        while self.rms.len() < frames {
            self.close_hop();
        }
    }

    fn close_hop(&mut self) {
        self.hops.rotate_left(1);
        self.hops[SPAN - 1] = std::mem::take(&mut self.current);
        self.filled = 0;
        self.whole_hops += 1;
        // Frame 0 is complete with hop 1.
        if self.whole_hops >= 2 {
            // The step into the first sample of a frame is not inside it.
            let crossings: u32 = self.hops.iter().map(|hop| hop.crossings).sum();
            let outside = u32::from(self.hops[0].crosses_at_start);
            let energy: f64 = self.hops.iter().map(|hop| hop.energy).sum();
            self.zero_crossing_rate.push((crossings - outside) as f32 / FRAME as f32);
            self.rms.push((energy / FRAME as f64).sqrt() as f32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(signal: &[f32], block: usize) -> Temporal {
        let mut temporal = Temporal::default();
        signal.chunks(block).for_each(|chunk| temporal.push(chunk));
        temporal.finish();
        temporal
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
}
