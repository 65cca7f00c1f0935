//! Whisper: speech to text, from a folder in the public format.

mod config;
mod mel;
mod network;

use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use config::{Config, Generation};
use network::{Memory, Network};
use std::path::Path;

/// A Whisper model from a folder in the public format (`config.json`, `model.safetensors`, and `generation_config.json` where it
/// is there): any size, English or multilingual, 80 or 128 mel bands, distilled or not. It runs in this library.
///
/// This is the network with its front end; it gives tokens. Text with times is not made of them yet.
///
/// ```
/// assert!(viralnow_core::model::Whisper::open("no-such-folder", 1).is_err());
/// ```
pub struct Whisper {
    network: Network,
    config: Config,
    generation: Generation,
    threads: usize,
}

impl std::fmt::Debug for Whisper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whisper").field("config", &self.config).finish_non_exhaustive()
    }
}

/// A window of sound that was heard, and the tokens that were given for it.
pub struct Heard {
    encoded: Vec<f32>,
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
        &self.encoded
    }
}

impl Whisper {
    /// Loads the model; `threads` is how many threads one call may use (0: all cores).
    ///
    /// Fails with `NOT_FOUND` where a file is missing, with `UNSUPPORTED_FORMAT` for another type of model, and with
    /// `DECODE_FAILED` where the files are damaged or do not fit each other.
    pub fn open(dir: impl AsRef<Path>, threads: usize) -> Result<Self> {
        let dir = dir.as_ref();
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            threads => threads,
        };
        let (config, generation) = Config::read(dir)?;
        let network = Network::open(&dir.join("model.safetensors"), &config)?;
        Ok(Self { network, config, generation, threads })
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
        mel::log_mel(samples, self.config.num_mel_bins, 2 * self.config.max_source_positions)
    }

    /// Hears a window of sound: one channel at 16 kHz. Fails with `INVALID_INPUT` for samples that are no numbers.
    pub fn hear(&self, samples: &[f32]) -> Result<Heard> {
        if samples.iter().any(|sample| !sample.is_finite()) {
            return Err(Error::new(ErrorKind::InvalidInput, "samples must be finite"));
        }
        let encoded = self.network.encode(&self.mel(samples), &self.config, self.threads);
        let memory = self.network.remember(&encoded, self.threads);
        Ok(Heard { encoded, memory })
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
        Ok(self.network.decode(tokens, &mut heard.memory, &self.config, self.threads))
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

    /// The language of what was heard, as its code, and how likely it is: of a multilingual model whose
    /// `generation_config.json` names the languages. To be asked before any token is given.
    pub fn language(&self, heard: &Heard) -> Result<Option<(String, f32)>> {
        let Some(languages) = self.generation.lang_to_id.as_ref().filter(|languages| !languages.is_empty())
        else {
            return Ok(None);
        };
        let mut memory = self.network.remember(&heard.encoded, self.threads);
        let start = [self.config.decoder_start_token_id];
        let logits = self.network.decode(&start, &mut memory, &self.config, self.threads);
        let of = |token: &u32| logits.get(*token as usize).copied().unwrap_or(f32::NEG_INFINITY);
        let most = languages.values().map(of).fold(f32::NEG_INFINITY, f32::max);
        let sum: f32 = languages.values().map(|token| (of(token) - most).exp()).sum();
        let best = languages.iter().max_by(|a, b| of(a.1).total_cmp(&of(b.1)));
        Ok(best.map(|(name, _)| (name.trim_matches(['<', '|', '>']).to_owned(), 1.0 / sum)))
    }
}
