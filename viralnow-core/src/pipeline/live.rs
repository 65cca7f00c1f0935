//! Sound that is analysed while it happens.

use super::{Analysis, Analyzer, Input};
use crate::media::{LiveAudio, LiveSender, MediaInput};
use crate::{Error, ErrorKind, Result};
use std::thread::JoinHandle;

/// An analysis under way: [`push`](Live::push) hands samples over as they come, [`finish`](Live::finish) gives what
/// [`Analyzer::analyze`] gives for the same samples at once. Dropped without `finish`, it is cancelled.
///
/// It runs on a thread of its own, at most 4 s of sound behind the host; the memory is that of the frame-level features.
///
/// ```
/// use viralnow_core::{AnalyzeOptions, Analyzer};
/// let mut live = Analyzer::new(AnalyzeOptions::default())?.live(48_000, 2)?;
/// for _ in 0..100 {
///     live.push(&[0.1; 960])?; // 10 ms of two channels
/// }
/// let analysis = live.finish()?;
/// assert_eq!(analysis.payload.media.duration_s, Some(1.0));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Live {
    sender: Option<LiveSender>,
    worker: Option<JoinHandle<Result<Analysis>>>,
    cancel: crate::monitor::CancelToken,
    channels: u16,
}

impl Analyzer {
    /// Begins an analysis of sound that is still to come: interleaved samples at `sample_rate` (1,000 to 768,000 Hz).
    /// The asset has no content hash, and is named by the correlation id unless `asset_id` is given.
    pub fn live(&self, sample_rate: u32, channels: u16) -> Result<Live> {
        let (sender, audio) = LiveAudio::open(sample_rate, channels, &self.options.limits)?;
        // Stopping this analysis must not stop the others that hold the token.
        let cancel = self.cancel.child();
        let analyzer = Self { cancel: cancel.clone(), ..self.clone() };
        let input = Input { media: Some(MediaInput::Live(audio)), ..Input::default() };
        let worker = std::thread::Builder::new()
            .name("viralnow-live".to_owned())
            .spawn(move || analyzer.analyze(input))
            .map_err(|error| {
                Error::new(ErrorKind::Io, "no thread can be started for the live analysis").caused_by(error)
            })?;
        Ok(Live { sender: Some(sender), worker: Some(worker), cancel, channels })
    }
}

impl Live {
    /// Hands interleaved samples over; waits while the analysis is more than 4 s behind. Gives whether the analysis still
    /// listens: over a limit it does not, and `finish` gives what it has. Refuses samples that are not finite, and a number
    /// that is not a multiple of the channels; those of before stand.
    pub fn push(&mut self, samples: &[f32]) -> Result<bool> {
        self.sender.as_ref().map_or(Ok(false), |sender| sender.push(samples))
    }

    /// Stops this analysis from another thread, also while [`push`](Live::push) waits.
    pub fn cancel_token(&self) -> crate::monitor::CancelToken {
        self.cancel.clone()
    }

    /// Channels of the stream.
    pub fn channels(&self) -> u16 {
        self.channels
    }

    /// Ends the stream without waiting: nothing more is taken, and the analysis sums up.
    pub fn end(&mut self) {
        self.sender = None;
    }

    /// Whether the analysis is over, so that [`finish`](Live::finish) does not wait.
    pub fn is_over(&self) -> bool {
        self.worker.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends the stream and waits for the result.
    pub fn finish(mut self) -> Result<Analysis> {
        self.sender = None;
        let worker = self.worker.take();
        worker.and_then(|worker| worker.join().ok()).unwrap_or_else(|| {
            Err(Error::new(
                ErrorKind::Internal,
                "the live analysis panicked; this is a defect, please report it",
            ))
        })
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.sender = None;
        if let Some(worker) = self.worker.take() {
            // Its result is not wanted any more.
            let _ = worker.join();
        }
    }
}
