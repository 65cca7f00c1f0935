//! Copies of videos and pictures: every one found, none between strangers.

use crate::common;

use common::{PICTURES, shared};
use std::path::Path;
use std::process::Command;
use viralnow_core::ErrorKind;
use viralnow_core::imaging::{Picture, Plane, RgbImage, Rotation};
use viralnow_core::vision::{
    FingerprintParams, VideoFingerprint, VideoFingerprinter, find_copies, fingerprint,
};

fn take(path: &Path) -> VideoFingerprint {
    fingerprint(path, &FingerprintParams { threads: 2, ..FingerprintParams::default() }).expect("taken")
}

/// Videos, and the family of each. The clips are cut together from several of the others and said below.
const VIDEOS: [(&str, &str); 23] = [
    ("pattern-hd-no-bar.mp4", "pattern"),
    ("pattern-sd-grey-bar.mp4", "pattern"),
    ("pattern-sd-with-large-logo-bar.mp4", "pattern"),
    ("chair-orig-22-sd-bar.mp4", "chair"),
    ("chair-22-sd-grey-bar.mp4", "chair"),
    ("chair-22-with-small-logo-bar.mp4", "chair"),
    ("clip12_540x960_h264.mp4", "clip"),
    ("clip12_540x960_hevc.mp4", "clip"),
    ("clip12_540x960_vp9.webm", "clip"),
    ("clip12_540x960_vfr.mp4", "clip"),
    ("bbb_0_30.webm", "bunny"),
    ("bbb_480p_30s.mp4", "bunny"),
    ("bbb_642x642_768kbps_30fps_vp9.webm", "bunny"),
    ("mdn_pig.mp4", "pig"),
    ("mdn_pig.webm", "pig"),
    ("mdn_elf.webm", "elf"),
    ("asl_book.mkv", "book"),
    ("asl_thanks.mkv", "thanks"),
    ("butterfly.mp4", "butterfly"),
    ("chaplin.mp4", "chaplin"),
    ("nasa_13013.mp4", "nasa"),
    ("hdr10-av1.mp4", "hdr"),
    ("silent-black-10s.mp4", "black"),
];

/// What the clips show, by the list of their construction: seconds 4 to 16 of a longer one, with captions burned in.
const IN_THE_CLIPS: [&str; 3] = ["chair", "bunny", "book"];

#[test]
fn every_copy_among_the_videos_is_found_and_no_other_pair() {
    let test = "every_copy_among_the_videos_is_found_and_no_other_pair";
    let mut prints: Vec<(&str, &str, VideoFingerprint)> = Vec::new();
    for (name, family) in VIDEOS {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        prints.push((name, family, take(&path)));
    }
    let (mut copies, mut unrelated) = (0, 0);
    for (i, (name, family, print)) in prints.iter().enumerate() {
        for (other_name, other_family, other) in &prints[i + 1..] {
            let how = print.compare(other);
            if how.matched > 0 {
                println!(
                    "{} {name:36} {other_name:36} shares {:.2} {:.2}, of the overlap {:.2}, offset {:+.2} s, {} samples, distance {:.1} ({} at best){}",
                    if how.is_copy() { "copy" } else { "  - " },
                    how.share,
                    how.other_share,
                    how.overlap_share,
                    how.offset_s,
                    how.matched,
                    how.distance,
                    how.best_distance,
                    if how.mirrored { ", mirrored" } else { "" },
                );
            }
            let contained = |clip: &str, source: &str| clip == "clip" && IN_THE_CLIPS.contains(&source);
            if family == other_family {
                assert!(how.is_copy(), "{name} {other_name}: {how:?}");
                copies += 1;
            } else if !contained(family, other_family) && !contained(other_family, family) {
                assert!(!how.is_copy(), "{name} {other_name}: {how:?}");
                unrelated += 1;
            }
            let back = other.compare(print);
            assert_eq!(back.is_copy(), how.is_copy(), "{name} {other_name}");
        }
    }
    println!("{copies} pairs of copies, all found; {unrelated} pairs of strangers, none taken for copies");
    assert!(copies > 15 && unrelated > 150);
    // What is known of times: both chairs run from the same first frame, and the square excerpt starts at 15.5 s.
    let print = |wanted: &str| &prints.iter().find(|(name, ..)| *name == wanted).expect("there").2;
    let chairs = print("chair-orig-22-sd-bar.mp4").compare(print("chair-22-sd-grey-bar.mp4"));
    assert!(chairs.offset_s.abs() <= 0.1 && chairs.share > 0.95 && chairs.other_share > 0.95, "{chairs:?}");
    let excerpt = print("bbb_0_30.webm").compare(print("bbb_642x642_768kbps_30fps_vp9.webm"));
    assert!((excerpt.offset_s + 15.5).abs() <= 0.2 && excerpt.other_share > 0.9, "{excerpt:?}");
    // The copies of the others are listed by `find_copies` in the same way.
    let only: Vec<VideoFingerprint> = prints.iter().take(6).map(|(.., print)| print.clone()).collect();
    let pairs: Vec<(usize, usize)> = find_copies(&only).iter().map(|&(i, j, _)| (i, j)).collect();
    assert_eq!(pairs, [(0, 1), (0, 2), (1, 2), (3, 4), (3, 5), (4, 5)]);
}

/// A way to copy: its name, the filters of `ffmpeg`, seconds that are cut off the start, whether it
/// mirrors. Six seconds are copied.
type Edit = (&'static str, &'static str, f64, bool);

const EDITS: [Edit; 20] = [
    ("encoded anew", "null", 0.0, false),
    ("trimmed by 1.1 s", "null", 1.1, false),
    ("15 frames a second", "fps=15", 0.0, false),
    ("quarter size", "scale=iw/4:ih/4", 0.0, false),
    ("gray", "hue=s=0", 0.0, false),
    ("paler", "eq=contrast=0.7:brightness=0.1", 0.0, false),
    ("blurred", "gblur=sigma=4", 0.0, false),
    ("logo", "drawbox=x=iw*0.05:y=ih*0.05:w=iw*0.2:h=ih*0.15:color=red:t=fill", 0.0, false),
    ("band for a caption", "drawbox=x=iw*0.1:y=ih*0.78:w=iw*0.8:h=ih*0.1:color=white:t=fill", 0.0, false),
    ("bars left and right", "pad=iw*1.4:ih:(ow-iw)/2:0", 0.0, false),
    ("bars above and below", "pad=iw:ih*1.6:0:(oh-ih)/2:white", 0.0, false),
    ("cropped to 0.95", "crop=iw*0.95:ih*0.95", 0.0, false),
    ("cropped to 0.88", "crop=iw*0.88:ih*0.88", 0.0, false),
    ("cropped to 0.80", "crop=iw*0.8:ih*0.8", 0.0, false),
    ("cropped to 0.72", "crop=iw*0.72:ih*0.72", 0.0, false),
    ("cropped to 4:3", "crop=iw*0.75:ih", 0.0, false),
    ("cropped to a square", "crop=ih:ih", 0.0, false),
    ("mirrored", "hflip", 0.0, true),
    ("mirrored, cropped to 0.9", "hflip,crop=iw*0.9:ih*0.9", 0.0, true),
    (
        "five at once",
        "crop=iw*0.9:ih*0.9,hue=s=0,eq=contrast=0.7:brightness=0.1,pad=iw*1.4:ih:(ow-iw)/2:0",
        1.1,
        false,
    ),
];

/// Not found is a film with bars of its own, cropped so that its scene keeps 96 % of the width and 72 % of the height, which
/// lies between two parts that are hashed.
#[test]
fn copies_edited_with_ffmpeg_are_found() {
    let test = "copies_edited_with_ffmpeg_are_found";
    copies_are_found(test, ["chaplin.mp4", "butterfly.mp4"], &[("chaplin.mp4", "cropped to 0.72")]);
}

/// Not found is a dark film, of which one sample in twelve tells something, between bars.
#[test]
#[ignore = "a minute more of the same: make test-long"]
fn copies_of_more_films_are_found() {
    let test = "copies_of_more_films_are_found";
    copies_are_found(test, ["nasa_13013.mp4", "mdn_pig.mp4"], &[("nasa_13013.mp4", "bars left and right")]);
}

fn copies_are_found(test: &str, names: [&'static str; 2], not_found: &[(&str, &str)]) {
    let Ok(true) = Command::new("ffmpeg").arg("-version").output().map(|run| run.status.success()) else {
        println!("SKIPPED {test}: no ffmpeg command");
        return;
    };
    let mut films = Vec::new();
    for name in names {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        films.push((name, take(&path), path));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (mut copies, mut missed, mut strangers) = (0, Vec::new(), 0);
    // Each edit of one of the films; `make test-long` makes each of both.
    let step = if common::long() { 1 } else { films.len() };
    for (nth, (name, print, path)) in films.iter().enumerate() {
        for (edit, filters, trimmed_s, mirrored) in EDITS.iter().skip(nth % step).step_by(step) {
            let made = folder.path().join("copy.mp4");
            let run = Command::new("ffmpeg")
                .args(["-nostdin", "-v", "error", "-y", "-ss", &trimmed_s.to_string(), "-t", "6", "-i"])
                .arg(path)
                .args(["-an", "-sn", "-vf", &format!("{filters},scale=trunc(iw/2)*2:trunc(ih/2)*2")])
                .args(["-c:v", "mpeg4", "-q:v", "8"])
                .arg(&made)
                .output()
                .expect("run");
            assert!(run.status.success(), "{edit}: {}", String::from_utf8_lossy(&run.stderr));
            let copy = take(&made);
            let how = print.compare(&copy);
            println!(
                "{name:14} {edit:24} {:.2} {:.2} {:+.2} s, distance {:.1} ({} at best){}",
                how.share,
                how.other_share,
                how.offset_s,
                how.distance,
                how.best_distance,
                if how.mirrored { ", mirrored" } else { "" },
            );
            copies += 1;
            if how.is_copy() {
                assert_eq!(how.mirrored, *mirrored, "{name} {edit}: {how:?}");
                assert!((how.offset_s + trimmed_s).abs() <= 0.5, "{name} {edit}: {how:?}");
            } else {
                missed.push((*name, *edit));
            }
            for (other_name, other, _) in films.iter().filter(|(other, ..)| other != name) {
                assert!(!other.compare(&copy).is_copy(), "{other_name}: {name} {edit}");
                strangers += 1;
            }
        }
    }
    println!(
        "{} of {copies} copies found; {strangers} strangers, none taken for a copy",
        copies - missed.len()
    );
    assert_eq!(missed, not_found);
}

#[test]
fn copies_of_a_picture_are_found() {
    let test = "copies_of_a_picture_are_found";
    let mut prints = Vec::new();
    for name in PICTURES.into_iter().chain(["ro_empty_black.jpg"]) {
        let Some(path) = shared(test, &format!("data/images/{name}")) else { return };
        prints.push((name, take(&path)));
    }
    for (i, (name, print)) in prints.iter().enumerate() {
        for (other_name, other) in &prints[i + 1..] {
            let how = print.compare(other);
            if how.matched > 0 {
                println!("{name:28} {other_name:28} distance {:.0}", how.distance);
            }
            let family = name.starts_with("bridge") && other_name.starts_with("bridge");
            assert_eq!(how.is_copy(), family, "{name} {other_name}: {how:?}");
        }
    }
}

/// A picture that changes with time, so that no two samples are alike.
fn scene(moment: u32) -> RgbImage {
    let mut state = moment.wrapping_mul(2_654_435_761) | 1;
    let cells: Vec<u8> = (0..64)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let data = (0..96 * 96).flat_map(|i| [cells[i % 96 / 12 + i / 96 / 12 * 8]; 3]).collect();
    RgbImage { width: 96, height: 96, data }
}

fn film(moments: impl Iterator<Item = u32>, apart_s: f64) -> VideoFingerprint {
    let mut taker = VideoFingerprinter::default();
    for (i, moment) in moments.enumerate() {
        taker.push(&scene(moment).as_picture(), Rotation::None, i as f64 * apart_s).expect("taken");
    }
    taker.finish()
}

#[test]
fn an_excerpt_is_placed_and_a_long_film_stays_bounded() {
    let whole = film(0..40, 0.5);
    let excerpt = film(12..25, 0.5);
    let how = whole.compare(&excerpt);
    assert!(how.is_copy(), "{how:?}");
    assert!((how.offset_s + 6.0).abs() < 1e-9 && (how.share - 13.0 / 40.0).abs() < 1e-9, "{how:?}");
    assert!((how.other_share - 1.0).abs() < 1e-9 && (how.overlap_share - 1.0).abs() < 1e-9, "{how:?}");
    assert!(!whole.compare(&film(100..140, 0.5)).is_copy());
    // The same pictures in another order of time are no copy.
    assert!(!whole.compare(&film((0..40).rev(), 0.5)).is_copy());
    let empty = VideoFingerprint::default();
    for (a, b) in [(&whole, &empty), (&empty, &whole), (&empty, &empty)] {
        assert!(!a.compare(b).is_copy());
    }
    let long = film((0..9000).map(|i| i % 50), 0.125);
    assert!(long.len() <= 4096 && long.len() > 2000, "{}", long.len());
    assert_eq!(VideoFingerprint::from_bytes(&long.to_bytes()).expect("read"), long);
}

#[test]
fn damaged_bytes_and_impossible_pictures_are_refused() {
    let print = film(0..6, 0.5);
    let bytes = print.to_bytes();
    assert_eq!(VideoFingerprint::from_bytes(&bytes).expect("read"), print);
    assert_eq!(VideoFingerprint::from_base64(&format!(" {}\n", print.to_base64())).expect("read"), print);
    for end in 0..bytes.len() {
        let refused = VideoFingerprint::from_bytes(&bytes[..end]).unwrap_err().kind();
        assert_eq!(refused, ErrorKind::DecodeFailed, "{end}");
    }
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 0x41;
        let refused = VideoFingerprint::from_bytes(&changed).unwrap_err().kind();
        assert_eq!(
            refused,
            if at == 4 { ErrorKind::SchemaMismatch } else { ErrorKind::DecodeFailed },
            "{at}"
        );
    }
    assert_eq!(VideoFingerprint::from_base64("no base64!").unwrap_err().kind(), ErrorKind::DecodeFailed);
    let mut taker = VideoFingerprinter::default();
    let picture = scene(1);
    for time_s in [f64::NAN, f64::INFINITY, -1e300] {
        let refused = taker.push(&picture.as_picture(), Rotation::None, time_s).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    }
    let short = Picture::Rgb24 { rgb: Plane { data: &[0; 5], stride: 3 }, width: 1, height: 2 };
    assert_eq!(taker.push(&short, Rotation::None, 0.0).unwrap_err().kind(), ErrorKind::InvalidInput);
    for (i, (width, height)) in [(1, 1), (1, 3000), (3000, 1), (7, 5), (64, 64)].into_iter().enumerate() {
        let data = (0..width * height * 3).map(|i| (i % 251) as u8).collect();
        let picture = RgbImage { width, height, data };
        taker.push(&picture.as_picture(), Rotation::Clockwise90, i as f64 - 2.0).expect("taken");
    }
    let print = taker.finish();
    assert_eq!(print.samples().map(|(time_s, _)| time_s).collect::<Vec<_>>(), [-2.0, -1.0, 0.0, 1.0, 2.0]);
}

#[test]
fn files_without_pictures_are_refused_and_a_film_that_breaks_gives_what_it_has() {
    let test = "files_without_pictures_are_refused_and_a_film_that_breaks_gives_what_it_has";
    let refused = |path: &Path| fingerprint(path, &FingerprintParams::default()).unwrap_err().kind();
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(refused(&folder.path().join("none.mp4")), ErrorKind::NotFound);
    for interval_s in [0.0, -1.0, 0.09, 3601.0, f64::NAN, f64::INFINITY] {
        let params = FingerprintParams { interval_s, ..FingerprintParams::default() };
        assert_eq!(fingerprint("none.mp4", &params).unwrap_err().kind(), ErrorKind::InvalidConfig);
    }
    let Some(sound) = shared(test, "data/audio/jfk.wav") else { return };
    assert_eq!(refused(&sound), ErrorKind::InvalidInput);
    let Some(film) = shared(test, "data/video/bbb_0_30.webm") else { return };
    let bytes = std::fs::read(&film).expect("read");
    let broken = folder.path().join("broken.webm");
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).expect("written");
    let (whole, half) = (take(&film), take(&broken));
    assert!(half.len() > 10 && half.len() < whole.len(), "{} of {}", half.len(), whole.len());
    let how = whole.compare(&half);
    assert!(how.is_copy() && how.other_share > 0.95 && how.offset_s == 0.0, "{how:?}");
    std::fs::write(&broken, &bytes[..200]).expect("written");
    println!("200 bytes: {:?}", refused(&broken));
    // Longer intervals take a part of the same samples.
    let params = FingerprintParams { interval_s: 1.0, ..FingerprintParams::default() };
    let sparse = fingerprint(&film, &params).expect("taken");
    // 30 s, in steps of 0.9 to 1 s and what a frame lasts.
    assert!((29..=34).contains(&sparse.len()), "{}", sparse.len());
    let how = whole.compare(&sparse);
    assert!(how.is_copy() && how.other_share > 0.9 && how.offset_s.abs() <= 0.5, "{how:?}");
}
