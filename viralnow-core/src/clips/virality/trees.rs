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

    fn leaf(&self, features: &[f64]) -> f64 {
        let mut at = if self.nodes.is_empty() { -1 } else { 0 };
        while let Ok(node) = usize::try_from(at) {
            let (feature, threshold, missing_left, left, right) = self.nodes[node];
            let value = features[feature];
            let goes_left = if value.is_nan() { missing_left == 1 } else { value <= threshold };
            at = if goes_left { left } else { right };
        }
        self.leaves[at.unsigned_abs() as usize - 1]
    }
}

/// What all trees together say of these features.
pub(super) fn predict(trees: &[Tree], features: &[f64]) -> f64 {
    trees.iter().map(|tree| tree.leaf(features)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trees_are_walked_and_unsound_ones_are_told() {
        let tree = |text: &str| serde_json::from_str::<Tree>(text).unwrap();
        let stump = tree(r#"{"nodes": [[1, 0.5, 0, -1, -2]], "leaves": [2.0, -3.0]}"#);
        assert!(stump.is_sound(2) && !stump.is_sound(1));
        let both = [stump, tree(r#"{"nodes": [], "leaves": [10.0]}"#)];
        for (value, expected) in [(0.5, 12.0), (0.6, 7.0), (f64::NAN, 7.0)] {
            assert_eq!(predict(&both, &[0.0, value]), expected);
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
