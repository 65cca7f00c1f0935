//! What runs a model: this library or ONNX Runtime, as the folder has it.

use super::Heard;
use super::config::Config;
use super::exported::{self, Exported};
use super::network::{self, After, Looked, Network};
use crate::model::Tensor;
use crate::{Error, ErrorKind, Result};
use std::path::Path;

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
    /// Of the weights in this folder; of several the first: safetensors, ONNX.
    pub(super) fn open(dir: &Path, config: &Config, threads: usize) -> Result<Self> {
        let weights = dir.join("model.safetensors");
        if weights.exists() {
            return Ok(Self::Own(Box::new(Network::open(&weights, config)?)));
        }
        if let Some(exported) = Exported::open(dir, config, threads)? {
            return Ok(Self::Exported(Box::new(exported)));
        }
        Err(Error::new(
            ErrorKind::NotFound,
            "the folder has no weights: neither model.safetensors nor encoder_model.onnx with its decoder",
        )
        .with("path", dir.display()))
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Own(_) => "own",
            Self::Exported(_) => "onnxruntime",
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
