//! Settings of the optical flow.

use crate::{Error, ErrorKind, Result};

/// Settings of [`super::optical_flow`], with the names of `OpenCV`. The defaults are those of its tutorial, which most programs
/// take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FlowParams {
    /// Size of each level of the pyramid to the one before, between 0 and 1; 0.5.
    pub pyr_scale: f64,
    /// Levels besides the picture itself, 0 to 30; those whose shorter side is less than 32 are left out. 3.
    pub levels: usize,
    /// Side of the window within which motion is one, 2 to 255; larger is smoother, an even one counts as one more. 15. (The
    /// peer takes 1 and sums other pixels than the one.)
    pub winsize: usize,
    /// Iterations at each level, 1 to 100; 3.
    pub iterations: usize,
    /// Neighbours to either side that the polynomials are fitted to, 1 to 31; 5, or 7 for smoother flow.
    pub poly_n: usize,
    /// Deviation of the Gaussian with which they count; 1.2 for 5 and 1.5 for 7. 0 stands for 0.3 `poly_n`.
    pub poly_sigma: f64,
    /// A Gaussian window instead of a box (`OPTFLOW_FARNEBACK_GAUSSIAN`): more accurate, and slower.
    pub gaussian: bool,
}

impl Default for FlowParams {
    fn default() -> Self {
        Self {
            pyr_scale: 0.5,
            levels: 3,
            winsize: 15,
            iterations: 3,
            poly_n: 5,
            poly_sigma: 1.2,
            gaussian: false,
        }
    }
}

impl FlowParams {
    pub(super) fn check(&self) -> Result<()> {
        let sound = [
            ("pyr_scale", self.pyr_scale > 0.0 && self.pyr_scale < 1.0, "more than 0 and less than 1"),
            ("levels", self.levels <= 30, "0 to 30"),
            ("winsize", (2..=255).contains(&self.winsize), "2 to 255"),
            ("iterations", (1..=100).contains(&self.iterations), "1 to 100"),
            ("poly_n", (1..=31).contains(&self.poly_n), "1 to 31"),
            ("poly_sigma", self.poly_sigma >= 0.0 && self.poly_sigma.is_finite(), "a number, 0 or more"),
        ];
        for (name, sound, range) in sound {
            if !sound {
                return Err(Error::new(ErrorKind::InvalidConfig, "a setting of the flow is out of range")
                    .with("setting", name)
                    .with("range", range));
            }
        }
        Ok(())
    }
}
