//! Which clips are let through.

use super::config::ClipsConfig;
use super::score::ScoredClip;
use super::words::{occurrences, words};

/// Lets through the clips that the configuration asks for, in their order, and says how many each filter took. A clip of which
/// a filtered value is unknown passes with the value's name in [`ScoredClip::unknown`], unless the filters are strict.
pub fn filter_clips(
    clips: Vec<ScoredClip>,
    config: &ClipsConfig,
) -> (Vec<ScoredClip>, Vec<(&'static str, usize)>) {
    let keywords: Vec<Vec<String>> =
        config.filters.keywords.iter().map(|keyword| words(keyword).collect()).collect();
    let mut taken: Vec<(&'static str, usize)> = Vec::new();
    let mut kept = Vec::new();
    for mut clip in clips {
        match judge(&clip, config, &keywords) {
            Ok(unknown) => {
                clip.unknown = unknown;
                kept.push(clip);
            }
            Err(filter) => match taken.iter_mut().find(|(name, _)| *name == filter) {
                Some((_, count)) => *count += 1,
                None => taken.push((filter, 1)),
            },
        }
    }
    (kept, taken)
}

/// The names of unknown values, or the filter that takes the clip.
fn judge(
    scored: &ScoredClip,
    config: &ClipsConfig,
    keywords: &[Vec<String>],
) -> Result<Vec<String>, &'static str> {
    let (clip, filters) = (&scored.clip, &config.filters);
    if !config.platforms.is_empty() && !config.platforms.contains(&clip.platform) {
        return Err("platforms");
    }
    let mut unknown = Vec::new();
    for (filter, value, least, most) in [
        ("min_growth_rate", clip.growth_6h, filters.min_growth_rate, None),
        ("min_final_score", clip.scores.final_score, filters.min_final_score, None),
        ("max_age_hours", clip.age_hours, None, filters.max_age_hours),
    ] {
        if least.is_none() && most.is_none() {
            continue;
        }
        match value {
            None if filters.strict => return Err(filter),
            None => unknown.push(filter.to_owned()),
            Some(value)
                if least.is_some_and(|least| value < least) || most.is_some_and(|most| value > most) =>
            {
                return Err(filter);
            }
            Some(_) => {}
        }
    }
    let has_one = || {
        clip.texts().any(|text| {
            let text: Vec<String> = words(text).collect();
            keywords.iter().any(|keyword| occurrences(keyword, &text) > 0)
        })
    };
    if !keywords.is_empty() && !has_one() {
        return Err("keywords");
    }
    Ok(unknown)
}
