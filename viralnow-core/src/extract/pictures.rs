//! The pictures that every extractor shares: the small form of each frame, and which frames are sampled.

use super::{FrameInput, Wants};
use crate::Result;
use crate::imaging::{SmallPictures, mean_difference};
use crate::media::Frame;

/// Samples per second of a picture that stands still.
const SLOWEST: f64 = 2.0;
/// Samples per second of the busiest one, and on average never more.
const FASTEST: f64 = 4.0;
/// Change at which the sampler goes at its fastest, in 8-bit levels per second, averaged over the picture.
const BUSY: f64 = 120.0;
/// Change from one frame to the next that counts as a new shot, in levels.
const NEW_SHOT: f64 = 24.0;
/// Time constant of the activity, in seconds.
const MEMORY_S: f64 = 0.5;

/// Shrinks every frame once and hands it on with the sampler's choice.
#[derive(Debug)]
pub struct SharedPictures {
    wants: Wants,
    small: SmallPictures,
    previous: Vec<u8>,
    previous_width: usize,
    sampler: Sampler,
    decoded: u64,
}

impl SharedPictures {
    /// For these wishes (the union over all extractors). The small picture has the peers' bytes in every preset.
    #[must_use]
    pub fn new(wants: Wants) -> Self {
        Self {
            wants,
            small: SmallPictures::default(),
            previous: Vec::new(),
            previous_width: 0,
            sampler: Sampler::default(),
            decoded: 0,
        }
    }

    /// Takes a picture; hands it on when all or this sampled one are wanted. Refuses a picture with fewer samples than it
    /// claims.
    pub fn frame(
        &mut self,
        frame: &Frame<'_>,
        deliver: &mut dyn FnMut(&FrameInput<'_>) -> Result<()>,
    ) -> Result<()> {
        self.decoded += 1;
        if !self.wants.every_frame && !self.wants.sampled_frames {
            return Ok(());
        }
        frame.picture.check()?;
        let (small_bgr, small_width, small_height) = self.small.shrink(&frame.picture);
        let comparable = self.previous_width == small_width && self.previous.len() == small_bgr.len();
        let change = comparable.then(|| mean_difference(&self.previous, small_bgr));
        self.previous_width = small_width;
        self.previous.clear();
        self.previous.extend_from_slice(small_bgr);
        let sampled = self.sampler.choose(frame.time_s, change);
        if sampled || self.wants.every_frame {
            deliver(&FrameInput { frame, small_bgr, small_width, small_height, sampled })?;
        }
        Ok(())
    }

    /// Frames taken, and frames sampled of them.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.decoded, self.sampler.samples)
    }
}

/// Chooses 2 to 4 frames a second: a phase grows by rate times time, and a frame is sampled when it is full. The rate follows
/// how fast the picture changes; a new shot fills the phase at once; frames a quarter of a second apart or more are all taken.
#[derive(Debug, Default)]
struct Sampler {
    first_s: f64,
    last_s: f64,
    phase: f64,
    activity: f64,
    samples: u64,
}

impl Sampler {
    fn choose(&mut self, time_s: f64, change: Option<f64>) -> bool {
        /// So that fifteen thirtieths of two a second are one.
        const ROUNDING: f64 = 1e-6;
        if self.samples == 0 {
            (self.first_s, self.last_s, self.samples) = (time_s, time_s, 1);
            return true;
        }
        let step = time_s - self.last_s;
        if step.is_nan() || step <= 0.0 {
            return false;
        }
        self.last_s = time_s;
        if let Some(change) = change {
            let now = (change / step / BUSY).min(1.0);
            self.activity += (1.0 - (-step / MEMORY_S).exp()) * (now - self.activity);
        }
        self.phase += (SLOWEST + (FASTEST - SLOWEST) * self.activity) * step;
        if step >= 1.0 / FASTEST - ROUNDING || change.is_none_or(|change| change >= NEW_SHOT) {
            self.phase = self.phase.max(1.0);
        }
        // Were this the last frame, the pictures would end one step from here.
        let allowed = FASTEST * (time_s - self.first_s + step) + ROUNDING;
        if self.phase < 1.0 - ROUNDING || (self.samples + 1) as f64 > allowed {
            return false;
        }
        self.phase = (self.phase - 1.0).clamp(0.0, 0.5);
        self.samples += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(rate: f64, seconds: f64, change: impl Fn(usize) -> f64) -> Vec<usize> {
        let mut sampler = Sampler::default();
        let frames = (rate * seconds).round() as usize;
        (0..frames).filter(|&i| sampler.choose(i as f64 / rate, (i > 0).then(|| change(i)))).collect()
    }

    #[test]
    fn a_still_picture_is_sampled_twice_a_second() {
        for rate in [15.0, 24.0, 29.97, 30.0, 60.0, 120.0] {
            let samples = run(rate, 10.0, |_| 0.0).len();
            assert_eq!(samples, 20, "{rate} frames a second");
        }
    }

    #[test]
    fn a_busy_picture_is_sampled_almost_four_times_a_second_and_never_more() {
        let samples = run(30.0, 10.0, |_| 20.0).len();
        assert!((38..=40).contains(&samples), "{samples}");
        let cuts_everywhere = run(60.0, 10.0, |_| 100.0).len();
        assert!((38..=40).contains(&cuts_everywhere), "{cuts_everywhere}");
    }

    #[test]
    fn a_new_shot_is_sampled_at_once() {
        let samples = run(30.0, 4.0, |i| if i == 50 { 60.0 } else { 0.0 });
        assert!(samples.contains(&50), "{samples:?}");
    }

    #[test]
    fn slow_videos_are_taken_whole_and_bad_times_do_no_harm() {
        assert_eq!(run(3.0, 10.0, |_| 0.0).len(), 30);
        assert_eq!(run(1.0, 10.0, |_| 0.0).len(), 10);
        let mut sampler = Sampler::default();
        let times = [0.0, 0.0, f64::NAN, -5.0, f64::INFINITY, 0.5];
        assert!(sampler.choose(times[0], None));
        for time in times {
            sampler.choose(time, Some(0.0));
        }
    }
}
