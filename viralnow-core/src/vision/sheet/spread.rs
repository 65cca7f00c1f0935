//! Pictures at even distances, of which there are never too many.

use super::Wanted;
use crate::Result;
use crate::imaging::{SheetCell, check_sheet};

/// When there are too many, every other one goes and the distance doubles.
#[derive(Debug)]
pub(super) struct Spread {
    pub(super) cells: Vec<SheetCell>,
    most: usize,
    distance_s: f64,
}

impl Spread {
    /// At most so many, so far apart at first, in seconds.
    pub(super) fn new(most: usize, distance_s: f64) -> Self {
        Self { cells: Vec::new(), most, distance_s }
    }

    /// Whether one of this time would be kept.
    pub(super) fn is_due(&self, time_s: f64) -> bool {
        self.cells.last().is_none_or(|last| time_s >= last.time_s + self.distance_s)
    }

    /// Takes one that is due.
    pub(super) fn push(&mut self, cell: SheetCell) {
        self.cells.push(cell);
        if self.cells.len() > self.most {
            every_other(&mut self.cells);
            self.distance_s *= 2.0;
        }
    }

    /// Refuses a sheet that would be too large: as soon as it is sure, and not when all of it has been decoded and kept.
    pub(super) fn check(&self, wanted: Wanted) -> Result<()> {
        check_sheet(&self.cells, self.cells.len().min(wanted.pictures), wanted.columns, wanted.width)
    }
}

/// Keeps the first, the third and so on.
pub(super) fn every_other<T>(all: &mut Vec<T>) {
    let mut place = 0;
    all.retain(|_| {
        place += 1;
        place % 2 == 1
    });
}
