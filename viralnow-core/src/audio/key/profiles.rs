//! Which key a distribution of pitch classes fits: C. Krumhansl, "Cognitive foundations of musical pitch" (1990), with the
//! profiles of D. Temperley, "The cognition of basic musical structures" (2001).

/// How well each degree, in semitones from the tonic, fits.
const MAJOR: [f64; 12] = [5.0, 2.0, 3.5, 2.0, 4.5, 4.0, 2.0, 4.5, 2.0, 3.5, 1.5, 4.0];
const MINOR: [f64; 12] = [5.0, 2.0, 3.5, 4.5, 2.0, 4.0, 2.0, 4.5, 3.5, 2.0, 1.5, 4.0];

/// A key and the correlation of the pitch classes with its profile, in [-1, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fit {
    /// Semitones above C.
    pub(super) tonic: usize,
    pub(super) minor: bool,
    pub(super) correlation: f64,
}

/// All 24 keys, the best first; none where the pitch classes are all alike.
pub(super) fn ranked(pitch_classes: &[f64; 12]) -> Vec<Fit> {
    let mut fits: Vec<Fit> = Vec::with_capacity(24);
    for tonic in 0..12 {
        for (minor, profile) in [(false, MAJOR), (true, MINOR)] {
            if let Some(correlation) = correlation(pitch_classes, |class| profile[(class + 12 - tonic) % 12])
            {
                fits.push(Fit { tonic, minor, correlation });
            }
        }
    }
    fits.sort_by(|a, b| b.correlation.total_cmp(&a.correlation));
    fits
}

fn correlation(x: &[f64; 12], y: impl Fn(usize) -> f64) -> Option<f64> {
    let mean_x = x.iter().sum::<f64>() / 12.0;
    let mean_y = (0..12).map(&y).sum::<f64>() / 12.0;
    let (mut xy, mut xx, mut yy) = (0.0, 0.0, 0.0);
    for (class, value) in x.iter().enumerate() {
        let (dx, dy) = (value - mean_x, y(class) - mean_y);
        xy += dx * dy;
        xx += dx * dx;
        yy += dy * dy;
    }
    (xx > 1e-12 * mean_x * mean_x && xx > 0.0).then(|| xy / (xx * yy).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_fits_its_own_key() {
        for tonic in 0..12 {
            for (minor, profile) in [(false, MAJOR), (true, MINOR)] {
                let classes = std::array::from_fn(|class| 0.3 * profile[(class + 12 - tonic) % 12] + 1.0);
                let best = ranked(&classes)[0];
                assert_eq!((best.tonic, best.minor), (tonic, minor));
                assert!((best.correlation - 1.0).abs() < 1e-12);
            }
        }
        assert!(ranked(&[0.0; 12]).is_empty() && ranked(&[0.7; 12]).is_empty());
    }
}
