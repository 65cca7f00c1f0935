//! The payload's types. They are the source: the JSON Schema, the bindings' types and the store's rows follow them.

use crate::audio::AudioSummary;
use crate::media::MediaInfo;
use crate::text::TextSummary;
use crate::vision::VisionSummary;
use crate::voice::VoiceSummary;
use crate::{AssetId, AssetMeta, CorrelationId, Error, Preset};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The features of one asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Payload {
    /// The host's id, or the first 32 hexadecimal digits of the content's SHA-256.
    pub asset_id: AssetId,
    /// Whether everything that the asset has was analysed.
    pub status: AssetStatus,
    /// Why the status is not `complete`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Ties the payload to the host's job.
    pub correlation_id: CorrelationId,
    /// Version of this schema.
    pub feature_schema_version: String,
    /// Version of the library.
    pub library_version: String,
    /// The preset used.
    pub preset: Preset,
    /// SHA-256 of the medium alone, 64 hexadecimal digits: of a file what every other tool gives, of samples and frames
    /// that of their values. Without a medium that of the text, else that of the cues. Null for live sound.
    pub content_sha256: Option<String>,
    /// SHA-256 of everything that was given: the medium, text and captions (a caption file that was found beside the
    /// medium included). Equal to `content_sha256` where there was but one of them. By it the store knows its work again.
    #[serde(default)]
    pub input_sha256: Option<String>,
    /// When it was first analysed: RFC 3339, UTC.
    pub created_at: String,
    /// When it was last analysed: RFC 3339, UTC.
    pub updated_at: String,
    /// What the host knows of the asset.
    #[serde(default)]
    pub meta: AssetMeta,
    /// The facts of the file.
    pub media: MediaInfo,
    /// Features by modality.
    pub modalities: Modalities,
    /// Why this payload is not in the store that it was meant for; never in a stored one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_error: Option<PayloadError>,
    /// The content score; null when there was nothing to score.
    pub score: Option<Score>,
}

/// Whether everything that the asset has was analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssetStatus {
    /// Yes.
    Complete,
    /// A modality that the asset has failed, or was cut short.
    Partial,
    /// Nothing could be analysed.
    Failed,
}

/// Features by modality: the four built-in ones, and the host's own under their own names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Modalities {
    /// Sound.
    pub audio: ModalityResult<AudioSummary>,
    /// Speech.
    pub voice: ModalityResult<VoiceSummary>,
    /// Words.
    pub text: ModalityResult<TextSummary>,
    /// Pictures.
    pub vision: ModalityResult<VisionSummary>,
    /// Modalities of the host's own extractors.
    #[serde(flatten)]
    pub custom: BTreeMap<String, ModalityResult<serde_json::Value>>,
}

impl Modalities {
    /// Whether analysing the same input once more, by the same version of the method, would find no more of a built-in
    /// modality: it is complete, or the input has nothing for it. What a build or a missing model could not do is not settled.
    #[must_use]
    pub fn is_settled(&self, modality: crate::Modality) -> bool {
        match modality {
            crate::Modality::Audio => self.audio.is_settled(),
            crate::Modality::Voice => self.voice.is_settled(),
            crate::Modality::Text => self.text.is_settled(),
            crate::Modality::Vision => self.vision.is_settled(),
        }
    }

    /// What became of a built-in modality, and the version of its method.
    #[must_use]
    pub fn state(&self, modality: crate::Modality) -> (ModalityStatus, &str) {
        match modality {
            crate::Modality::Audio => self.audio.state(),
            crate::Modality::Voice => self.voice.state(),
            crate::Modality::Text => self.text.state(),
            crate::Modality::Vision => self.vision.state(),
        }
    }
}

/// Reasons that lie in the input alone: what is absent is so for every build.
pub(crate) const NO_SOUND: &str = "the asset has no sound";
pub(crate) const NO_PICTURES: &str = "the asset has no pictures";

/// What became of one modality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModalityStatus {
    /// Analysed; `reason` says so when it was cut short.
    Complete,
    /// The asset has no such stream, or this build cannot; `reason` says how to get it.
    Unavailable,
    /// The asset has it, but it could not be analysed; `error` says why.
    Failed,
    /// It was not asked for.
    Skipped,
}

/// The result of one modality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModalityResult<S> {
    /// What became of it.
    pub status: ModalityStatus,
    /// Why it is unavailable or was cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Version of the method.
    pub model_version: String,
    /// When it began: RFC 3339, UTC; null when it did not.
    pub started_at: Option<String>,
    /// When it ended.
    pub completed_at: Option<String>,
    /// The features; null unless complete.
    pub summary: Option<S>,
    /// Where the frame-level features were stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vectors_uri: Option<String>,
    /// What failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<PayloadError>,
}

impl<S> ModalityResult<S> {
    /// What became of it, and the version of its method.
    pub(crate) fn state(&self) -> (ModalityStatus, &str) {
        (self.status, &self.model_version)
    }

    /// As [`Modalities::is_settled`].
    pub(crate) fn is_settled(&self) -> bool {
        let absent = [NO_SOUND, NO_PICTURES, crate::text::NO_WORDS];
        match self.status {
            ModalityStatus::Complete => true,
            ModalityStatus::Unavailable => self.reason.as_deref().is_some_and(|r| absent.contains(&r)),
            ModalityStatus::Failed | ModalityStatus::Skipped => false,
        }
    }

    /// Takes it out, as if it had not been asked for.
    pub(crate) fn skip(&mut self) {
        *self = Self {
            status: ModalityStatus::Skipped,
            reason: None,
            model_version: std::mem::take(&mut self.model_version),
            started_at: None,
            completed_at: None,
            summary: None,
            vectors_uri: None,
            error: None,
        };
    }
}

/// An [`Error`] as it is kept in a payload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PayloadError {
    /// The stable code, such as `DECODE_FAILED`.
    pub code: String,
    /// The message with its context.
    pub message: String,
    /// Whether trying again may help.
    pub retryable: bool,
}

impl From<&Error> for PayloadError {
    fn from(error: &Error) -> Self {
        Self {
            code: error.kind().code().to_owned(),
            message: error.to_string(),
            retryable: error.is_retryable(),
        }
    }
}

/// The content score of an asset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// The score, in [0, 100]; the contributions sum to it.
    pub viral: f64,
    /// 80 % interval of the score; null as long as it is uncalibrated.
    pub interval: Option<[f64; 2]>,
    /// What it is made of; the first entry is the `baseline`.
    pub contributions: Vec<Contribution>,
    /// Whether outcomes have been fed back. Without them the score is a documented prior, not a prediction.
    pub calibrated: bool,
    /// Version of the weights.
    pub model_version: String,
}

/// What one feature adds to the score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contribution {
    /// Path of the feature in the payload, such as `audio.loudness.integrated_lufs`; `baseline` for the constant.
    pub feature: String,
    /// The feature's value; null where it is missing, and then the contribution is 0.
    pub value: Option<f64>,
    /// Points it adds or takes.
    pub contribution: f64,
}
