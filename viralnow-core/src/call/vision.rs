//! The functions of `vision`: on pictures, and on files.

use super::detector::detector;
use super::engines;
use super::params::{Params, needed};
use super::{Called, PictureEntry, Pixels, PlainEntry};
use crate::extract::Matrix;
use crate::imaging::{self, FlowParams, HashKind, RgbImage, Rotation};
use crate::vision::{
    self, CodedBlock, CopyMatch, FaceParams, FingerprintParams, SheetParams, ShotParams, TextParams,
    VectorParams, VideoFingerprint,
};
use crate::{Error, ErrorKind, Preset, Result};
use serde_json::{Map, Value, json};

pub(super) const PICTURES: &[PictureEntry] = &[
    ("vision.average_hash", |pictures, p| hash(HashKind::AverageHash, pictures, p)),
    ("vision.colorhash", |pictures, p| hash(HashKind::Colorhash, pictures, p)),
    ("vision.detect_faces", |pictures, p| {
        let default = FaceParams::default();
        let params = FaceParams {
            model: named(p, "model")?.unwrap_or(default.model),
            longest_side: p.take("longest_side", default.longest_side)?,
            least_score: p.given_or_none("least_score")?,
            threads: p.take("threads", default.threads)?,
            expressions: p.take("expressions", default.expressions)?,
        };
        p.finish()?;
        let [picture] = only(pictures)?;
        Called::value(&engines::detect_faces(&picture.to_rgb()?, &params)?)
    }),
    ("vision.dhash", |pictures, p| hash(HashKind::Dhash, pictures, p)),
    ("vision.dhash_vertical", |pictures, p| hash(HashKind::DhashVertical, pictures, p)),
    ("vision.optical_flow", |pictures, p| {
        let default = FlowParams::default();
        let params = FlowParams {
            pyr_scale: p.take("pyr_scale", default.pyr_scale)?,
            levels: p.take("levels", default.levels)?,
            winsize: p.take("winsize", default.winsize)?,
            iterations: p.take("iterations", default.iterations)?,
            poly_n: p.take("poly_n", default.poly_n)?,
            poly_sigma: p.take("poly_sigma", default.poly_sigma)?,
            gaussian: p.take("gaussian", default.gaussian)?,
        };
        let preset: Option<String> = p.given_or_none("preset")?;
        p.finish()?;
        let preset = preset.map_or_else(|| Ok(Preset::default()), |name| name.parse())?;
        let [a, b] = only(pictures)?;
        let flow = imaging::optical_flow_preset(&a.to_opencv_gray()?, &b.to_opencv_gray()?, &params, preset)?;
        let of =
            |data| Matrix { rows: flow.height, columns: flow.width, data, times_s: Vec::new(), unit: "px" };
        Ok(Called::matrix("dx", of(flow.dx)).with("dy", of(flow.dy)))
    }),
    ("vision.pdq", |pictures, p| {
        p.finish()?;
        let [picture] = only(pictures)?;
        Called::value(&pdq(imaging::pdq(&picture.to_rgb()?.as_picture())?))
    }),
    ("vision.pdq_dihedral", |pictures, p| {
        p.finish()?;
        let [picture] = only(pictures)?;
        Called::value(&imaging::pdq_dihedral(&picture.to_rgb()?.as_picture())?.map(pdq))
    }),
    ("vision.phash", |pictures, p| hash(HashKind::Phash, pictures, p)),
    ("vision.phash_simple", |pictures, p| hash(HashKind::PhashSimple, pictures, p)),
    ("vision.read_text", |pictures, p| {
        let default = TextParams::default();
        let params = TextParams {
            engine: named(p, "engine")?.unwrap_or(default.engine),
            language: p.given_or_none("language")?,
            longest_side: p.take("longest_side", default.longest_side)?,
        };
        p.finish()?;
        let [picture] = only(pictures)?;
        Called::value(&engines::read_text(&picture.to_rgb()?, &params)?)
    }),
    ("vision.whash", |pictures, p| hash(HashKind::Whash, pictures, p)),
];

pub(super) const PLAIN: &[PlainEntry] = &[
    ("vision.compare_fingerprints", |p| {
        let (a, b) = (p.given_or_none::<String>("a")?, p.given_or_none::<String>("b")?);
        p.finish()?;
        let [a, b] = [needed("a", a)?, needed("b", b)?].map(|text| VideoFingerprint::from_base64(&text));
        Called::value(&copy_match(&a?.compare(&b?)))
    }),
    ("vision.contact_sheet", |p| {
        let default = SheetParams::default();
        let path: Option<String> = p.given_or_none("path")?;
        let params = SheetParams {
            pictures: p.take("pictures", default.pictures)?,
            by: named(p, "by")?.unwrap_or(default.by),
            columns: p.take("columns", default.columns)?,
            cell_width: p.take("cell_width", default.cell_width)?,
            preset: preset(p)?,
            threads: p.take("threads", default.threads)?,
            limits: p.take("limits", default.limits)?,
        };
        p.finish()?;
        let sheet = vision::contact_sheet_watched(needed("path", path)?, &params, p.cancel(), p.observer())?;
        let picture = &sheet.picture;
        let value = json!({ "width": picture.width, "height": picture.height, "times_s": sheet.times_s });
        Ok(Called { file: Some(picture.to_png()?), ..Called::value(&value)? })
    }),
    ("vision.detect_shots", |p| {
        let default = ShotParams::default();
        let path: Option<String> = p.given_or_none("path")?;
        let name = p.take("detector", "default".to_owned())?;
        let detector = detector(&name, &p.take("params", Map::new())?)?;
        let with_metrics = p.take("metrics", false)?;
        let params = ShotParams {
            detector,
            preset: preset(p)?,
            threads: p.take("threads", default.threads)?,
            limits: p.take("limits", default.limits)?,
        };
        p.finish()?;
        let found = vision::detect_shots_watched(needed("path", path)?, &params, p.cancel(), p.observer())?;
        let mut value = json!({
            "cuts": found.cuts, "shots": found.shots, "frames": found.frames, "cut_short": found.cut_short,
        });
        if with_metrics {
            value["times_s"] = json!(found.times_s);
            value["metrics"] = json!(found.metrics);
        }
        Called::value(&value)
    }),
    ("vision.find_copies", |p| {
        let prints: Option<Vec<String>> = p.given_or_none("prints")?;
        p.finish()?;
        let prints: Vec<VideoFingerprint> = needed("prints", prints)?
            .iter()
            .enumerate()
            .map(|(at, text)| VideoFingerprint::from_base64(text).map_err(|error| error.with("print", at)))
            .collect::<Result<_>>()?;
        let found = vision::find_copies_watched(&prints, p.cancel(), p.observer())?;
        let pair = |(a, b, how): &(usize, usize, CopyMatch)| {
            let mut pair = copy_match(how);
            (pair["a"], pair["b"]) = (json!(a), json!(b));
            pair
        };
        Called::value(&found.iter().map(pair).collect::<Vec<_>>())
    }),
    ("vision.fingerprint", |p| {
        let default = FingerprintParams::default();
        let path: Option<String> = p.given_or_none("path")?;
        let params = FingerprintParams {
            interval_s: p.take("interval_s", default.interval_s)?,
            preset: preset(p)?,
            threads: p.take("threads", default.threads)?,
            limits: p.take("limits", default.limits)?,
        };
        p.finish()?;
        let print = vision::fingerprint_watched(needed("path", path)?, &params, p.cancel(), p.observer())?;
        let samples: Vec<_> = print
            .samples()
            .map(|(time_s, pdq)| json!({ "time_s": time_s, "pdq": pdq.hash.to_string(), "quality": pdq.quality }))
            .collect();
        Called::value(&json!({ "base64": print.to_base64(), "samples": samples }))
    }),
    ("vision.motion_vectors", |p| {
        let default = VectorParams::default();
        let path: Option<String> = p.given_or_none("path")?;
        let params = VectorParams {
            interval_s: p.take("interval_s", default.interval_s)?,
            blocks: p.take("blocks", default.blocks)?,
            limits: p.take("limits", default.limits)?,
        };
        p.finish()?;
        let found = vision::motion_vectors_watched(needed("path", path)?, &params, p.cancel(), p.observer())?;
        let value = Called::value(&json!({
            "width": found.width, "height": found.height, "pictures": found.pictures, "cut_short": found.cut_short,
        }))?;
        if !params.blocks {
            return Ok(value);
        }
        let row = |block: &CodedBlock| {
            let ([x, y], [width, height], [dx, dy]) = (block.centre, block.size, block.displacement);
            [block.picture, block.source, x, y, width, height, dx, dy]
        };
        let data = found.blocks.iter().flat_map(row).collect();
        let blocks = Matrix { rows: found.blocks.len(), columns: 8, data, times_s: Vec::new(), unit: "px" };
        Ok(value.with("blocks", blocks))
    }),
];

impl Pixels<'_> {
    /// Red, green and blue; gray three times, and transparency left out, as Pillow's `convert("RGB")` does.
    fn to_rgb(self) -> Result<RgbImage> {
        let (width, height) = (self.width as usize, self.height as usize);
        let pixels = width.checked_mul(height).filter(|&pixels| pixels > 0);
        let channels = usize::from(self.channels);
        let fits = |pixels: usize| pixels.checked_mul(channels) == Some(self.data.len());
        if !matches!(channels, 1 | 3 | 4) || !pixels.is_some_and(fits) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a picture has 8-bit samples of 1 (gray), 3 (RGB) or 4 (RGBA) channels, as many as its sides say",
            )
            .with("width", width)
            .with("height", height)
            .with("channels", channels)
            .with("bytes", self.data.len()));
        }
        let data = match channels {
            1 => self.data.iter().flat_map(|&gray| [gray; 3]).collect(),
            3 => self.data.to_vec(),
            _ => self.data.chunks_exact(4).flat_map(|rgba| [rgba[0], rgba[1], rgba[2]]).collect(),
        };
        Ok(RgbImage { width, height, data })
    }

    /// Gray as it is, colours as `OpenCV`'s `COLOR_RGB2GRAY` has them.
    fn to_opencv_gray(self) -> Result<imaging::GrayImage> {
        let rgb = self.to_rgb()?;
        match self.channels {
            1 => Ok(imaging::GrayImage { width: rgb.width, height: rgb.height, data: self.data.to_vec() }),
            _ => Ok(rgb.to_opencv_gray()),
        }
    }
}

/// As many pictures as the function takes.
fn only<'a, const N: usize>(pictures: &[Pixels<'a>]) -> Result<[Pixels<'a>; N]> {
    <[Pixels<'a>; N]>::try_from(pictures).map_err(|_| {
        Error::new(ErrorKind::InvalidInput, "the function takes another number of pictures")
            .with("takes", N)
            .with("given", pictures.len())
    })
}

fn pdq(found: imaging::Pdq) -> Value {
    json!({ "hash": found.hash.to_string(), "quality": found.quality })
}

fn copy_match(how: &CopyMatch) -> Value {
    json!({
        "is_copy": how.is_copy(), "share": how.share, "other_share": how.other_share, "overlap_share": how.overlap_share,
        "offset_s": how.offset_s, "matched": how.matched, "distance": how.distance, "best_distance": how.best_distance,
        "mirrored": how.mirrored,
    })
}

fn hash(kind: HashKind, pictures: &[Pixels<'_>], p: &mut Params<'_>) -> Result<Called> {
    let size = p.given_or_none(if kind == HashKind::Colorhash { "binbits" } else { "hash_size" })?;
    p.finish()?;
    let [picture] = only(pictures)?;
    let hash = kind.hash(&picture.to_rgb()?.as_picture(), Rotation::None, size)?;
    Called::value(&hash.to_string())
}

/// A setting that names something.
fn named<T: std::str::FromStr<Err = Error>>(p: &mut Params<'_>, name: &'static str) -> Result<Option<T>> {
    p.given_or_none::<String>(name)?.map(|text| text.parse()).transpose()
}

fn preset(p: &mut Params<'_>) -> Result<Preset> {
    Ok(named(p, "preset")?.unwrap_or_default())
}
