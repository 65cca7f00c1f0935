//! The report for a notebook: one self-contained fragment, no script, no outside asset.

use super::{headline, or_dash, trim};
use crate::features::{ModalityResult, ModalityStatus, Payload};
use std::fmt::Write;

/// The report as an HTML fragment. Everything that comes from the asset is escaped.
#[must_use]
pub fn html(payload: &Payload) -> String {
    let mut out = String::from(
        "<div style=\"font:13px/1.5 system-ui,sans-serif;max-width:760px\">\
         <style scoped>.vn td,.vn th{text-align:left;padding:1px 10px 1px 0;border:0}.vn{border-collapse:collapse}</style>",
    );
    let score = payload.score.as_ref();
    let viral = or_dash(score.map(|s| s.viral), 1, "/ 100");
    let calibrated = if score.is_some_and(|s| !s.calibrated) { " <small>(uncalibrated)</small>" } else { "" };
    let _ = write!(out, "<b>{}</b><br><b>score {viral}</b>{calibrated}", escape(&headline(payload)));
    if let Some(reason) = &payload.reason {
        let _ = write!(out, "<br><i>{}</i>", escape(reason));
    }
    timeline(&mut out, payload);
    out.push_str("<table class=\"vn\">");
    let m = &payload.modalities;
    row(&mut out, "pictures", &m.vision, |v| {
        let motion = or_dash(v.motion.as_ref().map(|m| m.intensity), 3, "diagonals/s");
        format!("{} shots, motion {motion}, hash {}", v.shots.len(), v.phash.as_deref().unwrap_or("-"))
    });
    row(&mut out, "speech", &m.voice, |v| {
        let share = or_dash(v.speech_ratio.map(|r| 100.0 * r), 0, "%");
        format!("{share} of the sound, pitch {}", or_dash(v.pitch.and_then(|p| p.median_hz), 0, "Hz"))
    });
    row(&mut out, "sound", &m.audio, |a| {
        let l = &a.loudness;
        let (loud, peak) = (or_dash(l.integrated_lufs, 1, "LUFS"), or_dash(l.true_peak_dbtp, 1, "dBTP"));
        format!("{loud}, true peak {peak}")
    });
    row(&mut out, "words", &m.text, |t| {
        let hook = t.hook.as_ref().map_or_else(String::new, |h| format!(", hook \u{201c}{}\u{201d}", h.text));
        format!("{} words, {}{hook}", t.word_count, t.language.as_deref().unwrap_or("language unknown"))
    });
    for (name, custom) in &m.custom {
        row(&mut out, name, custom, ToString::to_string);
    }
    out.push_str("</table>");
    if let Some(score) = score {
        out.push_str("<details><summary>contributions</summary><table class=\"vn\">");
        for c in &score.contributions {
            let value = c.value.map_or_else(String::new, |v| trim(v, 3));
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{value}</td><td>{:+.2}</td></tr>",
                escape(&c.feature),
                c.contribution
            );
        }
        out.push_str("</table></details>");
    }
    out.push_str("</div>");
    out
}

fn row<S>(out: &mut String, title: &str, result: &ModalityResult<S>, body: impl FnOnce(&S) -> String) {
    if result.status == ModalityStatus::Skipped {
        return;
    }
    let text = match (&result.summary, &result.error, &result.reason) {
        (Some(summary), _, _) => body(summary),
        (_, Some(error), _) => error.message.clone(),
        (_, _, reason) => reason.clone().unwrap_or_default(),
    };
    let _ = write!(out, "<tr><th>{}</th><td>{}</td></tr>", escape(title), escape(&text));
}

/// Shots above, speech below, over the time of the asset.
fn timeline(out: &mut String, payload: &Payload) {
    let Some(duration) = payload.media.duration_s.filter(|d| *d > 0.0) else { return };
    let x = |t: f64| (700.0 * (t / duration).clamp(0.0, 1.0) * 100.0).round() / 100.0;
    let mut shapes = String::new();
    let m = &payload.modalities;
    for (i, shot) in m.vision.summary.iter().flat_map(|v| &v.shots).enumerate() {
        let (left, right) = (x(shot.start_s), x(shot.end_s));
        let shade = if i % 2 == 0 { "#5b8def" } else { "#9dbcf5" };
        let width = (right - left).max(0.5);
        let _ =
            write!(shapes, "<rect x=\"{left}\" y=\"0\" width=\"{width}\" height=\"14\" fill=\"{shade}\"/>");
    }
    for speech in m.voice.summary.iter().flat_map(|v| &v.speech) {
        let (left, right) = (x(speech.start_s), x(speech.end_s));
        let width = (right - left).max(0.5);
        let _ =
            write!(shapes, "<rect x=\"{left}\" y=\"18\" width=\"{width}\" height=\"8\" fill=\"#e8833a\"/>");
    }
    if !shapes.is_empty() {
        let _ = write!(
            out,
            "<br><svg viewBox=\"0 0 700 28\" width=\"100%\" role=\"img\" aria-label=\"shots and speech over time\">\
             {shapes}</svg><small>blue: shots, orange: speech, over {} s</small>",
            trim(duration, 1)
        );
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
