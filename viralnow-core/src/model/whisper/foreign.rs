//! Files of Whisper that are not read: those of whisper.cpp.

use crate::{Error, ErrorKind};
use std::io::Read;
use std::path::Path;

/// That this file, or one in this folder, is whisper.cpp's, if it is.
pub(super) fn refusal(path: &Path) -> Option<Error> {
    let file = if path.is_dir() {
        let files = std::fs::read_dir(path).ok()?.take(1000).filter_map(|entry| Some(entry.ok()?.path()));
        files.filter(|file| file.is_file()).find(|file| is_ggml(file))
    } else {
        Some(path.to_owned()).filter(|file| file.is_file() && is_ggml(file))
    };
    file.map(|file| {
        Error::new(
            ErrorKind::UnsupportedFormat,
            "this is a file of whisper.cpp (ggml), which is not read; take the folder of the same model in the public format \
             (config.json, tokenizer.json, generation_config.json, and model.safetensors or a .gguf file with tensors of the same \
             names): `viralnow models pull whisper-tiny`, or from https://huggingface.co/openai/whisper-tiny",
        )
        .with("path", file.display())
    })
}

/// Whether it begins as ggml's own files do, in either order of bytes.
fn is_ggml(file: &Path) -> bool {
    let mut four = [0; 4];
    std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut four)).is_ok()
        && matches!(&four, b"lmgg" | b"ggml")
}
