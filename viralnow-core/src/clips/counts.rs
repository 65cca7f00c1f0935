//! What people did with a clip, and reading such counts from whatever a platform or a table gives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Counts at one moment. What a platform does not give is `None`, never 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Counts {
    /// Views, or plays.
    pub views: Option<u64>,
    /// Likes.
    pub likes: Option<u64>,
    /// Comments and replies.
    pub comments: Option<u64>,
    /// Shares, reposts and quotes.
    pub shares: Option<u64>,
    /// Saves and bookmarks.
    pub saves: Option<u64>,
}

impl Counts {
    /// Likes, comments and shares together; `None` where none of them is known.
    ///
    /// ```
    /// use viralnow_core::clips::Counts;
    /// let counts = Counts { likes: Some(5), comments: Some(2), ..Counts::default() };
    /// assert_eq!((counts.engagements(), Counts::default().engagements()), (Some(7), None));
    /// ```
    #[must_use]
    pub fn engagements(&self) -> Option<u64> {
        let known = [self.likes, self.comments, self.shares];
        known
            .iter()
            .any(Option::is_some)
            .then(|| known.iter().flatten().fold(0_u64, |sum, n| sum.saturating_add(*n)))
    }
}

/// Reads a count: a whole number, a number with a fraction (rounded), or text such as `"12345"` or `"1,234"`. An error says why
/// it is none.
pub(crate) fn read_count(value: &Value) -> Result<Option<u64>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(count), _) => Ok(Some(count)),
            (None, Some(count)) => from_float(count).map(Some),
            (None, None) => Err("no number"),
        },
        Value::String(text) => read_text(text),
        _ => Err("no number"),
    }
}

/// As [`read_count`], of text. Empty text is an unknown count.
pub(crate) fn read_text(text: &str) -> Result<Option<u64>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let digits: String =
        text.chars().filter(|c| !matches!(c, ',' | '_' | ' ' | '\u{a0}' | '\u{202f}')).collect();
    if let Ok(count) = digits.parse::<u64>() {
        return Ok(Some(count));
    }
    digits.parse::<f64>().map_err(|_| "no number").and_then(from_float).map(Some)
}

fn from_float(count: f64) -> Result<u64, &'static str> {
    match count {
        c if c.is_nan() => Err("not a number"),
        c if c < 0.0 => Err("negative"),
        // The largest whole number that a table or JavaScript can hold for certain.
        c if c > 9_007_199_254_740_992.0 => Err("larger than any count"),
        c => Ok(c.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_are_read_from_what_platforms_and_tables_give() {
        for (value, expected) in [
            (json!(null), Ok(None)),
            (json!(""), Ok(None)),
            (json!(12), Ok(Some(12))),
            (json!(12.6), Ok(Some(13))),
            (json!("123456789012345"), Ok(Some(123_456_789_012_345))),
            (json!(" 1,234,567 "), Ok(Some(1_234_567))),
            (json!("1e3"), Ok(Some(1000))),
            (json!(u64::MAX), Ok(Some(u64::MAX))),
            (json!(-1), Err("negative")),
            (json!("-5"), Err("negative")),
            (json!("NaN"), Err("not a number")),
            (json!("inf"), Err("larger than any count")),
            (json!(1e300), Err("larger than any count")),
            (json!("many"), Err("no number")),
            (json!([1]), Err("no number")),
            (json!(true), Err("no number")),
        ] {
            assert_eq!(read_count(&value), expected, "{value}");
        }
    }
}
