//! The settings of a detector of shots, by the detector's name.

use crate::vision::Detector;
use crate::{Error, ErrorKind, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The detector of this name with these settings, under the names of its parameters in Rust, which are the peer's; those that are
/// absent or null keep their defaults.
///
/// Fails with `INVALID_CONFIG` for a name that there is not, for a setting that the detector does not have, and for one of a wrong
/// type. What is out of range is refused where the detector is started.
pub(super) fn detector(name: &str, given: &Map<String, Value>) -> Result<Detector> {
    Ok(match name.parse()? {
        Detector::Default => {
            set((), name, given)?;
            Detector::Default
        }
        Detector::Content(params) => Detector::Content(set(params, name, given)?),
        Detector::Adaptive(params) => Detector::Adaptive(set(params, name, given)?),
        Detector::Histogram(params) => Detector::Histogram(set(params, name, given)?),
        Detector::Threshold(params) => Detector::Threshold(set(params, name, given)?),
        Detector::Hash(params) => Detector::Hash(set(params, name, given)?),
    })
}

/// The parameters with these in place of their own. One after the other, so that an error can name the one that is wrong.
fn set<T: Serialize + DeserializeOwned>(params: T, name: &str, given: &Map<String, Value>) -> Result<T> {
    let written = |params: &T| {
        serde_json::to_value(params).map_err(|error| {
            Error::new(ErrorKind::Internal, "the detector's settings cannot be written").caused_by(error)
        })
    };
    given.iter().filter(|(_, value)| !value.is_null()).try_fold(params, |params, (key, value)| {
        let mut all = written(&params)?;
        let Some(place) = all.get_mut(key) else {
            let names = all.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
            return Err(Error::new(ErrorKind::InvalidConfig, "the detector has no such setting")
                .with("setting", key)
                .with("detector", name)
                .with("there_are", names.collect::<Vec<_>>().join(" ")));
        };
        *place = value.clone();
        serde_json::from_value(all).map_err(|error| {
            Error::new(ErrorKind::InvalidConfig, "a setting of the detector has a wrong type")
                .with("setting", key)
                .with("detector", name)
                .with("value", value)
                .caused_by(error)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::{AdaptiveParams, ContentParams, FadeMethod, FilterMode, SceneLength, Weights};
    use serde_json::json;

    fn of(name: &str, given: &Value) -> Result<Detector> {
        detector(name, given.as_object().unwrap())
    }

    #[test]
    fn settings_are_taken_by_their_names_and_the_others_keep_their_defaults() {
        let given = json!({ "threshold": 20, "min_scene_len": 5, "filter_mode": "suppress", "kernel_size": null,
                            "weights": { "delta_edges": 0.5 } });
        let weights = Weights { delta_edges: 0.5, ..Weights::default() };
        let params = ContentParams {
            threshold: 20.0,
            min_scene_len: SceneLength::Frames(5),
            filter_mode: FilterMode::Suppress,
            weights,
            ..ContentParams::default()
        };
        assert_eq!(of("content", &given).unwrap(), Detector::Content(params));
        let adaptive = of("adaptive", &json!({ "min_scene_len": "1s" })).unwrap();
        let min_scene_len = SceneLength::Seconds(1.0);
        assert_eq!(
            adaptive,
            Detector::Adaptive(AdaptiveParams { min_scene_len, ..AdaptiveParams::default() })
        );
        let Detector::Threshold(fades) = of("threshold", &json!({ "method": "ceiling" })).unwrap() else {
            panic!()
        };
        assert_eq!(fades.method, FadeMethod::Ceiling);
        assert_eq!(of("default", &json!({})).unwrap(), Detector::Default);
    }

    #[test]
    fn what_is_wrong_is_refused_by_its_name() {
        for (name, given, says) in [
            ("content", json!({ "thresold": 20 }), "thresold"),
            ("default", json!({ "threshold": 20 }), "threshold"),
            ("content", json!({ "bins": 20 }), "bins"),
            ("content", json!({ "threshold": "high" }), "threshold"),
            ("content", json!({ "min_scene_len": "long" }), "min_scene_len"),
            ("content", json!({ "filter_mode": "drop" }), "filter_mode"),
            ("content", json!({ "weights": { "hue": 1 } }), "weights"),
            ("hash", json!({ "size": -1 }), "size"),
            ("best", json!({}), "best"),
        ] {
            let error = of(name, &given).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error}");
            assert!(error.to_string().contains(says), "{error}");
        }
    }
}
