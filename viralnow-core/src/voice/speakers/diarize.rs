//! From sound to turns.

use super::blocks::Blocks;
use super::cepstra::{CepstraMeter, FIRST_S, STEP_S};
use super::cluster::Tree;
use super::overlap::candidates;
use super::profile::{Contours, Tilt, profile, prosody};
use super::resegment::Labelled;
use crate::dsp::resample::{RATE, Resampler16k};
use crate::extract::Activity;
use crate::voice::input::in_chunks;
use crate::voice::intensity::IntensityMeter;
use crate::voice::pitch::PitchTracker;
use crate::voice::{Prosody, Segment, Speaker, Turn};
use crate::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A turn goes on over a pause up to this long, in seconds, if nobody else speaks in it.
const PAUSE_S: f64 = 0.5;
/// Speakers that may be asked for.
const MOST_SPEAKERS: usize = 20;

/// How speakers are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiarizeParams {
    /// Fewest speakers, at least 1. The sound may be too short to give so many.
    pub min_speakers: usize,
    /// Most speakers, at most 20. Equal to `min_speakers` where the number is known.
    pub max_speakers: usize,
}

impl Default for DiarizeParams {
    fn default() -> Self {
        Self { min_speakers: 1, max_speakers: 8 }
    }
}

impl DiarizeParams {
    pub(super) fn check(self) -> Result<()> {
        if self.min_speakers >= 1
            && self.min_speakers <= self.max_speakers
            && self.max_speakers <= MOST_SPEAKERS
        {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::InvalidConfig,
            "min_speakers must be at least 1 and at most max_speakers, and that at most 20",
        )
        .with("min_speakers", self.min_speakers)
        .with("max_speakers", self.max_speakers))
    }
}

/// Who speaks when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Diarization {
    /// The speakers, in order of appearance.
    pub speakers: Vec<Speaker>,
    /// The turns, in order. A turn goes on over pauses up to 0.5 s.
    pub turns: Vec<Turn>,
    /// Where two may speak at once. Candidates near changes of speaker, of which about a fifth are right, without a model;
    /// where the turns overlap, with one ([`diarize_with`](super::diarize_with)).
    pub overlaps: Vec<Segment>,
}

/// Tells who speaks when: speech is found, cut where the voice changes, and given to as many speakers as differ by more
/// than one voice does from itself.
///
/// `y` is one channel of any length at `sample_rate` (1 to 768 kHz); times are seconds from its start. Voices that never
/// speak for 0.4 s on end are given to others. Speech in a far room, or with more than four people, is often
/// told apart wrongly: see the figures in `tests/voice_speakers.rs`. Samples that are no number are silence.
///
/// Fails with `INVALID_INPUT` for a rate that no sound has, with `INVALID_CONFIG` for impossible numbers of speakers.
///
/// ```
/// use viralnow_core::voice::{DiarizeParams, diarize};
///
/// let silence = vec![0.0; 32_000];
/// let found = diarize(&silence, 16_000, &DiarizeParams::default())?;
/// assert!(found.turns.is_empty() && found.speakers.is_empty());
/// let impossible = DiarizeParams { min_speakers: 3, max_speakers: 2 };
/// assert_eq!(diarize(&silence, 16_000, &impossible).unwrap_err().kind().code(), "INVALID_CONFIG");
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn diarize(y: &[f32], sample_rate: u32, params: &DiarizeParams) -> Result<Diarization> {
    params.check()?;
    let mut resampler = Resampler16k::new(sample_rate).ok_or_else(|| {
        Error::new(ErrorKind::InvalidInput, "sound of this rate cannot be brought to 16 kHz")
            .with("sample_rate", sample_rate)
    })?;
    let mut activity = Activity::new();
    let mut pitch = PitchTracker::from_start(f64::from(RATE));
    let mut level = IntensityMeter::from_start(f64::from(RATE));
    let mut diarizer = Diarizer::new();
    let mut mono16k = Vec::new();
    let mut hear = |samples: &[f32]| {
        activity.push(samples);
        pitch.push(samples);
        level.push(samples);
        diarizer.push(samples);
    };
    in_chunks(y, |samples| {
        mono16k.clear();
        resampler.push(samples, &mut mono16k);
        hear(&mono16k);
    });
    mono16k.clear();
    resampler.finish(&mut mono16k);
    hear(&mono16k);
    let contour = pitch.finish(0);
    let level_times_s: Vec<f64> = (0..level.db.len()).map(|k| level.time_s(k)).collect();
    let contours = Contours {
        pitch_times_s: &contour.times_s,
        f0_hz: &contour.f0_hz,
        level_times_s: &level_times_s,
        level_db: &level.db,
    };
    let speech = activity.finish().speech;
    Ok(diarizer.finish(&speech, 0.0, &contours, *params, &mut || Ok(()))?.0)
}

/// Hears the whole sound, then tells who spoke when. Keeps 2.4 kB for each second, and at the end 8.3 kB for each second of
/// speech.
#[derive(Debug)]
pub(in crate::voice) struct Diarizer {
    cepstra: CepstraMeter,
}

impl Diarizer {
    pub(in crate::voice) fn new() -> Self {
        Self { cepstra: CepstraMeter::new() }
    }

    /// Makes room for sound of this length.
    pub(in crate::voice) fn reserve(&mut self, seconds: f64) {
        self.cepstra.frames.reserve((seconds / STEP_S) as usize);
    }

    /// Takes samples at 16 kHz.
    pub(in crate::voice) fn push(&mut self, mono16k: &[f32]) {
        self.cepstra.push(mono16k);
    }

    /// The speakers and turns in stretches of speech. All times, those of the contours too, are presentation times; the
    /// sound starts at `start_s`. Also how all of them together speak. Stops as soon as `beat` fails, with its error.
    pub(in crate::voice) fn finish(
        self,
        speech: &[(f64, f64)],
        start_s: f64,
        contours: &Contours<'_>,
        params: DiarizeParams,
        beat: &mut dyn FnMut() -> Result<()>,
    ) -> Result<(Diarization, Prosody)> {
        let relative: Vec<(f64, f64)> = speech.iter().map(|&(a, b)| (a - start_s, b - start_s)).collect();
        let f0_hz = at_frames(contours, start_s, self.cepstra.frames.len());
        let blocks = Blocks::new(&self.cepstra.frames, &relative, &f0_hz, beat)?;
        // The slope of the spectrum where a voice sounds.
        let tilt: Vec<f32> = (0..self.cepstra.frames.len())
            .map(|at| {
                if f0_hz.get(at).is_some_and(|&f0| f0 > 0.0) {
                    self.cepstra.frames.get(at)[0]
                } else {
                    f32::NAN
                }
            })
            .collect();
        drop(self.cepstra);
        let labelled = label(&blocks, params, beat)?;
        let mut found = assemble(&blocks, &labelled.labels, start_s);
        found.overlaps = candidates(&blocks, &labelled, beat)?
            .into_iter()
            .map(|(from, to)| Segment { start_s: start_s + from, end_s: start_s + to })
            .collect();
        drop(blocks);
        let tilt = Tilt { start_s: start_s + FIRST_S, step_s: STEP_S, values: &tilt };
        beat()?;
        profile(&mut found.speakers, &found.turns, speech, contours, &tilt);
        Ok((found, prosody(speech, speech, contours, &tilt)))
    }
}

/// The pitch at each frame of the cepstra; NaN where it is unknown.
fn at_frames(contours: &Contours<'_>, start_s: f64, frames: usize) -> Vec<f32> {
    let Some(&first_s) = contours.pitch_times_s.first() else { return Vec::new() };
    (0..frames)
        .map(|frame| {
            let moment = (start_s + FIRST_S + frame as f64 * STEP_S - first_s) / STEP_S;
            let at = moment.round();
            if at < 0.0 { f32::NAN } else { contours.f0_hz.get(at as usize).copied().unwrap_or(f32::NAN) }
        })
        .collect()
}

/// Who speaks in each block.
fn label(blocks: &Blocks, params: DiarizeParams, beat: &mut dyn FnMut() -> Result<()>) -> Result<Labelled> {
    let tree = Tree::new(blocks, beat)?;
    let count = blocks.blocks.len();
    let mut found = Labelled::new(blocks, &vec![0; count]);
    for speakers in 2..=params.max_speakers.min(tree.most()) {
        beat()?;
        let cut = Labelled::new(blocks, &tree.cut(speakers, count));
        let refined = cut.clone().refine(blocks, beat)?;
        if speakers <= params.min_speakers {
            // Asked for: where refining loses one, it is not refined.
            found = if refined.speakers.len() == cut.speakers.len() { refined } else { cut };
        } else if refined.all_differ() {
            found = refined;
        } else {
            break;
        }
    }
    Ok(found)
}

/// Turns and speakers of labelled blocks.
fn assemble(blocks: &Blocks, labels: &[usize], start_s: f64) -> Diarization {
    let mut order: Vec<usize> = Vec::new();
    let mut seconds: Vec<f64> = Vec::new();
    let mut turns: Vec<Turn> = Vec::new();
    let mut last: Option<usize> = None;
    for (block, &label) in blocks.blocks.iter().zip(labels) {
        let speaker = order.iter().position(|&known| known == label).unwrap_or_else(|| {
            order.push(label);
            seconds.push(0.0);
            order.len() - 1
        });
        seconds[speaker] += block.end_s - block.start_s;
        let (from, to) = (start_s + block.start_s, start_s + block.end_s);
        match turns.last_mut() {
            Some(turn) if last == Some(speaker) && from - turn.end_s <= PAUSE_S => turn.end_s = to,
            _ => turns.push(Turn { start_s: from, end_s: to, speaker: name(speaker) }),
        }
        last = Some(speaker);
    }
    let all: f64 = seconds.iter().fold(0.0, |sum, s| sum + s);
    let speakers = seconds
        .iter()
        .enumerate()
        .map(|(i, &total_s)| Speaker {
            label: name(i),
            total_s,
            dominance: total_s / all,
            ..Speaker::default()
        })
        .collect();
    Diarization { speakers, turns, overlaps: Vec::new() }
}

fn name(speaker: usize) -> String {
    format!("S{}", speaker + 1)
}

/// Turns and speakers of frames in which any number of speakers may speak, row by row one flag for each speaker.
pub(super) fn turns_of(speaks: &[bool], speakers: usize, frame_s: f64, end_s: f64) -> Diarization {
    if speakers == 0 {
        return Diarization::default();
    }
    let rows: Vec<&[bool]> = speaks.chunks_exact(speakers).collect();
    let time = |frame: usize| (frame as f64 * frame_s).min(end_s);
    // Stretches by speaker, in frames.
    let mut runs: Vec<(usize, usize, usize)> = Vec::new();
    let mut seconds = vec![0.0; speakers];
    for (speaker, seconds) in seconds.iter_mut().enumerate() {
        let mut last: Option<(usize, usize)> = None;
        for frame in (0..rows.len()).filter(|&frame| rows[frame][speaker]) {
            *seconds += time(frame + 1) - time(frame);
            last = Some(match last {
                Some((from, to)) if goes_on(&rows[to..frame], frame_s) => (from, frame + 1),
                Some((from, to)) => {
                    runs.push((from, to, speaker));
                    (frame, frame + 1)
                }
                None => (frame, frame + 1),
            });
        }
        runs.extend(last.map(|(from, to)| (from, to, speaker)));
    }
    runs.sort_unstable();
    let mut order: Vec<usize> = Vec::new();
    let mut turns = Vec::new();
    for (from, to, speaker) in runs {
        let place = order.iter().position(|&known| known == speaker).unwrap_or_else(|| {
            order.push(speaker);
            order.len() - 1
        });
        turns.push(Turn { start_s: time(from), end_s: time(to), speaker: name(place) });
    }
    let mut overlaps: Vec<Segment> = Vec::new();
    for (frame, _) in rows.iter().enumerate().filter(|(_, row)| row.iter().filter(|&&s| s).count() > 1) {
        match overlaps.last_mut() {
            Some(last) if last.end_s == time(frame) => last.end_s = time(frame + 1),
            _ => overlaps.push(Segment { start_s: time(frame), end_s: time(frame + 1) }),
        }
    }
    let all: f64 = seconds.iter().fold(0.0, |sum, s| sum + s);
    let speakers = order
        .iter()
        .enumerate()
        .map(|(place, &speaker)| Speaker {
            label: name(place),
            total_s: seconds[speaker],
            dominance: seconds[speaker] / all,
            ..Speaker::default()
        })
        .collect();
    Diarization { speakers, turns, overlaps }
}

/// Whether a turn goes on over these frames: a short pause in which nobody speaks.
fn goes_on(between: &[&[bool]], frame_s: f64) -> bool {
    between.len() as f64 * frame_s <= PAUSE_S && between.iter().all(|row| row.iter().all(|&s| !s))
}
