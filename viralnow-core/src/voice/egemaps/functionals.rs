//! The 88 numbers that sum the contours up.

use super::Egemaps;
use super::meter::Contours;
use super::slopes::Slopes;
use super::smoothing::{sma3, sma3nz};
use crate::dsp::percentile;
use std::collections::BTreeMap;

/// Gap in the voice that is bridged, and the shortest stretch of voice or pause that counts, in frames.
const BRIDGED: usize = 1;
const SHORTEST: usize = 3;
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
    fn moments(&mut self, name: &str, values: &[f64], reason: &str) {
        let count = values.len() as f64;
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / count);
        let spread = mean.map(|mean| (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count).sqrt());
        let share = mean.zip(spread).filter(|(mean, _)| *mean != 0.0).map(|(mean, spread)| spread / mean);
        self.put(format!("{name}_amean"), mean, reason);
        self.put(format!("{name}_stddevNorm"), share, if mean.is_none() { reason } else { ZERO_MEAN });
    }

    fn mean(&mut self, name: &str, values: &[f64], reason: &str) {
        let mean = (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64);
        self.put(format!("{name}_amean"), mean, reason);
    }

    /// The ten functionals of pitch and loudness.
    fn ten(&mut self, name: &str, contour: &[f32], reason: &str) {
        let mut values = wide(contour);
        self.moments(name, &values, reason);
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

/// Takes one contour out of a frame.
type PickVoice = fn(&super::meter::Voice) -> f32;

/// Sums the contours up. They must have a frame of 60 ms.
pub(super) fn functionals(contours: &Contours) -> Egemaps {
    let mut sheet = Sheet::default();
    let shorts = contours.short.len();
    // openSMILE sums up what its path search has decided when the sound ends; mostly all frames of 60 ms but the last one.
    let counted = if contours.agreed > 0 { contours.agreed } else { contours.voice.len() };
    let silent = contours.power <= 0.0;
    let column = |k: usize| contours.short.iter().map(|row| row[k]).collect::<Vec<f32>>();
    let voiced: Vec<bool> =
        (0..shorts).map(|i| contours.voice.get(i).is_some_and(|voice| voice.f0_semitones > 0.0)).collect();
    // Smoothed among the frames of one kind, then summed up over them.
    let among = |values: &[f32], kind: bool| {
        let values: Vec<f32> =
            values.iter().zip(&voiced).map(|(&v, &is)| if is == kind { v } else { 0.0 }).collect();
        defined(&sma3nz(&values)[..counted])
    };
    let voice = |pick: PickVoice| {
        let values: Vec<f32> = contours.voice.iter().map(pick).collect();
        sma3nz(&values)[..counted].iter().copied().filter(|&v| v != 0.0).collect::<Vec<f32>>()
    };

    sheet.ten("F0semitoneFrom27.5Hz_sma3nz", &voice(|v| v.f0_semitones), NO_VOICE);
    let loudness = sma3(&column(0));
    sheet.ten("loudness_sma3", &loudness, SILENT);
    let whole = [
        ("spectralFlux_sma3", 5),
        ("mfcc1_sma3", 6),
        ("mfcc2_sma3", 7),
        ("mfcc3_sma3", 8),
        ("mfcc4_sma3", 9),
    ];
    for (name, k) in whole {
        let values = if silent { Vec::new() } else { wide(&sma3(&column(k))) };
        sheet.moments(name, &values, SILENT);
    }
    let of_voice: [(&str, PickVoice); 5] = [
        ("jitterLocal_sma3nz", |v| v.jitter),
        ("shimmerLocaldB_sma3nz", |v| v.shimmer_db),
        ("HNRdBACF_sma3nz", |v| v.hnr_db),
        ("logRelF0-H1-H2_sma3nz", |v| v.h1_h2_db),
        ("logRelF0-H1-A3_sma3nz", |v| v.h1_a3_db),
    ];
    for (name, pick) in of_voice {
        sheet.moments(name, &wide(&voice(pick)), NO_VOICE);
    }
    let any_voice = voiced[..counted].iter().any(|&is| is);
    for i in 0..3 {
        let pick = |of: fn(&super::meter::FormantRow) -> [f32; 3]| {
            contours.formants.iter().map(|row| of(row)[i]).collect::<Vec<f32>>()
        };
        let n = i + 1;
        sheet.moments(&format!("F{n}frequency_sma3nz"), &among(&pick(|row| row.hz), true), NO_VOICE);
        sheet.moments(
            &format!("F{n}bandwidth_sma3nz"),
            &among(&pick(|row| row.bandwidth_hz), true),
            NO_VOICE,
        );
        // Of all frames, the unvoiced ones with -201 dB, as openSMILE has it.
        let levels =
            if any_voice { defined(&sma3nz(&pick(|row| row.level_db))[..counted]) } else { Vec::new() };
        sheet.moments(&format!("F{n}amplitudeLogRelF0_sma3nz"), &levels, NO_VOICE);
    }
    let balance = [
        ("alphaRatio", "", 1),
        ("hammarbergIndex", "", 2),
        ("slope", "0-500", 3),
        ("slope", "500-1500", 4),
        ("spectralFlux", "", 5),
        ("mfcc1", "", 6),
        ("mfcc2", "", 7),
        ("mfcc3", "", 8),
        ("mfcc4", "", 9),
    ];
    for (name, band, k) in balance {
        sheet.moments(&format!("{name}V{band}_sma3nz"), &among(&column(k), true), NO_VOICE);
        if k <= 5 {
            let values = if silent { Vec::new() } else { among(&column(k), false) };
            let reason = if silent { SILENT } else { NO_PAUSES };
            sheet.mean(&format!("{name}UV{band}_sma3nz"), &values, reason);
        }
    }
    let seconds = shorts as f64 * STEP_S;
    sheet.put("loudnessPeaksPerSec".to_owned(), Some(Slopes::of(&loudness).peaks as f64 / seconds), SILENT);
    segments(&mut sheet, &voiced[..counted]);
    let level_db = 10.0 * (contours.power / shorts as f64).log10();
    sheet.put("equivalentSoundLevel_dBp".to_owned(), Some(level_db), SILENT);
    Egemaps { functionals: sheet.functionals, missing: sheet.missing }
}

/// Stretches of voice and pauses: how many a second, how long, how different. A stretch of n frames lasts n - 1 steps.
fn segments(sheet: &mut Sheet, voiced: &[bool]) {
    let runs = |flags: &[bool]| -> Vec<(bool, usize)> {
        flags.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect()
    };
    let first = runs(voiced);
    let mut bridged = Vec::with_capacity(voiced.len());
    for (i, &(is_voice, frames)) in first.iter().enumerate() {
        let inside = i > 0 && i + 1 < first.len();
        bridged.resize(bridged.len() + frames, is_voice || (inside && frames <= BRIDGED));
    }
    let lengths = |wanted: bool| -> Vec<f64> {
        let stretches =
            runs(&bridged).into_iter().filter(|&(kind, frames)| kind == wanted && frames >= SHORTEST);
        stretches.map(|(_, frames)| (frames - 1) as f64 * STEP_S).collect()
    };
    let spread = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt())
    };
    let (voice, pauses) = (lengths(true), lengths(false));
    let a_second = voice.len() as f64 / (voiced.len() as f64 * STEP_S);
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

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// The values that are not 0, which stands for undefined.
fn defined(values: &[f32]) -> Vec<f64> {
    values.iter().filter(|&&v| v != 0.0).map(|&v| f64::from(v)).collect()
}
