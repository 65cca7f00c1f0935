//! The fingerprint: which landmarks a sound has.

use crate::extract::Matrix;
use crate::{Error, ErrorKind, Result};

/// Units of time: 4 ms.
pub(super) const TIME_MS: f64 = 4.0;
/// Units of time in one hop of the spectra (32 ms).
pub(super) const TIME_PER_HOP: f64 = 8.0;
/// Units of pitch in an octave: one is 2.5 cents.
pub(super) const OCTAVE: f64 = 480.0;
/// Pitch 0, in Hz.
const LOWEST_HZ: f64 = 125.0;
/// Pitches are below this: 12 bits, up to 46 kHz.
pub(super) const PITCHES: u16 = 4096;

/// One peak of the spectrogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Landmark {
    /// Time since the start of the sound, in seconds, in steps of 4 ms.
    pub time_s: f64,
    /// Frequency, in Hz, in steps of 2.5 cents.
    pub frequency_hz: f64,
    /// Whether it stands out of wide surroundings (0.26 s and 2.5 half tones to each side). These are what an index keeps;
    /// the others help to find them in a mixture.
    pub strong: bool,
}

/// A landmark in the units of this room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) time: u32,
    pub(super) pitch: u16,
    pub(super) strong: bool,
}

/// The landmarks of a sound: what [`super::SoundIndex`] finds it by.
///
/// Take it with [`super::fingerprint`] or [`super::Fingerprinter`], or from the vector `landmarks` of an analysis with
/// [`Fingerprint::from_matrix`]. It keeps 8 bytes a landmark, about 350 bytes a second of music; written with
/// [`Fingerprint::to_bytes`] it is 3 bytes a landmark.
///
/// ```
/// use viralnow_core::audio::{self, Fingerprint};
/// // Three seconds of a tune: a new tone every quarter of a second.
/// let tune: Vec<f32> = (0..48_000)
///     .map(|i| 0.5 * (i as f32 * (0.1 + 0.02 * ((i / 4000) * 5 % 7) as f32)).sin())
///     .collect();
/// let print = audio::fingerprint(&tune, 16_000)?;
/// assert!(print.len() > 10 && (print.duration_s() - 3.0).abs() < 1e-9);
/// assert_eq!(Fingerprint::from_base64(&print.to_base64())?, print);
/// let first = print.landmarks().next().unwrap();
/// assert!(first.time_s < 0.5 && first.frequency_hz > 200.0);
/// # Ok::<(), viralnow_core::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// Length of the sound, in units of time.
    pub(super) duration: u32,
    /// Rising, each once.
    pub(super) points: Vec<Point>,
}

/// The pitch of a frequency, in units.
pub(super) fn pitch_of(hz: f64) -> u16 {
    (OCTAVE * (hz / LOWEST_HZ).log2()).round().clamp(0.0, f64::from(PITCHES - 1)) as u16
}

fn hz_of(pitch: u16) -> f64 {
    LOWEST_HZ * (f64::from(pitch) / OCTAVE).exp2()
}

impl Fingerprint {
    pub(super) fn from_points(duration: u32, mut points: Vec<Point>) -> Self {
        points.sort_unstable_by_key(|point| (point.time, point.pitch, !point.strong));
        points.dedup_by_key(|point| (point.time, point.pitch));
        points.shrink_to_fit();
        Self { duration, points }
    }

    /// Number of landmarks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points.len()
    }

    /// Whether there is none: silence, or a few samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.points.is_empty()
    }

    /// Length of the sound, in seconds, to 4 ms.
    #[must_use]
    pub fn duration_s(&self) -> f64 {
        f64::from(self.duration) * TIME_MS / 1000.0
    }

    /// The landmarks in the order of time.
    pub fn landmarks(&self) -> impl Iterator<Item = Landmark> + '_ {
        self.points.iter().map(|point| Landmark {
            time_s: f64::from(point.time) * TIME_MS / 1000.0,
            frequency_hz: hz_of(point.pitch),
            strong: point.strong,
        })
    }

    /// The vector `landmarks` of an analysis: one row a landmark, its frequency in Hz and 1 for a strong one, else 0; the
    /// times are those of the landmarks, later by `start_s`.
    #[must_use]
    pub fn to_matrix(&self, start_s: f64) -> Matrix {
        let row = |landmark: Landmark| [landmark.frequency_hz as f32, f32::from(u8::from(landmark.strong))];
        Matrix {
            rows: self.len(),
            columns: 2,
            data: self.landmarks().flat_map(row).collect(),
            times_s: self.landmarks().map(|landmark| start_s + landmark.time_s).collect(),
            unit: "Hz, 1",
        }
    }

    /// The fingerprint of the vector `landmarks` of an analysis. Its times may start anywhere from 0 on; as long as no
    /// other length is known, the sound ends with the last landmark.
    ///
    /// Fails (`INVALID_INPUT`) for a matrix that does not have two columns, a time for each row, and times and
    /// frequencies that a sound can have.
    pub fn from_matrix(matrix: &Matrix) -> Result<Self> {
        let wrong = |message: &str| Err(Error::new(ErrorKind::InvalidInput, message));
        let shape_holds = matrix.columns == 2
            && matrix.times_s.len() == matrix.rows
            && Some(matrix.data.len()) == matrix.rows.checked_mul(2);
        if !shape_holds {
            return wrong("landmarks need two columns, frequency and strength, and a time for each row");
        }
        let mut points = Vec::with_capacity(matrix.rows);
        for (&time_s, row) in matrix.times_s.iter().zip(matrix.data.chunks_exact(2)) {
            let time = (time_s * 1000.0 / TIME_MS).round();
            let is_time = (0.0..=f64::from(u32::MAX)).contains(&time);
            if !(is_time && row[0] > 0.0 && row[0].is_finite()) {
                return wrong("landmarks need times from 0 s on and frequencies above 0 Hz");
            }
            let (time, pitch) = (time as u32, pitch_of(f64::from(row[0])));
            points.push(Point { time, pitch, strong: row[1] >= 0.5 });
        }
        let duration = points.iter().map(|point| point.time).max().unwrap_or(0);
        Ok(Self::from_points(duration, points))
    }
}
