//! The flow at a smaller size, for those who want it soon.

use super::level::grown;
use super::{Flow, FlowParams, optical_flow};
use crate::imaging::{GrayImage, resize_area};
use crate::{Preset, Result};

/// The shorter side is not made smaller than this: there would be too little to compare.
const SHORTEST: usize = 120;

/// The flow from `a` to `b` as exactly as the preset says.
///
/// `reference` is [`optical_flow`], as `OpenCV` has it. `balanced` looks at pictures of half the size, and `fast` at a quarter, at
/// less cost for less detail: where there is something to see, shifts of 1 to 20 pixels are found within 5 % by all three
/// (`tests/imaging_flow.rs`), and where there is little, in the even parts of a picture, the smaller sizes find more of them, since a window
/// there covers more. Fine detail that moves by itself is blurred by them.
///
/// How far they agree with `reference` on neighbouring pictures of real clips in which something moves (480 to 854 pixels wide): where the
/// picture has edges, the median distance of the end points is 5 % of the mean length for `balanced` (10 for `fast`) at
/// most, their mean 29 % (39) and the 99th percentile 25.2 px (24.5 px), and the lengths correlate by
/// 0.84 (0.81) or more. Over all pixels, even parts included, the mean distance is 16 to 76 % of the mean
/// length (22 to 128): there, and where motion is fast, no flow is certain, `OpenCV`'s neither. By the second picture brought back
/// along the flow, they explain 98 % (93 %) or more of what `reference` explains of the change. `VIRALNOW_LONG=1 cargo test
/// --release -p viralnow-core --features full --test all_vision faster_presets_agree -- --nocapture` prints all of it.
///
/// Pictures whose shorter side is below 240 (480) are not made smaller so far. The `params` hold at the size that is looked at.
/// Fails as [`optical_flow`] does.
///
/// ```
/// use viralnow_core::Preset;
/// use viralnow_core::imaging::{FlowParams, GrayImage, optical_flow_preset};
/// let picture = |shift: f32| GrayImage {
///     width: 320,
///     height: 240,
///     data: (0..320 * 240)
///         .map(|i| {
///             let (x, y) = ((i % 320) as f32 - shift, (i / 320) as f32);
///             (128.0 + 60.0 * (x * 0.15).sin() + 50.0 * (y * 0.11 + x * 0.05).sin()) as u8
///         })
///         .collect(),
/// };
/// let flow = optical_flow_preset(&picture(0.0), &picture(4.0), &FlowParams::default(), Preset::Balanced)?;
/// assert_eq!((flow.width, flow.height), (320, 240));
/// assert!((flow.dx[120 * 320 + 160] - 4.0).abs() < 0.2);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn optical_flow_preset(
    a: &GrayImage,
    b: &GrayImage,
    params: &FlowParams,
    preset: Preset,
) -> Result<Flow> {
    let mut by = match preset {
        Preset::Reference => 1,
        Preset::Balanced => 2,
        Preset::Fast => 4,
    };
    while by > 1 && a.width.min(a.height) / by < SHORTEST {
        by /= 2;
    }
    // Pictures that differ in size are refused there.
    if by == 1 || (a.width, a.height) != (b.width, b.height) {
        return optical_flow(a, b, params);
    }
    let (width, height) = (a.width.div_ceil(by), a.height.div_ceil(by));
    let small = optical_flow(&resize_area(a, width, height)?, &resize_area(b, width, height)?, params)?;
    let mut flow = grown(&small, a.width, a.height, 1.0);
    let factors = [a.width as f32 / width as f32, a.height as f32 / height as f32];
    for (plane, factor) in [&mut flow.dx, &mut flow.dy].into_iter().zip(factors) {
        plane.iter_mut().for_each(|d| *d *= factor);
    }
    Ok(flow)
}
