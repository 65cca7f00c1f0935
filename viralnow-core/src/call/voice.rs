//! The functions of `voice`.

use super::params::Params;
use super::{Called, Entry, Samples, mono};
use crate::extract::Matrix;
use crate::voice::{
    self, ActivityDetector, DiarizeParams, Encoding, FormantParams, Grid, HarmonicityParams, IntensityParams,
    PerturbationParams, PitchContour, PitchMethod, PitchParams, PyinParams, SyllableParams,
};
use crate::{Error, ErrorKind, Preset, Result};
use serde_json::json;
use std::path::PathBuf;

pub(super) const TABLE: &[Entry] = &[
    ("voice.activity", |sound, p| {
        let name: Option<String> = p.given_or_none("detector")?;
        p.finish()?;
        let detector = name.map_or_else(|| Ok(ActivityDetector::default()), |name| name.parse())?;
        of_activity(&voice::activity(&mono(sound)?, sound.sample_rate, detector)?)
    }),
    ("voice.activity_scores", |sound, p| {
        p.finish()?;
        Ok(Called::matrix("activity_scores", voice::activity_scores(&mono(sound)?, sound.sample_rate)?))
    }),
    ("voice.diarize", |sound, p| {
        let default = DiarizeParams::default();
        let params = DiarizeParams {
            min_speakers: p.take("min_speakers", default.min_speakers)?,
            max_speakers: p.take("max_speakers", default.max_speakers)?,
        };
        let models = SpeakerModels::take(p)?;
        p.finish()?;
        Called::value(&match models {
            None => voice::diarize(&mono(sound)?, sound.sample_rate, &params)?,
            Some(models) => models.diarize(sound, &params)?,
        })
    }),
    ("voice.egemaps", |sound, p| {
        p.finish()?;
        let found = voice::egemaps(&mono(sound)?, sound.sample_rate)?;
        // Objects are sorted by name; `names` has the published order.
        let names = voice::EGEMAPS_FUNCTIONALS.as_slice();
        Called::value(&json!({ "functionals": found.functionals, "missing": found.missing, "names": names }))
    }),
    ("voice.egemaps_lld", |sound, p| {
        p.finish()?;
        let contours = voice::egemaps_lld(&mono(sound)?, sound.sample_rate)?;
        let called = Called::value(&json!({ "names": voice::EGEMAPS_LLD.as_slice() }))?;
        Ok(called.with("contours", contours))
    }),
    ("voice.formants", |sound, p| {
        let default = FormantParams::default();
        let params = FormantParams {
            max_formants: p.take("max_formants", default.max_formants)?,
            ceiling_hz: p.take("ceiling_hz", default.ceiling_hz)?,
            window_s: p.take("window_s", default.window_s)?,
            pre_emphasis_hz: p.take("pre_emphasis_hz", default.pre_emphasis_hz)?,
            step_s: p.given_or_none("step_s")?,
            grid: grid(p)?,
        };
        p.finish()?;
        let found = voice::formants(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("frequencies_hz", found.frequencies).with("bandwidths_hz", found.bandwidths))
    }),
    ("voice.harmonicity", |sound, p| {
        let default = HarmonicityParams::default();
        let params = HarmonicityParams {
            step_s: p.take("step_s", default.step_s)?,
            floor_hz: p.take("floor_hz", default.floor_hz)?,
            silence_threshold: p.take("silence_threshold", default.silence_threshold)?,
            grid: grid(p)?,
        };
        p.finish()?;
        Ok(Called::matrix("hnr_db", voice::harmonicity(&mono(sound)?, sound.sample_rate, &params)?))
    }),
    ("voice.intensity", |sound, p| {
        let default = IntensityParams::default();
        let params = IntensityParams {
            floor_hz: p.take("floor_hz", default.floor_hz)?,
            step_s: p.given_or_none("step_s")?,
            subtract_mean: p.take("subtract_mean", default.subtract_mean)?,
            grid: grid(p)?,
        };
        p.finish()?;
        Ok(Called::matrix("intensity_db", voice::intensity(&mono(sound)?, sound.sample_rate, &params)?))
    }),
    ("voice.perturbation", |sound, p| {
        let default = PerturbationParams::default();
        let standard = match method(p)? {
            Some(method) => PitchParams { grid: default.pitch.grid, ..PitchParams::new(method) },
            None => default.pitch,
        };
        let pitch = PitchParams {
            floor_hz: p.take("floor_hz", standard.floor_hz)?,
            ceiling_hz: p.take("ceiling_hz", standard.ceiling_hz)?,
            ..standard
        };
        let params = PerturbationParams {
            pitch,
            shortest_period_s: p.take("shortest_period_s", default.shortest_period_s)?,
            longest_period_s: p.take("longest_period_s", default.longest_period_s)?,
            max_period_factor: p.take("max_period_factor", default.max_period_factor)?,
            max_amplitude_factor: p.take("max_amplitude_factor", default.max_amplitude_factor)?,
        };
        p.finish()?;
        Called::value(&voice::perturbation(&mono(sound)?, sound.sample_rate, &params)?)
    }),
    ("voice.pitch", |sound, p| {
        let standard = PitchParams::new(method(p)?.unwrap_or_default());
        let mut params = PitchParams {
            grid: grid(p)?,
            floor_hz: p.take("floor_hz", standard.floor_hz)?,
            ceiling_hz: p.take("ceiling_hz", standard.ceiling_hz)?,
            step_s: p.given_or_none("step_s")?,
            ..standard
        };
        // pYIN has none of these; given to it they are refused rather than without effect.
        if params.method != PitchMethod::Pyin {
            params.most_candidates = p.take("most_candidates", standard.most_candidates)?;
            params.voicing_threshold = p.take("voicing_threshold", standard.voicing_threshold)?;
            params.silence_threshold = p.take("silence_threshold", standard.silence_threshold)?;
            params.octave_cost = p.take("octave_cost", standard.octave_cost)?;
            params.octave_jump_cost = p.take("octave_jump_cost", standard.octave_jump_cost)?;
            params.voiced_unvoiced_cost = p.take("voiced_unvoiced_cost", standard.voiced_unvoiced_cost)?;
        }
        p.finish()?;
        Ok(contour(voice::pitch(&mono(sound)?, sound.sample_rate, &params)?))
    }),
    ("voice.pyin", |sound, p| {
        let default = PyinParams::default();
        let params = PyinParams {
            fmin: p.take("fmin", default.fmin)?,
            fmax: p.take("fmax", default.fmax)?,
            frame_length: p.take("frame_length", default.frame_length)?,
            hop_length: p.given_or_none("hop_length")?,
            n_thresholds: p.take("n_thresholds", default.n_thresholds)?,
            beta_parameters: p.take("beta_parameters", default.beta_parameters)?,
            boltzmann_parameter: p.take("boltzmann_parameter", default.boltzmann_parameter)?,
            resolution: p.take("resolution", default.resolution)?,
            max_transition_rate: p.take("max_transition_rate", default.max_transition_rate)?,
            switch_prob: p.take("switch_prob", default.switch_prob)?,
            no_trough_prob: p.take("no_trough_prob", default.no_trough_prob)?,
            center: p.take("center", default.center)?,
        };
        p.finish()?;
        Ok(contour(voice::pyin(&mono(sound)?, sound.sample_rate, &params)?))
    }),
    ("voice.syllables", |sound, p| {
        let default = SyllableParams::default();
        let params = SyllableParams {
            min_dip_db: p.take("min_dip_db", default.min_dip_db)?,
            range_db: p.take("range_db", default.range_db)?,
        };
        p.finish()?;
        Called::value(&voice::syllables(&mono(sound)?, sound.sample_rate, &params)?)
    }),
];

/// Files of models of the pyannote kind, in place of what needs no file.
struct SpeakerModels {
    segmentation: PathBuf,
    embedding: PathBuf,
    encoding: Encoding,
    window: usize,
    shortest: usize,
    same: f32,
    threads: usize,
}

impl SpeakerModels {
    /// `segmentation` and `embedding`, paths, ask for them; the rest tells what they are, by default pyannote 3.1's own.
    fn take(p: &mut Params<'_>) -> Result<Option<Self>> {
        let segmentation: Option<PathBuf> = p.given_or_none("segmentation")?;
        let embedding: Option<PathBuf> = p.given_or_none("embedding")?;
        let encoding: Option<String> = p.given_or_none("encoding")?;
        let encoding = match encoding.as_deref() {
            None | Some("powerset") => Encoding::Powerset,
            Some("multilabel") => Encoding::Multilabel,
            Some(other) => {
                let message = "no such encoding; there are powerset and multilabel";
                return Err(Error::new(ErrorKind::InvalidConfig, message).with("encoding", other));
            }
        };
        let (window, shortest) = (p.take("window", 160_000)?, p.take("shortest", 6400)?);
        let (same, threads) = (p.take("same", 0.3)?, p.take("threads", 1)?);
        match (segmentation, embedding) {
            (None, None) => Ok(None),
            (Some(segmentation), Some(embedding)) => {
                Ok(Some(Self { segmentation, embedding, encoding, window, shortest, same, threads }))
            }
            _ => Err(Error::new(
                ErrorKind::InvalidConfig,
                "segmentation and embedding go together: paths of two ONNX files",
            )),
        }
    }

    fn diarize(&self, sound: &Samples<'_>, params: &DiarizeParams) -> Result<voice::Diarization> {
        let sound_mono = mono(sound)?;
        let segmentation =
            voice::OnnxSegmentation::open(&self.segmentation, self.encoding, self.window, self.threads)?;
        let embedding = voice::OnnxEmbedding::open(&self.embedding, self.shortest, self.threads)?;
        voice::diarize_with(&sound_mono, sound.sample_rate, params, &segmentation, &embedding, self.same)
    }
}

/// Where speech is, as the other languages have it.
pub(super) fn of_activity(found: &voice::VoiceActivity) -> Result<Called> {
    Called::value(&json!({ "speech": found.speech, "source": found.source }))
}

fn method(p: &mut Params<'_>) -> Result<Option<PitchMethod>> {
    let name: Option<String> = p.given_or_none("method")?;
    name.map(|name| name.parse()).transpose()
}

/// The contour as arrays: `voiced` is 1 or 0.
fn contour(found: PitchContour) -> Called {
    let PitchContour { times_s, f0_hz, voiced, voiced_prob } = found;
    let column =
        |data: Vec<f32>, unit| Matrix { rows: data.len(), columns: 1, data, times_s: times_s.clone(), unit };
    let flags = voiced.iter().map(|&voiced| f32::from(u8::from(voiced))).collect();
    let called = Called::matrix("f0_hz", column(f0_hz, "Hz")).with("voiced", column(flags, "1"));
    match voiced_prob {
        Some(prob) => called.with("voiced_prob", column(prob, "1")),
        None => called,
    }
}

/// Where the frames stand: `preset` `reference` places them as Praat does.
fn grid(p: &mut Params<'_>) -> Result<Grid> {
    let name: Option<String> = p.given_or_none("preset")?;
    name.map_or_else(|| Ok(Preset::default()), |name| name.parse()).map(Grid::of)
}
