//! The smallest rectangle around a patch of pixels, turned as the patch is.

/// A rectangle that need not be upright, in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rectangle {
    pub(super) centre: [f32; 2],
    /// The direction of its longer side, of length 1, to the right.
    pub(super) along: [f32; 2],
    /// Half of the longer side, and half of the other.
    pub(super) half: [f32; 2],
}

impl Rectangle {
    /// The one of least area around these points (Freeman & Shapira 1975: one of its sides lies on one of their hull).
    /// `None` without points.
    pub(super) fn around(points: &[[f32; 2]]) -> Option<Self> {
        let hull = hull(points);
        let first = *hull.first()?;
        let mut best: Option<(f32, Self)> = None;
        for (k, &from) in hull.iter().enumerate() {
            let to = hull[(k + 1) % hull.len()];
            let [across, down] = [to[0] - from[0], to[1] - from[1]];
            let length = across.hypot(down);
            // Of a single point there is no direction.
            let along = if length > 0.0 { [across / length, down / length] } else { [1.0, 0.0] };
            let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
            for point in &hull {
                let from_first = [point[0] - first[0], point[1] - first[1]];
                for (side, place) in places(from_first, along).into_iter().enumerate() {
                    low[side] = low[side].min(place);
                    high[side] = high[side].max(place);
                }
            }
            let half = [(high[0] - low[0]) / 2.0, (high[1] - low[1]) / 2.0];
            let area = half[0] * half[1];
            if best.is_none_or(|(least, _)| area < least) {
                let middle = [f32::midpoint(low[0], high[0]), f32::midpoint(low[1], high[1])];
                let centre = [
                    first[0] + middle[0] * along[0] - middle[1] * along[1],
                    first[1] + middle[0] * along[1] + middle[1] * along[0],
                ];
                best = Some((area, Self { centre, along, half }.lying()));
            }
        }
        best.map(|(_, rectangle)| rectangle)
    }

    /// The same with its longer side first, to the right; straight down, where that is not to be said.
    fn lying(mut self) -> Self {
        if self.half[0] < self.half[1] {
            self.along = [-self.along[1], self.along[0]];
            self.half.swap(0, 1);
        }
        let [right, down] = self.along;
        if right < 0.0 || (right == 0.0 && down < 0.0) {
            self.along = [-right, -down];
        }
        self
    }

    /// With every side so far further out.
    pub(super) fn grown(self, by: f32) -> Self {
        Self { half: [self.half[0] + by, self.half[1] + by], ..self }
    }

    /// In a picture whose columns and rows are so many times as many.
    pub(super) fn scaled(self, [across, down]: [f32; 2]) -> Self {
        let along = [self.along[0] * across, self.along[1] * down];
        let long = along[0].hypot(along[1]);
        let other = (self.along[1] * across).hypot(self.along[0] * down);
        Self {
            centre: [self.centre[0] * across, self.centre[1] * down],
            along: [along[0] / long, along[1] / long],
            half: [self.half[0] * long, self.half[1] * other],
        }
    }

    /// Left, top, right, bottom of what it covers.
    pub(super) fn bounds(&self) -> [f32; 4] {
        let [right, down] = self.along.map(f32::abs);
        let reach = [self.half[0] * right + self.half[1] * down, self.half[0] * down + self.half[1] * right];
        let [x, y] = self.centre;
        [x - reach[0], y - reach[1], x + reach[0], y + reach[1]]
    }

    /// Whether a point lies in it.
    pub(super) fn has(&self, point: [f32; 2]) -> bool {
        let [along, down] = places([point[0] - self.centre[0], point[1] - self.centre[1]], self.along);
        along.abs() <= self.half[0] && down.abs() <= self.half[1]
    }
}

/// How far a point lies along a direction, and across it.
fn places([x, y]: [f32; 2], along: [f32; 2]) -> [f32; 2] {
    [x * along[0] + y * along[1], y * along[0] - x * along[1]]
}

/// The corners of the convex hull, in order (Andrew 1979).
fn hull(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_unstable_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let turns_right = |hull: &[[f32; 2]], next: [f32; 2]| {
        let [a, b] = [hull[hull.len() - 2], hull[hull.len() - 1]];
        (b[0] - a[0]) * (next[1] - a[1]) - (b[1] - a[1]) * (next[0] - a[0]) <= 0.0
    };
    let half = |points: &mut dyn Iterator<Item = [f32; 2]>| {
        let mut hull: Vec<[f32; 2]> = Vec::new();
        for point in points {
            while hull.len() >= 2 && turns_right(&hull, point) {
                hull.pop();
            }
            hull.push(point);
        }
        hull.pop();
        hull
    };
    let mut whole = half(&mut sorted.iter().copied());
    whole.extend(half(&mut sorted.iter().rev().copied()));
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels of a rectangle of known place, size and direction give it back.
    #[test]
    fn a_turned_rectangle_is_found() {
        for (degrees, half) in
            [(0.0_f32, [40.0, 8.0]), (17.0, [50.0, 10.0]), (-30.0, [60.0, 12.0]), (90.0, [45.0, 6.0])]
        {
            let (sin, cos) = degrees.to_radians().sin_cos();
            let made = Rectangle { centre: [100.0, 90.0], along: [cos, sin], half };
            let points: Vec<[f32; 2]> = (0..200 * 200)
                .map(|i| [(i % 200) as f32, (i / 200) as f32])
                .filter(|&point| made.has(point))
                .collect();
            let found = Rectangle::around(&points).unwrap();
            assert!(
                (found.half[0] - half[0]).abs() < 1.5 && (found.half[1] - half[1]).abs() < 1.5,
                "{degrees}: {found:?}"
            );
            assert!((found.along[0] * cos + found.along[1] * sin).abs() > 0.999, "{degrees}: {found:?}");
            let off = (found.centre[0] - 100.0).hypot(found.centre[1] - 90.0);
            assert!(off < 1.0, "{degrees}: {found:?}");
        }
    }

    #[test]
    fn few_points_are_no_trouble() {
        assert_eq!(Rectangle::around(&[]), None);
        let point = Rectangle::around(&[[3.0, 4.0]]).unwrap();
        assert_eq!((point.centre, point.half), ([3.0, 4.0], [0.0, 0.0]));
        let line = Rectangle::around(&[[0.0, 0.0], [10.0, 0.0], [5.0, 0.0]]).unwrap();
        assert_eq!((line.centre, line.half, line.along), ([5.0, 0.0], [5.0, 0.0], [1.0, 0.0]));
    }

    #[test]
    fn scaling_and_bounds_follow_from_the_definition() {
        let upright = Rectangle { centre: [10.0, 20.0], along: [1.0, 0.0], half: [8.0, 2.0] };
        assert_eq!(upright.scaled([2.0, 3.0]).bounds(), [4.0, 54.0, 36.0, 66.0]);
        let down = Rectangle { centre: [10.0, 20.0], along: [0.0, 1.0], half: [8.0, 2.0] };
        assert_eq!(down.grown(1.0).bounds(), [7.0, 11.0, 13.0, 29.0]);
    }
}
