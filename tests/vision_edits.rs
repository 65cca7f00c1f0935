//! How well the default detector finds shots, beside `PySceneDetect`'s presets, on edits and clips whose cuts are known.
//!
//! The rule is the same for all: a hard cut is found where a boundary is at most one frame away, a dissolve or fade where one
//! is within its frames or one beside them; a boundary counts for one, and one that is left over is wrong. The peer's detectors
//! are ours of those names, which give its cuts to the frame (`vision_shots.rs`).
//!
//! Preset `fast` skips pictures that no other is predicted from, so a cut before one of those is found at the next picture that is there.
//! It is scored twice: by the frames of the file, as the others, and by the pictures that it sees, where such a cut is at its place.
//!
//! ```sh
//! VIRALNOW_LONG=1 cargo test --release -p viralnow-core --features video --test all_vision vision_edits -- --nocapture
//! ```

use crate::common;
use crate::edits;
use crate::vision_shots::watch;

use common::shared;
use edits::{Boundary, Half};
use std::path::{Path, PathBuf};
use viralnow_core::Preset;
use viralnow_core::vision::{AdaptiveParams, Cut, CutKind, Detector, SceneLength};

/// How many detectors there are.
const ALL: usize = 7;

/// Ours, and the peer's presets: its five, and the settings of one that its makers found best.
fn detectors() -> [(&'static str, Detector); ALL] {
    let named = |name: &str| name.parse().expect("a detector");
    let tuned = AdaptiveParams {
        adaptive_threshold: 3.5,
        window_width: 3,
        min_scene_len: SceneLength::Seconds(0.6),
        ..AdaptiveParams::default()
    };
    [
        ("default", Detector::Default),
        ("content", named("content")),
        ("adaptive", named("adaptive")),
        ("adaptive 3.5/3/0.6 s", Detector::Adaptive(tuned)),
        ("histogram", named("histogram")),
        ("threshold", named("threshold")),
        ("hash", named("hash")),
    ]
}

/// The boundaries that each of these detectors finds in a file, and the time of every picture that it sees.
fn find(path: &Path, preset: Preset, detectors: &[(&str, Detector)]) -> (Vec<Vec<Cut>>, Vec<f64>) {
    let (watched, times_s) = watch(path, preset, detectors.iter().map(|(_, detector)| *detector));
    (watched.into_iter().map(|watched| watched.cuts).collect(), times_s)
}

/// What preset `fast` finds in a file whose frames are at these times.
struct Skipping {
    cuts: Vec<Cut>,
    /// The number in the file of each picture that it sees.
    seen: Vec<u64>,
}

impl Skipping {
    fn find(path: &Path, times_s: &[f64]) -> Self {
        let (cuts, seen_s) = find(path, Preset::Fast, &detectors()[..1]);
        let nearest = |time_s: f64| {
            let after = times_s.partition_point(|t_s| *t_s < time_s);
            let far = |i: usize| times_s.get(i).map_or(f64::INFINITY, |t_s| (t_s - time_s).abs());
            let before = after.saturating_sub(1);
            (if far(before) < far(after) { before } else { after }) as u64
        };
        let seen: Vec<u64> = seen_s.iter().map(|t_s| nearest(*t_s)).collect();
        assert!(seen.is_sorted_by(|a, b| a < b), "every picture has its own place: {seen:?}");
        Self { cuts: cuts.into_iter().flatten().collect(), seen }
    }

    /// Adds the score by the frames of the file to the first, and by the pictures that are seen to the second.
    fn add_to(
        &self,
        [by_frame, by_picture]: &mut [Score; 2],
        truth: &[Boundary],
        either_way: &[std::ops::Range<u64>],
    ) {
        let cuts: Vec<Cut> = self
            .cuts
            .iter()
            .map(|cut| Cut { frame: self.seen.get(cut.frame as usize).copied().unwrap_or(u64::MAX), ..*cut })
            .collect();
        by_frame.add(&cuts, truth, either_way);
        let place = |frame: u64| self.seen.partition_point(|&seen| seen < frame) as u64;
        let placed = |frames: &std::ops::Range<u64>| place(frames.start)..place(frames.end);
        let truth: Vec<Boundary> =
            truth.iter().map(|Boundary { frames, kind }| Boundary { frames: placed(frames), kind }).collect();
        let either_way: Vec<_> = either_way.iter().map(placed).collect();
        by_picture.add(&self.cuts, &truth, &either_way);
    }
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

impl std::ops::AddAssign for Score {
    fn add_assign(&mut self, other: Self) {
        self.hits += other.hits;
        self.wrong += other.wrong;
        self.missed += other.missed;
        self.typed += other.typed;
    }
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

/// Of the detectors in their order, then of preset `fast` where it is there.
fn print(title: &str, scores: &[Score], fast: Option<&[Score; 2]>) {
    println!("{title}, {} boundaries", scores[0].hits + scores[0].missed);
    let names = detectors().map(|(name, _)| name);
    let rows = names.into_iter().zip(scores);
    let fast = ["fast, by frame", "fast, by picture seen"].into_iter().zip(fast.into_iter().flatten());
    for (name, score) in rows.chain(fast) {
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
    let mut of_both = ([Score::default(); ALL], [Score::default(); 2]);
    // The half that took part in the tuning says less, and is seen by `make test-long`.
    let tuned = common::long().then_some(Half::Tuned);
    for half in tuned.into_iter().chain([Half::HeldOut]) {
        let Some(clips) = edits::read_clips(half, &videos) else {
            println!("SKIPPED {test}: there is no ffmpeg command");
            return;
        };
        let mut scores = [Score::default(); ALL];
        let mut fast = [Score::default(); 2];
        // Frames, and those that preset `fast` sees of them.
        let mut frames = (0, 0);
        let mut by_kind = std::collections::BTreeMap::<&str, [Score; ALL]>::new();
        for edit in all.iter().filter(|edit| edit.half == half) {
            let path: PathBuf = folder.path().join("edit.mp4");
            edit.write(&clips, &path);
            let of_kind = by_kind.entry(edit.name.trim_end_matches([' ', '0', '1', '2', '3'])).or_default();
            let (found, times_s) = find(&path, Preset::Balanced, &detectors());
            for (i, found) in found.iter().enumerate() {
                scores[i].add(found, &edit.truth(), &[]);
                of_kind[i].add(found, &edit.truth(), &[]);
            }
            assert_eq!(times_s.len(), edit.length(), "{}", edit.name);
            let path = folder.path().join("skipped.mp4");
            edit.write_to_skip(&clips, &path);
            let skipping = Skipping::find(&path, &times_s);
            skipping.add_to(&mut fast, &edit.truth(), &[]);
            frames = (frames.0 + times_s.len(), frames.1 + skipping.seen.len());
        }
        for (kind, scores) in &by_kind {
            print(&format!("{half:?}, {kind}"), scores, None);
        }
        print(&format!("{half:?}, all"), &scores, Some(&fast));
        println!("  fast saw {} of {} frames", frames.1, frames.0);
        let ours = scores[0];
        assert!(ours.f1() >= 0.95, "{half:?}: {ours:?}");
        assert!(ours.f1() >= best_peer(&scores) + 0.1, "{half:?}: {scores:?}");
        assert!(ours.typed as f64 >= 0.97 * ours.hits as f64, "{half:?}: {ours:?}");
        // Shots from three frames on, and no flash.
        assert!(by_kind["short shots"][0].f1() >= 0.98, "{half:?}: {by_kind:?}");
        assert!(by_kind["flashes"][0].wrong <= 1, "{half:?}: {by_kind:?}");
        // Half of the frames, and still better than the peer on all of them.
        assert!(frames.1 < frames.0 * 3 / 5, "{half:?}: {frames:?}");
        assert!(fast[1].f1() > best_peer(&scores), "{half:?}: {fast:?} beside {scores:?}");
        of_both.0.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
        of_both.1.iter_mut().zip(fast).for_each(|(sum, score)| *sum += score);
    }
    if common::long() {
        let (scores, fast) = of_both;
        print("all 40", &scores, Some(&fast));
        assert!(scores[0].f1() >= best_peer(&scores) + 0.1, "all 40: {scores:?}");
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
    let mut scores = [Score::default(); ALL];
    let mut fast = [Score::default(); 2];
    for (name, truth, either_way) in clips {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        let mut here = ([Score::default(); ALL], [Score::default(); 2]);
        let (found, times_s) = find(&path, Preset::Balanced, &detectors());
        for (sum, found) in here.0.iter_mut().zip(&found) {
            sum.add(found, &truth, &either_way);
        }
        let skipping = Skipping::find(&path, &times_s);
        skipping.add_to(&mut here.1, &truth, &either_way);
        print(name, &here.0, Some(&here.1));
        println!("  fast saw {} of {} frames", skipping.seen.len(), times_s.len());
        scores.iter_mut().zip(here.0).for_each(|(sum, score)| *sum += score);
        fast.iter_mut().zip(here.1).for_each(|(sum, score)| *sum += score);
    }
    print("clips, all", &scores, Some(&fast));
    let ours = scores[0];
    assert_eq!((ours.hits, ours.wrong, ours.missed, ours.typed), (20, 0, 0, 20));
    assert!(ours.f1() > best_peer(&scores), "{scores:?}");
    assert!(fast[1].f1() > best_peer(&scores), "{fast:?} beside {scores:?}");
}
