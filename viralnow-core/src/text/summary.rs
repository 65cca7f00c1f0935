//! The features of words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Features of the text of an asset: what is spoken (the transcript) and what is written with it (the given text).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextSummary {
    /// ISO 639-1 code; null when the text is too short or too mixed to tell.
    pub language: Option<String>,
    /// How sure the detection is, in [0, 1]; null when the host named the language.
    pub language_confidence: Option<f64>,
    /// Where the transcript comes from; null without one.
    pub source: Option<TextSource>,
    /// What is said when. Given text without times is one segment per sentence with null times.
    pub transcript: Vec<TranscriptSegment>,
    /// Sentences of the whole text.
    pub sentences: Vec<String>,
    /// Words of the whole text.
    pub word_count: u32,
    /// VADER sentiment of the whole text; English only.
    pub sentiment: Option<Sentiment>,
    /// The 28 emotions of `GoEmotions`, by name, in [0, 1]: the mean over the sentences; English only.
    pub emotions: Option<BTreeMap<String, f64>>,
    /// Emotion and sentiment over time, segment by segment; null where the text has no times.
    pub emotion_trend: Option<Vec<EmotionPoint>>,
    /// Key phrases, best first.
    pub keywords: Vec<Keyword>,
    /// How hard it is to read; English only.
    pub readability: Option<Readability>,
    /// The opening: what is said in the first 3 s, or the first sentence.
    pub hook: Option<Hook>,
    /// Words per second over the time of the transcript.
    pub speaking_pace: Option<f64>,
    /// Why a field above is null: field name to reason.
    pub missing: BTreeMap<String, String>,
}

/// Where a transcript comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextSource {
    /// Recognised speech.
    Speech,
    /// Captions inside the file.
    EmbeddedCaptions,
    /// A caption file beside it, or given with it.
    Sidecar,
    /// Text given by the host.
    Given,
}

/// One stretch of the transcript.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TranscriptSegment {
    /// Number in order, from 0.
    pub segment_id: u32,
    /// Start, in seconds; null where the text has no times.
    pub start_s: Option<f64>,
    /// End, in seconds.
    pub end_s: Option<f64>,
    /// Label of the speaker; null where unknown.
    pub speaker: Option<String>,
    /// What is said, literally.
    pub text: String,
    /// Words with their times; null where the source has none.
    pub words: Option<Vec<Word>>,
    /// The 28 emotions of this segment, in [0, 1]; null where it has no word that the model knows.
    pub emotion_scores: Option<BTreeMap<String, f64>>,
}

/// One word.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Word {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// The word.
    pub text: String,
    /// How likely it is, in [0, 1]; null where nobody says.
    #[serde(default)]
    pub probability: Option<f64>,
    /// Label of the speaker; null where unknown.
    #[serde(default)]
    pub speaker: Option<String>,
}

/// VADER scores (Hutto & Gilbert 2014).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sentiment {
    /// Share of negative words, in [0, 1].
    pub negative: f64,
    /// Share of neutral words, in [0, 1].
    pub neutral: f64,
    /// Share of positive words, in [0, 1].
    pub positive: f64,
    /// Normalised sum, in [-1, 1].
    pub compound: f64,
}

/// One point of the emotion trend: a segment of the transcript.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmotionPoint {
    /// Start of the segment, in seconds.
    pub t_s: f64,
    /// The strongest emotion.
    pub emotion: String,
    /// Its score, in [0, 1].
    pub score: f64,
    /// VADER's compound score of the segment, in [-1, 1].
    #[serde(default)]
    pub compound: Option<f64>,
}

/// One key phrase (YAKE, Campos 2020).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Keyword {
    /// The phrase, lower case.
    pub phrase: String,
    /// YAKE's score: the lower, the more relevant.
    pub score: f64,
}

/// Readability formulas. Null for text without words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Readability {
    /// Flesch reading ease (1948); about 0 (hard) to 100 (easy), not bounded.
    pub flesch_reading_ease: f64,
    /// Flesch-Kincaid grade (1975), in US school years.
    pub flesch_kincaid_grade: f64,
    /// SMOG (1969), in school years; null under 3 sentences, but for the preset `reference`, which gives it as textstat
    /// does.
    pub smog_index: Option<f64>,
    /// Automated readability index (1967), in school years.
    pub automated_readability_index: f64,
    /// Coleman-Liau (1975), in school years.
    pub coleman_liau_index: f64,
    /// Gunning fog (1952), in school years.
    pub gunning_fog: f64,
    /// Dale-Chall (1948): up to 4.9 is read easily after four school years, 9 in college, 10 and more after it.
    #[serde(default)]
    pub dale_chall_readability_score: Option<f64>,
}

/// The opening of an asset.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Hook {
    /// The words it is made of.
    pub text: String,
    /// Sub-features by name, each in [0, 1].
    pub features: BTreeMap<String, f64>,
    /// Weighted sum of the sub-features, in [0, 1]: how much it is written like a hook. It does not predict performance.
    pub style: f64,
    /// Words per second in the first 3 s (or all of a shorter asset); null where the text has no times.
    #[serde(default)]
    pub speaking_rate: Option<f64>,
    /// Words in the first 3 s for each shot that is seen in them; null without times or shots.
    #[serde(default)]
    pub words_per_shot: Option<f64>,
    /// Seconds before the first word: until the first speech that is heard, else the first caption; null without either.
    #[serde(default)]
    pub silence_s: Option<f64>,
}

/// A post taken apart: [`normalise`](super::normalise).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Normalised {
    /// What is left to read: without addresses and emoji, hashtags and mentions as words.
    pub text: String,
    /// Emoji, each with its skin tone and joined parts.
    pub emoji: Vec<String>,
    /// Hashtags in lower case, without their sign.
    pub hashtags: Vec<String>,
    /// Names that are mentioned, without their sign.
    pub mentions: Vec<String>,
    /// Internet addresses as written.
    pub urls: Vec<String>,
    /// What its viewers are asked to do.
    pub calls_to_action: Vec<CallToAction>,
    /// Prices.
    pub prices: Vec<Price>,
    /// Discounts, in per cent: 20 for `20% off`.
    pub discounts_percent: Vec<f64>,
}

/// What viewers are asked to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallToAction {
    /// `buy`, `click`, `comment`, `direct_message`, `download`, `follow`, `like`, `link_in_bio`, `notify`, `save`, `share`,
    /// `sign_up`, `subscribe`, `swipe`, `tag`, `try`, `vote`, `watch`.
    pub kind: String,
    /// The words that say so, as written.
    pub text: String,
}

/// A price.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// As written.
    pub text: String,
    /// The amount in the currency: 5000 for `$5k`.
    pub amount: f64,
    /// ISO 4217 code; of a sign that several currencies have, the one that it stands for most often: `USD` for `$`.
    pub currency: String,
}

/// The emotions of a text: [`emotions`](super::emotions).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Emotions {
    /// The labels that hold, the likeliest first; may be empty.
    pub labels: Vec<String>,
    /// The probability of each of the 28 labels of `GoEmotions`, in [0, 1].
    pub scores: BTreeMap<String, f64>,
}

/// Two openings against each other: [`hook_ab`](super::hook_ab).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HookAb {
    /// `first` or `second`; null where nothing speaks for either.
    pub better: Option<String>,
    /// The probability that the first one is clicked more, if one of them clearly is, in [0, 1].
    pub probability: f64,
}
