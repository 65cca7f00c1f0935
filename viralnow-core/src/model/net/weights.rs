//! Weights in a file, whatever its format: named tensors, read one by one, so that a file that is no model costs nothing.

use super::kinds::Kind;
use super::{gguf, safetensors};
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A file of weights.
pub(crate) struct Weights {
    path: PathBuf,
    file: Mutex<File>,
    tensors: BTreeMap<String, Entry>,
}

/// Where a tensor is, and what it is made of.
pub(super) struct Entry {
    /// None for a type that is not read.
    pub(super) kind: Option<Kind>,
    /// As the file names its type.
    pub(super) named: String,
    /// The last dimension fastest.
    pub(super) shape: Vec<usize>,
    /// The first byte in the file.
    pub(super) from: u64,
    pub(super) bytes: u64,
}

impl Weights {
    /// Reads the header: of GGUF for a file of that name, of safetensors for any other. Fails with `NOT_FOUND` without the file
    /// and with `DECODE_FAILED` for what is no such file, or ends before its last tensor does.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|error| Error::from(error).with("path", path.display()))?;
        let tensors = if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf")) {
            gguf::tensors(&mut file, path)?
        } else {
            safetensors::tensors(&mut file, path)?
        };
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), tensors })
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// A tensor of this shape, as 32-bit numbers. Fails with `DECODE_FAILED` where it is not there, has another shape, or a
    /// type that is not read, and for a number that is none.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let wrong = |why: &str| {
            Error::new(ErrorKind::DecodeFailed, format!("the weights do not fit the model: {why}"))
                .with("tensor", name)
                .with("path", self.path.display())
        };
        let entry = self.tensors.get(name).ok_or_else(|| wrong("a tensor is missing"))?;
        if entry.shape != shape {
            return Err(wrong("a tensor has another shape")
                .with("shape", format!("{:?}", entry.shape))
                .with("wanted", format!("{shape:?}")));
        }
        let kind = entry.kind.ok_or_else(|| {
            wrong("a tensor has a type that is not read")
                .with("type", &entry.named)
                .with("there_are", Kind::names())
        })?;
        let mut bytes = vec![0; entry.bytes as usize];
        {
            let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            file.seek(SeekFrom::Start(entry.from))?;
            file.read_exact(&mut bytes).map_err(|error| wrong("it is cut short").caused_by(error))?;
        }
        let values = kind.numbers(&bytes);
        if values.iter().any(|value| !value.is_finite()) {
            return Err(wrong("a tensor holds what is no number"));
        }
        Ok(values)
    }
}
