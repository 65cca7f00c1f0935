//! One short piece of work on libuv's pool, and a promise of its answer.

use crate::error::guard;
use napi::bindgen_prelude::{AsyncTask, ToNapiValue, TypeName};
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
