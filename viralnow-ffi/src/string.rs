//! Text that goes out.

use crate::panic::guard_or;
use std::ffi::{CString, c_char};

/// Frees a text that a function of this library gave through a `char **out`. NULL is ignored.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_string_free(text: *mut c_char) {
    if !text.is_null() {
        // SAFETY: the text is ours: it came from `CString::into_raw` in `Place::give_text`, and is freed once.
        guard_or((), || drop(unsafe { CString::from_raw(text) }));
    }
}

/// A NUL-terminated copy; a NUL inside, which C could not see past, becomes U+FFFD.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text).or_else(|_| CString::new(text.replace('\0', "\u{fffd}"))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_inside_does_not_cut_a_text() {
        assert_eq!(c_text("a\0b").to_str(), Ok("a\u{fffd}b"));
        assert_eq!(c_text("plain").to_str(), Ok("plain"));
    }
}
