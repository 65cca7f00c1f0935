//! Voice activity: the embedded detector, and Silero's in its place where its model is there.

use super::silero::{self, SileroStream};
use crate::dsp::vad::VoiceActivity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which detector told speech from the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivitySource {
    /// The network that the library carries.
    #[default]
    Embedded,
    /// Silero VAD, through ONNX Runtime.
    Silero,
}

impl ActivitySource {
    /// The name in the payload.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Silero => "silero",
        }
    }

    /// What will be used here and now: Silero where this build can run models (feature `onnx`), an ONNX Runtime is found, and
    /// a file `silero_vad*.onnx` of version 5 or 6 lies in one of the [`model_dirs`](crate::model::model_dirs); of several
    /// the first by name.
    ///
    /// ```
    /// use viralnow_core::extract::ActivitySource;
    /// println!("speech is found by the {} detector", ActivitySource::current().as_str());
    /// ```
    #[must_use]
    pub fn current() -> Self {
        if silero::load().is_ok() { Self::Silero } else { Self::Embedded }
    }
}

/// Hears 16 kHz sound with both detectors: what the sound is made of is told from the embedded one's scores in any case.
#[derive(Debug)]
pub(crate) struct Activity {
    embedded: VoiceActivity,
    silero: Option<SileroStream>,
}

impl Activity {
    /// With the detector that is there.
    pub(crate) fn new() -> Self {
        Self { embedded: VoiceActivity::new(), silero: silero::load().ok().map(SileroStream::new) }
    }

    /// With this one; fails where it is not there.
    pub(crate) fn with(source: ActivitySource) -> crate::Result<Self> {
        let silero = match source {
            ActivitySource::Embedded => None,
            ActivitySource::Silero => Some(SileroStream::new(silero::load()?)),
        };
        Ok(Self { embedded: VoiceActivity::new(), silero })
    }

    pub(crate) fn push(&mut self, samples: &[f32]) {
        self.embedded.push(samples);
        if let Some(silero) = &mut self.silero {
            silero.push(samples);
        }
    }

    /// The embedded detector's newest score.
    pub(crate) fn latest_score(&self) -> Option<f32> {
        self.embedded.latest_score()
    }

    /// What was heard.
    pub(crate) fn finish(self) -> Heard {
        let (embedded, scores) = self.embedded.finish();
        let by_itself =
            |failure| Heard { speech: embedded, source: ActivitySource::Embedded, scores, failure };
        match self.silero.map(SileroStream::finish) {
            Some(Ok(speech)) => Heard { speech, source: ActivitySource::Silero, ..by_itself(None) },
            // On the way. Without the context, which has paths of this machine.
            Some(Err(error)) => by_itself(Some(error.message().to_owned())),
            None => by_itself(None),
        }
    }
}

/// What the detectors found.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Stretches of speech, in seconds from the first sample.
    pub(crate) speech: Vec<(f64, f64)>,
    pub(crate) source: ActivitySource,
    /// The embedded network's score of every 256 samples.
    pub(crate) scores: Vec<f32>,
    /// Why Silero's detector, which was there, was not the one.
    pub(crate) failure: Option<String>,
}
