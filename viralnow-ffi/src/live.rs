//! `vn_live`: sound that is analysed while it happens.

use crate::analysis::vn_analysis;
use crate::args::{free, invalid, place, reference_mut, slice};
use crate::error::{vn_error, vn_status};
use crate::options::vn_options;
use crate::panic::guard;
use std::ptr;
use viralnow_core::pipeline::Live;

/// An analysis of sound that is still to come. One thread at a time may use it; the analysis and the callbacks of its options
/// run on a thread of their own, which ends with `vn_live_finish` or `vn_live_free`.
pub struct vn_live(Option<Live>);

/// Begins an analysis of interleaved samples at `sample_rate` (1,000 to 768,000) that will be pushed. `options` may be NULL
/// for the defaults; text and captions are not for it. The asset is named by the correlation id unless an asset id is given:
/// what is still to come has no hash. `out` is freed with `vn_live_free`, also after `vn_live_finish`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_live_new(
    sample_rate: u32,
    channels: u16,
    options: *const vn_options,
    out: *mut *mut vn_live,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let defaults = vn_options::default();
            let options = options.as_ref().unwrap_or(&defaults);
            if options.has_words() {
                return Err(invalid("options", "a live analysis takes neither text nor captions"));
            }
            out.give(vn_live(Some(options.analyzer()?.live(sample_rate, channels)?)));
            Ok(())
        })
    }
}

/// Hands `samples_count` samples over, of all channels together and a whole multiple of them; they are copied. Waits while
/// the analysis is more than 4 s behind. `listening`, unless it is NULL, is set to whether the analysis still listens: over a
/// limit it does not, and `vn_live_finish` gives what it has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_live_push(
    live: *mut vn_live,
    samples: *const f32,
    samples_count: usize,
    listening: *mut bool,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let live = reference_mut(live, "live")?.0.as_mut().ok_or_else(over)?;
            let still = live.push(slice(samples, samples_count, "samples")?)?;
            if !listening.is_null() {
                listening.write(still);
            }
            Ok(())
        })
    }
}

/// Ends the stream and waits for the features of all that was pushed. `out` is freed with `vn_analysis_free`. The handle
/// takes nothing more and is still to be freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_live_finish(
    live: *mut vn_live,
    out: *mut *mut vn_analysis,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let live = reference_mut(live, "live")?.0.take().ok_or_else(over)?;
            out.give(vn_analysis::from(live.finish()?));
            Ok(())
        })
    }
}

/// Frees a live analysis; one that was not finished is cancelled. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_live_free(live: *mut vn_live) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(live) }
}

fn over() -> viralnow_core::Error {
    invalid("live", "the live analysis is over; begin another one")
}
