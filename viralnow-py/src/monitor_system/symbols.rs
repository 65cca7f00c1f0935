//! What the interpreter has and the stable interface of Python 3.10, for which the wheel is built, does not name.
//!
//! Looked up once by name; where one is not there the slower way is taken, which is named as well. `PyObject_Vectorcall` is a
//! function of its own from Python 3.11 on and part of the stable interface from 3.12 on; `PyContextVar_Get` is in all.

use pyo3::ffi;
use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;

/// How a callable that takes its arguments as a C array is called.
pub(crate) type VectorCall = unsafe extern "C" fn(
    *mut ffi::PyObject,
    *const *mut ffi::PyObject,
    usize,
    *mut ffi::PyObject,
) -> *mut ffi::PyObject;

/// Reads a context's variable.
pub(crate) type GetVariable =
    unsafe extern "C" fn(*mut ffi::PyObject, *mut ffi::PyObject, *mut *mut ffi::PyObject) -> c_int;

pub(crate) struct Symbols {
    /// Calls an object with a C array; `None`: with a tuple and a dict.
    pub(crate) vectorcall: Option<VectorCall>,
    /// What stands in `tp_call` of a type whose objects take C arrays.
    pub(crate) call_by_vector: Option<ffi::ternaryfunc>,
    /// `None`: by the variable's method `get`.
    pub(crate) get_variable: Option<GetVariable>,
}

static SYMBOLS: OnceLock<Symbols> = OnceLock::new();

#[inline]
pub(crate) fn symbols() -> &'static Symbols {
    SYMBOLS.get_or_init(|| {
        let vectorcall = find(c"PyObject_Vectorcall");
        let call_by_vector = find(c"PyVectorcall_Call");
        let get_variable = find(c"PyContextVar_Get");
        // SAFETY: what CPython exports under these names has had these signatures since 3.9.
        unsafe {
            Symbols {
                vectorcall: vectorcall.map(|found| std::mem::transmute::<*mut c_void, VectorCall>(found)),
                call_by_vector: call_by_vector
                    .map(|found| std::mem::transmute::<*mut c_void, ffi::ternaryfunc>(found)),
                get_variable: get_variable
                    .map(|found| std::mem::transmute::<*mut c_void, GetVariable>(found)),
            }
        }
    })
}

#[cfg(unix)]
fn find(name: &CStr) -> Option<*mut c_void> {
    unsafe extern "C" {
        fn dlsym(handle: *mut c_void, name: *const std::ffi::c_char) -> *mut c_void;
    }
    /// The libraries of the process in the order of loading.
    const DEFAULT: *mut c_void =
        if cfg!(target_vendor = "apple") { -2_isize as *mut c_void } else { std::ptr::null_mut() };
    // SAFETY: a handle that the system defines and a string that ends with 0.
    let found = unsafe { dlsym(DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

#[cfg(not(unix))]
fn find(_name: &CStr) -> Option<*mut c_void> {
    None
}
