//! `vn_status` and `vn_error`.

use crate::args::{free, view};
use crate::panic::guard_or;
use crate::string::c_text;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use viralnow_core::{Error, ErrorKind};

/// What became of a call: `VN_STATUS_OK`, or what went wrong. The numbers never change and are never reused; newer versions
/// of the library may give numbers that are not in this list.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum vn_status {
    /// It did what it should.
    Ok = 0,
    /// An argument is wrong: NULL, text that is not UTF-8, NaN samples, a shape that does not fit.
    InvalidInput = 1,
    /// A setting is wrong: an unknown preset or limit.
    InvalidConfig = 2,
    /// The file, asset or row is not there.
    NotFound = 3,
    /// The operating system, or a platform, refuses access.
    PermissionDenied = 4,
    /// The container, codec or encoding is not one that this build reads.
    UnsupportedFormat = 5,
    /// A feature that is not built, or a model file that is not there, is needed for this call.
    Unavailable = 6,
    /// The data is damaged beyond a partial result.
    DecodeFailed = 7,
    /// The input costs more than the limits allow.
    LimitExceeded = 8,
    /// The time allowed for the call is over.
    Timeout = 9,
    /// The host asked to stop.
    Cancelled = 10,
    /// Reading or writing failed for a reason of the system.
    Io = 11,
    /// The store refused or lost something.
    Storage = 12,
    /// The store is held by another process for longer than we waited.
    StorageBusy = 13,
    /// The store was written by a newer version, or its schema is not ours.
    SchemaMismatch = 14,
    /// An extractor or callback of the host failed.
    HostFailed = 15,
    /// A defect of this library. Please report it.
    Internal = 16,
    /// A platform's rate limit is reached; the fact `resets_at` says when to come again, where the platform does.
    RateLimited = 17,
    /// A platform's quota is used up; the fact `resets_at` says when it begins anew.
    QuotaExceeded = 18,
}

impl From<ErrorKind> for vn_status {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidInput => Self::InvalidInput,
            ErrorKind::InvalidConfig => Self::InvalidConfig,
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::PermissionDenied => Self::PermissionDenied,
            ErrorKind::UnsupportedFormat => Self::UnsupportedFormat,
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::DecodeFailed => Self::DecodeFailed,
            ErrorKind::LimitExceeded => Self::LimitExceeded,
            ErrorKind::Timeout => Self::Timeout,
            ErrorKind::Cancelled => Self::Cancelled,
            ErrorKind::Io => Self::Io,
            ErrorKind::Storage => Self::Storage,
            ErrorKind::StorageBusy => Self::StorageBusy,
            ErrorKind::SchemaMismatch => Self::SchemaMismatch,
            ErrorKind::HostFailed => Self::HostFailed,
            ErrorKind::RateLimited => Self::RateLimited,
            ErrorKind::QuotaExceeded => Self::QuotaExceeded,
            // A kind that the core gained and this table did not: the test below fails until it is here.
            _ => Self::Internal,
        }
    }
}

/// What went wrong: a status, a message for people, and facts for machines.
pub struct vn_error {
    kind: ErrorKind,
    code: CString,
    message: CString,
    context: Vec<(CString, CString)>,
}

impl vn_error {
    pub(crate) fn status(&self) -> vn_status {
        self.kind.into()
    }
}

impl From<&Error> for vn_error {
    fn from(error: &Error) -> Self {
        Self {
            kind: error.kind(),
            code: c_text(error.kind().code()),
            message: c_text(&error.to_string()),
            context: error.context().iter().map(|(key, value)| (c_text(key), c_text(value))).collect(),
        }
    }
}

/// The status of an error, the number that the call returned; `VN_STATUS_OK` for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_error_status(error: *const vn_error) -> vn_status {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(error, vn_status::Ok, vn_error::status) }
}

/// The stable code of an error, the same in every language, such as `"NOT_FOUND"`; `"OK"` for NULL. Owned by the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_error_code(error: *const vn_error) -> *const c_char {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(error, c"OK".as_ptr(), |error| error.code.as_ptr()) }
}

/// The message: what thing, what to do about it, and the facts. Empty for NULL. Owned by the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_error_message(error: *const vn_error) -> *const c_char {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(error, c"".as_ptr(), |error| error.message.as_ptr()) }
}

/// Whether the same call may succeed when it is simply tried again; false for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_error_retryable(error: *const vn_error) -> bool {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(error, false, |error| error.kind.is_retryable()) }
}

/// How many facts the error carries, such as the path or the stream; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_error_context_count(error: *const vn_error) -> usize {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(error, 0, |error| error.context.len()) }
}

/// The name of a fact, such as `"path"`; NULL when there is none of this index. Owned by the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_error_context_key(error: *const vn_error, index: usize) -> *const c_char {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe {
        view(error, ptr::null(), |error| {
            error.context.get(index).map_or(ptr::null(), |(key, _)| key.as_ptr())
        })
    }
}

/// The value of a fact; NULL when there is none of this index. Owned by the error.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_error_context_value(error: *const vn_error, index: usize) -> *const c_char {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe {
        view(error, ptr::null(), |error| error.context.get(index).map_or(ptr::null(), |(_, v)| v.as_ptr()))
    }
}

/// Frees an error. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_error_free(error: *mut vn_error) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(error) }
}

/// The stable code of a status number, such as `"NOT_FOUND"` for 3; `"OK"` for 0, NULL for a number that is not a status.
/// Static, never freed.
#[unsafe(no_mangle)]
pub extern "C" fn vn_status_code(status: i32) -> *const c_char {
    guard_or(ptr::null(), || {
        if status == 0 {
            return c"OK".as_ptr();
        }
        let known = ErrorKind::ALL.iter().position(|kind| kind.number() == status);
        known.and_then(|index| codes().get(index)).map_or(ptr::null(), |code| code.as_ptr())
    })
}

/// The codes of [`ErrorKind::ALL`], NUL-terminated.
fn codes() -> &'static [&'static CStr] {
    static CODES: std::sync::OnceLock<Vec<&'static CStr>> = std::sync::OnceLock::new();
    CODES.get_or_init(|| {
        ErrorKind::ALL.iter().map(|kind| &*Box::leak(c_text(kind.code()).into_boxed_c_str())).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_status_of_its_number() {
        for &kind in ErrorKind::ALL {
            assert_eq!(vn_status::from(kind) as i32, kind.number(), "{kind}");
        }
        assert_eq!(vn_status::Ok as i32, 0);
    }

    /// The numbers as they were first published: one that changes breaks every compiled program.
    #[test]
    fn numbers_are_what_they_were() {
        let published = [
            "INVALID_INPUT",
            "INVALID_CONFIG",
            "NOT_FOUND",
            "PERMISSION_DENIED",
            "UNSUPPORTED_FORMAT",
            "UNAVAILABLE",
            "DECODE_FAILED",
            "LIMIT_EXCEEDED",
            "TIMEOUT",
            "CANCELLED",
            "IO",
            "STORAGE",
            "STORAGE_BUSY",
            "SCHEMA_MISMATCH",
            "HOST_FAILED",
            "INTERNAL",
            "RATE_LIMITED",
            "QUOTA_EXCEEDED",
        ];
        for (index, code) in published.iter().enumerate() {
            let number = i32::try_from(index).unwrap() + 1;
            // SAFETY: a static text.
            let there = unsafe { CStr::from_ptr(vn_status_code(number)) };
            assert_eq!(there.to_str(), Ok(*code), "status {number}");
        }
        assert!(vn_status_code(-1).is_null());
        assert!(vn_status_code(i32::MAX).is_null());
    }

    #[test]
    fn an_error_carries_its_facts() {
        let error = Error::new(ErrorKind::Io, "reading failed").with("path", "a\0b").with("stream", 2);
        let error = Box::into_raw(Box::new(vn_error::from(&error)));
        // SAFETY: `error` is a live handle until it is freed at the end; NULL is allowed.
        unsafe {
            assert_eq!(vn_error_status(error), vn_status::Io);
            assert!(vn_error_retryable(error));
            assert_eq!(vn_error_context_count(error), 2);
            assert_eq!(CStr::from_ptr(vn_error_context_key(error, 0)), c"path");
            assert_eq!(CStr::from_ptr(vn_error_context_value(error, 0)).to_str(), Ok("a\u{fffd}b"));
            assert_eq!(CStr::from_ptr(vn_error_context_value(error, 1)), c"2");
            assert!(vn_error_context_key(error, 2).is_null());
            vn_error_free(error);
            assert_eq!(vn_error_status(ptr::null()), vn_status::Ok);
            vn_error_free(ptr::null_mut());
        }
    }
}
