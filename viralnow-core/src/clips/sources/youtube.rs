//! `YouTube` Data API v3: the most popular videos of a region, or videos by their ids.

use super::draft::{Draft, clips_of, list};
use super::fetch::{ClipSource, Page};
use super::http::{Client, HttpOptions, Request};
use super::refusal::{Rules, Said, no_headers, pacific_midnight, text};
use super::secret::Secret;
use super::usage::Usage;
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where [`YouTube::from_env`] looks for the key.
pub(super) const VARIABLE: &str = "VIRALNOW_YOUTUBE_KEY";

/// Ids in one request at most, by the documentation.
const MOST_IDS: usize = 50;

static RULES: Rules = Rules {
    name: "YouTube Data API",
    base: "https://youtube.googleapis.com/youtube/v3",
    header: ("x-goog-api-key", ""),
    parameter: Some("key"),
    in_query: false,
    // A day's units by the documentation of September 2026; a page of videos.list costs one.
    limit: Some(10_000),
    window_ends: pacific_midnight,
    said,
    read_limits: no_headers,
    missing: &[
        ("remaining", "YouTube does not say how much is left"),
        ("used_percent", "YouTube tells no percents"),
    ],
};

/// What to ask for. Without `ids` it is the chart of the most popular videos.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct YouTubeQuery {
    /// Videos by id; 50 go into one page.
    pub ids: Vec<String>,
    /// The chart's country, ISO 3166-1 alpha-2, such as `US`.
    pub region: Option<String>,
    /// The chart's category, a number of `YouTube`'s, such as `20`.
    pub category: Option<String>,
    /// Videos on a page of the chart, 1 to 50; 50 by default.
    pub page_size: Option<u32>,
}

/// Videos with views, likes and comments; `YouTube` gives no shares or saves. A page costs one of 10,000 units a day, which begin
/// anew at midnight in Los Angeles.
#[derive(Debug)]
pub struct YouTube {
    query: YouTubeQuery,
    client: Client,
}

impl YouTube {
    /// Asks with this API key. `INVALID_CONFIG` for a query that the interface does not have.
    pub fn new(query: YouTubeQuery, key: Secret, http: HttpOptions) -> Result<Self> {
        if !(1..=50).contains(&query.page_size.unwrap_or(50)) {
            return Err(Error::new(ErrorKind::InvalidConfig, "page_size is 1 to 50"));
        }
        if !query.ids.is_empty()
            && (query.region.is_some() || query.category.is_some() || query.page_size.is_some())
        {
            return Err(Error::new(
                ErrorKind::InvalidConfig,
                "ids go without region, category and page_size",
            ));
        }
        if query.ids.iter().any(|id| id.is_empty() || id.contains(',')) {
            return Err(Error::new(ErrorKind::InvalidConfig, "an id is not empty and has no comma"));
        }
        Ok(Self { query, client: Client::new(&RULES, key, http)? })
    }

    /// Asks with the key in `VIRALNOW_YOUTUBE_KEY`.
    pub fn from_env(query: YouTubeQuery) -> Result<Self> {
        Self::new(query, Secret::from_env(VARIABLE)?, HttpOptions::default())
    }

    fn by_ids(&mut self, cursor: Option<&str>, run: &mut Run) -> Result<Page> {
        let from = match cursor {
            None => 0,
            Some(cursor) => cursor.parse().map_err(|_| not_ours())?,
        };
        let to = self.query.ids.len().min(from + MOST_IDS);
        let ids = self.query.ids.get(from..to).ok_or_else(not_ours)?.to_vec();
        let next = (to < self.query.ids.len()).then(|| to.to_string());
        let mut page = self.videos(vec![("id", ids.join(","))], run)?;
        let absent = ids.iter().filter(|id| page.clips.iter().all(|clip| clip.id != **id));
        page.left_out
            .extend(absent.map(|id| format!("{id}: YouTube has no such video, or shows it to nobody")));
        Ok(Page { next, ..page })
    }

    fn videos(&mut self, which: Vec<(&'static str, String)>, run: &mut Run) -> Result<Page> {
        let mut query = vec![("part", "snippet,contentDetails,statistics".to_owned())];
        query.extend(which);
        let request = Request { path: "/videos".to_owned(), query, body: None, cost: 1 };
        let answer = self.client.send(&request, run)?;
        let items = list(&answer.body["items"]);
        self.client.usage.records += items.len() as u64;
        let (clips, left_out) = clips_of(items, answer.time, draft);
        Ok(Page {
            clips,
            time: answer.time,
            next: text(&answer.body, "/nextPageToken"),
            left_out,
            stopped_by: None,
        })
    }
}

impl ClipSource for YouTube {
    fn platform(&self) -> &'static str {
        "youtube"
    }

    fn page(&mut self, cursor: Option<&str>, run: &mut Run) -> Result<Page> {
        if !self.query.ids.is_empty() {
            return self.by_ids(cursor, run);
        }
        let size = self.query.page_size.unwrap_or(50).to_string();
        let mut which = vec![("chart", "mostPopular".to_owned()), ("maxResults", size)];
        which.extend(self.query.region.clone().map(|region| ("regionCode", region)));
        which.extend(self.query.category.clone().map(|category| ("videoCategoryId", category)));
        which.extend(cursor.map(|cursor| ("pageToken", cursor.to_owned())));
        let mut page = self.videos(which, run)?;
        page.next = page.next.filter(|next| Some(next.as_str()) != cursor);
        Ok(page)
    }

    fn usage(&self) -> Usage {
        self.client.usage.clone()
    }
}

/// For a cursor that no page named.
pub(super) fn not_ours() -> Error {
    Error::new(ErrorKind::InvalidConfig, "the cursor is none of this source; give the one that a page named")
}

fn draft(item: &Value) -> Draft {
    let (snippet, details, counts) = (&item["snippet"], &item["contentDetails"], &item["statistics"]);
    let pictures = ["maxres", "standard", "high", "medium", "default"];
    let pictures: Vec<&Value> = pictures.iter().map(|size| &snippet["thumbnails"][size]["url"]).collect();
    let url = item["id"].as_str().map(|id| format!("https://www.youtube.com/watch?v={id}"));
    let live = snippet["liveBroadcastContent"].as_str().is_some_and(|state| state != "none");
    let hidden = "hidden by its owner: YouTube leaves it out";
    Draft::new("youtube", &item["id"])
        .put("title", &snippet["title"])
        .put("url", &json!(url))
        .first("thumbnail_url", &pictures)
        .put("channel", &snippet["channelId"])
        .put("niche", &snippet["categoryId"])
        .put("tags", &snippet["tags"])
        .put("published_at", &snippet["publishedAt"])
        .put("duration_s", &details["duration"].as_str().and_then(seconds).map_or(Value::Null, |s| json!(s)))
        .count("views", &counts["viewCount"], "YouTube left it out")
        .count("likes", &counts["likeCount"], hidden)
        .count("comments", &counts["commentCount"], hidden)
        .count("shares", &Value::Null, "YouTube gives no count of shares")
        .count("saves", &Value::Null, "YouTube gives no count of saves")
        .put("channel_title", &snippet["channelTitle"])
        .put("description", &snippet["description"])
        .first("language", &[&snippet["defaultAudioLanguage"], &snippet["defaultLanguage"]])
        .put("live", &if live { json!(true) } else { Value::Null })
}

/// ISO 8601, such as `PT1M3S`. A stream that goes on has 0, which is no duration.
fn seconds(text: &str) -> Option<f64> {
    let span: jiff::Span = text.parse().ok()?;
    let days = jiff::SpanRelativeTo::days_are_24_hours();
    let seconds = span.total((jiff::Unit::Second, days)).ok()?;
    (seconds > 0.0).then_some(seconds)
}

fn said(body: &Value) -> Said {
    let reason = text(body, "/error/errors/0/reason");
    let is = |names: &[&str]| reason.as_deref().is_some_and(|reason| names.contains(&reason));
    Said {
        quota: is(&["quotaExceeded", "dailyLimitExceeded"]),
        rate: is(&["rateLimitExceeded", "userRateLimitExceeded"]),
        message: text(body, "/error/message"),
        reason,
        status: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, expected) in [
            ("PT42S", Some(42.0)),
            ("PT1M3S", Some(63.0)),
            ("PT2H", Some(7200.0)),
            ("P1DT1S", Some(86_401.0)),
            ("P0D", None),
            ("PT0S", None),
            ("42", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
