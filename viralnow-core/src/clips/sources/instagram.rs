//! Instagram Graph API: what is found under a hashtag, or an account's own media with their insights.

use super::draft::{Draft, list};
use super::fetch::{ClipSource, Page};
use super::http::{Client, HttpOptions, Request};
use super::refusal::{Rules, Said, header, text, unknown};
use super::secret::Secret;
use super::url::{encode, pairs, query};
use super::usage::Usage;
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use ureq::http::HeaderMap;

/// Where [`Instagram::from_env`] looks for the token.
pub(super) const VARIABLE: &str = "VIRALNOW_INSTAGRAM_TOKEN";

static RULES: Rules = Rules {
    name: "Instagram Graph API",
    base: "https://graph.facebook.com/v26.0",
    header: ("authorization", "Bearer "),
    parameter: Some("access_token"),
    // All that its documentation shows; that a header does as well is said by others only.
    in_query: true,
    limit: None,
    window_ends: unknown,
    said,
    read_limits,
    missing: &[
        ("limit", "Instagram tells percents instead: used_percent"),
        ("remaining", "Instagram tells percents instead: used_percent"),
        ("resets_at", "Instagram says it only once a limit is reached"),
        ("used_percent", "Instagram did not say it"),
    ],
};

/// Media of a hashtag come in two lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InstagramEdge {
    /// The most popular.
    #[default]
    TopMedia,
    /// Of the last 24 hours.
    RecentMedia,
}

/// What to ask for. Without a hashtag it is the account's own media.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InstagramQuery {
    /// The account that asks, by its number.
    pub user_id: String,
    /// A hashtag, with or without `#`. An account may ask for 30 different ones in seven days.
    pub hashtag: Option<String>,
    /// Its number, where it is known from before; saves a request.
    pub hashtag_id: Option<String>,
    /// Which of the hashtag's lists.
    pub edge: InstagramEdge,
    /// Asks for the insights (views, shares, saves, reach) of each of one's own media: a request each.
    pub insights: bool,
    /// Media on a page, 1 to 50; 50 by default.
    pub page_size: Option<u32>,
}

/// Media with likes and comments; views, shares and saves come with the insights of one's own media alone.
#[derive(Debug)]
pub struct Instagram {
    query: InstagramQuery,
    client: Client,
}

const HASHTAG_FIELDS: &str = "id,caption,media_type,comments_count,like_count,permalink,timestamp";
const OWN_FIELDS: &str = "id,caption,media_type,media_product_type,comments_count,like_count,permalink,thumbnail_url,timestamp,username";
const METRICS: &str = "views,reach,likes,comments,shares,saved,total_interactions";
const REEL_METRICS: &str = "views,reach,likes,comments,shares,saved,total_interactions,ig_reels_avg_watch_time,ig_reels_video_view_total_time";

impl Instagram {
    /// Asks with this user's or page's token. `INVALID_CONFIG` for a query that the interface does not have.
    pub fn new(query: InstagramQuery, token: Secret, http: HttpOptions) -> Result<Self> {
        let wrong = |what: &str| Err(Error::new(ErrorKind::InvalidConfig, what));
        if query.user_id.is_empty() {
            return wrong("user_id is missing: the number of the account that asks");
        }
        if !(1..=50).contains(&query.page_size.unwrap_or(50)) {
            return wrong("page_size is 1 to 50");
        }
        if query.insights && (query.hashtag.is_some() || query.hashtag_id.is_some()) {
            return wrong("insights are of one's own media; leave the hashtag out");
        }
        Ok(Self { query, client: Client::new(&RULES, token, http)? })
    }

    /// Asks with the token in `VIRALNOW_INSTAGRAM_TOKEN`.
    pub fn from_env(query: InstagramQuery) -> Result<Self> {
        Self::new(query, Secret::from_env(VARIABLE)?, HttpOptions::default())
    }

    /// The hashtag's number, asked for once.
    fn hashtag_id(&mut self, run: &mut Run) -> Result<Option<String>> {
        if let (None, Some(name)) = (&self.query.hashtag_id, &self.query.hashtag) {
            let name = name.trim_start_matches('#').to_owned();
            let query = vec![("user_id", self.query.user_id.clone()), ("q", name.clone())];
            let request = Request { path: "/ig_hashtag_search".to_owned(), query, body: None, cost: 1 };
            let answer = self.client.send(&request, run)?;
            let id = text(&answer.body, "/data/0/id");
            let none =
                || Error::new(ErrorKind::NotFound, "Instagram has no such hashtag").with("hashtag", name);
            self.query.hashtag_id = Some(id.ok_or_else(none)?);
        }
        Ok(self.query.hashtag_id.clone())
    }

    /// A medium's insights, by name; an error that is about this medium alone is its reason.
    fn insights(&mut self, item: &Value, run: &mut Run) -> Result<Result<Map<String, Value>, String>> {
        let id = text(item, "/id").unwrap_or_default();
        let metrics = if item["media_product_type"] == "REELS" { REEL_METRICS } else { METRICS };
        let path = format!("/{}/insights", encode(&id));
        let request = Request { path, query: vec![("metric", metrics.to_owned())], body: None, cost: 1 };
        match self.client.send(&request, run) {
            Ok(answer) => {
                let read = |metric: &Value| {
                    Some((text(metric, "/name")?, metric.pointer("/values/0/value")?.clone()))
                };
                Ok(Ok(list(&answer.body["data"]).iter().filter_map(read).collect()))
            }
            // Too few viewers (code 10), or a metric that this kind of medium does not have.
            Err(error) if error.kind() == ErrorKind::InvalidInput || reason(&error) == Some("10") => {
                let said =
                    error.context().iter().find(|(key, _)| *key == "said").map(|(_, said)| said.as_str());
                Ok(Err(format!("Instagram gives no insights: {}", said.unwrap_or("no reason given"))))
            }
            Err(error) => Err(error),
        }
    }
}

fn reason(error: &Error) -> Option<&str> {
    error.context().iter().find(|(key, _)| *key == "reason").map(|(_, reason)| reason.as_str())
}

impl ClipSource for Instagram {
    fn platform(&self) -> &'static str {
        "instagram"
    }

    /// The cursor is the query of `paging.next` without the token. Its `after` is the same on every page of a hashtag, so that a
    /// cursor that comes again is no end: a page without `paging.next` or without media is.
    fn page(&mut self, cursor: Option<&str>, run: &mut Run) -> Result<Page> {
        let (path, fields) = match self.hashtag_id(run)? {
            Some(id) => {
                let edge = match self.query.edge {
                    InstagramEdge::TopMedia => "top_media",
                    InstagramEdge::RecentMedia => "recent_media",
                };
                (format!("/{}/{edge}", encode(&id)), HASHTAG_FIELDS)
            }
            None => (format!("/{}/media", encode(&self.query.user_id)), OWN_FIELDS),
        };
        let hashtag = fields == HASHTAG_FIELDS;
        let more: Vec<(String, String)> = cursor.into_iter().flat_map(pairs).collect();
        let mut asked =
            vec![("fields", fields.to_owned()), ("limit", self.query.page_size.unwrap_or(50).to_string())];
        if hashtag {
            asked.push(("user_id", self.query.user_id.clone()));
        }
        // What the platform added goes along; what we ask for stays ours, and so does the address.
        let ours: Vec<&str> = asked.iter().map(|(name, _)| *name).collect();
        let added = more.iter().filter(|(name, _)| !ours.contains(&name.as_str()));
        let added: Vec<(&str, String)> = added.map(|(name, value)| (name.as_str(), value.clone())).collect();
        asked.extend(added);
        let answer = self.client.send(&Request { path, query: asked, body: None, cost: 1 }, run)?;
        let items = list(&answer.body["data"]);
        self.client.usage.records += items.len() as u64;
        let next = text(&answer.body, "/paging/next").filter(|_| !items.is_empty());
        let mut page = Page { time: answer.time, next: next.as_deref().and_then(after), ..Page::default() };
        for item in items {
            let mut why = match (hashtag, self.query.insights) {
                (true, _) => "Instagram gives it for one's own media alone".to_owned(),
                (false, false) => "it comes with the insights, which were not asked for".to_owned(),
                (false, true) if page.stopped_by.is_some() => {
                    "the insights could not be asked for any more".to_owned()
                }
                (false, true) => "Instagram has no value yet, which may take 48 hours".to_owned(),
            };
            let mut found = Map::new();
            if self.query.insights && page.stopped_by.is_none() {
                match self.insights(item, run) {
                    Ok(Ok(insights)) => found = insights,
                    Ok(Err(reason)) => why = reason,
                    Err(error) => {
                        "the insights could not be asked for".clone_into(&mut why);
                        page.stopped_by = Some(error);
                    }
                }
            }
            match draft(item, &Value::Object(found), &why).finish(answer.time) {
                Ok(clip) => page.clips.push(clip),
                Err(error) => page.left_out.push(error.message().to_owned()),
            }
        }
        Ok(page)
    }

    fn usage(&self) -> Usage {
        self.client.usage.clone()
    }
}

/// The query of `paging.next` without what proves who we are.
fn after(next: &str) -> Option<String> {
    let (_, asked) = next.split_once('?')?;
    let kept: Vec<(String, String)> = pairs(asked)
        .filter(|(name, _)| !["access_token", "appsecret_proof"].contains(&name.as_str()))
        .collect();
    Some(query(kept.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
}

fn draft(item: &Value, insights: &Value, why: &str) -> Draft {
    let mut draft = Draft::new("instagram", &item["id"])
        .caption(&item["caption"])
        .put("url", &item["permalink"])
        .put("thumbnail_url", &item["thumbnail_url"])
        .put("channel", &item["username"])
        .put("published_at", &item["timestamp"])
        .count("views", &insights["views"], why)
        .count("likes", &item["like_count"], "hidden by its owner: Instagram leaves it out")
        .count("comments", &item["comments_count"], "Instagram left it out")
        .count("shares", &insights["shares"], why)
        .count("saves", &insights["saved"], why)
        .put("media_type", &item["media_type"])
        .put("media_product_type", &item["media_product_type"]);
    for metric in ["reach", "total_interactions", "ig_reels_avg_watch_time", "ig_reels_video_view_total_time"]
    {
        draft = draft.put(metric, &insights[metric]);
    }
    draft
}

/// A limit is told by a code, whatever the status.
fn said(body: &Value) -> Said {
    let reason = text(body, "/error/code");
    // Of the app, the user, the page, the account, or a custom one.
    let quota = matches!(reason.as_deref(), Some("4" | "17" | "32" | "613"));
    let status = matches!(reason.as_deref(), Some("190")).then_some(401);
    Said { quota, status, message: text(body, "/error/message"), reason, rate: false }
}

/// Percents by what is counted; the most used counts. `estimated_time_to_regain_access` is minutes.
fn read_limits(usage: &mut Usage, headers: &HeaderMap, now: Timestamp) {
    let parsed = |name| header(headers, name).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let business = parsed("x-business-use-case-usage").unwrap_or_default();
    let of_business = business.as_object().into_iter().flat_map(Map::values).flat_map(list);
    let app = parsed("x-app-usage").unwrap_or_default();
    let all: Vec<&Value> = of_business.chain([&app]).collect();
    let counted = ["call_count", "total_cputime", "total_time"];
    let percents = all.iter().flat_map(|used| counted.iter().filter_map(|name| used[*name].as_f64()));
    usage.used_percent = percents.reduce(f64::max).or(usage.used_percent);
    let minutes = all.iter().filter_map(|used| used["estimated_time_to_regain_access"].as_i64()).max();
    usage.resets_at = minutes
        .filter(|minutes| (1..=100_000).contains(minutes))
        .and_then(|minutes| now.checked_add(SignedDuration::from_mins(minutes)).ok());
    let mut told = |name, known: bool| known.then(|| usage.missing.remove(name));
    told("used_percent", usage.used_percent.is_some());
    told("resets_at", usage.resets_at.is_some());
}
