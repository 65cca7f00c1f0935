//! The features of pictures: shots, pacing, motion, faces, text on screen, keyframes with perceptual hashes, colour. And
//! fingerprints by which copies of a video are found.

mod colour;
mod detect;
mod extractor;
mod faces;
mod fingerprint;
mod motion;
mod overlay;
mod pictures;
mod sheet;
mod shots;
mod summary;
mod vectors;

pub use detect::{Detector, ShotParams, ShotSpan, Shots, detect_shots};
pub use extractor::VisionExtractor;
pub use faces::{
    Expression, ExpressionLabel, ExpressionModel, Face, FaceDetector, FaceModel, FaceParams, UltraFace,
    YuNet, detect_faces, face_detector,
};
pub use fingerprint::{
    CopyMatch, FingerprintParams, VideoFingerprint, VideoFingerprinter, find_copies, fingerprint,
};
pub use overlay::{
    TextBox, TextEngine, TextParams, TextReader, read_text, tesseract_version, text_languages,
};
pub use sheet::{SheetParams, contact_sheet_of};
pub use shots::{
    AdaptiveDetector, AdaptiveParams, ClearCutDetector, ContentDetector, ContentParams, Cut, CutKind,
    FadeMethod, FilterMode, HashDetector, HashParams, HistogramDetector, HistogramParams, Measured,
    SceneLength, ShotDetector, ShotFrame, ThresholdDetector, ThresholdParams, Weights,
};
pub use summary::*;
pub use vectors::{CodedBlock, CodedPicture, MotionVectors, VectorParams, motion_vectors};
