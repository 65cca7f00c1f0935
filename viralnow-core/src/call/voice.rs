//! The functions of `voice`.

use super::params::Params;
use super::{Called, Entry, mono};
use crate::voice::{self, FormantParams, Grid};
use crate::{Preset, Result};

pub(super) const TABLE: &[Entry] = &[("voice.formants", |sound, p| {
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
})];

/// Where the frames stand: `preset` `reference` places them as Praat does.
fn grid(p: &mut Params<'_>) -> Result<Grid> {
    let name: Option<String> = p.given_or_none("preset")?;
    name.map_or_else(|| Ok(Preset::default()), |name| name.parse()).map(Grid::of)
}
