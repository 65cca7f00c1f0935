//! Virality: the probability that a clip is in the top tenth of its peers in the next 24 hours.
//!
//! The model stands on *persistence*: what gained views yesterday gains views tomorrow. Boosted trees correct by how much the
//! pace will change, from scale-free inputs (growth, its change, age, likes and comments for each view); where a clip lies
//! outside of what they were trained on, the correction is that of a typical clip, which leaves persistence, and
//! [`Virality::out_of_range`] says so. A clip that was seen once has no pace: its rank is then weak, and
//! [`Virality::basis`] says so. Peers are the clips that are scored together.
//!
//! Data, measurements and what they do not mean: `training/virality/README.md`.

mod features;
mod model;
mod signals;
mod trees;

pub use signals::{Earlier, Signals};

use crate::score::top_tenth;
use crate::{Error, ErrorKind, Result};
use model::Model;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Fewer peers than this have no top tenth of their own; the border is then that of a typical list of trending clips.
pub const FEWEST_PEERS: usize = 20;
/// Version of the model that ships.
pub const VIRALITY_VERSION: &str = "virality-2";
/// Newton's steps towards the number of places, and how far the odds' logarithm moves at most.
const STEPS: usize = 20;
const MOST_SHIFT: f64 = 3.0;
/// Where more of the clips than this lie outside of the model's range, it leaves the whole list to persistence.
const MOST_OUTSIDE: f64 = 0.3;

/// What the next 24 hours are judged by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// New views.
    #[default]
    Gain,
    /// Views over views, on a logarithmic scale: small clips can win too.
    Growth,
}

impl std::str::FromStr for Objective {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "gain" => Ok(Self::Gain),
            "growth" => Ok(Self::Growth),
            _ => Err(Error::new(ErrorKind::InvalidConfig, "no such objective; there are gain and growth")
                .with("objective", name)),
        }
    }
}

/// What a probability stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Two readings of the counts: the strong case.
    Pace,
    /// One reading and the age. No velocity yet.
    Age,
    /// One reading. No velocity yet.
    Counts,
}

/// What the model says of a clip among its peers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Virality {
    /// Probability to be in the top tenth in the next 24 hours.
    pub probability: f64,
    /// Where that probability lies, had the calibration been drawn again: 90 %, by bootstrap. Of a list whose probabilities are shifted
    /// to sum to its places, it is shifted with them.
    pub interval: [f64; 2],
    /// Expected new views in the next 24 hours.
    pub new_views: f64,
    /// What it stands on.
    pub basis: Basis,
    /// Whether the clip lies outside of what the model was trained on, so that it is persistence that speaks.
    pub out_of_range: bool,
}

impl Virality {
    /// Whether the clip was seen once only: no pace, and a weak rank.
    #[must_use]
    pub fn is_cold(&self) -> bool {
        self.basis != Basis::Pace
    }
}

/// One clip before its peers are known.
struct Foreseen {
    basis: Basis,
    out_of_range: bool,
    new_views: f64,
    /// Its place on the objective's scale, and the relative variance that comes from counting alone.
    place: f64,
    noise: f64,
}

/// What the model says of each of these clips, which are each other's peers; `None` of a clip without views.
///
/// ```
/// use viralnow_core::clips::{Counts, Earlier, Objective, Signals, virality};
/// let of = |before, now| Signals {
///     counts: Counts { views: Some(now), ..Counts::default() },
///     before: Some(Earlier { counts: Counts { views: Some(before), ..Counts::default() }, hours: 24.0 }),
///     hours_followed: 24.0,
///     ..Signals::default()
/// };
/// let mut peers: Vec<Signals> = (0..30).map(|i| of(100_000, 101_000 + 20 * i)).collect();
/// peers.push(of(5_000, 90_000));
/// let said = virality(&peers, Objective::Gain);
/// assert!(said[30].unwrap().probability > 0.9 && said[0].unwrap().probability < 0.5);
/// assert!(virality(&[Signals::default()], Objective::Gain)[0].is_none());
/// ```
#[must_use]
pub fn virality(peers: &[Signals], objective: Objective) -> Vec<Option<Virality>> {
    virality_of(|| peers.iter().copied(), objective)
}

/// As [`virality`], of peers that are gone through once, or twice where persistence has to speak.
pub(super) fn virality_of<S: Iterator<Item = Signals>>(
    peers: impl Fn() -> S,
    objective: Objective,
) -> Vec<Option<Virality>> {
    let model = Model::shipped();
    let foresee = |persistence| -> Vec<Option<Foreseen>> {
        peers().map(|signals| foresee(model, &signals, objective, persistence)).collect()
    };
    let mut foreseen = foresee(false);
    let outside = foreseen.iter().flatten().filter(|f| f.out_of_range).count();
    if outside as f64 > MOST_OUTSIDE * foreseen.iter().flatten().count() as f64 {
        foreseen = foresee(true);
    }
    let border = border(foreseen.iter().flatten().map(|f| f.place).collect());
    let mut said: Vec<_> = foreseen
        .into_iter()
        .map(|foreseen| {
            let Foreseen { basis, out_of_range, new_views, place, noise } = foreseen?;
            let curve = model.part(basis).curve(objective);
            let z = (place - border.unwrap_or(curve.border)) / (1.0 + noise / model.spread.powi(2)).sqrt();
            let (probability, interval) = curve.at(z);
            Some(Virality { probability, interval, new_views, basis, out_of_range })
        })
        .collect();
    if border.is_some() {
        fill_places(&mut said);
    }
    said
}

/// The top tenth has so many places, and all of them will be taken: the odds of a list are multiplied by one number until the
/// probabilities sum to that. The order stays. Certainty, for or against, stays too.
fn fill_places(said: &mut [Option<Virality>]) {
    let odds: Vec<f64> =
        said.iter().flatten().map(|said| said.probability / (1.0 - said.probability)).collect();
    let places = top_tenth(odds.len()) as f64;
    let mut shift = 0.0_f64;
    for _ in 0..STEPS {
        let factor = shift.exp();
        let (mut sum, mut slope) = (0.0, 0.0);
        for odds in &odds {
            let p = probability(odds * factor);
            sum += p;
            slope += p * (1.0 - p);
        }
        let missing = places - sum;
        if missing.abs() < 1e-6 * places || slope <= 0.0 {
            break;
        }
        shift = (shift + (missing / slope).clamp(-1.0, 1.0)).clamp(-MOST_SHIFT, MOST_SHIFT);
    }
    let factor = shift.exp();
    let moved = |p: f64| probability(p / (1.0 - p) * factor);
    for said in said.iter_mut().flatten() {
        said.probability = moved(said.probability);
        said.interval = said.interval.map(moved);
    }
}

/// Of odds, which may be infinite.
fn probability(odds: f64) -> f64 {
    if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 }
}

fn foresee(model: &Model, signals: &Signals, objective: Objective, persistence: bool) -> Option<Foreseen> {
    let views = signals.counts.views? as f64;
    let pace = signals.pace();
    let (basis, base) = match (pace, signals.age_hours) {
        (Some(pace), _) => (Basis::Pace, pace),
        (None, Some(_)) => (Basis::Age, views),
        (None, None) => (Basis::Counts, views),
    };
    let part = model.part(basis);
    let (correction, out_of_range) =
        if persistence { (part.typical(), true) } else { part.correction(&features::features(signals)) };
    let new_views = base * correction.exp();
    let place = match objective {
        Objective::Gain => new_views.ln_1p(),
        Objective::Growth => ((new_views / (views + 1.0)).ln_1p() + 1e-6).ln(),
    };
    let noise = 1.0 / (new_views + 1.0) + pace.map_or(0.0, |pace| 1.0 / (pace + 1.0));
    Some(Foreseen { basis, out_of_range, new_views, place, noise })
}

/// Half-way between the last place of the top tenth and the first one below it.
fn border(mut places: Vec<f64>) -> Option<f64> {
    if places.len() < FEWEST_PEERS {
        return None;
    }
    let top = top_tenth(places.len());
    let (above, &mut below, _) = places.select_nth_unstable_by(top, |a, b| b.total_cmp(a));
    let last = above.iter().copied().min_by(f64::total_cmp)?;
    Some(0.5 * (last + below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clips::Counts;

    #[test]
    fn the_shipped_model_is_sound_and_small() {
        let _ = Model::shipped();
        assert!(include_str!("model.json").len() <= 200_000);
        for broken in [
            "",
            "{}",
            r#"{"format": 2}"#,
            &include_str!("model.json").replace("\"format\":1", "\"format\":9"),
        ] {
            assert_eq!(Model::read(broken).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn any_counts_give_probabilities() {
        let extremes = [None, Some(0), Some(1), Some(1 << 53), Some(u64::MAX)];
        let mut peers = Vec::new();
        for views in extremes {
            for before in extremes {
                for hours in [1e-3, 24.0, 1e6] {
                    let counts = Counts { views, likes: before, comments: views, ..Counts::default() };
                    let before = Some(Earlier {
                        counts: Counts { views: before, likes: views, ..Counts::default() },
                        hours,
                    });
                    peers.push(Signals {
                        counts,
                        before,
                        before_that: before,
                        hours_followed: hours,
                        age_hours: Some(hours),
                    });
                }
            }
        }
        for objective in [Objective::Gain, Objective::Growth] {
            for n in [0, 1, FEWEST_PEERS, peers.len()] {
                for said in virality(&peers[..n], objective).into_iter().flatten() {
                    assert!(
                        (0.0..=1.0).contains(&said.probability) && said.new_views.is_finite(),
                        "{said:?}"
                    );
                    assert!(
                        said.interval[0] <= said.probability && said.probability <= said.interval[1],
                        "{said:?}"
                    );
                }
            }
        }
    }

    /// As many as there are places, whatever the list is like; fewer than twenty have no places of their own.
    #[test]
    fn probabilities_sum_to_the_places() {
        let counts = |views| Counts { views: Some(views), ..Counts::default() };
        let cold = |i: u64| Signals { counts: counts(1000 + i * i), ..Signals::default() };
        let warm = |i: u64| Signals {
            counts: counts(10_000 + 7 * i * i),
            before: Some(Earlier { counts: counts(10_000), hours: 24.0 }),
            hours_followed: 24.0,
            ..Signals::default()
        };
        for objective in [Objective::Gain, Objective::Growth] {
            for n in [20, 47, 1000] {
                for peers in [(0..n).map(cold).collect::<Vec<_>>(), (0..n).map(warm).collect()] {
                    let said = virality(&peers, objective);
                    let sum: f64 = said.iter().flatten().map(|said| said.probability).sum();
                    let places = top_tenth(n as usize) as f64;
                    assert!((sum - places).abs() < 0.02 * places, "{objective:?} {n}: {sum} of {places}");
                }
            }
        }
    }

    #[test]
    fn filling_the_places_keeps_order_and_certainty() {
        let of = |probability: f64| Virality {
            probability,
            interval: [0.5 * probability, probability],
            new_views: 1.0,
            basis: Basis::Counts,
            out_of_range: false,
        };
        let mut said: Vec<_> = (0..40).map(|k| Some(of(f64::from(k) / 160.0))).collect();
        said.push(Some(of(1.0)));
        fill_places(&mut said);
        let moved: Vec<f64> = said.iter().flatten().map(|said| said.probability).collect();
        assert!(moved.is_sorted() && moved[0] < 1e-12 && moved[40] > 1.0 - 1e-12, "{moved:?}");
        assert!((moved.iter().sum::<f64>() - top_tenth(41) as f64).abs() < 1e-3, "{moved:?}");
        assert!(said.iter().flatten().all(|said| said.interval[0] <= said.probability));
    }

    #[test]
    fn a_list_that_the_model_does_not_know_is_left_to_persistence() {
        // Everybody likes and comments on every view: no trending list is like that.
        let of = |new: u64| {
            let counts = |n| Counts {
                views: Some(n),
                likes: Some(50 * n),
                comments: Some(50 * n),
                ..Counts::default()
            };
            let before = Some(Earlier { counts: counts(1_000), hours: 24.0 });
            Signals { counts: counts(1_000 + new), before, hours_followed: 24.0, ..Signals::default() }
        };
        let said = virality(&(0..40).map(|i| of(10 * i)).collect::<Vec<_>>(), Objective::Gain);
        assert!(said.iter().flatten().all(|s| s.out_of_range));
        assert!(said.windows(2).all(|w| w[0].unwrap().new_views <= w[1].unwrap().new_views));
    }
}
