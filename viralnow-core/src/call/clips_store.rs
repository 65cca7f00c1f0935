//! The store of clips and their files, on plain data. A store is opened for each call, by the path of its file.

use super::params::{Params, needed};
use super::{Called, PlainEntry};
#[cfg(feature = "sqlite")]
use crate::clips::ClipFormat;
use crate::clips::{Clip, ClipTable, LeftOut, ScoredClip, convert_clips};
use crate::{Error, ErrorKind, Result};
use serde_json::{Map, Value, json};

pub(super) const PLAIN: &[PlainEntry] = &[
    ("clips.convert", |p| {
        let (from, to): (Option<String>, Option<String>) = (p.given_or_none("path")?, p.given_or_none("to")?);
        p.finish()?;
        let done = convert_clips(needed("path", from)?, needed("to", to)?)?;
        let LeftOut { count, reasons } = done.left_out;
        Called::value(&json!({ "written": done.written, "left_out": count, "reasons": reasons }))
    }),
    ("clips.columns", |p| {
        let clips: Vec<Value> = p.take("clips", Vec::new())?;
        p.finish()?;
        let mut table = ClipTable::new();
        for clip in clips {
            table.push(&scored(clip)?);
        }
        Called::value(&table)
    }),
    ("clips.store_put", |p| stored::put(p)),
    ("clips.store_import", |p| stored::import(p)),
    ("clips.store_query", |p| stored::query(p)),
    ("clips.store_summary", |p| stored::summary(p)),
    ("clips.store_export", |p| stored::export(p)),
    ("clips.store_histories", |p| stored::histories(p)),
    ("clips.store_learn", |p| stored::learn(p)),
    ("clips.store_erase", |p| stored::erase(p)),
];

/// A clip, or one with its scores and reasons as `clips.find` gives it.
fn scored(value: Value) -> Result<ScoredClip> {
    let wrong = |error: serde_json::Error| {
        Error::new(ErrorKind::InvalidInput, "this is neither a clip nor a scored one").caused_by(error)
    };
    match value {
        Value::Object(mut map)
            if map.get("clip").is_some_and(Value::is_object) && !map.contains_key("id") =>
        {
            map.remove("explanation");
            map.entry("contributions").or_insert_with(|| json!([]));
            map.entry("unknown").or_insert_with(|| json!([]));
            serde_json::from_value(Value::Object(map)).map_err(wrong)
        }
        Value::Object(map) => Clip::try_from(map).map(ScoredClip::from),
        other => serde_json::from_value::<Map<String, Value>>(other)
            .map_err(wrong)
            .and_then(Clip::try_from)
            .map(Into::into),
    }
}

#[cfg(feature = "sqlite")]
mod stored {
    use super::{Called, ClipFormat, Error, ErrorKind, Params, Result, Value, json, needed, scored};
    use crate::call::clips::List;
    use crate::clips::{Clip, ClipQuery, ClipStore, Outcomes, ScoredClip};
    use jiff::Timestamp;

    /// The store of this path; asked for after the settings were taken.
    fn open(path: Option<String>) -> Result<ClipStore> {
        let path = needed("path", path)?;
        if path == ":memory:" {
            let message = "a store in memory would end with this call; give a path";
            return Err(Error::new(ErrorKind::InvalidInput, message));
        }
        ClipStore::open(path)
    }

    pub(super) fn put(p: &mut Params<'_>) -> Result<Called> {
        let path: Option<String> = p.given_or_none("path")?;
        let clips: Vec<Value> = p.take("clips", Vec::new())?;
        let at: Option<Timestamp> = p.given_or_none("at")?;
        p.finish()?;
        let clips = clips.into_iter().map(scored).collect::<Result<Vec<_>>>()?;
        Called::value(&open(path)?.put(&clips, at)?)
    }

    pub(super) fn import(p: &mut Params<'_>) -> Result<Called> {
        let path: Option<String> = p.given_or_none("path")?;
        let file: Option<String> = p.given_or_none("file")?;
        let at: Option<Timestamp> = p.given_or_none("at")?;
        p.finish()?;
        Called::value(&open(path)?.import(needed("file", file)?, at)?)
    }

    fn asked(p: &mut Params<'_>) -> Result<ClipQuery> {
        Ok(ClipQuery {
            platforms: p.take("platforms", Vec::new())?,
            niche: p.given_or_none("niche")?,
            min_score: p.given_or_none("min_score")?,
            max_score: p.given_or_none("max_score")?,
            hours: p.given_or_none("hours")?,
            min_growth: p.given_or_none("min_growth")?,
            min_views: p.given_or_none("min_views")?,
            keywords: p.take("keywords", Vec::new())?,
            search: p.given_or_none("search")?,
            order: p.take("order", crate::clips::ClipOrder::default())?,
            ascending: p.take("ascending", false)?,
            limit: p.given_or_none("limit")?,
            offset: p.take("offset", 0)?,
            strict: p.take("strict", false)?,
            now: p.given_or_none("now")?,
        })
    }

    pub(super) fn query(p: &mut Params<'_>) -> Result<Called> {
        let path: Option<String> = p.given_or_none("path")?;
        let query = asked(p)?;
        p.finish()?;
        let found = open(path)?.query(&query)?;
        let unknown: Vec<&[String]> = found.clips.iter().map(|scored| scored.unknown.as_slice()).collect();
        let clips: Vec<&Clip> = found.clips.iter().map(|scored| &scored.clip).collect();
        let reasons: Vec<String> = found.clips.iter().map(ScoredClip::explanation).collect();
        Called::value(
            &json!({ "clips": clips, "unknown": unknown, "explanations": reasons, "total": found.total }),
        )
    }

    pub(super) fn summary(p: &mut Params<'_>) -> Result<Called> {
        let path: Option<String> = p.given_or_none("path")?;
        let query = asked(p)?;
        p.finish()?;
        Called::value(&open(path)?.summary(&query)?)
    }

    pub(super) fn export(p: &mut Params<'_>) -> Result<Called> {
        let path: Option<String> = p.given_or_none("path")?;
        let to: Option<String> = p.given_or_none("to")?;
        let format: Option<String> = p.given_or_none("format")?;
        let query = asked(p)?;
        p.finish()?;
        let format = format.map(|name| name.parse::<ClipFormat>()).transpose()?;
        let done = open(path)?.export(&query, needed("to", to)?, format)?;
        Called::value(&json!({ "written": done.written }))
    }

    pub(super) fn histories(p: &mut Params<'_>) -> Result<Called> {
        let path: Option<String> = p.given_or_none("path")?;
        let clips: Vec<Clip> = p.take("clips", Vec::new())?;
        p.finish()?;
        let store = open(path)?;
        let mut known = store.histories(&clips)?;
        let mut told = Vec::new();
        for clip in &clips {
            // Of a clip that is given twice, once.
            if let Some(history) = known.remove(&(clip.platform.clone(), clip.id.clone())) {
                told.push(json!({ "platform": clip.platform, "id": clip.id, "snapshots": history }));
            }
        }
        Called::value(&told)
    }

    pub(super) fn learn(p: &mut Params<'_>) -> Result<Called> {
        let path: Option<String> = p.given_or_none("path")?;
        let name = p.take("name", "default".to_owned())?;
        let week: Option<String> = p.given_or_none("week")?;
        let prior = p.take("prior", crate::call::clips::PRIOR)?;
        let lists: Vec<List> = p.take("lists", Vec::new())?;
        p.finish()?;
        let lists: Vec<Outcomes> = lists.into_iter().map(Outcomes::from).collect();
        let (refit, feedback) = open(path)?.learn(&name, &needed("week", week)?, &lists, prior)?;
        Called::value(&json!({ "refit": refit, "weights": feedback.weights(), "log": feedback.log() }))
    }

    pub(super) fn erase(p: &mut Params<'_>) -> Result<Called> {
        let path: Option<String> = p.given_or_none("path")?;
        let (platform, id): (Option<String>, Option<String>) =
            (p.given_or_none("platform")?, p.given_or_none("id")?);
        p.finish()?;
        Called::value(&open(path)?.erase(&needed("platform", platform)?, &needed("id", id)?)?)
    }
}

/// Without `SQLite` there is no store.
#[cfg(not(feature = "sqlite"))]
mod stored {
    use super::{Called, Error, ErrorKind, Params, Result};

    pub(super) use absent as put;
    pub(super) use absent as import;
    pub(super) use absent as query;
    pub(super) use absent as summary;
    pub(super) use absent as export;
    pub(super) use absent as histories;
    pub(super) use absent as learn;
    pub(super) use absent as erase;

    pub(super) fn absent(_: &mut Params<'_>) -> Result<Called> {
        Err(Error::new(ErrorKind::Unavailable, "this build has no store; switch the feature on")
            .with("feature", "sqlite"))
    }
}
