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

pub use detect::{Detector, ShotParams, ShotSpan, Shots, detect_shots, detect_shots_watched};
pub use extractor::VisionExtractor;
pub use faces::{
    Expression, ExpressionLabel, ExpressionModel, Face, FaceDetector, FaceModel, FaceParams, UltraFace,
    YuNet, detect_faces, face_detector,
};
pub use fingerprint::{
    CopyMatch, FingerprintParams, VideoFingerprint, VideoFingerprinter, find_copies, find_copies_watched,
    fingerprint, fingerprint_watched,
};
pub use overlay::{
    TextBox, TextEngine, TextParams, TextReader, read_text, tesseract_version, text_languages,
};
pub use sheet::{ContactSheet, SheetBy, SheetParams, contact_sheet_of, contact_sheet_watched};
pub use shots::{
    AdaptiveDetector, AdaptiveParams, ClearCutDetector, ContentDetector, ContentParams, Cut, CutKind,
    FadeMethod, FilterMode, HashDetector, HashParams, HistogramDetector, HistogramParams, Measured,
    SceneLength, ShotDetector, ShotFrame, ThresholdDetector, ThresholdParams, Weights,
};
pub use summary::*;
pub use vectors::{
    CodedBlock, CodedPicture, MotionVectors, VectorParams, motion_vectors, motion_vectors_watched,
};
