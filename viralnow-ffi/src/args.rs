//! Parameters that come in and results that go out: every pointer is checked here.

use crate::panic::guard_or;
use crate::string::c_text;
use std::ffi::{CStr, c_char};
use viralnow_core::{Error, ErrorKind, Result};

/// The refusal of an argument, by the parameter's name.
pub(crate) fn invalid(parameter: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, message).with("parameter", parameter)
}

/// A text parameter that must be there.
pub(crate) unsafe fn text<'a>(pointer: *const c_char, parameter: &'static str) -> Result<&'a str> {
    // SAFETY: as for `text_or_null`.
    unsafe { text_or_null(pointer, parameter) }?.ok_or_else(|| invalid(parameter, "the parameter is NULL"))
}

/// A text parameter that may be NULL.
pub(crate) unsafe fn text_or_null<'a>(
    pointer: *const c_char,
    parameter: &'static str,
) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: not NULL; the caller promises a NUL-terminated text that stays until the call is over.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str()
        .map(Some)
        .map_err(|error| invalid(parameter, "the text is not UTF-8").with("valid_up_to", error.valid_up_to()))
}

/// A handle or struct that must be there.
pub(crate) unsafe fn reference<'a, T>(pointer: *const T, parameter: &'static str) -> Result<&'a T> {
    // SAFETY: NULL is told apart; the caller promises that any other pointer is valid until the call is over.
    unsafe { pointer.as_ref() }.ok_or_else(|| invalid(parameter, "the parameter is NULL"))
}

/// A handle that is changed.
pub(crate) unsafe fn reference_mut<'a, T>(pointer: *mut T, parameter: &'static str) -> Result<&'a mut T> {
    // SAFETY: NULL is told apart; the caller promises that nobody else uses the handle during the call.
    unsafe { pointer.as_mut() }.ok_or_else(|| invalid(parameter, "the parameter is NULL"))
}

/// An array; NULL is the empty one.
pub(crate) unsafe fn slice<'a, T>(
    pointer: *const T,
    count: usize,
    parameter: &'static str,
) -> Result<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        return Err(invalid(parameter, "the parameter is NULL, but its count is not 0").with("count", count));
    }
    if !pointer.is_aligned() {
        return Err(invalid(parameter, "the array is not aligned for its type"));
    }
    if count.checked_mul(size_of::<T>()).is_none_or(|bytes| bytes > isize::MAX as usize) {
        return Err(
            invalid(parameter, "the count is larger than the memory of any machine").with("count", count)
        );
    }
    // SAFETY: not NULL, aligned, of a size that can exist; the caller promises that `count` elements can be read.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// The place for a result. It is checked and set to this value first, so that a failed call leaves it defined.
pub(crate) unsafe fn place<T>(out: *mut T, initial: T, parameter: &'static str) -> Result<Place<T>> {
    if out.is_null() {
        return Err(invalid(parameter, "the parameter is NULL; it must point to a place for the result"));
    }
    // SAFETY: not NULL; the caller promises that one `T` may be written there.
    unsafe { out.write(initial) };
    Ok(Place(out))
}

/// A checked place for a result.
pub(crate) struct Place<T>(*mut T);

impl<T> Place<T> {
    pub(crate) fn set(self, value: T) {
        // SAFETY: checked by `place`, the only maker.
        unsafe { self.0.write(value) };
    }
}

impl<T> Place<*mut T> {
    /// Gives a new handle to the caller, who frees it.
    pub(crate) fn give(self, handle: T) {
        self.set(Box::into_raw(Box::new(handle)));
    }
}

impl Place<*mut c_char> {
    /// Gives a text to the caller, who frees it with `vn_string_free`.
    pub(crate) fn give_text(self, text: &str) {
        self.set(c_text(text).into_raw());
    }

    /// Gives a value as JSON text.
    pub(crate) fn give_json(self, value: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(|error| {
            Error::new(ErrorKind::Internal, "the value cannot be written as JSON").caused_by(error)
        })?;
        self.give_text(&text);
        Ok(())
    }
}

/// Frees a handle of this library. NULL is ignored.
pub(crate) unsafe fn free<T>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: handles come from `Place::give` or a `_new` function, both `Box::into_raw`, and are freed once.
        guard_or((), || drop(unsafe { Box::from_raw(handle) }));
    }
}

/// What an accessor sees in a handle; `otherwise` for NULL.
pub(crate) unsafe fn view<'a, T: 'a, R>(handle: *const T, otherwise: R, see: impl FnOnce(&'a T) -> R) -> R
where
    R: Copy,
{
    // SAFETY: NULL is told apart; the caller promises that any other handle is live.
    unsafe { handle.as_ref() }.map_or(otherwise, |handle| guard_or(otherwise, || see(handle)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_are_checked_before_they_are_read() {
        let values = [1.0_f64, 2.0];
        // SAFETY: the first has two elements; the others are refused before anything is read.
        unsafe {
            assert_eq!(slice(values.as_ptr(), 2, "values").unwrap(), values);
            assert!(slice(std::ptr::null::<f64>(), 0, "values").unwrap().is_empty());
            assert!(slice(std::ptr::null::<f64>(), 1, "values").unwrap_err().to_string().contains("values"));
            assert!(slice(values.as_ptr().byte_add(1), 1, "values").is_err());
            assert!(slice(values.as_ptr(), usize::MAX / 2, "values").is_err());
        }
    }
}
