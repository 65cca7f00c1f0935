//! What runs a model: this library or ONNX Runtime, as the folder has it.

use super::Heard;
use super::config::Config;
use super::exported::{self, Exported};
use super::foreign;
use super::network::{self, After, Looked, Network};
use crate::model::Tensor;
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

pub(super) enum Engine {
    Own(Box<Network>),
    Exported(Box<Exported>),
}

/// What the decoder has to keep of a window, beside what the encoder gave.
pub(super) enum Memory {
    Own(network::Memory),
    Exported(exported::Memory),
}

impl Memory {
    /// Tokens that were given.
    pub(super) fn tokens(&self) -> usize {
        match self {
            Self::Own(memory) => memory.tokens(),
            Self::Exported(memory) => memory.tokens(),
        }
    }

    /// Forgets the tokens, not what was heard.
    pub(super) fn restart(&mut self) {
        match self {
            Self::Own(memory) => memory.restart(),
            Self::Exported(memory) => memory.restart(),
        }
    }
}

impl Engine {
    /// Of the weights in this folder; of several the first: safetensors, ONNX, GGUF.
    pub(super) fn open(dir: &Path, config: &Config, threads: usize) -> Result<Self> {
        let weights = dir.join("model.safetensors");
        if weights.exists() {
            return Ok(Self::Own(Box::new(Network::open(&weights, config)?)));
        }
        if let Some(exported) = Exported::open(dir, config, threads)? {
            return Ok(Self::Exported(Box::new(exported)));
        }
        let quantised = gguf(dir);
        if let [weights] = &*quantised {
            if let Some(refusal) = foreign::refusal(weights) {
                return Err(refusal);
            }
            return Ok(Self::Own(Box::new(Network::open(weights, config)?)));
        }
        if !quantised.is_empty() {
            let names: Vec<_> = quantised.iter().map(|path| path.display().to_string()).collect();
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "the folder has several .gguf files; keep one of them in it",
            )
            .with("there_are", names.join(" ")));
        }
        Err(foreign::refusal(dir).unwrap_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                "the folder has no weights: no model.safetensors, no encoder_model.onnx with its decoder, no .gguf file",
            )
            .with("path", dir.display())
        }))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Own(_) => "own",
            Self::Exported(exported) => exported.engine(),
        }
    }

    /// Why the decoder's attention to the sound cannot be looked at, where it cannot.
    pub(super) fn unseen(&self) -> Option<&'static str> {
        match self {
            Self::Own(_) => None,
            Self::Exported(exported) => exported.unseen(),
        }
    }

    /// What is heard, of mel bands, and the decoder's memory of it. Stops as soon as `pulse` fails.
    pub(super) fn listen(
        &self,
        mel: &[f32],
        config: &Config,
        threads: usize,
        pulse: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Heard> {
        let (encoded, memory) = match self {
            Self::Own(network) => {
                let encoded = network.encode(mel, config, threads, pulse)?;
                let memory = network.remember(&encoded, threads);
                let shape = [1, config.max_source_positions, config.d_model];
                (Tensor::f32(&shape, encoded)?, Memory::Own(memory))
            }
            Self::Exported(exported) => {
                pulse()?;
                (exported.encode(mel, config)?, Memory::Exported(exported::Memory::default()))
            }
        };
        Ok(Heard { encoded, memory })
    }

    /// Takes further tokens; a row of logits for each of those that are asked after.
    pub(super) fn decode(
        &self,
        tokens: &[u32],
        heard: &mut Heard,
        config: &Config,
        threads: usize,
        after: After<'_>,
        looked: &mut Looked<'_>,
    ) -> Result<Vec<f32>> {
        match (self, &mut heard.memory) {
            (Self::Own(network), Memory::Own(memory)) => {
                Ok(network.decode(tokens, memory, config, threads, after, looked))
            }
            (Self::Exported(exported), Memory::Exported(memory)) => {
                exported.decode(tokens, &heard.encoded, memory, config, after, looked)
            }
            _ => Err(Error::new(ErrorKind::InvalidInput, "this was heard by another model")),
        }
    }
}

/// The files in the format GGUF of this folder, by their names.
pub(super) fn gguf(dir: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(dir).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let named = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf"));
    let mut files: Vec<PathBuf> = files.filter(named).collect();
    files.sort();
    files
}
