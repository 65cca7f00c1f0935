//! Hostile input: malformed files and random mutations of real ones. Whatever comes in, a typed error or a result comes
//! out, in bounded time and memory. A panic aborts the test, a caught one too; so does an input that takes too long.
//!
//! `VIRALNOW_MUTATIONS` says how many mutations (200; 40 without the shared data), `VIRALNOW_MUTATION_SEED` from which seed (1).

mod common;
#[path = "support/matroska.rs"]
mod matroska;

use common::{demo, shared, shared_files};
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use viralnow_core::features::{AssetStatus, Payload};
use viralnow_core::media::{
    self, AudioBlock, Cue, DecodeRequest, Frame, MediaInfo, MediaInput, MediaSink, StreamEnd,
};
use viralnow_core::monitor::Run;
use viralnow_core::pipeline::Analysis;
use viralnow_core::{AnalyzeOptions, Analyzer, Input, Limits, Preset, Result};

/// One input may take this long.
const LONGEST: Duration = Duration::from_secs(30);
/// The whole process may take this much memory, in kB.
const MOST_MEMORY_KB: u64 = 1 << 20;

/// What is going on, for the one who reads why the test was aborted.
static NOW: Mutex<Option<(String, Instant)>> = Mutex::new(None);

/// Aborts on a panic in any thread, and when one input takes too long.
fn be_strict() {
    std::panic::set_hook(Box::new(|info| {
        let now = NOW.try_lock().map(|now| now.clone());
        eprintln!("panic while at {now:?}: {info}\n{}", std::backtrace::Backtrace::force_capture());
        std::process::abort();
    }));
    std::thread::spawn(|| {
        loop {
            std::thread::sleep(Duration::from_millis(200));
            let now = NOW.lock().unwrap().clone();
            if let Some((name, since)) = now.filter(|(_, since)| since.elapsed() > LONGEST) {
                eprintln!("{name} takes longer than {LONGEST:?}: {:?}", since.elapsed());
                std::process::abort();
            }
        }
    });
}

/// Counts what comes, and checks what every sink may rely on.
#[derive(Default)]
struct Checks {
    pictures: u64,
    samples: u64,
    last_s: Option<f64>,
}

impl MediaSink for Checks {
    fn begin(&mut self, _info: &MediaInfo) -> Result<()> {
        Ok(())
    }

    fn audio(&mut self, block: &AudioBlock<'_>) -> Result<()> {
        assert!(block.start_s.is_finite() && block.start_s >= 0.0);
        assert!(block.channels > 0 && block.sample_rate > 0);
        assert!(block.samples.iter().all(|s| s.is_finite()));
        self.samples += block.samples.len() as u64;
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<()> {
        assert!(frame.time_s.is_finite() && frame.time_s >= 0.0);
        assert!(self.last_s.is_none_or(|last_s| frame.time_s > last_s));
        assert!(frame.duration_s.is_none_or(|s| s.is_finite() && s >= 0.0));
        assert!(frame.picture.width() > 0 && frame.picture.height() > 0);
        self.last_s = Some(frame.time_s);
        self.pictures += 1;
        Ok(())
    }

    fn cue(&mut self, cue: &Cue) -> Result<()> {
        assert!(cue.start_s.is_finite() && cue.end_s.is_finite() && cue.end_s >= cue.start_s);
        Ok(())
    }
}

/// The functions under test: the pass alone, with what every sink may rely on, and the whole analysis. A sentence on what
/// came out; they must not panic, hang or grow.
fn attempt(input: &MediaInput) -> String {
    format!("{}; {}", attempt_decode(input, Preset::Balanced), attempt_analyze(input))
}

/// Whatever is analysed is finite, and says why it is not complete.
fn attempt_analyze(input: &MediaInput) -> String {
    let input = Input { media: Some(input.clone()), ..Input::default() };
    let options = AnalyzeOptions { threads: 2, ..AnalyzeOptions::default() };
    match Analyzer::new(options).expect("good settings").analyze(input) {
        Ok(Analysis { payload, .. }) => {
            assert_eq!(payload.status == AssetStatus::Complete, payload.reason.is_none());
            // NaN and infinities have no JSON: they would come back as null where a number must stand.
            let json = serde_json::to_string(&payload).expect("plain data");
            let back: Payload = serde_json::from_str(&json).expect("what was written can be read");
            assert_eq!(back, payload);
            format!("{:?}", payload.status)
        }
        Err(error) => {
            assert!(!error.message().is_empty());
            error.kind().code().to_owned()
        }
    }
}

fn attempt_decode(input: &MediaInput, preset: Preset) -> String {
    let request = DecodeRequest {
        preset,
        threads: 2,
        motion_vectors: true,
        deblock_unreferenced: false,
        ..DecodeRequest::default()
    };
    let hashed = input.content_hash(&Limits::default(), &mut Run::unwatched());
    let mut checks = Checks::default();
    match media::decode(input, &request, &mut Run::unwatched(), &mut checks) {
        Ok(report) => {
            hashed.expect("what can be decoded can be read");
            let duration_s = report.info.duration_s.unwrap_or(0.0);
            assert!(duration_s.is_finite() && duration_s >= 0.0);
            let end = |end: &StreamEnd| match end {
                StreamEnd::Cut(error) | StreamEnd::Failed(error) | StreamEnd::Unavailable(error) => {
                    assert!(!error.message().is_empty());
                    error.kind().code()
                }
                StreamEnd::Complete => "complete",
                StreamEnd::Absent => "absent",
                StreamEnd::Skipped => "skipped",
            };
            let (video, audio) = (end(&report.video), end(&report.audio));
            format!("{} pictures ({video}), {} samples ({audio})", checks.pictures, checks.samples)
        }
        Err(error) => {
            assert!(!error.message().is_empty());
            format!("{}: {error}", error.kind().code())
        }
    }
}

fn attempt_named(name: String, input: &MediaInput) -> String {
    *NOW.lock().unwrap() = Some((name, Instant::now()));
    let outcome = attempt(input);
    *NOW.lock().unwrap() = None;
    outcome
}

/// Peak memory of this process in kB, where the system tells.
fn peak_memory_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Marsaglia's xorshift64: the same mutations from the same seed, everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// One to four damages of the kinds that files meet.
fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(4) {
        // Half of them in the header, where they change what the rest means.
        let span = if random.below(2) == 0 { bytes.len().min(2048) } else { bytes.len() };
        let (at, len) = (random.below(span), 1 + random.below(64));
        let end = (at + len).min(bytes.len());
        match random.below(6) {
            0 => bytes[at..end].iter_mut().for_each(|b| *b = random.next() as u8),
            1 => bytes[at] ^= 1 << random.below(8),
            2 => {
                let extreme = [[0; 4], [0xff; 4], [0x7f, 0xff, 0xff, 0xff], [0x80, 0, 0, 0]][random.below(4)];
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&extreme[..end - at]);
            }
            3 => drop(bytes.drain(at..end)),
            4 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => bytes.truncate(at.max(16)),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
    bytes
}

/// The files that are mutated, with the names they are told by.
fn seeds() -> Vec<PathBuf> {
    let test = "random_mutations";
    let files = [
        "data/video/sample.mp4",
        "data/video/mdn_pig.webm",
        "data/audio/chromaprint_test.mp3",
        "data/audio/jfk.flac",
        "data/images/bridge_shrink-a-lot.jpg",
    ];
    let files: Vec<_> = files.iter().filter_map(|file| shared(test, file)).collect();
    if files.is_empty() { Some(demo()).filter(|path| path.exists()).into_iter().collect() } else { files }
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a number"))
}

/// Files whose colours are numbers that no standard knows, in every form in which pictures are handed on.
fn colours() -> Vec<(String, MediaInput)> {
    let forms = [(*b"I420", 16 * 16 * 3 / 2), (*b"YUY2", 16 * 16 * 2), (*b"BGR\x18", 16 * 16 * 3)];
    let numbers = [3, 11, 12, 15, 19, 23, 40, 127, 200, 255, 4096, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF];
    let mut files = Vec::new();
    for (fourcc, bytes) in forms {
        for number in numbers {
            let colour = matroska::COLOUR.map(|id| (id, number));
            let file = matroska::raw_video(fourcc, (16, 16), &vec![0x40; bytes], &colour);
            files.push((
                format!("{} of colour {number}", fourcc.escape_ascii()),
                MediaInput::Bytes(file.into()),
            ));
        }
    }
    files
}

/// Pictures far over the limit whose container says that they are small, or says nothing: libav, which looks into a file
/// before it is asked to decode, must not decode them either (1.5 GB each).
fn giants() -> Vec<(&'static str, MediaInput)> {
    let small = MediaInput::Bytes(matroska::png_video(&matroska::png(64, 64)).into());
    let decoded = attempt_decode(&small, Preset::Reference);
    assert!(decoded.starts_with("2 pictures"), "the same of a picture within the limit: {decoded}");
    let small = MediaInput::Bytes(matroska::flv(320, 240).into());
    let decoded = attempt_decode(&small, Preset::Reference);
    assert!(!decoded.starts_with("0 pictures") && decoded.contains("pictures"), "{decoded}");
    vec![
        (
            "a giant that says it is small",
            MediaInput::Bytes(matroska::png_video(&matroska::png(16_000, 16_000)).into()),
        ),
        ("a giant that says nothing", MediaInput::Bytes(matroska::flv(16_000, 16_000).into())),
    ]
}

/// What is left of a file that was cut off at 60 % is analysed, and not given up.
fn prefixes() {
    for (path, kind) in [("data/audio/jfk.flac", "sound"), ("data/video/mdn_pig.webm", "pictures")] {
        let Some(path) = shared("prefixes", path) else { continue };
        let bytes = std::fs::read(&path).unwrap();
        let of = |bytes: &[u8], max_duration_s: f64| {
            let limits = Limits { max_duration_s, ..Limits::default() };
            let analysis = Analyzer::new(AnalyzeOptions { threads: 2, limits, ..AnalyzeOptions::default() })
                .and_then(|analyzer| analyzer.analyze(Input::bytes(bytes.to_vec())));
            analysis.expect("analysed").payload
        };
        let always = Limits::default().max_duration_s;
        let (whole, prefix) = (of(&bytes, always), of(&bytes[..bytes.len() * 6 / 10], always));
        assert_eq!(prefix.status, AssetStatus::Partial, "{kind}: {:?}", prefix.reason);
        let share = prefix.media.duration_s.unwrap() / whole.media.duration_s.unwrap();
        assert!((0.4..0.8).contains(&share), "{kind}: {share} of the time in 0.6 of the bytes");
        let loudness = |payload: &Payload| {
            let audio = payload.modalities.audio.summary.as_ref();
            audio.and_then(|audio| audio.loudness.integrated_lufs)
        };
        // What the part has is what the whole has in that time. (The sound need not end with the pictures.)
        let same_time = of(&bytes, prefix.media.duration_s.unwrap());
        let (before, after) = (loudness(&same_time), loudness(&prefix));
        assert!(before.is_none() == after.is_none(), "{kind}: {before:?} and {after:?}");
        if let (Some(before), Some(after)) = (before, after) {
            assert!((before - after).abs() < 1.0, "{kind}: {after} LUFS of a part of {before}");
        }
        assert!(after.is_some() || kind == "pictures", "{kind}");
        let shots = |payload: &Payload| payload.modalities.vision.summary.as_ref().map(|v| v.shots.len());
        assert_eq!(shots(&whole).is_some(), shots(&prefix).is_some(), "{kind}");
    }
}

/// One test, so that the hook, the clock and the peak are those of nothing else.
#[test]
fn whatever_comes_in_a_typed_error_or_a_result_comes_out() {
    be_strict();
    let mut slowest = (Duration::ZERO, String::new());
    let mut run = |name: String, input: &MediaInput, print: bool| {
        let start = Instant::now();
        let outcome = attempt_named(name.clone(), input);
        if print {
            println!("{name}: {outcome}");
        }
        if start.elapsed() > slowest.0 {
            slowest = (start.elapsed(), name);
        }
    };
    for path in shared_files("malformed_files", "data/malformed") {
        run(path.file_name().unwrap().to_string_lossy().into_owned(), &MediaInput::Path(path), true);
    }
    for (name, input) in colours() {
        let decoded = attempt_decode(&input, Preset::Reference);
        assert!(decoded.starts_with("2 pictures"), "{name}: {decoded}");
        run(name, &input, false);
    }
    for (name, input) in giants() {
        let decoded = attempt_decode(&input, Preset::Balanced);
        assert!(!decoded.contains("pictures (") || decoded.starts_with("0 pictures"), "{name}: {decoded}");
        run(name.to_owned(), &input, true);
        if let Some(peak) = peak_memory_kb() {
            assert!(peak < MOST_MEMORY_KB, "{name}: {peak} kB");
        }
    }
    prefixes();
    let seeds: Vec<_> = seeds().into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect();
    // Our own clip, which is all there is without the shared data, is longer than those.
    let usual = if seeds.len() > 1 { 200 } else { 40 };
    let (count, first) = (number("VIRALNOW_MUTATIONS", usual), number("VIRALNOW_MUTATION_SEED", 1));
    for i in 0..if seeds.is_empty() { 0 } else { count } {
        let (bytes, path) = &seeds[i as usize % seeds.len()];
        let mut random = Random((first + i).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let input = MediaInput::Bytes(mutate(bytes, &mut random).into());
        run(
            format!("{} with seed {}", path.file_name().unwrap().to_string_lossy(), first + i),
            &input,
            false,
        );
    }
    println!("{} mutations; slowest: {:?} {}", count, slowest.0, slowest.1);
    if let Some(peak) = peak_memory_kb() {
        println!("peak memory: {} MB", peak / 1024);
        assert!(peak < MOST_MEMORY_KB, "{peak} kB");
    }
    // The next test of this process, if there is one, has its own hook.
    drop(std::panic::take_hook());
}
