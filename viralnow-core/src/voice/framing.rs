//! Windows at an even distance in time over a signal that comes in blocks.

/// Cuts windows of `length` samples around the moments `first_s + k step_s`, as long as a window of `window_s` seconds lies
/// inside the signal.
#[derive(Debug)]
pub(super) struct Framing {
    rate: f64,
    first_s: f64,
    step_s: f64,
    window_s: f64,
    /// Samples of a window; even.
    length: usize,
    pending: Vec<f32>,
    /// Number of the first pending sample.
    start: u64,
    samples: u64,
    next: u64,
}

impl Framing {
    pub(super) fn new(rate: f64, first_s: f64, step_s: f64, window_s: f64, length: usize) -> Self {
        Self { rate, first_s, step_s, window_s, length, pending: Vec::new(), start: 0, samples: 0, next: 0 }
    }

    /// The moment of a frame.
    pub(super) fn time_s(&self, frame: usize) -> f64 {
        self.first_s + frame as f64 * self.step_s
    }

    /// Takes samples and hands on every window that is complete now.
    pub(super) fn push(&mut self, samples: &[f32], mut window: impl FnMut(&[f32])) {
        self.pending.extend_from_slice(samples);
        self.samples += samples.len() as u64;
        loop {
            let time_s = self.time_s(self.next as usize);
            if (time_s + self.window_s / 2.0) * self.rate > self.samples as f64 + 1e-6 {
                break;
            }
            // Sample i stands for the time from i to i + 1, so its middle is at i + 0.5; the window's two middle samples
            // are the ones on either side of the moment.
            let right = (time_s * self.rate - 0.5).floor() as u64 + 1;
            let from = right - (self.length / 2) as u64;
            let at = (from - self.start) as usize;
            window(&self.pending[at..at + self.length]);
            self.next += 1;
        }
        // The next window begins at most one step later.
        let right = (self.time_s(self.next as usize) * self.rate - 0.5).floor() as u64 + 1;
        let keep = (right - (self.length / 2) as u64).clamp(self.start, self.samples);
        self.pending.drain(..(keep - self.start) as usize);
        self.start = keep;
    }
}
