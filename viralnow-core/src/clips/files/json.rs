//! The specification's document, and JSON Lines.

use super::read::Rows;
use crate::clips::{Clip, ScoredClip};
use crate::{Error, ErrorKind, Result};
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::io::{BufRead, Read, Write};

/// A line longer than this is no clip.
const LONGEST_LINE: u64 = 64 << 20;

/// Reads `{"clips": [...]}`, `{"movements": [...]}`, or a list, row by row.
pub(super) fn read_document(reader: impl Read, rows: &mut Rows<'_>) -> Result<()> {
    let mut document = Document { rows, row: 0, found: false, failed: None };
    let mut json = serde_json::Deserializer::from_reader(reader);
    let read = (&mut document).deserialize(&mut json).and_then(|()| json.end());
    if let Some(failed) = document.failed {
        return Err(failed);
    }
    let wrong = |what: &str| Error::new(ErrorKind::InvalidInput, format!("no document of clips: {what}"));
    match read {
        Ok(()) if document.found => Ok(()),
        Ok(()) => Err(wrong("it needs a list under \"clips\"")),
        Err(error) if error.is_data() => Err(wrong("it is no list, nor has it one").caused_by(error)),
        Err(error) => Err(wrong("its JSON cannot be read").caused_by(error)),
    }
}

struct Document<'a, 'b> {
    rows: &'a mut Rows<'b>,
    row: usize,
    found: bool,
    /// What the taker of the clips said; serde would make text of it.
    failed: Option<Error>,
}

impl<'de> DeserializeSeed<'de> for &mut Document<'_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Document<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of clips, or an object with one under \"clips\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.found = true;
        while let Some(value) = list.next_element::<Value>()? {
            self.row += 1;
            if let Err(error) = self.rows.take(self.row, value) {
                self.failed = Some(error);
                return Err(A::Error::custom("the clips are not taken any more"));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                // The specification's name, and the one of its data access. Not an object: that would be looked into again.
                "clips" | "movements" => map.next_value_seed(List(self))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// The list under a key.
struct List<'a, 'b, 'c>(&'a mut Document<'b, 'c>);

impl<'de> DeserializeSeed<'de> for List<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self.0)
    }
}

/// One clip a line; an empty line is none.
pub(super) fn read_lines(mut reader: impl BufRead, rows: &mut Rows<'_>) -> Result<()> {
    let mut line = Vec::new();
    for row in 1.. {
        line.clear();
        if reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.len() as u64 == LONGEST_LINE && line.last() != Some(&b'\n') {
            reader.skip_until(b'\n')?;
            rows.leave_out(row, "the line is longer than 64 MB");
        } else if !line.iter().all(u8::is_ascii_whitespace) {
            match serde_json::from_slice(&line) {
                Ok(value) => rows.take(row, value)?,
                Err(error) => rows.leave_out(row, &error.to_string()),
            }
        }
    }
    Ok(())
}

/// Writes the specification's document.
pub fn write_json(clips: &[ScoredClip], summary: &Value, out: impl Write) -> Result<()> {
    let mut writer = DocumentWriter::new(out)?;
    clips.iter().try_for_each(|scored| writer.write(&scored.clip))?;
    writer.finish(summary).map(drop)
}

/// The document, clip by clip.
pub(super) struct DocumentWriter<W> {
    out: W,
    any: bool,
}

impl<W: Write> DocumentWriter<W> {
    pub(super) fn new(mut out: W) -> Result<Self> {
        out.write_all(b"{\n  \"clips\": [")?;
        Ok(Self { out, any: false })
    }

    pub(super) fn write(&mut self, clip: &Clip) -> Result<()> {
        self.out.write_all(if self.any { b",\n    " } else { b"\n    " })?;
        self.any = true;
        // Texts hold no line breaks of their own in JSON.
        let text = serde_json::to_string_pretty(clip).map_err(unwritten)?.replace('\n', "\n    ");
        self.out.write_all(text.as_bytes()).map_err(Error::from)
    }

    pub(super) fn finish(mut self, summary: &Value) -> Result<W> {
        let summary = serde_json::to_string_pretty(summary).map_err(unwritten)?.replace('\n', "\n  ");
        let close = if self.any { "\n  ]" } else { "]" };
        write!(self.out, "{close},\n  \"summary\": {summary}\n}}\n")?;
        self.out.flush()?;
        Ok(self.out)
    }
}

pub(super) fn unwritten(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Io, "the document cannot be written").caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clips::LeftOut;

    fn read(with: impl Fn(&mut Rows<'_>) -> Result<()>) -> Result<(Vec<Clip>, LeftOut)> {
        let mut clips = Vec::new();
        let mut take = |clip| {
            clips.push(clip);
            Ok(())
        };
        let mut rows = Rows { take: &mut take, left_out: LeftOut::default() };
        with(&mut rows)?;
        let left_out = rows.left_out;
        Ok((clips, left_out))
    }

    #[test]
    fn documents_of_both_names_and_lists_are_read_and_rows_that_are_no_clips_are_said() {
        for text in [
            r#"{"clips": [{"id": "1"}, {"title": "no id"}, 5], "summary": {}}"#,
            r#"{"summary": [{"id": "9"}], "movements": [{"id": "1"}, {"id": ""}, null]}"#,
            r#"[{"id": 1}, {}, []]"#,
        ] {
            let (clips, left_out) = read(|rows| read_document(text.as_bytes(), rows)).unwrap();
            assert_eq!((clips.len(), left_out.count, left_out.reasons.len()), (1, 2, 2), "{text}");
            assert_eq!(clips[0].id, "1");
        }
        let lines = b"{\"id\": \"1\"}\n\nnot json\n{\"id\": \"2\"}";
        let (clips, left_out) = read(|rows| read_lines(&lines[..], rows)).unwrap();
        assert_eq!((clips.len(), left_out.count), (2, 1));
        for text in ["", "5", "{}", r#"{"clips": 5}"#, r#"{"clips": {"clips": []}}"#, "[{", "[] []"] {
            let error = read(|rows| read_document(text.as_bytes(), rows)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
        }
    }

    #[test]
    fn what_the_taker_says_comes_out_as_it_is() {
        let mut take = |_| Err(Error::new(ErrorKind::StorageBusy, "full"));
        let mut rows = Rows { take: &mut take, left_out: LeftOut::default() };
        let error = read_document(&br#"[{"id": 1}]"#[..], &mut rows).unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::StorageBusy, "full"));
    }
}
