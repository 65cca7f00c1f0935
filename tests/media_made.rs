//! Forms of media that no file of the shared data has, made by the `ffmpeg` command where it is there, or by ourselves.
//! What is right is known from how they are made.

use crate::matroska;

use std::process::Command;
use viralnow_core::features::{AssetStatus, ModalityStatus};
use viralnow_core::imaging::{Matrix, Picture, Rotation};
use viralnow_core::media::{
    self, AudioBlock, Cue, DecodeReport, DecodeRequest, Frame, MediaInfo, MediaInput, MediaKind, MediaSink,
    StreamEnd,
};
use viralnow_core::monitor::Run;
use viralnow_core::vision::{ShotParams, detect_shots};
use viralnow_core::{ErrorKind, Preset, Result, analyze};

/// One picture: its time, its size, its luma (or its RGB samples), and how it is coded.
struct Shown {
    time_s: f64,
    size: (usize, usize),
    luma: Vec<u8>,
    rgb: Vec<u8>,
    full_range: bool,
    matrix: Option<Matrix>,
    rotation: Rotation,
}

#[derive(Default)]
struct Kept {
    shown: Vec<Shown>,
    sound: Vec<(f64, u32, u16, Vec<f32>)>,
    cues: Vec<Cue>,
}

impl MediaSink for Kept {
    fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
        Ok(())
    }

    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
        self.sound.push((block.start_s, block.sample_rate, block.channels, block.samples.to_vec()));
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<()> {
        let size = (frame.picture.width(), frame.picture.height());
        let rows = |plane: &[u8], stride: usize, columns: usize, rows: usize| {
            plane.chunks(stride).take(rows).flat_map(|row| row[..columns].to_vec()).collect::<Vec<u8>>()
        };
        let mut shown = Shown {
            time_s: frame.time_s,
            size,
            luma: vec![],
            rgb: vec![],
            full_range: false,
            matrix: None,
            rotation: frame.rotation,
        };
        match frame.picture {
            Picture::Yuv420 { y, u, v, full_range, matrix, .. } => {
                let (columns, chroma_rows) = (size.0.div_ceil(2), size.1.div_ceil(2));
                for chroma in [u, v] {
                    assert_eq!(
                        rows(chroma.data, chroma.stride, columns, chroma_rows).len(),
                        columns * chroma_rows
                    );
                }
                shown.luma = rows(y.data, y.stride, size.0, size.1);
                shown.full_range = full_range;
                shown.matrix = Some(matrix);
            }
            Picture::Rgb24 { rgb, .. } => shown.rgb = rows(rgb.data, rgb.stride, 3 * size.0, size.1),
        }
        self.shown.push(shown);
        Ok(())
    }

    fn cue(&mut self, cue: &Cue) -> Result<()> {
        self.cues.push(cue.clone());
        Ok(())
    }
}

fn decode(bytes: Vec<u8>, preset: Preset) -> (DecodeReport, Kept) {
    let request = DecodeRequest { preset, ..DecodeRequest::default() };
    let mut kept = Kept::default();
    let input = MediaInput::Bytes(bytes.into());
    let report = media::decode(&input, &request, &mut Run::unwatched(), &mut kept).unwrap();
    (report, kept)
}

/// What the `ffmpeg` command writes with these arguments into a file of this extension; says by name which test is
/// skipped when the command is not there.
fn made(test: &str, extension: &str, arguments: &str) -> Option<Vec<u8>> {
    let file = tempfile::Builder::new().suffix(&format!(".{extension}")).tempfile().unwrap();
    let run = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-y"])
        .args(arguments.split_whitespace())
        .arg(file.path())
        .output();
    let Ok(output) = run else {
        println!("SKIPPED {test}: the ffmpeg command is not there");
        return None;
    };
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    Some(std::fs::read(file.path()).unwrap())
}

fn complete(end: &StreamEnd) {
    assert!(matches!(end, StreamEnd::Complete), "{end:?}");
}

#[test]
fn pixel_formats_become_8_bit_420_with_the_same_luma() {
    let test = "pixel_formats_become_8_bit_420_with_the_same_luma";
    let source = "-f lavfi -i testsrc2=s=162x92:r=5:d=1";
    let Some(plain) = made(test, "mkv", &format!("{source} -vf format=yuv420p -c:v ffv1")) else { return };
    let (_, plain) = decode(plain, Preset::Balanced);
    assert_eq!((plain.shown.len(), plain.shown[0].size), (5, (162, 92)));
    for (format, codec, tolerance) in [
        ("yuv422p", "ffv1", 1),
        ("yuv444p", "ffv1", 1),
        ("yuv420p10le", "ffv1", 1),
        ("yuv422p12le", "ffv1", 1),
        ("nv12", "rawvideo", 0),
    ] {
        let bytes =
            made(test, "nut", &format!("{source} -vf format=yuv420p,format={format} -c:v {codec}")).unwrap();
        let (report, kept) = decode(bytes, Preset::Balanced);
        complete(&report.video);
        assert_eq!(report.info.pixel_format.as_deref(), Some(format));
        for (a, b) in kept.shown.iter().zip(&plain.shown) {
            let worst = a.luma.iter().zip(&b.luma).map(|(&a, &b)| a.abs_diff(b)).max().unwrap();
            assert!(worst <= tolerance && !a.full_range, "{format}: {worst}");
        }
    }
}

#[test]
fn odd_sizes_have_their_last_chroma() {
    let test = "odd_sizes_have_their_last_chroma";
    for format in ["yuv420p", "yuv444p"] {
        let arguments =
            format!("-f lavfi -i testsrc2=s=162x92:r=5:d=1 -vf scale=161:91,format={format} -c:v ffv1");
        let Some(bytes) = made(test, "mkv", &arguments) else { return };
        let (report, kept) = decode(bytes, Preset::Balanced);
        complete(&report.video);
        assert_eq!(
            (kept.shown[0].size, report.info.width, report.info.height),
            ((161, 91), Some(161), Some(91))
        );
    }
}

#[test]
fn colours_and_ranges_stay_what_they_are() {
    let test = "colours_and_ranges_stay_what_they_are";
    let raw = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(raw.path(), [0xc0, 0x80, 0x40, 0].repeat(64 * 48)).unwrap();
    let rgb = format!("-f rawvideo -pix_fmt bgr0 -s 64x48 -i {} -c:v ffv1", raw.path().display());
    let Some(bytes) = made(test, "mkv", &rgb) else { return };
    let (report, kept) = decode(bytes, Preset::Balanced);
    assert_eq!(report.info.pixel_format.as_deref(), Some("bgr0"));
    assert!(kept.shown[0].rgb.chunks(3).all(|p| p == [0x40, 0x80, 0xc0]), "{:?}", &kept.shown[0].rgb[..3]);
    // White is 255 in the full range and 235 in the other.
    let white = "-f lavfi -i color=c=white:s=64x48:r=5:d=1";
    for (form, full_range, luma) in [
        ("-vf scale=out_range=full,format=yuvj420p -c:v mjpeg", true, 255),
        ("-vf scale=out_range=full,format=yuvj422p -c:v mjpeg", true, 255),
        ("-vf format=yuv420p -c:v ffv1", false, 235),
        ("-vf format=gray -c:v ffv1", true, 255),
    ] {
        let (report, kept) = decode(made(test, "mkv", &format!("{white} {form}")).unwrap(), Preset::Balanced);
        complete(&report.video);
        let shown = &kept.shown[0];
        assert_eq!(shown.full_range, full_range, "{form}");
        assert!(shown.luma.iter().all(|&y| y.abs_diff(luma) <= 1), "{form}: {}", shown.luma[0]);
        let made = decode(made(test, "mkv", &format!("{white} {form}")).unwrap(), Preset::Reference).1;
        assert!(made.shown[0].rgb.iter().all(|&c| c >= 253), "{form}: {}", made.shown[0].rgb[0]);
    }
}

#[test]
fn pixels_that_are_not_square_are_told() {
    let test = "pixels_that_are_not_square_are_told";
    let arguments = "-f lavfi -i testsrc2=s=64x48:r=5:d=1 -vf setsar=4/3 -c:v mpeg4";
    let Some(bytes) = made(test, "mp4", arguments) else { return };
    let (report, _) = decode(bytes, Preset::Balanced);
    assert!((report.info.sample_aspect_ratio.unwrap() - 4.0 / 3.0).abs() < 1e-6);
}

/// A file of its own with these bytes.
fn file_of(bytes: &[u8], extension: &str) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(&format!(".{extension}")).tempfile().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

#[test]
fn a_video_of_one_picture_is_one_shot_in_which_nothing_moves() {
    let test = "a_video_of_one_picture_is_one_shot_in_which_nothing_moves";
    let source = "-f lavfi -i testsrc2=s=320x180:r=30:d=1 -frames:v 1";
    for (extension, codec) in [("mp4", "libx264 -pix_fmt yuv420p"), ("mkv", "mpeg4")] {
        let Some(bytes) = made(test, extension, &format!("{source} -c:v {codec}")) else { return };
        let file = file_of(&bytes, extension);
        let found = detect_shots(file.path(), &ShotParams::default()).unwrap();
        println!("{extension}: {found:?}");
        assert_eq!((found.frames, found.cuts.len(), found.cut_short.as_deref()), (1, 0, None));
        let [shot] = found.shots[..] else { panic!("{found:?}") };
        assert_eq!((shot.start_frame, shot.end_frame), (0, 1), "{extension}");
        // A thirtieth of a second, or what the container's clock makes of it.
        assert!(shot.start_s.abs() < 2e-3 && (shot.end_s - 1.0 / 30.0).abs() < 2e-3, "{shot:?}");
        let payload = analyze(file.path()).unwrap().payload;
        assert_eq!(payload.status, AssetStatus::Complete, "{extension}: {:?}", payload.reason);
        assert_eq!(payload.media.frames, Some(1), "{:?}", payload.media);
        let vision = payload.modalities.vision.summary.unwrap();
        let [shot] = &vision.shots[..] else { panic!("{vision:?}") };
        assert_eq!((shot.shot_id, shot.start_frame, shot.motion_score), (0, 0, None), "{extension}");
        assert!(shot.start_s.abs() < 2e-3 && (shot.end_s - 1.0 / 30.0).abs() < 2e-3, "{shot:?}");
        assert!(
            vision.keyframes.len() == 1 && vision.phash.is_some() && vision.colour.is_some(),
            "{vision:?}"
        );
        assert!(vision.motion.is_none(), "{vision:?}");
        assert_eq!(vision.missing["motion"], "no two pictures that can be compared", "{extension}");
        assert_eq!(vision.pacing.unwrap().cuts_per_minute, 0.0, "{extension}");
    }
}

#[test]
fn a_video_of_no_picture_says_that_there_is_none() {
    let test = "a_video_of_no_picture_says_that_there_is_none";
    let file = file_of(&matroska::no_pictures((64, 48)), "mkv");
    let refused =
        [detect_shots(file.path(), &ShotParams::default()).unwrap_err(), analyze(file.path()).unwrap_err()];
    for error in refused {
        println!("{error}");
        assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{error}");
        assert!(error.to_string().contains("nothing in it can be decoded"), "{error}");
    }
    // Beside sound, which is analysed.
    let arguments = "-f lavfi -i testsrc2=s=64x48:r=25:d=1 -f lavfi -i sine=d=1:r=48000 -map 0 -map 1 -vf select=0 -c:v mpeg4 -c:a aac";
    let Some(bytes) = made(test, "mkv", arguments) else { return };
    let file = file_of(&bytes, "mkv");
    let error = detect_shots(file.path(), &ShotParams::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{error}");
    let payload = analyze(file.path()).unwrap().payload;
    println!("{:?}, {:?}", payload.reason, payload.modalities.vision);
    assert_eq!(payload.status, AssetStatus::Partial, "{:?}", payload.reason);
    assert!(payload.reason.unwrap().contains("the pictures could not be decoded"));
    assert_eq!(payload.modalities.audio.status, ModalityStatus::Complete);
    let vision = payload.modalities.vision;
    assert_eq!(vision.status, ModalityStatus::Failed);
    assert!(vision.summary.is_none() && vision.error.is_some_and(|error| error.code == "DECODE_FAILED"));
}

#[test]
fn sound_that_starts_late_starts_late() {
    let test = "sound_that_starts_late_starts_late";
    let inputs = "-f lavfi -i testsrc2=s=64x48:r=25:d=2 -itsoffset 0.7 -f lavfi -i sine=d=1:r=48000 -map 0 -map 1 -c:v mpeg4";
    for (extension, codec) in [("mov", "pcm_s16le"), ("mkv", "pcm_s16le"), ("mp4", "aac"), ("ts", "mp2")] {
        let Some(bytes) = made(test, extension, &format!("{inputs} -c:a {codec}")) else { return };
        let (report, kept) = decode(bytes, Preset::Balanced);
        complete(&report.audio);
        complete(&report.video);
        assert!(kept.shown[0].time_s.abs() < 0.002, "{extension}: {}", kept.shown[0].time_s);
        let start_s = report.info.audio_start_s.unwrap();
        // A coder's padding may come before; none is longer than 60 ms.
        let early = if codec == "pcm_s16le" { 0.0015 } else { 0.06 };
        assert!(start_s <= 0.7015 && start_s >= 0.7 - early, "{extension}: {start_s}");
        assert_eq!(kept.sound[0].0, start_s);
    }
}

#[test]
fn sound_that_changes_its_rate_and_channels_comes_in_the_first_form() {
    let test = "sound_that_changes_its_rate_and_channels_comes_in_the_first_form";
    let part = |rate: u32, channels: u32, offset: u32| {
        let arguments = format!(
            "-f lavfi -i sine=frequency=440:d=2:r={rate} -ac {channels} -c:a mp2 -b:a 192k -muxdelay 0 -output_ts_offset {offset}"
        );
        made(test, "ts", &arguments)
    };
    let (Some(mut bytes), Some(after)) = (part(44100, 2, 10), part(32000, 1, 12)) else { return };
    bytes.extend(after);
    let (report, kept) = decode(bytes, Preset::Balanced);
    assert!(kept.sound.iter().all(|b| (b.1, b.2) == (44100, 2)));
    let frames: usize = kept.sound.iter().map(|b| b.3.len() / 2).sum();
    assert!((frames as f64 / 44100.0 - 4.0).abs() < 0.15, "{frames} {:?}", report.audio);
    // It is the same tone before and after: 440 Hz crosses zero 880 times a second.
    let all: Vec<f32> =
        kept.sound.iter().flat_map(|b| b.3.chunks(2).map(|f| f[0]).collect::<Vec<_>>()).collect();
    for second in [&all[22050..66150], &all[110_250..154_350]] {
        let crossings = second.windows(2).filter(|w| (w[0] < 0.0) != (w[1] < 0.0)).count();
        assert!(crossings.abs_diff(880) <= 3, "{crossings}");
    }
}

#[test]
fn pictures_that_change_their_size_keep_it() {
    let test = "pictures_that_change_their_size_keep_it";
    let part = |size: &str, offset: u32| {
        let arguments = format!(
            "-f lavfi -i testsrc2=s={size}:r=25:d=1 -c:v mpeg2video -q:v 2 -bf 0 -muxdelay 0 -output_ts_offset {offset}"
        );
        made(test, "ts", &arguments)
    };
    let (Some(mut bytes), Some(after)) = (part("320x240", 10), part("160x128", 11)) else { return };
    bytes.extend(after);
    for preset in [Preset::Balanced, Preset::Reference] {
        let (_, kept) = decode(bytes.clone(), preset);
        let large = kept.shown.iter().filter(|s| s.size == (320, 240)).count();
        let small = kept.shown.iter().filter(|s| s.size == (160, 128)).count();
        assert!((24..=25).contains(&large) && (24..=25).contains(&small), "{large} {small}");
        assert_eq!(large + small, kept.shown.len());
    }
}

#[test]
fn captions_of_every_container_come_as_they_were_written() {
    let test = "captions_of_every_container_come_as_they_were_written";
    let srt = tempfile::Builder::new().suffix(".srt").tempfile().unwrap();
    let content = "1\n00:00:00,500 --> 00:00:01,250\n<i>Wait</i> for it\n\n2\n00:00:01,500 --> 00:00:02,000\nné à\nParis\n";
    std::fs::write(srt.path(), content).unwrap();
    let inputs = format!("-f lavfi -i testsrc2=s=64x48:r=25:d=3 -i {} -map 0 -map 1", srt.path().display());
    for (extension, video, captions) in [
        ("mkv", "mpeg4", "subrip"),
        ("mkv", "mpeg4", "ass"),
        ("mkv", "mpeg4", "webvtt"),
        ("mp4", "mpeg4", "mov_text"),
    ] {
        let Some(bytes) = made(test, extension, &format!("{inputs} -c:v {video} -c:s {captions}")) else {
            return;
        };
        let (report, kept) = decode(bytes, Preset::Balanced);
        complete(&report.captions);
        let cues: Vec<_> = kept.cues.iter().map(|c| (c.start_s, c.end_s, c.text.as_str())).collect();
        assert_eq!(cues, [(0.5, 1.25, "Wait for it"), (1.5, 2.0, "né à\nParis")], "{extension} {captions}");
    }
}

#[test]
fn other_containers_are_read() {
    let test = "other_containers_are_read";
    for (extension, arguments) in [
        ("avi", "-c:v mpeg4 -c:a mp2"),
        ("flv", "-c:v flv1 -c:a pcm_s16le -ar 44100"),
        ("asf", "-c:v wmv2 -c:a wmav2"),
        ("mpg", "-c:v mpeg1video -c:a mp2"),
        ("ts", "-c:v mpeg2video -c:a mp2"),
        ("mov", "-c:v mjpeg -c:a pcm_s16be"),
        ("mkv", "-c:v ffv1 -c:a flac"),
    ] {
        let inputs = "-f lavfi -i testsrc2=s=64x48:r=25:d=2 -f lavfi -i sine=d=2:r=44100";
        let Some(bytes) = made(test, extension, &format!("{inputs} {arguments}")) else { return };
        let (report, kept) = decode(bytes, Preset::Balanced);
        complete(&report.video);
        complete(&report.audio);
        assert_eq!(kept.shown.len(), 50, "{extension}");
        assert!(kept.shown[0].time_s < 0.05, "{extension}: {}", kept.shown[0].time_s);
        assert!(
            (report.info.duration_s.unwrap() - 2.0).abs() < 0.11,
            "{extension}: {:?}",
            report.info.duration_s
        );
        assert!(
            (report.info.frame_rate.unwrap() - 25.0).abs() < 0.1,
            "{extension}: {:?}",
            report.info.frame_rate
        );
        assert_eq!(report.info.variable_frame_rate, Some(false), "{extension}");
    }
}

#[test]
fn a_cover_picture_is_not_a_video() {
    let test = "a_cover_picture_is_not_a_video";
    let arguments = "-f lavfi -i sine=d=1 -f lavfi -i color=red:s=64x64:d=1 -map 0 -map 1 -frames:v 1 -c:v png \
                     -disposition:v attached_pic";
    for (extension, codec) in [("m4a", "aac"), ("mp3", "mp3"), ("flac", "flac")] {
        let Some(bytes) = made(test, extension, &format!("{arguments} -c:a {codec}")) else { return };
        let (report, kept) = decode(bytes, Preset::Balanced);
        complete(&report.audio);
        assert!(matches!(report.video, StreamEnd::Absent), "{extension}: {:?}", report.video);
        assert_eq!((report.info.kind, kept.shown.len()), (MediaKind::Audio, 0), "{extension}");
        assert!(
            (report.info.duration_s.unwrap() - 1.0).abs() < 0.001,
            "{extension}: {:?}",
            report.info.duration_s
        );
    }
}

/// A picture in one of the formats of the `image` crate.
fn written(image: &image::DynamicImage, format: image::ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

#[test]
fn images_of_every_depth_become_8_bit_rgb() {
    use image::{DynamicImage, ImageBuffer, ImageFormat, Luma, Rgba};
    let deep = DynamicImage::from(ImageBuffer::from_pixel(5, 3, Luma([0x8080_u16])));
    let (report, kept) = decode(written(&deep, ImageFormat::Png), Preset::Balanced);
    assert!(kept.shown[0].rgb.iter().all(|&c| c == 0x80));
    assert_eq!((report.info.bit_depth, report.info.kind), (Some(16), MediaKind::Image));
    // Transparency is dropped: the colour below it is what counts, as in Pillow's `convert("RGB")`.
    let clear = DynamicImage::from(ImageBuffer::from_pixel(5, 3, Rgba([200_u8, 10, 20, 0])));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let (_, kept) = decode(written(&clear, format), Preset::Balanced);
        assert!(kept.shown[0].rgb.chunks(3).all(|p| p == [200, 10, 20]), "{format:?}");
    }
}

#[test]
fn of_an_animation_the_first_picture_is_taken() {
    use image::codecs::gif::GifEncoder;
    use image::{Frame, ImageBuffer, Rgba};
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for colour in [[255, 0, 0, 255], [0, 0, 255, 255]] {
        encoder.encode_frame(Frame::new(ImageBuffer::from_pixel(8, 8, Rgba(colour)))).unwrap();
    }
    drop(encoder);
    let (report, kept) = decode(bytes, Preset::Balanced);
    assert_eq!((kept.shown.len(), report.info.kind), (1, MediaKind::Image));
    assert!(kept.shown[0].rgb.chunks(3).all(|p| p == [255, 0, 0]));
}

/// A JPEG, red on its left half and green on its right, with an EXIF block that says how it is to be turned.
fn jpeg_with_orientation(orientation: u8) -> Vec<u8> {
    use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb};
    let colour = |x| if x < 16 { Rgb([250_u8, 0, 0]) } else { Rgb([0, 250, 0]) };
    let picture = ImageBuffer::from_fn(32, 16, |x, _| colour(x));
    let plain = written(&DynamicImage::from(picture), ImageFormat::Jpeg);
    // One directory with one entry: tag 0x112, type SHORT, one value.
    let exif =
        [b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", &[orientation, 0, 0, 0][..], &[0; 4]]
            .concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&plain[..2], &[0xff, 0xe1], &length, &exif, &plain[2..]].concat()
}

#[test]
fn the_exif_orientation_is_the_rotation() {
    for (orientation, rotation, shown) in [
        (1, Rotation::None, (32, 16)),
        (3, Rotation::Half, (32, 16)),
        (6, Rotation::Clockwise90, (16, 32)),
        (8, Rotation::Clockwise270, (16, 32)),
    ] {
        let (report, kept) = decode(jpeg_with_orientation(orientation), Preset::Balanced);
        assert_eq!((kept.shown[0].rotation, kept.shown[0].size), (rotation, (32, 16)), "{orientation}");
        assert_eq!((report.info.width, report.info.height), (Some(shown.0), Some(shown.1)), "{orientation}");
    }
    // Mirrored ones are applied: 2 mirrors left and right, 5 mirrors along the diagonal.
    let red = |rgb: &[u8], at: usize| rgb[3 * at] > 128;
    let (_, mirrored) = decode(jpeg_with_orientation(2), Preset::Balanced);
    assert!(!red(&mirrored.shown[0].rgb, 2) && red(&mirrored.shown[0].rgb, 29));
    let (report, transposed) = decode(jpeg_with_orientation(5), Preset::Balanced);
    assert_eq!((transposed.shown[0].size, transposed.shown[0].rotation), ((16, 32), Rotation::None));
    assert_eq!((report.info.width, report.info.height), (Some(16), Some(32)));
    assert!(red(&transposed.shown[0].rgb, 0) && !red(&transposed.shown[0].rgb, 31 * 16));
    // The peers leave it as it is.
    let (_, reference) = decode(jpeg_with_orientation(2), Preset::Reference);
    assert!(red(&reference.shown[0].rgb, 2));
}

/// The numbers are those of ITU-R H.273, which Matroska uses too; libav hands on others as they are.
#[test]
fn colour_numbers_are_those_of_the_standard_and_no_other_one_counts() {
    let [matrix_id, range_id, transfer_id, _] = matroska::COLOUR;
    let decoded = |colour: &[(u32, u64)]| {
        // Uncompressed 4:2:0, handed on as it is, and 4:2:2, which is converted.
        [(*b"I420", 16 * 16 * 3 / 2), (*b"YUY2", 16 * 16 * 2)].map(|(fourcc, bytes)| {
            let file = matroska::raw_video(fourcc, (16, 16), &vec![0x80; bytes], colour);
            let (report, kept) = decode(file, Preset::Balanced);
            complete(&report.video);
            assert_eq!(kept.shown.len(), 2);
            (kept.shown[0].matrix, kept.shown[0].full_range, report.info.hdr)
        })
    };
    let unknown =
        [0, 2, 3, 12, 15, 99, 200, 255, 256, 70_000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, u64::MAX];
    for (number, meant) in [(1, Matrix::Bt709), (5, Matrix::Bt601), (6, Matrix::Bt601)]
        .into_iter()
        .chain([(9, Matrix::Bt2020), (10, Matrix::Bt2020)])
        .chain(unknown.map(|number| (number, Matrix::Bt601)))
    {
        assert_eq!(decoded(&[(matrix_id, number)]), [(Some(meant), false, None), (Some(meant), false, None)]);
    }
    for (number, meant) in
        [(1, None), (16, Some("pq")), (18, Some("hlg"))].into_iter().chain(unknown.map(|n| (n, None)))
    {
        for (_, _, hdr) in decoded(&[(transfer_id, number)]) {
            assert_eq!(hdr.as_deref(), meant, "transfer {number}");
        }
    }
    for (number, meant) in
        [(1, false), (2, true)].into_iter().chain([0, 3, 9, 200, u64::MAX].map(|n| (n, false)))
    {
        for (_, full_range, _) in decoded(&[(range_id, number)]) {
            assert_eq!(full_range, meant, "range {number}");
        }
    }
}
