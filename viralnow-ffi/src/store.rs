//! `vn_store`: keeping payloads in one SQLite file.

use crate::analysis::vn_analysis;
use crate::args::{free, place, reference, text, text_or_null};
use crate::error::{vn_error, vn_status};
use crate::panic::guard;
use std::collections::BTreeMap;
use std::ffi::c_char;
use std::ptr;
use std::sync::Arc;
use viralnow_core::store::{FeatureStore, SqliteStore};
use viralnow_core::{Analysis, AssetId, Error, ErrorKind};

/// A store of payloads. Any number of threads, and of processes on the same file, may use it at once.
pub struct vn_store(pub(crate) Arc<dyn FeatureStore>);

/// Opens a store in one SQLite file, which is made when it is not there. `out` is freed with `vn_store_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_store_open(
    path: *const c_char,
    out: *mut *mut vn_store,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give(vn_store(Arc::new(SqliteStore::open(text(path, "path")?)?)));
            Ok(())
        })
    }
}

/// Writes the payload of an analysis. Doing so twice is one row. Calls whose options have this store do it themselves.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_store_put(
    store: *const vn_store,
    analysis: *const vn_analysis,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let store = reference(store, "store")?;
            store.0.put(&reference(analysis, "analysis")?.analysis.payload)
        })
    }
}

/// Reads the newest payload of an asset; `VN_STATUS_NOT_FOUND` when there is none. The analysis has no frame-level features.
/// `out` is freed with `vn_analysis_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_store_get(
    store: *const vn_store,
    asset_id: *const c_char,
    out: *mut *mut vn_analysis,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let store = reference(store, "store")?;
            let id = AssetId::new(text(asset_id, "asset_id")?)?;
            let payload = store.0.get(&id)?.ok_or_else(|| {
                Error::new(ErrorKind::NotFound, "the store has no such asset").with("asset_id", &id)
            })?;
            out.give(vn_analysis::from(Analysis { payload, vectors: BTreeMap::new() }));
            Ok(())
        })
    }
}

/// The ids of all assets, sorted, at most `limit` of those after `after` (NULL: from the start), as a JSON array of texts.
/// `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_store_list_json(
    store: *const vn_store,
    after: *const c_char,
    limit: usize,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let store = reference(store, "store")?;
            let after = text_or_null(after, "after")?.map(AssetId::new).transpose()?;
            out.give_json(&store.0.list(after.as_ref(), limit)?)
        })
    }
}

/// Removes every trace of an asset. Writes to `erased`, which may be NULL, whether there was one.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_store_erase(
    store: *const vn_store,
    asset_id: *const c_char,
    erased: *mut bool,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let store = reference(store, "store")?;
            let was_there = store.0.erase(&AssetId::new(text(asset_id, "asset_id")?)?)?;
            if !erased.is_null() {
                erased.write(was_there);
            }
            Ok(())
        })
    }
}

/// Closes a store; options that hold it go on with it. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_store_free(store: *mut vn_store) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(store) }
}
