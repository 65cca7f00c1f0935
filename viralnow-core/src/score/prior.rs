//! The documented priors: which feature, which direction, how many points at most.

use crate::features::Modalities;
use crate::media::MediaInfo;

/// Which way a feature moves the score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Direction {
    /// More is better; at `middle` it adds nothing.
    Up,
    /// Less is better; at `middle` it adds nothing.
    Down,
    /// The nearer to `middle`, the better; `scale` away from it, it adds nothing.
    Towards,
}

/// One feature's part in the score.
#[derive(Debug, Clone, Copy)]
pub struct Prior {
    /// Path in the payload.
    pub feature: &'static str,
    /// Which way it moves the score.
    pub direction: Direction,
    /// The most it can add or take, in points.
    pub weight: f64,
    /// The value of a middling clip, or the best value for [`Direction::Towards`].
    pub middle: f64,
    /// How far from the middle half of the weight is reached.
    pub scale: f64,
    /// Why it is here.
    pub reason: &'static str,
    /// Reads the value.
    pub(super) value: fn(&MediaInfo, &Modalities) -> Option<f64>,
}

impl Prior {
    /// Points for this value: strictly monotone in the prior's direction, within (-weight, weight).
    #[must_use]
    pub fn points(&self, value: f64) -> f64 {
        let distance = (value - self.middle) / self.scale;
        // x / (1 + |x|) is bounded and never flat, so that every change of a feature shows.
        let soft = distance / (1.0 + distance.abs());
        match self.direction {
            Direction::Up => self.weight * soft,
            Direction::Down => -self.weight * soft,
            Direction::Towards => self.weight * (1.0 - 2.0 * soft.abs()),
        }
    }
}

use Direction::{Down, Towards, Up};

/// Every prior. The weights sum to 50, so that the score cannot leave (0, 100).
#[rustfmt::skip]
pub static PRIORS: &[Prior] = &[
    Prior { feature: "text.hook.style", direction: Up, weight: 7.0, middle: 0.3, scale: 0.2,
        reason: "an opening written like a hook keeps more viewers past the first seconds; style, not a forecast",
        value: |_, m| Some(m.text.summary.as_ref()?.hook.as_ref()?.style) },
    Prior { feature: "text.sentiment.negative", direction: Up, weight: 2.0, middle: 0.08, scale: 0.1,
        reason: "in headline A/B tests the more negative variant wins a little more often than not",
        value: |_, m| Some(m.text.summary.as_ref()?.sentiment?.negative) },
    Prior { feature: "text.readability.flesch_reading_ease", direction: Up, weight: 3.0, middle: 70.0, scale: 30.0,
        reason: "plain words are understood at once",
        value: |_, m| Some(m.text.summary.as_ref()?.readability?.flesch_reading_ease) },
    Prior { feature: "text.speaking_pace", direction: Up, weight: 3.0, middle: 2.3, scale: 1.0,
        reason: "words per second: short-form speech is faster than broadcast speech",
        value: |_, m| m.text.summary.as_ref()?.speaking_pace },
    Prior { feature: "voice.speech_ratio", direction: Up, weight: 3.0, middle: 0.4, scale: 0.3,
        reason: "a voice that carries the clip",
        value: |_, m| m.voice.summary.as_ref()?.speech_ratio },
    Prior { feature: "voice.pitch.std_semitones", direction: Up, weight: 5.0, middle: 2.5, scale: 1.5,
        reason: "lively intonation is heard as engaged",
        value: |_, m| m.voice.summary.as_ref()?.pitch?.std_semitones },
    Prior { feature: "voice.pauses.longest_s", direction: Down, weight: 3.0, middle: 1.0, scale: 1.0,
        reason: "dead air loses viewers",
        value: |_, m| m.voice.summary.as_ref()?.pauses?.longest_s },
    Prior { feature: "audio.loudness.integrated_lufs", direction: Towards, weight: 4.0, middle: -14.0, scale: 5.0,
        reason: "the platforms play at about -14 LUFS: far below is faint, far above is turned down",
        value: |_, m| m.audio.summary.as_ref()?.loudness.integrated_lufs },
    Prior { feature: "audio.spectral_flatness.mean", direction: Down, weight: 2.0, middle: 0.05, scale: 0.05,
        reason: "noise instead of voice or tone",
        value: |_, m| Some(m.audio.summary.as_ref()?.spectral_flatness?.mean) },
    Prior { feature: "vision.pacing.cuts_per_minute", direction: Up, weight: 5.0, middle: 12.0, scale: 12.0,
        reason: "fast editing holds attention",
        value: |_, m| Some(m.vision.summary.as_ref()?.pacing?.cuts_per_minute) },
    Prior { feature: "vision.pacing.first_shot_s", direction: Down, weight: 3.0, middle: 3.0, scale: 2.0,
        reason: "something new within the first seconds",
        value: |_, m| Some(m.vision.summary.as_ref()?.pacing?.first_shot_s) },
    Prior { feature: "vision.motion.intensity", direction: Up, weight: 4.0, middle: 0.06, scale: 0.06,
        reason: "movement draws the eye",
        value: |_, m| Some(m.vision.summary.as_ref()?.motion.as_ref()?.intensity) },
    Prior { feature: "vision.colour.colourfulness", direction: Up, weight: 2.0, middle: 0.15, scale: 0.1,
        reason: "colourful pictures stand out in a feed",
        value: |_, m| Some(m.vision.summary.as_ref()?.colour?.colourfulness) },
    Prior { feature: "media.duration_s", direction: Towards, weight: 4.0, middle: 21.0, scale: 25.0,
        reason: "short enough to be watched to the end, long enough to say something",
        value: |media, _| media.duration_s },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_bound_the_score() {
        assert!((PRIORS.iter().map(|p| p.weight).sum::<f64>() - 50.0).abs() < 1e-12);
    }

    #[test]
    fn every_prior_moves_the_score_in_its_direction() {
        for prior in PRIORS {
            let steps: Vec<f64> = (-8..=8).map(|i| prior.middle + f64::from(i) * prior.scale / 2.0).collect();
            for pair in steps.windows(2) {
                let change = prior.points(pair[1]) - prior.points(pair[0]);
                let expected = match prior.direction {
                    Up => 1.0,
                    Down => -1.0,
                    Towards => {
                        if pair[1] <= prior.middle {
                            1.0
                        } else {
                            -1.0
                        }
                    }
                };
                assert!(change * expected > 0.0, "{} from {} to {}", prior.feature, pair[0], pair[1]);
            }
            assert!(prior.points(1e12).abs() <= prior.weight && prior.points(-1e12).abs() <= prior.weight);
        }
    }
}
