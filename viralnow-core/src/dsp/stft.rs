//! The short-time Fourier transform, streaming.

use super::real_fft::RealFft;
use super::window::hann_periodic;

/// Samples of one frame of the shared analysis.
pub(crate) const FRAME: usize = 2048;
/// Samples from one frame of the shared analysis to the next.
pub(crate) const HOP: usize = 512;
/// Frequencies of one frame of the shared analysis.
pub(crate) const BINS: usize = FRAME / 2 + 1;

/// How a signal is cut into frames. The default is that of the shared analysis, and librosa's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Framing {
    /// Samples of one frame, at least 2.
    pub(crate) n_fft: usize,
    /// Samples of the window, centred in the frame with zeros around it; 1 to `n_fft`.
    pub(crate) window: usize,
    /// Samples from one frame to the next, at least 1.
    pub(crate) hop: usize,
    /// Whether frame `k` is centred on sample `k hop` (with zeros before and after the signal) or starts there.
    pub(crate) centred: bool,
}

impl Default for Framing {
    fn default() -> Self {
        Self { n_fft: FRAME, window: FRAME, hop: HOP, centred: true }
    }
}

impl Framing {
    /// Frequencies of one frame.
    pub(crate) fn bins(&self) -> usize {
        self.n_fft / 2 + 1
    }

    /// Zeros before the signal, and after it.
    pub(crate) fn padding(&self) -> usize {
        if self.centred { self.n_fft / 2 } else { 0 }
    }

    /// Frames of so many samples. None without samples.
    pub(crate) fn frames(&self, samples: u64) -> u64 {
        let padded = samples + 2 * self.padding() as u64;
        match padded.checked_sub(self.n_fft as u64) {
            Some(room) if samples > 0 => 1 + room / self.hop as u64,
            _ => 0,
        }
    }
}

/// Magnitudes of librosa's `stft(window="hann", center=..., pad_mode="constant")`. With the default framing frame `k` is
/// centred on sample `512 k`, and `n` samples give `1 + n / 512` frames. The transform is in double precision, as librosa's
/// is. It keeps one frame of samples, whatever the length of the signal.
pub(crate) struct Stft {
    framing: Framing,
    transform: RealFft,
    window: Vec<f64>,
    /// Samples from the start of the next frame on; begins as the zeros before the signal.
    pending: Vec<f32>,
    /// Samples that lie between two frames and are still to come, where the hop is longer than the frame.
    skip: usize,
    samples: u64,
    frames: u64,
}

impl std::fmt::Debug for Stft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stft")
            .field("framing", &self.framing)
            .field("samples", &self.samples)
            .field("frames", &self.frames)
            .finish_non_exhaustive()
    }
}

impl Stft {
    /// With the framing of the shared analysis.
    pub(crate) fn new() -> Self {
        Self::with(Framing::default())
    }

    /// With this framing.
    pub(crate) fn with(framing: Framing) -> Self {
        let mut window = vec![0.0; framing.n_fft];
        let before = (framing.n_fft - framing.window) / 2;
        window[before..before + framing.window].copy_from_slice(&hann_periodic(framing.window));
        Self {
            framing,
            window,
            pending: vec![0.0; framing.padding()],
            skip: 0,
            transform: RealFft::new(framing.n_fft),
            samples: 0,
            frames: 0,
        }
    }

    /// Frames given so far.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// Takes samples and appends the magnitudes of the frames that are complete now, [`Framing::bins`] each.
    pub(crate) fn push(&mut self, samples: &[f32], magnitudes: &mut Vec<f32>) {
        self.samples += samples.len() as u64;
        let skipped = self.skip.min(samples.len());
        self.skip -= skipped;
        self.pending.extend_from_slice(&samples[skipped..]);
        self.drain(u64::MAX, magnitudes);
    }

    /// Appends the frames that reach beyond the end.
    pub(crate) fn finish(&mut self, magnitudes: &mut Vec<f32>) {
        let zeros = self.framing.padding().saturating_sub(self.skip);
        self.pending.resize(self.pending.len() + zeros, 0.0);
        self.drain(self.framing.frames(self.samples), magnitudes);
    }

    fn drain(&mut self, until: u64, magnitudes: &mut Vec<f32>) {
        let Framing { n_fft, hop, .. } = self.framing;
        let mut start = 0;
        while self.frames < until && self.pending.len() >= start + n_fft {
            let frame = &self.pending[start..start + n_fft];
            self.transform.magnitudes(frame, &self.window, magnitudes);
            start += hop;
            self.frames += 1;
        }
        let gone = start.min(self.pending.len());
        self.skip += start - gone;
        self.pending.drain(..gone);
    }
}

/// Hands every frame's magnitudes of a whole signal to `each`, one frame at a time and without keeping them.
pub(crate) fn each_spectrum(signal: &[f32], framing: Framing, mut each: impl FnMut(&[f32])) {
    let mut stft = Stft::with(framing);
    let mut magnitudes = Vec::new();
    // About a hundred thousand magnitudes at a time.
    let block = (100_000 / framing.bins()).saturating_mul(framing.hop).clamp(framing.n_fft, 1 << 20);
    for samples in signal.chunks(block) {
        magnitudes.clear();
        stft.push(samples, &mut magnitudes);
        magnitudes.chunks_exact(framing.bins()).for_each(&mut each);
    }
    magnitudes.clear();
    stft.finish(&mut magnitudes);
    magnitudes.chunks_exact(framing.bins()).for_each(&mut each);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn stft_with(framing: Framing, signal: &[f32], block: usize) -> Vec<f32> {
        let (mut stft, mut out) = (Stft::with(framing), Vec::new());
        signal.chunks(block).for_each(|chunk| stft.push(chunk, &mut out));
        stft.finish(&mut out);
        out
    }

    fn stft(signal: &[f32], block: usize) -> Vec<f32> {
        stft_with(Framing::default(), signal, block)
    }

    /// Hops shorter and longer than the frame, odd lengths, short windows, from the start or centred.
    fn framings() -> Vec<Framing> {
        [
            (2048, 2048, 512, true),
            (400, 400, 160, true),
            (401, 401, 100, true),
            (512, 400, 160, true),
            (256, 256, 1000, true),
            (256, 255, 256, false),
            (100, 100, 333, false),
            (2, 1, 1, true),
        ]
        .map(|(n_fft, window, hop, centred)| Framing { n_fft, window, hop, centred })
        .into()
    }

    #[test]
    fn the_number_of_frames_is_librosas() {
        for n in [1, 511, 512, 513, 1023, 1024, 1025, 2048, 5000, 16_000] {
            assert_eq!(stft(&vec![0.1; n], 700).len(), (1 + n / 512) * BINS, "{n}");
            for framing in framings() {
                let frames = stft_with(framing, &vec![0.1; n], 700).len() / framing.bins();
                assert_eq!(frames as u64, framing.frames(n as u64), "{n} {framing:?}");
            }
        }
        assert!(stft(&[], 1).is_empty());
    }

    #[test]
    fn blocks_of_any_size_give_the_same_bits() {
        let signal: Vec<f32> = (0..10_000).map(|i| ((i * i) % 977) as f32 / 977.0 - 0.5).collect();
        for framing in framings() {
            let whole = stft_with(framing, &signal, 10_000);
            for block in [1, 160, 512, 2048, 3333] {
                assert_eq!(stft_with(framing, &signal, block), whole, "{block} {framing:?}");
            }
            let mut frames = Vec::new();
            each_spectrum(&signal, framing, |magnitudes| frames.extend_from_slice(magnitudes));
            assert_eq!(frames, whole, "{framing:?}");
        }
    }

    #[test]
    fn every_frame_is_the_transform_by_definition() {
        let signal: Vec<f32> = (0..1200).map(|i| ((i * 7919) % 997) as f32 / 498.5 - 1.0).collect();
        for framing in framings() {
            let out = stft_with(framing, &signal, 1200);
            for (k, frame) in out.chunks_exact(framing.bins()).enumerate().step_by(3) {
                let start = (k * framing.hop) as i64 - framing.padding() as i64;
                let before = (framing.n_fft - framing.window) / 2;
                for bin in [0, 1, framing.bins() / 2, framing.bins() - 1] {
                    let (mut re, mut im) = (0.0, 0.0);
                    for i in 0..framing.window {
                        let at = start + (before + i) as i64;
                        let sample = usize::try_from(at).ok().and_then(|at| signal.get(at)).unwrap_or(&0.0);
                        let hann = 0.5 - 0.5 * (2.0 * PI * i as f64 / framing.window as f64).cos();
                        let angle = 2.0 * PI * (bin * (before + i)) as f64 / framing.n_fft as f64;
                        re += f64::from(*sample) * hann * angle.cos();
                        im += f64::from(*sample) * hann * angle.sin();
                    }
                    let expected = re.hypot(im);
                    assert!((f64::from(frame[bin]) - expected).abs() < 1e-4, "{framing:?} {k} {bin}");
                }
            }
        }
    }

    #[test]
    fn a_sine_between_the_edges_has_half_its_window_weight() {
        // A cosine of amplitude a on bin 128 gives a N / 4 there, and half of that in the two bins beside it.
        let signal: Vec<f32> =
            (0..16_384).map(|i| (0.5 * (2.0 * PI * 128.0 * i as f64 / 2048.0).cos()) as f32).collect();
        let out = stft(&signal, 4096);
        let frame = &out[10 * BINS..11 * BINS];
        assert!((frame[128] - 256.0).abs() < 1e-3);
        assert!((frame[127] - 128.0).abs() < 1e-3 && (frame[129] - 128.0).abs() < 1e-3);
        assert!(frame.iter().enumerate().all(|(k, &m)| (127..=129).contains(&k) || m < 1e-3));
    }
}
