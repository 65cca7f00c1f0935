//! Of boxes that overlap, the surest.

use super::Face;

/// Faces by falling score, without those that share more than `most` (intersection over union) with a surer one: greedy
/// non-maximum suppression.
pub(super) fn surest(mut faces: Vec<Face>, most: f32) -> Vec<Face> {
    // Of equal scores the first stays first: the sort is stable.
    faces.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in faces {
        if kept.iter().all(|other| overlap(&face.bounds, &other.bounds) <= most) {
            kept.push(face);
        }
    }
    kept
}

/// Intersection over union.
pub(super) fn overlap(a: &[f32; 4], b: &[f32; 4]) -> f32 {
    let side = |low: usize, high: usize| (a[high].min(b[high]) - a[low].max(b[low])).max(0.0);
    let both = side(0, 2) * side(1, 3);
    let area = |bounds: &[f32; 4]| (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]);
    let either = area(a) + area(b) - both;
    if either > 0.0 { both / either } else { 0.0 }
}

/// Whether a box has a pixel to show.
pub(super) fn has_area([left, top, right, bottom]: [f32; 4]) -> bool {
    right - left >= 1.0 && bottom - top >= 1.0
}

/// The box within a picture of these sides.
pub(super) fn within(bounds: [f32; 4], width: usize, height: usize) -> [f32; 4] {
    let [left, top, right, bottom] = bounds;
    let (width, height) = (width as f32, height as f32);
    [left.clamp(0.0, width), top.clamp(0.0, height), right.clamp(0.0, width), bottom.clamp(0.0, height)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surer_of_two_stays() {
        let face = |left: f32, score: f32| Face {
            bounds: [left, 0.0, left + 10.0, 10.0],
            score,
            landmarks: None,
            expression: None,
        };
        // 10 x 10 boxes 5 apart share 50 of 150, boxes 2 apart 80 of 120.
        assert!((overlap(&face(0.0, 0.0).bounds, &face(5.0, 0.0).bounds) - 1.0 / 3.0).abs() < 1e-6);
        let kept = surest(vec![face(0.0, 0.7), face(2.0, 0.9), face(30.0, 0.8)], 0.3);
        assert_eq!(kept.iter().map(|face| face.bounds[0]).collect::<Vec<_>>(), [2.0, 30.0]);
    }
}
