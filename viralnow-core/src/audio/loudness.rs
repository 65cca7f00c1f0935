//! Loudness after EBU R 128, at the stream's own rate and channels.

use super::Loudness;
use crate::media::AudioBlock;
use ebur128::{Channel, EbuR128, Mode};
use std::collections::BTreeMap;

/// Samples beyond this are damage.
const LARGEST: f32 = 1e6;
/// Samples of a second, all channels counted, that are metered at most: 16 channels at 192 kHz. The meter keeps three
/// seconds of them.
const MOST: u64 = 16 * 192_000;
/// Tenths of a second in the momentary and in the short-term loudness.
const MOMENTARY: usize = 4;
const SHORT_TERM: usize = 30;
/// What is softer counts for nothing, in LUFS.
const ABSOLUTE_GATE: f64 = -70.0;
/// What is this much softer than the mean does not count for the range, in LU (EBU Tech 3342).
const RANGE_GATE: f64 = -20.0;

/// Meters a stream. The weights are those of ITU-R BS.1770-4: 1 for front and rear channels, 1.41 for the sides, none for
/// the low-frequency channel; a mono stream counts once. The filters, the gated loudness and the true peak are those of
/// the crate `ebur128`; the momentary and the short-term loudness are taken from its energies ten times a second, and so
/// is the range: the crate's own takes one value a second, which on a clip of 10 s is off by 1 LU and more.
/// Memory: 16 bytes for each 0.1 s.
#[derive(Default)]
pub(super) struct Meter {
    r128: Option<EbuR128>,
    /// Frames until the next tenth of a second.
    until_tenth: usize,
    /// Energies of the last tenths, oldest first.
    tenths: Vec<f64>,
    /// Whether there was any sound, and whether 0.4 s of it in one piece.
    heard: bool,
    momentary_seen: bool,
    momentary_max: f64,
    /// Energies of every short-term window.
    short_terms: Vec<f64>,
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
    pub(super) fn push(&mut self, block: &AudioBlock<'_>) {
        let channels = usize::from(block.channels);
        if block.samples.is_empty() || channels == 0 || !self.fit(block) {
            return;
        }
        self.heard = true;
        // One test for numbers that are none and for damage: neither is below the bound.
        if block.samples.iter().all(|s| s.abs() <= LARGEST) {
            self.measure(block.samples, channels);
        } else {
            let mut clean = std::mem::take(&mut self.clean);
            clean.clear();
            let tame = |&s: &f32| if s.is_finite() { s.clamp(-LARGEST, LARGEST) } else { 0.0 };
            clean.extend(block.samples.iter().map(tame));
            self.measure(&clean, channels);
            self.clean = clean;
        }
    }

    /// Makes the meter one for this rate and these channels; what was measured stays.
    fn fit(&mut self, block: &AudioBlock<'_>) -> bool {
        let (channels, rate) = (u32::from(block.channels), block.sample_rate);
        if self.r128.as_ref().is_some_and(|meter| (meter.channels(), meter.rate()) == (channels, rate)) {
            return true;
        }
        let fits = if u64::from(channels) * u64::from(rate) > MOST {
            false
        } else if let Some(meter) = &mut self.r128 {
            self.true_peak = self.true_peak.max(true_peak(meter));
            meter.change_parameters(channels, rate).is_ok()
        } else {
            // Named one by one: `Mode::all()` would bring the histogram, which rounds to 0.1 LU.
            let mode = Mode::I | Mode::M | Mode::TRUE_PEAK;
            self.r128 = EbuR128::new(channels, rate, mode).ok();
            self.r128.is_some()
        };
        match &mut self.r128 {
            Some(meter) if fits => {
                for (channel, &place) in (0..channels).zip(layout(block.channels)) {
                    meter.set_channel(channel, place).expect("the channel is there");
                }
                self.tenths.clear();
                self.until_tenth = tenth(rate);
                true
            }
            _ => {
                self.unmeasured =
                    Some(format!("loudness is not measured at {rate} Hz with {channels} channels"));
                false
            }
        }
    }

    fn measure(&mut self, mut samples: &[f32], channels: usize) {
        let Some(meter) = &mut self.r128 else { return };
        while !samples.is_empty() {
            let frames = self.until_tenth.min(samples.len() / channels);
            let (now, rest) = samples.split_at(frames * channels);
            meter.add_frames_f32(now).expect("whole frames of the meter's channels");
            samples = rest;
            self.until_tenth -= frames;
            if self.until_tenth == 0 {
                self.until_tenth = tenth(meter.rate());
                let loudness = meter.loudness_window(100).unwrap_or(f64::NEG_INFINITY);
                if self.tenths.len() == SHORT_TERM {
                    self.tenths.remove(0);
                }
                self.tenths.push(10_f64.powf(loudness / 10.0));
                let mean = |last: usize| {
                    let from = self.tenths.len().checked_sub(last)?;
                    Some(self.tenths[from..].iter().sum::<f64>() / last as f64)
                };
                if let Some(momentary) = mean(MOMENTARY) {
                    self.momentary_seen = true;
                    self.momentary_max = self.momentary_max.max(momentary);
                }
                self.short_terms.extend(mean(SHORT_TERM));
            }
        }
    }

    /// The loudness of the whole; `missing` gets the reason for each value that is null.
    pub(super) fn finish(&self, missing: &mut BTreeMap<String, String>) -> Loudness {
        let Some(meter) = self.r128.as_ref().filter(|_| self.heard) else {
            let reason = self.unmeasured.clone().unwrap_or_else(|| "there is no sound".to_owned());
            missing.insert("loudness".to_owned(), reason);
            return Loudness::default();
        };
        let mut say = |name: &str, reason: &str| {
            missing.insert(format!("loudness.{name}"), reason.to_owned());
        };
        let quiet = "the sound stays below the absolute gate of -70 LUFS";
        let silent = "the sound is digital silence";
        let short = "the sound is shorter than 0.4 s";
        let integrated = meter.loudness_global().ok().filter(|lufs| lufs.is_finite());
        if integrated.is_none() {
            say("integrated_lufs", if self.momentary_seen { quiet } else { short });
        }
        let momentary = in_db(self.momentary_max);
        if momentary.is_none() {
            say("momentary_max_lufs", if self.momentary_seen { silent } else { short });
        }
        let short = "the sound is shorter than 3 s";
        let short_term = in_db(self.short_terms.iter().copied().fold(0.0, f64::max));
        if short_term.is_none() {
            say("short_term_max_lufs", if self.short_terms.is_empty() { short } else { silent });
        }
        let range = range(&self.short_terms);
        if range.is_none() {
            say("range_lu", if self.short_terms.is_empty() { short } else { quiet });
        }
        let peak = self.true_peak.max(true_peak(meter));
        let peak_db = in_db(peak * peak);
        if peak_db.is_none() {
            say("true_peak_dbtp", "the sound is digital silence");
        }
        Loudness {
            integrated_lufs: integrated,
            range_lu: range,
            true_peak_dbtp: peak_db,
            momentary_max_lufs: momentary,
            short_term_max_lufs: short_term,
        }
    }
}

fn in_db(power: f64) -> Option<f64> {
    (power > 0.0).then(|| 10.0 * power.log10()).filter(|db| db.is_finite())
}

/// Loudness range (EBU Tech 3342): from the 10th to the 95th percentile of the short-term loudness above both gates.
fn range(short_terms: &[f64]) -> Option<f64> {
    let loud = 10_f64.powf(ABSOLUTE_GATE / 10.0);
    let mut kept: Vec<f64> = short_terms.iter().copied().filter(|&energy| energy >= loud).collect();
    let gate = kept.iter().sum::<f64>() / kept.len() as f64 * 10_f64.powf(RANGE_GATE / 10.0);
    kept.retain(|&energy| energy >= gate);
    kept.sort_unstable_by(f64::total_cmp);
    let last = kept.len().checked_sub(1)? as f64;
    let percentile = |share: f64| in_db(kept[(last * share).round() as usize]);
    Some(percentile(0.95)? - percentile(0.1)?)
}

/// Frames of a tenth of a second, as the meter counts them.
fn tenth(rate: u32) -> usize {
    (rate as usize + 5) / 10
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
