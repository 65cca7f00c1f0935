//! Which parts of the sound are listened to.

use super::mel::{HOP, RATE};
use super::transcript::{Skipped, TranscribeOptions};
use crate::Result;
use crate::dsp::vad::VoiceActivity;
use std::ops::Range;

/// Shorter pauses are listened to, in seconds: Whisper hears sentences better whole.
const PAUSE_S: f64 = 2.0;
/// What is listened to before and after speech, in seconds.
const EDGE_S: f64 = 0.4;

/// Stretches of speech, in seconds, and the parts that are listened to, in frames.
pub(super) struct Speech {
    /// None where all is taken for speech.
    pub(super) stretches: Option<Vec<(f64, f64)>>,
    pub(super) clips: Vec<Range<usize>>,
}

impl Speech {
    /// Of so many frames of sound. `pulse` is asked every few seconds of sound.
    pub(super) fn find(
        samples: &[f32],
        frames: usize,
        options: &TranscribeOptions,
        pulse: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Self> {
        let stretches = match &options.speech {
            Some(known) => {
                let mut known = known.clone();
                known.sort_by(|a, b| a.0.total_cmp(&b.0));
                Some(known)
            }
            None if options.vad => {
                let mut activity = VoiceActivity::new();
                for part in samples.chunks(10 * RATE) {
                    pulse()?;
                    activity.push(part);
                }
                Some(activity.finish().0)
            }
            None => None,
        };
        let clips = match &stretches {
            Some(stretches) => clips(stretches, frames),
            None => std::iter::once(0..frames).filter(|whole| !whole.is_empty()).collect(),
        };
        Ok(Self { stretches, clips })
    }

    /// Whether there is speech somewhere in there, its edges counted.
    pub(super) fn is_in(&self, start_s: f64, end_s: f64) -> bool {
        self.stretches.as_ref().is_none_or(|stretches| {
            stretches.iter().any(|&(from, to)| start_s < to + EDGE_S && end_s > from - EDGE_S)
        })
    }

    /// What is not listened to, of so many seconds.
    pub(super) fn gaps(&self, duration_s: f64) -> Vec<Skipped> {
        let mut gaps = Vec::new();
        let mut until = 0.0;
        let ends = self.clips.iter().map(|clip| (seconds(clip.start), seconds(clip.end)));
        for (start_s, end_s) in ends.chain([(duration_s, duration_s)]) {
            // What is left of a frame at the end is no gap.
            if start_s - until > seconds(2) {
                gaps.push(Skipped { start_s: until, end_s: start_s, reason: "no_speech" });
            }
            until = end_s;
        }
        gaps
    }
}

/// The seconds of a frame.
pub(super) fn seconds(frame: usize) -> f64 {
    (frame * HOP) as f64 / RATE as f64
}

fn clips(stretches: &[(f64, f64)], frames: usize) -> Vec<Range<usize>> {
    let frame = |seconds: f64| (seconds * (RATE / HOP) as f64).round().clamp(0.0, frames as f64) as usize;
    let mut clips: Vec<(f64, f64)> = Vec::new();
    for &(start, end) in stretches {
        match clips.last_mut() {
            Some(last) if start - last.1 < PAUSE_S => last.1 = last.1.max(end),
            _ => clips.push((start, end)),
        }
    }
    let clip = |&(start, end): &(f64, f64)| frame(start - EDGE_S)..frame(end + EDGE_S);
    clips.iter().map(clip).filter(|clip| !clip.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_part_what_is_listened_to_and_edges_stay_inside() {
        let stretches = [(0.2, 1.0), (2.5, 3.0), (6.0, 9.8)];
        let clips = clips(&stretches, 1000);
        assert_eq!(clips, [0..340, 560..1000]);
        let speech = Speech { stretches: Some(stretches.to_vec()), clips };
        assert_eq!(speech.gaps(10.0), [Skipped { start_s: 3.4, end_s: 5.6, reason: "no_speech" }]);
        assert!(speech.is_in(1.3, 1.5) && !speech.is_in(4.0, 5.0));
        assert!(super::clips(&[(3.0, 4.0)], 100).is_empty());
    }
}
