//! Real media through `media::decode`: counts, times and captions against what ffprobe, libsndfile, Pillow and the
//! construction of the files say.

use crate::common;

use common::{shared, shared_files, shared_root};
use serde_json::Value;
use std::path::Path;

use viralnow_core::imaging::{Picture, Rotation};
use viralnow_core::media::{
    self, AudioBlock, Cue, DecodeReport, DecodeRequest, Frame, MediaInfo, MediaInput, MediaKind, MediaSink,
    RawAudio, RawFrames, StreamEnd,
};
use viralnow_core::monitor::{CancelToken, Run, Scope, Steps};
use viralnow_core::{Error, ErrorKind, Limits, Preset, Result};

/// Keeps what is compared: times, sizes, samples, cues.
#[derive(Default)]
struct Kept {
    begun: u32,
    times_s: Vec<f64>,
    sizes: Vec<(usize, usize)>,
    rotation: Option<Rotation>,
    yuv: bool,
    /// The picture numbers of which the luma, or the RGB samples, are kept.
    keep: Vec<u64>,
    pictures: Vec<Vec<u8>>,
    blocks: Vec<(f64, usize)>,
    rate: u32,
    channels: u16,
    samples: Vec<f32>,
    cues: Vec<Cue>,
    fail_at_frame: Option<u64>,
}

impl MediaSink for Kept {
    fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
        self.begun += 1;
        Ok(())
    }

    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
        assert!(block.samples.len() <= 1 << 16, "a block of {}", block.samples.len());
        assert_eq!(block.samples.len() % usize::from(block.channels), 0);
        assert!(block.samples.iter().all(|s| s.is_finite()));
        if self.rate != 0 {
            assert_eq!(
                (self.rate, self.channels),
                (block.sample_rate, block.channels),
                "one rate, one layout"
            );
        }
        (self.rate, self.channels) = (block.sample_rate, block.channels);
        let end_s =
            self.blocks.last().map_or(0.0, |&(start_s, n)| start_s + n as f64 / f64::from(block.sample_rate));
        assert!(block.start_s >= end_s - 1e-9, "blocks overlap: {} after {end_s}", block.start_s);
        self.blocks.push((block.start_s, block.samples.len() / usize::from(block.channels)));
        self.samples.extend_from_slice(block.samples);
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<()> {
        if self.fail_at_frame == Some(frame.index) {
            return Err(Error::new(ErrorKind::HostFailed, "enough"));
        }
        assert_eq!(frame.index, self.times_s.len() as u64);
        assert!(self.times_s.last().is_none_or(|&last_s| frame.time_s > last_s), "times rise");
        let (width, height) = (frame.picture.width(), frame.picture.height());
        match frame.picture {
            Picture::Yuv420 { y, u, v, .. } => {
                self.yuv = true;
                assert!(y.data.len() >= y.stride * (height - 1) + width);
                for chroma in [u, v] {
                    assert!(
                        chroma.data.len() >= chroma.stride * (height.div_ceil(2) - 1) + width.div_ceil(2)
                    );
                }
                if self.keep.contains(&frame.index) {
                    let rows = y.data.chunks(y.stride).take(height);
                    self.pictures.push(rows.flat_map(|row| row[..width].to_vec()).collect());
                }
            }
            Picture::Rgb24 { rgb, .. } => {
                assert!(rgb.data.len() >= rgb.stride * (height - 1) + 3 * width);
                if self.keep.contains(&frame.index) {
                    let rows = rgb.data.chunks(rgb.stride).take(height);
                    self.pictures.push(rows.flat_map(|row| row[..3 * width].to_vec()).collect());
                }
            }
        }
        self.times_s.push(frame.time_s);
        self.sizes.push((width, height));
        self.rotation = Some(frame.rotation);
        Ok(())
    }

    fn cue(&mut self, cue: &Cue) -> Result<()> {
        self.cues.push(cue.clone());
        Ok(())
    }
}

fn request(preset: Preset) -> DecodeRequest {
    DecodeRequest { preset, threads: 2, ..DecodeRequest::default() }
}

fn try_decode(input: &MediaInput, request: &DecodeRequest, kept: &mut Kept) -> Result<DecodeReport> {
    media::decode(input, request, &mut Run::unwatched(), kept)
}

fn decode_with(path: &Path, request: &DecodeRequest) -> (DecodeReport, Kept) {
    let mut kept = Kept::default();
    let report = try_decode(&MediaInput::Path(path.to_owned()), request, &mut kept)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(kept.begun, 1, "{}", path.display());
    (report, kept)
}

fn decode(path: &Path) -> (DecodeReport, Kept) {
    decode_with(path, &request(Preset::Balanced))
}

fn is_complete(end: &StreamEnd) -> bool {
    matches!(end, StreamEnd::Complete)
}

fn truth() -> Value {
    let path = shared_root().expect("shared data").join("data/truth.json");
    serde_json::from_slice(&std::fs::read(path).expect("the truth")).expect("JSON")
}

/// File, pictures, first and last picture's time; of `FFmpeg` 5.1's
/// `ffprobe -select_streams v:N -show_entries frame=best_effort_timestamp_time -of csv=p=0 FILE`,
/// N being the stream of `ffprobe -show_streams` that `av_find_best_stream` takes (1 of `nasa_13013.mp4`, else 0). The
/// start of the transport stream's container, 1.514089, is taken off its times.
const PICTURES: &[(&str, usize, f64, f64)] = &[
    ("asl_book.mkv", 109, 0.033, 3.633),
    ("asl_thanks.mkv", 51, 0.0, 1.667),
    ("bbb_0_30.webm", 720, 0.003, 29.961),
    ("bbb_176x144_192kbps_15fps_mpeg4.mp4", 15, 0.0, 0.933333),
    ("bbb_2500ms.ts", 58, 0.010911, 2.469244),
    ("bbb_480p_30s.mp4", 720, 0.0, 29.958333),
    ("bbb_642x642_768kbps_30fps_vp9.webm", 90, 0.0, 2.966667),
    ("butterfly.mp4", 226, 0.0, 7.5075),
    ("chair-22-sd-grey-bar.mp4", 673, 0.0, 22.4),
    ("chair-22-with-small-logo-bar.mp4", 673, 0.0, 22.4),
    ("chair-orig-22-sd-bar.mp4", 673, 0.0, 22.4),
    ("chaplin.mp4", 241, 0.0, 9.6),
    ("clip12_540x960_h264.mp4", 360, 0.0, 11.966667),
    ("clip12_540x960_hevc.mp4", 360, 0.0, 11.966667),
    ("clip12_540x960_vfr.mp4", 309, 0.0, 11.966667),
    ("clip12_540x960_vp9.webm", 360, 0.007, 11.974),
    ("clip12_rot90meta_h264.mov", 360, 0.0, 11.966667),
    ("clip60_1080x1920_h264.mp4", 1800, 0.0, 59.966667),
    ("decord_rot_0.mov", 3, 0.0, 0.066667),
    ("decord_rot_90.mov", 3, 0.0, 0.066667),
    ("hdr10-av1.mp4", 127, 0.0, 4.2042),
    ("intel_one_by_one.mp4", 1394, 0.0, 139.3),
    ("long_1080p_lowbitrate.mp4", 10883, 0.0, 362.733333),
    ("mdn_elf.webm", 241, 0.0, 8.0),
    ("mdn_pig.mp4", 196, 0.0, 6.5),
    ("mdn_pig.webm", 196, 0.0, 6.5),
    ("mv_with_2_top_shots.mp4", 53, 0.0, 1.773911),
    ("nasa_13013.mp4", 390, 0.0, 12.979633),
    ("pattern-hd-no-bar.mp4", 206, 0.0, 6.833333),
    ("pattern-sd-grey-bar.mp4", 206, 0.0, 6.833333),
    ("pattern-sd-with-large-logo-bar.mp4", 206, 0.0, 6.833333),
    ("portrait_4k60.mp4", 18, 0.0, 0.283067),
    ("sample.mp4", 30, 0.0, 0.967633),
    ("sample_android_slow_motion.mp4", 7, 0.0, 0.492011),
    ("sample_edit_list.mp4", 77, 0.0, 2.535),
    ("sample_with_increasing_timestamps_360p.mp4", 512, 0.0, 17.029984),
    ("silent-black-10s.mp4", 300, 0.0, 9.966667),
];

#[test]
fn every_video_has_the_pictures_and_times_that_ffprobe_says() {
    let files = shared_files("every_video_has_the_pictures_and_times_that_ffprobe_says", "data/video");
    assert!(
        files.is_empty() || files.len() == PICTURES.len(),
        "{} files, {} facts",
        files.len(),
        PICTURES.len()
    );
    for path in files {
        let name = path.file_name().unwrap().to_str().unwrap();
        let &(_, count, first_s, last_s) = PICTURES.iter().find(|p| p.0 == name).expect(name);
        // The longest ones are decoded for other tests too.
        if count > 1500 && !common::long() {
            continue;
        }
        let (report, kept) = decode_with(&path, &DecodeRequest { audio: false, ..request(Preset::Balanced) });
        println!("{name}: {:?} {:?}", report.video, report.info);
        assert!(is_complete(&report.video), "{name}: {:?}", report.video);
        assert!(matches!(report.audio, StreamEnd::Skipped | StreamEnd::Absent), "{name}: {:?}", report.audio);
        assert_eq!(kept.times_s.len(), count, "{name}");
        assert_eq!(report.info.frames, Some(count as u64), "{name}");
        assert!((kept.times_s[0] - first_s).abs() < 2e-6, "{name}: starts at {}", kept.times_s[0]);
        assert_eq!(report.info.video_start_s, Some(kept.times_s[0]), "{name}");
        assert!(
            (kept.times_s[count - 1] - last_s).abs() < 2e-6,
            "{name}: ends with {}",
            kept.times_s[count - 1]
        );
        assert_eq!(report.info.kind, MediaKind::Video);
        assert!(kept.yuv, "{name}: the decoder's planes are handed on");
    }
}

/// File, channels, samples per second, first sample's time, sample frames. The frames are those of `FFmpeg` 5.1's
/// `ffmpeg -i FILE -map 0:a:N -c:a pcm_f32le -f f32le - | wc -c` over four times the channels; in MP4 without those at the
/// end that the edit list does not present, which the decoder of 5.1 leaves in: they are cut at the stream's duration by
/// `ffprobe -show_entries stream=start_time,duration`.
const SOUNDS: &[(&str, u16, u32, f64, u64)] = &[
    ("bbb_0_30.webm", 2, 44100, 0.003, 1323840),
    ("bbb_480p_30s.mp4", 6, 48000, 0.0, 1440000),
    ("butterfly.mp4", 2, 48000, 0.0, 361440),
    ("chair-22-sd-grey-bar.mp4", 2, 48000, 0.0, 1077216),
    ("chaplin.mp4", 2, 44100, 0.0, 423977),
    ("clip12_540x960_h264.mp4", 6, 48000, 0.0, 576000),
    ("clip12_540x960_vp9.webm", 6, 48000, 0.0, 576512),
    ("clip60_1080x1920_h264.mp4", 6, 48000, 0.0, 2878976),
    ("hdr10-av1.mp4", 2, 48000, 0.021, 200701),
    ("long_1080p_lowbitrate.mp4", 2, 48000, 0.0, 17280000),
    ("mdn_elf.webm", 2, 44100, 0.013, 353280),
    ("nasa_13013.mp4", 2, 16000, 0.0, 208896),
    ("sample_edit_list.mp4", 2, 44100, 0.0, 112382),
    ("silent-black-10s.mp4", 1, 44100, 0.0, 441000),
];

#[test]
fn the_sound_of_a_video_has_the_length_that_ffmpeg_and_the_edit_list_say() {
    let test = "the_sound_of_a_video_has_the_length_that_ffmpeg_and_the_edit_list_say";
    for &(name, channels, rate, start_s, frames) in SOUNDS {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        let (report, kept) = decode_with(&path, &DecodeRequest { video: false, ..request(Preset::Balanced) });
        let total: usize = kept.blocks.iter().map(|b| b.1).sum();
        println!(
            "{name}: {} {} {:?} {total} {:?}",
            kept.channels,
            kept.rate,
            kept.blocks.first(),
            report.audio
        );
        assert!(is_complete(&report.audio), "{name}: {:?}", report.audio);
        assert!(matches!(report.video, StreamEnd::Skipped));
        assert_eq!((kept.channels, kept.rate), (channels, rate), "{name}");
        assert!((kept.blocks[0].0 - start_s).abs() < 1e-3, "{name}: starts at {}", kept.blocks[0].0);
        assert_eq!(report.info.audio_start_s, Some(kept.blocks[0].0));
        assert_eq!(total as u64, frames, "{name}");
        let after = |block: &(f64, usize)| block.0 + block.1 as f64 / f64::from(rate);
        let gaps: Vec<_> = kept.blocks.windows(2).filter(|w| w[1].0 - after(&w[0]) > 1e-6).collect();
        // By `ffprobe -select_streams a -show_entries packet=pts`, one packet is missing at 1439744 + 1024 samples.
        let missing = usize::from(name == "clip60_1080x1920_h264.mp4");
        assert_eq!(gaps.len(), missing, "{name}");
        for gap in gaps {
            assert!((after(&gap[0]) - 1440768.0 / 48000.0).abs() < 1e-6);
            assert!((gap[1].0 - 1441792.0 / 48000.0).abs() < 1e-6);
        }
    }
}

/// Frames by `python -c "import soundfile; print(soundfile.read(FILE)[0].shape)"` (libsndfile 1.2); `clip60.m4a` by its
/// construction, 60 s. libsndfile leaves the encoder's padding at the end of `musanmix.mp3`; `FFmpeg`'s count, 1192367 too.
const AUDIO: &[(&str, u16, u32, u64)] = &[
    ("1770_RelGateTest.wav", 2, 48000, 192000),
    ("198-209-0000.ogg", 1, 22050, 306717),
    ("456440__inspectorj__bird-whistling-robin-single-13.ogg", 1, 22050, 59505),
    ("Kevin_MacLeod_-_Vibe_Ace.ogg", 1, 22050, 1355168),
    ("ami_dev00.wav", 1, 16000, 480001),
    ("augly_add_background_noise.wav", 1, 32000, 27308),
    ("augly_change_volume.wav", 1, 32000, 27308),
    ("augly_low_pass_filter.wav", 1, 32000, 27308),
    ("augly_normalize.wav", 1, 32000, 27308),
    ("augly_orig.wav", 1, 32000, 27308),
    ("chromaprint_test.mp3", 1, 44100, 441000),
    ("clip60.m4a", 2, 44100, 2646000),
    ("clip60.wav", 2, 44100, 2646000),
    ("jfk.flac", 2, 44100, 485100),
    ("jfk.wav", 2, 44100, 485100),
    ("libri1.wav", 1, 16000, 222561),
    ("musanmix.mp3", 1, 16000, 1192367),
    ("new_home_in_the_stars.wav", 1, 16000, 57375),
    ("paa_count.wav", 1, 16000, 93888),
    ("pyannote_sample.wav", 1, 16000, 480000),
    ("pyln_sine_1000.wav", 1, 44100, 44100),
    ("sb_spk1_snt1.wav", 1, 16000, 45920),
    ("sb_spk1_snt5.wav", 1, 16000, 41600),
    ("sb_spk2_snt1.wav", 1, 16000, 32160),
    ("sb_spk2_snt5.wav", 1, 16000, 31680),
    ("sorohanro_-_solo-trumpet-06.ogg", 1, 22050, 117601),
    ("trumpet.wav", 2, 44100, 235201),
    ("vibeace.wav", 2, 44100, 1322944),
];

#[test]
fn every_sound_file_has_the_samples_that_libsndfile_says() {
    for path in shared_files("every_sound_file_has_the_samples_that_libsndfile_says", "data/audio") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let &(_, channels, rate, frames) = AUDIO.iter().find(|a| a.0 == name).expect(name);
        let (report, kept) = decode(&path);
        let total: usize = kept.blocks.iter().map(|b| b.1).sum();
        println!("{name}: {} {} {total} {:?} {:?}", kept.channels, kept.rate, report.audio, report.info);
        assert!(is_complete(&report.audio), "{name}: {:?}", report.audio);
        assert!(matches!(report.video, StreamEnd::Absent), "{name}: {:?}", report.video);
        assert_eq!((kept.channels, kept.rate), (channels, rate), "{name}");
        assert_eq!(total as u64, frames, "{name}");
        assert_eq!(kept.blocks[0].0, 0.0, "{name}");
        assert_eq!(report.info.kind, MediaKind::Audio);
        let duration_s = report.info.duration_s.unwrap();
        assert!((duration_s - frames as f64 / f64::from(rate)).abs() < 1e-9, "{name}: {duration_s}");
    }
}

/// Columns and rows by Pillow 13's `Image.open(FILE).size`.
const IMAGES: &[(&str, u32, u32)] = &[
    ("astronaut.png", 512, 512),
    ("bridge_aaa-orig.jpg", 1600, 1004),
    ("bridge_blur-a-lot.jpg", 1600, 1004),
    ("bridge_high-contrast.jpg", 1600, 1004),
    ("bridge_sharpen-a-lot.jpg", 1600, 1004),
    ("bridge_shrink-a-lot.jpg", 160, 100),
    ("bridge_square-128x128.jpg", 128, 128),
    ("coffee.png", 600, 400),
    ("peppers.png", 600, 600),
    ("phototest.tif", 640, 480),
    ("ro_TEST.png", 800, 566),
    ("ro_empty_black.jpg", 756, 448),
    ("ro_en.jpg", 709, 132),
    ("ro_text_rec.jpg", 362, 78),
    ("solvay1927.jpg", 1666, 1136),
];

#[test]
fn every_image_is_one_frame_of_the_size_that_pillow_says() {
    for path in shared_files("every_image_is_one_frame_of_the_size_that_pillow_says", "data/images") {
        let name = path.file_name().unwrap().to_str().unwrap();
        let &(_, width, height) = IMAGES.iter().find(|i| i.0 == name).expect(name);
        let (report, kept) = decode(&path);
        println!("{name}: {:?} {:?}", report.video, report.info);
        assert!(is_complete(&report.video), "{name}: {:?}", report.video);
        assert_eq!((report.info.width, report.info.height), (Some(width), Some(height)), "{name}");
        assert_eq!(kept.sizes, [(width as usize, height as usize)], "{name}");
        assert_eq!((kept.times_s.as_slice(), report.info.kind), ([0.0].as_slice(), MediaKind::Image));
        assert!(report.info.duration_s.is_none() && !kept.yuv);
    }
}

#[test]
fn a_variable_rate_clip_keeps_its_own_times() {
    let test = "a_variable_rate_clip_keeps_its_own_times";
    let Some(path) = shared(test, "data/video/clip12_540x960_vfr.mp4") else { return };
    let (report, kept) = decode(&path);
    // By construction every frame of 30 a second but those with index mod 7 = 3.
    let expected: Vec<f64> = (0..360).filter(|i| i % 7 != 3).map(|i| f64::from(i) / 30.0).collect();
    assert_eq!(kept.times_s.len(), expected.len());
    for (time_s, expected_s) in kept.times_s.iter().zip(&expected) {
        assert!((time_s - expected_s).abs() < 1e-4, "{time_s} for {expected_s}");
    }
    assert_eq!(report.info.variable_frame_rate, Some(true));
    assert!((report.info.frame_rate.unwrap() - 308.0 / (359.0 / 30.0)).abs() < 1e-3);
}

#[test]
fn embedded_captions_come_cue_for_cue() {
    let test = "embedded_captions_come_cue_for_cue";
    let Some(path) = shared(test, "data/video/nasa_13013.mp4") else { return };
    let truth = truth();
    let expected = truth["video/nasa_13013.mp4"]["transcript"].as_array().unwrap();
    for preset in [Preset::Balanced, Preset::Reference] {
        let (report, kept) = decode_with(&path, &request(preset));
        assert!(is_complete(&report.captions), "{:?}", report.captions);
        assert_eq!(kept.cues.len(), expected.len());
        for (cue, expected) in kept.cues.iter().zip(expected) {
            assert!((cue.start_s - expected["start"].as_f64().unwrap()).abs() < 1e-6, "{cue:?}");
            assert!((cue.end_s - expected["end"].as_f64().unwrap()).abs() < 1e-6, "{cue:?}");
            assert_eq!(cue.text, expected["text"].as_str().unwrap());
        }
    }
}

#[test]
fn balanced_takes_the_largest_stream_and_reference_the_first() {
    let test = "balanced_takes_the_largest_stream_and_reference_the_first";
    let Some(path) = shared(test, "data/video/nasa_13013.mp4") else { return };
    let (largest, kept) = decode(&path);
    assert_eq!((largest.info.video_stream, largest.info.audio_stream), (Some(3), Some(4)));
    assert_eq!((kept.sizes[0], kept.rate), ((480, 270), 16000));
    assert_eq!(largest.info.container_duration_s, Some(16.57), "that is the captions'");
    assert!((largest.info.duration_s.unwrap() - 13.056).abs() < 1e-6, "the sound is the later end");
    let (first, kept) = decode_with(&path, &request(Preset::Reference));
    assert_eq!((first.info.video_stream, first.info.audio_stream), (Some(0), Some(1)));
    assert_eq!((kept.sizes[0], kept.times_s.len(), kept.rate), ((320, 180), 325, 8000));
    assert_eq!((first.info.video_streams, first.info.audio_streams), (Some(2), Some(2)));
}

/// The mean absolute difference of two luma planes of one size.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(&a, &b)| f64::from(a.abs_diff(b))).sum::<f64>() / a.len() as f64
}

/// A plane turned clockwise.
fn turned(plane: &[u8], width: usize, rotation: Rotation) -> Vec<u8> {
    let height = plane.len() / width;
    let at = |x: usize, y: usize| plane[y * width + x];
    match rotation {
        Rotation::None => plane.to_vec(),
        Rotation::Half => plane.iter().rev().copied().collect(),
        Rotation::Clockwise90 => {
            (0..width).flat_map(|x| (0..height).rev().map(move |y| at(x, y)).collect::<Vec<_>>()).collect()
        }
        Rotation::Clockwise270 => {
            (0..width).rev().flat_map(|x| (0..height).map(move |y| at(x, y)).collect::<Vec<_>>()).collect()
        }
    }
}

#[test]
fn a_turned_clip_is_shown_as_ffmpeg_and_opencv_show_it() {
    let test = "a_turned_clip_is_shown_as_ffmpeg_and_opencv_show_it";
    let Some(upright) = shared(test, "data/video/clip12_540x960_h264.mp4") else { return };
    let turned_path = upright.with_file_name("clip12_rot90meta_h264.mov");
    let keep = |path: &Path| {
        let mut kept = Kept { keep: vec![0, 200], ..Kept::default() };
        let input = MediaInput::Path(path.to_owned());
        let report = try_decode(&input, &request(Preset::Balanced), &mut kept).unwrap();
        (report, kept)
    };
    let ((_, plain), (report, kept)) = (keep(&upright), keep(&turned_path));
    assert_eq!((report.info.width, report.info.height), (Some(540), Some(960)), "as shown");
    assert_eq!(kept.sizes[0], (960, 540), "as coded");
    let rotation = kept.rotation.unwrap();
    assert_eq!(report.info.rotation_deg, Some(rotation.degrees()));
    // The file's matrix has the other sign than its pixels: FFmpeg and OpenCV (CAP_PROP_ORIENTATION_META = 270) show it
    // upside down, and so do we.
    assert_eq!(rotation, Rotation::Clockwise270);
    for (plain, coded) in plain.pictures.iter().zip(&kept.pictures) {
        let shown = turned(coded, 960, rotation);
        assert!(difference(&turned(plain, 540, Rotation::Half), &shown) < 4.0);
        assert!(difference(plain, &shown) > 20.0);
    }
}

#[test]
fn rotation_colour_and_depth_are_told() {
    let test = "rotation_colour_and_depth_are_told";
    let Some(folder) = shared(test, "data/video") else { return };
    let info = |name: &str| {
        let only = DecodeRequest { audio: false, video: false, captions: false, ..request(Preset::Balanced) };
        decode_with(&folder.join(name), &only).0.info
    };
    // ffprobe's `rotation` is counter-clockwise: -90 is shown after a quarter turn clockwise.
    assert_eq!(info("portrait_4k60.mp4").rotation_deg, Some(90));
    assert_eq!((info("portrait_4k60.mp4").width, info("portrait_4k60.mp4").height), (Some(2160), Some(3840)));
    assert_eq!(info("mv_with_2_top_shots.mp4").rotation_deg, Some(270));
    assert_eq!(info("sample_edit_list.mp4").rotation_deg, Some(90));
    assert_eq!(info("decord_rot_0.mov").rotation_deg, Some(0));
    let hdr10 = info("hdr10-av1.mp4");
    assert_eq!((hdr10.hdr.as_deref(), hdr10.bit_depth), (Some("pq"), Some(10)));
    assert_eq!(hdr10.pixel_format.as_deref(), Some("yuv420p10le"));
    assert_eq!(info("sample_edit_list.mp4").hdr.as_deref(), Some("hlg"));
    assert_eq!(info("butterfly.mp4").hdr, None);
}

#[test]
fn reference_frames_are_those_of_opencv_bit_for_bit() {
    let test = "reference_frames_are_those_of_opencv_bit_for_bit";
    let Some(folder) = shared(test, "golden/vision") else { return };
    let mut compared = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let frames = entry.unwrap().path();
        let Some(stem) =
            frames.file_name().unwrap().to_str().unwrap().strip_suffix("_frames").map(str::to_owned)
        else {
            continue;
        };
        let video = ["mp4", "webm", "mkv"].iter().find_map(|extension| {
            let path = folder.join("../../data/video").join(format!("{stem}.{extension}"));
            path.exists().then_some(path)
        });
        let mut pngs: Vec<_> = std::fs::read_dir(&frames).unwrap().map(|e| e.unwrap().path()).collect();
        pngs.sort();
        let number = |png: &Path| png.file_stem().unwrap().to_str().unwrap().parse::<u64>().unwrap();
        let last = number(pngs.last().unwrap());
        let mut kept = Kept {
            keep: pngs.iter().map(|p| number(p)).collect(),
            fail_at_frame: Some(last + 1),
            ..Kept::default()
        };
        let input = MediaInput::Path(video.expect("the video of the frames"));
        let stopped = try_decode(&input, &request(Preset::Reference), &mut kept).unwrap_err();
        assert_eq!(stopped.kind(), ErrorKind::HostFailed);
        for (png, picture) in pngs.iter().zip(&kept.pictures) {
            let mut golden = Kept { keep: vec![0], ..Kept::default() };
            try_decode(&MediaInput::Path(png.clone()), &request(Preset::Reference), &mut golden).unwrap();
            assert!(golden.pictures[0] == *picture, "{} differs", png.display());
            compared += 1;
        }
    }
    assert_eq!(compared, 24);
}

#[test]
fn fast_leaves_pictures_out_but_moves_none() {
    let test = "fast_leaves_pictures_out_but_moves_none";
    let Some(path) = shared(test, "data/video/clip12_540x960_h264.mp4") else { return };
    let only = |preset| DecodeRequest { audio: false, ..request(preset) };
    let ((_, all), (report, some)) =
        (decode_with(&path, &only(Preset::Balanced)), decode_with(&path, &only(Preset::Fast)));
    assert!(is_complete(&report.video), "{:?}", report.video);
    assert!(
        some.times_s.len() < all.times_s.len() * 3 / 4 && some.times_s.len() > 60,
        "{}",
        some.times_s.len()
    );
    assert!(some.times_s.iter().all(|t| all.times_s.contains(t)));
    assert_eq!(report.info.variable_frame_rate, None);
}

#[test]
fn without_deblocking_only_what_no_other_picture_refers_to_differs_and_little() {
    let test = "without_deblocking_only_what_no_other_picture_refers_to_differs_and_little";
    let first_24 = |name: &str, preset, deblock_unreferenced, threads| {
        let input = MediaInput::Path(shared(test, name)?);
        let only = DecodeRequest { audio: false, deblock_unreferenced, threads, ..request(preset) };
        let mut kept = Kept { keep: (0..24).collect(), fail_at_frame: Some(24), ..Kept::default() };
        let ended = try_decode(&input, &only, &mut kept).unwrap_err();
        assert_eq!(ended.kind(), ErrorKind::HostFailed);
        assert_eq!(kept.pictures.len(), 24);
        Some(kept.pictures)
    };
    let large = "data/video/clip60_1080x1920_h264.mp4";
    let Some(exact) = first_24(large, Preset::Balanced, true, 1) else { return };
    let some = first_24(large, Preset::Balanced, false, 1).unwrap();
    let same = exact.iter().zip(&some).filter(|(a, b)| a == b).count();
    // Every third picture or so is one that others are predicted from, and damage would spread from there.
    assert!((6..=18).contains(&same), "{same}");
    assert!(exact[0] == some[0], "the key frame");
    for (at, (exact, some)) in exact.iter().zip(&some).enumerate() {
        let sum: u64 = exact.iter().zip(some).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        let mean = sum as f64 / exact.len() as f64;
        assert!(mean < 0.5, "picture {at}: {mean} levels");
    }
    assert!(some == first_24(large, Preset::Balanced, false, 3).unwrap(), "threads change nothing");
    let reference = |deblock| first_24(large, Preset::Reference, deblock, 1).unwrap();
    assert!(reference(false) == reference(true), "parity");
    // A small video, and one of another codec, whose pictures of higher layers may be predicted from those that are skipped.
    for other in ["clip12_540x960_h264.mp4", "sample_edit_list.mp4"] {
        let of = |deblock| first_24(&format!("data/video/{other}"), Preset::Balanced, deblock, 1).unwrap();
        assert!(of(false) == of(true), "{other}");
    }
}

#[test]
fn threads_and_the_way_in_never_change_the_result() {
    let test = "threads_and_the_way_in_never_change_the_result";
    let Some(path) = shared(test, "data/video/mdn_pig.mp4") else { return };
    let bytes = MediaInput::Bytes(std::fs::read(&path).unwrap().into());
    let keep = |input: &MediaInput, threads| {
        let mut kept = Kept { keep: (0..200).collect(), ..Kept::default() };
        let report =
            try_decode(input, &DecodeRequest { threads, ..request(Preset::Balanced) }, &mut kept).unwrap();
        (format!("{report:?}"), kept)
    };
    let (report, kept) = keep(&MediaInput::Path(path), 1);
    for threads in [1, 2, 5] {
        let (other_report, other) = keep(&bytes, threads);
        assert_eq!(report, other_report);
        assert_eq!(kept.times_s, other.times_s);
        assert!(kept.samples == other.samples && kept.pictures == other.pictures);
    }
}

#[test]
fn a_file_that_is_cut_off_gives_its_valid_prefix() {
    let test = "a_file_that_is_cut_off_gives_its_valid_prefix";
    for (name, least) in
        [("video/mdn_pig.webm", 60), ("video/bbb_2500ms.ts", 15), ("video/butterfly.mp4", 90)]
    {
        let Some(path) = shared(test, &format!("data/{name}")) else { return };
        let bytes = std::fs::read(path).unwrap();
        let mut kept = Kept::default();
        let half: Vec<u8> = bytes[..bytes.len() / 2].to_vec();
        let report =
            try_decode(&MediaInput::Bytes(half.into()), &request(Preset::Balanced), &mut kept).unwrap();
        println!("{name}: {} pictures, {:?}, {:?}", kept.times_s.len(), report.video, report.audio);
        assert!(kept.times_s.len() > least, "{name}: {}", kept.times_s.len());
        assert!(!kept.samples.is_empty(), "{name}");
        if !name.ends_with("ts") {
            // A transport stream may end anywhere; the others' headers claim more.
            assert!(matches!(report.video, StreamEnd::Cut(_)), "{name}: {:?}", report.video);
        }
    }
    for name in ["audio/jfk.wav", "audio/jfk.flac", "audio/chromaprint_test.mp3", "audio/198-209-0000.ogg"] {
        let Some(path) = shared(test, &format!("data/{name}")) else { return };
        let bytes = std::fs::read(&path).unwrap();
        let mut kept = Kept::default();
        let half: Vec<u8> = bytes[..bytes.len() / 2].to_vec();
        let report =
            try_decode(&MediaInput::Bytes(half.into()), &request(Preset::Balanced), &mut kept).unwrap();
        let (_, whole) = decode(&path);
        println!("{name}: {} of {} samples, {:?}", kept.samples.len(), whole.samples.len(), report.audio);
        assert!(matches!(report.audio, StreamEnd::Cut(_)), "{name}: {:?}", report.audio);
        assert!(kept.samples.len() > whole.samples.len() / 3, "{name}");
        // Of the last frame of a lossy coder half is missing; all before it is the same.
        let sure = kept.samples.len() - 8192;
        assert!(kept.samples[..sure] == whole.samples[..sure], "{name}");
    }
}

#[test]
fn damage_in_the_middle_does_not_stop_the_rest() {
    let test = "damage_in_the_middle_does_not_stop_the_rest";
    let Some(path) = shared(test, "data/video/sample_with_increasing_timestamps_360p.mp4") else { return };
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 20_000].fill(0xa5);
    let mut kept = Kept::default();
    let report = try_decode(&MediaInput::Bytes(bytes.into()), &request(Preset::Balanced), &mut kept).unwrap();
    println!("{} pictures, {:?}, {:?}", kept.times_s.len(), report.video, report.audio);
    assert!(matches!(report.video, StreamEnd::Cut(_)), "{:?}", report.video);
    assert!(kept.times_s.last().unwrap() > &17.0, "to the end");
    assert!(kept.times_s.len() > 400);
}

#[test]
fn limits_are_kept_before_and_while_decoding() {
    let test = "limits_are_kept_before_and_while_decoding";
    let Some(path) = shared(test, "data/video/clip12_540x960_h264.mp4") else { return };
    let input = MediaInput::Path(path.clone());
    let refused = |limits: Limits| {
        let mut kept = Kept::default();
        let error = try_decode(&input, &DecodeRequest { limits, ..request(Preset::Balanced) }, &mut kept)
            .unwrap_err();
        assert_eq!((error.kind(), kept.begun), (ErrorKind::LimitExceeded, 0), "{error}");
        error.to_string()
    };
    let limits = Limits::default();
    assert!(refused(Limits { max_bytes: 1000, ..limits }).contains("max_bytes"));
    assert!(refused(Limits { max_pixels: 540 * 960 - 1, ..limits }).contains("max_pixels"));
    assert!(refused(Limits { max_channels: 5, ..limits }).contains("max_channels"));
    assert!(refused(Limits { max_streams: 1, ..limits }).contains("max_streams"));
    let limits = Limits { max_duration_s: 3.0, ..limits };
    let (report, kept) = decode_with(&path, &DecodeRequest { limits, ..request(Preset::Balanced) });
    for end in [&report.video, &report.audio] {
        assert!(matches!(end, StreamEnd::Cut(e) if e.kind() == ErrorKind::LimitExceeded), "{end:?}");
    }
    assert_eq!(kept.times_s.len(), 90);
    assert_eq!(kept.samples.len(), 3 * 48000 * 6);
    assert!((report.info.duration_s.unwrap() - 3.0).abs() < 1e-6);
    let png = path.with_file_name("../images/astronaut.png");
    let limits = Limits { max_pixels: 512 * 512 - 1, ..Limits::default() };
    let error = try_decode(
        &MediaInput::Path(png),
        &DecodeRequest { limits, ..request(Preset::Balanced) },
        &mut Kept::default(),
    );
    assert_eq!(error.unwrap_err().kind(), ErrorKind::LimitExceeded);
}

#[test]
fn a_call_ends_when_its_time_is_over_or_the_host_wants_it() {
    let test = "a_call_ends_when_its_time_is_over_or_the_host_wants_it";
    let Some(path) = shared(test, "data/video/clip60_1080x1920_h264.mp4") else { return };
    let input = MediaInput::Path(path);
    let run = |cancel: &CancelToken, max_wall_s| {
        Run::new(Scope::noop(), None, cancel.clone(), max_wall_s, Steps::new(&[]))
    };
    let (token, started) = (CancelToken::default(), std::time::Instant::now());
    let mut kept = Kept::default();
    let report =
        media::decode(&input, &request(Preset::Balanced), &mut run(&token, Some(0.5)), &mut kept).unwrap();
    assert!(
        matches!(&report.video, StreamEnd::Cut(e) if e.kind() == ErrorKind::Timeout),
        "{:?}",
        report.video
    );
    assert!(!kept.times_s.is_empty() && kept.times_s.len() < 1000, "{}", kept.times_s.len());
    assert!(started.elapsed().as_secs_f64() < 2.0, "{:?}", started.elapsed());

    let remote = token.clone();
    let waiting = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(300));
        remote.cancel();
        std::time::Instant::now()
    });
    let stopped =
        media::decode(&input, &request(Preset::Balanced), &mut run(&token, None), &mut Kept::default())
            .unwrap_err();
    let late = waiting.join().unwrap().elapsed();
    assert_eq!(stopped.kind(), ErrorKind::Cancelled);
    assert!(late.as_secs_f64() < 0.2, "{late:?}");

    let mut kept = Kept { fail_at_frame: Some(5), ..Kept::default() };
    let error = try_decode(&input, &request(Preset::Balanced), &mut kept).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::HostFailed, "enough"), "as it is");
    assert_eq!(kept.times_s.len(), 5);
}

#[test]
fn what_is_no_media_is_refused_with_the_way_out() {
    let refused = |bytes: &[u8]| {
        let input = MediaInput::Bytes(bytes.into());
        try_decode(&input, &request(Preset::Balanced), &mut Kept::default()).unwrap_err()
    };
    let playlist = refused(b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n");
    assert_eq!(playlist.kind(), ErrorKind::UnsupportedFormat);
    assert!(playlist.to_string().contains("playlist"));
    let text = refused(b"1\n00:00:01,000 --> 00:00:02,000\nHello\n");
    assert!(text.kind() == ErrorKind::UnsupportedFormat && text.to_string().contains("captions"), "{text}");
    assert_eq!(refused(b"").kind(), ErrorKind::InvalidInput);
    let noise: Vec<u8> = (0..100_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let error = refused(&noise);
    assert!(matches!(error.kind(), ErrorKind::UnsupportedFormat | ErrorKind::DecodeFailed), "{error}");
    let missing = MediaInput::Path("no/such/file.mp4".into());
    let error = try_decode(&missing, &request(Preset::Balanced), &mut Kept::default()).unwrap_err();
    assert!(error.kind() == ErrorKind::NotFound && error.to_string().contains("no/such/file.mp4"), "{error}");
    let address = MediaInput::Path("https://example.org/clip.mp4".into());
    let error = try_decode(&address, &request(Preset::Balanced), &mut Kept::default()).unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("download"), "{error}");
}

/// A WAV file of a sine of 440 Hz, a different loudness in each channel. `form` is the format tag and the bits.
fn wav(form: (u16, u16), channels: u16, rate: u32, frames: u32) -> (Vec<u8>, Vec<f64>) {
    let (tag, bits) = form;
    let width = bits / 8 * channels;
    let mut data = Vec::new();
    let mut values = Vec::new();
    for i in 0..frames {
        let phase = 2.0 * std::f64::consts::PI * 440.0 * f64::from(i) / f64::from(rate);
        for channel in 0..channels {
            let value = 0.8 * phase.sin() / f64::from(channel + 1);
            values.push(value);
            match form {
                (1, 8) => data.push((value * 128.0).round() as i32 as i8 as u8 ^ 0x80),
                (1, 16) => data.extend(((value * 32768.0).round() as i16).to_le_bytes()),
                (1, 24) => data.extend(&((value * 8_388_608.0).round() as i32).to_le_bytes()[..3]),
                (1, 32) => data.extend(((value * 2_147_483_648.0).round() as i32).to_le_bytes()),
                (3, 32) => data.extend((value as f32).to_le_bytes()),
                (3, 64) => data.extend(value.to_le_bytes()),
                _ => unreachable!(),
            }
        }
    }
    let mut file = Vec::from(*b"RIFF");
    file.extend((36 + data.len() as u32).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0");
    file.extend(tag.to_le_bytes());
    file.extend(channels.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(width)).to_le_bytes());
    file.extend(width.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend((data.len() as u32).to_le_bytes());
    file.extend(data);
    (file, values)
}

#[test]
fn every_form_of_pcm_is_the_sine_that_was_written() {
    for (form, step) in [
        ((1, 8), 1.0 / 128.0),
        ((1, 16), 1.0 / 32768.0),
        ((1, 24), 1.0 / 8_388_608.0),
        ((1, 32), 1e-7),
        ((3, 32), 1e-7),
        ((3, 64), 1e-7),
    ] {
        for channels in [1, 2, 6] {
            for rate in [8000, 44100, 192_000] {
                let (bytes, values) = wav(form, channels, rate, rate / 10);
                let mut kept = Kept::default();
                let report =
                    try_decode(&MediaInput::Bytes(bytes.into()), &request(Preset::Balanced), &mut kept)
                        .unwrap();
                assert!(is_complete(&report.audio), "{form:?} {channels} {rate}: {:?}", report.audio);
                assert_eq!((kept.rate, kept.channels), (rate, channels));
                assert_eq!(kept.samples.len(), values.len());
                let worst = kept
                    .samples
                    .iter()
                    .zip(&values)
                    .map(|(&a, &b)| (f64::from(a) - b).abs())
                    .fold(0.0, f64::max);
                assert!(worst <= 0.51 * step + 6e-8, "{form:?} {channels} {rate}: {worst}");
            }
        }
    }
}

#[test]
fn samples_that_are_no_number_become_silence_and_are_told() {
    let (mut bytes, _) = wav((3, 32), 1, 16000, 1600);
    bytes[44 + 400..44 + 404].copy_from_slice(&f32::NAN.to_le_bytes());
    bytes[44 + 800..44 + 804].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let mut kept = Kept::default();
    let report = try_decode(&MediaInput::Bytes(bytes.into()), &request(Preset::Balanced), &mut kept).unwrap();
    assert_eq!((kept.samples[100], kept.samples[200]), (0.0, 0.0));
    assert!(
        matches!(&report.audio, StreamEnd::Cut(e) if e.to_string().contains("damaged: 2")),
        "{:?}",
        report.audio
    );
}

#[test]
fn a_sound_that_changes_its_rate_is_told() {
    let test = "a_sound_that_changes_its_rate_is_told";
    let Some(first) = shared(test, "data/audio/chromaprint_test.mp3") else { return };
    let (mut bytes, (_, alone)) = (std::fs::read(&first).unwrap(), decode(&first));
    bytes.extend(std::fs::read(first.with_file_name("musanmix.mp3")).unwrap());
    let mut kept = Kept::default();
    let report = try_decode(&MediaInput::Bytes(bytes.into()), &request(Preset::Balanced), &mut kept).unwrap();
    assert!(matches!(&report.audio, StreamEnd::Cut(_)), "{:?}", report.audio);
    assert!(
        kept.samples.len() > alone.samples.len() - 4000,
        "{} of {}",
        kept.samples.len(),
        alone.samples.len()
    );
}

#[test]
fn samples_and_frames_of_the_host_are_checked_and_delivered() {
    let audio = RawAudio { samples: vec![0.5; 2 * 100_000], sample_rate: 10_000, channels: 2 };
    let frames =
        RawFrames { width: 3, height: 2, rgb: (0..4 * 18).collect(), times_s: vec![0.0, 0.5, 1.0, 1.5] };
    let decode = |audio: Option<RawAudio>, frames: Option<RawFrames>| {
        let mut kept = Kept { keep: vec![1], ..Kept::default() };
        try_decode(&MediaInput::Raw { audio, frames }, &request(Preset::Balanced), &mut kept)
            .map(|report| (report, kept))
    };
    let (report, kept) = decode(Some(audio.clone()), Some(frames.clone())).unwrap();
    assert!(is_complete(&report.audio) && is_complete(&report.video));
    assert_eq!((report.info.kind, report.info.container.as_deref()), (MediaKind::Video, Some("raw")));
    assert_eq!((kept.samples.len(), kept.times_s.as_slice()), (200_000, frames.times_s.as_slice()));
    assert_eq!(kept.pictures[0], (18..36).collect::<Vec<u8>>());
    assert_eq!((report.info.duration_s, report.info.frame_rate), (Some(10.0), Some(2.0)));

    let refused = |audio, frames| decode(audio, frames).map(|_| ()).unwrap_err().kind();
    assert_eq!(refused(None, None), ErrorKind::InvalidInput);
    for wrong in [
        RawAudio { sample_rate: 999, ..audio.clone() },
        RawAudio { sample_rate: 768_001, ..audio.clone() },
        RawAudio { channels: 0, ..audio.clone() },
        RawAudio { channels: 3, ..audio.clone() },
        RawAudio { samples: Vec::new(), ..audio.clone() },
    ] {
        assert_eq!(refused(Some(wrong), None), ErrorKind::InvalidInput);
    }
    for wrong in [
        RawFrames { width: 4, ..frames.clone() },
        RawFrames { height: 0, ..frames.clone() },
        RawFrames { times_s: vec![0.0, 0.5, 0.5, 1.0], ..frames.clone() },
        RawFrames { times_s: vec![0.0, f64::NAN, 1.0, 2.0], ..frames.clone() },
        RawFrames { times_s: vec![0.0, 0.5, 1.0], ..frames.clone() },
    ] {
        assert_eq!(refused(None, Some(wrong)), ErrorKind::InvalidInput);
    }
    let many = RawAudio { channels: 40, samples: vec![0.0; 400], sample_rate: 8000 };
    assert_eq!(refused(Some(many), None), ErrorKind::LimitExceeded);
    let hash = |input: &MediaInput| input.content_hash(&Limits::default(), &mut Run::unwatched()).unwrap();
    let (one, other) = (RawAudio { sample_rate: 10_001, ..audio.clone() }, audio);
    let raw = |audio| MediaInput::Raw { audio: Some(audio), frames: None };
    assert_eq!(hash(&raw(one.clone())), hash(&raw(one.clone())));
    assert_ne!(hash(&raw(one)), hash(&raw(other)));
}

#[test]
fn he_aac_has_its_full_length() {
    let test = "he_aac_has_its_full_length";
    let Some(path) = shared(test, "data/audio/clip60.m4a") else { return };
    let mut bytes = std::fs::read(path).unwrap();
    // The decoder's configuration: AAC LC, then the sync word 0x2b7 for AOT 5 (SBR) and the bit that says "not used": now
    // it is.
    let at = bytes.windows(4).position(|w| w[1..] == [0x56, 0xe5, 0x00]).expect("the configuration") + 3;
    bytes[at] = 0x80;
    let mut kept = Kept::default();
    let report = try_decode(&MediaInput::Bytes(bytes.into()), &request(Preset::Balanced), &mut kept).unwrap();
    println!("{} Hz, {:?} {:?}", kept.rate, report.info.duration_s, report.audio);
    assert!((report.info.duration_s.unwrap() - 60.0).abs() < 0.1, "{:?}", report.info);
    let frames = kept.samples.len() / usize::from(kept.channels);
    assert!((frames as f64 / f64::from(kept.rate) - 60.0).abs() < 0.1);
}
