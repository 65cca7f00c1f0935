//! The calls: one asset from a path, bytes, text or samples and frames, and many at a time.

use crate::analysis::vn_analysis;
use crate::args::{invalid, place, reference, slice, text, text_or_null};
use crate::batch::vn_batch;
use crate::error::{vn_error, vn_status};
use crate::options::vn_options;
use crate::panic::guard;
use std::ffi::c_char;
use std::ptr;
use viralnow_core::media::{RawAudio, RawFrames};
use viralnow_core::pipeline::Captions;
use viralnow_core::{Error, ErrorKind, Input, Result};

/// One asset of a batch: a path, bytes, or text alone. Unused members are NULL.
#[repr(C)]
pub struct vn_source {
    /// A local file.
    pub path: *const c_char,
    /// The content of a file, instead of its path.
    pub bytes: *const u8,
    /// Bytes at `bytes`.
    pub bytes_count: usize,
    /// Text written with the asset, or the asset itself when there is neither path nor bytes.
    pub text: *const c_char,
    /// A caption file (`.srt` or `.vtt`) that goes with it.
    pub captions_path: *const c_char,
}

/// Sound that the host has decoded: interleaved samples, nominally in [-1, 1].
#[repr(C)]
pub struct vn_raw_audio {
    /// The samples of all channels, interleaved.
    pub samples: *const f32,
    /// Samples at `samples`, of all channels together; a whole multiple of `channels`.
    pub samples_count: usize,
    /// Samples per second and channel; 1,000 to 768,000.
    pub sample_rate: u32,
    /// Channels; at least 1.
    pub channels: u16,
}

/// Pictures that the host has decoded, all of one size: packed red, green, blue, row after row, frame after frame.
#[repr(C)]
pub struct vn_raw_frames {
    /// `frames_count * width * height * 3` bytes.
    pub rgb: *const u8,
    /// Pictures at `rgb`, and times at `times_s`.
    pub frames_count: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Presentation time of each picture, in seconds, rising.
    pub times_s: *const f64,
}

/// The common half of the calls for one asset.
unsafe fn analyze(
    options: *const vn_options,
    out: *mut *mut vn_analysis,
    err: *mut *mut vn_error,
    input: impl FnOnce() -> Result<Input>,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let defaults = vn_options::default();
            let options = options.as_ref().unwrap_or(&defaults);
            let input = options.complete(input()?)?;
            out.give(vn_analysis::from(options.analyzer()?.analyze(input)?));
            Ok(())
        })
    }
}

/// Analyses one local file: a video, sound or picture. `options` may be NULL for the defaults. On success `out` is a new
/// analysis, freed with `vn_analysis_free`; on failure it is NULL and `err`, unless that is NULL, a new error. The call
/// blocks; progress and cancellation are in the options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analyze(
    path: *const c_char,
    options: *const vn_options,
    out: *mut *mut vn_analysis,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { analyze(options, out, err, || Ok(Input::path(text(path, "path")?))) }
}

/// Analyses the content of a file. The bytes are copied. Otherwise as `vn_analyze`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analyze_bytes(
    bytes: *const u8,
    count: usize,
    options: *const vn_options,
    out: *mut *mut vn_analysis,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { analyze(options, out, err, || Ok(Input::bytes(slice(bytes, count, "bytes")?))) }
}

/// Analyses a text alone; `content` may be NULL when the options carry a text or captions. Otherwise as `vn_analyze`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analyze_text(
    content: *const c_char,
    options: *const vn_options,
    out: *mut *mut vn_analysis,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        analyze(options, out, err, || match text_or_null(content, "content")? {
            Some(content) => Ok(Input::text(content)),
            None if options.as_ref().is_some_and(vn_options::has_words) => Ok(Input::default()),
            None => Err(invalid(
                "content",
                "the parameter is NULL, and the options carry neither text nor captions",
            )),
        })
    }
}

/// Analyses samples and frames that the host has decoded; one of the two may be NULL. They are copied. Otherwise as
/// `vn_analyze`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analyze_raw(
    audio: *const vn_raw_audio,
    frames: *const vn_raw_frames,
    options: *const vn_options,
    out: *mut *mut vn_analysis,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        analyze(options, out, err, || {
            if audio.is_null() && frames.is_null() {
                return Err(invalid("audio", "audio and frames are both NULL; one of them must be given"));
            }
            let audio = audio.as_ref().map(|audio| raw_audio(audio)).transpose()?;
            let frames = frames.as_ref().map(|frames| raw_frames(frames)).transpose()?;
            Ok(Input::raw(audio, frames))
        })
    }
}

impl vn_raw_audio {
    /// The samples as they stand.
    pub(crate) unsafe fn samples<'a>(&self) -> Result<&'a [f32]> {
        // SAFETY: as the caller's: the members are NULL or as the header says.
        unsafe { slice(self.samples, self.samples_count, "audio.samples") }
    }
}

unsafe fn raw_audio(audio: &vn_raw_audio) -> Result<RawAudio> {
    // SAFETY: as the caller's: the members are NULL or as the header says.
    let samples = unsafe { audio.samples() }?.to_vec();
    Ok(RawAudio { samples, sample_rate: audio.sample_rate, channels: audio.channels })
}

unsafe fn raw_frames(frames: &vn_raw_frames) -> Result<RawFrames> {
    let &vn_raw_frames { rgb, frames_count, width, height, times_s } = frames;
    let bytes =
        frames_count.checked_mul(width).and_then(|n| n.checked_mul(height)).and_then(|n| n.checked_mul(3));
    let bytes =
        bytes.ok_or_else(|| invalid("frames", "the pictures are larger than the memory of any machine"))?;
    // SAFETY: as the caller's: the members are NULL or as the header says.
    let (rgb, times_s) = unsafe {
        (slice(rgb, bytes, "frames.rgb")?.to_vec(), slice(times_s, frames_count, "frames.times_s")?.to_vec())
    };
    Ok(RawFrames { width, height, rgb, times_s })
}

/// Analyses many assets, as many at a time as the options have threads. The order is kept, and a bad one never stops the
/// batch: its entry carries the error. `timeout_s` bounds each asset, 0 is no bound: over it the entry is what was decoded
/// until then, or `VN_STATUS_TIMEOUT`. Fails only for wrong arguments and when the host cancels the whole batch. `out` is
/// freed with `vn_batch_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analyze_many(
    sources: *const vn_source,
    count: usize,
    timeout_s: f64,
    options: *const vn_options,
    out: *mut *mut vn_batch,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let defaults = vn_options::default();
            let options = options.as_ref().unwrap_or(&defaults);
            options.refuse_single()?;
            if !timeout_s.is_finite() || timeout_s < 0.0 {
                return Err(invalid("timeout_s", "the time must be positive, or 0 for no bound")
                    .with("value", timeout_s));
            }
            let sources = slice(sources, count, "sources")?;
            let mut inputs = Vec::with_capacity(sources.len());
            let sources = sources.iter().map(|source| source_input(source).map(|input| inputs.push(input)));
            // Sources that cannot be read are entries like any other; the rest is analysed and put between them.
            let sources: Vec<Result<()>> = sources.collect();
            let items = options.analyzer()?.analyze_many(inputs, (timeout_s > 0.0).then_some(timeout_s))?;
            let mut items = items.into_iter();
            let missing = || Err(Error::new(ErrorKind::Internal, "the batch lost an entry"));
            let items =
                sources.into_iter().map(|source| source.and_then(|()| items.next().unwrap_or_else(missing)));
            out.give(vn_batch::from(items.collect::<Vec<_>>()));
            Ok(())
        })
    }
}

unsafe fn source_input(source: &vn_source) -> Result<Input> {
    // SAFETY: as the caller's: the members are NULL or as the header says.
    unsafe {
        let path = text_or_null(source.path, "path")?;
        let content = text_or_null(source.text, "text")?;
        let bytes = if source.bytes.is_null() && source.bytes_count == 0 {
            None
        } else {
            reference(source.bytes, "bytes")?;
            Some(slice(source.bytes, source.bytes_count, "bytes")?)
        };
        let input = match (path, bytes) {
            (Some(_), Some(_)) => return Err(invalid("bytes", "a source has a path or bytes, not both")),
            (Some(path), None) => Input::path(path),
            (None, Some(bytes)) => Input::bytes(bytes),
            (None, None) if content.is_some() => Input::default(),
            (None, None) => {
                return Err(invalid("path", "a source needs a path, bytes or text; all of them are NULL"));
            }
        };
        let input = match content {
            Some(content) => input.with_text(content),
            None => input,
        };
        Ok(match text_or_null(source.captions_path, "captions_path")? {
            Some(path) => input.with_captions(Captions::Path(path.into())),
            None => input,
        })
    }
}
