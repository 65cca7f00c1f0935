//! One call and a batch.

use crate::channel::{Channel, Message, Receiver};
use crate::error::{caught, describe, guard, throw};
use crate::extract::{HostExtractor, factory};
use crate::monitor::MemoryMonitor;
use crate::store::Store;
use crate::threads;
use napi::Env;
use napi::bindgen_prelude::{Float32Array, Float64Array, ObjectFinalize, Uint8Array};
use napi_derive::napi;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use viralnow_core::extract::Matrix;
use viralnow_core::features::{Payload, flat_row, flat_row_json};
use viralnow_core::media::{MediaInput, RawAudio, RawFrames};
use viralnow_core::monitor::CancelToken;
use viralnow_core::pipeline::Captions;
use viralnow_core::{
    AnalyzeOptions, Analyzer, AssetId, CorrelationId, Error, ErrorKind, Input, Result, report,
};

/// One asset as JavaScript gives it; at most one of `path`, `bytes` and (`audio`, `frames`).
#[napi(object, object_to_js = false)]
pub struct Source {
    /// A local file.
    pub path: Option<String>,
    /// The content of a file; copied, because JavaScript may change it meanwhile.
    pub bytes: Option<Uint8Array>,
    /// Samples.
    pub audio: Option<SourceAudio>,
    /// Pictures.
    pub frames: Option<SourceFrames>,
    /// Text written with it.
    pub text: Option<String>,
    /// A `.srt` or `.vtt` file.
    pub captions_path: Option<String>,
    /// The content of one.
    pub captions_text: Option<String>,
}

/// Interleaved samples.
#[napi(object, object_to_js = false)]
pub struct SourceAudio {
    /// Nominally in [-1, 1].
    pub samples: Float32Array,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// How many are interleaved.
    pub channels: u32,
}

/// RGB pictures with their times.
#[napi(object, object_to_js = false)]
pub struct SourceFrames {
    /// Frame after frame, row after row.
    pub rgb: Uint8Array,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// One time for each frame, in seconds, rising.
    pub times_s: Float64Array,
}

impl Source {
    fn into_input(self) -> Result<Input> {
        let media = if let Some(path) = self.path {
            Some(MediaInput::Path(path.into()))
        } else if let Some(bytes) = self.bytes {
            Some(MediaInput::Bytes(bytes.as_ref().into()))
        } else if self.audio.is_some() || self.frames.is_some() {
            Some(MediaInput::Raw {
                audio: self.audio.map(SourceAudio::into_raw).transpose()?,
                frames: self.frames.map(SourceFrames::into_raw),
            })
        } else {
            None
        };
        let captions = match (self.captions_path, self.captions_text) {
            (Some(path), _) => Some(Captions::Path(path.into())),
            (None, Some(text)) => Some(Captions::Text(text)),
            (None, None) => None,
        };
        Ok(Input { media, text: self.text, captions })
    }
}

impl SourceAudio {
    fn into_raw(self) -> Result<RawAudio> {
        let channels = u16::try_from(self.channels).map_err(|_| {
            Error::new(ErrorKind::InvalidInput, "audio.channels must be 1 to 65535")
                .with("channels", self.channels)
        })?;
        Ok(RawAudio { samples: self.samples.to_vec(), sample_rate: self.sample_rate, channels })
    }
}

impl SourceFrames {
    fn into_raw(self) -> RawFrames {
        RawFrames {
            width: self.width as usize,
            height: self.height as usize,
            rgb: self.rgb.to_vec(),
            times_s: self.times_s.to_vec(),
        }
    }
}

/// What goes with a call beside its sources.
#[napi(object, object_to_js = false)]
pub struct Setting {
    /// `fast`, `balanced` or `reference`.
    pub preset: Option<String>,
    /// Names of the modalities to compute; absent is all.
    pub modalities: Option<Vec<String>>,
    /// Threads of the decoder, or assets at a time in a batch; 0 is all cores.
    pub threads: Option<u32>,
    /// Fields of [`viralnow_core::Limits`] as JSON.
    pub limits: Option<String>,
    /// ISO 639-1 code.
    pub language: Option<String>,
    /// A folder, or the name of a known model.
    pub speech_model: Option<String>,
    /// The host's name of the asset.
    pub asset_id: Option<String>,
    /// The host's name of the job.
    pub correlation_id: Option<String>,
    /// Fields of [`viralnow_core::AssetMeta`] as JSON.
    pub meta: Option<String>,
    /// JavaScript's extractors.
    pub extractors: Vec<HostExtractor>,
    /// Whether somebody listens to progress.
    pub progress: bool,
    /// Seconds for each item of a batch.
    pub timeout_s: Option<f64>,
    /// Whether frame-level features are kept; absent is yes.
    pub keep_vectors: Option<bool>,
}

impl Setting {
    fn options(&self) -> Result<AnalyzeOptions> {
        Ok(AnalyzeOptions {
            preset: self.preset.as_deref().map(str::parse).transpose()?.unwrap_or_default(),
            modalities: self
                .modalities
                .as_ref()
                .map(|names| names.iter().map(|name| name.parse()).collect::<Result<_>>())
                .transpose()?,
            threads: self.threads.unwrap_or(0) as usize,
            limits: fields("limits", self.limits.as_deref())?,
            language: self.language.clone(),
            speech_model: self.speech_model.clone(),
            asset_id: self.asset_id.clone().map(AssetId::new).transpose()?,
            correlation_id: self.correlation_id.clone().map(CorrelationId::new).transpose()?,
            meta: fields("meta", self.meta.as_deref())?,
            keep_vectors: self.keep_vectors.unwrap_or(true),
        })
    }
}

/// The default with these fields changed.
fn fields<T: Default + DeserializeOwned>(option: &'static str, json: Option<&str>) -> Result<T> {
    let Some(json) = json else { return Ok(T::default()) };
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        // Where it stands in our own JSON says nothing to the host.
        let why = text.split(" at line ").next().unwrap_or_default();
        Error::new(ErrorKind::InvalidConfig, format!("{option} has a field of the wrong type: {why}"))
    })
}

/// A call that is going on.
#[napi]
pub struct Call {
    id: u64,
    cancel: CancelToken,
}

#[napi]
impl Call {
    /// Asks the call to stop; its end is told through the channel, as always.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.cancel.cancel();
        threads::hurry(self.id);
    }
}

/// Starts the analysis of one source. The receiver gets progress, hooks and the end.
#[napi(catch_unwind)]
pub fn analyze(
    source: Source,
    setting: Setting,
    store: Option<&Store>,
    monitor: Option<&MemoryMonitor>,
    receiver: Receiver<'_>,
) -> napi::Result<Call> {
    let (analyzer, channel, cancel) = prepare(&setting, store, monitor, &receiver)?;
    let input = guard(|| source.into_input())?;
    begin(cancel, move || {
        let result = caught(|| analyzer.analyze(input)).map(Arc::new);
        // The analyzer's observers hold the channel too; the message must be the last.
        drop(analyzer);
        channel.tell(Message::One(result));
    })
}

/// Starts the analysis of many sources.
#[napi(catch_unwind)]
pub fn analyze_many(
    sources: Vec<Source>,
    setting: Setting,
    store: Option<&Store>,
    monitor: Option<&MemoryMonitor>,
    receiver: Receiver<'_>,
) -> napi::Result<Call> {
    let (analyzer, channel, cancel) = prepare(&setting, store, monitor, &receiver)?;
    let inputs = guard(|| sources.into_iter().map(Source::into_input).collect::<Result<Vec<_>>>())?;
    let timeout_s = setting.timeout_s;
    begin(cancel, move || {
        let result = caught(|| analyzer.analyze_many(inputs, timeout_s))
            .map(|items| items.into_iter().map(|item| item.map(Arc::new)).collect());
        drop(analyzer);
        channel.tell(Message::Many(result));
    })
}

pub(crate) fn prepare(
    setting: &Setting,
    store: Option<&Store>,
    monitor: Option<&MemoryMonitor>,
    receiver: &Receiver<'_>,
) -> napi::Result<(Analyzer, Channel, CancelToken)> {
    let cancel = CancelToken::default();
    let channel = Channel::new(receiver, cancel.clone(), setting.progress)?;
    let analyzer = guard(|| {
        let mut analyzer = Analyzer::new(setting.options()?)?
            .cancel_token(cancel.clone())
            .observer(Arc::new(channel.clone()));
        if let Some(store) = store {
            analyzer = analyzer.store(store.shared()?);
        }
        if let Some(monitor) = monitor {
            analyzer = analyzer.monitor(monitor.shared());
        }
        for (number, spec) in (0..).zip(&setting.extractors) {
            analyzer = analyzer.extractor(factory(number, spec.clone(), channel.clone()));
        }
        Ok(analyzer)
    })?;
    Ok((analyzer, channel, cancel))
}

pub(crate) fn begin(cancel: CancelToken, work: impl FnOnce() + Send + 'static) -> napi::Result<Call> {
    let id = threads::run(Box::new(work)).map_err(throw)?;
    Ok(Call { id, cancel })
}

/// The result of an analysis, kept on our side; JavaScript fetches of it what it wants.
#[napi(custom_finalize)]
pub struct Analysis {
    analysis: Arc<viralnow_core::Analysis>,
}

impl ObjectFinalize for Analysis {
    fn finalize(self, env: Env) -> napi::Result<()> {
        env.adjust_external_memory(-held(&self.analysis)).map(drop)
    }
}

/// Bytes that an analysis holds outside of V8's heap, nearly: V8 collects late what it takes for small.
fn held(analysis: &viralnow_core::Analysis) -> i64 {
    let matrices = analysis.vectors.values().flat_map(|vectors| vectors.values());
    matrices.map(|m| 4 * m.data.len() + 8 * m.times_s.len()).sum::<usize>() as i64
}

/// Frame-level features.
#[napi(object, object_from_js = false)]
pub struct VectorsOut {
    /// Row by row.
    pub data: Float32Array,
    /// Moments.
    pub rows: u32,
    /// Values per moment.
    pub columns: u32,
    /// One time for each row.
    pub times_s: Float64Array,
    /// Such as `Hz`.
    pub unit: String,
}

impl From<Matrix> for VectorsOut {
    fn from(matrix: Matrix) -> Self {
        Self {
            data: Float32Array::new(matrix.data),
            rows: matrix.rows as u32,
            columns: matrix.columns as u32,
            times_s: Float64Array::new(matrix.times_s),
            unit: matrix.unit.to_owned(),
        }
    }
}

impl Analysis {
    /// To be handed to JavaScript, which is told what it weighs.
    pub(crate) fn new(analysis: Arc<viralnow_core::Analysis>, env: Env) -> napi::Result<Self> {
        env.adjust_external_memory(held(&analysis))?;
        Ok(Self { analysis })
    }

    /// Of a payload that a store gave; it has no vectors, so it weighs nothing.
    pub(crate) fn stored(payload: Payload) -> Self {
        Self { analysis: Arc::new(viralnow_core::Analysis { payload, vectors: BTreeMap::new() }) }
    }

    pub(crate) fn shared(&self) -> Arc<viralnow_core::Analysis> {
        self.analysis.clone()
    }
}

#[napi]
impl Analysis {
    /// The payload as JSON.
    #[napi(catch_unwind)]
    pub fn json(&self) -> napi::Result<String> {
        guard(|| Ok(self.analysis.to_json()))
    }

    /// Frame-level features of this name.
    #[napi(catch_unwind)]
    pub fn vectors(&self, modality: String, name: String) -> napi::Result<VectorsOut> {
        guard(|| Ok(self.analysis.vectors(&modality, &name)?.clone().into()))
    }

    /// Modality and name of all frame-level features.
    #[napi(catch_unwind)]
    pub fn vector_names(&self) -> Vec<Vec<String>> {
        let all = self.analysis.vectors.iter();
        all.flat_map(|(modality, vectors)| vectors.keys().map(|name| vec![modality.clone(), name.clone()]))
            .collect()
    }

    /// The readable report.
    #[napi(catch_unwind)]
    pub fn report(&self, columns: u32) -> napi::Result<String> {
        guard(|| Ok(report::text(&self.analysis.payload, columns as usize)))
    }

    /// What happens when, as SVG.
    #[napi(catch_unwind)]
    pub fn timeline(&self) -> napi::Result<Option<String>> {
        guard(|| Ok(self.analysis.timeline()))
    }

    /// The report as an HTML fragment.
    #[napi(catch_unwind)]
    pub fn html(&self) -> napi::Result<String> {
        guard(|| Ok(self.analysis.html()))
    }

    /// The flat row as JSON.
    #[napi(catch_unwind)]
    pub fn row(&self) -> napi::Result<String> {
        guard(|| Ok(flat_row_json(&flat_row(Ok(&self.analysis.payload)))))
    }
}

/// One entry of a batch: an analysis, or an error and its flat row.
#[napi(object, object_from_js = false)]
pub struct Item {
    /// The result.
    pub analysis: Option<Analysis>,
    /// The error as JSON.
    pub error: Option<String>,
    /// The flat row of the error as JSON.
    pub row: Option<String>,
}

impl Item {
    pub(crate) fn new(item: Result<Arc<viralnow_core::Analysis>>, env: Env) -> napi::Result<Self> {
        Ok(match item {
            Ok(analysis) => Self { analysis: Some(Analysis::new(analysis, env)?), error: None, row: None },
            Err(error) => Self {
                analysis: None,
                row: caught(|| Ok(flat_row_json(&flat_row(Err(&error))))).ok(),
                error: Some(describe(&error)),
            },
        })
    }
}

/// The flat row of an asset that ended with an error of this code and text, as JSON.
#[napi(catch_unwind)]
pub fn error_row(code: String, message: String) -> napi::Result<String> {
    let kind = ErrorKind::ALL.iter().copied().find(|kind| kind.code() == code);
    let error = Error::new(kind.unwrap_or(ErrorKind::Internal), message);
    guard(|| Ok(flat_row_json(&flat_row(Err(&error)))))
}
