//! Sentence embeddings, by the folder of the model.

use super::params::needed;
use super::{Called, PlainEntry};
use crate::extract::Matrix;
use crate::model::shared_embedder;
use crate::monitor::{Run, Scope, Steps};
use serde_json::json;

pub(super) const PLAIN: &[PlainEntry] = &[("text.embed", |p| {
    let texts: Option<Vec<String>> = p.given_or_none("texts")?;
    let model: Option<String> = p.given_or_none("model")?;
    let threads = p.take("threads", 0)?;
    p.finish()?;
    let texts = needed("texts", texts)?;
    let embedder = shared_embedder(model.as_deref().unwrap_or("all-MiniLM-L6-v2"), threads)?;
    let mut run =
        Run::new(Scope::global(), p.observer(), p.cancel().clone(), None, Steps::new(&[("embed", 1.0)]));
    let found = embedder.embed(&texts, &mut run)?;
    let (rows, columns) = (texts.len(), found.size);
    let matrix = Matrix { rows, columns, data: found.data, times_s: Vec::new(), unit: "1" };
    Ok(Called::value(&json!({ "engine": embedder.engine(), "size": embedder.size() }))?
        .with("embeddings", matrix))
})];
