//! The functions of `voice`.

use super::Entry;

pub(super) const TABLE: &[Entry] = &[];
