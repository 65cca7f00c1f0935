//! The 88 functionals of eGeMAPSv02.

mod contours;
mod functionals;
mod harmonics;
mod meter;
mod path;
mod periods;
mod short;
mod slopes;
mod smoothing;
mod subharmonic;
mod sums;
mod vocal_tract;

use super::sum_up::fill;
use super::{VoiceSummary, input};
use crate::dsp::resample::Resampler16k;
use crate::extract::Matrix;
use crate::{Error, ErrorKind, Result};
use contours::{FormantRow, Voice};
use meter::Meter;
use smoothing::{sma3, sma3nz};
use std::collections::BTreeMap;

/// The rate of the analysis, and the samples of a step and of the two kinds of frames at it.
const RATE: u32 = crate::dsp::resample::RATE;
const HOP: usize = 160;
const SHORT: usize = 320;
const LONG: usize = 960;

const TOO_SHORT: &str = "the sound is shorter than 0.06 s";

/// The functionals of eGeMAPSv02 under openSMILE's names, and why some are not there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Egemaps {
    /// Name to value, of those that are defined; always finite.
    pub functionals: BTreeMap<String, f64>,
    /// Name to the reason why there is no value. Each of [`EGEMAPS_FUNCTIONALS`] is in one of the two.
    pub missing: BTreeMap<String, String>,
}

impl Egemaps {
    /// The 88 names with their values, in the published order, which is that of [`EGEMAPS_FUNCTIONALS`].
    pub fn in_order(&self) -> impl Iterator<Item = (&'static str, Option<f64>)> + '_ {
        EGEMAPS_FUNCTIONALS.iter().map(|&name| (name, self.functionals.get(name).copied()))
    }
}

/// Streams 16 kHz sound into the functionals.
#[derive(Debug)]
pub(super) struct EgemapsMeter(Meter);

impl EgemapsMeter {
    pub(super) fn new() -> Self {
        Self(Meter::new(false))
    }

    /// Makes room for sound of this length.
    pub(super) fn reserve(&mut self, seconds: f64) {
        self.0.reserve((seconds * f64::from(RATE)) as usize / HOP);
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        self.0.push(samples);
    }

    /// Writes the functionals, or the reasons why there are none.
    pub(super) fn sum_up(self, summary: &mut VoiceSummary) {
        let Some(sums) = self.0.sums() else {
            fill(&mut summary.missing, &["egemaps"], TOO_SHORT);
            return;
        };
        let found = functionals::functionals(&sums);
        summary.missing.extend(found.missing.into_iter().map(|(name, why)| (format!("egemaps.{name}"), why)));
        summary.egemaps = Some(found.functionals);
    }
}

/// The extended Geneva minimalistic acoustic parameter set (eGeMAPSv02) of a mono sound: 88 numbers that sum 25 contours up.
///
/// Eyben, Scherer, Schuller et al., "The Geneva Minimalistic Acoustic Parameter Set (`GeMAPS`) for voice research and affective
/// computing", IEEE Transactions on Affective Computing 7 (2016). The names are those of openSMILE 3.0, and so are the
/// values: published models are trained on them. Over speech, music and made voices they correlate with openSMILE's by more
/// than 0.99 each, most by more than 0.9999. The two exceptions are `F1bandwidth_sma3nz_stddevNorm` and
/// `F2bandwidth_sma3nz_stddevNorm`, in which openSMILE differs from itself by a factor of two when the same sound is louder.
///
/// The sound is brought to 16 kHz; frames of 20 ms (spectrum) and 60 ms (voice) stand every 10 ms. A name begins with the
/// contour and ends with what was taken of it:
///
/// | contour | unit |
/// |---|---|
/// | `F0semitoneFrom27.5Hz` | semitones above 27.5 Hz, voiced frames |
/// | `loudness` | sones by Hermansky's perceptual spectrum, not calibrated |
/// | `spectralFlux` | change of the magnitudes between frames, root of the mean square |
/// | `mfcc1` ... `mfcc4` | cepstral coefficients, from 26 bands |
/// | `jitterLocal` | difference of successive periods, as a share of the period |
/// | `shimmerLocaldB` | difference of successive amplitudes, dB |
/// | `HNRdBACF` | harmonics to noise, dB |
/// | `logRelF0-H1-H2`, `logRelF0-H1-A3` | harmonics against each other and against the third formant, dB |
/// | `F1frequency` ..., `F1bandwidth` ... | Hz |
/// | `F1amplitudeLogRelF0` ... | dB relative to the fundamental |
/// | `alphaRatio`, `hammarbergIndex` | dB |
/// | `slope0-500`, `slope500-1500` | dB per Hz |
///
/// `amean` is the mean, `stddevNorm` the standard deviation as a share of it, `percentile20.0` ... in the unit of the contour,
/// `pctlrange0-2` from the 20th to the 80th percentile, the slopes per second. `V` in a name is for voiced frames, `UV` for
/// the others, none for all. At the end stand `loudnessPeaksPerSec` and `VoicedSegmentsPerSec` (per second), lengths of
/// stretches in seconds, and `equivalentSoundLevel_dBp` in dB relative to full scale.
///
/// Where openSMILE departs from the paper, this follows openSMILE, so that numbers can be compared: H1 and H2 are the
/// harmonics at two and three times the fundamental; the formants are the resonances of a polynomial with the wrong sign (for
/// formants see [`formants`](super::formants)); the formants' amplitudes count unvoiced frames with -201 dB; the last slope
/// enters the mean with its sign. What is undefined (everything of the voice where no frame is voiced, shares of a mean of
/// 0, the level of silence) openSMILE gives as 0 or as its lowest number; here it is in `missing` with the reason. Frames
/// below -60 dB have no voice, as in openSMILE; that it hears samples of 16 bits only is not imitated.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] where the rate is not from 1000 to 768000 Hz.
///
/// ```
/// use viralnow_core::voice::egemaps;
///
/// // A buzz with ten harmonics at 110 Hz, which is two octaves above 27.5.
/// let harmonics = |i: u16| (1..=10).map(|h| (f32::from(i) * h as f32 * 0.043197).sin() / h as f32).sum::<f32>();
/// let buzz: Vec<f32> = (0..16_000).map(|i| 0.1 * harmonics(i)).collect();
/// let found = egemaps(&buzz, 16_000)?;
/// assert!((found.functionals["F0semitoneFrom27.5Hz_sma3nz_amean"] - 24.0).abs() < 0.05);
/// let (first, value) = found.in_order().next().unwrap();
/// assert_eq!((first, value.is_some()), ("F0semitoneFrom27.5Hz_sma3nz_amean", true));
/// assert_eq!(egemaps(&[0.0; 16_000], 16_000)?.missing["jitterLocal_sma3nz_amean"], "no frame is voiced");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn egemaps(y: &[f32], sample_rate: u32) -> Result<Egemaps> {
    let Some(sums) = measure(y, sample_rate, false)?.sums() else {
        let missing =
            EGEMAPS_FUNCTIONALS.iter().map(|name| ((*name).to_owned(), TOO_SHORT.to_owned())).collect();
        return Ok(Egemaps { functionals: BTreeMap::new(), missing });
    };
    Ok(functionals::functionals(&sums))
}

/// The 25 contours that [`egemaps`] sums up, as openSMILE smooths them (over three frames): a row every 10 ms, a column for
/// each of [`EGEMAPS_LLD`], in the units of the table there. What belongs to the voice is NaN where it is undefined. The
/// `times_s` are the middles of the frames of 20 ms; a sound shorter than 0.06 s has no rows.
///
/// # Errors
///
/// [`ErrorKind::InvalidInput`] where the rate is not from 1000 to 768000 Hz.
///
/// ```
/// let contours = viralnow_core::voice::egemaps_lld(&[0.1; 16_000], 16_000)?;
/// assert_eq!((contours.rows, contours.columns), (96, 25));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn egemaps_lld(y: &[f32], sample_rate: u32) -> Result<Matrix> {
    let contours = measure(y, sample_rate, true)?.contours();
    let rows = if contours.voice.is_empty() { 0 } else { contours.voice.len() + 1 };
    let mut columns: Vec<Vec<f32>> = Vec::with_capacity(EGEMAPS_LLD.len());
    for k in 0..10 {
        columns.push(sma3(&contours.short.iter().map(|row| row[k]).collect::<Vec<f32>>()));
    }
    let mut voiced = |pick: fn(&Voice) -> f32| {
        let mut column = sma3nz(&contours.voice.iter().map(pick).collect::<Vec<f32>>());
        // One more row than there are frames of 60 ms, with the last one standing for it.
        column.extend(contours.voice.last().map(pick));
        columns.push(column);
    };
    voiced(|v| v.f0_semitones);
    voiced(|v| v.jitter);
    voiced(|v| v.shimmer_db);
    voiced(|v| v.hnr_db);
    voiced(|v| v.h1_h2_db);
    voiced(|v| v.h1_a3_db);
    let of_formant: [fn(&FormantRow) -> [f32; 3]; 3] =
        [|row| row.hz, |row| row.bandwidth_hz, |row| row.level_db];
    for i in 0..3 {
        for pick in of_formant {
            columns.push(sma3nz(&contours.formants.iter().map(|row| pick(row)[i]).collect::<Vec<f32>>()));
        }
    }
    let undefined = |k: usize, value: f32| if k >= 10 && value == 0.0 { f32::NAN } else { value };
    let data = (0..rows)
        .flat_map(|row| columns.iter().enumerate().map(move |(k, column)| undefined(k, column[row])))
        .collect();
    let times_s = (0..rows).map(|row| (row * HOP + SHORT / 2) as f64 / f64::from(RATE)).collect();
    Ok(Matrix { rows, columns: EGEMAPS_LLD.len(), data, times_s, unit: "mixed" })
}

fn measure(y: &[f32], sample_rate: u32, whole: bool) -> Result<Meter> {
    let mut resampler = Resampler16k::new(sample_rate).ok_or_else(|| {
        Error::new(ErrorKind::InvalidInput, "the rate must be from 1000 to 768000 Hz")
            .with("sample_rate", sample_rate)
    })?;
    let mut meter = Meter::new(whole);
    let mut mono16k = Vec::new();
    input::in_chunks(y, |chunk| {
        mono16k.clear();
        resampler.push(chunk, &mut mono16k);
        meter.push(&mono16k);
    });
    mono16k.clear();
    resampler.finish(&mut mono16k);
    meter.push(&mono16k);
    Ok(meter)
}

/// Names of the columns of [`egemaps_lld`], which are openSMILE's.
pub const EGEMAPS_LLD: [&str; 25] = [
    "Loudness_sma3",
    "alphaRatio_sma3",
    "hammarbergIndex_sma3",
    "slope0-500_sma3",
    "slope500-1500_sma3",
    "spectralFlux_sma3",
    "mfcc1_sma3",
    "mfcc2_sma3",
    "mfcc3_sma3",
    "mfcc4_sma3",
    "F0semitoneFrom27.5Hz_sma3nz",
    "jitterLocal_sma3nz",
    "shimmerLocaldB_sma3nz",
    "HNRdBACF_sma3nz",
    "logRelF0-H1-H2_sma3nz",
    "logRelF0-H1-A3_sma3nz",
    "F1frequency_sma3nz",
    "F1bandwidth_sma3nz",
    "F1amplitudeLogRelF0_sma3nz",
    "F2frequency_sma3nz",
    "F2bandwidth_sma3nz",
    "F2amplitudeLogRelF0_sma3nz",
    "F3frequency_sma3nz",
    "F3bandwidth_sma3nz",
    "F3amplitudeLogRelF0_sma3nz",
];

/// Names of the 88 functionals, in the order of openSMILE.
pub const EGEMAPS_FUNCTIONALS: [&str; 88] = [
    "F0semitoneFrom27.5Hz_sma3nz_amean",
    "F0semitoneFrom27.5Hz_sma3nz_stddevNorm",
    "F0semitoneFrom27.5Hz_sma3nz_percentile20.0",
    "F0semitoneFrom27.5Hz_sma3nz_percentile50.0",
    "F0semitoneFrom27.5Hz_sma3nz_percentile80.0",
    "F0semitoneFrom27.5Hz_sma3nz_pctlrange0-2",
    "F0semitoneFrom27.5Hz_sma3nz_meanRisingSlope",
    "F0semitoneFrom27.5Hz_sma3nz_stddevRisingSlope",
    "F0semitoneFrom27.5Hz_sma3nz_meanFallingSlope",
    "F0semitoneFrom27.5Hz_sma3nz_stddevFallingSlope",
    "loudness_sma3_amean",
    "loudness_sma3_stddevNorm",
    "loudness_sma3_percentile20.0",
    "loudness_sma3_percentile50.0",
    "loudness_sma3_percentile80.0",
    "loudness_sma3_pctlrange0-2",
    "loudness_sma3_meanRisingSlope",
    "loudness_sma3_stddevRisingSlope",
    "loudness_sma3_meanFallingSlope",
    "loudness_sma3_stddevFallingSlope",
    "spectralFlux_sma3_amean",
    "spectralFlux_sma3_stddevNorm",
    "mfcc1_sma3_amean",
    "mfcc1_sma3_stddevNorm",
    "mfcc2_sma3_amean",
    "mfcc2_sma3_stddevNorm",
    "mfcc3_sma3_amean",
    "mfcc3_sma3_stddevNorm",
    "mfcc4_sma3_amean",
    "mfcc4_sma3_stddevNorm",
    "jitterLocal_sma3nz_amean",
    "jitterLocal_sma3nz_stddevNorm",
    "shimmerLocaldB_sma3nz_amean",
    "shimmerLocaldB_sma3nz_stddevNorm",
    "HNRdBACF_sma3nz_amean",
    "HNRdBACF_sma3nz_stddevNorm",
    "logRelF0-H1-H2_sma3nz_amean",
    "logRelF0-H1-H2_sma3nz_stddevNorm",
    "logRelF0-H1-A3_sma3nz_amean",
    "logRelF0-H1-A3_sma3nz_stddevNorm",
    "F1frequency_sma3nz_amean",
    "F1frequency_sma3nz_stddevNorm",
    "F1bandwidth_sma3nz_amean",
    "F1bandwidth_sma3nz_stddevNorm",
    "F1amplitudeLogRelF0_sma3nz_amean",
    "F1amplitudeLogRelF0_sma3nz_stddevNorm",
    "F2frequency_sma3nz_amean",
    "F2frequency_sma3nz_stddevNorm",
    "F2bandwidth_sma3nz_amean",
    "F2bandwidth_sma3nz_stddevNorm",
    "F2amplitudeLogRelF0_sma3nz_amean",
    "F2amplitudeLogRelF0_sma3nz_stddevNorm",
    "F3frequency_sma3nz_amean",
    "F3frequency_sma3nz_stddevNorm",
    "F3bandwidth_sma3nz_amean",
    "F3bandwidth_sma3nz_stddevNorm",
    "F3amplitudeLogRelF0_sma3nz_amean",
    "F3amplitudeLogRelF0_sma3nz_stddevNorm",
    "alphaRatioV_sma3nz_amean",
    "alphaRatioV_sma3nz_stddevNorm",
    "hammarbergIndexV_sma3nz_amean",
    "hammarbergIndexV_sma3nz_stddevNorm",
    "slopeV0-500_sma3nz_amean",
    "slopeV0-500_sma3nz_stddevNorm",
    "slopeV500-1500_sma3nz_amean",
    "slopeV500-1500_sma3nz_stddevNorm",
    "spectralFluxV_sma3nz_amean",
    "spectralFluxV_sma3nz_stddevNorm",
    "mfcc1V_sma3nz_amean",
    "mfcc1V_sma3nz_stddevNorm",
    "mfcc2V_sma3nz_amean",
    "mfcc2V_sma3nz_stddevNorm",
    "mfcc3V_sma3nz_amean",
    "mfcc3V_sma3nz_stddevNorm",
    "mfcc4V_sma3nz_amean",
    "mfcc4V_sma3nz_stddevNorm",
    "alphaRatioUV_sma3nz_amean",
    "hammarbergIndexUV_sma3nz_amean",
    "slopeUV0-500_sma3nz_amean",
    "slopeUV500-1500_sma3nz_amean",
    "spectralFluxUV_sma3nz_amean",
    "loudnessPeaksPerSec",
    "VoicedSegmentsPerSec",
    "MeanVoicedSegmentLengthSec",
    "StddevVoicedSegmentLengthSec",
    "MeanUnvoicedSegmentLength",
    "StddevUnvoicedSegmentLength",
    "equivalentSoundLevel_dBp",
];
