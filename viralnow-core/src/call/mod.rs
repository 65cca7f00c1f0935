//! The features of sound, pictures and words, and what is done with clips, as functions by name: what the languages other than Rust call.
//!
//! A function takes samples and its settings as JSON, under the names that librosa has, where it has the function, and gives plain data and
//! arrays over time. Rust programs call [`crate::audio`], [`crate::voice`], [`crate::vision`], [`crate::imaging`], [`crate::text`] and [`crate::clips`] themselves; the names here are theirs.

mod audio;
mod clips;
mod clips_sources;
mod clips_store;
mod detector;
mod embed;
mod engines;
mod models;
mod monitor;
mod monitoring;
mod mounted;
mod params;
mod score;
mod stream;
mod text;
mod transcribe;
mod vision;
mod voice;

pub use stream::{SoundStream, stream_functions};

use crate::extract::{Matrix, Vectors};
use crate::monitor::{CancelToken, MonitorSystem, Monitoring, Observer};
use crate::{Error, ErrorKind, Result};
use params::Params;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Samples of the host.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// Interleaved samples, nominally in [-1, 1]. For the functions on features: row after row.
    pub samples: &'a [f32],
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Channels. Functions that want one get the mean of them.
    pub channels: u16,
}

/// A picture of the host: rows without gaps, 8 bits a sample.
#[derive(Debug, Clone, Copy)]
pub struct Pixels<'a> {
    /// `width * height * channels` samples, row after row.
    pub data: &'a [u8],
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// 1 for gray, 3 for RGB, 4 for RGBA, whose transparency is left out.
    pub channels: u8,
}

/// What a function gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Called {
    /// Plain data; null where there are only arrays.
    pub value: Value,
    /// Arrays over time, or over the rows of a picture, by name.
    pub vectors: Vectors,
    /// The bytes of a file: a PNG, a table.
    pub file: Option<Vec<u8>>,
}

impl Called {
    fn value(value: &impl serde::Serialize) -> Result<Self> {
        let value = serde_json::to_value(value).map_err(|error| {
            Error::new(ErrorKind::Internal, "the result cannot be written as JSON").caused_by(error)
        })?;
        Ok(Self { value, ..Self::default() })
    }

    fn matrix(name: &str, matrix: Matrix) -> Self {
        Self { vectors: Vectors::from([(name.to_owned(), matrix)]), ..Self::default() }
    }

    fn with(mut self, name: &str, matrix: Matrix) -> Self {
        self.vectors.insert(name.to_owned(), matrix);
        self
    }
}

/// Refuses samples that are no numbers, or damage: the same for every function.
fn finite(sound: &Samples<'_>) -> Result<()> {
    crate::audio::check_samples(sound.samples, sound.sample_rate)
}

/// One channel of them: the mean.
fn mono<'a>(sound: &Samples<'a>) -> Result<std::borrow::Cow<'a, [f32]>> {
    finite(sound)?;
    if sound.channels == 1 {
        return Ok(sound.samples.into());
    }
    crate::audio::to_mono(sound.samples, sound.channels).map(Into::into)
}

/// Calls a function by its name, such as `audio.mfcc` or `voice.pitch`; [`functions`] names all.
///
/// Fails with `INVALID_INPUT` without samples and for samples that are no numbers or beyond ±1e6, with `NOT_FOUND` for a name that there is not, with `INVALID_CONFIG` for a setting that the function does not have
/// or that has a wrong type, and as the function itself fails.
///
/// ```
/// use serde_json::json;
/// use viralnow_core::call::{Samples, call};
/// let y: Vec<f32> = (0..16_000).map(|i| (i as f32 * 0.1).sin()).collect();
/// let sound = Samples { samples: &y, sample_rate: 16_000, channels: 1 };
/// let settings = json!({ "n_mfcc": 13 });
/// let mfcc = &call("audio.mfcc", sound, settings.as_object().unwrap())?.vectors["mfcc"];
/// assert_eq!((mfcc.rows, mfcc.columns), (32, 13));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn call(name: &str, sound: Samples<'_>, settings: &Map<String, Value>) -> Result<Called> {
    call_watched(name, sound, settings, &CancelToken::default(), None)
}

/// As [`call`]; the token stops a call that takes long, such as `text.transcribe`, and the observer, which may stop it too, hears
/// how far it is.
pub fn call_watched(
    name: &str,
    sound: Samples<'_>,
    settings: &Map<String, Value>,
    cancel: &CancelToken,
    observer: Option<Arc<dyn Observer>>,
) -> Result<Called> {
    let function = find(name, table())?;
    function(&sound, &mut Params::new(settings).watched(cancel, observer))
}

/// Calls a function on pictures by its name, such as `vision.phash`; [`picture_functions`] names all. Fails as [`call`] does.
///
/// ```
/// use viralnow_core::call::{Pixels, call_pictures};
/// let gray = Pixels { data: &[0, 80, 160, 240].repeat(64), width: 16, height: 16, channels: 1 };
/// let hash = call_pictures("vision.dhash", &[gray], &Default::default())?.value;
/// assert_eq!(hash.as_str().unwrap().len(), 16);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn call_pictures(name: &str, pictures: &[Pixels<'_>], settings: &Map<String, Value>) -> Result<Called> {
    let function = find(name, vision::PICTURES.iter().copied())?;
    function(pictures, &mut Params::new(settings))
}

/// Calls a function by its name that takes nothing but its settings, among them the path of a file, such as
/// `vision.detect_shots`; [`plain_functions`] names all. Fails as [`call`] does.
///
/// ```
/// use serde_json::json;
/// use viralnow_core::call::call_plain;
/// let settings = json!({ "url": "https://youtu.be/abc?t=1" });
/// assert_eq!(call_plain("clips.canonical_url", settings.as_object().unwrap())?.value, "youtube:abc");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn call_plain(name: &str, settings: &Map<String, Value>) -> Result<Called> {
    call_plain_watched(name, settings, &CancelToken::default(), None)
}

/// As [`call_plain`]; the token stops a call that waits for others, such as `clips.fetch`, which then gives what it has, and
/// the observer, which may stop it too, hears how far a call is that takes long, such as `models.pull`.
pub fn call_plain_watched(
    name: &str,
    settings: &Map<String, Value>,
    cancel: &CancelToken,
    observer: Option<Arc<dyn Observer>>,
) -> Result<Called> {
    let function = find(name, plain_table())?;
    function(&mut Params::new(settings).watched(cancel, observer))
}

/// Calls one of the functions of monitoring, such as `monitor.query`, for this monitor and not for the global one. Fails as [`call`] does.
///
/// ```
/// use serde_json::{Map, json};
/// use viralnow_core::call::{call_monitor, monitor_from};
/// let monitor = monitor_from(json!({ "level": "full" }).as_object().unwrap())?;
/// assert_eq!(call_monitor(&monitor, "monitor.status", &Map::new())?.value["state"], "idle");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn call_monitor(monitor: &MonitorSystem, name: &str, settings: &Map<String, Value>) -> Result<Called> {
    let function = find(name, monitor::PLAIN.iter().copied())?;
    function(&mut Params::new(settings).of(monitor))
}

/// A monitor of the settings that `monitor.start` takes: `path`, `detail_days`, `summary_days`, `level`, `adaptive`, `ring_capacity`,
/// `max_memory`, `flush_interval_s`, `threshold_multiplier`, `error_rate`. It is not the global one.
pub fn monitor_from(settings: &Map<String, Value>) -> Result<MonitorSystem> {
    monitor::made(&mut Params::new(settings))
}

/// A monitor with what a file of settings brings along (log, log file, alerts, dashboard, redaction), of the settings that
/// `monitor.start_with` takes: `config` (the file's path, which is read again when it changes, or its object), `over` (what goes before it),
/// `level`, `adaptive`, `redact`, `block_s`. It is not the global one.
///
/// ```
/// use serde_json::{Map, json};
/// use viralnow_core::call::{call_monitoring, monitoring_from};
/// let config = json!({ "database_path": "", "log_file_path": "", "alerts": [{ "name": "errors", "condition": "error_rate()", "threshold": 0.1 }] });
/// let monitoring = monitoring_from(json!({ "config": config }).as_object().unwrap())?;
/// assert_eq!(call_monitoring(&monitoring, "monitor.alerts", &Map::new())?.value["states"][0]["name"], "errors");
/// assert_eq!(call_monitoring(&monitoring, "monitor.status", &Map::new())?.value["calls"], 0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn monitoring_from(settings: &Map<String, Value>) -> Result<Monitoring> {
    monitoring::made(&mut Params::new(settings))
}

/// As [`call_monitor`], also those of what the settings brought along: `monitor.alerts`, `monitor.alert_trial`, `monitor.config`,
/// `monitor.dashboard`. Fails as [`call`] does.
pub fn call_monitoring(monitoring: &Monitoring, name: &str, settings: &Map<String, Value>) -> Result<Called> {
    let function = find(name, monitor::PLAIN.iter().chain(monitoring::PLAIN).copied())?;
    function(&mut Params::new(settings).of_configured(monitoring))
}

/// What this name calls.
fn find<F>(name: &str, table: impl Iterator<Item = (&'static str, F)>) -> Result<F> {
    let mut names = Vec::new();
    for (known, function) in table {
        if known == name {
            return Ok(function);
        }
        names.push(known);
    }
    Err(Error::new(ErrorKind::NotFound, "there is no such function")
        .with("name", name)
        .with("there_are", sorted(names).join(" ")))
}

/// The names of all functions on sound, sorted.
#[must_use]
pub fn functions() -> Vec<&'static str> {
    sorted(table().map(|(name, _)| name).collect())
}

/// The names of all functions on pictures, sorted.
#[must_use]
pub fn picture_functions() -> Vec<&'static str> {
    sorted(vision::PICTURES.iter().map(|(name, _)| *name).collect())
}

/// The names of all functions that take nothing but settings, sorted.
#[must_use]
pub fn plain_functions() -> Vec<&'static str> {
    sorted(plain_table().map(|(name, _)| name).collect())
}

fn sorted(mut names: Vec<&'static str>) -> Vec<&'static str> {
    names.sort_unstable();
    names
}

/// A name and what it calls.
type Entry = (&'static str, fn(&Samples<'_>, &mut Params<'_>) -> Result<Called>);
type PictureEntry = (&'static str, fn(&[Pixels<'_>], &mut Params<'_>) -> Result<Called>);
type PlainEntry = (&'static str, fn(&mut Params<'_>) -> Result<Called>);

fn table() -> impl Iterator<Item = Entry> {
    audio::TABLE.iter().chain(voice::TABLE).chain(transcribe::TABLE).copied()
}

fn plain_table() -> impl Iterator<Item = PlainEntry> {
    [
        audio::PLAIN,
        vision::PLAIN,
        text::PLAIN,
        transcribe::PLAIN,
        score::PLAIN,
        clips::PLAIN,
        clips_store::PLAIN,
        embed::PLAIN,
        models::PLAIN,
        monitor::PLAIN,
        monitoring::PLAIN,
        mounted::PLAIN,
    ]
    .into_iter()
    .flatten()
    .copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn settings(value: &Value) -> &Map<String, Value> {
        value.as_object().unwrap()
    }

    #[test]
    fn every_function_refuses_what_it_does_not_know() {
        let good = [0.25; 16_000];
        let sound = Samples { samples: &good, sample_rate: 16_000, channels: 1 };
        for name in functions() {
            let error = call(name, sound, settings(&json!({ "no_such_setting": 1 }))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{name}: {error}");
            assert!(error.to_string().contains("no_such_setting"), "{name}: {error}");
        }
    }

    /// What is no sound is refused the same way by all that take sound, whatever its channels.
    #[test]
    fn what_is_no_sound_is_refused() {
        let of_features = ["audio.delta", "audio.power_to_db", "audio.sound_hash_similarity"];
        let needed = |name: &str| match name {
            "audio.resample" => json!({ "target_sr": 8000 }),
            "audio.normalize_gain" => json!({ "lufs": -14 }),
            _ => json!({}),
        };
        for name in functions().into_iter().filter(|name| !of_features.contains(name)) {
            for samples in [&[][..], &[f32::NAN; 100], &[1e30; 4000]] {
                for channels in [1, 2] {
                    let sound = Samples { samples, sample_rate: 16_000, channels };
                    let error = call(name, sound, settings(&needed(name))).unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}: {error}");
                }
            }
            // Any result or error will do here; a panic will not.
            for (samples, sample_rate, channels) in [
                (&[0.5][..], 16_000, 1),
                (&[0.5; 4000], 0, 1),
                (&[0.5; 4000], 1, 0),
                (&[0.5; 4000], u32::MAX, 3),
            ] {
                let _ = call(name, Samples { samples, sample_rate, channels }, settings(&needed(name)));
            }
        }
    }

    /// Numbers that no one means, for every setting: any error or result will do; a panic, an abort or a hang ends the run.
    #[test]
    fn settings_beyond_reason_are_survived() {
        let noise: Vec<f32> =
            (0..3000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 1e8).collect();
        let sound = Samples { samples: &noise, sample_rate: 22_050, channels: 1 };
        let values = [
            json!(0),
            json!(1),
            json!(-1),
            json!(u64::MAX),
            json!(1_u64 << 63),
            json!(1e300),
            json!(1e-300),
            json!(null),
        ];
        for name in functions() {
            let error = call(name, sound, settings(&json!({ "no_such_setting": 1 }))).unwrap_err();
            let (_, known) = error.context().iter().find(|(key, _)| *key == "there_are").unwrap();
            for key in known.split_whitespace() {
                for value in &values {
                    let _ = call(name, sound, settings(&json!({ key: value })));
                }
            }
        }
    }

    /// The frequency of a buzz by every method and at rates from 8 to 192 kHz; what a method does not have is refused.
    #[test]
    fn pitch_is_called_by_its_method() {
        for sample_rate in [8000, 16_000, 48_000, 192_000] {
            let buzz: Vec<f32> = (0..sample_rate / 2)
                .map(|i| f64::from(i) / f64::from(sample_rate) * std::f64::consts::TAU * 150.0)
                .map(|phase| (1..8).map(|h| (phase * f64::from(h)).sin() as f32 / 16.0).sum())
                .collect();
            let sound = Samples { samples: &buzz, sample_rate, channels: 1 };
            for (method, tolerance) in [("autocorrelation", 0.1), ("cross_correlation", 0.1), ("pyin", 0.9)] {
                let found =
                    call("voice.pitch", sound, settings(&json!({ "method": method }))).unwrap().vectors;
                let middle = found["f0_hz"].rows / 2;
                assert!((found["f0_hz"].data[middle] - 150.0).abs() < tolerance, "{method} {sample_rate}");
                assert_eq!(found["voiced"].data[middle].to_bits(), 1.0_f32.to_bits());
                assert_eq!(found.contains_key("voiced_prob"), method == "pyin");
            }
            let cycles = call("voice.perturbation", sound, &Map::new()).unwrap().value;
            assert!(cycles["jitter"]["local"].as_f64().unwrap() < 1e-3, "{sample_rate}: {cycles}");
        }
        let sound = Samples { samples: &[0.0; 100], sample_rate: 16_000, channels: 1 };
        let wrong = json!({ "method": "pyin", "octave_cost": 0.1 });
        let error = call("voice.pitch", sound, settings(&wrong)).unwrap_err();
        assert!(error.to_string().contains("octave_cost"), "{error}");
        let error = call("voice.pitch", sound, settings(&json!({ "method": "best" }))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.to_string().contains("best") && error.to_string().contains("pyin"), "{error}");
    }

    /// Pictures of no size, of the wrong number of samples, and settings beyond reason: an error or a result, never a panic.
    #[test]
    fn what_is_no_picture_is_refused_and_unreasonable_settings_are_survived() {
        let noise: Vec<u8> =
            (0..64 * 48 * 3_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let picture = Pixels { data: &noise, width: 64, height: 48, channels: 3 };
        let values = [json!(0), json!(1), json!(-1), json!(u64::MAX), json!(1e300), json!(null), json!("x")];
        for name in picture_functions() {
            let pair = name == "vision.optical_flow";
            let given = |picture| if pair { vec![picture; 2] } else { vec![picture] };
            let error =
                call_pictures(name, &given(picture), settings(&json!({ "no_such_setting": 1 }))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{name}: {error}");
            let (_, known) = error.context().iter().find(|(key, _)| *key == "there_are").unwrap();
            for key in known.split_whitespace() {
                for value in &values {
                    let _ = call_pictures(name, &given(picture), settings(&json!({ key: value })));
                }
            }
            for (width, height, channels) in
                [(0, 48, 3), (64, 48, 4), (64, 48, 0), (u32::MAX, u32::MAX, 4), (48, 64, 2)]
            {
                let wrong = Pixels { width, height, channels, ..picture };
                let error = call_pictures(name, &given(wrong), &Map::new()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}: {error}");
            }
            for count in [0, 3] {
                let error = call_pictures(name, &vec![picture; count], &Map::new()).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}: {error}");
            }
            for (width, height) in [(1, 1), (1, 9), (64, 1)] {
                let data = &noise[..3 * width as usize * height as usize];
                let _ = call_pictures(name, &given(Pixels { data, width, height, channels: 3 }), &Map::new());
            }
        }
    }

    #[test]
    fn plain_functions_name_what_is_missing() {
        // Where there is nothing, a store makes a file.
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no-such-file.mp4");
        for name in plain_functions() {
            let error = call_plain(name, settings(&json!({ "no_such_setting": 1 }))).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{name}: {error}");
            if let Err(error) = call_plain(name, &Map::new()) {
                assert_ne!(error.kind(), ErrorKind::Internal, "{name}: {error}");
            }
            for path in [missing.to_str().unwrap(), "", "/", "http://example.org/a.mp4"] {
                let _ = call_plain(name, settings(&json!({ "path": path })));
            }
        }
        let clip = json!({ "id": "1", "platform": "youtube", "views": 1000, "views_last_24h": 900, "title": "A game" });
        let given = json!({ "clips": [clip], "config": { "niche_keywords": ["game"] }, "now": "2026-01-01T00:00:00Z" });
        let found = call_plain("clips.find", settings(&given)).unwrap().value;
        assert_eq!(found["summary"]["total_clips"], 1);
        assert!(found["clips"][0]["clip"]["scores"]["relevance"].as_f64().unwrap() > 0.5, "{found}");
        let file = call_plain("clips.write", settings(&json!({ "clips": found["clips"], "format": "csv" })))
            .unwrap()
            .file;
        assert!(String::from_utf8(file.unwrap()).unwrap().starts_with("rank,id,platform,title"));
    }

    #[test]
    fn names_and_types_are_told() {
        let sound = Samples { samples: &[0.0; 100], sample_rate: 16_000, channels: 1 };
        let error = call("audio.mffc", sound, &Map::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("audio.mfcc"));
        let error = call("audio.mfcc", sound, settings(&json!({ "n_mfcc": "many" }))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidConfig);
        assert!(error.to_string().contains("n_mfcc"), "{error}");
    }
}
