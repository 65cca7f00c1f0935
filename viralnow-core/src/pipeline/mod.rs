//! One pass that feeds every extractor, joins what crosses modalities, and scores.
//!
//! ```text
//! open -> decode -> (audio, voice, text, vision, the host's own) -> score -> store
//! ```

mod analysis;
mod assemble;
mod batch;
mod info;
mod input;
mod joins;
mod known;
mod live;
mod open;
mod pass;
mod runners;
mod stages;

pub use analysis::Analysis;
pub use batch::BatchItem;
pub use info::{Info, info};
pub use input::{Captions, Input};
pub use live::Live;
pub use stages::STAGES;

use crate::extract::ExtractorFactory;
use crate::monitor::{CancelToken, GlobalMonitor, Monitor, Observer};
use crate::store::FeatureStore;
use crate::{AnalyzeOptions, Result};
use std::path::Path;
use std::sync::Arc;

/// Analyses one file with the default settings.
///
/// ```no_run
/// let analysis = viralnow_core::analyze("clip.mp4")?;
/// println!("{}", analysis.payload.score.unwrap().viral);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn analyze(path: impl AsRef<Path>) -> Result<Analysis> {
    Analyzer::new(AnalyzeOptions::default())?.analyze(Input::path(path.as_ref()))
}

/// Analyses a text with the default settings.
pub fn analyze_text(text: &str) -> Result<Analysis> {
    Analyzer::new(AnalyzeOptions::default())?.analyze(Input::text(text))
}

/// Settings, extractors, store and watchers of one or many calls. Cheap to clone; safe to share between threads.
#[derive(Clone)]
pub struct Analyzer {
    pub(crate) options: AnalyzeOptions,
    pub(crate) extractors: Vec<ExtractorFactory>,
    pub(crate) monitor: Arc<dyn Monitor>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) cancel: CancelToken,
    pub(crate) store: Option<Arc<dyn FeatureStore>>,
}

impl std::fmt::Debug for Analyzer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Analyzer").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Analyzer {
    /// An analyzer with these settings, which are checked here.
    pub fn new(options: AnalyzeOptions) -> Result<Self> {
        options.validate()?;
        Ok(Self {
            options,
            extractors: Vec::new(),
            monitor: Arc::new(GlobalMonitor),
            observer: None,
            cancel: CancelToken::default(),
            store: None,
        })
    }

    /// Adds a modality of the host: the factory makes one extractor for each asset.
    #[must_use]
    pub fn extractor(mut self, factory: ExtractorFactory) -> Self {
        self.extractors.push(factory);
        self
    }

    /// Sends spans, events and progress to this monitor, in place of the global one.
    #[must_use]
    pub fn monitor(mut self, monitor: Arc<dyn Monitor>) -> Self {
        self.monitor = monitor;
        self
    }

    /// Tells this observer how far the call is, and lets it stop the call.
    #[must_use]
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Lets another thread stop the call.
    #[must_use]
    pub fn cancel_token(mut self, cancel: CancelToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Writes every payload to this store, and skips work whose input and versions are already there: such an analysis has
    /// no frame-level features. With an extractor of the host nothing is skipped: what it does beside its features, and whether
    /// its version tells every change of it, is not ours to know. A store that cannot be read fails the call before any work; one that then does not take
    /// the payload does not: `store_error` in the payload says why, and an event `store.failed` is published.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn FeatureStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Analyses one input on the calling thread (the video decoder uses `threads`).
    ///
    /// Fails where nothing can be had; everything short of that is a payload whose `status` tells.
    pub fn analyze(&self, input: Input) -> Result<Analysis> {
        pass::analyze(self, input)
    }

    /// Analyses many inputs, `threads` at a time with one decoder thread each. The order is kept; a bad item never stops
    /// the batch: its entry carries the error. `timeout_s` bounds each item: over it, what was decoded until then is the
    /// item's (partial) result, or `TIMEOUT` where there is none.
    ///
    /// Fails only when the host cancels the whole batch. What was finished by then is lost, unless there is a
    /// [`store`](Analyzer::store): it has every item from the moment it was finished, and another call skips those.
    pub fn analyze_many(&self, inputs: Vec<Input>, timeout_s: Option<f64>) -> Result<Vec<BatchItem>> {
        batch::analyze_many(self, inputs, timeout_s)
    }
}
