//! One call: open, decode once into every extractor, sum up, score, store.

use super::assemble::{Outcomes, assemble};
use super::open::{Opened, open};
use super::runners::Runners;
use super::stages;
use super::{Analysis, Analyzer, Input};
use crate::extract::{AudioInput, FrameInput, SharedAnalysis, SharedOutputs, Wants};
use crate::features::Payload;
use crate::media::{
    self, AudioBlock, Cue, DecodeReport, DecodeRequest, Frame, MediaInfo, MediaSink, StreamEnd,
};
use crate::monitor::{Run, Scope, Steps};
use crate::{AnalyzeOptions, CorrelationId, Error, ErrorKind, Modality, Result};
use serde_json::json;
use std::time::{Duration, Instant};

/// Summing up an asset whose time is over may take this much more for each modality, or half of the time that was given.
const GRACE: Duration = Duration::from_secs(1);

/// Analyses one input on this thread.
pub(super) fn analyze(analyzer: &Analyzer, input: Input) -> Result<Analysis> {
    let options = &analyzer.options;
    let correlation_id = options.correlation_id.clone().unwrap_or_else(CorrelationId::generate);
    let steps: Vec<_> = stages::STAGES.iter().map(|stage| (stage.name, f64::from(stage.weight))).collect();
    let scope = Scope::new(analyzer.monitor.clone(), &correlation_id);
    scope.run(&stages::ANALYZE, |scope| {
        let mut run = Run::new(
            scope.clone(),
            analyzer.observer.clone(),
            analyzer.cancel.child(),
            options.limits.max_wall_s,
            Steps::new(&steps),
        );
        let analysis = steps_of(analyzer, input, &correlation_id, &mut run)?;
        run.finish();
        Ok(analysis)
    })
}

/// The stages in their order.
fn steps_of(
    analyzer: &Analyzer,
    input: Input,
    correlation_id: &CorrelationId,
    run: &mut Run,
) -> Result<Analysis> {
    let options = &analyzer.options;
    let opened = stage(run, &stages::OPEN, |run| open(analyzer, input, correlation_id, run))?;
    let ready = match opened {
        Opened::Stored(analysis) => return Ok(*analysis),
        Opened::Ready(ready) => *ready,
    };
    let scope = run.scope().with_asset(ready.asset_id.as_str());
    run.set_scope(scope);

    let fresh = || Runners::new(analyzer, &ready);
    let mut runners = fresh()?;
    let report =
        stage(run, &stages::DECODE, |run| decode(options, ready.media.as_ref(), &mut runners, &fresh, run))?;
    ready.check_unchanged()?;
    // What was decoded before the deadline is still summed up, within a bound of its own: that mostly takes milliseconds, but
    // words come in any amount, with a caption file, and the voice of a long sound takes its time in `reference`.
    let deadline = run.deadline();
    let grace =
        options.limits.max_wall_s.map_or(GRACE, |s| GRACE.max(Duration::from_secs_f64(s.min(1e9) / 2.0)));
    run.lift_deadline();
    let shared = runners.shared.clone();
    for (callsite, modality) in [
        (&stages::AUDIO, Some(Modality::Audio)),
        (&stages::VOICE, Some(Modality::Voice)),
        (&stages::VISION, Some(Modality::Vision)),
        (&stages::TEXT, Some(Modality::Text)),
        (&stages::CUSTOM, None),
    ] {
        stage(run, callsite, |run| {
            let scope = run.scope().clone();
            run.set_deadline(deadline.map(|deadline| deadline.max(Instant::now() + grace)));
            runners.finish(modality, &shared, &scope, &mut |done| run.advance(done));
            run.lift_deadline();
            Ok(())
        })?;
    }
    let outcomes = Outcomes { ready, report, runners };
    let mut analysis = assemble(options, correlation_id, outcomes)?;
    stage(run, &stages::SCORE, |_| {
        analysis.payload.score = crate::score::score(&analysis.payload.media, &analysis.payload.modalities);
        Ok(())
    })?;
    if let Some(store) = &analyzer.store {
        let put = stage(run, &stages::STORE, |_| {
            // The store keeps the day of the first analysis.
            if let Some(known) = store.get(&analysis.payload.asset_id)? {
                analysis.payload.created_at = known.created_at;
            }
            store.put(&analysis.payload)
        });
        tell_store_error(put, &mut analysis.payload, run.scope())?;
    }
    Ok(analysis)
}

/// Finished work is not thrown away with a row that could not be written: the payload and an event tell of it. Only being
/// cancelled fails the call.
pub(super) fn tell_store_error(put: Result<()>, payload: &mut Payload, scope: &Scope) -> Result<()> {
    match put {
        Err(error) if error.kind() == ErrorKind::Cancelled => return Err(error),
        Err(error) => {
            scope.publish(
                "store.failed",
                json!({ "code": error.kind().code(), "message": error.to_string(),
                        "asset_id": payload.asset_id }),
            );
            payload.store_error = Some((&error).into());
        }
        Ok(()) => {}
    }
    Ok(())
}

/// Runs one stage in its span, and counts it in the progress.
fn stage<T>(
    run: &mut Run,
    callsite: &'static crate::monitor::Callsite,
    body: impl FnOnce(&mut Run) -> Result<T>,
) -> Result<T> {
    run.enter(callsite.name)?;
    let outer = run.scope().clone();
    let result = outer.run(callsite, |inner| {
        run.set_scope(inner.clone());
        body(run)
    });
    run.set_scope(outer);
    result
}

/// The decoded pass. Text alone is a pass over nothing.
fn decode(
    options: &AnalyzeOptions,
    input: Option<&media::MediaInput>,
    runners: &mut Runners,
    fresh: &dyn Fn() -> Result<Runners>,
    run: &mut Run,
) -> Result<DecodeReport> {
    let wants = runners.wants();
    let Some(input) = input else {
        let info = MediaInfo::default();
        runners.begin(&info, run.scope());
        return Ok(DecodeReport {
            info,
            audio: StreamEnd::Absent,
            video: StreamEnd::Absent,
            captions: StreamEnd::Absent,
        });
    };
    let request = DecodeRequest {
        preset: options.preset,
        limits: options.limits,
        threads: options.thread_count(),
        audio: wants.audio,
        video: wants.sampled_frames,
        captions: wants.cues,
        motion_vectors: false,
        deblock_unreferenced: false,
    };
    let mut pass = Pass { runners, fresh, wants, shared: None, start: None, scope: run.scope().clone() };
    let result = media::decode(input, &request, run, &mut pass);
    let shared = pass.shared.take();
    let audio_start_s = pass.start.unwrap_or(0.0);
    match result {
        Ok(report) => {
            let mut outputs = match shared {
                Some(shared) => {
                    let scope = run.scope().clone();
                    shared.finish(&mut |input| {
                        runners.audio(input, &scope);
                        Ok(())
                    })?
                }
                None => SharedOutputs::default(),
            };
            outputs.duration_s = report.info.duration_s.unwrap_or(0.0);
            outputs.audio_start_s = report.info.audio_start_s.unwrap_or(audio_start_s);
            runners.shared = outputs;
            Ok(report)
        }
        // Words that came with a broken file are still words.
        Err(error) if runners.has_words() && is_damage(&error) => {
            let info = MediaInfo { bytes: None, ..MediaInfo::default() };
            runners.begin(&info, run.scope());
            let (audio, video) = (StreamEnd::Failed(error.again()), StreamEnd::Failed(error));
            Ok(DecodeReport { info, audio, video, captions: StreamEnd::Absent })
        }
        Err(error) => Err(error),
    }
}

fn is_damage(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::DecodeFailed | ErrorKind::UnsupportedFormat | ErrorKind::Unavailable)
}

/// Takes what the decoder gives, computes the shared inputs and hands both to every extractor.
struct Pass<'a> {
    runners: &'a mut Runners,
    /// Makes runners that were given nothing yet.
    fresh: &'a dyn Fn() -> Result<Runners>,
    wants: Wants,
    shared: Option<SharedAnalysis>,
    start: Option<f64>,
    scope: Scope,
}

impl MediaSink for Pass<'_> {
    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        self.shared = Some(SharedAnalysis::new(self.wants));
        self.runners.begin(info, &self.scope);
        Ok(())
    }

    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
        self.start.get_or_insert(block.start_s);
        let (runners, scope) = (&mut *self.runners, &self.scope);
        match &mut self.shared {
            Some(shared) => shared.audio(block, &mut |input: &AudioInput<'_>| {
                runners.audio(input, scope);
                Ok(())
            }),
            None => Err(before_begin()),
        }
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<()> {
        let (runners, scope) = (&mut *self.runners, &self.scope);
        match &mut self.shared {
            Some(shared) => shared.frame(frame, &mut |input: &FrameInput<'_>| {
                runners.frame(input, scope);
                Ok(())
            }),
            None => Err(before_begin()),
        }
    }

    fn cue(&mut self, cue: &Cue) -> Result<()> {
        self.runners.cue(cue, &self.scope);
        Ok(())
    }

    fn restart(&mut self) -> Result<bool> {
        *self.runners = (self.fresh)()?;
        (self.shared, self.start) = (None, None);
        Ok(true)
    }
}

fn before_begin() -> Error {
    Error::new(ErrorKind::Internal, "the decoder delivered data before it began")
}
