//! Our own detector, fed like the others.

use super::boundaries::Boundaries;
use super::change::Change;
use super::frame::{Cut, Measured, ShotDetector, ShotFrame};
use crate::Result;
use crate::imaging::{Hsv, bgr_to_hsv};

/// Hard cuts, dissolves and fades, told apart; a flash and fast motion are none, and shots from three frames on are found. The
/// extractor's detector in presets `balanced` and `fast`.
///
/// - A hard cut is where the picture changes from one frame to the next by what motion does not explain, and much more than
///   around it, unless the old picture comes back at once.
/// - A dissolve (up to 2.5 seconds) is where one picture turns into an unrelated one along a straight line, step by step.
/// - A fade is where a picture turns flat little by little, or the next one comes out of that little by little.
///
/// The answer comes up to seven seconds late. Metrics: those of [`super::ContentDetector`] without edges, with its default
/// weights. Keeps the last seconds as pictures of at most 32 by 32 cells, 3 MB at most.
///
/// ```
/// use viralnow_core::vision::{ClearCutDetector, ShotDetector, ShotFrame};
/// let mut detector = ClearCutDetector::default();
/// let mut cuts = Vec::new();
/// // A flash of two frames at 10, and a shot of four frames from 20 on.
/// for number in 0..40 {
///     let level = match number { 10..12 | 24.. => 250, 20..24 => 130, _ => 10 };
///     let frame =
///         ShotFrame { number, time_s: number as f64 / 30.0, bgr: &[level; 12], width: 2, height: 2 };
///     cuts.extend(detector.push(&frame)?);
/// }
/// cuts.extend(detector.finish());
/// assert_eq!(cuts.iter().map(|cut| cut.frame).collect::<Vec<_>>(), [20, 24]);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct ClearCutDetector {
    cuts: Boundaries,
    hsv: [Hsv; 2],
    width: usize,
    measured: Vec<Measured>,
}

impl ClearCutDetector {
    const METRICS: [&'static str; 4] = ["content_val", "delta_hue", "delta_sat", "delta_lum"];
}

impl ShotDetector for ClearCutDetector {
    fn push(&mut self, frame: &ShotFrame<'_>) -> Result<Option<Cut>> {
        frame.check()?;
        self.measured.clear();
        self.hsv.swap(0, 1);
        let [before, here] = &mut self.hsv;
        bgr_to_hsv(frame.bgr, here);
        let same_size = std::mem::replace(&mut self.width, frame.width) == frame.width;
        let change = Change::between(before, here).filter(|_| same_size);
        if let Some(change) = change {
            let values = [change.score(), change.hue, change.saturation, change.value];
            let values = values.into_iter().enumerate();
            self.measured.extend(values.map(|(metric, value)| Measured {
                metric,
                frame: frame.number,
                value,
            }));
        }
        Ok(self.cuts.push(frame).map(|boundary| boundary.cut))
    }

    fn finish(&mut self) -> Vec<Cut> {
        std::mem::take(&mut self.cuts).finish().into_iter().map(|boundary| boundary.cut).collect()
    }

    fn metrics(&self) -> Vec<String> {
        Self::METRICS.map(str::to_owned).to_vec()
    }

    fn measured(&self) -> &[Measured] {
        &self.measured
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::CutKind::{self, Dissolve, Fade, Hard};
    use super::*;

    const SIDES: (usize, usize) = (64, 36);

    /// What is found among these pictures, 30 a second: kind, frame, and frames that belong to both shots.
    fn found(pictures: &[Vec<u8>]) -> Vec<(CutKind, u64, u64, u64)> {
        let mut detector = ClearCutDetector::default();
        let mut cuts = Vec::new();
        for (number, bgr) in pictures.iter().enumerate() {
            let (width, height) = SIDES;
            let (number, time_s) = (number as u64, number as f64 / 30.0);
            cuts.extend(detector.push(&ShotFrame { number, time_s, bgr, width, height }).expect("taken"));
        }
        cuts.extend(detector.finish());
        cuts.iter().map(|cut| (cut.kind, cut.frame, cut.start_frame, cut.end_frame)).collect()
    }

    /// Pictures of one level each.
    fn flat(of: &[(u8, usize)]) -> Vec<Vec<u8>> {
        of.iter().flat_map(|&(level, times)| vec![vec![level; SIDES.0 * SIDES.1 * 3]; times]).collect()
    }

    /// A picture of blobs, another for each seed.
    fn blobs(seed: u32) -> Vec<u8> {
        let at = |x: usize, y: usize| {
            let cell = (x / 8 + y / 6 * 11) as u32 + seed * 977;
            (cell.wrapping_mul(2_654_435_761) >> 24) as u8
        };
        (0..SIDES.1).flat_map(|y| (0..SIDES.0).flat_map(move |x| [at(x, y); 3])).collect()
    }

    fn blend(a: &[u8], b: &[u8], share: f64) -> Vec<u8> {
        a.iter().zip(b).map(|(&a, &b)| (f64::from(a) * (1.0 - share) + f64::from(b) * share) as u8).collect()
    }

    /// `n` pictures between the one and the other.
    fn between(a: &[u8], b: &[u8], n: usize) -> Vec<Vec<u8>> {
        (1..=n).map(|k| blend(a, b, k as f64 / (n + 1) as f64)).collect()
    }

    #[test]
    fn hard_cuts_are_found_wherever_they_are() {
        let frames = |of: &[(u8, usize)]| -> Vec<u64> {
            let found = found(&flat(of));
            assert!(found.iter().all(|&(kind, at, start, end)| kind == Hard && at == start && at == end));
            found.iter().map(|cut| cut.1).collect()
        };
        assert_eq!(frames(&[(0, 1), (255, 20)]), [1]);
        assert_eq!(frames(&[(0, 20), (255, 20)]), [20]);
        assert_eq!(frames(&[(0, 20), (255, 1)]), [20]);
        assert_eq!(frames(&[(0, 20), (120, 3), (255, 20)]), [20, 23], "three frames are a shot");
        assert_eq!(frames(&[(0, 20), (120, 2), (255, 20)]), [20], "two are not");
        assert_eq!(frames(&[(0, 20), (110, 1), (255, 20)]), [20], "a frame blended of both shots");
        assert_eq!(frames(&[]), [0u64; 0]);
    }

    #[test]
    fn a_high_speed_camera_cuts_to_black() {
        let frames: Vec<_> = [blobs(1), vec![0; SIDES.0 * SIDES.1 * 3]].into_iter().collect();
        for rate in [30, 240, 500, 520, 600, 960, 1000, 4000] {
            let mut detector = ClearCutDetector::default();
            let mut cuts = Vec::new();
            for number in 0..3 * rate {
                let (bgr, time_s) = (&frames[usize::from(number >= rate)][..], number as f64 / rate as f64);
                let (width, height) = SIDES;
                cuts.extend(detector.push(&ShotFrame { number, time_s, bgr, width, height }).expect("taken"));
            }
            cuts.extend(detector.finish());
            let found: Vec<_> = cuts.iter().map(|cut| (cut.kind, cut.frame)).collect();
            assert_eq!(found, [(Hard, rate)], "{rate} frames a second");
        }
    }

    #[test]
    fn flashes_and_changes_of_light_are_no_cuts() {
        for frames in 1..=5 {
            let flash = flat(&[(40, 20), (250, frames), (40, 20)]);
            assert_eq!(found(&flash), [], "flash of {frames} frames");
            let (picture, white) = (blobs(1), vec![255; SIDES.0 * SIDES.1 * 3]);
            let mut flash = vec![picture.clone(); 20];
            flash.extend(vec![blend(&picture, &white, 0.8); frames]);
            flash.extend(vec![picture; 20]);
            assert_eq!(found(&flash), [], "flash of {frames} frames over a picture");
        }
        for step in [17, 50] {
            let levels: Vec<(u8, usize)> = (0..=250).step_by(step).map(|level| (level, 1)).collect();
            let quick = flat(&[&[(0, 10)], &levels[..], &[(250, 10)]].concat());
            assert_eq!(found(&quick), [], "brighter by {step} a frame");
        }
    }

    #[test]
    fn dissolves_and_fades_are_told_apart() {
        let (a, b) = (blobs(1), blobs(2));
        for n in [6, 10, 20, 40] {
            let dissolve = [vec![a.clone(); 30], between(&a, &b, n), vec![b.clone(); 30]].concat();
            let found = found(&dissolve);
            let [(Dissolve, at, start, end)] = found[..] else { panic!("{n} frames: {found:?}") };
            let n = n as u64;
            assert!(at.abs_diff(30 + n / 2) <= 1, "{n} frames: {at}");
            assert!(start.abs_diff(30) <= 1 && end.abs_diff(30 + n) <= 1, "{n} frames: {start}..{end}");
        }
        for level in [0, 255] {
            let empty = vec![level; SIDES.0 * SIDES.1 * 3];
            for (out, hold, back) in [(10, 0, 10), (15, 5, 8), (8, 30, 20), (0, 4, 12), (12, 4, 0)] {
                let fade = [
                    vec![a.clone(); 40],
                    between(&a, &empty, out),
                    vec![empty.clone(); hold],
                    between(&empty, &b, back),
                    vec![b.clone(); 40],
                ];
                let found = found(&fade.concat());
                let [(Fade, _, start, end)] = found[..] else {
                    panic!("{out}, {hold}, {back} frames: {found:?}")
                };
                assert!(start.abs_diff(40) <= 1, "{start}");
                assert!(end.abs_diff(40 + (out + hold + back) as u64) <= 1, "{out} {hold} {back}: {end}");
            }
            // Nothing before, nothing behind.
            let first = [vec![empty.clone(); 10], between(&empty, &a, 20), vec![a.clone(); 40]].concat();
            assert_eq!(found(&first), []);
            let last = [vec![a.clone(); 40], between(&a, &empty, 20), vec![empty.clone(); 10]].concat();
            assert_eq!(found(&last), []);
        }
    }
}
