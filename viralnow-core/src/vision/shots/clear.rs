//! Hard cuts.

use super::path::Path;
use super::recent::Recent;

/// Frames looked at behind the one in question.
pub(super) const AHEAD: usize = 6;

/// A frame starts a shot when
///
/// 1. it differs from the one before by more than motion explains: by [`LEAST`] of 255 in the mean;
/// 2. that stands out: it is [`OUTSTANDING`] times what it is in the two frames on either side within a quarter of a
///    second, so that fast motion, dissolves and fades are no cuts, and shots of three frames are found. A frame blended
///    of two shots and an insert of two frames count as one cut;
/// 3. the old picture does not come back: within two frames it is a fault, within five a flash if nothing gets darker.
#[derive(Debug, Default)]
pub(super) struct HardCuts {
    /// The last place that began a shot, and one past the last that belongs to a flash.
    last: Option<usize>,
    flash_end: usize,
}

/// Least difference.
pub(super) const LEAST: f32 = 11.7;
const OUTSTANDING: f32 = 2.7;
/// Times that two changes with a blended frame between them must stand out.
const SINGLE: f32 = 3.0;
/// Frames on either side, and the longest time to them.
const REACH: usize = 2;
const NEAR_S: f64 = 0.25;
/// Share of the difference below which the old picture is back.
const BACK: f32 = 0.4;
/// A fault, and a flash, last no longer, in frames; a bright shot of six frames between dark ones is a shot.
const FAULT: usize = 2;
const FLASH: usize = 5;

impl HardCuts {
    /// Whether this place begins a shot; places come in order, and [`AHEAD`] more are there unless the video ends.
    pub(super) fn is_cut(&mut self, recent: &mut Recent, i: usize) -> bool {
        let cut = i >= self.flash_end
            && i > 0
            && recent.has(i - 1)
            && self.last.is_none_or(|last| i > last + REACH)
            && stands_out(recent, i)
            && !self.is_flash(recent, i);
        if cut {
            self.last = Some(i);
        }
        cut
    }

    fn is_flash(&mut self, recent: &mut Recent, i: usize) -> bool {
        let change = recent.at(i).change;
        let time = recent.at(i).time_s;
        // The picture before, again behind.
        for j in i + 1..=i + FLASH {
            if !recent.has(j) || recent.at(j).time_s - time > NEAR_S {
                break;
            }
            if recent.unexplained(i - 1, j) < BACK * change && (j - i <= FAULT || brighter(recent, i, i - 1))
            {
                self.flash_end = j + 1;
                return true;
            }
        }
        // This picture, already before.
        for j in (i.saturating_sub(FLASH + 1)..i - 1).rev() {
            if !recent.has(j) || time - recent.at(j).time_s > NEAR_S {
                break;
            }
            if recent.unexplained(j, i) < BACK * change && (i - 1 - j <= FAULT || brighter(recent, i - 1, i))
            {
                return true;
            }
        }
        false
    }
}

/// Whether next to nothing is darker in the one than in the other.
fn brighter(recent: &Recent, i: usize, than: usize) -> bool {
    let (here, there) = (&recent.at(i).thumb, &recent.at(than).thumb);
    here.mean > there.mean + 8.0 && here.darker(there) < 0.1
}

fn stands_out(recent: &mut Recent, i: usize) -> bool {
    let change = recent.at(i).change;
    if change < LEAST {
        return false;
    }
    let time = recent.at(i).time_s;
    let others = |recent: &Recent, left_out: Option<usize>| {
        (i.saturating_sub(REACH)..=i + REACH)
            .filter(|&j| j != i && Some(j) != left_out && recent.has(j))
            .map(|j| recent.at(j))
            .filter(|seen| (seen.time_s - time).abs() <= NEAR_S)
            .map(|seen| seen.change)
            .fold(0.0, f32::max)
    };
    if change >= OUTSTANDING * others(recent, None) {
        return true;
    }
    // An insert of two frames.
    if change >= OUTSTANDING * others(recent, Some(i + 2)) {
        return recent.unexplained(i - 1, i + 2) >= LEAST;
    }
    if !recent.has(i + 1) {
        return false;
    }
    // A frame blended of two shots.
    let change = recent.unexplained(i - 1, i + 1);
    let [before, here, after] = [i - 1, i, i + 1].map(|j| &recent.at(j).thumb);
    let blended = Path::at(before, after, here)
        .is_some_and(|(progress, off)| (0.1..0.9).contains(&progress) && off < 0.1);
    blended && change >= LEAST && change >= SINGLE * others(recent, Some(i + 1))
}
