//! What networks of the kind of transformers are made of, on plain rows of 32-bit numbers: enough for sentence embeddings and
//! Whisper, and no more.

mod attention;
mod gguf;
mod kinds;
mod layers;
mod packed;
mod safetensors;
mod weights;

pub(crate) use attention::{Seen, attend, attention, attention_weights};
pub(crate) use layers::{LayerNorm, Linear, add, gelu, transposed};
pub(crate) use weights::Weights;
