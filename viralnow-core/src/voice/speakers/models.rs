//! Diarization by models of the pyannote kind: one that says who of a few speaks when within some seconds, and one that
//! says what a voice is like.

use super::cluster::linkage;
use super::diarize::{Diarization, DiarizeParams, turns_of};
use crate::dsp::resample::Resampler16k;
use crate::voice::input::in_chunks;
use crate::{Error, ErrorKind, Result};

/// Samples of a frame of the common grid (10 ms at 16 kHz).
const FRAME: usize = 160;
/// A model's speaker speaks from this probability on.
const ACTIVE: f32 = 0.5;

/// Who speaks in a window, frame by frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Activations {
    /// Speakers that the model tells apart in one window. Speaker 0 of one window need not be speaker 0 of the next.
    pub speakers: usize,
    /// Probabilities, one for each speaker, frame by frame; the frames cover the window evenly.
    pub data: Vec<f32>,
}

/// Says who of a few speakers speaks when within a window, such as pyannote's `segmentation-3.0`. A host may implement it.
pub trait SpeakerSegmentation: Send + Sync {
    /// Samples of a window at 16 kHz, at least 1600.
    fn window(&self) -> usize;

    /// Who speaks in a window of [`SpeakerSegmentation::window`] samples at 16 kHz.
    fn segment(&self, window: &[f32]) -> Result<Activations>;
}

/// Says what a voice is like: vectors of one speaker point the same way. A host may implement it.
pub trait SpeakerEmbedding: Send + Sync {
    /// Samples at 16 kHz below which a voice cannot be told.
    fn shortest(&self) -> usize;

    /// The vector of the voice in these samples at 16 kHz, of any length from [`SpeakerEmbedding::shortest`] on.
    fn embed(&self, samples: &[f32]) -> Result<Vec<f32>>;
}

/// One speaker of one window.
struct Local {
    window: usize,
    speaker: usize,
    vector: Vec<f32>,
}

/// [`diarize`](super::diarize) by models: windows that overlap by three quarters are segmented, each of their speakers is
/// embedded from where nobody else speaks, the vectors are clustered by average linkage on the cosine, and each moment has
/// as many speakers as the windows over it say on average (Bredin et al. 2020; Plaquet & Bredin 2023). Overlaps come out as
/// turns that overlap.
///
/// Vectors whose cosine is at least `same` may be one speaker; pyannote 3.1 uses 0.3 with its own embedding. Keeps the sound
/// at 16 kHz (64 kB for each second). Speakers have no prosody here.
///
/// Fails as [`diarize`](super::diarize) does, with `INVALID_INPUT` where a model gives numbers of another count than it
/// says, and with what the models fail with.
///
/// ```
/// use viralnow_core::voice::{Activations, DiarizeParams, SpeakerEmbedding, SpeakerSegmentation, diarize_with};
///
/// struct Loud;
/// impl SpeakerSegmentation for Loud {
///     fn window(&self) -> usize { 16_000 }
///     fn segment(&self, window: &[f32]) -> viralnow_core::Result<Activations> {
///         let loud = |frame: &[f32]| f32::from(frame.iter().any(|s| s.abs() > 0.1));
///         Ok(Activations { speakers: 1, data: window.chunks(160).map(loud).collect() })
///     }
/// }
/// struct Same;
/// impl SpeakerEmbedding for Same {
///     fn shortest(&self) -> usize { 1600 }
///     fn embed(&self, _: &[f32]) -> viralnow_core::Result<Vec<f32>> { Ok(vec![1.0]) }
/// }
/// let y: Vec<f32> = (0..32_000).map(|i| if i < 16_000 { 0.5 } else { 0.0 }).collect();
/// let found = diarize_with(&y, 16_000, &DiarizeParams::default(), &Loud, &Same, 0.3)?;
/// assert_eq!(found.turns.len(), 1);
/// assert!((found.turns[0].end_s - 1.0).abs() < 0.02);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn diarize_with(
    y: &[f32],
    sample_rate: u32,
    params: &DiarizeParams,
    segmentation: &dyn SpeakerSegmentation,
    embedding: &dyn SpeakerEmbedding,
    same: f32,
) -> Result<Diarization> {
    params.check()?;
    let sound = to_16k(y, sample_rate)?;
    let window = segmentation.window();
    if window < 10 * FRAME || !same.is_finite() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "a window of segmentation needs at least 1600 samples, and `same` must be a number",
        )
        .with("window", window)
        .with("same", same));
    }
    let step = (window / 4 / FRAME).max(1) * FRAME;
    let is_needed = |&start: &usize| start == 0 || start + window < sound.len() + step;
    let starts: Vec<usize> = (0..sound.len().max(1)).step_by(step).take_while(is_needed).collect();
    let mut windows: Vec<Activations> = Vec::new();
    let mut locals: Vec<Local> = Vec::new();
    if !sound.is_empty() {
        let mut samples = vec![0.0; window];
        for (number, &start) in starts.iter().enumerate() {
            let own = &sound[start.min(sound.len())..sound.len().min(start + window)];
            samples[..own.len()].copy_from_slice(own);
            samples[own.len()..].fill(0.0);
            let found = segmentation.segment(&samples)?;
            check(&found)?;
            for speaker in 0..found.speakers {
                let voice = alone(&found, speaker, &samples);
                if voice.len() >= embedding.shortest().max(1) {
                    let vector = embedding.embed(&voice)?;
                    locals.push(Local { window: number, speaker, vector });
                }
            }
            windows.push(found);
        }
    }
    let vectors: Vec<Vec<f32>> = locals.iter().map(|local| local.vector.clone()).collect();
    let labels = linkage(&vectors, same, params.min_speakers, params.max_speakers)?;
    let speakers = labels.iter().max().map_or(0, |most| most + 1);
    // By frame: the speakers' probabilities summed over the windows, how many windows, how many speak.
    let frames = sound.len().div_ceil(FRAME);
    let mut activity = vec![0.0_f32; frames * speakers];
    let mut cover = vec![0_u32; frames];
    let mut active = vec![0_u32; frames];
    for (number, (found, &start)) in windows.iter().zip(&starts).enumerate() {
        let own: Vec<(usize, usize)> = locals
            .iter()
            .zip(&labels)
            .filter(|(local, _)| local.window == number)
            .map(|(local, &label)| (local.speaker, label))
            .collect();
        for frame in start / FRAME..frames.min((start + window).div_ceil(FRAME)) {
            let probabilities = at(found, (frame * FRAME + FRAME / 2 - start) as f64 / window as f64);
            cover[frame] += 1;
            active[frame] += probabilities.iter().filter(|&&p| p >= ACTIVE).count() as u32;
            for speaker in 0..speakers {
                let most = own
                    .iter()
                    .filter(|(_, label)| *label == speaker)
                    .map(|(local, _)| probabilities[*local])
                    .fold(0.0, f32::max);
                activity[frame * speakers + speaker] += most;
            }
        }
    }
    let mut speaks = vec![false; frames * speakers];
    for frame in 0..frames {
        let count = (f64::from(active[frame]) / f64::from(cover[frame].max(1))).round() as usize;
        let row = &activity[frame * speakers..(frame + 1) * speakers];
        let mut order: Vec<usize> = (0..speakers).filter(|&s| row[s] > 0.0).collect();
        order.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
        for &speaker in order.iter().take(count) {
            speaks[frame * speakers + speaker] = true;
        }
    }
    Ok(turns_of(&speaks, speakers, FRAME as f64 / 16_000.0, sound.len() as f64 / 16_000.0))
}

fn to_16k(y: &[f32], sample_rate: u32) -> Result<Vec<f32>> {
    let mut resampler = Resampler16k::new(sample_rate).ok_or_else(|| {
        Error::new(ErrorKind::InvalidInput, "sound of this rate cannot be brought to 16 kHz")
            .with("sample_rate", sample_rate)
    })?;
    let mut sound = Vec::new();
    in_chunks(y, |samples| resampler.push(samples, &mut sound));
    resampler.finish(&mut sound);
    Ok(sound)
}

fn check(found: &Activations) -> Result<()> {
    if found.speakers > 0 && !found.data.is_empty() && found.data.len().is_multiple_of(found.speakers) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidInput, "a segmentation must have whole frames of at least one speaker")
        .with("speakers", found.speakers)
        .with("numbers", found.data.len()))
}

/// The probabilities at a share of the window.
fn at(found: &Activations, share: f64) -> &[f32] {
    let frames = found.data.len() / found.speakers;
    let frame = ((share * frames as f64) as usize).min(frames - 1);
    &found.data[frame * found.speakers..(frame + 1) * found.speakers]
}

/// The samples in which a speaker speaks and nobody else does; all of the speaker's where that is less than a second.
fn alone(found: &Activations, speaker: usize, samples: &[f32]) -> Vec<f32> {
    let collect = |with_others: bool| -> Vec<f32> {
        samples
            .chunks(FRAME)
            .enumerate()
            .filter(|(i, _)| {
                let row = at(found, (i * FRAME + FRAME / 2) as f64 / samples.len() as f64);
                let others = row.iter().enumerate().any(|(s, &p)| s != speaker && p >= ACTIVE);
                row[speaker] >= ACTIVE && (with_others || !others)
            })
            .flat_map(|(_, chunk)| chunk.iter().copied())
            .collect()
    };
    let own = collect(false);
    if own.len() >= 16_000 { own } else { collect(true) }
}
