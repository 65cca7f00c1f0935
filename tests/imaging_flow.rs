//! Dense optical flow and the area resize against `OpenCV`: its golden flows, and the statistics of its flow between frames.

use crate::common;

use common::{shared, shared_files};
use ndarray::{Array2, Array3};
use ndarray_npy::NpzReader;
use serde_json::Value;
use std::fs::File;
use std::path::Path;
use viralnow_core::imaging::{
    Flow, FlowParams, GrayImage, OpticalFlow, optical_flow, optical_flow_preset, resize_area,
};
use viralnow_core::{ErrorKind, Preset};

fn gray(array: &Array2<u8>) -> GrayImage {
    let (height, width) = array.dim();
    GrayImage { width, height, data: array.iter().copied().collect() }
}

/// Pairs of pictures and the peer's flow between them.
fn golden_flows(test: &str) -> Vec<(String, GrayImage, GrayImage, Flow)> {
    let mut all = Vec::new();
    for path in shared_files(test, "golden/vision") {
        if path.extension().is_none_or(|e| e != "npz") {
            continue;
        }
        let mut npz = NpzReader::new(File::open(&path).expect("readable")).expect("an npz");
        for name in npz.names().expect("names") {
            let name = name.trim_end_matches(".npy").to_owned();
            let Some((first, second)) = name.strip_prefix("flow_").and_then(|pair| pair.split_once('_'))
            else {
                continue;
            };
            let a: Array2<u8> = npz.by_name(&format!("gray_{first}")).expect("the first picture");
            let b: Array2<u8> = npz.by_name(&format!("gray_{second}")).expect("the second picture");
            let theirs: Array3<f32> = npz.by_name(&name).expect("the flow");
            let (height, width, _) = theirs.dim();
            let plane = |c: usize| theirs.iter().skip(c).step_by(2).copied().collect();
            let flow = Flow { width, height, dx: plane(0), dy: plane(1) };
            all.push((format!("{} {name}", path.display()), gray(&a), gray(&b), flow));
        }
    }
    all
}

fn lengths(flow: &Flow) -> Vec<f64> {
    flow.dx.iter().zip(&flow.dy).map(|(&x, &y)| f64::from(x).hypot(f64::from(y))).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The `q`th percentile, between two values as numpy has it.
fn percentile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() - 1) as f64 * q / 100.0;
    let (low, share) = (at.floor() as usize, at.fract());
    sorted[low] + share * (sorted[(low + 1).min(sorted.len() - 1)] - sorted[low])
}

#[test]
fn the_flow_is_that_of_opencv() {
    let flows = golden_flows("the_flow_is_that_of_opencv");
    assert!(flows.is_empty() || flows.len() >= 6, "only {} pairs", flows.len());
    for (what, a, b, theirs) in flows {
        let ours = optical_flow(&a, &b, &FlowParams::default()).expect("a flow");
        let apart = Flow {
            dx: ours.dx.iter().zip(&theirs.dx).map(|(a, b)| a - b).collect(),
            dy: ours.dy.iter().zip(&theirs.dy).map(|(a, b)| a - b).collect(),
            ..ours
        };
        let apart = lengths(&apart);
        let (ours, theirs) = (mean(&lengths(&ours)), mean(&lengths(&theirs)));
        println!("{what}: mean {:.2e}, p99 {:.2e}", mean(&apart), percentile(&apart, 99.0));
        assert!(mean(&apart) <= 0.02, "{what}: {}", mean(&apart));
        assert!(percentile(&apart, 99.0) <= 0.25, "{what}: {}", percentile(&apart, 99.0));
        assert!((ours / theirs - 1.0).abs() <= 0.01, "{what}: {ours} for {theirs}");
    }
}

/// Mean length, mean of dx and mean of dy with other settings, of `OpenCV` 5.0.0 for the first pair of `flow_butterfly.npz`.
/// The flag says whether the search starts from the golden flow (`OPTFLOW_USE_INITIAL_FLOW`).
fn other_settings() -> [(FlowParams, bool, [f64; 3]); 5] {
    let default = FlowParams::default();
    let large = FlowParams { pyr_scale: 0.7, levels: 5, winsize: 21, iterations: 2, ..default };
    let small = FlowParams { pyr_scale: 0.6, levels: 4, winsize: 12, iterations: 2, ..default };
    [
        (FlowParams { gaussian: true, ..default }, false, [3.458_876, 2.302_293, 0.026_625]),
        (FlowParams { poly_n: 7, poly_sigma: 1.5, ..large }, false, [3.276_763, 2.472_169, 0.266_750]),
        (
            FlowParams { levels: 0, winsize: 10, poly_sigma: 0.0, ..default },
            false,
            [2.474_089, 1.509_736, 0.063_425],
        ),
        (default, true, [3.550_898, 2.218_232, 0.292_942]),
        (
            FlowParams { poly_n: 3, poly_sigma: 0.9, gaussian: true, ..small },
            true,
            [3.839_053, 2.233_690, 0.209_429],
        ),
    ]
}

#[test]
fn other_settings_are_opencvs_too() {
    let flows = golden_flows("other_settings_are_opencvs_too");
    let Some((_, a, b, golden)) = flows.iter().find(|(what, ..)| what.contains("butterfly")) else { return };
    for (params, from_golden, expected) in other_settings() {
        let initial = from_golden.then_some(golden);
        let flow = OpticalFlow::new(&params).expect("settings").between(a, b, initial).expect("a flow");
        let average = |plane: &[f32]| mean(&plane.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
        let found = [mean(&lengths(&flow)), average(&flow.dx), average(&flow.dy)];
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() <= 1e-3, "{params:?}: {found} for {expected}");
        }
    }
}

/// The frame as the peers' sampler saw it: `OpenCV`'s gray, 320 columns.
fn small_gray(path: &Path) -> GrayImage {
    let picture = image::open(path).expect("a picture").to_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let data = picture
        .pixels()
        .map(|p| {
            let [r, g, b] = p.0.map(u32::from);
            ((9798 * r + 19235 * g + 3735 * b + 16384) >> 15) as u8
        })
        .collect();
    let rows = (height as f64 * 320.0 / width as f64).round_ties_even() as usize;
    resize_area(&GrayImage { width, height, data }, 320, rows).expect("resized")
}

#[test]
fn between_frames_the_statistics_are_those_of_opencv() {
    let test = "between_frames_the_statistics_are_those_of_opencv";
    let Some(folder) = shared(test, "golden/vision") else { return };
    let mut compared = 0;
    for path in
        shared_files(test, "golden/vision").iter().filter(|p| p.extension().is_some_and(|e| e == "json"))
    {
        let golden: Value = serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON");
        let Some(pairs) = golden["flow"]["pairs"].as_array() else { continue };
        let stem =
            path.file_name().and_then(|n| n.to_str()).expect("a name").trim_end_matches(".vision.json");
        let mut frames: Vec<_> = match std::fs::read_dir(folder.join(format!("{stem}_frames"))) {
            Ok(entries) => entries.map(|e| e.expect("readable").path()).collect(),
            Err(_) => continue,
        };
        frames.sort();
        let mut flows = OpticalFlow::new(&FlowParams::default()).expect("settings");
        for (i, frame) in frames.iter().enumerate() {
            let Some(flow) = flows.push(&small_gray(frame)).expect("a flow") else { continue };
            let theirs = &pairs[i - 1];
            let number: u64 =
                frame.file_stem().and_then(|n| n.to_str()).and_then(|n| n.parse().ok()).unwrap();
            assert_eq!(theirs["frame"], number, "{stem}");
            let lengths = lengths(&flow);
            let average = |plane: &[f32]| mean(&plane.iter().map(|&v| f64::from(v)).collect::<Vec<_>>());
            for (name, ours) in [
                ("mag_mean", mean(&lengths)),
                ("mag_p50", percentile(&lengths, 50.0)),
                ("mag_p95", percentile(&lengths, 95.0)),
                ("dx_mean", average(&flow.dx)),
                ("dy_mean", average(&flow.dy)),
            ] {
                let theirs = theirs[name].as_f64().expect("a number");
                // Where nothing moves, both are rounding noise.
                let within = (0.01 * theirs.abs()).max(1e-4);
                assert!((ours - theirs).abs() <= within, "{stem} {number} {name}: {ours} for {theirs}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 50, "only {compared} numbers");
}

#[test]
fn pushed_pictures_give_the_same_flow() {
    let picture = |moved: usize| GrayImage {
        width: 97,
        height: 61,
        data: (0..97 * 61).map(|i| ((((i % 97 + moved) * 7) % 83) * 2 + (i / 97 * 5) % 61) as u8).collect(),
    };
    let pictures: Vec<GrayImage> = (0..4).map(picture).collect();
    let mut flows = OpticalFlow::new(&FlowParams::default()).expect("settings");
    assert_eq!(flows.push(&pictures[0]).expect("taken"), None);
    for pair in pictures.windows(2) {
        let alone = optical_flow(&pair[0], &pair[1], &FlowParams::default()).expect("a flow");
        assert_eq!(flows.push(&pair[1]).expect("taken"), Some(alone));
    }
    let other = GrayImage { width: 61, height: 97, data: pictures[0].data.clone() };
    assert_eq!(flows.push(&other).expect("taken"), None, "another size starts anew");
}

#[test]
fn any_size_and_content_gives_finite_numbers() {
    for (width, height) in [(1, 1), (1, 9), (9, 1), (2, 2), (3, 70), (70, 3), (33, 65), (64, 64), (65, 33)] {
        let noise = |seed: u32| {
            let mut state = seed;
            let data = (0..width * height)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    if state >> 31 == 0 { 0 } else { 255 }
                })
                .collect();
            GrayImage { width, height, data }
        };
        for gaussian in [false, true] {
            for (levels, winsize, poly_n) in [(0, 2, 1), (3, 15, 5), (30, 255, 31)] {
                let params = FlowParams { levels, winsize, poly_n, gaussian, ..FlowParams::default() };
                let flow = optical_flow(&noise(1), &noise(2), &params).expect("a flow");
                assert_eq!((flow.width, flow.height), (width, height));
                assert!(flow.dx.iter().chain(&flow.dy).all(|v| v.is_finite()), "{width}x{height} {params:?}");
            }
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    let picture = |width, height, samples| GrayImage { width, height, data: vec![0; samples] };
    let (good, params) = (picture(40, 30, 1200), FlowParams::default());
    for bad in [picture(0, 0, 0), picture(40, 30, 1199), picture(30, 40, 1200), picture(usize::MAX, 2, 9)] {
        for (a, b) in [(&good, &bad), (&bad, &good)] {
            let error = optical_flow(a, b, &params).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
    }
    for params in [
        FlowParams { pyr_scale: 1.0, ..params },
        FlowParams { pyr_scale: f64::NAN, ..params },
        FlowParams { levels: 31, ..params },
        FlowParams { winsize: 1, ..params },
        FlowParams { winsize: usize::MAX, ..params },
        FlowParams { iterations: 0, ..params },
        FlowParams { poly_n: 0, ..params },
        FlowParams { poly_sigma: 1e-3, ..params },
    ] {
        let error = OpticalFlow::new(&params).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{params:?} {error}");
    }
    assert_eq!(resize_area(&good, 0, 3).unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// Shifts of 1 to 20 pixels and a zoom of 3 % are found within 5 % by every preset, where a picture has edges: real pictures, cut out of
/// themselves, so that the truth is exact.
#[test]
fn every_preset_finds_known_motion() {
    for name in ["astronaut", "peppers", "coffee"] {
        let Some(file) = shared("every_preset_finds_known_motion", &format!("data/images/{name}.png")) else {
            return;
        };
        let picture = image::open(file).expect("a picture").to_luma8();
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let at = |x: usize, y: usize| picture.as_raw()[y * width + x];
        let cut = |from: usize, to: usize| GrayImage {
            width: to - from,
            height,
            data: (0..height).flat_map(|y| (from..to).map(move |x| (x, y))).map(|(x, y)| at(x, y)).collect(),
        };
        for preset in [Preset::Reference, Preset::Balanced, Preset::Fast] {
            for shift in [1, 2, 5, 10, 20] {
                let (a, b) = (cut(shift, width), cut(0, width - shift));
                let flow = optical_flow_preset(&a, &b, &FlowParams::default(), preset).expect("a flow");
                let found = median(edges(&a).map(|(x, y)| f64::from(flow.dx[y * a.width + x])));
                let off = found / shift as f64 - 1.0;
                assert!(off.abs() <= 0.05, "{name} {preset:?}: {found:.3} for {shift}");
            }
            // Larger by 3 % around the middle.
            let (a, (middle_x, middle_y)) = (cut(0, width), (width as f64 / 2.0, height as f64 / 2.0));
            let sample = |x: f64, y: f64| {
                let (x, y) = (middle_x + (x - middle_x) / 1.03, middle_y + (y - middle_y) / 1.03);
                let (left, top) = (x as usize, y as usize);
                let (fx, fy) = (x.fract(), y.fract());
                let row = |y: usize| {
                    (1.0 - fx) * f64::from(at(left, y)) + fx * f64::from(at((left + 1).min(width - 1), y))
                };
                ((1.0 - fy) * row(top) + fy * row((top + 1).min(height - 1))).round() as u8
            };
            let data = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
            let b =
                GrayImage { width, height, data: data.map(|(x, y)| sample(x as f64, y as f64)).collect() };
            let flow = optical_flow_preset(&a, &b, &FlowParams::default(), preset).expect("a flow");
            // Near the middle hardly anything moves.
            let far = edges(&a).filter(|&(x, _)| (x as f64 - middle_x).abs() > 60.0);
            let zoom = median(far.map(|(x, y)| f64::from(flow.dx[y * width + x]) / (x as f64 - middle_x)));
            assert!((zoom / 0.03 - 1.0).abs() <= 0.05, "{name} {preset:?}: zoom by {zoom:.4}");
        }
    }
}

/// The fifth of the pixels, away from the border, with the steepest edges across.
fn edges(picture: &GrayImage) -> impl Iterator<Item = (usize, usize)> {
    let steep = |x: usize, y: usize| {
        let row = &picture.data[y * picture.width..];
        row[x + 1].abs_diff(row[x - 1])
    };
    let inside = || (24..picture.height - 24).flat_map(|y| (24..picture.width - 24).map(move |x| (x, y)));
    let mut all: Vec<u8> = inside().map(|(x, y)| steep(x, y)).collect();
    all.sort_unstable();
    let least = all[all.len() * 4 / 5].max(1);
    inside().filter(|&(x, y)| steep(x, y) >= least).collect::<Vec<_>>().into_iter()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    percentile(&values.collect::<Vec<_>>(), 50.0)
}

/// Clips for the presets' agreement, and whether they are looked at in the short run too: drawn, filmed by hand, filmed on a stand and cut together.
#[cfg(feature = "video")]
const CLIPS: [(&str, bool); 6] = [
    ("bbb_480p_30s.mp4", true),
    ("mdn_pig.mp4", true),
    ("chair-orig-22-sd-bar.mp4", true),
    ("clip12_540x960_h264.mp4", false),
    ("pattern-sd-grey-bar.mp4", false),
    ("mdn_elf.webm", false),
];

/// The pictures `n` and `n + 1`, in `OpenCV`'s gray, for n = 20, 60, 100, 140 and 180.
#[cfg(feature = "video")]
#[derive(Default)]
struct Neighbours(Vec<GrayImage>);

#[cfg(feature = "video")]
impl viralnow_core::media::MediaSink for Neighbours {
    fn begin(&mut self, _: &viralnow_core::media::MediaInfo) -> viralnow_core::Result<()> {
        Ok(())
    }
    fn audio(&mut self, _: &viralnow_core::media::AudioBlock<'_>) -> viralnow_core::Result<()> {
        Ok(())
    }
    fn frame(&mut self, frame: &viralnow_core::media::Frame<'_>) -> viralnow_core::Result<()> {
        if frame.index > 181 {
            return Err(viralnow_core::Error::new(ErrorKind::Cancelled, "enough"));
        }
        if matches!((frame.index + 20) % 40, 0 | 1) {
            self.0.push(frame.picture.to_rgb(frame.rotation).to_opencv_gray());
        }
        Ok(())
    }
    fn cue(&mut self, _: &viralnow_core::media::Cue) -> viralnow_core::Result<()> {
        Ok(())
    }
}

/// Mean absolute difference of `a` from `b` brought back along the flow, away from the border: what the flow leaves unexplained.
#[cfg(feature = "video")]
fn unexplained(a: &GrayImage, b: &GrayImage, flow: Option<&Flow>) -> f64 {
    let (width, height) = (a.width, a.height);
    let mut sum = 0.0;
    for y in 24..height - 24 {
        for x in 24..width - 24 {
            let i = y * width + x;
            let [dx, dy] = flow.map_or([0.0; 2], |flow| [f64::from(flow.dx[i]), f64::from(flow.dy[i])]);
            let (u, v) = (
                (x as f64 + dx).clamp(0.0, (width - 1) as f64),
                (y as f64 + dy).clamp(0.0, (height - 1) as f64),
            );
            let (left, top) = (u as usize, v as usize);
            let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
            let at = |x: usize, y: usize| f64::from(b.data[y * width + x]);
            let upper = at(left, top) + u.fract() * (at(right, top) - at(left, top));
            let lower = at(left, bottom) + u.fract() * (at(right, bottom) - at(left, bottom));
            sum += (upper + v.fract() * (lower - upper) - f64::from(a.data[i])).abs();
        }
    }
    sum / ((width - 48) * (height - 48)) as f64
}

#[cfg(feature = "video")]
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |a: &[f64], mean_a: f64, b: &[f64], mean_b: f64| {
        a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>()
    };
    product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}

/// How `balanced` and `fast` agree with `reference` on neighbouring pictures of real clips, where something moves: `optical_flow_preset` tells
/// what this prints. In even parts of a picture no two flows agree, nor are they asked to; so the end points are compared where it has edges, and
/// the whole by what the flows are for: to explain the second picture by the first.
#[cfg(feature = "video")]
#[test]
fn the_faster_presets_agree_with_reference_on_real_pictures() {
    use viralnow_core::media::{DecodeRequest, MediaInput, decode};
    use viralnow_core::monitor::Run;
    /// Mean difference of two pictures, in levels, from which something moves.
    const MOVES: f64 = 2.0;
    let test = "the_faster_presets_agree_with_reference_on_real_pictures";
    let mut wrong = Vec::new();
    for (name, short) in CLIPS {
        if !short && !common::long() {
            continue;
        }
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        let request = DecodeRequest {
            preset: Preset::Reference,
            threads: 2,
            audio: false,
            captions: false,
            ..DecodeRequest::default()
        };
        let mut found = Neighbours::default();
        // The sink ends it.
        let _ = decode(&MediaInput::Path(path), &request, &mut Run::unwatched(), &mut found);
        assert_eq!(found.0.len(), 10, "{name}");
        let presets = [Preset::Reference, Preset::Balanced, Preset::Fast];
        let (mut pairs, mut still, mut left) = (0, 0.0, [0.0; 3]);
        // Of every pixel and of those on edges: lengths by preset, and distances of the end points from those of `reference`.
        let mut all: [[Vec<f64>; 3]; 2] = Default::default();
        let mut apart: [[Vec<f64>; 3]; 2] = Default::default();
        for pair in found.0.chunks_exact(2) {
            let (a, b) = (&pair[0], &pair[1]);
            assert!(a.width >= 480, "{name}");
            let change = unexplained(a, b, None);
            if change < MOVES {
                continue;
            }
            (pairs, still) = (pairs + 1, still + change);
            let on_edges: Vec<usize> = edges(a).map(|(x, y)| y * a.width + x).collect();
            let flows = presets
                .map(|preset| optical_flow_preset(a, b, &FlowParams::default(), preset).expect("a flow"));
            for (i, flow) in flows.iter().enumerate() {
                left[i] += unexplained(a, b, Some(flow));
                let whole = &flows[0];
                let difference = Flow {
                    width: flow.width,
                    height: flow.height,
                    dx: flow.dx.iter().zip(&whole.dx).map(|(a, b)| a - b).collect(),
                    dy: flow.dy.iter().zip(&whole.dy).map(|(a, b)| a - b).collect(),
                };
                for (kept, values) in [(&mut all, lengths(flow)), (&mut apart, lengths(&difference))] {
                    kept[1][i].extend(on_edges.iter().map(|&at| values[at]));
                    kept[0][i].extend(values);
                }
            }
        }
        assert!(pairs >= 3, "{name}: something moves in {pairs} pairs");
        for (i, preset) in presets.iter().enumerate().skip(1) {
            let explained = (still - left[i]) / (still - left[0]);
            let of = |part: usize| {
                let (ours, theirs, apart) = (&all[part][i], &all[part][0], &apart[part][i]);
                let length = mean(theirs);
                (
                    length,
                    mean(apart),
                    percentile(apart, 50.0),
                    percentile(apart, 99.0),
                    correlation(ours, theirs),
                )
            };
            let told = |(length, mean, median, p99, correlation): (f64, f64, f64, f64, f64)| {
                format!(
                    "length {length:.2} px, apart {mean:.3} ({:.0} %), median {median:.3} ({:.0} %), p99 {p99:.2}, \
                     correlation {correlation:.3}",
                    100.0 * mean / length,
                    100.0 * median / length
                )
            };
            let line = format!(
                "{name} {preset:?}, {pairs} pairs: on edges {}; everywhere {}; explains {:.0} % of what reference does",
                told(of(1)),
                told(of(0)),
                100.0 * explained
            );
            println!("{line}");
            let (length, mean, median, _, correlation) = of(1);
            // Where one can see what moves, half of the end points agree to a quarter of a pixel or to 15 %, and most of the motion is there in the
            // mean too, which places at which one of the two lost its way weigh on.
            let right =
                median <= f64::max(0.25, 0.15 * length) && mean <= 0.7 * length && correlation >= 0.75;
            if !right || explained < 0.9 {
                wrong.push(line);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
