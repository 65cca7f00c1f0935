//! Trending clips: what they are, how they grow, which of them will be big tomorrow, and which are the same.
//!
//! Clips come from anywhere with their counts; [`History`] keeps what was seen of them over time. [`score_clips`] says how
//! probable it is that each is in the top tenth of its peers in the next 24 hours and what that makes in points, with a reason for
//! each; [`filter_clips`], [`deduplicate`] and [`rank_clips`] make the list of it. [`backtest`](backtest::backtest) says how it would
//! have done.

mod ab;
pub mod backtest;
mod clip;
mod config;
mod counts;
mod duplicates;
mod feedback;
mod files;
mod filter;
mod find;
mod hamming;
mod history;
mod judge;
mod legacy;
mod rank;
mod relevance;
mod score;
mod select;
pub mod sources;
#[cfg(feature = "sqlite")]
mod store;
mod virality;
mod words;

pub use crate::score::Refit;
pub use ab::{AbCounts, AbResult, ab_test};
pub use clip::{Clip, Metadata, Scores};
pub use config::{ClipsConfig, Filters, ScoringWeights};
pub use counts::Counts;
pub use duplicates::{Cluster, DuplicateParams, Prints, SameBy, canonical_url, deduplicate, find_duplicates};
pub use feedback::{FEEDBACK_FEATURES, Feedback, Outcomes};
pub use files::{
    CLIP_COLUMNS, ClipColumn, ClipFormat, ClipTable, ClipWriter, ClipsRead, Converted, LeftOut,
    convert_clips, each_clip, read_clips, write_csv, write_json,
};
pub use filter::{TakenByFilter, filter_clips};
pub use find::{ClipsFound, find_clips};
pub use hamming::HammingIndex;
pub use history::{ClipHistory, History, Snapshot};
pub use legacy::{LegacyInput, legacy_score};
pub use rank::{leaderboard, rank_clips};
pub use relevance::Niche;
pub use score::{Histories, ScoredClip, objective_in_words, outlier_scores, score_clips, what_if};
pub use select::select_clips;
#[cfg(feature = "sqlite")]
pub use store::{ClipOrder, ClipQuery, ClipStore, Exported, QueriedClips, StorePut};
pub use virality::{Basis, Earlier, FEWEST_PEERS, Objective, Signals, VIRALITY_VERSION, Virality, virality};
