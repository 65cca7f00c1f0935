//! Captions in the format `json3` of `YouTube`.

use super::{Cue, plain};
use serde::Deserialize;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    t_start_ms: Option<f64>,
    d_duration_ms: Option<f64>,
    segs: Vec<Segment>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Segment {
    utf8: String,
}

#[derive(Deserialize)]
struct File {
    events: Vec<Event>,
}

/// The cues, in the order of the file; `None` for what is no such file. Each ends where the next begins: the lines of automatic
/// captions are shown together with the ones after them.
pub(super) fn parse(content: &str) -> Option<Vec<Cue>> {
    let file: File = serde_json::from_str(content).ok()?;
    let mut cues: Vec<Cue> = Vec::new();
    for event in file.events {
        let Some(start_s) = event.t_start_ms.map(|ms| ms / 1000.0).filter(|s| s.is_finite()) else {
            continue;
        };
        let text = plain(&event.segs.iter().map(|segment| segment.utf8.as_str()).collect::<String>());
        if text.is_empty() {
            continue;
        }
        if let Some(last) = cues.last_mut().filter(|last| last.start_s <= start_s) {
            last.end_s = last.end_s.min(start_s);
        }
        let length = event.d_duration_ms.unwrap_or(0.0).max(0.0) / 1000.0;
        cues.push(Cue { start_s, end_s: start_s + length, text });
    }
    Some(cues)
}
