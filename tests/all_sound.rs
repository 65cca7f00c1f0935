//! Every test of sound and voice, in one binary: it is linked once, and the tests of all files share the processors.

mod common;
mod der;
mod music;
mod sound;

mod audio;
mod audio_fingerprint;
mod audio_key;
mod audio_loudness;
mod audio_rhythm;
mod audio_spectral;
mod audio_speech_music;
mod voice;
mod voice_egemaps;
mod voice_phonetics;
mod voice_rate;
#[cfg(feature = "onnx")]
mod voice_silero;
mod voice_speakers;
