//! What a call is given.

use numpy::{PyReadonlyArray2, PyReadonlyArray4, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use viralnow_core::media::{MediaInput, RawAudio, RawFrames};
use viralnow_core::pipeline::Captions;

/// One asset, for one call. Python has checked the types; the core checks the values.
#[pyclass(frozen, module = "viralnow._viralnow")]
#[derive(Debug)]
pub(crate) struct Input(Mutex<Option<viralnow_core::Input>>);

impl Input {
    /// Moves the input out: samples and frames are large. A second call gets nothing.
    pub(crate) fn take(&self) -> viralnow_core::Input {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default()
    }
}

#[pymethods]
impl Input {
    /// `audio` is C-contiguous float32 of shape (samples, channels) with its rate, `frames` C-contiguous uint8 of shape
    /// (frames, rows, columns, 3) with a time for each.
    #[new]
    #[pyo3(signature = (*, path=None, data=None, audio=None, frames=None, text=None, captions_path=None, captions=None))]
    fn new(
        path: Option<PathBuf>,
        data: Option<&[u8]>,
        audio: Option<(PyReadonlyArray2<'_, f32>, u32)>,
        frames: Option<(PyReadonlyArray4<'_, u8>, Vec<f64>)>,
        text: Option<String>,
        captions_path: Option<PathBuf>,
        captions: Option<String>,
    ) -> PyResult<Self> {
        let media = match (path, data, audio, frames) {
            (Some(path), None, None, None) => Some(MediaInput::Path(path)),
            (None, Some(data), None, None) => Some(MediaInput::Bytes(Arc::from(data))),
            (None, None, None, None) => None,
            (None, None, audio, frames) => Some(MediaInput::Raw {
                audio: audio.map(|(samples, rate)| raw_audio(&samples, rate)).transpose()?,
                frames: frames.map(|(pixels, times)| raw_frames(&pixels, times)).transpose()?,
            }),
            _ => return Err(PyValueError::new_err("one of path, data, and audio with frames")),
        };
        let captions = captions.map(Captions::Text).or(captions_path.map(Captions::Path));
        Ok(Self(Mutex::new(Some(viralnow_core::Input { media, text, captions }))))
    }
}

fn raw_audio(samples: &PyReadonlyArray2<'_, f32>, sample_rate: u32) -> PyResult<RawAudio> {
    // Over 65535 channels is refused as too many channels, not as something else.
    let channels = u16::try_from(samples.shape()[1]).unwrap_or(u16::MAX);
    Ok(RawAudio { samples: samples.as_slice()?.to_vec(), sample_rate, channels })
}

fn raw_frames(pixels: &PyReadonlyArray4<'_, u8>, times_s: Vec<f64>) -> PyResult<RawFrames> {
    let &[_, height, width, _] = pixels.shape() else {
        return Err(PyValueError::new_err("frames must have shape (frames, rows, columns, 3)"));
    };
    Ok(RawFrames { width, height, rgb: pixels.as_slice()?.to_vec(), times_s })
}
