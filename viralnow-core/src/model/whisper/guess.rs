//! The tokens of one window, and how far they can be trusted.

use super::network::{After, Looked};
use super::rules::{forbid, log_sum};
use super::tokens::Tokens;
use super::{Heard, TranscribeOptions, Whisper};
use crate::Result;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// What was given for a window.
pub(super) struct Guess {
    /// Words and times, without the end.
    pub(super) tokens: Vec<u32>,
    /// The mean of their logarithmic probabilities, the end's included.
    pub(super) avg_log_probability: f64,
    /// How likely nothing is said.
    pub(super) no_speech_probability: f64,
    /// How often the text repeats itself: its bytes against those that zlib needs.
    pub(super) compression_ratio: f64,
    pub(super) temperature: f64,
}

impl Guess {
    /// Too often the same, or too unlikely: not to be trusted, unless nothing is said at all.
    fn fails(&self, options: &TranscribeOptions) -> bool {
        let unlikely =
            options.log_probability_threshold.is_some_and(|least| self.avg_log_probability < least);
        let repeats = options.compression_ratio_threshold.is_some_and(|most| self.compression_ratio > most);
        let silent = options.no_speech_threshold.is_some_and(|most| self.no_speech_probability > most);
        (repeats || unlikely) && !(silent && unlikely)
    }

    /// Whether the model hears nobody speak.
    pub(super) fn is_silence(&self, options: &TranscribeOptions) -> bool {
        let silent = options.no_speech_threshold.is_some_and(|most| self.no_speech_probability > most);
        let likely = options.log_probability_threshold.is_some_and(|least| self.avg_log_probability > least);
        silent && !likely
    }
}

/// How often a text repeats itself.
pub(super) fn compression_ratio(text: &str) -> f64 {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail.
    let packed = zlib.write_all(text.as_bytes()).and_then(|()| zlib.finish()).map_or(1, |bytes| bytes.len());
    text.len() as f64 / packed.max(1) as f64
}

/// Numbers that look drawn: `SplitMix64` (Steele et al. 2014). The same for the same seed.
struct Draws(u64);

impl Draws {
    /// In [0, 1).
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Whisper {
    /// The tokens of a window by the first temperature whose guess can be trusted, else by the last. `place` tells the windows
    /// of one sound apart, so that each has draws of its own.
    pub(super) fn guess(
        &self,
        heard: &mut Heard,
        tokens: &Tokens,
        prefix: &[u32],
        options: &TranscribeOptions,
        place: u64,
        pulse: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Guess> {
        let mut last = None;
        for (n, &temperature) in (0..).zip(&options.temperatures) {
            let mut draws = Draws(options.seed ^ place.rotate_left(32) ^ n);
            let guess = self.guess_at(heard, tokens, prefix, temperature, &mut draws, pulse)?;
            let fails = guess.fails(options);
            last = Some(guess);
            if !fails {
                break;
            }
        }
        match last {
            Some(guess) => Ok(guess),
            None => self.guess_at(heard, tokens, prefix, 0.0, &mut Draws(0), pulse),
        }
    }

    fn guess_at(
        &self,
        heard: &mut Heard,
        tokens: &Tokens,
        prefix: &[u32],
        temperature: f64,
        draws: &mut Draws,
        pulse: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Guess> {
        let vocabulary = self.config.vocab_size;
        let start = prefix.iter().rposition(|&token| token == tokens.start).unwrap_or(0);
        let mut so_far: Vec<u32> = Vec::new();
        let (mut sum, mut no_speech_probability) = (0.0, 0.0);
        heard.memory.restart();
        for _ in 0..self.config.max_target_positions / 2 {
            pulse()?;
            let (given, after) = match so_far.last() {
                None => (prefix, &[start, prefix.len() - 1][..]),
                Some(last) => (std::slice::from_ref(last), &[0][..]),
            };
            if heard.memory.tokens() + given.len() > self.config.max_target_positions {
                break;
            }
            let mut logits = self.feed(heard, given, After::These(after), &mut Looked::default())?;
            if so_far.is_empty() {
                if let Some(no_speech) = tokens.no_speech {
                    let at_start = &logits[..vocabulary];
                    no_speech_probability =
                        (f64::from(at_start[no_speech as usize]) - log_sum(at_start)).exp();
                }
                logits.drain(..vocabulary);
            }
            forbid(&mut logits, &so_far, tokens);
            let token = choose(&logits, temperature, draws);
            sum += f64::from(logits[token as usize]) - log_sum(&logits);
            if token == tokens.end {
                break;
            }
            so_far.push(token);
        }
        let text = tokens.decode(&so_far);
        Ok(Guess {
            avg_log_probability: sum / (so_far.len() + 1) as f64,
            no_speech_probability,
            compression_ratio: compression_ratio(text.trim()),
            temperature,
            tokens: so_far,
        })
    }
}

/// The likeliest token, the first of several; or one that is drawn, the likelier the oftener.
fn choose(logits: &[f32], temperature: f64, draws: &mut Draws) -> u32 {
    if temperature > 0.0 {
        let most = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        let weight = |logit: &f32| ((f64::from(*logit) - most) / temperature).exp();
        let mut rest = draws.next() * logits.iter().map(weight).sum::<f64>();
        for (token, logit) in (0..).zip(logits) {
            rest -= weight(logit);
            if rest < 0.0 {
                return token;
            }
        }
    }
    let best = (0..).zip(logits).reduce(|best, this| if this.1 > best.1 { this } else { best });
    best.map_or(0, |(token, _)| token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_follow_the_probabilities_and_the_seed() {
        let logits = [0.0, f32::NEG_INFINITY, 4_f32.ln()];
        let mut draws = Draws(1);
        assert_eq!(choose(&[1.0, 3.0, 3.0], 0.0, &mut draws), 1);
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[choose(&logits, 1.0, &mut draws) as usize] += 1;
        }
        // One in five; the standard deviation of the count is 40.
        assert!(counts[1] == 0 && (1800..2200).contains(&counts[0]), "{counts:?}");
        // At half the temperature one in seventeen, with a standard deviation of 24.
        let cold = (0..10_000).filter(|_| choose(&logits, 0.5, &mut draws) == 0).count();
        assert!((468..708).contains(&cold), "{cold}");
        let drawn = |seed| {
            let mut draws = Draws(seed);
            (0..100).map(|_| choose(&[0.0; 50], 1.0, &mut draws)).collect::<Vec<_>>()
        };
        assert!(drawn(7) == drawn(7) && drawn(7) != drawn(8));
    }

    #[test]
    fn repetition_is_told() {
        assert!(compression_ratio("again and ".repeat(30).as_str()) > 8.0);
        assert!(compression_ratio("The quick brown fox jumps over the lazy dog.") < 1.0);
        assert!(compression_ratio("").abs() < 1e-9);
    }
}
