//! The feature dictionary: every value of a payload with its unit and range, read off the schema and the doc comments,
//! so that it cannot drift from them.

use super::json_schema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One value of the payload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureEntry {
    /// Path in the payload, such as `audio.loudness.integrated_lufs`; `[]` stands for the entries of an array, `{}` for
    /// those of a map. The four modalities' `summary` is left out of the path.
    pub name: String,
    /// `number`, `integer`, `string`, `boolean`, or `number[]` for an array of numbers.
    pub kind: String,
    /// Unit, such as `Hz`, `s` or `1`; empty for text and truth values.
    pub unit: String,
    /// Range, such as `[0, 1]`; empty when unbounded.
    pub range: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// What it is.
    pub description: String,
    /// Schema version that brought it.
    pub since: String,
}

/// Every value of the payload, in the schema's order.
///
/// ```
/// let dictionary = viralnow_core::features::feature_dictionary();
/// let loudness = dictionary.iter().find(|e| e.name == "audio.loudness.integrated_lufs").unwrap();
/// assert_eq!((loudness.unit.as_str(), loudness.nullable), ("LUFS", true));
/// ```
#[must_use]
pub fn feature_dictionary() -> Vec<FeatureEntry> {
    let schema = json_schema();
    let mut walk = Walk { definitions: &schema["$defs"], entries: Vec::new() };
    walk.node(&Place::default(), &schema);
    walk.entries
}

/// Where the walk is: the path, and what the nearest field says of itself.
#[derive(Clone, Default)]
struct Place {
    path: String,
    text: String,
    nullable: bool,
    array: bool,
}

struct Walk<'a> {
    definitions: &'a Value,
    entries: Vec<FeatureEntry>,
}

impl Walk<'_> {
    fn node(&mut self, place: &Place, node: &Value) {
        let Some(node) = node.as_object() else { return };
        if let Some(name) = node.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/"))
        {
            let definition = self.definitions[name].clone();
            return self.node(place, &definition);
        }
        if let Some(choices) = node.get("anyOf").or_else(|| node.get("oneOf")).and_then(Value::as_array) {
            let nullable = place.nullable || choices.iter().any(|c| c["type"] == "null");
            let place = Place { nullable, ..place.clone() };
            return match choices.iter().find(|c| c["type"] != "null") {
                Some(first) if first.get("const").is_some() => self.leaf(&place, "string"),
                Some(first) => self.node(&place, first),
                None => {}
            };
        }
        let (kind, null) = kind(node);
        let place = Place { nullable: place.nullable || null, ..place.clone() };
        match kind {
            "object" => self.object(&place, node),
            "array" => {
                let items = node.get("items").cloned().unwrap_or_default();
                let scalar = matches!(items["type"].as_str(), Some("number" | "integer" | "string"));
                let suffix = if scalar { "" } else { "[]" };
                let path = format!("{}{suffix}", place.path);
                let items = if items.is_object() { items } else { node["prefixItems"][0].clone() };
                self.node(&Place { path, array: scalar, ..place }, &items);
            }
            "" => {}
            scalar => self.leaf(&place, scalar),
        }
    }

    fn object(&mut self, place: &Place, node: &Map<String, Value>) {
        if let Some(properties) = node.get("properties").and_then(Value::as_object) {
            for (name, child) in properties {
                let short = matches!(name.as_str(), "modalities" | "summary") && !place.path.contains('.');
                let path = match (place.path.as_str(), short) {
                    ("", true) => String::new(),
                    (path, true) => path.to_owned(),
                    ("", false) => name.clone(),
                    (path, false) => format!("{path}.{name}"),
                };
                let text = child["description"].as_str().unwrap_or(&place.text).to_owned();
                self.node(&Place { path, text, ..Place::default() }, child);
            }
        } else if let Some(values) = node.get("additionalProperties").filter(|v| v.is_object()) {
            let path = format!("{}.{{}}", place.path);
            self.node(&Place { path, text: place.text.clone(), ..Place::default() }, values);
        }
    }

    fn leaf(&mut self, place: &Place, kind: &str) {
        let numeric = matches!(kind, "number" | "integer");
        let description = place.text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.entries.push(FeatureEntry {
            name: place.path.clone(),
            kind: format!("{kind}{}", if place.array { "[]" } else { "" }),
            unit: if numeric { unit(&place.path, &description).to_owned() } else { String::new() },
            range: if numeric { range(&description).to_owned() } else { String::new() },
            nullable: place.nullable,
            description,
            since: since(&place.path).to_owned(),
        });
    }
}

/// What stood in older versions of the schema, a name a line. A version that is released leaves such a list behind; what
/// stands in none is of the present version.
const OLDER: &[(&str, &str)] = &[("1.0", include_str!("../../data/features_1_0.txt"))];

/// The schema version that brought a value.
fn since(name: &str) -> &'static str {
    let is_in = |list: &str| list.lines().any(|line| line == name);
    OLDER.iter().find(|(_, list)| is_in(list)).map_or(super::FEATURE_SCHEMA_VERSION, |(version, _)| version)
}

/// The JSON type that is not `null`, and whether `null` is allowed too.
fn kind(node: &Map<String, Value>) -> (&str, bool) {
    match node.get("type") {
        Some(Value::String(kind)) => (kind, false),
        Some(Value::Array(kinds)) => {
            let kind = kinds.iter().filter_map(Value::as_str).find(|k| *k != "null").unwrap_or("");
            (kind, kinds.iter().any(|k| k == "null"))
        }
        _ => ("", false),
    }
}

/// The unit: from the name's ending, as the house writes it, else from the words "in <unit>".
fn unit(path: &str, description: &str) -> &'static str {
    const ENDINGS: [(&str, &str); 12] = [
        ("_hz", "Hz"),
        ("_s", "s"),
        ("_lufs", "LUFS"),
        ("_lu", "LU"),
        ("_dbtp", "dBTP"),
        ("_db", "dB"),
        ("_bpm", "BPM"),
        ("_deg", "deg"),
        ("_fps", "1/s"),
        ("_semitones", "semitones"),
        ("_bytes", "B"),
        ("_per_minute", "1/min"),
    ];
    const WORDS: [(&str, &str); 7] = [
        ("in Hz", "Hz"),
        ("in dB", "dB"),
        ("in seconds", "s"),
        ("in bytes", "B"),
        ("per second", "1/s"),
        ("school years", "school years"),
        ("diagonals per second", "diagonals/s"),
    ];
    if description.contains("diagonals per second") {
        return "diagonals/s";
    }
    // Statistics of a feature carry the unit of the feature; the variance its square.
    let (feature, statistic) = path.rsplit_once('.').unwrap_or((path, ""));
    let of_feature =
        ["spectral_centroid", "spectral_rolloff", "spectral_bandwidth"].iter().any(|f| feature.ends_with(f));
    if of_feature {
        return if statistic == "variance" { "Hz^2" } else { "Hz" };
    }
    if let Some((_, unit)) = ENDINGS.iter().find(|(ending, _)| path.ends_with(ending)) {
        return unit;
    }
    WORDS.iter().find(|(words, _)| description.contains(words)).map_or("1", |(_, unit)| unit)
}

/// The range, from the words "in [a, b]" (also "[a, b)").
fn range(description: &str) -> &str {
    let Some(start) = description.find("in [").map(|i| i + 3) else { return "" };
    let rest = &description[start..];
    rest.find([']', ')']).map_or("", |end| &rest[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_described_and_no_name_stands_twice() {
        let entries = feature_dictionary();
        assert!(entries.len() > 100, "{} entries", entries.len());
        for entry in &entries {
            assert!(!entry.description.is_empty(), "{} has no description", entry.name);
        }
        let names: std::collections::BTreeSet<_> = entries.iter().map(|e| &e.name).collect();
        assert_eq!(names.len(), entries.len());
    }

    #[test]
    fn a_value_is_as_old_as_the_schema_that_brought_it() {
        let entries = feature_dictionary();
        let since = |name: &str| entries.iter().find(|e| e.name == name).map(|e| e.since.as_str());
        assert_eq!(since("audio.loudness.integrated_lufs"), Some("1.0"));
        assert_eq!(since("content_sha256"), Some("1.0"));
        assert_eq!(since("input_sha256"), Some("1.1"));
        // The schema only grows.
        for (version, list) in OLDER {
            for name in list.lines() {
                assert_eq!(since(name), Some(*version), "{name} was there in {version}");
            }
        }
    }

    #[test]
    fn units_and_ranges_are_those_of_the_docs() {
        let entries = feature_dictionary();
        let find =
            |name: &str| entries.iter().find(|e| e.name == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(find("audio.spectral_centroid.mean").unit, "Hz");
        assert_eq!(find("audio.spectral_centroid.variance").unit, "Hz^2");
        assert_eq!(find("voice.pitch.median_hz").unit, "Hz");
        assert_eq!(find("voice.pitch.voiced_ratio").range, "[0, 1]");
        assert_eq!(find("text.sentiment.compound").range, "[-1, 1]");
        assert_eq!(find("vision.motion.intensity").unit, "diagonals/s");
        assert_eq!(find("vision.motion.local_intensity").unit, "diagonals/s");
        assert_eq!(find("vision.shots[].start_s").unit, "s");
        assert_eq!(find("score.viral").range, "[0, 100]");
        assert_eq!(find("audio.mfcc.mean").kind, "number[]");
    }
}
