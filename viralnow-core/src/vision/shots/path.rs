//! How the pictures go from one to another: a dissolve goes straight, motion does not.

use super::thumb::Thumb;

/// The way from the first of some pictures to the last. At each picture, how far it has come (0 at the first, 1 at the last,
/// by projection on the difference of the two) and how far off the straight line it is.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// Progress of each picture.
    progress: Vec<f32>,
    /// Root mean square of the difference between the first and the last, 0 to 255.
    pub(super) length: f32,
    /// Mean squared distance from the line, over the square of the length.
    pub(super) off: f32,
}

/// Where the change happens, in places on the path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ramp {
    /// Where the progress is 0 for the last time, and 1 for the first, as the straight rise between 0.15 and 0.85 has it.
    pub(super) start: f32,
    pub(super) end: f32,
    /// Where the progress is a half for the first time.
    pub(super) middle: f32,
    /// Most progress ahead of the rise, and most that is missing behind it.
    pub(super) before: f32,
    pub(super) after: f32,
    /// Largest progress from a picture to the next.
    pub(super) step: f32,
    /// Largest way back.
    pub(super) back: f32,
    /// Pictures that are clearly neither the one nor the other.
    pub(super) between: usize,
}

impl Path {
    /// Progress and distance of a single picture.
    pub(super) fn at(first: &Thumb, last: &Thumb, picture: &Thumb) -> Option<(f32, f32)> {
        Self::on(first, last, last.products(first, last).1, picture)
    }

    /// The same, with the squared length, in samples.
    fn on(first: &Thumb, last: &Thumb, whole: i32, picture: &Thumb) -> Option<(f32, f32)> {
        if whole == 0 || !first.same_size(last) || !first.same_size(picture) {
            return None;
        }
        let (with_end, with_self) = picture.products(first, last);
        let progress = with_end as f32 / whole as f32;
        Some((progress, (with_self as f32 / whole as f32 - progress * progress).max(0.0)))
    }

    /// Through these pictures, at least two; nothing where they differ in size or the last is the first.
    pub(super) fn fit<'a>(&mut self, pictures: impl Iterator<Item = &'a Thumb> + Clone) -> Option<&Self> {
        let first = pictures.clone().next()?;
        let last = pictures.clone().last()?;
        let (_, whole) = last.products(first, last);
        self.progress.clear();
        self.off = 0.0;
        for picture in pictures {
            let (progress, off) = Self::on(first, last, whole, picture)?;
            self.progress.push(progress);
            self.off += off;
        }
        self.off /= self.progress.len() as f32;
        self.length = (whole as f32 / first.samples() as f32).sqrt();
        Some(self)
    }

    /// Progress of each picture.
    pub(super) fn progress(&self) -> &[f32] {
        &self.progress
    }

    pub(super) fn ramp(&self) -> Option<Ramp> {
        const LOW: f32 = 0.15;
        let p = &self.progress;
        let crossing = |level: f32| {
            let i = p.iter().position(|&v| v >= level).filter(|&i| i > 0)?;
            Some(i as f32 - (p[i] - level) / (p[i] - p[i - 1]))
        };
        let (low, high) = (crossing(LOW)?, crossing(1.0 - LOW)?);
        let length = (high - low) / (1.0 - 2.0 * LOW);
        let (start, end) = (low - LOW * length, high + LOW * length);
        let steps = p.windows(2).map(|pair| pair[1] - pair[0]);
        // A sixth of the stretch at least.
        let ends = ((p.len() - 1) / 6 + 1).max(2).min(p.len());
        let before =
            p[..ends.max(start.max(0.0) as usize + 1)].iter().fold(0.0, |most: f32, v| most.max(v.abs()));
        let behind = (end.ceil() as usize).min(p.len() - ends);
        let after = p[behind..].iter().fold(0.0, |most: f32, v| most.max((1.0 - v).abs()));
        Some(Ramp {
            start,
            end,
            middle: crossing(0.5)?,
            before,
            after,
            step: steps.clone().fold(0.0, f32::max),
            back: steps.fold(0.0, |back: f32, step| back.max(-step)),
            between: p.iter().filter(|v| (0.1..0.9).contains(*v)).count(),
        })
    }
}
