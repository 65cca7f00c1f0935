//! The readable report of a payload: text for a terminal, HTML for a notebook, what happens when as a picture.

mod html;
mod text;
mod timeline;

pub use html::html;
pub use text::text;
pub use timeline::timeline;

use crate::features::Payload;
use crate::media::MediaKind;

/// One line that says what the asset is.
fn headline(payload: &Payload) -> String {
    let media = &payload.media;
    let mut parts = vec![
        match media.kind {
            MediaKind::Video => "video",
            MediaKind::Audio => "sound",
            MediaKind::Image => "picture",
            MediaKind::Text => "text",
        }
        .to_owned(),
    ];
    if let (Some(width), Some(height)) = (media.width, media.height) {
        parts.push(format!("{width}x{height}"));
    }
    if let Some(rate) = media.frame_rate.filter(|_| media.kind == MediaKind::Video) {
        let variable = if media.variable_frame_rate == Some(true) { " (variable)" } else { "" };
        parts.push(format!("{} fps{variable}", trim(rate, 2)));
    }
    if let Some(duration) = media.duration_s.filter(|_| media.kind != MediaKind::Image) {
        parts.push(format!("{} s", trim(duration, 1)));
    }
    for codec in [&media.video_codec, &media.audio_codec].into_iter().flatten() {
        parts.push(codec.clone());
    }
    if let (Some(rate), Some(channels)) = (media.sample_rate_hz, media.channels) {
        parts.push(format!("{} kHz x {channels}", trim(f64::from(rate) / 1000.0, 1)));
    }
    parts.join(", ")
}

/// A number with at most this many decimals, without trailing zeros.
fn trim(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A number that may be missing.
fn or_dash(value: Option<f64>, decimals: usize, unit: &str) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| format!("{} {unit}", trim(value, decimals)).trim_end().to_owned(),
    )
}

/// Text inside HTML and SVG.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // XML has none of them.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
