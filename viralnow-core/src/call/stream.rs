//! Functions on sound that is still to come, by name.

use super::params::Params;
use super::{Called, Samples, audio::of_fingerprint, finite, mono, voice::of_activity};
use crate::audio::{Fingerprinter, LoudnessMeter};
use crate::voice::{ActivityDetector, ActivityStream};
use crate::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

/// A function on sound that is pushed as it comes; [`stream_functions`] names those that there are. [`SoundStream::finish`] gives
/// what [`super::call`] gives for all of it at once, [`SoundStream::now`] what is known so far.
///
/// ```
/// use viralnow_core::call::SoundStream;
/// let mut meter = SoundStream::new("audio.loudness", 48_000, 1, &Default::default())?;
/// for _ in 0..100 {
///     meter.push(&[0.1; 480])?;
/// }
/// assert!(meter.now()?.value["momentary_lufs"].as_f64().is_some());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct SoundStream {
    sample_rate: u32,
    channels: u16,
    function: Function,
}

#[derive(Debug)]
enum Function {
    Loudness(Box<LoudnessMeter>),
    Fingerprint(Box<Fingerprinter>),
    Activity(Box<ActivityStream>),
}

/// The names of the functions that have a stream, sorted.
#[must_use]
pub fn stream_functions() -> Vec<&'static str> {
    vec!["audio.fingerprint", "audio.loudness", "voice.activity"]
}

impl SoundStream {
    /// Begins it, for interleaved samples of this rate and number of channels. Fails as [`super::call`] does for names, settings
    /// and rates; the loudness has no mode here but `bs1770`, for the other one looks at the whole sound.
    pub fn new(name: &str, sample_rate: u32, channels: u16, settings: &Map<String, Value>) -> Result<Self> {
        let mut p = Params::new(settings);
        if channels == 0 {
            return Err(Error::new(ErrorKind::InvalidInput, "sound has at least one channel"));
        }
        let function = match name {
            "audio.loudness" => {
                p.finish()?;
                Function::Loudness(Box::new(LoudnessMeter::new(sample_rate, channels)?))
            }
            "audio.fingerprint" => {
                p.finish()?;
                Function::Fingerprint(Box::new(Fingerprinter::new(sample_rate)?))
            }
            "voice.activity" => {
                let name: Option<String> = p.given_or_none("detector")?;
                p.finish()?;
                let detector = name.map_or_else(|| Ok(ActivityDetector::default()), |name| name.parse())?;
                Function::Activity(Box::new(ActivityStream::new(sample_rate, detector)?))
            }
            _ => {
                return Err(Error::new(ErrorKind::NotFound, "no such function takes sound as it comes")
                    .with("name", name)
                    .with("there_are", stream_functions().join(" ")));
            }
        };
        Ok(Self { sample_rate, channels, function })
    }

    /// Takes the next samples. Fails, and has taken none of them, for samples that are no numbers or beyond ±1e6, and for part of
    /// a frame.
    pub fn push(&mut self, samples: &[f32]) -> Result<()> {
        if samples.is_empty() {
            return Ok(());
        }
        let sound = Samples { samples, sample_rate: self.sample_rate, channels: self.channels };
        match &mut self.function {
            Function::Loudness(meter) => {
                finite(&sound)?;
                meter.push(samples)
            }
            Function::Fingerprint(taker) => taker.push(&mono(&sound)?),
            Function::Activity(stream) => {
                stream.push(&mono(&sound)?);
                Ok(())
            }
        }
    }

    /// What is known so far. Loudness: `momentary_lufs` and `short_term_lufs` of now, and the values of all so far. Activity:
    /// `score` of about a second ago. Null where there is nothing yet; a fingerprint is there at the end only.
    pub fn now(&self) -> Result<Called> {
        match &self.function {
            Function::Loudness(meter) => {
                let mut so_far = Called::value(&meter.loudness())?;
                so_far.value["momentary_lufs"] = json!(meter.momentary_lufs());
                so_far.value["short_term_lufs"] = json!(meter.short_term_lufs());
                Ok(so_far)
            }
            Function::Fingerprint(_) => Ok(Called::default()),
            Function::Activity(stream) => Called::value(&json!({ "score": stream.score() })),
        }
    }

    /// What the function gives for all that was pushed.
    pub fn finish(self) -> Result<Called> {
        match self.function {
            Function::Loudness(meter) => Called::value(&meter.loudness()),
            Function::Fingerprint(taker) => of_fingerprint(&taker.finish()),
            Function::Activity(stream) => of_activity(&stream.finish()?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::call;
    use super::*;

    /// Whatever pieces a sound comes in, and in two channels too, the end is what the function gives for the whole.
    #[test]
    fn the_end_is_what_the_function_gives() {
        let sample_rate = 22_050;
        let tune: Vec<f32> = (0..2 * 4 * 22_050_u32)
            .map(|i| 0.4 * (f64::from(i / 2) * 0.05 * f64::from(1 + i / 22_050 % 5)).sin() as f32)
            .collect();
        for name in stream_functions() {
            let settings = json!({ "detector": "embedded" });
            let settings = if name == "voice.activity" { settings.as_object().unwrap() } else { &Map::new() };
            let whole = call(name, Samples { samples: &tune, sample_rate, channels: 2 }, settings).unwrap();
            let mut stream = SoundStream::new(name, sample_rate, 2, settings).unwrap();
            for piece in tune.chunks(2 * 777) {
                stream.push(piece).unwrap();
            }
            // What is refused has changed nothing.
            assert_eq!(stream.push(&[f32::NAN, 0.0]).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
            assert_eq!(stream.push(&[0.0; 3]).unwrap_err().kind(), ErrorKind::InvalidInput, "{name}");
            stream.now().unwrap();
            assert_eq!(stream.finish().unwrap(), whole, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_begun_says_so() {
        let none = Map::new();
        let error = SoundStream::new("audio.mfcc", 48_000, 1, &none).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(error.to_string().contains("audio.loudness"), "{error}");
        for name in stream_functions() {
            for (rate, channels) in [(0, 1), (48_000, 0), (u32::MAX, 1)] {
                let error = SoundStream::new(name, rate, channels, &none).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name} {rate} {channels}");
            }
            let wrong = json!({ "no_such_setting": 1 });
            let error = SoundStream::new(name, 48_000, 1, wrong.as_object().unwrap()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{name}");
            SoundStream::new(name, 48_000, 1, &none).unwrap().finish().unwrap();
        }
    }
}
