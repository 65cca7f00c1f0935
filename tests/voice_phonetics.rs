//! The phonetics of the voice: against Praat 6.1.38 and librosa 0.11 on real clips, and against synthesised voices whose
//! truth is known.

mod common;
mod sound;

use common::shared;
use sound::{pcm16k, quantile, rows, series};
use viralnow_core::voice::{FormantParams, Grid, formants};

const CLIPS: [&str; 5] = ["libri1", "jfk", "clip60", "trumpet", "vibeace"];

/// F1 to F3 on Praat's own frames. The medians are over the frames that Praat's pitch calls voiced; 5 Hz is a twentieth of
/// a formant's bandwidth. Vibe Ace is music: the model has no vocal tract to find there, and what differs in the resampling
/// at the very edge of the band moves its resonances further.
#[test]
fn formants_are_praats() {
    for clip in CLIPS {
        let Some(npz) = shared("formants_are_praats", &format!("golden/audio/{clip}.npz")) else { return };
        let params = FormantParams { grid: Grid::Centred, ..FormantParams::default() };
        let ours = formants(&pcm16k(&npz).samples, 16_000, &params).unwrap().frequencies;
        let theirs = rows(&npz, "formants_1_3");
        assert_eq!(ours.rows, theirs[0].len(), "{clip}");
        let (f0, t) = (series(&npz, "praat_f0_ac"), series(&npz, "praat_t_ac"));
        let voiced = |time: f64| {
            let at = t.partition_point(|&t| t < time);
            at > 0 && at < t.len() && f0[at - 1] > 0.0 && f0[at] > 0.0
        };
        for (k, theirs) in theirs.iter().enumerate() {
            let off: Vec<f64> = (0..ours.rows)
                .filter(|&frame| voiced(ours.times_s[frame]))
                .map(|frame| (f64::from(ours.data[frame * ours.columns + k]) - theirs[frame]).abs())
                .filter(|off| off.is_finite())
                .collect();
            let undefined = (0..ours.rows)
                .filter(|&frame| ours.data[frame * ours.columns + k].is_nan() != theirs[frame].is_nan())
                .count();
            let (median, p95) = (quantile(&off, 0.5), quantile(&off, 0.95));
            println!(
                "{clip} F{}: median {median:.3} Hz, p95 {p95:.2}, {undefined} differ in being there",
                k + 1
            );
            let most = if clip == "vibeace" { 10.0 } else { 5.0 };
            assert!(median <= most && undefined * 100 <= ours.rows, "{clip} F{}", k + 1);
        }
    }
}
