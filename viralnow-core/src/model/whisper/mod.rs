//! Whisper: speech to text, from a folder in the public format.

mod align;
mod config;
mod engine;
mod exported;
mod foreign;
mod guess;
mod long;
mod mel;
mod network;
mod rules;
mod shared;
mod speech;
mod tokens;
mod transcript;
mod words;

pub use shared::shared_whisper;
pub use transcript::{Skipped, SpokenSegment, SpokenWord, TranscribeOptions, Transcript};

use super::Tensor;
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use config::{Config, Generation};
use engine::{Engine, Memory};
use mel::Mel;
use network::{After, Looked};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokens::Tokens;

/// A Whisper model from a folder in the public format (`config.json`, `tokenizer.json`, `generation_config.json` where it is there,
/// and weights): any size, English or multilingual, 80 or 128 mel bands, distilled or not.
///
/// The weights are `model.safetensors` or a `.gguf` file with tensors of the same names (of the types F32, F16, BF16, `Q4_0`, `Q4_1`,
/// `Q5_0`, `Q5_1`, `Q8_0` and `Q2_K` to `Q6_K`), which run in this library, as 32-bit numbers: quantised weights make the file
/// smaller, not what is held: 4 bytes for each number of the model, and for those of its words twice, which is 230 MB for `tiny`
/// whatever it is stored in. Or they are the files that `optimum` exports, which run in ONNX
/// Runtime: `encoder_model.onnx` with `decoder_model_merged.onnx`, or with `decoder_model.onnx` and `decoder_with_past_model.onnx`
/// (without the latter it takes much longer), also in a folder `onnx`, and those ending in `_quantized.onnx` where the plain ones
/// are not there. Of several the first: safetensors, ONNX, GGUF. Most exports do not give the decoder's attention, without which words have no times.
///
/// ```
/// use viralnow_core::model::{TranscribeOptions, Whisper, find_model, where_is};
/// use viralnow_core::monitor::Run;
///
/// let whisper = where_is(find_model("whisper-tiny", &[])?, None).and_then(|dir| Whisper::open(dir, 1));
/// match whisper {
///     Ok(whisper) => {
///         let silence = vec![0.0; 16_000];
///         let found = whisper.transcribe(&silence, &TranscribeOptions::default(), &mut Run::unwatched())?;
///         assert!(found.segments.is_empty() && found.skipped[0].reason == "no_speech");
///     }
///     Err(error) => println!("{error}"),
/// }
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub struct Whisper {
    engine: Engine,
    config: Config,
    generation: Generation,
    /// None where the folder has no `tokenizer.json`.
    tokens: Option<Tokens>,
    dir: PathBuf,
    threads: usize,
}

impl std::fmt::Debug for Whisper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whisper").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A window of sound that was heard, and the tokens that were given for it.
pub struct Heard {
    encoded: Tensor,
    memory: Memory,
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heard").field("tokens", &self.memory.tokens()).finish_non_exhaustive()
    }
}

impl Heard {
    /// What the encoder gives, row by row: one for each two frames of 10 ms.
    #[must_use]
    pub fn encoded(&self) -> &[f32] {
        self.encoded.as_f32().unwrap_or_default()
    }
}

impl Whisper {
    /// Loads the model; `threads` is how many threads one call may use (0: all cores).
    ///
    /// Without a `tokenizer.json` it hears and gives tokens, but does not transcribe.
    ///
    /// Fails with `NOT_FOUND` where another file is missing, with `UNSUPPORTED_FORMAT` for another type of model, with
    /// `DECODE_FAILED` where the files are damaged or do not fit each other, and with `UNAVAILABLE` for a model in ONNX where it
    /// cannot be run.
    pub fn open(dir: impl AsRef<Path>, threads: usize) -> Result<Self> {
        let dir = dir.as_ref();
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            threads => threads,
        };
        let (config, generation) =
            Config::read(dir).map_err(|error| foreign::refusal(dir).unwrap_or(error))?;
        let tokens = if dir.join("tokenizer.json").exists() {
            Some(Tokens::open(dir, &config, &generation)?)
        } else {
            None
        };
        let engine = Engine::open(dir, &config, threads)?;
        Ok(Self { engine, config, generation, tokens, dir: dir.to_owned(), threads })
    }

    /// What runs it: `own`, or `onnxruntime` or `tract` for a model in ONNX.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        self.engine.name()
    }

    fn tokens(&self) -> Result<&Tokens> {
        self.tokens.as_ref().ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the folder of the model has no tokenizer.json, without which tokens are no text",
            )
            .with("path", self.dir.join("tokenizer.json").display())
        })
    }

    /// Samples of a window, at 16 kHz: 30 s for the models that there are.
    #[must_use]
    pub fn window(&self) -> usize {
        2 * self.config.max_source_positions * mel::HOP
    }

    /// The mel bands of a window, frame by frame; shorter sound is filled up with silence, and of longer sound the beginning
    /// counts.
    #[must_use]
    pub fn mel(&self, samples: &[f32]) -> Vec<f32> {
        let frames = 2 * self.config.max_source_positions;
        Mel::new(samples, self.config.num_mel_bins, frames, &mut || Ok(()))
            .map_or_else(|_| Vec::new(), |mel| mel.part(0, frames, frames))
    }

    /// Hears a window of sound: one channel at 16 kHz. Fails with `INVALID_INPUT` for samples that are no numbers.
    pub fn hear(&self, samples: &[f32]) -> Result<Heard> {
        long::finite(samples)?;
        self.listen(&self.mel(samples), &mut || Ok(()))
    }

    fn listen(&self, mel: &[f32], pulse: &mut dyn FnMut() -> Result<()>) -> Result<Heard> {
        self.engine.listen(mel, &self.config, self.threads, pulse)
    }

    fn feed(
        &self,
        heard: &mut Heard,
        tokens: &[u32],
        after: After<'_>,
        looked: &mut Looked<'_>,
    ) -> Result<Vec<f32>> {
        self.engine.decode(tokens, heard, &self.config, self.threads, after, looked)
    }

    /// Gives the decoder further tokens; the logits of what comes after each of them, row by row.
    ///
    /// Fails with `INVALID_INPUT` for a token that the model does not have, and for more than it takes.
    pub fn decode(&self, heard: &mut Heard, tokens: &[u32]) -> Result<Vec<f32>> {
        let wrong = tokens.iter().find(|&&token| token as usize >= self.config.vocab_size);
        if let Some(token) = wrong {
            return Err(
                Error::new(ErrorKind::InvalidInput, "the model has no such token").with("token", token)
            );
        }
        if heard.memory.tokens() + tokens.len() > self.config.max_target_positions {
            return Err(Error::new(ErrorKind::InvalidInput, "the model takes no more tokens for a window")
                .with("most", self.config.max_target_positions));
        }
        self.feed(heard, tokens, After::Every, &mut Looked::default())
    }

    /// Goes on from these tokens with the likeliest one each time, until the text ends, so many tokens are there, or the model
    /// takes no more. All tokens, those that were given included. Fails as [`Whisper::decode`] and [`Run::advance`] do.
    pub fn greedy(&self, heard: &mut Heard, tokens: &[u32], most: usize, run: &mut Run) -> Result<Vec<u32>> {
        let mut all = tokens.to_vec();
        let mut given = 0;
        while all.len() < most.min(self.config.max_target_positions) {
            run.advance(all.len() as f64 / most as f64)?;
            let logits = self.decode(heard, &all[given..])?;
            given = all.len();
            let last = &logits[logits.len().saturating_sub(self.config.vocab_size)..];
            let best =
                last.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(token, _)| token as u32);
            let Some(token) = best else { break };
            all.push(token);
            if token == self.config.eos_token_id {
                break;
            }
        }
        Ok(all)
    }

    /// The language of what was heard, as its code, and how likely it is among those of the model, in [0, 1]: of a multilingual
    /// model. Any tokens that were given are forgotten. Fails as the runtime does.
    pub fn language(&self, heard: &mut Heard) -> Result<Option<(String, f64)>> {
        let named = self.generation.lang_to_id.iter().flatten();
        let named = || named.map(|(name, &id)| (name.trim_matches(['<', '|', '>']).to_owned(), id)).collect();
        let languages = self.tokens.as_ref().map_or_else(named, |tokens| tokens.languages.clone());
        self.language_of(heard, &languages)
    }

    fn language_of(
        &self,
        heard: &mut Heard,
        languages: &BTreeMap<String, u32>,
    ) -> Result<Option<(String, f64)>> {
        heard.memory.restart();
        let start = [self.config.decoder_start_token_id];
        let logits = self.feed(heard, &start, After::Every, &mut Looked::default())?;
        heard.memory.restart();
        let of = |token: &u32| logits.get(*token as usize).copied().unwrap_or(f32::NEG_INFINITY);
        let all: Vec<f32> = languages.values().map(of).collect();
        let best = languages.iter().max_by(|a, b| of(a.1).total_cmp(&of(b.1)));
        Ok(best.map(|(name, token)| (name.clone(), (f64::from(of(token)) - rules::log_sum(&all)).exp())))
    }
}
