//! A picture as captions are followed in it: upright brightness at about 540 pixels across.

use crate::imaging::{GrayImage, Picture, Rotation};

/// The shorter side is brought to less than twice this many pixels.
pub(super) const SHORTER: usize = 480;

/// A borrowed picture and how it is turned and shrunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    picture: &'a Picture<'a>,
    rotation: Rotation,
    factor: usize,
    pub(super) width: usize,
    pub(super) height: usize,
}

impl<'a> View<'a> {
    pub(super) fn new(picture: &'a Picture<'a>, rotation: Rotation) -> Self {
        let factor = (picture.width().min(picture.height()) / SHORTER).clamp(1, 16);
        let (width, height) = picture.upright_size(rotation, factor);
        Self { picture, rotation, factor, width, height }
    }

    /// The whole picture.
    pub(super) fn whole(&self) -> GrayImage {
        self.picture.luma_part(self.rotation, self.factor, [0, 0, self.width, self.height])
    }

    /// An area and some pixels around it, as far as they lie in the picture, and where it begins.
    pub(super) fn around(&self, bounds: [i32; 4], margin: [i32; 2]) -> (GrayImage, [i32; 2]) {
        let side = |at: i32, most: usize| at.clamp(0, most as i32);
        let (left, top) = (side(bounds[0] - margin[0], self.width), side(bounds[1] - margin[1], self.height));
        let right = side(bounds[2] + margin[0], self.width).max(left);
        let bottom = side(bounds[3] + margin[1], self.height).max(top);
        let part = [left, top, right - left, bottom - top].map(|side| side as usize);
        (self.picture.luma_part(self.rotation, self.factor, part), [left, top])
    }
}
