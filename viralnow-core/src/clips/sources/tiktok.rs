//! `TikTok`: the Research API (any public video, for approved researchers of non-profit institutions alone) and the Display API
//! (a user's own videos).

use super::draft::{Draft, clips_of, list};
use super::fetch::{ClipSource, Page};
use super::http::{Client, HttpOptions, Request};
use super::refusal::{Rules, Said, no_headers, text, unknown, utc_midnight};
use super::secret::Secret;
use super::usage::Usage;
use super::youtube::not_ours;
use crate::monitor::Run;
use crate::{Error, ErrorKind, Result};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where [`TikTokResearch::from_env`] looks for the client token.
pub(super) const RESEARCH_VARIABLE: &str = "VIRALNOW_TIKTOK_RESEARCH_TOKEN";
/// Where [`TikTokDisplay::from_env`] looks for the user's token.
pub(super) const DISPLAY_VARIABLE: &str = "VIRALNOW_TIKTOK_DISPLAY_TOKEN";

const NO_REMAINING: (&str, &str) = ("remaining", "TikTok does not say how much is left");
const NO_PERCENT: (&str, &str) = ("used_percent", "TikTok tells no percents");

const RULES: Rules = Rules {
    name: "TikTok",
    base: "https://open.tiktokapis.com/v2",
    header: ("authorization", "Bearer "),
    parameter: None,
    in_query: false,
    limit: None,
    window_ends: unknown,
    said,
    read_limits: no_headers,
    missing: &[],
};

static RESEARCH: Rules = Rules {
    name: "TikTok Research API",
    // Requests a day by the questions and answers of September 2026; 100,000 records a day beside.
    limit: Some(1000),
    window_ends: utc_midnight,
    missing: &[NO_REMAINING, NO_PERCENT],
    ..RULES
};

static DISPLAY: Rules = Rules {
    name: "TikTok Display API",
    // Requests a minute, over a window that slides, by the documentation of August 2026.
    limit: Some(600),
    missing: &[NO_REMAINING, NO_PERCENT, ("resets_at", "the minute slides: it ends with no moment")],
    ..RULES
};

const RESEARCH_FIELDS: &str = "id,video_description,create_time,region_code,share_count,view_count,like_count,\
    comment_count,music_id,hashtag_names,username,voice_to_text,favourites_count,video_duration";
const DISPLAY_FIELDS: &str = "id,create_time,cover_image_url,share_url,video_description,duration,height,width,title,\
    like_count,comment_count,share_count,view_count";

/// What to ask the Research API for: all that is given must hold, any one of a list is enough.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TikTokResearchQuery {
    /// The first day, `YYYYMMDD` or `YYYY-MM-DD`, UTC.
    pub start_date: String,
    /// The last day, at most 30 later.
    pub end_date: String,
    /// Hashtags, with or without `#`.
    pub hashtags: Vec<String>,
    /// Words of the description.
    pub keywords: Vec<String>,
    /// Countries, ISO 3166-1 alpha-2.
    pub regions: Vec<String>,
    /// Who published it.
    pub usernames: Vec<String>,
    /// A query of your own in the interface's form (`{"and": [{"operation", "field_name", "field_values"}]}`), instead of the lists.
    pub query: Option<Value>,
    /// Videos on a page, 1 to 100; 100 by default. A page may have fewer.
    pub page_size: Option<u32>,
}

impl TikTokResearchQuery {
    /// The request's body but for the cursor.
    fn body(&self) -> Result<Value> {
        let wrong = |what: &str| Error::new(ErrorKind::InvalidConfig, what);
        let day = |text: &str| -> Result<Date> {
            let date = text.parse().or_else(|_| Date::strptime("%Y%m%d", text));
            date.map_err(|_| wrong("start_date and end_date are days: YYYYMMDD").with("given", text))
        };
        let (start, end) = (day(&self.start_date)?, day(&self.end_date)?);
        let days = end.duration_since(start).as_hours() / 24;
        if !(0..=30).contains(&days) {
            return Err(wrong("end_date is 0 to 30 days after start_date").with("days", days));
        }
        let page_size = self.page_size.unwrap_or(100);
        if !(1..=100).contains(&page_size) {
            return Err(wrong("page_size is 1 to 100"));
        }
        let lists = [
            ("hashtag_name", &self.hashtags),
            ("keyword", &self.keywords),
            ("region_code", &self.regions),
            ("username", &self.usernames),
        ];
        let conditions: Vec<Value> = lists
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(field, values)| {
                let values: Vec<_> = values.iter().map(|value| value.trim_start_matches('#')).collect();
                json!({ "operation": "IN", "field_name": field, "field_values": values })
            })
            .collect();
        let query = match (&self.query, conditions.is_empty()) {
            (Some(query), true) if query.is_object() => query.clone(),
            (None, false) => json!({ "and": conditions }),
            _ => {
                return Err(wrong(
                    "give hashtags, keywords, regions or usernames, or else a query, which is an object",
                ));
            }
        };
        let compact = |date: Date| date.strftime("%Y%m%d").to_string();
        Ok(
            json!({ "query": query, "start_date": compact(start), "end_date": compact(end), "max_count": page_size }),
        )
    }
}

/// Public videos, through the Research API. `TikTok` gives it to researchers of non-profit institutions and says no to creators,
/// advertisers and other commercial use (September 2026). A page costs one of 1,000 requests a day (UTC).
#[derive(Debug)]
pub struct TikTokResearch {
    body: Value,
    client: Client,
}

impl TikTokResearch {
    /// Asks with this client token, which is good for two hours. `INVALID_CONFIG` for a query that the interface does not have.
    pub fn new(query: &TikTokResearchQuery, token: Secret, http: HttpOptions) -> Result<Self> {
        Ok(Self { body: query.body()?, client: Client::new(&RESEARCH, token, http)? })
    }

    /// Asks with the token in `VIRALNOW_TIKTOK_RESEARCH_TOKEN`.
    pub fn from_env(query: &TikTokResearchQuery) -> Result<Self> {
        Self::new(query, Secret::from_env(RESEARCH_VARIABLE)?, HttpOptions::default())
    }
}

impl ClipSource for TikTokResearch {
    fn platform(&self) -> &'static str {
        "tiktok"
    }

    /// The cursor is the interface's `cursor` and `search_id`, with a colon between.
    fn page(&mut self, cursor: Option<&str>, run: &mut Run) -> Result<Page> {
        let mut body = self.body.clone();
        if let Some(cursor) = cursor {
            let (at, search) = cursor.split_once(':').ok_or_else(not_ours)?;
            body["cursor"] = json!(at.parse::<i64>().map_err(|_| not_ours())?);
            body["search_id"] = json!(search);
        }
        let query = vec![("fields", RESEARCH_FIELDS.to_owned())];
        let request = Request { path: "/research/video/query/".to_owned(), query, body: Some(body), cost: 1 };
        let page = videos(&mut self.client, &request, run, research_draft, |data| {
            Some(format!("{}:{}", data["cursor"].as_i64()?, text(data, "/search_id")?))
        })?;
        // The same place again would be the same page again.
        Ok(Page { next: page.next.filter(|next| Some(next.as_str()) != cursor), ..page })
    }

    fn usage(&self) -> Usage {
        self.client.usage.clone()
    }
}

/// What to ask the Display API for. Without `ids` it is the user's videos, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TikTokDisplayQuery {
    /// Videos of the user by id; 20 go into one page.
    pub ids: Vec<String>,
    /// Videos on a page, 1 to 20; 20 by default.
    pub page_size: Option<u32>,
}

/// A user's own videos, through the Display API: 600 requests a minute.
#[derive(Debug)]
pub struct TikTokDisplay {
    query: TikTokDisplayQuery,
    client: Client,
}

/// Videos on a page of the Display API at most.
const MOST_SHOWN: usize = 20;

impl TikTokDisplay {
    /// Asks with this user's token, which needs the scope `video.list`.
    pub fn new(query: TikTokDisplayQuery, token: Secret, http: HttpOptions) -> Result<Self> {
        if !(1..=MOST_SHOWN as u32).contains(&query.page_size.unwrap_or(1)) {
            return Err(Error::new(ErrorKind::InvalidConfig, "page_size is 1 to 20"));
        }
        Ok(Self { query, client: Client::new(&DISPLAY, token, http)? })
    }

    /// Asks with the token in `VIRALNOW_TIKTOK_DISPLAY_TOKEN`.
    pub fn from_env(query: TikTokDisplayQuery) -> Result<Self> {
        Self::new(query, Secret::from_env(DISPLAY_VARIABLE)?, HttpOptions::default())
    }
}

impl ClipSource for TikTokDisplay {
    fn platform(&self) -> &'static str {
        "tiktok"
    }

    fn page(&mut self, cursor: Option<&str>, run: &mut Run) -> Result<Page> {
        let at = cursor.map(|cursor| cursor.parse::<i64>().map_err(|_| not_ours())).transpose()?;
        let query = vec![("fields", DISPLAY_FIELDS.to_owned())];
        if self.query.ids.is_empty() {
            let mut body = json!({ "max_count": self.query.page_size.unwrap_or(MOST_SHOWN as u32) });
            if let Some(at) = at {
                body["cursor"] = json!(at);
            }
            let request = Request { path: "/video/list/".to_owned(), query, body: Some(body), cost: 1 };
            let page = videos(&mut self.client, &request, run, display_draft, |data| text(data, "/cursor"))?;
            return Ok(Page { next: page.next.filter(|next| Some(next.as_str()) != cursor), ..page });
        }
        let from = usize::try_from(at.unwrap_or(0)).map_err(|_| not_ours())?;
        let to = self.query.ids.len().min(from.saturating_add(MOST_SHOWN));
        let ids = self.query.ids.get(from..to).ok_or_else(not_ours)?;
        let body = json!({ "filters": { "video_ids": ids } });
        let next = (to < self.query.ids.len()).then(|| to.to_string());
        let request = Request { path: "/video/query/".to_owned(), query, body: Some(body), cost: 1 };
        let mut page = videos(&mut self.client, &request, run, display_draft, |_| None)?;
        let absent = ids.iter().filter(|id| page.clips.iter().all(|clip| clip.id != **id));
        page.left_out.extend(absent.map(|id| format!("{id}: TikTok has no such video of this user")));
        Ok(Page { next, ..page })
    }

    fn usage(&self) -> Usage {
        self.client.usage.clone()
    }
}

/// One page of either interface.
fn videos(
    client: &mut Client,
    request: &Request<'_>,
    run: &mut Run,
    draft: fn(&Value) -> Draft,
    next: impl Fn(&Value) -> Option<String>,
) -> Result<Page> {
    let answer = client.send(request, run)?;
    let data = &answer.body["data"];
    let items = list(&data["videos"]);
    client.usage.records += items.len() as u64;
    let (clips, left_out) = clips_of(items, answer.time, draft);
    let next = data["has_more"].as_bool().unwrap_or(false).then(|| next(data)).flatten();
    Ok(Page { clips, time: answer.time, next, left_out, stopped_by: None })
}

const LEFT_OUT: &str = "TikTok left it out";

fn research_draft(item: &Value) -> Draft {
    let id = text(item, "/id").unwrap_or_default();
    let url = text(item, "/username").map(|name| format!("https://www.tiktok.com/@{name}/video/{id}"));
    let tags = if list(&item["hashtag_names"]).is_empty() { &Value::Null } else { &item["hashtag_names"] };
    Draft::new("tiktok", &item["id"])
        .put("title", &item["video_description"])
        .put("url", &json!(url))
        .put("channel", &item["username"])
        .put("tags", tags)
        .put("transcript", &item["voice_to_text"])
        .published(&item["create_time"])
        .put("duration_s", &item["video_duration"])
        .count("views", &item["view_count"], LEFT_OUT)
        .count("likes", &item["like_count"], LEFT_OUT)
        .count("comments", &item["comment_count"], LEFT_OUT)
        .count("shares", &item["share_count"], LEFT_OUT)
        .count("saves", &item["favourites_count"], LEFT_OUT)
        .put("region", &item["region_code"])
        .id("music_id", &item["music_id"])
}

fn display_draft(item: &Value) -> Draft {
    let draft = Draft::new("tiktok", &item["id"]).caption(&item["video_description"]);
    // The title is short or empty; the description is what people see.
    let draft = match text(item, "/video_description") {
        Some(_) => draft,
        None => draft.caption(&item["title"]),
    };
    draft
        .put("url", &item["share_url"])
        .put("thumbnail_url", &item["cover_image_url"])
        .published(&item["create_time"])
        .put("duration_s", &item["duration"])
        .count("views", &item["view_count"], LEFT_OUT)
        .count("likes", &item["like_count"], LEFT_OUT)
        .count("comments", &item["comment_count"], LEFT_OUT)
        .count("shares", &item["share_count"], LEFT_OUT)
        .count("saves", &Value::Null, "TikTok's Display API gives no count of saves")
        .put("width", &item["width"])
        .put("height", &item["height"])
}

/// Every answer has an `error`; that of a success has the code `ok`.
fn said(body: &Value) -> Said {
    let reason = text(body, "/error/code").filter(|code| code != "ok");
    let status = reason.as_deref().map(|code| match code {
        "rate_limit_exceeded" => 429,
        "access_token_invalid" | "scope_not_authorized" => 401,
        "internal_error" => 500,
        _ => 400,
    });
    Said { message: text(body, "/error/message"), status, reason, ..Said::default() }
}
