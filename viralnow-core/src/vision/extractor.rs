//! The extractor of pictures.

use super::colour::Colours;
use super::faces::FacesSeen;
use super::motion::{MotionSample, sum_up};
use super::overlay::TextSeen;
use super::shots::{Boundaries, Boundary, Change, ContentParams, Cut, CutKind, FlashFilter, ShotFrame};
use super::{Keyframe, Pacing, Shot, Transition, VisionSummary};
use crate::extract::{
    Extracted, Extractor, ExtractorConfig, FrameInput, Matrix, SharedOutputs, Vectors, Wants,
};
use crate::imaging::{Hsv, ImageHash, LumaPyramid, Rotation, bgr_to_hsv, phash};
use crate::media::{Frame, MediaInfo, MediaKind};
use crate::{Error, ErrorKind, Preset, Result};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Within a shot, a further keyframe after this many seconds.
const KEYFRAME_S: f64 = 2.0;

/// Turns pictures into a [`VisionSummary`]: shots, pacing, motion, faces, text on screen, keyframes and colour.
///
/// Every frame is looked at for cuts; the sampled ones, and those that may begin a shot, for colour, keyframes, faces and, with the frame
/// after them, motion. Where a cut can be no other frame is needed: a shot of three frames is looked at. A dissolve or fade is known when it
/// is over, and where two follow one another within half a second the shot between them may be over, too: then its keyframe is the first
/// frame that is of it alone, as the detector has it, and its motion may be missing. In
/// preset `reference` cuts and their numbers are those of `PySceneDetect`'s `ContentDetector`; in the others they are those of
/// [`super::ClearCutDetector`], which tells hard cuts, dissolves and fades apart and takes no flash for a cut. Motion is block matching in all
/// of them (see [`super::Motion`]).
///
/// Frame-level features: `content_score` (every frame, the change from the one before, 0 to 255), `motion` (every measured
/// moment, diagonals per second), `camera` (the same moments; pan, tilt and zoom per second).
///
/// ```
/// use viralnow_core::extract::{Extractor, ExtractorConfig};
/// use viralnow_core::vision::VisionExtractor;
/// let extractor = VisionExtractor::new(&ExtractorConfig::default());
/// assert!(extractor.wants().every_frame && !extractor.wants().audio);
/// ```
#[derive(Debug)]
pub struct VisionExtractor {
    preset: Preset,
    single: bool,
    cuts: CutRule,
    found: Vec<Cut>,
    hsv: Hsv,
    previous: Hsv,
    previous_width: usize,
    scores: Vec<f32>,
    times_s: Vec<f64>,
    first: Option<Cut>,
    last_duration_s: Option<f64>,
    /// The last sampled frame, until the next frame comes.
    waiting: Option<(f64, LumaPyramid)>,
    motion: Vec<MotionSample>,
    colours: Colours,
    keyframes: Vec<(f64, ImageHash)>,
    /// The first frame that is of a shot alone, for one that has no other keyframe.
    openings: Vec<(f64, ImageHash)>,
    rotation: Rotation,
    /// A frame since the last keyframe may turn out to start a shot.
    maybe_new_shot: bool,
    sampled: u64,
    extra: Extra,
    faces: FacesSeen,
    texts: TextSeen,
    /// With the methods that have a part in the features: one that is there and fails has none in the end.
    version: String,
}

#[derive(Debug)]
enum CutRule {
    Peer(f64, FlashFilter),
    Own(Box<Boundaries>),
}

impl VisionExtractor {
    /// With these settings.
    #[must_use]
    pub fn new(config: &ExtractorConfig) -> Self {
        let texts = TextSeen::new(config.text_language.as_deref(), config.language.as_deref());
        Self {
            version: version(FacesSeen::detector_name(), FacesSeen::reads_expressions(), texts.reader_name()),
            preset: config.preset,
            single: false,
            cuts: match config.preset {
                Preset::Reference => {
                    let ContentParams { threshold, min_scene_len, filter_mode, .. } =
                        ContentParams::default();
                    CutRule::Peer(threshold, FlashFilter::new(filter_mode, min_scene_len))
                }
                Preset::Balanced | Preset::Fast => CutRule::Own(Box::default()),
            },
            found: Vec::new(),
            hsv: Hsv::default(),
            previous: Hsv::default(),
            previous_width: 0,
            scores: Vec::new(),
            times_s: Vec::new(),
            first: None,
            last_duration_s: None,
            waiting: None,
            motion: Vec::new(),
            colours: Colours::default(),
            keyframes: Vec::new(),
            openings: Vec::new(),
            rotation: Rotation::None,
            maybe_new_shot: true,
            sampled: 0,
            extra: Extra::default(),
            faces: FacesSeen::new(config.preset),
            texts,
        }
    }

    /// Motion from the sampled frame that waits to this one; this one waits in turn when it is sampled.
    fn measure_motion(&mut self, frame: &Frame<'_>, sampled: bool) {
        let waiting = self.waiting.take();
        if waiting.is_none() && !sampled {
            return;
        }
        let here = (frame.time_s, LumaPyramid::new(&frame.picture));
        if let Some((time_s, pyramid)) = &waiting {
            let size = (frame.picture.width(), frame.picture.height());
            let sample = MotionSample::measure((*time_s, pyramid), (here.0, &here.1), size, frame.rotation);
            self.motion.extend(sample);
        }
        if sampled {
            self.waiting = Some(here);
        }
    }

    /// The end of the pictures: the last frame stands as long as the file says, or as the one before it did.
    fn end_s(&self, shared: &SharedOutputs) -> f64 {
        let last = self.times_s.last().copied().unwrap_or(0.0);
        let interval = self.times_s.len().checked_sub(2).map(|i| last - self.times_s[i]);
        let stands = self.last_duration_s.or(interval).unwrap_or(shared.duration_s - last);
        last + if stands.is_finite() { stands.max(0.0) } else { 0.0 }
    }

    /// A boundary of our own detector.
    fn find(&mut self, Boundary { cut, opening }: Boundary) {
        self.found.push(cut);
        let picture = opening.picture.as_picture().to_gray(self.rotation);
        self.openings.push((opening.time_s, phash(&picture)));
    }

    /// Keyframes of the shots as they turned out: the first of each and those two seconds after the last one kept. One that
    /// is blended of two shots is kept where its shot has no other; where it has none at all, it has its opening.
    fn keyframes_of(&self, shots: &[Shot]) -> Vec<Keyframe> {
        let mut kept: Vec<Keyframe> = Vec::new();
        let mut last: Option<(usize, f64)> = None;
        let shot_of = |t_s: f64| shots.partition_point(|shot| shot.start_s <= t_s);
        let blended = |t_s: f64| {
            let cut = ending_after(&self.found, t_s);
            cut.is_some_and(|cut| cut.kind != CutKind::Hard && cut.start_s <= t_s)
        };
        let clear: Vec<usize> =
            self.keyframes.iter().filter(|(t_s, _)| !blended(*t_s)).map(|(t_s, _)| shot_of(*t_s)).collect();
        let opened: Vec<usize> = self.openings.iter().map(|(t_s, _)| shot_of(*t_s)).collect();
        for &(t_s, ref hash) in &self.keyframes {
            let shot = shot_of(t_s);
            if blended(t_s) && [&clear, &opened].iter().any(|shots| shots.binary_search(&shot).is_ok()) {
                continue;
            }
            if last.is_none_or(|(shot_before, before)| shot != shot_before || t_s - before >= KEYFRAME_S) {
                last = Some((shot, t_s));
                kept.push(Keyframe { t_s, phash: hash.to_string() });
            }
        }
        let seen: Vec<usize> = kept.iter().map(|keyframe| shot_of(keyframe.t_s)).collect();
        for (shot, (t_s, hash)) in opened.iter().zip(&self.openings) {
            if seen.binary_search(shot).is_err() {
                kept.push(Keyframe { t_s: *t_s, phash: hash.to_string() });
            }
        }
        kept.sort_by(|a, b| a.t_s.total_cmp(&b.t_s));
        kept
    }
}

impl Extractor for VisionExtractor {
    type Features = VisionSummary;
    const MODALITY: &'static str = "vision";

    fn version(&self) -> &str {
        &self.version
    }

    fn wants(&self) -> Wants {
        Wants { sampled_frames: true, every_frame: true, ..Wants::default() }
    }

    fn begin(&mut self, info: &MediaInfo) -> Result<()> {
        self.single = info.kind == MediaKind::Image;
        self.colours = Colours::of(info.hdr.as_deref());
        Ok(())
    }

    fn frame(&mut self, input: &FrameInput<'_>) -> Result<()> {
        let frame = input.frame;
        let here = Cut::hard(frame.index, frame.time_s);
        std::mem::swap(&mut self.hsv, &mut self.previous);
        bgr_to_hsv(input.small_bgr, &mut self.hsv);
        // A stream may change its shape on the way.
        let comparable = self.previous_width == input.small_width;
        self.previous_width = input.small_width;
        let change = Change::between(&self.previous, &self.hsv).filter(|_| comparable);
        let score = change.unwrap_or_default().score();
        let mut boundary = None;
        let maybe_new_shot = match &mut self.cuts {
            CutRule::Peer(threshold, filter) => {
                let above = score >= *threshold;
                self.found.extend(filter.push(here, above));
                above
            }
            CutRule::Own(boundaries) => {
                let small = ShotFrame {
                    number: frame.index,
                    time_s: frame.time_s,
                    bgr: input.small_bgr,
                    width: input.small_width,
                    height: input.small_height,
                };
                small.check()?;
                boundary = boundaries.push(&small);
                boundaries.maybe_new_shot()
            }
        };
        self.rotation = frame.rotation;
        if let Some(boundary) = boundary {
            self.find(boundary);
        }
        self.maybe_new_shot |= maybe_new_shot;
        self.first.get_or_insert(here);
        self.scores.push(score as f32);
        self.times_s.push(frame.time_s);
        self.last_duration_s = frame.duration_s;
        let extra = self.extra.allows(maybe_new_shot && !input.sampled);
        let sampled = input.sampled || extra;
        if !self.single {
            self.measure_motion(frame, sampled);
        }
        self.texts.push(frame, maybe_new_shot, self.single);
        if sampled {
            self.sampled += u64::from(input.sampled);
            self.colours.push(input.small_bgr, &self.hsv);
            self.faces.push(frame, self.single, maybe_new_shot);
            let due = self.keyframes.last().is_none_or(|(last, _)| frame.time_s - last >= KEYFRAME_S);
            if due || self.maybe_new_shot {
                self.keyframes.push((frame.time_s, phash(&frame.picture.to_gray(frame.rotation))));
                self.maybe_new_shot = false;
            }
        }
        Ok(())
    }

    fn finish(&mut self, shared: &SharedOutputs) -> Result<Extracted<VisionSummary>> {
        self.finish_while(shared, &mut |_| Ok(()))
    }
}

impl VisionExtractor {
    /// The same as [`Extractor::finish`], and stops as soon as `pulse`, which is told the share that is done, fails: with
    /// its error. Lines of text that wait to be read take seconds. Where the time is over (`TIMEOUT`), only what needed more of it is
    /// left out, and `missing` says so: shots and motion take none.
    pub fn finish_while(
        &mut self,
        shared: &SharedOutputs,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<Extracted<VisionSummary>> {
        // What is stopped by it tells of it as of a failure of its own.
        let stopped = RefCell::new(None);
        let mut pulse = |share: f64| {
            pulse(share).inspect_err(|error| {
                let stops = error.kind() != ErrorKind::Timeout;
                _ = stops.then(|| stopped.replace(Some(error.again())));
            })
        };
        let go_on = |stopped: &RefCell<Option<Error>>| stopped.take().map_or(Ok(()), Err);
        _ = pulse(0.0);
        go_on(&stopped)?;
        if let CutRule::Own(boundaries) = &mut self.cuts {
            for boundary in std::mem::take(&mut **boundaries).finish() {
                self.find(boundary);
            }
        }
        let mut missing = BTreeMap::new();
        let end_s = self.end_s(shared);
        let mut summary = VisionSummary { colour: self.colours.finish(), ..VisionSummary::default() };
        if self.single {
            for field in ["pacing", "motion", "sampled_fps"] {
                missing.insert(field.to_owned(), "a single picture".to_owned());
            }
        } else if let Some(first) = self.first {
            // A pair of frames with a cut between them, or blended of two shots, shows no motion.
            let found = &self.found;
            self.motion
                .retain(|pair| ending_after(found, pair.from_s).is_none_or(|cut| cut.start_s > pair.to_s));
            summary.shots = shots(first, found, end_s, &self.motion);
            if matches!(self.cuts, CutRule::Own(_)) {
                for (shot, cut) in summary.shots[1..].iter_mut().zip(found) {
                    shot.transition =
                        Some(Transition { kind: cut.kind, start_s: cut.start_s, end_s: cut.end_s });
                }
            } else if crate::media::is_rate_variable(&self.times_s) {
                // At a variable rate the peer counts time in frames of the mean rate.
                let rate = self.times_s.len() as f64 / (end_s - first.time_s);
                for shot in &mut summary.shots {
                    shot.start_frame = ((shot.start_s - first.time_s) * rate).round_ties_even() as u64;
                }
            }
            summary.pacing = pacing(&summary.shots);
            summary.motion = sum_up(&self.motion, found, end_s);
            let length = end_s - first.time_s;
            summary.sampled_fps = (length > 0.0).then(|| self.sampled as f64 / length);
            if summary.pacing.is_none() {
                missing.insert("pacing".to_owned(), "the pictures have no length in time".to_owned());
                missing.insert("sampled_fps".to_owned(), "the pictures have no length in time".to_owned());
            }
            match &summary.motion {
                None => {
                    missing.insert("motion".to_owned(), "no two pictures that can be compared".to_owned());
                }
                Some(motion) => {
                    if motion.direction_histogram.is_none() {
                        missing.insert("motion.direction_histogram".to_owned(), "nothing moves".to_owned());
                    }
                    if motion.camera_motion.is_none() {
                        let reason = "too little texture, or no motion that most of the picture follows";
                        missing.insert("motion.camera_motion".to_owned(), reason.to_owned());
                    }
                }
            }
        } else {
            for field in ["pacing", "motion", "sampled_fps"] {
                missing.insert(field.to_owned(), "no picture was decoded".to_owned());
            }
        }
        if self.first.is_none() {
            for field in ["colour", "phash"] {
                missing.insert(field.to_owned(), "no picture was decoded".to_owned());
            }
        }
        let faces = std::mem::replace(&mut self.faces, FacesSeen::new(self.preset));
        let faces = faces.finish(&mut summary, end_s, &mut |share| pulse(0.1 * share));
        go_on(&stopped)?;
        let mut seen = std::mem::replace(&mut self.texts, TextSeen::new(None, None));
        let texts = seen.finish(&mut summary, end_s, &mut |share| pulse(0.1 + 0.8 * share));
        go_on(&stopped)?;
        let reader = seen.reader_name();
        // Without a picture nothing was looked for, and nothing failed.
        let none = self.first.is_none();
        self.version = version(
            FacesSeen::detector_name().filter(|_| none || faces.is_ok()),
            FacesSeen::reads_expressions() && (none || matches!(faces, Ok(None))),
            reader.filter(|_| none || texts.is_ok()),
        );
        match faces {
            Ok(None) => {
                // A model of expressions alone.
                let seen = summary.faces.as_deref().unwrap_or_default();
                if !seen.is_empty() && seen.iter().all(|span| span.valence.is_none()) {
                    let why = "the model of expression gives neither valence nor arousal";
                    for field in AFFECT {
                        missing.insert(field.to_owned(), why.to_owned());
                    }
                }
            }
            Ok(Some(error)) => {
                for field in AFFECT.into_iter().chain(["face_tracks.expression"]) {
                    missing.insert(field.to_owned(), error.message().to_owned());
                }
            }
            Err(error) => {
                for field in ["faces", "face_tracks"] {
                    // Without its context, which has paths of this machine.
                    missing.insert(field.to_owned(), error.message().to_owned());
                }
            }
        }
        if let Err(error) = texts {
            missing.insert("overlay_text".to_owned(), error.message().to_owned());
        }
        summary.keyframes = self.keyframes_of(&summary.shots);
        summary.phash = summary.keyframes.first().map(|keyframe| keyframe.phash.clone());
        summary.missing = missing;
        Ok(Extracted { features: summary, vectors: self.vectors() })
    }

    fn vectors(&mut self) -> Vectors {
        let mut vectors = Vectors::new();
        if self.single || self.times_s.is_empty() {
            return vectors;
        }
        let mut add = |name: &str, columns: usize, data: Vec<f32>, times_s: Vec<f64>, unit| {
            vectors.insert(name.to_owned(), Matrix { rows: times_s.len(), columns, data, times_s, unit });
        };
        let moments =
            |samples: &[MotionSample]| samples.iter().map(|s| f64::midpoint(s.from_s, s.to_s)).collect();
        add(
            "motion",
            1,
            self.motion.iter().map(|s| s.intensity as f32).collect(),
            moments(&self.motion),
            "diagonals/s",
        );
        add(
            "camera",
            3,
            self.motion.iter().flat_map(MotionSample::camera_row).collect(),
            moments(&self.motion),
            "1/s",
        );
        add("content_score", 1, std::mem::take(&mut self.scores), std::mem::take(&mut self.times_s), "1");
        vectors
    }
}

/// What a model of expression may give beyond them.
const AFFECT: [&str; 4] = ["faces.valence", "faces.arousal", "face_tracks.valence", "face_tracks.arousal"];

/// The version of the features: with another detector of faces, or none, with a model of their expressions, and with another language or
/// reader of text, or none, those of the same pictures are others.
fn version(faces: Option<&str>, expressions: bool, text: Option<String>) -> String {
    let mut version = "vision-8".to_owned();
    match faces {
        None => {}
        Some("ultraface") => version.push_str("+ultraface"),
        Some(_) => version.push_str("+yunet"),
    }
    if expressions {
        version.push_str("+expression");
    }
    if let Some(reader) = text {
        version.push_str("+text-");
        version.push_str(&reader);
    }
    version
}

/// Frames that may turn out to begin a shot are looked at besides those of the sampler, so that no shot goes without: in the long run a
/// third of all, for a picture that flickers may begin one with every frame, and the shortest shot that is found has three.
#[derive(Debug)]
pub(super) struct Extra {
    /// Looks that are left, in thirds.
    thirds: u32,
}

impl Extra {
    const LOOK: u32 = 3;
    /// Saved up while nothing is cut.
    const MOST: u32 = 30 * Self::LOOK;

    /// For each frame: whether it is looked at, if it should be.
    pub(super) fn allows(&mut self, wanted: bool) -> bool {
        self.thirds = (self.thirds + 1).min(Self::MOST);
        let allowed = wanted && self.thirds >= Self::LOOK;
        if allowed {
            self.thirds -= Self::LOOK;
        }
        allowed
    }
}

impl Default for Extra {
    fn default() -> Self {
        Self { thirds: Self::MOST }
    }
}

/// The first of the cuts that is over after this time: they are in order, and none lies in another.
fn ending_after(cuts: &[Cut], time_s: f64) -> Option<&Cut> {
    cuts.get(cuts.partition_point(|cut| cut.end_s <= time_s))
}

/// The shots between the cuts, with the motion measured within each.
fn shots(first: Cut, cuts: &[Cut], end_s: f64, motion: &[MotionSample]) -> Vec<Shot> {
    let starts: Vec<Cut> = std::iter::once(first).chain(cuts.iter().copied()).collect();
    starts
        .iter()
        .enumerate()
        .map(|(i, start)| {
            let until = starts.get(i + 1).map_or(end_s, |next| next.time_s);
            let within = motion.partition_point(|pair| pair.from_s < start.time_s)
                ..motion.partition_point(|pair| pair.from_s < until);
            Shot {
                shot_id: i as u32,
                start_s: start.time_s,
                end_s: until,
                start_frame: start.frame,
                motion_score: motion
                    .get(within)
                    .and_then(|pairs| sum_up(pairs, &[], until))
                    .map(|m| m.intensity),
                ..Shot::default()
            }
        })
        .collect()
}

/// How fast it is cut; nothing when the shots have no length.
fn pacing(shots: &[Shot]) -> Option<Pacing> {
    let mut lengths: Vec<f64> = shots.iter().map(|shot| shot.end_s - shot.start_s).collect();
    let first_shot_s = *lengths.first()?;
    let total: f64 = lengths.iter().sum();
    if total.is_nan() || total <= 0.0 {
        return None;
    }
    let n = lengths.len();
    lengths.sort_by(f64::total_cmp);
    Some(Pacing {
        cuts_per_minute: (n - 1) as f64 / total * 60.0,
        median_shot_s: f64::midpoint(lengths[(n - 1) / 2], lengths[n / 2]),
        mean_shot_s: total / n as f64,
        first_shot_s,
    })
}
