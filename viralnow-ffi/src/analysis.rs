//! `vn_analysis`: the payload of one asset and its frame-level features.

use crate::args::{free, invalid, place, reference, text, view};
use crate::error::{vn_error, vn_status};
use crate::panic::guard;
use crate::string::c_text;
use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::OnceLock;
use viralnow_core::extract::Matrix;
use viralnow_core::features::AssetStatus;
use viralnow_core::{Analysis, Error, ErrorKind, report};

/// The result of one call. It never changes; any number of threads may read it at once.
pub struct vn_analysis {
    pub(crate) analysis: Analysis,
    vectors: Vec<Names>,
    json: OnceLock<CString>,
    asset_id: CString,
}

/// The names of one table of frame-level features, NUL-terminated.
struct Names {
    modality: CString,
    name: CString,
    unit: CString,
}

impl From<Analysis> for vn_analysis {
    fn from(analysis: Analysis) -> Self {
        let names = |(modality, vectors): (&String, &viralnow_core::extract::Vectors)| {
            let names = |(name, matrix): (&String, &Matrix)| Names {
                modality: c_text(modality),
                name: c_text(name),
                unit: c_text(matrix.unit),
            };
            vectors.iter().map(names).collect::<Vec<_>>()
        };
        let vectors = analysis.vectors.iter().flat_map(names).collect();
        let asset_id = c_text(analysis.payload.asset_id.as_str());
        Self { analysis, vectors, json: OnceLock::new(), asset_id }
    }
}

impl vn_analysis {
    fn describe(&self, names: &Names) -> Option<vn_vectors> {
        let matrix =
            self.analysis.vectors.get(names.modality.to_str().ok()?)?.get(names.name.to_str().ok()?)?;
        Some(vn_vectors {
            modality: names.modality.as_ptr(),
            name: names.name.as_ptr(),
            unit: names.unit.as_ptr(),
            rows: matrix.rows,
            columns: matrix.columns,
            data: matrix.data.as_ptr(),
            times_s: if matrix.times_s.is_empty() { ptr::null() } else { matrix.times_s.as_ptr() },
        })
    }
}

/// Whether everything that the asset has was analysed. Newer versions of the library may add to this list.
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum vn_asset_status {
    /// There is no analysis: the handle was NULL.
    None = 0,
    /// Everything was analysed.
    Complete = 1,
    /// A modality that the asset has failed, or was cut short; the payload says which and why.
    Partial = 2,
    /// Nothing could be analysed; the payload says why.
    Failed = 3,
}

/// Frame-level features: `rows` moments of `columns` values each. Everything is owned by the analysis and valid until that
/// is freed.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct vn_vectors {
    /// The modality, such as `"audio"`.
    pub modality: *const c_char,
    /// The name, such as `"mfcc"`.
    pub name: *const c_char,
    /// The unit of the values, such as `"Hz"`, `"dB"` or `"1"`.
    pub unit: *const c_char,
    /// Moments.
    pub rows: usize,
    /// Values per moment.
    pub columns: usize,
    /// The values, row by row: value `c` of moment `r` is `data[r * columns + c]`; NaN marks an undefined one.
    pub data: *const f32,
    /// Presentation time of each row's centre, in seconds: `rows` of them; NULL where there are none, as of samples.
    pub times_s: *const f64,
}

pub(crate) const NO_VECTORS: vn_vectors = vn_vectors {
    modality: ptr::null(),
    name: ptr::null(),
    unit: ptr::null(),
    rows: 0,
    columns: 0,
    data: ptr::null(),
    times_s: ptr::null(),
};

/// The payload as JSON, described by `vn_json_schema`; NULL for NULL. Owned by the analysis.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_json(analysis: *const vn_analysis) -> *const c_char {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(analysis, ptr::null(), |a| a.json.get_or_init(|| c_text(&a.analysis.to_json())).as_ptr()) }
}

/// The host's id of the asset, or the one derived from its content; NULL for NULL. Owned by the analysis.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_asset_id(analysis: *const vn_analysis) -> *const c_char {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(analysis, ptr::null(), |a| a.asset_id.as_ptr()) }
}

/// Whether everything that the asset has was analysed; `VN_ASSET_STATUS_NONE` for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_status(analysis: *const vn_analysis) -> vn_asset_status {
    let status = |a: &vn_analysis| match a.analysis.payload.status {
        AssetStatus::Complete => vn_asset_status::Complete,
        AssetStatus::Partial => vn_asset_status::Partial,
        AssetStatus::Failed => vn_asset_status::Failed,
    };
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(analysis, vn_asset_status::None, status) }
}

/// Writes the content score, in [0, 100], to `score` and gives true; gives false and leaves `score` alone when there was
/// nothing to score, or for NULL. The contributions that sum to it are in the payload.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_score(analysis: *const vn_analysis, score: *mut f64) -> bool {
    // SAFETY: NULL or a live handle, as the header says.
    let viral =
        unsafe { view(analysis, None, |a| a.analysis.payload.score.as_ref().map(|score| score.viral)) };
    match viral {
        Some(viral) if !score.is_null() => {
            // SAFETY: not NULL; the header says that one double may be written there.
            unsafe { score.write(viral) };
            true
        }
        _ => false,
    }
}

/// The readable report for a terminal of this many columns (80 for 0). `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_report(
    analysis: *const vn_analysis,
    columns: usize,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            let columns = if columns == 0 { 80 } else { columns };
            out.give_text(&report::text(&reference(analysis, "analysis")?.analysis.payload, columns));
            Ok(())
        })
    }
}

/// The report as a self-contained fragment of HTML. `out` is freed with `vn_string_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_report_html(
    analysis: *const vn_analysis,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            out.give_text(&reference(analysis, "analysis")?.analysis.html());
            Ok(())
        })
    }
}

/// What happens when (shots, motion, faces, text, sound, speakers, level) as an SVG document. `out` is freed with
/// `vn_string_free`; it becomes NULL where the asset has no length in time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_timeline(
    analysis: *const vn_analysis,
    out: *mut *mut c_char,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, ptr::null_mut(), "out")?;
            if let Some(picture) = reference(analysis, "analysis")?.analysis.timeline() {
                out.give_text(&picture);
            }
            Ok(())
        })
    }
}

/// Describes the frame-level features of this name, such as `"audio"`, `"mfcc"`, in `out`. `VN_STATUS_NOT_FOUND` when the
/// analysis has none of that name; the message lists those that there are. An analysis read from a store has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_vectors(
    analysis: *const vn_analysis,
    modality: *const c_char,
    name: *const c_char,
    out: *mut vn_vectors,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, NO_VECTORS, "out")?;
            let analysis = reference(analysis, "analysis")?;
            let (modality, name) = (text(modality, "modality")?, text(name, "name")?);
            analysis.analysis.vectors(modality, name)?;
            let same = |n: &&Names| n.modality.to_str() == Ok(modality) && n.name.to_str() == Ok(name);
            let vectors = analysis.vectors.iter().find(same).and_then(|names| analysis.describe(names));
            out.set(vectors.ok_or_else(|| Error::new(ErrorKind::NotFound, "no such frame-level feature"))?);
            Ok(())
        })
    }
}

/// How many tables of frame-level features there are; 0 for NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_vectors_count(analysis: *const vn_analysis) -> usize {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { view(analysis, 0, |a| a.vectors.len()) }
}

/// Describes the table of frame-level features of this index in `out`; they are sorted by modality and name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_vectors_at(
    analysis: *const vn_analysis,
    index: usize,
    out: *mut vn_vectors,
    err: *mut *mut vn_error,
) -> vn_status {
    // SAFETY: the pointers are NULL or as the header says.
    unsafe {
        guard(err, || {
            let out = place(out, NO_VECTORS, "out")?;
            let analysis = reference(analysis, "analysis")?;
            let vectors = analysis.vectors.get(index).and_then(|names| analysis.describe(names));
            out.set(vectors.ok_or_else(|| {
                invalid("index", "there are fewer tables")
                    .with("count", analysis.vectors.len())
                    .with("index", index)
            })?);
            Ok(())
        })
    }
}

/// Frees an analysis. NULL is ignored. One that belongs to a batch is freed with it and never by this.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn vn_analysis_free(analysis: *mut vn_analysis) {
    // SAFETY: NULL or a live handle, as the header says.
    unsafe { free(analysis) }
}
