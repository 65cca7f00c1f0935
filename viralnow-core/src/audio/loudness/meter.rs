//! A stream's loudness after EBU R 128, at its own rate and channels.

use super::super::Loudness;
use super::true_peak::TruePeak;
use super::weighting::Weighting;
use super::windows::{STEPS_PER_S, Windows, in_db, integrated, range};
use crate::dsp::LARGEST_SAMPLE;
use crate::dsp::wide::wide;
use crate::media::AudioBlock;
use std::collections::BTreeMap;

/// Samples of a second, all channels counted, that are metered at most: 16 channels at 192 kHz.
const MOST: u64 = 16 * 192_000;
/// Lowest rate: the weighting filter has its shelf at 1.7 kHz.
const LOWEST_RATE: u32 = 4000;
/// Short-term values that a range needs at least, and from where on it is stable; ten a second, after the first 3 s.
/// EBU Tech 3341 (2.4) has a range of less than 60 s called unstable. Tech 3342 names no shortest programme, but warns of
/// very short ones; below 10 s there are not even three windows of 3 s that do not overlap, and what is called the
/// distribution is one passage.
const RANGE_LEAST: usize = 71;
const RANGE_STABLE: usize = 571;

/// Loudness of an energy of 1, in LUFS.
const OFFSET_DB: f64 = -0.691;
/// Frames that are measured at a time, so that each step finds them in the cache.
const PIECE: usize = 1 << 12;

wide! {
    /// Whether all are numbers and undamaged: neither what is none nor damage is below the bound.
    fn all_sound(samples: &[f32]) -> bool {
        samples.iter().fold(true, |sound, s| sound & (s.abs() <= LARGEST_SAMPLE))
    }
}

/// Meters a stream. The weights are those of ITU-R BS.1770-4: 1 for front and rear channels, 1.41 for the sides, none for
/// the low-frequency channel; a mono stream counts once. The sound is weighed once and its energy taken a hundred times a
/// second; the momentary and the short-term loudness are means of those energies, the gated loudness and the range are read
/// off the values of both that come ten times a second. Memory: 16 bytes for each 0.1 s.
#[derive(Debug, Default)]
pub(in crate::audio) struct Meter {
    stream: Option<Stream>,
    pub(super) windows: Windows,
    /// Whether there was any sound.
    heard: bool,
    /// Whether there was what is no number, or damage.
    pub(super) tamed: bool,
    /// Of the streams before.
    true_peak: f64,
    clean: Vec<f32>,
    unmeasured: Option<String>,
}

/// Sound of one rate and number of channels.
#[derive(Debug)]
struct Stream {
    rate: u32,
    channels: u16,
    weighting: Weighting,
    peak: TruePeak,
    /// Steps since the rate was set, and frames until the next. Step `k` ends after `k rate / 100` frames, rounded down, so
    /// that steps keep to the clock at rates that are no multiple of 100.
    steps: u64,
    until_step: usize,
}

impl Meter {
    pub(in crate::audio) fn push(&mut self, block: &AudioBlock<'_>) {
        if block.samples.is_empty() || block.channels == 0 || !self.fit(block.sample_rate, block.channels) {
            return;
        }
        self.heard = true;
        for samples in block.samples.chunks(PIECE * usize::from(block.channels)) {
            if all_sound(samples) {
                self.measure(samples);
            } else {
                self.tamed = true;
                let mut clean = std::mem::take(&mut self.clean);
                clean.clear();
                clean.extend(samples.iter().map(|&s| tame(s)));
                self.measure(&clean);
                self.clean = clean;
            }
        }
    }

    /// Makes the meter one for this rate and these channels; what was measured stays. Says whether there is such a meter.
    pub(super) fn fit(&mut self, rate: u32, channels: u16) -> bool {
        if self.stream.as_ref().is_some_and(|stream| (stream.channels, stream.rate) == (channels, rate)) {
            return true;
        }
        if rate < LOWEST_RATE || u64::from(channels) * u64::from(rate) > MOST {
            self.unmeasured = Some(format!("loudness is not measured at {rate} Hz with {channels} channels"));
            return false;
        }
        self.true_peak = self.peak();
        self.windows.cut();
        self.stream = Some(Stream {
            rate,
            channels,
            weighting: Weighting::new(rate, channels),
            peak: TruePeak::new(rate, channels),
            steps: 0,
            until_step: step_frames(0, rate),
        });
        true
    }

    /// The largest true peak so far.
    fn peak(&self) -> f64 {
        self.stream.as_ref().map_or(0.0, |stream| stream.peak.largest()).max(self.true_peak)
    }

    fn measure(&mut self, mut samples: &[f32]) {
        let Some(stream) = &mut self.stream else { return };
        stream.peak.push(samples);
        let channels = usize::from(stream.channels);
        let energy_at_0 = 10_f64.powf(OFFSET_DB / 10.0);
        while !samples.is_empty() {
            let frames = stream.until_step.min(samples.len() / channels);
            let (now, rest) = samples.split_at(frames * channels);
            stream.weighting.push(now);
            samples = rest;
            stream.until_step -= frames;
            if stream.until_step == 0 {
                stream.steps += 1;
                stream.until_step = step_frames(stream.steps, stream.rate);
                self.windows.push(energy_at_0 * stream.weighting.take());
            }
        }
    }

    /// The loudness of all that was heard; `missing` gets the reason for each value that is null.
    pub(in crate::audio) fn loudness(&self, missing: &mut BTreeMap<String, String>) -> Loudness {
        if !self.heard {
            let reason = self.unmeasured.clone().unwrap_or_else(|| "there is no sound".to_owned());
            missing.insert("loudness".to_owned(), reason);
            return Loudness::default();
        }
        let (momentary, short_term) = (&self.windows.momentary, &self.windows.short_term);
        let quiet = "the sound stays below the absolute gate of -70 LUFS";
        let silent = "the sound is digital silence";
        let unseen = momentary.energies.is_empty();
        let short = "the sound is shorter than 0.4 s";
        let range = (short_term.energies.len() >= RANGE_LEAST).then(|| range(&short_term.energies)).flatten();
        let peak = self.peak();
        let found = Loudness {
            integrated_lufs: integrated(&momentary.energies),
            range_lu: range,
            range_stable: range.map(|_| short_term.energies.len() >= RANGE_STABLE),
            true_peak_dbtp: in_db(peak * peak),
            momentary_max_lufs: in_db(momentary.max),
            short_term_max_lufs: in_db(short_term.max),
        };
        let not_range =
            if short_term.energies.len() < RANGE_LEAST { "the sound is shorter than 10 s" } else { quiet };
        for (name, there, reason) in [
            ("integrated_lufs", found.integrated_lufs.is_some(), if unseen { short } else { quiet }),
            ("range_lu", range.is_some(), not_range),
            ("range_stable", range.is_some(), not_range),
            ("true_peak_dbtp", found.true_peak_dbtp.is_some(), silent),
            ("momentary_max_lufs", found.momentary_max_lufs.is_some(), if unseen { short } else { silent }),
            (
                "short_term_max_lufs",
                found.short_term_max_lufs.is_some(),
                if short_term.energies.is_empty() { "the sound is shorter than 3 s" } else { silent },
            ),
        ] {
            if !there {
                missing.insert(format!("loudness.{name}"), reason.to_owned());
            }
        }
        found
    }
}

/// Frames of the step after so many.
fn step_frames(steps: u64, rate: u32) -> usize {
    let end = |steps: u64| steps * u64::from(rate) / u64::from(STEPS_PER_S);
    (end(steps + 1) - end(steps)) as usize
}

/// What is no number is silence, what is damage is bounded.
pub(super) fn tame(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-LARGEST_SAMPLE, LARGEST_SAMPLE) } else { 0.0 }
}
