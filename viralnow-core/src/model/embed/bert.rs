//! The encoder of BERT (Devlin et al. 2018), as Hugging Face stores it.
//!
//! Texts lie one after another without padding: the layers take all their tokens at once, and attention each text by itself.

use super::config::Config;
use crate::Result;
use crate::model::net::{LayerNorm, Linear, Seen, Weights, add, attend, attention_weights, gelu};
use std::path::Path;

pub(super) struct Bert {
    words: Vec<f32>,
    positions: Vec<f32>,
    /// That of the first type: a text alone has no other.
    types: Vec<f32>,
    norm: LayerNorm,
    layers: Vec<Layer>,
}

struct Layer {
    /// Queries, keys and values.
    qkv: [Linear; 3],
    out: Linear,
    attention_norm: LayerNorm,
    up: Linear,
    down: Linear,
    norm: LayerNorm,
}

impl Bert {
    pub(super) fn open(path: &Path, config: &Config) -> Result<Self> {
        let weights = Weights::open(path)?;
        // Saved on its own, or within a model with a head.
        let prefix = ["", "bert.", "roberta."]
            .into_iter()
            .find(|prefix| weights.has(&format!("{prefix}embeddings.word_embeddings.weight")))
            .unwrap_or_default();
        let (size, epsilon) = (config.hidden_size, config.layer_norm_eps);
        let table = |name: &str, rows: usize| {
            weights.get(&format!("{prefix}embeddings.{name}_embeddings.weight"), &[rows, size])
        };
        let norm =
            |name: &str| LayerNorm::load(&weights, &format!("{prefix}{name}.LayerNorm"), size, epsilon);
        let linear = |name: &str, from: usize, to: usize| {
            Linear::load(&weights, &format!("{prefix}{name}"), from, to, true)
        };
        let layer = |n: usize| {
            let at = format!("encoder.layer.{n}");
            let of_attention = |name: &str| linear(&format!("{at}.attention.self.{name}"), size, size);
            Ok(Layer {
                qkv: [of_attention("query")?, of_attention("key")?, of_attention("value")?],
                out: linear(&format!("{at}.attention.output.dense"), size, size)?,
                attention_norm: norm(&format!("{at}.attention.output"))?,
                up: linear(&format!("{at}.intermediate.dense"), size, config.intermediate_size)?,
                down: linear(&format!("{at}.output.dense"), config.intermediate_size, size)?,
                norm: norm(&format!("{at}.output"))?,
            })
        };
        let mut types = table("token_type", config.type_vocab_size)?;
        types.truncate(size);
        Ok(Self {
            words: table("word", config.vocab_size)?,
            positions: table("position", config.max_position_embeddings)?,
            types,
            norm: norm("embeddings")?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
        })
    }

    /// The pooled vectors of texts, given as tokens.
    pub(super) fn run(&self, texts: &[&[u32]], config: &Config, threads: usize) -> Vec<f32> {
        let size = config.hidden_size;
        let mut x = Vec::with_capacity(texts.iter().map(|ids| ids.len()).sum::<usize>() * size);
        for ids in texts {
            for (place, &id) in ids.iter().enumerate() {
                let word = &self.words[id as usize * size..][..size];
                let position = &self.positions[(config.first_position() + place) * size..][..size];
                x.extend(
                    word.iter()
                        .zip(&self.types)
                        .zip(position)
                        .map(|((word, of_type), position)| word + of_type + position),
                );
            }
        }
        self.norm.apply(&mut x);
        for layer in &self.layers {
            layer.apply(&mut x, texts, size, config.num_attention_heads, threads);
        }
        let mut rest = &*x;
        let mut pooled = Vec::with_capacity(texts.len() * size);
        for ids in texts {
            let (tokens, later) = rest.split_at(ids.len() * size);
            pooled.extend(config.pool(tokens));
            rest = later;
        }
        pooled
    }
}

impl Layer {
    fn apply(&self, x: &mut [f32], texts: &[&[u32]], size: usize, heads: usize, threads: usize) {
        let [q, k, v] = [0, 1, 2].map(|n| self.qkv[n].apply(x, threads));
        let mut gathered = Vec::with_capacity(x.len());
        let mut at = 0;
        for ids in texts {
            let part = at..at + ids.len() * size;
            let weights = attention_weights(
                &q[part.clone()],
                &k[part.clone()],
                size,
                heads,
                Seen::First(ids.len()),
                threads,
            );
            gathered.extend(attend(&weights, &v[part.clone()], size, heads));
            at = part.end;
        }
        add(x, &self.out.apply(&gathered, threads));
        self.attention_norm.apply(x);
        let mut wide = self.up.apply(x, threads);
        gelu(&mut wide);
        add(x, &self.down.apply(&wide, threads));
        self.norm.apply(x);
    }
}
