//! The contact sheet of a file: what it looks like at a glance.

use super::pictures::{PictureSink, Pictures, pictures_of};
use crate::imaging::{RgbImage, SheetCell, contact_sheet};
use crate::media::Frame;
use crate::monitor::{CancelToken, Observer};
use crate::{Error, ErrorKind, Limits, Preset, Result};
use std::path::Path;
use std::sync::Arc;

/// The most pictures of a sheet.
const MOST_PICTURES: usize = 400;

/// Settings of [`contact_sheet_of`].
#[derive(Debug, Clone)]
pub struct SheetParams {
    /// Pictures at most, 1 to 400.
    pub pictures: usize,
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
            columns: 5,
            cell_width: 160,
            preset: Preset::Balanced,
            threads: 1,
            limits: Limits::default(),
        }
    }
}

/// Pictures of a video at even distances, side by side with their times; of a picture, the picture. Memory: twice the sheet.
///
/// Fails with `INVALID_CONFIG` for a wrong setting, with `NOT_FOUND` where there is no file, with `INVALID_INPUT` where it has
/// no pictures, with `TIMEOUT` once `max_wall_s` of the limits is over, and as decoding fails where not one picture can be had. A
/// stream that breaks gives the sheet up to there.
///
/// ```no_run
/// use viralnow_core::vision::{SheetParams, contact_sheet_of};
/// let sheet = contact_sheet_of("clip.mp4", &SheetParams::default())?;
/// std::fs::write("clip.png", sheet.to_png()?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn contact_sheet_of(path: impl AsRef<Path>, params: &SheetParams) -> Result<RgbImage> {
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
) -> Result<RgbImage> {
    if !(1..=MOST_PICTURES).contains(&params.pictures) || !(8..=4096).contains(&params.cell_width) {
        let message = "a contact sheet has 1 to 400 pictures, 8 to 4096 pixels wide";
        return Err(Error::new(ErrorKind::InvalidConfig, message)
            .with("pictures", params.pictures)
            .with("cell_width", params.cell_width));
    }
    let mut sink = Sink::new(2 * params.pictures, params.cell_width);
    let wanted = Pictures {
        path: path.as_ref(),
        preset: params.preset,
        limits: params.limits,
        threads: params.threads,
        what: "contact sheet",
        cancel,
        observer,
    };
    pictures_of(wanted, &mut sink)?;
    contact_sheet(&evenly(sink.cells, params.pictures), params.columns, params.cell_width)
}

/// So many of them, at even distances, the first and the last among them.
fn evenly(cells: Vec<SheetCell>, pictures: usize) -> Vec<SheetCell> {
    let (have, want) = (cells.len(), pictures.min(cells.len()));
    let place = |i: usize| if want > 1 { i * (have - 1) / (want - 1) } else { 0 };
    let wanted: Vec<usize> = (0..want).map(place).collect();
    cells.into_iter().enumerate().filter(|(at, _)| wanted.contains(at)).map(|(_, cell)| cell).collect()
}

/// Keeps small pictures at even distances, however long the video is: when there are too many, every other one goes and the
/// distance doubles.
struct Sink {
    cells: Vec<SheetCell>,
    most: usize,
    width: usize,
    distance_s: f64,
    next_s: f64,
}

/// Where the distance begins.
const FIRST_DISTANCE_S: f64 = 1.0 / 16.0;

impl Sink {
    fn new(most: usize, width: usize) -> Self {
        Self { cells: Vec::new(), most, width, distance_s: FIRST_DISTANCE_S, next_s: f64::NEG_INFINITY }
    }
}

impl PictureSink for Sink {
    fn forget(&mut self) -> Result<()> {
        *self = Self::new(self.most, self.width);
        Ok(())
    }

    fn picture(&mut self, frame: &Frame<'_>) -> Result<()> {
        if frame.time_s < self.next_s {
            return Ok(());
        }
        frame.picture.check()?;
        self.cells.push(SheetCell { picture: frame.to_rgb().thumbnail(self.width), time_s: frame.time_s });
        if self.cells.len() > self.most {
            let mut place = 0;
            self.cells.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.distance_s *= 2.0;
        }
        self.next_s = self.cells.last().map_or(frame.time_s, |cell| cell.time_s) + self.distance_s;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_stand_at_even_distances_whatever_the_length() {
        let rgb = RgbImage { width: 16, height: 8, data: vec![9; 16 * 8 * 3] };
        for frames in [1_u32, 2, 7, 100, 5000] {
            let mut sink = Sink::new(24, 8);
            for index in 0..frames {
                let (time_s, picture) = (f64::from(index) / 30.0, rgb.as_picture());
                let rotation = crate::imaging::Rotation::None;
                let index = u64::from(index);
                sink.picture(&Frame { index, time_s, duration_s: None, picture, rotation }).unwrap();
            }
            assert!(sink.cells.len() <= 24);
            let cells = evenly(sink.cells, 12);
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
