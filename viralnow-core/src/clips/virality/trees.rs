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

/// The leaves of every tree that are left, as bits.
type Left = [u8; MOST_TREES];

/// What reads one feature: the thresholds, rising, and what is left of all trees beyond so many of them; and where the value is missing.
#[derive(Debug, Clone)]
struct ByFeature {
    thresholds: Vec<f64>,
    left: Vec<Left>,
    missing: Left,
}

/// All trees together, by feature (Lucchese and others, 2015): the nodes that send a value to the right strike the leaves that stand
/// to their left; the first that is left is the one where the walk down would end. What all nodes up to a threshold strike is known
/// beforehand (a row of 128 bytes for each of some hundred thresholds), so that a value costs the search for its place and one row.
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
        let whole = [u8::MAX; MOST_TREES];
        let nothing = ByFeature { thresholds: Vec::new(), left: vec![whole], missing: whole };
        let mut forest = Self { features: vec![nothing; features], leaves: Vec::new() };
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
            let mut left = by_feature.left.last().copied().unwrap_or(whole);
            left[test.tree] &= test.stays;
            by_feature.thresholds.push(test.threshold);
            by_feature.left.push(left);
            if !test.missing_left {
                by_feature.missing[test.tree] &= test.stays;
            }
        }
        Some(forest)
    }

    /// What all trees together say of these features.
    pub(super) fn predict(&self, features: &[f64]) -> f64 {
        let mut left = [u8::MAX; MOST_TREES];
        for (value, ByFeature { thresholds, left: beyond, missing }) in features.iter().zip(&self.features) {
            let row = if value.is_nan() {
                missing
            } else {
                &beyond[thresholds.partition_point(|threshold| value > threshold)]
            };
            left.iter_mut().zip(row).for_each(|(left, row)| *left &= row);
        }
        // The last leaf is never struck: nothing stands to its right.
        let leaf =
            |(leaves, left): (&[f64; MOST_LEAVES], &u8)| leaves[left.trailing_zeros() as usize % MOST_LEAVES];
        // Several sums side by side: one alone would wait for itself.
        let mut sums = [0.0; SUMS];
        for (leaves, left) in self.leaves.chunks(SUMS).zip(left.chunks(SUMS)) {
            for (sum, found) in sums.iter_mut().zip(leaves.iter().zip(left).map(leaf)) {
                *sum += found;
            }
        }
        sums.iter().sum()
    }
}

/// Sums of leaves that are made side by side.
const SUMS: usize = 4;
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
                // The order of the sum is another.
                let size: f64 = trees.iter().map(|tree| leaf(tree, &features).abs()).sum();
                assert!((forest.predict(&features) - walked).abs() <= 1e-14 * size);
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
