//! The platforms' sources over real HTTP: a server on this machine answers with the payloads of the documentation, unmodified,
//! and with the errors and limits that it describes.

use crate::common;
use crate::http_server;

use common::shared;
use http_server::{Reply, Seen, Server};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use viralnow_core::clips::sources::{
    FetchLimits, Fetched, HttpOptions, RetryPolicy, Secret, SourceQuery, YouTube, YouTubeQuery, fetch_clips,
};
use viralnow_core::clips::{Clip, Histories, History};
use viralnow_core::monitor::{CancelToken, Control, EventMonitor, Progress, Run, Scope, Steps};
use viralnow_core::{CorrelationId, Error, ErrorKind};

/// With characters that an address must encode.
const TOKEN: &str = "tok+SECRET/invented=42";

fn payload(test: &str, name: &str) -> Option<Vec<u8>> {
    let path = shared(test, &format!("reference/payloads/{name}.json"))?;
    Some(std::fs::read(path).expect("readable"))
}

/// The payload, or the end of a test that prints SKIPPED.
macro_rules! payload {
    ($name:literal) => {
        match payload(module_path!(), $name) {
            Some(payload) => payload,
            None => return,
        }
    };
}

fn options(server: &Server) -> HttpOptions {
    HttpOptions {
        base_url: Some(server.url()),
        timeout_s: 5.0,
        retry: RetryPolicy { tries: 3, base_s: 0.001, most_s: 0.01, max_wait_s: 3.0 },
        ..HttpOptions::default()
    }
}

fn fetch_with(
    source: &str,
    query: Value,
    http: HttpOptions,
    max_pages: usize,
    cursor: Option<&str>,
) -> Fetched {
    let query = SourceQuery::from_json(source, query).expect("a query");
    let mut source = query.open(Some(Secret::new(TOKEN).unwrap()), http).expect("a source");
    let limits = FetchLimits { max_pages, ..FetchLimits::default() };
    fetch_clips(&mut *source, cursor.map(str::to_owned), limits, &mut Run::unwatched())
}

fn fetch(server: &Server, source: &str, query: Value, max_pages: usize) -> Fetched {
    fetch_with(source, query, options(server), max_pages, None)
}

fn whole(fetched: Fetched) -> Fetched {
    assert!(fetched.stopped_by.is_none(), "{:?}", fetched.stopped_by);
    fetched
}

fn context<'a>(error: &'a Error, key: &str) -> Option<&'a str> {
    error.context().iter().find(|(name, _)| *name == key).map(|(_, value)| value.as_str())
}

fn edited(payload: &[u8], edit: impl Fn(&mut Value)) -> Vec<u8> {
    let mut value: Value = serde_json::from_slice(payload).expect("JSON");
    edit(&mut value);
    value.to_string().into_bytes()
}

fn youtube() -> Value {
    json!({ "region": "US", "page_size": 2 })
}

fn research() -> Value {
    json!({ "hashtags": ["#fyp"], "regions": ["US"], "start_date": "20251101", "end_date": "2025-11-30" })
}

fn x() -> Value {
    json!({ "query": "#cat has:videos" })
}

fn hashtag() -> Value {
    json!({ "user_id": "17841400000000001", "hashtag": "#cat" })
}

#[test]
fn youtube_gives_clips_pages_and_what_is_hidden() {
    let page = payload!("youtube_videos_list");
    let last = edited(&page, |v| {
        v.as_object_mut().unwrap().remove("nextPageToken");
        v["items"][0]["id"] = json!("third");
    });
    let server = Server::start([Reply::json(200, &page), Reply::json(200, &last)]);
    let before = jiff::Timestamp::now();
    let fetched = whole(fetch(&server, "youtube", youtube(), 10));
    assert_eq!((fetched.pages, fetched.next.as_deref(), fetched.left_out), (2, None, 0));
    let ids: Vec<_> = fetched.clips.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["synthVid001", "synthVid002", "third"], "a clip that came twice stands once");
    let [first, second, _] = &fetched.clips[..] else { panic!() };
    assert_eq!(first.counts.views, Some(150_000));
    assert_eq!(
        (first.counts.likes, first.counts.comments, first.counts.shares),
        (Some(8500), Some(1200), None)
    );
    assert_eq!((first.duration_s, first.channel.as_deref()), (Some(42.0), Some("UCsynthetic000000000001")));
    assert_eq!(first.published_at, "2026-11-19T14:05:00Z".parse().ok());
    assert_eq!(first.url.as_deref(), Some("https://www.youtube.com/watch?v=synthVid001"));
    assert!(
        first.thumbnail_url.as_deref().unwrap().ends_with("hqdefault.jpg") && first.tags == ["shorts", "cat"]
    );
    assert!(first.missing["shares"].contains("no count of shares") && !first.missing.contains_key("likes"));
    assert_eq!((second.counts.views, second.counts.likes), (Some(u64::MAX), None));
    assert!(second.missing["likes"].contains("hidden") && second.missing["comments"].contains("hidden"));
    assert_eq!(second.duration_s, Some(63.0));
    // Snapshots go into histories as they are; the one that came twice has two.
    assert_eq!(fetched.snapshots[1].snapshots.len(), 2);
    let mut histories = Histories::new();
    for seen in &fetched.snapshots {
        let history: &mut History = histories.entry((seen.platform.clone(), seen.id.clone())).or_default();
        for snapshot in &seen.snapshots {
            assert!(history.push(*snapshot).unwrap() && snapshot.time >= before);
        }
    }
    let seen = server.seen();
    assert_eq!(seen[0].path, "/videos");
    for (name, value) in [
        ("part", "snippet,contentDetails,statistics"),
        ("chart", "mostPopular"),
        ("regionCode", "US"),
        ("maxResults", "2"),
    ] {
        assert_eq!(seen[0].query(name).as_deref(), Some(value));
    }
    assert_eq!((seen[0].query("pageToken"), seen[1].query("pageToken").as_deref()), (None, Some("CAUQAA")));
    assert_eq!((seen[0].header("x-goog-api-key"), seen[0].query("key")), (Some(TOKEN), None));
    let usage = &fetched.usage;
    assert_eq!((usage.requests, usage.retries, usage.units, usage.records), (2, 0, 2, 4));
    assert_eq!((usage.limit, usage.remaining), (Some(10_000), None));
    assert!(usage.missing["remaining"].contains("YouTube"));
    let resets = usage.resets_at.unwrap();
    assert!(resets > before && resets.duration_since(before).as_hours() <= 25, "{resets}");
}

#[test]
fn a_page_limit_leaves_the_cursor_and_a_fetch_goes_on_from_it() {
    let page = payload!("youtube_videos_list");
    let server = Server::start([Reply::json(200, &page)]);
    let fetched = whole(fetch(&server, "youtube", youtube(), 1));
    assert_eq!((fetched.pages, fetched.next.as_deref()), (1, Some("CAUQAA")));
    let again = fetch_with("youtube", youtube(), options(&server), 1, fetched.next.as_deref());
    // The same cursor named again is the end: this server always names it.
    assert_eq!((whole(again).next, server.seen()[1].query("pageToken").as_deref()), (None, Some("CAUQAA")));
}

#[test]
fn youtube_videos_by_id_say_which_are_gone() {
    let page = payload!("youtube_videos_list");
    let server = Server::start([Reply::json(200, &page), Reply::json(200, br#"{"items": []}"#)]);
    let mut ids: Vec<String> = (0..49).map(|i| format!("gone{i}")).collect();
    ids.extend(["synthVid001", "synthVid002"].map(str::to_owned));
    let fetched = whole(fetch(&server, "youtube", json!({ "ids": ids }), 10));
    assert_eq!((fetched.pages, fetched.clips.len(), fetched.left_out, fetched.reasons.len()), (2, 2, 50, 20));
    assert!(fetched.reasons[0].starts_with("gone0:"));
    let asked: Vec<usize> = server.seen().iter().map(|s| s.query("id").unwrap().split(',').count()).collect();
    assert_eq!(asked, [50, 1]);
}

#[test]
fn tiktok_research_gives_clips_and_keeps_its_ids() {
    let page = payload!("tiktok_research_video_query");
    let last = edited(&page, |v| v["data"]["has_more"] = json!(false));
    let server = Server::start([Reply::json(200, &page), Reply::json(200, &last)]);
    let fetched = whole(fetch(&server, "tiktok_research", research(), 10));
    let [clip] = &fetched.clips[..] else { panic!("{fetched:?}") };
    assert_eq!((clip.id.as_str(), clip.platform.as_str()), ("7300000000000000001", "tiktok"));
    assert_eq!(clip.extra["music_id"], "7200000000000000001");
    let counts = clip.counts;
    assert_eq!((counts.views, counts.likes, counts.comments), (Some(150_000), Some(8500), Some(1200)));
    assert_eq!((counts.shares, counts.saves), (Some(450), Some(77)));
    assert_eq!(clip.transcript.as_deref(), Some("hello synthetic world"));
    assert_eq!(clip.url.as_deref(), Some("https://www.tiktok.com/@synthetic_user/video/7300000000000000001"));
    assert_eq!((clip.tags.join(","), clip.duration_s), ("fyp".to_owned(), Some(42.0)));
    assert_eq!(clip.published_at.unwrap().as_second(), 1_763_647_200);
    let seen = server.seen();
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/research/video/query/"));
    assert_eq!(seen[0].header("authorization"), Some(&*format!("Bearer {TOKEN}")));
    assert!(seen[0].query("fields").unwrap().contains("favourites_count"));
    let body: Value = serde_json::from_slice(&seen[0].body).unwrap();
    assert_eq!(
        (&body["start_date"], &body["end_date"], &body["max_count"]),
        (&json!("20251101"), &json!("20251130"), &json!(100))
    );
    let first = json!({ "operation": "IN", "field_name": "hashtag_name", "field_values": ["fyp"] });
    assert_eq!((&body["query"]["and"][0], body["query"]["and"].as_array().unwrap().len()), (&first, 2));
    assert!(body.get("cursor").is_none());
    let body: Value = serde_json::from_slice(&seen[1].body).unwrap();
    assert_eq!((&body["cursor"], &body["search_id"]), (&json!(100), &json!("7300000000000000999")));
    assert_eq!((fetched.usage.limit, fetched.usage.units), (Some(1000), 2));
    assert!(fetched.usage.resets_at.unwrap().to_string().ends_with("T00:00:00Z"));
}

#[test]
fn tiktok_display_gives_the_users_videos() {
    let page = payload!("tiktok_display_video_list");
    let more = edited(&page, |v| v["data"]["has_more"] = json!(true));
    let server = Server::start([Reply::json(200, &more), Reply::json(200, &page), Reply::json(200, &page)]);
    let fetched = whole(fetch(&server, "tiktok_display", json!({}), 10));
    let [clip] = &fetched.clips[..] else { panic!("{fetched:?}") };
    assert_eq!(
        (clip.id.as_str(), clip.counts.shares, clip.counts.saves),
        ("7300000000000000001", Some(450), None)
    );
    assert!(clip.missing["saves"].contains("Display API"));
    assert_eq!(
        clip.thumbnail_url.as_deref(),
        Some("https://example.invalid/cover.image?x-expires=1763668800")
    );
    let seen = server.seen();
    assert_eq!((seen.len(), seen[0].path.as_str()), (2, "/video/list/"));
    let body: Value = serde_json::from_slice(&seen[1].body).unwrap();
    assert_eq!(body, json!({ "cursor": 1_763_647_200_000_i64, "max_count": 20 }));
    let ids = json!({ "ids": ["7300000000000000001", "1"] });
    let fetched = whole(fetch(&server, "tiktok_display", ids, 10));
    assert_eq!((fetched.clips.len(), fetched.left_out), (1, 1));
    let last = server.seen().pop().unwrap();
    assert_eq!(last.path, "/video/query/");
    assert!(
        String::from_utf8(last.body)
            .unwrap()
            .contains(r#"{"filters":{"video_ids":["7300000000000000001","1"]}}"#)
    );
}

#[test]
fn instagram_goes_on_though_its_cursor_stays_and_never_keeps_the_token() {
    let (found, page) = (payload!("instagram_ig_hashtag_search"), payload!("instagram_top_media"));
    // As the platform: the token stands in paging.next.
    let next = format!(
        "https://graph.facebook.com/v26.0/1/top_media?access_token={}&after=c3lu&x=1",
        "tok%2BSECRET%2Finvented%3D42"
    );
    let page = edited(&page, |v| v["paging"]["next"] = json!(next));
    let second = edited(&page, |v| v["data"][0]["id"] = json!("3"));
    let third = edited(&page, |v| v["data"] = json!([]));
    let replies = [&found, &page, &second, &third].map(|payload| Reply::json(200, payload));
    let server = Server::start(replies);
    let fetched = whole(fetch(&server, "instagram", hashtag(), 10));
    assert_eq!((fetched.pages, fetched.clips.len(), fetched.next.as_deref()), (3, 3, None));
    let [reel, album, _] = &fetched.clips[..] else { panic!() };
    assert_eq!((reel.counts.views, reel.counts.likes, reel.counts.comments), (None, Some(8500), Some(1200)));
    assert!(reel.missing["views"].contains("own media") && reel.missing["saves"].contains("own media"));
    assert_eq!(reel.published_at, "2026-11-19T14:05:00Z".parse().ok(), "an offset without a colon");
    assert_eq!((reel.tags.join(","), &reel.extra["media_type"]), ("cat".to_owned(), &json!("VIDEO")));
    assert!(album.counts.likes.is_none() && album.missing["likes"].contains("hidden"));
    let seen = server.seen();
    assert_eq!((seen[0].path.as_str(), seen[0].query("q").as_deref()), ("/ig_hashtag_search", Some("cat")));
    assert_eq!(seen[1].path, "/17840000000000001/top_media");
    assert_eq!((seen[1].query("after"), seen[2].query("after").as_deref()), (None, Some("c3lu")));
    assert_eq!((seen[3].query("after").as_deref(), seen[3].query("x").as_deref()), (Some("c3lu"), Some("1")));
    // As documented: in the address, once, whatever paging.next says.
    let alone =
        |s: &Seen| s.query("access_token").as_deref() == Some(TOKEN) && s.header("authorization").is_none();
    assert!(seen.iter().all(alone));
    assert!(!seen[1].query("fields").unwrap().contains("username"));
    // Stopped by its limit, the cursor holds no token.
    let server = Server::start([&found, &page].map(|payload| Reply::json(200, payload)));
    let fetched = whole(fetch(&server, "instagram", hashtag(), 1));
    assert_eq!(fetched.next.as_deref(), Some("after=c3lu&x=1"));
}

#[test]
fn the_unmodified_instagram_page_is_read_and_its_next_stays_on_our_host() {
    let (found, page) = (payload!("instagram_ig_hashtag_search"), payload!("instagram_top_media"));
    let server = Server::start([&found, &page, &page].map(|payload| Reply::json(200, payload)));
    let fetched = whole(fetch(&server, "instagram", hashtag(), 2));
    assert_eq!((fetched.pages, fetched.clips.len(), server.seen().len()), (2, 2, 3));
    assert_eq!(
        server.seen()[2].query("user_id").as_deref(),
        Some("17841400000000001"),
        "ours, not the page's"
    );
}

#[test]
fn instagram_insights_are_joined_and_what_they_lack_is_said() {
    let (page, insights) = (payload!("instagram_top_media"), payload!("instagram_media_insights"));
    let page = edited(&page, |v| drop(v.as_object_mut().unwrap().remove("paging")));
    let few = br#"{"error": {"message": "(#10) Not enough viewers for the media to show insights", "type": "OAuthException", "code": 10}}"#;
    let server = Server::start([Reply::json(200, &page), Reply::json(200, &insights), Reply::json(403, few)]);
    let query = json!({ "user_id": "17841400000000001", "insights": true });
    let fetched = whole(fetch(&server, "instagram", query.clone(), 10));
    let [reel, album] = &fetched.clips[..] else { panic!() };
    assert_eq!((reel.counts.views, reel.counts.shares, reel.counts.saves), (Some(150_000), Some(450), None));
    assert!(reel.missing["saves"].contains("no value yet"), "{:?}", reel.missing);
    assert!(album.counts.views.is_none() && album.missing["views"].contains("Not enough viewers"));
    let paths: Vec<_> = server.seen().into_iter().map(|s| s.path).collect();
    assert_eq!(
        paths,
        ["/17841400000000001/media", "/17890000000000001/insights", "/17890000000000002/insights"]
    );
    // A limit in the middle of a page: the page's clips stay.
    let limit = payload!("instagram_error");
    let usage = r#"{"1": [{"type": "instagram", "call_count": 100, "total_cputime": 25, "total_time": 12, "estimated_time_to_regain_access": 30}]}"#;
    let limit = Reply::json(400, &limit).with("X-Business-Use-Case-Usage", usage);
    let server = Server::start([Reply::json(200, &page), Reply::json(200, &insights), limit]);
    let fetched = fetch(&server, "instagram", query, 10);
    let error = fetched.stopped_by.unwrap();
    assert_eq!((error.kind(), context(&error, "reason")), (ErrorKind::QuotaExceeded, Some("4")));
    let resets: jiff::Timestamp = context(&error, "resets_at").unwrap().parse().unwrap();
    let minutes = resets.duration_since(jiff::Timestamp::now()).as_secs_f64() / 60.0;
    assert!((minutes - 30.0).abs() < 1.0, "{minutes}");
    assert_eq!((fetched.clips.len(), fetched.usage.used_percent, server.seen().len()), (2, Some(100.0), 3));
    assert_eq!((fetched.clips[0].counts.views, fetched.clips[1].counts.views), (Some(150_000), None));
}

#[test]
fn x_is_read_in_both_generations_of_its_names() {
    let (old, new) = (payload!("x_search_recent"), payload!("x_search_recent_new_names"));
    let limits = |payload: &[u8]| {
        Reply::json(200, payload)
            .with("x-rate-limit-limit", "450")
            .with("x-rate-limit-remaining", "449")
            .with("x-rate-limit-reset", "1795000000")
    };
    let server = Server::start([limits(&old), limits(&new)]);
    let fetched = whole(fetch(&server, "x", x(), 10));
    let [first, second] = &fetched.clips[..] else { panic!("{fetched:?}") };
    for clip in [first, second] {
        let counts = clip.counts;
        assert_eq!((counts.views, counts.likes, counts.comments), (Some(150_000), Some(8500), Some(1200)));
        assert_eq!((counts.shares, counts.saves), (Some(450 + 12), Some(33)), "reposts and quotes");
        assert_eq!(clip.published_at, "2026-11-20T10:00:00Z".parse().ok());
    }
    assert_eq!(first.url.as_deref(), Some("https://x.com/synthetic/status/1990000000000000001"));
    assert_eq!((first.duration_s, &first.extra["video_views"]), (Some(42.0), &json!(140_000)));
    assert_eq!(second.url.as_deref(), Some("https://x.com/i/status/1990000000000000002"));
    let usage = &fetched.usage;
    assert_eq!((usage.limit, usage.remaining), (Some(450), Some(449)));
    assert_eq!(usage.resets_at.map(jiff::Timestamp::as_second), Some(1_795_000_000));
    let seen = server.seen();
    assert_eq!(
        (seen[0].path.as_str(), seen[0].query("max_results").as_deref()),
        ("/tweets/search/recent", Some("100"))
    );
    assert!(seen[0].query("tweet.fields").is_some() && seen[0].query("post.fields").is_none());
    assert_eq!(seen[1].query("next_token").as_deref(), Some("b26v89c19zqg8o3fsynthetic"));
    let server = Server::start([Reply::json(200, &new)]);
    whole(fetch(&server, "x", json!({ "query": "a", "field_names": "post" }), 10));
    assert!(server.seen()[0].query("post.fields").is_some());
}

#[test]
fn x_says_what_it_could_not_give_and_nothing_found_is_no_error() {
    let partial = payload!("x_search_recent_partial_errors");
    let server = Server::start([Reply::json(200, &partial)]);
    let fetched = whole(fetch(&server, "x", x(), 10));
    assert_eq!((fetched.clips.len(), fetched.left_out, fetched.pages), (0, 1, 1));
    assert!(fetched.reasons[0].contains("1990000000000000009"), "{:?}", fetched.reasons);
    let server = Server::start([Reply::json(200, br#"{"meta": {"result_count": 0}}"#)]);
    assert_eq!(whole(fetch(&server, "x", x(), 10)).clips, Vec::<Clip>::new());
}

#[test]
fn a_rate_limit_is_waited_for_and_then_it_goes_on() {
    let (limited, page) = (payload!("x_error_429"), payload!("x_search_recent_new_names"));
    // The server's clock is an hour off ours; what it says counts by its own.
    let date = ("Date", "Fri, 20 Nov 2026 10:00:00 GMT");
    let reset = "2026-11-20T10:00:01Z".parse::<jiff::Timestamp>().unwrap().as_second().to_string();
    for (name, value, least) in
        [("x-rate-limit-reset", reset.as_str(), 1.0), ("Retry-After", "1", 1.0), ("x-none", "", 0.0)]
    {
        let server = Server::start([
            Reply::json(429, &limited).with(date.0, date.1).with(name, value),
            Reply::json(200, &page),
        ]);
        let start = Instant::now();
        let fetched = whole(fetch(&server, "x", x(), 10));
        let took = start.elapsed().as_secs_f64();
        assert!((least..least + 10.0).contains(&took), "{name}: {took}");
        assert_eq!((fetched.clips.len(), fetched.usage.requests, fetched.usage.retries), (1, 2, 1));
        assert!(fetched.usage.waited_s >= least && fetched.usage.units == 2);
    }
}

#[test]
fn a_rate_limit_that_lasts_longer_ends_the_call_and_says_until_when() {
    let limited = payload!("x_error_429");
    let reply = Reply::json(429, &limited).with("Date", "Fri, 20 Nov 2026 10:00:00 GMT");
    let server = Server::start([reply.with("Retry-After", "900")]);
    let start = Instant::now();
    let error = fetch(&server, "x", x(), 10).stopped_by.unwrap();
    assert!(start.elapsed() < Duration::from_millis(2500) && server.seen().len() == 1);
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::RateLimited, true));
    assert_eq!(
        (context(&error, "resets_at"), context(&error, "retry_after_s")),
        (Some("2026-11-20T10:15:00Z"), Some("900"))
    );
    // Without a moment: by back-off, until the tries are used up.
    let limited = payload!("tiktok_error_rate");
    let server = Server::start([Reply::json(429, &limited)]);
    let error = fetch(&server, "tiktok_display", json!({}), 10).stopped_by.unwrap();
    assert_eq!(
        (error.kind(), context(&error, "reason")),
        (ErrorKind::RateLimited, Some("rate_limit_exceeded"))
    );
    assert_eq!((server.seen().len(), context(&error, "tries")), (3, Some("3")));
}

#[test]
fn a_used_up_quota_keeps_the_pages_before_it_and_says_when_it_begins_anew() {
    let (page, quota) = (payload!("youtube_videos_list"), payload!("youtube_error_quota"));
    // 07:00 UTC of a summer's day is midnight in Los Angeles, 08:00 of a winter's.
    for (date, resets) in [
        ("Fri, 20 Nov 2026 10:00:00 GMT", "2026-11-21T08:00:00Z"),
        ("Wed, 01 Jul 2026 06:00:00 GMT", "2026-07-01T07:00:00Z"),
    ] {
        let server = Server::start([Reply::json(200, &page), Reply::json(403, &quota).with("Date", date)]);
        let fetched = fetch(&server, "youtube", youtube(), 10);
        assert_eq!((fetched.clips.len(), fetched.snapshots.len(), fetched.pages), (2, 2, 1));
        assert_eq!((fetched.next.as_deref(), server.seen().len()), (Some("CAUQAA"), 2), "no other try");
        let error = fetched.stopped_by.unwrap();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::QuotaExceeded, false));
        assert_eq!((error.kind().code(), context(&error, "resets_at")), ("QUOTA_EXCEEDED", Some(resets)));
        assert_eq!((context(&error, "reason"), fetched.usage.units), (Some("quotaExceeded"), 2));
    }
}

#[test]
fn what_may_pass_is_tried_again_and_refusals_are_not() {
    let page = payload!("youtube_videos_list");
    for (name, trouble) in [
        ("500", Reply::json(500, b"{}")),
        ("502 with a page of HTML", Reply::json(502, b"<html>Bad gateway</html>")),
        ("closed before an answer", Reply::Close),
        ("closed in the middle of the body", Reply::json(200, &page).cut(300)),
        ("reset in the middle of the header", Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Le".to_vec())),
        ("not HTTP", Reply::Raw(b"\x16\x03\x01\x02\x00\x01nonsense\r\n\r\n".to_vec())),
    ] {
        let server = Server::start([trouble.clone(), trouble.clone(), Reply::json(200, &page)]);
        let fetched = whole(fetch(&server, "youtube", youtube(), 1));
        assert_eq!((fetched.clips.len(), fetched.usage.retries), (2, 2), "{name}");
        let server = Server::start([Reply::json(200, &page), trouble]);
        let fetched = fetch(&server, "youtube", youtube(), 10);
        let error = fetched.stopped_by.unwrap();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Io, true), "{name}: {error}");
        assert_eq!((server.seen().len(), fetched.clips.len()), (4, 2), "{name}: three tries, one page kept");
    }
    for (status, kind) in [
        (400, ErrorKind::InvalidInput),
        (401, ErrorKind::PermissionDenied),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::NotFound),
        (410, ErrorKind::NotFound),
        (422, ErrorKind::InvalidInput),
    ] {
        let server = Server::start([Reply::json(
            status,
            br#"{"error": {"message": "no", "errors": [{"reason": "because"}]}}"#,
        )]);
        let error = fetch(&server, "youtube", youtube(), 10).stopped_by.unwrap();
        assert_eq!((error.kind(), server.seen().len()), (kind, 1), "{status}: {error}");
        assert_eq!((context(&error, "said"), context(&error, "reason")), (Some("no"), Some("because")));
    }
}

#[test]
fn an_error_inside_a_success_is_one() {
    let body =
        br#"{"data": {}, "error": {"code": "access_token_invalid", "message": "expired", "log_id": "1"}}"#;
    let server = Server::start([Reply::json(200, body)]);
    let error = fetch(&server, "tiktok_display", json!({}), 10).stopped_by.unwrap();
    assert_eq!((error.kind(), server.seen().len()), (ErrorKind::PermissionDenied, 1));
    let body = br#"{"error": {"code": "internal_error", "message": "", "log_id": "1"}}"#;
    let server = Server::start([Reply::json(200, body)]);
    let error = fetch(&server, "tiktok_research", research(), 10).stopped_by.unwrap();
    assert_eq!((error.kind(), server.seen().len()), (ErrorKind::Io, 3));
}

#[test]
fn answers_that_are_wrong_or_too_long_are_refused() {
    for body in [&b"{\"items\": ["[..], b"", b"<html></html>", b"\xff\xfe"] {
        let server = Server::start([Reply::json(200, body)]);
        let error = fetch(&server, "youtube", youtube(), 10).stopped_by.unwrap();
        assert_eq!((error.kind(), server.seen().len()), (ErrorKind::DecodeFailed, 1), "{error}");
    }
    let deep = "[".repeat(1 << 20).into_bytes();
    let server = Server::start([Reply::json(200, &deep)]);
    assert_eq!(fetch(&server, "x", x(), 10).stopped_by.unwrap().kind(), ErrorKind::DecodeFailed);
    // JSON of another shape is no clips, and no panic.
    for body in [
        &b"[]"[..],
        b"5",
        b"null",
        br#"{"items": {}, "data": 5}"#,
        br#"{"items": [5, null, {"id": {}}], "data": [[], {"id": ""}]}"#,
    ] {
        for (source, query) in [
            ("youtube", youtube()),
            ("x", x()),
            ("tiktok_research", research()),
            ("tiktok_display", json!({})),
        ] {
            let server = Server::start([Reply::json(200, body)]);
            assert!(whole(fetch(&server, source, query, 10)).clips.is_empty());
        }
    }
    let huge = vec![b' '; 3 << 20];
    for reply in [Reply::json(200, &huge), Reply::json(200, &huge).chunked()] {
        let server = Server::start([reply]);
        let limited = HttpOptions { max_response_bytes: 1 << 20, ..options(&server) };
        let error = fetch_with("youtube", youtube(), limited, 10, None).stopped_by.unwrap();
        assert_eq!((error.kind(), server.seen().len()), (ErrorKind::LimitExceeded, 1), "{error}");
    }
    let header = format!("HTTP/1.1 200 OK\r\nX-Long: {}\r\n\r\n", "a".repeat(1 << 20));
    let server = Server::start([Reply::Raw(header.into_bytes())]);
    let error = fetch(&server, "youtube", youtube(), 10).stopped_by.unwrap();
    assert!(matches!(error.kind(), ErrorKind::LimitExceeded | ErrorKind::Io), "{error}");
}

#[test]
fn a_slow_server_is_not_waited_for_longer_than_allowed() {
    let page = payload!("youtube_videos_list");
    for reply in [
        Reply::json(200, &page).after(Duration::from_secs(3)),
        Reply::json(200, &page).dripping(Duration::from_millis(20)),
    ] {
        let server = Server::start([reply]);
        let retry = RetryPolicy { tries: 2, ..options(&server).retry };
        let hurried = HttpOptions { timeout_s: 0.2, retry, ..options(&server) };
        let start = Instant::now();
        let error = fetch_with("youtube", youtube(), hurried, 10, None).stopped_by.unwrap();
        assert_eq!((error.kind(), server.seen().len()), (ErrorKind::Timeout, 2), "{error}");
        assert!(start.elapsed() < Duration::from_millis(2500), "{:?}", start.elapsed());
    }
    // The run's own time bounds a request too, and there is no other try after it.
    let server = Server::start([Reply::json(200, &page).after(Duration::from_secs(3))]);
    let query = SourceQuery::from_json("youtube", youtube()).unwrap();
    let mut source = query.open(Some(Secret::new(TOKEN).unwrap()), options(&server)).unwrap();
    let mut run =
        Run::new(Scope::noop(), None, CancelToken::default(), Some(0.2), Steps::new(&[("fetch", 1.0)]));
    let start = Instant::now();
    let fetched = fetch_clips(&mut *source, None, FetchLimits::default(), &mut run);
    assert_eq!(fetched.stopped_by.unwrap().kind(), ErrorKind::Timeout);
    assert!(start.elapsed() < Duration::from_millis(2500) && server.seen().len() == 1);
}

#[test]
fn a_redirect_is_refused_and_the_token_stays() {
    let other = Server::start([Reply::json(200, b"{}")]);
    for status in [301, 302, 303, 307, 308] {
        for (source, query) in [("youtube", youtube()), ("tiktok_display", json!({}))] {
            let target = format!("{}/videos", other.url().replace("127.0.0.1", "localhost"));
            let server = Server::start([Reply::json(status, b"").with("Location", &target)]);
            let error = fetch(&server, source, query, 10).stopped_by.unwrap();
            assert_eq!(
                (error.kind(), context(&error, "to_host")),
                (ErrorKind::PermissionDenied, Some("localhost"))
            );
            assert_eq!(server.seen().len(), 1);
        }
    }
    assert!(other.seen().is_empty());
}

#[test]
fn the_host_stops_a_fetch_between_pages_and_in_a_wait_and_keeps_what_came() {
    let (page, limited) = (payload!("youtube_videos_list"), payload!("x_error_429"));
    let server =
        Server::start([Reply::json(200, &page), Reply::json(429, &limited).with("Retry-After", "2")]);
    let query = SourceQuery::from_json("youtube", youtube()).unwrap();
    let mut source = query.open(Some(Secret::new(TOKEN).unwrap()), options(&server)).unwrap();
    let token = CancelToken::default();
    let (stop, start) = (token.clone(), Instant::now());
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        stop.cancel();
    });
    let mut run = Run::new(Scope::noop(), None, token, None, Steps::new(&[("fetch", 1.0)]));
    let fetched = fetch_clips(&mut *source, None, FetchLimits::default(), &mut run);
    assert_eq!((fetched.stopped_by.unwrap().kind(), fetched.clips.len()), (ErrorKind::Cancelled, 2));
    assert!(start.elapsed() < Duration::from_millis(1900), "{:?}", start.elapsed());
    let stop = |_: &Progress| Control::Stop;
    let mut run = Run::new(
        Scope::noop(),
        Some(Arc::new(stop)),
        CancelToken::default(),
        None,
        Steps::new(&[("fetch", 1.0)]),
    );
    let fetched = fetch_clips(&mut *source, None, FetchLimits::default(), &mut run);
    assert_eq!((fetched.stopped_by.unwrap().kind(), fetched.pages), (ErrorKind::Cancelled, 0));
}

thread_local! {
    /// Whether the logger takes everything of the HTTP library on this thread.
    static ALL: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Everything that anyone logs through the crate `log`, which the HTTP library uses, at the most talkative level that a source
/// agrees to.
fn logged() -> &'static Mutex<Vec<String>> {
    static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static ONCE: OnceLock<()> = OnceLock::new();
    struct Keep;
    impl log::Log for Keep {
        fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
            ALL.get() || !metadata.target().starts_with("ureq") || metadata.level() < log::Level::Trace
        }
        fn log(&self, record: &log::Record<'_>) {
            if !self.enabled(record.metadata()) {
                return;
            }
            LINES.lock().unwrap().push(format!("{} {}", record.target(), record.args()));
        }
        fn flush(&self) {}
    }
    ONCE.get_or_init(|| {
        log::set_logger(&Keep).expect("the only logger");
        log::set_max_level(log::LevelFilter::Trace);
    });
    &LINES
}

#[test]
fn nothing_that_is_printed_holds_the_token() {
    let lines = logged();
    lines.lock().unwrap().clear();
    let echo = |status| {
        let body = json!({ "error": { "message": format!("bad {TOKEN}"), "code": 3, "errors": [{ "reason": format!("r{TOKEN}") }] },
            "detail": format!("x {TOKEN}"), "items": [{ "id": "a", "snippet": { "title": TOKEN } }], "data": [],
            "paging": { "next": format!("https://h/?access_token={TOKEN}") }, "errors": [{ "detail": TOKEN }] });
        Reply::json(status, body.to_string().as_bytes())
    };
    let elsewhere =
        Reply::json(302, b"").with("Location", &format!("https://example.invalid/{TOKEN}?key={TOKEN}"));
    let replies = [
        echo(200),
        echo(400),
        echo(401),
        echo(403),
        echo(404),
        echo(429),
        echo(500),
        elsewhere,
        Reply::Close,
        Reply::json(200, format!("not JSON {TOKEN}").as_bytes()),
        Reply::Raw(format!("HTTP/1.1 {TOKEN} {TOKEN}\r\n{TOKEN}\r\n\r\n").into_bytes()),
        Reply::json(200, b"{}").cut(1),
    ];
    let mut printed = Vec::new();
    let events = Arc::new(Mutex::new(Vec::new()));
    for (source, query) in [
        ("youtube", youtube()),
        ("instagram", hashtag()),
        ("instagram", json!({ "user_id": "1", "insights": true })),
        ("tiktok_research", research()),
        ("tiktok_display", json!({})),
        ("x", x()),
    ] {
        for reply in &replies {
            let server = Server::start([reply.clone()]);
            let parsed = SourceQuery::from_json(source, query.clone()).unwrap();
            let mut opened =
                parsed.clone().open(Some(Secret::new(TOKEN).unwrap()), options(&server)).unwrap();
            let told = events.clone();
            let monitor = EventMonitor::new(move |event: &viralnow_core::monitor::Event| {
                told.lock().unwrap().push(format!("{event:?}"));
            });
            let scope = Scope::new(Arc::new(monitor), &CorrelationId::new("job").unwrap());
            let mut run = Run::new(scope, None, CancelToken::default(), None, Steps::new(&[("fetch", 1.0)]));
            let fetched = fetch_clips(
                &mut *opened,
                None,
                FetchLimits { max_pages: 2, ..FetchLimits::default() },
                &mut run,
            );
            if let Some(error) = &fetched.stopped_by {
                printed.push(format!("{error}\n{error:#?}\n"));
            }
            printed.push(format!("{fetched:?}\n{}\n", serde_json::to_string(&fetched.clips).unwrap()));
        }
    }
    // A port where nobody listens, a host that there is not.
    let closed = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    for base_url in
        [format!("http://{closed}"), "https://no-such-host.invalid".to_owned(), format!("https://{closed}")]
    {
        let retry = RetryPolicy { tries: 1, ..RetryPolicy::default() };
        let http = HttpOptions { base_url: Some(base_url), retry, timeout_s: 5.0, ..HttpOptions::default() };
        printed.push(format!("{:?}\n", fetch_with("youtube", youtube(), http, 1, None)));
    }
    let source = YouTube::new(YouTubeQuery::default(), Secret::new(TOKEN).unwrap(), HttpOptions::default());
    printed.push(format!("{source:?} {:?}", Secret::new("a b secret").unwrap_err()));
    let log = lines.lock().unwrap().join("\n");
    let (printed, events) = (printed.join("\n"), events.lock().unwrap().join("\n"));
    assert!(
        log.contains("ureq") && events.contains("source.retry") && events.contains("fetch_page"),
        "{log}"
    );
    for text in [&printed, &events, &log] {
        for part in ["SECRET", "a b secret"] {
            let at = text.find(part);
            assert!(at.is_none(), "{}", &text[at.unwrap().saturating_sub(300)..][..400]);
        }
    }
    assert!(printed.contains("***"), "what the platform says is shown without it");
}

#[test]
fn a_logger_that_would_write_the_token_down_is_told() {
    logged();
    let server = Server::start([Reply::json(200, b"{}")]);
    ALL.set(true);
    let error = fetch(&server, "x", x(), 1).stopped_by.unwrap();
    ALL.set(false);
    assert_eq!((error.kind(), server.seen().len()), (ErrorKind::InvalidConfig, 0), "{error}");
    assert!(error.to_string().contains("ureq_proto"));
    whole(fetch(&server, "x", x(), 1));
}

#[test]
fn settings_that_cannot_be_are_refused_before_anything_is_sent() {
    let refused = |source: &str, query: Value, http: HttpOptions| {
        let opened = SourceQuery::from_json(source, query.clone())
            .and_then(|q| q.open(Some(Secret::new(TOKEN)?), http));
        let error = opened.err().unwrap_or_else(|| panic!("{source} {query} was taken"));
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{source} {query}: {error}");
    };
    for (source, query) in [
        ("youtub", json!({})),
        ("youtube", json!({ "regoin": "US" })),
        ("youtube", json!({ "page_size": 51 })),
        ("youtube", json!({ "ids": ["a,b"] })),
        ("youtube", json!({ "ids": ["a"], "region": "US" })),
        ("tiktok_research", json!({ "hashtags": ["a"], "start_date": "20260101", "end_date": "20260301" })),
        ("tiktok_research", json!({ "hashtags": ["a"], "start_date": "20260102", "end_date": "20260101" })),
        ("tiktok_research", json!({ "hashtags": ["a"], "start_date": "yesterday", "end_date": "20260101" })),
        ("tiktok_research", json!({ "start_date": "20260101", "end_date": "20260101" })),
        ("tiktok_display", json!({ "page_size": 21 })),
        ("instagram", json!({ "hashtag": "a" })),
        ("instagram", json!({ "user_id": "1", "hashtag": "a", "insights": true })),
        ("x", json!({})),
        ("x", json!({ "query": "a", "page_size": 9 })),
        ("x", json!({ "query": "a", "sort_order": "best" })),
        ("x", json!({ "query": "a", "start_time": "2026-01-01T00:00:00Z", "since_id": "1" })),
    ] {
        refused(source, query, HttpOptions::default());
    }
    for http in [
        HttpOptions { base_url: Some("http://example.org".to_owned()), ..HttpOptions::default() },
        HttpOptions { timeout_s: 0.0, ..HttpOptions::default() },
        HttpOptions { timeout_s: f64::NAN, ..HttpOptions::default() },
        HttpOptions { max_response_bytes: 0, ..HttpOptions::default() },
        HttpOptions { retry: RetryPolicy { tries: 0, ..RetryPolicy::default() }, ..HttpOptions::default() },
    ] {
        refused("youtube", json!({}), http);
    }
    refused("x", x(), HttpOptions { token_in_query: Some(true), ..HttpOptions::default() });
    let error = SourceQuery::from_json("x", x()).unwrap().open(None, HttpOptions::default()).err();
    // Only where nobody has set it.
    if std::env::var_os("VIRALNOW_X_TOKEN").is_none() {
        assert!(error.unwrap().to_string().contains("VIRALNOW_X_TOKEN"));
    }
}

#[test]
fn a_token_goes_into_the_address_or_a_header_as_documented_or_asked_for() {
    let (page, found) = (payload!("youtube_videos_list"), payload!("instagram_ig_hashtag_search"));
    let bearer = format!("Bearer {TOKEN}");
    for (source, query, name, (header, value), payload) in [
        ("youtube", youtube(), "key", ("x-goog-api-key", TOKEN), page),
        ("instagram", hashtag(), "access_token", ("authorization", &*bearer), found),
    ] {
        for (asked, in_query) in [(Some(true), true), (Some(false), false), (None, source == "instagram")] {
            let server = Server::start([Reply::json(200, &payload)]);
            let http = HttpOptions { token_in_query: asked, ..options(&server) };
            fetch_with(source, query.clone(), http, 1, None);
            let seen: &Seen = &server.seen()[0];
            assert_eq!(seen.query(name).as_deref(), in_query.then_some(TOKEN), "{source}");
            assert_eq!(seen.header(header), (!in_query).then_some(value), "{source}");
        }
    }
}
