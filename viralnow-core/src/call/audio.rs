//! The functions of `audio`.

use super::params::{Params, needed};
use super::{Called, Entry, PlainEntry, Samples, finite, mono};
use crate::audio::{self, FrameParams, LoadParams};
use crate::extract::Matrix;
use crate::{Error, ErrorKind, Result};
use serde_json::{Value, json};

pub(super) const TABLE: &[Entry] = &[
    ("audio.melspectrogram", |sound, p| {
        let params = mel(p, "power")?;
        p.finish()?;
        let matrix = audio::melspectrogram(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("melspectrogram", matrix))
    }),
    ("audio.mfcc", |sound, p| {
        let default = audio::MfccParams::default();
        let params = audio::MfccParams {
            n_mfcc: p.take("n_mfcc", default.n_mfcc)?,
            lifter: p.take("lifter", default.lifter)?,
            mel: mel(p, "power")?,
        };
        p.finish()?;
        Ok(Called::matrix("mfcc", audio::mfcc(&mono(sound)?, sound.sample_rate, &params)?))
    }),
    ("audio.chroma_stft", |sound, p| {
        let default = audio::ChromaParams::default();
        let params = audio::ChromaParams {
            frames: frames(p)?,
            n_chroma: p.take("n_chroma", default.n_chroma)?,
            tuning: p.given_or_none("tuning")?,
        };
        p.finish()?;
        Ok(Called::matrix("chroma_stft", audio::chroma_stft(&mono(sound)?, sound.sample_rate, &params)?))
    }),
    ("audio.estimate_tuning", |sound, p| {
        let default = audio::TuningParams::default();
        let params = audio::TuningParams {
            frames: tuning_frames(p)?,
            resolution: p.take("resolution", default.resolution)?,
            bins_per_octave: p.take("bins_per_octave", default.bins_per_octave)?,
            fmin: p.take("fmin", default.fmin)?,
            fmax: p.take("fmax", default.fmax)?,
            threshold: p.take("threshold", default.threshold)?,
        };
        p.finish()?;
        Called::value(&audio::estimate_tuning(&mono(sound)?, sound.sample_rate, &params)?)
    }),
    ("audio.spectral_centroid", |sound, p| {
        let params = frames(p)?;
        p.finish()?;
        let matrix = audio::spectral_centroid(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("spectral_centroid", matrix))
    }),
    ("audio.spectral_bandwidth", |sound, p| {
        let default = audio::BandwidthParams::default();
        let params = audio::BandwidthParams { frames: frames(p)?, p: p.take("p", default.p)? };
        p.finish()?;
        let matrix = audio::spectral_bandwidth(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("spectral_bandwidth", matrix))
    }),
    ("audio.spectral_rolloff", |sound, p| {
        let default = audio::RolloffParams::default();
        let roll_percent = p.take("roll_percent", default.roll_percent)?;
        let params = audio::RolloffParams { frames: frames(p)?, roll_percent };
        p.finish()?;
        let matrix = audio::spectral_rolloff(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("spectral_rolloff", matrix))
    }),
    ("audio.spectral_flatness", |sound, p| {
        let default = audio::FlatnessParams::default();
        let params = audio::FlatnessParams {
            frames: frames(p)?,
            amin: p.take("amin", default.amin)?,
            power: p.take("power", default.power)?,
        };
        p.finish()?;
        let matrix = audio::spectral_flatness(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("spectral_flatness", matrix))
    }),
    ("audio.spectral_contrast", |sound, p| {
        let default = audio::ContrastParams::default();
        let params = audio::ContrastParams {
            frames: frames(p)?,
            fmin: p.take("fmin", default.fmin)?,
            n_bands: p.take("n_bands", default.n_bands)?,
            quantile: p.take("quantile", default.quantile)?,
            linear: p.take("linear", default.linear)?,
        };
        p.finish()?;
        let matrix = audio::spectral_contrast(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("spectral_contrast", matrix))
    }),
    ("audio.spectral_features", |sound, p| {
        let default = audio::SpectralParams::default();
        let params = audio::SpectralParams {
            frames: frames(p)?,
            n_mfcc: p.take("n_mfcc", default.n_mfcc)?,
            n_mels: p.take("n_mels", default.n_mels)?,
            n_chroma: p.take("n_chroma", default.n_chroma)?,
            tuning: p.given_or_none("tuning")?,
            n_bands: p.take("n_bands", default.n_bands)?,
        };
        p.finish()?;
        let found = audio::spectral_features(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("mfcc", found.mfcc)
            .with("chroma_stft", found.chroma_stft)
            .with("spectral_centroid", found.spectral_centroid)
            .with("spectral_bandwidth", found.spectral_bandwidth)
            .with("spectral_rolloff", found.spectral_rolloff)
            .with("spectral_flatness", found.spectral_flatness)
            .with("spectral_contrast", found.spectral_contrast)
            .with("zero_crossing_rate", found.zero_crossing_rate)
            .with("rms", found.rms)
            .with("onset_strength", found.onset_strength))
    }),
    ("audio.zero_crossing_rate", |sound, p| {
        let params = plain_frames(p)?;
        p.finish()?;
        let matrix = audio::zero_crossing_rate(&mono(sound)?, sound.sample_rate, &params)?;
        Ok(Called::matrix("zero_crossing_rate", matrix))
    }),
    ("audio.rms", |sound, p| {
        let params = plain_frames(p)?;
        p.finish()?;
        Ok(Called::matrix("rms", audio::rms(&mono(sound)?, sound.sample_rate, &params)?))
    }),
    ("audio.delta", |features, p| {
        let (width, order) = (p.take("width", 9)?, p.take("order", 1)?);
        p.finish()?;
        Ok(Called::matrix("delta", audio::delta(&rows(features)?, width, order)?))
    }),
    ("audio.power_to_db", |features, p| {
        let default = audio::DbParams::default();
        let reference: Option<Value> = p.given_or_none("ref")?;
        let params = audio::DbParams {
            reference: match reference {
                None => default.reference,
                Some(Value::String(name)) if name == "max" => audio::DbReference::Largest,
                Some(power) => audio::DbReference::Power(power.as_f64().ok_or_else(|| {
                    Error::new(ErrorKind::InvalidConfig, "ref must be a power, or max for the largest")
                        .with("ref", &power)
                })?),
            },
            amin: p.take("amin", default.amin)?,
            top_db: p.take_or_none("top_db", default.top_db)?,
        };
        p.finish()?;
        Ok(Called::matrix("power_to_db", audio::power_to_db(&rows(features)?, &params)?))
    }),
    ("audio.onset_strength", |sound, p| {
        let default = audio::OnsetOptions::default();
        let aggregate: Option<String> = p.given_or_none("aggregate")?;
        let options = audio::OnsetOptions {
            hop_length: p.take("hop_length", default.hop_length)?,
            lag: p.take("lag", default.lag)?,
            max_size: p.take("max_size", default.max_size)?,
            aggregate: match aggregate.as_deref() {
                None | Some("mean") => audio::Aggregate::Mean,
                Some("median") => audio::Aggregate::Median,
                Some(other) => {
                    let message = "no such aggregate; there are mean and median";
                    return Err(Error::new(ErrorKind::InvalidConfig, message).with("aggregate", other));
                }
            },
            detrend: p.take("detrend", default.detrend)?,
        };
        p.finish()?;
        let matrix = audio::onset_strength(&mono(sound)?, sound.sample_rate, &options)?;
        Ok(Called::matrix("onset_strength", matrix))
    }),
    ("audio.beat_track", |sound, p| {
        let (options, of_envelope) = (beats(p)?, p.take("onset_envelope", false)?);
        p.finish()?;
        let track = if of_envelope { audio::beat_track_envelope } else { audio::beat_track };
        let found = track(&mono(sound)?, sound.sample_rate, &options)?;
        Called::value(
            &json!({ "tempo_bpm": found.tempo_bpm, "beats_s": found.beats_s, "frames": found.frames }),
        )
    }),
    ("audio.tempo", |sound, p| {
        let (options, of_envelope) = (beats(p)?, p.take("onset_envelope", false)?);
        p.finish()?;
        let tempo = if of_envelope { audio::tempo_of_envelope } else { audio::tempo };
        Called::value(&tempo(&mono(sound)?, sound.sample_rate, &options)?)
    }),
    ("audio.loudness", |sound, p| {
        let mode = mode(p)?;
        p.finish()?;
        Called::value(&audio::strict_loudness(sound.samples, sound.sample_rate, sound.channels, mode)?)
    }),
    ("audio.loudness_series", |sound, p| {
        let mode = mode(p)?;
        p.finish()?;
        finite(sound)?;
        let series = audio::loudness_series(sound.samples, sound.sample_rate, sound.channels, mode)?;
        Ok(Called::matrix("momentary", series.momentary).with("short_term", series.short_term))
    }),
    ("audio.rhythm", |sound, p| {
        p.finish()?;
        Called::value(&audio::rhythm(&mono(sound)?, sound.sample_rate)?)
    }),
    ("audio.key", |sound, p| {
        p.finish()?;
        Called::value(&audio::key(&mono(sound)?, sound.sample_rate)?)
    }),
    ("audio.danceability", |sound, p| {
        p.finish()?;
        Called::value(&audio::danceability(&mono(sound)?, sound.sample_rate)?)
    }),
    ("audio.fingerprint", |sound, p| {
        p.finish()?;
        of_fingerprint(&audio::fingerprint(&mono(sound)?, sound.sample_rate)?)
    }),
    // Of two hashes, not of samples.
    ("audio.sound_hash_similarity", |_, p| {
        let (a, b) = (p.given_or_none::<String>("a")?, p.given_or_none::<String>("b")?);
        p.finish()?;
        Called::value(&audio::sound_hash_similarity(&needed("a", a)?, &needed("b", b)?)?)
    }),
    ("audio.speech_music", |sound, p| {
        p.finish()?;
        Called::value(&audio::speech_music(&mono(sound)?, sound.sample_rate)?)
    }),
    ("audio.resample", |sound, p| {
        let target_rate = p.given_or_none("target_sr")?;
        let mono = p.take("mono", false)?;
        p.finish()?;
        let target_rate = needed("target_sr", target_rate)?;
        if mono {
            let samples =
                audio::resample_mono(sound.samples, sound.channels, sound.sample_rate, target_rate)?;
            return Ok(Called::matrix("samples", signal(samples, 1)));
        }
        let channels = channels(sound)?;
        let at_rate = |channel: usize| {
            let samples = sound.samples.iter().skip(channel).step_by(channels).copied();
            audio::resample(&samples.collect::<Vec<_>>(), sound.sample_rate, target_rate)
        };
        let each = (0..channels).map(at_rate).collect::<Result<Vec<_>>>()?;
        let rows = 0..each.first().map_or(0, Vec::len);
        let samples = rows.flat_map(|row| each.iter().map(move |samples| samples[row])).collect();
        Ok(Called::matrix("samples", signal(samples, channels)))
    }),
    ("audio.normalize_gain", |sound, p| {
        let (peak, lufs) = (p.given_or_none("peak_dbfs")?, p.given_or_none("lufs")?);
        let ceiling_dbtp = p.take("ceiling_dbtp", -1.0)?;
        p.finish()?;
        let gain = match (peak, lufs) {
            (Some(dbfs), None) => audio::Gain::Peak(dbfs),
            (None, Some(lufs)) => audio::Gain::Loudness { lufs, ceiling_dbtp },
            _ => {
                return Err(Error::new(ErrorKind::InvalidConfig, "give either peak_dbfs or lufs"));
            }
        };
        let channels = channels(sound)?;
        let found = audio::normalize_gain(sound.samples, sound.sample_rate, sound.channels, gain)?;
        let called = Called::value(&json!({ "gain_db": found.gain_db, "limited": found.limited }))?;
        Ok(called.with("samples", signal(found.samples, channels)))
    }),
];

/// A fingerprint as the other languages have it.
pub(super) fn of_fingerprint(print: &audio::Fingerprint) -> Result<Called> {
    let called = Called::value(&json!({
        "landmarks_count": print.len(),
        "duration_s": print.duration_s(),
        "base64": print.to_base64(),
    }))?;
    Ok(called.with("landmarks", print.to_matrix(0.0)))
}

/// Settings of tempo and beats. Beside them stands `onset_envelope`: whether the samples are an envelope of onsets, a value a
/// frame, as `audio.onset_strength` gives it; the rate is still that of the sound.
fn beats(p: &mut Params<'_>) -> Result<audio::BeatOptions> {
    let default = audio::BeatOptions::default();
    Ok(audio::BeatOptions {
        hop_length: p.take("hop_length", default.hop_length)?,
        start_bpm: p.take("start_bpm", default.start_bpm)?,
        std_bpm: p.take("std_bpm", default.std_bpm)?,
        ac_size_s: p.take("ac_size", default.ac_size_s)?,
        max_tempo_bpm: p.take_or_none("max_tempo", default.max_tempo_bpm)?,
        tightness: p.take("tightness", default.tightness)?,
        trim: p.take("trim", default.trim)?,
        bpm: p.given_or_none("bpm")?,
    })
}

fn mode(p: &mut Params<'_>) -> Result<audio::LoudnessMode> {
    let name: Option<String> = p.given_or_none("mode")?;
    name.map_or_else(|| Ok(audio::LoudnessMode::default()), |name| name.parse())
}

/// Features of the host as rows.
fn rows(features: &Samples<'_>) -> Result<Matrix> {
    let columns = usize::from(features.channels).max(1);
    if !features.samples.len().is_multiple_of(columns) {
        return Err(Error::new(ErrorKind::InvalidInput, "the values are no whole number of rows")
            .with("values", features.samples.len())
            .with("columns", columns));
    }
    let rows = features.samples.len() / columns;
    // Their times are the host's own.
    Ok(Matrix { rows, columns, data: features.samples.to_vec(), times_s: Vec::new(), unit: "1" })
}

/// What takes a file.
pub(super) const PLAIN: &[PlainEntry] = &[("audio.load", |p| {
    let default = LoadParams::default();
    let path: Option<String> = p.given_or_none("path")?;
    let params = LoadParams {
        sample_rate: p.take_or_none("sr", default.sample_rate)?,
        mono: p.take("mono", default.mono)?,
        offset_s: p.take("offset", default.offset_s)?,
        duration_s: p.given_or_none("duration")?,
        preset: p.take("preset", default.preset)?,
        ..default
    };
    p.finish()?;
    let sound = audio::load(needed("path", path)?, &params)?;
    let value =
        json!({ "sample_rate": sound.sample_rate, "channels": sound.channels, "cut_short": sound.cut_short });
    let samples = signal(sound.samples, usize::from(sound.channels.max(1)));
    Ok(Called::value(&value)?.with("samples", samples))
})];

/// Samples as rows of channels. They have no times: sample `n` is at `n / sample_rate`.
fn signal(data: Vec<f32>, channels: usize) -> Matrix {
    Matrix { rows: data.len() / channels, columns: channels, data, times_s: Vec::new(), unit: "1" }
}

/// The channels, of which there are whole frames.
fn channels(sound: &Samples<'_>) -> Result<usize> {
    let channels = usize::from(sound.channels);
    if channels == 0 || !sound.samples.len().is_multiple_of(channels) {
        let message = "interleaved samples need at least one channel and a whole number of frames";
        return Err(Error::new(ErrorKind::InvalidInput, message)
            .with("channels", channels)
            .with("samples", sound.samples.len()));
    }
    Ok(channels)
}

/// How the sound is cut into frames.
fn frames(p: &mut Params<'_>) -> Result<FrameParams> {
    let default = FrameParams::default();
    Ok(FrameParams {
        n_fft: p.take("n_fft", default.n_fft)?,
        hop_length: p.take("hop_length", default.hop_length)?,
        win_length: p.given_or_none("win_length")?,
        center: p.take("center", default.center)?,
    })
}

/// The same for the tuning, whose frames are a quarter of a frame apart when nothing is said.
fn tuning_frames(p: &mut Params<'_>) -> Result<FrameParams> {
    let hop_length: Option<usize> = p.given_or_none("hop_length")?;
    let frames = frames(p)?;
    Ok(FrameParams { hop_length: hop_length.unwrap_or((frames.n_fft / 4).max(1)), ..frames })
}

/// How the sound is cut into frames of which no spectrum is taken.
fn plain_frames(p: &mut Params<'_>) -> Result<FrameParams> {
    let default = FrameParams::default();
    Ok(FrameParams {
        n_fft: p.take("frame_length", default.n_fft)?,
        hop_length: p.take("hop_length", default.hop_length)?,
        center: p.take("center", default.center)?,
        ..default
    })
}

fn mel(p: &mut Params<'_>, power: &'static str) -> Result<audio::MelParams> {
    let default = audio::MelParams::default();
    Ok(audio::MelParams {
        frames: frames(p)?,
        n_mels: p.take("n_mels", default.n_mels)?,
        fmin: p.take("fmin", default.fmin)?,
        fmax: p.given_or_none("fmax")?,
        power: p.take(power, default.power)?,
    })
}
