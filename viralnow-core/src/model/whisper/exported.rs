//! Whisper from ONNX files, as optimum exports it: an encoder, and a decoder with or without a memory of the tokens so far.

use super::config::Config;
use super::network::{After, Looked};
use crate::model::{Element, Session, Tensor};
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const PAST: &str = "past_key_values.";
const PRESENT: &str = "present.";
/// The decoder's attention to the sound, layer by layer, where an export gives it.
const ATTENTION: &str = "cross_attentions.";
/// Tells a merged decoder whether there is a memory.
const BRANCH: &str = "use_cache_branch";
/// Inputs besides those of the memory.
const KNOWN: [(&str, Element); 4] = [
    ("input_ids", Element::I64),
    ("encoder_hidden_states", Element::F32),
    (BRANCH, Element::Bool),
    ("cache_position", Element::I64),
];

pub(super) struct Exported {
    encoder: Session,
    /// Takes the first tokens of a text.
    decoder: Session,
    later: Later,
    heads: usize,
    /// Numbers of one head.
    width: usize,
}

/// What takes the tokens after the first ones.
enum Later {
    /// The same decoder, given what it remembers.
    Merged,
    /// Another decoder, given what the first one remembers.
    Other(Session),
    /// The same decoder, given all tokens again.
    Again,
}

/// The tokens of a text so far, and the decoder's keys and values, by the names that the next step takes them by.
#[derive(Default)]
pub(super) struct Memory {
    tokens: Vec<u32>,
    past: BTreeMap<String, Tensor>,
}

impl Memory {
    pub(super) fn tokens(&self) -> usize {
        self.tokens.len()
    }

    pub(super) fn restart(&mut self) {
        *self = Self::default();
    }
}

/// A file of the folder, or of its folder `onnx`; where the plain one is not there, the quantised one.
fn file(dir: &Path, name: &str) -> Option<PathBuf> {
    let names = [format!("{name}.onnx"), format!("{name}_quantized.onnx")];
    let places = names.iter().flat_map(|name| [dir.join(name), dir.join("onnx").join(name)]);
    places.into_iter().find(|path| path.is_file())
}

/// The files of such a folder, there or not.
pub(super) fn files() -> impl Iterator<Item = String> {
    let names = ["encoder_model", "decoder_model_merged", "decoder_model", "decoder_with_past_model"];
    let kinds = |name| ["", "_quantized"].map(|kind| format!("{name}{kind}.onnx"));
    names.into_iter().flat_map(kinds).flat_map(|name| [format!("onnx/{name}"), name])
}

impl Exported {
    /// None where the folder has no such encoder.
    pub(super) fn open(dir: &Path, config: &Config, threads: usize) -> Result<Option<Self>> {
        let Some(encoder) = file(dir, "encoder_model") else { return Ok(None) };
        let encoder = Session::open(encoder, threads)?;
        let (decoder, later) = if let Some(merged) = file(dir, "decoder_model_merged") {
            (Session::open(merged, threads)?, Later::Merged)
        } else if let Some(first) = file(dir, "decoder_model") {
            let later = match file(dir, "decoder_with_past_model") {
                Some(path) => Later::Other(Session::open(path, threads)?),
                None => Later::Again,
            };
            (Session::open(first, threads)?, later)
        } else {
            return Err(Error::new(
                ErrorKind::NotFound,
                "the folder has an encoder in ONNX and no decoder: decoder_model_merged.onnx, or decoder_model.onnx",
            )
            .with("path", dir.display()));
        };
        let heads = config.decoder_attention_heads;
        let found = Self { encoder, decoder, later, heads, width: config.d_model / heads };
        found.check()?;
        Ok(Some(found))
    }

    pub(super) fn engine(&self) -> &'static str {
        self.encoder.engine()
    }

    /// Whether each of the models takes what is given to it, and the first decoder gives what the next one takes.
    fn check(&self) -> Result<()> {
        let fault = |session: &Session, what: &str, name: &str| {
            Error::new(
                ErrorKind::UnsupportedFormat,
                format!("this is no export of Whisper that is read: {what}"),
            )
            .with("name", name)
            .with("model", session.path().display())
        };
        let gives = |session: &Session, name: &str| session.outputs().iter().any(|port| port.name == name);
        let takes = |session: &Session, name: &str| session.inputs().iter().any(|port| port.name == name);
        if !takes(&self.encoder, "input_features") {
            return Err(fault(&self.encoder, "an input is missing", "input_features"));
        }
        if !gives(&self.encoder, "last_hidden_state") {
            return Err(fault(&self.encoder, "an output is missing", "last_hidden_state"));
        }
        for session in std::iter::once(&self.decoder).chain(self.later()) {
            if !takes(session, "input_ids") {
                return Err(fault(session, "an input is missing", "input_ids"));
            }
            if !gives(session, "logits") {
                return Err(fault(session, "an output is missing", "logits"));
            }
            for port in session.inputs() {
                let past = port.name.starts_with(PAST).then_some(Element::F32);
                let known = KNOWN.iter().find(|(name, _)| *name == port.name).map(|(_, element)| *element);
                match past.or(known) {
                    None => return Err(fault(session, "an input is unknown", &port.name)),
                    Some(element) if port.element != Some(element) => {
                        return Err(fault(session, "an input has another type", &port.name)
                            .with("wanted", element)
                            .with("has", port.element.map_or("one that is not read", Element::as_str)));
                    }
                    Some(_) => {}
                }
            }
        }
        if matches!(self.later, Later::Merged) && !takes(&self.decoder, BRANCH) {
            return Err(fault(&self.decoder, "an input is missing", BRANCH));
        }
        for port in self.later().into_iter().flat_map(Session::inputs) {
            let present = port.name.strip_prefix(PAST).map(|rest| format!("{PRESENT}{rest}"));
            if let Some(name) = present.filter(|name| !gives(&self.decoder, name)) {
                return Err(fault(&self.decoder, "an output is missing", &name));
            }
        }
        Ok(())
    }

    /// What is given what was remembered.
    fn later(&self) -> Option<&Session> {
        match &self.later {
            Later::Merged => Some(&self.decoder),
            Later::Other(other) => Some(other),
            Later::Again => None,
        }
    }

    pub(super) fn unseen(&self) -> Option<&'static str> {
        let seen = self.decoder.outputs().iter().any(|port| port.name.starts_with(ATTENTION));
        (!seen).then_some(
            "this ONNX export does not give the decoder's attention to the sound; take one that does (its decoder has outputs \
             `cross_attentions.0` and so on), or model.safetensors",
        )
    }

    /// What is heard: of mel bands, frame by frame.
    pub(super) fn encode(&self, mel: &[f32], config: &Config) -> Result<Tensor> {
        let (bands, frames) = (config.num_mel_bins, 2 * config.max_source_positions);
        let columns = crate::model::net::transposed(mel, bands);
        let features = Tensor::f32(&[1, bands, frames], columns)?;
        let mut outputs = self.encoder.run(&[("input_features", &features)])?;
        let wanted = [1, config.max_source_positions, config.d_model];
        numbers(&mut outputs, "last_hidden_state", &wanted, &self.encoder)
    }

    /// Takes further tokens; a row of logits for each of those that are asked after.
    pub(super) fn decode(
        &self,
        tokens: &[u32],
        encoded: &Tensor,
        memory: &mut Memory,
        config: &Config,
        after: After<'_>,
        looked: &mut Looked<'_>,
    ) -> Result<Vec<f32>> {
        looked.weights = vec![Vec::new(); looked.heads.len()];
        // With a memory, exports are sure to take one token alone.
        let alone = !memory.tokens.is_empty() && !matches!(self.later, Later::Again);
        let mut logits = Vec::new();
        for step in tokens.chunks(if alone { 1 } else { tokens.len().max(1) }) {
            match self.step(step, encoded, memory, config, looked) {
                Ok(rows) => logits.extend(rows),
                Err(error) => {
                    // Half a memory is none.
                    memory.restart();
                    return Err(error);
                }
            }
        }
        if let After::These(places) = after {
            let row = |place: &usize| &logits[place * config.vocab_size..][..config.vocab_size];
            logits = places.iter().flat_map(row).copied().collect();
        }
        Ok(logits)
    }

    fn step(
        &self,
        tokens: &[u32],
        encoded: &Tensor,
        memory: &mut Memory,
        config: &Config,
        looked: &mut Looked<'_>,
    ) -> Result<Vec<f32>> {
        let before = memory.tokens.len();
        memory.tokens.extend_from_slice(tokens);
        let (session, from) = match &self.later {
            Later::Again => (&self.decoder, 0),
            Later::Other(other) if before > 0 => (other, before),
            Later::Merged | Later::Other(_) => (&self.decoder, before),
        };
        let all = memory.tokens.len();
        let ids = memory.tokens[from..].iter().map(|&token| i64::from(token)).collect();
        let ids = Tensor::i64(&[1, all - from], ids)?;
        let places = Tensor::i64(&[all - from], (from as i64..all as i64).collect())?;
        let branch = Tensor::bool(&[1], vec![before > 0])?;
        let nothing = Tensor::zeros(&[1, self.heads, 0, self.width]);
        let given: Vec<(&str, &Tensor)> = session
            .inputs()
            .iter()
            .map(|port| {
                let tensor = match &*port.name {
                    "input_ids" => &ids,
                    "encoder_hidden_states" => encoded,
                    "cache_position" => &places,
                    BRANCH => &branch,
                    name => memory.past.get(name).unwrap_or(&nothing),
                };
                (&*port.name, tensor)
            })
            .collect();
        let mut outputs = session.run(&given)?;
        let fed = all - from;
        let logits = numbers(&mut outputs, "logits", &[1, fed, config.vocab_size], session)?;
        for (&(layer, head), rows) in looked.heads.iter().zip(&mut looked.weights) {
            let name = format!("{ATTENTION}{layer}");
            let wanted = [1, self.heads, fed, config.max_source_positions];
            let weights = numbers(&mut outputs, &name, &wanted, session)?;
            let of_head = fed * config.max_source_positions;
            let kept = weights.as_f32().unwrap_or_default()[head * of_head..][..of_head].iter().copied();
            rows.extend(kept.skip((fed - tokens.len()) * config.max_source_positions));
            outputs.insert(name, weights);
        }
        let later = self.later().map_or(&[][..], Session::inputs);
        for (name, tensor) in outputs {
            let Some(name) = name.strip_prefix(PRESENT).map(|rest| format!("{PAST}{rest}")) else { continue };
            // What was heard stays the same; later steps do not give it, or give something else for it.
            let new = before == 0 || !name.contains(".encoder.");
            if new && later.iter().any(|port| port.name == name) {
                memory.past.insert(name, tensor);
            }
        }
        let logits = logits.as_f32().unwrap_or_default();
        Ok(logits[logits.len() - tokens.len() * config.vocab_size..].to_vec())
    }
}

/// An output of this shape that holds numbers alone.
fn numbers(
    outputs: &mut BTreeMap<String, Tensor>,
    name: &str,
    shape: &[usize],
    session: &Session,
) -> Result<Tensor> {
    let fault = |what: &str| {
        Error::new(ErrorKind::DecodeFailed, format!("the model does not fit its config.json: {what}"))
            .with("output", name)
            .with("model", session.path().display())
    };
    let tensor = outputs.remove(name).ok_or_else(|| fault("an output is missing"))?;
    if tensor.shape() != shape {
        return Err(fault("an output has another shape")
            .with("shape", format!("{:?}", tensor.shape()))
            .with("wanted", format!("{shape:?}")));
    }
    match tensor.as_f32() {
        Some(values) if values.iter().all(|value| value.is_finite()) => Ok(tensor),
        _ => Err(fault("an output holds what is no number")),
    }
}
