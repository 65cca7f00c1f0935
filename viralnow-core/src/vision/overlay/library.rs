//! Tesseract's C interface (`tesseract/capi.h` of release 5), found when it is first asked for. It is not linked: it draws in some
//! fifty libraries, which every program that analyses sound alone would load at its start, and builds would need its headers.

use crate::{Error, ErrorKind, Result};
use std::ffi::{CStr, OsString, c_char, c_float, c_int, c_uchar, c_void};
use std::sync::OnceLock;

/// Names the library itself.
const NAMED_BY: &str = "VIRALNOW_TESSERACT";

/// The names of release 5 where the system looks for libraries; some builds put the minor number into it.
const NAMES: &[&str] = if cfg!(windows) {
    &["libtesseract-5.dll", "tesseract55.dll", "tesseract54.dll", "tesseract53.dll"]
} else if cfg!(target_os = "macos") {
    &["libtesseract.5.dylib", "/opt/homebrew/lib/libtesseract.5.dylib", "/usr/local/lib/libtesseract.5.dylib"]
} else {
    &["libtesseract.so.5", "libtesseract.so.5.5", "libtesseract.so.5.4", "libtesseract.so.5.3"]
};

/// The functions that are called; a handle is an opaque pointer.
pub(super) struct Library {
    pub(super) version: String,
    pub(super) create: unsafe extern "C" fn() -> *mut c_void,
    pub(super) delete: unsafe extern "C" fn(*mut c_void),
    /// Handle, directory of the data, languages, kind of engine; 0 when done.
    pub(super) init: unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char, c_int) -> c_int,
    pub(super) set_variable: unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char) -> c_int,
    pub(super) set_layout: unsafe extern "C" fn(*mut c_void, c_int),
    /// Handle, samples (which it copies), columns, rows, bytes a pixel, bytes a row.
    pub(super) set_image: unsafe extern "C" fn(*mut c_void, *const c_uchar, c_int, c_int, c_int, c_int),
    pub(super) set_resolution: unsafe extern "C" fn(*mut c_void, c_int),
    /// Handle, monitor or null; 0 when done.
    pub(super) recognize: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
    pub(super) iterator: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    pub(super) clear: unsafe extern "C" fn(*mut c_void),
    pub(super) iterator_delete: unsafe extern "C" fn(*mut c_void),
    pub(super) iterator_next: unsafe extern "C" fn(*mut c_void, c_int) -> c_int,
    /// A string that `delete_text` frees, or null.
    pub(super) iterator_text: unsafe extern "C" fn(*const c_void, c_int) -> *mut c_char,
    /// In [0, 100].
    pub(super) iterator_confidence: unsafe extern "C" fn(*const c_void, c_int) -> c_float,
    /// The same object, seen as an iterator of places.
    pub(super) iterator_place: unsafe extern "C" fn(*const c_void) -> *const c_void,
    pub(super) is_first_of: unsafe extern "C" fn(*const c_void, c_int) -> c_int,
    pub(super) bounds:
        unsafe extern "C" fn(*const c_void, c_int, *mut c_int, *mut c_int, *mut c_int, *mut c_int) -> c_int,
    pub(super) delete_text: unsafe extern "C" fn(*const c_char),
    /// Without it a call runs to its end.
    pub(super) monitor: Option<Monitor>,
    /// OpenMP's, where tesseract was built with it.
    pub(super) openmp: Option<OpenMp>,
    /// Never unloaded: the functions above are its.
    _loaded: libloading::Library,
}

/// What a call of `recognize` asks whether it is to go on: before every word, whose line is read with its first. What comes before,
/// to find the lines of a page, asks nobody.
pub(super) struct Monitor {
    pub(super) create: unsafe extern "C" fn() -> *mut c_void,
    pub(super) delete: unsafe extern "C" fn(*mut c_void),
    pub(super) set_cancel: unsafe extern "C" fn(*mut c_void, Cancel),
    /// What the function is given.
    pub(super) set_cancel_this: unsafe extern "C" fn(*mut c_void, *mut c_void),
}

/// Given what was set and the number of words; true ends the call.
pub(super) type Cancel = unsafe extern "C" fn(*mut c_void, c_int) -> bool;

/// How many parallel regions may lie within each other, for the calling thread.
pub(super) struct OpenMp {
    get: unsafe extern "C" fn() -> c_int,
    set: unsafe extern "C" fn(c_int),
}

impl OpenMp {
    /// Runs `work` on this thread alone. Tesseract would start three more for it, which wait for each other most of the time: a
    /// caption costs twice the processor then, and a host that analyses several clips at once has too many threads.
    pub(super) fn alone<T>(&self, work: impl FnOnce() -> T) -> T {
        // SAFETY: functions of every OpenMP runtime since 3.0; they read and set a variable of the calling thread.
        let before = unsafe {
            let before = (self.get)();
            (self.set)(0);
            before
        };
        let done = work();
        // SAFETY: as above.
        unsafe { (self.set)(before) };
        done
    }
}

/// The library, loaded once; an error is not kept, so that it may be installed while the program runs.
pub(super) fn library() -> Result<&'static Library> {
    static LOADED: OnceLock<Library> = OnceLock::new();
    if let Some(library) = LOADED.get() {
        return Ok(library);
    }
    let found = find(std::env::var_os(NAMED_BY).filter(|path| !path.is_empty()))?;
    Ok(LOADED.get_or_init(|| found))
}

fn find(named: Option<OsString>) -> Result<Library> {
    if let Some(path) = named {
        // Whoever names a file means that one: no other is tried.
        return load(&path).map_err(|reason| {
            let message = "the library that VIRALNOW_TESSERACT names is no tesseract 5 that can be used; name another, or none \
                           for the system's";
            Error::new(ErrorKind::Unavailable, message)
                .with("variable", NAMED_BY)
                .with("path", std::path::Path::new(&path).display())
                .with("reason", reason)
        });
    }
    let mut looked = Vec::new();
    for name in NAMES {
        match load(std::ffi::OsStr::new(name)) {
            Ok(library) => return Ok(library),
            Err(reason) => looked.push(format!("{name}: {reason}")),
        }
    }
    Err(Error::new(
        ErrorKind::Unavailable,
        "tesseract 5 is not there; install it (`apt install tesseract-ocr`, `brew install tesseract`), or name its library in \
         VIRALNOW_TESSERACT",
    )
    .with("looked_for", looked.join("; ")))
}

fn load(name: &std::ffi::OsStr) -> std::result::Result<Library, String> {
    // SAFETY: loading runs the library's initialisers. The name is what the user set, or tesseract's own, looked for where the
    // system looks for the libraries of every program.
    let library = unsafe { libloading::Library::new(name) }.map_err(|error| error.to_string())?;
    /// The function of this name; its type is that of the field.
    macro_rules! function {
        ($name:literal) => {
            // SAFETY: the type is that of `capi.h`, which has been the same since release 4.
            *unsafe { library.get(concat!($name, "\0").as_bytes()) }
                .map_err(|_| format!("it has no {}", $name))?
        };
    }
    let version: unsafe extern "C" fn() -> *const c_char = function!("TessVersion");
    // SAFETY: gives a static string.
    let version = unsafe { CStr::from_ptr(version()) }.to_string_lossy().into_owned();
    if version.split('.').next().and_then(|major| major.parse::<u32>().ok()) != Some(5) {
        return Err(format!("its version {version} is not 5"));
    }
    // SAFETY: where a library that tesseract draws in has functions of these names, they are OpenMP's.
    let openmp = unsafe {
        let get = library.get(b"omp_get_max_active_levels\0").ok();
        let set = library.get(b"omp_set_max_active_levels\0").ok();
        get.zip(set).map(|(get, set)| OpenMp { get: *get, set: *set })
    };
    /// As above, where it may be left out.
    macro_rules! optional {
        ($name:literal) => {
            // SAFETY: as above.
            unsafe { library.get(concat!($name, "\0").as_bytes()) }.ok().map(|found| *found)
        };
    }
    let monitor = || {
        Some(Monitor {
            create: optional!("TessMonitorCreate")?,
            delete: optional!("TessMonitorDelete")?,
            set_cancel: optional!("TessMonitorSetCancelFunc")?,
            set_cancel_this: optional!("TessMonitorSetCancelThis")?,
        })
    };
    let monitor = monitor();
    Ok(Library {
        version,
        create: function!("TessBaseAPICreate"),
        delete: function!("TessBaseAPIDelete"),
        init: function!("TessBaseAPIInit2"),
        set_variable: function!("TessBaseAPISetVariable"),
        set_layout: function!("TessBaseAPISetPageSegMode"),
        set_image: function!("TessBaseAPISetImage"),
        set_resolution: function!("TessBaseAPISetSourceResolution"),
        recognize: function!("TessBaseAPIRecognize"),
        iterator: function!("TessBaseAPIGetIterator"),
        clear: function!("TessBaseAPIClear"),
        iterator_delete: function!("TessResultIteratorDelete"),
        iterator_next: function!("TessResultIteratorNext"),
        iterator_text: function!("TessResultIteratorGetUTF8Text"),
        iterator_confidence: function!("TessResultIteratorConfidence"),
        iterator_place: function!("TessResultIteratorGetPageIteratorConst"),
        is_first_of: function!("TessPageIteratorIsAtBeginningOf"),
        bounds: function!("TessPageIteratorBoundingBox"),
        delete_text: function!("TessDeleteText"),
        monitor,
        openmp,
        _loaded: library,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named_with_the_way_out() {
        let error = find(Some("/no/such/libtesseract.so.5".into())).err().expect("there is no such file");
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains(NAMED_BY), "{error}");
    }
}
