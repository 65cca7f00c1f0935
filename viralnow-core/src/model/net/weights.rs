//! Weights in the format safetensors: a header of JSON, then the tensors' bytes. Read tensor by tensor, so that a file that
//! is no model costs nothing.

use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The longest header that the format allows.
const LONGEST_HEADER: u64 = 100_000_000;

/// A file of weights.
pub(crate) struct Weights {
    path: PathBuf,
    file: Mutex<File>,
    /// Where the tensors' bytes begin.
    begin: u64,
    tensors: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

impl Weights {
    /// Reads the header. Fails with `NOT_FOUND` without the file and with `DECODE_FAILED` for what is no such file, or ends
    /// before its last tensor does.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let mut file = File::open(path).map_err(|error| Error::from(error).with("path", path.display()))?;
        let wrong = |why: &str| {
            Error::new(
                ErrorKind::DecodeFailed,
                format!("these are no weights in the format safetensors: {why}"),
            )
            .with("path", path.display())
        };
        let length = file.metadata()?.len();
        let mut eight = [0; 8];
        file.read_exact(&mut eight).map_err(|_| wrong("the file is too short"))?;
        let header = u64::from_le_bytes(eight);
        if header > LONGEST_HEADER || header > length.saturating_sub(8) {
            return Err(wrong("its header is longer than the file"));
        }
        let mut text = vec![0; header as usize];
        file.read_exact(&mut text).map_err(|_| wrong("it ends within its header"))?;
        let mut tensors: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(&text).map_err(|_| wrong("its header is not JSON"))?;
        tensors.remove("__metadata__");
        let begin = 8 + header;
        let tensors = tensors
            .into_iter()
            .map(|(name, value)| {
                let entry: Entry =
                    serde_json::from_value(value).map_err(|_| wrong("its header is not that of tensors"))?;
                let [from, to] = entry.data_offsets;
                let size = entry
                    .shape
                    .iter()
                    .try_fold(width(&entry.dtype).unwrap_or(0), |product, &side| product.checked_mul(side));
                let whole = to
                    .checked_sub(from)
                    .is_some_and(|bytes| size.is_none_or(|size| size == 0 || size as u64 == bytes));
                if !whole {
                    return Err(
                        wrong("a tensor has not as many bytes as its shape says").with("tensor", name)
                    );
                }
                if begin.checked_add(to).is_none_or(|end| end > length) {
                    return Err(
                        wrong("it is cut short: a tensor ends after the file does").with("tensor", name)
                    );
                }
                Ok((name, entry))
            })
            .collect::<Result<_>>()?;
        Ok(Self { path: path.to_owned(), file: Mutex::new(file), begin, tensors })
    }

    /// Whether there is a tensor of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// A tensor of this shape, as 32-bit numbers. Fails with `DECODE_FAILED` where it is not there, has another shape, or a
    /// type that is no floating point, and for a number that is none.
    pub(crate) fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let wrong = |why: &str| {
            Error::new(ErrorKind::DecodeFailed, format!("the weights do not fit the model: {why}"))
                .with("tensor", name)
                .with("path", self.path.display())
        };
        let entry = self.tensors.get(name).ok_or_else(|| wrong("a tensor is missing"))?;
        if entry.shape != shape {
            return Err(wrong("a tensor has another shape")
                .with("shape", format!("{:?}", entry.shape))
                .with("wanted", format!("{shape:?}")));
        }
        let width = width(&entry.dtype).ok_or_else(|| {
            wrong("a tensor has a type that is not read; there are F32, F16 and BF16")
                .with("type", &entry.dtype)
        })?;
        let [from, to] = entry.data_offsets;
        let mut bytes = vec![0; (to - from) as usize];
        {
            let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.begin + from))?;
            file.read_exact(&mut bytes).map_err(|error| wrong("it is cut short").caused_by(error))?;
        }
        let values: Vec<f32> = match (width, &*entry.dtype) {
            (4, _) => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            (_, "BF16") => bytes
                .chunks_exact(2)
                .map(|b| f32::from_bits(u32::from(u16::from_le_bytes([b[0], b[1]])) << 16))
                .collect(),
            _ => bytes.chunks_exact(2).map(|b| half(u16::from_le_bytes([b[0], b[1]]))).collect(),
        };
        if values.iter().any(|value| !value.is_finite()) {
            return Err(wrong("a tensor holds what is no number"));
        }
        Ok(values)
    }
}

fn width(dtype: &str) -> Option<usize> {
    match dtype {
        "F32" => Some(4),
        "F16" | "BF16" => Some(2),
        _ => None,
    }
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) =
        (u32::from(bits >> 15) << 31, u32::from(bits >> 10) & 31, u32::from(bits) & 1023);
    match exponent {
        // Subnormal: the fraction is exact in single precision.
        0 => f32::from_bits(sign | 0x3f80_0000) * (fraction as f32 / 16_777_216.0),
        31 => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_is_that_of_the_standard() {
        // From the standard's own table of the format.
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half(bits), value, "{bits:04x}");
        }
        assert!(half(0x7c00).is_infinite() && half(0x7e00).is_nan());
    }

    fn written(header: &str, data: &[u8]) -> Result<Weights> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(data);
        std::fs::write(&path, bytes).unwrap();
        Weights::open(&path)
    }

    #[test]
    fn tensors_are_read_and_what_is_broken_is_refused() {
        let one = |dtype: &str, shape: &str, to: u64| {
            format!(
                r#"{{"__metadata__":{{"format":"pt"}},"w":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[0,{to}]}}}}"#
            )
        };
        let data: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let weights = written(&one("F32", "[2,1]", 8), &data).unwrap();
        assert_eq!(weights.get("w", &[2, 1]).unwrap(), [1.5, -2.0]);
        assert!(weights.has("w") && !weights.has("v"));
        for (name, shape, why) in [("v", &[2, 1][..], "missing"), ("w", &[2], "another shape")] {
            let error = weights.get(name, shape).unwrap_err();
            assert!(error.kind() == ErrorKind::DecodeFailed && error.to_string().contains(why), "{error}");
        }
        assert_eq!(
            written(&one("BF16", "[2]", 4), &[0xc0, 0x3f, 0x00, 0xc0]).unwrap().get("w", &[2]).unwrap(),
            [1.5, -2.0]
        );
        assert_eq!(
            written(&one("F16", "[2]", 4), &[0x00, 0x3e, 0x00, 0xc0]).unwrap().get("w", &[2]).unwrap(),
            [1.5, -2.0]
        );
        assert!(written(&one("I64", "[1]", 8), &[0; 8]).unwrap().get("w", &[1]).is_err());
        let nan = f32::NAN.to_le_bytes();
        assert!(
            written(&one("F32", "[1]", 4), &nan)
                .unwrap()
                .get("w", &[1])
                .unwrap_err()
                .to_string()
                .contains("no number")
        );
        for (header, data, why) in [
            (one("F32", "[2,1]", 8), &data[..7], "cut short"),
            (one("F32", "[2,1]", 4), &data[..], "as many bytes"),
            (one("F32", "[18446744073709551615,2]", 4), &data, "cut short"),
            ("{".to_owned(), &data, "not JSON"),
            (r#"{"w":3}"#.to_owned(), &data, "not that of tensors"),
        ] {
            match written(&header, data) {
                Err(error) => assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{error}"),
                Ok(weights) => assert!(weights.get("w", &[2, 1]).is_err(), "{why}"),
            }
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.safetensors");
        for bytes in [&b""[..], b"short", &[0xff; 64], b"lmgg\0\0\0\0\0\0\0\0\0\0\0\0"] {
            std::fs::write(&path, bytes).unwrap();
            let error = Weights::open(&path).err().expect("refused");
            assert_eq!(error.kind(), ErrorKind::DecodeFailed, "{error}");
        }
        assert_eq!(Weights::open(&dir.path().join("none")).err().unwrap().kind(), ErrorKind::NotFound);
    }
}
