//! The one ordered channel from the thread of a call to JavaScript: progress, the hooks of extractors, and the end. One
//! channel, so that the last progress is never told after the end.

use crate::analyze::{Analysis, Item};
use crate::call::CalledOut;
use crate::error::describe;
use crate::extract::{HostCall, Reply};
use napi::bindgen_prelude::{Function, Object, ToNapiValue};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status, sys};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use viralnow_core::monitor::{CancelToken, Control, Observer, Progress};
use viralnow_core::{Error, ErrorKind, Result};

/// How often a waiting thread looks whether the call was cancelled or Node went away.
const LOOK: Duration = Duration::from_millis(20);

/// What JavaScript is told.
pub enum Message {
    /// How far the call is; the newest that is known when JavaScript gets to it.
    Progress(Arc<Latest>),
    /// A hook of an extractor is to be called; its reply is awaited.
    Hook(HostCall),
    /// The end of a single analysis.
    One(Result<Arc<viralnow_core::Analysis>>),
    /// The end of a batch.
    Many(Result<Vec<Result<Arc<viralnow_core::Analysis>>>>),
    /// The end of a function.
    Called(Result<CalledOut>),
}

/// The newest progress, and whether JavaScript has yet to fetch one.
#[derive(Default)]
pub struct Latest {
    progress: Mutex<Option<Progress>>,
    pending: AtomicBool,
}

/// JavaScript's end of the channel.
pub type Receiver<'env> = Function<'env, Message, Option<Reply>>;

type Sender = ThreadsafeFunction<Message, Option<Reply>, Message, Status, false>;

/// Our end of the channel. It keeps Node's event loop alive until it is dropped.
#[derive(Clone)]
pub struct Channel {
    sender: Arc<Sender>,
    cancel: CancelToken,
    latest: Arc<Latest>,
    wants_progress: bool,
}

impl Channel {
    pub(crate) fn new(
        receiver: &Receiver<'_>,
        cancel: CancelToken,
        wants_progress: bool,
    ) -> napi::Result<Self> {
        let sender = Arc::new(receiver.build_threadsafe_function::<Message>().build()?);
        Ok(Self { sender, cancel, latest: Arc::default(), wants_progress })
    }

    /// Tells without waiting. When Node is gone there is nobody to tell.
    pub(crate) fn tell(&self, message: Message) {
        self.sender.call(message, ThreadsafeFunctionCallMode::NonBlocking);
    }

    /// Calls a hook on the JavaScript thread and waits for its reply. Gives up when the call is cancelled or Node goes
    /// away, so that neither a busy event loop nor an exit can hold the thread for good.
    pub(crate) fn ask(&self, call: HostCall) -> Result<Reply> {
        let gone = || Error::new(ErrorKind::Cancelled, "Node is shutting down");
        let (reply_to, reply) = sync_channel(1);
        let status = self.sender.call_with_return_value(
            Message::Hook(call),
            ThreadsafeFunctionCallMode::NonBlocking,
            {
                move |result: napi::Result<Option<Reply>>, _| {
                    // Nobody listens any more when the call was cancelled meanwhile.
                    let _ = reply_to.send(result.map(Option::unwrap_or_default));
                    Ok(())
                }
            },
        );
        if status != Status::Ok {
            return Err(gone());
        }
        loop {
            match reply.recv_timeout(LOOK) {
                Ok(Ok(reply)) => return Ok(reply),
                Ok(Err(error)) => {
                    return Err(Error::new(
                        ErrorKind::HostFailed,
                        "the extractor's reply is not of the right types",
                    )
                    .caused_by(error));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
                Err(RecvTimeoutError::Timeout) if self.sender.aborted() => return Err(gone()),
                Err(RecvTimeoutError::Timeout) if self.cancel.is_cancelled() => {
                    return Err(Error::new(ErrorKind::Cancelled, "the call was cancelled by the host"));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Observer for Channel {
    fn progress(&self, progress: &Progress) -> Control {
        if self.sender.aborted() {
            return Control::Stop;
        }
        if self.wants_progress {
            *self.latest.progress.lock().unwrap_or_else(PoisonError::into_inner) = Some(progress.clone());
            if !self.latest.pending.swap(true, Ordering::AcqRel) {
                self.tell(Message::Progress(self.latest.clone()));
            }
        }
        Control::Continue
    }
}

impl ToNapiValue for Message {
    unsafe fn to_napi_value(raw: sys::napi_env, message: Self) -> napi::Result<sys::napi_value> {
        let env = Env::from_raw(raw);
        let mut object = Object::new(&env)?;
        match message {
            Self::Progress(latest) => {
                latest.pending.store(false, Ordering::Release);
                object.set("kind", "progress")?;
                if let Some(progress) =
                    latest.progress.lock().unwrap_or_else(PoisonError::into_inner).as_ref()
                {
                    object.set("fraction", progress.fraction)?;
                    object.set("stage", progress.stage)?;
                    object.set("elapsedS", progress.elapsed_s)?;
                    object.set("etaS", progress.eta_s)?;
                    object.set("items", vec![progress.items.0 as f64, progress.items.1 as f64])?;
                }
            }
            Self::Hook(call) => {
                object.set("kind", "hook")?;
                call.write(env, &mut object)?;
            }
            Self::One(result) => {
                object.set("kind", "done")?;
                match result {
                    Ok(analysis) => object.set("analysis", Analysis::new(analysis, env)?)?,
                    Err(error) => object.set("error", describe(&error))?,
                }
            }
            Self::Called(result) => {
                object.set("kind", "done")?;
                match result {
                    Ok(called) => object.set("called", called)?,
                    Err(error) => object.set("error", describe(&error))?,
                }
            }
            Self::Many(result) => {
                object.set("kind", "done")?;
                match result {
                    Ok(items) => {
                        let items = items.into_iter().map(|item| Item::new(item, env));
                        object.set("items", items.collect::<napi::Result<Vec<_>>>()?)?;
                    }
                    Err(error) => object.set("error", describe(&error))?,
                }
            }
        }
        // SAFETY: `raw` is the environment that calls us, on its own thread.
        unsafe { Object::to_napi_value(raw, object) }
    }
}
