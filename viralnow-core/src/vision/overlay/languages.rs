//! Language data of tesseract: where it lies, and which languages are meant.

use crate::config::check_text_language;
use crate::{Error, ErrorKind, Result};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a file of language data ends in.
const EXTENSION: &str = "traineddata";

/// ISO 639-1 (and what of ISO 639-2 differs) beside the names that tesseract gives its data (ISO 639-2, with the script where there are two).
const NAMES: [(&str, &str); 86] = [
    ("af", "afr"),
    ("am", "amh"),
    ("ar", "ara"),
    ("az", "aze"),
    ("be", "bel"),
    ("bg", "bul"),
    ("bn", "ben"),
    ("bs", "bos"),
    ("ca", "cat"),
    ("cs", "ces"),
    ("cy", "cym"),
    ("da", "dan"),
    ("de", "deu"),
    ("el", "ell"),
    ("en", "eng"),
    ("eo", "epo"),
    ("es", "spa"),
    ("et", "est"),
    ("eu", "eus"),
    ("fa", "fas"),
    ("fi", "fin"),
    ("fo", "fao"),
    ("fr", "fra"),
    ("ga", "gle"),
    ("gl", "glg"),
    ("gu", "guj"),
    ("he", "heb"),
    ("hi", "hin"),
    ("hr", "hrv"),
    ("hu", "hun"),
    ("hy", "hye"),
    ("id", "ind"),
    ("is", "isl"),
    ("it", "ita"),
    ("ja", "jpn"),
    ("ka", "kat"),
    ("kk", "kaz"),
    ("km", "khm"),
    ("kn", "kan"),
    ("ko", "kor"),
    ("ky", "kir"),
    ("la", "lat"),
    ("lo", "lao"),
    ("lt", "lit"),
    ("lv", "lav"),
    ("mk", "mkd"),
    ("ml", "mal"),
    ("mn", "mon"),
    ("mr", "mar"),
    ("ms", "msa"),
    ("mt", "mlt"),
    ("my", "mya"),
    ("nb", "nor"),
    ("ne", "nep"),
    ("nl", "nld"),
    ("nn", "nor"),
    ("nno", "nor"),
    ("no", "nor"),
    ("nob", "nor"),
    ("pa", "pan"),
    ("pl", "pol"),
    ("ps", "pus"),
    ("pt", "por"),
    ("ro", "ron"),
    ("ru", "rus"),
    ("si", "sin"),
    ("sk", "slk"),
    ("sl", "slv"),
    ("sq", "sqi"),
    ("sr", "srp"),
    ("sv", "swe"),
    ("sw", "swa"),
    ("ta", "tam"),
    ("te", "tel"),
    ("tg", "tgk"),
    ("th", "tha"),
    ("tl", "tgl"),
    ("tr", "tur"),
    ("ug", "uig"),
    ("uk", "ukr"),
    ("ur", "urd"),
    ("uz", "uzb"),
    ("vi", "vie"),
    ("yi", "yid"),
    ("zh", "chi_sim"),
    ("zho", "chi_sim"),
];

/// Directories that may hold language data, in order: that of `TESSDATA_PREFIX` (which counts alone where it is set), else
/// those of the systems' packages.
pub(super) fn data_dirs() -> Vec<PathBuf> {
    dirs_from(std::env::var_os("TESSDATA_PREFIX").filter(|prefix| !prefix.is_empty()))
}

fn dirs_from(prefix: Option<OsString>) -> Vec<PathBuf> {
    if let Some(prefix) = prefix.map(PathBuf::from) {
        // Release 3 meant the directory above.
        return vec![prefix.clone(), prefix.join("tessdata")];
    }
    let known: &[&str] = if cfg!(windows) {
        &["C:\\Program Files\\Tesseract-OCR\\tessdata"]
    } else {
        &[
            "/usr/share/tesseract-ocr/5/tessdata",
            "/usr/share/tesseract-ocr/4.00/tessdata",
            "/usr/share/tessdata",
            "/usr/share/tesseract/tessdata",
            "/usr/local/share/tessdata",
            "/opt/homebrew/share/tessdata",
        ]
    };
    known.iter().map(PathBuf::from).collect()
}

/// The languages in these directories.
pub(super) fn languages_in(dirs: &[PathBuf]) -> BTreeSet<String> {
    let files =
        dirs.iter().filter_map(|dir| dir.read_dir().ok()).flatten().flatten().map(|entry| entry.path());
    let data = files.filter(|path| path.extension().is_some_and(|ending| ending == EXTENSION));
    let names = data.filter_map(|path| path.file_stem()?.to_str().map(str::to_owned));
    // Data for the direction of a page and for equations is no language.
    names.filter(|name| name != "osd" && name != "equ").collect()
}

/// The directory that holds the data of all the languages that `wanted` names, and their names as tesseract has them, joined
/// by `+`: ISO 639-1 codes and tesseract's own names both count. None is English, or else the first that is there.
pub(super) fn locate(wanted: Option<&str>, dirs: &[PathBuf]) -> Result<(PathBuf, String)> {
    let first = || {
        let there = languages_in(dirs);
        let name = if there.contains("eng") { None } else { there.into_iter().next() };
        name.unwrap_or_else(|| "eng".to_owned())
    };
    let wanted = wanted.map_or_else(first, str::to_owned);
    check_text_language(&wanted)?;
    let names: Vec<&str> = wanted.split('+').map(str::trim).map(own_name).collect();
    let holds = |dir: &Path, name: &str| dir.join(name).with_extension(EXTENSION).is_file();
    if let Some(dir) = dirs.iter().find(|dir| names.iter().all(|name| holds(dir, name))) {
        return Ok((dir.clone(), names.join("+")));
    }
    let absent: Vec<&str> =
        names.iter().filter(|name| !dirs.iter().any(|dir| holds(dir, name))).copied().collect();
    let there = languages_in(dirs);
    let packages: Vec<String> =
        absent.iter().map(|name| format!("tesseract-ocr-{}", name.replace('_', "-"))).collect();
    let message = format!(
        "tesseract has no data for the language; install it (`apt install {}`), or name the directory that holds it in \
         TESSDATA_PREFIX",
        if packages.is_empty() { "tesseract-ocr-all".to_owned() } else { packages.join(" ") }
    );
    Err(Error::new(ErrorKind::Unavailable, message)
        .with("language", if absent.is_empty() { wanted.clone() } else { absent.join(" ") })
        .with(
            "there_are",
            if there.is_empty() {
                "none".to_owned()
            } else {
                there.into_iter().collect::<Vec<_>>().join(" ")
            },
        )
        .with("looked_in", dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(" ")))
}

fn own_name(code: &str) -> &str {
    NAMES.iter().find(|(iso, _)| *iso == code).map_or(code, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_named_in_both_ways() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["eng.traineddata", "deu.traineddata", "osd.traineddata", "notes.txt"] {
            std::fs::write(dir.path().join(name), b"data").unwrap();
        }
        let dirs = [PathBuf::from("/no/such/dir"), dir.path().to_owned()];
        assert_eq!(languages_in(&dirs).into_iter().collect::<Vec<_>>(), ["deu", "eng"]);
        assert_eq!(locate(Some("en+deu"), &dirs).unwrap(), (dir.path().to_owned(), "eng+deu".to_owned()));
        assert_eq!(locate(None, &dirs).unwrap().1, "eng");
        let error = locate(Some("en+fr"), &dirs).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("fra") && error.to_string().contains("deu eng"), "{error}");
        for hostile in ["", "../eng", "eng+", "e\0g", "eng/eng"] {
            assert_eq!(
                locate(Some(hostile), &dirs).unwrap_err().kind(),
                ErrorKind::InvalidConfig,
                "{hostile:?}"
            );
        }
        assert!(NAMES.is_sorted());
    }

    #[test]
    fn a_prefix_counts_alone() {
        assert_eq!(dirs_from(Some("/d".into())), [PathBuf::from("/d"), PathBuf::from("/d/tessdata")]);
        assert!(dirs_from(None).len() > 1 || cfg!(windows));
    }
}
