//! Sound that is analysed while it happens.

use crate::analyze::{Setting, prepare};
use crate::channel::{Channel, Message, Receiver};
use crate::error::{caught, guard, throw};
use crate::monitor::MemoryMonitor;
use crate::query::promise;
use crate::store::Store;
use napi::Env;
use napi::bindgen_prelude::{Float32Array, Object, ToNapiValue};
use napi_derive::napi;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use viralnow_core::monitor::CancelToken;
use viralnow_core::{Error, ErrorKind, Result, pipeline};

type Work = Box<dyn FnOnce(&mut Option<pipeline::Live>) + Send>;

/// An analysis under way. Pushes wait while it is behind, and the end waits for all of it: both do so on a thread of their own.
/// Not on libuv's, which files and name look-ups need too, nor on those of the other analyses, which sound that happens now
/// must not wait for. JavaScript waits for one push before the next, so that the order is kept.
#[napi]
pub struct Live {
    work: Sender<Work>,
    /// Gone once the end was told: it keeps Node's event loop alive.
    channel: Arc<Mutex<Option<Channel>>>,
    cancel: CancelToken,
}

/// Begins an analysis of sound that is still to come. The receiver gets progress, hooks and the end.
#[napi(catch_unwind)]
pub fn live(
    sample_rate: u32,
    channels: u32,
    setting: Setting,
    store: Option<&Store>,
    monitor: Option<&MemoryMonitor>,
    receiver: Receiver<'_>,
) -> napi::Result<Live> {
    let (analyzer, channel_to_js, cancel) = prepare(&setting, store, monitor, &receiver)?;
    let live = guard(|| analyzer.live(sample_rate, u16::try_from(channels).unwrap_or(u16::MAX)))?;
    let (work, waiting) = channel::<Work>();
    let mut live = Some(live);
    std::thread::Builder::new()
        .name("viralnow-push".to_owned())
        // Ends with the handle, and the analysis with it, if it was not finished.
        .spawn(move || waiting.into_iter().for_each(|work| work(&mut live)))
        .map_err(|error| {
            let message = "no thread can be started for the live analysis";
            throw(Error::new(ErrorKind::Io, message).caused_by(error))
        })?;
    Ok(Live { work, channel: Arc::new(Mutex::new(Some(channel_to_js))), cancel })
}

#[napi]
impl Live {
    /// Hands samples over, and says whether the analysis still listens.
    #[napi(catch_unwind, ts_return_type = "Promise<boolean>")]
    pub fn push<'env>(&self, env: &'env Env, samples: Float32Array) -> napi::Result<Object<'env>> {
        let samples = samples.to_vec();
        self.run(env, move |live| live.as_mut().ok_or_else(over)?.push(&samples))
    }

    /// Ends the stream; the end comes through the receiver.
    #[napi(catch_unwind, ts_return_type = "Promise<boolean>")]
    pub fn finish<'env>(&self, env: &'env Env) -> napi::Result<Object<'env>> {
        let channel = Arc::clone(&self.channel);
        self.run(env, move |live| {
            let live = live.take().ok_or_else(over)?;
            let result = caught(|| live.finish()).map(Arc::new);
            if let Some(channel) = channel.lock().unwrap_or_else(PoisonError::into_inner).take() {
                channel.tell(Message::One(result));
            }
            Ok(true)
        })
    }

    /// Stops the analysis; nothing is told any more.
    #[napi(catch_unwind)]
    pub fn cancel(&self) {
        self.cancel.cancel();
        drop(self.channel.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Does this after all that was asked for before it, and promises its answer.
    fn run<'env, T: ToNapiValue + Send + 'static>(
        &self,
        env: &'env Env,
        work: impl FnOnce(&mut Option<pipeline::Live>) -> Result<T> + Send + 'static,
    ) -> napi::Result<Object<'env>> {
        let (keep, promise) = promise(env)?;
        let sent = self.work.send(Box::new(move |live| keep(caught(|| work(live)))));
        sent.map_err(|_| throw(over()))?;
        Ok(promise)
    }
}

fn over() -> Error {
    Error::new(ErrorKind::InvalidInput, "the live analysis is over; begin another one")
}
