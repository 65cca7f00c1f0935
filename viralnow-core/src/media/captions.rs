//! Captions: one cue, and the `.srt`, `.vtt`, `.ass` and `.json3` files that hold them.

mod ass;
mod json3;

use crate::{Error, ErrorKind, Limits, Result};
use std::path::Path;

/// One caption with its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    /// Start, in seconds.
    pub start_s: f64,
    /// End, in seconds.
    pub end_s: f64,
    /// The text, markup removed; lines joined by `\n`.
    pub text: String,
}

/// A tag or override longer than this is text: a `<` that nothing closes must not cost a search to the end each time.
const LONGEST_TAG: usize = 256;

/// Reads the content of a file of captions: `.srt`, `.vtt`, `.ass` (or `.ssa`), or `YouTube`'s `.json3`; which, it sees for itself.
///
/// Takes what is found in the wild: a byte order mark, any line ends, missing or wrong indices, `,` or `.` before the
/// decimals or none, hours or none, settings after the times, empty lines inside a cue of `.srt`, notes and styles,
/// overlapping cues. Tags and positions are removed, empty cues left out; the cues come sorted by their start.
///
/// Fails with `INVALID_INPUT`, naming a line, when nothing in it can be read.
///
/// ```
/// let cues = viralnow_core::media::captions::parse("1\n00:00:01,500 --> 00:00:03,000\n<i>Wait</i> for it\n")?;
/// assert_eq!((cues[0].start_s, cues[0].end_s, cues[0].text.as_str()), (1.5, 3.0, "Wait for it"));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn parse(content: &str) -> Result<Vec<Cue>> {
    let content = content.trim_start_matches('\u{feff}');
    let begin = content.trim_start();
    let is_ass = lines(begin).any(|line| line.trim().eq_ignore_ascii_case("[events]"));
    let other = if begin.starts_with('{') {
        json3::parse(begin)
    } else {
        (begin.starts_with('[') && is_ass).then(|| ass::parse(begin))
    };
    if let Some(mut cues) = other {
        cues.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
        return Ok(cues);
    }
    let is_vtt = content.starts_with("WEBVTT");
    let mut cues: Vec<Cue> = Vec::new();
    let mut now: Option<(f64, f64, Vec<&str>)> = None;
    let mut wrong: Option<(usize, &str)> = None;
    for (number, line) in lines(content).enumerate() {
        if line.contains("-->") {
            if let Some((start_s, end_s)) = times(line) {
                if let Some(cue) = now.replace((start_s, end_s, Vec::new())) {
                    cues.extend(finished(cue, true));
                }
                continue;
            }
            wrong.get_or_insert((number + 1, line));
        }
        match &mut now {
            Some(_) if is_vtt && line.trim().is_empty() => {
                cues.extend(now.take().and_then(|cue| finished(cue, false)));
            }
            Some((_, _, text)) => text.push(line),
            // An index, or an empty line.
            None if line.trim().bytes().all(|b| b.is_ascii_digit()) => {}
            None => {
                wrong.get_or_insert((number + 1, line));
            }
        }
    }
    cues.extend(now.and_then(|cue| finished(cue, false)));
    if cues.is_empty() && !is_vtt {
        let (number, line) = wrong.unwrap_or((1, ""));
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "there is no caption that can be read; expected times as in `00:00:01,000 --> 00:00:02,000`",
        )
        .with("line", number)
        .with("text", line.chars().take(60).collect::<String>().escape_debug()));
    }
    cues.sort_by(|a, b| a.start_s.total_cmp(&b.start_s));
    Ok(cues)
}

/// Reads a caption file's text, for [`parse`]: UTF-8, UTF-16 with a byte order mark, or (failing these) Windows-1252.
///
/// Fails with `NOT_FOUND`, `PERMISSION_DENIED` or `IO`, with `INVALID_INPUT` for what is no regular file, and with
/// `LIMIT_EXCEEDED` over `max_text_bytes`.
pub fn read(path: &Path, limits: &Limits) -> Result<String> {
    // Looked at before it is opened: to open a named pipe would wait for a writer.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, "only a regular file can be read as captions"));
    }
    Limits::check("max_text_bytes", metadata.len(), limits.max_text_bytes)?;
    Ok(decode(&std::fs::read(path)?))
}

/// Text in UTF-8, UTF-16 with a byte order mark, or (failing these) Windows-1252, of which Latin-1 is a part.
pub(super) fn decode(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|b| unit([b[0], b[1]]));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|&b| windows_1252(b)).collect(),
        },
    }
}

/// The bytes 0x80 to 0x9F of Windows-1252 (the others are those of Latin-1, and of Unicode).
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
        '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    if (0x80..0xa0).contains(&byte) { HIGH[usize::from(byte - 0x80)] } else { char::from(byte) }
}

/// Lines, whatever ends them: `\n`, `\r\n` or `\r`.
fn lines(content: &str) -> impl Iterator<Item = &str> {
    content.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// A cue from its lines; nothing when it has no text. `before_next`: another cue's times follow, so that a number in the
/// last line is that one's index.
fn finished((start_s, end_s, mut text): (f64, f64, Vec<&str>), before_next: bool) -> Option<Cue> {
    let is_empty = |line: &&str| line.trim().is_empty();
    if before_next
        && text.last().is_some_and(|l| !is_empty(l) && l.trim().bytes().all(|b| b.is_ascii_digit()))
    {
        text.pop();
    }
    let text = plain(&text.iter().filter(|l| !is_empty(l)).copied().collect::<Vec<_>>().join("\n"));
    (!text.is_empty()).then(|| Cue { start_s, end_s: end_s.max(start_s), text })
}

/// `00:01:02,345 --> 00:01:04.5 position:50%` in seconds.
fn times(line: &str) -> Option<(f64, f64)> {
    let (start, end) = line.split_once("-->")?;
    Some((time(start.trim())?, time(end.split_whitespace().next()?)?))
}

/// `hh:mm:ss,mmm`, hours and decimals optional.
fn time(text: &str) -> Option<f64> {
    let (whole, decimals) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let number = |t: &str| {
        let t = t.trim();
        (!t.is_empty() && t.len() <= 6 && t.bytes().all(|b| b.is_ascii_digit()))
            .then(|| t.parse::<u32>().ok())
            .flatten()
    };
    let mut seconds = 0.0;
    let mut parts = 0;
    for part in whole.split(':') {
        seconds = seconds * 60.0 + f64::from(number(part)?);
        parts += 1;
    }
    let decimals = decimals.trim();
    let fraction = f64::from(number(decimals)?) / 10_f64.powi(decimals.len() as i32);
    (parts == 2 || parts == 3).then_some(seconds + fraction)
}

/// Text without its markup: HTML-like tags, `{\...}` overrides, character references. Lines are trimmed.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '{', '&', '\r']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (kept, len) = markup(rest);
        out.push_str(kept);
        rest = &rest[len..];
    }
    out.push_str(rest);
    let lines: Vec<&str> = out.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    lines.join("\n")
}

/// What the markup at the start of the text stands for, and its length. Not markup: the character itself.
fn markup(text: &str) -> (&'static str, usize) {
    const REFERENCES: [(&str, &str); 9] = [
        ("&amp;", "&"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&nbsp;", " "),
        ("&lrm;", ""),
        ("&rlm;", ""),
    ];
    let within = |close: u8| text.bytes().take(LONGEST_TAG).position(|b| b == close).map(|p| p + 1);
    let mut following = text.chars().skip(1);
    match text.as_bytes().first() {
        Some(b'\r') => ("", 1),
        Some(b'&') => {
            let found = REFERENCES.iter().find(|(name, _)| text.starts_with(name));
            found.map_or(("&", 1), |(name, stands_for)| (stands_for, name.len()))
        }
        Some(b'{') => match within(b'}') {
            Some(len) if following.next() == Some('\\') => ("", len),
            _ => ("{", 1),
        },
        _ => match within(b'>') {
            // A tag has a name, a slash or (in WebVTT) a time; "<3" and "a < b" are text.
            Some(len)
                if following
                    .next()
                    .is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c.is_ascii_digit())
                    && (!text.as_bytes()[1].is_ascii_digit() || text[..len].contains(':')) =>
            {
                ("", len)
            }
            _ => ("<", 1),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(content: &str) -> Vec<(f64, f64, String)> {
        parse(content).unwrap().into_iter().map(|c| (c.start_s, c.end_s, c.text)).collect()
    }

    #[test]
    fn srt_as_found_in_the_wild() {
        let content = "\u{feff}1\r\n00:00:01,000 --> 00:00:02,500 X1:10 Y1:20\r\n{\\an8}<b>One</b>\r\ntwo &amp; 3\r\n\r\n\
                       2\r\n1:02.5-->1:03\r\nno index before this,\r\n\r\nan empty line in it\r\n\
                       00:01:10.25 --> 00:01:09.0\r\nI <3 a < b\r\n4\r\n01:00:00,000 --> 01:00:01,000\r\n\r\n";
        assert_eq!(
            texts(content),
            [
                (1.0, 2.5, "One\ntwo & 3".to_owned()),
                (62.5, 63.0, "no index before this,\nan empty line in it".to_owned()),
                (70.25, 70.25, "I <3 a < b".to_owned()),
            ]
        );
    }

    #[test]
    fn vtt_with_notes_styles_and_voices() {
        let content = "WEBVTT - title\n\nSTYLE\n::cue { color: red }\n\nNOTE a\nnote\n\nintro\n00:02.000 --> 00:03.000 align:start\n\
                       <v Ann>Late</v> <00:02.500><c.x>word</c>\n\n00:01.000 --> 00:04.000\nEarly\n\nNOTE not this\n";
        assert_eq!(texts(content), [(1.0, 4.0, "Early".to_owned()), (2.0, 3.0, "Late word".to_owned())]);
        assert!(parse("WEBVTT\n\n").unwrap().is_empty());
    }

    #[test]
    fn ass_and_json3() {
        let ass = "[Script Info]\r\nTitle: x\r\n[V4+ Styles]\r\nFormat: Name, Fontname\r\nStyle: Default,Arial\r\n\r\n[Events]\r\n\
                   Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n\
                   Dialogue: 0,0:00:02.50,0:00:04.00,Default,,0,0,0,,{\\i1}Wait{\\i0}, then\\Nsee: it, all\r\n\
                   Comment: 0,0:00:00.00,0:00:09.00,Default,,0,0,0,,not this\r\n\
                   Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\\p1}m 0 0 l 9 9{\\p0}\r\n\
                   Dialogue: 1,0:00:01.00,0:00:02.00,Default,Ann,0,0,0,,First\\hone\r\n";
        let wanted = [(1.0, 2.0, "First one".to_owned()), (2.5, 4.0, "Wait, then\nsee: it, all".to_owned())];
        assert_eq!(texts(ass), wanted);
        let old =
            "[Events]\nFormat: Marked, Start, End, Text\nDialogue: Marked=0,0:00:01.00,0:00:02.00,Hi, you\n";
        assert_eq!(texts(old), [(1.0, 2.0, "Hi, you".to_owned())]);
        let json3 = r#"{"wireMagic":"pb3","events":[{"tStartMs":0,"dDurationMs":9000,"id":1},
            {"tStartMs":160,"dDurationMs":4000,"segs":[{"utf8":"so"},{"utf8":" today","tOffsetMs":300}]},
            {"tStartMs":2000,"dDurationMs":10,"aAppend":1,"segs":[{"utf8":"\n"}]},
            {"tStartMs":2010,"dDurationMs":1990,"segs":[{"utf8":"we bake &amp; eat"}]}]}"#;
        assert_eq!(
            texts(json3),
            [(0.16, 2.01, "so today".to_owned()), (2.01, 4.0, "we bake & eat".to_owned())]
        );
        assert!(parse(r#"{"events":[]}"#).unwrap().is_empty());
        // No captions of either kind, and no others.
        for content in ["{", r#"{"a":1}"#, "[Script Info]\nTitle: x\n"] {
            assert_eq!(parse(content).unwrap_err().kind(), ErrorKind::InvalidInput, "{content}");
        }
    }

    #[test]
    fn nothing_readable_names_the_line() {
        let error = parse("\n1\n00:00:aa,000 --> 00:00:02,000\ntext\n").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("line: 3"), "{error}");
        assert_eq!(parse("").unwrap_err().kind(), ErrorKind::InvalidInput);
        assert!(parse("a poem\nabout nothing\n").unwrap_err().to_string().contains("line: 1"));
    }

    #[test]
    fn encodings() {
        let text = "1\n00:00:01,000 --> 00:00:02,000\nCafé “x”\n";
        let utf16 = |unit: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(unit).collect::<Vec<_>>();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [&[0xff, 0xfe][..], &utf16(u16::to_le_bytes)].concat(),
            [&[0xfe, 0xff][..], &utf16(u16::to_be_bytes)].concat(),
            b"1\n00:00:01,000 --> 00:00:02,000\nCaf\xe9 \x93x\x94\n".to_vec(),
        ] {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), bytes).unwrap();
            let content = read(file.path(), &Limits::default()).unwrap();
            assert_eq!(parse(&content).unwrap()[0].text, "Café “x”");
        }
    }

    #[test]
    fn unclosed_tags_cost_linear_time() {
        let content = format!("00:01.000 --> 00:02.000\n{}", "<b{\\&".repeat(200_000));
        let start = std::time::Instant::now();
        let cues = parse(&content).unwrap();
        assert!(start.elapsed().as_secs_f64() < 5.0);
        assert_eq!(cues[0].text.len(), 5 * 200_000);
    }
}
