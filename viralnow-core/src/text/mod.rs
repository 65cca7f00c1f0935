//! The features of words.

mod emotions;
mod extractor;
mod hook;
mod hook_ab;
mod hyphens;
mod keywords;
mod language;
mod lexicon;
mod ngrams;
mod normalise;
mod readability;
mod sentences;
mod sentiment;
mod summary;
mod syllables;
#[cfg(feature = "transformers")]
mod transcribe;
mod words;

pub use emotions::{EMOTIONS, emotions};
pub use extractor::TextExtractor;
pub(crate) use extractor::{NO_WORDS, count_words};
pub use hook::{HOOK_FEATURES, hook};
pub use hook_ab::hook_ab;
pub use keywords::{has_keywords, keywords};
pub use language::language;
pub use normalise::normalise;
pub use readability::readability;
pub use sentences::{sentence_ranges, sentences};
pub use sentiment::sentiment;
pub use summary::*;
#[cfg(feature = "transformers")]
pub use transcribe::{TRANSCRIBE_STEPS, transcribe, transcribe_file};
