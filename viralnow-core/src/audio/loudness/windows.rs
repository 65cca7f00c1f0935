//! Sliding windows over the energy of a stream, and what is read off them.

/// Energies are taken a hundred times a second: EBU Tech 3341 wants a burst of 0.4 s found wherever it begins (test 13,
/// ±0.1 LU), and windows that start every 0.1 s miss up to 0.6 dB of it.
pub(super) const STEPS_PER_S: u32 = 100;
/// Steps of a tenth of a second; the series and the range have ten values a second.
const TENTH: usize = 10;
/// Tenths in the momentary and in the short-term window.
const MOMENTARY: usize = 4;
const SHORT_TERM: usize = 30;
/// What is softer counts for nothing, in LUFS.
const ABSOLUTE_GATE: f64 = -70.0;
/// What is this much softer than the mean of the rest does not count for the whole (BS.1770-4), in LU.
const INTEGRATED_GATE: f64 = -10.0;
/// The same for the range (EBU Tech 3342).
const RANGE_GATE: f64 = -20.0;

/// The momentary (0.4 s) and the short-term (3 s) window. Energies are as loudness in LUFS is: 10 to the tenth of it.
/// Memory: 16 bytes for each tenth of a second.
#[derive(Debug, Default)]
pub(super) struct Windows {
    /// Energies of the last steps, and of the last tenths that end with each of them; rings of [`TENTH`] and of
    /// [`SHORT_TERM`] tenths.
    steps: Vec<f64>,
    tenths: Vec<f64>,
    /// Steps since the last break.
    seen: usize,
    pub(super) momentary: Series,
    pub(super) short_term: Series,
}

/// One window's values.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// Mean energy of every tenth of a second's window.
    pub(super) energies: Vec<f64>,
    /// The largest of all windows, those between the tenths too.
    pub(super) max: f64,
    /// The present window, once it is full.
    pub(super) now: Option<f64>,
}

impl Series {
    fn take(&mut self, energy: f64, keep: bool) {
        self.max = self.max.max(energy);
        self.now = Some(energy);
        if keep {
            self.energies.push(energy);
        }
    }
}

impl Windows {
    /// Takes the mean energy of the next step.
    pub(super) fn push(&mut self, energy: f64) {
        if self.steps.is_empty() {
            self.steps = vec![0.0; TENTH];
            self.tenths = vec![0.0; TENTH * SHORT_TERM];
        }
        let ring = self.tenths.len();
        self.steps[self.seen % TENTH] = energy;
        self.tenths[self.seen % ring] = self.steps.iter().sum::<f64>() / TENTH as f64;
        self.seen += 1;
        let mean = |tenths: usize| {
            let sum: f64 = (0..tenths).map(|i| self.tenths[(self.seen - 1 - i * TENTH) % ring]).sum();
            sum / tenths as f64
        };
        // A tenth ends here when the steps are a multiple of ten.
        let keep = self.seen.is_multiple_of(TENTH);
        for (tenths, series) in [(MOMENTARY, &mut self.momentary), (SHORT_TERM, &mut self.short_term)] {
            if self.seen >= tenths * TENTH {
                series.take(mean(tenths), keep);
            }
        }
    }

    /// What comes next does not join what was before; what was read off stays.
    pub(super) fn cut(&mut self) {
        self.seen = 0;
        self.momentary.now = None;
        self.short_term.now = None;
    }
}

/// Loudness of an energy; `None` for digital silence.
pub(super) fn in_db(energy: f64) -> Option<f64> {
    (energy > 0.0).then(|| 10.0 * energy.log10()).filter(|db| db.is_finite())
}

/// Energies above the absolute gate and one that lies this many LU off the mean of what is.
fn gated(energies: &[f64], gate: f64) -> Vec<f64> {
    let loud = 10_f64.powf(ABSOLUTE_GATE / 10.0);
    let mut kept: Vec<f64> = energies.iter().copied().filter(|&energy| energy >= loud).collect();
    let gate = kept.iter().sum::<f64>() / kept.len() as f64 * 10_f64.powf(gate / 10.0);
    kept.retain(|&energy| energy >= gate);
    kept
}

/// Integrated loudness (ITU-R BS.1770-4): of the mean of the momentary energies above both gates.
pub(super) fn integrated(momentary: &[f64]) -> Option<f64> {
    let kept = gated(momentary, INTEGRATED_GATE);
    if kept.is_empty() { None } else { in_db(kept.iter().sum::<f64>() / kept.len() as f64) }
}

/// Loudness range (EBU Tech 3342): from the 10th to the 95th percentile, by the nearest rank, of the short-term loudness
/// above both gates.
pub(super) fn range(short_terms: &[f64]) -> Option<f64> {
    let mut kept = gated(short_terms, RANGE_GATE);
    kept.sort_unstable_by(f64::total_cmp);
    let last = kept.len().checked_sub(1)? as f64;
    let percentile = |share: f64| in_db(kept[(last * share).round() as usize]);
    Some(percentile(0.95)? - percentile(0.1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_means_of_what_they_span() {
        let mut windows = Windows::default();
        for step in 0..400 {
            windows.push(f64::from(step));
            // Steps `seen - 40` to `seen - 1` have the mean `seen - 20.5`.
            let seen = f64::from(step) + 1.0;
            let momentary = (seen >= 40.0).then_some(seen - 20.5);
            let short_term = (seen >= 300.0).then_some(seen - 150.5);
            assert_eq!(windows.momentary.now.map(|e| (e * 1e6).round() / 1e6), momentary);
            assert_eq!(windows.short_term.now.map(|e| (e * 1e6).round() / 1e6), short_term);
        }
        assert_eq!((windows.momentary.energies.len(), windows.short_term.energies.len()), (37, 11));
        windows.cut();
        assert!(windows.momentary.now.is_none());
        windows.push(1e9);
        assert!((windows.momentary.max - 379.5).abs() < 1e-6);
    }

    #[test]
    fn the_range_leaves_out_what_is_gated() {
        let energy = |lufs: f64| 10_f64.powf(lufs / 10.0);
        let mut short_terms = vec![energy(-20.0); 50];
        short_terms.extend(vec![energy(-30.0); 50]);
        assert!((range(&short_terms).unwrap() - 10.0).abs() < 1e-9);
        // Below -70 LUFS, and more than 20 LU below the mean of the rest, which is -25.6 LUFS.
        short_terms.extend(vec![energy(-80.0); 100]);
        short_terms.extend(vec![energy(-50.0); 100]);
        assert!((range(&short_terms).unwrap() - 10.0).abs() < 1e-9);
        assert!(range(&[]).is_none() && range(&[0.0; 40]).is_none());
    }

    #[test]
    fn the_whole_leaves_out_what_is_gated() {
        let energy = |lufs: f64| 10_f64.powf(lufs / 10.0);
        let mut momentary = vec![energy(-20.0); 50];
        // Below -70 LUFS, and more than 10 LU below the mean of the rest, which is -22.9 LUFS.
        momentary.extend(vec![energy(-70.1); 500]);
        momentary.extend(vec![energy(-36.0); 50]);
        assert!((integrated(&momentary).unwrap() + 20.0).abs() < 1e-9);
        momentary.extend(vec![energy(-30.0); 50]);
        assert!((integrated(&momentary).unwrap() - 10.0 * (0.5 * (0.01_f64 + 0.001)).log10()).abs() < 1e-9);
        assert!(integrated(&[]).is_none() && integrated(&[energy(-70.5); 9]).is_none());
    }
}
