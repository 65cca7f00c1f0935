//! The default build, without `FFmpeg`: sound is decoded, and what is not says which feature brings it.
#![cfg(not(feature = "video"))]

mod common;

use common::shared;
use viralnow_core::media::{
    self, AudioBlock, Cue, DecodeReport, DecodeRequest, Frame, MediaInfo, MediaInput, MediaKind, MediaSink,
    StreamEnd,
};
use viralnow_core::monitor::Run;
use viralnow_core::{ErrorKind, Preset, Result};

#[derive(Default)]
struct Count {
    frames: usize,
    samples: usize,
}

impl MediaSink for Count {
    fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
        Ok(())
    }
    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
        self.samples += block.samples.len() / usize::from(block.channels);
        Ok(())
    }
    fn frame(&mut self, _frame: &Frame<'_>) -> Result<()> {
        self.frames += 1;
        Ok(())
    }
    fn cue(&mut self, _cue: &Cue) -> Result<()> {
        Ok(())
    }
}

fn decode(test: &str, file: &str) -> Option<(Result<DecodeReport>, Count)> {
    let input = MediaInput::Path(shared(test, file)?);
    let preset = Preset::Balanced;
    let request = DecodeRequest { preset, ..DecodeRequest::default() };
    let mut count = Count::default();
    Some((media::decode(&input, &request, &mut Run::unwatched(), &mut count), count))
}

#[test]
fn the_sound_of_a_video_is_decoded_and_its_pictures_name_the_feature() {
    let test = "the_sound_of_a_video_is_decoded_and_its_pictures_name_the_feature";
    // Samples as in the build with FFmpeg, whose edit lists and padding are right; the WebM's decoder starts a packet later.
    for (file, samples) in [("data/video/mdn_pig.mp4", 286_650), ("data/video/mdn_pig.webm", 287_296)] {
        let Some((report, count)) = decode(test, file) else { return };
        let report = report.unwrap();
        assert!(matches!(report.audio, StreamEnd::Complete), "{file}: {:?}", report.audio);
        assert!(count.samples.abs_diff(samples) < 1200, "{file}: {}", count.samples);
        assert_eq!((report.info.kind, count.frames), (MediaKind::Video, 0));
        let StreamEnd::Unavailable(error) = report.video else { panic!("{file}: {:?}", report.video) };
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("`video`"), "{error}");
    }
}

#[test]
fn what_only_ffmpeg_reads_names_the_feature() {
    let test = "what_only_ffmpeg_reads_names_the_feature";
    for file in ["data/video/bbb_2500ms.ts", "data/malformed/media__bear_duplicate_header.opus"] {
        let Some((report, _)) = decode(test, file) else { return };
        let error = report.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{file}: {error}");
        assert!(error.to_string().contains("`video`"), "{file}: {error}");
    }
}

#[test]
fn sound_and_images_need_no_ffmpeg() {
    let test = "sound_and_images_need_no_ffmpeg";
    // By libsndfile, and by the construction of the M4A.
    for (file, samples) in [
        ("data/audio/jfk.flac", 485_100),
        ("data/audio/clip60.m4a", 2_646_000),
        ("data/audio/chromaprint_test.mp3", 441_000),
        ("data/audio/198-209-0000.ogg", 306_717),
    ] {
        let Some((report, count)) = decode(test, file) else { return };
        assert!(matches!(report.unwrap().audio, StreamEnd::Complete), "{file}");
        assert_eq!(count.samples, samples, "{file}");
    }
    let Some((report, count)) = decode(test, "data/images/astronaut.png") else { return };
    assert!(matches!(report.unwrap().video, StreamEnd::Complete));
    assert_eq!(count.frames, 1);
}
