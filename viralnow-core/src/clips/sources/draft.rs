//! From what a platform gives to a clip: every source fills a draft, and reads counts, times and ids in one way.

use crate::Result;
use crate::clips::clip::{Clip, age_at};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// A clip in the making, under the keys of our own JSON.
pub(super) struct Draft {
    map: Map<String, Value>,
    missing: Vec<(&'static str, String)>,
}

impl Draft {
    pub(super) fn new(platform: &str, id: &Value) -> Self {
        let map = Map::from_iter([("platform".to_owned(), json!(platform)), ("id".to_owned(), id.clone())]);
        Self { map, missing: Vec::new() }
    }

    /// A value as it came; null is nothing.
    pub(super) fn put(mut self, key: &str, value: &Value) -> Self {
        if !value.is_null() {
            self.map.insert(key.to_owned(), value.clone());
        }
        self
    }

    /// The first of these values that is there.
    pub(super) fn first(self, key: &str, values: &[&Value]) -> Self {
        match values.iter().find(|value| !value.is_null()) {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    /// An id beside the clip's own, as text: it may be larger than other languages' numbers.
    #[cfg(feature = "platforms")]
    pub(super) fn id(self, key: &str, value: &Value) -> Self {
        match value {
            Value::Number(number) => self.put(key, &json!(number.to_string())),
            _ => self.put(key, value),
        }
    }

    /// A count, and why it is unknown where it is.
    pub(super) fn count(mut self, key: &'static str, value: &Value, why: &str) -> Self {
        if value.is_null() {
            self.missing.push((key, why.to_owned()));
        }
        self.put(key, value)
    }

    /// Seconds since 1970.
    pub(super) fn published(self, seconds: &Value) -> Self {
        match seconds.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok()) {
            Some(time) => self.put("published_at", &json!(time)),
            // Told as invalid.
            None => self.put("published_at", seconds),
        }
    }

    /// Text as title, its hashtags as tags.
    #[cfg(feature = "platforms")]
    pub(super) fn caption(self, text: &Value) -> Self {
        let tags: Vec<&str> = text.as_str().into_iter().flat_map(hashtags).collect();
        let tags = if tags.is_empty() { Value::Null } else { json!(tags) };
        self.put("title", text).put("tags", &tags)
    }

    /// The clip as it was at this moment. Fails without an id.
    pub(super) fn finish(self, time: Timestamp) -> Result<Clip> {
        let mut clip = Clip::try_from(self.map)?;
        clip.missing.extend(self.missing.into_iter().map(|(key, why)| (key.to_owned(), why)));
        for key in ["views", "likes", "comments", "shares", "saves"] {
            if clip.invalid.contains_key(key) {
                clip.missing.insert(key.to_owned(), "what the platform gave is no count".to_owned());
            }
        }
        clip.age_hours = clip.published_at.and_then(|published| age_at(published, time));
        Ok(clip)
    }
}

/// The hashtags of a text, without their `#`.
#[cfg(feature = "platforms")]
fn hashtags(text: &str) -> impl Iterator<Item = &str> {
    text.split('#').skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        (end > 0).then(|| &rest[..end])
    })
}

/// Clips of items; what is none is told.
pub(super) fn clips_of<'a>(
    items: impl IntoIterator<Item = &'a Value>,
    time: Timestamp,
    draft: impl Fn(&'a Value) -> Draft,
) -> (Vec<Clip>, Vec<String>) {
    let (mut clips, mut left_out) = (Vec::new(), Vec::new());
    for item in items {
        match draft(item).finish(time) {
            Ok(clip) => clips.push(clip),
            Err(error) => left_out.push(error.message().to_owned()),
        }
    }
    (clips, left_out)
}

/// The items of a list; nothing where it is none.
#[cfg(feature = "platforms")]
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "platforms")]
    #[test]
    fn hashtags_are_found_in_captions() {
        let text = "A #cat, #Été_2026!#b no#c # #";
        assert_eq!(hashtags(text).collect::<Vec<_>>(), ["cat", "Été_2026", "b", "c"]);
    }

    #[test]
    fn ids_beyond_what_a_float_holds_stay_and_counts_that_are_none_are_told() {
        let now = "2026-11-20T00:00:00Z".parse().unwrap();
        let clip = Draft::new("tiktok", &json!(7300000000000000001_u64))
            .count("views", &json!("many"), "unused")
            .count("likes", &Value::Null, "hidden")
            .published(&json!(1763647200))
            .finish(now)
            .unwrap();
        assert_eq!((clip.id.as_str(), clip.counts.views), ("7300000000000000001", None));
        assert_eq!(clip.missing["views"], "what the platform gave is no count");
        assert_eq!(clip.missing["likes"], "hidden");
        assert_eq!(clip.published_at.unwrap().to_string(), "2025-11-20T14:00:00Z");
        assert!((clip.age_hours.unwrap() - 8746.0).abs() < 1e-9);
        assert!(Draft::new("tiktok", &Value::Null).finish(now).is_err());
    }
}
