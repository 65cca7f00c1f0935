//! What libav decodes by itself to learn what a container does not say, within the limits too.
//!
//! `avformat_find_stream_info` opens decoders of its own. Those of the streams that are known take options; those of streams
//! that appear later, in containers without a header, take none: the size of the pictures is not bounded there. So these
//! containers are first read as far as libav will look, without any decoder, and it then gets those decoders alone whose
//! pictures have said how large they are.

use super::Limits;
use super::open::check;
use crate::Result;
use ffmpeg_next as ffmpeg;
use ffmpeg_next::format::context::Input;
use ffmpeg_next::{Packet, ffi};
use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::ptr;

/// What is read to learn the sizes: twice what libav looks at by default.
const LOOKED_AT: usize = 10_000_000;
/// A stream of packets without content has no end.
const MOST_PACKETS: usize = 100_000;
const OGG: &str = "ogg";

/// Lets libav look into the streams, with pictures within the limit, on one thread. Gives its answer, negative where it found
/// nothing.
pub(super) fn find_streams(input: &mut Input, limits: &Limits) -> i32 {
    let mut options: Vec<*mut ffi::AVDictionary> = vec![ptr::null_mut(); input.nb_streams() as usize];
    let most = CString::new(limits.max_pixels.min(i64::MAX as u64).to_string()).expect("digits");
    // SAFETY: `input` owns a context that `avformat_open_input` has filled. The array has an entry for every stream, as the
    // function asks; what it leaves in the dictionaries is ours to free, with the array's length as it was before.
    unsafe {
        for entry in &mut options {
            ffi::av_dict_set(entry, c"max_pixels".as_ptr(), most.as_ptr(), 0);
            ffi::av_dict_set(entry, c"threads".as_ptr(), c"1".as_ptr(), 0);
        }
        let found = ffi::avformat_find_stream_info(input.as_mut_ptr(), options.as_mut_ptr());
        options.iter_mut().for_each(|entry| ffi::av_dict_free(entry));
        found
    }
}

/// Whether streams may appear that are not known yet.
pub(super) fn has_late_streams(input: &Input) -> bool {
    // SAFETY: a plain field of an open context. Ogg does not set it, and takes new streams all the same.
    unsafe { (*input.as_ptr()).ctx_flags & ffi::AVFMTCTX_NOHEADER != 0 || input.format().name() == OGG }
}

/// Reads a container's beginning through parsers alone, refuses what is over the limits, and gives the names of the decoders
/// that may look into it: those of sound, and of pictures that said how large they are.
pub(super) fn harmless_decoders(mut input: Input, limits: &Limits) -> Result<String> {
    // In Ogg the demuxer reads the headers that the decoders go by.
    let headers_tell = input.format().name() == OGG;
    let mut names = BTreeSet::new();
    let (mut bytes, mut packets) = (0, 0);
    let mut packet = Packet::empty();
    while bytes < LOOKED_AT && packets < MOST_PACKETS && packet.read(&mut input).is_ok() {
        bytes += packet.size();
        packets += 1;
        check(&input, limits)?;
        let Some(stream) = input.stream(packet.stream()) else { continue };
        let is_video = stream.parameters().medium() == ffmpeg::media::Type::Video;
        // SAFETY: the stream is of an open context, whose parameters live as long as it; its parser is null or a structure of
        // which plain fields are read.
        let (codec, size) = unsafe {
            let parameters = (*stream.as_ptr()).codecpar;
            let header = [(*parameters).width, (*parameters).height];
            let parsed = ffi::av_stream_get_parser(stream.as_ptr())
                .as_ref()
                .map(|parser| [parser.width.max(parser.coded_width), parser.height.max(parser.coded_height)]);
            ((*parameters).codec_id, parsed.or(headers_tell.then_some(header)).unwrap_or_default())
        };
        let [width, height] = size.map(|side| u64::try_from(side).unwrap_or(0));
        Limits::check("max_pixels", width * height, limits.max_pixels)?;
        if !is_video || width * height > 0 {
            names.extend(decoder_name(codec));
        }
    }
    // An empty list would be no list to libav.
    Ok(if names.is_empty() { "none".to_owned() } else { names.into_iter().collect::<Vec<_>>().join(",") })
}

fn decoder_name(codec: ffi::AVCodecID) -> Option<String> {
    // SAFETY: the function takes any number and gives null or a static description, whose name is a static string.
    unsafe {
        let decoder = ffi::avcodec_find_decoder(codec).as_ref()?;
        Some(CStr::from_ptr(decoder.name).to_string_lossy().into_owned())
    }
}
