//! The functions of `clips`, on plain data.

use super::params::{Params, needed};
use super::{Called, PlainEntry, clips_sources};
use crate::audio::Fingerprint;
use crate::clips::backtest::{BacktestRows, backtest, weekly_backtest};
use crate::clips::{
    AbCounts, Clip, ClipFormat, ClipHistory, ClipWriter, ClipsConfig, DuplicateParams, Feedback, Histories,
    History, Objective, Outcomes, Prints, ScoredClip, ab_test, canonical_url, find_clips, leaderboard,
    outlier_scores, read_clips, score_clips, what_if,
};
use crate::vision::VideoFingerprint;
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

/// The weights that the weekly loop begins with.
pub(super) const PRIOR: [f64; 5] = [0.4, 0.3, 0.0, 0.2, 0.1];

pub(super) const PLAIN: &[PlainEntry] = &[
    ("clips.ab_test", |p| {
        let (first, second) = (p.given_or_none::<AbCounts>("first")?, p.given_or_none::<AbCounts>("second")?);
        let least = p.take("least", 0.001)?;
        p.finish()?;
        Called::value(&ab_test(needed("first", first)?, needed("second", second)?, least)?)
    }),
    ("clips.backtest", |p| {
        let path: Option<String> = p.given_or_none("path")?;
        let held_out = p.take("held_out", false)?;
        p.finish()?;
        let rows = if held_out { BacktestRows::HeldOut } else { BacktestRows::All };
        Called::value(&backtest(needed("path", path)?, rows)?)
    }),
    ("clips.canonical_url", |p| {
        let url: Option<String> = p.given_or_none("url")?;
        p.finish()?;
        Called::value(&canonical_url(&needed("url", url)?))
    }),
    ("clips.check_config", |p| {
        let config = config(p)?;
        p.finish()?;
        Called::value(&config)
    }),
    ("clips.explore", |p| {
        let state: Option<Value> = p.given_or_none("state")?;
        let features: Vec<[Option<f64>; 5]> = p.take("features", Vec::new())?;
        let seed: Option<u64> = p.given_or_none("seed")?;
        p.finish()?;
        let feedback = state.map_or_else(|| Feedback::new(PRIOR), state_of)?;
        let features: Vec<[f64; 5]> =
            features.into_iter().map(|row| row.map(|value| value.unwrap_or(f64::NAN))).collect();
        Called::value(&match seed {
            Some(seed) => feedback.explore(&features, seed),
            None => feedback.scores(&features),
        })
    }),
    ("clips.fetch", clips_sources::fetch),
    ("clips.find", |p| {
        let (clips, histories, config, now) = input(p)?;
        let hashes = prints(p, "hashes", read_hash)?;
        let sounds = prints(p, "sounds", Fingerprint::from_base64)?;
        let videos = prints(p, "videos", VideoFingerprint::from_base64)?;
        let duplicates = p.take("duplicates", DuplicateParams::default())?;
        p.finish()?;
        let prints = Prints { hashes, sounds, videos };
        let found = find_clips(clips, &histories, &prints, &config, &duplicates, now)?;
        let copies: Vec<_> =
            found.copies.iter().map(|(stands, others)| json!({ "clip": stands, "copies": others })).collect();
        Called::value(&json!({ "clips": told(&found.clips), "summary": found.summary(), "copies": copies }))
    }),
    ("clips.leaderboard", |p| {
        let clips: Vec<ScoredClip> = p.take("clips", Vec::new())?;
        let most = p.take("most", 10)?;
        p.finish()?;
        let boards = leaderboard(&clips, most);
        let told = boards.into_iter().map(|(niche, best)| (niche, best.into_iter().map(tell).collect()));
        Ok(Called { value: Value::Object(told.collect()), ..Called::default() })
    }),
    ("clips.learn", |p| {
        let state: Option<Value> = p.given_or_none("state")?;
        let prior: Option<[f64; 5]> = p.given_or_none("prior")?;
        let week: Option<String> = p.given_or_none("week")?;
        let lists: Vec<List> = p.take("lists", Vec::new())?;
        p.finish()?;
        let mut feedback = match state {
            Some(state) => state_of::<Feedback>(state)?,
            None => Feedback::new(prior.unwrap_or(PRIOR))?,
        };
        let lists: Vec<Outcomes> = lists.into_iter().map(Outcomes::from).collect();
        let refit = feedback.learn(needed("week", week)?, &lists)?;
        Called::value(&json!({ "state": feedback, "refit": refit, "weights": feedback.weights() }))
    }),
    ("clips.outlier_scores", |p| {
        let clips: Vec<Clip> = p.take("clips", Vec::new())?;
        p.finish()?;
        Called::value(&outlier_scores(&clips))
    }),
    ("clips.read", |p| {
        let path: Option<String> = p.given_or_none("path")?;
        p.finish()?;
        let read = read_clips(needed("path", path)?)?;
        Called::value(&json!({ "clips": read.clips, "left_out": read.left_out, "reasons": read.reasons }))
    }),
    ("clips.read_ytdlp", clips_sources::read),
    ("clips.roll_back", |p| {
        let state: Option<Value> = p.given_or_none("state")?;
        p.finish()?;
        let mut feedback: Feedback = state_of(needed("state", state)?)?;
        feedback.roll_back()?;
        Called::value(&json!({ "state": feedback, "weights": feedback.weights() }))
    }),
    ("clips.score", |p| {
        let (clips, histories, config, now) = input(p)?;
        p.finish()?;
        Called::value(&told(&score_clips(clips, &histories, &config, now)?))
    }),
    ("clips.weekly_backtest", |p| {
        let path: Option<String> = p.given_or_none("path")?;
        let objective = p.take("objective", Objective::Gain)?;
        let prior = p.take("prior", PRIOR)?;
        let poisoned = p.given_or_none("poisoned")?;
        p.finish()?;
        let weeks = weekly_backtest(needed("path", path)?, objective, prior, poisoned)?;
        let (learned, fixed) = weeks.means();
        let mut value = json!(weeks);
        value["mean"] = json!({ "learned": learned, "fixed": fixed });
        Called::value(&value)
    }),
    ("clips.what_if", |p| {
        let (clips, histories, config, now) = input(p)?;
        let at: Option<usize> = p.given_or_none("at")?;
        let change: Map<String, Value> = p.take("change", Map::new())?;
        p.finish()?;
        let at = needed("at", at)?;
        let changed = clips.get(at).map(|clip| with(clip, change)).transpose()?;
        let change = |clip: &mut Clip| *clip = changed.unwrap_or_else(|| clip.clone());
        let scored = what_if(&clips, at, change, &histories, &config, now)?;
        Ok(Called { value: tell(&scored), ..Called::default() })
    }),
    ("clips.write", |p| {
        let clips: Vec<ScoredClip> = p.take("clips", Vec::new())?;
        let format = p.take("format", "json".to_owned())?;
        let summary: Value = p.take("summary", json!({}))?;
        p.finish()?;
        let mut writer = ClipWriter::new(format.parse::<ClipFormat>()?, Vec::new())?;
        clips.iter().try_for_each(|scored| writer.write(scored))?;
        let file = writer.finish(&summary)?;
        Ok(Called { file: Some(file), ..Called::default() })
    }),
];

/// A list with its outcomes; null is unknown.
#[derive(Deserialize)]
pub(super) struct List {
    features: Vec<[Option<f64>; 5]>,
    outcomes: Vec<Option<f64>>,
}

impl From<List> for Outcomes {
    fn from(list: List) -> Self {
        let known = |value: Option<f64>| value.unwrap_or(f64::NAN);
        Self {
            features: list.features.into_iter().map(|row| row.map(known)).collect(),
            outcomes: list.outcomes.into_iter().map(known).collect(),
        }
    }
}

/// What the last call of a weekly loop gave.
pub(super) fn state_of<T: DeserializeOwned>(state: Value) -> Result<T> {
    serde_json::from_value(state).map_err(|error| {
        Error::new(ErrorKind::InvalidInput, "no state of feedback: give back what the last call gave")
            .caused_by(error)
    })
}

fn input(p: &mut Params<'_>) -> Result<(Vec<Clip>, Histories, ClipsConfig, Timestamp)> {
    let clips: Vec<Clip> = p.take("clips", Vec::new())?;
    let known: Vec<ClipHistory> = p.take("histories", Vec::new())?;
    let mut histories = Histories::new();
    for ClipHistory { platform, id, snapshots } in known {
        let history: &mut History = histories.entry((platform, id)).or_default();
        for snapshot in snapshots {
            history.push(snapshot)?;
        }
    }
    let now: Option<Timestamp> = p.given_or_none("now")?;
    Ok((clips, histories, config(p)?, now.unwrap_or_else(Timestamp::now)))
}

fn config(p: &mut Params<'_>) -> Result<ClipsConfig> {
    let config: Option<Value> = p.given_or_none("config")?;
    config.map_or_else(|| Ok(ClipsConfig::default()), |value| ClipsConfig::from_json(&value.to_string()))
}

/// What is known of each clip, as text; null is unknown.
fn prints<T>(
    p: &mut Params<'_>,
    name: &'static str,
    read: impl Fn(&str) -> Result<T>,
) -> Result<Vec<Option<T>>> {
    let given: Vec<Option<String>> = p.take(name, Vec::new())?;
    given.iter().map(|text| text.as_deref().map(&read).transpose()).collect()
}

fn read_hash(text: &str) -> Result<u64> {
    u64::from_str_radix(text, 16).map_err(|error| {
        Error::new(ErrorKind::InvalidInput, "a hash of a picture is 16 hexadecimal digits, as phash gives it")
            .with("hash", text.chars().take(40).collect::<String>())
            .caused_by(error)
    })
}

/// A clip with some of its keys, as the specification has them, set to other values.
fn with(clip: &Clip, change: Map<String, Value>) -> Result<Clip> {
    let mut value = json!(clip);
    if let Value::Object(keys) = &mut value {
        keys.extend(change);
    }
    serde_json::from_value(value).map_err(|error| {
        Error::new(ErrorKind::InvalidInput, "with this change it is no clip").caused_by(error)
    })
}

/// A clip with its reasons in words.
fn tell(scored: &ScoredClip) -> Value {
    let mut value = json!(scored);
    value["explanation"] = json!(scored.explanation());
    value
}

fn told(clips: &[ScoredClip]) -> Vec<Value> {
    clips.iter().map(tell).collect()
}
