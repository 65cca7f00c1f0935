//! Rhythm and danceability against librosa, ground truth and closed form.

use crate::common;
use crate::music;
use crate::sound;

use common::shared;
use music::{Noise, PATTERNS, Play, clicks, free_rhythm, play};
use sound::{Sound, decode, pcm16k, run, run_blocks, run_from, series};
use viralnow_core::Preset;
use viralnow_core::audio::{
    Aggregate, AudioExtractor, AudioSummary, BeatOptions, BeatTrack, OnsetOptions, Rhythm, beat_track,
    beat_track_envelope, danceability, onset_strength, rhythm, tempo, tempo_of_envelope,
};
use viralnow_core::extract::{Extracted, ExtractorConfig};
use viralnow_core::media::AudioBlock;

const GOLDEN: [&str; 5] = ["libri1", "jfk", "clip60", "trumpet", "vibeace"];

/// Share of beats that have their like within 70 ms, each matched once: F-measure of MIREX beat tracking.
fn f_measure(found: &[f64], truth: &[f64], window_s: f64) -> f64 {
    let (mut hits, mut next) = (0, 0);
    for &time in found {
        while next < truth.len() && truth[next] < time - window_s {
            next += 1;
        }
        if next < truth.len() && (truth[next] - time).abs() <= window_s {
            hits += 1;
            next += 1;
        }
    }
    2.0 * f64::from(hits) / (found.len() + truth.len()).max(1) as f64
}

#[test]
fn onset_strength_is_librosas() {
    for clip in GOLDEN {
        let Some(npz) = shared("onset_strength_is_librosas", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let y = pcm16k(&npz).samples;
        for (aggregate, name) in [(Aggregate::Mean, "onset_env"), (Aggregate::Median, "onset_env_median")] {
            let ours =
                onset_strength(&y, 16_000, &OnsetOptions { aggregate, ..OnsetOptions::default() }).unwrap();
            let theirs = series(&npz, name);
            assert_eq!((ours.rows, ours.columns), (theirs.len(), 1));
            let worst =
                ours.data.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            println!("{clip} {name}: {worst:e}");
            assert!(worst <= 1e-3, "{clip} {name}: {worst}");
        }
    }
}

/// Trap: librosa's `beat_track(y)` takes the median of the bands and `onset_strength` the mean; both are frozen.
#[test]
fn tempo_and_beats_are_librosas() {
    for clip in GOLDEN {
        let Some(npz) = shared("tempo_and_beats_are_librosas", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let y = pcm16k(&npz).samples;
        let envelope = |name: &str| -> Vec<f32> { series(&npz, name).iter().map(|&v| v as f32).collect() };
        let options = BeatOptions::default();
        let check = |found: &BeatTrack, suffix: &str| {
            let bpm = series(&npz, &format!("tempo{suffix}"))[0];
            let beats = series(&npz, &format!("beats{suffix}"));
            // The same lag: 1875 / lag.
            let lag = |bpm: f64| (1875.0 / bpm).round();
            assert_eq!(lag(found.tempo_bpm.unwrap()), lag(bpm), "{clip}{suffix}");
            assert!((found.tempo_bpm.unwrap() / bpm - 1.0).abs() < 1e-9, "{clip}{suffix}");
            let f = f_measure(&found.beats_s, &beats, 0.07);
            println!("{clip}{suffix}: {bpm:.2} BPM, {} beats, F {f:.4}", beats.len());
            assert!(f >= 0.99, "{clip}{suffix}: {f}: {:?} {beats:?}", found.beats_s);
        };
        check(&beat_track_envelope(&envelope("onset_env"), 16_000, &options).unwrap(), "");
        check(&beat_track_envelope(&envelope("onset_env_median"), 16_000, &options).unwrap(), "_med");
        check(&beat_track(&y, 16_000, &options).unwrap(), "_y");
        let mean = series(&npz, "tempo")[0];
        assert!((tempo(&y, 16_000, &options).unwrap().unwrap() / mean - 1.0).abs() < 1e-9, "{clip}");
        let of_envelope = tempo_of_envelope(&envelope("onset_env"), 16_000, &options).unwrap();
        assert!((of_envelope.unwrap() / mean - 1.0).abs() < 1e-9, "{clip}");
    }
}

#[test]
fn functions_refuse_what_cannot_be_meant() {
    let code = |error: viralnow_core::Error| error.kind().code();
    let (onset, beat) = (OnsetOptions::default(), BeatOptions::default());
    for y in [vec![], vec![f32::NAN; 10], vec![0.0, f32::INFINITY]] {
        assert_eq!(code(onset_strength(&y, 16_000, &onset).unwrap_err()), "INVALID_INPUT");
        assert_eq!(code(beat_track(&y, 16_000, &beat).unwrap_err()), "INVALID_INPUT");
        assert_eq!(code(tempo(&y, 16_000, &beat).unwrap_err()), "INVALID_INPUT");
        if !y.is_empty() {
            assert_eq!(code(beat_track_envelope(&y, 16_000, &beat).unwrap_err()), "INVALID_INPUT");
        }
    }
    assert_eq!(code(onset_strength(&[0.0], 0, &onset).unwrap_err()), "INVALID_INPUT");
    assert_eq!(code(tempo(&[0.0], 0, &beat).unwrap_err()), "INVALID_INPUT");
    for wrong in [
        BeatOptions { hop_length: 0, ..beat },
        BeatOptions { start_bpm: 0.0, ..beat },
        BeatOptions { std_bpm: f64::NAN, ..beat },
        BeatOptions { bpm: Some(-1.0), ..beat },
        BeatOptions { tightness: f64::INFINITY, ..beat },
        BeatOptions { ac_size_s: f64::NAN, ..beat },
    ] {
        assert_eq!(code(beat_track_envelope(&[1.0, 0.0], 16_000, &wrong).unwrap_err()), "INVALID_CONFIG");
    }
    // What would take hours or all memory.
    for far in
        [BeatOptions { ac_size_s: 1e12, ..beat }, BeatOptions { hop_length: 1, ac_size_s: 60.0, ..beat }]
    {
        assert_eq!(code(beat_track_envelope(&[1.0, 0.0], 16_000, &far).unwrap_err()), "LIMIT_EXCEEDED");
    }
    assert_eq!(code(tempo(&[0.5; 100], u32::MAX, &beat).unwrap_err()), "INVALID_INPUT");
    assert_eq!(
        code(onset_strength(&[0.0], 16_000, &OnsetOptions { lag: 0, ..onset }).unwrap_err()),
        "INVALID_CONFIG"
    );
    // One sample and silence have no onsets, and an envelope without frames has none.
    assert_eq!(beat_track_envelope(&[], 16_000, &beat).unwrap(), BeatTrack::default());
    for y in [vec![0.5], vec![0.0; 50_000]] {
        assert_eq!(beat_track(&y, 16_000, &beat).unwrap(), BeatTrack::default());
        assert_eq!(tempo(&y, 16_000, &beat).unwrap(), None);
    }
    for bpm in [1e-9, 1e9] {
        beat_track_envelope(&[0.0, 1.0, 0.0, 1.0], 16_000, &BeatOptions { bpm: Some(bpm), ..beat }).unwrap();
    }
}

fn analyse(sound: &Sound) -> Extracted<AudioSummary> {
    run(AudioExtractor::new(&ExtractorConfig::default()), sound).0
}

/// A file of the shared sounds as one channel.
fn mono(test: &str, file: &str) -> Option<Sound> {
    let sound = decode(&shared(test, &format!("data/audio/{file}"))?);
    let channels = usize::from(sound.channels);
    let samples =
        sound.samples.chunks_exact(channels).map(|f| f.iter().sum::<f32>() / channels as f32).collect();
    Some(Sound::mono(sound.rate, samples))
}

/// How far a tempo is from the truth, and from the truth, its half or its double, as shares.
fn errors(found: f64, truth: f64) -> (f64, f64) {
    let off = |factor: f64| (found / (truth * factor) - 1.0).abs();
    (off(1.0), off(1.0).min(off(0.5)).min(off(2.0)))
}

fn names(found: &Rhythm, bpm: f64) -> bool {
    found.tempo_candidates.iter().any(|candidate| errors(*candidate, bpm).0 <= 0.01)
}

#[test]
fn clicks_give_their_tempo_and_their_beats() {
    let mut strict = 0;
    for bpm in (60..=180).step_by(8).map(f64::from).map(|bpm| bpm + 0.3) {
        let (y, beats) = clicks(bpm, 20.0, 44_100);
        let found = rhythm(&y, 44_100).unwrap();
        let tempo = found.tempo_bpm.unwrap();
        let (exact, octave) = errors(tempo, bpm);
        println!("{bpm} BPM: {tempo:.3} {:?}", found.tempo_confidence);
        assert!(octave <= 0.002, "{bpm}: {found:?}");
        assert!(names(&found, bpm), "{bpm}: {found:?}");
        assert!(found.tempo_confidence.unwrap() > 0.9, "{bpm}: {found:?}");
        assert!(
            found.rhythm_stability.unwrap() > 0.98 && found.beat_strength.unwrap() > 5.0,
            "{bpm}: {found:?}"
        );
        if exact <= 0.01 {
            strict += 1;
            let f = f_measure(&found.beats_s, &beats, 0.02);
            assert!(f > 0.95, "{bpm}: {f} {:?}", found.beats_s);
        }
    }
    // Sixteen tempi; above 177 the half is nearer to the preferred tempo.
    assert!(strict >= 14, "{strict}");
}

/// Six patterns, straight and swung, by a machine and by a hand, at eight tempi. The tempo, its half or its double within
/// 1 %, the true one among the candidates, beats at 70 ms where the octave is the player's.
#[test]
fn patterns_give_their_tempo() {
    let (mut strict, mut octave, mut total, mut beats_found) = (0, 0, 0, Vec::new());
    // Of the pieces every fourth one; `make test-long` hears all.
    let step = if common::long() { 1 } else { 4 };
    for (nth, pattern) in PATTERNS.into_iter().enumerate() {
        for (played, (swing, hand_s)) in [(0.5, 0.0), (0.58, 0.0), (0.66, 0.004)].into_iter().enumerate() {
            let tempi = [61.0, 74.0, 88.0, 104.0, 121.0, 139.0, 158.0, 178.0];
            for bpm in tempi.into_iter().skip((nth + played) % step).step_by(step) {
                let how = Play { bpm, swing, hand_s, drums: true, harmony: true };
                let (y, beats) = play(&pattern, how, 20.0);
                let found = rhythm(&y, music::RATE).unwrap();
                let tempo = found.tempo_bpm.unwrap_or(f64::NAN);
                let (exact, near) = errors(tempo, bpm);
                total += 1;
                octave += usize::from(near <= 0.01);
                if near > 0.01 || !names(&found, bpm) {
                    println!(
                        "{}, swing {swing}, {bpm} BPM: {tempo:.2} of {:.1?}",
                        pattern.name, found.tempo_candidates
                    );
                }
                if exact <= 0.01 {
                    strict += 1;
                    beats_found.push(f_measure(&found.beats_s, &beats, 0.07));
                }
            }
        }
    }
    let f = beats_found.iter().sum::<f64>() / beats_found.len() as f64;
    println!(
        "{total} pieces: tempo {strict}, tempo or its half or double {octave}; beats F {f:.3} where the tempo is"
    );
    assert!(octave * 100 >= 97 * total, "{octave} of {total}");
    assert!(strict * 100 >= 55 * total, "{strict} of {total}");
    assert!(f > 0.8, "{f}");
}

/// Trap: librosa's tempo moves with the rate, in steps. Ours does not.
#[test]
fn the_rate_does_not_change_the_tempo() {
    for rate in [8000, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000] {
        let (y, _) = clicks(103.7, 15.0, rate);
        let found = rhythm(&y, rate).unwrap().tempo_bpm.unwrap();
        println!("{rate} Hz: {found}");
        assert!((found / 103.7 - 1.0).abs() < 0.002, "{rate}: {found}");
    }
    let (y, _) = clicks(103.7, 15.0, 16_000);
    let stepped = tempo(&y, 16_000, &BeatOptions::default()).unwrap().unwrap();
    assert!((1875.0 / stepped).fract() < 1e-9 && (stepped / 103.7 - 1.0).abs() > 0.003, "{stepped}");
}

#[test]
fn what_has_no_beat_has_no_tempo() {
    let mut noise = Noise::new(5);
    let noise: Vec<f32> = (0..20 * 44_100).map(|_| (0.1 * noise.normal()) as f32).collect();
    let mut sounds = vec![("noise".to_owned(), Sound::mono(44_100, noise))];
    for seed in 0..if common::long() { 24 } else { 8 } {
        sounds.push((format!("free rhythm {seed}"), Sound::mono(music::RATE, free_rhythm(20.0, seed))));
    }
    for file in ["libri1.wav", "jfk.wav", "ami_dev00.wav", "pyannote_sample.wav"] {
        sounds.extend(mono("what_has_no_beat_has_no_tempo", file).map(|sound| (file.to_owned(), sound)));
    }
    for (name, sound) in &sounds {
        let found = analyse(sound).features;
        let rhythm = found.rhythm.unwrap();
        println!("{name}: {:?} {:?}", rhythm.tempo_bpm, rhythm.tempo_confidence);
        assert!(rhythm.tempo_confidence.unwrap() < 0.05 && rhythm.tempo_bpm.is_none(), "{name}: {rhythm:?}");
        assert!(rhythm.beats_s.is_empty() && rhythm.beat_strength.is_none(), "{name}");
        assert!(found.missing["rhythm.tempo_bpm"].contains("beyond chance"), "{name}: {:?}", found.missing);
    }
}

/// Eight tones in 2.4 s and their echo; the source says 90 beats per minute. That is too little for a tempo, and none is
/// told; its candidates are not to be relied on.
#[test]
fn the_trumpet_is_short() {
    let Some(sound) = mono("the_trumpet_is_short", "trumpet.wav") else { return };
    let found = rhythm(&sound.samples, sound.rate).unwrap();
    println!("{found:?}");
    assert!(found.tempo_bpm.is_none() && found.tempo_confidence.unwrap() < 0.05, "{found:?}");
}

/// librosa's numbers in the payload of `reference`, from the clips' own samples.
#[test]
fn the_reference_is_librosas() {
    for clip in GOLDEN {
        let Some(npz) = shared("the_reference_is_librosas", &format!("golden/audio/{clip}.npz")) else {
            return;
        };
        let config = ExtractorConfig { preset: Preset::Reference, ..ExtractorConfig::default() };
        let found = run(AudioExtractor::new(&config), &pcm16k(&npz)).0;
        let rhythm = found.features.rhythm.unwrap();
        assert!((rhythm.tempo_bpm.unwrap() / series(&npz, "tempo_y")[0] - 1.0).abs() < 1e-9, "{clip}");
        assert!((rhythm.tempo_candidates[0] / rhythm.tempo_bpm.unwrap() - 1.0).abs() < 1e-9, "{clip}");
        assert!(f_measure(&rhythm.beats_s, &series(&npz, "beats_y"), 0.07) >= 0.99, "{clip}");
        let ours = &found.vectors["onset_strength"];
        let theirs = series(&npz, "onset_env");
        assert_eq!((ours.rows, ours.unit), (theirs.len(), "dB"));
        let worst = ours.data.iter().zip(&theirs).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
        assert!(worst <= 1e-3, "{clip}: {worst}");
        assert!(found.features.missing["rhythm.tempo_confidence"].contains("librosa"));
    }
}

/// The extractor gives what the functions give, whatever the blocks, and at presentation times.
#[test]
fn the_extractor_agrees_with_the_functions() {
    let how = Play { bpm: 112.0, swing: 0.5, hand_s: 0.0, drums: true, harmony: true };
    let (y, _) = play(&PATTERNS[0], how, 12.0);
    let sound = Sound::mono(music::RATE, y);
    let alone = rhythm(&sound.samples, sound.rate).unwrap();
    let found = analyse(&sound);
    assert_eq!(found.features.rhythm.as_ref().unwrap(), &alone);
    assert_eq!(found.features.danceability, danceability(&sound.samples, sound.rate).unwrap());
    let strength = &found.vectors["onset_strength"];
    assert_eq!((strength.rows, strength.columns, strength.unit), (1201, 1, "1"));
    assert!(strength.data.iter().all(|v| (0.0..=1.0).contains(v)));
    for frames in [100, 4410, 12 * 44_100] {
        let other = run_from(AudioExtractor::new(&ExtractorConfig::default()), &sound, frames, 0.0).0;
        assert_eq!(other.features.rhythm, found.features.rhythm, "{frames}");
        assert_eq!(other.features.danceability, found.features.danceability, "{frames}");
        assert_eq!(other.features.key, found.features.key, "{frames}");
    }
    let late = run_from(AudioExtractor::new(&ExtractorConfig::default()), &sound, 1024, 2.5).0;
    let beats = late.features.rhythm.unwrap().beats_s;
    assert!(beats.iter().zip(&alone.beats_s).all(|(a, b)| (a - b - 2.5).abs() < 1e-9));
    assert!((late.vectors["onset_strength"].times_s[7] - 2.57).abs() < 1e-9);
}

/// A gap that is filled and a change of rate keep the beats in time.
#[test]
fn beats_keep_time_through_gaps_and_rates() {
    let (y, beats) = clicks(120.0, 16.0, 48_000);
    let (half, beats_at_44) = clicks(120.0, 16.0, 44_100);
    assert_eq!(beats, beats_at_44);
    let block =
        |start_s: f64, rate: u32, samples| AudioBlock { start_s, sample_rate: rate, channels: 1, samples };
    // Six seconds, two seconds that are missing, then four and four at another rate.
    let blocks = [
        block(0.0, 48_000, &y[..6 * 48_000]),
        block(8.0, 48_000, &y[8 * 48_000..12 * 48_000]),
        block(12.0, 44_100, &half[12 * 44_100..]),
    ];
    let (found, _) = run_blocks(&mut AudioExtractor::new(&ExtractorConfig::default()), &blocks);
    let rhythm = found.features.rhythm.unwrap();
    assert!((rhythm.tempo_bpm.unwrap() / 120.0 - 1.0).abs() < 0.005, "{rhythm:?}");
    let f = f_measure(&rhythm.beats_s, &beats, 0.03);
    assert!(f > 0.95, "{f} {:?}", rhythm.beats_s);
}

#[test]
fn short_and_silent_sounds_say_why() {
    let (clip, _) = clicks(120.0, 3.0, 44_100);
    let short = analyse(&Sound::mono(44_100, clip)).features;
    assert!(
        short.rhythm.is_none() && short.missing["rhythm"].contains("shorter than 4 s"),
        "{:?}",
        short.missing
    );
    let silence = analyse(&Sound::mono(44_100, vec![0.0; 500_000])).features;
    for (name, why) in [("rhythm", "no onset"), ("danceability", "not fluctuate"), ("key", "pitch")] {
        assert!(silence.missing[name].contains(why), "{name}: {:?}", silence.missing);
    }
    let direct = analyse(&Sound::mono(44_100, vec![0.5; 500_000])).features;
    assert!(direct.danceability.is_none() && direct.key.is_none());
    assert!(analyse(&Sound::mono(44_100, vec![0.5])).features.danceability.is_none());
    assert!(rhythm(&[0.0; 1000], 44_100).is_err() && danceability(&[0.0; 1000], 44_100).is_err());
    assert_eq!(rhythm(&[0.0; 441_000], 44_100).unwrap(), Rhythm::default());
}

/// Essentia 2.1-beta6's `Danceability` on the same files, by rank. We advance the windows one block at a time, as the paper
/// has it; the peer does not say what it does, and on clips little longer than the longest scale (`jfk`, 11 s; `trumpet`,
/// 5 s) that moves the value by up to 2 %. So `libri1` and `jfk`, which the peer has 1 % apart, are left in either order.
#[test]
fn danceability_ranks_as_the_peers() {
    let peer = [
        ("libri1", 1.43408),
        ("jfk", 1.42057),
        ("clip60", 1.23928),
        ("trumpet", 0.85335),
        ("vibeace", 1.50070),
    ];
    let mut pairs: Vec<(f64, f64)> = Vec::new();
    for (clip, theirs) in peer {
        let Some(sound) = mono("danceability_ranks_as_the_peers", &format!("{clip}.wav")) else { return };
        let value = danceability(&sound.samples, sound.rate).unwrap().unwrap();
        println!("{clip}: {value:.4} against {theirs}");
        pairs.push((value, theirs));
    }
    for (i, a) in pairs.iter().enumerate() {
        for b in &pairs[..i] {
            assert!((a.1 / b.1 - 1.0).abs() < 0.02 || (a.0 < b.0) == (a.1 < b.1), "{a:?} {b:?}");
        }
    }
}

/// A strict beat bounds the fluctuations of the level; a level that wanders does not.
#[test]
fn danceability_tells_a_beat_from_a_drift() {
    let how = Play { bpm: 124.0, swing: 0.5, hand_s: 0.0, drums: true, harmony: true };
    let (dance, _) = play(&PATTERNS[1], how, 30.0);
    let mut noise = Noise::new(3);
    let mut level = 0.0;
    let drift: Vec<f32> = (0..30 * 44_100)
        .map(|i| {
            if i % 441 == 0 {
                level += 0.02 * noise.normal();
            }
            ((0.05 * f64::from(i)).sin() * level) as f32
        })
        .collect();
    let (dance, drift) = (danceability(&dance, 44_100).unwrap(), danceability(&drift, 44_100).unwrap());
    println!("beat {dance:?}, drift {drift:?}");
    assert!(dance.unwrap() > 1.5 && drift.unwrap() < 1.0);
}

/// An hour of noise, and an hour of clicks in it: time and memory grow with the sound and not faster, or this would not end.
#[test]
fn an_hour_is_no_harm() {
    let mut noise = Noise::new(9);
    let mut y: Vec<f32> = (0..3600 * 8000).map(|_| (0.02 * (noise.unit() - 0.5)) as f32).collect();
    let found = rhythm(&y, 8000).unwrap();
    assert!(found.tempo_bpm.is_none() && found.tempo_confidence.unwrap() < 0.05, "{found:?}");
    let (clicks, beats) = clicks(100.0, 3600.0, 8000);
    y.iter_mut().zip(&clicks).for_each(|(to, from)| *to += from);
    let found = rhythm(&y, 8000).unwrap();
    assert!((found.tempo_bpm.unwrap() / 100.0 - 1.0).abs() < 0.002, "{:?}", found.tempo_bpm);
    assert!(f_measure(&found.beats_s, &beats, 0.02) > 0.99);
    assert!(danceability(&y, 8000).unwrap().is_some());
}
