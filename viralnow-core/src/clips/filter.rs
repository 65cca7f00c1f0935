//! Which clips are let through.

use super::clip::Clip;
use super::config::ClipsConfig;
use super::score::ScoredClip;
use super::words::{occurrences, words};
use crate::monitored;

/// Lets through the clips that the configuration asks for, in their order, and says how many each filter took. A clip of which
/// a filtered value is unknown passes with the value's name in [`ScoredClip::unknown`], unless the filters are strict.
pub fn filter_clips(clips: Vec<ScoredClip>, config: &ClipsConfig) -> (Vec<ScoredClip>, TakenByFilter) {
    let _watched = monitored!("filter_clips");
    let mut filter = Filter::new(config);
    let mut kept = Vec::new();
    for mut scored in clips {
        let (clip, score) = (&scored.clip, scored.clip.scores.final_score);
        if let Some(unknown) = filter.lets(clip, clip.growth_6h, || (score, clip.age_hours)) {
            scored.unknown = unknown;
            kept.push(scored);
        }
    }
    (kept, filter.taken)
}

/// The names of filters, and how many clips each has taken.
pub type TakenByFilter = Vec<(&'static str, usize)>;

/// The filters of a configuration, and how many clips each has taken.
pub(super) struct Filter<'a> {
    config: &'a ClipsConfig,
    keywords: Vec<Vec<String>>,
    pub(super) taken: TakenByFilter,
}

impl<'a> Filter<'a> {
    pub(super) fn new(config: &'a ClipsConfig) -> Self {
        let keywords = config.filters.keywords.iter().map(|keyword| words(keyword).collect()).collect();
        Self { config, keywords, taken: Vec::new() }
    }

    /// The names of unknown values of a clip that passes, whatever it says of its growth, score and age itself. Score and age are asked
    /// for only where the growth is enough.
    pub(super) fn lets(
        &mut self,
        clip: &Clip,
        growth: Option<f64>,
        score_and_age: impl FnOnce() -> (Option<f64>, Option<f64>),
    ) -> Option<Vec<String>> {
        match self.judge(clip, growth, score_and_age) {
            Ok(unknown) => Some(unknown),
            Err(filter) => {
                match self.taken.iter_mut().find(|(name, _)| *name == filter) {
                    Some((_, count)) => *count += 1,
                    None => self.taken.push((filter, 1)),
                }
                None
            }
        }
    }

    /// The names of unknown values, or the filter that takes the clip.
    fn judge(
        &self,
        clip: &Clip,
        growth: Option<f64>,
        score_and_age: impl FnOnce() -> (Option<f64>, Option<f64>),
    ) -> Result<Vec<String>, &'static str> {
        let (config, filters) = (self.config, &self.config.filters);
        if !config.platforms.is_empty() && !config.platforms.contains(&clip.platform) {
            return Err("platforms");
        }
        let mut unknown = Vec::new();
        let mut check = |filter: &'static str, value: Option<f64>, least: Option<f64>, most: Option<f64>| {
            let outside =
                |value| least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most);
            match value {
                _ if least.is_none() && most.is_none() => {}
                None if filters.strict => return Err(filter),
                None => unknown.push(filter.to_owned()),
                Some(value) if outside(value) => return Err(filter),
                Some(_) => {}
            }
            Ok(())
        };
        check("min_growth_rate", growth, filters.min_growth_rate, None)?;
        let (score, age) = score_and_age();
        check("min_final_score", score, filters.min_final_score, None)?;
        check("max_age_hours", age, None, filters.max_age_hours)?;
        let has_one = || {
            clip.texts().any(|text| {
                let text: Vec<String> = words(text).collect();
                self.keywords.iter().any(|keyword| occurrences(keyword, &text) > 0)
            })
        };
        if !self.keywords.is_empty() && !has_one() {
            return Err("keywords");
        }
        Ok(unknown)
    }
}
