//! The index as a file.
//!
//! ```text
//! bytes     "VNSI"
//! 1         version, 1
//! varint    number of sounds
//! each      varint and bytes: the name in UTF-8; then length, number and landmarks as in a fingerprint
//! 32        the SHA-256 of all before
//! ```
//! What can be worked out again is not written: the pairs of the landmarks are made when the file is loaded.

use super::bytes::{Reader, write_varint};
use super::index::SoundIndex;
use super::landmarks::Fingerprint;
use crate::{Error, ErrorKind, Result};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

const MAGIC: &[u8; 4] = b"VNSI";
const VERSION: u8 = 1;
const CHECK: usize = 32;

/// How often was saved: threads of one process may save to one place at once.
static SAVED: AtomicU64 = AtomicU64::new(0);

impl SoundIndex {
    /// Writes the index to a file, about 60 bytes a second of sound, beside it first and then in its place, so that a
    /// file of this name is never half written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}-{}.part", std::process::id(), SAVED.fetch_add(1, Ordering::Relaxed)));
        let beside = path.with_file_name(name);
        let written = self.write_to(&beside).and_then(|()| fs::rename(&beside, path));
        written.map_err(|error| {
            let _ = fs::remove_file(&beside);
            Error::from(error).with("path", path.display())
        })
    }

    fn write_to(&self, path: &Path) -> std::io::Result<()> {
        let mut file = File::create(path)?;
        let mut hash = Sha256::new();
        let mut out = MAGIC.to_vec();
        out.push(VERSION);
        write_varint(&mut out, self.len() as u64);
        for (id, print) in self.sounds() {
            write_varint(&mut out, id.len() as u64);
            out.extend_from_slice(id.as_bytes());
            print.write(&mut out, |_| true);
            if out.len() > 1 << 20 {
                hash.update(&out);
                file.write_all(&out)?;
                out.clear();
            }
        }
        hash.update(&out);
        file.write_all(&out)?;
        file.write_all(&hash.finalize())?;
        file.sync_all()
    }

    /// Reads what [`SoundIndex::save`] wrote; the order of the sounds and all answers are the same.
    ///
    /// Fails with `NOT_FOUND`, `PERMISSION_DENIED` or `IO` where the file cannot be read, with `DECODE_FAILED` where it is
    /// no index or damaged, and with `SCHEMA_MISMATCH` where a newer version wrote it. Whatever the file claims, the memory
    /// taken is at most 40 times its size.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::read_from(path).map_err(|error| error.with("path", path.display()))
    }

    fn read_from(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(Error::new(ErrorKind::InvalidInput, "an index is loaded from a plain file"));
        }
        let mut bytes = Vec::new();
        file.take(about.len()).read_to_end(&mut bytes)?;
        Self::from_file_bytes(&bytes)
    }

    fn from_file_bytes(bytes: &[u8]) -> Result<Self> {
        let Some(rest) = bytes.strip_prefix(MAGIC) else { return Err(no_index("it does not start as one")) };
        match rest.first() {
            Some(&VERSION) => {}
            Some(&version) => {
                return Err(Error::new(
                    ErrorKind::SchemaMismatch,
                    "the index is of another version; build it anew or update this library",
                )
                .with("version", version));
            }
            None => return Err(no_index("it ends early")),
        }
        let Some(body) = rest.len().checked_sub(CHECK).filter(|&end| end >= 1) else {
            return Err(no_index("it ends early"));
        };
        let (signed, check) = bytes.split_at(MAGIC.len() + body);
        if Sha256::digest(signed)[..] != *check {
            return Err(no_index("its checksum is wrong"));
        }
        let mut reader = Reader(&signed[MAGIC.len() + 1..]);
        let count = reader.varint()?;
        let mut index = Self::new();
        let mut sounds = Vec::new();
        for _ in 0..count {
            let length = reader.varint()?;
            if length > reader.0.len() as u64 {
                return Err(no_index("it ends early"));
            }
            let id = std::str::from_utf8(reader.take(length as usize)?)
                .map_err(|error| no_index("a name is not text").caused_by(error))?
                .to_owned();
            let print = Fingerprint::read(&mut reader)?;
            if print.points.iter().any(|point| !point.strong) {
                return Err(no_index("it has landmarks that are not kept"));
            }
            sounds.push((id, print));
        }
        if !reader.0.is_empty() {
            return Err(no_index("it goes on after its end"));
        }
        index.add_all(sounds).map_err(|error| no_index("it has a sound that cannot be").caused_by(error))?;
        if index.len() as u64 != count {
            return Err(no_index("two sounds have one name"));
        }
        Ok(index)
    }
}

fn no_index(why: &str) -> Error {
    Error::new(ErrorKind::DecodeFailed, format!("the file is no index of sounds: {why}"))
}
