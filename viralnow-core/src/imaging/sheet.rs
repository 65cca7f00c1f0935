//! Small pictures side by side, each with its time below it: a contact sheet.

use super::RgbImage;
use crate::{Error, ErrorKind, Result};
use image::imageops::{self, FilterType};
use image::{ImageBuffer, Rgb};
use std::io::Cursor;

/// Pixels between the pictures and around them, and of the line with the time.
const GAP: usize = 6;
const LINE: usize = 14;
/// Pixels for a dot of a digit.
const DOT: usize = 2;
const PAPER: [u8; 3] = [24, 24, 27];
const INK: [u8; 3] = [212, 212, 216];
/// The largest side of a sheet, in pixels, and the most pixels of all: 100 MB.
const LARGEST: usize = 16_384;
const MOST: usize = 1 << 25;

/// A picture on the sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetCell {
    /// The picture, of any size.
    pub picture: RgbImage,
    /// Its time, in seconds: written below as minutes, seconds and tenths.
    pub time_s: f64,
}

impl RgbImage {
    /// The picture no wider than `width` pixels, its sides in proportion (each at least one pixel).
    ///
    /// ```
    /// use viralnow_core::imaging::RgbImage;
    /// let picture = RgbImage { width: 90, height: 160, data: vec![7; 90 * 160 * 3] };
    /// let small = picture.thumbnail(45);
    /// assert_eq!((small.width, small.height, small.data[0]), (45, 80, 7));
    /// ```
    #[must_use]
    pub fn thumbnail(&self, width: usize) -> Self {
        let (width, height) = small_sides((self.width, self.height), width);
        self.resize(width, height)
    }

    /// The picture at these sides, each at least one pixel, by a triangle as wide as the shrinking asks for: nothing aliases.
    /// What [`RgbImage::check`] refuses comes out black: check what is not your own first.
    ///
    /// ```
    /// use viralnow_core::imaging::RgbImage;
    /// let stripes = RgbImage { width: 8, height: 1, data: [[0; 3], [200; 3]].concat().repeat(4) };
    /// let small = stripes.resize(2, 1);
    /// assert!(small.data.iter().all(|sample| (90..=110).contains(sample)));
    /// ```
    #[must_use]
    pub fn resize(&self, width: usize, height: usize) -> Self {
        let (width, height) = (width.max(1), height.max(1));
        let whole: Option<ImageBuffer<Rgb<u8>, &[u8]>> =
            ImageBuffer::from_raw(self.width as u32, self.height as u32, &self.data[..]);
        let data = match whole.filter(|whole| whole.width() > 0 && whole.height() > 0) {
            Some(whole) => {
                imageops::resize(&whole, width as u32, height as u32, FilterType::Triangle).into_raw()
            }
            None => vec![0; 3 * width * height],
        };
        Self { width, height, data }
    }

    /// The picture as a PNG file's bytes. Fails with `INVALID_INPUT` when the samples are not as many as its sides say.
    ///
    /// ```
    /// use viralnow_core::imaging::RgbImage;
    /// let png = RgbImage { width: 1, height: 1, data: vec![255, 0, 0] }.to_png()?;
    /// assert_eq!(&png[1..4], b"PNG");
    /// # Ok::<(), viralnow_core::Error>(())
    /// ```
    pub fn to_png(&self) -> Result<Vec<u8>> {
        self.check()?;
        let sides = u32::try_from(self.width).ok().zip(u32::try_from(self.height).ok());
        let picture =
            sides.and_then(|(width, height)| image::RgbImage::from_raw(width, height, self.data.clone()));
        let picture = picture.ok_or_else(|| {
            Error::new(ErrorKind::InvalidInput, "a side is too long for PNG")
                .with("width", self.width)
                .with("height", self.height)
        })?;
        let mut png = Cursor::new(Vec::new());
        picture.write_to(&mut png, image::ImageFormat::Png).map_err(|error| {
            Error::new(ErrorKind::Internal, "the picture cannot be written as PNG").caused_by(error)
        })?;
        Ok(png.into_inner())
    }
}

/// The sides of a picture of these when it is to be no wider than `width`.
fn small_sides((wide, tall): (usize, usize), width: usize) -> (usize, usize) {
    let width = width.clamp(1, wide.max(1));
    (width, tall.saturating_mul(width).checked_div(wide).unwrap_or(0).max(1))
}

/// Where the pictures of a sheet stand.
struct Layout {
    columns: usize,
    width: usize,
    height: usize,
    /// From one picture to the next.
    step_x: usize,
    step_y: usize,
    tallest: usize,
}

impl Layout {
    fn of(cells: &[SheetCell], count: usize, columns: usize, cell_width: usize) -> Result<Self> {
        let sides = |cell: &SheetCell| small_sides((cell.picture.width, cell.picture.height), cell_width).1;
        let tallest = cells.iter().map(sides).max().unwrap_or(0);
        let columns = columns.min(count);
        let rows = count.div_ceil(columns.max(1));
        let (step_x, step_y) = (cell_width.saturating_add(GAP), tallest.saturating_add(LINE + GAP));
        let side = |step: usize, count: usize| step.saturating_mul(count).saturating_add(GAP);
        let (width, height) = (side(step_x, columns), side(step_y, rows));
        if columns == 0 || cell_width == 0 || width.max(height) > LARGEST || width * height > MOST {
            let message = "a contact sheet needs a column, sides of at most 16384 pixels, and 33554432 pixels at most; take smaller or \
                           fewer pictures";
            return Err(Error::new(ErrorKind::InvalidConfig, message)
                .with("columns", columns)
                .with("cell_width", cell_width)
                .with("width", width)
                .with("height", height));
        }
        Ok(Self { columns, width, height, step_x, step_y, tallest })
    }
}

/// Refuses what [`contact_sheet`] would refuse of the first `count` of these pictures, before there are all of them.
pub(crate) fn check_sheet(
    cells: &[SheetCell],
    count: usize,
    columns: usize,
    cell_width: usize,
) -> Result<()> {
    Layout::of(cells, count, columns, cell_width).map(drop)
}

/// Pictures in rows of `columns`, each `cell_width` pixels wide in a cell that holds the tallest, with its time below.
///
/// Fails with `INVALID_INPUT` without pictures or for one that [`RgbImage::check`] refuses, and with `INVALID_CONFIG` without columns, or when a side would be over 16,384 pixels, or all of it over 33,554,432.
///
/// ```
/// use viralnow_core::imaging::{RgbImage, SheetCell, contact_sheet};
/// let red = RgbImage { width: 40, height: 60, data: [255, 0, 0].repeat(40 * 60) };
/// let cells: Vec<_> = (0..3).map(|k| SheetCell { picture: red.clone(), time_s: f64::from(k) }).collect();
/// let sheet = contact_sheet(&cells, 2, 20)?;
/// assert_eq!((sheet.width, sheet.height), (6 + 2 * (20 + 6), 6 + 2 * (30 + 14 + 6)));
/// # Ok::<(), viralnow_core::Error>(())
/// ```
pub fn contact_sheet(cells: &[SheetCell], columns: usize, cell_width: usize) -> Result<RgbImage> {
    if cells.is_empty() {
        return Err(Error::new(ErrorKind::InvalidInput, "a contact sheet needs at least one picture"));
    }
    cells.iter().try_for_each(|cell| cell.picture.check())?;
    let Layout { columns, width, height, step_x, step_y, tallest } =
        Layout::of(cells, cells.len(), columns, cell_width)?;
    let small: Vec<RgbImage> = cells.iter().map(|cell| cell.picture.thumbnail(cell_width)).collect();
    let mut sheet = RgbImage { width, height, data: PAPER.repeat(width * height) };
    for (k, (picture, cell)) in small.iter().zip(cells).enumerate() {
        let (left, top) = (GAP + k % columns * step_x, GAP + k / columns * step_y);
        for (row, line) in picture.data.chunks_exact(3 * picture.width).enumerate() {
            let at = 3 * ((top + row) * width + left);
            sheet.data[at..at + line.len()].copy_from_slice(line);
        }
        write(&mut sheet, left, top + tallest + (LINE - 5 * DOT) / 2, &clock(cell.time_s), cell_width);
    }
    Ok(sheet)
}

/// `1:02.5`.
fn clock(time_s: f64) -> String {
    let tenths = (time_s.clamp(0.0, 1e9) * 10.0).round() as u64;
    format!("{}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// Digits as five rows of three dots, the highest bit on the left.
fn glyph(character: char) -> [u8; 5] {
    match character {
        '0' => [7, 5, 5, 5, 7],
        '1' => [2, 6, 2, 2, 7],
        '2' => [7, 1, 7, 4, 7],
        '3' => [7, 1, 7, 1, 7],
        '4' => [5, 5, 7, 1, 1],
        '5' => [7, 4, 7, 1, 7],
        '6' => [7, 4, 7, 5, 7],
        '7' => [7, 1, 2, 2, 2],
        '8' => [7, 5, 7, 5, 7],
        '9' => [7, 5, 7, 1, 7],
        ':' => [0, 2, 0, 2, 0],
        _ => [0, 0, 0, 0, 2],
    }
}

/// Writes digits, as many as fit into the width.
fn write(sheet: &mut RgbImage, left: usize, top: usize, text: &str, width: usize) {
    for (k, character) in text.chars().enumerate().take(width / (4 * DOT)) {
        for (row, bits) in glyph(character).into_iter().enumerate() {
            for column in (0..3).filter(|column| bits & (4 >> column) != 0) {
                for (dx, dy) in (0..DOT).flat_map(|dy| (0..DOT).map(move |dx| (dx, dy))) {
                    let (x, y) = (left + (4 * k + column) * DOT + dx, top + row * DOT + dy);
                    let at = 3 * (y * sheet.width + x);
                    sheet.data[at..at + 3].copy_from_slice(&INK);
                }
            }
        }
    }
}
