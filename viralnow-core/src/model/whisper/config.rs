//! What the files beside the weights say of a Whisper model.

use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// Sizes beyond which a file is no model that anyone has.
const LARGEST: usize = 1 << 20;
/// Of the mel bands of a window: 32 MB.
const LARGEST_WINDOW: usize = 1 << 22;

/// Read first: what else stands there hangs on it.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    model_type: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
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
    /// Older folders have these here, newer ones in `generation_config.json`.
    #[serde(default)]
    suppress_tokens: Option<Vec<i64>>,
    #[serde(default)]
    begin_suppress_tokens: Option<Vec<i64>>,
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
    pub(super) is_multilingual: Option<bool>,
    pub(super) no_timestamps_token_id: Option<u32>,
    pub(super) max_initial_timestamp_index: Option<usize>,
    /// Tokens that are never given, and those that no text begins with.
    pub(super) suppress_tokens: Option<Vec<i64>>,
    pub(super) begin_suppress_tokens: Option<Vec<i64>>,
    /// The heads of the decoder's attention that follow the sound, as layer and head.
    pub(super) alignment_heads: Option<Vec<(usize, usize)>>,
}

impl Config {
    /// Those heads of the decoder, where nobody names any: all of the upper half of its layers.
    pub(super) fn upper_heads(&self) -> Vec<(usize, usize)> {
        let layers = self.decoder_layers / 2..self.decoder_layers;
        layers.flat_map(|layer| (0..self.decoder_attention_heads).map(move |head| (layer, head))).collect()
    }

    /// Reads and checks them.
    pub(super) fn read(dir: &Path) -> Result<(Self, Generation)> {
        let path = dir.join("config.json");
        let Named { model_type } = json(&path)?;
        let unsupported = |what: &str, value: &str| {
            Err(Error::new(ErrorKind::UnsupportedFormat, what)
                .with("value", value)
                .with("path", dir.display()))
        };
        if model_type != "whisper" {
            return unsupported(
                "this is no Whisper model, by the model_type of its config.json",
                &model_type,
            );
        }
        let config: Self = json(&path)?;
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
            || config.num_mel_bins * config.max_source_positions > LARGEST_WINDOW
        {
            return Err(Error::new(ErrorKind::DecodeFailed, "config.json has sizes that no model has")
                .with("sizes", format!("{sizes:?}"))
                .with("path", dir.display()));
        }
        let path = dir.join("generation_config.json");
        let mut generation: Generation = if path.exists() { json(&path)? } else { Generation::default() };
        generation.suppress_tokens = generation.suppress_tokens.or_else(|| config.suppress_tokens.clone());
        generation.begin_suppress_tokens =
            generation.begin_suppress_tokens.or_else(|| config.begin_suppress_tokens.clone());
        let there = |&(layer, head): &(usize, usize)| {
            layer < config.decoder_layers && head < config.decoder_attention_heads
        };
        if generation
            .alignment_heads
            .as_ref()
            .is_some_and(|heads| heads.is_empty() || !heads.iter().all(there))
        {
            return Err(Error::new(
                ErrorKind::DecodeFailed,
                "generation_config.json names heads for the alignment that the model does not have",
            )
            .with("path", path.display()));
        }
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
