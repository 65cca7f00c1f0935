//! An extractor written in JavaScript. Its hooks run on the JavaScript thread while the thread of the call waits: a
//! crossing costs some ten microseconds when the event loop is idle, and as long as the event loop is busy when it is not.

use crate::channel::Channel;
use napi::bindgen_prelude::{Float32Array, Float64Array, Object, Uint8Array};
use napi::{Env, Result as NapiResult};
use napi_derive::napi;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use viralnow_core::extract::{
    AnyExtractor, AudioInput, Extracted, ExtractorFactory, FrameInput, Matrix, SharedOutputs, Vectors, Wants,
};
use viralnow_core::media::{Cue, MediaInfo};
use viralnow_core::{Error, ErrorKind, Result};

/// What JavaScript says of one of its extractors.
#[napi(object, object_to_js = false)]
#[derive(Debug, Clone)]
pub struct HostExtractor {
    /// The modality's name in the payload.
    pub name: String,
    /// The version of the method.
    pub version: String,
    /// Whether there is a hook for sound.
    pub audio: bool,
    /// Whether sound comes with spectra.
    pub spectra: bool,
    /// Whether there is a hook for pictures.
    pub frame: bool,
    /// Whether it is called for every picture rather than the sampled ones.
    pub every_frame: bool,
    /// Whether pictures come at full size too.
    pub full_frames: bool,
    /// Whether there is a hook for captions.
    pub cue: bool,
}

/// One call of a hook.
pub struct HostCall {
    extractor: u32,
    instance: u32,
    hook: Hook,
}

enum Hook {
    Begin {
        info: String,
    },
    Audio {
        start_s: f64,
        sample_rate: u32,
        channels: u16,
        samples: Vec<f32>,
        mono16k: Vec<f32>,
        mono16k_start: u64,
        spectra: Option<(Vec<f32>, u64, usize)>,
    },
    Frame {
        index: u64,
        time_s: f64,
        duration_s: Option<f64>,
        sampled: bool,
        small_bgr: Vec<u8>,
        small_width: usize,
        small_height: usize,
        full: Option<viralnow_core::imaging::RgbImage>,
    },
    Cue(Cue),
    Finish {
        shared: SharedOutputs,
    },
}

/// What a hook gives back. Every field is absent but for `finish` and for an error.
#[napi(object, object_to_js = false)]
#[derive(Default)]
pub struct Reply {
    /// The text of what was thrown.
    pub error: Option<String>,
    /// The summary as JSON.
    pub summary: Option<String>,
    /// Frame-level features.
    pub vectors: Option<Vec<HostVectors>>,
}

/// Frame-level features from JavaScript.
#[napi(object, object_to_js = false)]
pub struct HostVectors {
    /// Such as `novelty`.
    pub name: String,
    /// Row by row.
    pub data: Float32Array,
    /// Values per row.
    pub columns: u32,
    /// One time for each row.
    pub times_s: Float64Array,
    /// Such as `Hz`.
    pub unit: String,
}

/// A factory that the core can call from any thread; the objects themselves stay in JavaScript and are known by number.
pub(crate) fn factory(extractor: u32, spec: HostExtractor, channel: Channel) -> ExtractorFactory {
    let instances = Arc::new(AtomicU32::new(0));
    Arc::new(move || {
        Box::new(Host {
            extractor,
            instance: instances.fetch_add(1, Ordering::Relaxed),
            spec: spec.clone(),
            channel: channel.clone(),
        })
    })
}

struct Host {
    extractor: u32,
    instance: u32,
    spec: HostExtractor,
    channel: Channel,
}

impl Host {
    fn call(&self, hook: Hook) -> Result<Reply> {
        let reply =
            self.channel.ask(HostCall { extractor: self.extractor, instance: self.instance, hook })?;
        match reply.error {
            None => Ok(reply),
            Some(error) => Err(Error::new(ErrorKind::HostFailed, error).with("extractor", &self.spec.name)),
        }
    }
}

impl AnyExtractor for Host {
    fn modality(&self) -> &str {
        &self.spec.name
    }

    fn version(&self) -> &str {
        &self.spec.version
    }

    fn wants(&self) -> Wants {
        Wants {
            audio: self.spec.audio,
            spectra: self.spec.audio && self.spec.spectra,
            sampled_frames: self.spec.frame,
            every_frame: self.spec.frame && self.spec.every_frame,
            cues: self.spec.cue,
        }
    }

    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        let info = crate::error::to_json(info)?;
        self.call(Hook::Begin { info }).map(drop)
    }

    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        if !self.spec.audio {
            return Ok(());
        }
        let spectra = self.spec.spectra.then(|| {
            (input.spectra.magnitudes.to_vec(), input.spectra.first, viralnow_core::extract::Spectra::BINS)
        });
        self.call(Hook::Audio {
            start_s: input.native.start_s,
            sample_rate: input.native.sample_rate,
            channels: input.native.channels,
            samples: input.native.samples.to_vec(),
            mono16k: input.mono16k.to_vec(),
            mono16k_start: input.mono16k_start,
            spectra,
        })
        .map(drop)
    }

    fn frame(&mut self, input: &FrameInput<'_>) -> Result<()> {
        if !self.spec.frame || !(input.sampled || self.spec.every_frame) {
            return Ok(());
        }
        self.call(Hook::Frame {
            index: input.frame.index,
            time_s: input.frame.time_s,
            duration_s: input.frame.duration_s,
            sampled: input.sampled,
            small_bgr: input.small_bgr.to_vec(),
            small_width: input.small_width,
            small_height: input.small_height,
            full: self.spec.full_frames.then(|| input.frame.to_rgb()),
        })
        .map(drop)
    }

    fn cue(&mut self, cue: &Cue) -> Result<()> {
        if !self.spec.cue {
            return Ok(());
        }
        self.call(Hook::Cue(cue.clone())).map(drop)
    }

    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<serde_json::Value>> {
        let reply = self.call(Hook::Finish { shared: shared.clone() })?;
        let wrong =
            |message: &str| Error::new(ErrorKind::HostFailed, message).with("extractor", &self.spec.name);
        let summary =
            reply.summary.ok_or_else(|| wrong("finish() gave no summary; return a plain object"))?;
        let features: serde_json::Value = serde_json::from_str(&summary)
            .map_err(|error| wrong("the summary of finish() cannot be read back as JSON").caused_by(error))?;
        if !features.is_object() {
            return Err(wrong("finish() must return a plain object"));
        }
        let mut vectors = Vectors::new();
        for given in reply.vectors.unwrap_or_default() {
            let (columns, rows) = (given.columns as usize, given.times_s.len());
            if columns == 0 || rows.checked_mul(columns) != Some(given.data.len()) {
                return Err(wrong("vectors() must give columns x timesS.length values")
                    .with("vectors", &given.name)
                    .with("values", given.data.len()));
            }
            if !given.times_s.iter().all(|time| time.is_finite()) {
                return Err(wrong("vectors() must give finite times").with("vectors", &given.name));
            }
            let matrix = Matrix {
                rows,
                columns,
                data: given.data.to_vec(),
                times_s: given.times_s.to_vec(),
                unit: unit(given.unit)?,
            };
            vectors.insert(given.name, matrix);
        }
        Ok(Extracted { features, vectors })
    }
}

/// The core's units are static texts; those of a host are kept for the life of the process, each once, 1,000 at most.
fn unit(unit: String) -> Result<&'static str> {
    static UNITS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut units = UNITS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = units.get(unit.as_str()) {
        return Ok(known);
    }
    if units.len() >= 1000 || unit.len() > 64 {
        return Err(Error::new(
            ErrorKind::HostFailed,
            "too many or too long units; name the unit only, such as `Hz`",
        )
        .with("bytes", unit.len()));
    }
    let kept: &'static str = unit.leak();
    units.insert(kept);
    Ok(kept)
}

impl HostCall {
    /// Writes the call into the message that JavaScript gets; runs on the JavaScript thread.
    pub(crate) fn write(self, env: Env, message: &mut Object<'_>) -> NapiResult<()> {
        message.set("extractor", self.extractor)?;
        message.set("instance", self.instance)?;
        let mut input = Object::new(&env)?;
        let hook = match self.hook {
            Hook::Begin { info } => {
                message.set("json", info)?;
                "begin"
            }
            Hook::Audio { start_s, sample_rate, channels, samples, mono16k, mono16k_start, spectra } => {
                input.set("startS", start_s)?;
                input.set("sampleRate", sample_rate)?;
                input.set("channels", u32::from(channels))?;
                input.set("samples", Float32Array::new(samples))?;
                input.set("mono16k", Float32Array::new(mono16k))?;
                input.set("mono16kStart", mono16k_start as f64)?;
                if let Some((magnitudes, first, bins)) = spectra {
                    let mut object = Object::new(&env)?;
                    object.set("magnitudes", Float32Array::new(magnitudes))?;
                    object.set("first", first as f64)?;
                    object.set("bins", bins as u32)?;
                    input.set("spectra", object)?;
                }
                "audio"
            }
            Hook::Frame {
                index,
                time_s,
                duration_s,
                sampled,
                small_bgr,
                small_width,
                small_height,
                full,
            } => {
                input.set("index", index as f64)?;
                input.set("timeS", time_s)?;
                input.set("durationS", duration_s)?;
                input.set("sampled", sampled)?;
                let mut small = Object::new(&env)?;
                small.set("bgr", Uint8Array::new(small_bgr))?;
                small.set("width", small_width as u32)?;
                small.set("height", small_height as u32)?;
                input.set("small", small)?;
                if let Some(image) = full {
                    let mut object = Object::new(&env)?;
                    object.set("rgb", Uint8Array::new(image.data))?;
                    object.set("width", image.width as u32)?;
                    object.set("height", image.height as u32)?;
                    input.set("full", object)?;
                }
                "frame"
            }
            Hook::Cue(cue) => {
                input.set("startS", cue.start_s)?;
                input.set("endS", cue.end_s)?;
                input.set("text", cue.text)?;
                "cue"
            }
            Hook::Finish { shared } => {
                input.set("durationS", shared.duration_s)?;
                input.set("audioStartS", shared.audio_start_s)?;
                input.set("audioS", shared.audio_s)?;
                let speech: Vec<Vec<f64>> =
                    shared.speech.iter().map(|&(start, end)| vec![start, end]).collect();
                input.set("speech", speech)?;
                input.set("framesDecoded", shared.frames.0 as f64)?;
                input.set("framesSampled", shared.frames.1 as f64)?;
                "finish"
            }
        };
        message.set("hook", hook)?;
        message.set("input", input)
    }
}
