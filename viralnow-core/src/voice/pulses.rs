//! The moments of the glottal pulses, one for each cycle of the voice, by matching waveforms: the Praat manual, "Sound &
//! Pitch: To `PointProcess` (cc)". From the highest excursion in the middle of a voiced stretch the search goes both ways, cycle
//! by cycle, to where the sound around resembles most the sound around the pulse before.

use super::input::clean;
use crate::dsp::dot::dot;
use crate::dsp::wide::wide;

/// Where the next pulse may stand, in periods from the last one.
const NEAREST: f64 = 0.8;
const FURTHEST: f64 = 1.25;
/// Correlation from which on a pulse counts, and from which on one more is taken beyond the end of the voiced stretch.
const LIKE: f32 = 0.3;
const MUCH_LIKE: f32 = 0.7;
/// Share of the sound's highest peak that such a one more must have around it.
const LOUD: f64 = 0.0233;
/// Share of a period on either side over which a pulse's amplitude is taken.
const AMPLITUDE_REACH: f64 = 0.2;

/// A part of a sound; outside there is silence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) samples: &'a [f32],
    /// Number of the first of them since the sound began.
    pub(super) first: u64,
    pub(super) rate: f64,
}

impl Part<'_> {
    /// Sample `i` stands at `(i + 0.5) / rate`.
    fn place(&self, time_s: f64) -> f64 {
        time_s * self.rate - 0.5
    }

    fn time_s(&self, place: f64) -> f64 {
        (place + 0.5) / self.rate
    }

    fn sample(&self, i: i64) -> f32 {
        let at = usize::try_from(i - self.first as i64).ok();
        at.and_then(|at| self.samples.get(at)).map_or(0.0, |&s| clean(s))
    }

    fn copy(&self, from: i64, to: i64, out: &mut Vec<f32>) {
        out.clear();
        let (start, count) = (from - self.first as i64, (to - from).max(0) as usize);
        match usize::try_from(start).ok().and_then(|start| self.samples.get(start..)?.get(..count)) {
            Some(inside) => out.extend(inside.iter().map(|&s| clean(s))),
            None => out.extend((from..to).map(|i| self.sample(i))),
        }
    }

    /// The largest magnitude within half a period.
    fn peak(&self, time_s: f64, period_s: f64) -> f32 {
        let from = self.place(time_s - period_s / 2.0).ceil() as i64;
        let to = self.place(time_s + period_s / 2.0).floor() as i64;
        (from..=to).map(|i| self.sample(i).abs()).fold(0.0, f32::max)
    }

    /// The moment of the largest magnitude between two moments, to a fraction of a sample.
    fn extremum(&self, from_s: f64, to_s: f64) -> f64 {
        let (from, to) = (self.place(from_s).round() as i64, self.place(to_s).round() as i64);
        let mut at = from;
        for i in from..=to {
            if self.sample(i).abs() > self.sample(at).abs() {
                at = i;
            }
        }
        let [before, here, after] = [at - 1, at, at + 1].map(|i| f64::from(self.sample(i).abs()));
        let bend = 2.0 * here - before - after;
        let whole = bend > 0.0 && here >= before && here >= after;
        self.time_s(at as f64 + if whole { 0.5 * (after - before) / bend } else { 0.0 })
    }

    /// The root mean square around a pulse, under a Hann window that reaches a fifth of the period on either side.
    pub(super) fn amplitude(&self, time_s: f64, before_s: f64, after_s: f64) -> Option<f64> {
        let (left, right) = (AMPLITUDE_REACH * before_s, AMPLITUDE_REACH * after_s);
        let from = self.place(time_s - left).ceil() as i64;
        let to = self.place(time_s + right).floor() as i64;
        let distance = |i: i64| self.time_s(i as f64) - time_s;
        let after = (from..=to).find(|&i| distance(i) >= 0.0).unwrap_or(to + 1);
        let (mut power, mut weight) = (0.0, 0.0);
        for (range, reach) in [(from..after, left), (after..to + 1, right)] {
            // The window by turning from sample to sample, without a cosine for each.
            let turn = std::f64::consts::PI / reach;
            let (sine, cosine) = (turn / self.rate).sin_cos();
            let (mut y, mut x) = (turn * distance(range.start)).sin_cos();
            for i in range {
                let window = 0.5 + 0.5 * x;
                power += (f64::from(self.sample(i)) * window).powi(2);
                weight += window * window;
                (x, y) = (x * cosine - y * sine, x * sine + y * cosine);
            }
        }
        (weight > 0.0).then(|| (power / weight).sqrt())
    }
}

/// A stretch of voiced frames.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voiced<'a> {
    /// Moment of the first frame.
    pub(super) first_s: f64,
    pub(super) step_s: f64,
    /// Fundamental frequency of each frame.
    pub(super) f0_hz: &'a [f32],
}

impl Voiced<'_> {
    /// From half a step before the first frame to half a step after the last.
    pub(super) fn bounds(&self) -> (f64, f64) {
        let from = self.first_s - self.step_s / 2.0;
        (from, from + self.f0_hz.len() as f64 * self.step_s)
    }

    /// The period at a moment, linear in frequency between frames; `None` beyond half a step from the ends.
    fn period_s(&self, time_s: f64) -> Option<f64> {
        let place = (time_s - self.first_s) / self.step_s;
        let frame = |i: f64| {
            let at = (i >= 0.0).then_some(i as usize);
            at.and_then(|at| self.f0_hz.get(at)).map(|&hz| f64::from(hz))
        };
        let (low, share) = (place.floor(), place - place.floor());
        let hz = match (frame(low), frame(low + 1.0)) {
            (Some(a), Some(b)) => a + share * (b - a),
            (Some(a), None) if share < 0.5 => a,
            (None, Some(b)) if share >= 0.5 => b,
            _ => return None,
        };
        (hz > 0.0).then(|| 1.0 / hz)
    }
}

/// Finds pulses; keeps its working space.
#[derive(Debug, Default)]
pub(super) struct Pulses {
    template: Vec<f32>,
    around: Vec<f32>,
    likeness: Vec<f32>,
    left: Vec<f64>,
}

impl Pulses {
    /// Appends the moments of the pulses of a voiced stretch, in order. `peak` is the highest magnitude of the sound, `last_s`
    /// the pulse before.
    pub(super) fn find(
        &mut self,
        part: &Part<'_>,
        voiced: &Voiced<'_>,
        peak: f64,
        last_s: Option<f64>,
        pulses: &mut Vec<f64>,
    ) {
        let (from_s, to_s) = voiced.bounds();
        let middle_s = f64::midpoint(from_s, to_s);
        let Some(period_s) = voiced.period_s(middle_s) else { return };
        let first_s = part.extremum(middle_s - period_s / 2.0, middle_s + period_s / 2.0);
        let loud = |time_s, period_s| f64::from(part.peak(time_s, period_s)) > LOUD * peak;
        let apart =
            |time_s: f64, period_s: f64| last_s.is_none_or(|last_s| time_s - last_s > NEAREST * period_s);
        self.left.clear();
        let mut time_s = first_s;
        while let Some(period_s) = voiced.period_s(time_s) {
            let (next_s, likeness) = self.next(part, time_s, period_s, -1.0);
            time_s = next_s;
            let inside = next_s >= from_s;
            let counts =
                if inside { likeness > LIKE } else { likeness > MUCH_LIKE && loud(next_s, period_s) };
            if counts && apart(next_s, period_s) {
                self.left.push(next_s);
            }
            if !inside {
                break;
            }
        }
        pulses.extend(self.left.iter().rev());
        if apart(first_s, period_s) || !self.left.is_empty() {
            pulses.push(first_s);
        }
        time_s = first_s;
        while let Some(period_s) = voiced.period_s(time_s) {
            let (next_s, likeness) = self.next(part, time_s, period_s, 1.0);
            time_s = next_s;
            let inside = next_s < to_s;
            let counts =
                if inside { likeness > LIKE } else { likeness > MUCH_LIKE && loud(next_s, period_s) };
            if counts {
                pulses.push(next_s);
            }
            if !inside {
                break;
            }
        }
    }

    /// The moment before (-1) or after (1) which a period around resembles most the period around `time_s`, and how much it
    /// does. Where the resemblance has no maximum, one period on, with none.
    fn next(&mut self, part: &Part<'_>, time_s: f64, period_s: f64, way: f64) -> (f64, f32) {
        let half_s = period_s / 2.0;
        let nearby = |distance: f64| time_s + way * distance * period_s - half_s;
        let (near, far) = (nearby(NEAREST), nearby(FURTHEST));
        let start = part.place(time_s - half_s).round() as i64;
        let length = part.place(time_s + half_s).round() as i64 + 1 - start;
        let low = part.place(near.min(far)).floor() as i64;
        let high = part.place(near.max(far)).ceil() as i64;
        part.copy(start, start + length, &mut self.template);
        part.copy(low, high + length, &mut self.around);
        let shifts = (high - low) as usize;
        self.likeness.clear();
        self.likeness.resize(shifts + 1, 0.0);
        compare(&self.template, &self.around, &mut self.likeness);
        // Before the range counts as unlike; a maximum may stand at its near edge.
        let (mut before, mut here) = (0.0, self.likeness[0]);
        let mut best: Option<(f64, f32, f32)> = None;
        for shift in 0..shifts {
            let after = self.likeness[shift + 1];
            if here >= before && here >= after && best.is_none_or(|(_, _, height)| here > height) {
                let (slope, bend) = (0.5 * (after - before), 2.0 * here - before - after);
                let vertex = if bend > 0.0 { slope / bend } else { 0.0 };
                let place = (low - start) as f64 + shift as f64 + f64::from(vertex);
                best = Some((time_s + place / part.rate, here + 0.5 * slope * vertex, here));
            }
            (before, here) = (here, after);
        }
        match best {
            // A step that goes nowhere would never end.
            Some((next_s, likeness, _)) if (next_s - time_s) * way > 0.4 * period_s => (next_s, likeness),
            _ => (time_s + way * period_s, -1.0),
        }
    }
}

wide! {
    /// Writes how much the template resembles what is around it from each shift on: 1 for the same, but for its height.
    fn compare(template: &[f32], around: &[f32], likeness: &mut [f32]) {
        let energy = dot(template, template);
        let square = |sample: f32| f64::from(sample) * f64::from(sample);
        let mut power: f64 = around[..template.len()].iter().map(|&sample| square(sample)).sum();
        for (shift, likeness) in likeness.iter_mut().enumerate() {
            let other = &around[shift..shift + template.len()];
            let both = (energy * power as f32).sqrt();
            *likeness = if both > 0.0 { dot(template, other) / both } else { 0.0 };
            // One sample leaves, one enters.
            power += around.get(shift + template.len()).map_or(0.0, |&sample| square(sample)) - square(around[shift]);
        }
    }
}
