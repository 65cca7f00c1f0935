//! A clip of a platform, as the specification's JSON has it.

use super::counts::{Counts, read_count};
use crate::{Error, ErrorKind, Platform, Result};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Text of a field beyond this many bytes is cut at a character; where it was cut stands in [`Clip::invalid`].
const LONGEST_TEXT: usize = 1 << 20;

/// One clip: who, what, and its counts when it was last looked at.
///
/// Reads the specification's JSON and writes it again: keys it does not know are kept in [`Clip::extra`], and a value that
/// cannot be what its key says (a negative count, text for a number) is unknown, and stands in [`Clip::invalid`] as it came.
///
/// ```
/// use viralnow_core::clips::Clip;
/// let clip: Clip = serde_json::from_str(r#"{"id": "video_123", "platform": "youtube", "views": "150000", "likes": -4, "mood": 1}"#)?;
/// assert_eq!((clip.counts.views, clip.counts.likes, clip.age_hours), (Some(150_000), None, None));
/// assert_eq!((clip.extra["mood"].as_i64(), clip.invalid["likes"].as_i64()), (Some(1), Some(-4)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Map<String, Value>", into = "Map<String, Value>")]
#[schemars(with = "Map<String, Value>")]
pub struct Clip {
    /// The platform's name for it, unique on the platform.
    pub id: String,
    /// The title, or a caption.
    pub title: String,
    /// The platform in lower case: `youtube`, `tiktok`, `instagram`, `x`, or any other name.
    pub platform: String,
    /// The page's address.
    pub url: Option<String>,
    /// The picture's address.
    pub thumbnail_url: Option<String>,
    /// Who published it: the channel's id, or its name.
    pub channel: Option<String>,
    /// The niche or category it belongs to, as the source names it.
    pub niche: Option<String>,
    /// What is said in it, where known.
    pub transcript: Option<String>,
    /// Tags without their `#`.
    pub tags: Vec<String>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
    /// Length in seconds.
    pub duration_s: Option<f64>,
    /// The counts when it was last looked at.
    pub counts: Counts,
    /// Views of the last 24 hours.
    pub views_last_24h: Option<u64>,
    /// Views now over views six hours ago.
    pub growth_6h: Option<f64>,
    /// Hours since it was published, when it was last looked at.
    pub age_hours: Option<f64>,
    /// How it was scored.
    pub scores: Scores,
    /// What was found out about it.
    pub metadata: Metadata,
    /// Keys that are not ours, as they came.
    pub extra: Map<String, Value>,
    /// Values that cannot be what their key says, as they came.
    pub invalid: Map<String, Value>,
    /// Why a count is unknown, by its key, where its source says so.
    pub missing: BTreeMap<String, String>,
}

/// A clip's scores. Unknown until it has been scored.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Scores {
    /// Probability to be in the top tenth of its peers in the next 24 hours.
    pub virality: Option<f64>,
    /// How well it fits the niche, in [0, 1].
    pub relevance: Option<f64>,
    /// In [0, 100].
    pub final_score: Option<f64>,
    /// Keys that are not ours, as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What was found out about a clip.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Metadata {
    /// When it was scored.
    pub processed_at: Option<String>,
    /// The niche keywords that it has.
    pub niche_match: Vec<String>,
    /// Whether there is something to react to, in [0, 1]: speech rather than music alone.
    pub reactability: Option<f64>,
    /// Keys that are not ours, as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl Clip {
    /// The platform among those with features of their own.
    #[must_use]
    pub fn platform(&self) -> Platform {
        self.platform.parse().unwrap_or(Platform::Other)
    }

    /// What names a clip across platforms: the platform and the id.
    #[must_use]
    pub fn key(&self) -> (&str, &str) {
        (&self.platform, &self.id)
    }

    /// Title, tags and transcript, in this order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let rest = self.tags.iter().map(String::as_str).chain(self.transcript.as_deref());
        std::iter::once(self.title.as_str()).chain(rest)
    }
}

/// Takes known keys out of a JSON object.
struct Reader {
    map: Map<String, Value>,
    invalid: Map<String, Value>,
}

impl Reader {
    /// The value of the first of these keys that is there and not null, read; what cannot be read is set aside.
    fn take<T>(&mut self, keys: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let mut found = None;
        for &key in keys {
            match self.map.remove(key) {
                None | Some(Value::Null) => {}
                // A second name of the same thing is kept as it came.
                Some(value) if found.is_some() => drop(self.map.insert(key.to_owned(), value)),
                Some(value) => match read(&value) {
                    Some(read) => found = Some(read),
                    None => drop(self.invalid.insert(key.to_owned(), value)),
                },
            }
        }
        found
    }

    fn text(&mut self, keys: &[&str]) -> Option<String> {
        let text = self.take(keys, |value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })?;
        if text.len() <= LONGEST_TEXT {
            return Some(text);
        }
        let end = (0..=LONGEST_TEXT).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let cut = json!({ "bytes": text.len(), "cut_to": end });
        self.invalid.insert(keys[0].to_owned(), cut);
        Some(text[..end].to_owned())
    }

    fn count(&mut self, keys: &[&str]) -> Option<u64> {
        self.take(keys, |value| read_count(value).ok().flatten())
    }

    /// A number that is finite and not negative.
    fn number(&mut self, keys: &[&str]) -> Option<f64> {
        self.take(keys, |value| {
            let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
            (number.is_finite() && number >= 0.0).then_some(number)
        })
    }
}

impl TryFrom<Map<String, Value>> for Clip {
    type Error = Error;

    fn try_from(map: Map<String, Value>) -> Result<Self> {
        let invalid = match map.get("invalid") {
            Some(Value::Object(invalid)) => invalid.clone(),
            _ => Map::new(),
        };
        let mut reader = Reader { map, invalid };
        if reader.map.get("invalid").is_some_and(Value::is_object) {
            reader.map.remove("invalid");
        }
        let id = reader.text(&["id", "video_id"]).filter(|id| !id.is_empty()).ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, "a clip needs an id: text that is unique on its platform")
        })?;
        let of_object = |value: Option<Value>| value.unwrap_or_else(|| json!({}));
        let scores = reader.take(&["scores"], |value| value.is_object().then(|| value.clone()));
        let metadata = reader.take(&["metadata"], |value| value.is_object().then(|| value.clone()));
        let mut clip = Self {
            id,
            title: reader.text(&["title"]).unwrap_or_default(),
            platform: reader.text(&["platform"]).unwrap_or_default().trim().to_lowercase(),
            url: reader.text(&["url"]),
            thumbnail_url: reader.text(&["thumbnail_url"]),
            channel: reader.text(&["channel"]),
            niche: reader.text(&["niche"]),
            transcript: reader.text(&["transcript"]),
            tags: reader
                .take(&["tags"], |value| serde_json::from_value(value.clone()).ok())
                .unwrap_or_default(),
            published_at: reader.take(&["published_at"], |value| read_time(value.as_str()?)),
            duration_s: reader.number(&["duration_s", "duration"]),
            counts: Counts {
                views: reader.count(&["views"]),
                likes: reader.count(&["likes"]),
                comments: reader.count(&["comments"]),
                shares: reader.count(&["shares"]),
                saves: reader.count(&["saves"]),
            },
            views_last_24h: reader.count(&["views_last_24h"]),
            growth_6h: reader.number(&["growth_6h"]),
            age_hours: reader.number(&["age_hours"]),
            missing: reader
                .take(&["missing"], |value| serde_json::from_value(value.clone()).ok())
                .unwrap_or_default(),
            ..Self::default()
        };
        match serde_json::from_value(of_object(scores.clone())) {
            Ok(read) => clip.scores = read,
            Err(_) => drop(reader.invalid.insert("scores".to_owned(), of_object(scores))),
        }
        match serde_json::from_value(of_object(metadata.clone())) {
            Ok(read) => clip.metadata = read,
            Err(_) => drop(reader.invalid.insert("metadata".to_owned(), of_object(metadata))),
        }
        if clip.platform.is_empty() {
            "other".clone_into(&mut clip.platform);
        }
        (clip.extra, clip.invalid) = (reader.map, reader.invalid);
        Ok(clip)
    }
}

impl From<Clip> for Map<String, Value> {
    fn from(clip: Clip) -> Self {
        let mut map = Self::new();
        let mut put = |key: &str, value: Value| drop(map.insert(key.to_owned(), value));
        put("id", json!(clip.id));
        put("title", json!(clip.title));
        put("platform", json!(clip.platform));
        put("views", json!(clip.counts.views));
        put("views_last_24h", json!(clip.views_last_24h));
        put("likes", json!(clip.counts.likes));
        put("comments", json!(clip.counts.comments));
        put("shares", json!(clip.counts.shares));
        put("age_hours", json!(clip.age_hours));
        put("growth_6h", json!(clip.growth_6h));
        put("transcript", json!(clip.transcript));
        put("thumbnail_url", json!(clip.thumbnail_url));
        put("url", json!(clip.url));
        put("scores", json!(clip.scores));
        put("metadata", json!(clip.metadata));
        // Beyond the specification's own keys: only where there is something to say.
        let more = [
            ("saves", json!(clip.counts.saves)),
            ("channel", json!(clip.channel)),
            ("niche", json!(clip.niche)),
            ("published_at", json!(clip.published_at)),
            ("duration_s", json!(clip.duration_s)),
        ];
        more.into_iter().filter(|(_, value)| !value.is_null()).for_each(|(key, value)| put(key, value));
        if !clip.tags.is_empty() {
            put("tags", json!(clip.tags));
        }
        if !clip.missing.is_empty() {
            put("missing", json!(clip.missing));
        }
        if !clip.invalid.is_empty() {
            put("invalid", Value::Object(clip.invalid));
        }
        map.extend(clip.extra);
        map
    }
}

/// A moment in one of the forms that platforms and tables use: RFC 3339, the same with a blank or without a colon in the
/// offset, without an offset (UTC), or a day.
pub(crate) fn read_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    for format in ["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z"] {
        if let Ok(time) = Timestamp::strptime(format, text) {
            return Some(time);
        }
    }
    let utc =
        |time: jiff::civil::DateTime| time.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|z| z.timestamp());
    if let Ok(time) = text.parse::<jiff::civil::DateTime>() {
        return utc(time);
    }
    text.parse::<jiff::civil::Date>().ok().and_then(|day| utc(day.at(0, 0, 0, 0)))
}

/// Hours from one moment to another; negative where the second is earlier.
pub(crate) fn hours_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() / 3600.0
}

/// How far ahead of a look a publication may seem to lie: a list that gives its date without a time of day, or clocks that differ.
const AHEAD_HOURS: f64 = 24.0;

/// Hours since the publication; 0 where it seems to lie up to a day ahead, unknown where it lies further.
pub(crate) fn age_at(published: Timestamp, at: Timestamp) -> Option<f64> {
    let hours = hours_between(published, at);
    (hours >= -AHEAD_HOURS).then(|| hours.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_platforms_are_read() {
        let expected: Timestamp = "2026-11-19T14:05:00Z".parse().unwrap();
        for text in [
            "2026-11-19T14:05:00Z",
            "2026-11-19T14:05:00.000Z",
            "2026-11-19T14:05:00+0000",
            "2026-11-19T15:05:00+01:00",
            "2026-11-19 14:05:00",
            " 2026-11-19 14:05:00+0000 ",
        ] {
            assert_eq!(read_time(text), Some(expected), "{text}");
        }
        assert_eq!(read_time("2026-11-19"), "2026-11-19T00:00:00Z".parse().ok());
        assert!(
            ["", "yesterday", "2026-13-40", "99999999-01-01"].iter().all(|text| read_time(text).is_none())
        );
    }

    #[test]
    fn a_list_of_a_day_is_not_before_what_came_out_on_it() {
        let age = |published, at| age_at(read_time(published).unwrap(), read_time(at).unwrap());
        assert_eq!(age("2026-11-19 05:48:00", "2026-11-19"), Some(0.0));
        assert_eq!(age("2026-11-18T18:00:00Z", "2026-11-19"), Some(6.0));
        assert_eq!(age("2026-11-20 00:00:00", "2026-11-19"), Some(0.0));
        assert_eq!(age("2026-11-20 00:00:01", "2026-11-19"), None);
    }
}
