//! `vn_extractor`: a modality that the host computes itself.

use crate::args::{invalid, text};
use crate::string::c_text;
use serde_json::{Value, json};
use std::ffi::{CStr, c_char, c_void};
use std::ptr;
use std::sync::Arc;
use viralnow_core::extract::{
    AnyExtractor, AudioInput, Extracted, ExtractorFactory, FrameInput, SharedOutputs, Vectors, Wants,
};
use viralnow_core::media::{Cue, MediaInfo};
use viralnow_core::{Error, ErrorKind, Result};

/// `vn_extractor.wants`: sound, through `audio`.
pub const VN_WANTS_AUDIO: u32 = 1;
/// `vn_extractor.wants`: the 2 to 4 frames a second that the sampler picks, through `frame`.
pub const VN_WANTS_SAMPLED_FRAMES: u32 = 2;
/// `vn_extractor.wants`: every frame, through `frame`. Each is turned into RGB at full size, which costs about as much as
/// decoding it.
pub const VN_WANTS_EVERY_FRAME: u32 = 4;
/// `vn_extractor.wants`: captions, through `cue`.
pub const VN_WANTS_CUES: u32 = 8;

/// A modality of the host. For each asset `create` makes an instance, the other functions are called with it, and `destroy`
/// ends it: `begin`, then `audio`, `frame` and `cue` in presentation order, then `finish`; after a failure only `destroy`.
///
/// One instance is used by one thread at a time, but not always by the same; in a batch several instances live at once, and
/// `create` may be called from several threads. What the functions are given is valid during the call only. No C++ exception
/// may leave them.
///
/// They give NULL when all is well, and otherwise a text that says what failed, which is copied at once: the asset's modality
/// is then `failed` with the code `HOST_FAILED`, and the other modalities go on. A function that is not needed is NULL.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct vn_extractor {
    /// `sizeof(vn_extractor)`, by which newer libraries know older programs.
    pub struct_size: usize,
    /// The modality's name in the payload: 1 to 64 lower-case letters, digits and `_`, none of the built-in ones; checked by
    /// the call. Copied.
    pub modality: *const c_char,
    /// The version of the method, which stands beside its features. With an extractor of the host every call computes, whatever
    /// is stored. Copied.
    pub version: *const c_char,
    /// What is to be delivered: `VN_WANTS_AUDIO` and the others, joined by `|`.
    pub wants: u32,
    /// Handed to `create`.
    pub user_data: *mut c_void,
    /// Makes the instance for one asset; NULL is a failure. Must be there.
    pub create: Option<unsafe extern "C" fn(user_data: *mut c_void) -> *mut c_void>,
    /// Called once, before anything else, with the facts of the file as JSON: the `media` of the payload as far as it is
    /// known.
    pub begin: Option<unsafe extern "C" fn(instance: *mut c_void, info_json: *const c_char) -> *const c_char>,
    /// Sound: the mean of the channels at 16 kHz. Blocks join without gap or overlap; `start_s` is the presentation time of
    /// the first sample.
    pub audio: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            mono16k: *const f32,
            count: usize,
            start_s: f64,
        ) -> *const c_char,
    >,
    /// A picture, upright, at full size: packed red, green, blue; row `r` starts at `rgb + r * stride`. In preset `balanced` a
    /// large H.264 picture that no other refers to is not deblocked.
    pub frame: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            rgb: *const u8,
            width: usize,
            height: usize,
            stride: usize,
            time_s: f64,
        ) -> *const c_char,
    >,
    /// A caption.
    pub cue: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            start_s: f64,
            end_s: f64,
            text: *const c_char,
        ) -> *const c_char,
    >,
    /// The end. `shared_json` is what the shared analysis knows: `duration_s`, `audio_start_s`, `audio_s`, `speech` (stretches
    /// of speech as [start, end] in seconds), `frames_decoded`, `frames_sampled`. The function points `summary_json` to the
    /// modality's summary, a JSON object; it is copied at once. Must be there.
    pub finish: Option<
        unsafe extern "C" fn(
            instance: *mut c_void,
            shared_json: *const c_char,
            summary_json: *mut *const c_char,
        ) -> *const c_char,
    >,
    /// Ends an instance.
    pub destroy: Option<unsafe extern "C" fn(instance: *mut c_void)>,
}

/// A pointer of the host, which may go to another thread: the header makes the host answer for what is behind it.
#[derive(Clone, Copy)]
pub(crate) struct HostPointer(pub(crate) *mut c_void);

// SAFETY: never read by us, only handed back to the host's own functions, which the header says are called from other
// threads.
unsafe impl Send for HostPointer {}
// SAFETY: as above.
unsafe impl Sync for HostPointer {}

/// The checked table.
struct Table {
    modality: String,
    version: String,
    wants: Wants,
    functions: vn_extractor,
}

// SAFETY: function pointers, and data that only the host's functions read; the header says that `create` may be called from
// several threads. The pointers to the names are not used after `factory`.
unsafe impl Send for Table {}
// SAFETY: as above.
unsafe impl Sync for Table {}

/// Checks a table and makes from it what the pipeline asks for an extractor of each asset.
///
/// `extractor` is NULL or points to a table as the header says.
pub(crate) unsafe fn factory(extractor: *const vn_extractor) -> Result<ExtractorFactory> {
    if extractor.is_null() {
        return Err(invalid("extractor", "the parameter is NULL"));
    }
    // SAFETY: not NULL; the size is the first member of every version of the table, and is read before anything else.
    let size = unsafe { extractor.cast::<usize>().read() };
    if size != size_of::<vn_extractor>() {
        return Err(invalid(
            "extractor.struct_size",
            "the size must be sizeof(vn_extractor) of this library's header",
        )
        .with("value", size)
        .with("expected", size_of::<vn_extractor>()));
    }
    // SAFETY: not NULL, and of our size.
    let functions = unsafe { *extractor };
    // SAFETY: the members are NULL or texts, as the header says.
    let (modality, version) = unsafe {
        (
            text(functions.modality, "extractor.modality")?.to_owned(),
            text(functions.version, "extractor.version")?.to_owned(),
        )
    };
    let wants = wants(&functions)?;
    let table = Arc::new(Table { modality, version, wants, functions });
    Ok(Arc::new(move || {
        Box::new(HostExtractor { table: Arc::clone(&table), instance: None, audio_start_s: None })
    }))
}

/// The wishes of a table whose functions can take them.
fn wants(table: &vn_extractor) -> Result<Wants> {
    let all = VN_WANTS_AUDIO | VN_WANTS_SAMPLED_FRAMES | VN_WANTS_EVERY_FRAME | VN_WANTS_CUES;
    if table.wants & !all != 0 {
        return Err(invalid("extractor.wants", "there is no such wish").with("value", table.wants));
    }
    let wants = Wants {
        audio: table.wants & VN_WANTS_AUDIO != 0,
        spectra: false,
        sampled_frames: table.wants & (VN_WANTS_SAMPLED_FRAMES | VN_WANTS_EVERY_FRAME) != 0,
        every_frame: table.wants & VN_WANTS_EVERY_FRAME != 0,
        cues: table.wants & VN_WANTS_CUES != 0,
    };
    let absent = [
        ("extractor.create", table.create.is_none()),
        ("extractor.finish", table.finish.is_none()),
        ("extractor.audio", wants.audio && table.audio.is_none()),
        ("extractor.frame", wants.sampled_frames && table.frame.is_none()),
        ("extractor.cue", wants.cues && table.cue.is_none()),
    ];
    match absent.iter().find(|(_, absent)| *absent) {
        Some((name, _)) => Err(invalid(name, "the function is needed, but it is NULL")),
        None => Ok(wants),
    }
}

/// The host's extractor of one asset.
struct HostExtractor {
    table: Arc<Table>,
    instance: Option<HostPointer>,
    /// Presentation time of the first sample of the stream.
    audio_start_s: Option<f64>,
}

impl HostExtractor {
    /// The host's instance; made at the first use, so that asking for the name makes none.
    fn instance(&mut self) -> Result<*mut c_void> {
        if let Some(instance) = self.instance {
            return Ok(instance.0);
        }
        let Some(create) = self.table.functions.create else {
            return Err(self.failed("create", "the function is NULL"));
        };
        // SAFETY: function and data are the host's own, alive as long as a call with these options runs.
        let instance = unsafe { create(self.table.functions.user_data) };
        if instance.is_null() {
            return Err(self.failed("create", "no instance was made"));
        }
        self.instance = Some(HostPointer(instance));
        Ok(instance)
    }

    /// What a function of the host gave: nothing, or what failed.
    unsafe fn check(&self, function: &'static str, message: *const c_char) -> Result<()> {
        if message.is_null() {
            return Ok(());
        }
        // SAFETY: not NULL; the host gives a NUL-terminated text that stays until it is copied here.
        Err(self.failed(function, &unsafe { CStr::from_ptr(message) }.to_string_lossy()))
    }

    fn failed(&self, function: &'static str, message: &str) -> Error {
        Error::new(ErrorKind::HostFailed, message)
            .with("extractor", &self.table.modality)
            .with("function", function)
    }
}

impl AnyExtractor for HostExtractor {
    fn modality(&self) -> &str {
        &self.table.modality
    }

    fn version(&self) -> &str {
        &self.table.version
    }

    fn wants(&self) -> Wants {
        self.table.wants
    }

    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        let instance = self.instance()?;
        let Some(begin) = self.table.functions.begin else { return Ok(()) };
        let info = serde_json::to_string(info).map_err(|error| {
            Error::new(ErrorKind::Internal, "the facts cannot be written as JSON").caused_by(error)
        })?;
        let info = c_text(&info);
        // SAFETY: the host's function with the instance that it made.
        unsafe { self.check("begin", begin(instance, info.as_ptr())) }
    }

    fn audio(&mut self, input: &AudioInput<'_>) -> Result<()> {
        let start_s = *self.audio_start_s.get_or_insert(input.native.start_s);
        let Some(audio) = self.table.functions.audio else { return Ok(()) };
        if !self.table.wants.audio || input.mono16k.is_empty() {
            return Ok(());
        }
        let instance = self.instance()?;
        let start_s = start_s + input.mono16k_start as f64 / 16_000.0;
        // SAFETY: the host's function with the instance that it made, and an array of this length.
        unsafe { self.check("audio", audio(instance, input.mono16k.as_ptr(), input.mono16k.len(), start_s)) }
    }

    fn frame(&mut self, input: &FrameInput<'_>) -> Result<()> {
        let Some(frame) = self.table.functions.frame else { return Ok(()) };
        let Wants { sampled_frames, every_frame, .. } = self.table.wants;
        if !(every_frame || sampled_frames && input.sampled) {
            return Ok(());
        }
        let instance = self.instance()?;
        let image = input.frame.to_rgb();
        let (rgb, stride) = (image.data.as_ptr(), image.width * 3);
        // SAFETY: the host's function with the instance that it made, and a picture of this size.
        unsafe {
            self.check("frame", frame(instance, rgb, image.width, image.height, stride, input.frame.time_s))
        }
    }

    fn cue(&mut self, cue: &Cue) -> Result<()> {
        let Some(function) = self.table.functions.cue else { return Ok(()) };
        if !self.table.wants.cues {
            return Ok(());
        }
        let instance = self.instance()?;
        let text = c_text(&cue.text);
        // SAFETY: the host's function with the instance that it made.
        unsafe { self.check("cue", function(instance, cue.start_s, cue.end_s, text.as_ptr())) }
    }

    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<Value>> {
        let instance = self.instance()?;
        let Some(finish) = self.table.functions.finish else {
            return Err(self.failed("finish", "the function is NULL"));
        };
        let shared = json!({
            "duration_s": shared.duration_s,
            "audio_start_s": shared.audio_start_s,
            "audio_s": shared.audio_s,
            "speech": shared.speech,
            "frames_decoded": shared.frames.0,
            "frames_sampled": shared.frames.1,
        });
        let shared = c_text(&shared.to_string());
        let mut summary: *const c_char = ptr::null();
        // SAFETY: the host's function with the instance that it made, and a place for a pointer.
        unsafe { self.check("finish", finish(instance, shared.as_ptr(), &raw mut summary))? };
        if summary.is_null() {
            return Err(self.failed("finish", "no summary was given"));
        }
        // SAFETY: not NULL; the host gives a NUL-terminated text that stays until it is copied here.
        let summary = unsafe { CStr::from_ptr(summary) };
        let features: Value = serde_json::from_slice(summary.to_bytes())
            .map_err(|error| self.failed("finish", "the summary is not JSON").caused_by(error))?;
        if !features.is_object() {
            return Err(self.failed("finish", "the summary is not a JSON object"));
        }
        Ok(Extracted { features, vectors: Vectors::new() })
    }
}

impl Drop for HostExtractor {
    fn drop(&mut self) {
        if let (Some(instance), Some(destroy)) = (self.instance, self.table.functions.destroy) {
            // SAFETY: the host's function with the instance that it made, once.
            unsafe { destroy(instance.0) };
        }
    }
}
