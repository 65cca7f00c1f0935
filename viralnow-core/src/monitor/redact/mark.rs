//! The markers that stand for what was taken out, and where a text may be cut without leaving half a secret.

use hmac::{Hmac, KeyInit, Mac};
use regex::Regex;
use sha2::{Digest, Sha256};
use std::ops::Range;
use std::sync::LazyLock;

/// What a note of a cut needs at most.
pub(super) const CUT_ROOM: usize = 40;

/// A token at a cut is dropped from its beginning, as far back as this.
const TOKEN: usize = 4096;

static MARKER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[redacted:[a-z0-9_-]{1,32}#[0-9a-f]{4}\]").expect("a pattern"));

/// The keyed hash behind the markers.
#[derive(Clone)]
pub(super) struct Marker(Hmac<Sha256>);

impl std::fmt::Debug for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marker")
    }
}

impl Marker {
    pub(super) fn with_key(key: [u8; 32]) -> Self {
        Self(Hmac::new_from_slice(&key).expect("a key of any length"))
    }

    /// A key that no other run has: two UUIDs hold 148 random bits of the system's.
    pub(super) fn random() -> Self {
        let mut hash = Sha256::new();
        hash.update(uuid::Uuid::now_v7().as_bytes());
        hash.update(uuid::Uuid::now_v7().as_bytes());
        Self::with_key(hash.finalize().into())
    }

    pub(super) fn mark(&self, kind: &str, text: &str) -> String {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        let hash = mac.finalize().into_bytes();
        format!("[redacted:{kind}#{:02x}{:02x}]", hash[0], hash[1])
    }
}

/// Where a text has markers already.
pub(super) fn markers(text: &str) -> Vec<Range<usize>> {
    if !text.contains("[redacted:") {
        return Vec::new();
    }
    MARKER.find_iter(text).map(|found| found.range()).collect()
}

/// The end of a marker that begins here.
pub(super) fn marker_at(text: &str) -> Option<usize> {
    // A marker is short: what follows is not looked through.
    let end =
        text.strip_prefix("[redacted:")?.bytes().take(40).position(|b| b == b']')? + "[redacted:]".len();
    MARKER.find(text.get(..end)?).filter(|found| found.start() == 0).map(|found| found.end())
}

/// Whether a finding is nothing but markers, and what stands between them.
pub(super) fn only_markers(text: &str, range: &Range<usize>, markers: &[Range<usize>]) -> bool {
    let mut at = range.start;
    let mut any = false;
    let first = markers.partition_point(|marker| marker.end <= range.start);
    for marker in markers[first..].iter().take_while(|marker| marker.start < range.end) {
        any = true;
        if text[at..marker.start.max(at)].bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80) {
            return false;
        }
        at = marker.end;
    }
    any && (at >= range.end || !text[at..range.end].bytes().any(|b| b.is_ascii_alphanumeric() || b >= 0x80))
}

/// The last place up to `most` where a cut leaves no half token and no half marker.
pub(crate) fn safe_end(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    let mut end = most;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let from = end.saturating_sub(TOKEN);
    let bytes = text.as_bytes();
    let space = (from..end).rev().find(|&at| bytes[at].is_ascii_whitespace());
    let mut end = space.map_or(from, |at| at + 1);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

/// Says what is missing. It has no form that is looked for.
pub(super) fn cut_note(bytes: usize) -> String {
    format!(" [cut: {bytes} B]")
}
