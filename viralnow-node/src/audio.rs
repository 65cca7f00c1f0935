//! The index of sounds.

use crate::error::{guard, to_json};
use crate::query::{Query, query};
use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use std::sync::{Arc, PoisonError, RwLock};
use viralnow_core::audio::{self, Fingerprint};

/// Fingerprints by name.
#[napi]
pub struct SoundIndex {
    index: Arc<RwLock<audio::SoundIndex>>,
}

#[napi]
impl SoundIndex {
    /// An empty index.
    #[napi(constructor, catch_unwind)]
    #[allow(clippy::new_without_default, reason = "JavaScript constructs it")]
    pub fn new() -> Self {
        Self { index: Arc::default() }
    }

    /// Replaces the content by what was saved.
    #[napi(catch_unwind, ts_return_type = "Promise<boolean>")]
    pub fn load(&self, path: String) -> AsyncTask<Query<bool>> {
        let index = Arc::clone(&self.index);
        query(move || {
            *index.write().unwrap_or_else(PoisonError::into_inner) = audio::SoundIndex::load(path)?;
            Ok(true)
        })
    }

    /// Writes the index to a file.
    #[napi(catch_unwind, ts_return_type = "Promise<boolean>")]
    pub fn save(&self, path: String) -> AsyncTask<Query<bool>> {
        let index = Arc::clone(&self.index);
        query(move || {
            index.read().unwrap_or_else(PoisonError::into_inner).save(path)?;
            Ok(true)
        })
    }

    /// Adds a sound.
    #[napi(catch_unwind)]
    pub fn add(&self, id: String, fingerprint: String) -> napi::Result<()> {
        guard(|| {
            let print = Fingerprint::from_base64(&fingerprint)?;
            self.index.write().unwrap_or_else(PoisonError::into_inner).add(id, &print)
        })
    }

    /// Takes a sound out.
    #[napi(catch_unwind)]
    pub fn remove(&self, id: String) -> bool {
        self.index.write().unwrap_or_else(PoisonError::into_inner).remove(&id)
    }

    /// Number of sounds.
    #[napi(catch_unwind)]
    pub fn size(&self) -> u32 {
        self.index.read().unwrap_or_else(PoisonError::into_inner).len() as u32
    }

    /// The sounds heard in this one, as JSON.
    #[napi(catch_unwind, ts_return_type = "Promise<string>")]
    pub fn query(&self, fingerprint: String, limit: u32) -> AsyncTask<Query<String>> {
        let index = Arc::clone(&self.index);
        query(move || {
            let print = Fingerprint::from_base64(&fingerprint)?;
            to_json(&index.read().unwrap_or_else(PoisonError::into_inner).query(&print, limit as usize))
        })
    }
}
