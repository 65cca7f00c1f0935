//! Silero VAD (versions 5 and 6, MIT) through ONNX Runtime.
//!
//! The network hears 512 samples at 16 kHz with the 64 before them, and a state. Version 5 takes one such window at a time
//! (`input`, `state`, `sr`); one packaging of version 6 takes a sequence (`input`, `h`, `c`). Both give a probability each.

use crate::dsp::resample::RATE;
use crate::model::{Element, Session, Tensor, models};
use crate::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Samples of one step, and those before it that are heard again.
const STEP: usize = 512;
const CONTEXT: usize = 64;
/// Steps that are run at a time (2 s). Always as many, so that the size of blocks does not matter.
const BATCH: usize = 64;
/// Speech begins at this probability and ends where it stays below the second for [`HOLE`] steps (96 ms); shorter stretches
/// than [`SHORTEST`] (256 ms) are none. These are the settings that its authors advise.
const BEGIN: f32 = 0.5;
const END: f32 = 0.35;
const HOLE: usize = 3;
const SHORTEST: usize = 8;
/// What is added before and after, in seconds: first and last sounds are soft.
const PAD_S: f64 = 0.03;

/// A file as it was when it was loaded.
type Stamp = (PathBuf, u64, Option<SystemTime>);

/// The model, or why there is none, of these files.
type Loaded = (Vec<Stamp>, std::result::Result<Silero, String>);

/// Loading it for each asset would cost more than running it.
static LOADED: Mutex<Option<Loaded>> = Mutex::new(None);

/// A loaded model.
#[derive(Debug, Clone)]
pub(super) struct Silero {
    session: Arc<Session>,
    sequence: bool,
}

/// The model, where it is there and can be run.
pub(super) fn load() -> Result<Silero> {
    let files: Vec<PathBuf> = models()
        .into_iter()
        .filter(|(name, path)| {
            name.starts_with("silero_vad") && path.extension().is_some_and(|e| e == "onnx")
        })
        .map(|(_, path)| path)
        .collect();
    if files.is_empty() {
        return Err(Error::new(
            ErrorKind::Unavailable,
            "Silero VAD is not there; put its file (silero_vad.onnx) into one of the model directories",
        )
        .with("looked_in", format!("{:?}", crate::model::model_dirs())));
    }
    let stamps: Vec<Stamp> = files
        .iter()
        .map(|path| {
            let data = path.metadata().ok();
            let modified = data.as_ref().and_then(|data| data.modified().ok());
            (path.clone(), data.map_or(0, |data| data.len()), modified)
        })
        .collect();
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if loaded.as_ref().is_none_or(|(known, _)| *known != stamps) {
        *loaded = Some((stamps, open_first(&files).map_err(|error| error.to_string())));
    }
    match &*loaded {
        Some((_, Ok(silero))) => Ok(silero.clone()),
        Some((_, Err(reason))) => {
            Err(Error::new(ErrorKind::Unavailable, "Silero VAD cannot be run").with("reason", reason))
        }
        None => unreachable!("it was filled above"),
    }
}

fn open_first(files: &[PathBuf]) -> Result<Silero> {
    let mut first = None;
    for path in files {
        match open(path) {
            Ok(silero) => return Ok(silero),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| Error::new(ErrorKind::Unavailable, "there is no file")))
}

fn open(path: &PathBuf) -> Result<Silero> {
    let session = Session::open(path, 1)?;
    let has = |name: &str, element| {
        session.inputs().iter().any(|port| port.name == name && port.element == Some(element))
    };
    let window = has("input", Element::F32);
    let step = window && has("state", Element::F32) && has("sr", Element::I64);
    let sequence = window && has("h", Element::F32) && has("c", Element::F32);
    if !step && !sequence {
        return Err(Error::new(
            ErrorKind::Unavailable,
            "the model is not Silero VAD of version 5 or 6 for 16 kHz: its inputs are others",
        )
        .with("model", path.display()));
    }
    let silero = Silero { session: Arc::new(session), sequence };
    // tract opens models that it cannot make ready: that is known before anybody counts on it.
    if silero.session.engine() == "tract" {
        let mut trial = SileroStream::new(silero.clone());
        trial.push(&[0.0; STEP]);
        trial.finish()?;
    }
    Ok(silero)
}

/// The probabilities of a stream. Keeps 125 bytes for each second.
#[derive(Debug)]
pub(super) struct SileroStream {
    silero: Silero,
    /// The context of the next step, and what was not heard yet.
    pending: Vec<f32>,
    /// `state`, or `h` and `c`.
    state: Vec<Tensor>,
    rate: Tensor,
    probabilities: Vec<f32>,
    samples: u64,
    /// Why the model stopped.
    failed: Option<Error>,
}

impl SileroStream {
    pub(super) fn new(silero: Silero) -> Self {
        let state = if silero.sequence {
            vec![Tensor::zeros(&[1, 1, 128]); 2]
        } else {
            vec![Tensor::zeros(&[2, 1, 128])]
        };
        let rate = Tensor::i64(&[], vec![i64::from(RATE)]).expect("one number");
        Self {
            silero,
            pending: vec![0.0; CONTEXT],
            state,
            rate,
            probabilities: Vec::new(),
            samples: 0,
            failed: None,
        }
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        self.samples += samples.len() as u64;
        self.pending.extend(samples.iter().map(|s| s.clamp(-1.0, 1.0)));
        while self.pending.len() >= CONTEXT + BATCH * STEP {
            self.hear(BATCH);
        }
    }

    /// The stretches of speech; fails where the model did.
    pub(super) fn finish(mut self) -> Result<Vec<(f64, f64)>> {
        let rest = self.pending.len() - CONTEXT;
        self.pending.resize(CONTEXT + rest.next_multiple_of(STEP), 0.0);
        self.hear(rest.div_ceil(STEP));
        let step_s = STEP as f64 / f64::from(RATE);
        let end_s = self.samples as f64 / f64::from(RATE);
        let mut speech: Vec<(f64, f64)> = Vec::new();
        for (from, to) in stretches(&self.probabilities) {
            let (from, to) = (from as f64 * step_s - PAD_S, to as f64 * step_s + PAD_S);
            match speech.last_mut() {
                Some(last) if from <= last.1 => last.1 = to.min(end_s),
                _ => speech.push((from.max(0.0), to.min(end_s))),
            }
        }
        self.failed.map_or(Ok(speech), Err)
    }

    /// Hears this many steps.
    fn hear(&mut self, steps: usize) {
        if steps > 0 && self.failed.is_none() {
            let heard = if self.silero.sequence { self.hear_sequence(steps) } else { self.hear_steps(steps) };
            self.failed = heard.err();
        }
        self.pending.drain(..steps * STEP);
    }

    fn hear_steps(&mut self, steps: usize) -> Result<()> {
        let mut window = Tensor::zeros(&[1, CONTEXT + STEP]);
        for step in 0..steps {
            let heard = &self.pending[step * STEP..step * STEP + CONTEXT + STEP];
            window.as_f32_mut().expect("floating point").copy_from_slice(heard);
            let inputs = [("input", &window), ("state", &self.state[0]), ("sr", &self.rate)];
            let mut outputs = self.silero.session.run(&inputs)?;
            let probability = outputs.get("output").and_then(Tensor::as_f32).and_then(|p| p.first().copied());
            let (Some(probability), Some(state)) = (probability, outputs.remove("stateN")) else {
                return Err(unknown());
            };
            self.probabilities.push(probability);
            self.state[0] = state;
        }
        Ok(())
    }

    fn hear_sequence(&mut self, steps: usize) -> Result<()> {
        let windows: Vec<f32> = (0..steps)
            .flat_map(|step| &self.pending[step * STEP..step * STEP + CONTEXT + STEP])
            .copied()
            .collect();
        let windows = Tensor::f32(&[steps, CONTEXT + STEP], windows)?;
        let inputs = [("input", &windows), ("h", &self.state[0]), ("c", &self.state[1])];
        let mut outputs = self.silero.session.run(&inputs)?;
        let (Some(found), Some(h), Some(c)) =
            (outputs.remove("speech_probs"), outputs.remove("hn"), outputs.remove("cn"))
        else {
            return Err(unknown());
        };
        let found = found.as_f32().filter(|found| found.len() == steps).ok_or_else(unknown)?;
        self.probabilities.extend_from_slice(found);
        self.state = vec![h, c];
        Ok(())
    }
}

fn unknown() -> Error {
    Error::new(ErrorKind::Unavailable, "the model's outputs are not those of Silero VAD")
}

/// Stretches of speech, in steps.
fn stretches(probabilities: &[f32]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    // Where speech began, and where it may have ended.
    let (mut begun, mut low) = (None, None);
    for (step, &probability) in probabilities.iter().enumerate() {
        if probability >= BEGIN {
            begun = begun.or(Some(step));
            low = None;
        } else if probability < END {
            low = low.or(Some(step));
        }
        if let (Some(from), Some(to)) = (begun, low)
            && step + 1 - to >= HOLE
        {
            found.push((from, to));
            begun = None;
        }
        if begun.is_none() {
            low = None;
        }
    }
    found.extend(begun.map(|from| (from, low.unwrap_or(probabilities.len()))));
    found.retain(|(from, to)| to - from >= SHORTEST);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_begins_high_ends_low_and_lasts() {
        let steps = |runs: &[(f32, usize)]| {
            let all: Vec<f32> = runs.iter().flat_map(|&(p, n)| std::iter::repeat_n(p, n)).collect();
            stretches(&all)
        };
        assert_eq!(steps(&[(0.1, 5), (0.9, 20), (0.1, 10)]), [(5, 25)]);
        // Between the two thresholds it goes on, and does not begin.
        assert_eq!(steps(&[(0.4, 5), (0.9, 10), (0.4, 10), (0.1, 5)]), [(5, 25)]);
        // Holes of two steps are closed, of three are not.
        assert_eq!(steps(&[(0.9, 10), (0.1, 2), (0.9, 10)]), [(0, 22)]);
        assert_eq!(steps(&[(0.9, 10), (0.1, 3), (0.9, 10)]), [(0, 10), (13, 23)]);
        assert!(steps(&[(0.9, 7), (0.1, 3)]).is_empty() && steps(&[]).is_empty());
    }
}
