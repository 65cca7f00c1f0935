//! Probe, demux, decode: one pass over a local file that yields audio blocks, frames and caption cues in the order of
//! the file. Never a URL, never a playlist: libav sees nothing but a read callback.

pub mod captions;
mod delivery;
mod image;
mod info;
mod live;
mod mp4;
mod raw;
mod sniff;
mod sound;
mod source;
#[cfg(feature = "video")]
mod video;

pub use captions::Cue;
pub use info::{MediaInfo, MediaKind};
pub use live::{LiveAudio, LiveSender};
pub use raw::{RawAudio, RawFrames};
pub use source::{ContentHash, MediaInput};

use crate::imaging::{Picture, RgbImage, Rotation};
use crate::monitor::Run;
use crate::{Error, Limits, Preset, Result};
use serde::{Deserialize, Serialize};

/// Decoded sound at the rate of its stream.
#[derive(Debug, Clone, Copy)]
pub struct AudioBlock<'a> {
    /// Presentation time of the first sample, in seconds.
    pub start_s: f64,
    /// Samples per second and channel.
    pub sample_rate: u32,
    /// Channels; the layout is the decoder's (front left, front right, ...).
    pub channels: u16,
    /// Interleaved samples, nominally in [-1, 1]; always finite, a whole number of frames.
    pub samples: &'a [f32],
}

/// One decoded picture.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Number in presentation order, from 0.
    pub index: u64,
    /// Presentation time in seconds: edit lists and variable rates respected, never index / rate.
    pub time_s: f64,
    /// How long it stands, where the file tells.
    pub duration_s: Option<f64>,
    /// The samples, as coded.
    pub picture: Picture<'a>,
    /// How to turn it upright.
    pub rotation: Rotation,
}

impl Frame<'_> {
    /// The upright picture in RGB at full size.
    #[must_use]
    pub fn to_rgb(&self) -> RgbImage {
        self.picture.to_rgb(self.rotation)
    }
}

/// Takes what the decoder gives. An error stops the pass and is returned from it.
pub trait MediaSink {
    /// Called once, before anything else.
    fn begin(&mut self, info: &MediaInfo) -> Result<()>;
    /// Sound, in presentation order.
    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()>;
    /// A picture, in presentation order.
    fn frame(&mut self, frame: &Frame<'_>) -> Result<()>;
    /// How the next picture was coded, where the decoder says, and the blocks that were predicted; called before it where
    /// [`DecodeRequest::motion_vectors`] asks for it. Decoders that do not give motion vectors give none.
    fn coded(&mut self, _kind: Option<PictureKind>, _vectors: &[MotionVector]) -> Result<()> {
        Ok(())
    }
    /// A caption embedded in the file.
    fn cue(&mut self, cue: &Cue) -> Result<()>;
    /// Asked once when damaged pictures are met by several threads, which decode what is damaged otherwise than one does.
    /// A sink that forgets all it was given, the beginning included, says true, and is given everything again by one thread:
    /// the result does not depend on the number of threads then. By default the pass goes on.
    fn restart(&mut self) -> Result<bool> {
        Ok(false)
    }
}

/// What is to be decoded.
#[derive(Debug, Clone)]
pub struct DecodeRequest {
    /// Stream choice (`reference` takes the first, the others the largest) and decoder shortcuts (`fast`).
    pub preset: Preset,
    /// Bounds.
    pub limits: Limits,
    /// Threads of the video decoder, at least 1; where it is more than one and each has a picture of its own, two more run (up to
    /// 16 in all), so that the decoder has work while the sink looks. Where the pictures are damaged they change the result,
    /// unless the sink can [`restart`](MediaSink::restart).
    pub threads: usize,
    /// Decode sound.
    pub audio: bool,
    /// Decode pictures.
    pub video: bool,
    /// Read embedded captions.
    pub captions: bool,
    /// Tell the sink how the codec predicted each picture: see [`MediaSink::coded`]. Costs a little of the decoding time.
    pub motion_vectors: bool,
    /// Smooth the edges of coded blocks (the deblocking filter of ITU-T H.264, 8.7) also in pictures that no other is predicted
    /// from (`nal_ref_idc` 0). Without it, those of an H.264 stream whose shorter side has [`LARGE_SHORT_SIDE`] pixels or more by
    /// its header differ near those edges, by few levels as a rule, and no other picture does. It saves about an eighth of
    /// decoding (`ffmpeg -skip_loop_filter noref` beside plain). Nothing changes in preset `reference`; preset `fast` smooths
    /// none.
    pub deblock_unreferenced: bool,
}

/// Shorter side, in pixels, from which a picture counts as large for [`DecodeRequest::deblock_unreferenced`]: captions are
/// read, and motion is told, at half its size or less.
pub const LARGE_SHORT_SIDE: u32 = 960;

impl Default for DecodeRequest {
    /// All that the file has, by one thread, exactly, in preset `balanced`; no motion vectors.
    fn default() -> Self {
        Self {
            preset: Preset::default(),
            limits: Limits::default(),
            threads: 1,
            audio: true,
            video: true,
            captions: true,
            motion_vectors: false,
            deblock_unreferenced: true,
        }
    }
}

/// How a picture was coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PictureKind {
    /// By itself.
    #[serde(rename = "I")]
    Intra,
    /// From pictures that were coded before: in H.264 and the MPEGs those are shown before it as a rule.
    #[serde(rename = "P")]
    Predicted,
    /// From pictures before and after it.
    #[serde(rename = "B")]
    Bidirectional,
}

/// A block of a picture that was predicted from another picture, in pixels of the picture as coded, x to the right and y down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MotionVector {
    /// The block's centre.
    pub centre: [f32; 2],
    /// Its columns and rows.
    pub size: [u8; 2],
    /// How far what it shows moved, from where it is in the other picture to where it is in this one.
    pub displacement: [f32; 2],
    /// Whether the other picture is shown later than this one.
    pub from_later: bool,
}

/// How the pass ended for one stream.
#[derive(Debug)]
pub enum StreamEnd {
    /// The file has no such stream.
    Absent,
    /// It was not asked for.
    Skipped,
    /// It is there, but this build cannot decode it; the error says what would.
    Unavailable(Error),
    /// Decoded to its end.
    Complete,
    /// Decoded up to a point: damage, or a limit. What came before it stands.
    Cut(Error),
    /// Not one sample or picture could be decoded.
    Failed(Error),
}

/// What one pass found.
#[derive(Debug)]
pub struct DecodeReport {
    /// The facts of the file, completed by what decoding showed.
    pub info: MediaInfo,
    /// The sound.
    pub audio: StreamEnd,
    /// The pictures.
    pub video: StreamEnd,
    /// The embedded captions.
    pub captions: StreamEnd,
}

/// Decodes one input in one pass.
///
/// Fails where nothing can be had: not there, no media, over a limit that the header states, cancelled by the host or by
/// the sink. Damage, limits and the deadline met on the way cut the streams short and are told in the report.
pub fn decode(
    input: &MediaInput,
    request: &DecodeRequest,
    run: &mut Run,
    sink: &mut dyn MediaSink,
) -> Result<DecodeReport> {
    source::decode(input, request, run, sink)
}

/// Whether pictures at these times come at a rate that varies, by the same measure as `variable_frame_rate`.
pub(crate) fn is_rate_variable(times_s: &[f64]) -> bool {
    delivery::Distances::of(times_s).variable() == Some(true)
}

/// The version of `FFmpeg`'s libavcodec that is in use, such as `59.37.100`; `None` in a build without `video`.
///
/// ```
/// assert_eq!(viralnow_core::media::ffmpeg_version().is_some(), cfg!(feature = "video"));
/// ```
#[must_use]
pub fn ffmpeg_version() -> Option<String> {
    #[cfg(feature = "video")]
    return Some(video::version());
    #[cfg(not(feature = "video"))]
    return None;
}
