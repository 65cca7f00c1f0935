//! Pictures: each step on one 1080 x 1920 frame, and a second of video through the extractor. `benches/peers` does the same
//! work with the Python peers.

use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use viralnow_core::Result;
use viralnow_core::extract::{AudioInput, Extractor, ExtractorConfig, FrameInput, SharedAnalysis};
use viralnow_core::imaging::{
    CameraStep, Hsv, LumaPyramid, Matrix, Picture, Plane, Rotation, SmallPictures, bgr_to_hsv, block_motion,
    phash,
};
use viralnow_core::media::{Frame, MediaInfo, MediaKind};
use viralnow_core::vision::VisionExtractor;

const WIDTH: usize = 1080;
const HEIGHT: usize = 1920;

/// A textured frame as planar YUV, moved to the right by some pixels.
fn planes(moved: usize) -> [Vec<u8>; 3] {
    let wave = |i: usize, width: usize, length: f64| {
        let (x, y) = ((i % width) as f64 - moved as f64, (i / width) as f64);
        (128.0
            + 60.0 * (x / length).sin() * (y / (1.3 * length)).cos()
            + 40.0 * ((x + 2.0 * y) / (3.0 * length)).sin()) as u8
    };
    let chroma = |length| (0..WIDTH * HEIGHT / 4).map(|i| wave(i, WIDTH / 2, length)).collect();
    [(0..WIDTH * HEIGHT).map(|i| wave(i, WIDTH, 17.0)).collect(), chroma(40.0), chroma(60.0)]
}

fn picture([y, u, v]: &[Vec<u8>; 3]) -> Picture<'_> {
    let plane = |data, stride| Plane { data, stride };
    Picture::Yuv420 {
        y: plane(y, WIDTH),
        u: plane(u, WIDTH / 2),
        v: plane(v, WIDTH / 2),
        width: WIDTH,
        height: HEIGHT,
        full_range: false,
        matrix: Matrix::Bt709,
    }
}

fn steps(criterion: &mut Criterion) {
    let (first, second) = (planes(0), planes(5));
    let (first, second) = (picture(&first), picture(&second));
    let mut group = criterion.benchmark_group("frame_1080x1920");
    let mut small = SmallPictures::default();
    group.bench_function("small_picture", |bencher| bencher.iter(|| small.shrink(black_box(&first)).0.len()));
    let bgr = small.shrink(&first).0.to_vec();
    let mut hsv = Hsv::default();
    group.bench_function("hsv", |bencher| bencher.iter(|| bgr_to_hsv(black_box(&bgr), &mut hsv)));
    group.bench_function("to_rgb", |bencher| bencher.iter(|| black_box(&first).to_rgb(Rotation::None)));
    group.bench_function("to_gray", |bencher| bencher.iter(|| black_box(&first).to_gray(Rotation::None)));
    let gray = first.to_gray(Rotation::None);
    group.bench_function("phash", |bencher| bencher.iter(|| phash(black_box(&gray))));
    group.bench_function("luma_pyramid", |bencher| bencher.iter(|| LumaPyramid::new(black_box(&first))));
    let (a, b) = (LumaPyramid::new(&first), LumaPyramid::new(&second));
    group.bench_function("block_motion", |bencher| {
        bencher.iter(|| block_motion(black_box(&a), black_box(&b)));
    });
    let blocks = block_motion(&a, &b);
    group.bench_function("camera", |bencher| {
        bencher.iter(|| CameraStep::fit(black_box(&blocks), WIDTH as f64, HEIGHT as f64));
    });
    group.finish();
}

/// Thirty frames a second through everything that happens to a picture after decoding.
fn seconds(criterion: &mut Criterion) {
    let frames: Vec<[Vec<u8>; 3]> = (0..6).map(|i| planes(5 * i)).collect();
    let watch = |frames: &[[Vec<u8>; 3]]| -> Result<usize> {
        let mut vision = VisionExtractor::new(&ExtractorConfig::default());
        let info = MediaInfo { kind: MediaKind::Video, ..MediaInfo::default() };
        let mut shared = SharedAnalysis::new(vision.wants());
        vision.begin(&info)?;
        for index in 0..60u64 {
            let picture = picture(&frames[index as usize % frames.len()]);
            let time_s = index as f64 / 30.0;
            let frame = Frame { index, time_s, duration_s: None, picture, rotation: Rotation::None };
            shared.frame(&frame, &mut |input: &FrameInput<'_>| vision.frame(input))?;
        }
        let shared = shared.finish(&mut |_: &AudioInput<'_>| Ok(()))?;
        Ok(vision.finish(&shared)?.features.keyframes.len())
    };
    let mut group = criterion.benchmark_group("vision");
    group.sample_size(20);
    group.bench_function("two_seconds_1080x1920", |bencher| {
        bencher.iter(|| watch(black_box(&frames)).expect("watched"));
    });
    group.finish();
}

criterion_group!(benches, steps, seconds);
criterion_main!(benches);
