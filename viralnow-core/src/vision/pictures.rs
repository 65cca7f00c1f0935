//! Decodes the pictures of a file alone, for the functions that need nothing else of it.

use crate::config::check_threads;
use crate::media::{
    self, AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, MotionVector, PictureKind,
    StreamEnd,
};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Limits, Preset, Result};
use std::path::Path;

/// Takes pictures, and can forget them all.
pub(super) trait PictureSink {
    fn picture(&mut self, frame: &Frame<'_>) -> Result<()>;
    /// Forgets everything: the pictures come again, from the first on.
    fn forget(&mut self) -> Result<()>;
    /// Looks at the facts of the file; an error ends it before a picture is decoded.
    fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
        Ok(())
    }
    /// Whether [`PictureSink::coded`] is to be called.
    fn wants_vectors(&self) -> bool {
        false
    }
    /// See [`DecodeRequest::deblock_unreferenced`].
    fn needs_deblocking(&self) -> bool {
        true
    }
    /// How the next picture was coded.
    fn coded(&mut self, _kind: Option<PictureKind>, _vectors: &[MotionVector]) -> Result<()> {
        Ok(())
    }
}

/// Feeds the pictures of the file to the sink; says why they end before the file says, if they do.
///
/// Fails with `INVALID_CONFIG` for more than 1024 threads, where there is no file, as decoding fails where not one picture can be had, and with `INVALID_INPUT` where it has no
/// pictures, so that it has no `what`.
pub(super) fn pictures_of(
    path: &Path,
    preset: Preset,
    limits: Limits,
    threads: usize,
    what: &str,
    sink: &mut dyn PictureSink,
) -> Result<Option<String>> {
    check_threads(threads)?;
    let request = DecodeRequest {
        preset,
        limits,
        threads: threads.max(1),
        audio: false,
        video: true,
        captions: false,
        motion_vectors: sink.wants_vectors(),
        deblock_unreferenced: sink.needs_deblocking(),
    };
    let input = MediaInput::Path(path.to_owned());
    let report = media::decode(&input, &request, &mut Run::unwatched(), &mut PicturesOnly(sink))?;
    match report.video {
        StreamEnd::Complete => Ok(None),
        StreamEnd::Cut(reason) => Ok(Some(reason.to_string())),
        StreamEnd::Failed(error) | StreamEnd::Unavailable(error) => Err(error),
        StreamEnd::Absent | StreamEnd::Skipped => {
            Err(Error::new(ErrorKind::InvalidInput, format!("the file has no pictures, so it has no {what}"))
                .with("path", path.display()))
        }
    }
}

struct PicturesOnly<'a>(&'a mut dyn PictureSink);

impl MediaSink for PicturesOnly<'_> {
    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        self.0.begin(info)
    }
    fn audio(&mut self, _: &AudioBlock<'_>) -> Result<()> {
        Ok(())
    }
    fn frame(&mut self, frame: &Frame<'_>) -> Result<()> {
        self.0.picture(frame)
    }
    fn coded(&mut self, kind: Option<PictureKind>, vectors: &[MotionVector]) -> Result<()> {
        self.0.coded(kind, vectors)
    }
    fn cue(&mut self, _: &Cue) -> Result<()> {
        Ok(())
    }
    /// So that threads change no result where pictures are damaged.
    fn restart(&mut self) -> Result<bool> {
        self.0.forget()?;
        Ok(true)
    }
}
