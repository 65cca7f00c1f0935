//! Still pictures.

use super::source::Reader;
use super::{DecodeReport, DecodeRequest, Frame, MediaInfo, MediaKind, MediaSink, StreamEnd};
use crate::imaging::{Picture, Plane, Rotation};
use crate::{Error, ErrorKind, Limits, Preset, Result};
use image::error::LimitErrorKind;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};
use std::io::BufReader;

/// Decodes one picture as one frame at time 0.
///
/// Of an animation, the first picture. 16 bits become 8, transparency is dropped and not blended over anything (as
/// Pillow's `convert("RGB")` does). The EXIF orientation comes as the frame's rotation; a mirrored one is applied to the
/// pixels, except in `reference`, where the peers leave it.
pub(super) fn decode(
    reader: Reader,
    format: ImageFormat,
    request: &DecodeRequest,
    sink: &mut dyn MediaSink,
) -> Result<DecodeReport> {
    let name = format.extensions_str().first().copied().unwrap_or("image");
    let failed = |error: ImageError| explain(error, name, &request.limits);
    let mut decoder =
        ImageReader::with_format(BufReader::new(reader), format).into_decoder().map_err(failed)?;
    let (width, height) = decoder.dimensions();
    Limits::check("max_pixels", u64::from(width) * u64::from(height), request.limits.max_pixels)?;
    Limits::check("max_decoded_bytes", decoder.total_bytes(), request.limits.max_decoded_bytes)?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(request.limits.max_decoded_bytes);
    decoder.set_limits(limits).map_err(failed)?;
    // A damaged EXIF block does not spoil the picture.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let (rotation, mirrored) = turn(orientation);
    let mirrored = mirrored && request.preset != Preset::Reference;
    let colour = decoder.original_color_type();
    let swapped = (rotation.swaps_sides()) != (mirrored && turns(orientation));
    let mut info = MediaInfo {
        kind: MediaKind::Image,
        container: Some(name.to_owned()),
        width: Some(if swapped { height } else { width }),
        height: Some(if swapped { width } else { height }),
        rotation_deg: Some(rotation.degrees()),
        sample_aspect_ratio: Some(1.0),
        video_codec: Some(name.to_owned()),
        pixel_format: Some(format!("{colour:?}").to_lowercase()),
        bit_depth: Some((colour.bits_per_pixel() / u16::from(colour.channel_count().max(1))) as u8),
        video_streams: Some(1),
        ..MediaInfo::default()
    };
    if !request.video {
        sink.begin(&info)?;
        return Ok(report(info, StreamEnd::Skipped));
    }
    let mut picture = DynamicImage::from_decoder(decoder).map_err(failed)?;
    if mirrored {
        picture.apply_orientation(orientation);
    }
    let rgb = picture.into_rgb8();
    info.frames = Some(1);
    info.video_start_s = Some(0.0);
    sink.begin(&info)?;
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    let rgb = Plane { data: rgb.as_raw(), stride: width * 3 };
    let picture = Picture::Rgb24 { rgb, width, height };
    sink.frame(&Frame { index: 0, time_s: 0.0, duration_s: None, picture, rotation })?;
    Ok(report(info, StreamEnd::Complete))
}

fn report(info: MediaInfo, video: StreamEnd) -> DecodeReport {
    DecodeReport { info, audio: StreamEnd::Absent, video, captions: StreamEnd::Absent }
}

/// The quarter turns of an orientation that has no mirror in it, and whether it has one.
fn turn(orientation: Orientation) -> (Rotation, bool) {
    match orientation {
        Orientation::NoTransforms => (Rotation::None, false),
        Orientation::Rotate90 => (Rotation::Clockwise90, false),
        Orientation::Rotate180 => (Rotation::Half, false),
        Orientation::Rotate270 => (Rotation::Clockwise270, false),
        _ => (Rotation::None, true),
    }
}

/// Whether a mirrored orientation swaps the sides as well.
fn turns(orientation: Orientation) -> bool {
    matches!(orientation, Orientation::Rotate90FlipH | Orientation::Rotate270FlipH)
}

fn explain(error: ImageError, format: &'static str, limits: &Limits) -> Error {
    let (kind, message) = match &error {
        ImageError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
            return Error::new(
                ErrorKind::LimitExceeded,
                "the picture needs more memory than the limits allow",
            )
            .with("limit", "max_decoded_bytes")
            .with("max", limits.max_decoded_bytes)
            .with("format", format);
        }
        ImageError::Limits(_) => (ErrorKind::LimitExceeded, "the picture is larger than its decoder allows"),
        ImageError::Unsupported(_) => {
            (ErrorKind::UnsupportedFormat, "this kind of picture is not read; convert it to PNG or JPEG")
        }
        _ => (ErrorKind::DecodeFailed, "the picture is damaged or cut off; send the file again"),
    };
    Error::new(kind, message).with("format", format).caused_by(error)
}
