//! The models as ONNX files.

use super::models::{Activations, SpeakerEmbedding, SpeakerSegmentation};
use crate::model::{Session, Tensor};
use crate::{Error, ErrorKind, Result};
use std::path::Path;

/// What the numbers of a segmentation model mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// One probability for each speaker (pyannote's `segmentation` up to 2.1).
    Multilabel,
    /// One logarithm of a probability for nobody, each speaker alone, and each two together (pyannote's `segmentation-3.0`:
    /// 7 classes for 3 speakers).
    Powerset,
}

/// A segmentation model: sound `[1, 1, samples]` at 16 kHz in, `[1, frames, classes]` out, in the form in which pyannote's
/// models are exported. Needs the feature `onnx` and an ONNX Runtime, as [`Session`] does.
///
/// ```
/// use viralnow_core::voice::{Encoding, OnnxSegmentation};
/// // Without the file, `NOT_FOUND`; without ONNX Runtime, `UNAVAILABLE`.
/// assert!(OnnxSegmentation::open("segmentation-3.0.onnx", Encoding::Powerset, 160_000, 1).is_err());
/// ```
#[derive(Debug)]
pub struct OnnxSegmentation {
    session: Session,
    encoding: Encoding,
    window: usize,
}

impl OnnxSegmentation {
    /// Opens a model that was made for windows of so many samples (160,000 for pyannote's).
    ///
    /// Fails as [`Session::open`] does, and with `INVALID_INPUT` for a model of other inputs.
    pub fn open(path: impl AsRef<Path>, encoding: Encoding, window: usize, threads: usize) -> Result<Self> {
        let session = Session::open(path, threads)?;
        takes_a_waveform(&session)?;
        Ok(Self { session, encoding, window })
    }
}

impl SpeakerSegmentation for OnnxSegmentation {
    fn window(&self) -> usize {
        self.window
    }

    fn segment(&self, window: &[f32]) -> Result<Activations> {
        let (shape, data) = run(&self.session, window)?;
        let classes = shape.last().copied().unwrap_or(0);
        let fits = shape.len() == 3 && shape[0] == 1 && classes > 0;
        let speakers = match self.encoding {
            Encoding::Multilabel => Some(classes),
            Encoding::Powerset => (1..=8).find(|n| 1 + n + n * (n - 1) / 2 == classes),
        };
        match speakers.filter(|_| fits) {
            Some(speakers) if self.encoding == Encoding::Powerset => {
                Ok(Activations { speakers, data: unfold(&data, speakers, classes) })
            }
            Some(speakers) => Ok(Activations { speakers, data }),
            None => Err(Error::new(
                ErrorKind::InvalidInput,
                "a segmentation model must give [1, frames, classes], with 1 + n + n (n - 1) / 2 classes of a powerset",
            )
            .with("model", self.session.path().display())
            .with("shape", format!("{shape:?}"))),
        }
    }
}

/// Each speaker's probability: the sum over the classes that the speaker is in.
fn unfold(logs: &[f32], speakers: usize, classes: usize) -> Vec<f32> {
    let mut sets: Vec<Vec<usize>> = vec![vec![]];
    sets.extend((0..speakers).map(|s| vec![s]));
    sets.extend((0..speakers).flat_map(|a| (a + 1..speakers).map(move |b| vec![a, b])));
    logs.chunks_exact(classes)
        .flat_map(|row| {
            // Normalised here, whether the model did or not.
            let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let sum: f32 = row.iter().map(|log| (log - most).exp()).sum();
            let mut own = vec![0.0; speakers];
            for (log, set) in row.iter().zip(&sets) {
                set.iter().for_each(|&s| own[s] += (log - most).exp() / sum);
            }
            own
        })
        .collect()
}

/// An embedding model: sound `[1, 1, samples]` at 16 kHz of any length in, `[1, dimensions]` out. Needs the feature `onnx`
/// and an ONNX Runtime, as [`Session`] does. (A model that takes filter-bank features instead of sound needs a host's own
/// [`SpeakerEmbedding`].)
///
/// ```
/// assert!(viralnow_core::voice::OnnxEmbedding::open("embedding.onnx", 6400, 1).is_err());
/// ```
#[derive(Debug)]
pub struct OnnxEmbedding {
    session: Session,
    shortest: usize,
}

impl OnnxEmbedding {
    /// Opens a model that needs at least so many samples.
    ///
    /// Fails as [`Session::open`] does, and with `INVALID_INPUT` for a model of other inputs.
    pub fn open(path: impl AsRef<Path>, shortest: usize, threads: usize) -> Result<Self> {
        let session = Session::open(path, threads)?;
        takes_a_waveform(&session)?;
        Ok(Self { session, shortest })
    }
}

impl SpeakerEmbedding for OnnxEmbedding {
    fn shortest(&self) -> usize {
        self.shortest
    }

    fn embed(&self, samples: &[f32]) -> Result<Vec<f32>> {
        Ok(run(&self.session, samples)?.1)
    }
}

fn takes_a_waveform(session: &Session) -> Result<()> {
    if let [port] = session.inputs()
        && port.shape.len() == 3
        && port.shape[0].is_none_or(|n| n == 1)
        && port.shape[1].is_none_or(|n| n == 1)
    {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "the model must have one input, sound as [1, 1, samples]")
        .with("model", session.path().display()))
}

/// The shape and numbers of the first output.
fn run(session: &Session, samples: &[f32]) -> Result<(Vec<usize>, Vec<f32>)> {
    let sound = Tensor::f32(&[1, 1, samples.len()], samples.to_vec())?;
    let outputs = session.run(&[(&session.inputs()[0].name, &sound)])?;
    let first = session.outputs().first().and_then(|port| outputs.get(&port.name));
    match first.and_then(|tensor| Some((tensor.shape().to_vec(), tensor.as_f32()?.to_vec()))) {
        Some(found) if found.1.iter().all(|x| x.is_finite()) => Ok(found),
        _ => Err(Error::new(ErrorKind::InvalidInput, "the model must give finite floating-point numbers")
            .with("model", session.path().display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_powerset_unfolds_into_speakers() {
        // Nobody, 1, 2, 3, 1+2, 1+3, 2+3.
        let logs: Vec<f32> = [0.05_f32, 0.1, 0.2, 0.05, 0.3, 0.2, 0.1].iter().map(|p| p.ln()).collect();
        let own = unfold(&logs, 3, 7);
        for (p, expected) in own.iter().zip([0.6, 0.6, 0.35]) {
            assert!((p - expected).abs() < 1e-6, "{own:?}");
        }
    }
}
