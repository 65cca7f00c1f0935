//! Scores of voice activity for the training of the speech/music classifier: `activity_scores IN OUT [IN OUT ...]`, each IN
//! little-endian 32-bit floats at 16 kHz, each OUT a score for 256 of them.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    for pair in files.chunks_exact(2) {
        let bytes = std::fs::read(&pair[0])?;
        let samples: Vec<f32> =
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let scores = viralnow_core::voice::activity_scores(&samples, 16_000)?;
        std::fs::write(&pair[1], scores.data.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<u8>>())?;
    }
    Ok(())
}
