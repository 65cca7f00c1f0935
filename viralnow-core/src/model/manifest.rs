//! The models that this release knows: their files, checksums, licences and where they come from.

use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::OnceLock;

/// A model: what it is for, and of what files it is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name, such as `all-MiniLM-L6-v2`; of letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// What it does, and what uses it.
    pub what: String,
    /// The licence of its weights, as SPDX has it.
    pub licence: String,
    /// The page it comes from.
    pub source: String,
    /// Whether its files lie in a folder of its name; the file of a model without one lies in the models' directory itself.
    #[serde(default)]
    pub folder: bool,
    /// What it takes.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// What it gives.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Why it cannot be fetched, or what else is to be known.
    #[serde(default)]
    pub note: Option<String>,
    /// Its files.
    pub files: Vec<ModelFile>,
}

/// A file of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Its name, without a path.
    pub name: String,
    /// Its length.
    #[serde(default)]
    pub bytes: Option<u64>,
    /// The checksum of its content, 64 hexadecimal digits in lower case.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Where it is fetched from.
    #[serde(default)]
    pub url: Option<String>,
}

impl Model {
    /// Whether all that fetching needs is known: address, length and checksum of every file. A file whose checksum is not
    /// known is never fetched, for nothing would say what came.
    ///
    /// ```
    /// use viralnow_core::model::known_models;
    /// let minilm = known_models().iter().find(|model| model.name == "all-MiniLM-L6-v2").unwrap();
    /// assert!(minilm.can_be_pulled());
    /// ```
    #[must_use]
    pub fn can_be_pulled(&self) -> bool {
        let whole = |file: &ModelFile| file.url.is_some() && file.sha256.is_some() && file.bytes.is_some();
        !self.files.is_empty() && self.files.iter().all(whole)
    }

    /// Names become paths: nothing may lead out of the models' directory.
    fn check(&self) -> Result<()> {
        let wrong = |what: &str, value: &str| {
            Err(Error::new(ErrorKind::InvalidConfig, what).with("model", &self.name).with("value", value))
        };
        if !is_plain(&self.name) {
            return wrong("a model's name is of letters, digits, - _ and .", &self.name);
        }
        if self.files.is_empty() || (!self.folder && self.files.len() > 1) {
            return wrong("a model has files: one, or a folder of them", &self.files.len().to_string());
        }
        for file in &self.files {
            if !is_plain(&file.name) {
                return wrong("a file's name is of letters, digits, - _ and ., without a path", &file.name);
            }
            let hexadecimal =
                |text: &str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            if let Some(hash) = file.sha256.as_deref().filter(|hash| !hexadecimal(hash)) {
                return wrong("a checksum is 64 hexadecimal digits in lower case", hash);
            }
        }
        Ok(())
    }
}

fn is_plain(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= 100 && !name.starts_with('.') && name.bytes().all(allowed)
}

/// The models that this release knows.
#[must_use]
pub fn known_models() -> &'static [Model] {
    static KNOWN: OnceLock<Vec<Model>> = OnceLock::new();
    // A test reads it.
    KNOWN.get_or_init(|| serde_json::from_str(include_str!("manifest.json")).unwrap_or_default())
}

/// The models of a manifest of one's own: a JSON array of [`Model`]s. They stand beside the known ones, and before one of
/// the same name.
///
/// Fails with `NOT_FOUND` without the file, with `INVALID_CONFIG` for what is no manifest, and for a name that would be a
/// path.
pub fn read_manifest(path: impl AsRef<Path>) -> Result<Vec<Model>> {
    let path = path.as_ref();
    let text = std::fs::read(path).map_err(|error| Error::from(error).with("path", path.display()))?;
    let models: Vec<Model> = serde_json::from_slice(&text).map_err(|error| {
        Error::new(ErrorKind::InvalidConfig, "this is no manifest of models: a JSON array of them")
            .with("path", path.display())
            .caused_by(error)
    })?;
    models.iter().try_for_each(Model::check)?;
    Ok(models)
}

/// The model of this name: of these, else of the known ones. Fails with `NOT_FOUND`, and says which there are.
///
/// ```
/// use viralnow_core::model::find_model;
/// assert_eq!(find_model("yunet", &[])?.licence, "MIT");
/// assert!(find_model("yunett", &[]).is_err());
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn find_model<'a>(name: &str, own: &'a [Model]) -> Result<&'a Model> {
    let all = || own.iter().chain(known_models());
    all().find(|model| model.name == name).ok_or_else(|| {
        let names: Vec<_> = all().map(|model| model.name.as_str()).collect();
        Error::new(ErrorKind::NotFound, "no model of this name is known")
            .with("model", name)
            .with("there_are", names.join(" "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_models_are_whole() {
        let known = known_models();
        assert!(known.len() > 15, "{}", known.len());
        let mut names: Vec<_> = known.iter().map(|model| &model.name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), known.len(), "a name twice");
        for model in known {
            model.check().unwrap();
            assert!(model.source.starts_with("https://") && !model.licence.is_empty(), "{}", model.name);
            // Each says why it cannot be fetched, or can be.
            assert_eq!(model.can_be_pulled(), model.note.is_none(), "{}", model.name);
            for file in &model.files {
                assert!(file.url.as_ref().is_none_or(|url| url.starts_with("https://")), "{}", model.name);
            }
        }
    }

    #[test]
    fn a_manifest_leads_nowhere_else() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("models.json");
        let write = |name: &str, file: &str, hash: &str| {
            let text = serde_json::json!([{
                "name": name, "what": "", "licence": "MIT", "source": "", "files": [{ "name": file, "sha256": hash }],
            }]);
            std::fs::write(&path, text.to_string()).unwrap();
            read_manifest(&path)
        };
        let hash = "0".repeat(64);
        assert_eq!(write("mine", "mine.onnx", &hash).unwrap()[0].files[0].name, "mine.onnx");
        for (name, file, hash) in [
            ("..", "a.onnx", &*hash),
            ("a/b", "a.onnx", &hash),
            ("a", "../a.onnx", &hash),
            ("a", "/etc/a", &hash),
            ("a", "C:a", &hash),
            ("a", "", &hash),
            ("a", "a.onnx", "ABC"),
        ] {
            let error = write(name, file, hash).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{name} {file}");
        }
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(read_manifest(&path).unwrap_err().kind(), ErrorKind::InvalidConfig);
        assert_eq!(read_manifest(dir.path().join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }
}
