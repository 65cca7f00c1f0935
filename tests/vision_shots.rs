//! Where shots begin: `PySceneDetect`'s five detectors to the frame, on the files of its golden outputs.

use crate::common;
use crate::vision::{golden_videos, some_golden_videos};

use common::shared;
use serde_json::Value;
use std::path::Path;
use viralnow_core::imaging::SmallPictures;
use viralnow_core::media::{AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, decode};
use viralnow_core::monitor::Run;
use viralnow_core::vision::{
    AdaptiveParams, ContentParams, Cut, Detector, FadeMethod, FilterMode, HashParams, HistogramParams,
    SceneLength, ShotDetector, ShotFrame, ShotParams, ThresholdParams, Weights, detect_shots,
};
use viralnow_core::{ErrorKind, Preset, Result};

/// A detector, with what it said of each frame.
pub(crate) struct Watched {
    detector: Box<dyn ShotDetector>,
    pub(crate) cuts: Vec<Cut>,
    series: Vec<Vec<Option<f64>>>,
}

/// Feeds all detectors from one pass.
#[derive(Default)]
struct Feed {
    small: SmallPictures,
    watched: Vec<Watched>,
    times_s: Vec<f64>,
}

/// What each of these detectors says of a file, and the time of every picture that it sees.
pub(crate) fn watch(
    path: &Path,
    preset: Preset,
    detectors: impl IntoIterator<Item = Detector>,
) -> (Vec<Watched>, Vec<f64>) {
    let watched = detectors.into_iter().map(|detector| {
        let detector = detector.start().expect("sound settings");
        let series = vec![Vec::new(); detector.metrics().len()];
        Watched { detector, cuts: Vec::new(), series }
    });
    let mut feed = Feed { watched: watched.collect(), ..Feed::default() };
    let request = DecodeRequest { preset, audio: false, captions: false, ..DecodeRequest::default() };
    decode(&MediaInput::Path(path.to_owned()), &request, &mut Run::unwatched(), &mut feed).expect("decoded");
    for watched in &mut feed.watched {
        watched.cuts.extend(watched.detector.finish());
        assert!(watched.cuts.is_sorted_by(|a, b| a.frame < b.frame), "in order: {:?}", watched.cuts);
    }
    (feed.watched, feed.times_s)
}

impl MediaSink for Feed {
    fn begin(&mut self, _: &MediaInfo) -> Result<()> {
        Ok(())
    }
    fn audio(&mut self, _: &AudioBlock<'_>) -> Result<()> {
        Ok(())
    }
    fn frame(&mut self, frame: &Frame<'_>) -> Result<()> {
        let (bgr, width, height) = self.small.shrink(&frame.picture);
        self.times_s.push(frame.time_s);
        let small = ShotFrame { number: frame.index, time_s: frame.time_s, bgr, width, height };
        for watched in &mut self.watched {
            watched.cuts.extend(watched.detector.push(&small)?);
            for series in &mut watched.series {
                series.push(None);
            }
            for measured in watched.detector.measured() {
                watched.series[measured.metric][measured.frame as usize] = Some(measured.value);
            }
        }
        Ok(())
    }
    fn cue(&mut self, _: &Cue) -> Result<()> {
        Ok(())
    }
}

fn frames(cuts: &[Cut]) -> Vec<u64> {
    cuts.iter().map(|cut| cut.frame).collect()
}

fn whole_numbers(value: &Value) -> Vec<u64> {
    value.as_array().expect("an array").iter().map(|v| v.as_u64().expect("a number")).collect()
}

/// The peer's detectors with its defaults; edges measured, as it does when it keeps statistics.
fn peers() -> [(&'static str, Detector); 5] {
    let named = |name: &str| name.parse().expect("a detector");
    [
        ("content", Detector::Content(ContentParams { measure_edges: true, ..ContentParams::default() })),
        ("adaptive", Detector::Adaptive(AdaptiveParams { measure_edges: true, ..AdaptiveParams::default() })),
        ("histogram", named("histogram")),
        ("threshold", named("threshold")),
        ("hash", named("hash")),
    ]
}

#[test]
fn cuts_and_metrics_are_those_of_pyscenedetect() {
    let mut compared = 0;
    for (file, path, golden) in golden_videos("cuts_and_metrics_are_those_of_pyscenedetect") {
        let (watched, _) = watch(&path, Preset::Reference, peers().map(|(_, detector)| detector));
        for ((name, _), watched) in peers().iter().zip(watched) {
            let expected = &golden["shots"][name];
            let what = format!("{name} of {file}");
            assert_eq!(frames(&watched.cuts), whole_numbers(&expected["cuts"]), "{what}");
            for (metric, ours) in watched.detector.metrics().iter().zip(&watched.series) {
                let theirs = expected["metrics"][metric].as_array().expect("the peer has the metric");
                assert_eq!(ours.len(), theirs.len(), "frames, {what}");
                for (i, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
                    // The golden numbers have six decimals.
                    let same = match (ours, theirs.as_f64()) {
                        (Some(ours), Some(theirs)) => (ours - theirs).abs() <= 1e-6,
                        (ours, theirs) => ours.is_none() && theirs.is_none(),
                    };
                    assert!(same, "{metric}, {what}, frame {i}: {ours:?} for {theirs}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared == 0 || compared >= 80_000, "only {compared} numbers");
}

#[test]
fn a_file_gives_the_peers_shots() {
    // Every detector has seen every file above; here it is the way from the file that counts.
    let detectors = ["content", "adaptive", "threshold"].into_iter().cycle();
    let videos = some_golden_videos("a_file_gives_the_peers_shots").into_iter();
    for ((file, path, golden), name) in videos.zip(detectors) {
        let expected = &golden["shots"][name];
        let params = ShotParams {
            detector: name.parse().expect("a detector"),
            preset: Preset::Reference,
            ..ShotParams::default()
        };
        let found = detect_shots(&path, &params).expect("found");
        assert_eq!(frames(&found.cuts), whole_numbers(&expected["cuts"]), "{name} of {file}");
        assert_eq!(found.cut_short, None, "{file}");
        let spans: Vec<Vec<u64>> = found.shots.iter().map(|s| vec![s.start_frame, s.end_frame]).collect();
        let theirs: Vec<Vec<u64>> =
            expected["scenes_frames"].as_array().expect("scenes").iter().map(whole_numbers).collect();
        assert_eq!(spans, theirs, "{name} of {file}");
        for (shot, theirs) in found.shots.iter().zip(expected["scenes_sec"].as_array().expect("scenes")) {
            let start_s = theirs[0].as_f64().expect("a time");
            // The peer's clock has milliseconds, and the first picture at 0; ours has the file's times.
            let since_first = shot.start_s - found.times_s[0];
            assert!((since_first - start_s).abs() <= 2e-3, "{shot:?} for {theirs} of {file}");
        }
        let values = &found.metrics[if name == "threshold" { "average_rgb" } else { "content_val" }];
        assert_eq!(values.len() as u64, found.frames);
        assert!(values[1..].iter().all(|v| v.is_finite()), "{file}");
    }
}

/// Settings other than the peer's defaults, and what scenedetect 0.7.2 on `OpenCV` 5.0.0 finds with them in `bbb_0_30.webm`.
fn other_settings() -> Vec<(Detector, &'static [u64])> {
    let (frames, seconds) = (SceneLength::Frames, SceneLength::Seconds);
    let content = ContentParams::default();
    let threshold = ThresholdParams::default();
    vec![
        (
            Detector::Content(ContentParams {
                threshold: 20.0,
                min_scene_len: frames(5),
                filter_mode: FilterMode::Suppress,
                ..content
            }),
            &[7, 20, 283, 376, 551],
        ),
        (
            Detector::Content(ContentParams {
                threshold: 30.0,
                weights: Weights { delta_hue: 1.0, delta_sat: 0.5, delta_lum: 1.0, delta_edges: 1.0 },
                kernel_size: Some(3),
                ..content
            }),
            &[283, 376, 551],
        ),
        (
            Detector::Content(ContentParams {
                threshold: 10.0,
                weights: Weights::LUMA_ONLY,
                min_scene_len: seconds(1.0),
                ..content
            }),
            &[31, 283, 376, 431, 488, 551],
        ),
        (
            Detector::Adaptive(AdaptiveParams {
                adaptive_threshold: 3.5,
                window_width: 3,
                min_scene_len: seconds(0.6),
                ..AdaptiveParams::default()
            }),
            &[31, 139, 283, 376, 551],
        ),
        (
            Detector::Histogram(HistogramParams { threshold: 0.05, bins: 64, min_scene_len: frames(24) }),
            &[24, 48, 267, 376, 551],
        ),
        (
            Detector::Threshold(ThresholdParams {
                threshold: 40.0,
                fade_bias: 0.5,
                add_final_scene: true,
                ..threshold
            }),
            &[17],
        ),
        (
            Detector::Threshold(ThresholdParams {
                threshold: 150.0,
                fade_bias: -1.0,
                add_final_scene: true,
                method: FadeMethod::Ceiling,
                min_scene_len: frames(2),
                ..threshold
            }),
            &[41, 376],
        ),
        (
            Detector::Hash(HashParams { threshold: 0.2, size: 7, lowpass: 4, ..HashParams::default() }),
            &[15, 283, 376, 431, 475, 498, 551],
        ),
        (
            Detector::Hash(HashParams { threshold: 0.3, size: 16, lowpass: 2, min_scene_len: seconds(0.4) }),
            &[10, 283, 376, 498, 551],
        ),
    ]
}

#[test]
fn other_settings_are_the_peers_too() {
    let Some(path) = shared("other_settings_are_the_peers_too", "data/video/bbb_0_30.webm") else { return };
    let (detectors, expected): (Vec<_>, Vec<_>) = other_settings().into_iter().unzip();
    let (watched, _) = watch(&path, Preset::Reference, detectors.iter().copied());
    for ((detector, watched), expected) in detectors.iter().zip(watched).zip(&expected) {
        assert_eq!(frames(&watched.cuts), *expected, "{detector:?}");
    }
    // The whole way from the file, too: one of them, by `make test-long` all.
    let ways = if common::long() { 0..detectors.len() } else { 4..5 };
    for (&detector, expected) in detectors[ways.clone()].iter().zip(&expected[ways]) {
        let params = ShotParams { detector, preset: Preset::Reference, ..ShotParams::default() };
        let found = detect_shots(&path, &params).expect("found");
        assert_eq!(frames(&found.cuts), *expected, "{detector:?}");
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let params = ShotParams::default();
    let missing = detect_shots(Path::new("no-such-file.mp4"), &params).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    for (width, height, samples) in [(0, 4, 0), (4, 0, 0), (2, 2, 11), (2, 2, 13), (usize::MAX, 2, 6)] {
        for (name, detector) in peers().into_iter().chain([("default", Detector::Default)]) {
            let bgr = vec![0; samples];
            let frame = ShotFrame { number: 0, time_s: 0.0, bgr: &bgr, width, height };
            let error = detector.start().expect("started").push(&frame).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
        }
    }
    for detector in [
        Detector::Content(ContentParams { threshold: f64::NAN, ..ContentParams::default() }),
        Detector::Content(ContentParams { kernel_size: Some(4), ..ContentParams::default() }),
        Detector::Adaptive(AdaptiveParams { window_width: 0, ..AdaptiveParams::default() }),
    ] {
        let Err(error) = detector.start() else { panic!("{detector:?} was taken") };
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{detector:?}");
    }
}

/// One column or row, one pixel, and a size that changes on the way.
#[test]
fn pictures_of_any_size_are_taken() {
    for (_, detector) in peers().into_iter().chain([("default", Detector::Default)]) {
        let mut detector = detector.start().expect("started");
        for (number, (width, height)) in
            [(1, 1), (1, 1), (1, 7), (7, 1), (2, 2), (3, 5), (5, 3), (256, 1), (256, 144)]
                .into_iter()
                .enumerate()
        {
            let bgr: Vec<u8> = (0..width * height * 3).map(|i| (i * 37 + number * 50) as u8).collect();
            let frame = ShotFrame { number: number as u64, time_s: number as f64, bgr: &bgr, width, height };
            detector.push(&frame).expect("taken");
            assert!(detector.measured().iter().all(|m| m.value.is_finite()), "{width}x{height}");
        }
        detector.finish();
    }
}
