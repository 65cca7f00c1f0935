//! What happens when, as one picture: shots, motion, faces, text, sound, speakers and level over the time of the asset.

use super::{escape, trim};
use crate::extract::Matrix;
use crate::features::Payload;
use crate::vision::Shot;
use std::fmt::Write;

/// Left edge of the lanes, their width, and the width of the picture, in pixels.
const LEFT: f64 = 84.0;
const WIDTH: f64 = 660.0;
const TOTAL: f64 = LEFT + WIDTH + 16.0;
const LANE: f64 = 16.0;
const GAP: f64 = 5.0;
/// Columns in which a curve is drawn.
const COLUMNS: usize = 330;
/// The level that is drawn as nothing, in dB relative to full scale.
const FLOOR_DB: f64 = -60.0;
const SPEAKERS: [&str; 6] = ["#d1603d", "#3d7ad1", "#5a9e4b", "#a05ab5", "#c29a2b", "#4aa3a3"];

/// The timeline as a self-contained SVG document of 760 pixels' width, or nothing where the asset has no length in time.
///
/// The lanes, each only where there is something to show: shots, what moves in each, faces, text on screen, what is heard (speech,
/// music, both), who speaks (or where speech is), and the level of the sound, for which `rms` are the frame-level features of that
/// name. Everything that comes from the asset is escaped.
///
/// ```
/// use viralnow_core::{AnalyzeOptions, Analyzer, Input, media::RawAudio};
/// let samples = (0..32_000).map(|i| 0.5 * (i as f32 * 0.06).sin()).collect();
/// let sound = RawAudio { samples, sample_rate: 16_000, channels: 1 };
/// let analysis = Analyzer::new(AnalyzeOptions::default())?.analyze(Input::raw(Some(sound), None))?;
/// let picture = analysis.timeline().unwrap();
/// assert!(picture.starts_with("<svg") && picture.contains(">level<") && !picture.contains(">shots<"));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[must_use]
pub fn timeline(payload: &Payload, rms: Option<&Matrix>) -> Option<String> {
    // What is shorter has nothing to show; of a payload from elsewhere it may be any number.
    let duration_s = payload.media.duration_s.filter(|seconds| (1e-3..1e9).contains(seconds))?;
    let mut picture = Picture { duration_s, y: GAP, shapes: String::new() };
    let m = &payload.modalities;
    if let Some(vision) = &m.vision.summary {
        picture.shots(&vision.shots);
        picture.motion(&vision.shots);
        let faces = vision.faces.iter().flatten();
        picture.lane("faces", faces.map(|span| (span.start_s, span.end_s, "#b5533c", count(span.count))));
        let text = vision.overlay_text.iter().flatten();
        picture.lane("text", text.map(|span| (span.start_s, span.end_s, "#6b6b6b", span.text.clone())));
    }
    let heard = m
        .audio
        .summary
        .iter()
        .filter_map(|audio| audio.speech_music.as_ref())
        .flat_map(|found| &found.segments);
    picture
        .lane("sound", heard.map(|part| (part.start_s, part.end_s, colour(&part.label), part.label.clone())));
    if let Some(voice) = &m.voice.summary {
        let turns = voice.turns.as_deref().unwrap_or_default();
        let mut names: Vec<&str> = turns.iter().map(|turn| turn.speaker.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let colour = |name: &str| SPEAKERS[names.binary_search(&name).unwrap_or(0) % SPEAKERS.len()];
        picture.lane(
            "speakers",
            turns.iter().map(|turn| (turn.start_s, turn.end_s, colour(&turn.speaker), turn.speaker.clone())),
        );
        if turns.is_empty() {
            let speech = voice.speech.iter();
            picture.lane("speech", speech.map(|part| (part.start_s, part.end_s, SPEAKERS[0], String::new())));
        }
    }
    if let Some(rms) = rms {
        picture.level(rms);
    }
    picture.finish()
}

fn count(faces: u32) -> String {
    if faces == 1 { "1 face".to_owned() } else { format!("{faces} faces") }
}

/// Colour of what is heard.
fn colour(label: &str) -> &'static str {
    match label {
        "speech" => "#e8833a",
        "music" => "#7c6bd6",
        "speech_over_music" => "#c65f9a",
        _ => "#b8b8b8",
    }
}

/// The picture so far.
struct Picture {
    duration_s: f64,
    /// Where the next lane begins.
    y: f64,
    shapes: String,
}

impl Picture {
    fn x(&self, t_s: f64) -> f64 {
        LEFT + WIDTH * (t_s / self.duration_s).clamp(0.0, 1.0)
    }

    fn title(&mut self, title: &str) {
        let _ = write!(
            self.shapes,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{title}</text>",
            LEFT - 8.0,
            self.y + LANE - 4.0
        );
    }

    fn block(&mut self, from_s: f64, to_s: f64, height: f64, colour: &str, tip: &str) {
        let (left, right) = (self.x(from_s), self.x(to_s));
        let _ = write!(
            self.shapes,
            "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\" fill=\"{colour}\"><title>{} to {} s{}{}</title></rect>",
            self.y + LANE - height,
            (right - left).max(0.5),
            trim(from_s, 2),
            trim(to_s, 2),
            if tip.is_empty() { "" } else { ": " },
            escape(tip),
        );
    }

    /// A lane of blocks: start, end, colour and what it says.
    fn lane<'a>(&mut self, title: &str, blocks: impl Iterator<Item = (f64, f64, &'a str, String)>) {
        let mut blocks = blocks.peekable();
        if blocks.peek().is_none() {
            return;
        }
        self.title(title);
        for (from_s, to_s, colour, tip) in blocks {
            self.block(from_s, to_s, LANE, colour, &tip);
        }
        self.y += LANE + GAP;
    }

    fn shots(&mut self, shots: &[Shot]) {
        let shades = ["#5b8def", "#9dbcf5"];
        let tip = |shot: &Shot| format!("shot {}", shot.shot_id);
        self.lane(
            "shots",
            shots.iter().enumerate().map(|(i, shot)| (shot.start_s, shot.end_s, shades[i % 2], tip(shot))),
        );
    }

    /// What moves in each shot, as tall as it is beside the liveliest.
    fn motion(&mut self, shots: &[Shot]) {
        let most = shots.iter().filter_map(|shot| shot.motion_score).fold(0.0, f64::max);
        if most <= 0.0 {
            return;
        }
        self.title("motion");
        for shot in shots {
            let Some(score) = shot.motion_score else { continue };
            let tip = format!("{} diagonals/s", trim(score, 3));
            self.block(shot.start_s, shot.end_s, (LANE * score / most).max(0.5), "#3f9b8f", &tip);
        }
        self.y += LANE + GAP;
    }

    /// The level: the loudest frame of each column.
    fn level(&mut self, rms: &Matrix) {
        let mut loudest = [0.0f32; COLUMNS];
        for (&value, &t_s) in rms.data.iter().zip(&rms.times_s) {
            let column = (t_s / self.duration_s * COLUMNS as f64).max(0.0) as usize;
            if let Some(kept) = loudest.get_mut(column) {
                *kept = kept.max(value);
            }
        }
        if loudest.iter().all(|&value| value == 0.0) {
            return;
        }
        let height = 2.0 * LANE;
        let bottom = self.y + height;
        let step = WIDTH / COLUMNS as f64;
        let mut path = format!("M{LEFT:.1} {bottom:.1}");
        for (column, &value) in loudest.iter().enumerate() {
            let db = 20.0 * f64::from(value).max(1e-9).log10();
            let up = height * ((db - FLOOR_DB) / -FLOOR_DB).clamp(0.0, 1.0);
            let _ = write!(path, "L{:.1} {:.1}", LEFT + (column as f64 + 0.5) * step, bottom - up);
        }
        self.title("level");
        let _ = write!(
            self.shapes,
            "<path d=\"{path}L{:.1} {bottom:.1}Z\" fill=\"#8a9bb0\"><title>{FLOOR_DB} to 0 dB relative to full scale</title></path>",
            LEFT + WIDTH
        );
        self.y += height + GAP;
    }

    /// The seconds below, and all of it as a document; nothing when there is no lane.
    fn finish(mut self) -> Option<String> {
        if self.shapes.is_empty() {
            return None;
        }
        let step = step(self.duration_s);
        let bottom = self.y;
        for k in 0..=(self.duration_s / step) as usize {
            let t_s = k as f64 * step;
            let x = self.x(t_s);
            let _ = write!(
                self.shapes,
                "<path d=\"M{x:.1} {GAP}V{:.1}\" stroke=\"#888\" stroke-opacity=\".35\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom,
                bottom + 12.0,
                trim(t_s, 2)
            );
        }
        let _ = write!(
            self.shapes,
            "<text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">seconds</text>",
            LEFT - 8.0,
            bottom + 12.0
        );
        Some(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {TOTAL} {:.0}\" width=\"{TOTAL}\" role=\"img\" \
             aria-label=\"what happens when\" font-family=\"system-ui,sans-serif\" font-size=\"11\" fill=\"#777\">{}</svg>",
            bottom + 18.0,
            self.shapes
        ))
    }
}

/// Seconds between two marks: 1, 2 or 5 times a power of ten, at most twelve in all.
fn step(duration_s: f64) -> f64 {
    let least = duration_s / 12.0;
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0].map(|n| n * power).into_iter().find(|step| *step >= least).unwrap_or(10.0 * power)
}
