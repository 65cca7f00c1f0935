//! The motion of `analyze`: on pans and zooms that are known, through a codec whose frames the presets leave out, and beside Farneback's flow.
//!
//! VIRALNOW_LONG=1 cargo test --release -p viralnow-core --features video --test all_vision vision_motion -- --nocapture
//! prints what the README says.

use crate::common;
use crate::vision::{Feed, look, see};

use common::{long, shared};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use viralnow_core::imaging::{FlowParams, GrayImage, optical_flow, resize_area};
use viralnow_core::media::{AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, decode};
use viralnow_core::monitor::Run;
use viralnow_core::{Preset, Result};

const SIZE: (usize, usize) = (640, 360);
const RATE: f64 = 30.0;
const FRAMES: usize = 48;
/// Frames from one that the decoder must decode to the next: after each, three that no other is predicted from.
const GROUP: usize = 4;

/// Writes `FRAMES` pictures as H.264 whose B pictures nobody refers to; false where the `ffmpeg` command is not there.
fn write(to: &Path, picture: impl Fn(usize) -> Vec<u8>) -> bool {
    let size = format!("{}x{}", SIZE.0, SIZE.1);
    let ffmpeg = Command::new("ffmpeg")
        .args([
            "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &size, "-r", "30", "-i", "-",
        ])
        .args([
            "-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-threads", "1",
        ])
        .args(["-bf", "3", "-refs", "3", "-x264-params", "b-adapt=0:b-pyramid=none:scenecut=0"])
        .arg(to)
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut ffmpeg) = ffmpeg else {
        println!("SKIPPED known pans: the ffmpeg command is not there");
        return false;
    };
    let mut input = ffmpeg.stdin.take().expect("a pipe");
    for n in 0..FRAMES {
        input.write_all(&picture(n)).expect("written");
    }
    drop(input);
    assert!(ffmpeg.wait().expect("ended").success(), "{}", to.display());
    true
}

/// What a preset must find: pan and tilt in pixels a frame and the growth with each frame.
struct Truth {
    shift: [f64; 2],
    zoom: f64,
}

/// All presets on one video; gives what is not within 5 %.
fn wrong(path: &Path, truth: &Truth) -> Vec<String> {
    let mut wrong = Vec::new();
    for preset in [Preset::Reference, Preset::Balanced, Preset::Fast] {
        let (extracted, shared) = see(path, preset);
        let frames = shared.frames.0 as usize;
        // The test is of frames left out.
        let expected =
            if preset == Preset::Fast { FRAMES / GROUP..=FRAMES / GROUP + 2 } else { FRAMES..=FRAMES };
        assert!(expected.contains(&frames), "{preset:?}: {frames} frames decoded, not {expected:?}");
        let (width, height) = (SIZE.0 as f64, SIZE.1 as f64);
        let features = &extracted.features;
        let motion = features.motion.clone().unwrap_or_default();
        let Some(camera) = motion.camera_motion else {
            let shots: Vec<u64> = features.shots.iter().map(|shot| shot.start_frame).collect();
            wrong.push(format!(
                "shift {:?} zoom {} {preset:?}: no camera: {motion:?}, {:?}, shots from {shots:?}",
                truth.shift, truth.zoom, features.missing
            ));
            continue;
        };
        let length = truth.shift[0].hypot(truth.shift[1]);
        let intensity = motion.intensity * width.hypot(height) / RATE;
        let (pan, tilt) = (camera.pan * width / RATE, camera.tilt * height / RATE);
        let zoom = camera.zoom / RATE;
        let told = format!(
            "shift {:?} zoom {} {preset:?}: pan {pan:.3} tilt {tilt:.3} px a frame, intensity {intensity:.3} for {length}, \
             zoom {zoom:.5} a frame, {frames} frames decoded, {} moments",
            truth.shift, truth.zoom, extracted.vectors["motion"].rows
        );
        println!("{told}");
        let apart = (pan - truth.shift[0]).hypot(tilt - truth.shift[1]);
        let right = if truth.zoom == 0.0 {
            apart <= 0.05 * length && (intensity / length - 1.0).abs() <= 0.05
        } else {
            (zoom / truth.zoom - 1.0).abs() <= 0.05
        };
        if !right {
            wrong.push(told);
        }
    }
    wrong
}

/// A photograph, as red, green and blue.
fn photograph(test: &str) -> Option<image::RgbImage> {
    let path = shared(test, "data/images/solvay1927.jpg")?;
    Some(image::open(path).expect("a picture").to_rgb8())
}

/// Pans of 1 to 20 pixels a frame over a photograph are found within 5 % by every preset; `fast` decodes every fourth frame, so that from one to
/// the next the picture moves by up to 80 pixels, an eighth of its width.
#[test]
fn known_pans_are_found_by_every_preset() {
    let Some(picture) = photograph("known_pans_are_found_by_every_preset") else { return };
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pan.mp4");
    let mut all_wrong = Vec::new();
    for [dx, dy] in [[1, 0], [-5, 0], [10, 0], [-20, 0], [20, 0], [0, -10]] {
        // What is shown moves against the window, which begins where there is room for its way.
        let start = |d: i32, side: usize, window: usize, middle: usize| match d {
            0 => middle as i32,
            1.. => (side - window) as i32,
            _ => 0,
        };
        let (left, top) = (start(dx, width, SIZE.0, 500), start(dy, height, SIZE.1, 330));
        let frame = |n: usize| {
            let (left, top) = ((left - n as i32 * dx) as usize, (top - n as i32 * dy) as usize);
            (top..top + SIZE.1)
                .flat_map(|y| &picture.as_raw()[3 * (y * width + left)..][..3 * SIZE.0])
                .copied()
                .collect()
        };
        if !write(&path, frame) {
            return;
        }
        all_wrong.extend(wrong(&path, &Truth { shift: [dx, dy].map(f64::from), zoom: 0.0 }));
    }
    assert!(all_wrong.is_empty(), "{all_wrong:#?}");
}

/// A slow zoom into the photograph: larger by 0.4 % with each frame.
#[test]
fn a_known_slow_zoom_is_found_by_every_preset() {
    let Some(picture) = photograph("a_known_slow_zoom_is_found_by_every_preset") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("zoom.mp4");
    let growth: f64 = 0.004;
    let (middle_x, middle_y) = (f64::from(picture.width()) / 2.0, f64::from(picture.height()) / 2.0);
    let frame = |n: usize| {
        let scale = (1.0 + growth).powi(n as i32);
        let place =
            |i: usize, side: usize, middle: f64| middle + (i as f64 + 0.5 - side as f64 / 2.0) / scale - 0.5;
        (0..SIZE.1)
            .flat_map(|y| (0..SIZE.0).map(move |x| (x, y)))
            .flat_map(|(x, y)| between(&picture, place(x, SIZE.0, middle_x), place(y, SIZE.1, middle_y)))
            .collect()
    };
    if !write(&path, frame) {
        return;
    }
    let wrong = wrong(&path, &Truth { shift: [0.0; 2], zoom: growth });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The colour between four pixels.
fn between(picture: &image::RgbImage, x: f64, y: f64) -> [u8; 3] {
    let (left, top) = (x as u32, y as u32);
    let (fx, fy) = (x.fract(), y.fract());
    let at = |dx, dy, c: usize| f64::from(picture.get_pixel(left + dx, top + dy).0[c]);
    [0, 1, 2].map(|c| {
        let upper = (1.0 - fx) * at(0, 0, c) + fx * at(1, 0, c);
        let lower = (1.0 - fx) * at(0, 1, c) + fx * at(1, 1, c);
        ((1.0 - fy) * upper + fy * lower).round() as u8
    })
}

/// Golden clips, and whether they are looked at in the short run too.
const CLIPS: [(&str, bool); 5] = [
    ("bbb_480p_30s", false),
    ("clip12_540x960_h264", true),
    ("chair-orig-22-sd-bar", false),
    ("pattern-sd-grey-bar", false),
    ("asl_book", false),
];

/// Decodes the pictures once: what the golden files' sampler took goes to an extractor as pictures a quarter of a second apart, and around the
/// moments at which `analyze` measures motion, Farneback's flow is computed between the same two pictures.
struct Beside {
    /// Numbers of the frames that the peers' sampler took.
    golden: Vec<u64>,
    taken: usize,
    feed: Feed,
    /// Midpoints of the pairs of `analyze`, in order, and the mean length of the flow of each, in diagonals a second.
    moments: Vec<f64>,
    flows: Vec<Option<f64>>,
    before: Option<(f64, GrayImage)>,
}

impl MediaSink for Beside {
    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        self.feed.begin(info)
    }
    fn audio(&mut self, _: &AudioBlock<'_>) -> Result<()> {
        Ok(())
    }
    fn frame(&mut self, frame: &Frame<'_>) -> Result<()> {
        if self.golden.get(self.taken) == Some(&frame.index) {
            let (index, time_s) = (self.taken as u64, self.taken as f64 / 4.0);
            self.taken += 1;
            self.feed.frame(&Frame { index, time_s, duration_s: Some(0.25), ..*frame })?;
        }
        let at = self.moments.partition_point(|&moment| moment < frame.time_s);
        let (last, next) = (at.checked_sub(1).map(|i| self.moments[i]), self.moments.get(at));
        let before = self.before.take();
        let ends = before.as_ref().is_some_and(|(time_s, _)| last.is_some_and(|last| last > *time_s));
        // A pair is of neighbours: its middle is less than a tenth of a second from either.
        let begins = next.is_some_and(|next| next - frame.time_s < 0.1);
        if !ends && !begins {
            return Ok(());
        }
        let gray = frame.picture.to_gray(frame.rotation);
        let rows = (gray.height as f64 * 320.0 / gray.width as f64).round_ties_even() as usize;
        let small = resize_area(&gray, 320, rows).expect("resized");
        if let Some((time_s, picture)) = before.filter(|_| ends) {
            let flow = optical_flow(&picture, &small, &FlowParams::default()).expect("a flow");
            let per_second = 1.0 / (320.0_f64.hypot(rows as f64) * (frame.time_s - time_s));
            self.flows[at - 1] = Some(mean_length(&flow.dx, &flow.dy) * per_second);
        }
        self.before = Some((frame.time_s, small));
        Ok(())
    }
    fn cue(&mut self, _: &Cue) -> Result<()> {
        Ok(())
    }
}

fn mean_length(dx: &[f32], dy: &[f32]) -> f64 {
    dx.iter().zip(dy).map(|(&x, &y)| f64::from(x).hypot(f64::from(y))).sum::<f64>() / dx.len() as f64
}

/// Spearman's: the correlation of the ranks, equal values sharing theirs.
fn rank_correlation(pairs: &[(f64, f64)]) -> f64 {
    let ranks = |values: Vec<f64>| -> Vec<f64> {
        let below = |v: f64| values.iter().filter(|&&other| other < v).count() as f64;
        let equal = |v: f64| values.iter().filter(|&&other| other == v).count() as f64;
        values.iter().map(|&v| below(v) + (equal(v) - 1.0) / 2.0).collect()
    };
    let (a, b) = (ranks(pairs.iter().map(|p| p.0).collect()), ranks(pairs.iter().map(|p| p.1).collect()));
    let mean = (pairs.len() as f64 - 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>();
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

/// The motion of `analyze` is block matching; that it ranks moments as Farneback's flow does is asked twice. First of the golden files' own numbers,
/// which are of pictures a quarter of a second apart, where `analyze` compares neighbours: so the extractor is given the peers' pictures alone.
/// Then
/// of the pairs that `analyze` does compare, for which the flow is computed here; that it is `OpenCV`'s is `imaging_flow`'s matter.
#[test]
fn moments_are_ranked_as_by_farnebacks_flow() {
    let test = "moments_are_ranked_as_by_farnebacks_flow";
    let mut all_wrong = Vec::new();
    for (name, short) in CLIPS {
        if !short && !long() {
            continue;
        }
        let Some(golden) = shared(test, &format!("golden/vision/{name}.vision.json")) else { return };
        let golden: Value = serde_json::from_slice(&std::fs::read(golden).expect("readable")).expect("JSON");
        let file = golden["file"].as_str().expect("a name");
        let Some(path) = shared(test, &format!("data/video/{file}")) else { return };
        let pairs = golden["flow"]["pairs"].as_array().expect("pairs");
        let number = |value: &Value| value.as_f64().expect("a number");
        let numbers: Vec<u64> = golden["hashes"]
            .as_array()
            .expect("the sampled frames")
            .iter()
            .map(|hash| hash["frame"].as_u64().expect("a number"))
            .collect();
        assert_eq!(numbers.len(), pairs.len() + 1, "{name}");
        let ours = &look(&path, Preset::Reference).0.vectors["motion"];
        let mut beside = Beside {
            golden: numbers.clone(),
            taken: 0,
            feed: Feed::new(Preset::Reference),
            moments: ours.times_s.clone(),
            flows: vec![None; ours.rows],
            before: None,
        };
        let request = DecodeRequest {
            preset: Preset::Reference,
            threads: 2,
            audio: false,
            captions: false,
            ..DecodeRequest::default()
        };
        decode(&MediaInput::Path(path), &request, &mut Run::unwatched(), &mut beside).expect("decoded");
        assert_eq!(beside.taken, numbers.len(), "{name}: frames of the golden file");
        let Beside { feed, flows, .. } = beside;

        // A quarter of a second apart, as the golden numbers.
        let cuts: Vec<f64> =
            golden["shots"]["content"]["cuts"].as_array().expect("cuts").iter().map(number).collect();
        let (extracted, _) = feed.finish();
        let found = &extracted.vectors["motion"];
        let golden_pairs: Vec<(f64, f64)> = found
            .times_s
            .iter()
            .zip(&found.data)
            .filter_map(|(middle_s, &motion)| {
                let i = (middle_s * 4.0 - 0.5).round() as usize;
                let cut = |&cut: &f64| (numbers[i] as f64) < cut && cut <= numbers[i + 1] as f64;
                (!cuts.iter().any(cut)).then(|| (f64::from(motion), number(&pairs[i]["mag_mean"])))
            })
            .collect();
        // Neighbours, as in `analyze`.
        let neighbours: Vec<(f64, f64)> = ours
            .data
            .iter()
            .zip(&flows)
            .filter_map(|(&motion, flow)| Some((f64::from(motion), (*flow)?)))
            .collect();
        assert!(
            golden_pairs.len() * 5 >= pairs.len() * 3 && neighbours.len() * 10 >= ours.rows * 9,
            "{name}: {} of {} golden pairs, {} of {} moments",
            golden_pairs.len(),
            pairs.len(),
            neighbours.len(),
            ours.rows
        );
        let far_apart = ["chair", "pattern", "asl"].iter().any(|clip| name.starts_with(clip));
        for (which, compared) in [("golden pairs", golden_pairs), ("neighbours", neighbours)] {
            let correlation = rank_correlation(&compared);
            let told = format!("{name}: rank correlation {correlation:.3} over {} {which}", compared.len());
            println!("{told}");
            // A quarter of a second apart, what moves fast, or shakes to and fro, is followed by neither; it is printed for clips that do.
            if which == "golden pairs" && far_apart {
                continue;
            }
            if correlation.is_nan() || correlation < 0.8 {
                all_wrong.push(format!("{told}: ours, theirs {compared:.4?}"));
            }
        }
    }
    assert!(all_wrong.is_empty(), "{}", all_wrong.join("\n"));
}
