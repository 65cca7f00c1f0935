//! What fetching has cost, and what is left.

use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a source has used of what its platform allows. What the platform does not say is `None`, and `missing` says so.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Requests sent, those that were tried again included.
    pub requests: u64,
    /// Of these, the ones that were another try.
    pub retries: u64,
    /// What was used of `limit`: requests that the platform answered, times their documented cost. A refused one costs too.
    pub units: u64,
    /// Clips and other records that the platform sent.
    pub records: u64,
    /// Units allowed in a window: what the platform's header said, else what its documentation says.
    pub limit: Option<u64>,
    /// Units left in this window, by the platform's own word.
    pub remaining: Option<u64>,
    /// When the window ends and the count begins anew.
    pub resets_at: Option<Timestamp>,
    /// The most used of the platform's budgets, in percent, where it tells percents (Instagram).
    pub used_percent: Option<f64>,
    /// Seconds spent waiting before other tries.
    pub waited_s: f64,
    /// Why a value is unknown, by its name.
    pub missing: BTreeMap<&'static str, &'static str>,
}
