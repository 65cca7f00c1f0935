//! Which of the known models are on this machine, where, and whether their files are what they should be.

use super::{Model, ModelFile, model_dirs};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A known model, and whether it is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The model.
    #[serde(flatten)]
    pub model: Model,
    /// Its file, or the folder of its files, where all of them are there.
    pub path: Option<PathBuf>,
    /// Whether it can be fetched.
    pub can_be_pulled: bool,
}

/// What is the matter with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum FileState {
    /// Its content is what it should be.
    Good,
    /// It is not there.
    Missing,
    /// Its content is another.
    Different,
    /// It is there; what it should be is not known.
    Unknown,
}

/// A file that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerifiedFile {
    /// Its name.
    pub name: String,
    /// Where it is, or would be.
    pub path: PathBuf,
    /// What is the matter with it.
    pub state: FileState,
    /// The checksum of what is there.
    pub sha256: Option<String>,
    /// Its length.
    pub bytes: Option<u64>,
}

/// The models, and where each of them is: in `dir` when it is given, else in [`model_dirs`].
///
/// ```
/// use viralnow_core::model::{known_models, list_models};
/// for listed in list_models(known_models(), None) {
///     println!("{} ({}): {:?}", listed.model.name, listed.model.licence, listed.path);
/// }
/// ```
#[must_use]
pub fn list_models(models: &[Model], dir: Option<&Path>) -> Vec<Listed> {
    let listed = |model: &Model| Listed {
        model: model.clone(),
        path: place(model, dir).ok(),
        can_be_pulled: model.can_be_pulled(),
    };
    models.iter().map(listed).collect()
}

/// Where a model is: its file, or the folder of its files, in `dir` when it is given, else in the first of [`model_dirs`]
/// that has all of them. Fails with `UNAVAILABLE`, says where it looked, what is missing, and the way out.
pub fn where_is(model: &Model, dir: Option<&Path>) -> Result<PathBuf> {
    place(model, dir).map_err(|(looked, missing)| {
        let way_out = if model.can_be_pulled() {
            format!("fetch it (`viralnow models pull {}`), or put it there yourself", model.name)
        } else {
            format!("put it there yourself, from {}", model.source)
        };
        let looked = looked.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(" ");
        Error::new(ErrorKind::Unavailable, format!("the model is not there; {way_out}"))
            .with("model", &model.name)
            .with("missing", missing.join(" "))
            .with("looked_in", if looked.is_empty() { "no directory".to_owned() } else { looked })
    })
}

/// The path, or the directories that were searched and the files that the last of them lacks.
fn place(model: &Model, dir: Option<&Path>) -> std::result::Result<PathBuf, (Vec<PathBuf>, Vec<String>)> {
    let dirs = dir.map_or_else(model_dirs, |dir| vec![dir.to_owned()]);
    let mut missing: Vec<String> = model.files.iter().map(|file| file.name.clone()).collect();
    for dir in &dirs {
        let lacks = |file: &&ModelFile| !path_of(model, file, dir).is_file();
        let lacking: Vec<_> = model.files.iter().filter(lacks).map(|file| file.name.clone()).collect();
        if lacking.is_empty() {
            return Ok(home(model, dir));
        }
        if lacking.len() < missing.len() {
            missing = lacking;
        }
    }
    Err((dirs, missing))
}

/// The file, or the folder, of a model in a directory of models.
fn home(model: &Model, dir: &Path) -> PathBuf {
    match &*model.files {
        [only] if !model.folder => dir.join(&only.name),
        _ => dir.join(&model.name),
    }
}

pub(super) fn path_of(model: &Model, file: &ModelFile, dir: &Path) -> PathBuf {
    if model.folder { dir.join(&model.name).join(&file.name) } else { dir.join(&file.name) }
}

/// Reads a model's files, in `dir` when it is given, else in the first of [`model_dirs`] that has all of them (else the
/// first), and compares their checksums. What is wrong with a file is in its [`FileState`]; an error is only what keeps one
/// from being read, or a run that is stopped.
pub fn verify_model(model: &Model, dir: Option<&Path>, run: &mut Run) -> Result<Vec<VerifiedFile>> {
    let dirs = dir.map_or_else(model_dirs, |dir| vec![dir.to_owned()]);
    let whole = |dir: &&PathBuf| place(model, Some(dir.as_path())).is_ok();
    let Some(dir) = dirs.iter().find(whole).or(dirs.first()) else {
        return where_is(model, None).map(|_| Vec::new());
    };
    let total: u64 = model
        .files
        .iter()
        .filter_map(|file| path_of(model, file, dir).metadata().ok())
        .map(|m| m.len())
        .sum();
    let mut done = 0;
    let mut files = Vec::new();
    for file in &model.files {
        let path = path_of(model, file, dir);
        let mut found = VerifiedFile {
            name: file.name.clone(),
            path,
            state: FileState::Missing,
            sha256: None,
            bytes: None,
        };
        if found.path.is_file() {
            let (hash, bytes) =
                hash_file(&found.path, |read| run.advance((done + read) as f64 / total.max(1) as f64))?;
            done += bytes;
            found.state = match &file.sha256 {
                None => FileState::Unknown,
                Some(wanted) if *wanted == hash => FileState::Good,
                Some(_) => FileState::Different,
            };
            (found.sha256, found.bytes) = (Some(hash), Some(bytes));
        }
        files.push(found);
    }
    Ok(files)
}

/// The checksum and the length of a file; `told` hears how much is read.
pub(super) fn hash_file(path: &Path, mut told: impl FnMut(u64) -> Result<()>) -> Result<(String, u64)> {
    let failed = |error: std::io::Error| Error::from(error).with("path", path.display());
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let (mut hash, mut part, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0);
    loop {
        let count = match file.read(&mut part) {
            Ok(0) => return Ok((hexadecimal(hash), bytes)),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error)),
        };
        hash.update(&part[..count]);
        bytes += count as u64;
        told(bytes)?;
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
