//! `vn_options`: settings, extractors, store and watchers of calls.

use crate::args::{free, invalid, reference_mut, slice, text, text_or_null, view};
use crate::error::{vn_error, vn_status};
use crate::extract::{self, vn_extractor};
use crate::monitor::{HostObserver, vn_cancel_token, vn_memory_monitor, vn_progress_fn};
use crate::monitor_system::vn_monitor;
use crate::panic::{guard, guard_or};
#[cfg(feature = "sqlite")]
use crate::store::vn_store;
use serde_json::{Number, Value};
use std::ffi::{c_char, c_void};
use std::ptr;
use std::sync::Arc;
use viralnow_core::extract::ExtractorFactory;
use viralnow_core::monitor::{CancelToken, Monitor};
use viralnow_core::pipeline::Captions;
use viralnow_core::store::FeatureStore;
use viralnow_core::{
    AnalyzeOptions, Analyzer, AssetId, AssetMeta, CorrelationId, Error, ErrorKind, Input, Limits, Result,
};

/// Settings of calls. One handle may serve any number of calls, also at the same time, as long as nobody changes it
/// meanwhile.
#[derive(Clone, Default)]
pub struct vn_options {
    settings: AnalyzeOptions,
    text: Option<String>,
    captions: Option<Captions>,
    store: Option<Arc<dyn FeatureStore>>,
    monitor: Option<Arc<dyn Monitor>>,
    observer: Option<HostObserver>,
    cancel: Option<CancelToken>,
    extractors: Vec<ExtractorFactory>,
}

impl vn_options {
    /// The analyzer of one call.
    pub(crate) fn analyzer(&self) -> Result<Analyzer> {
        let mut analyzer =
            Analyzer::new(self.settings.clone())?.cancel_token(self.cancel.clone().unwrap_or_default());
        if let Some(store) = &self.store {
            analyzer = analyzer.store(Arc::clone(store));
        }
        if let Some(monitor) = &self.monitor {
            analyzer = analyzer.monitor(Arc::clone(monitor));
        }
        if let Some(observer) = &self.observer {
            analyzer = analyzer.observer(Arc::new(observer.clone()));
        }
        Ok(self.extractors.iter().fold(analyzer, |analyzer, factory| analyzer.extractor(Arc::clone(factory))))
    }

    /// The input with the text and captions that go with it.
    pub(crate) fn complete(&self, mut input: Input) -> Result<Input> {
        if let Some(text) = &self.text {
            if input.text.is_some() {
                return Err(invalid("text", "the text is given twice, to the call and to its options"));
            }
            input = input.with_text(text);
        }
        if let Some(captions) = &self.captions {
            input = input.with_captions(captions.clone());
        }
        Ok(input)
    }

    /// Whether there are words to analyse without any medium.
    pub(crate) fn has_words(&self) -> bool {
        self.text.is_some() || self.captions.is_some()
    }

    /// Refuses, for a batch, what belongs to one asset.
    pub(crate) fn refuse_single(&self) -> Result<()> {
        let given = [
            ("text", self.text.is_some()),
            ("captions", self.captions.is_some()),
            ("asset_id", self.settings.asset_id.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((name, _)) => Err(Error::new(
                ErrorKind::InvalidConfig,
                "this option belongs to one asset and cannot serve a batch",
            )
            .with("option", name)),
        }
    }

    /// Changes the settings, unless the change is not valid.
    fn change(&mut self, change: impl FnOnce(&mut AnalyzeOptions) -> Result<()>) -> Result<()> {
        let mut settings = self.settings.clone();
        change(&mut settings)?;
        settings.validate()?;
        self.settings = settings;
        Ok(())
    }
}

/// Sets the limit of this name, as [`Limits`] spells it.
fn set_limit(limits: &mut Limits, name: &str, value: f64) -> Result<()> {
    let unusable = |error| {
        Error::new(ErrorKind::InvalidConfig, "the limit does not fit").with("limit", name).caused_by(error)
    };
    let mut all = serde_json::to_value(*limits).map_err(unusable)?;
    let Some(slot) = all.get_mut(name) else {
        let names = all.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>().join(" "));
        return Err(Error::new(ErrorKind::InvalidConfig, "no such limit")
            .with("limit", name)
            .with("there_are", names.unwrap_or_default()));
    };
    let number = if slot.is_u64() {
        // Above 2^53 not every whole number is a double; no limit is meant to be that exact.
        (value >= 1.0 && value.fract() == 0.0 && value < 2f64.powi(64)).then(|| Number::from(value as u64))
    } else {
        Number::from_f64(value)
    };
    *slot = Value::Number(number.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidConfig,
            "a limit must be a positive, finite number, and whole where it counts",
        )
        .with("limit", name)
        .with("value", value)
    })?);
    *limits = serde_json::from_value(all).map_err(unusable)?;
    Ok(())
}

/// New options with the defaults: preset `"balanced"`, all modalities, all cores. Freed with `vn_options_free`.
#[unsafe(no_mangle)]
pub extern "C" fn vn_options_new() -> *mut vn_options {
    guard_or(ptr::null_mut(), || Box::into_raw(Box::default()))
}

/// A copy of options, with the same callbacks, store, monitor and token; NULL for NULL. Freed with `vn_options_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_clone(options: *const vn_options) -> *mut vn_options {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(options, ptr::null_mut(), |options| Box::into_raw(Box::new(options.clone()))) }
}

/// How exact against how fast: `"fast"`, `"balanced"` or `"reference"`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_preset(
    options: *mut vn_options,
    preset: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let preset = text(preset, "preset")?.parse()?;
            reference_mut(options, "options")?.change(|settings| {
                settings.preset = preset;
                Ok(())
            })
        })
    }
}

/// Threads that decode one asset, or assets at a time in a batch; 0 is all cores. Changes no result: where a
/// decoder meets damage, which each number of threads decodes in its own way, one thread decodes it all again. (VP8's decoder
/// does not notice damage.)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_threads(
    options: *mut vn_options,
    threads: usize,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            reference_mut(options, "options")?.change(|settings| {
                settings.threads = threads;
                Ok(())
            })
        })
    }
}

/// Whether frame-level features are kept beside the payload, as they are by default. A minute of sound and pictures has some
/// megabytes of them, and a batch holds those of all its items.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_keep_vectors(
    options: *mut vn_options,
    keep: bool,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            reference_mut(options, "options")?.settings.keep_vectors = keep;
            Ok(())
        })
    }
}

/// Which modalities to compute: `count` of `"audio"`, `"voice"`, `"text"` and `"vision"`; the others are `skipped`. NULL is
/// all of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_modalities(
    options: *mut vn_options,
    modalities: *const *const c_char,
    count: usize,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let options = reference_mut(options, "options")?;
            let names = slice(modalities, count, "modalities")?;
            let wanted =
                names.iter().map(|&name| text(name, "modalities")?.parse()).collect::<Result<Vec<_>>>()?;
            options.change(|settings| {
                settings.modalities = (!modalities.is_null()).then_some(wanted);
                Ok(())
            })
        })
    }
}

/// What one input may cost. `name` is one of `max_bytes`, `max_duration_s`, `max_pixels`, `max_streams`, `max_channels`,
/// `max_decoded_bytes`, `max_text_bytes` and `max_wall_s`; `value` is positive, and whole where it counts things.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_limit(
    options: *mut vn_options,
    name: *const c_char,
    value: f64,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let name = text(name, "name")?;
            reference_mut(options, "options")?.change(|settings| set_limit(&mut settings.limits, name, value))
        })
    }
}

/// Language of the text as an ISO 639-1 code, such as `"en"`; NULL to detect it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_language(
    options: *mut vn_options,
    language: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let language = text_or_null(language, "language")?.map(str::to_owned);
            reference_mut(options, "options")?.change(|settings| {
                settings.language = language;
                Ok(())
            })
        })
    }
}

/// The model that recognises speech where nothing tells what is said (no text, no captions): a folder with a Whisper model, or
/// the name of a known one, such as `"whisper-base"`; NULL for none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_speech_model(
    options: *mut vn_options,
    model: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let model = text_or_null(model, "model")?.map(str::to_owned);
            reference_mut(options, "options")?.change(|settings| {
                settings.speech_model = model;
                Ok(())
            })
        })
    }
}

/// Language of the text on screen, such as `"en"`, `"en+de"` or `"chi_tra"` (tesseract's own names count too); NULL for the language of the
/// text, if there is data for that, else English.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_text_language(
    options: *mut vn_options,
    language: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let language = text_or_null(language, "language")?.map(str::to_owned);
            reference_mut(options, "options")?.change(|settings| {
                settings.text_language = language;
                Ok(())
            })
        })
    }
}

/// The host's id of the asset, 1 to 200 bytes; NULL to derive it from the content.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_asset_id(
    options: *mut vn_options,
    asset_id: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let id = text_or_null(asset_id, "asset_id")?.map(AssetId::new).transpose()?;
            reference_mut(options, "options")?.settings.asset_id = id;
            Ok(())
        })
    }
}

/// Ties the call to the host's own job, 1 to 200 bytes; NULL to generate one for each call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_correlation_id(
    options: *mut vn_options,
    correlation_id: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let id = text_or_null(correlation_id, "correlation_id")?.map(CorrelationId::new).transpose()?;
            reference_mut(options, "options")?.settings.correlation_id = id;
            Ok(())
        })
    }
}

/// What the host knows of the asset beside its content; stored with it, never interpreted. `platform` is one of
/// `"youtube"`, `"tiktok"`, `"instagram"`, `"x"` and `"other"`. NULL is unknown.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_meta(
    options: *mut vn_options,
    user_id: *const c_char,
    platform: *const c_char,
    source_url: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let meta = AssetMeta {
                user_id: text_or_null(user_id, "user_id")?.map(str::to_owned),
                platform: text_or_null(platform, "platform")?.map(str::parse).transpose()?,
                source_url: text_or_null(source_url, "source_url")?.map(str::to_owned),
            };
            reference_mut(options, "options")?.settings.meta = meta;
            Ok(())
        })
    }
}

/// Text written with the asset: the post's caption, a title, a script. NULL is none. Not for `vn_analyze_many`, whose
/// sources carry their own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_text(
    options: *mut vn_options,
    content: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let content = text_or_null(content, "content")?.map(str::to_owned);
            reference_mut(options, "options")?.text = content;
            Ok(())
        })
    }
}

/// A caption file (`.srt` or `.vtt`) that says what is spoken when; NULL is none. Without it `clip.srt` and `clip.vtt` are
/// found beside `clip.mp4`. Not for `vn_analyze_many`, whose sources carry their own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_captions_path(
    options: *mut vn_options,
    path: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let path = text_or_null(path, "path")?;
            reference_mut(options, "options")?.captions = path.map(|path| Captions::Path(path.into()));
            Ok(())
        })
    }
}

/// The content of a caption file, instead of its path; NULL is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_captions_text(
    options: *mut vn_options,
    content: *const c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let content = text_or_null(content, "content")?;
            reference_mut(options, "options")?.captions =
                content.map(|content| Captions::Text(content.into()));
            Ok(())
        })
    }
}

/// Writes every payload to this store, and skips work whose content and versions are already there; NULL is none. The
/// handle may be freed afterwards: the options keep what they need.
#[cfg(feature = "sqlite")]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_store(
    options: *mut vn_options,
    store: *const vn_store,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            reference_mut(options, "options")?.store = store.as_ref().map(|store| Arc::clone(&store.0));
            Ok(())
        })
    }
}

/// Sends spans, events and progress to this monitor; NULL is none. The handle may be freed afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_monitor(
    options: *mut vn_options,
    monitor: *const vn_memory_monitor,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            reference_mut(options, "options")?.monitor =
                monitor.as_ref().map(|monitor| -> Arc<dyn Monitor> { monitor.0.clone() });
            Ok(())
        })
    }
}

/// Sends spans, events and progress to this monitoring system; NULL is none. One of this and `vn_options_set_monitor` holds: the last. The
/// handle may be closed afterwards; what comes then is dropped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_monitor_system(
    options: *mut vn_options,
    monitor: *const vn_monitor,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            reference_mut(options, "options")?.monitor =
                monitor.as_ref().map(|monitor| -> Arc<dyn Monitor> { Arc::new(monitor.0.clone()) });
            Ok(())
        })
    }
}

/// Tells this callback how far a call is and lets it stop the call; NULL is none. `user_data` is handed to it and must stay
/// valid as long as a call with these options runs, a `vn_live` until `vn_live_finish` or `vn_live_free` returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_progress(
    options: *mut vn_options,
    callback: vn_progress_fn,
    user_data: *mut c_void,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let observer = callback.map(|callback| HostObserver::new(callback, user_data));
            reference_mut(options, "options")?.observer = observer;
            Ok(())
        })
    }
}

/// Lets another thread stop the calls of these options; NULL is none. The handle may be freed afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_set_cancel_token(
    options: *mut vn_options,
    token: *const vn_cancel_token,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            reference_mut(options, "options")?.cancel = token.as_ref().map(|token| token.0.clone());
            Ok(())
        })
    }
}

/// Adds a modality of the host, whose summary rides along in the payload under its own name. The table is copied; what its
/// `user_data` points to must stay valid as long as a call with these options runs, a `vn_live` until `vn_live_finish` or
/// `vn_live_free` returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_add_extractor(
    options: *mut vn_options,
    extractor: *const vn_extractor,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let options = reference_mut(options, "options")?;
            options.extractors.push(extract::factory(extractor)?);
            Ok(())
        })
    }
}

/// Frees options; calls that use them must be over. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_options_free(options: *mut vn_options) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(options) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_can_be_set_by_its_name() {
        let names: Vec<String> =
            serde_json::to_value(Limits::default()).unwrap().as_object().unwrap().keys().cloned().collect();
        assert!(names.len() >= 8);
        let mut limits = Limits::default();
        for name in &names {
            set_limit(&mut limits, name, 7.0).unwrap();
        }
        assert_eq!(
            serde_json::to_value(limits)
                .unwrap()
                .as_object()
                .unwrap()
                .values()
                .filter_map(Value::as_f64)
                .sum::<f64>(),
            7.0 * names.len() as f64
        );
    }

    #[test]
    fn a_wrong_limit_is_refused_by_name() {
        let mut limits = Limits::default();
        for (name, value) in [
            ("max_bites", 1.0),
            ("max_bytes", 0.5),
            ("max_bytes", f64::NAN),
            ("max_duration_s", f64::INFINITY),
        ] {
            let error = set_limit(&mut limits, name, value).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(error.to_string().contains(name), "{error}");
        }
        assert_eq!(limits, Limits::default());
    }

    #[test]
    fn a_refused_change_leaves_the_settings_alone() {
        let mut options = vn_options::default();
        let refused = options.change(|settings| {
            settings.threads = 4096;
            Ok(())
        });
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidConfig);
        assert_eq!(options.settings.threads, 0);
    }
}
