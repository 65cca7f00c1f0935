//! Faces over time: the same face in one sampled frame after the other, and the stretches with faces.

use super::affect::Affect;
use super::overlap::overlap;
use super::{Expression, ExpressionModel, Face, FaceDetector, FaceModel, FaceParams, face_detector};
use crate::imaging::{RgbImage, SmallPictures};
use crate::media::Frame;
use crate::vision::{FaceSpan, FaceTrack, VisionSummary};
use crate::{Error, ErrorKind, Preset, Result};

/// Boxes of one face in two samples share at least this much.
const SAME: f32 = 0.3;
/// A face that was not seen for longer than this is another one, in seconds.
const LOST_S: f64 = 1.0;
/// Faces of one look at a video at most, the surest; the surest alone once there are a million: some 100 MB in all. A single picture
/// has all that the detector gives, which are some thousands at the very most.
const MOST: usize = 50;
const MANY: usize = 1_000_000;
/// What was seen in one sample alone counts from this score on. So does what [`FaceModel::UltraFace`] sees in a single picture: at its own
/// threshold of 0.7 it takes hair and peppers for faces, with scores little above it.
const SURE: f32 = 0.8;

/// Looks for faces in some of the sampled frames: in preset `reference` in all at 640 pixels, in `balanced` in two a second and
/// in `fast` in one a second at 320; in a single picture at 640. And in each that may
/// begin a shot. Keeps some 80 bytes for each face of each frame looked at: who is who is told in the end, when the shots are known.
#[derive(Debug)]
pub(in crate::vision) struct FacesSeen {
    preset: Preset,
    /// Opened with the first frame; why it could not be, or why it stopped.
    detector: Option<Result<Box<dyn FaceDetector>>>,
    /// What it is.
    model: FaceModel,
    /// Opened with the first face.
    expressions: Option<Result<ExpressionModel>>,
    small: SmallPictures,
    looks: Vec<Look>,
    /// In all of them.
    faces: usize,
}

/// A frame that was looked at, and its faces, the surer ones first.
#[derive(Debug)]
struct Look {
    time_s: f64,
    faces: Vec<FaceIn>,
}

/// A face, its box as shares of the picture.
#[derive(Debug)]
struct FaceIn {
    shares: [f32; 4],
    score: f32,
    expression: Option<Expression>,
}

/// Who is who.
#[derive(Debug, Default)]
struct Tracking {
    samples: Vec<Sample>,
    tracks: Vec<Track>,
    /// Tracks that were seen not long ago, in the same shot.
    active: Vec<usize>,
}

/// The tracks of the faces of a frame.
#[derive(Debug)]
struct Sample {
    time_s: f64,
    tracks: Vec<usize>,
    affect: Affect,
}

#[derive(Debug)]
struct Track {
    from_s: f64,
    last_s: f64,
    last: [f32; 4],
    /// Sum of the boxes, as shares of the picture.
    sum: [f64; 4],
    best: f32,
    samples: u32,
    affect: Affect,
}

impl FacesSeen {
    pub(in crate::vision) fn new(preset: Preset) -> Self {
        Self {
            preset,
            detector: None,
            model: FaceModel::Auto,
            expressions: None,
            small: SmallPictures::default(),
            looks: Vec::new(),
            faces: 0,
        }
    }

    /// The name of the detector that would be used, for the version of the features.
    pub(in crate::vision) fn detector_name() -> Option<&'static str> {
        // Files first: asking for the engine loads it.
        let (model, _) = FaceModel::Auto.find().ok()?;
        crate::model::onnx_engine().ok()?;
        Some(if model == FaceModel::UltraFace { "ultraface" } else { "yunet" })
    }

    /// Whether what faces show would be looked for, for the same.
    pub(in crate::vision) fn reads_expressions() -> bool {
        ExpressionModel::file().is_ok() && Self::detector_name().is_some()
    }

    /// A sampled frame of a video, or the only one; whether a shot may begin with it.
    pub(in crate::vision) fn push(&mut self, frame: &Frame<'_>, single: bool, maybe_new_shot: bool) {
        let every_s = match self.preset {
            Preset::Reference => 0.0,
            Preset::Balanced => 0.45,
            Preset::Fast => 0.95,
        };
        let soon = self.looks.last().is_some_and(|last| frame.time_s - last.time_s < every_s);
        if soon && !maybe_new_shot {
            return;
        }
        let longest_side = if single || self.preset == Preset::Reference { 640 } else { 320 };
        let detector = self.detector.get_or_insert_with(|| {
            self.small = SmallPictures::longest(longest_side);
            (self.model, _) = FaceModel::Auto.find()?;
            face_detector(&FaceParams { model: self.model, longest_side, ..FaceParams::default() })
        });
        let Ok(found) = detector else { return };
        let upright = if single {
            // There is time for one picture to be brought to size as it should.
            frame.picture.to_rgb(frame.rotation)
        } else {
            let (bgr, width, height) = self.small.shrink(&frame.picture);
            let rgb = bgr.chunks_exact(3).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
            RgbImage { width, height, data: rgb }.as_picture().to_rgb(frame.rotation)
        };
        match found.detect(&upright) {
            Ok(mut faces) => {
                if !single {
                    faces.truncate(if self.faces < MANY { MOST } else { 1 });
                }
                self.faces += faces.len();
                self.express(frame, &mut faces, &upright);
                self.looks.push(Look::new(
                    frame.time_s,
                    &faces,
                    [upright.width as f32, upright.height as f32],
                ));
            }
            Err(error) => *detector = Err(error),
        }
    }

    /// Says what the faces show, where there is a model for it: in the whole frame, for faces of the small one are small.
    fn express(&mut self, frame: &Frame<'_>, faces: &mut [Face], small: &RgbImage) {
        if faces.is_empty() {
            return;
        }
        let model = self.expressions.get_or_insert_with(|| ExpressionModel::find(1));
        let Ok(found) = model else { return };
        let whole = frame.picture.to_rgb(frame.rotation);
        let scale = [whole.width as f32 / small.width as f32, whole.height as f32 / small.height as f32];
        for face in faces {
            let bounds = std::array::from_fn(|k| face.bounds[k] * scale[k % 2]);
            match found.of(&whole, &Face { bounds, ..*face }) {
                Ok(expression) => face.expression = Some(expression),
                Err(error) => {
                    *model = Err(error);
                    return;
                }
            }
        }
    }

    /// Fills `faces`, `face_tracks` and what the shots say of faces; what was seen in a sample stands until the next. Gives the reason
    /// where it does not say what they show. Fails as soon as `pulse` does, which is told the share that is done.
    pub(in crate::vision) fn finish(
        self,
        summary: &mut VisionSummary,
        end_s: f64,
        pulse: &mut dyn FnMut(f64) -> Result<()>,
    ) -> Result<Option<Error>> {
        match self.detector {
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(error),
            None => return Err(Error::new(ErrorKind::InvalidInput, "no picture was decoded")),
        }
        let mut tracking = Tracking::default();
        let mut shot = 0;
        for (done, look) in self.looks.iter().enumerate() {
            pulse(done as f64 / self.looks.len() as f64)?;
            let here = summary.shots.partition_point(|shot| shot.start_s <= look.time_s);
            if here != shot {
                // After a cut it is another one, wherever it is.
                tracking.active.clear();
                shot = here;
            }
            tracking.follow(look.time_s, &look.faces);
        }
        pulse(1.0)?;
        tracking.sum_up(summary, end_s, self.model != FaceModel::UltraFace);
        // Without a face nothing was opened.
        Ok(match self.expressions {
            Some(model) => model.err(),
            None => ExpressionModel::file().err(),
        })
    }
}

impl Tracking {
    /// Gives each face the track whose last box shares most with it, or a new one. Surer faces choose first.
    fn follow(&mut self, time_s: f64, faces: &[FaceIn]) {
        self.active.retain(|&id| time_s - self.tracks[id].last_s <= LOST_S);
        let mut taken = Vec::with_capacity(faces.len());
        let mut affect = Affect::default();
        for face in faces {
            let shares = face.shares;
            let free = self.active.iter().copied().filter(|id| !taken.contains(id));
            let best = free
                .map(|id| (id, overlap(&self.tracks[id].last, &shares)))
                .filter(|(_, shared)| *shared >= SAME)
                .max_by(|a, b| a.1.total_cmp(&b.1));
            let id = best.map_or(self.tracks.len(), |(id, _)| id);
            if id == self.tracks.len() {
                self.tracks.push(Track::new(time_s));
            }
            self.tracks[id].see(time_s, face);
            affect.see(face.expression);
            taken.push(id);
        }
        self.active.extend(taken.iter().filter(|id| !self.active.contains(id)).copied().collect::<Vec<_>>());
        self.samples.push(Sample { time_s, tracks: taken, affect });
    }

    /// What is told of them; what was seen in a sample stands until the next. Whether the detector is to be believed without another.
    fn sum_up(&self, summary: &mut VisionSummary, end_s: f64, trusted: bool) {
        // A face for a moment only counts when it is sure; those of a single picture as they are, if the detector is.
        let alone = trusted && self.samples.len() == 1;
        let counts = |id: usize| alone || self.tracks[id].samples > 1 || self.tracks[id].best >= SURE;
        let until = |k: usize| self.samples.get(k + 1).map_or(end_s, |next| next.time_s);
        let faces: Vec<u32> = self
            .samples
            .iter()
            .map(|sample| sample.tracks.iter().filter(|&&id| counts(id)).count() as u32)
            .collect();
        let mut spans: Vec<(FaceSpan, Affect)> = Vec::new();
        for (k, (sample, &count)) in
            self.samples.iter().zip(&faces).enumerate().filter(|(_, (_, count))| **count > 0)
        {
            // One sample without a face between two with one is a blink of the detector.
            let blink = k >= 2
                && faces[k - 1] == 0
                && faces[k - 2] > 0
                && sample.time_s - self.samples[k - 2].time_s <= LOST_S;
            match spans.last_mut() {
                Some((span, affect)) if span.end_s >= sample.time_s || blink => {
                    span.end_s = until(k);
                    span.count = span.count.max(count);
                    affect.add(&sample.affect);
                }
                _ => {
                    let span =
                        FaceSpan { start_s: sample.time_s, end_s: until(k), count, ..FaceSpan::default() };
                    spans.push((span, sample.affect));
                }
            }
        }
        for shot in &mut summary.shots {
            let within = self.samples.partition_point(|sample| sample.time_s < shot.start_s)
                ..self.samples.partition_point(|sample| sample.time_s < shot.end_s);
            let most = faces.get(within.clone()).and_then(|faces| faces.iter().copied().max());
            (shot.faces_present, shot.face_count) = (most.map(|most| most > 0), most);
            let seen = self.samples.get(within).into_iter().flatten().flat_map(|sample| &sample.tracks);
            let boxes = seen.filter(|id| counts(**id)).map(|&id| self.tracks[id].mean_box());
            shot.largest_face = boxes.max_by(|a, b| area(a).total_cmp(&area(b)));
        }
        let mut last = vec![0; self.tracks.len()];
        for (k, sample) in self.samples.iter().enumerate() {
            sample.tracks.iter().for_each(|&id| last[id] = k);
        }
        let kept = self.tracks.iter().enumerate().filter(|(id, _)| counts(*id));
        summary.face_tracks = Some(kept.map(|(id, track)| track.summed_up(until(last[id]))).collect());
        let felt = |(span, affect): (FaceSpan, Affect)| {
            let [valence, arousal] = affect.means();
            FaceSpan { valence, arousal, ..span }
        };
        summary.faces = Some(spans.into_iter().map(felt).collect());
    }
}

impl Look {
    fn new(time_s: f64, faces: &[Face], [width, height]: [f32; 2]) -> Self {
        let face_in = |face: &Face| {
            let [left, top, right, bottom] = face.bounds;
            let shares = [left / width, top / height, right / width, bottom / height];
            FaceIn { shares, score: face.score, expression: face.expression }
        };
        Self { time_s, faces: faces.iter().map(face_in).collect() }
    }
}

fn area([left, top, right, bottom]: &[f64; 4]) -> f64 {
    (right - left) * (bottom - top)
}

impl Track {
    fn new(time_s: f64) -> Self {
        Self {
            from_s: time_s,
            last_s: time_s,
            last: [0.0; 4],
            sum: [0.0; 4],
            best: 0.0,
            samples: 0,
            affect: Affect::default(),
        }
    }

    fn see(&mut self, time_s: f64, face: &FaceIn) {
        (self.last_s, self.last) = (time_s, face.shares);
        self.best = self.best.max(face.score);
        self.affect.see(face.expression);
        self.samples += 1;
        for (sum, share) in self.sum.iter_mut().zip(face.shares) {
            *sum += f64::from(share);
        }
    }

    fn mean_box(&self) -> [f64; 4] {
        self.sum.map(|sum| sum / f64::from(self.samples))
    }

    fn summed_up(&self, end_s: f64) -> FaceTrack {
        let [valence, arousal] = self.affect.means();
        FaceTrack {
            expression: self.affect.label(),
            valence,
            arousal,
            start_s: self.from_s,
            end_s,
            bounds: self.mean_box(),
            samples: self.samples,
            confidence: f64::from(self.best),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vision::Shot;

    fn face(left: f32, score: f32) -> Face {
        Face { bounds: [left, 0.0, left + 10.0, 10.0], score, landmarks: None, expression: None }
    }

    #[derive(Debug)]
    struct Nobody;

    impl FaceDetector for Nobody {
        fn detect(&self, _: &RgbImage) -> Result<Vec<Face>> {
            Ok(Vec::new())
        }
    }

    /// As many faces as it says, in a row, the surest first.
    #[derive(Debug)]
    struct Crowd(usize);

    impl FaceDetector for Crowd {
        fn detect(&self, _: &RgbImage) -> Result<Vec<Face>> {
            Ok((0..self.0).map(|k| face(12.0 * k as f32, 0.99 - 0.001 * k as f32)).collect())
        }
    }

    /// How many of a crowd are kept, of a sample of a video or a single picture.
    fn kept(there: usize, single: bool, before: usize) -> usize {
        let mut seen = FacesSeen::new(Preset::Fast);
        seen.detector = Some(Ok(Box::new(Crowd(there))));
        seen.faces = before;
        let picture = RgbImage { width: 64, height: 64, data: vec![90; 3 * 64 * 64] };
        let frame = Frame {
            index: 0,
            time_s: 0.0,
            duration_s: None,
            picture: picture.as_picture(),
            rotation: crate::imaging::Rotation::None,
        };
        seen.push(&frame, single, true);
        let scores: Vec<f32> = seen.looks[0].faces.iter().map(|face| face.score).collect();
        assert!(scores.is_sorted_by(|a, b| a > b) && scores.first() == Some(&0.99), "{scores:?}");
        assert_eq!(seen.faces, before + scores.len());
        scores.len()
    }

    #[test]
    fn a_crowd_in_a_video_is_cut_off_and_in_a_picture_is_not() {
        assert_eq!(kept(MOST, false, 0), MOST);
        assert_eq!(kept(MOST + 70, false, 0), MOST);
        assert_eq!(kept(MOST + 70, false, MANY - 1), MOST);
        assert_eq!(kept(MOST + 70, false, MANY), 1);
        assert_eq!(kept(MOST + 70, true, 0), MOST + 70);
    }

    /// 0.71 is what its slim model gives a pepper.
    #[test]
    fn a_single_picture_needs_a_sure_detector_or_a_sure_face() {
        let count = |model: FaceModel, score: f32| {
            let mut seen = FacesSeen::new(Preset::Balanced);
            seen.detector = Some(Ok(Box::new(Nobody)));
            seen.model = model;
            seen.looks.push(Look::new(0.0, &[face(10.0, score)], [100.0, 100.0]));
            let mut summary = VisionSummary::default();
            seen.finish(&mut summary, 0.0, &mut |_| Ok(())).unwrap();
            (summary.faces.unwrap().len(), summary.face_tracks.unwrap().len())
        };
        for (model, score, wanted) in [
            (FaceModel::YuNet, 0.71, 1),
            (FaceModel::YuNet, 0.99, 1),
            (FaceModel::UltraFace, 0.71, 0),
            (FaceModel::UltraFace, 0.85, 1),
        ] {
            assert_eq!(count(model, score), (wanted, wanted), "{model:?} {score}");
        }
    }

    /// Two shots, of which the second begins at 1 s.
    fn seen(samples: &[(f64, &[Face])], end_s: f64) -> VisionSummary {
        seen_in(&[0.0, 1.0], samples, end_s)
    }

    fn seen_in(starts: &[f64], samples: &[(f64, &[Face])], end_s: f64) -> VisionSummary {
        let mut seen = FacesSeen::new(Preset::Balanced);
        seen.detector = Some(Ok(Box::new(Nobody)));
        seen.looks.extend(samples.iter().map(|(time_s, faces)| Look::new(*time_s, faces, [100.0, 100.0])));
        let ends = starts[1..].iter().copied().chain([end_s]);
        let shots =
            starts.iter().zip(ends).map(|(&start_s, end_s)| Shot { start_s, end_s, ..Shot::default() });
        let mut summary = VisionSummary { shots: shots.collect(), ..VisionSummary::default() };
        seen.finish(&mut summary, end_s, &mut |_| Ok(())).unwrap();
        summary
    }

    #[test]
    fn a_face_that_moves_is_one_and_another_is_another() {
        let summary = seen_in(
            &[0.0],
            &[
                (0.0, &[face(10.0, 0.9)]),
                (0.5, &[face(12.0, 0.9), face(60.0, 0.8)]),
                (1.0, &[face(14.0, 0.9), face(61.0, 0.8)]),
                (1.5, &[]),
                (2.0, &[face(15.0, 0.7)]),
                (2.5, &[]),
                (3.0, &[]),
                (5.0, &[face(15.0, 0.9)]),
            ],
            6.0,
        );
        let faces = summary.faces.unwrap();
        let spans: Vec<_> = faces.iter().map(|span| (span.start_s, span.end_s, span.count)).collect();
        assert_eq!(spans, [(0.0, 2.5, 2), (5.0, 6.0, 1)]);
        let tracks: Vec<_> = summary
            .face_tracks
            .unwrap()
            .iter()
            .map(|track| (track.start_s, track.end_s, track.samples))
            .collect();
        assert_eq!(tracks, [(0.0, 2.5, 4), (0.5, 1.5, 2), (5.0, 6.0, 1)]);
        let shots: Vec<_> = summary.shots.iter().map(|shot| (shot.faces_present, shot.face_count)).collect();
        assert_eq!(shots, [(Some(true), Some(2))]);
    }

    #[test]
    fn after_a_cut_it_is_another_face_at_the_same_place() {
        let samples: Vec<_> =
            (0..5).map(|k| (0.5 * f64::from(k), [face(10.0 + k as f32, 0.9), face(70.0, 0.9)])).collect();
        let seen =
            seen(&samples.iter().map(|(time_s, faces)| (*time_s, &faces[..])).collect::<Vec<_>>(), 2.5);
        // The shots are [0, 1) and [1, 2.5).
        let tracks = seen.face_tracks.unwrap();
        let told: Vec<_> = tracks.iter().map(|track| (track.start_s, track.end_s, track.samples)).collect();
        assert_eq!(told, [(0.0, 1.0, 2), (0.0, 1.0, 2), (1.0, 2.5, 3), (1.0, 2.5, 3)]);
        let [first, second] = &seen.shots[..] else { panic!() };
        let left = |shot: &Shot| shot.largest_face.unwrap()[0];
        assert!([0.105, 0.7].iter().any(|want| (left(first) - want).abs() < 1e-6), "{first:?}");
        assert!([0.13, 0.7].iter().any(|want| (left(second) - want).abs() < 1e-6), "{second:?}");
        // Whoever is there all along is one stretch.
        assert_eq!(seen.faces.unwrap().len(), 1);
    }

    #[test]
    fn a_shot_has_its_largest_face() {
        let small = Face { bounds: [0.0, 0.0, 5.0, 5.0], ..face(0.0, 0.95) };
        let large = Face { bounds: [40.0, 20.0, 80.0, 90.0], ..face(0.0, 0.7) };
        let seen = seen(
            &[(0.0, &[small, large]), (0.5, &[small, large]), (1.0, &[small]), (1.5, &[small]), (2.0, &[])],
            2.5,
        );
        let boxes: Vec<_> = seen
            .shots
            .iter()
            .map(|shot| shot.largest_face.unwrap().map(|side| (side * 100.0).round()))
            .collect();
        assert_eq!(boxes, [[40.0, 20.0, 80.0, 90.0], [0.0, 0.0, 5.0, 5.0]]);
    }

    /// The span has the mean over all faces, each track that of its own.
    #[test]
    fn what_faces_show_is_summed_up() {
        let shows = |left: f32, label: usize, valence: f32| {
            let probabilities = std::array::from_fn(|k| if k == label { 0.65 } else { 0.05 });
            let label = crate::vision::ExpressionLabel::ALL[label];
            let expression =
                super::super::Expression { label, probabilities, valence: Some(valence), arousal: None };
            Face { expression: Some(expression), ..face(left, 0.9) }
        };
        let samples = [
            (0.0, &[shows(10.0, 4, 0.8), shows(60.0, 6, -0.4)][..]),
            (0.5, &[shows(11.0, 4, 0.6), shows(61.0, 5, -0.2)]),
            (1.0, &[shows(12.0, 5, 0.1), shows(62.0, 6, -0.3)]),
        ];
        let summary = seen_in(&[0.0], &samples, 1.5);
        let span = summary.faces.unwrap()[0];
        assert!((span.valence.unwrap() - 0.1).abs() < 1e-6 && span.arousal.is_none());
        let tracks = summary.face_tracks.unwrap();
        let told: Vec<_> =
            tracks.iter().map(|track| (track.expression.unwrap(), track.valence.unwrap())).collect();
        use crate::vision::ExpressionLabel::{Happiness, Sadness};
        assert!(told[0].0 == Happiness && (told[0].1 - 0.5).abs() < 1e-6, "{told:?}");
        assert!(told[1].0 == Sadness && (told[1].1 + 0.3).abs() < 1e-6, "{told:?}");
    }

    #[test]
    fn what_is_seen_once_and_unsurely_is_no_face() {
        let summary = seen(&[(0.0, &[]), (0.5, &[face(10.0, 0.65)]), (1.0, &[]), (1.5, &[])], 2.0);
        assert_eq!((summary.faces.unwrap(), summary.face_tracks.unwrap()), (vec![], vec![]));
        assert!(
            summary.shots.iter().all(|shot| shot.faces_present == Some(false) && shot.face_count == Some(0))
        );
    }
}
