//! The first stage: what is it, is it allowed, is it already known.

use super::known::stored;
use super::{Analysis, Analyzer, Captions, Input};
use crate::media::{Cue, MediaInput, captions};
use crate::monitor::Run;
use crate::{AssetId, CorrelationId, Error, ErrorKind, Limits, Result};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::SystemTime;

/// What came of opening.
pub(super) enum Opened {
    /// The store has it, with these very versions.
    Stored(Box<Analysis>),
    /// To be analysed.
    Ready(Box<Ready>),
}

/// An input that was checked.
pub(super) struct Ready {
    pub(super) asset_id: AssetId,
    /// Of the medium alone; none of what is still to come.
    pub(super) content_sha256: Option<String>,
    /// Of everything given.
    pub(super) input_sha256: Option<String>,
    pub(super) media: Option<MediaInput>,
    pub(super) text: Option<String>,
    pub(super) captions: Option<Vec<Cue>>,
    /// Why the captions that were found beside the medium are not there.
    pub(super) note: Option<String>,
    /// The file as it was before it was hashed.
    stamp: Option<Stamp>,
}

/// Length and time of the last change of a file.
type Stamp = (u64, Option<SystemTime>);

impl Ready {
    /// Fails where the file is not any more the one that was hashed: its features would stand under the hash of another.
    pub(super) fn check_unchanged(&self) -> Result<()> {
        match &self.media {
            Some(media) if stamp(media) != self.stamp => Err(Error::new(
                ErrorKind::Io,
                "the file was changed while it was analysed; analyse it again when nobody writes to it any more",
            )
            .with("asset_id", &self.asset_id)),
            _ => Ok(()),
        }
    }
}

fn stamp(media: &MediaInput) -> Option<Stamp> {
    let MediaInput::Path(path) = media else { return None };
    let facts = std::fs::metadata(path).ok()?;
    Some((facts.len(), facts.modified().ok()))
}

pub(super) fn open(
    analyzer: &Analyzer,
    input: Input,
    correlation_id: &CorrelationId,
    run: &mut Run,
) -> Result<Opened> {
    let limits = &analyzer.options.limits;
    let text_bytes = input.text.as_ref().map_or(0, String::len) as u64;
    Limits::check("max_text_bytes", text_bytes, limits.max_text_bytes)?;
    let (captions, note) = cues(&input, limits)?;
    if input.media.is_none() && input.text.is_none() && captions.is_none() {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "nothing to analyse; give a path, bytes, samples, frames, text or captions",
        ));
    }
    let stamp = input.media.as_ref().and_then(stamp);
    let hashes = match input.media {
        Some(MediaInput::Live(_)) => None,
        _ => Some(digests(&input, captions.as_deref(), limits, run)?),
    };
    // What is still to come has no hash: its name is that of the call.
    let named_by: [u8; 32] =
        hashes.map_or_else(|| Sha256::digest(correlation_id.as_str()).into(), |(content, _)| content);
    let ready = Ready {
        asset_id: analyzer.options.asset_id.clone().unwrap_or_else(|| AssetId::from_digest(&named_by)),
        content_sha256: hashes.map(|(content, _)| crate::asset::hex(&content)),
        input_sha256: hashes.map(|(_, whole)| crate::asset::hex(&whole)),
        media: input.media,
        text: input.text,
        captions,
        note,
        stamp,
    };
    if let Some(analysis) = stored(analyzer, &ready, correlation_id, run.scope())? {
        return Ok(Opened::Stored(Box::new(analysis)));
    }
    Ok(Opened::Ready(Box::new(ready)))
}

/// The cues of the caption file given, else of one beside the path (`clip.srt`, `.vtt`, `.ass`, `.ssa`, `.json3`), and why the latter cannot be
/// had. Without a single cue there are no captions, so that those inside the medium count.
fn cues(input: &Input, limits: &Limits) -> Result<(Option<Vec<Cue>>, Option<String>)> {
    let given = match (&input.captions, &input.media) {
        (Some(Captions::Text(text)), _) => {
            Limits::check("max_text_bytes", text.len() as u64, limits.max_text_bytes)?;
            captions::parse(text)
        }
        (Some(Captions::Path(path)), _) => captions::read(path, limits)
            .and_then(|text| captions::parse(&text))
            .map_err(|error| error.with("captions", path.display())),
        (None, Some(MediaInput::Path(path))) => return Ok(beside(path, limits)),
        (None, _) => return Ok((None, None)),
    };
    given.map(|cues| (Some(cues).filter(|cues| !cues.is_empty()), None))
}

/// The cues of the caption file beside the path. Nobody named these files: one that is empty is as none, and one
/// that cannot be read is told, and costs nothing else.
fn beside(path: &Path, limits: &Limits) -> (Option<Vec<Cue>>, Option<String>) {
    let mut note = None;
    for extension in ["srt", "vtt", "ass", "ssa", "json3"] {
        let sidecar = path.with_extension(extension);
        if sidecar == path || !sidecar.is_file() {
            continue;
        }
        let text = captions::read(&sidecar, limits);
        let is_blank = text.as_ref().is_ok_and(|text| text.trim_matches('\u{feff}').trim().is_empty());
        match text.and_then(|text| if is_blank { Ok(Vec::new()) } else { captions::parse(&text) }) {
            Ok(cues) if !cues.is_empty() => return (Some(cues), None),
            Ok(_) => {}
            Err(error) => {
                let name = sidecar.file_name().unwrap_or_default().to_string_lossy();
                note.get_or_insert(format!("the caption file {name} beside it could not be read: {error}"));
            }
        }
    }
    (None, note)
}

/// SHA-256 of the medium alone (as every other tool gives it; without a medium of the text, else of the cues), and of
/// everything given.
fn digests(
    input: &Input,
    captions: Option<&[Cue]>,
    limits: &Limits,
    run: &mut Run,
) -> Result<([u8; 32], [u8; 32])> {
    let media = input.media.as_ref().map(|media| media.content_hash(limits, run)).transpose()?;
    let captions = captions.map(|cues| {
        // With the length of the words: they may themselves look like the next cue.
        let line = |cue: &Cue| format!("{} {} {} {}\n", cue.start_s, cue.end_s, cue.text.len(), cue.text);
        cues.iter().map(line).collect::<String>()
    });
    let parts = [
        ("media", media.as_ref().map(|m| m.0.as_slice())),
        ("text", input.text.as_ref().map(String::as_bytes)),
        ("captions", captions.as_ref().map(String::as_bytes)),
    ];
    let content = match (media, parts.iter().find_map(|(_, part)| *part)) {
        (Some(media), _) => media.0,
        (None, part) => Sha256::digest(part.unwrap_or_default()).into(),
    };
    if parts.iter().filter(|(_, part)| part.is_some()).count() == 1 {
        return Ok((content, content));
    }
    let mut hash = Sha256::new();
    for (name, part) in parts {
        let Some(part) = part else { continue };
        hash.update(name);
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    Ok((content, hash.finalize().into()))
}
