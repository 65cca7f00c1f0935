//! What the frames give, before smoothing.

use super::short::Row;

/// What the frames of 60 ms give of the voice; 0 where the frame is unvoiced.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Voice {
    /// Fundamental frequency, in semitones above 27.5 Hz.
    pub(super) f0_semitones: f32,
    pub(super) jitter: f32,
    pub(super) shimmer_db: f32,
    pub(super) hnr_db: f32,
    pub(super) h1_h2_db: f32,
    pub(super) h1_a3_db: f32,
}

/// The formants of a short frame: frequencies and bandwidths in Hz (0 where there is none or was not asked for), amplitudes
/// in dB relative to the fundamental.
#[derive(Debug, Clone, Copy)]
pub(super) struct FormantRow {
    pub(super) hz: [f32; 3],
    pub(super) bandwidth_hz: [f32; 3],
    pub(super) level_db: [f32; 3],
}

/// The contours, or their last part.
#[derive(Debug, Default)]
pub(super) struct Contours {
    /// Frames before the first one here.
    pub(super) dropped: usize,
    /// One for each frame of 20 ms.
    pub(super) short: Vec<Row>,
    pub(super) formants: Vec<FormantRow>,
    /// One for each frame of 60 ms; four fewer than of the others.
    pub(super) voice: Vec<Voice>,
}

impl Contours {
    /// Frames of 20 ms so far.
    pub(super) fn shorts(&self) -> usize {
        self.dropped + self.short.len()
    }

    /// Frames of 60 ms so far whose fundamental frequency is decided.
    pub(super) fn voices(&self) -> usize {
        self.dropped + self.voice.len()
    }

    /// Frees the frames before this one.
    pub(super) fn drop_before(&mut self, frame: usize) {
        let count = frame.saturating_sub(self.dropped).min(self.voice.len());
        self.short.drain(..count);
        self.formants.drain(..count);
        self.voice.drain(..count);
        self.dropped += count;
    }
}
