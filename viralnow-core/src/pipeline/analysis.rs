//! What a call gives.

use crate::extract::{Matrix, Vectors};
use crate::features::Payload;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;

/// The payload of an asset and its frame-level features.
#[derive(Debug, Clone, PartialEq)]
pub struct Analysis {
    /// The features, as they go into JSON and the store.
    pub payload: Payload,
    /// Frame-level features by modality and name; empty when the payload was read back from a store.
    pub vectors: BTreeMap<String, Vectors>,
}

impl Analysis {
    /// The frame-level features of this name, such as `("audio", "mfcc")`: frames first.
    pub fn vectors(&self, modality: &str, name: &str) -> Result<&Matrix> {
        self.vectors.get(modality).and_then(|vectors| vectors.get(name)).ok_or_else(|| {
            let there: Vec<String> =
                self.vectors.iter().flat_map(|(m, v)| v.keys().map(move |n| format!("{m}/{n}"))).collect();
            Error::new(ErrorKind::NotFound, "no such frame-level feature in this analysis")
                .with("modality", modality)
                .with("name", name)
                .with("there_are", if there.is_empty() { "none".to_owned() } else { there.join(" ") })
        })
    }

    /// What happens when, as an SVG picture: [`report::timeline`](crate::report::timeline) with the level, where the frame-level
    /// features are there; nothing where the asset has no length in time.
    #[must_use]
    pub fn timeline(&self) -> Option<String> {
        crate::report::timeline(&self.payload, self.vectors("audio", "rms").ok())
    }

    /// The report as an HTML fragment for a notebook: [`report::html`](crate::report::html) with the level, where the frame-level
    /// features are there.
    #[must_use]
    pub fn html(&self) -> String {
        crate::report::html(&self.payload, self.vectors("audio", "rms").ok())
    }

    /// The payload as JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.payload)
            .unwrap_or_else(|error| unreachable!("the payload is plain data: {error}"))
    }

    /// The payload as indented JSON text.
    #[must_use]
    pub fn to_json_pretty(&self) -> String {
        serde_json::to_string_pretty(&self.payload)
            .unwrap_or_else(|error| unreachable!("the payload is plain data: {error}"))
    }
}
