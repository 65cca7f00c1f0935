//! The extractor of words.

use super::language::language;
use super::readability::readability_of;
use super::words::words;
use super::{
    EMOTIONS, EmotionPoint, TextSource, TextSummary, TranscriptSegment, Word, emotions, has_keywords, hook,
    keywords, sentence_ranges, sentiment,
};
use crate::extract::{AudioInput, Extracted, Extractor, ExtractorConfig, SharedOutputs, Vectors, Wants};
use crate::media::Cue;
use crate::{Error, ErrorKind, Preset, Result};
use std::collections::BTreeMap;

/// Why there is nothing, where no words came with the input.
pub(crate) const NO_WORDS: &str = "there is no text: give a caption file, a file with embedded captions, or text=; or name a \
                                   model that recognises speech with speech_model=";

/// Of the method, without the model that recognises speech.
const VERSION: &str = "text-3";

/// How long the opening is, in seconds.
const OPENING_S: f64 = 3.0;
/// Segments that get the scores of their emotions, and sentences that the mean counts: more are no short post, and 28
/// numbers each would make the payload large.
const FELT: usize = 5000;
/// How many key phrases are given.
const KEYWORDS: usize = 10;

/// Turns words into a [`TextSummary`].
///
/// The transcript is made of caption cues, those of a file before embedded ones; given text alone becomes one segment per
/// sentence. Where there is none of these, and a model is named, the speech is recognised. The features of the whole text count
/// the transcript and the given text.
///
/// ```
/// use viralnow_core::extract::{Extractor, ExtractorConfig, SharedOutputs};
/// use viralnow_core::text::TextExtractor;
/// let mut extractor = TextExtractor::new(&ExtractorConfig::default());
/// extractor.give_text("Did you know that you brush your teeth wrong? Here's why.");
/// let summary = extractor.finish(&SharedOutputs::default())?.features;
/// assert_eq!(summary.sentences.len(), 2);
/// assert_eq!(summary.hook.unwrap().features["question"], 1.0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct TextExtractor {
    preset: Preset,
    language: Option<String>,
    text: String,
    sidecar: Vec<Cue>,
    embedded: Vec<Cue>,
    /// The model that recognises speech, and its threads.
    speech_model: Option<String>,
    #[cfg_attr(
        not(feature = "transformers"),
        allow(dead_code, reason = "the model that they are for is not built")
    )]
    threads: usize,
    version: String,
    /// The sound at 16 kHz, as long as nothing else tells what is said.
    sound: Vec<f32>,
}

/// What a transcript is made of.
#[derive(Default)]
struct Said {
    cues: Vec<Cue>,
    /// Of each cue, where they are known.
    words: Option<Vec<Vec<Word>>>,
    /// Why they are not, where there is more to say than that the source has none.
    no_words: Option<String>,
    /// What the model heard, and how sure it is.
    language: Option<(String, Option<f64>)>,
}

impl TextExtractor {
    /// With these settings.
    #[must_use]
    pub fn new(config: &ExtractorConfig) -> Self {
        // What a model makes of speech is of this model; of its folder the name will do.
        let model = config.speech_model.as_deref().map(std::path::Path::new);
        let model =
            model.map(|path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned());
        Self {
            preset: config.preset,
            language: config.language.clone(),
            speech_model: config.speech_model.clone(),
            threads: config.threads,
            version: model.map_or_else(|| VERSION.to_owned(), |model| format!("{VERSION}+{model}")),
            text: String::new(),
            sidecar: Vec::new(),
            embedded: Vec::new(),
            sound: Vec::new(),
        }
    }

    /// The text written with the asset (the post's caption, a title, a script).
    pub fn give_text(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    /// Cues from a caption file; they win over embedded ones.
    pub fn give_captions(&mut self, cues: &[Cue]) {
        self.sidecar.extend(cues.iter().filter(|cue| !is_blank(&cue.text)).cloned());
    }

    /// The same as [`Extractor::finish`], and stops as soon as `pulse`, which is told the share that is done, fails: with
    /// its error. Ten megabytes of words take seconds.
    pub fn finish_while(
        &mut self,
        shared: &SharedOutputs,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<Extracted<TextSummary>> {
        let given = std::mem::take(&mut self.text);
        let embedded = std::mem::take(&mut self.embedded);
        let sound = std::mem::take(&mut self.sound);
        let read = |cues| Said { cues, ..Said::default() };
        let (source, mut said) = match std::mem::take(&mut self.sidecar) {
            sidecar if !sidecar.is_empty() => (TextSource::Sidecar, read(sidecar)),
            _ if !embedded.is_empty() => (TextSource::EmbeddedCaptions, read(embedded)),
            _ if !is_blank(&given) => (TextSource::Given, Said::default()),
            _ => (TextSource::Speech, self.listen(&sound, shared, pulse)?),
        };
        // Recognised speech is in order, and its words lie beside it.
        if said.words.is_none() {
            said.cues.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        }
        let mut summary = self.sum_up(&given, said, pulse)?;
        summary.source = Some(source);
        Ok(Extracted { features: summary, vectors: Vectors::new() })
    }
}

impl Extractor for TextExtractor {
    type Features = TextSummary;
    const MODALITY: &'static str = "text";

    fn version(&self) -> &str {
        &self.version
    }

    fn wants(&self) -> Wants {
        Wants { cues: true, audio: self.hears(), ..Wants::default() }
    }

    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        if self.hears() {
            self.sound.extend_from_slice(input.mono16k);
        }
        Ok(())
    }

    fn cue(&mut self, cue: &Cue) -> Result<()> {
        // How much there may be of them in all, the decoder has seen to.
        if !is_blank(&cue.text) {
            self.embedded.push(cue.clone());
            self.sound = Vec::new();
        }
        Ok(())
    }

    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<TextSummary>> {
        self.finish_while(shared, &mut |_| Ok(()))
    }
}

impl TextExtractor {
    /// Whether the speech is to be recognised, as far as is known by now.
    fn hears(&self) -> bool {
        cfg!(feature = "transformers")
            && self.speech_model.is_some()
            && self.sidecar.is_empty()
            && self.embedded.is_empty()
            && is_blank(&self.text)
    }

    /// Recognises the speech. What keeps it from that is a reason, not a failure of the asset.
    #[cfg(feature = "transformers")]
    fn listen(
        &self,
        sound: &[f32],
        shared: &SharedOutputs,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<Said> {
        use crate::model::{TranscribeOptions, shared_whisper};
        let unavailable = |why: String| Error::new(ErrorKind::Unavailable, why);
        let Some(model) = &self.speech_model else {
            return Err(unavailable(NO_WORDS.to_owned()));
        };
        if sound.is_empty() {
            return Err(unavailable(
                "there is no text, and no sound in which speech could be recognised".to_owned(),
            ));
        }
        if shared.speech.is_empty() {
            return Err(unavailable("there is no text, and nobody speaks".to_owned()));
        }
        let no_model =
            |error: Error| unavailable(format!("no speech is recognised: {error}")).caused_by(error);
        let whisper = shared_whisper(model, self.threads).map_err(no_model)?;
        let options = TranscribeOptions { language: self.language.clone(), ..TranscribeOptions::default() };
        // What is said is most of the work.
        let found = super::transcribe::transcribe_heard(sound, shared, &whisper, &options, &mut |done| {
            pulse(0.9 * done)
        });
        let found = match found {
            Err(error) if error.kind() == ErrorKind::InvalidConfig || error.kind() == ErrorKind::NotFound => {
                return Err(no_model(error));
            }
            found => found?,
        };
        if found.segments.is_empty() {
            return Err(unavailable("there is no text, and no speech was recognised".to_owned()));
        }
        let mut said = Said {
            language: found
                .language
                .filter(|code| code.len() == 2)
                .map(|code| (code, found.language_probability)),
            ..Said::default()
        };
        let mut words = Vec::new();
        said.no_words = found.missing.get("segments.words").cloned();
        for segment in found.segments {
            let timed = segment.words.into_iter().flatten();
            words.push(
                timed
                    .map(|word| Word {
                        start_s: word.start_s,
                        end_s: word.end_s,
                        text: word.text,
                        probability: Some(word.probability),
                        speaker: None,
                    })
                    .collect(),
            );
            said.cues.push(Cue { start_s: segment.start_s, end_s: segment.end_s, text: segment.text });
        }
        said.words = Some(words).filter(|_| said.no_words.is_none());
        Ok(said)
    }

    /// Nothing is recognised in this build.
    #[cfg(not(feature = "transformers"))]
    #[allow(clippy::unused_self, reason = "as with the feature")]
    fn listen(&self, _: &[f32], _: &SharedOutputs, _: &mut dyn FnMut(f64) -> Result<()>) -> Result<Said> {
        Err(Error::new(ErrorKind::Unavailable, NO_WORDS))
    }

    /// `pulse` is asked before each of the steps that take long for a long text.
    fn sum_up(
        &self,
        given: &str,
        said: Said,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<TextSummary> {
        pulse(0.0)?;
        let mut missing = Missing::default();
        let Said { cues, words, no_words, language: heard } = said;
        let cues = &*cues;
        let spoken = join(cues);
        let whole = match (spoken.is_empty(), is_blank(given)) {
            (true, _) => given.to_owned(),
            (false, true) => spoken,
            (false, false) => format!("{spoken}\n{given}"),
        };
        let (language, language_confidence) = match &self.language {
            Some(named) => {
                missing.add("language_confidence", "the host named the language");
                (Some(named.clone()), None)
            }
            // A model for one language alone hears no other.
            None => match heard {
                Some((code, Some(sure))) => (Some(code), Some(sure)),
                _ => language(&whole).unzip(),
            },
        };
        if language.is_none() {
            missing.add("language", UNKNOWN);
            missing.add("language_confidence", UNKNOWN);
        }
        let code = language.as_deref();
        pulse(0.1)?;
        let ranges = sentence_ranges(&whole, code);
        pulse(0.3)?;
        let sentences: Vec<String> = ranges.iter().map(|range| whole[range.clone()].to_owned()).collect();
        let word_count = count_words(&whole);
        pulse(0.5)?;
        let english_only = match code {
            Some("en") if word_count > 0 => None,
            Some("en") => Some("the text has no words"),
            Some(_) => Some("for English only"),
            None => Some(UNKNOWN),
        };
        let mut transcript = if cues.is_empty() { segments_of(&sentences) } else { segments(cues) };
        let opening = opening(cues, given, code).or_else(|| sentences.first().cloned());
        let pace = pace(cues, &mut missing, pulse)?;
        if cues.is_empty() || transcript.iter().any(|segment| segment.start_s.is_none()) {
            missing.add("transcript.start_s", "the text has no times");
            missing.add("transcript.end_s", "the text has no times");
        }
        match words {
            None => {
                let why = no_words.as_deref().unwrap_or("the source has no times of words");
                missing.add("transcript.words", why);
            }
            Some(words) => {
                for (segment, words) in transcript.iter_mut().zip(words) {
                    segment.words = Some(words);
                }
            }
        }
        let (emotions, emotion_trend) = match english_only {
            Some(reason) => {
                for field in ["emotions", "emotion_trend", "transcript.emotion_scores"] {
                    missing.add(field, reason);
                }
                (None, None)
            }
            None => feelings(&sentences, &mut transcript, &mut missing, pulse)?,
        };
        if !code.is_some_and(has_keywords) {
            let reason = if code.is_some() { "no list of function words for this language" } else { UNKNOWN };
            missing.add("keywords", reason);
        }
        pulse(0.7)?;
        let readability =
            missing.unless("readability", english_only, || readability_of(&whole, &ranges, self.preset));
        if readability.is_some_and(|readability| readability.smog_index.is_none()) {
            missing.add("readability.smog_index", "SMOG needs three sentences");
        }
        pulse(0.8)?;
        let sentiment = missing.unless("sentiment", english_only, || Some(sentiment(&whole)));
        pulse(0.9)?;
        let keywords = code.map_or_else(Vec::new, |code| keywords(&whole, Some(code), KEYWORDS));
        pulse(0.95)?;
        Ok(TextSummary {
            source: None,
            transcript,
            word_count,
            sentiment,
            emotions,
            emotion_trend,
            keywords,
            readability,
            hook: missing.unless("hook", english_only, || opening.as_deref().map(hook)),
            speaking_pace: pace,
            sentences,
            language,
            language_confidence,
            missing: missing.0,
        })
    }
}

const UNKNOWN: &str = "the text is too short or too mixed to tell its language; name it with language=";

/// Why fields are null.
#[derive(Debug, Default)]
struct Missing(BTreeMap<String, String>);

impl Missing {
    fn add(&mut self, field: &str, reason: &str) {
        self.0.insert(field.to_owned(), reason.to_owned());
    }

    /// The value, unless there is a reason against it.
    fn unless<T>(
        &mut self,
        field: &str,
        reason: Option<&str>,
        value: impl FnOnce() -> Option<T>,
    ) -> Option<T> {
        if let Some(reason) = reason {
            self.add(field, reason);
            return None;
        }
        let value = value();
        if value.is_none() {
            self.add(field, "the text has no words");
        }
        value
    }
}

/// Nothing to see: white space and control characters only.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control())
}

/// Words that are read out: those of addresses are not.
pub(crate) fn count_words(text: &str) -> u32 {
    u32::try_from(words(text).filter(|word| !word.is_address).count()).unwrap_or(u32::MAX)
}

/// A cue's lines as one.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The cues as one text. Sentences run over several cues, so a space parts them; captions without any full stop get a
/// line each, because else they would be one sentence without end.
fn join(cues: &[Cue]) -> String {
    let punctuated =
        cues.iter().any(|cue| cue.text.contains(['.', '!', '?', '。', '！', '？', '।', '؟', '۔']));
    let lines: Vec<String> = cues.iter().map(|cue| one_line(&cue.text)).collect();
    lines.join(if punctuated { " " } else { "\n" })
}

fn finite(seconds: f64) -> Option<f64> {
    seconds.is_finite().then_some(seconds)
}

/// Cue for cue, with the text as it is written.
fn segments(cues: &[Cue]) -> Vec<TranscriptSegment> {
    (0..)
        .zip(cues)
        .map(|(segment_id, cue)| TranscriptSegment {
            segment_id,
            start_s: finite(cue.start_s),
            end_s: finite(cue.end_s.max(cue.start_s)),
            text: cue.text.clone(),
            ..TranscriptSegment::default()
        })
        .collect()
}

/// One segment per sentence, without times.
fn segments_of(sentences: &[String]) -> Vec<TranscriptSegment> {
    (0..)
        .zip(sentences)
        .map(|(segment_id, text)| TranscriptSegment {
            segment_id,
            text: text.clone(),
            ..TranscriptSegment::default()
        })
        .collect()
}

/// The mean emotions of the sentences, and what the segments' are over time.
type Feelings = (Option<BTreeMap<String, f64>>, Option<Vec<EmotionPoint>>);

fn feelings(
    sentences: &[String],
    transcript: &mut [TranscriptSegment],
    missing: &mut Missing,
    pulse: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Feelings> {
    if transcript.len() > FELT {
        missing.add("transcript.emotion_scores", "only the first 5,000 segments have them");
    }
    let mut trend = Vec::new();
    for segment in transcript.iter_mut().take(FELT) {
        pulse(0.7)?;
        segment.emotion_scores = emotions(&segment.text).map(|found| found.scores);
        let strongest =
            segment.emotion_scores.iter().flatten().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
        if let (Some(t_s), Some((emotion, &score))) = (segment.start_s, strongest) {
            let compound = Some(sentiment(&segment.text).compound);
            trend.push(EmotionPoint { t_s, emotion: emotion.clone(), score, compound });
        }
    }
    if trend.is_empty() {
        missing.add("emotion_trend", "the text has no times");
    }
    let mut sums = [0.0; EMOTIONS.len()];
    let mut counted = 0.0;
    for sentence in sentences.iter().take(FELT) {
        pulse(0.7)?;
        if let Some(found) = emotions(sentence) {
            counted += 1.0;
            EMOTIONS.iter().zip(&mut sums).for_each(|(name, sum)| *sum += found.scores[*name]);
        }
    }
    if counted == 0.0 {
        missing.add("emotions", "the model knows no word of the text");
        return Ok((None, (!trend.is_empty()).then_some(trend)));
    }
    let mean = |sum: f64| (sum / counted * 1e4).round() / 1e4;
    let means = EMOTIONS.iter().map(|name| (*name).to_owned()).zip(sums.map(mean)).collect();
    Ok((Some(means), (!trend.is_empty()).then_some(trend)))
}

/// What is said in cues that start within the first seconds, else the first sentence of the given text.
fn opening(cues: &[Cue], given: &str, language: Option<&str>) -> Option<String> {
    let first: Vec<String> =
        cues.iter().take_while(|cue| cue.start_s < OPENING_S).map(|cue| one_line(&cue.text)).collect();
    if !first.is_empty() {
        return Some(first.join(" "));
    }
    let first = sentence_ranges(given, language).into_iter().next()?;
    Some(given[first].to_owned())
}

/// Words per second of the time that cues are shown; time that two of them share counts once.
fn pace(
    cues: &[Cue],
    missing: &mut Missing,
    pulse: &mut dyn FnMut(f64) -> Result<()>,
) -> Result<Option<f64>> {
    let mut seconds = 0.0;
    let mut words = 0;
    let mut shown_until = f64::NEG_INFINITY;
    for (i, cue) in
        cues.iter().enumerate().filter(|(_, cue)| cue.start_s.is_finite() && cue.end_s.is_finite())
    {
        pulse(0.5 + 0.2 * i as f64 / cues.len() as f64)?;
        words += count_words(&cue.text);
        seconds += (cue.end_s - cue.start_s.max(shown_until)).max(0.0);
        shown_until = shown_until.max(cue.end_s);
    }
    if seconds > 0.0 && seconds.is_finite() {
        return Ok(Some(f64::from(words) / seconds));
    }
    missing.add("speaking_pace", "the text has no times");
    Ok(None)
}
