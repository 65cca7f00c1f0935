//! Boosted regression trees: the sum of what each tree's leaf says.

use serde::Deserialize;

/// One tree: nodes as `[feature, threshold, missing goes left, left, right]`, where a child below 0 is a leaf, the first of them -1.
#[derive(Debug, Deserialize)]
pub(super) struct Tree {
    nodes: Vec<(usize, f64, u8, i32, i32)>,
    leaves: Vec<f64>,
}

impl Tree {
    /// Whether every path ends at a leaf and reads features that are there: children stand after their node, so none loops.
    pub(super) fn is_sound(&self, features: usize) -> bool {
        let child = |at: usize, child: i32| match usize::try_from(child) {
            Ok(node) => node > at && node < self.nodes.len(),
            Err(_) => (child.unsigned_abs() as usize) <= self.leaves.len(),
        };
        !self.leaves.is_empty()
            && self.leaves.iter().all(|leaf| leaf.is_finite())
            && self.nodes.iter().enumerate().all(|(at, node)| {
                node.0 < features && !node.1.is_nan() && child(at, node.3) && child(at, node.4)
            })
    }

    /// What there is to know of each node, in the order of the leaves from left to right: the leaves below its left child, as
    /// bits, and the leaves themselves.
    fn unfold(&self, node: i32, tree: usize, tests: &mut Vec<Test>, leaves: &mut Vec<f64>) {
        let Ok(at) = usize::try_from(node) else {
            leaves.push(self.leaves[node.unsigned_abs() as usize - 1]);
            return;
        };
        let (feature, threshold, missing_left, left, right) = self.nodes[at];
        let first = leaves.len();
        self.unfold(left, tree, tests, leaves);
        let below = ((1_u32 << (leaves.len() - first)) - 1) << first;
        tests.push(Test { feature, threshold, missing_left: missing_left == 1, tree, stays: !(below as u8) });
        self.unfold(right, tree, tests, leaves);
    }
}

/// The most leaves of a tree: its leaves are the bits of a byte.
const MOST_LEAVES: usize = 8;

/// One node, as the forest has it.
#[derive(Debug)]
struct Test {
    feature: usize,
    threshold: f64,
    missing_left: bool,
    tree: usize,
    /// The leaves that are left where the value is beyond the threshold.
    stays: u8,
}

/// What reads one feature, by rising threshold: threshold, tree, leaves that stay; and the same of what strikes a missing value's.
#[derive(Debug, Clone, Default)]
struct ByFeature {
    known: Vec<(f64, u16, u8)>,
    missing: Vec<(u16, u8)>,
}

/// All trees together, by feature (Lucchese and others, 2015): the nodes that send a value to the right strike the leaves that stand
/// to their left; the first that is left is the one where the walk down would end. There is nothing to guess for a processor.
#[derive(Debug, Default)]
pub(super) struct Forest {
    features: Vec<ByFeature>,
    leaves: Vec<[f64; MOST_LEAVES]>,
}

impl Forest {
    /// Of sound trees; `None` where one has more leaves than a byte has bits, or they are more than can be numbered.
    pub(super) fn new(trees: &[Tree], features: usize) -> Option<Self> {
        if trees.len() > MOST_TREES || trees.iter().any(|tree| tree.nodes.len() >= MOST_LEAVES) {
            return None;
        }
        let mut forest = Self { features: vec![ByFeature::default(); features], leaves: Vec::new() };
        let mut tests = Vec::new();
        for (number, tree) in trees.iter().enumerate() {
            let mut leaves = Vec::new();
            tree.unfold(if tree.nodes.is_empty() { -1 } else { 0 }, number, &mut tests, &mut leaves);
            if leaves.len() > MOST_LEAVES {
                return None;
            }
            leaves.resize(MOST_LEAVES, 0.0);
            forest.leaves.push(leaves.try_into().ok()?);
        }
        tests.sort_by(|a, b| a.threshold.total_cmp(&b.threshold));
        for test in tests {
            let by_feature = &mut forest.features[test.feature];
            by_feature.known.push((test.threshold, test.tree as u16, test.stays));
            if !test.missing_left {
                by_feature.missing.push((test.tree as u16, test.stays));
            }
        }
        Some(forest)
    }

    /// What all trees together say of these features.
    pub(super) fn predict(&self, features: &[f64]) -> f64 {
        let mut left = [u8::MAX; MOST_TREES];
        for (value, ByFeature { known, missing }) in features.iter().zip(&self.features) {
            if value.is_nan() {
                missing.iter().for_each(|&(tree, stays)| left[usize::from(tree) % MOST_TREES] &= stays);
            } else {
                for &(_, tree, stays) in known.iter().take_while(|(threshold, ..)| value > threshold) {
                    left[usize::from(tree) % MOST_TREES] &= stays;
                }
            }
        }
        // The last leaf is never struck: nothing stands to its right.
        self.leaves
            .iter()
            .zip(left)
            .map(|(leaves, left)| leaves[left.trailing_zeros() as usize % MOST_LEAVES])
            .sum()
    }
}

/// The most trees of a forest.
const MOST_TREES: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    /// Down one tree, node by node: what the forest must find.
    fn leaf(tree: &Tree, features: &[f64]) -> f64 {
        let mut at = if tree.nodes.is_empty() { -1 } else { 0 };
        while let Ok(node) = usize::try_from(at) {
            let (feature, threshold, missing_left, left, right) = tree.nodes[node];
            let value = features[feature];
            let goes_left = if value.is_nan() { missing_left == 1 } else { value <= threshold };
            at = if goes_left { left } else { right };
        }
        tree.leaves[at.unsigned_abs() as usize - 1]
    }

    #[test]
    fn a_forest_finds_the_leaves_that_a_walk_does() {
        let model: serde_json::Value = serde_json::from_str(include_str!("model.json")).unwrap();
        for part in ["warm", "cold", "ageless"] {
            let trees: Vec<Tree> = serde_json::from_value(model[part]["trees"].clone()).unwrap();
            let n = model[part]["features"].as_array().unwrap().len();
            let forest = Forest::new(&trees, n).unwrap();
            let thresholds: Vec<f64> =
                trees.iter().flat_map(|tree| tree.nodes.iter().map(|node| node.1)).collect();
            for i in 0..5000_usize {
                // Values on, beside and between thresholds, and missing ones.
                let value = |k: usize| match (i * 31 + k * 17) % 5 {
                    0 => f64::NAN,
                    1 => thresholds[(i * 7 + k) % thresholds.len()].next_up(),
                    2 => thresholds[(i * 13 + k) % thresholds.len()],
                    _ => (i as f64 * 0.37 + k as f64).sin() * 8.0,
                };
                let features: Vec<f64> = (0..n).map(value).collect();
                let walked: f64 = trees.iter().map(|tree| leaf(tree, &features)).sum();
                assert_eq!(forest.predict(&features), walked);
            }
        }
    }

    #[test]
    fn trees_are_walked_and_unsound_ones_are_told() {
        let tree = |text: &str| serde_json::from_str::<Tree>(text).unwrap();
        let stump = tree(r#"{"nodes": [[1, 0.5, 0, -1, -2]], "leaves": [2.0, -3.0]}"#);
        assert!(stump.is_sound(2) && !stump.is_sound(1));
        let both = [stump, tree(r#"{"nodes": [], "leaves": [10.0]}"#)];
        for (value, expected) in [(0.5, 12.0), (0.6, 7.0), (f64::NAN, 7.0)] {
            assert_eq!(Forest::new(&both, 2).unwrap().predict(&[0.0, value]), expected);
        }
        for unsound in [
            r#"{"nodes": [[0, 0.5, 0, 0, -1]], "leaves": [1.0]}"#,
            r#"{"nodes": [[0, 0.5, 0, -1, -2]], "leaves": [1.0]}"#,
            r#"{"nodes": [[0, 0.5, 0, -1, 7]], "leaves": [1.0]}"#,
            r#"{"nodes": [], "leaves": []}"#,
        ] {
            assert!(!tree(unsound).is_sound(1), "{unsound}");
        }
    }
}
