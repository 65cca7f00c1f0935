//! Validated settings of one call.

mod expected;
mod nearest;

pub(crate) use expected::expected;
pub(crate) use nearest::{edits, nearest};

use crate::{AssetId, AssetMeta, CorrelationId, Error, ErrorKind, Limits, Modality, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How exact against how fast.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// May skip non-reference frames and loop filtering. Cut times can move by the skipped frames.
    Fast,
    /// The default: right where the peers are wrong. May skip loop filtering of large H.264 pictures that no other refers to.
    #[default]
    Balanced,
    /// Bit- or tolerance-level parity with the peers (librosa, `PySceneDetect`, `OpenCV`, imagehash, ...).
    Reference,
}

impl Preset {
    /// The name in settings and payloads.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Balanced => "balanced",
            Self::Reference => "reference",
        }
    }
}

impl std::str::FromStr for Preset {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "fast" => Ok(Self::Fast),
            "balanced" => Ok(Self::Balanced),
            "reference" => Ok(Self::Reference),
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "no such preset; there are fast, balanced and reference",
            )
            .with("preset", name)),
        }
    }
}

/// Settings of one `analyze` call.
///
/// ```
/// use viralnow_core::{AnalyzeOptions, Preset};
/// let options = AnalyzeOptions { preset: Preset::Reference, threads: 1, ..AnalyzeOptions::default() };
/// options.validate().unwrap();
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnalyzeOptions {
    /// How exact against how fast.
    pub preset: Preset,
    /// Which modalities to compute; `None` is all. The others are `skipped`.
    pub modalities: Option<Vec<Modality>>,
    /// Threads for decoding one asset, or assets at a time in a batch; 0 is all cores. Changes no result: where a decoder meets
    /// damage, which each number of threads decodes in its own way, one thread decodes it all again. (VP8's decoder does not
    /// notice damage.)
    pub threads: usize,
    /// What the input may cost.
    pub limits: Limits,
    /// Language of the text as an ISO 639-1 code (`en`); detected when absent.
    pub language: Option<String>,
    /// Language of the text on screen, by an ISO 639-1 code or tesseract's own name, several joined by `+` (`en+de`, `chi_tra`). Absent,
    /// it is `language`, if there is data for that, else English.
    pub text_language: Option<String>,
    /// The model that recognises speech where nothing tells what is said (no text, no caption file, no captions inside): a folder
    /// with a Whisper model, or the name of a known one (`whisper-base`). Without one, no speech is recognised.
    pub speech_model: Option<String>,
    /// The host's id; derived from the content when absent.
    pub asset_id: Option<AssetId>,
    /// Ties the call to the host's own job; generated when absent.
    pub correlation_id: Option<CorrelationId>,
    /// What the host knows of the asset.
    pub meta: AssetMeta,
    /// Whether the frame-level features are kept beside the payload, as they are by default. A minute of sound and pictures
    /// has some megabytes of them, and a batch holds those of all its items until its end.
    pub keep_vectors: bool,
}

impl Default for AnalyzeOptions {
    fn default() -> Self {
        Self {
            preset: Preset::default(),
            modalities: None,
            threads: 0,
            limits: Limits::default(),
            language: None,
            text_language: None,
            speech_model: None,
            asset_id: None,
            correlation_id: None,
            meta: AssetMeta::default(),
            keep_vectors: true,
        }
    }
}

/// Refuses more threads than a decoder can be asked for.
pub(crate) fn check_threads(threads: usize) -> Result<()> {
    if threads > 1024 {
        return Err(
            Error::new(ErrorKind::InvalidConfig, "threads must be at most 1024").with("threads", threads)
        );
    }
    Ok(())
}

/// Refuses what cannot be the names of languages to read: they become parts of paths.
pub(crate) fn check_text_language(names: &str) -> Result<()> {
    let sound = |name: &str| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
    };
    if names.len() <= 200 && names.split('+').map(str::trim).all(sound) {
        return Ok(());
    }
    let message = "a language to read is named as `en` or `eng`, several as `en+de`";
    Err(Error::new(ErrorKind::InvalidConfig, message).with("language", names))
}

impl AnalyzeOptions {
    /// Refuses settings that cannot be meant.
    pub fn validate(&self) -> Result<()> {
        self.limits.validate()?;
        check_threads(self.threads)?;
        if let Some(language) = &self.language
            && (!(2..=3).contains(&language.len()) || !language.bytes().all(|b| b.is_ascii_lowercase()))
        {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "language must be an ISO 639 code such as `en`",
            )
            .with("language", language));
        }
        if let Some(language) = &self.text_language {
            check_text_language(language)?;
        }
        if self.speech_model.as_ref().is_some_and(String::is_empty) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "speech_model must be a folder or a name, or be absent for none",
            ));
        }
        if self.modalities.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "modalities must name at least one, or be absent for all",
            ));
        }
        Ok(())
    }

    /// Whether this modality is to be computed.
    #[must_use]
    pub fn wants(&self, modality: Modality) -> bool {
        self.modalities.as_ref().is_none_or(|wanted| wanted.contains(&modality))
    }

    /// The number of threads meant: all cores for 0.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        if self.threads > 0 {
            return self.threads;
        }
        std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get)
    }
}
