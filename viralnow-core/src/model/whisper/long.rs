//! Sound of any length: window after window, each from where the last one's text ended (Radford et al. 2022, as their own code
//! does it).

use super::guess::Guess;
use super::mel::{HOP, Mel, RATE};
use super::network::{After, Looked};
use super::rules::log_sum;
use super::speech::{Speech, seconds};
use super::tokens::Tokens;
use super::transcript::{Skipped, SpokenSegment, SpokenWord, TranscribeOptions, Transcript};
use super::words::{Timed, fit, join_marks, shorten_at_sentences, usual_length, within_speech};
use super::{Heard, Whisper, align};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};

/// Frames of one position of the encoder, and so of one step of its times.
const STEP: usize = 2;
/// A window whose text was drawn at a temperature above this is not told to the next one.
const DOUBTFUL: f64 = 0.5;

/// What does not change from window to window.
struct Task<'a> {
    tokens: &'a Tokens,
    options: &'a TranscribeOptions,
    /// Asked for, and to be had.
    word_times: bool,
    language: Option<&'a str>,
    /// The beginning of every text: start, language, task.
    begin: Vec<u32>,
}

/// A segment of a window: frames and seconds from the start of the sound.
struct Piece {
    times: (f64, f64),
    tokens: Vec<u32>,
    words: Vec<SpokenWord>,
}

impl Whisper {
    /// What is said: samples of one channel at 16 kHz, of any length, window by window.
    ///
    /// What voice activity takes for no speech is not listened to (`vad`). Where a window's text repeats itself or is too unlikely,
    /// it is given anew at higher temperatures; where the model hears nobody speak, it is skipped; a text for where there is no
    /// speech is left out. `skipped` tells of each.
    ///
    /// Fails with `INVALID_INPUT` for samples that are no numbers, with `INVALID_CONFIG` for a language or a task that the model
    /// does not have, with `NOT_FOUND` without its `tokenizer.json`, and as [`Run::advance`] does.
    pub fn transcribe(
        &self,
        samples: &[f32],
        options: &TranscribeOptions,
        run: &mut Run,
    ) -> Result<Transcript> {
        self.transcribe_while(samples, options, &mut |done| run.advance(done))
    }

    /// The same, and stops as soon as `pulse`, which is told the share that is done, fails: with its error.
    pub fn transcribe_while(
        &self,
        samples: &[f32],
        options: &TranscribeOptions,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<Transcript> {
        options.validate()?;
        finite(samples)?;
        let tokens = self.tokens()?;
        check(tokens, options)?;
        let frames = samples.len() / HOP;
        let duration_s = samples.len() as f64 / RATE as f64;
        let speech = Speech::find(samples, frames, options, &mut || pulse(0.0))?;
        let mut transcript =
            Transcript { duration_s, skipped: speech.gaps(duration_s), ..Transcript::default() };
        let unseen = self.engine.unseen().filter(|_| options.word_times);
        let word_times = options.word_times && unseen.is_none();
        transcript.missing.extend(unseen.map(|why| ("segments.words", why.to_owned())));
        let Some(first) = speech.clips.first() else { return Ok(transcript) };
        let window = 2 * self.config.max_source_positions;
        let mel = Mel::new(samples, self.config.num_mel_bins, frames + window, &mut || pulse(0.0))?;
        let mut heard = None;
        if tokens.languages.is_empty() {
            transcript.language = Some("en".to_owned());
        } else if options.language.is_some() {
            transcript.language.clone_from(&options.language);
        } else {
            let mut listened = self.listen(&mel.part(first.start, window, first.end), &mut || pulse(0.0))?;
            let found = self.language_of(&mut listened, &tokens.languages)?;
            (transcript.language, transcript.language_probability) = found.unzip();
            heard = Some(listened);
        }
        let language = transcript.language.clone();
        let task = Task {
            tokens,
            options,
            word_times,
            language: language.as_deref(),
            begin: begin(tokens, language.as_deref(), options.translate),
        };
        let mut history = task.prompt()?;
        // Each window goes on for a while; a model that never does must not be listened to for ever.
        let mut windows = 16 + frames / 25;
        let mut said_until = 0.0;
        for clip in &speech.clips {
            let mut seek = clip.start;
            while seek < clip.end {
                let done = seek as f64 / frames as f64;
                pulse(done)?;
                let size = window.min(clip.end - seek);
                let mut listened = match heard.take().filter(|_| seek == first.start) {
                    Some(listened) => listened,
                    None => self.listen(&mel.part(seek, window, seek + size), &mut || pulse(done))?,
                };
                let prefix = task.prefix(&history, self.config.max_target_positions);
                let guess =
                    self.guess(&mut listened, tokens, &prefix, options, seek as u64, &mut || pulse(done))?;
                if guess.is_silence(options) {
                    let (start_s, end_s) = (seconds(seek), seconds(seek + size));
                    transcript.skipped.push(Skipped { start_s, end_s, reason: "no_speech_by_model" });
                    seek += size;
                    continue;
                }
                let (mut pieces, mut next) = split(&guess.tokens, tokens, seek, size);
                if task.word_times {
                    self.time_words(&mut pieces, &mut listened, &task, (seek, size), said_until)?;
                    let ended = pieces.iter().rev().find_map(|piece| piece.words.last()).map(|w| w.end_s);
                    let more = ended.filter(|_| !ends_alone(&guess.tokens, tokens));
                    if let Some(end_s) = more.filter(|&end_s| end_s > seconds(seek)) {
                        next = (end_s * (RATE / HOP) as f64).round() as usize;
                    }
                    said_until = ended.unwrap_or(said_until);
                }
                windows = windows.saturating_sub(1);
                seek = if windows == 0 { seek + size } else { next.clamp(seek + 1, seek + size) };
                pieces.retain(|piece| !tokens.decode(&piece.tokens).trim().is_empty());
                pieces.retain(|piece| piece.times.0 < piece.times.1);
                history.extend(pieces.iter().flat_map(|piece| &piece.tokens).copied());
                if !options.condition_on_previous_text || guess.temperature > DOUBTFUL {
                    history.clear();
                }
                keep(pieces, &guess, &task, &speech, &mut transcript);
            }
        }
        transcript.skipped.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        Ok(transcript)
    }

    /// Gives the words of a window's segments times, by its attention to the sound.
    fn time_words(
        &self,
        pieces: &mut [Piece],
        heard: &mut Heard,
        task: &Task<'_>,
        (seek, size): (usize, usize),
        mut said_until: f64,
    ) -> Result<()> {
        let tokens = task.tokens;
        let texts: Vec<Vec<u32>> = pieces
            .iter()
            .map(|piece| piece.tokens.iter().copied().filter(|&token| token < tokens.end).collect())
            .collect();
        let mut words = self.words(&texts.concat(), heard, task, size)?;
        let usual = usual_length(&words);
        shorten_at_sentences(&mut words, usual);
        join_marks(&mut words);
        let cents = |seconds: f64| (seconds * 100.0).round() / 100.0;
        let mut rest = &*words;
        for (piece, text) in pieces.iter_mut().zip(&texts) {
            let mut taken = 0;
            while let Some((word, later)) = rest.split_first().filter(|_| taken < text.len()) {
                if !word.text.is_empty() {
                    piece.words.push(SpokenWord {
                        start_s: cents(seconds(seek) + word.start_s),
                        end_s: cents(seconds(seek) + word.end_s),
                        text: word.text.clone(),
                        probability: word.probability,
                    });
                }
                taken += word.tokens;
                rest = later;
            }
            if !piece.words.is_empty() {
                fit(&mut piece.words, &mut piece.times, said_until, usual);
                said_until = piece.times.1;
            }
        }
        Ok(())
    }

    /// The words of tokens of text, with their times in the window, of which so many frames are sound.
    fn words(&self, text: &[u32], heard: &mut Heard, task: &Task<'_>, size: usize) -> Result<Vec<Timed>> {
        let tokens = task.tokens;
        let all: Vec<u32> = [&task.begin, &[tokens.no_times][..], text, &[tokens.end]].concat();
        if text.is_empty() || all.len() > self.config.max_target_positions {
            return Ok(Vec::new());
        }
        heard.memory.restart();
        let heads = self.generation.alignment_heads.clone().unwrap_or_else(|| self.config.upper_heads());
        let mut looked = Looked { heads: &heads, weights: Vec::new() };
        let places: Vec<usize> = (0..text.len()).map(|place| task.begin.len() + place).collect();
        let logits = self.feed(heard, &all, After::These(&places), &mut looked)?;
        let probability = |(row, &token): (&[f32], &u32)| {
            let words = &row[..tokens.end as usize];
            (f64::from(words[token as usize]) - log_sum(words)).exp()
        };
        let probabilities: Vec<f64> =
            logits.chunks_exact(self.config.vocab_size).zip(text).map(probability).collect();
        let starts =
            align::starts(&looked.weights, self.config.max_source_positions, size / STEP, task.begin.len());
        let at = |token: usize| starts.get(token).map_or(0.0, |&start| seconds(start * STEP));
        let mut first = 0;
        let timed = |(text, count): (String, usize)| {
            let (from, to) = (first, first + count);
            first = to;
            let mean = probabilities[from..to].iter().sum::<f64>() / count.max(1) as f64;
            Timed { text, tokens: count, start_s: at(from), end_s: at(to), probability: mean }
        };
        Ok(tokens.words(text, task.language).into_iter().map(timed).collect())
    }
}

impl Task<'_> {
    /// The tokens of the text that the host says came before.
    fn prompt(&self) -> Result<Vec<u32>> {
        match &self.options.prompt {
            Some(prompt) if !prompt.trim().is_empty() => self.tokens.encode(&format!(" {}", prompt.trim())),
            _ => Ok(Vec::new()),
        }
    }

    /// What a window's text begins with: what came before, as far as there is room, and what to do.
    fn prefix(&self, history: &[u32], most: usize) -> Vec<u32> {
        let room = most / 2 - 1;
        match self.tokens.previous {
            Some(previous) if !history.is_empty() => {
                let history = &history[history.len().saturating_sub(room)..];
                [&[previous][..], history, &self.begin].concat()
            }
            _ => self.begin.clone(),
        }
    }
}

fn begin(tokens: &Tokens, language: Option<&str>, translate: bool) -> Vec<u32> {
    let language = language.and_then(|language| tokens.languages.get(language)).copied();
    let task = if translate { tokens.translate } else { tokens.transcribe };
    let task = task.filter(|_| language.is_some());
    [Some(tokens.start), language, task].into_iter().flatten().collect()
}

/// Whether a text ends with one time, not two: nothing is said after it.
fn ends_alone(given: &[u32], tokens: &Tokens) -> bool {
    matches!(given, [.., before, last] if *before < tokens.times && *last >= tokens.times)
}

/// The segments of a window's tokens, and the frame at which the next window begins.
fn split(given: &[u32], tokens: &Tokens, seek: usize, size: usize) -> (Vec<Piece>, usize) {
    let time = |token: u32| (token - tokens.times) as usize * STEP;
    let is_time = |token: u32| token >= tokens.times;
    let piece = |part: &[u32], start: usize, end: usize| Piece {
        times: (seconds(seek + start), seconds(seek + end)),
        tokens: part.to_vec(),
        words: Vec::new(),
    };
    // Where one time follows another, one segment ends and another begins.
    let mut ends: Vec<usize> =
        (1..given.len()).filter(|&i| is_time(given[i - 1]) && is_time(given[i])).collect();
    if ends.is_empty() {
        let last = given.iter().rev().copied().find(|&token| is_time(token)).map(time);
        let end = last.filter(|&end| end > 0).unwrap_or(size);
        return (vec![piece(given, 0, end)], seek + size);
    }
    let alone = ends_alone(given, tokens);
    if alone {
        ends.push(given.len());
    }
    let mut from = 0;
    let pieces = ends.iter().map(|&to| {
        let part = &given[from..to];
        from = to;
        // Each begins and ends with a time, but for texts that break the rules.
        let at = |token: Option<&u32>| token.filter(|&&token| is_time(token)).map_or(0, |&token| time(token));
        piece(part, at(part.first()), at(part.last()))
    });
    let pieces: Vec<Piece> = pieces.collect();
    let next = if alone { size } else { time(given[from - 1]) };
    (pieces, seek + next)
}

/// Takes the segments of a window into the transcript.
fn keep(pieces: Vec<Piece>, guess: &Guess, task: &Task<'_>, speech: &Speech, transcript: &mut Transcript) {
    for mut piece in pieces {
        let (mut start_s, mut end_s) = piece.times;
        if !speech.is_in(start_s, end_s) {
            transcript.skipped.push(Skipped { start_s, end_s, reason: "text_outside_speech" });
            continue;
        }
        for word in &mut piece.words {
            word.text = word.text.trim().to_owned();
            within_speech(word, speech.stretches.as_deref().unwrap_or_default());
        }
        if let (true, [first, .., last]) = (speech.stretches.is_some(), &*piece.words) {
            (start_s, end_s) = (first.start_s, last.end_s.max(first.start_s));
        }
        transcript.segments.push(SpokenSegment {
            start_s,
            end_s,
            text: task.tokens.decode(&piece.tokens).trim().to_owned(),
            words: task.word_times.then_some(piece.words),
            tokens: piece.tokens,
            avg_log_probability: guess.avg_log_probability,
            no_speech_probability: guess.no_speech_probability,
            compression_ratio: guess.compression_ratio,
            temperature: guess.temperature,
        });
    }
}

/// Whether the model has the language and the task.
fn check(tokens: &Tokens, options: &TranscribeOptions) -> Result<()> {
    let wrong = |what: &str| Err(Error::new(ErrorKind::InvalidConfig, what.to_owned()));
    if tokens.languages.is_empty() {
        if options.translate {
            return wrong("a model for English alone does not translate");
        }
        if options.language.as_ref().is_some_and(|language| language != "en") {
            return wrong("this is a model for English alone");
        }
        return Ok(());
    }
    if let Some(language) = &options.language
        && !tokens.languages.contains_key(language)
    {
        let known: Vec<_> = tokens.languages.keys().map(String::as_str).collect();
        return wrong("the model does not have this language")
            .map_err(|error: Error| error.with("language", language).with("there_are", known.join(" ")));
    }
    let task = if options.translate { tokens.translate } else { tokens.transcribe };
    if task.is_none() { wrong("the model has no token for this task") } else { Ok(()) }
}

/// Refuses samples that are no numbers.
pub(super) fn finite(samples: &[f32]) -> Result<()> {
    if samples.iter().all(|sample| sample.is_finite()) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "samples must be finite"))
}
