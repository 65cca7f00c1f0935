//! Loudness against the EBU's minimum requirements (Tech 3341 and 3342, 2023), BS.1770, pyloudnorm and ffmpeg.

use crate::common;
use crate::sound;

use common::shared;
use sound::{Sound, decode, run};
use std::f64::consts::{PI, TAU};
use viralnow_core::audio::{
    AudioExtractor, Loudness, LoudnessMeter, LoudnessMode, LoudnessSeries, loudness, loudness_series,
};
use viralnow_core::extract::ExtractorConfig;
use viralnow_core::{Error, ErrorKind};

const GOLDEN: [&str; 5] = ["libri1", "jfk", "clip60", "trumpet", "vibeace"];

/// In the payload; the function on samples must give the same.
fn analyse(sound: &Sound) -> Loudness {
    let payload = run(AudioExtractor::new(&ExtractorConfig::default()), sound).0.features.loudness;
    assert_eq!(payload, measure(sound, LoudnessMode::Bs1770));
    payload
}

fn measure(sound: &Sound, mode: LoudnessMode) -> Loudness {
    loudness(&sound.samples, sound.rate, sound.channels, mode).unwrap()
}

fn series(sound: &Sound) -> LoudnessSeries {
    loudness_series(&sound.samples, sound.rate, sound.channels, LoudnessMode::Bs1770).unwrap()
}

/// Peak levels in dBFS (minus infinity is silence) and the seconds that each lasts.
type Levels = [(f64, f64)];
const SILENT: f64 = f64::NEG_INFINITY;

/// A sine of 1 kHz at these levels, one after the other, on two channels: what Tech 3341 calls a stereo sine wave.
fn steps(levels: &Levels) -> Sound {
    let mut samples = Vec::new();
    for &(db, seconds) in levels {
        let start = samples.len();
        let amplitude = 10_f64.powf(db / 20.0);
        let n = (seconds * 48_000.0).round() as usize;
        samples.extend(
            (start..start + n).map(|i| (amplitude * (TAU * 1000.0 * i as f64 / 48_000.0).sin()) as f32),
        );
    }
    Sound::mono(48_000, samples).spread(2)
}

fn near(what: &str, value: Option<f64>, expected: f64) {
    let value = value.unwrap_or_else(|| panic!("{what}: no value"));
    assert!((value - expected).abs() <= 0.1, "{what}: {value} against {expected}");
}

#[test]
fn ebu_tech_3341_integrated() {
    for (case, level) in [("1", -23.0), ("2", -33.0)] {
        let found = analyse(&steps(&[(level, 20.0)]));
        near(case, found.integrated_lufs, level);
        near(case, found.momentary_max_lufs, level);
        near(case, found.short_term_max_lufs, level);
    }
    let cases: [(&str, &Levels); 3] = [
        ("3", &[(-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0)]),
        ("4", &[(-72.0, 10.0), (-36.0, 10.0), (-23.0, 60.0), (-36.0, 10.0), (-72.0, 10.0)]),
        ("5", &[(-26.0, 20.0), (-20.0, 20.1), (-26.0, 20.0)]),
    ];
    for (case, levels) in cases {
        near(case, analyse(&steps(levels)).integrated_lufs, -23.0);
    }
    // Left and right, centre, left and right surround, as 5.0 and as 5.1 with a loud low-frequency channel, which BS.1770
    // leaves out.
    for levels in [vec![-28.0, -28.0, -24.0, -30.0, -30.0], vec![-28.0, -28.0, -24.0, -10.0, -30.0, -30.0]] {
        let sine = Sound::wave(48_000, 20.0, |t| (TAU * 1000.0 * t).sin());
        let gains: Vec<f32> = levels.iter().map(|db| 10_f32.powf(db / 20.0)).collect();
        let samples = sine.samples.iter().flat_map(|s| gains.iter().map(move |gain| s * gain)).collect();
        let surround = Sound { rate: 48_000, channels: gains.len() as u16, samples };
        near("6", analyse(&surround).integrated_lufs, -23.0);
    }
}

#[test]
fn ebu_tech_3341_momentary_and_short_term() {
    // Constant after 3 s, and after 1 s; every window is full from its first value on.
    let short_term = series(&steps(&[(-20.0, 1.34), (-30.0, 1.66)].repeat(5))).short_term;
    assert_eq!(short_term.rows, 121);
    short_term.data.iter().for_each(|&lufs| near("9", Some(lufs.into()), -23.0));
    let momentary = series(&steps(&[(-20.0, 0.18), (-30.0, 0.22)].repeat(25))).momentary;
    momentary.data[6..].iter().for_each(|&lufs| near("12", Some(lufs.into()), -23.0));
    // Twenty files, whose tones begin wherever they like.
    for i in 0..20 {
        let i = f64::from(i);
        let long = analyse(&steps(&[(SILENT, 0.15 * i), (-23.0, 3.0), (SILENT, 1.0)]));
        near(&format!("10, {i}"), long.short_term_max_lufs, -23.0);
        let burst = analyse(&steps(&[(SILENT, 0.02 * i), (-23.0, 0.4), (SILENT, 1.0)]));
        near(&format!("13, {i}"), burst.momentary_max_lufs, -23.0);
    }
    // One stream, whose tones grow by 1 dB: twenty successive values of a meter that runs.
    let mut live = LoudnessMeter::new(48_000, 2).unwrap();
    let mut bursts = LoudnessMeter::new(48_000, 2).unwrap();
    for i in 0..20 {
        let (i, level) = (f64::from(i), f64::from(i) - 38.0);
        let long = [(SILENT, 0.15 * i), (level, 3.0), (SILENT, 3.0 - 0.15 * i)];
        live.push(&steps(&long).samples).unwrap();
        near(&format!("11, {i}"), live.loudness().short_term_max_lufs, level);
        let burst = [(SILENT, 0.02 * i), (level, 0.4), (SILENT, 0.4 - 0.02 * i)];
        bursts.push(&steps(&burst).samples).unwrap();
        near(&format!("14, {i}"), bursts.loudness().momentary_max_lufs, level);
    }
}

/// Fades in and out over 10 ms: switched on at once, a sine overshoots.
fn fade(t: f64, seconds: f64) -> f64 {
    (t / 0.01).min((seconds - t) / 0.01).clamp(0.0, 1.0)
}

/// Cases 20 to 23: at four times the rate a sine of a sixth of the rate and amplitude 0.5, in which one period has a
/// quarter of the rate and amplitude 1; low-passed and taken every fourth sample, from this one on.
fn burst(offset: usize) -> Sound {
    let (rate, seconds) = (192_000.0, 0.2);
    let n = (seconds * rate) as usize;
    // 24 samples a period of the sixth, 16 a period of the quarter; phases are whole periods where they meet.
    let start = 24 * 800;
    let high: Vec<f64> = (0..n)
        .map(|i| {
            let wave = match i {
                i if (start..start + 16).contains(&i) => (TAU * (i - start) as f64 / 16.0).sin(),
                i if i >= start + 16 => 0.5 * (TAU * (i - start - 16) as f64 / 24.0).sin(),
                i => 0.5 * (TAU * i as f64 / 24.0).sin(),
            };
            wave * fade(i as f64 / rate, seconds)
        })
        .collect();
    // A windowed sinc of 1025 taps, half down at half of the lower rate.
    let reach = 512_i64;
    let taps: Vec<f64> = (-reach..=reach)
        .map(|k| {
            let x = PI * k as f64 / 4.0;
            let sinc = if k == 0 { 1.0 } else { x.sin() / x };
            0.25 * sinc * (0.5 + 0.5 * (PI * k as f64 / (reach + 1) as f64).cos())
        })
        .collect();
    let low = |centre: usize| -> f64 {
        (-reach..=reach)
            .zip(&taps)
            .filter_map(|(k, tap)| Some(high.get(usize::try_from(centre as i64 + k).ok()?)? * tap))
            .sum()
    };
    Sound::mono(48_000, (offset..n).step_by(4).map(|centre| low(centre) as f32).collect()).spread(2)
}

#[test]
fn ebu_tech_3341_true_peak() {
    let check = |case: &str, sound: &Sound, expected: f64| {
        let peak = analyse(sound).true_peak_dbtp.unwrap();
        println!("case {case}: {peak}");
        assert!((expected - 0.4..=expected + 0.2).contains(&peak), "case {case}: {peak}");
    };
    for (case, divisor, amplitude, degrees, expected) in [
        ("15", 4.0, 0.5, 0.0, -6.0),
        ("16", 4.0, 0.5, 45.0, -6.0),
        ("17", 6.0, 0.5, 60.0, -6.0),
        ("18", 8.0, 0.5, 67.5, -6.0),
        ("19", 4.0, 1.41, 45.0, 3.0),
    ] {
        // The standard's rate, and the others that sound comes at.
        for rate in [48_000, 44_100, 32_000, 16_000, 96_000] {
            let sine = Sound::wave(rate, 1.0, |t| {
                let phase = TAU * f64::from(rate) / divisor * t + degrees * PI / 180.0;
                fade(t, 1.0) * amplitude * phase.sin()
            });
            check(&format!("{case} at {rate} Hz"), &sine.spread(2), expected);
        }
    }
    for offset in 0..4 {
        check(&format!("{}", 20 + offset), &burst(offset), 0.0);
    }
}

/// Tech 3342, table 1, cases 1 to 4; the response is the same when a signal is repeated.
#[test]
fn ebu_tech_3342() {
    let cases: [(&Levels, f64); 4] = [
        (&[(-20.0, 20.0), (-30.0, 20.0)], 10.0),
        (&[(-20.0, 20.0), (-15.0, 20.0)], 5.0),
        (&[(-40.0, 20.0), (-20.0, 20.0)], 20.0),
        (&[(-50.0, 20.0), (-35.0, 20.0), (-20.0, 20.0), (-35.0, 20.0), (-50.0, 20.0)], 15.0),
    ];
    for (levels, range) in cases {
        for times in [1, 2] {
            let ours = analyse(&steps(&levels.repeat(times)));
            let found = ours.range_lu.unwrap();
            println!("{levels:?}, {times} times: {found}");
            assert!((found - range).abs() <= 1.0, "{levels:?}, {times} times: {found}");
            let seconds: f64 = levels.iter().map(|(_, seconds)| seconds * times as f64).sum();
            assert_eq!(ours.range_stable, Some(seconds >= 60.0));
        }
    }
}

/// The range of a short sound is no number but a null; from 10 s on it is one, and not stable below 60 s.
#[test]
fn short_sounds_have_no_range() {
    let tone = |seconds: f64| {
        let extracted = run(
            AudioExtractor::new(&ExtractorConfig::default()),
            &steps(&[(-20.0, seconds / 2.0), (-26.0, seconds / 2.0)]),
        );
        (extracted.0.features.loudness, extracted.0.features.missing)
    };
    for seconds in [0.5, 3.0, 5.0, 9.9] {
        let (found, missing) = tone(seconds);
        assert_eq!((found.range_lu, found.range_stable), (None, None), "{seconds} s");
        assert!(missing["loudness.range_lu"].contains("10 s"), "{missing:?}");
        assert_eq!(missing["loudness.range_lu"], missing["loudness.range_stable"]);
        assert_eq!(found.short_term_max_lufs.is_some(), seconds >= 3.0);
    }
    for (seconds, stable) in [(10.0, false), (59.8, false), (60.0, true)] {
        let (found, missing) = tone(seconds);
        assert!((found.range_lu.unwrap() - 6.0).abs() <= 1.0, "{seconds} s: {found:?}");
        assert_eq!(found.range_stable, Some(stable), "{seconds} s");
        assert!(!missing.keys().any(|name| name.starts_with("loudness")));
    }
}

/// Loudness against pyloudnorm in its own mode and, with the filter of BS.1770 (`DeMan`), in the default one; and against
/// what the files were made for.
#[test]
fn loudness_is_the_peers_and_the_makers() {
    let test = "loudness_is_the_peers_and_the_makers";
    for clip in GOLDEN {
        let Some(json) = shared(test, &format!("golden/audio/{clip}.json")) else { return };
        let Some(wav) = shared(test, &format!("data/audio/{clip}.wav")) else { return };
        let golden: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
        let sound = decode(&wav);
        let ours = analyse(&sound).integrated_lufs.unwrap();
        let peers = measure(&sound, LoudnessMode::Pyloudnorm);
        for (what, ours, theirs) in [
            ("bs1770", ours, "lufs_pyln_deman"),
            ("pyloudnorm", peers.integrated_lufs.unwrap(), "lufs_pyln_kweight"),
            ("pyloudnorm range", peers.range_lu.unwrap(), "lra_pyln"),
        ] {
            let theirs = golden[theirs].as_f64().unwrap();
            println!("{clip} {what}: {ours} against {theirs}");
            assert!((ours - theirs).abs() <= 0.01, "{clip} {what}: {ours} against {theirs}");
        }
    }
    for (file, lufs) in [("pyln_sine_1000.wav", -3.0523438444331137), ("1770_RelGateTest.wav", -10.0)] {
        let Some(wav) = shared(test, &format!("data/audio/{file}")) else { return };
        near(file, analyse(&decode(&wav)).integrated_lufs, lufs);
    }
}

/// Loudness range and true peak as ffmpeg 5.1.9 prints them:
/// `ffmpeg -i FILE -filter_complex ebur128=peak=true:metadata=1,ametadata=print -f null -`, where the peak is an amplitude.
/// The trumpet, 5.3 s long, has no range with us.
#[test]
fn loudness_range_and_true_peak_are_ffmpegs() {
    for (file, range, peak) in [
        ("jfk", Some(4.16), 0.784),
        ("vibeace", Some(4.62), 0.892),
        ("clip60", Some(7.52), 0.892),
        ("trumpet", None, 0.716_f64),
        ("libri1", Some(3.13), 0.424),
    ] {
        let test = "loudness_range_and_true_peak_are_ffmpegs";
        let Some(wav) = shared(test, &format!("data/audio/{file}.wav")) else { return };
        let found = analyse(&decode(&wav));
        let (ours, theirs) = (found.true_peak_dbtp.unwrap(), 20.0 * peak.log10());
        println!("{file}: range {:?} against {range:?}, peak {ours} against {theirs}", found.range_lu);
        // The third digit of their amplitude is worth at most 0.01 dB.
        assert!((ours - theirs).abs() <= 0.11, "{file}: {ours} against {theirs}");
        assert_eq!(found.range_lu.is_some(), range.is_some(), "{file}");
        assert!(found.range_lu.zip(range).is_none_or(|(a, b)| (a - b).abs() <= 1.0), "{file}: {found:?}");
    }
}

/// The crate `ebur128`, a port of libebur128, on noise that swells and fades, at every kind of rate and number of channels.
/// Where 100 ms are no whole number of samples, the peer rounds its blocks and ours do not: there a hundredth.
#[test]
fn loudness_and_true_peak_are_the_peers_at_every_rate() {
    use ebur128::{EbuR128, Mode};
    let mut state = 7_u32;
    for (rate, channels, off_lu) in [
        (8000, 1, 1e-6),
        (11_025, 2, 0.01),
        (22_050, 2, 0.01),
        (44_100, 2, 1e-6),
        (48_000, 1, 1e-6),
        (48_000, 3, 1e-6),
        (48_000, 4, 1e-6),
        (48_000, 6, 1e-6),
        (96_000, 2, 1e-6),
        (176_400, 1, 1e-6),
        (192_000, 2, 1e-6),
    ] {
        let samples: Vec<f32> = (0..12 * rate * u32::from(channels))
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (state >> 8) as f32 / (1 << 23) as f32 - 1.0;
                let time_s = f64::from(i) / f64::from(rate * u32::from(channels));
                noise * (0.5 * (0.7 * time_s).sin().powi(4) + 1e-3) as f32
            })
            .collect();
        let mut peer = EbuR128::new(channels.into(), rate, Mode::I | Mode::TRUE_PEAK).unwrap();
        if channels == 4 {
            use ebur128::Channel::{Left, LeftSurround, Right, RightSurround};
            peer.set_channel_map(&[Left, Right, LeftSurround, RightSurround]).unwrap();
        }
        peer.add_frames_f32(&samples).unwrap();
        let theirs = peer.loudness_global().unwrap();
        let peak = (0..u32::from(channels)).map(|c| peer.true_peak(c).unwrap()).fold(0.0, f64::max);
        let ours = loudness(&samples, rate, channels, LoudnessMode::Bs1770).unwrap();
        let off = (ours.integrated_lufs.unwrap() - theirs).abs();
        assert!(off < off_lu, "{rate} Hz, {channels} channels: {off} LU off {theirs}");
        let off = (ours.true_peak_dbtp.unwrap() - 20.0 * peak.log10()).abs();
        assert!(off < 1e-5, "{rate} Hz, {channels} channels: {off} dB off the peak {peak}");
    }
}

/// ITU-R BS.1770-4: a mono stream counts once, the same sound on two channels is 10 log10(2) louder, the low-frequency
/// channel does not count, the sides count 1.41 times.
#[test]
fn channels_are_weighed() {
    let mono = Sound::wave(48_000, 4.0, |t| 0.1 * (TAU * 997.0 * t).sin());
    let lufs = |sound: &Sound| analyse(sound).integrated_lufs.unwrap();
    // BS.1770-4: a 997 Hz sine at 0 dBFS on one front channel reads -3.01 LKFS.
    assert!((lufs(&mono) + 23.01).abs() < 0.02, "{}", lufs(&mono));
    for (channels, weights) in [
        (2, 2.0),
        (3, 3.0),
        (4, 2.0 + 2.0 * 1.41),
        (5, 3.0 + 2.0 * 1.41),
        (6, 3.0 + 2.0 * 1.41),
        (7, 4.0 + 2.0 * 1.41),
        (8, 5.0 + 2.0 * 1.41_f64),
    ] {
        let more = lufs(&mono.spread(channels)) - lufs(&mono);
        assert!((more - 10.0 * weights.log10()).abs() < 1e-3, "{channels}: {more}");
    }
}

/// A 997 Hz sine reads the same at every rate, within what the filter's discretisation moves at the low ones.
#[test]
fn the_rate_does_not_matter() {
    for rate in
        [8000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000]
    {
        let found = analyse(&Sound::wave(rate, 4.0, |t| 0.5 * (TAU * 997.0 * t).sin()));
        let expected = -3.01 - 6.02;
        near(&format!("{rate} Hz"), found.integrated_lufs, expected);
        near(&format!("{rate} Hz, momentary"), found.momentary_max_lufs, expected);
        near(&format!("{rate} Hz, short-term"), found.short_term_max_lufs, expected);
    }
}

#[test]
fn damaged_samples_and_wrong_shapes() {
    // Samples that are no numbers are silence: the second half of the sine's seconds. Of the blocks of 0.4 s every 0.1 s, 57
    // are full and three have 3, 2 and 1 quarters of it, none of which the gate leaves out.
    let mut samples = steps(&[(-20.0, 12.0)]).samples;
    let clean = samples.clone();
    for (i, sample) in samples.iter_mut().enumerate().skip(48_000 * 2 * 6) {
        *sample = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][i % 3];
    }
    for mode in [LoudnessMode::Bs1770, LoudnessMode::Pyloudnorm] {
        let found = loudness(&samples, 48_000, 2, mode).unwrap();
        near("no numbers", found.integrated_lufs, -20.0 + 10.0 * (58.5_f64 / 60.0).log10());
        let silent = loudness(&vec![f32::NAN; 96_000], 48_000, 2, mode).unwrap();
        assert_eq!(silent, Loudness::default());
        assert_eq!(loudness(&[], 48_000, 2, mode).unwrap(), Loudness::default());
        assert!(loudness(&[0.5], 48_000, 1, mode).unwrap().integrated_lufs.is_none());
        let series = loudness_series(&vec![0.0; 384_000], 48_000, 2, mode).unwrap();
        assert_eq!((series.momentary.rows, series.short_term.rows), (37, 11));
        assert!(series.momentary.data.iter().all(|lufs| lufs.is_nan()));
        for (y, rate, channels) in
            [(&clean[..3], 48_000, 2), (&clean, 48_000, 0), (&clean, 3, 1), (&clean, u32::MAX, 2)]
        {
            let error = loudness(y, rate, channels, mode).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        }
        for channels in 1..=5 {
            let sound = Sound::wave(48_000, 1.0, |t| 0.1 * (TAU * 997.0 * t).sin()).spread(channels);
            assert!(measure(&sound, mode).integrated_lufs.is_some());
        }
    }
    // The peer has weights for five channels.
    let six = loudness(&clean, 48_000, 6, LoudnessMode::Pyloudnorm).unwrap_err();
    assert!(six.to_string().contains("bs1770"), "{six}");
    let mode: Result<LoudnessMode, Error> = "r128".parse();
    assert_eq!(mode.unwrap_err().kind(), ErrorKind::InvalidConfig);
    for mode in [LoudnessMode::Bs1770, LoudnessMode::Pyloudnorm] {
        assert_eq!(mode.as_str().parse::<LoudnessMode>().unwrap(), mode);
    }
}

#[test]
fn the_size_of_blocks_does_not_matter() {
    let sound =
        Sound::wave(44_100, 12.0, |t| 0.4 * (TAU * 300.0 * t * (1.0 + t)).sin() * (1.0 + (t * 3.0).sin()));
    let whole = measure(&sound, LoudnessMode::Bs1770);
    for block in [1, 100, 1024, 11_025] {
        let mut meter = LoudnessMeter::new(44_100, 1).unwrap();
        sound.samples.chunks(block).for_each(|samples| meter.push(samples).unwrap());
        assert_eq!(meter.loudness(), whole, "{block}");
    }
}

/// At rates that are no multiple of 100 the steps of 10 ms have not all as many samples, and keep to the clock.
#[test]
fn times_keep_to_the_clock_at_every_rate() {
    for rate in [8000, 11_025, 22_050, 44_100, 48_000] {
        let seconds = 120.0;
        // The last second is silent: the window that first has none of the tone tells the time.
        let sound =
            Sound::wave(rate, seconds, |t| if t < 119.0 { 0.1 * (TAU * 997.0 * t).sin() } else { 0.0 });
        let series = loudness_series(&sound.samples, rate, 1, LoudnessMode::Bs1770).unwrap();
        assert_eq!((series.momentary.rows, series.short_term.rows), (1197, 1171), "{rate}");
        let last = series.momentary.times_s.last().unwrap();
        assert!((last + 0.2 - seconds).abs() < 1e-9, "{rate}: {last}");
        let loud = |k: &usize| series.momentary.data[*k] > -30.0;
        let ends = (0..1197).rev().find(loud).unwrap();
        // The window whose middle is at 119.1 has a quarter of the tone, 6 dB less; the next, of 119.2, has none.
        assert!(
            (series.momentary.times_s[ends] - 119.1).abs() < 1e-9,
            "{rate}: {}",
            series.momentary.times_s[ends]
        );
    }
}
