//! Joins what the extractors found into the payload.

use super::Analysis;
use super::open::Ready;
use super::runners::{AllVectors, Runner, Runners, State};
use crate::features::{
    AssetStatus, FEATURE_SCHEMA_VERSION, Modalities, ModalityResult, ModalityStatus, NO_PICTURES, NO_SOUND,
    Payload,
};
use crate::media::{DecodeReport, StreamEnd};
use crate::{AnalyzeOptions, CorrelationId, Error, ErrorKind, Result, VERSION};
use std::collections::BTreeMap;

/// Everything that the stages before this one found.
pub(super) struct Outcomes {
    pub(super) ready: Ready,
    pub(super) report: DecodeReport,
    pub(super) runners: Runners,
}

/// The present time, RFC 3339, UTC, to the millisecond.
pub(super) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

pub(super) fn assemble(
    options: &AnalyzeOptions,
    correlation_id: &CorrelationId,
    outcomes: Outcomes,
) -> Result<Analysis> {
    let Outcomes { ready, report, runners } = outcomes;
    let mut vectors = AllVectors::new();
    let mut trouble = Trouble::default();
    let sound = Some((&report.audio, "sound"));
    let audio = result(runners.audio, sound, &mut vectors, &mut trouble);
    let voice = result(runners.voice, sound, &mut vectors, &mut trouble);
    let mut text = result(runners.text, None, &mut vectors, &mut trouble);
    let vision = result(runners.vision, Some((&report.video, "pictures")), &mut vectors, &mut trouble);
    let custom: BTreeMap<_, _> = runners
        .custom
        .into_iter()
        .map(|runner| (runner.name().to_owned(), result(runner, None, &mut vectors, &mut trouble)))
        .collect();
    let cut = match &report.captions {
        StreamEnd::Cut(error) | StreamEnd::Failed(error) => {
            Some(format!("the embedded captions were cut short: {error}"))
        }
        // Not cut, but not there either: another build may read them.
        StreamEnd::Unavailable(error) if text.status == ModalityStatus::Unavailable => {
            text.reason = Some(format!("the embedded captions cannot be read: {error}"));
            None
        }
        _ => None,
    };
    let is_asked = text.status != ModalityStatus::Skipped;
    for note in cut.into_iter().chain(ready.note).filter(|_| is_asked) {
        let all = [text.reason.take(), Some(note.clone())].into_iter().flatten().collect::<Vec<_>>();
        text.reason = Some(all.join("; "));
        trouble.note(note);
    }
    let mut modalities = Modalities { audio, voice, text, vision, custom };
    super::joins::join(&mut modalities, report.info.duration_s);
    let status = trouble.status(&modalities);
    if status == AssetStatus::Failed
        && let Some(error) = failure([report.video, report.audio])
    {
        return Err(error);
    }
    let now = now();
    let payload = Payload {
        asset_id: ready.asset_id,
        status,
        reason: trouble.reason(),
        correlation_id: correlation_id.clone(),
        feature_schema_version: FEATURE_SCHEMA_VERSION.to_owned(),
        library_version: VERSION.to_owned(),
        preset: options.preset,
        content_sha256: ready.content_sha256,
        input_sha256: ready.input_sha256,
        created_at: now.clone(),
        updated_at: now,
        meta: options.meta.clone(),
        media: report.info,
        modalities,
        store_error: None,
        score: None,
    };
    Ok(Analysis { payload, vectors })
}

/// Nothing at all came out: the error of the stream that failed is the error of the call.
fn failure(ends: [StreamEnd; 2]) -> Option<Error> {
    ends.into_iter().find_map(|end| match end {
        StreamEnd::Failed(error) | StreamEnd::Cut(error) => Some(error),
        _ => None,
    })
}

/// What went wrong, for the asset's status and reason.
#[derive(Default)]
struct Trouble {
    notes: Vec<String>,
}

impl Trouble {
    fn note(&mut self, note: String) {
        // One stream feeds several modalities; its damage is told once.
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn status(&self, modalities: &Modalities) -> AssetStatus {
        let m = modalities;
        let statuses = [m.audio.status, m.voice.status, m.text.status, m.vision.status];
        let statuses = || statuses.into_iter().chain(m.custom.values().map(|c| c.status));
        let any = |status| statuses().any(|s| s == status);
        if any(ModalityStatus::Failed) && !any(ModalityStatus::Complete) {
            AssetStatus::Failed
        } else if self.notes.is_empty() {
            AssetStatus::Complete
        } else {
            AssetStatus::Partial
        }
    }

    fn reason(self) -> Option<String> {
        (!self.notes.is_empty()).then(|| self.notes.join("; "))
    }
}

/// The result of one modality, from its extractor and the stream that fed it.
fn result<E: ?Sized, F>(
    runner: Runner<E, F>,
    stream: Option<(&StreamEnd, &str)>,
    vectors: &mut AllVectors,
    trouble: &mut Trouble,
) -> ModalityResult<F> {
    let name = runner.name().to_owned();
    let mut result = ModalityResult {
        status: ModalityStatus::Skipped,
        reason: None,
        model_version: runner.version,
        started_at: runner.started_at,
        completed_at: runner.completed_at,
        summary: None,
        vectors_uri: None,
        error: None,
    };
    let unavailable = |result: ModalityResult<F>, reason: String| ModalityResult {
        status: ModalityStatus::Unavailable,
        reason: Some(reason),
        ..result
    };
    let failed = |result: ModalityResult<F>, error: &Error| ModalityResult {
        status: ModalityStatus::Failed,
        error: Some(error.into()),
        ..result
    };
    match (runner.state, stream) {
        (State::Skipped | State::Running, _) => result,
        (_, Some((StreamEnd::Absent, what))) => {
            let reason = if what == "sound" { NO_SOUND } else { NO_PICTURES };
            unavailable(result, reason.to_owned())
        }
        (_, Some((StreamEnd::Unavailable(error), _))) => unavailable(result, error.to_string()),
        (_, Some((StreamEnd::Failed(error), what))) => {
            trouble.note(format!("the {what} could not be decoded: {error}"));
            failed(result, error)
        }
        (State::Failed(error), _) if error.kind() == ErrorKind::Unavailable => {
            unavailable(result, error.to_string())
        }
        (State::Failed(error), _) => {
            trouble.note(format!("{name} failed: {error}"));
            failed(result, &error)
        }
        (State::Done(extracted), stream) => {
            if let Some((StreamEnd::Cut(error), what)) = stream {
                let reason = format!("the {what} were cut short: {error}").replace("sound were", "sound was");
                trouble.note(reason.clone());
                result.reason = Some(reason);
            }
            result.status = ModalityStatus::Complete;
            result.summary = Some(extracted.features);
            if !extracted.vectors.is_empty() {
                vectors.insert(name, extracted.vectors);
            }
            result
        }
    }
}
