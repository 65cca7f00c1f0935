//! The contact sheet of a file: what it looks like at a glance.

mod spread;
mod takes;

use self::spread::Spread;
use self::takes::Takes;
use super::pictures::{PictureSink, Pictures, pictures_of};
use crate::imaging::{RgbImage, SheetCell, contact_sheet};
use crate::media::Frame;
use crate::monitor::{CancelToken, Observer};
use crate::{Error, ErrorKind, Limits, Preset, Result};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

/// The most pictures of a sheet.
const MOST_PICTURES: usize = 400;

/// Which pictures a sheet shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SheetBy {
    /// One of every shot, near its middle and clear of dissolves and fades; of more shots than pictures some at even distances. Where there
    /// is room, long shots have further ones, two seconds apart on average at least.
    #[default]
    Shots,
    /// At even distances in time.
    Time,
}

/// From a name: `shots` or `time`.
///
/// ```
/// use viralnow_core::vision::SheetBy;
/// assert!(matches!("time".parse(), Ok(SheetBy::Time)));
/// assert!("cuts".parse::<SheetBy>().unwrap_err().to_string().contains("shots"));
/// ```
impl FromStr for SheetBy {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "shots" => Ok(Self::Shots),
            "time" => Ok(Self::Time),
            _ => Err(Error::new(ErrorKind::InvalidConfig, "a contact sheet is by shots or by time")
                .with("by", name)
                .with("there_are", "shots time")),
        }
    }
}

/// Settings of [`contact_sheet_of`].
#[derive(Debug, Clone)]
pub struct SheetParams {
    /// Pictures at most, 1 to 400.
    pub pictures: usize,
    /// Which.
    pub by: SheetBy,
    /// Pictures side by side.
    pub columns: usize,
    /// Width of a picture, in pixels.
    pub cell_width: usize,
    /// Which stream is decoded and how.
    pub preset: Preset,
    /// Threads of the decoder, at least 1; they change no result.
    pub threads: usize,
    /// What a file may cost.
    pub limits: Limits,
}

impl Default for SheetParams {
    fn default() -> Self {
        Self {
            pictures: 20,
            by: SheetBy::default(),
            columns: 5,
            cell_width: 160,
            preset: Preset::Balanced,
            threads: 1,
            limits: Limits::default(),
        }
    }
}

/// Pictures of a file side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct ContactSheet {
    /// All of them, each with its time below.
    pub picture: RgbImage,
    /// The presentation time of each, row by row, in seconds.
    pub times_s: Vec<f64>,
}

/// Pictures of the shots of a video, or at even distances (see [`SheetBy`]), side by side with their times; of a picture, the picture.
///
/// The file is decoded once. By shots it costs beyond that what [`ClearCutDetector`](super::ClearCutDetector) does, whose shots they are,
/// and two small pictures a second. Memory: eight times the sheet, which has 100 MB at most, and 96 MB of pictures whose shot is not known
/// yet or may be left out. Of pictures of more than a megabyte only some fit into that: a shot of less than a second may then have none.
///
/// Fails with `INVALID_CONFIG` for a wrong setting, or where the sheet would be too large (see [`contact_sheet`]; known with the first
/// pictures), with `NOT_FOUND` where there is no file, with `INVALID_INPUT` where it has no pictures, with `TIMEOUT` once `max_wall_s` of
/// the limits is over, and as decoding fails where not one picture can be had. A stream that breaks gives the sheet up to there.
///
/// ```no_run
/// use viralnow_core::vision::{SheetParams, contact_sheet_of};
/// let sheet = contact_sheet_of("clip.mp4", &SheetParams::default())?;
/// std::fs::write("clip.png", sheet.picture.to_png()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn contact_sheet_of(path: impl AsRef<Path>, params: &SheetParams) -> Result<ContactSheet> {
    contact_sheet_watched(path, params, &CancelToken::default(), None)
}

/// As [`contact_sheet_of`]; the token stops it (`CANCELLED`), and the observer, which may stop it too, hears how far it is.
///
/// ```no_run
/// use viralnow_core::monitor::CancelToken;
/// use viralnow_core::vision::{SheetParams, contact_sheet_watched};
/// let stop = CancelToken::default(); // a clone of it, on another thread, stops the call
/// let sheet = contact_sheet_watched("clip.mp4", &SheetParams::default(), &stop, None)?;
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn contact_sheet_watched(
    path: impl AsRef<Path>,
    params: &SheetParams,
    cancel: &CancelToken,
    observer: Option<Arc<dyn Observer>>,
) -> Result<ContactSheet> {
    if !(1..=MOST_PICTURES).contains(&params.pictures) || !(8..=4096).contains(&params.cell_width) {
        let message = "a contact sheet has 1 to 400 pictures, 8 to 4096 pixels wide";
        return Err(Error::new(ErrorKind::InvalidConfig, message)
            .with("pictures", params.pictures)
            .with("cell_width", params.cell_width));
    }
    if params.columns == 0 {
        return Err(Error::new(ErrorKind::InvalidConfig, "a contact sheet has one column at least"));
    }
    let wanted = Pictures {
        path: path.as_ref(),
        preset: params.preset,
        limits: params.limits,
        threads: params.threads,
        what: "contact sheet",
        cancel,
        observer,
    };
    let Wanted { pictures, columns, width } = Wanted::of(params);
    let cells = match params.by {
        SheetBy::Shots => {
            let mut sink = Takes::new(Wanted::of(params));
            pictures_of(wanted, &mut sink)?;
            sink.finish()
        }
        SheetBy::Time => {
            let mut sink = Moments::new(Wanted::of(params));
            pictures_of(wanted, &mut sink)?;
            evenly(sink.kept.cells, pictures)
        }
    };
    let times_s = cells.iter().map(|cell| cell.time_s).collect();
    Ok(ContactSheet { picture: contact_sheet(&cells, columns, width)?, times_s })
}

/// The sides of a sheet.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    /// At most.
    pictures: usize,
    columns: usize,
    /// Of a picture, in pixels.
    width: usize,
}

impl Wanted {
    fn of(params: &SheetParams) -> Self {
        Self { pictures: params.pictures, columns: params.columns, width: params.cell_width }
    }

    fn cell(self, frame: &Frame<'_>) -> Result<SheetCell> {
        frame.picture.check()?;
        Ok(SheetCell { picture: frame.to_rgb().thumbnail(self.width), time_s: frame.time_s })
    }
}

/// So many of them, at even distances, the first and the last among them.
fn evenly<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let (have, want) = (all.len(), most.min(all.len()));
    let place = |i: usize| if want > 1 { i * (have - 1) / (want - 1) } else { 0 };
    let mut wanted = (0..want).map(place).peekable();
    all.into_iter()
        .enumerate()
        .filter(|(at, _)| wanted.next_if_eq(at).is_some())
        .map(|(_, one)| one)
        .collect()
}

/// Keeps small pictures at even distances, however long the video is; twice as many as are wanted, to choose of.
struct Moments {
    wanted: Wanted,
    kept: Spread,
}

/// Where the distance begins.
const FIRST_DISTANCE_S: f64 = 1.0 / 16.0;

impl Moments {
    fn new(wanted: Wanted) -> Self {
        Self { wanted, kept: Spread::new(2 * wanted.pictures, FIRST_DISTANCE_S) }
    }
}

impl PictureSink for Moments {
    fn forget(&mut self) -> Result<()> {
        *self = Self::new(self.wanted);
        Ok(())
    }

    fn picture(&mut self, frame: &Frame<'_>) -> Result<()> {
        if !self.kept.is_due(frame.time_s) {
            return Ok(());
        }
        self.kept.push(self.wanted.cell(frame)?);
        self.kept.check(self.wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_that_would_be_too_large_is_refused_before_it_fills_the_memory() {
        let rgb = RgbImage { width: 1080, height: 1920, data: vec![9; 1080 * 1920 * 3] };
        let mut sink = Moments::new(Wanted { pictures: 400, columns: 20, width: 1080 });
        let (rotation, duration_s) = (crate::imaging::Rotation::None, None);
        let error = (0..1000_u32).find_map(|index| {
            let (index, time_s) = (u64::from(index), f64::from(index));
            sink.picture(&Frame { index, time_s, duration_s, picture: rgb.as_picture(), rotation }).err()
        });
        assert_eq!(error.unwrap().kind(), ErrorKind::InvalidConfig);
        let bytes: usize = sink.kept.cells.iter().map(|cell| cell.picture.data.len()).sum();
        assert!(bytes <= 120_000_000, "{bytes}");
    }

    #[test]
    fn pictures_stand_at_even_distances_whatever_the_length() {
        let rgb = RgbImage { width: 16, height: 8, data: vec![9; 16 * 8 * 3] };
        for frames in [1_u32, 2, 7, 100, 5000] {
            let mut sink = Moments::new(Wanted { pictures: 12, columns: 4, width: 8 });
            for index in 0..frames {
                let (time_s, picture) = (f64::from(index) / 30.0, rgb.as_picture());
                let rotation = crate::imaging::Rotation::None;
                let index = u64::from(index);
                sink.picture(&Frame { index, time_s, duration_s: None, picture, rotation }).unwrap();
            }
            assert!(sink.kept.cells.len() <= 24);
            let cells = evenly(sink.kept.cells, 12);
            assert_eq!(cells[0].time_s, 0.0);
            let apart: Vec<f64> = cells.windows(2).map(|pair| pair[1].time_s - pair[0].time_s).collect();
            let (least, most) = apart.iter().fold((f64::MAX, 0.0_f64), |(a, b), &x| (a.min(x), b.max(x)));
            assert!(apart.is_empty() || most <= 3.0 * least, "{frames}: {apart:?}");
            assert!(
                cells.len() == 12.min(cells.len()) && (frames < 30 || cells.len() == 12),
                "{frames}: {}",
                cells.len()
            );
            assert!(frames < 30 || cells[11].time_s > 0.7 * f64::from(frames) / 30.0, "{frames}");
        }
    }
}
