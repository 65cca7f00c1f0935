//! One piece of work and a promise of its answer: short work on libuv's pool, long work on the threads of the analyses.

use crate::error::{caught, guard, throw};
use crate::threads;
use napi::bindgen_prelude::{AsyncTask, Object, ToNapiValue, TypeName};
use napi::{Env, Task};
use viralnow_core::{Error, ErrorKind, Result};

/// Work and its answer.
pub struct Query<T>(Option<Box<dyn FnOnce() -> Result<T> + Send>>);

pub(crate) fn query<T>(work: impl FnOnce() -> Result<T> + Send + 'static) -> AsyncTask<Query<T>>
where
    Query<T>: Task,
{
    AsyncTask::new(Query(Some(Box::new(work))))
}

impl<T: Send + ToNapiValue + TypeName + 'static> Task for Query<T> {
    type Output = T;
    type JsValue = T;

    fn compute(&mut self) -> napi::Result<T> {
        let work = self.0.take();
        guard(|| work.map_or_else(|| Err(Error::new(ErrorKind::Internal, "a task ran twice")), |work| work()))
    }

    fn resolve(&mut self, _env: Env, answer: T) -> napi::Result<T> {
        Ok(answer)
    }
}

/// A promise, and what keeps it with the answer of this work: to be run on a thread that may be held for long.
pub(crate) fn promise<T: ToNapiValue + Send + 'static>(
    env: &Env,
) -> napi::Result<(impl FnOnce(Result<T>) + Send + use<T>, Object<'_>)> {
    let (deferred, promise) = env.create_deferred()?;
    let keep = move |answer: Result<T>| match answer {
        Ok(answer) => deferred.resolve(move |_| Ok(answer)),
        Err(error) => deferred.reject(throw(error)),
    };
    Ok((keep, promise))
}

/// Runs work on a thread of its own, which nothing else waits for.
pub(crate) fn apart<T: ToNapiValue + Send + 'static>(
    env: &Env,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> napi::Result<Object<'_>> {
    let (keep, promise) = promise(env)?;
    let thread = std::thread::Builder::new().name("viralnow".to_owned());
    let started = thread.spawn(move || keep(caught(work))).map(drop);
    started.map_err(|error| throw(Error::new(ErrorKind::Io, "no thread can be started").caused_by(error)))?;
    Ok(promise)
}

/// Runs work that may take long on the threads of the analyses.
pub(crate) fn long<T: ToNapiValue + Send + 'static>(
    env: &Env,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> napi::Result<Object<'_>> {
    let (keep, promise) = promise(env)?;
    threads::run(Box::new(move || keep(caught(work)))).map_err(throw)?;
    Ok(promise)
}
