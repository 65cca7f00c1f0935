//! `vn_features`: what a function on samples, pictures, files or clips gives.

use crate::analysis::{NO_VECTORS, vn_vectors};
use crate::analyze::vn_raw_audio;
use crate::args::{free, invalid, place, reference, slice, text, text_or_null, view};
use crate::error::{vn_error, vn_status};
use crate::monitor::{HostObserver, vn_progress_fn};
use crate::panic::guard;
use crate::string::c_text;
use crate::vision::vn_pixels;
use serde_json::Map;
use std::ffi::{CString, c_char, c_void};
use std::ptr;
use std::sync::Arc;
use viralnow_core::call::{self, Called, Pixels, Samples};
use viralnow_core::monitor::{CancelToken, Observer};
use viralnow_core::{Error, ErrorKind, Result};

/// The result of a function: plain data, arrays over time (or over the rows of a picture), a file's bytes. It never changes; any number of threads may
/// read it at once.
pub struct vn_features {
    called: Called,
    json: CString,
    /// Name and unit of each array, in the order of `called.vectors`.
    names: Vec<(CString, CString)>,
}

impl vn_features {
    pub(crate) fn new(called: Called) -> Self {
        let json = c_text(&called.value.to_string());
        let names = called.vectors.iter().map(|(name, matrix)| (c_text(name), c_text(matrix.unit))).collect();
        Self { called, json, names }
    }

    fn describe(&self, index: usize) -> Option<vn_vectors> {
        let (name, unit) = self.names.get(index)?;
        let matrix = self.called.vectors.values().nth(index)?;
        Some(vn_vectors {
            modality: ptr::null(),
            name: name.as_ptr(),
            unit: unit.as_ptr(),
            rows: matrix.rows,
            columns: matrix.columns,
            data: matrix.data.as_ptr(),
            times_s: if matrix.times_s.is_empty() { ptr::null() } else { matrix.times_s.as_ptr() },
        })
    }
}

/// Calls a function of this name. The common half of the functions in `audio.rs` and `voice.rs`.
pub(crate) unsafe fn call(
    name: &str,
    sound: *const vn_raw_audio,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let sound = reference(sound, "sound")?;
            let samples = Samples {
                samples: sound.samples()?,
                sample_rate: sound.sample_rate,
                channels: sound.channels,
            };
            out.give(vn_features::new(call::call(name, samples, &parsed(settings)?)?));
            Ok(())
        })
    }
}

/// Calls a function on pictures of this name.
pub(crate) unsafe fn call_pictures(
    name: &str,
    pictures: &[*const vn_pixels],
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let mut given = Vec::new();
            for picture in pictures {
                let picture = reference(*picture, "picture")?;
                let (width, height, channels) = (picture.width, picture.height, picture.channels);
                let count = (width as usize)
                    .checked_mul(height as usize)
                    .and_then(|n| n.checked_mul(channels.into()));
                let count = count.ok_or_else(|| invalid("picture", "the picture's sides are too large"))?;
                given.push(Pixels {
                    data: slice(picture.data, count, "picture.data")?,
                    width,
                    height,
                    channels,
                });
            }
            out.give(vn_features::new(call::call_pictures(name, &given, &parsed(settings)?)?));
            Ok(())
        })
    }
}

/// Calls a function of this name that takes settings alone and may take long; a `path`, where there is one, is one of them.
pub(crate) unsafe fn call_watched(
    name: &str,
    path: Option<*const c_char>,
    settings: *const c_char,
    progress: vn_progress_fn,
    user_data: *mut c_void,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let settings = with_path(settings, path)?;
            let observer =
                progress.map(|call| Arc::new(HostObserver::new(call, user_data)) as Arc<dyn Observer>);
            let cancel = CancelToken::default();
            out.give(vn_features::new(call::call_plain_watched(name, &settings, &cancel, observer)?));
            Ok(())
        })
    }
}

/// Calls a function of this name that takes settings alone; a `path`, where there is one, is one of them.
pub(crate) unsafe fn call_plain(
    name: &str,
    path: Option<*const c_char>,
    settings: *const c_char,
    out: *mut *mut vn_features,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give(vn_features::new(call::call_plain(name, &with_path(settings, path)?)?));
            Ok(())
        })
    }
}

unsafe fn with_path(
    settings: *const c_char,
    path: Option<*const c_char>,
) -> Result<Map<String, serde_json::Value>> {
    // SAFETY: NULL or texts, as the header says.
    unsafe {
        let mut settings = parsed(settings)?;
        if let Some(path) = path {
            settings.insert("path".to_owned(), text(path, "path")?.into());
        }
        Ok(settings)
    }
}

pub(crate) unsafe fn parsed(settings: *const c_char) -> Result<Map<String, serde_json::Value>> {
    // SAFETY: NULL or a text, as the header says.
    let Some(settings) = (unsafe { text_or_null(settings, "settings") })? else { return Ok(Map::new()) };
    serde_json::from_str(settings).map_err(|error| {
        Error::new(ErrorKind::InvalidConfig, "the settings are no JSON object").caused_by(error)
    })
}

/// The plain data as JSON, `null` where there are only arrays; NULL for NULL. Owned by the features.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_features_json(features: *const vn_features) -> *const c_char {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(features, ptr::null(), |features| features.json.as_ptr()) }
}

/// Describes the array of this name in `out`; NULL names the first. Its `modality` is NULL. `VN_STATUS_NOT_FOUND` when there
/// is none; the message lists those that there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_features_vectors(
    features: *const vn_features,
    name: *const c_char,
    out: *mut vn_vectors,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, NO_VECTORS, "out")?;
            let features = reference(features, "features")?;
            let index = if name.is_null() {
                Some(0)
            } else {
                let name = text(name, "name")?;
                features.called.vectors.keys().position(|known| known == name)
            };
            out.set(index.and_then(|index| features.describe(index)).ok_or_else(|| {
                let names: Vec<_> = features.called.vectors.keys().map(String::as_str).collect();
                Error::new(ErrorKind::NotFound, "the function gave no such array")
                    .with("there_are", names.join(" "))
            })?);
            Ok(())
        })
    }
}

/// The bytes of the file that the function made (a PNG, a table), and how many in `*size`; NULL and 0 where it made none. Owned
/// by the features. `size` may not be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_features_file(features: *const vn_features, size: *mut usize) -> *const u8 {
    // SAFETY: NULL or a live handle, as the header says.
    let file = unsafe { view(features, None, |features| features.called.file.as_deref()) };
    // SAFETY: NULL or a place for one size, as the header says.
    if let Some(size) = unsafe { size.as_mut() } {
        *size = file.map_or(0, <[u8]>::len);
    }
    file.map_or(ptr::null(), <[u8]>::as_ptr)
}

/// How many arrays there are; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_features_vectors_count(features: *const vn_features) -> usize {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(features, 0, |features| features.names.len()) }
}

/// Frees what a function gave. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_features_free(features: *mut vn_features) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(features) }
}
