//! What a file is, by its first bytes. The name and its extension are never looked at.

/// Bytes of the head that are looked at.
pub(super) const HEAD: usize = 4096;

/// The family of a file, as far as it decides which decoder takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A still picture that the `image` crate reads.
    Image(image::ImageFormat),
    /// A container of sound alone.
    Sound,
    /// AAC frames in a row; the rate of the core, which is half the true one where SBR is signalled implicitly.
    Adts {
        /// Samples per second of the core.
        core_rate: u32,
    },
    /// MP4, MOV, M4A, 3GP.
    IsoMedia,
    /// Matroska, `WebM`.
    Matroska,
    /// Ogg with a video stream.
    OggVideo,
    /// Another container of moving pictures; the name is for messages.
    Video(&'static str),
    /// A picture format that this library does not read.
    ForeignImage(&'static str),
    /// A playlist: a list of other files, which are never opened.
    Playlist,
    /// Text.
    Text,
    /// Nothing that is known here.
    Unknown,
}

/// Names the family of a file from its first [`HEAD`] bytes.
pub(super) fn sniff(head: &[u8]) -> Kind {
    let at = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    if let Some(format) = still(head) {
        return Kind::Image(format);
    }
    if at(4, b"ftyp") {
        return match head.get(8..12) {
            Some(b"heic" | b"heix" | b"hevc" | b"mif1" | b"msf1" | b"heim" | b"heis") => {
                Kind::ForeignImage("HEIF")
            }
            Some(b"avif" | b"avis") => Kind::ForeignImage("AVIF"),
            _ => Kind::IsoMedia,
        };
    }
    if [&b"moov"[..], b"mdat", b"free", b"skip", b"wide", b"pnot", b"moof", b"styp", b"sidx"]
        .iter()
        .any(|m| at(4, m))
    {
        return Kind::IsoMedia;
    }
    if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        return Kind::Matroska;
    }
    if at(0, b"OggS") {
        let video = [&b"\x80theora"[..], b"BBCD\0", b"OVP80"];
        let found = video.iter().any(|m| head.windows(m.len()).any(|w| w == *m));
        return if found { Kind::OggVideo } else { Kind::Sound };
    }
    if (at(0, b"RIFF") || at(0, b"RF64")) && at(8, b"WAVE") {
        return Kind::Sound;
    }
    if at(0, b"RIFF") && at(8, b"AVI ") {
        return Kind::Video("AVI");
    }
    if at(0, b"fLaC")
        || at(0, b"ID3")
        || at(0, b"caff")
        || (at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")))
    {
        return Kind::Sound;
    }
    if at(0, b"FLV\x01") {
        return Kind::Video("FLV");
    }
    if at(0, &[0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11]) {
        return Kind::Video("ASF");
    }
    if at(0, &[0, 0, 1, 0xba]) || at(0, &[0, 0, 1, 0xb3]) {
        return Kind::Video("MPEG");
    }
    if [0, 4].iter().any(|&o| (0..4).all(|i| head.get(o + i * (188 + o)) == Some(&0x47))) {
        return Kind::Video("MPEG transport stream");
    }
    if let Some(kind) = mpeg_audio(head) {
        return kind;
    }
    if at(0, b"\0\0\x01\0") || at(0, b"8BPS") || at(0, b"\xff\x0a") || at(0, b"\0\0\0\x0cJXL ") {
        return Kind::ForeignImage("ICO, PSD or JPEG XL");
    }
    text(head)
}

/// A still picture. BMP's magic is two letters that text may begin with, so its header's size is looked at too.
fn still(head: &[u8]) -> Option<image::ImageFormat> {
    use image::ImageFormat::{Bmp, Gif, Jpeg, Png, Tiff, WebP};
    let format = image::guess_format(head).ok()?;
    match format {
        Bmp => matches!(head.get(14..18)?, [12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]).then_some(Bmp),
        Png | Jpeg | Gif | WebP | Tiff => Some(format),
        _ => None,
    }
}

/// The frame headers of ADTS (layer bits 00) and of MPEG audio layers 1 to 3.
fn mpeg_audio(head: &[u8]) -> Option<Kind> {
    const ADTS_RATES: [u32; 13] = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
    ];
    let &[a, b, c, ..] = head else { return None };
    if a != 0xff || b & 0xe0 != 0xe0 {
        return None;
    }
    if b & 0xf6 == 0xf0 {
        return ADTS_RATES.get(usize::from(c >> 2 & 15)).map(|&core_rate| Kind::Adts { core_rate });
    }
    let (version, layer, bitrate, rate) = (b >> 3 & 3, b >> 1 & 3, c >> 4, c >> 2 & 3);
    (version != 1 && layer != 0 && bitrate != 15 && rate != 3).then_some(Kind::Sound)
}

/// Text, unless there is a byte in it that text has not. A character that the head cuts in two is no fault.
fn text(head: &[u8]) -> Kind {
    let utf16 = head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]);
    let whole = match std::str::from_utf8(head) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok(),
        Err(_) => None,
    };
    let plain = whole.filter(|t| !t.is_empty() && t.chars().all(|c| !c.is_control() || c.is_whitespace()));
    match plain.map(|t| t.trim_start_matches('\u{feff}').trim_start()) {
        Some(t) if t.starts_with("#EXTM3U") || t.starts_with("[playlist]") || t.starts_with("ffconcat") => {
            Kind::Playlist
        }
        Some(_) => Kind::Text,
        None if utf16 => Kind::Text,
        None => Kind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magic_bytes_decide() {
        assert_eq!(sniff(b"\0\0\0\x20ftypisom"), Kind::IsoMedia);
        assert_eq!(sniff(b"\0\0\0\x20ftypheic"), Kind::ForeignImage("HEIF"));
        assert_eq!(sniff(b"RIFF\0\0\0\0WAVEfmt "), Kind::Sound);
        assert_eq!(sniff(b"RIFF\0\0\0\0AVI LIST"), Kind::Video("AVI"));
        assert_eq!(sniff(b"RIFF\x10\0\0\0WEBPVP8 "), Kind::Image(image::ImageFormat::WebP));
        assert_eq!(sniff(&[0xff, 0xfb, 0x90, 0x44]), Kind::Sound);
        assert_eq!(sniff(&[0xff, 0xf1, 0x5c, 0x80]), Kind::Adts { core_rate: 22_050 });
        assert_eq!(sniff(b"BMW is a make of cars, and this is a text."), Kind::Text);
        assert_eq!(sniff(b"#EXTM3U\nhttp://example.org/a.ts\n"), Kind::Playlist);
        assert_eq!(sniff("1\n00:00:01,000 --> 00:00:02,000\nCaf\u{e9}\n".as_bytes()), Kind::Text);
        assert_eq!(sniff(b"Cafe\x00\x01\x02"), Kind::Unknown);
        let mut ts = vec![0; 800];
        (0..4).for_each(|i| ts[i * 188] = 0x47);
        assert_eq!(sniff(&ts), Kind::Video("MPEG transport stream"));
        let mut m2ts = vec![0; 800];
        (0..4).for_each(|i| m2ts[4 + i * 192] = 0x47);
        assert_eq!(sniff(&m2ts), Kind::Video("MPEG transport stream"));
    }
}
