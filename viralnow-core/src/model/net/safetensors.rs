//! The header of a file in the format safetensors: JSON that names the tensors, before their bytes.

use super::kinds::Kind;
use super::weights::Entry;
use crate::{Error, ErrorKind, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The longest header that the format allows.
const LONGEST_HEADER: u64 = 100_000_000;

#[derive(Deserialize)]
struct Named {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: [u64; 2],
}

pub(super) fn tensors(file: &mut File, path: &Path) -> Result<BTreeMap<String, Entry>> {
    let wrong = |why: &str| {
        Error::new(ErrorKind::DecodeFailed, format!("these are no weights in the format safetensors: {why}"))
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
    let entry = |(name, value): (String, serde_json::Value)| {
        let named: Named =
            serde_json::from_value(value).map_err(|_| wrong("its header is not that of tensors"))?;
        let [from, to] = named.data_offsets;
        let kind = match &*named.dtype {
            "F32" => Some(Kind::F32),
            "F16" => Some(Kind::F16),
            "BF16" => Some(Kind::Bf16),
            _ => None,
        };
        let size = kind.map(|kind| kind.bytes(&named.shape));
        let bytes = to.checked_sub(from).filter(|&bytes| size.is_none_or(|size| size == Some(bytes)));
        let Some(bytes) = bytes else {
            return Err(wrong("a tensor has not as many bytes as its shape says").with("tensor", name));
        };
        if begin.checked_add(to).is_none_or(|end| end > length) {
            return Err(wrong("it is cut short: a tensor ends after the file does").with("tensor", name));
        }
        let Named { dtype, shape, .. } = named;
        Ok((name, Entry { kind, named: dtype, shape, from: begin + from, bytes }))
    };
    tensors.into_iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Weights;
    use crate::{ErrorKind, Result};

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
