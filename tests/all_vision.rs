//! Every test of pictures and shots, in one binary: it is linked once, and the tests of all files share the processors.

mod common;
#[cfg(feature = "video")]
#[path = "support/edits.rs"]
mod edits;
#[cfg(all(feature = "ocr", feature = "video"))]
#[path = "support/reading.rs"]
mod reading;

mod imaging;
mod imaging_flow;
mod imaging_hash;
#[cfg(feature = "video")]
mod vision;
#[cfg(feature = "video")]
mod vision_calls;
#[cfg(feature = "video")]
mod vision_copies;
#[cfg(feature = "video")]
mod vision_edits;
#[cfg(all(feature = "onnx", feature = "video"))]
mod vision_faces;
#[cfg(feature = "video")]
mod vision_motion;
#[cfg(feature = "video")]
mod vision_motion_vectors;
#[cfg(all(feature = "ocr", feature = "onnx", feature = "video"))]
mod vision_ppocr;
#[cfg(feature = "video")]
mod vision_shots;
#[cfg(all(feature = "ocr", feature = "video"))]
mod vision_text;
