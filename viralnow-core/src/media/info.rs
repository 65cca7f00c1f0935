//! The facts of a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an input is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// Moving pictures, with or without sound.
    Video,
    /// Sound alone.
    Audio,
    /// One picture.
    Image,
    /// Text alone.
    #[default]
    Text,
}

/// The facts of a file: from its header, completed by decoding. Absent facts are null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MediaInfo {
    /// What it is.
    pub kind: MediaKind,
    /// Container or image format, such as `mov,mp4,m4a,3gp,3g2,mj2`, `wav` or `png`; `raw` for samples given by the host.
    pub container: Option<String>,
    /// Size of the file or buffer in bytes.
    pub bytes: Option<u64>,
    /// Presentation time of what was decoded, in seconds: the later end of sound and pictures.
    pub duration_s: Option<f64>,
    /// Duration that the container claims, in seconds; may count streams that are not decoded.
    pub container_duration_s: Option<f64>,
    /// Columns as shown, after rotation; square pixels are not assumed, see `sample_aspect_ratio`.
    pub width: Option<u32>,
    /// Rows as shown, after rotation.
    pub height: Option<u32>,
    /// Quarter turns clockwise from the coded to the shown picture: 0, 90, 180 or 270.
    pub rotation_deg: Option<u16>,
    /// Width of a pixel over its height, in the coded orientation; 1 is square.
    pub sample_aspect_ratio: Option<f64>,
    /// Mean frames per second of what was decoded.
    pub frame_rate: Option<f64>,
    /// Whether the distances between frames differ by more than 1 ms and 10 %.
    pub variable_frame_rate: Option<bool>,
    /// Pictures decoded.
    pub frames: Option<u64>,
    /// Presentation time of the first picture, in seconds.
    pub video_start_s: Option<f64>,
    /// Decoder's name, such as `h264`.
    pub video_codec: Option<String>,
    /// Layout of the coded samples, such as `yuv420p10le`.
    pub pixel_format: Option<String>,
    /// Bits per sample as coded.
    pub bit_depth: Option<u8>,
    /// `pq` or `hlg` for high dynamic range, else null.
    pub hdr: Option<String>,
    /// Index of the decoded video stream in the container.
    pub video_stream: Option<u32>,
    /// Video streams in the container, cover pictures not counted.
    pub video_streams: Option<u32>,
    /// Decoder's name, such as `aac`.
    pub audio_codec: Option<String>,
    /// Samples per second and channel, of the decoded sound.
    pub sample_rate_hz: Option<u32>,
    /// Channels of the decoded sound.
    pub channels: Option<u16>,
    /// Presentation time of the first sample, in seconds.
    pub audio_start_s: Option<f64>,
    /// Index of the decoded audio stream in the container.
    pub audio_stream: Option<u32>,
    /// Audio streams in the container.
    pub audio_streams: Option<u32>,
    /// Index of the stream that the embedded captions come from.
    pub caption_stream: Option<u32>,
}
