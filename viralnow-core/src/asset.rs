//! What an asset is called, where it comes from, and which kinds of features it has.

use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Names one asset (a post, a file, a text). Given by the host, or derived from the content: the first 32 hexadecimal
/// digits of its SHA-256, so that the same bytes have the same id everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct AssetId(String);

/// Ties every span, event, row and log line of one job together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct CorrelationId(String);

macro_rules! id {
    ($name:ident, $what:literal) => {
        impl $name {
            /// Checks a host's own id: 1 to 200 bytes without control characters.
            pub fn new(id: impl Into<String>) -> Result<Self> {
                let id = id.into();
                if id.is_empty() || id.len() > 200 || id.chars().any(char::is_control) {
                    return Err(Error::new(
                        ErrorKind::InvalidInput,
                        concat!($what, " must have 1 to 200 bytes and no control characters"),
                    )
                    .with("bytes", id.len()));
                }
                Ok(Self(id))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;
            fn try_from(id: String) -> Result<Self> {
                Self::new(id)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}
id!(AssetId, "an asset id");
id!(CorrelationId, "a correlation id");

impl AssetId {
    /// The id of this content: the first 32 hexadecimal digits of a SHA-256 digest.
    #[must_use]
    pub fn from_digest(digest: &[u8; 32]) -> Self {
        Self(hex(&digest[..16]))
    }
}

impl CorrelationId {
    /// A new id that sorts by time (UUID version 7).
    #[must_use]
    pub fn generate() -> Self {
        Self(uuid::Uuid::now_v7().to_string())
    }
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The built-in kinds of features. A host's own extractor has a name of its own and rides along under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Spectrum, loudness, rhythm, key.
    Audio,
    /// Speech: activity, pitch, rates, speakers.
    Voice,
    /// Words: given, captions or recognised speech.
    Text,
    /// Pictures: shots, motion, faces, text on screen.
    Vision,
}

impl Modality {
    /// All four, in the payload's order.
    pub const ALL: [Modality; 4] = [Modality::Audio, Modality::Voice, Modality::Text, Modality::Vision];

    /// The name in the payload.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Text => "text",
            Self::Vision => "vision",
        }
    }
}

impl fmt::Display for Modality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Modality {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == name).ok_or_else(|| {
            Error::new(ErrorKind::InvalidConfig, "no such modality; there are audio, voice, text and vision")
                .with("modality", name)
        })
    }
}

/// Where a post was published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// `YouTube`, Shorts included.
    Youtube,
    /// `TikTok`.
    Tiktok,
    /// Instagram, Reels included.
    Instagram,
    /// X.
    X,
    /// Anywhere else, or unknown.
    Other,
}

impl std::str::FromStr for Platform {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        serde_json::from_value(name.into()).map_err(|_| {
            Error::new(
                ErrorKind::InvalidConfig,
                "no such platform; there are youtube, tiktok, instagram, x and other",
            )
            .with("platform", name)
        })
    }
}

/// What the host knows of an asset beside its content; stored with it, never interpreted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AssetMeta {
    /// The host's user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Where it was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The post's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

impl AssetMeta {
    /// The same, with what it leaves open taken from what was known before.
    #[must_use]
    pub fn or(self, known: &Self) -> Self {
        Self {
            user_id: self.user_id.or_else(|| known.user_id.clone()),
            platform: self.platform.or(known.platform),
            source_url: self.source_url.or_else(|| known.source_url.clone()),
        }
    }
}
