//! Every stage of a call: the places that a monitor is told of.

use crate::monitor::Callsite;

macro_rules! stages {
    ($($(#[doc = $doc:literal])+ $constant:ident = $name:literal, weight $weight:literal;)+) => {
        $($(#[doc = $doc])+ pub(crate) static $constant: Callsite =
            Callsite { name: $name, module: "pipeline", weight: $weight };)+
        /// Every stage, in the order in which a call goes through them. Each emits a span that is started and completed,
        /// cancelled or failed, with the correlation id.
        pub static STAGES: &[&Callsite] = &[$(&$constant,)+];
    };
}

stages! {
    /// The whole call.
    ANALYZE = "analyze", weight 0.0;
    /// Opening, hashing, looking into the store.
    OPEN = "open", weight 2.0;
    /// The decoded pass, which feeds every extractor.
    DECODE = "decode", weight 90.0;
    /// Summing up the sound.
    AUDIO = "audio", weight 2.0;
    /// Summing up the voice.
    VOICE = "voice", weight 2.0;
    /// Summing up the pictures.
    VISION = "vision", weight 1.0;
    /// Analysing the words.
    TEXT = "text", weight 1.0;
    /// Summing up the host's own modalities.
    CUSTOM = "custom", weight 1.0;
    /// Scoring.
    SCORE = "score", weight 0.5;
    /// Writing to the store.
    STORE = "store", weight 0.5;
}
