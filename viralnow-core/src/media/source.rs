//! Where the bytes come from, and which decoder takes them.

use super::sniff::{HEAD, Kind, sniff};
use super::{
    DecodeReport, DecodeRequest, LiveAudio, MediaSink, RawAudio, RawFrames, image, live, raw, sound,
};
use crate::monitor::{CancelToken, Run};
use crate::{Error, ErrorKind, Limits, Result};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// A medium.
#[derive(Debug, Clone)]
pub enum MediaInput {
    /// A local file.
    Path(PathBuf),
    /// The content of a file.
    Bytes(Arc<[u8]>),
    /// Samples and frames of the host.
    Raw {
        /// Sound.
        audio: Option<RawAudio>,
        /// Pictures.
        frames: Option<RawFrames>,
    },
    /// Sound that comes while it is analysed. It is heard once.
    Live(LiveAudio),
}

/// SHA-256 of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentHash(pub [u8; 32]);

impl MediaInput {
    /// Reads the whole content once and gives its SHA-256; checks existence, permission, that it is a regular file, and
    /// `max_bytes`. For samples and frames, the hash of their values; a live stream has none and is refused.
    ///
    /// ```
    /// use viralnow_core::{Limits, media::MediaInput, monitor::Run};
    /// let input = MediaInput::Bytes(b"abc".as_slice().into());
    /// let hash = input.content_hash(&Limits::default(), &mut Run::unwatched())?;
    /// assert_eq!(hash.0[..4], [0xba, 0x78, 0x16, 0xbf]);
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn content_hash(&self, limits: &Limits, run: &mut Run) -> Result<ContentHash> {
        if let Self::Raw { audio, frames } = self {
            raw::check(audio.as_ref(), frames.as_ref(), limits)?;
            return raw::hash(audio.as_ref(), frames.as_ref(), run).map(ContentHash);
        }
        let mut reader = self.open(limits, run)?;
        let mut sha = Sha256::new();
        let mut buffer = vec![0; 1 << 18];
        let mut done = 0_u64;
        loop {
            run.advance(done as f64 / reader.len() as f64)?;
            let n = reader.read(&mut buffer).map_err(|e| self.name(e.into()))?;
            if n == 0 {
                return Ok(ContentHash(sha.finalize().into()));
            }
            done += n as u64;
            // The file may grow while it is read.
            Limits::check("max_bytes", done, limits.max_bytes)?;
            sha.update(&buffer[..n]);
        }
    }

    /// Opens a file or bytes for reading, after the checks that need no reading.
    pub(super) fn open(&self, limits: &Limits, run: &Run) -> Result<Reader> {
        let (bytes, len) = match self {
            Self::Path(path) => open_file(path).map_err(|e| self.name(e))?,
            Self::Bytes(bytes) => (Content::Bytes(Cursor::new(Arc::clone(bytes))), bytes.len() as u64),
            Self::Raw { .. } | Self::Live(_) => {
                return Err(Error::new(
                    ErrorKind::InvalidInput,
                    "samples, frames and live sound are not a file",
                ));
            }
        };
        if len == 0 {
            return Err(self.name(Error::new(ErrorKind::InvalidInput, "the file is empty")));
        }
        Limits::check("max_bytes", len, limits.max_bytes)?;
        Ok(Reader { content: bytes, len, cancel: run.cancel_token().clone(), deadline: run.deadline() })
    }

    /// Adds the file's name to an error that does not have it yet.
    fn name(&self, error: Error) -> Error {
        match self {
            Self::Path(path) if error.context().iter().all(|(key, _)| *key != "path") => {
                error.with("path", path.display())
            }
            _ => error,
        }
    }
}

fn open_file(path: &Path) -> Result<(Content, u64)> {
    if path.as_os_str().is_empty() {
        return Err(Error::new(ErrorKind::InvalidInput, "the path is empty"));
    }
    // Looked at before it is opened: to open a named pipe would wait for a writer.
    regular(&std::fs::metadata(path).map_err(|error| not_there(path, error))?)?;
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    regular(&metadata)?;
    Ok((Content::File(file), metadata.len()))
}

/// Why a file cannot be looked at; an address is told from a path that is mistyped.
fn not_there(path: &Path, error: std::io::Error) -> Error {
    let scheme = path.to_str().and_then(|text| text.split_once("://")).map_or("", |(scheme, _)| scheme);
    let address = scheme.len() > 1 && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !address || error.kind() != std::io::ErrorKind::NotFound {
        return error.into();
    }
    Error::new(ErrorKind::InvalidInput, "an address is never opened; download the file and give its path")
}

fn regular(metadata: &std::fs::Metadata) -> Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() { "a directory" } else { "a device, pipe or socket" };
    Err(Error::new(ErrorKind::InvalidInput, "only a regular file can be analysed").with("this is", what))
}

/// Reads a file or bytes, and fails as soon as the call is cancelled or its time is over: a decoder that searches a
/// large damaged file for something it knows stops there.
#[derive(Debug)]
pub(super) struct Reader {
    content: Content,
    len: u64,
    cancel: CancelToken,
    deadline: Option<Instant>,
}

#[derive(Debug)]
enum Content {
    File(File),
    Bytes(Cursor<Arc<[u8]>>),
}

impl Reader {
    /// Size in bytes when it was opened.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The same content once more, from its start on. Only one of the two may be read from here on.
    #[cfg(feature = "video")]
    pub(super) fn again(&self) -> Result<Self> {
        let content = match &self.content {
            Content::File(file) => Content::File(file.try_clone()?),
            Content::Bytes(bytes) => Content::Bytes(Cursor::new(Arc::clone(bytes.get_ref()))),
        };
        Ok(Self { content, len: self.len, cancel: self.cancel.clone(), deadline: self.deadline })
    }

    /// The first bytes; the position is the start again afterwards.
    fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = Vec::with_capacity(HEAD);
        self.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        self.seek(SeekFrom::Start(0))?;
        Ok(head)
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.cancel.is_cancelled() || self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(io::Error::other("the call was cancelled or its time is over"));
        }
        match &mut self.content {
            Content::File(file) => file.read(buffer),
            Content::Bytes(bytes) => bytes.read(buffer),
        }
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.content {
            Content::File(file) => file.seek(to),
            Content::Bytes(bytes) => bytes.seek(to),
        }
    }
}

impl symphonia::core::io::MediaSource for Reader {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len)
    }
}

pub(super) fn decode(
    input: &MediaInput,
    request: &DecodeRequest,
    run: &mut Run,
    sink: &mut dyn MediaSink,
) -> Result<DecodeReport> {
    if let MediaInput::Raw { audio, frames } = input {
        return raw::decode(audio.as_ref(), frames.as_ref(), request, run, sink);
    }
    if let MediaInput::Live(audio) = input {
        return live::decode(audio, request, run, sink);
    }
    let mut pass = Pass { input, request, run, sink, bytes: 0 };
    pass.decode().map(|mut report| {
        report.info.bytes = Some(pass.bytes);
        report
    })
}

/// One decode of one file.
struct Pass<'a> {
    input: &'a MediaInput,
    request: &'a DecodeRequest,
    run: &'a mut Run,
    sink: &'a mut dyn MediaSink,
    bytes: u64,
}

impl Pass<'_> {
    fn decode(&mut self) -> Result<DecodeReport> {
        self.run.advance(0.0)?;
        let mut reader = self.reader()?;
        self.bytes = reader.len();
        let kind = sniff(&reader.head().map_err(|e| self.input.name(e.into()))?);
        match kind {
            Kind::Image(format) => image::decode(reader, format, self.request, self.sink),
            Kind::Sound => self.sound_first(reader),
            // Only a core of 24 kHz or less can be the half of an HE-AAC stream that does not say so.
            Kind::Adts { core_rate } if core_rate > 24_000 => self.sound_first(reader),
            Kind::Adts { .. } | Kind::IsoMedia | Kind::Matroska | Kind::OggVideo | Kind::Unknown => {
                self.ffmpeg_first(reader, kind)
            }
            Kind::Video(_) => self.ffmpeg_only(reader, kind),
            Kind::ForeignImage(name) => {
                Err(unsupported("this picture format is not read; convert it to PNG or JPEG")
                    .with("format", name))
            }
            Kind::Playlist => Err(unsupported(
                "this is a playlist; the files it names are never opened: give one of them instead",
            )),
            Kind::Text => Err(unsupported(
                "this is a text file, not media; give its content as text, or as captions beside a video",
            )),
        }
        .map_err(|error| match self.run.advance(0.0) {
            // To a decoder, a cancelled call looks like a file that cannot be read.
            Err(stop) if matches!(error.kind(), ErrorKind::DecodeFailed | ErrorKind::Io) => stop,
            _ => self.input.name(error),
        })
    }

    fn reader(&self) -> Result<Reader> {
        self.input.open(&self.request.limits, self.run)
    }

    /// Sound alone: symphonia in every build, so that the features do not depend on the build. What it does not know, or
    /// finds no way into, goes to `FFmpeg`.
    fn sound_first(&mut self, reader: Reader) -> Result<DecodeReport> {
        match sound::open(reader, self.request) {
            Ok(sound) => sound.decode(self.request, self.run, self.sink),
            Err(error) if is_foreign(&error) => self.ffmpeg_after(error),
            Err(error) => Err(error),
        }
    }

    /// Decodes what was opened, a second time by one thread where damage asks for it.
    #[cfg(feature = "video")]
    fn ffmpeg(&mut self, video: super::video::Video, known: bool) -> Result<DecodeReport> {
        if let Some(report) = video.decode(self.request, self.run, self.sink)? {
            return Ok(report);
        }
        let alone = DecodeRequest { threads: 1, ..self.request.clone() };
        let video = super::video::open(self.reader()?, known, &alone, self.run)?;
        let report = video.decode(&alone, self.run, self.sink)?;
        report.ok_or_else(|| Error::new(ErrorKind::Internal, "one thread was asked to make way for one"))
    }

    #[cfg(feature = "video")]
    fn ffmpeg_after(&mut self, error: Error) -> Result<DecodeReport> {
        match super::video::open(self.reader()?, false, self.request, self.run) {
            Ok(video) => self.ffmpeg(video, false),
            // Neither knows it: the words of the first name what it is.
            Err(second) if is_foreign(&second) => Err(error),
            Err(second) => Err(second),
        }
    }

    #[cfg(not(feature = "video"))]
    #[allow(clippy::unused_self)] // the same call as in the other build
    fn ffmpeg_after(&mut self, error: Error) -> Result<DecodeReport> {
        match error.kind() {
            ErrorKind::UnsupportedFormat => Err(needs_ffmpeg("this sound").caused_by(error)),
            _ => Err(error),
        }
    }

    /// `FFmpeg` where it is built; without it, the sound of what symphonia can read.
    #[cfg(feature = "video")]
    fn ffmpeg_first(&mut self, reader: Reader, kind: Kind) -> Result<DecodeReport> {
        match super::video::open(reader, kind != Kind::Unknown, self.request, self.run) {
            Ok(video) => self.ffmpeg(video, kind != Kind::Unknown),
            Err(error) if kind == Kind::Unknown && is_foreign(&error) => {
                // An MP3 may begin with anything.
                match sound::open(self.reader()?, self.request) {
                    Ok(sound) => sound.decode(self.request, self.run, self.sink),
                    Err(second) if is_foreign(&second) => Err(error),
                    Err(second) => Err(second),
                }
            }
            Err(error) => Err(error),
        }
    }

    #[cfg(not(feature = "video"))]
    fn ffmpeg_first(&mut self, reader: Reader, kind: Kind) -> Result<DecodeReport> {
        match sound::open(reader, self.request) {
            Ok(sound) => {
                let mut report = sound.decode(self.request, self.run, self.sink)?;
                if kind == Kind::OggVideo {
                    // symphonia does not tell of a stream it does not know.
                    report.video = super::StreamEnd::Unavailable(needs_ffmpeg("the video stream"));
                }
                Ok(report)
            }
            Err(error) if error.kind() == ErrorKind::UnsupportedFormat && kind != Kind::Unknown => {
                Err(needs_ffmpeg("this file").caused_by(error))
            }
            Err(error) => Err(error),
        }
    }

    #[cfg(feature = "video")]
    fn ffmpeg_only(&mut self, reader: Reader, _kind: Kind) -> Result<DecodeReport> {
        let video = super::video::open(reader, true, self.request, self.run)?;
        self.ffmpeg(video, true)
    }

    #[cfg(not(feature = "video"))]
    #[allow(clippy::unused_self, clippy::needless_pass_by_value)] // the same call as in the other build
    fn ffmpeg_only(&mut self, _reader: Reader, kind: Kind) -> Result<DecodeReport> {
        Err(match kind {
            Kind::Video(name) => needs_ffmpeg("this video").with("format", name),
            _ => needs_ffmpeg("this file"),
        })
    }
}

/// Whether another decoder may find a way into what this one did not.
fn is_foreign(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::UnsupportedFormat | ErrorKind::DecodeFailed)
}

fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::UnsupportedFormat, message)
}

/// The error for what only `FFmpeg` decodes, in a build without it.
#[cfg(not(feature = "video"))]
pub(super) fn needs_ffmpeg(what: &str) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        format!(
            "{what} is decoded through FFmpeg, which this build does not have; build with the feature `video`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(input: &MediaInput, limits: &Limits) -> Result<ContentHash> {
        input.content_hash(limits, &mut Run::unwatched())
    }

    #[test]
    fn only_regular_files_within_the_limit_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let kind = |path: &Path| {
            hash(&MediaInput::Path(path.to_owned()), &Limits { max_bytes: 10, ..Limits::default() })
                .unwrap_err()
                .kind()
        };
        assert_eq!(kind(directory.path()), ErrorKind::InvalidInput);
        assert_eq!(kind(Path::new("")), ErrorKind::InvalidInput);
        assert_eq!(kind(&directory.path().join("none")), ErrorKind::NotFound);
        let file = directory.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert_eq!(kind(&file), ErrorKind::InvalidInput);
        std::fs::write(&file, b"eleven byte").unwrap();
        assert_eq!(kind(&file), ErrorKind::LimitExceeded);
        #[cfg(unix)]
        assert_eq!(kind(Path::new("/dev/zero")), ErrorKind::InvalidInput);
    }

    #[test]
    fn the_hash_is_sha256_of_the_content() {
        // FIPS 180-2, appendix B.2.
        let content = b"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
        let input = MediaInput::Bytes(content.as_slice().into());
        let expected = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
        assert_eq!(crate::asset::hex(&hash(&input, &Limits::default()).unwrap().0), expected);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let same = MediaInput::Path(file.path().to_owned());
        assert_eq!(hash(&same, &Limits::default()).unwrap(), hash(&input, &Limits::default()).unwrap());
    }

    #[test]
    fn a_cancelled_run_stops_the_reading() {
        let (input, mut run) = (MediaInput::Bytes(vec![1; 100].into()), Run::unwatched());
        run.cancel_token().cancel();
        let error = input.content_hash(&Limits::default(), &mut run).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }
}
