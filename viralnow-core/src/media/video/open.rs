//! Opening a container: libav sees read and seek callbacks over our own reader and nothing else.
//!
//! No protocol is allowed and only demuxers that never name other files are, so that neither a playlist nor a reference
//! inside a file can make libav open anything.

use super::{DecodeRequest, Limits, MediaInfo, MediaKind, Preset, Run, Video, probe};
use crate::imaging::Rotation;
use crate::media::source::Reader;
use crate::{Error, ErrorKind, Result};
use ffmpeg_next as ffmpeg;
use ffmpeg_next::ffi;
use ffmpeg_next::format::context::{Input, StreamIo};
use std::ffi::CStr;
use std::io::{Seek, SeekFrom};
use std::ptr;
use std::sync::Once;
use std::time::Instant;

/// Demuxers that are let in, by libav's names.
const DEMUXERS: &str = "mov,matroska,mpegts,mpeg,mpegvideo,avi,flv,asf,mp3,wav,w64,ogg,aac,flac,aiff,caf,ac3,eac3,dts,au,\
                        h264,hevc,m4v,ivf,mxf,nut,dv";

/// The facts of a container and of the streams that were chosen.
pub(in crate::media) struct Facts {
    pub(super) info: MediaInfo,
    /// Time of the container that is zero for us, in seconds.
    pub(super) origin_s: f64,
    /// Duration that the container claims.
    pub(super) claimed_s: Option<f64>,
    /// The same where it can only be that of the streams that are decoded.
    pub(super) whole_s: Option<f64>,
    pub(super) video: Option<StreamFacts>,
    pub(super) audio: Option<StreamFacts>,
    pub(super) captions: Option<StreamFacts>,
}

/// One chosen stream.
pub(in crate::media) struct StreamFacts {
    pub(super) index: usize,
    /// Seconds of one tick.
    pub(super) tick_s: f64,
    /// Presentation time at which the header claims that it ends.
    pub(super) claimed_end_s: Option<f64>,
    /// Presentation time at which the edit list ends it; only MP4 has one.
    pub(super) presented_until_s: Option<f64>,
    /// Seconds between two pictures by the header, for frames without a time.
    pub(super) usual_s: Option<f64>,
    pub(super) rotation: Rotation,
}

/// Opens a container, checks it against the limits, and chooses the streams. `UNSUPPORTED_FORMAT` when no demuxer that
/// is let in knows it; `DECODE_FAILED` when the container was `known` by its first bytes all the same.
pub(in crate::media) fn open(
    reader: Reader,
    known: bool,
    request: &DecodeRequest,
    run: &Run,
) -> Result<Video> {
    silence();
    let len = reader.len();
    let limits = &request.limits;
    let mut again = reader.again()?;
    let mut input = open_input(reader, known, None, run)?;
    // Once before anything is decoded to learn more, and once more for what was learnt.
    check(&input, limits)?;
    if probe::has_late_streams(&input) {
        let decoders = probe::harmless_decoders(input, limits)?;
        again.seek(SeekFrom::Start(0))?;
        input = open_input(again, known, Some(&decoders), run)?;
    }
    let found = probe::find_streams(&mut input, limits);
    check(&input, limits)?;
    let facts = choose(&mut input, len, request)?;
    if found < 0 && facts.video.is_none() && facts.audio.is_none() {
        return Err(damaged(found.into()));
    }
    Ok(Video { input, facts })
}

/// libav prints to stderr by default, and its level is one for the process. A library does not print: it is set to
/// quiet once, at the first file; a host that wants libav's words sets the level after that.
fn silence() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        ffmpeg::util::log::set_level(ffmpeg::util::log::Level::Quiet);
        // The texts of libav's errors, which are empty without it.
        ffmpeg::util::error::register_all();
    });
}

/// Opens it, with these `decoders` alone to look into the streams where they are named.
fn open_input(reader: Reader, known: bool, decoders: Option<&str>, run: &Run) -> Result<Input> {
    let io = |fault: ffmpeg::Error| {
        Error::new(ErrorKind::Io, "FFmpeg could not be set up to read the file").caused_by(fault)
    };
    let mut stream = StreamIo::from_read_seek(reader).map_err(io)?;
    let (cancel, deadline) = (run.cancel_token().clone(), run.deadline());
    let interrupt = ffmpeg::util::interrupt::new(Box::new(move || {
        cancel.is_cancelled() || deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }));
    let mut options = ffmpeg::Dictionary::new();
    options.set("format_whitelist", DEMUXERS);
    options.set("protocol_whitelist", "none");
    // Nobody seeks here: where a demuxer notes the place of each packet for that, it keeps some of them.
    options.set("indexmem", "65536");
    if let Some(decoders) = decoders {
        options.set("codec_whitelist", decoders);
    }
    // SAFETY: the context is allocated here and given the custom reader and the interrupt callback, both of which are
    // handed to `Input` below and outlive it there. `avformat_open_input` frees the context when it fails and sets the
    // pointer to null. The dictionary is given up to C and owned again, so that what libav did not take is freed.
    unsafe {
        let mut context = ffi::avformat_alloc_context();
        if context.is_null() {
            return Err(io(ffmpeg::Error::Other { errno: ffi::ENOMEM }));
        }
        (*context).pb = stream.as_mut_ptr();
        (*context).interrupt_callback = interrupt.interrupt;
        let mut raw_options = options.disown();
        let opened =
            ffi::avformat_open_input(&raw mut context, ptr::null(), ptr::null_mut(), &raw mut raw_options);
        drop(ffmpeg::Dictionary::own(raw_options));
        if opened < 0 {
            return Err(match opened.into() {
                fault @ (ffmpeg::Error::InvalidData | ffmpeg::Error::Other { errno: ffi::EINVAL })
                    if !known =>
                {
                    Error::new(
                        ErrorKind::UnsupportedFormat,
                        "no sound, picture or video that is known was found in the file",
                    )
                    .caused_by(fault)
                }
                fault => damaged(fault),
            });
        }
        Ok(Input::wrap_with_custom_io_and_interrupt(context, stream, interrupt.guard))
    }
}

fn damaged(fault: ffmpeg::Error) -> Error {
    Error::new(
        ErrorKind::DecodeFailed,
        "the file's header is damaged or not there, as in a download that was cut off",
    )
    .caused_by(fault)
}

/// Streams, pixels and channels by the header.
pub(super) fn check(input: &Input, limits: &Limits) -> Result<()> {
    Limits::check("max_streams", input.nb_streams().into(), limits.max_streams.into())?;
    for stream in input.streams() {
        let parameters = parameters(&stream);
        Limits::check("max_pixels", parameters.pixels, limits.max_pixels)?;
        Limits::check("max_channels", parameters.channels, limits.max_channels.into())?;
    }
    Ok(())
}

/// What is read from a stream's parameters.
struct Parameters {
    width: u32,
    height: u32,
    pixels: u64,
    channels: u64,
    sample_rate: u32,
    format: i32,
    hdr: Option<&'static str>,
    codec: String,
}

fn parameters(stream: &ffmpeg::Stream<'_>) -> Parameters {
    // SAFETY: every stream of an open context has parameters, which live as long as it; only plain fields are read (and
    // no reference to the whole is made, see `colour`), and `avcodec_get_name` gives a static string for any number.
    unsafe {
        let raw = (*stream.as_ptr()).codecpar;
        let positive = |n: i32| u32::try_from(n).unwrap_or(0);
        let (width, height) = (positive((*raw).width), positive((*raw).height));
        Parameters {
            width,
            height,
            pixels: u64::from(width) * u64::from(height),
            channels: u64::from(positive((*raw).ch_layout.nb_channels)),
            sample_rate: positive((*raw).sample_rate),
            format: (*raw).format,
            hdr: super::colour::hdr(raw),
            codec: CStr::from_ptr(ffi::avcodec_get_name((*raw).codec_id)).to_string_lossy().into_owned(),
        }
    }
}

fn choose(input: &mut Input, len: u64, request: &DecodeRequest) -> Result<Facts> {
    use ffmpeg::media::Type;
    let first = request.preset == Preset::Reference;
    let is_cover =
        |s: &ffmpeg::Stream<'_>| s.disposition().contains(ffmpeg::format::stream::Disposition::ATTACHED_PIC);
    let of_type = |kind: Type| -> Vec<usize> {
        input
            .streams()
            .filter(|s| s.parameters().medium() == kind && !is_cover(s))
            .map(|s| s.index())
            .collect()
    };
    let pick = |kind: Type, related: Option<usize>, among: &[usize]| {
        let related = related.and_then(|i| input.stream(i));
        let best = match &related {
            Some(related) => input.streams().related(related).best(kind),
            None => input.streams().best(kind),
        };
        best.map(|s| s.index()).filter(|i| !first && among.contains(i)).or_else(|| among.first().copied())
    };
    let (videos, sounds) = (of_type(Type::Video), of_type(Type::Audio));
    if videos.is_empty() && sounds.is_empty() {
        return Err(Error::new(
            ErrorKind::UnsupportedFormat,
            "there is neither sound nor picture in the file",
        )
        .with("streams", input.nb_streams()));
    }
    let video = pick(Type::Video, None, &videos);
    let audio = pick(Type::Audio, video, &sounds);
    let titles = of_type(Type::Subtitle);
    let texts: Vec<usize> = titles.iter().copied().filter(|&i| super::subtitles::is_text(input, i)).collect();
    // Captions that are pictures are there, but cannot be read.
    let captions = pick(Type::Subtitle, video, if texts.is_empty() { &titles } else { &texts });

    let container = input.format().name().to_owned();
    let seconds = |ticks: i64, tick_s: f64| (ticks != ffi::AV_NOPTS_VALUE).then_some(ticks as f64 * tick_s);
    let start_s = |index: usize| {
        let stream = input.stream(index)?;
        seconds(stream.start_time(), f64::from(stream.time_base()))
    };
    let has_edit_lists = container.starts_with("mov");
    let absolute = has_edit_lists || container.starts_with("matroska");
    let origin_s = if absolute {
        video.and_then(start_s).unwrap_or(0.0).min(0.0)
    } else {
        // SAFETY: a plain field of an open context.
        seconds(unsafe { (*input.as_ptr()).start_time }, 1e-6).unwrap_or(0.0)
    };
    let claimed_s = seconds(input.duration(), 1e-6).filter(|s| *s > 0.0);
    let facts_of = |index: usize| {
        let stream = input.stream(index)?;
        let tick_s = f64::from(stream.time_base());
        let usual = f64::from(stream.avg_frame_rate());
        // Only of a stream with a duration of its own; the container's may be that of another.
        let claimed_end_s = seconds(stream.duration(), tick_s)
            .filter(|s| *s > 0.0)
            .map(|s| s + start_s(index).unwrap_or(0.0) - origin_s);
        Some(StreamFacts {
            index,
            tick_s,
            claimed_end_s,
            presented_until_s: claimed_end_s.filter(|_| has_edit_lists),
            usual_s: (usual.is_finite() && usual > 0.0).then(|| 1.0 / usual),
            rotation: rotation(&stream),
        })
    };
    let mut info = MediaInfo {
        kind: if videos.is_empty() { MediaKind::Audio } else { MediaKind::Video },
        container: Some(container),
        bytes: Some(len),
        container_duration_s: claimed_s,
        video_stream: video.map(|i| i as u32),
        video_streams: Some(videos.len() as u32),
        audio_stream: audio.map(|i| i as u32),
        audio_streams: Some(sounds.len() as u32),
        caption_stream: captions.map(|i| i as u32),
        ..MediaInfo::default()
    };
    if let Some(stream) = audio.and_then(|i| input.stream(i)) {
        let parameters = parameters(&stream);
        info.audio_codec = Some(parameters.codec);
        info.sample_rate_hz = Some(parameters.sample_rate).filter(|r| *r > 0);
        info.channels = Some(parameters.channels as u16).filter(|c| *c > 0);
    }
    if let Some(stream) = video.and_then(|i| input.stream(i)) {
        describe_video(&stream, &mut info);
    }
    let (video, audio, captions) =
        (video.and_then(facts_of), audio.and_then(facts_of), captions.and_then(facts_of));
    if let Some(index) = info.video_stream {
        info.sample_aspect_ratio = Some(sample_aspect_ratio(input, index as usize));
    }
    let decoded = [(video.is_some(), request.video), (audio.is_some(), request.audio)];
    let all = decoded.iter().filter(|(there, _)| *there).count() == input.nb_streams() as usize
        && decoded.iter().all(|&(there, wanted)| wanted || !there);
    Ok(Facts { info, origin_s, claimed_s, whole_s: claimed_s.filter(|_| all), video, audio, captions })
}

fn describe_video(stream: &ffmpeg::Stream<'_>, info: &mut MediaInfo) {
    let parameters = parameters(stream);
    let rotation = rotation(stream);
    let (width, height) = if rotation.swaps_sides() {
        (parameters.height, parameters.width)
    } else {
        (parameters.width, parameters.height)
    };
    info.width = Some(width).filter(|w| *w > 0);
    info.height = Some(height).filter(|h| *h > 0);
    info.rotation_deg = Some(rotation.degrees());
    info.video_codec = Some(parameters.codec);
    info.hdr = parameters.hdr.map(str::to_owned);
    if let Some((name, depth)) = super::pictures::pixel_format(parameters.format) {
        info.pixel_format = Some(name);
        info.bit_depth = Some(depth);
    }
}

/// How to turn the picture upright. The display matrix says by how much the decoder's picture is turned
/// counter-clockwise when it is shown; the matrix of a mirrored picture gives its turn alone.
fn rotation(stream: &ffmpeg::Stream<'_>) -> Rotation {
    let matrix = stream.side_data().find(|d| d.kind() == ffmpeg::packet::side_data::Type::DisplayMatrix);
    let Some(matrix) = matrix else { return Rotation::None };
    let mut entries = [0_i32; 9];
    if matrix.data().len() < size_of_val(&entries) {
        return Rotation::None;
    }
    for (entry, bytes) in entries.iter_mut().zip(matrix.data().chunks_exact(4)) {
        *entry = i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    }
    // SAFETY: the function reads nine numbers.
    let degrees = unsafe { ffi::av_display_rotation_get(entries.as_ptr()) };
    if degrees.is_finite() { Rotation::from_degrees(-degrees) } else { Rotation::None }
}

fn sample_aspect_ratio(input: &mut Input, index: usize) -> f64 {
    // SAFETY: the index is that of a stream of this context; a null frame is allowed.
    let ratio = unsafe {
        let stream = *(*input.as_mut_ptr()).streams.add(index);
        ffi::av_guess_sample_aspect_ratio(input.as_mut_ptr(), stream, ptr::null_mut())
    };
    if ratio.num > 0 && ratio.den > 0 { f64::from(ratio.num) / f64::from(ratio.den) } else { 1.0 }
}

/// Lets the demuxer skip every stream but these.
pub(super) fn keep_only(input: &mut Input, kept: [Option<&StreamFacts>; 3]) {
    for index in 0..input.nb_streams() as usize {
        let keep = kept.iter().flatten().any(|s| s.index == index);
        // SAFETY: the index is below the number of streams; `discard` is a field that the caller may set at any time.
        unsafe {
            let stream = *(*input.as_mut_ptr()).streams.add(index);
            (*stream).discard =
                if keep { ffi::AVDiscard::AVDISCARD_DEFAULT } else { ffi::AVDiscard::AVDISCARD_ALL };
        }
    }
}

/// The decoder of a stream, set up but not open, with this many threads.
pub(super) fn decoder_of(
    input: &Input,
    stream: &StreamFacts,
    threads: usize,
    limits: &Limits,
) -> Result<ffmpeg::codec::decoder::Decoder> {
    let stream = input
        .stream(stream.index)
        .ok_or_else(|| Error::new(ErrorKind::Internal, "a stream that was chosen is gone"))?;
    let mut context = ffmpeg::codec::Context::from_parameters(stream.parameters()).map_err(|fault| {
        Error::new(ErrorKind::DecodeFailed, "the stream's parameters cannot be used").caused_by(fault)
    })?;
    // SAFETY: the context is allocated and not yet open, when these fields may be set. Frame and slice threading are both
    // left on, as by default: the decoder takes the one it has.
    unsafe {
        let raw = context.as_mut_ptr();
        let threads = with_more(threads.max(1), (*raw).codec_id);
        (*raw).thread_count = i32::try_from(threads).unwrap_or(i32::MAX);
        (*raw).max_pixels = i64::try_from(limits.max_pixels).unwrap_or(i64::MAX);
    }
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(stream.time_base());
    Ok(decoder)
}

/// The threads that a decoder of this codec gets where it is to have so many. Where each has a picture of its own, no packet is
/// taken up while the caller looks at one, and they wait for rows of one another: with as many as there are processors some
/// of these stand still, so there are two more (but not beyond 16 by that, where libav warns).
fn with_more(threads: usize, codec: ffmpeg::ffi::AVCodecID) -> usize {
    let by_picture = ffmpeg::decoder::find(codec.into())
        .is_some_and(|codec| codec.capabilities().contains(ffmpeg::codec::Capabilities::FRAME_THREADS));
    if threads > 1 && by_picture { (threads + 2).min(threads.max(16)) } else { threads }
}

/// The error for a stream whose codec this `FFmpeg` does not have, or does not want to open.
pub(super) fn no_decoder(codec: Option<&str>, fault: ffmpeg::Error) -> Error {
    let (kind, message) = if fault == ffmpeg::Error::DecoderNotFound {
        (
            ErrorKind::UnsupportedFormat,
            "this FFmpeg has no decoder for the stream's codec; convert it, e.g. to H.264 and AAC",
        )
    } else {
        (ErrorKind::DecodeFailed, "the stream's decoder cannot be opened; its header is damaged")
    };
    Error::new(kind, message).with("codec", codec.unwrap_or("unknown")).caused_by(fault)
}
