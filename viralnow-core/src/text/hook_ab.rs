//! Which of two headlines for one story is clicked more, by a small linear model that is part of the library.

use super::HookAb;
use super::ngrams::{Ngrams, logistic};
use std::sync::LazyLock;

static MODEL: LazyLock<Ngrams> = LazyLock::new(|| Ngrams::new(include_bytes!("../../data/text/hook_ab.bin")));

/// Which of two English headlines or captions for one and the same story would be clicked more.
///
/// The model is logistic regression on words and pairs of words, fitted to the pairs of headlines of the Upworthy Research
/// Archive (Matias et al. 2021) of which one was clearly clicked more. In cross-validation over tests it is right for
/// 66.9 % of such pairs and for 58.7 % of all pairs, most of which nobody could tell apart
/// (`training/hook_ab/train.py` prints both); a coin is right for 50 %. `probability` is that the first one wins, if one of
/// them clearly does.
///
/// What that does **not** mean: it says nothing about two different stories, or about how far either spreads; it learnt
/// from one site's readers of 2013 to 2015, and their taste for *this* and *her* may not be yours. Where the choice matters,
/// ask your own viewers: [`crate::clips::ab_test`] says when their answer is clear.
///
/// ```
/// let found = viralnow_core::text::hook_ab("Watch what this girl does next", "A report on municipal budgets");
/// assert_eq!(found.better.as_deref(), Some("first"));
/// let other = viralnow_core::text::hook_ab("A report on municipal budgets", "Watch what this girl does next");
/// assert!((found.probability + other.probability - 1.0).abs() < 1e-12);
/// ```
#[must_use]
pub fn hook_ab(first: &str, second: &str) -> HookAb {
    let difference = MODEL.sums(first).0[0] - MODEL.sums(second).0[0];
    let better = match difference.total_cmp(&0.0) {
        std::cmp::Ordering::Greater => Some("first"),
        std::cmp::Ordering::Less => Some("second"),
        std::cmp::Ordering::Equal => None,
    };
    HookAb { better: better.map(str::to_owned), probability: logistic(difference) }
}
