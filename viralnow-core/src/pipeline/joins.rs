//! What only several modalities together know: who says what, and how the opening is spoken.

use crate::features::Modalities;
use crate::text::TranscriptSegment;
use crate::voice::Turn;

/// How long the opening is, in seconds.
const OPENING_S: f64 = 3.0;

/// Fills in what the hook could not know from the words alone, or says why it stays unknown.
pub(super) fn join(modalities: &mut Modalities, duration_s: Option<f64>) {
    let Modalities { text, voice, vision, .. } = modalities;
    let Some(summary) = &mut text.summary else { return };
    if let Some(turns) = voice.summary.as_ref().and_then(|voice| voice.turns.as_ref()) {
        join_speakers(&mut summary.transcript, turns);
    }
    let Some(hook) = &mut summary.hook else { return };
    let opening_s = duration_s.filter(|&duration| duration > 0.0).map_or(OPENING_S, |d| d.min(OPENING_S));
    let words = words_until(&summary.transcript, opening_s);
    hook.speaking_rate = words.map(|words| words / opening_s);
    let shots = vision.summary.iter().flat_map(|vision| &vision.shots);
    let shots = shots.filter(|shot| shot.start_s < opening_s).count();
    hook.words_per_shot = words.filter(|_| shots > 0).map(|words| words / shots as f64);
    let speech = voice.summary.as_ref().and_then(|voice| voice.speech.first()).map(|speech| speech.start_s);
    let caption = summary.transcript.iter().find_map(|segment| segment.start_s);
    hook.silence_s = speech.or(caption).map(|start_s| start_s.max(0.0));
    let no_times = "the text has no times";
    let mut absent = |field: &str, is_absent: bool, reason: &str| {
        if is_absent {
            summary.missing.insert(format!("hook.{field}"), reason.to_owned());
        }
    };
    absent("speaking_rate", hook.speaking_rate.is_none(), no_times);
    let reason = if words.is_none() { no_times } else { "there are no shots" };
    absent("words_per_shot", hook.words_per_shot.is_none(), reason);
    absent("silence_s", hook.silence_s.is_none(), "the text has no times, and no speech is heard");
}

/// Gives the words and the segments of a transcript the speakers whose turns they overlap with most; what overlaps with none
/// stays without one.
fn join_speakers(transcript: &mut [TranscriptSegment], turns: &[Turn]) {
    for segment in transcript {
        for word in segment.words.iter_mut().flatten() {
            word.speaker = word.speaker.take().or_else(|| speaker(word.start_s, word.end_s, turns));
        }
        if let (None, Some(start_s), Some(end_s)) = (&segment.speaker, segment.start_s, segment.end_s) {
            segment.speaker = speaker(start_s, end_s, turns);
        }
    }
}

/// Who speaks longest within this time; of several the first by name.
fn speaker(start_s: f64, end_s: f64, turns: &[Turn]) -> Option<String> {
    let mut sums: std::collections::BTreeMap<&str, f64> = std::collections::BTreeMap::new();
    // Turns come by their starts, and may overlap.
    for turn in turns.iter().take_while(|turn| turn.start_s <= end_s) {
        let overlap = end_s.min(turn.end_s) - start_s.max(turn.start_s);
        if overlap > 0.0 {
            *sums.entry(&turn.speaker).or_default() += overlap;
        }
    }
    let longest = sums.into_iter().reduce(|best, this| if this.1 > best.1 { this } else { best });
    longest.map(|(name, _)| name.to_owned())
}

/// Words until then: by their own times, else the share of their segment's time; `None` without any times.
fn words_until(transcript: &[TranscriptSegment], end_s: f64) -> Option<f64> {
    let mut sum = None;
    for segment in transcript {
        let (Some(start_s), Some(stop_s)) = (segment.start_s, segment.end_s) else { continue };
        let sum = sum.get_or_insert(0.0);
        if let Some(words) = &segment.words {
            *sum += words.iter().filter(|word| word.start_s < end_s).count() as f64;
        } else if start_s < end_s {
            let share =
                if stop_s > start_s { ((end_s - start_s) / (stop_s - start_s)).min(1.0) } else { 1.0 };
            *sum += f64::from(crate::text::count_words(&segment.text)) * share;
        }
    }
    sum
}
