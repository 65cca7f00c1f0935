//! What yt-dlp writes: `yt-dlp -J URL` (one video, or a playlist), `yt-dlp -j URL` (a line for each). Needs no key and makes no
//! request: the host runs yt-dlp, or not.

use super::draft::{Draft, clips_of};
use crate::clips::clip::Clip;
use crate::clips::history::{ClipHistory, Snapshot};
use crate::{Error, ErrorKind, Result};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Deserializer, Value, json};
use std::io::{BufReader, Read};
use std::path::Path;

/// What a document of yt-dlp gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct YtDlpRead {
    /// The clips, in the document's order.
    pub clips: Vec<Clip>,
    /// What was seen of each, at the moment that the document names.
    pub snapshots: Vec<ClipHistory>,
    /// How many entries are no clip, such as videos of a playlist that yt-dlp could not open.
    pub left_out: usize,
    /// Why, of the first of them.
    pub reasons: Vec<String>,
}

const MOST_SAID: usize = 5;

/// The part of yt-dlp's object that a clip has; the rest (formats with their addresses and headers) is never kept in memory.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Info {
    entries: Option<Vec<Option<Info>>>,
    id: Value,
    title: Value,
    description: Value,
    extractor_key: Value,
    ie_key: Value,
    webpage_url: Value,
    url: Value,
    thumbnail: Value,
    channel_id: Value,
    uploader_id: Value,
    channel: Value,
    uploader: Value,
    channel_follower_count: Value,
    duration: Value,
    timestamp: Value,
    upload_date: Value,
    tags: Value,
    view_count: Value,
    like_count: Value,
    comment_count: Value,
    repost_count: Value,
    save_count: Value,
    is_live: Value,
    width: Value,
    height: Value,
    track: Value,
    epoch: Value,
}

/// Reads what yt-dlp wrote. `now` is the moment of the counts where the document does not name it (`epoch`).
///
/// Fails with `INVALID_INPUT` where it is not JSON.
///
/// ```
/// use viralnow_core::clips::sources::read_ytdlp;
/// let text = r#"{"id": "abc", "extractor_key": "Youtube", "title": "A cat", "view_count": 12, "epoch": 1763647200}"#;
/// let read = read_ytdlp(text.as_bytes(), "2026-01-01T00:00:00Z".parse().unwrap())?;
/// assert_eq!((read.clips[0].platform.as_str(), read.clips[0].counts.views), ("youtube", Some(12)));
/// assert_eq!(read.snapshots[0].snapshots[0].time.as_second(), 1_763_647_200);
/// assert!(read.clips[0].missing["likes"].contains("yt-dlp"));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn read_ytdlp(reader: impl Read, now: Timestamp) -> Result<YtDlpRead> {
    let mut read = YtDlpRead::default();
    let mut documents = 0;
    for info in Deserializer::from_reader(BufReader::new(reader)).into_iter::<Info>() {
        let info = info.map_err(|error| {
            Error::new(ErrorKind::InvalidInput, "no document of yt-dlp: give what `yt-dlp -J URL` printed")
                .caused_by(error)
        })?;
        documents += 1;
        read.take(Some(&info), moment(&info).unwrap_or(now));
    }
    if documents == 0 {
        return Err(Error::new(ErrorKind::InvalidInput, "no document of yt-dlp: it is empty"));
    }
    Ok(read)
}

/// Reads a file of it; the file's own time is the moment of the counts where the document does not name it.
pub fn read_ytdlp_file(path: impl AsRef<Path>) -> Result<YtDlpRead> {
    let path = path.as_ref();
    let named = |error: Error| error.with("path", path.display());
    let file = std::fs::File::open(path).map_err(|error| named(error.into()))?;
    let written = file.metadata().and_then(|data| data.modified()).ok();
    let now = written.and_then(|time| Timestamp::try_from(time).ok()).unwrap_or_else(Timestamp::now);
    read_ytdlp(file, now).map_err(named)
}

/// When yt-dlp read it.
fn moment(info: &Info) -> Option<Timestamp> {
    Timestamp::from_second(info.epoch.as_i64()?).ok()
}

impl YtDlpRead {
    fn take(&mut self, info: Option<&Info>, time: Timestamp) {
        if let Some(entries) = info.and_then(|info| info.entries.as_ref()) {
            for entry in entries {
                let time = entry.as_ref().and_then(moment).unwrap_or(time);
                self.take(entry.as_ref(), time);
            }
            return;
        }
        let (clips, reasons) = match info {
            Some(info) => clips_of([&Value::Null], time, |_| draft(info)),
            None => (Vec::new(), vec!["yt-dlp could not open this entry".to_owned()]),
        };
        for clip in clips {
            let snapshots = vec![Snapshot { time, counts: clip.counts }];
            self.snapshots.push(ClipHistory {
                platform: clip.platform.clone(),
                id: clip.id.clone(),
                snapshots,
            });
            self.clips.push(clip);
        }
        self.left_out += reasons.len();
        let room = MOST_SAID.saturating_sub(self.reasons.len());
        self.reasons.extend(reasons.into_iter().take(room));
    }
}

fn draft(info: &Info) -> Draft {
    let extractor =
        [&info.extractor_key, &info.ie_key].into_iter().find_map(Value::as_str).unwrap_or_default();
    let platform = match extractor.to_lowercase().as_str() {
        "twitter" => "x".to_owned(),
        other => other.to_owned(),
    };
    let why = "yt-dlp found no such count on the page";
    let draft = Draft::new(&platform, &info.id)
        .put("title", &info.title)
        .first("url", &[&info.webpage_url, &info.url])
        .put("thumbnail_url", &info.thumbnail)
        .first("channel", &[&info.channel_id, &info.uploader_id, &info.channel, &info.uploader])
        .put("duration_s", &info.duration)
        .put("tags", &info.tags)
        .count("views", &info.view_count, why)
        .count("likes", &info.like_count, why)
        .count("comments", &info.comment_count, why)
        .count("shares", &info.repost_count, why)
        .count("saves", &info.save_count, why)
        .put("description", &info.description)
        .first("channel_title", &[&info.channel, &info.uploader])
        .put("followers", &info.channel_follower_count)
        .put("live", &info.is_live)
        .put("width", &info.width)
        .put("height", &info.height)
        .put("track", &info.track);
    if !info.timestamp.is_null() {
        return match info.timestamp.as_f64() {
            Some(seconds) => draft.published(&json!(seconds.floor() as i64)),
            None => draft.published(&info.timestamp),
        };
    }
    match info.upload_date.as_str().and_then(day) {
        Some(day) => draft.put("published_at", &json!(day)),
        None => draft.put("published_at", &info.upload_date),
    }
}

/// `YYYYMMDD` as `YYYY-MM-DD`.
fn day(text: &str) -> Option<String> {
    let digits = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<YtDlpRead> {
        read_ytdlp(text.as_bytes(), "2026-11-20T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_playlist_keeps_what_can_be_read_and_says_what_cannot() {
        let text = r#"{"_type": "playlist", "id": "PL1", "epoch": 1763647200, "entries": [
            {"id": "a", "extractor_key": "TikTok", "view_count": 5, "repost_count": 2, "save_count": 0, "timestamp": 1763640000.5,
             "formats": [{"url": "https://example.invalid/secret", "http_headers": {"Cookie": "x"}}], "tags": ["t"]},
            null,
            {"_type": "playlist", "entries": [{"id": "b", "ie_key": "Youtube", "url": "https://youtu.be/b", "duration": 42.5}]},
            {"title": "no id"},
            {"id": 7300000000000000001, "extractor_key": "Twitter", "upload_date": "20261119", "view_count": "x"}
        ]}"#;
        let read = read(text).unwrap();
        let ids: Vec<_> = read.clips.iter().map(|c| (c.platform.as_str(), c.id.as_str())).collect();
        assert_eq!(ids, [("tiktok", "a"), ("youtube", "b"), ("x", "7300000000000000001")]);
        assert_eq!((read.left_out, read.reasons.len(), read.snapshots.len()), (2, 2, 3));
        let [tiktok, youtube, x] = &read.clips[..] else { panic!() };
        assert_eq!(
            (tiktok.counts.views, tiktok.counts.shares, tiktok.counts.saves),
            (Some(5), Some(2), Some(0))
        );
        assert_eq!(tiktok.published_at.unwrap().as_second(), 1_763_640_000);
        assert_eq!((youtube.counts.views, youtube.duration_s), (None, Some(42.5)));
        assert_eq!(x.published_at.unwrap().to_string(), "2026-11-19T00:00:00Z");
        assert_eq!((x.counts.views, &x.invalid["views"]), (None, &json!("x")));
        assert!(!format!("{read:?}").contains("secret"));
        assert!(read.snapshots.iter().all(|seen| seen.snapshots[0].time.as_second() == 1_763_647_200));
    }

    #[test]
    fn lines_are_read_and_what_is_no_document_is_refused() {
        assert_eq!(read("{\"id\": \"a\"}\n{\"id\": \"b\"}\n").unwrap().clips.len(), 2);
        for text in ["", "  ", "[", "5", "\"a\"", "{\"id\": \"a\"} nonsense"] {
            assert_eq!(read(text).unwrap_err().kind(), ErrorKind::InvalidInput, "{text}");
        }
        let deep = "{\"entries\":[".repeat(100_000);
        assert_eq!(read(&deep).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}
