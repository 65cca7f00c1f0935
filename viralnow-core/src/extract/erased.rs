//! The object-safe form of an extractor, for modalities that the library does not know.

use super::{AudioInput, Extracted, Extractor, FrameInput, SharedOutputs};
use crate::media::{Cue, MediaInfo};
use crate::{Error, ErrorKind, Result};
use serde_json::Value;
use std::sync::Arc;

/// Which inputs an extractor is called with; what nobody wants is not computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wants {
    /// Sound.
    pub audio: bool,
    /// The shared short-time spectra (implies `audio`).
    pub spectra: bool,
    /// The frames that the sampler picked.
    pub sampled_frames: bool,
    /// Every frame (implies `sampled_frames`).
    pub every_frame: bool,
    /// Captions.
    pub cues: bool,
}

/// An [`Extractor`] whose features are JSON: what a host in Python, Node or C implements. See [`Extractor`] for the
/// order of calls.
///
/// ```
/// use serde_json::{Value, json};
/// use std::sync::Arc;
/// use viralnow_core::extract::{AnyExtractor, AudioInput, Extracted, FrameInput, SharedOutputs, Vectors, Wants};
/// use viralnow_core::media::{Cue, MediaInfo};
/// use viralnow_core::{AnalyzeOptions, Analyzer, Input, Result, pipeline::Captions};
///
/// /// A modality whose name is known at run time alone.
/// struct Counter(String, u64);
///
/// impl AnyExtractor for Counter {
///     fn modality(&self) -> &str {
///         &self.0
///     }
///     fn version(&self) -> &str {
///         "1"
///     }
///     fn wants(&self) -> Wants {
///         Wants { cues: true, ..Wants::default() }
///     }
///     fn begin(&mut self, _: &MediaInfo) -> Result<()> {
///         Ok(())
///     }
///     fn audio(&mut self, _: &AudioInput<'_>) -> Result<()> {
///         Ok(())
///     }
///     fn frame(&mut self, _: &FrameInput<'_>) -> Result<()> {
///         Ok(())
///     }
///     fn cue(&mut self, _: &Cue) -> Result<()> {
///         self.1 += 1;
///         Ok(())
///     }
///     fn finish(&mut self, _: &SharedOutputs) -> Result<Extracted<Value>> {
///         Ok(Extracted { features: json!({ "cues": self.1 }), vectors: Vectors::new() })
///     }
/// }
///
/// let analyzer = Analyzer::new(AnalyzeOptions::default())?
///     .extractor(Arc::new(|| Box::new(Counter("captions".to_owned(), 0))));
/// let captions = Captions::Text("00:00:01,000 --> 00:00:02,000\nYes.\n".to_owned());
/// let payload = analyzer.analyze(Input::text("A title.").with_captions(captions))?.payload;
/// assert_eq!(payload.modalities.custom["captions"].summary, Some(json!({ "cues": 1 })));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub trait AnyExtractor: Send {
    /// The modality's name in the payload: 1 to 64 lower-case letters, digits and `_`, none of the built-in ones.
    fn modality(&self) -> &str;
    /// The version of the method.
    fn version(&self) -> &str;
    /// What is to be delivered.
    fn wants(&self) -> Wants;
    /// Called once, before anything else.
    fn begin(&mut self, info: &MediaInfo) -> Result<()>;
    /// Sound.
    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()>;
    /// A picture.
    fn frame(&mut self, input: &FrameInput<'_>) -> Result<()>;
    /// A caption.
    fn cue(&mut self, cue: &Cue) -> Result<()>;
    /// The end: the summary, any JSON object.
    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<Value>>;
}

/// Makes a fresh extractor for each asset.
pub type ExtractorFactory = Arc<dyn Fn() -> Box<dyn AnyExtractor> + Send + Sync>;

/// Wraps a typed extractor as an [`AnyExtractor`].
#[derive(Debug)]
pub struct Erased<E>(pub E);

impl<E: Extractor> AnyExtractor for Erased<E> {
    fn modality(&self) -> &str {
        E::MODALITY
    }
    fn version(&self) -> &str {
        self.0.version()
    }
    fn wants(&self) -> Wants {
        self.0.wants()
    }
    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        self.0.begin(info)
    }
    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        self.0.audio(input)
    }
    fn frame(&mut self, input: &FrameInput<'_>) -> Result<()> {
        self.0.frame(input)
    }
    fn cue(&mut self, cue: &Cue) -> Result<()> {
        self.0.cue(cue)
    }
    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<Value>> {
        let Extracted { features, vectors } = self.0.finish(shared)?;
        let features = serde_json::to_value(features).map_err(|error| {
            Error::new(ErrorKind::HostFailed, "the extractor's features cannot be written as JSON")
                .with("modality", E::MODALITY)
                .caused_by(error)
        })?;
        Ok(Extracted { features, vectors })
    }
}
