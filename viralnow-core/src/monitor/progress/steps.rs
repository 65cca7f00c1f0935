//! What a job consists of, and how much of it is done.

/// The weighted steps of a job: the fraction done is the sum over steps of weight times the step's own fraction.
///
/// ```
/// use viralnow_core::monitor::Steps;
/// let mut steps = Steps::new(&[("open", 1.0), ("decode", 3.0)]);
/// steps.enter("decode");
/// assert_eq!(steps.fraction(), 0.25);
/// assert_eq!(steps.set(0.5), 0.625);
/// ```
#[derive(Debug, Clone)]
pub struct Steps {
    list: Vec<(&'static str, f64)>,
    total: f64,
    before: f64,
    current: usize,
    fraction: f64,
}

impl Steps {
    /// Steps in order with their relative weights; weights that are not positive and finite count as nothing.
    #[must_use]
    pub fn new(steps: &[(&'static str, f64)]) -> Self {
        let usable = |weight: f64| if weight.is_finite() { weight.max(0.0) } else { 0.0 };
        let list: Vec<_> = steps.iter().map(|&(name, weight)| (name, usable(weight))).collect();
        let total = list.iter().map(|s| s.1).sum::<f64>();
        Self { list, total: if total > 0.0 { total } else { 1.0 }, before: 0.0, current: 0, fraction: 0.0 }
    }

    /// Goes on to the step of this name; the ones before it count as done. A name that is not among the steps changes
    /// nothing.
    pub fn enter(&mut self, name: &'static str) {
        if let Some(index) = self.list.iter().position(|s| s.0 == name) {
            self.current = index;
            self.before = self.list[..index].iter().map(|s| s.1).sum();
            self.set(0.0);
        }
    }

    /// Sets the present step's own fraction and gives that of the whole, which never goes back. NaN counts as 0: a
    /// decoder that does not know the duration divides by it.
    pub fn set(&mut self, fraction: f64) -> f64 {
        let weight = self.list.get(self.current).map_or(0.0, |s| s.1);
        let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
        let now = (self.before + weight * fraction) / self.total;
        self.fraction = self.fraction.max(now.min(1.0));
        self.fraction
    }

    /// The name of the present step.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.list.get(self.current).map_or("", |s| s.0)
    }

    /// The fraction of the whole.
    #[must_use]
    pub fn fraction(&self) -> f64 {
        self.fraction
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fraction_is_the_weighted_sum_and_never_goes_back() {
        let mut steps = Steps::new(&[("open", 1.0), ("decode", 8.0), ("score", 1.0)]);
        assert_eq!((steps.name(), steps.fraction()), ("open", 0.0));
        steps.enter("decode");
        assert!((steps.fraction() - 0.1).abs() < 1e-12);
        assert!((steps.set(0.5) - 0.5).abs() < 1e-12);
        assert!((steps.set(0.25) - 0.5).abs() < 1e-12, "went back");
        steps.enter("open");
        assert!((steps.fraction() - 0.5).abs() < 1e-12, "went back");
        steps.enter("score");
        assert!((steps.fraction() - 0.9).abs() < 1e-12);
        assert!((steps.set(7.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn hostile_numbers_leave_the_fraction_in_its_range() {
        let mut steps = Steps::new(&[("a", f64::NAN), ("b", f64::INFINITY), ("c", -3.0), ("d", 2.0)]);
        steps.enter("d");
        assert_eq!(steps.fraction(), 0.0, "only the last step weighs");
        assert_eq!(steps.set(f64::NAN), 0.0);
        assert_eq!(steps.set(f64::NEG_INFINITY), 0.0);
        assert_eq!(steps.set(f64::INFINITY), 1.0);
        let mut none = Steps::new(&[]);
        none.enter("nowhere");
        assert_eq!((none.set(1.0), none.name()), (0.0, ""));
    }
}
