//! Text on screen against what is written in the pictures and videos, where tesseract and its data are found.

use crate::common;
use crate::reading::{assert_captions, error_rate, json, open, said, spaced, vision_of, words_of_the_peer};

use common::{Memo, demo, root, shared};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use viralnow_core::extract::{
    AudioInput, Extractor, ExtractorConfig, FrameInput, SharedAnalysis, SharedOutputs,
};
use viralnow_core::imaging::{GrayImage, RgbImage, Rotation};
use viralnow_core::media::{Frame, MediaInfo, MediaKind};
use viralnow_core::monitor::{CancelToken, Control, Progress};
use viralnow_core::vision::{
    OverlayText, TextBox, TextEngine, TextParams, TextReader, VisionExtractor, read_text, tesseract_version,
    text_languages,
};
use viralnow_core::{AnalyzeOptions, Analyzer, Error, ErrorKind, Input, Modality, Preset};

/// A reader; says why there is none.
fn reader(test: &str, language: &str) -> Option<TextReader> {
    let params = TextParams { language: Some(language.to_owned()), ..TextParams::default() };
    TextReader::open(&params).inspect_err(|error| println!("SKIPPED {test}: {error}")).ok()
}

#[test]
fn stills_say_what_is_on_them() {
    let test = "stills_say_what_is_on_them";
    let Some(mut english) = reader(test, "en") else { return };
    let Some(truth) = shared(test, "data/truth.json").map(|path| json(&path)) else { return };
    for name in ["ro_TEST.png", "ro_en.jpg", "phototest.tif", "ro_empty_black.jpg"] {
        let Some(path) = shared(test, &format!("data/images/{name}")) else { return };
        let picture = open(&path);
        let lines = english.read(&picture).expect("read");
        let wanted = spaced(truth[format!("images/{name}")]["text"].as_str().expect("a text"));
        let rate = error_rate(&said(&lines), &wanted);
        println!("{name}: character error rate {rate:.4}");
        assert!(rate <= 0.05, "{name}: {lines:?}");
        for TextBox { confidence, bounds: [left, top, right, bottom], .. } in &lines {
            assert!((0.0..=1.0).contains(confidence));
            assert!(0.0 <= *left && left < right && *right <= picture.width as f32, "{name}");
            assert!(0.0 <= *top && top < bottom && *bottom <= picture.height as f32, "{name}");
        }
        assert_eq!(english.read(&picture).expect("read"), lines, "{name}: twice the same");
    }
}

/// The gate: our page reading of every still with Latin text in `truth.json` beside what the command of the same tesseract says of the file.
#[test]
fn stills_say_what_the_command_says() {
    let test = "stills_say_what_the_command_says";
    let Some(mut english) = reader(test, "en") else { return };
    let version = tesseract_version().expect("opened");
    let command = |arguments: &[&std::ffi::OsStr]| {
        let output = Command::new("tesseract").args(arguments).env("OMP_THREAD_LIMIT", "1").output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    match command(&["--version".as_ref()]) {
        Ok(said) if said.lines().next().is_some_and(|line| line.contains(version)) => {}
        Ok(said) => return println!("SKIPPED {test}: the command is not version {version}: {said}"),
        Err(error) => return println!("SKIPPED {test}: there is no command tesseract: {error}"),
    }
    let Some(truth) = shared(test, "data/truth.json").map(|path| json(&path)) else { return };
    let (mut read, mut wrong) = (0, Vec::new());
    for (key, value) in truth.as_object().expect("files") {
        let Some(name) = key.strip_prefix("images/") else { continue };
        // The network for English has no other letters.
        if !value["text"].as_str().is_some_and(|text| !text.is_empty() && text.is_ascii()) {
            continue;
        }
        let Some(path) = shared(test, &format!("data/{key}")) else { return };
        let options = ["-", "--oem", "1", "--psm", "3", "-l", "eng"].map(AsRef::as_ref);
        let theirs = command(&[&[path.as_os_str()][..], &options].concat()).expect("it was there");
        let (ours, theirs) = (said(&english.read(&open(&path)).expect("read")), spaced(&theirs));
        let rate = error_rate(&ours, &theirs);
        println!(
            "{name}: character error rate {rate:.4} against tesseract {version}\n  {ours:?}\n  {theirs:?}"
        );
        read += 1;
        if rate.is_nan() || rate > 0.05 {
            wrong.push(format!("{name}: {rate:.4}"));
        }
    }
    assert!(wrong.is_empty() && read >= 3, "{read} {wrong:#?}");
}

#[test]
fn another_language_is_read_where_its_data_is_there() {
    let test = "another_language_is_read_where_its_data_is_there";
    let Some(mut both) = reader(test, "en+zh") else { return };
    let Some(path) = shared(test, "data/images/ro_TEST.png") else { return };
    assert_eq!(said(&both.read(&open(&path)).expect("read")), "TEST");
}

#[test]
fn pictures_without_text_have_none() {
    let test = "pictures_without_text_have_none";
    let Some(mut english) = reader(test, "en") else { return };
    for name in [
        "coffee.png",
        "peppers.png",
        "bridge_aaa-orig.jpg",
        "bridge_blur-a-lot.jpg",
        "bridge_high-contrast.jpg",
        "bridge_sharpen-a-lot.jpg",
        "bridge_shrink-a-lot.jpg",
        "bridge_square-128x128.jpg",
    ] {
        let Some(path) = shared(test, &format!("data/images/{name}")) else { return };
        assert_eq!(english.read(&open(&path)).expect("read"), [], "{name}");
    }
}

#[test]
fn the_captions_of_the_demo_clip_are_found_once() {
    if reader("the_captions_of_the_demo_clip_are_found_once", "en").is_none() {
        return;
    }
    let vision = vision_of(&demo());
    let truth = json(&root().join("examples/media/demo.truth.json"));
    // All that is written in it is told.
    assert_captions("demo.mp4", &vision.overlay_text.expect("looked for"), &truth, 24.0, 0);
    let of_shot = |shot: usize| vision.shots[shot].overlay_text.clone().expect("looked for");
    assert!(of_shot(0).contains("that sound made up") && !of_shot(1).contains("that sound made up"));
    assert!(!vision.missing.contains_key("overlay_text"));
}

/// What is written in a video of the shared data, which several tests ask for.
fn texts_of(test: &str, name: &'static str) -> Option<&'static [OverlayText]> {
    static TEXTS: Memo<&str, Vec<OverlayText>> = Memo::new();
    let path = shared(test, &format!("data/video/{name}"))?;
    Some(TEXTS.get(name, || vision_of(&path).overlay_text.expect("looked for")))
}

/// The last of the short ones says that it is to be turned and is not: every player shows its captions upside down. `truth.json` has the
/// captions that were put into them, which is all that is written in the short ones but for a badge that nobody can read. In the film of
/// the long one its title stands in two rows, cut off by the sides of the picture, and a jumper has writing on it.
#[test]
fn the_captions_of_a_clip_of_real_footage_are_found_once() {
    let test = "the_captions_of_a_clip_of_real_footage_are_found_once";
    if reader(test, "en").is_none() {
        return;
    }
    let Some(truth) = shared(test, "data/truth.json").map(|path| json(&path)) else { return };
    for (name, length_s, others) in [
        ("clip12_540x960_h264.mp4", 12.0, 0),
        ("clip12_540x960_hevc.mp4", 12.0, 0),
        ("clip12_540x960_vp9.webm", 12.0, 0),
        ("clip12_540x960_vfr.mp4", 12.0, 0),
        ("clip12_rot90meta_h264.mov", 12.0, 0),
        ("clip60_1080x1920_h264.mp4", 60.0, 3),
    ] {
        let Some(texts) = texts_of(test, name) else { return };
        assert_captions(name, texts, &truth[format!("video/{name}")], length_s, others);
    }
}

/// The first of the two titles of a film that is drawn, and nothing else. The second, in letters of its own whose rows touch each other, is
/// not read, nor by the command of the same tesseract: the drawn title of a film is a picture to it.
#[test]
fn the_title_of_a_film_in_type_is_found_once() {
    let test = "the_title_of_a_film_in_type_is_found_once";
    if reader(test, "en").is_none() {
        return;
    }
    let Some(truth) = shared(test, "data/truth.json").map(|path| json(&path)) else { return };
    let Some(texts) = texts_of(test, "bbb_0_30.webm") else { return };
    let mut truth = truth["video/bbb_0_30.webm"].clone();
    let titles = truth["text_overlay"].as_array_mut().expect("titles");
    titles.retain(|title| !title.to_string().to_lowercase().contains("bunny"));
    assert_eq!(titles.len(), 1);
    assert_captions("bbb_0_30.webm", texts, &truth, 30.0, 0);
}

/// See [`words_of_the_peer`]. In the golden lists of the other clips there is no such word.
#[test]
fn what_the_peer_is_sure_of_is_in_our_captions() {
    let test = "what_the_peer_is_sure_of_is_in_our_captions";
    if reader(test, "en").is_none() {
        return;
    }
    let Some(truth) = shared(test, "data/truth.json").map(|path| json(&path)) else { return };
    let mut sum = [0, 0];
    for name in [
        "clip12_540x960_h264.mp4",
        "clip12_540x960_hevc.mp4",
        "clip12_540x960_vp9.webm",
        "clip60_1080x1920_h264.mp4",
    ] {
        let stem = name.split('.').next().unwrap_or_default();
        let Some(golden) = shared(test, &format!("golden/vision/{stem}.vision.json")) else { return };
        let Some(texts) = texts_of(test, name) else { return };
        let found = words_of_the_peer(name, texts, &truth[format!("video/{name}")], &json(&golden));
        sum = [sum[0] + found[0], sum[1] + found[1]];
    }
    let [ours, theirs] = sum;
    println!("{ours} of {theirs}");
    assert!(theirs >= 40 && 10 * ours >= 9 * theirs, "{ours} of {theirs}");
}

#[test]
fn videos_without_text_have_none() {
    let test = "videos_without_text_have_none";
    if reader(test, "en").is_none() {
        return;
    }
    for name in ["butterfly.mp4", "mdn_pig.mp4", "silent-black-10s.mp4", "chaplin.mp4"] {
        let Some(path) = shared(test, &format!("data/video/{name}")) else { return };
        let vision = vision_of(&path);
        assert_eq!(vision.overlay_text, Some(Vec::new()), "{name}");
        assert!(vision.shots.iter().all(|shot| shot.overlay_text.as_deref() == Some("")), "{name}");
    }
}

/// The first line of a printed page: "This is a lot of 12 point text to test the".
fn printed_line(test: &str) -> Option<GrayImage> {
    let page = open(&shared(test, "data/images/phototest.tif")?).to_gray();
    let (left, top, width, height) = (30, 84, 590, 36);
    let rows = page.data.chunks_exact(page.width).skip(top).take(height);
    let data = rows.flat_map(|row| &row[left..left + width]).copied().collect();
    Some(GrayImage { width, height, data })
}

/// Twenty-five pictures a second of that line in white over a gray that moves: `shown` tells its top row and its strength.
fn film(
    line: &GrayImage,
    seconds: f64,
    rotation: Rotation,
    shown: impl Fn(f64) -> (i32, f32),
) -> Vec<OverlayText> {
    let (mut vision, shared) = filmed(line, seconds, rotation, shown);
    vision.finish(&shared).expect("summed up").features.overlay_text.expect("looked for")
}

/// The same before it is summed up.
fn filmed(
    line: &GrayImage,
    seconds: f64,
    rotation: Rotation,
    shown: impl Fn(f64) -> (i32, f32),
) -> (VisionExtractor, SharedOutputs) {
    const WIDTH: usize = 640;
    const HEIGHT: usize = 360;
    let config = ExtractorConfig { preset: Preset::Balanced, ..ExtractorConfig::default() };
    let mut vision = VisionExtractor::new(&config);
    let info = MediaInfo { kind: MediaKind::Video, ..MediaInfo::default() };
    let mut inputs = SharedAnalysis::new(vision.wants());
    vision.begin(&info).expect("begun");
    for index in 0..(seconds * 25.0) as u64 {
        let time_s = index as f64 / 25.0;
        let (top, strength) = shown(time_s);
        let (width, height) = if rotation.swaps_sides() { (HEIGHT, WIDTH) } else { (WIDTH, HEIGHT) };
        let mut data = Vec::with_capacity(WIDTH * HEIGHT * 3);
        for row in 0..height as i32 {
            for column in 0..width as i32 {
                // Where it is when it is upright.
                let (x, y) = match rotation {
                    Rotation::None => (column, row),
                    Rotation::Clockwise90 => (height as i32 - 1 - row, column),
                    Rotation::Half => (width as i32 - 1 - column, height as i32 - 1 - row),
                    Rotation::Clockwise270 => (row, width as i32 - 1 - column),
                };
                let ground = 60.0 + 25.0 * ((f64::from(x + y) / 40.0 + time_s).sin() as f32);
                let (column, row) = (x - 25, y - top);
                let within =
                    (0..line.width as i32).contains(&column) && (0..line.height as i32).contains(&row);
                let ink = if within {
                    1.0 - f32::from(line.data[row as usize * line.width + column as usize]) / 255.0
                } else {
                    0.0
                };
                let value = ground + strength * ink * (245.0 - ground);
                data.extend([value as u8; 3]);
            }
        }
        let picture = RgbImage { width, height, data };
        let frame = Frame { index, time_s, duration_s: Some(0.04), picture: picture.as_picture(), rotation };
        inputs.frame(&frame, &mut |input: &FrameInput<'_>| vision.frame(input)).expect("taken");
    }
    let shared = inputs.finish(&mut |_: &AudioInput<'_>| Ok(())).expect("finished");
    (vision, shared)
}

const PRINTED: &str = "This is a lot of 12 point text to test the";

#[test]
fn a_caption_that_fades_in_and_out_comes_out_once() {
    let test = "a_caption_that_fades_in_and_out_comes_out_once";
    let (Some(_), Some(line)) = (reader(test, "en"), printed_line(test)) else { return };
    // In from 1 to 2 s, out from 4 to 5 s.
    let strength = |time_s: f64| (time_s - 1.0).min(5.0 - time_s).clamp(0.0, 1.0) as f32;
    let texts = film(&line, 6.0, Rotation::None, |time_s| (200, strength(time_s)));
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(error_rate(&texts[0].text, PRINTED) <= 0.05, "{texts:?}");
    assert!((1.0..1.7).contains(&texts[0].start_s) && (4.3..5.1).contains(&texts[0].end_s), "{texts:?}");
}

#[test]
fn a_caption_that_scrolls_through_comes_out_once() {
    let test = "a_caption_that_scrolls_through_comes_out_once";
    let (Some(_), Some(line)) = (reader(test, "en"), printed_line(test)) else { return };
    // From below the picture to above it.
    let texts = film(&line, 6.0, Rotation::None, |time_s| (370 - (time_s * 75.0) as i32, 1.0));
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(error_rate(&texts[0].text, PRINTED) <= 0.05, "{texts:?}");
    assert!(texts[0].start_s < 1.2 && texts[0].end_s > 4.5, "{texts:?}");
}

#[test]
fn a_turned_video_is_read_upright() {
    let test = "a_turned_video_is_read_upright";
    let (Some(_), Some(line)) = (reader(test, "en"), printed_line(test)) else { return };
    for rotation in [Rotation::Clockwise90, Rotation::Half, Rotation::Clockwise270] {
        let texts = film(&line, 1.5, rotation, |_| (240, 1.0));
        assert_eq!(texts.len(), 1, "{rotation:?} {texts:?}");
        assert!(error_rate(&texts[0].text, PRINTED) <= 0.05, "{rotation:?} {texts:?}");
        let [left, top, right, bottom] = texts[0].bounds;
        assert!(left < 0.1 && right > 0.85 && top > 0.65 && bottom < 0.78, "{rotation:?} {texts:?}");
    }
}

/// Summing up asks before every line whether it should go on, and stops with the answer.
#[test]
fn summing_up_text_can_be_stopped() {
    let test = "summing_up_text_can_be_stopped";
    let (Some(_), Some(line)) = (reader(test, "en"), printed_line(test)) else { return };
    // It stands until the end, so that it is read there.
    let seen = || filmed(&line, 1.5, Rotation::None, |_| (200, 1.0));
    let (mut extractor, shared) = seen();
    let mut shares = Vec::new();
    let free = extractor
        .finish_while(&shared, &mut |share| {
            shares.push(share);
            Ok(())
        })
        .expect("summed up")
        .features;
    let texts = free.overlay_text.as_deref().expect("looked for");
    assert!(texts.iter().any(|text| error_rate(&text.text, PRINTED) <= 0.05), "{texts:?}");
    println!("asked at {shares:?}");
    // Before the whole, before the line, and when each is done; of a line tesseract itself may ask as well.
    assert!(shares.len() >= 5 && shares.is_sorted(), "{shares:?}");
    assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
    for stop in [0, shares.len() / 2, shares.len() - 1] {
        let (mut extractor, shared) = seen();
        let mut asked = 0;
        let stopped = extractor.finish_while(&shared, &mut |_| {
            asked += 1;
            if asked > stop { Err(Error::new(ErrorKind::Cancelled, "enough")) } else { Ok(()) }
        });
        let kind = stopped.map(|_| ()).map_err(|error| error.kind());
        assert_eq!((kind, asked), (Err(ErrorKind::Cancelled), stop + 1), "of {} times", shares.len());
    }
    // What needs no more time is there when the time is over.
    let (mut extractor, shared) = seen();
    let late =
        extractor.finish_while(&shared, &mut |_| Err(Error::new(ErrorKind::Timeout, "the time is over")));
    let late = late.expect("summed up").features;
    assert_eq!((late.overlay_text, late.motion), (None, free.motion), "{:?}", late.missing);
    assert_eq!(late.missing.get("overlay_text").map(String::as_str), Some("the time is over"));
    assert_eq!(late.shots.len(), free.shots.len());
}

/// A page is read in the end, and no further than the next line once somebody cancels.
#[test]
fn reading_a_page_stops_when_the_host_wants_it() {
    let test = "reading_a_page_stops_when_the_host_wants_it";
    let (Some(_), Some(page)) = (reader(test, "en"), shared(test, "data/images/phototest.tif")) else {
        return;
    };
    let options = AnalyzeOptions { modalities: Some(vec![Modality::Vision]), ..AnalyzeOptions::default() };
    let stopped = Arc::new(Mutex::new(Vec::new()));
    let at = stopped.clone();
    let token = CancelToken::default();
    let stop = token.clone();
    let observer = move |progress: &Progress| {
        let mut at = at.lock().expect("a lock");
        if progress.stage == "vision" {
            at.push(Instant::now());
            // The first time is the beginning of the stage.
            if at.len() == 2 {
                stop.cancel();
            }
        }
        Control::Continue
    };
    let analyzer = Analyzer::new(options).expect("options").observer(Arc::new(observer)).cancel_token(token);
    let result = analyzer.analyze(Input::path(&page));
    let at = stopped.lock().expect("a lock").clone();
    let took = at.last().expect("the stage was reached").elapsed();
    println!("stopped after {took:?}, told {} times", at.len());
    assert_eq!(result.map(|_| at.len()).map_err(|error| error.kind()), Err(ErrorKind::Cancelled));
    assert!(at.len() == 2 && took.as_secs_f64() < 0.5, "{took:?}, told {} times", at.len());
}

#[test]
fn pictures_of_any_size_are_taken_and_none_is_refused() {
    let test = "pictures_of_any_size_are_taken_and_none_is_refused";
    let Some(mut english) = reader(test, "en") else { return };
    for (width, height) in [(1, 1), (1, 900), (900, 1), (33_000, 2), (3, 33_000), (33, 31), (4000, 3000)] {
        for sample in [0, 90, 255] {
            let picture = RgbImage { width, height, data: vec![sample; 3 * width * height] };
            assert_eq!(english.read(&picture).expect("read"), [], "{width} x {height}");
        }
    }
    // Noise of a simple congruence.
    let mut state = 1u32;
    let mut noise = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for (width, height) in [(97, 61), (640, 360)] {
        let data = (0..3 * width * height).map(&mut noise).collect();
        english.read(&RgbImage { width, height, data }).expect("read");
    }
    for (width, height, samples) in [(0, 0, 0), (0, 10, 0), (2, 2, 11), (usize::MAX, 2, 12)] {
        let error = english.read(&RgbImage { width, height, data: vec![0; samples] }).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn settings_that_cannot_be_met_say_what_to_do() {
    let picture = RgbImage { width: 4, height: 4, data: vec![0; 48] };
    let named = |language: &str| TextParams { language: Some(language.to_owned()), ..TextParams::default() };
    for longest_side in [0, 1 << 20] {
        let params = TextParams { longest_side, ..TextParams::default() };
        assert_eq!(read_text(&picture, &params).expect_err("refused").kind(), ErrorKind::InvalidConfig);
    }
    let test = "settings_that_cannot_be_met_say_what_to_do";
    if reader(test, "en").is_none() {
        return;
    }
    assert_eq!(read_text(&picture, &named("../eng")).expect_err("refused").kind(), ErrorKind::InvalidConfig);
    let only = TextParams { engine: TextEngine::Tesseract, ..named("en+tlh") };
    let error = read_text(&picture, &only).expect_err("nobody has it");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("tlh") && error.to_string().contains("TESSDATA_PREFIX"), "{error}");
    assert!(text_languages().contains(&"eng".to_owned()));
}
