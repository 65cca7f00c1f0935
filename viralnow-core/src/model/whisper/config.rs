//! What the files beside the weights say of a Whisper model.

use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Sizes beyond which a file is no model that anyone has.
const LARGEST: usize = 1 << 20;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
    model_type: String,
    pub(super) vocab_size: usize,
    pub(super) num_mel_bins: usize,
    pub(super) d_model: usize,
    pub(super) encoder_layers: usize,
    pub(super) decoder_layers: usize,
    pub(super) encoder_attention_heads: usize,
    pub(super) decoder_attention_heads: usize,
    pub(super) encoder_ffn_dim: usize,
    pub(super) decoder_ffn_dim: usize,
    pub(super) max_source_positions: usize,
    pub(super) max_target_positions: usize,
    pub(super) eos_token_id: u32,
    pub(super) decoder_start_token_id: u32,
    #[serde(default = "gelu")]
    activation_function: String,
    #[serde(default)]
    scale_embedding: bool,
}

fn gelu() -> String {
    "gelu".to_owned()
}

/// What `generation_config.json` says, as far as it matters here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Generation {
    pub(super) lang_to_id: Option<BTreeMap<String, u32>>,
}

impl Config {
    /// Reads and checks them.
    pub(super) fn read(dir: &Path) -> Result<(Self, Generation)> {
        let config: Self = json(&dir.join("config.json"))?;
        let unsupported = |what: &str, value: &str| {
            Err(Error::new(ErrorKind::UnsupportedFormat, what)
                .with("value", value)
                .with("path", dir.display()))
        };
        if config.model_type != "whisper" {
            return unsupported(
                "this is no Whisper model, by the model_type of its config.json",
                &config.model_type,
            );
        }
        if config.activation_function != "gelu" || config.scale_embedding {
            return unsupported("a Whisper model of a kind that is not read", &config.activation_function);
        }
        let sizes = [
            config.vocab_size,
            config.num_mel_bins,
            config.d_model,
            config.encoder_layers,
            config.decoder_layers,
            config.encoder_attention_heads,
            config.decoder_attention_heads,
            config.encoder_ffn_dim,
            config.decoder_ffn_dim,
            config.max_source_positions,
            config.max_target_positions,
        ];
        let whole = |heads: usize| config.d_model.is_multiple_of(heads);
        let tokens = [config.eos_token_id, config.decoder_start_token_id];
        if sizes.iter().any(|size| !(1..=LARGEST).contains(size))
            || !whole(config.encoder_attention_heads)
            || !whole(config.decoder_attention_heads)
            || tokens.iter().any(|&token| token as usize >= config.vocab_size)
            || config.max_target_positions < 8
        {
            return Err(Error::new(ErrorKind::DecodeFailed, "config.json has sizes that no model has")
                .with("sizes", format!("{sizes:?}"))
                .with("path", dir.display()));
        }
        let path = dir.join("generation_config.json");
        let generation = if path.exists() { json(&path)? } else { Generation::default() };
        Ok((config, generation))
    }
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read(path).map_err(|error| Error::from(error).with("path", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| {
        Error::new(ErrorKind::DecodeFailed, "a file of the model cannot be read")
            .with("path", path.display())
            .caused_by(error)
    })
}
