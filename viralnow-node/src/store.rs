//! The store. Its work is short and goes to libuv's pool, but for erasing, which rewrites the whole file.

use crate::analyze::Analysis;
use crate::error::guard;
use crate::query::{Query, long, query};
use napi::Env;
use napi::bindgen_prelude::{AsyncTask, Object};
use napi_derive::napi;
use std::sync::{Arc, Mutex, PoisonError};
use viralnow_core::features::Payload;
use viralnow_core::store::{FeatureStore, SqliteStore};
use viralnow_core::{AssetId, Error, ErrorKind, Result};

type Shared = Arc<dyn FeatureStore>;

/// An open store.
#[napi]
pub struct Store {
    inner: Mutex<Option<Shared>>,
}

impl Store {
    /// The store itself, unless it was closed.
    pub(crate) fn shared(&self) -> Result<Shared> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, "the store is closed; open it again with Store.open(path)")
        })
    }
}

#[napi]
impl Store {
    /// Opens or makes a store.
    #[napi(catch_unwind, ts_return_type = "Promise<Store>")]
    pub fn open(path: String) -> AsyncTask<Query<Store>> {
        query(move || {
            let store: Shared = Arc::new(SqliteStore::open(path)?);
            Ok(Store { inner: Mutex::new(Some(store)) })
        })
    }

    /// Writes the payload of an analysis.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn put(&self, analysis: &Analysis) -> napi::Result<AsyncTask<Query<()>>> {
        let store = guard(|| self.shared())?;
        let analysis = analysis.shared();
        Ok(query(move || store.put(&analysis.payload)))
    }

    /// Writes a payload given as JSON.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn put_json(&self, payload: String) -> napi::Result<AsyncTask<Query<()>>> {
        let store = guard(|| self.shared())?;
        Ok(query(move || {
            let payload: Payload = serde_json::from_str(&payload).map_err(|error| {
                Error::new(ErrorKind::InvalidInput, format!("this is no payload: {error}"))
            })?;
            store.put(&payload)
        }))
    }

    /// The newest payload of an asset, or null.
    #[napi(catch_unwind, ts_return_type = "Promise<Analysis | null>")]
    pub fn get(&self, asset_id: String) -> napi::Result<AsyncTask<Query<Option<Analysis>>>> {
        let store = guard(|| self.shared())?;
        Ok(query(move || {
            let payload = store.get(&AssetId::new(asset_id)?)?;
            Ok(payload.map(Analysis::stored))
        }))
    }

    /// The ids of assets in order, at most `limit` after `after`.
    #[napi(catch_unwind, ts_return_type = "Promise<string[]>")]
    pub fn list(&self, after: Option<String>, limit: u32) -> napi::Result<AsyncTask<Query<Vec<String>>>> {
        let store = guard(|| self.shared())?;
        Ok(query(move || {
            let after = after.map(AssetId::new).transpose()?;
            let ids = store.list(after.as_ref(), limit as usize)?;
            Ok(ids.into_iter().map(String::from).collect())
        }))
    }

    /// Removes every trace of an asset; says whether there was one.
    #[napi(catch_unwind, ts_return_type = "Promise<boolean>")]
    pub fn erase<'env>(&self, env: &'env Env, asset_id: String) -> napi::Result<Object<'env>> {
        let store = guard(|| self.shared())?;
        long(env, move || store.erase(&AssetId::new(asset_id)?))
    }

    /// Lets go of the file; work that goes on keeps it until it ends.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        let store = self.inner.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(store);
    }
}
