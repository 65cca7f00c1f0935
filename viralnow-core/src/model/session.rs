//! A model that is loaded and can be run.

use super::runner::Runner;
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
/// Where there is no ONNX Runtime and the build has the feature `tract`, the model runs in tract: on the calling thread
/// alone, slower, and made ready anew for sizes of inputs that are not among the last four, which takes longer than a run.
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
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    runner: Runner,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("path", &self.path)
            .field("engine", &self.engine())
            .field("inputs", &self.inputs)
            .field("outputs", &self.outputs)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Loads a model; `threads` is how many threads one run may use (0: all cores).
    ///
    /// Fails with `NOT_FOUND` without the file, with `DECODE_FAILED` for a file that is no ONNX model, with `UNAVAILABLE`
    /// where there is no ONNX Runtime of at least [`MIN_RUNTIME`](super::MIN_RUNTIME) (see [`runtime`](super::runtime); an
    /// older one is never run) or the build lacks the feature `onnx`, and tract is not there to do it, and with
    /// `UNSUPPORTED_FORMAT` where tract is to do it (see [`onnx_engine`](super::onnx_engine)) and lacks one of the model's
    /// operators.
    pub fn open(path: impl AsRef<Path>, threads: usize) -> Result<Self> {
        let path = path.as_ref();
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            threads => threads,
        };
        let (runner, (inputs, outputs)) = Runner::open(path, threads)?;
        Ok(Self { path: path.to_owned(), inputs, outputs, runner })
    }

    /// What runs it: `onnxruntime`, or `tract`.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        self.runner.name()
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
        self.runner.metadata(key)
    }

    /// Runs the model: every input by name, every output by name.
    ///
    /// Fails with `INVALID_INPUT` for a missing, unknown or doubled input, for one of a type or shape that the model does not
    /// take, and where the model itself refuses; with `UNAVAILABLE` for an output of a type that we do not read; in tract with
    /// `UNSUPPORTED_FORMAT` for a model that it cannot make ready to run.
    pub fn run(&self, inputs: &[(&str, &Tensor)]) -> Result<BTreeMap<String, Tensor>> {
        self.check(inputs)?;
        self.runner.run(&self.path, inputs)
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
