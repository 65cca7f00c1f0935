//! The motion vectors that a decoder hands out beside a picture.

use crate::media::{MotionVector, PictureKind};
use ffmpeg_next as ffmpeg;
use ffmpeg_next::ffi::{self, AVMotionVector};
use ffmpeg_next::frame::side_data::Type;
use ffmpeg_next::picture;

/// Asks the decoder for them, before it is opened.
pub(super) fn ask(decoder: &mut ffmpeg::codec::decoder::Decoder) {
    // SAFETY: a plain field of a context that is allocated and not yet open.
    unsafe { (*decoder.as_mut_ptr()).flags2 |= ffi::AV_CODEC_FLAG2_EXPORT_MVS };
}

/// How a picture was coded, where the decoder says so. A sprite of MPEG-4 is predicted from the pictures before it.
pub(super) fn kind(frame: &ffmpeg::frame::Video) -> Option<PictureKind> {
    match frame.kind() {
        picture::Type::I | picture::Type::SI | picture::Type::BI => Some(PictureKind::Intra),
        picture::Type::P | picture::Type::S | picture::Type::SP => Some(PictureKind::Predicted),
        picture::Type::B => Some(PictureKind::Bidirectional),
        picture::Type::None => None,
    }
}

/// The blocks of a picture, into a list that is used again.
pub(super) fn read(frame: &ffmpeg::frame::Video, into: &mut Vec<MotionVector>) {
    into.clear();
    let Some(data) = frame.side_data(Type::MotionVectors) else { return };
    into.extend(data.data().chunks_exact(size_of::<AVMotionVector>()).map(|bytes| {
        // SAFETY: libav's contract for side data of this type: an array of this structure, of which this is one. All of its
        // fields are numbers, so that any bytes are one; it is read without asking for its alignment.
        vector(&unsafe { bytes.as_ptr().cast::<AVMotionVector>().read_unaligned() })
    }));
}

fn vector(coded: &AVMotionVector) -> MotionVector {
    let displacement = if coded.motion_scale > 0 {
        // To the other picture, in fractions of a pixel.
        [coded.motion_x, coded.motion_y].map(|motion| 0.0 - motion as f32 / f32::from(coded.motion_scale))
    } else {
        [(coded.dst_x, coded.src_x), (coded.dst_y, coded.src_y)]
            .map(|(to, from)| f32::from(to) - f32::from(from))
    };
    MotionVector {
        centre: [f32::from(coded.dst_x), f32::from(coded.dst_y)],
        size: [coded.w, coded.h],
        displacement,
        from_later: coded.source > 0,
    }
}
