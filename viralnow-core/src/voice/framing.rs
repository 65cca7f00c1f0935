//! Windows at an even distance in time over a signal that comes in blocks.

/// Where the frames of an analysis stand in the sound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Grid {
    /// The first window begins with the sound. A live stream can be analysed so, and a longer sound only adds frames.
    #[default]
    FromStart,
    /// As Praat places them: as many frames as fit into the sound, and the same rest on either side.
    Centred,
}

impl Grid {
    /// The grid of a preset: Praat's in `reference`, the first one elsewhere.
    ///
    /// ```
    /// use viralnow_core::{Preset, voice::Grid};
    /// assert_eq!(Grid::of(Preset::Reference), Grid::Centred);
    /// assert_eq!(Grid::of(Preset::Balanced), Grid::FromStart);
    /// ```
    #[must_use]
    pub const fn of(preset: crate::Preset) -> Self {
        match preset {
            crate::Preset::Reference => Self::Centred,
            _ => Self::FromStart,
        }
    }

    /// The moment of the first frame and how many fit.
    pub(super) fn place(self, samples: u64, rate: f64, window_s: f64, step_s: f64) -> (f64, u64) {
        let duration_s = samples as f64 * (1.0 / rate);
        let room = duration_s - window_s;
        if !(room >= 0.0) {
            return (window_s / 2.0, 0);
        }
        match self {
            Self::FromStart => (window_s / 2.0, (room / step_s + 1e-9).floor() as u64 + 1),
            Self::Centred => {
                let steps = (room / step_s).floor();
                ((duration_s - steps * step_s) / 2.0, steps as u64 + 1)
            }
        }
    }
}

/// Zeros before the signal, for the first window of an analysis that looks further than the one which sets the frames.
const LEAD: u64 = 64;

/// Cuts windows of `length` samples around the moments `first_s + k step_s`, as long as a window of `window_s` seconds lies
/// inside the signal. A window that is longer than that reaches into zeros on either side.
#[derive(Debug)]
pub(super) struct Framing {
    rate: f64,
    first_s: f64,
    step_s: f64,
    window_s: f64,
    /// Samples of a window; even, where it lies around its moment.
    length: usize,
    /// Seconds from the start of a window to its moment, where it does not lie around it.
    before_s: Option<f64>,
    pending: Vec<f32>,
    /// Number of the first pending sample, counted from `LEAD` before the signal.
    start: u64,
    samples: u64,
    next: u64,
}

impl Framing {
    pub(super) fn new(rate: f64, first_s: f64, step_s: f64, window_s: f64, length: usize) -> Self {
        let pending = vec![0.0; LEAD as usize];
        Self {
            rate,
            first_s,
            step_s,
            window_s,
            length,
            before_s: None,
            pending,
            start: 0,
            samples: 0,
            next: 0,
        }
    }

    /// Lets windows start at the sample before this many seconds before their moments.
    pub(super) fn starting(self, before_s: f64) -> Self {
        Self { before_s: Some(before_s), ..self }
    }

    /// The moment of a frame.
    pub(super) fn time_s(&self, frame: usize) -> f64 {
        self.first_s + frame as f64 * self.step_s
    }

    /// Frames handed on so far.
    pub(super) fn frames(&self) -> u64 {
        self.next
    }

    /// Takes samples and hands on every window that is complete now.
    pub(super) fn push(&mut self, samples: &[f32], window: impl FnMut(&[f32])) {
        self.push_until(u64::MAX, samples, window);
    }

    /// The same of the frames before this one; the others wait.
    pub(super) fn push_until(&mut self, frames: u64, samples: &[f32], mut window: impl FnMut(&[f32])) {
        self.pending.extend_from_slice(samples);
        self.samples += samples.len() as u64;
        while self.next < frames {
            let time_s = self.time_s(self.next as usize);
            let from = self.begin(time_s);
            if (time_s + self.window_s / 2.0) * self.rate > self.samples as f64 + 1e-6
                || from + self.length as u64 > self.samples + LEAD
            {
                break;
            }
            let at = (from - self.start) as usize;
            window(&self.pending[at..at + self.length]);
            self.next += 1;
        }
        let keep = self.begin(self.time_s(self.next as usize)).clamp(self.start, self.samples + LEAD);
        self.pending.drain(..(keep - self.start) as usize);
        self.start = keep;
    }

    /// Hands on the frames up to this many that reach beyond the end.
    pub(super) fn finish(&mut self, frames: u64, mut window: impl FnMut(&[f32])) {
        while self.next < frames {
            let from = self.begin(self.time_s(self.next as usize));
            let end = (from + self.length as u64 - self.start) as usize;
            self.pending.resize(self.pending.len().max(end), 0.0);
            window(&self.pending[end - self.length..end]);
            self.next += 1;
        }
    }

    /// Number of the first sample of the window around a moment.
    ///
    /// Sample i stands for the time from i to i + 1, so its middle is at i + 0.5; the window's two middle samples are the
    /// ones on either side of the moment.
    fn begin(&self, time_s: f64) -> u64 {
        let first = match self.before_s {
            Some(before_s) => ((time_s - before_s) * self.rate - 0.5).floor() as i64,
            None => (time_s * self.rate - 0.5).floor() as i64 + 1 - (self.length / 2) as i64,
        };
        (first + LEAD as i64).max(0) as u64
    }
}
