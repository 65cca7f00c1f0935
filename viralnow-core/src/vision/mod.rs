//! The features of pictures: shots, pacing, motion, keyframes with perceptual hashes, colour.

mod colour;
mod detect;
mod extractor;
mod faces;
mod motion;
mod shots;
mod summary;

pub use detect::{Detector, ShotParams, ShotSpan, Shots, detect_shots};
pub use extractor::VisionExtractor;
pub use faces::{Face, FaceDetector, FaceModel, FaceParams, UltraFace, YuNet, detect_faces, face_detector};
pub use shots::{
    AdaptiveDetector, AdaptiveParams, ClearCutDetector, ContentDetector, ContentParams, Cut, CutKind,
    FadeMethod, FilterMode, HashDetector, HashParams, HistogramDetector, HistogramParams, Measured,
    SceneLength, ShotDetector, ShotFrame, ThresholdDetector, ThresholdParams, Weights,
};
pub use summary::*;
