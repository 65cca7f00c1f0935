//! The 88 numbers that sum the contours up, from their sums.

use super::Egemaps;
use super::slopes::Slopes;
use super::sums::{Moments, Sums};
use crate::dsp::percentile;
use std::collections::BTreeMap;

/// Gap in the voice that is bridged, and the shortest stretch of voice or pause that counts, in frames.
const BRIDGED: u32 = 1;
const SHORTEST: u32 = 3;
const STEP_S: f64 = 0.01;

const NO_VOICE: &str = "no frame is voiced";
const NO_SLOPE: &str = "the contour has no relevant extreme";
const ZERO_MEAN: &str = "the mean is 0";
const SILENT: &str = "the sound is digital silence";
const NO_PAUSES: &str = "no stretch is unvoiced";

/// Collects the functionals, or why they are not there.
#[derive(Default)]
struct Sheet {
    functionals: BTreeMap<String, f64>,
    missing: BTreeMap<String, String>,
}

impl Sheet {
    fn put(&mut self, name: String, value: Option<f64>, reason: &str) {
        match value.filter(|value| value.is_finite()) {
            Some(value) => self.functionals.insert(name, value).map_or((), |_| ()),
            None => self.missing.insert(name, reason.to_owned()).map_or((), |_| ()),
        }
    }

    /// Mean, and the standard deviation as a share of it.
    fn moments(&mut self, name: &str, values: &Moments, reason: &str) {
        let mean = values.mean();
        let share = mean.filter(|mean| *mean != 0.0).map(|mean| values.deviation() / mean);
        self.put(format!("{name}_amean"), mean, reason);
        self.put(format!("{name}_stddevNorm"), share, if mean.is_none() { reason } else { ZERO_MEAN });
    }

    /// The ten functionals of pitch and loudness.
    fn ten(&mut self, name: &str, contour: &[f32], reason: &str) {
        self.moments(name, &Moments::of(contour), reason);
        let mut values: Vec<f64> = contour.iter().map(|&v| f64::from(v)).collect();
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| (!values.is_empty()).then(|| percentile(&values, share));
        let (low, middle, high) = (at(0.2), at(0.5), at(0.8));
        self.put(format!("{name}_percentile20.0"), low, reason);
        self.put(format!("{name}_percentile50.0"), middle, reason);
        self.put(format!("{name}_percentile80.0"), high, reason);
        self.put(format!("{name}_pctlrange0-2"), low.zip(high).map(|(low, high)| high - low), reason);
        let slopes = Slopes::of(contour);
        let reason = if values.is_empty() { reason } else { NO_SLOPE };
        for (slopes, which) in [(slopes.rising, "Rising"), (slopes.falling, "Falling")] {
            self.put(format!("{name}_mean{which}Slope"), slopes.map(|s| s.0), reason);
            self.put(format!("{name}_stddev{which}Slope"), slopes.map(|s| s.1), reason);
        }
    }
}

/// Sums up a sound that has a frame of 60 ms.
pub(super) fn functionals(sums: &Sums) -> Egemaps {
    let mut sheet = Sheet::default();
    let (nothing, silent) = (Moments::default(), sums.power <= 0.0);
    sheet.ten("F0semitoneFrom27.5Hz_sma3nz", &sums.f0_semitones, NO_VOICE);
    sheet.ten("loudness_sma3", &sums.loudness, SILENT);
    let names = ["spectralFlux_sma3", "mfcc1_sma3", "mfcc2_sma3", "mfcc3_sma3", "mfcc4_sma3"];
    for (name, values) in names.into_iter().zip(&sums.whole) {
        sheet.moments(name, if silent { &nothing } else { values }, SILENT);
    }
    let names = [
        "jitterLocal_sma3nz",
        "shimmerLocaldB_sma3nz",
        "HNRdBACF_sma3nz",
        "logRelF0-H1-H2_sma3nz",
        "logRelF0-H1-A3_sma3nz",
    ];
    for (name, values) in names.into_iter().zip(&sums.of_voice) {
        sheet.moments(name, values, NO_VOICE);
    }
    let any_voice = !sums.f0_semitones.is_empty();
    for (n, [hz, width, level]) in (1..).zip(&sums.formants) {
        sheet.moments(&format!("F{n}frequency_sma3nz"), hz, NO_VOICE);
        sheet.moments(&format!("F{n}bandwidth_sma3nz"), width, NO_VOICE);
        let level = if any_voice { level } else { &nothing };
        sheet.moments(&format!("F{n}amplitudeLogRelF0_sma3nz"), level, NO_VOICE);
    }
    let balance = [
        ("alphaRatio", ""),
        ("hammarbergIndex", ""),
        ("slope", "0-500"),
        ("slope", "500-1500"),
        ("spectralFlux", ""),
        ("mfcc1", ""),
        ("mfcc2", ""),
        ("mfcc3", ""),
        ("mfcc4", ""),
    ];
    for (k, (name, band)) in balance.into_iter().enumerate() {
        sheet.moments(&format!("{name}V{band}_sma3nz"), &sums.voiced[k], NO_VOICE);
        if let Some(values) = sums.unvoiced.get(k) {
            let (mean, reason) = if silent { (None, SILENT) } else { (values.mean(), NO_PAUSES) };
            sheet.put(format!("{name}UV{band}_sma3nz_amean"), mean, reason);
        }
    }
    let seconds = sums.shorts as f64 * STEP_S;
    let peaks = Slopes::of(&sums.loudness).peaks;
    sheet.put("loudnessPeaksPerSec".to_owned(), Some(peaks as f64 / seconds), SILENT);
    segments(&mut sheet, &sums.runs, sums.frames);
    let level_db = 10.0 * (sums.power / sums.shorts as f64).log10();
    sheet.put("equivalentSoundLevel_dBp".to_owned(), Some(level_db), SILENT);
    Egemaps { functionals: sheet.functionals, missing: sheet.missing }
}

/// Stretches of voice and pauses: how many a second, how long, how different. A stretch of n frames lasts n - 1 steps.
fn segments(sheet: &mut Sheet, runs: &[(bool, u32)], frames: usize) {
    let mut bridged: Vec<(bool, u32)> = Vec::with_capacity(runs.len());
    for (i, &(is_voice, frames)) in runs.iter().enumerate() {
        let inside = i > 0 && i + 1 < runs.len();
        let kind = is_voice || (inside && frames <= BRIDGED);
        match bridged.last_mut() {
            Some(last) if last.0 == kind => last.1 += frames,
            _ => bridged.push((kind, frames)),
        }
    }
    let lengths = |wanted: bool| -> Vec<f64> {
        let stretches = bridged.iter().filter(|&&(kind, frames)| kind == wanted && frames >= SHORTEST);
        stretches.map(|&(_, frames)| f64::from(frames - 1) * STEP_S).collect()
    };
    let spread = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt())
    };
    let (voice, pauses) = (lengths(true), lengths(false));
    let a_second = voice.len() as f64 / (frames as f64 * STEP_S);
    sheet.put("VoicedSegmentsPerSec".to_owned(), Some(a_second), NO_VOICE);
    for (values, mean_name, spread_name, reason) in [
        (voice, "MeanVoicedSegmentLengthSec", "StddevVoicedSegmentLengthSec", NO_VOICE),
        (pauses, "MeanUnvoicedSegmentLength", "StddevUnvoicedSegmentLength", NO_PAUSES),
    ] {
        let found = (!values.is_empty()).then(|| spread(&values));
        sheet.put(mean_name.to_owned(), found.map(|f| f.0), reason);
        sheet.put(spread_name.to_owned(), found.map(|f| f.1), reason);
    }
}
