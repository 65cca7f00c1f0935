//! Motion as the codec coded it: where each block of a picture was predicted from.

use super::CameraMotion;
use super::motion::{MotionSample, upright};
use super::pictures::{PictureSink, Pictures, pictures_of};
use crate::imaging::{BlockMotion, Picture, Rotation};
use crate::media::{Frame, MediaInfo, MotionVector, PictureKind};
use crate::monitor::{CancelToken, Observer};
use crate::{Error, ErrorKind, Limits, Preset, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

/// Side of the squares in which motion is summed up, in pixels: a macroblock of H.264 and the MPEGs.
const SIDE: f64 = 16.0;
/// Mean squared gradient in the weaker direction, in 8-bit levels per sample, below which a square is flat: an encoder gives it
/// whatever vector is cheap.
const LEAST_TEXTURE: f64 = 1.0;

/// The codecs whose decoders hand them out, by libav's names.
const GIVE_THEM: [&str; 14] = [
    "h264",
    "mpeg4",
    "mpeg2video",
    "mpeg1video",
    "msmpeg4v1",
    "msmpeg4v2",
    "msmpeg4v3",
    "wmv1",
    "wmv2",
    "h261",
    "h263",
    "h263p",
    "flv1",
    "rv10",
];

/// Settings of [`motion_vectors`].
#[derive(Debug, Clone)]
pub struct VectorParams {
    /// Least time between two pictures that are told, in seconds, of which all are `P` pictures then: no others tell motion. 0
    /// for all pictures.
    pub interval_s: f64,
    /// Whether the blocks themselves are given.
    pub blocks: bool,
    /// What a file may cost; the blocks, counted twice as they are handed over, may take `max_decoded_bytes`.
    pub limits: Limits,
}

impl Default for VectorParams {
    fn default() -> Self {
        Self { interval_s: 0.0, blocks: false, limits: Limits::default() }
    }
}

/// A picture as it was coded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodedPicture {
    /// Number of the picture in presentation order, from 0.
    pub frame: u64,
    /// Its presentation time, in seconds.
    pub time_s: f64,
    /// Predicted from what, where the decoder says so.
    pub kind: Option<PictureKind>,
    /// How many blocks were predicted.
    pub blocks: usize,
    /// The time of the picture that motion is told from: for a `P` picture the last one before it that is not `B`. (H.264 may
    /// take single blocks from an earlier one, which the decoder does not say.) `None` for the others.
    pub from_s: Option<f64>,
    /// Mean length of the motion in diagonals per second, where `from_s` is known and blocks tell. Flat ground counts as the
    /// camera moves.
    pub intensity: Option<f64>,
    /// Its parts by direction: eight, counter-clockwise from right.
    pub directions: Option<[f64; 8]>,
    /// What the camera did (`shake` is left 0: it is a measure of many pictures), where enough blocks agree.
    pub camera: Option<CameraMotion>,
}

/// A predicted block as seen upright, in pixels, x to the right and y down.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub struct CodedBlock {
    /// Place of its picture in [`MotionVectors::pictures`].
    pub picture: f32,
    /// 1 where it was predicted from a picture that is shown later, otherwise -1.
    pub source: f32,
    /// The block's centre.
    pub centre: [f32; 2],
    /// Its columns and rows.
    pub size: [f32; 2],
    /// How far what it shows moved, from the picture it was predicted from to this one.
    pub displacement: [f32; 2],
}

/// What a codec says of the motion in a file.
#[derive(Debug, Clone, PartialEq)]
pub struct MotionVectors {
    /// Columns of the upright picture; of the first one, should the size change.
    pub width: usize,
    /// Rows of the upright picture; of the first one.
    pub height: usize,
    /// The pictures in presentation order.
    pub pictures: Vec<CodedPicture>,
    /// The blocks of all pictures in order, where they are asked for.
    pub blocks: Vec<CodedBlock>,
    /// Why the pictures end before the file says, if they do.
    pub cut_short: Option<String>,
}

/// Reads the motion vectors of a video: no search of our own, at little more than decoding. An encoder looks for what is cheap
/// to code, not for what moved: flat ground may have any vector, and blocks of interlaced pictures count in lines of a field.
/// H.264, MPEG-4, MPEG-2 and their kin give them; the decoders of HEVC, VP9 and AV1 do not.
///
/// Fails with `UNAVAILABLE` where the codec gives none, before anything is decoded, with `INVALID_CONFIG` for a wrong setting,
/// with `LIMIT_EXCEEDED` for more blocks than the limits allow, and else as [`detect_shots`](super::detect_shots) does. A video
/// of `I` pictures alone has no motion vectors and is no error. The vectors are those of libav's `AV_FRAME_DATA_MOTION_VECTORS`.
///
/// ```no_run
/// use viralnow_core::vision::{VectorParams, motion_vectors};
/// let found = motion_vectors("clip.mp4", &VectorParams { interval_s: 0.25, ..VectorParams::default() })?;
/// for picture in &found.pictures {
///     println!("{:.2} s: {:?} {:?}", picture.time_s, picture.kind, picture.camera);
/// }
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn motion_vectors(path: impl AsRef<Path>, params: &VectorParams) -> Result<MotionVectors> {
    motion_vectors_watched(path, params, &CancelToken::default(), None)
}

/// As [`motion_vectors`]; the token stops it (`CANCELLED`), and the observer, which may stop it too, hears how far it is.
///
/// ```no_run
/// use viralnow_core::monitor::CancelToken;
/// use viralnow_core::vision::{VectorParams, motion_vectors_watched};
/// let stop = CancelToken::default(); // a clone of it, on another thread, stops the call
/// let found = motion_vectors_watched("clip.mp4", &VectorParams::default(), &stop, None)?;
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn motion_vectors_watched(
    path: impl AsRef<Path>,
    params: &VectorParams,
    cancel: &CancelToken,
    observer: Option<Arc<dyn Observer>>,
) -> Result<MotionVectors> {
    let path = path.as_ref();
    if !(params.interval_s >= 0.0 && params.interval_s.is_finite()) {
        return Err(Error::new(
            ErrorKind::InvalidConfig,
            "the time between pictures is not negative, and finite",
        )
        .with("interval_s", params.interval_s));
    }
    let mut sink = Sink::new(params);
    let wanted = Pictures {
        path,
        preset: Preset::Balanced,
        limits: params.limits,
        // libav's frame threads hand out vectors of pictures that are not finished.
        threads: 1,
        what: "motion vectors",
        cancel,
        observer,
    };
    let cut_short = pictures_of(wanted, &mut sink).map_err(|error| {
        if error.kind() == ErrorKind::Unavailable { error.with("path", path.display()) } else { error }
    })?;
    Ok(MotionVectors { cut_short, ..sink.found })
}

struct Sink<'a> {
    params: &'a VectorParams,
    found: MotionVectors,
    /// The picture that comes next.
    coded: Option<(Option<PictureKind>, Vec<MotionVector>)>,
    spare: Vec<MotionVector>,
    /// When the last picture was shown that others are predicted from.
    anchor_s: Option<f64>,
}

impl<'a> Sink<'a> {
    fn new(params: &'a VectorParams) -> Self {
        let found =
            MotionVectors { width: 0, height: 0, pictures: Vec::new(), blocks: Vec::new(), cut_short: None };
        Self { params, found, coded: None, spare: Vec::new(), anchor_s: None }
    }

    /// Keeps the blocks of the picture that comes next in the list.
    fn keep(&mut self, vectors: &[MotionVector], size: (usize, usize), rotation: Rotation) -> Result<()> {
        // While they are handed over they are there twice.
        let bytes = 2 * (self.found.blocks.len() + vectors.len()) * size_of::<CodedBlock>();
        Limits::check("max_decoded_bytes", bytes as u64, self.params.limits.max_decoded_bytes)
            .map_err(|error| error.with("hint", "ask for fewer pictures: interval_s"))?;
        let picture = self.found.pictures.len() as f32;
        let (width, height) = if rotation.swaps_sides() { (size.1, size.0) } else { size };
        // Should the size change, all blocks are in pixels of the first one.
        let scale = [self.found.width as f32 / width as f32, self.found.height as f32 / height as f32];
        self.found.blocks.extend(vectors.iter().map(|vector| {
            let turned = |at: [f32; 2]| upright(at.map(f64::from), rotation).map(|v| v as f32);
            // Around the middle of the picture, which stays where it is.
            let (half_width, half_height) = (size.0 as f32 / 2.0, size.1 as f32 / 2.0);
            let [x, y] = turned([vector.centre[0] - half_width, vector.centre[1] - half_height]);
            let [columns, rows] = vector.size.map(f32::from);
            let swaps = rotation.swaps_sides();
            let half = if swaps { [half_height, half_width] } else { [half_width, half_height] };
            let scaled = |[x, y]: [f32; 2]| [x * scale[0], y * scale[1]];
            CodedBlock {
                picture,
                source: if vector.from_later { 1.0 } else { -1.0 },
                centre: scaled([x + half[0], y + half[1]]),
                size: scaled(if swaps { [rows, columns] } else { [columns, rows] }),
                displacement: scaled(turned(vector.displacement)),
            }
        }));
        Ok(())
    }
}

impl PictureSink for Sink<'_> {
    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        match info.video_codec.as_deref() {
            Some(codec) if !GIVE_THEM.contains(&codec) => Err(Error::new(
                ErrorKind::Unavailable,
                "this codec gives no motion vectors; the motion of `analyze` and `optical_flow` need none",
            )
            .with("codec", codec)
            .with("give_them", GIVE_THEM.join(" "))),
            _ => Ok(()),
        }
    }

    fn wants_vectors(&self) -> bool {
        true
    }

    fn coded(&mut self, kind: Option<PictureKind>, vectors: &[MotionVector]) -> Result<()> {
        let mut list = std::mem::take(&mut self.spare);
        list.clear();
        list.extend_from_slice(vectors);
        self.coded = Some((kind, list));
        Ok(())
    }

    fn forget(&mut self) -> Result<()> {
        *self = Self::new(self.params);
        Ok(())
    }

    fn picture(&mut self, frame: &Frame<'_>) -> Result<()> {
        let (kind, vectors) = self.coded.take().unwrap_or_default();
        let size = (frame.picture.width(), frame.picture.height());
        let from_s = self.anchor_s.filter(|_| kind == Some(PictureKind::Predicted));
        if kind != Some(PictureKind::Bidirectional) {
            self.anchor_s = Some(frame.time_s);
        }
        if self.found.width == 0 {
            (self.found.width, self.found.height) =
                if frame.rotation.swaps_sides() { (size.1, size.0) } else { size };
        }
        let every = self.params.interval_s == 0.0;
        // A thousandth less: times are rounded to the stream's clock.
        let is_time = |last_s: f64| frame.time_s - last_s >= self.params.interval_s - 1e-3;
        let due = every
            || kind == Some(PictureKind::Predicted)
                && self.found.pictures.last().is_none_or(|last| is_time(last.time_s));
        if due {
            let motion = from_s.filter(|_| !vectors.is_empty()).and_then(|from_s| {
                let blocks = squares(&vectors, &frame.picture);
                MotionSample::of_blocks(&blocks, (from_s, frame.time_s), size, frame.rotation)
            });
            if self.params.blocks {
                self.keep(&vectors, size, frame.rotation)?;
            }
            self.found.pictures.push(CodedPicture {
                frame: frame.index,
                time_s: frame.time_s,
                kind,
                blocks: vectors.len(),
                from_s,
                intensity: motion.map(|motion| motion.intensity),
                directions: motion.map(|motion| motion.directions),
                camera: motion.and_then(|motion| motion.camera),
            });
        }
        // The list is used again.
        self.spare = vectors;
        Ok(())
    }
}

/// The mean displacement of each square of the picture, by the area of the blocks from earlier pictures in it; none where more
/// than half of it was not predicted, or where nothing can be seen to move.
fn squares(vectors: &[MotionVector], picture: &Picture<'_>) -> Vec<BlockMotion> {
    let (width, height) = (picture.width(), picture.height());
    let (columns, rows) = (width.div_ceil(SIDE as usize), height.div_ceil(SIDE as usize));
    let mut sums = vec![[0.0; 3]; columns * rows];
    for vector in vectors.iter().filter(|vector| !vector.from_later) {
        let [x, y] = vector.centre.map(|at| f64::from(at).max(0.0) / SIDE);
        let at = (x as usize).min(columns - 1) + (y as usize).min(rows - 1) * columns;
        let area = f64::from(vector.size[0]) * f64::from(vector.size[1]);
        for (sum, value) in
            sums[at].iter_mut().zip([1.0, vector.displacement[0].into(), vector.displacement[1].into()])
        {
            *sum += area * value;
        }
    }
    let middle = |i: usize| (i as f64 + 0.5) * SIDE;
    let square = |(i, [area, x, y]): (usize, [f64; 3])| {
        let told = area >= SIDE * SIDE / 2.0 && has_texture(picture, i % columns, i / columns);
        let displacement = told.then(|| [x / area, y / area]);
        let [dx, dy] = displacement.unwrap_or_default();
        // Where it was: the square is of the later picture.
        BlockMotion { centre: [middle(i % columns) - dx, middle(i / columns) - dy], displacement, error: 0.0 }
    };
    sums.into_iter().enumerate().map(square).collect()
}

/// Whether a square has structure in both directions, so that its motion can be seen: the smaller eigenvalue of the structure
/// tensor of its luma (Shi & Tomasi 1994), from every second sample.
fn has_texture(picture: &Picture<'_>, column: usize, row: usize) -> bool {
    let Picture::Yuv420 { y, width, height, .. } = picture else { return true };
    let side = SIDE as usize;
    let (mut xx, mut xy, mut yy, mut count) = (0, 0, 0, 0);
    for r in (row * side + 1..((row + 1) * side).min(height.saturating_sub(1))).step_by(2) {
        let line = |r: usize| &y.data[r * y.stride..][..*width];
        let (above, here, below) = (line(r - 1), line(r), line(r + 1));
        for c in (column * side + 1..((column + 1) * side).min(width.saturating_sub(1))).step_by(2) {
            let across = i32::from(here[c + 1]) - i32::from(here[c - 1]);
            let down = i32::from(below[c]) - i32::from(above[c]);
            xx += across * across;
            xy += across * down;
            yy += down * down;
            count += 1;
        }
    }
    let (xx, xy, yy) = (f64::from(xx), f64::from(xy), f64::from(yy));
    // Of differences over two samples, which are twice the gradient.
    let weakest = f64::midpoint(xx, yy) - f64::midpoint(xx, -yy).hypot(xy);
    weakest >= 4.0 * LEAST_TEXTURE * f64::from(count)
}
