//! Motion vectors of the codec, on shifts and zooms that are known and on real files.

use crate::common;

use common::{shared, shared_files};
use std::path::{Path, PathBuf};
use std::process::Command;
use viralnow_core::media::PictureKind;
use viralnow_core::vision::{CodedBlock, MotionVectors, VectorParams, motion_vectors};
use viralnow_core::{ErrorKind, Limits};

const SIZE: (usize, usize) = (320, 240);
const RATE: f64 = 30.0;
const FRAMES: usize = 24;

/// Waves in many directions, the shortest of some 12 pixels: no block looks like another one near it.
fn texture(x: f64, y: f64) -> u8 {
    let waves = [(0.31, 0.12), (-0.17, 0.42), (0.05, -0.23), (0.48, 0.19), (-0.11, -0.09), (0.02, 0.07)];
    let sum: f64 = waves.iter().map(|(a, b)| (a * x + b * y + 9.0 * a).sin()).sum();
    (128.0 + 18.0 * sum) as u8
}

/// A video in which what is shown at the middle moves by `shift` pixels and grows by `zoom` with each picture; nothing where the
/// `ffmpeg` command is not there.
fn moving(folder: &Path, codec: &str, shift: [f64; 2], zoom: f64) -> Option<PathBuf> {
    let (width, height) = SIZE;
    let raw: Vec<u8> = (0..FRAMES)
        .flat_map(|n| {
            let scale = (1.0 + zoom).powi(n as i32);
            (0..width * height).map(move |i| {
                let (x, y) = ((i % width) as f64 - 160.0, (i / width) as f64 - 120.0);
                texture((x - shift[0] * n as f64) / scale, (y - shift[1] * n as f64) / scale)
            })
        })
        .collect();
    std::fs::write(folder.join("raw"), raw).unwrap();
    let path = folder.join("made.mkv");
    let output = Command::new("ffmpeg")
        .args([
            "-v", "error", "-nostdin", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", "320x240", "-r",
            "30", "-i",
        ])
        .arg(folder.join("raw"))
        .args(["-pix_fmt", "yuv420p", "-g", "12", "-b:v", "4M", "-c:v", codec])
        .arg(&path)
        .output();
    let Ok(output) = output else {
        println!("SKIPPED motion vectors of {codec}: the ffmpeg command is not there");
        return None;
    };
    assert!(output.status.success(), "{codec}: {}", String::from_utf8_lossy(&output.stderr));
    Some(path)
}

fn found(path: &Path) -> MotionVectors {
    motion_vectors(path, &VectorParams { blocks: true, ..VectorParams::default() }).unwrap()
}

/// Degrees that a file is to be turned clockwise, as it says.
fn rotation(path: &Path) -> u16 {
    viralnow_core::analyze(path).unwrap().payload.media.rotation_deg.unwrap_or(0)
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn known_shifts_are_found_in_blocks_and_camera() {
    let folder = tempfile::tempdir().unwrap();
    for codec in ["mpeg4", "mpeg2video", "libx264"] {
        for shift in [[1.0, 0.0], [0.0, -3.0], [5.0, 2.0], [-10.0, 4.0]] {
            let Some(path) = moving(folder.path(), codec, shift, 0.0) else { return };
            let found = found(&path);
            let predicted =
                || found.pictures.iter().filter(|p| p.kind == Some(PictureKind::Predicted) && p.blocks > 0);
            assert!((found.width, found.height) == SIZE && predicted().count() > 5, "{codec}");
            let pan = median(predicted().map(|picture| picture.camera.expect("a camera").pan));
            let tilt = median(predicted().map(|picture| picture.camera.expect("a camera").tilt));
            let intensity = median(predicted().map(|picture| picture.intensity.unwrap()));
            let wanted =
                [shift[0] * RATE / 320.0, shift[1] * RATE / 240.0, shift[0].hypot(shift[1]) * RATE / 400.0];
            for (name, found, wanted) in
                [("pan", pan, wanted[0]), ("tilt", tilt, wanted[1]), ("intensity", intensity, wanted[2])]
            {
                let off = (found - wanted).abs();
                assert!(
                    off <= 0.05 * wanted.abs() + 0.005,
                    "{codec} {shift:?}: {name} {found}, not {wanted}"
                );
            }
            // From a later picture everything moved the other way.
            let later = |axis: usize| {
                let blocks = found.blocks.iter().filter(|block| block.source > 0.0);
                blocks.map(|block| f64::from(block.displacement[axis])).collect::<Vec<_>>()
            };
            if !later(0).is_empty() {
                let moved = [0, 1].map(|axis| median(later(axis).into_iter()));
                assert!(
                    (0..2).all(|axis| shift[axis] == 0.0 || moved[axis] * shift[axis] < 0.0),
                    "{moved:?}"
                );
            }
            // The blocks point to the picture that motion is told from.
            for picture in predicted() {
                let steps = ((picture.time_s - picture.from_s.unwrap()) * RATE).round();
                let blocks = || {
                    let at =
                        |block: &&CodedBlock| found.pictures[block.picture as usize].frame == picture.frame;
                    found.blocks.iter().filter(at)
                };
                assert_eq!(blocks().count(), picture.blocks);
                for (axis, shift) in shift.iter().enumerate() {
                    let moved = median(blocks().map(|block| f64::from(block.displacement[axis])));
                    assert!(
                        (moved - steps * shift).abs() <= 0.25,
                        "{codec} {shift:?}: {moved} in {steps} steps"
                    );
                }
            }
        }
    }
}

#[test]
fn a_known_zoom_is_found() {
    let folder = tempfile::tempdir().unwrap();
    for codec in ["mpeg4", "libx264"] {
        let Some(path) = moving(folder.path(), codec, [0.0; 2], 0.02) else { return };
        let found = found(&path);
        let rates = found.pictures.iter().filter_map(|picture| {
            let steps = (picture.time_s - picture.from_s?) * RATE;
            // Over several pictures growth is compound: brought to one picture.
            Some((1.0 + picture.camera?.zoom * steps / RATE).powf(1.0 / steps) - 1.0)
        });
        let zoom = median(rates);
        assert!((zoom - 0.02).abs() <= 0.05 * 0.02, "{codec}: {zoom}");
    }
}

/// The shots of the demo clip were moved by what its truth says.
#[test]
fn the_camera_of_the_demo_clip_is_found() {
    let found = motion_vectors(common::demo(), &VectorParams::default()).unwrap();
    let truth = std::fs::read_to_string(common::root().join("examples/media/demo.truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&truth).unwrap();
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    // Half of the least step that the codec has, a quarter of a pixel a picture, in pixels per second.
    let half = 0.125 * RATE;
    let mut checked = 0;
    for shot in truth["shots"].as_array().unwrap() {
        let range = number(&shot["start_frame"]) as u64 + 1..number(&shot["end_frame"]) as u64;
        let cameras: Vec<_> = found
            .pictures
            .iter()
            .filter(|picture| range.contains(&picture.frame))
            .filter(|picture| picture.from_s.is_some_and(|s| s >= number(&shot["start"]) - 1e-6))
            .filter_map(|picture| Some((picture.camera?, (picture.time_s - picture.from_s?) * RATE)))
            .collect();
        let motion = &shot["motion"];
        let (pan, tilt, zoom) = match motion["kind"].as_str().unwrap() {
            "pan" | "tilt" => {
                let shift = &motion["content_px_per_frame"];
                (number(&shift[0]) * RATE / 540.0, number(&shift[1]) * RATE / 960.0, 0.0)
            }
            "still" => (0.0, 0.0, 0.0),
            kind if kind.starts_with("zoom") => {
                let zoom = number(&motion["zoom_per_frame"]) - 1.0;
                // What stays is above the middle: the middle itself moves down.
                (0.0, zoom * (480.0 - number(&motion["zoom_center"][1])) * RATE / 960.0, zoom * RATE)
            }
            _ => continue,
        };
        let zooms = cameras
            .iter()
            .map(|(camera, steps)| ((1.0 + camera.zoom * steps / RATE).powf(1.0 / steps) - 1.0) * RATE);
        let told = [
            ("pan", median(cameras.iter().map(|(camera, _)| camera.pan)), pan, half / 540.0),
            ("tilt", median(cameras.iter().map(|(camera, _)| camera.tilt)), tilt, half / 960.0),
            ("zoom", median(zooms), zoom, half / 480.0),
        ];
        for (name, found, wanted, least) in told {
            let off = (found - wanted).abs();
            assert!(off <= 0.05 * wanted.abs() + least, "{}: {name} {found}, not {wanted}", shot["name"]);
        }
        checked += 1;
    }
    assert_eq!(checked, 9);
}

#[test]
fn what_is_told_of_a_real_clip() {
    let Some(path) = shared("motion vectors", "data/video/clip12_540x960_h264.mp4") else { return };
    let all = found(&path);
    assert_eq!((all.width, all.height, all.cut_short.as_deref()), (540, 960, None));
    assert!(all.pictures.windows(2).all(|two| two[0].time_s < two[1].time_s));
    assert_eq!(all.blocks.len(), all.pictures.iter().map(|picture| picture.blocks).sum::<usize>());
    for kind in [PictureKind::Intra, PictureKind::Predicted, PictureKind::Bidirectional] {
        assert!(all.pictures.iter().any(|picture| picture.kind == Some(kind)), "{kind:?}");
    }
    for picture in &all.pictures {
        assert_eq!(picture.from_s.is_some(), picture.kind == Some(PictureKind::Predicted));
        assert!(picture.kind != Some(PictureKind::Intra) || picture.blocks == 0);
    }
    for block in &all.blocks {
        let picture = &all.pictures[block.picture as usize];
        assert!(block.source == -1.0 || picture.kind == Some(PictureKind::Bidirectional));
        let inside =
            |at: f32, size: f32, side: f32| at >= size / 2.0 - 0.5 && at <= (side / 16.0).ceil() * 16.0;
        assert!(
            inside(block.centre[0], block.size[0], 540.0) && inside(block.centre[1], block.size[1], 960.0)
        );
    }
    // The same again, and fewer pictures are some of the same.
    let params = VectorParams { blocks: true, ..VectorParams::default() };
    assert!(motion_vectors(&path, &params).unwrap() == all);
    let some = motion_vectors(&path, &VectorParams { interval_s: 0.25, ..params.clone() }).unwrap();
    assert!((35..=49).contains(&some.pictures.len()), "{}", some.pictures.len());
    assert!(some.pictures.iter().all(|picture| picture.kind == Some(PictureKind::Predicted)));
    assert!(some.pictures.iter().all(|picture| all.pictures.contains(picture)));
    // Without blocks the pictures are the same.
    let bare = motion_vectors(&path, &VectorParams::default()).unwrap();
    assert!(bare.blocks.is_empty() && bare.pictures == all.pictures);

    let limits = Limits { max_decoded_bytes: 10_000_000, ..Limits::default() };
    let error = motion_vectors(&path, &VectorParams { limits, ..params }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert!(error.to_string().contains("interval_s"), "{error}");
    let error = motion_vectors(&path, &VectorParams { interval_s: f64::NAN, ..VectorParams::default() });
    assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidConfig);
}

/// The same pictures, turned by the camera: what is told is of the upright picture.
#[test]
fn a_turned_video_is_told_upright() {
    let folder = tempfile::tempdir().unwrap();
    let Some(path) = moving(folder.path(), "mpeg4", [6.0, -2.0], 0.0) else { return };
    let turned = folder.path().join("turned.mp4");
    let done = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y", "-i"])
        .arg(&path)
        .args(["-c", "copy", "-metadata:s:v", "rotate=90"])
        .arg(&turned)
        .status();
    assert!(done.unwrap().success());
    let degrees = rotation(&turned);
    if degrees == 0 {
        println!("SKIPPED a_turned_video_is_told_upright: this ffmpeg writes no rotation");
        return;
    }
    let (upright, turned) = (found(&path), found(&turned));
    assert_eq!((turned.width, turned.height), (240, 320));
    for (before, after) in upright.blocks.iter().zip(&turned.blocks) {
        let ([x, y], [dx, dy]) = (before.centre, before.displacement);
        // Which way the tag turns depends on the version of ffmpeg.
        let wanted = match degrees {
            90 => ([240.0 - y, x], [-dy, dx]),
            _ => ([y, 320.0 - x], [dy, -dx]),
        };
        assert_eq!((after.centre, after.displacement), wanted, "{before:?}");
    }
    assert_eq!(upright.blocks.len(), turned.blocks.len());
}

#[test]
fn codecs_that_give_none_say_so() {
    for name in ["clip12_540x960_hevc.mp4", "clip12_540x960_vp9.webm", "hdr10-av1.mp4"] {
        let Some(path) = shared("motion vectors", &format!("data/video/{name}")) else { return };
        let error = motion_vectors(&path, &VectorParams::default()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{name}: {error}");
        assert!(error.to_string().contains(name) && error.to_string().contains("h264"), "{error}");
    }
    let Some(still) = shared("motion vectors", "data/images/coffee.png") else { return };
    assert_eq!(motion_vectors(still, &VectorParams::default()).unwrap_err().kind(), ErrorKind::Unavailable);
    let missing = motion_vectors("no-such-file.mp4", &VectorParams::default()).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    let Some(sound) = shared("motion vectors", "data/audio/clip60.m4a") else { return };
    let error = motion_vectors(sound, &VectorParams::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
}

/// What can be decoded of a damaged file is told, picture by picture and inside of the picture, and the rest is a typed error.
#[test]
fn damaged_files_give_an_error_or_what_there_is() {
    let mut told = Vec::new();
    let files = shared_files("motion vectors", "data/malformed");
    for path in &files {
        let params = VectorParams { blocks: true, ..VectorParams::default() };
        match motion_vectors(path, &params) {
            Ok(found) => {
                assert!(!found.pictures.is_empty(), "{}", path.display());
                assert!(found.pictures.windows(2).all(|two| two[0].time_s < two[1].time_s));
                for block in &found.blocks {
                    // A block may hang over by its own size; where it came from may be anywhere.
                    let inside = |at: f32, side: usize| (-16.0..=side as f32 + 16.0).contains(&at);
                    assert!(
                        inside(block.centre[0], found.width) && inside(block.centre[1], found.height),
                        "{}: {block:?}",
                        path.display()
                    );
                }
                told.push(path.file_name().unwrap().to_string_lossy().into_owned());
            }
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::DecodeFailed
                        | ErrorKind::InvalidInput
                        | ErrorKind::LimitExceeded
                        | ErrorKind::Unavailable
                        | ErrorKind::UnsupportedFormat
                ),
                "{}: {error}",
                path.display()
            ),
        }
    }
    println!("{told:?}");
    assert!(
        files.is_empty() || told.iter().any(|name| name == "media__sample_with_invalid_nalu.mp4"),
        "{told:?}"
    );
}
