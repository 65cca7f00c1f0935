//! Whether a sound is in a query at a place: its landmarks, one by one.

use super::landmarks::{Fingerprint, Point};
use super::pairs::speed_of;

/// How far from its place a landmark may be while the place is still rough, and at the end: units of 4 ms, of 2.5 cents.
const ROUGH: (f64, i32) = (14.0, 14);
const FINE: (f64, i32) = (6.0, 8);
/// Where chance is measured: the same sound shifted by so many units of time.
const ELSEWHERE: [f64; 8] = [-331.0, -251.0, -163.0, -89.0, 83.0, 157.0, 241.0, 337.0];

/// Landmarks of the query that are looked at for one of the sound; music has 5 in 0.1 s, and what has more is made to cost.
const LOOKED_AT: usize = 256;

/// A place of a query in a sound: `time in the sound = offset + speed * time in the query`, in units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) offset: f64,
    pub(super) speed: f64,
    /// How much higher the query is, in units of pitch.
    pub(super) raised: f64,
}

/// What was found at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) place: Place,
    /// Landmarks of the sound that the query should have, those that it has, and those that it would have by chance.
    pub(super) expected: usize,
    pub(super) matched: usize,
    pub(super) by_chance: f64,
}

impl Found {
    /// A bound on the chance of as many matches or more (Chernoff 1952), as its negative natural logarithm: the landmarks
    /// expected times the divergence of the share that is found from that found elsewhere. 0 where it is no larger.
    pub(super) fn evidence(&self) -> f64 {
        let n = self.expected as f64;
        if self.matched as f64 <= self.by_chance {
            return 0.0;
        }
        let (found, chance) = (self.matched as f64 / n, (self.by_chance / n).clamp(1e-6, 1.0 - 1e-6));
        let part = |p: f64, q: f64| if p > 0.0 { p * (p / q).ln() } else { 0.0 };
        n * (part(found, chance) + part(1.0 - found, 1.0 - chance))
    }
}

/// One landmark of the sound that is in the query.
struct Pair {
    /// Time in the query, and in the sound.
    query: f64,
    sound: f64,
    /// Pitch in the query above that in the sound.
    raised: f64,
}

/// Improves a place that votes found, and counts there.
pub(super) fn verify(query: &Fingerprint, sound: &[Point], place: Place) -> Found {
    let mut place = place;
    for tolerance in [ROUGH, ROUGH, FINE] {
        let pairs = pairs(query, sound, place, tolerance).0;
        place = refine(&pairs, place);
    }
    let (pairs, expected) = pairs(query, sound, place, FINE);
    let chance = |shift: &f64| {
        let place = Place { offset: place.offset + shift, ..place };
        let (pairs, expected) = self::pairs(query, sound, place, FINE);
        (pairs.len() as f64, expected as f64)
    };
    let (hits, tries) =
        ELSEWHERE.iter().map(chance).fold((0.5, 1.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    Found { place, expected, matched: pairs.len(), by_chance: hits / tries * expected as f64 }
}

/// The landmarks of the sound that are in the query, and how many should be.
fn pairs(query: &Fingerprint, sound: &[Point], place: Place, tolerance: (f64, i32)) -> (Vec<Pair>, usize) {
    let points = &query.points;
    let end = place.offset + place.speed * f64::from(query.duration);
    let first = sound.partition_point(|point| f64::from(point.time) < place.offset);
    let last = sound.partition_point(|point| f64::from(point.time) <= end);
    let mut found = Vec::new();
    let mut from = 0;
    for point in &sound[first..last.max(first)] {
        let time = (f64::from(point.time) - place.offset) / place.speed;
        while from < points.len() && f64::from(points[from].time) < time - tolerance.0 {
            from += 1;
        }
        let pitch = f64::from(point.pitch) + place.raised;
        let distance = |other: &Point| {
            (f64::from(other.time) - time).abs() / tolerance.0
                + (f64::from(other.pitch) - pitch).abs() / f64::from(tolerance.1)
        };
        let nearest = points[from..]
            .iter()
            .take(LOOKED_AT)
            .take_while(|other| f64::from(other.time) <= time + tolerance.0)
            .filter(|other| (f64::from(other.pitch) - pitch).abs() <= f64::from(tolerance.1))
            .min_by(|a, b| distance(a).total_cmp(&distance(b)));
        if let Some(nearest) = nearest {
            found.push(Pair {
                query: f64::from(nearest.time),
                sound: f64::from(point.time),
                raised: f64::from(nearest.pitch) - f64::from(point.pitch),
            });
        }
    }
    (found, last.saturating_sub(first))
}

/// The median of the pitches, and the line through the times; a line needs a second's worth of pairs to have a slope, and
/// without them the pitch tells the speed.
fn refine(pairs: &[Pair], place: Place) -> Place {
    if pairs.len() < 4 {
        return place;
    }
    let mut raised: Vec<f64> = pairs.iter().map(|pair| pair.raised).collect();
    raised.sort_by(f64::total_cmp);
    let raised = raised[raised.len() / 2];
    let n = pairs.len() as f64;
    let mean = |of: &dyn Fn(&Pair) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (query, sound) = (mean(&|pair| pair.query), mean(&|pair| pair.sound));
    let spread = pairs.iter().map(|pair| (pair.query - query).powi(2)).sum::<f64>();
    let along = pairs.iter().map(|pair| (pair.query - query) * (pair.sound - sound)).sum::<f64>();
    let implied = speed_of(raised);
    // As if a hundred pairs a second around the middle followed the pitch: few pairs do not tilt the line.
    let weight = 100.0 * 62.5 * 62.5;
    let speed = (along + weight * implied) / (spread + weight);
    Place { offset: sound - speed * query, speed, raised }
}
