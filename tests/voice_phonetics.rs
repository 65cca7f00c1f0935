//! The phonetics of the voice as functions on samples, against Praat 6.1.38 and librosa 0.11 on real clips.

use crate::common;
use crate::sound;

use common::shared;
use sound::{pcm16k, quantile, rows, run, series};
use std::path::{Path, PathBuf};
use viralnow_core::Preset;
use viralnow_core::extract::ExtractorConfig;
use viralnow_core::voice::{
    FormantParams, Grid, HarmonicityParams, IntensityParams, PerturbationParams, PitchContour, PitchMethod,
    PitchParams, PyinParams, VoiceExtractor, formants, harmonicity, intensity, perturbation, pitch, pyin,
};

const CLIPS: [&str; 5] = ["libri1", "jfk", "clip60", "trumpet", "vibeace"];

fn golden(test: &str) -> Vec<(&'static str, PathBuf)> {
    CLIPS
        .iter()
        .filter_map(|clip| Some((*clip, shared(test, &format!("golden/audio/{clip}.npz"))?)))
        .collect()
}

fn samples(npz: &Path) -> Vec<f32> {
    pcm16k(npz).samples
}

/// Median and 95th percentile of the distance in cents where both are voiced, the share of gross errors (over 20 %) and the
/// share of frames where only one is.
fn compare(ours: &PitchContour, theirs: &[f64]) -> (f64, f64, f64, f64) {
    let pairs = || ours.f0_hz.iter().map(|&a| f64::from(a)).zip(theirs.iter().copied());
    let cents: Vec<f64> = pairs()
        .filter(|(a, b)| !a.is_nan() && *b > 0.0)
        .map(|(a, b)| 1200.0 * (a / b).log2().abs())
        .collect();
    let gross = cents.iter().filter(|&&c| c > 1200.0 * 1.2_f64.log2()).count() as f64 / cents.len() as f64;
    let voicing = pairs().filter(|(a, b)| a.is_nan() == (*b > 0.0)).count() as f64 / theirs.len() as f64;
    (quantile(&cents, 0.5), quantile(&cents, 0.95), gross, voicing)
}

/// By both methods on Praat's own frames.
#[test]
fn pitch_is_praats() {
    for (clip, npz) in golden("pitch_is_praats") {
        for (method, name) in [(PitchMethod::Autocorrelation, "ac"), (PitchMethod::CrossCorrelation, "cc")] {
            let params = PitchParams { grid: Grid::Centred, ..PitchParams::new(method) };
            let ours = pitch(&samples(&npz), 16_000, &params).unwrap();
            let theirs = series(&npz, &format!("praat_f0_{name}"));
            let times = series(&npz, &format!("praat_t_{name}"));
            assert_eq!(ours.f0_hz.len(), theirs.len(), "{clip}");
            assert!(ours.times_s.iter().zip(&times).all(|(a, b)| (a - b).abs() < 1e-9), "{clip}");
            let (median, p95, gross, voicing) = compare(&ours, &theirs);
            println!(
                "{clip} {name}: median {median:.4} cents, p95 {p95:.4}, gross {gross:.4}, voicing {voicing:.4}"
            );
            assert!(median <= 1.0 && p95 <= 5.0 && gross <= 0.005 && voicing <= 0.01, "{clip} {name}");
        }
    }
}

/// With librosa's defaults, on its own frames.
#[test]
fn pyin_is_librosas() {
    for (clip, npz) in golden("pyin_is_librosas") {
        let ours = pyin(&samples(&npz), 16_000, &PyinParams::default()).unwrap();
        let (theirs, voiced) = (series(&npz, "pyin_f0"), flags(&npz, "pyin_voiced"));
        let probabilities = series(&npz, "pyin_prob");
        assert_eq!(ours.f0_hz.len(), theirs.len(), "{clip}");
        let (median, p95, ..) = compare(&ours, &theirs);
        let agree =
            ours.voiced.iter().zip(&voiced).filter(|(a, b)| a == b).count() as f64 / voiced.len() as f64;
        let off: Vec<f64> = ours
            .voiced_prob
            .unwrap()
            .iter()
            .zip(&probabilities)
            .map(|(a, b)| (f64::from(*a) - b).abs())
            .collect();
        println!(
            "{clip}: voicing agrees {agree:.4}, median {median:.4} cents, p95 {p95:.2}, probability off by {:.1e} in the \
             median, {:.1e} at p99",
            quantile(&off, 0.5),
            quantile(&off, 0.99)
        );
        assert!(agree >= 0.99 && median <= 1.0, "{clip}");
        assert!(quantile(&off, 0.99) < 0.01, "{clip}");
    }
}

fn flags(npz: &Path, name: &str) -> Vec<bool> {
    let mut npz = ndarray_npy::NpzReader::new(std::fs::File::open(npz).unwrap()).unwrap();
    npz.by_name::<ndarray::OwnedRepr<bool>, ndarray::Ix1>(name).unwrap().to_vec()
}

/// Of "To Intensity..."; Praat's reference is 20 micropascal: 20 log10(1 / 2e-5) = 93.9794 dB.
#[test]
fn intensity_is_praats() {
    for (clip, npz) in golden("intensity_is_praats") {
        let params = IntensityParams { grid: Grid::Centred, ..IntensityParams::default() };
        let ours = intensity(&samples(&npz), 16_000, &params).unwrap();
        let theirs = series(&npz, "praat_intensity");
        assert_eq!(ours.rows, theirs.len(), "{clip}");
        let off: Vec<f64> =
            ours.data.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) + 93.9794 - b).abs()).collect();
        let (median, p99) = (quantile(&off, 0.5), quantile(&off, 0.99));
        println!("{clip}: median {median:.5} dB, p99 {p99:.5}, worst {:.5}", quantile(&off, 1.0));
        assert!(median <= 0.01 && p99 <= 0.1, "{clip}: {median} {p99}");
    }
}

/// Of "To Harmonicity (cc)...".
#[test]
fn harmonicity_is_praats() {
    for (clip, npz) in golden("harmonicity_is_praats") {
        let params = HarmonicityParams { grid: Grid::Centred, ..HarmonicityParams::default() };
        let ours = harmonicity(&samples(&npz), 16_000, &params).unwrap();
        let theirs = series(&npz, "praat_hnr");
        assert_eq!(ours.rows, theirs.len(), "{clip}");
        let pairs = || ours.data.iter().map(|&a| f64::from(a)).zip(theirs.iter().copied());
        let off: Vec<f64> =
            pairs().filter(|(a, b)| !a.is_nan() && *b > -199.0).map(|(a, b)| (a - b).abs()).collect();
        let undefined = pairs().filter(|(a, b)| a.is_nan() != (*b < -199.0)).count();
        let (median, p95) = (quantile(&off, 0.5), quantile(&off, 0.95));
        println!(
            "{clip}: median {median:.5} dB, p95 {p95:.4}, {undefined} of {} differ in being there",
            theirs.len()
        );
        assert!(median <= 0.1 && p95 <= 0.5 && undefined * 200 <= theirs.len(), "{clip}");
    }
}

/// Of the voice report. On speech within 2 %; the trumpet and the music have no glottis, and there the golden file holds
/// what falls out of tones that the pitch hops between.
#[test]
fn jitter_and_shimmer_are_praats() {
    for (clip, npz) in golden("jitter_and_shimmer_are_praats") {
        let found = perturbation(&samples(&npz), 16_000, &PerturbationParams::default()).unwrap();
        let (jitter, shimmer) = (found.jitter.unwrap().local, found.shimmer.unwrap().local);
        let (jitter_there, shimmer_there) =
            (series(&npz, "jitter_local")[0], series(&npz, "shimmer_local")[0]);
        let (off, shimmer_off) = ((jitter / jitter_there - 1.0).abs(), (shimmer / shimmer_there - 1.0).abs());
        println!(
            "{clip}: jitter {jitter:.5} ({jitter_there:.5}, {off:.4} off), shimmer {shimmer:.5} ({shimmer_off:.4} off)"
        );
        if ["libri1", "jfk", "clip60"].contains(&clip) {
            assert!(off <= 0.02 && shimmer_off <= 0.02, "{clip}");
        }
    }
}

/// The other measures, as Praat 6.1.38 gives them for these two clips with the same settings.
#[test]
fn the_other_measures_are_praats() {
    let test = "the_other_measures_are_praats";
    let expected = [
        (
            "jfk",
            [
                0.009880532,
                0.010908165,
                0.029641597,
                1.109715574,
                0.049489079,
                0.066483520,
                0.100332425,
                0.148467238,
            ],
        ),
        (
            "libri1",
            [
                0.008385456,
                0.008578213,
                0.025156367,
                1.010748917,
                0.037889866,
                0.055326595,
                0.092909900,
                0.113669597,
            ],
        ),
    ];
    for (clip, theirs) in expected {
        let Some(npz) = shared(test, &format!("golden/audio/{clip}.npz")) else { return };
        let found = perturbation(&samples(&npz), 16_000, &PerturbationParams::default()).unwrap();
        let (jitter, shimmer) = (found.jitter.unwrap(), found.shimmer.unwrap());
        let ours = [
            jitter.rap,
            jitter.ppq5,
            jitter.ddp,
            Some(shimmer.local_db),
            shimmer.apq3,
            shimmer.apq5,
            shimmer.apq11,
            shimmer.dda,
        ];
        for (k, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
            let off = (ours.unwrap() / theirs - 1.0).abs();
            println!("{clip} {k}: {off:.4} off");
            assert!(off <= 0.02, "{clip} {k}: {ours:?} {theirs}");
        }
    }
}

/// F1 to F3 of "To Formant (burg)..." on Praat's own frames. The medians are over the frames that Praat's pitch calls voiced;
/// 5 Hz is a twentieth of a formant's bandwidth. Vibe Ace is music: the model has no vocal tract to find there, and what
/// differs in the resampling at the very edge of the band moves its resonances further.
#[test]
fn formants_are_praats() {
    for (clip, npz) in golden("formants_are_praats") {
        let params = FormantParams { grid: Grid::Centred, ..FormantParams::default() };
        let ours = formants(&samples(&npz), 16_000, &params).unwrap().frequencies;
        let theirs = rows(&npz, "formants_1_3");
        assert_eq!(ours.rows, theirs[0].len(), "{clip}");
        let (f0, t) = (series(&npz, "praat_f0_ac"), series(&npz, "praat_t_ac"));
        let voiced = |time: f64| {
            let at = t.partition_point(|&t| t < time);
            at > 0 && at < t.len() && f0[at - 1] > 0.0 && f0[at] > 0.0
        };
        for (k, theirs) in theirs.iter().enumerate() {
            let off: Vec<f64> = (0..ours.rows)
                .filter(|&frame| voiced(ours.times_s[frame]))
                .map(|frame| (f64::from(ours.data[frame * ours.columns + k]) - theirs[frame]).abs())
                .filter(|off| off.is_finite())
                .collect();
            let undefined = (0..ours.rows)
                .filter(|&frame| ours.data[frame * ours.columns + k].is_nan() != theirs[frame].is_nan())
                .count();
            let (median, p95) = (quantile(&off, 0.5), quantile(&off, 0.95));
            println!(
                "{clip} F{}: median {median:.3} Hz, p95 {p95:.2}, {undefined} differ in being there",
                k + 1
            );
            let most = if clip == "vibeace" { 10.0 } else { 5.0 };
            assert!(median <= most && undefined * 100 <= ours.rows, "{clip} F{}", k + 1);
        }
    }
}

/// The extractor measures while the sound comes in, the functions when it is there; in the preset `reference` the frames are
/// the same. Its jitter and shimmer are of the cycles inside speech along the pitch by autocorrelation: another choice of
/// cycles, not another measure.
#[test]
fn the_extractor_is_the_functions() {
    let config = ExtractorConfig { preset: Preset::Reference, ..ExtractorConfig::default() };
    for (clip, npz) in golden("the_extractor_is_the_functions") {
        let sound = pcm16k(&npz);
        let found = run(VoiceExtractor::new(&config), &sound).0;
        let ours = &found.vectors["f0_hz"];
        let contour = PitchContour {
            times_s: ours.times_s.clone(),
            f0_hz: ours.data.clone(),
            voiced: ours.data.iter().map(|f0| !f0.is_nan()).collect(),
            voiced_prob: None,
        };
        let (median, p95, gross, voicing) = compare(&contour, &series(&npz, "praat_f0_ac"));
        assert!(median <= 1.0 && p95 <= 5.0 && gross <= 0.005 && voicing <= 0.01, "{clip}");
        let level = intensity(
            &sound.samples,
            16_000,
            &IntensityParams { grid: Grid::Centred, ..IntensityParams::default() },
        )
        .unwrap();
        let same = |a: &f32, b: &f32| a == b || (a.is_nan() && b.is_nan());
        assert!(level.data.len() == found.vectors["intensity_db"].data.len(), "{clip}");
        assert!(
            level.data.iter().zip(&found.vectors["intensity_db"].data).all(|(a, b)| same(a, b)),
            "{clip}"
        );
        let (hnr, formants) = (&found.vectors["hnr_db"], &found.vectors["formants_hz"]);
        assert_eq!((hnr.rows, formants.rows, formants.columns), (ours.rows, ours.rows, 3), "{clip}");
        for frame in 0..ours.rows {
            let voiced = !ours.data[frame].is_nan();
            assert!(voiced || hnr.data[frame].is_nan(), "{clip} {frame}");
            assert!(voiced || formants.data[3 * frame].is_nan(), "{clip} {frame}");
        }
        let whole = perturbation(&sound.samples, 16_000, &PerturbationParams::default()).unwrap();
        let voice = &found.features;
        println!(
            "{clip}: jitter {:?} (of all cycles {:?}), shimmer {:?} ({:?}), HNR {:?}, {:?}, rates {:?} {:?}",
            voice.jitter,
            whole.jitter.map(|j| j.local),
            voice.shimmer,
            whole.shimmer.map(|s| s.local),
            voice.hnr,
            voice.formants,
            voice.speaking_rate,
            voice.articulation_rate,
        );
    }
}
