//! The report for a terminal.

use super::{headline, or_dash, trim};
use crate::features::{ModalityResult, ModalityStatus, Payload, Score};
use crate::text::{TextSource, TextSummary};
use crate::vision::VisionSummary;
use crate::voice::VoiceSummary;
use std::fmt::Write;

/// The report as plain text, lines no longer than `columns` (at least 60).
#[must_use]
pub fn text(payload: &Payload, columns: usize) -> String {
    let mut page = Page { out: String::new(), columns: columns.max(60) };
    page.line(&format!("asset  {}", payload.asset_id));
    page.line(&format!("what   {}", headline(payload)));
    if let Some(reason) = &payload.reason {
        page.wrapped("note   ", reason);
    }
    let m = &payload.modalities;
    page.section("Pictures", &m.vision, vision);
    page.section("Speech", &m.voice, voice);
    page.section("Sound", &m.audio, audio);
    page.section("Words", &m.text, words);
    for (name, custom) in &m.custom {
        page.section(name, custom, |page, value| page.wrapped("  ", &value.to_string()));
    }
    match &payload.score {
        Some(score) => points(&mut page, score),
        None => page.line("\nScore\n  none: there was nothing to score"),
    }
    page.out
}

/// Control characters but the line's end, and those that turn the direction of writing.
fn is_command(c: char) -> bool {
    c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

struct Page {
    out: String,
    columns: usize,
}

impl Page {
    /// Titles, captions and keywords come from the file: what a terminal takes for a command is not passed on to it.
    fn line(&mut self, line: &str) {
        self.out.extend(line.chars().map(|c| if is_command(c) { char::REPLACEMENT_CHARACTER } else { c }));
        self.out.push('\n');
    }

    /// A paragraph after a label, wrapped under itself.
    fn wrapped(&mut self, label: &str, paragraph: &str) {
        let indent = label.chars().count();
        let width = self.columns.saturating_sub(indent).max(20);
        let mut line = String::new();
        let mut label = label.to_owned();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                self.line(&format!("{label}{line}"));
                label = " ".repeat(indent);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&format!("{label}{line}"));
    }

    fn section<S>(&mut self, title: &str, result: &ModalityResult<S>, body: impl FnOnce(&mut Self, &S)) {
        if result.status == ModalityStatus::Skipped {
            return;
        }
        self.line(&format!("\n{title}"));
        let error = result.error.as_ref().map(|e| e.message.as_str());
        if let Some(reason) = error.or(result.reason.as_deref()) {
            let label = if result.status == ModalityStatus::Complete { "  note     " } else { "  none     " };
            self.wrapped(label, reason);
        }
        if let Some(summary) = &result.summary {
            body(self, summary);
        }
    }
}

/// The text on one line, quoted and shortened to the room that there is; nothing where that is too little to tell.
fn quoted(text: &str, room: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Two blanks, two quotation marks; three dots where it is shortened.
    match room.checked_sub(4) {
        Some(room) if words.chars().count() <= room => format!("  \"{words}\""),
        Some(room) if room >= 10 => {
            format!("  \"{}...\"", words.chars().take(room - 3).collect::<String>().trim_end())
        }
        _ => String::new(),
    }
}

fn vision(page: &mut Page, vision: &VisionSummary) {
    if let Some(pacing) = vision.pacing {
        page.line(&format!(
            "  pacing   {} shots, {} cuts a minute, median shot {} s",
            vision.shots.len(),
            trim(pacing.cuts_per_minute, 1),
            trim(pacing.median_shot_s, 2)
        ));
    }
    for shot in vision.shots.iter().take(20) {
        let length = shot.end_s - shot.start_s;
        let motion = shot.motion_score.map_or_else(String::new, |m| format!("  motion {}", trim(m, 3)));
        let mut row = format!(
            "  shot {:>3}  {:>7.2} - {:>7.2} s  ({:>5.2} s){motion}",
            shot.shot_id + 1,
            shot.start_s,
            shot.end_s,
            length
        );
        if let Some(text) = &shot.overlay_text {
            row.push_str(&quoted(text, page.columns.saturating_sub(row.chars().count())));
        }
        page.line(&row);
    }
    if vision.shots.len() > 20 {
        page.line(&format!("  ... and {} more shots", vision.shots.len() - 20));
    }
    if let Some(motion) = &vision.motion {
        page.line(&format!("  motion   {} diagonals a second", trim(motion.intensity, 3)));
    }
    if let Some(colour) = vision.colour {
        page.line(&format!(
            "  colour   brightness {}, saturation {}, colourfulness {}",
            trim(colour.brightness, 2),
            trim(colour.saturation, 2),
            trim(colour.colourfulness, 2)
        ));
    }
    if let Some(hash) = &vision.phash {
        page.line(&format!("  hash     {hash}"));
    }
}

fn voice(page: &mut Page, voice: &VoiceSummary) {
    let spans: Vec<_> = voice.speech.iter().map(|s| format!("{:.1}-{:.1}", s.start_s, s.end_s)).collect();
    let share = or_dash(voice.speech_ratio.map(|r| 100.0 * r), 0, "%");
    page.wrapped("  speech   ", &format!("{share} of the sound; seconds {}", spans.join(", ")));
    if let Some(pitch) = voice.pitch {
        page.line(&format!(
            "  pitch    median {}, spread {}, voiced {}",
            or_dash(pitch.median_hz, 0, "Hz"),
            or_dash(pitch.std_semitones, 1, "semitones"),
            or_dash(pitch.voiced_ratio.map(|r| 100.0 * r), 0, "%")
        ));
    }
    if let Some(pauses) = voice.pauses {
        page.line(&format!("  pauses   {}, longest {}", pauses.count, or_dash(pauses.longest_s, 2, "s")));
    }
}

fn audio(page: &mut Page, audio: &crate::audio::AudioSummary) {
    let loudness = &audio.loudness;
    page.line(&format!(
        "  loudness {}, range {}, true peak {}",
        or_dash(loudness.integrated_lufs, 1, "LUFS"),
        or_dash(loudness.range_lu, 1, "LU"),
        or_dash(loudness.true_peak_dbtp, 1, "dBTP")
    ));
    if let (Some(centroid), Some(flatness)) = (audio.spectral_centroid, audio.spectral_flatness) {
        page.line(&format!(
            "  spectrum centre {} Hz, flatness {}",
            trim(centroid.mean, 0),
            trim(flatness.mean, 3)
        ));
    }
    if let Some(bpm) = audio.rhythm.as_ref().and_then(|r| r.tempo_bpm) {
        page.line(&format!("  tempo    {} BPM", trim(bpm, 1)));
    }
    if let Some(key) = &audio.key {
        page.line(&format!("  key      {} {}", key.tonic, key.mode));
    }
    if let Some(mix) = &audio.speech_music {
        let [speech, music, both] =
            [mix.speech, mix.music, mix.speech_over_music].map(|p| trim(100.0 * p, 0));
        page.line(&format!("  made of  speech {speech} %, music {music} %, speech over music {both} %"));
    }
}

fn words(page: &mut Page, text: &TextSummary) {
    let source = match text.source {
        Some(TextSource::Speech) => "recognised speech",
        Some(TextSource::EmbeddedCaptions) => "captions inside the file",
        Some(TextSource::Sidecar) => "caption file",
        Some(TextSource::Given) | None => "given text",
    };
    let language = text.language.as_deref().unwrap_or("unknown language");
    page.line(&format!("  source   {source}, {language}, {} words", text.word_count));
    if let Some(hook) = &text.hook {
        page.wrapped("  hook     ", &format!("\"{}\"", hook.text));
        let marks: Vec<_> =
            hook.features.iter().filter(|f| *f.1 > 0.0).map(|f| f.0.replace('_', " ")).collect();
        let marks = if marks.is_empty() { "no hook marks".to_owned() } else { marks.join(", ") };
        page.wrapped("           ", &format!("style {} ({marks})", trim(hook.style, 2)));
    }
    if let Some(sentiment) = text.sentiment {
        page.line(&format!("  mood     {:+.2} in [-1, 1]", sentiment.compound));
    }
    if let Some(readability) = text.readability {
        page.line(&format!("  reading  ease {}", trim(readability.flesch_reading_ease, 0)));
    }
    let keywords: Vec<_> = text.keywords.iter().take(6).map(|k| k.phrase.as_str()).collect();
    if !keywords.is_empty() {
        page.wrapped("  keywords ", &keywords.join(", "));
    }
}

fn points(page: &mut Page, score: &Score) {
    let calibrated =
        if score.calibrated { "" } else { "  (uncalibrated: a documented prior, not a forecast)" };
    let mut out = format!("\nScore  {:.1} of 100{calibrated}", score.viral);
    for c in &score.contributions {
        let value = match c.value {
            Some(value) => trim(value, 3),
            None if c.feature == "baseline" => String::new(),
            None => "missing".to_owned(),
        };
        let bar = "#".repeat((c.contribution.abs() * 2.0).round().min(20.0) as usize);
        let bar = if c.feature == "baseline" { String::new() } else { bar };
        let _ = write!(out, "\n  {:<38} {value:>9}  {:>+6.2}  {bar}", c.feature, c.contribution);
    }
    page.line(&out);
}
