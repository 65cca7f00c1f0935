//! The functions of `voice`.

use super::params::Params;
use super::{Called, Entry, mono};
use crate::voice::{self, ActivityDetector, DiarizeParams, FormantParams, Grid};
use crate::{Preset, Result};
use serde_json::json;

pub(super) const TABLE: &[Entry] = &[
    ("voice.activity", |sound, p| {
        let name: Option<String> = p.given_or_none("detector")?;
        p.finish()?;
        let detector = name.map_or_else(|| Ok(ActivityDetector::default()), |name| name.parse())?;
        let found = voice::activity(&mono(sound)?, sound.sample_rate, detector)?;
        Called::value(&json!({ "speech": found.speech, "source": found.source }))
    }),
    ("voice.diarize", |sound, p| {
        let default = DiarizeParams::default();
        let params = DiarizeParams {
            min_speakers: p.take("min_speakers", default.min_speakers)?,
            max_speakers: p.take("max_speakers", default.max_speakers)?,
        };
        p.finish()?;
        Called::value(&voice::diarize(&mono(sound)?, sound.sample_rate, &params)?)
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
];

/// Where the frames stand: `preset` `reference` places them as Praat does.
fn grid(p: &mut Params<'_>) -> Result<Grid> {
    let name: Option<String> = p.given_or_none("preset")?;
    name.map_or_else(|| Ok(Preset::default()), |name| name.parse()).map(Grid::of)
}
