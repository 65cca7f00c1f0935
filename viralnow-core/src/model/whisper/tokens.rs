//! The tokens of Whisper: which ones are words, which say what to do, and which are times.

use super::config::{Config, Generation};
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::path::Path;
use tokenizers::Tokenizer;

/// Vocabularies of models for several languages have at least so many tokens.
const MULTILINGUAL: usize = 51_865;
/// Languages that are written without spaces: each character stands for itself.
const WITHOUT_SPACES: [&str; 6] = ["zh", "ja", "th", "lo", "my", "yue"];
/// A mark of these, or several that follow each other here, is a word of its own.
const PUNCTUATION: &str = r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##;
/// What stands for bytes that are no character.
const NONE: char = char::REPLACEMENT_CHARACTER;

pub(super) struct Tokens {
    tokenizer: Tokenizer,
    /// The bytes of the tokens of text, by number: all below `end`.
    bytes: Vec<Vec<u8>>,
    /// The end of the text; the first token that is none of text.
    pub(super) end: u32,
    pub(super) start: u32,
    /// Before the text that came before.
    pub(super) previous: Option<u32>,
    pub(super) transcribe: Option<u32>,
    pub(super) translate: Option<u32>,
    pub(super) no_speech: Option<u32>,
    pub(super) no_times: u32,
    /// 0.00 s; the tokens from here on are times, 0.02 s apart.
    pub(super) times: u32,
    /// By their codes; none of a model for English alone.
    pub(super) languages: BTreeMap<String, u32>,
    /// Tokens that are never given, and those that no text begins with.
    pub(super) never: Vec<u32>,
    pub(super) not_first: Vec<u32>,
    /// The latest time that the first segment may begin at, counted from `times`.
    pub(super) latest_start: usize,
}

impl Tokens {
    /// Fails with `NOT_FOUND` without a `tokenizer.json`, and with `DECODE_FAILED` where it is not that of the model.
    pub(super) fn open(dir: &Path, config: &Config, generation: &Generation) -> Result<Self> {
        let path = dir.join("tokenizer.json");
        std::fs::File::open(&path).map_err(|error| Error::from(error).with("path", path.display()))?;
        let tokenizer = Tokenizer::from_file(&path).map_err(|error| {
            Error::new(ErrorKind::DecodeFailed, "tokenizer.json cannot be read")
                .with("path", path.display())
                .caused_by(error)
        })?;
        let wrong = |why: &str| {
            Error::new(ErrorKind::DecodeFailed, format!("tokenizer.json is not that of the model: {why}"))
                .with("path", path.display())
        };
        let known = |id: &u32| (*id as usize) < config.vocab_size;
        let named = |names: &[&str]| names.iter().find_map(|name| tokenizer.token_to_id(name)).filter(known);
        let end = config.eos_token_id;
        if named(&["<|endoftext|>"]).is_some_and(|id| id != end) {
            return Err(wrong("the end of the text is another token").with("token", end));
        }
        let no_times = generation.no_timestamps_token_id.or_else(|| named(&["<|notimestamps|>"]));
        let no_times = no_times
            .filter(|&id| id > end && known(&(id + 1)))
            .ok_or_else(|| wrong("it has no tokens for times"))?;
        if tokenizer.token_to_id("<|notimestamps|>").is_some_and(|id| id != no_times) {
            return Err(wrong("the tokens for times are others").with("token", no_times));
        }
        let start = config.decoder_start_token_id;
        let several = generation.is_multilingual.unwrap_or_else(|| {
            generation.lang_to_id.as_ref().map_or(config.vocab_size >= MULTILINGUAL, |ids| !ids.is_empty())
        });
        let bare = |name: &str| name.trim_matches(['<', '|', '>']).to_owned();
        let languages: BTreeMap<String, u32> = match &generation.lang_to_id {
            _ if !several => BTreeMap::new(),
            Some(ids) => ids.iter().map(|(name, &id)| (bare(name), id)).collect(),
            None => (start + 1..no_times)
                .filter_map(|id| tokenizer.id_to_token(id).map(|name| (bare(&name), id)))
                .take_while(|(name, _)| (2..=3).contains(&name.len()))
                .collect(),
        };
        if let Some((name, id)) = languages.iter().find(|(_, id)| **id <= end || **id >= no_times) {
            return Err(wrong("a language has no token of its own").with("language", name).with("token", id));
        }
        let [previous, transcribe, translate, model] =
            ["<|startofprev|>", "<|transcribe|>", "<|translate|>", "<|startoflm|>"]
                .map(|name| named(&[name]));
        let no_speech = named(&["<|nospeech|>", "<|nocaptions|>"]);
        let listed = |list: &Option<Vec<i64>>| -> Vec<u32> {
            list.iter().flatten().filter_map(|&id| u32::try_from(id).ok()).filter(known).collect()
        };
        let mut never = listed(&generation.suppress_tokens);
        // No end of the text, and a text would go on for ever.
        never.retain(|&id| id != end);
        never.extend([Some(start), previous, transcribe, translate, model, no_speech].into_iter().flatten());
        let bytes = (0..end).map(|id| tokenizer.id_to_token(id).map(|token| bytes_of(&token)));
        let bytes = bytes
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| wrong("it has fewer tokens than the model has words").with("words", end))?;
        let mut not_first = listed(&generation.begin_suppress_tokens);
        if generation.begin_suppress_tokens.is_none() {
            not_first.extend(bytes.iter().zip(0..).filter(|(bytes, _)| *bytes == b" ").map(|(_, id)| id));
        }
        not_first.push(end);
        let latest_start = generation.max_initial_timestamp_index.unwrap_or(50);
        Ok(Self {
            tokenizer,
            bytes,
            end,
            start,
            previous,
            transcribe,
            translate,
            no_speech,
            no_times,
            times: no_times + 1,
            languages,
            never,
            not_first,
            latest_start,
        })
    }

    /// The tokens of a text.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let encoding = self.tokenizer.encode_fast(text, false).map_err(|error| {
            Error::new(ErrorKind::Internal, "the tokenizer fails on a text").caused_by(error)
        })?;
        Ok(encoding.get_ids().iter().copied().filter(|&id| id < self.end).collect())
    }

    /// The text of tokens; those that are none of text are left out.
    pub(super) fn decode(&self, tokens: &[u32]) -> String {
        String::from_utf8_lossy(&self.joined(tokens)).into_owned()
    }

    fn joined(&self, tokens: &[u32]) -> Vec<u8> {
        tokens.iter().filter_map(|&id| self.bytes.get(id as usize)).flatten().copied().collect()
    }

    /// The tokens of text, as words: each with its text as it is written, the space before it included, and how many tokens it
    /// has.
    pub(super) fn words(&self, tokens: &[u32], language: Option<&str>) -> Vec<(String, usize)> {
        let characters = self.characters(tokens);
        if language.is_some_and(|language| WITHOUT_SPACES.contains(&language)) {
            return characters;
        }
        let mut words: Vec<(String, usize)> = Vec::new();
        for (text, count) in characters {
            let alone = PUNCTUATION.contains(text.trim());
            match words.last_mut() {
                Some(word) if !text.starts_with(' ') && !alone => {
                    word.0.push_str(&text);
                    word.1 += count;
                }
                _ => words.push((text, count)),
            }
        }
        words
    }

    /// The fewest tokens at a time that are whole characters.
    fn characters(&self, tokens: &[u32]) -> Vec<(String, usize)> {
        let whole: Vec<char> = self.decode(tokens).chars().collect();
        let mut found = Vec::new();
        let (mut bytes, mut count, mut before) = (Vec::new(), 0, 0);
        for &token in tokens {
            bytes.extend_from_slice(self.bytes.get(token as usize).map_or(&[], Vec::as_slice));
            count += 1;
            let text = String::from_utf8_lossy(&bytes);
            let broken = text.chars().position(|c| c == NONE);
            // Where the whole has one too, no further byte mends it.
            if broken.is_none_or(|place| whole.get(before + place).is_none_or(|&c| c == NONE)) {
                before += text.chars().count();
                found.push((text.into_owned(), count));
                (bytes, count) = (Vec::new(), 0);
            }
        }
        found
    }
}

/// What a token of a byte-level vocabulary stands for: each of its characters is a byte, the printable ones of Latin-1 as they
/// are, the others from U+0100 on. A token of other characters is what it says.
fn bytes_of(token: &str) -> Vec<u8> {
    let printable = |c: u32| matches!(c, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let byte = |c: char| match u32::from(c) {
        code if printable(code) => u8::try_from(code).ok(),
        code => {
            let place = code.checked_sub(0x100)?;
            (0..=255_u32).filter(|&byte| !printable(byte)).nth(place as usize).map(|byte| byte as u8)
        }
    };
    token.chars().map(byte).collect::<Option<Vec<_>>>().unwrap_or_else(|| token.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::bytes_of;

    #[test]
    fn tokens_are_bytes() {
        // From the vocabulary of GPT-2: a space is U+0120, a line feed U+010A; an accented letter is two bytes.
        assert_eq!(bytes_of("Ġhello"), b" hello");
        assert_eq!(bytes_of("Ċ"), b"\n");
        assert_eq!(bytes_of("cafÃ©"), "café".as_bytes());
        assert_eq!(bytes_of("<|日本|>"), "<|日本|>".as_bytes());
    }
}
