//! Whisper's encoder and decoder (Radford et al. 2022), as Hugging Face stores them.

use super::config::Config;
use crate::Result;
use crate::model::net::{LayerNorm, Linear, Seen, Weights, add, attend, attention, attention_weights, gelu};
use std::path::Path;

/// The tolerance of the layer normalisation; not in the configuration.
const EPSILON: f32 = 1e-5;

pub(super) struct Network {
    convolutions: [Linear; 2],
    source_positions: Vec<f32>,
    encoder: Vec<Layer>,
    encoder_norm: LayerNorm,
    words: Vec<f32>,
    target_positions: Vec<f32>,
    decoder: Vec<Layer>,
    decoder_norm: LayerNorm,
    /// The words' matrix the other way round.
    head: Linear,
}

struct Attention {
    norm: LayerNorm,
    q: Linear,
    k: Linear,
    v: Linear,
    out: Linear,
}

struct Layer {
    own: Attention,
    /// To what was heard; of the decoder alone.
    cross: Option<Attention>,
    norm: LayerNorm,
    up: Linear,
    down: Linear,
}

/// Keys and values of the decoder's layers: of what was heard, and of the tokens so far.
pub(super) struct Memory {
    heard: Vec<(Vec<f32>, Vec<f32>)>,
    own: Vec<(Vec<f32>, Vec<f32>)>,
    tokens: usize,
}

impl Memory {
    /// Tokens that were given.
    pub(super) fn tokens(&self) -> usize {
        self.tokens
    }

    /// Forgets the tokens, not what was heard.
    pub(super) fn restart(&mut self) {
        self.tokens = 0;
        for (keys, values) in &mut self.own {
            keys.clear();
            values.clear();
        }
    }
}

/// Which heads of the decoder's attention to what was heard are looked at, as layer and head; and what they gave.
#[derive(Default)]
pub(super) struct Looked<'a> {
    pub(super) heads: &'a [(usize, usize)],
    /// For each of them, in their order: rows of weights, one for each token.
    pub(super) weights: Vec<Vec<f32>>,
}

/// The tokens after which the logits are asked for: the matrix of the words is the dearest one.
#[derive(Clone, Copy)]
pub(super) enum After<'a> {
    Every,
    /// Those in these places.
    These(&'a [usize]),
}

impl Network {
    pub(super) fn open(path: &Path, config: &Config) -> Result<Self> {
        let weights = Weights::open(path)?;
        let size = config.d_model;
        let norm = |name: &str| LayerNorm::load(&weights, name, size, EPSILON);
        let attends = |at: &str, name: &str| -> Result<Attention> {
            let linear = |part: &str, biased: bool| {
                Linear::load(&weights, &format!("{at}.{name}.{part}"), size, size, biased)
            };
            let norm = norm(&format!("{at}.{name}_layer_norm"))?;
            Ok(Attention {
                norm,
                q: linear("q_proj", true)?,
                k: linear("k_proj", false)?,
                v: linear("v_proj", true)?,
                out: linear("out_proj", true)?,
            })
        };
        let layer = |at: &str, crossed: bool, wide: usize| -> Result<Layer> {
            Ok(Layer {
                own: attends(at, "self_attn")?,
                cross: crossed.then(|| attends(at, "encoder_attn")).transpose()?,
                norm: norm(&format!("{at}.final_layer_norm"))?,
                up: Linear::load(&weights, &format!("{at}.fc1"), size, wide, true)?,
                down: Linear::load(&weights, &format!("{at}.fc2"), wide, size, true)?,
            })
        };
        let (bands, wide) = (config.num_mel_bins, [config.encoder_ffn_dim, config.decoder_ffn_dim]);
        Ok(Self {
            convolutions: [
                Linear::load_convolution(&weights, "model.encoder.conv1", bands, size, 3)?,
                Linear::load_convolution(&weights, "model.encoder.conv2", size, size, 3)?,
            ],
            source_positions: weights
                .get("model.encoder.embed_positions.weight", &[config.max_source_positions, size])?,
            encoder: (0..config.encoder_layers)
                .map(|n| layer(&format!("model.encoder.layers.{n}"), false, wide[0]))
                .collect::<Result<_>>()?,
            encoder_norm: norm("model.encoder.layer_norm")?,
            words: weights.get("model.decoder.embed_tokens.weight", &[config.vocab_size, size])?,
            target_positions: weights
                .get("model.decoder.embed_positions.weight", &[config.max_target_positions, size])?,
            decoder: (0..config.decoder_layers)
                .map(|n| layer(&format!("model.decoder.layers.{n}"), true, wide[1]))
                .collect::<Result<_>>()?,
            decoder_norm: norm("model.decoder.layer_norm")?,
            head: Linear::load(&weights, "model.decoder.embed_tokens", size, config.vocab_size, false)?,
        })
    }

    /// What is heard: of mel bands, frame by frame, twice as many as positions. Stops as soon as `pulse`, which is asked before
    /// each layer, fails.
    pub(super) fn encode(
        &self,
        mel: &[f32],
        config: &Config,
        threads: usize,
        pulse: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Vec<f32>> {
        let (size, heads) = (config.d_model, config.encoder_attention_heads);
        let mut x = convolve(&self.convolutions[0], mel, config.num_mel_bins, 1, threads);
        x = convolve(&self.convolutions[1], &x, size, 2, threads);
        add(&mut x, &self.source_positions);
        for layer in &self.encoder {
            pulse()?;
            let normed = layer.own.norm.applied(&x);
            let [q, k, v] =
                [&layer.own.q, &layer.own.k, &layer.own.v].map(|linear| linear.apply(&normed, threads));
            add(&mut x, &layer.own.out.apply(&attention(&q, &k, &v, size, heads, threads), threads));
            layer.widen(&mut x, threads);
        }
        self.encoder_norm.apply(&mut x);
        Ok(x)
    }

    /// The decoder's memory of what was heard.
    pub(super) fn remember(&self, heard: &[f32], threads: usize) -> Memory {
        let of_layer = |layer: &Layer| {
            let keys = layer
                .cross
                .as_ref()
                .map(|cross| (cross.k.apply(heard, threads), cross.v.apply(heard, threads)));
            keys.unwrap_or_default()
        };
        let own = self.decoder.iter().map(|_| (Vec::new(), Vec::new())).collect();
        Memory { heard: self.decoder.iter().map(of_layer).collect(), own, tokens: 0 }
    }

    /// Takes further tokens; a row of logits for each of those that are asked after.
    pub(super) fn decode(
        &self,
        tokens: &[u32],
        memory: &mut Memory,
        config: &Config,
        threads: usize,
        after: After<'_>,
        looked: &mut Looked<'_>,
    ) -> Vec<f32> {
        looked.weights = vec![Vec::new(); looked.heads.len()];
        let (size, heads) = (config.d_model, config.decoder_attention_heads);
        let before = memory.tokens;
        let mut x = Vec::with_capacity(tokens.len() * size);
        for (place, &token) in tokens.iter().enumerate() {
            let word = &self.words[token as usize * size..][..size];
            let position = &self.target_positions[(before + place) * size..][..size];
            x.extend(word.iter().zip(position).map(|(word, position)| word + position));
        }
        for (n, layer) in self.decoder.iter().enumerate() {
            let normed = layer.own.norm.applied(&x);
            let (keys, values) = &mut memory.own[n];
            keys.extend(layer.own.k.apply(&normed, threads));
            values.extend(layer.own.v.apply(&normed, threads));
            let q = layer.own.q.apply(&normed, threads);
            let weights = attention_weights(&q, keys, size, heads, Seen::UpTo(before), threads);
            add(&mut x, &layer.own.out.apply(&attend(&weights, values, size, heads), threads));
            if let Some(cross) = &layer.cross {
                let q = cross.q.apply(&cross.norm.applied(&x), threads);
                let (keys, values) = &memory.heard[n];
                let weights = attention_weights(&q, keys, size, heads, Seen::First(usize::MAX), threads);
                let part = weights.len() / heads;
                for (&(_, head), kept) in
                    looked.heads.iter().zip(&mut looked.weights).filter(|((layer, _), _)| *layer == n)
                {
                    *kept = weights[head * part..][..part].to_vec();
                }
                add(&mut x, &cross.out.apply(&attend(&weights, values, size, heads), threads));
            }
            layer.widen(&mut x, threads);
        }
        memory.tokens += tokens.len();
        if let After::These(places) = after {
            x = places.iter().flat_map(|place| &x[place * size..][..size]).copied().collect();
        }
        self.decoder_norm.apply(&mut x);
        self.head.apply(&x, threads)
    }
}

impl Layer {
    fn widen(&self, x: &mut [f32], threads: usize) {
        let mut wide = self.up.apply(&self.norm.applied(x), threads);
        gelu(&mut wide);
        add(x, &self.down.apply(&wide, threads));
    }
}

/// A convolution of three rows, one row of zeros at both ends, every `step`-th; and its GELU.
fn convolve(kernel: &Linear, x: &[f32], columns: usize, step: usize, threads: usize) -> Vec<f32> {
    let rows = x.len() / columns;
    let mut padded = vec![0.0; columns];
    padded.extend_from_slice(x);
    padded.resize((rows + 2) * columns, 0.0);
    let mut out = kernel.apply_strided(&padded, rows.div_ceil(step), step * columns, threads);
    gelu(&mut out);
    out
}
