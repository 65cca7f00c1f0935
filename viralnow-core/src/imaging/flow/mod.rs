//! Dense optical flow by polynomial expansion: G. Farnebäck, "Two-Frame Motion Estimation Based on Polynomial Expansion", SCIA
//! 2003, with the pyramid, windows and borders of `OpenCV`'s `calcOpticalFlowFarneback`.

mod expansion;
mod level;
mod matrices;
mod params;
mod preset;
mod window;

pub use params::FlowParams;
pub use preset::optical_flow_preset;

use super::picture::GrayImage;
use crate::{Error, ErrorKind, Result};
use expansion::{Basis, Expansion};
use level::{Level, grown};
use matrices::Matrices;
use window::Window;

/// Where each pixel of the first picture went in the second: `(x + dx, y + dy)`, in pixels, rows counted downwards.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flow {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Displacement to the right, row by row.
    pub dx: Vec<f32>,
    /// Displacement downwards, row by row.
    pub dy: Vec<f32>,
}

/// The flow from `a` to `b`, of the same size.
///
/// Fails with `INVALID_INPUT` where the sizes differ or a picture has no samples or not as many as its sides say, and with
/// `INVALID_CONFIG` for a setting out of range. For many pictures of one video, [`OpticalFlow`] does less work.
///
/// ```
/// use viralnow_core::imaging::{FlowParams, GrayImage, optical_flow};
/// let picture = |moved: f32| GrayImage {
///     width: 80,
///     height: 60,
///     data: (0..80 * 60)
///         .map(|i| {
///             let (x, y) = ((i % 80) as f32 - moved, (i / 80) as f32);
///             (128.0 + 60.0 * (x * 0.3).sin() * (y * 0.25).cos() + 40.0 * (x * 0.11 + y * 0.17).cos()) as u8
///         })
///         .collect(),
/// };
/// let flow = optical_flow(&picture(0.0), &picture(2.0), &FlowParams::default())?;
/// let middle = 30 * 80 + 40;
/// assert!((flow.dx[middle] - 2.0).abs() < 0.1 && flow.dy[middle].abs() < 0.1);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn optical_flow(a: &GrayImage, b: &GrayImage, params: &FlowParams) -> Result<Flow> {
    OpticalFlow::new(params)?.between(a, b, None)
}

/// Computes the flow between many pictures of a video; keeps its buffers, and of each picture what the next pair needs. Memory:
/// about 120 bytes a pixel.
#[derive(Debug)]
pub struct OpticalFlow {
    params: FlowParams,
    basis: Basis,
    window: Window,
    matrices: Matrices,
    levels: Vec<Level>,
    size: (usize, usize),
    /// Of the two pictures, by level.
    pictures: [Vec<Expansion>; 2],
    /// The second of them was pushed, and is the first of the next pair.
    pushed: bool,
    samples: Vec<f32>,
    row: Vec<f32>,
    scaled: Vec<f32>,
}

impl OpticalFlow {
    /// With these settings; fails with `INVALID_CONFIG` for one out of range.
    pub fn new(params: &FlowParams) -> Result<Self> {
        params.check()?;
        Ok(Self {
            params: *params,
            basis: Basis::new(params.poly_n, params.poly_sigma)?,
            window: Window::new(params),
            matrices: Matrices::default(),
            levels: Vec::new(),
            size: (0, 0),
            pictures: Default::default(),
            pushed: false,
            samples: Vec::new(),
            row: Vec::new(),
            scaled: Vec::new(),
        })
    }

    /// The flow from the picture pushed before to this one; nothing for the first, and for the first of another size. The same
    /// numbers as [`optical_flow`], without looking at the picture before for a second time.
    pub fn push(&mut self, picture: &GrayImage) -> Result<Option<Flow>> {
        picture.check()?;
        let follows = self.pushed && self.size == (picture.width, picture.height);
        self.resize(picture);
        self.pictures.swap(0, 1);
        self.expand(picture, 1);
        self.pushed = true;
        Ok(follows.then(|| self.solve(None)))
    }

    /// The flow from `a` to `b`. An `initial` flow of the same size, where there is one, is what is searched from (`OpenCV`'s
    /// `OPTFLOW_USE_INITIAL_FLOW`).
    pub fn between(&mut self, a: &GrayImage, b: &GrayImage, initial: Option<&Flow>) -> Result<Flow> {
        a.check()?;
        b.check()?;
        let size = (a.width, a.height);
        let samples = a.data.len();
        let fits = initial.is_none_or(|flow| {
            (flow.width, flow.height) == size && flow.dx.len() == samples && flow.dy.len() == samples
        });
        if (b.width, b.height) != size || !fits {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "both pictures and the initial flow must have the same size: resize them first",
            )
            .with("first", format!("{}x{}", a.width, a.height))
            .with("second", format!("{}x{}", b.width, b.height)));
        }
        self.resize(a);
        self.expand(a, 0);
        self.expand(b, 1);
        self.pushed = false;
        Ok(self.solve(initial))
    }

    fn resize(&mut self, picture: &GrayImage) {
        if self.size == (picture.width, picture.height) {
            return;
        }
        self.size = (picture.width, picture.height);
        self.levels = Level::all(&self.params, picture.width, picture.height);
        for pictures in &mut self.pictures {
            pictures.clear();
            pictures.resize_with(self.levels.len(), Expansion::default);
        }
    }

    /// The polynomials of a picture, level by level.
    fn expand(&mut self, picture: &GrayImage, place: usize) {
        self.samples.clear();
        self.samples.extend(picture.data.iter().map(|&v| f32::from(v)));
        for (level, out) in self.levels.iter().zip(&mut self.pictures[place]) {
            level.scale(&self.samples, picture.width, &mut self.row, &mut self.scaled);
            self.basis.expand(&self.scaled, level.width(), out);
        }
    }

    /// From the coarsest level to the finest.
    fn solve(&mut self, initial: Option<&Flow>) -> Flow {
        let Self { params, window, matrices, levels, pictures: [first, second], .. } = self;
        let mut flow: Option<Flow> = None;
        for (k, level) in levels.iter().enumerate().rev() {
            let (width, height) = (level.width(), level.height());
            let mut here = match (&flow, initial) {
                (Some(coarser), _) => grown(coarser, width, height, (1.0 / params.pyr_scale) as f32),
                (None, Some(initial)) => level::shrunk(initial, width, height, level.scale as f32),
                (None, None) => {
                    Flow { width, height, dx: vec![0.0; width * height], dy: vec![0.0; width * height] }
                }
            };
            for _ in 0..params.iterations {
                matrices.update(&first[k], &second[k], &here);
                window.solve(matrices, &mut here);
            }
            flow = Some(here);
        }
        flow.unwrap_or_default()
    }
}
