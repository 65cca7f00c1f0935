//! What this build can do, and what it found on this machine.

use crate::features::FEATURE_SCHEMA_VERSION;
use crate::{AnalyzeOptions, VERSION, model, vision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What this build can do, and what it found on this machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// Version of the library.
    pub version: String,
    /// Version of the payload's schema.
    pub feature_schema_version: String,
    /// Optional features by name, and whether they are built.
    pub features: BTreeMap<String, bool>,
    /// Version of FFmpeg's libavcodec in use; null without `video`.
    pub ffmpeg: Option<String>,
    /// Version of ONNX Runtime found; null when there is none that can be used.
    pub onnxruntime: Option<String>,
    /// Where ONNX Runtime was found, or why none can be used; what runs the models in its place, where something does.
    pub onnxruntime_note: String,
    /// Version of tesseract found; null when there is none that can be used, or without `ocr`.
    pub tesseract: Option<String>,
    /// Why no text can be read, or the languages that can, as tesseract names them.
    pub tesseract_note: String,
    /// Model files found, by name.
    pub models: BTreeMap<String, String>,
    /// Versions of the built-in methods, by modality.
    pub model_versions: BTreeMap<String, String>,
}

/// What this build can do, and what it found on this machine.
///
/// ```
/// let info = viralnow_core::pipeline::info();
/// assert_eq!(info.version, viralnow_core::VERSION);
/// assert!(info.model_versions.contains_key("audio"));
/// ```
#[must_use]
pub fn info() -> Info {
    let features = [
        ("video", cfg!(feature = "video")),
        ("sqlite", cfg!(feature = "sqlite")),
        ("onnx", cfg!(feature = "onnx")),
        ("ocr", cfg!(feature = "ocr")),
    ];
    let runtime = model::runtime();
    let mut onnxruntime_note = match &runtime {
        Ok(runtime) => runtime.path.display().to_string(),
        Err(error) => error.to_string(),
    };
    if let Ok(model::OnnxEngine::Tract { version }) = model::onnx_engine() {
        onnxruntime_note = format!("models run in tract {version} instead; {onnxruntime_note}");
    }
    let (tesseract, languages) = (vision::tesseract_version(), vision::text_languages());
    Info {
        version: VERSION.to_owned(),
        feature_schema_version: FEATURE_SCHEMA_VERSION.to_owned(),
        features: features.into_iter().map(|(name, built)| (name.to_owned(), built)).collect(),
        ffmpeg: crate::media::ffmpeg_version(),
        onnxruntime: runtime.ok().map(|runtime| runtime.version),
        onnxruntime_note,
        tesseract_note: match &tesseract {
            Ok(_) if languages.is_empty() => "it has no data for any language".to_owned(),
            Ok(_) => languages.join(" "),
            Err(error) => error.to_string(),
        },
        tesseract: tesseract.ok().map(str::to_owned),
        models: model::models().into_iter().map(|(name, path)| (name, path.display().to_string())).collect(),
        model_versions: super::runners::versions(&AnalyzeOptions::default()),
    }
}
