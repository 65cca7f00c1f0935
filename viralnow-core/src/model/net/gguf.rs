//! The header of a file in the format GGUF (versions 2 and 3): facts about the model, which are passed over but for the
//! alignment, then names, shapes, types and places of the tensors. Whatever a damaged header says, no more is read than the file
//! has, and no more kept than the header's own bytes.

use super::kinds::Kind;
use super::weights::Entry;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// The longest header that is read: the words of a large vocabulary are a few megabytes.
const LONGEST_HEADER: u64 = 100_000_000;
/// Tensors that a file may have; large models have thousands.
const MOST_TENSORS: u64 = 1 << 16;
/// Of a tensor's name; ggml itself allows 64.
const LONGEST_NAME: u64 = 1024;
/// Arrays of arrays of arrays are nobody's facts.
const DEEPEST: usize = 4;

/// The tensors, by their names.
pub(super) fn tensors(file: &mut File, path: &Path) -> Result<BTreeMap<String, Entry>> {
    let length = file.metadata()?.len();
    let mut header = Header { from: BufReader::new(file), at: 0, end: length.min(LONGEST_HEADER) };
    header.tensors(length).map_err(|fault| {
        let message = format!("these are no weights in the format GGUF: {}", fault.why);
        let error = Error::new(ErrorKind::DecodeFailed, message).with("path", path.display());
        fault.tensor.into_iter().fold(error, |error, name| error.with("tensor", name))
    })
}

/// What is wrong, and with which tensor.
struct Fault {
    why: String,
    tensor: Option<String>,
}

impl From<&str> for Fault {
    fn from(why: &str) -> Self {
        Self { why: why.to_owned(), tensor: None }
    }
}

struct Header<R> {
    from: R,
    at: u64,
    end: u64,
}

impl<R: Read> Header<R> {
    fn tensors(&mut self, length: u64) -> Result<BTreeMap<String, Entry>, Fault> {
        if self.bytes::<4>()? != *b"GGUF" {
            return Err("it does not begin as one".into());
        }
        match self.number()? {
            2 | 3 => {}
            1 => return Err("version 1 is not read; convert it anew".into()),
            // Of a machine with the other order of bytes.
            version if (1..=3).contains(&version.swap_bytes()) => {
                return Err("its numbers are big-endian".into());
            }
            version => return Err(Fault::from(&*format!("version {version} is not read"))),
        }
        let (tensors, facts) = (self.long()?, self.long()?);
        if tensors > MOST_TENSORS {
            return Err("it says that it has more tensors than any model".into());
        }
        let mut alignment = 32;
        for _ in 0..facts {
            let name = self.text()?;
            let kind = self.number()?;
            if name == b"general.alignment" && kind == 4 {
                alignment = u64::from(self.number()?);
            } else {
                self.pass_over(kind, 0)?;
            }
        }
        if !alignment.is_power_of_two() {
            return Err("its alignment is no power of two".into());
        }
        let mut found = Vec::new();
        for _ in 0..tensors {
            found.push(self.tensor()?);
        }
        let begin = self.at.next_multiple_of(alignment);
        let mut named = BTreeMap::new();
        for (name, mut entry) in found {
            let fault = |why: &str, name: &str| Fault { why: why.to_owned(), tensor: Some(name.to_owned()) };
            if !entry.from.is_multiple_of(alignment) {
                return Err(fault("a tensor is not aligned", &name));
            }
            match begin.checked_add(entry.from).and_then(|from| from.checked_add(entry.bytes)) {
                Some(end) if end <= length => entry.from += begin,
                _ => return Err(fault("it is cut short: a tensor ends after the file does", &name)),
            }
            match named.entry(name) {
                Place::Vacant(place) => place.insert(entry),
                Place::Occupied(place) => return Err(fault("a tensor stands twice", place.key())),
            };
        }
        Ok(named)
    }

    /// A tensor, with its place counted from where the tensors' bytes begin.
    fn tensor(&mut self) -> Result<(String, Entry), Fault> {
        let name = self.text()?;
        if name.len() as u64 > LONGEST_NAME {
            return Err("the name of a tensor is too long".into());
        }
        let name = String::from_utf8(name).map_err(|_| Fault::from("the name of a tensor is no text"))?;
        let sides = self.number()?;
        if sides > 4 {
            return Err(Fault { why: "a tensor has more than four sides".to_owned(), tensor: Some(name) });
        }
        let mut shape = Vec::new();
        for _ in 0..sides {
            shape.push(usize::try_from(self.long()?).map_err(|_| Fault::from("a side is too long"))?);
        }
        // The first one is the fastest in the file.
        shape.reverse();
        let number = self.number()?;
        let from = self.long()?;
        let kind = Kind::of_gguf(number);
        let bytes = kind.map_or(Some(0), |kind| kind.bytes(&shape));
        let Some(bytes) = bytes else {
            let why = "the rows of a tensor are no whole blocks of its type, or it is too large".to_owned();
            return Err(Fault { why, tensor: Some(name) });
        };
        let named = kind.map_or_else(|| format!("number {number}"), |kind| kind.name().to_owned());
        Ok((name, Entry { kind, named, shape, from, bytes }))
    }

    /// A fact that is of no interest.
    fn pass_over(&mut self, kind: u32, depth: usize) -> Result<(), Fault> {
        match kind {
            8 => {
                let length = self.long()?;
                self.skip(length)
            }
            9 => {
                if depth == DEEPEST {
                    return Err("its facts are too deep".into());
                }
                let (kind, count) = (self.number()?, self.long()?);
                if let Some(width) = width(kind) {
                    return self.skip(count.saturating_mul(width));
                }
                // Each takes bytes of the header, so that its end ends this too.
                for _ in 0..count {
                    self.pass_over(kind, depth + 1)?;
                }
                Ok(())
            }
            _ => match width(kind) {
                Some(width) => self.skip(width),
                None => Err("a fact has a type that the format does not have".into()),
            },
        }
    }

    fn text(&mut self) -> Result<Vec<u8>, Fault> {
        let length = self.long()?;
        self.claim(length)?;
        let mut text = vec![0; length as usize];
        self.from.read_exact(&mut text).map_err(|_| Fault::from("it ends within its header"))?;
        Ok(text)
    }

    fn skip(&mut self, length: u64) -> Result<(), Fault> {
        self.claim(length)?;
        match std::io::copy(&mut self.from.by_ref().take(length), &mut std::io::sink()) {
            Ok(copied) if copied == length => Ok(()),
            _ => Err("it ends within its header".into()),
        }
    }

    fn number(&mut self) -> Result<u32, Fault> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    fn long(&mut self) -> Result<u64, Fault> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.from.read_exact(&mut bytes).map_err(|_| Fault::from("it ends within its header"))?;
        Ok(bytes)
    }

    /// Goes on by so many bytes, if there are so many.
    fn claim(&mut self, bytes: u64) -> Result<(), Fault> {
        match self.at.checked_add(bytes) {
            Some(at) if at <= self.end => {
                self.at = at;
                Ok(())
            }
            _ => Err("it ends within its header".into()),
        }
    }
}

/// The bytes of a fact of this type, where all have as many.
fn width(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}
