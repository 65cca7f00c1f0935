//! A clip as a row of a table, and clips as columns.

use crate::clips::ScoredClip;
use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::{Map, Value};

/// The columns of a table, in this order.
pub const CLIP_COLUMNS: [&str; 20] = [
    "rank",
    "id",
    "platform",
    "title",
    "channel",
    "niche",
    "url",
    "views",
    "views_last_24h",
    "likes",
    "comments",
    "shares",
    "age_hours",
    "growth_6h",
    "virality",
    "relevance",
    "reactability",
    "final_score",
    "niche_match",
    "explanation",
];
/// The name of the column that holds the rest of a clip.
pub(super) const REST: &str = "rest";

/// One cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Unknown.
    Empty,
    Text(String),
    Whole(u64),
    Number(f64),
}

/// A clip as the cells of [`CLIP_COLUMNS`]; what is unknown is empty.
pub(super) fn cells(rank: usize, scored: &ScoredClip) -> [Cell; CLIP_COLUMNS.len()] {
    let clip = &scored.clip;
    let text = |value: &Option<String>| value.clone().map_or(Cell::Empty, Cell::Text);
    let count = |value: Option<u64>| value.map_or(Cell::Empty, Cell::Whole);
    let number =
        |value: Option<f64>| value.filter(|number| number.is_finite()).map_or(Cell::Empty, Cell::Number);
    let filled = |text: String| if text.is_empty() { Cell::Empty } else { Cell::Text(text) };
    [
        Cell::Whole(rank as u64),
        Cell::Text(clip.id.clone()),
        Cell::Text(clip.platform.clone()),
        Cell::Text(clip.title.clone()),
        text(&clip.channel),
        text(&clip.niche),
        text(&clip.url),
        count(clip.counts.views),
        count(clip.views_last_24h),
        count(clip.counts.likes),
        count(clip.counts.comments),
        count(clip.counts.shares),
        number(clip.age_hours),
        number(clip.growth_6h),
        number(clip.scores.virality),
        number(clip.scores.relevance),
        number(clip.metadata.reactability),
        number(clip.scores.final_score),
        filled(clip.metadata.niche_match.join(", ")),
        filled(scored.explanation()),
    ]
}

/// What a clip has beside those columns, as JSON; `None` where it has nothing more.
fn rest(scored: &ScoredClip) -> Option<String> {
    let Ok(Value::Object(mut map)) = serde_json::to_value(&scored.clip) else { return None };
    let of_columns = |map: &mut Map<String, Value>| {
        map.retain(|key, value| !CLIP_COLUMNS.contains(&key.as_str()) && !value.is_null());
    };
    // A list with commas in it would not come back from its column.
    let niches = &scored.clip.metadata.niche_match;
    let commas = niches.iter().any(|niche| niche.contains([',', ';', '|']));
    for place in ["scores", "metadata"] {
        if let Some(Value::Object(inner)) = map.get_mut(place) {
            of_columns(inner);
            if inner.is_empty() {
                map.remove(place);
            }
        }
    }
    of_columns(&mut map);
    if commas && let Value::Object(metadata) = map.entry("metadata").or_insert_with(|| Map::new().into()) {
        metadata.insert("niche_match".to_owned(), niches.clone().into());
    }
    (!map.is_empty()).then(|| Value::Object(map).to_string())
}

/// The values of one column; `None` is unknown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum ClipColumn {
    /// Text.
    Text(Vec<Option<String>>),
    /// Whole numbers, none negative.
    Whole(Vec<Option<u64>>),
    /// Numbers.
    Number(Vec<Option<f64>>),
}

/// Clips as typed columns: those of [`CLIP_COLUMNS`], and `rest`, what a clip has beside them as JSON, so that nothing is lost.
///
/// ```
/// use viralnow_core::clips::{Clip, ClipColumn, ClipTable};
/// let clip: Clip = serde_json::from_str(r#"{"id": "a", "views": 7, "mood": "good"}"#)?;
/// let mut table = ClipTable::new();
/// table.push(&clip.into());
/// let (name, views) = &table.columns()[7];
/// assert_eq!((*name, views), ("views", &ClipColumn::Whole(vec![Some(7)])));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClipTable {
    columns: Vec<(&'static str, ClipColumn)>,
    rows: usize,
}

impl Default for ClipTable {
    fn default() -> Self {
        Self::new()
    }
}

/// An object of lists, in the order of the columns.
impl Serialize for ClipTable {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.columns.len()))?;
        self.columns.iter().try_for_each(|(name, column)| map.serialize_entry(name, column))?;
        map.end()
    }
}

impl ClipTable {
    /// No clips yet.
    #[must_use]
    pub fn new() -> Self {
        let column = |name| match name {
            "rank" | "views" | "views_last_24h" | "likes" | "comments" | "shares" => {
                ClipColumn::Whole(Vec::new())
            }
            "age_hours" | "growth_6h" | "virality" | "relevance" | "reactability" | "final_score" => {
                ClipColumn::Number(Vec::new())
            }
            _ => ClipColumn::Text(Vec::new()),
        };
        let columns = CLIP_COLUMNS.iter().chain(&[REST]).map(|name| (*name, column(name))).collect();
        Self { columns, rows: 0 }
    }

    /// Adds a clip; its rank is its place.
    pub fn push(&mut self, scored: &ScoredClip) {
        self.rows += 1;
        self.push_as(self.rows, scored);
    }

    /// Adds a clip of this rank.
    pub(super) fn push_as(&mut self, rank: usize, scored: &ScoredClip) {
        let rest = rest(scored).map_or(Cell::Empty, Cell::Text);
        for ((_, column), cell) in self.columns.iter_mut().zip(cells(rank, scored).into_iter().chain([rest]))
        {
            match (column, cell) {
                (ClipColumn::Text(column), Cell::Text(text)) => column.push(Some(text)),
                (ClipColumn::Whole(column), Cell::Whole(count)) => column.push(Some(count)),
                (ClipColumn::Number(column), Cell::Number(number)) => column.push(Some(number)),
                (ClipColumn::Text(column), _) => column.push(None),
                (ClipColumn::Whole(column), _) => column.push(None),
                (ClipColumn::Number(column), _) => column.push(None),
            }
        }
    }

    /// The columns by name.
    #[must_use]
    pub fn columns(&self) -> &[(&'static str, ClipColumn)] {
        &self.columns
    }

    /// The columns, handed over.
    #[must_use]
    pub fn into_columns(self) -> Vec<(&'static str, ClipColumn)> {
        self.columns
    }
}
