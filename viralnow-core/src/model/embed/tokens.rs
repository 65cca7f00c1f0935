//! Texts as the numbers of tokens.

use super::config::Config;
use crate::{Error, ErrorKind, Result};
use std::path::Path;
use tokenizers::{Tokenizer, TruncationParams};

/// Characters that are looked at for each token that is read: what comes after cannot matter, but for a text of little else
/// than spaces.
const CHARACTERS: usize = 400;

pub(super) struct Tokens {
    tokenizer: Tokenizer,
    characters: usize,
    vocabulary: usize,
}

impl Tokens {
    pub(super) fn open(dir: &Path, config: &Config) -> Result<Self> {
        let path = dir.join("tokenizer.json");
        std::fs::File::open(&path).map_err(|error| Error::from(error).with("path", path.display()))?;
        let wrong = |error: tokenizers::Error| {
            Error::new(ErrorKind::DecodeFailed, "tokenizer.json cannot be read")
                .with("path", path.display())
                .caused_by(error)
        };
        let mut tokenizer = Tokenizer::from_file(&path).map_err(wrong)?;
        // What the file says of these is for training.
        tokenizer.with_padding(None);
        let truncation = TruncationParams { max_length: config.most_tokens, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(wrong)?;
        Ok(Self { tokenizer, characters: config.most_tokens * CHARACTERS, vocabulary: config.vocab_size })
    }

    /// The tokens of a text, with those around it.
    pub(super) fn ids(&self, text: &str) -> Result<Vec<u32>> {
        let end = text.char_indices().nth(self.characters).map_or(text.len(), |(end, _)| end);
        let encoding = self.tokenizer.encode_fast(&text[..end], true).map_err(|error| {
            Error::new(ErrorKind::Internal, "the tokenizer fails on a text").caused_by(error)
        })?;
        let ids = encoding.get_ids().to_vec();
        match ids.iter().find(|&&id| id as usize >= self.vocabulary) {
            None if ids.is_empty() => Err(Error::new(
                ErrorKind::DecodeFailed,
                "tokenizer.json gives no tokens around a text: it is not that of the model",
            )),
            None => Ok(ids),
            Some(id) => Err(Error::new(
                ErrorKind::DecodeFailed,
                "tokenizer.json gives a token that the model does not have: it is that of another",
            )
            .with("token", id)
            .with("tokens", self.vocabulary)),
        }
    }
}
