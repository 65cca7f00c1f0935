//! The formula of the analyzer that came before, as it was coded: the baseline to compare with.
//!
//! It multiplies by raw view counts, so its scores have no upper end; nothing of it is calibrated.

/// Hours without loss of score.
const FRESH_HOURS: f64 = 12.0;
/// Points that each hour beyond them costs.
const POINTS_AN_HOUR: f64 = 0.5;
/// Points that a clip with nothing but music costs.
const MUSIC_ONLY: f64 = -0.8;

/// What the formula reads; what is unknown counts as 0, as it did there.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct LegacyInput {
    /// Views of all time.
    pub views: f64,
    /// Views of the last 24 hours.
    pub views_last_24h: f64,
    /// Likes, comments and shares.
    pub engagements: f64,
    /// Relevance in [0, 1].
    pub relevance: f64,
    /// Hours since publication.
    pub age_hours: f64,
    /// Whether there is speech to react to.
    pub reactable: bool,
}

/// `(virality + relevance) * (0.4 views + 0.3 views_24h + 0.2 engagement + 0.1 relevance)`, less half a point for each hour beyond
/// 12, less 0.8 for music alone; `virality = log10(views_24h + 1) * engagements / views`.
///
/// ```
/// use viralnow_core::clips::{LegacyInput, legacy_score};
/// let clip = LegacyInput { views: 1000.0, views_last_24h: 99.0, engagements: 100.0, reactable: true, ..LegacyInput::default() };
/// // log10(100) * 0.1 = 0.2; 0.2 * (400 + 29.7 + 0.02)
/// assert!((legacy_score(&clip) - 85.944).abs() < 1e-9);
/// ```
#[must_use]
pub fn legacy_score(clip: &LegacyInput) -> f64 {
    let rate = if clip.views > 0.0 { clip.engagements / clip.views } else { 0.0 };
    let virality = (clip.views_last_24h + 1.0).log10() * rate;
    let weighted = 0.4 * clip.views + 0.3 * clip.views_last_24h + 0.2 * rate + 0.1 * clip.relevance;
    let age = POINTS_AN_HOUR * (clip.age_hours - FRESH_HOURS).max(0.0);
    let music = if clip.reactable { 0.0 } else { MUSIC_ONLY };
    (virality + clip.relevance) * weighted - age + music
}
