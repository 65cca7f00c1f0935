//! A stream's loudness after EBU R 128, at its own rate and channels.

use super::super::Loudness;
use super::windows::{STEPS_PER_S, Windows, in_db, range};
use crate::dsp::LARGEST_SAMPLE;
use crate::media::AudioBlock;
use ebur128::{Channel, EbuR128, Mode};
use std::collections::BTreeMap;

/// Samples of a second, all channels counted, that are metered at most: 16 channels at 192 kHz. The meter keeps half a
/// second of them.
const MOST: u64 = 16 * 192_000;
/// Lowest rate: the weighting filter has its shelf at 1.7 kHz.
const LOWEST_RATE: u32 = 4000;
/// Short-term values that a range needs at least, and from where on it is stable; ten a second, after the first 3 s.
/// EBU Tech 3341 (2.4) has a range of less than 60 s called unstable. Tech 3342 names no shortest programme, but warns of
/// very short ones; below 10 s there are not even three windows of 3 s that do not overlap, and what is called the
/// distribution is one passage.
const RANGE_LEAST: usize = 71;
const RANGE_STABLE: usize = 571;

/// Meters a stream. The weights are those of ITU-R BS.1770-4: 1 for front and rear channels, 1.41 for the sides, none for
/// the low-frequency channel; a mono stream counts once. The filters, the gated loudness and the true peak are those of
/// the crate `ebur128`; the momentary and the short-term loudness are taken from its energies a hundred times a second,
/// the range from ten a second: the crate's own takes one, which on a clip of 10 s is off by 1 LU and more.
/// Memory: 24 bytes for each 0.1 s.
#[derive(Default)]
pub(in crate::audio) struct Meter {
    r128: Option<EbuR128>,
    /// Steps since the rate was set, and frames until the next. Step `k` ends after `k rate / 100` frames, rounded down, so
    /// that steps keep to the clock at rates that are no multiple of 100.
    steps: u64,
    until_step: usize,
    pub(super) windows: Windows,
    /// Whether there was any sound.
    heard: bool,
    true_peak: f64,
    clean: Vec<f32>,
    unmeasured: Option<String>,
}

impl std::fmt::Debug for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meter").field("heard", &self.heard).finish_non_exhaustive()
    }
}

impl Meter {
    pub(in crate::audio) fn push(&mut self, block: &AudioBlock<'_>) {
        let channels = usize::from(block.channels);
        if block.samples.is_empty() || channels == 0 || !self.fit(block.sample_rate, block.channels) {
            return;
        }
        self.heard = true;
        // One test for numbers that are none and for damage: neither is below the bound.
        if block.samples.iter().all(|s| s.abs() <= LARGEST_SAMPLE) {
            self.measure(block.samples, channels);
        } else {
            let mut clean = std::mem::take(&mut self.clean);
            clean.clear();
            clean.extend(block.samples.iter().map(|&s| tame(s)));
            self.measure(&clean, channels);
            self.clean = clean;
        }
    }

    /// Makes the meter one for this rate and these channels; what was measured stays. Says whether there is such a meter.
    pub(super) fn fit(&mut self, rate: u32, channels: u16) -> bool {
        let count = u32::from(channels);
        if self.r128.as_ref().is_some_and(|meter| (meter.channels(), meter.rate()) == (count, rate)) {
            return true;
        }
        let fits = if rate < LOWEST_RATE || u64::from(count) * u64::from(rate) > MOST {
            false
        } else if let Some(meter) = &mut self.r128 {
            self.true_peak = self.true_peak.max(true_peak(meter));
            meter.change_parameters(count, rate).is_ok()
        } else {
            // Named one by one: `Mode::all()` would bring the histogram, which rounds to 0.1 LU.
            let mode = Mode::I | Mode::M | Mode::TRUE_PEAK;
            self.r128 = EbuR128::new(count, rate, mode).ok();
            self.r128.is_some()
        };
        match &mut self.r128 {
            Some(meter) if fits => {
                for (channel, &place) in (0..count).zip(layout(channels)) {
                    meter.set_channel(channel, place).expect("the channel is there");
                }
                self.windows.cut();
                self.steps = 0;
                self.until_step = step_frames(0, rate);
                true
            }
            _ => {
                self.unmeasured =
                    Some(format!("loudness is not measured at {rate} Hz with {count} channels"));
                false
            }
        }
    }

    fn measure(&mut self, mut samples: &[f32], channels: usize) {
        let Some(meter) = &mut self.r128 else { return };
        while !samples.is_empty() {
            let frames = self.until_step.min(samples.len() / channels);
            let (now, rest) = samples.split_at(frames * channels);
            meter.add_frames_f32(now).expect("whole frames of the meter's channels");
            samples = rest;
            self.until_step -= frames;
            if self.until_step == 0 {
                self.steps += 1;
                self.until_step = step_frames(self.steps, meter.rate());
                let loudness = meter.loudness_window(1000 / STEPS_PER_S).unwrap_or(f64::NEG_INFINITY);
                self.windows.push(10_f64.powf(loudness / 10.0));
            }
        }
    }

    /// The loudness of all that was heard; `missing` gets the reason for each value that is null.
    pub(in crate::audio) fn loudness(&self, missing: &mut BTreeMap<String, String>) -> Loudness {
        let Some(meter) = self.r128.as_ref().filter(|_| self.heard) else {
            let reason = self.unmeasured.clone().unwrap_or_else(|| "there is no sound".to_owned());
            missing.insert("loudness".to_owned(), reason);
            return Loudness::default();
        };
        let (momentary, short_term) = (&self.windows.momentary, &self.windows.short_term);
        let quiet = "the sound stays below the absolute gate of -70 LUFS";
        let silent = "the sound is digital silence";
        let unseen = momentary.energies.is_empty();
        let short = "the sound is shorter than 0.4 s";
        let range = (short_term.energies.len() >= RANGE_LEAST).then(|| range(&short_term.energies)).flatten();
        let peak = self.true_peak.max(true_peak(meter));
        let found = Loudness {
            integrated_lufs: meter.loudness_global().ok().filter(|lufs| lufs.is_finite()),
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

fn true_peak(meter: &EbuR128) -> f64 {
    (0..meter.channels()).filter_map(|channel| meter.true_peak(channel).ok()).fold(0.0, f64::max)
}

/// Where the channels stand, in the order of WAVE and `FFmpeg`. Three are left, right, centre; four are two front and two
/// rear; from nine on there is no common order and only the first eight count.
fn layout(channels: u16) -> &'static [Channel] {
    use Channel::{Center, Left, LeftSurround, Mm135, Mp135, Mp180, Right, RightSurround, Unused};
    match channels {
        1 => &[Center],
        2 => &[Left, Right],
        3 => &[Left, Right, Center],
        4 => &[Left, Right, LeftSurround, RightSurround],
        5 => &[Left, Right, Center, LeftSurround, RightSurround],
        6 => &[Left, Right, Center, Unused, LeftSurround, RightSurround],
        7 => &[Left, Right, Center, Unused, Mp180, LeftSurround, RightSurround],
        _ => &[Left, Right, Center, Unused, Mp135, Mm135, LeftSurround, RightSurround],
    }
}
