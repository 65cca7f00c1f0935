//! Pictures against the peers' bytes: Pillow and imagehash, `OpenCV`, `FFmpeg`'s conversion. And motion against motion that we
//! made ourselves.

use crate::common;

use common::shared;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;
use viralnow_core::imaging::{
    BlockMotion, CameraStep, GrayImage, Hsv, LumaPyramid, Matrix, Picture, Plane, RgbImage, SmallPictures,
    average_hash, bgr_to_hsv, block_motion, dhash, phash, resize_area, resize_lanczos,
};

fn open(path: &Path) -> RgbImage {
    let picture = image::open(path).expect("a picture").to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    RgbImage { width, height, data: picture.into_raw() }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|d| char::from(b"0123456789abcdef"[usize::from(d)]))
        .collect()
}

fn golden(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON")
}

fn assert_hashes(picture: &RgbImage, hashes: &Value, what: &str) {
    let gray = picture.to_gray();
    for (name, ours) in
        [("average_hash", average_hash(&gray)), ("phash", phash(&gray)), ("dhash", dhash(&gray))]
    {
        assert_eq!(ours.to_string(), hashes[name].as_str().expect("a hash"), "{name} of {what}");
    }
}

#[test]
fn gray_resize_and_hashes_are_those_of_pillow_and_imagehash() {
    let test = "gray_resize_and_hashes_are_those_of_pillow_and_imagehash";
    let Some(folder) = shared(test, "golden/vision") else { return };
    // Only lossless files: two JPEG decoders do not agree to the bit.
    for name in ["astronaut", "coffee", "peppers"] {
        let Some(file) = shared(test, &format!("data/images/{name}.png")) else { return };
        let expected = golden(&folder.join(format!("{name}.vision.json")));
        let picture = open(&file);
        let gray = picture.to_gray();
        assert_eq!(sha256(&gray.data), expected["gray"]["L_sha256"], "{name}");
        let small = resize_lanczos(&gray, 32, 32);
        let row: Vec<u64> =
            expected["gray"]["L32_row0"].as_array().unwrap().iter().filter_map(Value::as_u64).collect();
        assert_eq!(small.data[..32].iter().map(|&v| u64::from(v)).collect::<Vec<_>>(), row, "{name}");
        assert_eq!(sha256(&small.data), expected["gray"]["L32_lanczos_sha256"], "{name}");
        assert_hashes(&picture, &expected["hashes"], name);
    }
}

#[test]
fn hashes_of_video_frames_are_those_of_imagehash() {
    let Some(folder) = shared("hashes_of_video_frames_are_those_of_imagehash", "golden/vision") else {
        return;
    };
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).expect("readable") {
        let path = entry.expect("readable").path();
        let Some(stem) = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix("_frames"))
        else {
            continue;
        };
        let expected = golden(&folder.join(format!("{stem}.vision.json")));
        for entry in std::fs::read_dir(&path).expect("readable") {
            let file = entry.expect("readable").path();
            let number: u64 =
                file.file_stem().and_then(|n| n.to_str()).expect("a name").parse().expect("a number");
            let hashes = expected["hashes"].as_array().expect("hashes");
            let hashes = hashes.iter().find(|h| h["frame"] == number).expect("the frame's hashes");
            assert_hashes(&open(&file), hashes, &format!("{stem} {number}"));
            checked += 1;
        }
    }
    assert!(checked >= 20, "only {checked} frames");
}

/// SHA-256 (first 16 digits) of what `OpenCV` 5.0.0 gives: the picture resized to 256 with `INTER_LINEAR`, and its planes of
/// `COLOR_BGR2HSV`.
const OPENCV: [(&str, &str, &str); 6] = [
    ("data/images/astronaut.png", "82e0737520c534d1", "4cc718777bb3cfac"),
    ("data/images/coffee.png", "f75a848d391f1d6d", "81e88cc39d978455"),
    ("data/images/ro_TEST.png", "73bcce84cf3958e2", "9127165c5ec6ed97"),
    ("golden/vision/clip12_540x960_h264_frames/000000.png", "0998d4e834c8b514", "74ff805b3ad788cb"),
    ("golden/vision/butterfly_frames/000000.png", "265f424040612cac", "0c990acb7d534bdd"),
    ("golden/vision/asl_book_frames/000007.png", "5deda488d936d200", "786254120a4186fb"),
];

fn planes(hsv: &Hsv) -> Vec<u8> {
    [&hsv.hue[..], &hsv.saturation, &hsv.value].concat()
}

#[test]
fn the_small_picture_and_its_hsv_are_those_of_opencv() {
    for (path, small_sha, hsv_sha) in OPENCV {
        let Some(file) = shared("the_small_picture_and_its_hsv_are_those_of_opencv", path) else { return };
        let mut pictures = SmallPictures::default();
        let picture = open(&file);
        let (bgr, _, _) = pictures.shrink(&picture.as_picture());
        assert_eq!(sha256(bgr)[..16], *small_sha, "{path}");
        let mut hsv = Hsv::default();
        bgr_to_hsv(bgr, &mut hsv);
        assert_eq!(sha256(&planes(&hsv))[..16], *hsv_sha, "{path}");
    }
}

#[test]
fn hsv_of_a_grid_of_all_colours_is_that_of_opencv() {
    let steps = || (0..=255u8).step_by(5);
    let bgr: Vec<u8> =
        steps().flat_map(|b| steps().flat_map(move |g| steps().flat_map(move |r| [b, g, r]))).collect();
    let mut hsv = Hsv::default();
    bgr_to_hsv(&bgr, &mut hsv);
    // cv2.cvtColor of the same grid, `OpenCV` 5.0.0.
    assert_eq!(sha256(&planes(&hsv))[..16], *"455f8eaafae093c2");
}

#[test]
fn the_small_picture_of_yuv_is_that_of_ffmpeg_and_opencv() {
    // PyAV 18.1.0 (`to_ndarray("bgr24")` with the frame's colour space and range), then cv2.resize, of the same noise.
    let expected = [
        (Matrix::Bt601, false, "a19382f2d44f4a17"),
        (Matrix::Bt601, true, "1513c7dc408bf849"),
        (Matrix::Bt709, false, "7e2b8a2d922f65bd"),
        (Matrix::Bt709, true, "9a223259d767d37d"),
        (Matrix::Bt2020, false, "eca1e44f843e407c"),
        (Matrix::Bt2020, true, "8f0416292c5ae890"),
    ];
    let (width, height) = (648, 360);
    let mut state = 1u32;
    let noise: Vec<u8> = (0..width * height * 3 / 2)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect();
    let (y, chroma) = noise.split_at(width * height);
    let (u, v) = chroma.split_at(width * height / 4);
    let mut pictures = SmallPictures::default();
    for (matrix, full_range, sha) in expected {
        let plane = |data, stride| Plane { data, stride };
        let (y, u, v) = (plane(y, width), plane(u, width / 2), plane(v, width / 2));
        let picture = Picture::Yuv420 { y, u, v, width, height, full_range, matrix };
        let (bgr, small_width, small_height) = pictures.shrink(&picture);
        assert_eq!((small_width, small_height), (256, 142));
        assert_eq!(sha256(bgr)[..16], *sha, "{matrix:?} full {full_range}");
    }
}

#[test]
fn a_hash_changes_little_under_the_usual_edits_and_much_between_pictures() {
    let test = "a_hash_changes_little_under_the_usual_edits_and_much_between_pictures";
    let hash =
        |name: &str| shared(test, &format!("data/images/{name}")).map(|file| phash(&open(&file).to_gray()));
    let Some(original) = hash("bridge_aaa-orig.jpg") else { return };
    for edited in [
        "bridge_blur-a-lot.jpg",
        "bridge_high-contrast.jpg",
        "bridge_sharpen-a-lot.jpg",
        "bridge_shrink-a-lot.jpg",
    ] {
        let Some(edited_hash) = hash(edited) else { return };
        let distance = original.distance(&edited_hash).expect("one length");
        assert!(distance <= 10, "{edited}: {distance}");
    }
    let Some(other) = hash("coffee.png") else { return };
    assert!(original.distance(&other).expect("one length") > 16, "{other}");
}

/// A texture defined everywhere: three octaves of smooth value noise, details of 9 pixels and more.
fn texture(x: f64, y: f64) -> f64 {
    fn lattice(x: i64, y: i64) -> f64 {
        let mut hash =
            (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (y as u64).wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
        hash = (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((hash ^ (hash >> 32)) & 0xffff) as f64 / 65535.0
    }
    fn noise(x: f64, y: f64) -> f64 {
        let smooth = |t: f64| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
        let (u, v) = (smooth(x - x.floor()), smooth(y - y.floor()));
        let (i, j) = (x.floor() as i64, y.floor() as i64);
        let mix = |a: f64, b: f64, t: f64| a + (b - a) * t;
        mix(mix(lattice(i, j), lattice(i + 1, j), u), mix(lattice(i, j + 1), lattice(i + 1, j + 1), u), v)
    }
    255.0
        * (0.5 * noise(x / 60.0, y / 60.0)
            + 0.3 * noise(x / 23.0 + 7.0, y / 23.0)
            + 0.2 * noise(x / 9.0, y / 9.0 + 3.0))
}

/// A picture of the texture; `from` says where each pixel of it comes from.
fn pyramid(
    (width, height): (usize, usize),
    from: impl Fn(f64, f64) -> (f64, f64),
    light: impl Fn(f64) -> f64,
) -> LumaPyramid {
    let luma: Vec<u8> = (0..width * height)
        .map(|i| {
            let (x, y) = from((i % width) as f64, (i / width) as f64);
            light(texture(x, y)).round().clamp(0.0, 255.0) as u8
        })
        .collect();
    let grey = vec![128; width.div_ceil(2) * height.div_ceil(2)];
    let chroma = Plane { data: &grey, stride: width.div_ceil(2) };
    let y = Plane { data: &luma, stride: width };
    let picture =
        Picture::Yuv420 { y, u: chroma, v: chroma, width, height, full_range: true, matrix: Matrix::Bt709 };
    picture.check().expect("sound");
    LumaPyramid::new(&picture)
}

fn mean_displacement(blocks: &[BlockMotion]) -> [f64; 2] {
    let seen: Vec<[f64; 2]> = blocks.iter().filter_map(|block| block.displacement).collect();
    assert!(seen.len() * 4 >= blocks.len() * 3, "only {} of {} blocks", seen.len(), blocks.len());
    [0, 1].map(|axis| seen.iter().map(|d| d[axis]).sum::<f64>() / seen.len() as f64)
}

const SIZES: [(usize, usize); 4] = [(1080, 1920), (540, 960), (640, 360), (320, 240)];

#[test]
fn translations_of_1_to_20_pixels_are_measured_within_5_per_cent() {
    for size in SIZES {
        let still = pyramid(size, |x, y| (x, y), |v| v);
        for [dx, dy] in [
            [1.0, 0.0],
            [0.0, -1.5],
            [2.0, 0.0],
            [-3.0, 4.0],
            [5.0, -2.0],
            [10.0, 0.0],
            [-12.0, -16.0],
            [20.0, 0.0],
        ] {
            let moved = pyramid(size, |x, y| (x - dx, y - dy), |v| v);
            let blocks = block_motion(&still, &moved);
            let [x, y] = mean_displacement(&blocks);
            let error = (x - dx).hypot(y - dy) / f64::hypot(dx, dy);
            assert!(error <= 0.05, "{size:?} {dx},{dy}: {x},{y}");
            let camera = CameraStep::fit(&blocks, size.0 as f64, size.1 as f64).expect("a camera");
            let [x, y] = camera.shift;
            assert!((x - dx).hypot(y - dy) / f64::hypot(dx, dy) <= 0.05, "{size:?} {dx},{dy}: {camera:?}");
            assert!(camera.zoom.abs() < 5e-4 && camera.turn.abs() < 5e-4, "{size:?} {dx},{dy}: {camera:?}");
        }
    }
}

/// A pan of 20 pixels a frame, seen four frames apart: an eighth of the width of a picture of 640 columns, a quarter of one of 320.
#[test]
fn a_pan_across_frames_left_out_is_measured_within_5_per_cent() {
    for size in SIZES {
        let still = pyramid(size, |x, y| (x, y), |v| v);
        for [dx, dy] in [[40.0, 0.0], [-60.0, 0.0], [80.0, 0.0], [-80.0, 0.0], [0.0, 48.0], [-48.0, -64.0]] {
            if f64::abs(dy) > 0.2 * size.1 as f64 {
                continue;
            }
            let blocks = block_motion(&still, &pyramid(size, |x, y| (x - dx, y - dy), |v| v));
            let camera = CameraStep::fit(&blocks, size.0 as f64, size.1 as f64);
            println!("{size:?} {dx},{dy}: {camera:?}");
            let [x, y] = camera.expect("a camera").shift;
            assert!((x - dx).hypot(y - dy) / f64::hypot(dx, dy) <= 0.05, "{size:?} {dx},{dy}: {camera:?}");
        }
    }
}

#[test]
fn zooms_are_measured_within_5_per_cent() {
    for size in SIZES {
        let still = pyramid(size, |x, y| (x, y), |v| v);
        let (cx, cy) = (size.0 as f64 / 2.0, size.1 as f64 / 2.0);
        for zoom in [0.005, 0.01, 0.03, -0.01, -0.02] {
            let grown =
                pyramid(size, |x, y| ((x - cx) / (1.0 + zoom) + cx, (y - cy) / (1.0 + zoom) + cy), |v| v);
            let camera = CameraStep::fit(&block_motion(&still, &grown), size.0 as f64, size.1 as f64)
                .expect("a camera");
            assert!((camera.zoom - zoom).abs() <= 0.05 * zoom.abs(), "{size:?} {zoom}: {camera:?}");
            assert!(camera.shift[0].hypot(camera.shift[1]) < 0.3, "{size:?} {zoom}: {camera:?}");
        }
    }
}

#[test]
fn a_change_of_light_is_no_motion() {
    for size in SIZES {
        let still = pyramid(size, |x, y| (x, y), |v| v);
        for (name, light) in [
            ("x 0.7", (|v| v * 0.7) as fn(f64) -> f64),
            ("x 0.8 + 40", |v| v * 0.8 + 40.0),
            ("x 0.9 + 20", |v| v * 0.9 + 20.0),
        ] {
            let blocks = block_motion(&still, &pyramid(size, |x, y| (x, y), light));
            let lengths = blocks.iter().filter_map(|block| block.displacement).map(|[x, y]| x.hypot(y));
            let lengths: Vec<f64> = lengths.map(|length| length / still.factor as f64).collect();
            let rms = (lengths.iter().map(|l| l * l).sum::<f64>() / lengths.len() as f64).sqrt();
            let largest = lengths.iter().copied().fold(0.0, f64::max);
            // In samples of the grid on which motion is measured. Not zero, for the darker pictures are rounded anew: half a
            // level of noise over the least gradient that counts, one level, and the root of 256 samples.
            assert!(rms < 0.5 / 16.0 && largest < 0.1, "{size:?} {name}: {rms} {largest}");
        }
    }
}

#[test]
fn a_plain_picture_and_a_foreign_one_show_no_motion() {
    let plain = pyramid((320, 240), |_, _| (0.0, 0.0), |v| v);
    assert!(block_motion(&plain, &plain).iter().all(|block| block.displacement.is_none()));
    assert!(CameraStep::fit(&block_motion(&plain, &plain), 320.0, 240.0).is_none());
    let other = pyramid((640, 360), |x, y| (x, y), |v| v);
    assert!(block_motion(&plain, &other).is_empty());
    for size in [(1, 1), (3, 5), (16, 16), (2000, 3), (3, 2000), (321, 17)] {
        let odd = pyramid(size, |x, y| (x, y), |v| v);
        for block in block_motion(&odd, &odd) {
            assert!(block.displacement.is_none_or(|d| d == [0.0; 2]), "{size:?}: {block:?}");
        }
    }
}

#[test]
fn every_size_can_be_shrunk() {
    let mut pictures = SmallPictures::default();
    for (width, height) in
        [(1, 1), (1, 4000), (4000, 1), (255, 255), (256, 256), (257, 3), (7, 511), (1023, 769)]
    {
        let data = vec![90; width * height * 3];
        let rgb = RgbImage { width, height, data };
        assert_eq!(
            pictures.shrink(&rgb.as_picture()).0.iter().filter(|&&v| v != 90).count(),
            0,
            "{width}x{height}"
        );
        let (cw, ch) = (width.div_ceil(2), height.div_ceil(2));
        let (luma, chroma) = (vec![90; width * height], vec![128; cw * ch]);
        let chroma = Plane { data: &chroma, stride: cw };
        let y = Plane { data: &luma, stride: width };
        let picture = Picture::Yuv420 {
            y,
            u: chroma,
            v: chroma,
            width,
            height,
            full_range: true,
            matrix: Matrix::Bt601,
        };
        picture.check().expect("sound");
        let (bgr, w, h) = pictures.shrink(&picture);
        assert_eq!(bgr.len(), w * h * 3);
        assert_eq!(bgr.iter().filter(|&&v| v != 90).count(), 0, "{width}x{height}");
        let hash = phash(&picture.to_gray(viralnow_core::imaging::Rotation::None));
        assert!(hash.as_u64().expect("64 bits") <= 1 << 63);
    }
}

/// A mean over more samples than 32 bits can add up.
#[test]
fn the_mean_of_a_huge_picture_is_no_overflow() {
    let side = 4200;
    let image = GrayImage { width: side, height: side, data: vec![255; side * side] };
    assert_eq!(resize_area(&image, 1, 1).unwrap().data, [255]);
}
