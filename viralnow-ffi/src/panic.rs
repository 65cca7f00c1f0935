//! The boundary: an error becomes a status and an error object, a panic never crosses.

use crate::error::{vn_error, vn_status};
use std::panic::{AssertUnwindSafe, catch_unwind};
use viralnow_core::{Error, Result};

/// Runs the body of one function of the interface.
///
/// Unwind safety: a handle that a panic left half changed can only be one that the body holds mutably, and those (the
/// setters of `vn_options`) change a copy and put it in place at the end.
pub(crate) unsafe fn guard(err: *mut *mut vn_error, body: impl FnOnce() -> Result<()>) -> vn_status {
    let error = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(vn_error::from(&error)),
        Err(panic) => Some(vn_error::from(&Error::from_panic(&*panic))),
    };
    let status = error.as_ref().map_or(vn_status::Ok, vn_error::status);
    if !err.is_null() {
        let error = error.map_or(std::ptr::null_mut(), |error| Box::into_raw(Box::new(error)));
        // SAFETY: the caller gives NULL or a pointer to a `vn_error *` that may be written.
        unsafe { err.write(error) };
    }
    status
}

/// Runs the body of an accessor, which gives this value when it panics.
pub(crate) fn guard_or<T>(otherwise: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{vn_error_free, vn_error_message};
    use std::ffi::CStr;
    use std::ptr;
    use viralnow_core::ErrorKind;

    #[test]
    fn a_panic_becomes_internal_and_says_where_to_go() {
        let mut error = ptr::null_mut();
        // SAFETY: `error` is a place for an error; the object is freed once, below.
        unsafe {
            let status = guard(&raw mut error, || panic!("the sky fell: {}", 1));
            assert_eq!(status, vn_status::Internal);
            let message = CStr::from_ptr(vn_error_message(error)).to_str().unwrap();
            assert!(message.contains("please report it") && message.contains("the sky fell: 1"), "{message}");
            vn_error_free(error);
        }
    }

    #[test]
    fn a_success_clears_the_error_and_no_place_for_it_is_fine() {
        let mut error = ptr::without_provenance_mut(8);
        // SAFETY: `error` is a place for an error, and NULL is allowed.
        unsafe {
            assert_eq!(guard(&raw mut error, || Ok(())), vn_status::Ok);
            assert!(error.is_null());
            let failure = || Err(Error::new(ErrorKind::NotFound, "gone"));
            assert_eq!(guard(ptr::null_mut(), failure), vn_status::NotFound);
        }
    }

    #[test]
    fn an_accessor_that_panics_gives_its_default() {
        assert_eq!(guard_or(7, || panic!("no")), 7);
    }
}
