//! The model's file: for each kind of knowledge its trees, the range that they were trained in, and the calibration.

use super::features::{Features, NAMES};
use super::trees::{Forest, Tree};
use super::{Basis, Objective};
use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::sync::OnceLock;

/// The model that ships with the library; `training/virality` makes it.
const SHIPPED: &str = include_str!("model.json");

/// A model of how the pace of a clip changes in the next 24 hours.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    format: u32,
    /// Part of the spread of what happens that no count's own noise explains, in log units.
    pub(super) spread: f64,
    warm: Part,
    cold: Part,
    ageless: Part,
}

/// What is read of clips of which the same things are known.
#[derive(Debug, Deserialize)]
pub(super) struct Part {
    features: Vec<String>,
    low: Vec<f64>,
    high: Vec<f64>,
    clip: f64,
    typical: f64,
    calibration: Calibration,
    trees: Vec<Tree>,
    #[serde(skip)]
    columns: Vec<usize>,
    #[serde(skip)]
    forest: Forest,
}

#[derive(Debug, Deserialize)]
struct Calibration {
    gain: Curve,
    growth: Curve,
}

/// The probability to be in the top tenth by the distance from its border, and where the border lies in a typical list.
#[derive(Debug, Deserialize)]
pub(super) struct Curve {
    z: Vec<f64>,
    p: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    pub(super) border: f64,
}

impl Model {
    /// The model that ships with the library.
    pub(super) fn shipped() -> &'static Self {
        static MODEL: OnceLock<Model> = OnceLock::new();
        MODEL.get_or_init(|| Self::read(SHIPPED).expect("the shipped model is sound: a test reads it"))
    }

    pub(super) fn read(text: &str) -> Result<Self> {
        let wrong = |what: &str| Error::new(ErrorKind::InvalidInput, format!("no virality model: {what}"));
        let mut model: Self =
            serde_json::from_str(text).map_err(|e| wrong("its JSON cannot be read").caused_by(e))?;
        if model.format != 1 {
            return Err(wrong("another format than this version reads").with("format", model.format));
        }
        for part in [&mut model.warm, &mut model.cold, &mut model.ageless] {
            let column = |name: &String| NAMES.iter().position(|known| known == name);
            part.columns = part
                .features
                .iter()
                .map(column)
                .collect::<Option<_>>()
                .ok_or_else(|| wrong("unknown features"))?;
            let n = part.columns.len();
            if part.low.len() != n || part.high.len() != n || !part.trees.iter().all(|tree| tree.is_sound(n))
            {
                return Err(wrong("trees or ranges that do not fit its features"));
            }
            part.forest =
                Forest::new(&part.trees, n).ok_or_else(|| wrong("trees that are too many or too large"))?;
            let curves = [&part.calibration.gain, &part.calibration.growth];
            if !curves.iter().all(|curve| curve.is_sound()) {
                return Err(wrong("a calibration that is no rising curve"));
            }
        }
        Ok(model)
    }

    pub(super) fn part(&self, basis: Basis) -> &Part {
        match basis {
            Basis::Pace => &self.warm,
            Basis::Age => &self.cold,
            Basis::Counts => &self.ageless,
        }
    }
}

impl Part {
    /// The logarithm of the views of the next day over those that persistence foresees, and whether the clip lies outside of
    /// what the model was trained on; there it says what it says of a typical clip, which leaves persistence.
    pub(super) fn correction(&self, features: &Features) -> (f64, bool) {
        let mut inputs = [f64::NAN; NAMES.len()];
        let mut outside = false;
        for (i, &column) in self.columns.iter().enumerate() {
            inputs[i] = features[column];
            outside |= features[column] < self.low[i] || features[column] > self.high[i];
        }
        if outside {
            return (self.typical, true);
        }
        (self.forest.predict(&inputs[..self.columns.len()]).clamp(-self.clip, self.clip), false)
    }

    /// As [`Part::correction`] says of a clip that it knows nothing of.
    pub(super) fn typical(&self) -> f64 {
        self.typical
    }

    pub(super) fn curve(&self, objective: Objective) -> &Curve {
        match objective {
            Objective::Gain => &self.calibration.gain,
            Objective::Growth => &self.calibration.growth,
        }
    }
}

impl Curve {
    fn is_sound(&self) -> bool {
        let n = self.z.len();
        let rises = |v: &[f64]| v.windows(2).all(|w| w[0] <= w[1]);
        n > 1
            && [&self.p, &self.low, &self.high].iter().all(|v| v.len() == n)
            && rises(&self.z)
            && rises(&self.p)
    }

    /// The probability and its 90 % interval.
    pub(super) fn at(&self, z: f64) -> (f64, [f64; 2]) {
        let right = self.z.partition_point(|&knot| knot < z).clamp(1, self.z.len() - 1);
        let (from, to) = (self.z[right - 1], self.z[right]);
        let share = if to > from { ((z - from) / (to - from)).clamp(0.0, 1.0) } else { 0.5 };
        let between = |v: &[f64]| v[right - 1] + share * (v[right] - v[right - 1]);
        let p = between(&self.p);
        (p, [between(&self.low).min(p), between(&self.high).max(p)])
    }
}
