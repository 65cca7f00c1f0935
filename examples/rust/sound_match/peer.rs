//! Chromaprint, with the fairest matcher there is for it: every alignment with every sound, the least share of wrong bits.
#![allow(dead_code, unreachable_pub, reason = "every user takes its own part")]

use crate::material::RATE;
use rusty_chromaprint::{Configuration, Fingerprinter};

/// Items of the fingerprint (32 bits every 0.124 s).
pub fn fingerprint(sound: &[f32]) -> Vec<u32> {
    let mut printer = Fingerprinter::new(&Configuration::preset_test2());
    printer.start(RATE, 1).expect("a rate and a channel");
    let samples: Vec<i16> = sound.iter().map(|s| (s * 32_767.0).clamp(-32_768.0, 32_767.0) as i16).collect();
    printer.consume(&samples);
    printer.finish();
    printer.fingerprint().to_vec()
}

/// The sound with the least share of wrong bits over all alignments that cover at least half of the query, and that share.
pub fn best(query: &[u32], sounds: &[Vec<u32>]) -> Option<(usize, f64)> {
    let least = query.len().div_ceil(2).max(1);
    let mut found: Option<(usize, f64)> = None;
    for (number, sound) in sounds.iter().enumerate() {
        let from = least as isize - query.len() as isize;
        for offset in from..=sound.len() as isize - least as isize {
            let (q, s) = (offset.min(0).unsigned_abs(), offset.max(0) as usize);
            let pairs = query[q..].iter().zip(&sound[s.min(sound.len())..]);
            let (wrong, all) =
                pairs.fold((0_u32, 0_u32), |(wrong, all), (a, b)| (wrong + (a ^ b).count_ones(), all + 32));
            let share = f64::from(wrong) / f64::from(all.max(1));
            if all >= 32 * least as u32 && found.is_none_or(|(_, best)| share < best) {
                found = Some((number, share));
            }
        }
    }
    found
}
