//! `vn_sound_stream`: functions on sound that is pushed as it comes.

use crate::args::{free, invalid, place, reference, reference_mut, slice, text};
use crate::error::{vn_error, vn_status};
use crate::features::{parsed, vn_features};
use crate::panic::guard;
use std::ffi::c_char;
use std::ptr;
use viralnow_core::call::SoundStream;

/// A function on sound that is still to come. One thread at a time may use it.
pub struct vn_sound_stream(Option<SoundStream>);

/// Begins it. `name` is `"audio.loudness"`, `"audio.fingerprint"` or `"voice.activity"` (settings: detector); `settings` is a
/// JSON object or NULL. `out` is freed with `vn_sound_stream_free`, also after `vn_sound_stream_finish`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_stream_new(
    name: *const c_char,
    sample_rate: u32,
    channels: u16,
    settings: *const c_char,
    out: *mut *mut vn_sound_stream,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let stream = SoundStream::new(text(name, "name")?, sample_rate, channels, &parsed(settings)?)?;
            out.give(vn_sound_stream(Some(stream)));
            Ok(())
        })
    }
}

/// Takes `samples_count` samples, of all channels together and a whole multiple of them; they are copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_stream_push(
    stream: *mut vn_sound_stream,
    samples: *const f32,
    samples_count: usize,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let stream = reference_mut(stream, "stream")?.0.as_mut().ok_or_else(over)?;
            stream.push(slice(samples, samples_count, "samples")?)
        })
    }
}

/// What is known so far, as JSON: of the loudness `momentary_lufs` and `short_term_lufs` of now and the other values of all so
/// far, of the activity the `score` of about a second ago. `out` is freed with `vn_features_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_stream_now(
    stream: *const vn_sound_stream,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let stream = reference(stream, "stream")?.0.as_ref().ok_or_else(over)?;
            out.give(vn_features::new(stream.now()?));
            Ok(())
        })
    }
}

/// What the function gives for all that was pushed. `out` is freed with `vn_features_free`. The stream takes nothing more and
/// is still to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_stream_finish(
    stream: *mut vn_sound_stream,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let stream = reference_mut(stream, "stream")?.0.take().ok_or_else(over)?;
            out.give(vn_features::new(stream.finish()?));
            Ok(())
        })
    }
}

/// Frees a stream. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_stream_free(stream: *mut vn_sound_stream) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(stream) }
}

fn over() -> viralnow_core::Error {
    invalid("stream", "the stream is finished; begin another one")
}
