//! The functions of `models`: which are known, where they are, whether they are whole, and fetching one.

use super::params::{Params, needed};
use super::{Called, PlainEntry};
use crate::Result;
use crate::model::{self, Model};
use crate::monitor::{Run, Scope, Steps};
use serde_json::json;
use std::path::PathBuf;

pub(super) const PLAIN: &[PlainEntry] = &[
    ("models.list", |p| {
        let (dir, own) = place(p)?;
        p.finish()?;
        let own = own.map_or_else(|| Ok(Vec::new()), model::read_manifest)?;
        let first = |model: &&Model| !own.iter().any(|other| other.name == model.name);
        let models: Vec<Model> =
            own.iter().chain(model::known_models().iter().filter(first)).cloned().collect();
        let dirs = dir.clone().map_or_else(model::model_dirs, |dir| vec![dir]);
        Called::value(&json!({ "directories": dirs, "models": model::list_models(&models, dir.as_deref()) }))
    }),
    ("models.pull", pull),
    ("models.verify", |p| {
        let (model, dir) = one(p)?;
        let files = model::verify_model(&model, dir.as_deref(), &mut run(p))?;
        let good = files.iter().all(|file| file.state == model::FileState::Good);
        Called::value(&json!({ "model": model.name, "good": good, "files": files }))
    }),
    ("models.where", |p| {
        let (model, dir) = one(p)?;
        Called::value(&model::where_is(&model, dir.as_deref())?)
    }),
];

#[cfg(feature = "http")]
fn pull(p: &mut Params<'_>) -> Result<Called> {
    let default = model::PullOptions::default();
    let (tries, timeout_s) = (p.take("tries", default.tries)?, p.take("timeout_s", default.timeout_s)?);
    let (model, dir) = one(p)?;
    Called::value(&model::pull_model(&model, &model::PullOptions { dir, tries, timeout_s }, &mut run(p))?)
}

/// Takes the same settings, and says what is missing.
#[cfg(not(feature = "http"))]
fn pull(p: &mut Params<'_>) -> Result<Called> {
    let _: Option<u32> = p.given_or_none("tries")?;
    let _: Option<f64> = p.given_or_none("timeout_s")?;
    let (model, _) = one(p)?;
    Err(crate::Error::new(
        crate::ErrorKind::Unavailable,
        "this build fetches no models; build it with the feature `http`, or put the files there yourself",
    )
    .with("model", model.name)
    .with("source", model.source))
}

fn run(p: &Params<'_>) -> Run {
    Run::new(Scope::global(), p.observer(), p.cancel().clone(), None, Steps::new(&[("models", 1.0)]))
}

/// The directory, and the manifest of one's own.
fn place(p: &mut Params<'_>) -> Result<(Option<PathBuf>, Option<PathBuf>)> {
    Ok((p.given_or_none("dir")?, p.given_or_none("manifest")?))
}

/// The model that is named, and the directory; the last settings to be asked for.
fn one(p: &mut Params<'_>) -> Result<(Model, Option<PathBuf>)> {
    let name: Option<String> = p.given_or_none("name")?;
    let (dir, own) = place(p)?;
    p.finish()?;
    let name = needed("name", name)?;
    let own = own.map_or_else(|| Ok(Vec::new()), model::read_manifest)?;
    Ok((model::find_model(&name, &own)?.clone(), dir))
}
