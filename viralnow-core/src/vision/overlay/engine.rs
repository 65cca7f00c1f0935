//! One tesseract, safe to use: a picture in, its words out.

#[cfg(feature = "ocr")]
use super::languages;
#[cfg(feature = "ocr")]
use super::library::{Library, Monitor, library};
use super::reader::Pulse;
use crate::imaging::GrayImage;
use crate::{Error, ErrorKind, Result};

/// A word as tesseract read it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    /// In [0, 1].
    pub(super) confidence: f32,
    /// Left, top, right, bottom, in pixels of the picture.
    pub(super) bounds: [f32; 4],
    /// Whether a line begins with it.
    pub(super) begins_line: bool,
}

/// How the text lies in a picture: tesseract's page segmentation modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// A page, with columns and pictures.
    Page = 3,
    /// One line.
    Line = 7,
}

/// The longest side that tesseract takes.
#[cfg(feature = "ocr")]
pub(super) const LONGEST: usize = 32_767;

/// A tesseract with its language loaded, which is most of its memory. Not for two threads at once.
#[cfg(feature = "ocr")]
pub(super) struct Engine {
    library: &'static Library,
    handle: std::ptr::NonNull<std::ffi::c_void>,
    languages: String,
}

#[cfg(not(feature = "ocr"))]
pub(super) enum Engine {}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

#[cfg(not(feature = "ocr"))]
impl Engine {
    pub(super) fn open(_: Option<&str>) -> Result<Self> {
        let message = "this build cannot read text on screen; build it with the feature `ocr`";
        Err(Error::new(ErrorKind::Unavailable, message).with("feature", "ocr"))
    }

    pub(super) fn version() -> Result<&'static str> {
        Self::open(None).map(|engine| match engine {})
    }

    pub(super) fn languages(&self) -> &str {
        match *self {}
    }

    pub(super) fn read(
        &mut self,
        _: &GrayImage,
        _: Layout,
        _: Option<u32>,
        _: Pulse<'_>,
    ) -> Result<Vec<Word>> {
        match *self {}
    }
}

// SAFETY: the handle is used by one thread at a time (every call takes `&mut self`), and tesseract keeps nothing in its thread.
#[cfg(feature = "ocr")]
unsafe impl Send for Engine {}

#[cfg(feature = "ocr")]
impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: the handle came from `create`, and nobody uses it any more.
        unsafe { (self.library.delete)(self.handle.as_ptr()) };
    }
}

#[cfg(feature = "ocr")]
impl Engine {
    /// With the data of these languages.
    pub(super) fn open(language: Option<&str>) -> Result<Self> {
        /// Its networks only, not the engine of release 3, whose data most packages leave out.
        const NETWORKS: i32 = 1;
        let library = library()?;
        let (dir, names) = languages::locate(language, &languages::data_dirs())?;
        let text = |text: &str| {
            std::ffi::CString::new(text)
                .map_err(|_| Error::new(ErrorKind::InvalidConfig, "a name has a zero in it"))
        };
        let (path, languages) = (text(&dir.to_string_lossy())?, text(&names)?);
        // SAFETY: `create` gives a new handle or null.
        let handle = std::ptr::NonNull::new(unsafe { (library.create)() })
            .ok_or_else(|| Error::new(ErrorKind::Internal, "tesseract gives no engine"))?;
        let engine = Self { library, handle, languages: names };
        // SAFETY: the handle is live and the strings end in zero; tesseract copies them.
        let failed = unsafe { (library.init)(handle.as_ptr(), path.as_ptr(), languages.as_ptr(), NETWORKS) };
        if failed != 0 {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "tesseract cannot use the data of the language; install it again, for release 4 or 5",
            )
            .with("language", &engine.languages)
            .with("directory", dir.display()));
        }
        let nowhere = if cfg!(windows) { c"NUL" } else { c"/dev/null" };
        // SAFETY: as above. It would tell the standard error output of every empty picture.
        unsafe { (library.set_variable)(handle.as_ptr(), c"debug_file".as_ptr(), nowhere.as_ptr()) };
        Ok(engine)
    }

    /// The languages that it reads, by tesseract's names.
    pub(super) fn languages(&self) -> &str {
        &self.languages
    }

    /// Tesseract's version.
    pub(super) fn version() -> Result<&'static str> {
        Ok(&library()?.version)
    }

    /// The words of a picture in reading order. The resolution (dots per inch) is guessed where it is not given.
    ///
    /// Fails with `INVALID_INPUT` for a picture without samples or longer than [`LONGEST`], and as soon as `pulse` does, which is
    /// asked before the call and before every word of it.
    pub(super) fn read(
        &mut self,
        picture: &GrayImage,
        layout: Layout,
        resolution: Option<u32>,
        pulse: Pulse<'_>,
    ) -> Result<Vec<Word>> {
        pulse()?;
        picture.check()?;
        if picture.width.max(picture.height) > LONGEST {
            return Err(Error::new(ErrorKind::InvalidInput, "the picture is longer than tesseract takes")
                .with("width", picture.width)
                .with("height", picture.height)
                .with("longest", LONGEST));
        }
        let (library, handle) = (self.library, self.handle.as_ptr());
        let (width, height) = (picture.width as i32, picture.height as i32);
        let mut asked = Asked { pulse, answer: Ok(Ok(())) };
        let watch = library.monitor.as_ref().and_then(|monitor| Watch::new(monitor, &mut asked));
        let watched = watch.as_ref().map_or(std::ptr::null_mut(), |watch| watch.handle.as_ptr());
        // SAFETY: the handle is live, the picture has `width * height` samples (checked) and is copied; the monitor is null or
        // lives until after the call.
        let recognize = || unsafe {
            (library.set_layout)(handle, layout as i32);
            (library.set_image)(handle, picture.data.as_ptr(), width, height, 1, width);
            if let Some(resolution) = resolution {
                (library.set_resolution)(handle, resolution.min(2400) as i32);
            }
            (library.recognize)(handle, watched)
        };
        let failed = match &library.openmp {
            Some(openmp) => openmp.alone(recognize),
            None => recognize(),
        };
        let words = if failed == 0 { self.words() } else { Vec::new() };
        // SAFETY: the handle is live; no iterator is.
        unsafe { (library.clear)(handle) };
        drop(watch);
        match asked.answer {
            Ok(answer) => answer?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        if failed != 0 {
            return Err(Error::new(ErrorKind::Internal, "tesseract failed to read the picture"));
        }
        Ok(words)
    }

    fn words(&mut self) -> Vec<Word> {
        /// Levels of the iterator.
        const LINE: i32 = 2;
        const WORD: i32 = 3;
        let library = self.library;
        let mut words = Vec::new();
        // SAFETY: the handle is live and was recognised; the iterator is null when there is no text, and lives until it is
        // deleted, before the results are cleared. Texts are freed as they came; the four numbers are ours.
        unsafe {
            let iterator = (library.iterator)(self.handle.as_ptr());
            if iterator.is_null() {
                return words;
            }
            let mut begins_line = false;
            loop {
                let place = (library.iterator_place)(iterator);
                let mut sides = [0; 4];
                let [left, top, right, bottom] = &mut sides;
                let placed = (library.bounds)(place, WORD, left, top, right, bottom) != 0;
                begins_line |= (library.is_first_of)(place, LINE) != 0;
                let text = (library.iterator_text)(iterator, WORD);
                if !text.is_null() {
                    let read = std::ffi::CStr::from_ptr(text).to_string_lossy().trim().to_owned();
                    (library.delete_text)(text);
                    if placed && !read.is_empty() {
                        words.push(Word {
                            text: read,
                            confidence: ((library.iterator_confidence)(iterator, WORD) / 100.0)
                                .clamp(0.0, 1.0),
                            bounds: sides.map(|side| side as f32),
                            begins_line,
                        });
                        begins_line = false;
                    }
                }
                if (library.iterator_next)(iterator, WORD) == 0 {
                    break;
                }
            }
            (library.iterator_delete)(iterator);
        }
        words
    }
}

/// Who is asked whether a call is to go on, and the answer that ended it: an error, or a panic, which must not go through C.
#[cfg(feature = "ocr")]
struct Asked<'a> {
    pulse: Pulse<'a>,
    answer: std::thread::Result<Result<()>>,
}

#[cfg(feature = "ocr")]
impl Asked<'_> {
    /// Whether the call is to end.
    unsafe extern "C" fn ends(this: *mut std::ffi::c_void, _words: std::ffi::c_int) -> bool {
        // SAFETY: `Watch::new` set this object, which lives and is used by nobody else until the call is over.
        let asked = unsafe { &mut *this.cast::<Asked<'_>>() };
        if matches!(asked.answer, Ok(Ok(()))) {
            let pulse = std::panic::AssertUnwindSafe(|| (asked.pulse)());
            asked.answer = std::panic::catch_unwind(pulse);
        }
        !matches!(asked.answer, Ok(Ok(())))
    }
}

/// A monitor of tesseract's.
#[cfg(feature = "ocr")]
struct Watch<'a> {
    monitor: &'a Monitor,
    handle: std::ptr::NonNull<std::ffi::c_void>,
}

#[cfg(feature = "ocr")]
impl<'a> Watch<'a> {
    /// It asks `asked`, which must live as long and must not be touched while a call runs.
    fn new(monitor: &'a Monitor, asked: &mut Asked<'_>) -> Option<Self> {
        // SAFETY: `create` gives a new monitor or null; the function takes what is set with it.
        unsafe {
            let handle = std::ptr::NonNull::new((monitor.create)())?;
            (monitor.set_cancel)(handle.as_ptr(), Asked::ends);
            (monitor.set_cancel_this)(handle.as_ptr(), std::ptr::from_mut(asked).cast());
            Some(Self { monitor, handle })
        }
    }
}

#[cfg(feature = "ocr")]
impl Drop for Watch<'_> {
    fn drop(&mut self) {
        // SAFETY: the monitor came from `create`, and no call has it any more.
        unsafe { (self.monitor.delete)(self.handle.as_ptr()) };
    }
}
