//! The fingerprint of a file: decodes the pictures alone.

use super::{INTERVAL_S, VideoFingerprint, VideoFingerprinter};
use crate::media::Frame;
use crate::monitor::{CancelToken, Observer};
use crate::vision::pictures::{PictureSink, Pictures, pictures_of};
use crate::{Limits, Preset, Result};
use std::path::Path;
use std::sync::Arc;

/// Settings of [`fingerprint`].
#[derive(Debug, Clone)]
pub struct FingerprintParams {
    /// Least seconds from one sample to the next, 0.1 to 3,600. The shorter, the nearer a sample of a trimmed copy comes to
    /// one of the original.
    pub interval_s: f64,
    /// Which stream is decoded and how: `reference` takes the first stream, the others the largest; `fast` may skip frames.
    pub preset: Preset,
    /// Threads of the decoder, at least 1; they change no result.
    pub threads: usize,
    /// What a file may cost, and how long the call may take.
    pub limits: Limits,
}

impl Default for FingerprintParams {
    fn default() -> Self {
        Self { interval_s: INTERVAL_S, preset: Preset::Balanced, threads: 1, limits: Limits::default() }
    }
}

/// The fingerprint of a video file, or of a picture's, decoding its pictures alone.
///
/// Fails with `INVALID_CONFIG` for a wrong setting, with `NOT_FOUND` where there is no file, with `INVALID_INPUT` where it has
/// no pictures, with `TIMEOUT` once `max_wall_s` of the limits is over, and as decoding fails where not one picture can be had. A
/// stream that breaks gives the fingerprint up to there.
///
/// ```no_run
/// use viralnow_core::vision::{FingerprintParams, fingerprint};
/// let ours = fingerprint("clip.mp4", &FingerprintParams::default())?;
/// let theirs = fingerprint("repost.mp4", &FingerprintParams::default())?;
/// let how = ours.compare(&theirs);
/// if how.is_copy() {
///     println!("{:.0} % of ours is in theirs, {:+.1} s from where it was", 100.0 * how.share, how.offset_s);
/// }
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn fingerprint(path: impl AsRef<Path>, params: &FingerprintParams) -> Result<VideoFingerprint> {
    fingerprint_watched(path, params, &CancelToken::default(), None)
}

/// As [`fingerprint`]; the token stops it (`CANCELLED`), and the observer, which may stop it too, hears how far it is.
///
/// ```no_run
/// use viralnow_core::monitor::CancelToken;
/// use viralnow_core::vision::{FingerprintParams, fingerprint_watched};
/// let stop = CancelToken::default(); // a clone of it, on another thread, stops the call
/// let print = fingerprint_watched("clip.mp4", &FingerprintParams::default(), &stop, None)?;
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn fingerprint_watched(
    path: impl AsRef<Path>,
    params: &FingerprintParams,
    cancel: &CancelToken,
    observer: Option<Arc<dyn Observer>>,
) -> Result<VideoFingerprint> {
    let mut sink = Sink { taker: VideoFingerprinter::new(params.interval_s)?, interval_s: params.interval_s };
    let wanted = Pictures {
        path: path.as_ref(),
        preset: params.preset,
        limits: params.limits,
        threads: params.threads,
        what: "video fingerprint",
        cancel,
        observer,
    };
    pictures_of(wanted, &mut sink)?;
    Ok(sink.taker.finish())
}

struct Sink {
    taker: VideoFingerprinter,
    interval_s: f64,
}

impl PictureSink for Sink {
    fn forget(&mut self) -> Result<()> {
        self.taker = VideoFingerprinter::new(self.interval_s)?;
        Ok(())
    }

    fn picture(&mut self, frame: &Frame<'_>) -> Result<()> {
        self.taker.push(&frame.picture, frame.rotation, frame.time_s)
    }
}
