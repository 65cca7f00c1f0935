//! `vn_sound_index`: sounds by their fingerprints.

use crate::args::{free, place, reference, reference_mut, text, view};
use crate::error::{vn_error, vn_status};
use crate::panic::{guard, guard_or};
use std::ffi::c_char;
use std::ptr;
use viralnow_core::audio::{Fingerprint, SoundIndex};

/// Which of many sounds is heard in a clip, and where. Many threads may ask it at once; changes need it for themselves.
#[derive(Default)]
pub struct vn_sound_index(SoundIndex);

/// An empty index. Freed with `vn_sound_index_free`.
#[unsafe(no_mangle)]
pub extern "C" fn vn_sound_index_new() -> *mut vn_sound_index {
    guard_or(ptr::null_mut(), || Box::into_raw(Box::default()))
}

/// Reads what `vn_sound_index_save` wrote. `out` is freed with `vn_sound_index_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_index_load(
    path: *const c_char,
    out: *mut *mut vn_sound_index,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give(vn_sound_index(SoundIndex::load(text(path, "path")?)?));
            Ok(())
        })
    }
}

/// Writes the index to a file.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_index_save(
    index: *const vn_sound_index,
    path: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe { guard(err, || reference(index, "index")?.0.save(text(path, "path")?)) }
}

/// Adds a sound, or replaces the one of this name. `fingerprint` is the `base64` of `vn_audio_fingerprint`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_index_add(
    index: *mut vn_sound_index,
    id: *const c_char,
    fingerprint: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let print = Fingerprint::from_base64(text(fingerprint, "fingerprint")?)?;
            reference_mut(index, "index")?.0.add(text(id, "id")?, &print)
        })
    }
}

/// Takes a sound out; `removed`, unless it is NULL, is set to whether there was one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_index_remove(
    index: *mut vn_sound_index,
    id: *const c_char,
    removed: *mut bool,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let was = reference_mut(index, "index")?.0.remove(text(id, "id")?);
            if !removed.is_null() {
                removed.write(was);
            }
            Ok(())
        })
    }
}

/// The sounds that are heard in this one, at most `limit` and best first, as a JSON array of `id`, `score` in [0, 1],
/// `offset_s` (where in the indexed sound the query starts), `speed_ratio`, `matched` and `expected` landmarks. `out` is
/// freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_index_query_json(
    index: *const vn_sound_index,
    fingerprint: *const c_char,
    limit: usize,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let print = Fingerprint::from_base64(text(fingerprint, "fingerprint")?)?;
            out.give_json(&reference(index, "index")?.0.query(&print, limit))
        })
    }
}

/// How many sounds there are; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_index_count(index: *const vn_sound_index) -> usize {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(index, 0, |index| index.0.len()) }
}

/// Frees an index. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_sound_index_free(index: *mut vn_sound_index) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(index) }
}
