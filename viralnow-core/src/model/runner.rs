//! A model in the engine that runs it.

#[cfg(feature = "onnx")]
use super::onnx;
#[cfg(feature = "tract")]
use super::tract;
use super::{Port, Tensor, engine};
#[cfg(not(all(feature = "onnx", feature = "tract")))]
use crate::ErrorKind;
use crate::{Error, Result};
use std::collections::BTreeMap;
use std::path::Path;
#[cfg(feature = "onnx")]
use std::sync::{Mutex, PoisonError};

/// A model with its inputs and its outputs.
type Opened = (Runner, (Vec<Port>, Vec<Port>));

/// A loaded model. There is none in a build without any engine.
pub(super) enum Runner {
    /// Loaded copies that no call uses.
    #[cfg(feature = "onnx")]
    OnnxRuntime { threads: usize, idle: Mutex<Vec<onnx::Graph>> },
    /// One for all calls.
    #[cfg(feature = "tract")]
    Tract(Box<tract::Graph>),
}

#[cfg_attr(not(any(feature = "onnx", feature = "tract")), allow(unused_variables, reason = "nothing is run"))]
impl Runner {
    pub(super) fn open(path: &Path, threads: usize) -> Result<Opened> {
        if engine::is_tract()? { in_tract(path) } else { in_onnx_runtime(path, threads) }
    }

    pub(super) fn name(&self) -> &'static str {
        match *self {
            #[cfg(feature = "onnx")]
            Self::OnnxRuntime { .. } => "onnxruntime",
            #[cfg(feature = "tract")]
            Self::Tract(_) => "tract",
        }
    }

    pub(super) fn metadata(&self, key: &str) -> Option<String> {
        match *self {
            #[cfg(feature = "onnx")]
            Self::OnnxRuntime { ref idle, .. } => {
                idle.lock().unwrap_or_else(PoisonError::into_inner).first()?.metadata(key)
            }
            #[cfg(feature = "tract")]
            Self::Tract(ref graph) => graph.metadata(key),
        }
    }

    /// Runs the model of this file on inputs that are checked.
    pub(super) fn run(&self, path: &Path, inputs: &[(&str, &Tensor)]) -> Result<BTreeMap<String, Tensor>> {
        let told = |error: Error| error.with("model", path.display());
        match *self {
            #[cfg(feature = "onnx")]
            Self::OnnxRuntime { threads, ref idle, .. } => {
                let lock = || idle.lock().unwrap_or_else(PoisonError::into_inner);
                let waiting = lock().pop();
                let mut graph = match waiting {
                    Some(graph) => graph,
                    None => onnx::Graph::open(path, threads)?,
                };
                let outputs = graph.run(inputs).map_err(told)?;
                lock().push(graph);
                Ok(outputs)
            }
            #[cfg(feature = "tract")]
            Self::Tract(ref graph) => graph.run(inputs).map_err(told),
        }
    }
}

#[cfg(feature = "onnx")]
fn in_onnx_runtime(path: &Path, threads: usize) -> Result<Opened> {
    let graph = onnx::Graph::open(path, threads)?;
    let ports = graph.ports();
    Ok((Runner::OnnxRuntime { threads, idle: vec![graph].into() }, ports))
}

#[cfg(not(feature = "onnx"))]
fn in_onnx_runtime(path: &Path, _threads: usize) -> Result<Opened> {
    let error = super::runtime().err();
    let error = error.unwrap_or_else(|| Error::new(ErrorKind::Unavailable, "this build cannot run models"));
    Err(error.with("path", path.display()))
}

#[cfg(feature = "tract")]
fn in_tract(path: &Path) -> Result<Opened> {
    let graph = tract::Graph::open(path)?;
    let ports = graph.ports();
    Ok((Runner::Tract(Box::new(graph)), ports))
}

#[cfg(not(feature = "tract"))]
fn in_tract(path: &Path) -> Result<Opened> {
    let error = Error::new(ErrorKind::Unavailable, "this build cannot run models in tract");
    Err(error.with("path", path.display()))
}
