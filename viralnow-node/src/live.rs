//! Sound that is analysed while it happens.

use crate::analyze::{Setting, prepare};
use crate::channel::{Channel, Message, Receiver};
use crate::error::{caught, guard};
use crate::monitor::MemoryMonitor;
use crate::query::{Query, query};
use crate::store::Store;
use napi::bindgen_prelude::{AsyncTask, Float32Array};
use napi_derive::napi;
use std::sync::{Arc, Mutex, PoisonError};
use viralnow_core::monitor::CancelToken;
use viralnow_core::{Error, ErrorKind, pipeline};

/// An analysis under way. JavaScript waits for one push before the next, so that the order is kept.
#[napi]
pub struct Live {
    stream: Arc<Mutex<Option<pipeline::Live>>>,
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
    let (analyzer, channel, cancel) = prepare(&setting, store, monitor, &receiver)?;
    let live = guard(|| analyzer.live(sample_rate, u16::try_from(channels).unwrap_or(u16::MAX)))?;
    Ok(Live {
        stream: Arc::new(Mutex::new(Some(live))),
        channel: Arc::new(Mutex::new(Some(channel))),
        cancel,
    })
}

#[napi]
impl Live {
    /// Hands samples over, and says whether the analysis still listens.
    #[napi(catch_unwind, ts_return_type = "Promise<boolean>")]
    pub fn push(&self, samples: Float32Array) -> AsyncTask<Query<bool>> {
        let (live, samples) = (Arc::clone(&self.stream), samples.to_vec());
        query(move || match &mut *live.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(live) => live.push(&samples),
            None => Err(over()),
        })
    }

    /// Ends the stream; the end comes through the receiver.
    #[napi(catch_unwind, ts_return_type = "Promise<boolean>")]
    pub fn finish(&self) -> AsyncTask<Query<bool>> {
        let (live, channel) = (Arc::clone(&self.stream), Arc::clone(&self.channel));
        query(move || {
            let live = live.lock().unwrap_or_else(PoisonError::into_inner).take().ok_or_else(over)?;
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
}

fn over() -> Error {
    Error::new(ErrorKind::InvalidInput, "the live analysis is over; begin another one")
}
