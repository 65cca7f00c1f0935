//! The ONNX Runtime side of a session, through the crate `ort`.

use super::{Element, Port, Tensor};
use crate::{Error, ErrorKind, Result};
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, TensorElementType, TensorRef, ValueType};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Whether the library is loaded; a process has one.
static LOADED: Mutex<bool> = Mutex::new(false);

/// Loads the library once. `ort` would look for one by itself and panic without it, so nothing of it is called before.
fn load() -> Result<()> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*loaded {
        // Refuses a runtime that is too old.
        let runtime = super::runtime()?;
        let environment = ort::init_from(&runtime.path).map_err(|error| {
            Error::new(ErrorKind::Unavailable, "ONNX Runtime cannot be used; install another release of it")
                .with("path", runtime.path.display())
                .with("version", &runtime.version)
                .caused_by(error)
        })?;
        // Not ours alone to decide in a host that uses `ort` too: the first one's settings stay.
        environment.with_name("viralnow").with_telemetry(false).commit();
        *loaded = true;
    }
    Ok(())
}

/// Whether the library is loaded.
pub(super) fn is_loaded() -> bool {
    *LOADED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A loaded model.
pub(super) struct Graph(Session);

impl Graph {
    pub(super) fn open(path: &Path, threads: usize) -> Result<Self> {
        // The runtime's own words for both are less clear.
        std::fs::File::open(path).map_err(|error| Error::from(error).with("path", path.display()))?;
        load()?;
        build(path, threads).map(Self).map_err(|error| {
            Error::new(
                ErrorKind::DecodeFailed,
                "the model cannot be loaded; it is damaged, no ONNX model, or for a newer ONNX Runtime",
            )
            .with("model", path.display())
            .caused_by(error)
        })
    }

    /// The inputs and the outputs.
    pub(super) fn ports(&self) -> (Vec<Port>, Vec<Port>) {
        let port = |outlet: &ort::value::Outlet| {
            let (element, shape) = match outlet.dtype() {
                ValueType::Tensor { ty, shape, .. } => {
                    (element(*ty), shape.iter().map(|&side| usize::try_from(side).ok()).collect())
                }
                _ => (None, vec![]),
            };
            Port { name: outlet.name().to_owned(), element, shape }
        };
        (self.0.inputs().iter().map(port).collect(), self.0.outputs().iter().map(port).collect())
    }

    /// A text of the model's own metadata.
    pub(super) fn metadata(&self, key: &str) -> Option<String> {
        self.0.metadata().ok()?.custom(key)
    }

    pub(super) fn run(&mut self, inputs: &[(&str, &Tensor)]) -> Result<BTreeMap<String, Tensor>> {
        let refused = |error: ort::Error| {
            Error::new(
                ErrorKind::InvalidInput,
                "the model refuses these inputs; check their sizes and values",
            )
            .caused_by(error)
        };
        let values = inputs
            .iter()
            .map(|(name, tensor)| Ok((Cow::from(*name), value(tensor)?)))
            .collect::<ort::Result<Vec<_>>>()
            .map_err(refused)?;
        let outputs = self.0.run(values).map_err(refused)?;
        outputs.iter().map(|(name, value)| Ok((name.to_owned(), tensor(name, &value)?))).collect()
    }
}

fn build(path: &Path, threads: usize) -> ort::Result<Session> {
    Session::builder()?
        .with_intra_threads(threads)?
        .with_inter_threads(1)?
        // A thread that waits would burn a core.
        .with_intra_op_spinning(false)?
        .with_inter_op_spinning(false)?
        // Our errors say what went wrong; a host's standard error is not for it.
        .with_log_level(ort::logging::LogLevel::Fatal)?
        .commit_from_file(path)
}

fn element(ty: TensorElementType) -> Option<Element> {
    match ty {
        TensorElementType::Float32 => Some(Element::F32),
        TensorElementType::Int64 => Some(Element::I64),
        TensorElementType::Bool => Some(Element::Bool),
        _ => None,
    }
}

/// Borrows; nothing is copied.
fn value(tensor: &Tensor) -> ort::Result<SessionInputValue<'_>> {
    let shape = tensor.shape();
    match (tensor.as_f32(), tensor.as_i64(), tensor.as_bool()) {
        (Some(data), ..) => Ok(TensorRef::from_array_view((shape, data))?.into()),
        (_, Some(data), _) => Ok(TensorRef::from_array_view((shape, data))?.into()),
        (.., Some(data)) => Ok(TensorRef::from_array_view((shape, data))?.into()),
        _ => Err(ort::Error::new("a tensor of an unknown type")),
    }
}

/// No output of yes or no is read: a damaged model may have bytes there that are neither.
fn tensor(name: &str, value: &DynValue) -> Result<Tensor> {
    let shape = |shape: &[i64]| shape.iter().map(|&side| side as usize).collect::<Vec<_>>();
    if let Ok((sides, data)) = value.try_extract_tensor::<f32>() {
        return Tensor::f32(&shape(sides), data.to_vec());
    }
    if let Ok((sides, data)) = value.try_extract_tensor::<i64>() {
        return Tensor::i64(&shape(sides), data.to_vec());
    }
    Err(Error::new(ErrorKind::Unavailable, "the model gives an output of a type that is not supported")
        .with("output", name)
        .with("type", value.dtype())
        .with("supported", "float, int64"))
}
