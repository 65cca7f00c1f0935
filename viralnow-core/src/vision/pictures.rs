//! Decodes the pictures of a file alone, for the functions that need nothing else of it.

use crate::config::check_threads;
use crate::media::{
    self, AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, MotionVector, PictureKind,
    StreamEnd,
};
use crate::monitor::{CancelToken, Observer, Run, Scope, Steps};
use crate::{Error, ErrorKind, Limits, Preset, Result};
use std::path::Path;
use std::sync::Arc;

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

/// A file whose pictures are wanted, how they are decoded, and who watches.
pub(super) struct Pictures<'a> {
    pub(super) path: &'a Path,
    pub(super) preset: Preset,
    pub(super) limits: Limits,
    pub(super) threads: usize,
    /// What a file without pictures has not.
    pub(super) what: &'static str,
    pub(super) cancel: &'a CancelToken,
    pub(super) observer: Option<Arc<dyn Observer>>,
}

/// Feeds the pictures of the file to the sink; says why they end before the file says, if they do.
///
/// Fails with `INVALID_CONFIG` for more than 1024 threads and for limits that make no sense, where there is no file, as decoding
/// fails where not one picture can be had, with `INVALID_INPUT` where it has no pictures, with `CANCELLED` when it is stopped, and
/// with `TIMEOUT` when its time is over: half of a file would look like the answer to the whole of it.
pub(super) fn pictures_of(wanted: Pictures<'_>, sink: &mut dyn PictureSink) -> Result<Option<String>> {
    let Pictures { path, preset, limits, threads, what, cancel, observer } = wanted;
    check_threads(threads)?;
    limits.validate()?;
    let steps = Steps::new(&[("decode", 1.0)]);
    let mut run = Run::new(Scope::global(), observer, cancel.child(), limits.max_wall_s, steps);
    run.enter("decode")?;
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
    let report = media::decode(&input, &request, &mut run, &mut PicturesOnly(sink))?;
    let cut_short = match report.video {
        StreamEnd::Complete => None,
        StreamEnd::Cut(over) if over.kind() == ErrorKind::Timeout => {
            return Err(over.with("path", path.display()));
        }
        StreamEnd::Cut(reason) => Some(reason.to_string()),
        StreamEnd::Failed(error) | StreamEnd::Unavailable(error) => return Err(error),
        StreamEnd::Absent | StreamEnd::Skipped => {
            let message = format!("the file has no pictures, so it has no {what}");
            return Err(Error::new(ErrorKind::InvalidInput, message).with("path", path.display()));
        }
    };
    run.finish();
    Ok(cut_short)
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
