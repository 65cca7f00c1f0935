//! ViralNow: short-form posts in, typed features and an explained score out.
//!
//! One call decodes a video, sound, picture or text once and gives a [`Payload`](features::Payload) of features by
//! modality (audio, voice, text, vision) and a score that explains itself.
//!
//! ```
//! let analysis = viralnow_core::analyze_text("Did you know 90% of people brush their teeth wrong? Here's why.")?;
//! let text = analysis.payload.modalities.text.summary.unwrap();
//! assert_eq!(text.language.as_deref(), Some("en"));
//! assert!(analysis.payload.score.unwrap().viral > 0.0);
//! # Ok::<(), viralnow_core::Error>(())
//! ```
//!
//! The modules stand in floors; each imports only from those above it in this list: `error asset limits config`,
//! `db dsp fork http imaging`, `monitor`, `media model`, `extract`, `audio voice text vision`, `features`, `score`,
//! `store`,
//! `pipeline report`, `clips`, `call`.

// Floor 1
mod asset;
mod config;
mod error;
mod limits;
// Floor 2
#[cfg(feature = "sqlite")]
pub(crate) mod db;
pub mod dsp;
pub(crate) mod fork;
#[cfg(feature = "http")]
pub(crate) mod http;
pub mod imaging;
// Floor 3
pub mod monitor;
// Floor 4
pub mod media;
pub mod model;
// Floor 5
pub mod extract;
// Floor 6
pub mod audio;
pub mod text;
pub mod vision;
pub mod voice;
// Floor 7
pub mod features;
// Floor 8
pub mod score;
// Floor 9
pub mod store;
// Floor 10
pub mod pipeline;
pub mod report;
// Floor 11
pub mod clips;
// Floor 12
pub mod call;

pub use asset::{AssetId, AssetMeta, CorrelationId, Modality, Platform};
pub use config::{AnalyzeOptions, Preset};
pub use error::{Error, ErrorKind, Result};
pub use limits::Limits;
pub use pipeline::{Analysis, Analyzer, Input, analyze, analyze_text};

/// The version of the library, the same in all four languages.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The README's Rust example is compiled with the tests.
#[cfg(all(doctest, feature = "video"))]
#[doc = include_str!("../../README.md")]
struct Readme;
