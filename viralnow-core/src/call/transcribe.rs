//! Speech as text, by the folder of the model: of samples, of a file, or of many files.

use super::params::{Params, needed};
use super::{Called, Entry, PlainEntry, mono};
use crate::{Error, ErrorKind, Limits, Result};

/// The model where nobody names one.
const MODEL: &str = "whisper-base";

/// Of samples.
pub(super) const TABLE: &[Entry] = &[("text.transcribe", |sound, p| {
    let asked = Asked::take(p)?;
    p.finish()?;
    asked.samples(&mono(sound)?, sound.sample_rate, p)
})];

/// Of `path`, or of each of `paths`.
pub(super) const PLAIN: &[PlainEntry] = &[("text.transcribe", |p| {
    let path: Option<String> = p.given_or_none("path")?;
    let paths: Option<Vec<String>> = p.given_or_none("paths")?;
    let limits: Limits = p.take("limits", Limits::default())?;
    let asked = Asked::take(p)?;
    p.finish()?;
    limits.validate()?;
    if path.is_some() && paths.is_some() {
        return Err(Error::new(ErrorKind::InvalidConfig, "give path or paths, not both"));
    }
    match paths {
        Some(paths) => asked.files(&paths, limits, p),
        None => asked.file(&needed("path", path)?, limits, p),
    }
})];

#[cfg(feature = "transformers")]
struct Asked {
    model: Option<String>,
    threads: usize,
    options: crate::model::TranscribeOptions,
}

#[cfg(feature = "transformers")]
impl Asked {
    fn take(p: &mut Params<'_>) -> Result<Self> {
        let default = crate::model::TranscribeOptions::default();
        let task: String = p.take("task", "transcribe".to_owned())?;
        let translate = match &*task {
            "transcribe" => false,
            "translate" => true,
            _ => {
                return Err(Error::new(ErrorKind::InvalidConfig, "task must be transcribe or translate")
                    .with("task", task));
            }
        };
        Ok(Self {
            model: p.given_or_none("model")?,
            threads: p.take("threads", 0)?,
            options: crate::model::TranscribeOptions {
                language: p.given_or_none("language")?,
                translate,
                prompt: p.given_or_none("prompt")?,
                condition_on_previous_text: p
                    .take("condition_on_previous_text", default.condition_on_previous_text)?,
                word_times: p.take("word_times", default.word_times)?,
                vad: p.take("vad", default.vad)?,
                speech: p.given_or_none("speech")?,
                temperatures: p.take("temperatures", default.temperatures)?,
                compression_ratio_threshold: p
                    .take_or_none("compression_ratio_threshold", default.compression_ratio_threshold)?,
                log_probability_threshold: p
                    .take_or_none("log_probability_threshold", default.log_probability_threshold)?,
                no_speech_threshold: p.take_or_none("no_speech_threshold", default.no_speech_threshold)?,
                seed: p.take("seed", default.seed)?,
            },
        })
    }

    fn whisper(&self) -> Result<std::sync::Arc<crate::model::Whisper>> {
        crate::model::shared_whisper(self.model.as_deref().unwrap_or(MODEL), self.threads)
    }

    fn run(p: &Params<'_>, steps: &[(&'static str, f64)]) -> crate::monitor::Run {
        use crate::monitor::{Run, Scope, Steps};
        Run::new(Scope::noop(), p.observer(), p.cancel().clone(), None, Steps::new(steps))
    }

    fn samples(&self, y: &[f32], sample_rate: u32, p: &Params<'_>) -> Result<Called> {
        let mut run = Self::run(p, &[("transcribe", 1.0)]);
        run.enter("transcribe")?;
        Called::value(&crate::text::transcribe(y, sample_rate, &*self.whisper()?, &self.options, &mut run)?)
    }

    fn file(&self, path: &str, limits: Limits, p: &Params<'_>) -> Result<Called> {
        let mut run = Self::run(p, crate::text::TRANSCRIBE_STEPS);
        Called::value(&crate::text::transcribe_file(
            path,
            &*self.whisper()?,
            &self.options,
            limits,
            &mut run,
        )?)
    }

    /// One after another, as one model takes all cores; a file that fails does not stop the others: its entry is its error.
    fn files(&self, paths: &[String], limits: Limits, p: &Params<'_>) -> Result<Called> {
        self.whisper()?;
        let one = |path: &String| match self.file(path, limits, p) {
            Err(error) if error.kind() == ErrorKind::Cancelled => Err(error),
            Err(error) => Ok(serde_json::json!({
                "error": { "code": error.kind().code(), "message": error.to_string() } })),
            Ok(called) => Ok(called.value),
        };
        let found = paths.iter().map(one).collect::<Result<Vec<_>>>()?;
        Called::value(&found)
    }
}

/// Takes the same settings, and says what is missing.
#[cfg(not(feature = "transformers"))]
struct Asked;

#[cfg(not(feature = "transformers"))]
impl Asked {
    fn take(p: &mut Params<'_>) -> Result<Self> {
        for name in [
            "task",
            "model",
            "threads",
            "language",
            "prompt",
            "condition_on_previous_text",
            "word_times",
            "vad",
            "speech",
            "temperatures",
            "compression_ratio_threshold",
            "log_probability_threshold",
            "no_speech_threshold",
            "seed",
        ] {
            let _: Option<serde_json::Value> = p.given_or_none(name)?;
        }
        Ok(Self)
    }

    fn unavailable() -> Result<Called> {
        Err(Error::new(
            ErrorKind::Unavailable,
            "this build does not recognise speech; build it with the feature `transformers`",
        )
        .with("feature", "transformers")
        .with("model", MODEL))
    }

    fn samples(&self, _: &[f32], _: u32, _: &Params<'_>) -> Result<Called> {
        Self::unavailable()
    }

    fn file(&self, _: &str, _: Limits, _: &Params<'_>) -> Result<Called> {
        Self::unavailable()
    }

    fn files(&self, _: &[String], _: Limits, _: &Params<'_>) -> Result<Called> {
        Self::unavailable()
    }
}
