//! The report for a notebook: one self-contained fragment, no script, no outside asset.

use super::{escape, headline, or_dash, timeline, trim};
use crate::extract::Matrix;
use crate::features::{ModalityResult, ModalityStatus, Payload};
use std::fmt::Write;

/// The report as an HTML fragment, with the [`timeline`], for which `rms` are the frame-level features of that name. Everything that
/// comes from the asset is escaped.
///
/// ```
/// use viralnow_core::{AnalyzeOptions, Analyzer, Input, media::RawAudio, report};
/// let samples = (0..32_000).map(|i| 0.5 * (i as f32 * 0.06).sin()).collect();
/// let sound = RawAudio { samples, sample_rate: 16_000, channels: 1 };
/// let analysis = Analyzer::new(AnalyzeOptions::default())?.analyze(Input::raw(Some(sound), None))?;
/// assert!(analysis.html().contains(">level<"));
/// assert!(!report::html(&analysis.payload, None).contains(">level<"));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[must_use]
pub fn html(payload: &Payload, rms: Option<&Matrix>) -> String {
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
    if let Some(picture) = timeline(payload, rms) {
        let _ = write!(out, "<br>{picture}");
    }
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
