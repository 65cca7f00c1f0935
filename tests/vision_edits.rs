//! How well the default detector finds shots, beside `PySceneDetect`'s presets, on edits and clips whose cuts are known.
//!
//! The rule is the same for all: a hard cut is found where a boundary is at most one frame away, a dissolve or fade where one
//! is within its frames or one beside them; a boundary counts for one, and one that is left over is wrong. The peer's detectors
//! are ours of those names, which give its cuts to the frame (`vision_shots.rs`).
//!
//! ```sh
//! VIRALNOW_LONG=1 cargo test --release -p viralnow-core --features video --test all_vision vision_edits -- --nocapture
//! ```

use crate::common;
use crate::edits;

use common::shared;
use edits::{Boundary, Half};
use std::path::{Path, PathBuf};
use viralnow_core::imaging::SmallPictures;
use viralnow_core::media::{AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, decode};
use viralnow_core::monitor::Run;
use viralnow_core::vision::{
    AdaptiveParams, Cut, CutKind, Detector, SceneLength, ShotDetector, ShotFrame, VisionSummary,
};
use viralnow_core::{Preset, Result};

/// Ours, and the peer's presets: its five, and the settings that its makers found best.
fn detectors() -> [(&'static str, Detector); 7] {
    let tuned = AdaptiveParams {
        adaptive_threshold: 3.5,
        window_width: 3,
        min_scene_len: SceneLength::Seconds(0.6),
        ..AdaptiveParams::default()
    };
    [
        ("default", Detector::Default),
        ("content", "content".parse().expect("a detector")),
        ("adaptive", "adaptive".parse().expect("a detector")),
        ("adaptive 3.5/3/0.6 s", Detector::Adaptive(tuned)),
        ("histogram", "histogram".parse().expect("a detector")),
        ("hash", "hash".parse().expect("a detector")),
        ("threshold", "threshold".parse().expect("a detector")),
    ]
}

/// Feeds all detectors from one pass.
struct Feed {
    small: SmallPictures,
    detectors: Vec<Box<dyn ShotDetector>>,
    cuts: Vec<Vec<Cut>>,
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
        let small = ShotFrame { number: frame.index, time_s: frame.time_s, bgr, width, height };
        for (detector, cuts) in self.detectors.iter_mut().zip(&mut self.cuts) {
            cuts.extend(detector.push(&small)?);
        }
        Ok(())
    }
    fn cue(&mut self, _: &Cue) -> Result<()> {
        Ok(())
    }
}

/// The boundaries that each detector finds in a file.
fn find(path: &Path, preset: Preset) -> Vec<Vec<Cut>> {
    let detectors: Vec<_> = detectors().iter().map(|(_, d)| d.start().expect("sound settings")).collect();
    let mut feed =
        Feed { small: SmallPictures::default(), cuts: vec![Vec::new(); detectors.len()], detectors };
    let request = DecodeRequest { preset, audio: false, captions: false, ..DecodeRequest::default() };
    decode(&MediaInput::Path(path.to_owned()), &request, &mut Run::unwatched(), &mut feed).expect("decoded");
    for (detector, cuts) in feed.detectors.iter_mut().zip(&mut feed.cuts) {
        cuts.extend(detector.finish());
        assert!(cuts.is_sorted_by(|a, b| a.frame < b.frame), "in order: {cuts:?}");
    }
    feed.cuts
}

/// What was right and wrong.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    hits: usize,
    wrong: usize,
    missed: usize,
    /// Hits whose kind is right.
    typed: usize,
}

impl Score {
    fn f1(self) -> f64 {
        2.0 * self.hits as f64 / (2 * self.hits + self.wrong + self.missed).max(1) as f64
    }

    fn add(&mut self, found: &[Cut], truth: &[Boundary], either_way: &[std::ops::Range<u64>]) {
        let mut left: Vec<&Cut> =
            found.iter().filter(|cut| !either_way.iter().any(|r| r.contains(&cut.frame))).collect();
        for Boundary { frames, kind } in truth {
            let reach = frames.start.saturating_sub(1)..=frames.end + 1;
            let middle = u64::midpoint(frames.start, frames.end);
            let near = left.iter().enumerate().filter(|(_, cut)| reach.contains(&cut.frame));
            let Some((i, _)) = near.min_by_key(|(_, cut)| cut.frame.abs_diff(middle)) else {
                self.missed += 1;
                continue;
            };
            self.hits += 1;
            let named = match left.remove(i).kind {
                CutKind::Hard => "cut",
                CutKind::Dissolve => "dissolve",
                CutKind::Fade => "fade",
            };
            self.typed += usize::from(named == *kind);
        }
        self.wrong += left.len();
    }
}

fn print(title: &str, scores: &[Score]) {
    println!("{title}");
    for ((name, _), score) in detectors().iter().zip(scores) {
        let Score { hits, wrong, missed, typed } = score;
        println!(
            "  {name:22} F1 {:.3}  {hits} found, {wrong} wrong, {missed} missed, {typed} of the right kind",
            score.f1()
        );
    }
}

fn best_peer(scores: &[Score]) -> f64 {
    scores[1..].iter().map(|score| score.f1()).fold(0.0, f64::max)
}

/// Twenty edits of each half; constants were chosen on the first half and the clips below.
#[test]
fn the_default_beats_the_peer_on_edits() {
    let test = "the_default_beats_the_peer_on_edits";
    let Some(videos) = shared(test, "data/video") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let all = edits::edits();
    assert_eq!(all.len(), 40);
    // The half that took part in the tuning says less, and is seen by `make test-long`; so is the preset `fast`.
    let tuned = common::long().then_some(Half::Tuned);
    let mut together = [Score::default(); 7];
    let mut fast = Score::default();
    for half in tuned.into_iter().chain([Half::HeldOut]) {
        let Some(clips) = edits::read_clips(half, &videos) else {
            println!("SKIPPED {test}: there is no ffmpeg command");
            return;
        };
        let mut scores = [Score::default(); 7];
        let mut by_kind = std::collections::BTreeMap::<&str, [Score; 7]>::new();
        for edit in all.iter().filter(|edit| edit.half == half) {
            let path: PathBuf = folder.path().join("edit.mp4");
            edit.write(&clips, &path);
            let of_kind = by_kind.entry(edit.name.trim_end_matches([' ', '0', '1', '2', '3'])).or_default();
            for (i, found) in find(&path, Preset::Balanced).iter().enumerate() {
                for score in [&mut scores[i], &mut together[i], &mut of_kind[i]] {
                    score.add(found, &edit.truth(), &[]);
                }
            }
            if common::long() && half == Half::HeldOut {
                // Its frames are numbered without those that it leaves out.
                let mut found = find(&path, Preset::Fast).swap_remove(0);
                for cut in &mut found {
                    cut.frame = (cut.time_s * edits::RATE as f64).round() as u64;
                }
                fast.add(&found, &edit.truth(), &[]);
            }
        }
        for (kind, scores) in &by_kind {
            print(&format!("{half:?}, {kind}"), scores);
        }
        print(&format!("{half:?}, all"), &scores);
        let ours = scores[0];
        assert!(ours.f1() >= 0.95, "{half:?}: {ours:?}");
        assert!(ours.f1() >= best_peer(&scores) + 0.1, "{half:?}: {scores:?}");
        assert!(ours.typed as f64 >= 0.97 * ours.hits as f64, "{half:?}: {ours:?}");
        // Shots from three frames on, and no flash.
        assert!(by_kind["short shots"][0].f1() >= 0.98, "{half:?}: {by_kind:?}");
        assert!(by_kind["flashes"][0].wrong <= 1, "{half:?}: {by_kind:?}");
        if common::long() && half == Half::HeldOut {
            println!("{half:?}, preset fast, within one frame: F1 {:.3}  {fast:?}", fast.f1());
            assert!(fast.f1() > best_peer(&scores), "{fast:?}");
        }
    }
    print("all edits that were looked at", &together);
}

/// On real films `fast` finds the cuts too, where frames are left out at the first that was kept; and motion as `balanced` does.
#[test]
fn fast_finds_the_cuts_and_the_motion_of_clips() {
    let test = "fast_finds_the_cuts_and_the_motion_of_clips";
    for name in ["clip12_540x960_h264.mp4", "bbb_480p_30s.mp4"] {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        let look = |preset| &crate::vision::look(&path, preset).0.features;
        let [balanced, fast] = [Preset::Balanced, Preset::Fast].map(look);
        let starts =
            |seen: &VisionSummary| -> Vec<f64> { seen.shots.iter().map(|shot| shot.start_s).collect() };
        let apart: Vec<f64> = starts(balanced).iter().zip(starts(fast)).map(|(a, b)| (a - b).abs()).collect();
        let [exact, ours] = [balanced, fast].map(|seen| seen.motion.as_ref().expect("motion").intensity);
        println!(
            "{name}: {} and {} shots, {apart:.3?} s apart; motion {exact:.4} and {ours:.4}",
            balanced.shots.len(),
            fast.shots.len()
        );
        assert_eq!(balanced.shots.len(), fast.shots.len(), "{name}");
        // Three frames may be left out before one that is kept.
        assert!(apart.iter().all(|&s| s <= 4.01 / 24.0), "{name}: {apart:?}");
        assert!((ours / exact - 1.0).abs() <= 0.1, "{name}: {ours} for {exact}");
    }
}

/// Clips as they are, with the cuts that are known of them.
#[test]
#[allow(clippy::single_range_in_vec_init, reason = "stretches of frames, of which there may be several")]
fn the_default_beats_the_peer_on_clips() {
    let test = "the_default_beats_the_peer_on_clips";
    let cut = |frame: u64| Boundary { frames: frame..frame, kind: "cut" };
    let clip60 = [180, 296, 413, 420, 510, 720, 871, 930, 1005, 1185, 1215, 1365, 1515, 1590, 1710];
    let dissolve = Boundary { frames: 120..180, kind: "dissolve" };
    // Counted neither way: the fade-in at the start, and a dissolve that NASA's footage brings along into another clip.
    let clips = [
        ("clip60_1080x1920_h264.mp4", clip60.map(cut).to_vec(), vec![1094..1128]),
        ("bbb_0_30.webm", [283, 376, 551].map(cut).to_vec(), vec![0..48]),
        ("nasa_13013.mp4", vec![dissolve, cut(240)], vec![]),
    ];
    let mut scores = [Score::default(); 7];
    for (name, truth, either_way) in clips {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        let mut here = [Score::default(); 7];
        for (i, found) in find(&path, Preset::Balanced).iter().enumerate() {
            here[i].add(found, &truth, &either_way);
            scores[i].add(found, &truth, &either_way);
        }
        print(name, &here);
    }
    print("clips, all", &scores);
    let ours = scores[0];
    assert_eq!((ours.hits, ours.wrong, ours.missed, ours.typed), (20, 0, 0, 20));
    assert!(ours.f1() > best_peer(&scores), "{scores:?}");
}
