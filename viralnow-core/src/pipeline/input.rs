//! What a call is given.

use crate::media::{MediaInput, RawAudio, RawFrames};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One asset: a file, bytes, samples, frames or text, and what goes with it.
///
/// ```
/// use viralnow_core::media::RawAudio;
/// use viralnow_core::{AnalyzeOptions, Analyzer, Input};
///
/// let sound = RawAudio { samples: vec![0.0; 16_000], sample_rate: 16_000, channels: 1 };
/// let input = Input::raw(Some(sound), None).with_text("One second of silence.");
/// let payload = Analyzer::new(AnalyzeOptions::default())?.analyze(input)?.payload;
/// assert_eq!(payload.media.duration_s, Some(1.0));
/// assert_eq!(payload.modalities.text.summary.unwrap().language.as_deref(), Some("en"));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// The medium; `None` for text alone.
    pub media: Option<MediaInput>,
    /// Text written with it: the post's caption, a title, a script.
    pub text: Option<String>,
    /// What is said when, if there is a caption file; beside a path, `clip.srt` is found without it, and
    /// `.vtt`, `.ass`, `.ssa` and `.json3` are.
    pub captions: Option<Captions>,
}

/// A caption file.
///
/// ```
/// use viralnow_core::pipeline::Captions;
/// use viralnow_core::{AnalyzeOptions, Analyzer, Input};
///
/// let captions = Captions::Text("WEBVTT\n\n00:01.000 --> 00:02.500\nWatch this.\n".to_owned());
/// let input = Input::text("A title.").with_captions(captions);
/// let payload = Analyzer::new(AnalyzeOptions::default())?.analyze(input)?.payload;
/// let segment = &payload.modalities.text.summary.unwrap().transcript[0];
/// assert_eq!((segment.start_s, segment.text.as_str()), (Some(1.0), "Watch this."));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub enum Captions {
    /// A file of captions: see [`parse`](crate::media::captions::parse).
    Path(PathBuf),
    /// Its content.
    Text(String),
}

impl Input {
    /// A local file.
    #[must_use]
    pub fn path(path: impl AsRef<Path>) -> Self {
        Self { media: Some(MediaInput::Path(path.as_ref().to_owned())), ..Self::default() }
    }

    /// The content of a file.
    #[must_use]
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { media: Some(MediaInput::Bytes(bytes.into())), ..Self::default() }
    }

    /// Samples and frames that the host has decoded; at least one of them.
    #[must_use]
    pub fn raw(audio: Option<RawAudio>, frames: Option<RawFrames>) -> Self {
        Self { media: Some(MediaInput::Raw { audio, frames }), ..Self::default() }
    }

    /// Text alone.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// The same asset with text written with it.
    #[must_use]
    pub fn with_text(self, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..self }
    }

    /// The same asset with a caption file.
    #[must_use]
    pub fn with_captions(self, captions: Captions) -> Self {
        Self { captions: Some(captions), ..self }
    }
}
