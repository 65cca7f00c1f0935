//! Captions in the format of (Advanced) `SubStation` Alpha: `.ass` and `.ssa`.

use super::{Cue, lines, plain, time};

/// The cues of its events, in the order of the file. Layers and styles do not count; comments and drawings are no cues.
pub(super) fn parse(content: &str) -> Vec<Cue> {
    // What every file has, whose own line of fields is missing.
    let mut fields =
        ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
            .map(str::to_owned)
            .to_vec();
    let mut is_events = false;
    let mut cues = Vec::new();
    for line in lines(content).map(str::trim) {
        if line.starts_with('[') {
            is_events = line.eq_ignore_ascii_case("[events]");
        } else if let (true, Some((kind, rest))) = (is_events, line.split_once(':')) {
            if kind.eq_ignore_ascii_case("format") {
                fields = rest.split(',').map(|field| field.trim().to_ascii_lowercase()).collect();
            } else if kind.eq_ignore_ascii_case("dialogue") {
                cues.extend(cue(rest, &fields));
            }
        }
    }
    cues
}

fn cue(line: &str, fields: &[String]) -> Option<Cue> {
    // The last field is the text, which may have commas in it.
    let values: Vec<&str> = line.splitn(fields.len(), ',').collect();
    let field = |name: &str| fields.iter().position(|field| field == name).and_then(|i| values.get(i));
    let (start_s, end_s) = (time(field("start")?.trim())?, time(field("end")?.trim())?);
    let text = field("text")?;
    if is_drawing(text) {
        return None;
    }
    let text = plain(&text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " "));
    (!text.is_empty()).then_some(Cue { start_s, end_s: end_s.max(start_s), text })
}

/// Whether the text is the outline of a shape: an override `\p1` or higher.
fn is_drawing(text: &str) -> bool {
    let after = text.split("\\p").skip(1).filter_map(|rest| rest.chars().next());
    text.trim_start().starts_with('{') && after.into_iter().any(|c| ('1'..='9').contains(&c))
}
