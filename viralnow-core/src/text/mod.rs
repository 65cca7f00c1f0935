//! The features of words.

mod extractor;
mod hook;
mod keywords;
mod language;
mod lexicon;
mod normalise;
mod readability;
mod sentences;
mod sentiment;
mod summary;
mod syllables;
mod words;

pub(crate) use extractor::NO_WORDS;
pub use extractor::TextExtractor;
pub use hook::{HOOK_FEATURES, hook};
pub use keywords::{has_keywords, keywords};
pub use language::language;
pub use normalise::normalise;
pub use readability::readability;
pub use sentences::{sentence_ranges, sentences};
pub use sentiment::sentiment;
pub use summary::*;
