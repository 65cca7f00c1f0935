//! The little of an MP4 header that symphonia leaves out: which tracks there are, and what part of them the edit list
//! presents (ISO/IEC 14496-12, 8.4.3 and 8.6.6). An AAC track starts with 1,024 or more samples that only fill the
//! encoder; the edit list says how many.

use std::io::{self, Read, Seek, SeekFrom};

/// Boxes looked at before the file is taken for damaged.
const MOST_BOXES: usize = 10_000;

/// What the edit list makes of one track, in seconds.
#[allow(clippy::struct_field_names)] // the unit
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Edit {
    /// Time at which its presentation starts, in seconds.
    pub(super) starts_s: f64,
    /// Media time that is skipped at its start, in seconds.
    pub(super) skip_s: f64,
    /// Length of the presentation in seconds, where the list states it.
    pub(super) length_s: Option<f64>,
}

/// One track of the header, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Track {
    /// Handler type, such as `soun` or `vide`.
    pub(super) handler: [u8; 4],
    /// What the edit list presents.
    pub(super) edit: Edit,
}

/// Reads the tracks of a file that may be an MP4; none when it is not, or is damaged. The position is the start again
/// afterwards.
pub(super) fn tracks(file: &mut (impl Read + Seek)) -> io::Result<Vec<Track>> {
    file.seek(SeekFrom::Start(0))?;
    let end = file.seek(SeekFrom::End(0))?;
    let mut walk =
        Walk { file, left: MOST_BOXES, movie_timescale: 0, tracks: Vec::new(), now: Draft::default() };
    // A damaged header has no edit list that could be believed; the decoder says what else is wrong.
    let found = walk.children(0, end, 0).map(|()| walk.tracks);
    file.seek(SeekFrom::Start(0))?;
    Ok(found.unwrap_or_default())
}

#[derive(Default)]
struct Draft {
    handler: [u8; 4],
    timescale: u32,
    /// Length in the movie's time scale, and media time in the track's; -1 for an empty edit.
    edits: Vec<(u64, i64)>,
}

struct Walk<'a, F> {
    file: &'a mut F,
    left: usize,
    movie_timescale: u32,
    tracks: Vec<Track>,
    now: Draft,
}

impl<F: Read + Seek> Walk<'_, F> {
    fn children(&mut self, mut at: u64, end: u64, depth: u8) -> io::Result<()> {
        while at + 8 <= end && self.left > 0 && depth < 4 {
            self.left -= 1;
            self.file.seek(SeekFrom::Start(at))?;
            let short = u64::from(self.u32()?);
            let name: [u8; 4] = self.bytes()?;
            let (size, header) = match short {
                0 => (end - at, 8),
                1 => (u64::from_be_bytes(self.bytes()?), 16),
                size => (size, 8),
            };
            let next = at.saturating_add(size);
            if size < header || next > end {
                return Err(io::ErrorKind::InvalidData.into());
            }
            match &name {
                b"moov" | b"mdia" | b"edts" => self.children(at + header, next, depth + 1)?,
                b"trak" => {
                    self.now = Draft::default();
                    self.children(at + header, next, depth + 1)?;
                    let draft = std::mem::take(&mut self.now);
                    self.tracks.push(draft.track(self.movie_timescale));
                }
                b"mvhd" => self.movie_timescale = self.timescale()?,
                b"mdhd" => self.now.timescale = self.timescale()?,
                b"hdlr" => {
                    self.skip(8)?;
                    self.now.handler = self.bytes()?;
                }
                b"elst" => self.edits()?,
                _ => {}
            }
            at = next;
        }
        Ok(())
    }

    /// The time scale of `mvhd` or `mdhd`: after version, flags and two times of 32 or 64 bits.
    fn timescale(&mut self) -> io::Result<u32> {
        let [version, ..] = self.bytes::<4>()?;
        self.skip(if version == 1 { 16 } else { 8 })?;
        self.u32()
    }

    fn edits(&mut self) -> io::Result<()> {
        let [version, ..] = self.bytes::<4>()?;
        for _ in 0..self.u32()?.min(1000) {
            let edit = if version == 1 {
                (u64::from_be_bytes(self.bytes()?), i64::from_be_bytes(self.bytes()?))
            } else {
                (u64::from(self.u32()?), i64::from(self.u32()? as i32))
            };
            self.skip(4)?;
            self.now.edits.push(edit);
        }
        Ok(())
    }

    fn bytes<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    fn skip(&mut self, bytes: i64) -> io::Result<()> {
        self.file.seek_relative(bytes)
    }
}

impl Draft {
    fn track(&self, movie_timescale: u32) -> Track {
        let mut edit = Edit::default();
        let media = self.edits.iter().position(|&(_, media_time)| media_time >= 0);
        if let (Some(first), true, true) = (media, movie_timescale > 0, self.timescale > 0) {
            let movie_s = |ticks: u64| ticks as f64 / f64::from(movie_timescale);
            edit.starts_s = self.edits[..first].iter().map(|&(length, _)| movie_s(length)).sum();
            edit.skip_s = self.edits[first].1 as f64 / f64::from(self.timescale);
            // With one edit, its length is that of the presentation; 0 means "to the end" in fragmented files.
            edit.length_s = match self.edits[first..] {
                [(length, _)] if length > 0 => Some(movie_s(length)),
                _ => None,
            };
        }
        Track { handler: self.handler, edit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn atom(name: &[u8], content: &[u8]) -> Vec<u8> {
        [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
    }

    fn header(timescale: u32) -> Vec<u8> {
        [&[0; 12][..], &timescale.to_be_bytes(), &[0; 8]].concat()
    }

    #[test]
    fn the_edit_list_gives_start_skip_and_length() {
        let edit =
            |length: u32, media: i32| [length.to_be_bytes(), media.to_be_bytes(), [0, 1, 0, 0]].concat();
        let list = [&[0, 0, 0, 0, 0, 0, 0, 2][..], &edit(500, -1), &edit(2000, 1024)].concat();
        let media = [atom(b"mdhd", &header(44_100)), atom(b"hdlr", b"\0\0\0\0\0\0\0\0soun")].concat();
        let track = [atom(b"edts", &atom(b"elst", &list)), atom(b"mdia", &media)].concat();
        let movie = [atom(b"mvhd", &header(1000)), atom(b"trak", &track)].concat();
        let file = [atom(b"ftyp", b"isom"), atom(b"moov", &movie)].concat();
        let tracks = tracks(&mut Cursor::new(file)).unwrap();
        assert_eq!(tracks.len(), 1);
        assert_eq!(&tracks[0].handler, b"soun");
        let edit = tracks[0].edit;
        assert_eq!((edit.starts_s, edit.length_s), (0.5, Some(2.0)));
        assert!((edit.skip_s - 1024.0 / 44_100.0).abs() < 1e-12);
    }

    #[test]
    fn damage_gives_no_tracks() {
        let inner = atom(b"trak", &[0xff; 40]);
        assert!(tracks(&mut Cursor::new(atom(b"moov", &inner))).unwrap().is_empty());
        assert!(tracks(&mut Cursor::new(b"RIFF....WAVE".to_vec())).unwrap().is_empty());
    }
}
