//! X API v2: recent search, with the names of both generations of its fields.

use super::draft::{Draft, clips_of, list};
use super::fetch::{ClipSource, Page};
use super::http::{Client, HttpOptions, Request};
use super::refusal::{Rules, Said, header, text, unknown};
use super::secret::Secret;
use super::usage::Usage;
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use ureq::http::HeaderMap;

/// Where [`X::from_env`] looks for the token.
pub(super) const VARIABLE: &str = "VIRALNOW_X_TOKEN";

static RULES: Rules = Rules {
    name: "X API",
    base: "https://api.x.com/2",
    header: ("authorization", "Bearer "),
    parameter: None,
    in_query: false,
    limit: None,
    window_ends: unknown,
    said,
    read_limits,
    missing: &[("used_percent", "X tells no percents")],
};

/// How the request names the fields of a post: the platform is renaming tweets to posts. Answers are read in either form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum XFieldNames {
    /// `tweet.fields`, as the documentation has it.
    #[default]
    Tweet,
    /// `post.fields`, as the newest official client sends.
    Post,
}

/// What to ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct XQuery {
    /// In X's own language, such as `#cat has:videos -is:retweet`.
    pub query: String,
    /// Posts on a page, 10 to 100; 100 by default.
    pub page_size: Option<u32>,
    /// `recency` or `relevancy`.
    pub sort_order: Option<String>,
    /// RFC 3339; not before seven days ago.
    pub start_time: Option<String>,
    /// Newer than this post; not together with `start_time`.
    pub since_id: Option<String>,
    /// How the request names the fields.
    pub field_names: XFieldNames,
}

/// Posts of the last seven days. Views are impressions; a video's own plays stand in `video_views`.
#[derive(Debug)]
pub struct X {
    query: XQuery,
    client: Client,
}

impl X {
    /// Asks with this app's bearer token. `INVALID_CONFIG` for a query that the interface does not have.
    pub fn new(query: XQuery, token: Secret, http: HttpOptions) -> Result<Self> {
        let wrong = |what: &str| Err(Error::new(ErrorKind::InvalidConfig, what));
        if query.query.trim().is_empty() || query.query.chars().count() > 4096 {
            return wrong("query has 1 to 4096 characters (512 without an enterprise contract)");
        }
        if !(10..=100).contains(&query.page_size.unwrap_or(100)) {
            return wrong("page_size is 10 to 100");
        }
        if query.sort_order.as_deref().is_some_and(|order| !["recency", "relevancy"].contains(&order)) {
            return wrong("sort_order is recency or relevancy");
        }
        if query.start_time.is_some() && query.since_id.is_some() {
            return wrong("start_time and since_id exclude each other");
        }
        Ok(Self { query, client: Client::new(&RULES, token, http)? })
    }

    /// Asks with the token in `VIRALNOW_X_TOKEN`.
    pub fn from_env(query: XQuery) -> Result<Self> {
        Self::new(query, Secret::from_env(VARIABLE)?, HttpOptions::default())
    }
}

impl ClipSource for X {
    fn platform(&self) -> &'static str {
        "x"
    }

    fn page(&mut self, cursor: Option<&str>, run: &mut Run) -> Result<Page> {
        let fields = match self.query.field_names {
            XFieldNames::Tweet => "tweet.fields",
            XFieldNames::Post => "post.fields",
        };
        let mut query = vec![
            ("query", self.query.query.clone()),
            ("max_results", self.query.page_size.unwrap_or(100).to_string()),
            (fields, "attachments,author_id,created_at,entities,lang,public_metrics".to_owned()),
            ("expansions", "author_id,attachments.media_keys".to_owned()),
            ("media.fields", "duration_ms,height,preview_image_url,public_metrics,type,url,width".to_owned()),
            ("user.fields", "username".to_owned()),
        ];
        query.extend(self.query.sort_order.clone().map(|order| ("sort_order", order)));
        query.extend(self.query.start_time.clone().map(|time| ("start_time", time)));
        query.extend(self.query.since_id.clone().map(|id| ("since_id", id)));
        query.extend(cursor.map(|cursor| ("next_token", cursor.to_owned())));
        let request = Request { path: "/tweets/search/recent".to_owned(), query, body: None, cost: 1 };
        let answer = self.client.send(&request, run)?;
        let body = &answer.body;
        let items = list(&body["data"]);
        self.client.usage.records += items.len() as u64;
        let includes = &body["includes"];
        let media = by(&includes["media"], "media_key");
        let users = by(&includes["users"], "id");
        let (clips, mut left_out) = clips_of(items, answer.time, |post| draft(post, &media, &users));
        left_out.extend(list(&body["errors"]).iter().map(problem));
        let next = text(body, "/meta/next_token").filter(|next| Some(next.as_str()) != cursor);
        Ok(Page { clips, time: answer.time, next, left_out, stopped_by: None })
    }

    fn usage(&self) -> Usage {
        self.client.usage.clone()
    }
}

/// Objects by what names them.
fn by<'a>(objects: &'a Value, key: &str) -> HashMap<&'a str, &'a Value> {
    list(objects).iter().filter_map(|object| Some((object[key].as_str()?, object))).collect()
}

/// What could not be given beside what could.
fn problem(problem: &Value) -> String {
    let part = |name: &str| text(problem, name).unwrap_or_default();
    let told: String = format!("{} {}: {}", part("/resource_type"), part("/resource_id"), part("/detail"));
    told.trim_start_matches([' ', ':']).chars().filter(|c| !c.is_control()).take(300).collect()
}

fn draft(post: &Value, media: &HashMap<&str, &Value>, users: &HashMap<&str, &Value>) -> Draft {
    let counts = &post["public_metrics"];
    let name =
        post["author_id"].as_str().and_then(|id| users.get(id)).and_then(|user| user["username"].as_str());
    let id = text(post, "/id").unwrap_or_default();
    let keys = list(&post["attachments"]["media_keys"]).iter().filter_map(Value::as_str);
    let attached: Vec<&Value> = keys.filter_map(|key| media.get(key).copied()).collect();
    // The video, where there is one; a post has pictures or videos.
    let shown = attached.iter().find(|media| !media["duration_ms"].is_null()).or(attached.first());
    let shown = shown.copied().unwrap_or(&Value::Null);
    let tags: Vec<&Value> = list(&post["entities"]["hashtags"]).iter().map(|tag| &tag["tag"]).collect();
    let draft = Draft::new("x", &post["id"]).caption(&post["text"]);
    let draft = if tags.is_empty() { draft } else { draft.put("tags", &json!(tags)) };
    draft
        .put("url", &json!(format!("https://x.com/{}/status/{id}", name.unwrap_or("i"))))
        .first("thumbnail_url", &[&shown["preview_image_url"], &shown["url"]])
        .put("channel", &post["author_id"])
        .put("published_at", &post["created_at"])
        .put("duration_s", &shown["duration_ms"].as_f64().map_or(Value::Null, |ms| json!(ms / 1000.0)))
        .count(
            "views",
            &counts["impression_count"],
            "X gave no impressions; a video's plays stand in video_views",
        )
        .count("likes", &counts["like_count"], "X left it out")
        .count("comments", &counts["reply_count"], "X left it out")
        .count("shares", &shares(counts), "X left it out")
        .count("saves", &counts["bookmark_count"], "X left it out")
        .put("channel_title", &json!(name))
        .put("language", &post["lang"])
        .put("video_views", &shown["public_metrics"]["view_count"])
        .put("width", &shown["width"])
        .put("height", &shown["height"])
}

/// Reposts, whichever name they have, and quotes.
fn shares(counts: &Value) -> Value {
    let reposts = [&counts["repost_count"], &counts["retweet_count"]].into_iter().find_map(Value::as_u64);
    match (reposts, counts["quote_count"].as_u64()) {
        (Some(reposts), quotes) => json!(reposts.saturating_add(quotes.unwrap_or(0))),
        // Quotes alone are not the shares.
        (None, _) => Value::Null,
    }
}

/// The bodies of refusals come in several forms; the status decides.
fn said(body: &Value) -> Said {
    let first = |places: &[&str]| places.iter().find_map(|place| text(body, place));
    Said {
        reason: first(&["/type", "/errors/0/type", "/errors/0/code"])
            .filter(|reason| reason != "about:blank"),
        message: first(&["/detail", "/errors/0/detail", "/errors/0/message", "/title"]),
        ..Said::default()
    }
}

fn read_limits(usage: &mut Usage, headers: &HeaderMap, _: Timestamp) {
    let number = |name| header(headers, name).and_then(|text| text.trim().parse::<i64>().ok());
    usage.limit = number("x-rate-limit-limit").and_then(|limit| limit.try_into().ok());
    usage.remaining = number("x-rate-limit-remaining").and_then(|left| left.try_into().ok());
    usage.resets_at = number("x-rate-limit-reset").and_then(|seconds| Timestamp::from_second(seconds).ok());
    for (name, known) in [
        ("limit", usage.limit.is_some()),
        ("remaining", usage.remaining.is_some()),
        ("resets_at", usage.resets_at.is_some()),
    ] {
        if known {
            usage.missing.remove(name);
        } else {
            usage.missing.insert(name, "X did not say it with its last answer");
        }
    }
}
