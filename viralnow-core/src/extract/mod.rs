//! The extractor: what turns one decoded pass into features, and the inputs that all of them share, computed once.

mod activity;
mod erased;
mod pictures;
mod shared;
mod silero;
mod sound;

pub use activity::ActivitySource;
pub(crate) use activity::{Activity, Heard};
pub use erased::{AnyExtractor, Erased, ExtractorFactory, Wants};
pub use pictures::SharedPictures;
pub use shared::{ContentWindow, SharedAnalysis, SharedOutputs, Spectra};

use crate::media::{AudioBlock, Cue, Frame, MediaInfo};
use crate::{Preset, Result};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Frame-level features by name, such as `mfcc`.
pub type Vectors = BTreeMap<String, Matrix>;

/// Numbers over time: `rows` moments of `columns` values each.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Moments.
    pub rows: usize,
    /// Values per moment.
    pub columns: usize,
    /// Row by row; `f32::NAN` marks an undefined value.
    pub data: Vec<f32>,
    /// Presentation time of each row's centre, in seconds.
    pub times_s: Vec<f64>,
    /// The unit of the values, such as `Hz`, `dB` or `1`.
    pub unit: &'static str,
}

/// What an extractor gives at the end.
#[derive(Debug, Clone, PartialEq)]
pub struct Extracted<F> {
    /// The summary.
    pub features: F,
    /// Frame-level features.
    pub vectors: Vectors,
}

/// Sound as every extractor gets it.
#[derive(Debug, Clone, Copy)]
pub struct AudioInput<'a> {
    /// The stream's own rate and channels.
    pub native: AudioBlock<'a>,
    /// Mean of the channels at the stream's own rate, what is no number taken as silence; where a gap is filled, the
    /// silence that fills it.
    pub mono: &'a [f32],
    /// Mean of the channels at 16 kHz; blocks join without gap or overlap. Lags `native` by the resampler's delay.
    pub mono16k: &'a [f32],
    /// Number of the first sample of `mono16k` since the start of the stream.
    pub mono16k_start: u64,
    /// The short-time spectra that became complete with this block.
    pub spectra: Spectra<'a>,
}

/// A picture as every extractor gets it.
#[derive(Debug, Clone, Copy)]
pub struct FrameInput<'a> {
    /// The decoded picture; in preset `balanced` perhaps without deblocking, see
    /// [`DecodeRequest::deblock_unreferenced`](crate::media::DecodeRequest::deblock_unreferenced).
    pub frame: &'a Frame<'a>,
    /// The whole picture at analysis size: packed blue, green, red, longest side at most 256 pixels, as coded.
    pub small_bgr: &'a [u8],
    /// Columns of `small_bgr`.
    pub small_width: usize,
    /// Rows of `small_bgr`.
    pub small_height: usize,
    /// Whether the adaptive sampler (2 to 4 a second) picked this frame; work that is not for every frame waits for it.
    pub sampled: bool,
}

/// Turns one decoded pass into the features of one modality. Push style, so that one decode feeds all: `begin`, then
/// `audio`, `frame` and `cue` in presentation order, then `finish`.
///
/// A host's own modality implements this trait (or [`AnyExtractor`], when its features have no Rust type) and is given to
/// [`crate::Analyzer::extractor`]; it rides along in the payload under its own name.
///
/// ```
/// use std::sync::Arc;
/// use viralnow_core::extract::{AudioInput, Erased, Extracted, Extractor, SharedOutputs, Vectors, Wants};
/// use viralnow_core::media::RawAudio;
/// use viralnow_core::{AnalyzeOptions, Analyzer, Input, Modality, Result};
///
/// #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
/// struct Peak {
///     highest: f32,
/// }
///
/// struct PeakFinder(f32);
///
/// impl Extractor for PeakFinder {
///     type Features = Peak;
///     const MODALITY: &'static str = "peak";
///
///     fn version(&self) -> &str {
///         "peak-1"
///     }
///
///     fn wants(&self) -> Wants {
///         Wants { audio: true, ..Wants::default() }
///     }
///
///     fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
///         self.0 = input.native.samples.iter().fold(self.0, |peak, s| peak.max(s.abs()));
///         Ok(())
///     }
///
///     fn finish(&mut self, _: &SharedOutputs) -> Result<Extracted<Peak>> {
///         Ok(Extracted { features: Peak { highest: self.0 }, vectors: Vectors::new() })
///     }
/// }
///
/// let options = AnalyzeOptions { modalities: Some(vec![Modality::Audio]), ..AnalyzeOptions::default() };
/// let analyzer = Analyzer::new(options)?.extractor(Arc::new(|| Box::new(Erased(PeakFinder(0.0)))));
/// let sound = RawAudio { samples: vec![0.25; 16_000], sample_rate: 16_000, channels: 1 };
/// let payload = analyzer.analyze(Input::raw(Some(sound), None))?.payload;
/// assert_eq!(payload.modalities.custom["peak"].summary.as_ref().unwrap()["highest"], 0.25);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub trait Extractor: Send {
    /// The summary.
    type Features: Serialize + DeserializeOwned + JsonSchema;
    /// The modality's name in the payload: lower-case letters, digits and `_`.
    const MODALITY: &'static str;

    /// The version of the method, which stands beside its features in the payload and in the store. It names what ran: after
    /// `finish` it may be another than before. A host's extractor runs in every call, whatever is stored.
    fn version(&self) -> &str;

    /// What is to be delivered.
    fn wants(&self) -> Wants;

    /// Called once, before anything else.
    fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
        Ok(())
    }

    /// Sound.
    fn audio(&mut self, _input: &AudioInput<'_>) -> Result<()> {
        Ok(())
    }

    /// A picture.
    fn frame(&mut self, _input: &FrameInput<'_>) -> Result<()> {
        Ok(())
    }

    /// A caption, embedded or from a sidecar.
    fn cue(&mut self, _cue: &Cue) -> Result<()> {
        Ok(())
    }

    /// The end: sums up.
    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<Self::Features>>;
}

/// What every extractor is made with.
#[derive(Debug, Clone, Default)]
pub struct ExtractorConfig {
    /// How exact against how fast.
    pub preset: Preset,
    /// The language that the host names.
    pub language: Option<String>,
    /// The language of the text on screen, see [`crate::AnalyzeOptions::text_language`].
    pub text_language: Option<String>,
    /// The folder, or the name, of the model that recognises speech.
    pub speech_model: Option<String>,
    /// Threads that such a model may use; 0 is all cores.
    pub threads: usize,
    /// Whether nobody reads the frame-level features, so that an extractor may leave them out.
    pub summary_only: bool,
}
