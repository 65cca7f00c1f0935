//! The extractors of one call, each guarded: one that fails is left out of the rest of the pass, and the others go on.

use super::Analyzer;
use super::assemble::now;
use super::open::Ready;
use crate::audio::AudioExtractor;
use crate::extract::{
    AnyExtractor, AudioInput, Extracted, Extractor, ExtractorConfig, FrameInput, SharedOutputs, Vectors,
    Wants,
};
use crate::media::{Cue, MediaInfo};
use crate::monitor::Scope;
use crate::text::TextExtractor;
use crate::vision::VisionExtractor;
use crate::voice::VoiceExtractor;
use crate::{AnalyzeOptions, Error, ErrorKind, Modality, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What became of one extractor.
pub(super) enum State<F> {
    /// Not asked for.
    Skipped,
    /// Still fed.
    Running,
    /// It failed on the way, or at the end.
    Failed(Error),
    /// Done.
    Done(Box<Extracted<F>>),
}

/// One extractor and its state.
pub(super) struct Runner<E: ?Sized, F> {
    pub(super) version: String,
    pub(super) started_at: Option<String>,
    pub(super) completed_at: Option<String>,
    pub(super) state: State<F>,
    wants: Wants,
    name: String,
    extractor: Box<E>,
}

/// The four built-in extractors and the host's own.
pub(super) struct Runners {
    pub(super) audio: Runner<AudioExtractor, crate::audio::AudioSummary>,
    pub(super) voice: Runner<VoiceExtractor, crate::voice::VoiceSummary>,
    pub(super) text: Runner<TextExtractor, crate::text::TextSummary>,
    pub(super) vision: Runner<VisionExtractor, crate::vision::VisionSummary>,
    pub(super) custom: Vec<Runner<dyn AnyExtractor, Value>>,
    pub(super) shared: SharedOutputs,
    words: bool,
    keep_vectors: bool,
    /// Cues of a caption file; they stand for those inside the medium.
    captions: Option<Vec<Cue>>,
}

/// Does the same with each runner.
macro_rules! each {
    ($runners:expr, $runner:ident => $body:expr) => {{
        {
            let $runner = &mut $runners.audio;
            $body
        }
        {
            let $runner = &mut $runners.voice;
            $body
        }
        {
            let $runner = &mut $runners.text;
            $body
        }
        {
            let $runner = &mut $runners.vision;
            $body
        }
        for $runner in &mut $runners.custom {
            $body
        }
    }};
}

impl Runners {
    pub(super) fn new(analyzer: &Analyzer, ready: &Ready) -> Result<Self> {
        let options = &analyzer.options;
        let config = config(options);
        let mut text = TextExtractor::new(&config);
        if let Some(given) = &ready.text {
            text.give_text(given);
        }
        if let Some(cues) = &ready.captions {
            text.give_captions(cues);
        }
        let custom = analyzer
            .extractors
            .iter()
            .map(|factory| {
                let extractor = factory();
                let name = check_name(extractor.modality())?;
                let version = extractor.version().to_owned();
                Ok(Runner::new(name, version, extractor.wants(), extractor, true))
            })
            .collect::<Result<Vec<_>>>()?;
        if let Some(twice) =
            custom.iter().enumerate().find(|(i, r)| custom[..*i].iter().any(|o| o.name == r.name))
        {
            return Err(Error::new(ErrorKind::InvalidConfig, "two extractors have the same name")
                .with("modality", &twice.1.name));
        }
        Ok(Self {
            audio: Runner::typed(AudioExtractor::new(&config), options.wants(Modality::Audio)),
            voice: Runner::typed(VoiceExtractor::new(&config), options.wants(Modality::Voice)),
            text: Runner::typed(text, options.wants(Modality::Text)),
            vision: Runner::typed(VisionExtractor::new(&config), options.wants(Modality::Vision)),
            custom,
            shared: SharedOutputs::default(),
            words: ready.text.is_some() || ready.captions.is_some(),
            keep_vectors: options.keep_vectors,
            captions: ready.captions.clone(),
        })
    }

    /// What the extractors that run want, taken together.
    pub(super) fn wants(&mut self) -> Wants {
        let mut all = Wants::default();
        each!(self, runner => if matches!(runner.state, State::Running) {
            let wants = runner.wants;
            all.audio |= wants.audio || wants.spectra;
            all.spectra |= wants.spectra;
            all.sampled_frames |= wants.sampled_frames || wants.every_frame;
            all.every_frame |= wants.every_frame;
            all.cues |= wants.cues;
        });
        all
    }

    /// Whether words came with the input.
    pub(super) fn has_words(&self) -> bool {
        self.words
    }

    pub(super) fn begin(&mut self, info: &MediaInfo, scope: &Scope) {
        each!(self, runner => {
            runner.started_at = matches!(runner.state, State::Running).then(now);
            runner.guard(scope, |e| e.begin(info));
        });
        // The text extractor has had them since it was made.
        for cue in self.captions.iter().flatten() {
            for runner in self.custom.iter_mut().filter(|runner| runner.wants.cues) {
                runner.guard(scope, |e| e.cue(cue));
            }
        }
    }

    pub(super) fn audio(&mut self, input: &AudioInput<'_>, scope: &Scope) {
        each!(self, runner => if runner.wants.audio || runner.wants.spectra {
            runner.guard(scope, |e| e.audio(input));
        });
    }

    pub(super) fn frame(&mut self, input: &FrameInput<'_>, scope: &Scope) {
        each!(self, runner => if runner.wants.every_frame || (runner.wants.sampled_frames && input.sampled) {
            runner.guard(scope, |e| e.frame(input));
        });
    }

    /// A cue inside the medium.
    pub(super) fn cue(&mut self, cue: &Cue, scope: &Scope) {
        if self.captions.is_some() {
            return;
        }
        each!(self, runner => if runner.wants.cues {
            runner.guard(scope, |e| e.cue(cue));
        });
    }

    /// Sums up one modality, or with `None` those of the host. Ours, which may have any amount to sum up, go on as long as `pulse` lets
    /// them.
    pub(super) fn finish(
        &mut self,
        modality: Option<Modality>,
        shared: &SharedOutputs,
        scope: &Scope,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) {
        match modality {
            Some(Modality::Audio) => self.audio.finish(scope, |e| e.finish_while(shared, pulse)),
            Some(Modality::Voice) => self.voice.finish(scope, |e| e.finish_while(shared, pulse)),
            Some(Modality::Text) => self.text.finish(scope, |e| e.finish_while(shared, pulse)),
            Some(Modality::Vision) => self.vision.finish(scope, |e| e.finish_while(shared, pulse)),
            None => self.custom.iter_mut().for_each(|runner| runner.finish(scope, |e| e.finish(shared))),
        }
        // What ran in the end: a model that failed on the way has no part in the features.
        match (modality, &self.voice.state, &self.vision.state) {
            (Some(Modality::Voice), State::Done(_), _) => {
                self.voice.extractor.version().clone_into(&mut self.voice.version);
            }
            (Some(Modality::Vision), _, State::Done(_)) => {
                self.vision.extractor.version().clone_into(&mut self.vision.version);
            }
            _ => {}
        }
        if !self.keep_vectors {
            // At once, so that those of one modality never lie beside those of the next.
            each!(self, runner => if let State::Done(extracted) = &mut runner.state {
                extracted.vectors.clear();
            });
        }
    }
}

impl<E: Extractor> Runner<E, E::Features> {
    fn typed(extractor: E, wanted: bool) -> Self {
        let (version, wants) = (extractor.version().to_owned(), extractor.wants());
        Self::new(E::MODALITY.to_owned(), version, wants, Box::new(extractor), wanted)
    }
}

impl<E: ?Sized, F> Runner<E, F> {
    fn new(name: String, version: String, wants: Wants, extractor: Box<E>, wanted: bool) -> Self {
        let state = if wanted { State::Running } else { State::Skipped };
        Self { version, started_at: None, completed_at: None, state, wants, name, extractor }
    }

    /// The modality's name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    fn guard(&mut self, scope: &Scope, call: impl FnOnce(&mut E) -> Result<()>) {
        if matches!(self.state, State::Running)
            && let Err(error) = call(&mut self.extractor)
        {
            self.fail(error, scope);
        }
    }

    fn finish(&mut self, scope: &Scope, call: impl FnOnce(&mut E) -> Result<Extracted<F>>) {
        if matches!(self.state, State::Running) {
            match call(&mut self.extractor) {
                Ok(extracted) => self.state = State::Done(Box::new(extracted)),
                Err(error) => self.fail(error, scope),
            }
            self.completed_at = Some(now());
        }
    }

    fn fail(&mut self, error: Error, scope: &Scope) {
        if error.kind() != ErrorKind::Unavailable {
            scope.publish(
                "modality.failed",
                json!({ "modality": self.name, "code": error.kind().code(), "message": error.to_string() }),
            );
        }
        self.state = State::Failed(error);
    }
}

/// Versions of the built-in methods, by modality.
pub(super) fn versions(options: &AnalyzeOptions) -> BTreeMap<String, String> {
    fn entry<E: Extractor>(extractor: &E) -> (String, String) {
        (E::MODALITY.to_owned(), extractor.version().to_owned())
    }
    let config = config(options);
    BTreeMap::from([
        entry(&AudioExtractor::new(&config)),
        entry(&VoiceExtractor::new(&config)),
        entry(&TextExtractor::new(&config)),
        entry(&VisionExtractor::new(&config)),
    ])
}

fn config(options: &AnalyzeOptions) -> ExtractorConfig {
    ExtractorConfig {
        preset: options.preset,
        language: options.language.clone(),
        text_language: options.text_language.clone(),
        speech_model: options.speech_model.clone(),
        threads: options.threads,
        summary_only: !options.keep_vectors,
    }
}

fn check_name(name: &str) -> Result<String> {
    let letters = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let built_in = Modality::ALL.iter().any(|m| m.as_str() == name);
    if (1..=64).contains(&name.len()) && name.bytes().all(letters) && !built_in {
        return Ok(name.to_owned());
    }
    Err(Error::new(
        ErrorKind::InvalidConfig,
        "an extractor's name must be 1 to 64 lower-case letters, digits and _, and none of audio, voice, text, vision",
    )
    .with("modality", name))
}

/// Frame-level features by modality, taken out of the runners.
pub(super) type AllVectors = BTreeMap<String, Vectors>;
