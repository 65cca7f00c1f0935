//! The detector of faces, the model of expressions and the reader of text that were used last: to make one takes longer than a
//! few pictures, and a host that calls by name has no handle to keep it by.

use crate::Result;
use crate::fork::{self, generation};
use crate::imaging::RgbImage;
use crate::model::{model_dirs, models};
use crate::vision::{
    ExpressionModel, Face, FaceDetector, FaceParams, TextBox, TextParams, TextReader, face_detector,
};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

static FACES: Kept<FaceParams, Box<dyn FaceDetector>> = Kept::new();
static EXPRESSIONS: Kept<usize, ExpressionModel> = Kept::new();
static TEXT: Kept<TextParams, TextReader> = Kept::new();

/// As [`crate::vision::detect_faces`].
pub(super) fn detect_faces(picture: &RgbImage, params: &FaceParams) -> Result<Vec<Face>> {
    let plain = FaceParams { expressions: false, ..*params };
    let mut faces = FACES.with(&plain, || face_detector(&plain), |detector| detector.detect(picture))?;
    if params.expressions {
        // Also without a face: that the model is not there must not depend on the picture.
        EXPRESSIONS.with(
            &params.threads,
            || ExpressionModel::find(params.threads),
            |model| {
                faces.iter_mut().try_for_each(|face| {
                    face.expression = Some(model.of(picture, face)?);
                    Ok(())
                })
            },
        )?;
    }
    Ok(faces)
}

/// As [`crate::vision::read_text`].
pub(super) fn read_text(picture: &RgbImage, params: &TextParams) -> Result<Vec<TextBox>> {
    TEXT.with(params, || TextReader::open(params), |reader| reader.read(picture))
}

/// What an engine was made of: where files are looked for, and the models that there were.
#[derive(PartialEq)]
struct Stamp {
    dirs: Vec<PathBuf>,
    models: Vec<(PathBuf, Option<SystemTime>)>,
    languages: Option<OsString>,
}

impl Stamp {
    fn now() -> Self {
        let changed = |path: &PathBuf| path.metadata().and_then(|data| data.modified()).ok();
        Self {
            dirs: model_dirs(),
            models: models().into_values().map(|path| (path.clone(), changed(&path))).collect(),
            languages: std::env::var_os("TESSDATA_PREFIX"),
        }
    }
}

/// One engine, of the settings that were used last. It is taken out while it works: another thread makes its own instead of
/// waiting, and what panics keeps nothing.
struct Kept<K, T>(Mutex<Option<Engine<K, T>>>);

struct Engine<K, T> {
    settings: K,
    stamp: Stamp,
    /// The process that made it: the threads of its runtime are not there in a child.
    generation: u32,
    engine: T,
}

impl<K: Clone + PartialEq, T> Kept<K, T> {
    const fn new() -> Self {
        Self(Mutex::new(None))
    }

    fn with<R>(
        &self,
        settings: &K,
        open: impl FnOnce() -> Result<T>,
        work: impl FnOnce(&mut T) -> Result<R>,
    ) -> Result<R> {
        // So that a child knows that it is one.
        fork::watch();
        // Inside, and as shortly as can be: a child of a fork must find it free.
        let put = |engine: Option<Engine<K, T>>| {
            let _gate = fork::gate();
            std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), engine)
        };
        let (stamp, generation) = (Stamp::now(), generation());
        let kept = put(None);
        let mut engine = match kept {
            Some(kept) if kept.generation != generation => {
                // Its end would wait for threads that are not there.
                std::mem::forget(kept);
                open()?
            }
            Some(kept) if kept.settings == *settings && kept.stamp == stamp => kept.engine,
            _ => open()?,
        };
        let done = work(&mut engine);
        drop(put(Some(Engine { settings: settings.clone(), stamp, generation, engine })));
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Calls with these settings; how many engines were made in all.
    fn made(kept: &Kept<u32, usize>, count: &AtomicUsize, settings: u32) -> usize {
        kept.with(&settings, || Ok(count.fetch_add(1, Ordering::SeqCst)), |_| Ok(())).unwrap();
        count.load(Ordering::SeqCst)
    }

    #[test]
    fn an_engine_serves_until_other_settings_come() {
        let (kept, count) = (Kept::new(), AtomicUsize::new(0));
        assert_eq!([1, 1, 2, 2, 1].map(|settings| made(&kept, &count, settings)), [1, 1, 2, 2, 3]);
    }

    #[test]
    fn threads_do_not_wait_for_each_other_and_one_engine_is_kept() {
        let (kept, count, both) = (Kept::<u32, usize>::new(), AtomicUsize::new(0), Barrier::new(2));
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let open = || Ok(count.fetch_add(1, Ordering::SeqCst));
                    // Neither goes on before both work.
                    kept.with(&1, open, |_| {
                        both.wait();
                        Ok(())
                    })
                });
            }
        });
        assert_eq!((count.load(Ordering::SeqCst), made(&kept, &count, 1)), (2, 2));
    }

    #[test]
    fn what_is_refused_is_asked_for_again() {
        let (kept, count) = (Kept::new(), AtomicUsize::new(0));
        let refused = || Err(crate::Error::new(crate::ErrorKind::Unavailable, "not there"));
        assert!(kept.with(&1, refused, |_: &mut usize| Ok(())).is_err());
        assert_eq!(made(&kept, &count, 1), 1);
    }
}
