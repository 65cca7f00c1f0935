//! Sound without `FFmpeg`.

use super::delivery::{Ending, SoundOut, ends_early, tick, too_long};
use super::mp4::{self, Edit};
use super::source::Reader;
use super::{DecodeReport, DecodeRequest, MediaInfo, MediaKind, MediaSink, StreamEnd};
use crate::monitor::Run;
use crate::{Error, ErrorKind, Limits, Preset, Result};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::CODEC_ID_AAC;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Fault;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track, TrackType};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{TimeBase, Timestamp};

/// Packets in a row that may fail before the rest is given up.
const MOST_FAILURES: u32 = 1000;

/// A file whose container and codec symphonia knows.
pub(super) struct Sound {
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track: u32,
    time_base: Option<TimeBase>,
    edit: Edit,
    /// Times count from the container's zero, and not from the first sample.
    absolute: bool,
    info: MediaInfo,
    has_video: bool,
}

/// Opens a file, and finds its track and the decoder for it. `UNSUPPORTED_FORMAT` when there is none.
pub(super) fn open(mut reader: Reader, request: &DecodeRequest) -> Result<Sound> {
    let len = reader.len();
    let boxes = mp4::tracks(&mut reader)?;
    let stream =
        MediaSourceStream::new(Box::new(reader), symphonia::core::io::MediaSourceStreamOptions::default());
    let format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .map_err(|fault| match fault {
            Fault::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Error::new(
                ErrorKind::UnsupportedFormat,
                "no sound, picture or video that is known was found in the file",
            ),
            fault => explain(fault),
        })?;
    Limits::check("max_streams", format.tracks().len() as u64, request.limits.max_streams.into())?;
    let name = match format.format_info().short_name {
        "wave" => "wav",
        "isomp4" => "mov,mp4,m4a,3gp,3g2,mj2",
        "matroska" => "matroska,webm",
        other => other,
    };
    let sounds: Vec<&Track> =
        format.tracks().iter().filter(|t| t.track_type() == Some(TrackType::Audio)).collect();
    let chosen = if request.preset == Preset::Reference {
        sounds.first()
    } else {
        // The largest; of equals the first.
        sounds.iter().rev().max_by_key(|t| size(t))
    };
    let track =
        *chosen.ok_or_else(|| Error::new(ErrorKind::UnsupportedFormat, "there is no sound in the file"))?;
    let Some(CodecParameters::Audio(codec)) = &track.codec_params else {
        return Err(Error::new(ErrorKind::UnsupportedFormat, "the sound's codec is not known"));
    };
    let channels = codec.channels.as_ref().map_or(0, symphonia::core::audio::Channels::count);
    Limits::check("max_channels", channels as u64, request.limits.max_channels.into())?;
    if codec.codec == CODEC_ID_AAC && codec.extra_data.as_deref().is_some_and(announces_sbr) {
        // symphonia overlooks the sync word, and would give the lower half of the spectrum at half the rate.
        return Err(Error::new(
            ErrorKind::UnsupportedFormat,
            "the sound is HE-AAC, which is not decoded here",
        ));
    }
    let decoder = symphonia::default::get_codecs()
        .make_audio_decoder(codec, &AudioDecoderOptions::default())
        .map_err(explain)?;
    let has_video = format.tracks().iter().any(|t| t.track_type() == Some(TrackType::Video))
        || boxes.iter().any(|b| &b.handler == b"vide");
    let edit = format
        .tracks()
        .iter()
        .position(|t| t.id == track.id)
        .and_then(|i| boxes.get(i))
        .map_or_else(Edit::default, |b| if &b.handler == b"soun" { b.edit } else { Edit::default() });
    let seconds = |base: Option<TimeBase>, ticks: u64| {
        base.and_then(|b| b.calc_time(Timestamp::new(i64::try_from(ticks).ok()?))).map(|t| t.as_secs_f64())
    };
    let media = format.media_info();
    let info = MediaInfo {
        kind: if has_video { MediaKind::Video } else { MediaKind::Audio },
        container: Some(name.to_owned()),
        bytes: Some(len),
        container_duration_s: media
            .duration
            .and_then(|d| seconds(media.time_base, d.get()))
            .or_else(|| seconds(track.time_base, track.duration?.get()))
            .filter(|s| *s > 0.0),
        audio_codec: Some(decoder.codec_info().short_name.to_owned()),
        sample_rate_hz: codec.sample_rate,
        channels: u16::try_from(channels).ok().filter(|c| *c > 0),
        audio_stream: format.tracks().iter().position(|t| t.id == track.id).map(|i| i as u32),
        audio_streams: Some(sounds.len() as u32),
        video_streams: has_video.then_some(1),
        ..MediaInfo::default()
    };
    let (track, time_base) = (track.id, track.time_base);
    let absolute = matches!(name, "mov,mp4,m4a,3gp,3g2,mj2" | "matroska,webm");
    Ok(Sound { format, decoder, track, time_base, edit, absolute, info, has_video })
}

/// Whether an AAC decoder's configuration announces spectral band replication (HE-AAC): by the object type itself, or
/// after the configuration of the core by a sync word (ISO/IEC 14496-3, 1.6.2.1 and 1.6.5).
fn announces_sbr(config: &[u8]) -> bool {
    let mut bytes = [0; 16];
    let len = config.len().min(16);
    bytes[..len].copy_from_slice(&config[..len]);
    let (mut left, mut used) = (u128::from_be_bytes(bytes), 0);
    let mut bits = |n: u32| {
        let value = (left >> (128 - n)) as u32;
        left <<= n;
        used += n;
        if used as usize <= 8 * len { value } else { 0 }
    };
    let mut object_type = bits(5);
    if object_type == 31 {
        object_type = 32 + bits(6);
    }
    if object_type == 5 || object_type == 29 {
        return true;
    }
    if bits(4) == 15 {
        bits(24);
    }
    bits(4); // channels
    if !(1..=4).contains(&object_type) {
        return false;
    }
    bits(1); // frame length
    if bits(1) == 1 {
        bits(14); // delay of the core coder
    }
    bits(1); // extension
    bits(11) == 0x2b7 && matches!(bits(5), 5 | 22) && bits(1) == 1
}

/// What makes one track larger than another: its samples a second.
fn size(track: &Track) -> u64 {
    match &track.codec_params {
        Some(CodecParameters::Audio(codec)) => {
            let channels = codec.channels.as_ref().map_or(1, symphonia::core::audio::Channels::count);
            u64::from(codec.sample_rate.unwrap_or(1)) * channels as u64
        }
        _ => 0,
    }
}

impl Sound {
    /// Decodes the track to its end, or as far as it goes.
    pub(super) fn decode(
        mut self,
        request: &DecodeRequest,
        run: &mut Run,
        sink: &mut dyn MediaSink,
    ) -> Result<DecodeReport> {
        sink.begin(&self.info)?;
        let video = if self.has_video { no_video() } else { StreamEnd::Absent };
        if !request.audio {
            return Ok(DecodeReport {
                info: self.info,
                audio: StreamEnd::Skipped,
                video,
                captions: StreamEnd::Absent,
            });
        }
        let mut ending = Ending::default();
        let out = self.pass(&request.limits, &mut ending, run, sink)?;
        let mut info = self.info;
        let mut frames = 0;
        if let Some(out) = out {
            frames = out.frames();
            ending.damaged += out.replaced();
            info.sample_rate_hz = Some(out.rate());
            info.channels = Some(out.channels());
            info.audio_start_s = out.start_s();
            info.duration_s = Some(out.end_s()).filter(|_| frames > 0);
        }
        if let Some(error) = ends_early(info.container_duration_s, info.duration_s) {
            ending.stop(error);
        }
        let audio = ending.finish("audio", frames);
        Ok(DecodeReport { info, audio, video, captions: StreamEnd::Absent })
    }

    fn pass(
        &mut self,
        limits: &Limits,
        ending: &mut Ending,
        run: &mut Run,
        sink: &mut dyn MediaSink,
    ) -> Result<Option<SoundOut>> {
        let claimed_s = self.info.container_duration_s;
        let mut out: Option<SoundOut> = None;
        let mut samples: Vec<f32> = Vec::new();
        let (mut failures, mut origin_s) = (0, None);
        loop {
            let done_s = out.as_ref().map_or(0.0, SoundOut::end_s);
            if let Some(over) = tick(run, claimed_s.map_or(0.0, |claimed_s| done_s / claimed_s))? {
                ending.stop(over);
                break;
            }
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(out),
                Err(Fault::ResetRequired) => {
                    if let Err(error) = self.next_chain() {
                        ending.stop(error);
                        break;
                    }
                    continue;
                }
                Err(fault) => {
                    // Cancelled and out of time look like a failed read from in here.
                    match tick(run, 0.0)? {
                        Some(over) => ending.stop(over),
                        None => ending.stop(explain(fault)),
                    }
                    break;
                }
            };
            if packet.track_id != self.track {
                continue;
            }
            let at_s = self.time_of(&packet);
            let buffer = match self.decoder.decode(&packet) {
                Ok(buffer) => buffer,
                Err(Fault::DecodeError(_) | Fault::IoError(_)) if failures < MOST_FAILURES => {
                    failures += 1;
                    ending.damaged += 1;
                    continue;
                }
                Err(fault) => {
                    ending.stop(explain(fault));
                    break;
                }
            };
            failures = 0;
            if buffer.frames() == 0 {
                continue;
            }
            let (rate, channels) = (buffer.spec().rate(), buffer.num_planes());
            if let Err(error) = plausible(rate, channels, limits) {
                ending.stop(error);
                break;
            }
            let sound = out.get_or_insert_with(|| SoundOut::new(rate, channels as u16, limits, claimed_s));
            if (rate, channels) != (sound.rate(), usize::from(sound.channels())) {
                ending.stop(changed(sound, rate, channels));
                break;
            }
            buffer.copy_to_vec_interleaved(&mut samples);
            let origin_s = *origin_s.get_or_insert(if self.absolute { 0.0 } else { at_s.unwrap_or(0.0) });
            let at_s = at_s.map(|s| s - origin_s + self.edit.starts_s - self.edit.skip_s);
            let mut keep = samples.len() / channels;
            let mut first = 0;
            if self.edit != Edit::default() {
                // What the edit list leaves out, before the start and after the end.
                let at_s = at_s.unwrap_or_else(|| sound.end_s());
                let before = ((self.edit.starts_s - at_s) * f64::from(rate)).round().max(0.0);
                first = (before as usize).min(keep);
                if let Some(length_s) = self.edit.length_s {
                    let left = ((self.edit.starts_s + length_s - at_s) * f64::from(rate)).round().max(0.0);
                    keep = keep.min(left as usize).max(first);
                }
            }
            let at_s = at_s.map(|s| s + first as f64 / f64::from(rate));
            if keep > first {
                sound.push(at_s, &samples[first * channels..keep * channels], sink)?;
            }
            if sound.is_full() {
                ending.stop(too_long(limits));
                break;
            }
        }
        Ok(out)
    }

    /// The time of a packet's first presented sample, in seconds of the container.
    fn time_of(&self, packet: &Packet) -> Option<f64> {
        let start = packet.pts.checked_add(packet.trim_start)?;
        self.time_base?.calc_time(start).map(|t| t.as_secs_f64())
    }

    /// The next stream of a chained Ogg file takes the place of the last one.
    fn next_chain(&mut self) -> Result<()> {
        let track = self.format.default_track(TrackType::Audio);
        let (Some(track), Some(CodecParameters::Audio(codec))) =
            (track, track.and_then(|t| t.codec_params.as_ref()))
        else {
            return Err(Error::new(
                ErrorKind::UnsupportedFormat,
                "a later part of the file has no sound that is known",
            ));
        };
        self.decoder = symphonia::default::get_codecs()
            .make_audio_decoder(codec, &AudioDecoderOptions::default())
            .map_err(explain)?;
        (self.track, self.time_base) = (track.id, None);
        Ok(())
    }
}

/// Refuses decoded sound that cannot be meant.
fn plausible(rate: u32, channels: usize, limits: &Limits) -> Result<()> {
    if !(1_000..=768_000).contains(&rate) || channels == 0 {
        return Err(Error::new(ErrorKind::DecodeFailed, "the sound's sample rate or channels cannot be")
            .with("sample_rate", rate)
            .with("channels", channels));
    }
    Limits::check("max_channels", channels as u64, limits.max_channels.into())
}

fn changed(out: &SoundOut, rate: u32, channels: usize) -> Error {
    Error::new(
        ErrorKind::UnsupportedFormat,
        "the sound changes its rate or channels on the way; convert it to one format",
    )
    .with("at_s", format!("{:.3}", out.end_s()))
    .with("before", format!("{} Hz, {} channels", out.rate(), out.channels()))
    .with("after", format!("{rate} Hz, {channels} channels"))
}

#[cfg(not(feature = "video"))]
fn no_video() -> StreamEnd {
    StreamEnd::Unavailable(super::source::needs_ffmpeg("the video stream"))
}

#[cfg(feature = "video")]
fn no_video() -> StreamEnd {
    StreamEnd::Unavailable(Error::new(
        ErrorKind::DecodeFailed,
        "FFmpeg could not open the container of the video stream",
    ))
}

fn explain(fault: Fault) -> Error {
    let (kind, message) = match &fault {
        Fault::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            (ErrorKind::DecodeFailed, "the file ends in the middle; it is cut off")
        }
        Fault::IoError(_) => (ErrorKind::Io, "reading the file failed"),
        Fault::Unsupported(_) => {
            (ErrorKind::UnsupportedFormat, "the sound's format or codec is not known here")
        }
        Fault::LimitError(_) => {
            (ErrorKind::LimitExceeded, "the file asks for more memory than its decoder allows")
        }
        _ => (ErrorKind::DecodeFailed, "the sound is damaged"),
    };
    Error::new(kind, message).caused_by(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{AudioBlock, Cue, Frame, MediaInput};
    use std::path::Path;

    #[derive(Default)]
    struct Kept(Vec<f32>);

    impl MediaSink for Kept {
        fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
            Ok(())
        }
        fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
            self.0.extend_from_slice(block.samples);
            Ok(())
        }
        fn frame(&mut self, _frame: &Frame<'_>) -> Result<()> {
            Ok(())
        }
        fn cue(&mut self, _cue: &Cue) -> Result<()> {
            Ok(())
        }
    }

    fn opened(bytes: &[u8]) -> Result<Sound> {
        let input = MediaInput::Bytes(bytes.into());
        open(input.open(&Limits::default(), &Run::unwatched())?, &DecodeRequest::default())
    }

    /// A file of the shared test data; says by name which test is skipped when it is not there.
    fn shared(test: &str, file: &str) -> Option<Vec<u8>> {
        let root = std::env::var_os("VIRALNOW_TEST_DATA")
            .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), Into::into);
        let bytes = std::fs::read(root.join("data").join(file)).ok();
        if bytes.is_none() {
            println!("SKIPPED {test}: shared data not found");
        }
        bytes
    }

    #[test]
    fn an_m4a_starts_and_ends_as_its_edit_list_says() {
        let test = "an_m4a_starts_and_ends_as_its_edit_list_says";
        let (Some(m4a), Some(wav)) = (shared(test, "audio/clip60.m4a"), shared(test, "audio/clip60.wav"))
        else {
            return;
        };
        let keep = |bytes: &[u8]| {
            let mut kept = Kept::default();
            let report = opened(bytes)
                .unwrap()
                .decode(&DecodeRequest::default(), &mut Run::unwatched(), &mut kept)
                .unwrap();
            assert!(matches!(report.audio, StreamEnd::Complete), "{:?}", report.audio);
            (report.info, kept.0)
        };
        let ((info, coded), (_, plain)) = (keep(&m4a), keep(&wav));
        assert_eq!(coded.len(), 2 * 60 * 44_100);
        assert_eq!((info.audio_start_s, info.duration_s), (Some(0.0), Some(60.0)));
        // The file is the coded form of the other: it fits best where it stands, and not a sample before or after.
        let fits = |shift: usize, first: &[f32], second: &[f32]| -> f64 {
            let range = 2 * 44_100 * 10..2 * 44_100 * 11;
            let later = range.start + 2 * shift..range.end + 2 * shift;
            first[range].iter().zip(&second[later]).map(|(&a, &b)| f64::from(a * b)).sum()
        };
        let here = fits(0, &coded, &plain);
        for shift in [1, 2, 1024, 2112] {
            assert!(fits(shift, &coded, &plain) < here && fits(shift, &plain, &coded) < here, "{shift}");
        }
    }

    #[test]
    fn he_aac_is_refused_and_never_half_as_long() {
        let test = "he_aac_is_refused_and_never_half_as_long";
        let Some(mut m4a) = shared(test, "audio/clip60.m4a") else { return };
        // The decoder's configuration: AAC LC, then the sync word 0x2b7 for AOT 5 (SBR) and the bit that says "not used".
        let at = m4a.windows(4).position(|w| w[1..] == [0x56, 0xe5, 0x00]).expect("the configuration") + 3;
        m4a[at] = 0x80;
        let error = opened(&m4a).err().expect("an error");
        assert_eq!(error.kind(), ErrorKind::UnsupportedFormat);
    }

    #[test]
    fn both_ways_to_announce_sbr_are_seen() {
        // LC at 44.1 kHz in stereo; the same with "SBR: no", with "SBR: yes, 44.1 kHz"; type 5 and type 29 themselves.
        assert!(!announces_sbr(&[0x12, 0x10]));
        assert!(!announces_sbr(&[0x12, 0x10, 0x56, 0xe5, 0x00]));
        assert!(announces_sbr(&[0x13, 0x90, 0x56, 0xe5, 0xa0]));
        assert!(announces_sbr(&[0x2b, 0x92, 0x08, 0x00]));
        assert!(announces_sbr(&[0xeb, 0x92, 0x08, 0x00]));
        assert!(!announces_sbr(&[]));
    }
}
