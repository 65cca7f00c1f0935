//! The content score: what the features of an asset say of it, with a reason for every point.
//!
//! Before any outcome has been fed back this is a *prior*: the score starts at 50 and each feature adds or takes points
//! in the direction in which short-form practice and the published studies point. It is labelled uncalibrated and
//! carries no interval. Which direction and how many points at most stands in [`PRIORS`].

mod algebra;
mod feedback;
mod prior;
mod ranks;
mod weekly;

#[cfg(test)]
pub(crate) use algebra::normals;
pub use feedback::{AssetOutcomes, ContentFeedback};
pub use prior::{Direction, PRIORS, Prior};
pub(crate) use ranks::{descending, in_top_tenth, ranks, top_tenth};
pub use weekly::Refit;
pub(crate) use weekly::{SMALLEST_LIST, Taught, Weekly};

use crate::features::{Contribution, Modalities, Score};
use crate::media::MediaInfo;

/// Version of the weights.
pub const SCORE_VERSION: &str = "prior-1";

/// Where the score starts, and the most that all features together can add or take.
const BASELINE: f64 = 50.0;

/// Scores the features; `None` when none of the scored features is there.
///
/// The contributions sum to `viral`, which always lies in (0, 100); a missing feature contributes 0.
#[must_use]
pub fn score(media: &MediaInfo, modalities: &Modalities) -> Option<Score> {
    let mut contributions =
        vec![Contribution { feature: "baseline".to_owned(), value: None, contribution: BASELINE }];
    for prior in PRIORS {
        let value = (prior.value)(media, modalities).filter(|v| v.is_finite());
        let contribution = value.map_or(0.0, |value| prior.points(value));
        contributions.push(Contribution { feature: prior.feature.to_owned(), value, contribution });
    }
    if contributions.iter().all(|c| c.value.is_none()) {
        return None;
    }
    let viral = contributions.iter().map(|c| c.contribution).sum();
    Some(Score {
        viral,
        interval: None,
        contributions,
        calibrated: false,
        model_version: SCORE_VERSION.to_owned(),
    })
}
