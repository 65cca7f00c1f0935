//! What the files beside the weights say of a model.

use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Sizes beyond which a file is no model that anyone has.
const LARGEST: usize = 1 << 20;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Config {
    pub(super) model_type: String,
    pub(super) hidden_size: usize,
    pub(super) intermediate_size: usize,
    pub(super) num_attention_heads: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) max_position_embeddings: usize,
    pub(super) vocab_size: usize,
    #[serde(default = "one")]
    pub(super) type_vocab_size: usize,
    pub(super) hidden_act: String,
    pub(super) layer_norm_eps: f32,
    #[serde(default)]
    pub(super) pad_token_id: u32,
    #[serde(default = "absolute")]
    position_embedding_type: String,
    /// Tokens that are read of a text.
    #[serde(skip)]
    pub(super) most_tokens: usize,
    /// Whether the first token stands for the text, rather than the mean of all.
    #[serde(skip)]
    first: bool,
}

fn one() -> usize {
    1
}

fn absolute() -> String {
    "absolute".to_owned()
}

/// Read first: what else stands there hangs on it.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    model_type: String,
}

#[derive(Deserialize)]
struct Pooling {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
}

#[derive(Deserialize)]
struct Reading {
    max_seq_length: Option<usize>,
}

impl Config {
    /// Reads and checks them.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let missing = || {
            Error::new(
                ErrorKind::NotFound,
                "the folder of a model has config.json, tokenizer.json and model.safetensors (or model.onnx)",
            )
            .with("missing", "config.json")
            .with("path", dir.display())
        };
        let Named { model_type } = json(dir, "config.json")?.ok_or_else(missing)?;
        let unsupported = |what: &str, value: &str| {
            Err(Error::new(ErrorKind::UnsupportedFormat, what)
                .with("value", value)
                .with("path", dir.display()))
        };
        if !matches!(&*model_type, "bert" | "roberta" | "xlm-roberta") {
            return unsupported(
                "no sentence model of a type that is read; there are bert, roberta, xlm-roberta",
                &model_type,
            );
        }
        let mut config: Self = json(dir, "config.json")?.ok_or_else(missing)?;
        if config.hidden_act != "gelu" || config.position_embedding_type != "absolute" {
            return unsupported(
                "the model's activation is not gelu, or its positions are not absolute",
                &config.hidden_act,
            );
        }
        let sizes = [
            config.hidden_size,
            config.intermediate_size,
            config.num_attention_heads,
            config.num_hidden_layers,
            config.vocab_size,
            config.max_position_embeddings,
            config.type_vocab_size,
        ];
        let heads = config.num_attention_heads;
        if sizes.iter().any(|size| !(1..=LARGEST).contains(size)) || !config.hidden_size.is_multiple_of(heads)
        {
            return Err(Error::new(ErrorKind::DecodeFailed, "config.json has sizes that no model has")
                .with("sizes", format!("{sizes:?}"))
                .with("path", dir.display()));
        }
        let room =
            config.max_position_embeddings - config.first_position().min(config.max_position_embeddings);
        let reading: Option<Reading> = json(dir, "sentence_bert_config.json")?;
        config.most_tokens = reading.and_then(|reading| reading.max_seq_length).unwrap_or(room).min(room);
        if config.most_tokens < 3 {
            return unsupported("the model reads fewer than 3 tokens", &config.most_tokens.to_string());
        }
        if let Some(pooling) = json::<Pooling>(dir, "1_Pooling/config.json")? {
            config.first = pooling.pooling_mode_cls_token;
            if pooling.pooling_mode_mean_tokens == pooling.pooling_mode_cls_token {
                return unsupported(
                    "tokens are pooled otherwise than by their mean or the first",
                    "1_Pooling",
                );
            }
        }
        if dir.join("2_Dense").is_dir() || dir.join("3_Dense").is_dir() {
            return unsupported("the model has a layer after the pooling, which is not read", "Dense");
        }
        Ok(config)
    }

    /// The position of the first token: after that of the padding, in `RoBERTa`'s way.
    pub(super) fn first_position(&self) -> usize {
        if self.model_type == "bert" { 0 } else { self.pad_token_id as usize + 1 }
    }

    /// The vector of a text: of the rows of its tokens.
    pub(super) fn pool(&self, tokens: &[f32]) -> Vec<f32> {
        let size = self.hidden_size;
        if self.first {
            return tokens[..size].to_vec();
        }
        let mut sum = vec![0.0; size];
        for row in tokens.chunks_exact(size) {
            for (sum, value) in sum.iter_mut().zip(row) {
                *sum += value;
            }
        }
        let count = (tokens.len() / size) as f32;
        sum.iter().map(|sum| sum / count).collect()
    }
}

/// A file of JSON, where it is there.
fn json<T: DeserializeOwned>(dir: &Path, name: &str) -> Result<Option<T>> {
    let path = dir.join(name);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::from(error).with("path", path.display())),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        Error::new(ErrorKind::DecodeFailed, "a file of the model cannot be read")
            .with("path", path.display())
            .caused_by(error)
    })
}
