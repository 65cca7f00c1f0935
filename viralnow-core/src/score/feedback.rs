//! The weekly loop of the content score: what came of the assets moves what each feature counts for.

use super::prior::PRIORS;
use super::weekly::{Refit, SMALLEST_LIST, Taught, Weekly};
use super::{BASELINE, SCORE_VERSION, ranks::ranks};
use crate::features::{Contribution, Score};
use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

/// What all features together can add or take.
const POINTS: f64 = 50.0;
/// Weeks whose errors make the interval.
const ERROR_WEEKS: usize = 3;
/// Errors of a week that are kept, evenly among them.
const MOST_ERRORS: usize = 2000;
/// With fewer outcomes an interval would be chance.
const FEWEST_ERRORS: usize = 50;

/// Assets whose outcomes are known: those that can be compared with each other, such as one channel's of one week.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AssetOutcomes {
    /// Their scores, as the payloads have them.
    pub scores: Vec<Score>,
    /// What came, in the same order, such as views after a week; any scale, for ranks are what counts. NaN is unknown.
    pub outcomes: Vec<f64>,
}

/// What was learned from outcomes about the content score. Plain data: keep it as JSON between weeks.
///
/// Each feature keeps its direction and shape ([`PRIORS`]); how many points it can add or take is learned, as the weights of
/// clips are ([`crate::clips::Feedback::learn`]): decayed, not negative, 50 points together, and guarded against a bad week.
/// [`ContentFeedback::apply`] gives a payload's score by the learned points, and once 50 outcomes are known, an 80 % interval:
/// where, among the assets it was listed with, an asset of this score came to lie, in percent.
///
/// ```
/// use viralnow_core::score::{AssetOutcomes, ContentFeedback};
/// use viralnow_core::{analyze_text, features::Score};
/// // Captions that are hooks do well here.
/// let captions = ["You won't believe this trick!", "Minutes of the annual meeting of members, part two"];
/// let scores: Vec<Score> = (0..60).map(|i| Ok(analyze_text(captions[i % 2])?.payload.score.unwrap()))
///     .collect::<viralnow_core::Result<_>>()?;
/// let outcomes = (0..60).map(|i| if i % 2 == 0 { 1000.0 + i as f64 } else { i as f64 }).collect();
/// let hook = scores[0].clone();
/// let mut feedback = ContentFeedback::default();
/// feedback.learn("2026-W01", &[AssetOutcomes { scores, outcomes }])?;
/// let learned = feedback.apply(&hook)?;
/// assert!(learned.viral > hook.viral && learned.calibrated);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "State", into = "State")]
pub struct ContentFeedback {
    weekly: Weekly,
    errors: Vec<Vec<f32>>,
}

#[derive(Serialize, Deserialize)]
struct State {
    /// Features, in the order of the weights: a state of other ones says so.
    features: Vec<String>,
    weekly: Weekly,
    errors: Vec<Vec<f32>>,
}

impl From<ContentFeedback> for State {
    fn from(ContentFeedback { weekly, errors }: ContentFeedback) -> Self {
        Self { features: names().map(str::to_owned).collect(), weekly, errors }
    }
}

impl TryFrom<State> for ContentFeedback {
    type Error = &'static str;
    fn try_from(State { features, weekly, errors }: State) -> std::result::Result<Self, Self::Error> {
        if weekly.fits(PRIORS.len()) && names().eq(features.iter().map(String::as_str)) {
            Ok(Self { weekly, errors })
        } else {
            Err("the state is of other features than this version scores; learn anew")
        }
    }
}

fn names() -> impl Iterator<Item = &'static str> {
    PRIORS.iter().map(|prior| prior.feature)
}

impl Default for ContentFeedback {
    /// Nothing learned: the points of [`PRIORS`].
    fn default() -> Self {
        let weights = PRIORS.iter().map(|prior| prior.weight / POINTS).collect();
        Self { weekly: Weekly::begin(weights), errors: Vec::new() }
    }
}

impl ContentFeedback {
    /// The most points that each feature can add or take now, in the order of [`PRIORS`].
    #[must_use]
    pub fn points(&self) -> Vec<(&'static str, f64)> {
        names().zip(self.weekly.weights().iter().map(|weight| POINTS * weight)).collect()
    }

    /// Every refit, the oldest first; its weights are shares of the 50 points.
    #[must_use]
    pub fn log(&self) -> &[Refit] {
        self.weekly.log()
    }

    /// Takes a week's outcomes: refits, and keeps the new weights if the guard lets them pass. Lists of less than ten assets teach
    /// nothing; `INVALID_INPUT` where there is no other.
    pub fn learn(&mut self, week: impl Into<String>, lists: &[AssetOutcomes]) -> Result<Refit> {
        let mut taught = Vec::new();
        let mut values = vec![Vec::new(); PRIORS.len()];
        for list in lists {
            if list.scores.len() != list.outcomes.len() {
                return Err(Error::new(ErrorKind::InvalidInput, "every asset of a list needs its outcome")
                    .with("assets", list.scores.len())
                    .with("outcomes", list.outcomes.len()));
            }
            let mut rows = Vec::new();
            for score in &list.scores {
                let found = read(score)?;
                found.iter().zip(&mut values).for_each(|(value, all)| all.push(value.unwrap_or(f64::NAN)));
                rows.push(shapes(&found));
            }
            let known: Vec<usize> =
                (0..list.outcomes.len()).filter(|&i| list.outcomes[i].is_finite()).collect();
            if known.len() >= SMALLEST_LIST {
                taught.push(Taught {
                    rows: known.iter().map(|&i| rows[i].clone()).collect(),
                    outcomes: known.iter().map(|&i| list.outcomes[i]).collect(),
                });
            }
        }
        // By the weights of before, which have not seen this week.
        let errors: Vec<f32> = taught.iter().flat_map(|list| self.errors_of(list)).collect();
        let refit = self.weekly.learn(week.into(), &taught, |feature| values[feature].clone())?;
        let step = errors.len().div_ceil(MOST_ERRORS).max(1);
        self.errors.push(errors.into_iter().step_by(step).collect());
        let oldest = self.errors.len().saturating_sub(ERROR_WEEKS);
        self.errors.drain(..oldest);
        Ok(refit)
    }

    /// Goes back to the weights before the last refit, and forgets that week.
    pub fn roll_back(&mut self) -> Result<()> {
        self.weekly.roll_back()?;
        self.errors.pop();
        Ok(())
    }

    /// The score of a payload by what was learned. Fails with `INVALID_INPUT` for a score of other features.
    pub fn apply(&self, score: &Score) -> Result<Score> {
        let found = read(score)?;
        let mut contributions =
            vec![Contribution { feature: "baseline".to_owned(), value: None, contribution: BASELINE }];
        let points =
            shapes(&found).into_iter().zip(self.weekly.weights()).map(|(shape, w)| POINTS * w * shape);
        for ((feature, value), contribution) in names().zip(found).zip(points) {
            contributions.push(Contribution { feature: feature.to_owned(), value, contribution });
        }
        let viral: f64 = contributions.iter().map(|c| c.contribution).sum();
        let interval = self.interval(viral);
        let weeks = self.weekly.log().len();
        let model_version =
            if weeks == 0 { SCORE_VERSION.to_owned() } else { format!("{SCORE_VERSION}+{weeks}") };
        Ok(Score { viral, interval, contributions, calibrated: interval.is_some(), model_version })
    }

    /// How far from their scores assets came to lie among those they were listed with, in percent.
    fn errors_of(&self, list: &Taught) -> Vec<f32> {
        let n = list.outcomes.len() as f64;
        let weights = self.weekly.weights();
        let error = |(row, rank): (&Vec<f64>, f64)| {
            let viral = BASELINE + POINTS * row.iter().zip(weights).map(|(p, w)| p * w).sum::<f64>();
            (100.0 * (rank - 0.5) / n - viral) as f32
        };
        list.rows.iter().zip(ranks(&list.outcomes)).map(error).collect()
    }

    /// Four of five outcomes of such a score lay in it.
    fn interval(&self, viral: f64) -> Option<[f64; 2]> {
        let mut errors: Vec<f32> = self.errors.iter().flatten().copied().collect();
        if errors.len() < FEWEST_ERRORS {
            return None;
        }
        errors.sort_unstable_by(f32::total_cmp);
        // With one more on either side, which keeps the promise with few (split conformal prediction; Lei and others 2018).
        let n = errors.len();
        let low = ((n + 1) as f64 * 0.1) as usize;
        let bound = |error: f32| (viral + f64::from(error)).clamp(0.0, 100.0);
        Some([bound(errors[low.max(1) - 1]), bound(errors[n - low.max(1)])])
    }
}

/// The values of the scored features, in the order of [`PRIORS`].
fn read(score: &Score) -> Result<Vec<Option<f64>>> {
    let of = |name: &str| score.contributions.iter().find(|c| c.feature == name);
    let other = score
        .contributions
        .iter()
        .find(|c| c.feature != "baseline" && !names().any(|name| name == c.feature));
    if let Some(other) = other {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "the score is of other features than this version has",
        )
        .with("feature", other.feature.chars().take(100).collect::<String>()));
    }
    Ok(names().map(|name| of(name).and_then(|c| c.value).filter(|value| value.is_finite())).collect())
}

/// What each feature says, in (-1, 1); what is missing says nothing.
fn shapes(values: &[Option<f64>]) -> Vec<f64> {
    PRIORS
        .iter()
        .zip(values)
        .map(|(prior, value)| value.map_or(0.0, |v| prior.points(v) / prior.weight))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::algebra::normals;
    use super::*;

    /// Assets whose outcomes come from two features and chance.
    fn week(seed: u64, sign: f64) -> AssetOutcomes {
        let mut random = normals(seed);
        let (mut scores, mut outcomes) = (Vec::new(), Vec::new());
        for _ in 0..300 {
            let contributions = PRIORS
                .iter()
                .map(|prior| Contribution {
                    feature: prior.feature.to_owned(),
                    value: Some(prior.middle + prior.scale * random.next().unwrap()),
                    contribution: 0.0,
                })
                .collect();
            let score = Score {
                viral: 0.0,
                interval: None,
                contributions,
                calibrated: false,
                model_version: String::new(),
            };
            let shape = shapes(&read(&score).unwrap());
            outcomes.push(sign * (shape[5] + 0.5 * shape[9]) + 0.1 * random.next().unwrap());
            scores.push(score);
        }
        AssetOutcomes { scores, outcomes }
    }

    #[test]
    fn points_follow_the_outcomes_a_poisoned_week_does_not_pass_and_the_interval_holds() {
        let mut feedback = ContentFeedback::default();
        for (number, sign) in [1.0, 1.0, -1.0, 1.0].into_iter().enumerate() {
            let refit = feedback.learn(format!("week {number}"), &[week(number as u64, sign)]).unwrap();
            assert_eq!(refit.accepted, sign > 0.0, "{refit:?}");
        }
        let points = feedback.points();
        assert!((points.iter().map(|(_, p)| p).sum::<f64>() - 50.0).abs() < 1e-9);
        assert!(points[5].1 > 20.0 && points[9].1 > 8.0, "{points:?}");
        // A week that took no part; the poisoned one's errors are gone after three more.
        for number in 10..13 {
            feedback.learn(format!("week {number}"), &[week(number, 1.0)]).unwrap();
        }
        let new = week(99, 1.0);
        let ranks = ranks(&new.outcomes);
        let mut inside = 0;
        for (score, rank) in new.scores.iter().zip(ranks) {
            let learned = feedback.apply(score).unwrap();
            let sum: f64 = learned.contributions.iter().map(|c| c.contribution).sum();
            assert!((sum - learned.viral).abs() < 1e-9 && (0.0..=100.0).contains(&learned.viral));
            let [low, high] = learned.interval.unwrap();
            inside += usize::from((low..=high).contains(&(100.0 * (rank - 0.5) / 300.0)));
        }
        // 240 of 300 are promised; three standard deviations of chance are 21.
        assert!((219..=261).contains(&inside), "{inside}");
        let again: ContentFeedback =
            serde_json::from_str(&serde_json::to_string(&feedback).unwrap()).unwrap();
        assert_eq!(again.points(), feedback.points());
    }

    #[test]
    fn nothing_learned_is_the_prior_and_what_cannot_teach_is_refused() {
        let mut feedback = ContentFeedback::default();
        let AssetOutcomes { scores, outcomes } = week(1, 1.0);
        let same = feedback.apply(&scores[0]).unwrap();
        assert!(!same.calibrated && same.interval.is_none() && same.model_version == SCORE_VERSION);
        for (contribution, prior) in same.contributions[1..].iter().zip(PRIORS) {
            let expected = prior.points(contribution.value.unwrap());
            assert!((contribution.contribution - expected).abs() < 1e-9, "{}", prior.feature);
        }
        for (scores, outcomes) in [
            (scores[..5].to_vec(), outcomes[..5].to_vec()),
            (scores.clone(), outcomes[..5].to_vec()),
            (scores.clone(), vec![f64::NAN; scores.len()]),
        ] {
            let error = feedback.learn("w", &[AssetOutcomes { scores, outcomes }]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
        }
        let mut other = scores[0].clone();
        other.contributions[0].feature = "audio.unheard_of".to_owned();
        assert!(feedback.apply(&other).unwrap_err().to_string().contains("unheard_of"));
        assert!(feedback.roll_back().is_err());
        let broken = serde_json::json!({ "features": ["a"], "weekly": { "prior": [1.0], "weights": [1.0], "weeks": [], "log": [] }, "errors": [] });
        assert!(serde_json::from_value::<ContentFeedback>(broken).is_err());
    }
}
