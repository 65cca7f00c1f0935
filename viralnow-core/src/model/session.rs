//! A model that is loaded and can be run.

#[cfg(feature = "onnx")]
use super::onnx::Graph;
use super::{Element, Tensor};
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// An input or output of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name in the model.
    pub name: String,
    /// The type of its numbers; `None` for a type that we do not read.
    pub element: Option<Element>,
    /// Its dimensions; `None` where any size will do.
    pub shape: Vec<Option<usize>>,
}

/// An ONNX model, loaded from a file, that threads may share.
///
/// It runs on the processor, with as many threads as it is told and no other, which sleep between runs. Concurrent calls
/// of [`Session::run`] do not wait for each other: ONNX Runtime's own sessions are not safe to run from several threads, so
/// each call takes one of its own, which is kept for the next. A host that runs `n` at a time holds the weights `n` times.
///
/// ```
/// use viralnow_core::model::{Session, Tensor, find};
///
/// let voice_activity = find("silero_vad.onnx", None).and_then(|path| Session::open(path, 1));
/// match voice_activity {
///     Ok(session) => {
///         let (window, state) = (Tensor::zeros(&[1, 576]), Tensor::zeros(&[2, 1, 128]));
///         let rate = Tensor::i64(&[], vec![16_000])?;
///         let outputs = session.run(&[("input", &window), ("state", &state), ("sr", &rate)])?;
///         println!("silence is speech with {:?}", outputs["output"].as_f32());
///     }
///     Err(error) => println!("{error}"),
/// }
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub struct Session {
    path: PathBuf,
    #[cfg(feature = "onnx")]
    threads: usize,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// Loaded copies that no call uses.
    #[cfg(feature = "onnx")]
    idle: std::sync::Mutex<Vec<Graph>>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("path", &self.path)
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Loads a model; `threads` is how many threads one run may use (0: all cores).
    ///
    /// Fails with `NOT_FOUND` without the file, with `DECODE_FAILED` for a file that is no ONNX model, and with `UNAVAILABLE`
    /// where there is no ONNX Runtime of at least [`MIN_RUNTIME`](super::MIN_RUNTIME) (see [`runtime`](super::runtime); an
    /// older one is never run) or the build lacks the feature `onnx`.
    #[cfg(feature = "onnx")]
    pub fn open(path: impl AsRef<Path>, threads: usize) -> Result<Self> {
        let path = path.as_ref();
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            threads => threads,
        };
        let graph = Graph::open(path, threads)?;
        let (inputs, outputs) = graph.ports();
        Ok(Self { path: path.to_owned(), threads, inputs, outputs, idle: vec![graph].into() })
    }

    /// Fails with `UNAVAILABLE`: this build cannot run models.
    #[cfg(not(feature = "onnx"))]
    pub fn open(path: impl AsRef<Path>, _threads: usize) -> Result<Self> {
        let error = super::runtime().err();
        Err(error
            .unwrap_or_else(|| Error::new(ErrorKind::Unavailable, "this build cannot run models"))
            .with("path", path.as_ref().display()))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the model takes.
    #[must_use]
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// What the model gives.
    #[must_use]
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// A text that the model's maker wrote into its metadata under this key, such as the alphabet of a recogniser.
    #[must_use]
    pub fn metadata(&self, key: &str) -> Option<String> {
        #[cfg(feature = "onnx")]
        {
            let idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            idle.first()?.metadata(key)
        }
        #[cfg(not(feature = "onnx"))]
        {
            let _ = key;
            None
        }
    }

    /// Runs the model: every input by name, every output by name.
    ///
    /// Fails with `INVALID_INPUT` for a missing, unknown or doubled input, for one of a type or shape that the model does not
    /// take, and where the model itself refuses; with `UNAVAILABLE` for an output of a type that we do not read.
    pub fn run(&self, inputs: &[(&str, &Tensor)]) -> Result<BTreeMap<String, Tensor>> {
        self.check(inputs)?;
        self.run_checked(inputs)
    }

    #[cfg(feature = "onnx")]
    fn run_checked(&self, inputs: &[(&str, &Tensor)]) -> Result<BTreeMap<String, Tensor>> {
        let lock = || self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let idle = lock().pop();
        let mut graph = match idle {
            Some(graph) => graph,
            None => Graph::open(&self.path, self.threads)?,
        };
        let outputs = graph.run(inputs).map_err(|error| error.with("model", self.path.display()))?;
        lock().push(graph);
        Ok(outputs)
    }

    #[cfg(not(feature = "onnx"))]
    #[allow(clippy::unused_self, reason = "the signature is that of the build that can")]
    fn run_checked(&self, _inputs: &[(&str, &Tensor)]) -> Result<BTreeMap<String, Tensor>> {
        Err(Error::new(ErrorKind::Unavailable, "this build cannot run models"))
    }

    /// Before the runtime does: its own words name neither the model nor what would be right.
    fn check(&self, inputs: &[(&str, &Tensor)]) -> Result<()> {
        let fail = |message: &str, name: &str| {
            let takes: Vec<_> = self.inputs.iter().map(describe).collect();
            Error::new(ErrorKind::InvalidInput, message)
                .with("input", name)
                .with("model", self.path.display())
                .with("takes", takes.join(", "))
        };
        for (i, (name, tensor)) in inputs.iter().enumerate() {
            let Some(port) = self.inputs.iter().find(|port| port.name == *name) else {
                return Err(fail("the model has no input of this name", name));
            };
            if inputs[..i].iter().any(|(other, _)| other == name) {
                return Err(fail("an input is given twice", name));
            }
            let sizes = port.shape.len() == tensor.shape().len()
                && port.shape.iter().zip(tensor.shape()).all(|(port, have)| port.is_none_or(|p| p == *have));
            if port.element != Some(tensor.element()) || !sizes {
                let given = format!("{} {:?}", tensor.element(), tensor.shape());
                return Err(fail("an input has a type or shape that the model does not take", name)
                    .with("given", given));
            }
        }
        match self.inputs.iter().find(|port| !inputs.iter().any(|(name, _)| port.name == *name)) {
            Some(port) => Err(fail("an input is missing", &port.name)),
            None => Ok(()),
        }
    }
}

/// `input: float [?, 576]`
fn describe(port: &Port) -> String {
    let sides: Vec<_> =
        port.shape.iter().map(|side| side.map_or_else(|| "?".to_owned(), |side| side.to_string())).collect();
    let element = port.element.map_or("a type that is not supported", Element::as_str);
    format!("{}: {element} [{}]", port.name, sides.join(", "))
}
