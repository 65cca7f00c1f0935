//! Edits of real clips with known truth: hard cuts, dissolves, fades, camera flashes, fast pans, shots from 3 frames on.
//!
//! The `ffmpeg` command reads the clips and writes the videos; the pictures are mixed here, so that the truth is exact.
#![allow(dead_code, unreachable_pub, reason = "every test file uses its own part")]

use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Stdio};

/// Size of the edits; even, as the pictures are planes of luma and halved chroma.
pub const SIZE: (usize, usize) = (320, 180);
pub const RATE: usize = 30;
/// Frames read of each clip.
const FRAMES: usize = 80;

/// Two halves of the edits, with no film in common: detectors may be tuned on the first alone. What is held out is of no film that took part in
/// choosing a constant, nor of those whose cuts are known (Big Buck Bunny, NASA's); three of its takes show places that another take shows in
/// the first half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    Tuned,
    HeldOut,
}

/// Footage without a cut: file, and where it starts, in seconds.
pub const fn clips(half: Half) -> &'static [(&'static str, f64)] {
    match half {
        Half::Tuned => &[
            ("bbb_480p_30s.mp4", 12.2),
            ("chair-orig-22-sd-bar.mp4", 2.0),
            ("butterfly.mp4", 0.5),
            ("chaplin.mp4", 1.0),
            ("asl_book.mkv", 0.0),
            ("intel_one_by_one.mp4", 20.0),
            ("mdn_elf.webm", 0.2),
            ("hdr10-av1.mp4", 0.2),
        ],
        Half::HeldOut => &[
            ("mdn_pig.mp4", 0.5),
            ("pattern-hd-no-bar.mp4", 0.5),
            ("sample_with_increasing_timestamps_360p.mp4", 4.0),
            ("asl_thanks.mkv", 0.0),
            ("sample_edit_list.mp4", 0.0),
            ("mv_with_2_top_shots.mp4", 0.0),
        ],
    }
}

/// How a shot follows the one before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Join {
    Cut,
    /// So many blended frames.
    Dissolve(usize),
    /// Frames that go to this level of luma, frames of that level alone, and frames that come from it.
    Fade(usize, usize, usize, u8),
}

/// What happens in a shot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    None,
    /// The picture is almost white from this frame of the shot on, for so many frames.
    Flash(usize, usize),
    /// The picture moves by so many columns a frame.
    Pan(usize),
}

#[derive(Debug, Clone, Copy)]
pub struct Shot {
    pub join: Join,
    pub clip: usize,
    /// Where in the clip it begins.
    pub from: usize,
    pub frames: usize,
    pub event: Event,
}

#[derive(Debug, Clone)]
pub struct Edit {
    pub name: String,
    pub half: Half,
    pub shots: Vec<Shot>,
}

/// A true boundary: the frames that belong to two shots, or none before the first frame of a new shot.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    pub frames: Range<u64>,
    pub kind: &'static str,
}

/// `splitmix64`, so that the edits are the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn of(&mut self, range: Range<usize>) -> usize {
        range.start + (self.next() % (range.end - range.start) as u64) as usize
    }
}

const KINDS: [(&str, usize); 8] = [
    ("cuts", 2),
    ("short shots", 4),
    ("dissolves", 3),
    ("fades", 3),
    ("flashes", 2),
    ("pans", 2),
    ("cuts and dissolves", 2),
    ("everything", 2),
];

/// Forty edits, twenty of each half.
pub fn edits() -> Vec<Edit> {
    let mut all = Vec::new();
    for half in [Half::Tuned, Half::HeldOut] {
        let mut random = Random(if half == Half::Tuned { 1 } else { 2 });
        for (kind, times) in KINDS {
            for i in 0..times {
                let shots = shots(kind, clips(half).len(), &mut random);
                all.push(Edit { name: format!("{kind} {i}"), half, shots });
            }
        }
    }
    all
}

fn shots(kind: &str, clips: usize, random: &mut Random) -> Vec<Shot> {
    let count = match kind {
        "short shots" => 12,
        "cuts" | "pans" | "everything" => 8,
        _ => 6,
    };
    let mut shots: Vec<Shot> = Vec::new();
    for i in 0..count {
        let join = match kind {
            _ if i == 0 => Join::Cut,
            "dissolves" => dissolve(random),
            "fades" => fade(random),
            "cuts and dissolves" if i % 2 == 1 => dissolve(random),
            "everything" => match random.of(0..5) {
                0 => dissolve(random),
                1 => fade(random),
                _ => Join::Cut,
            },
            _ => Join::Cut,
        };
        let clip = loop {
            let clip = random.of(0..clips);
            if shots.last().is_none_or(|before| before.clip != clip) {
                break clip;
            }
        };
        let frames = match kind {
            "short shots" => random.of(3..41),
            "dissolves" | "fades" | "cuts and dissolves" | "everything" => random.of(50..75),
            _ => random.of(20..60),
        };
        let event = match (kind, random.of(0..3)) {
            ("flashes", _) | ("everything", 0) => Event::Flash(
                random.of(5..frames.min(40) - 5).max(if join == Join::Cut { 0 } else { 30 }),
                random.of(1..5),
            ),
            ("pans", _) | ("everything", 1) => Event::Pan(random.of(4..21)),
            _ => Event::None,
        };
        shots.push(Shot { join, clip, from: random.of(0..FRAMES), frames, event });
    }
    shots
}

fn dissolve(random: &mut Random) -> Join {
    Join::Dissolve(random.of(6..25))
}

/// One in four comes from black or white at once, or goes there at once.
fn fade(random: &mut Random) -> Join {
    let level = if random.of(0..3) == 0 { 235 } else { 16 };
    let (out, hold, back) = (random.of(6..24), random.of(0..8), random.of(6..24));
    match random.of(0..8) {
        0 => Join::Fade(out, hold + 3, 0, level),
        1 => Join::Fade(0, hold + 3, back, level),
        _ => Join::Fade(out, hold, back, level),
    }
}

impl Edit {
    /// Its boundaries, in order.
    pub fn truth(&self) -> Vec<Boundary> {
        let mut truth = Vec::new();
        let mut at = 0;
        for (i, shot) in self.shots.iter().enumerate() {
            let (frames, kind) = match shot.join {
                Join::Cut => (at..at, "cut"),
                Join::Dissolve(n) => {
                    at -= n;
                    (at..at + n, "dissolve")
                }
                Join::Fade(out, hold, back, _) => {
                    let start = at - out;
                    at += hold;
                    (start..at + back, "fade")
                }
            };
            if i > 0 {
                truth.push(Boundary { frames: frames.start as u64..frames.end as u64, kind });
            }
            at += shot.frames;
        }
        truth
    }

    /// Writes it as H.264; every picture is one that others are predicted from.
    pub fn write(&self, clips: &[Clip], to: &Path) {
        self.write_with(clips, &[], to);
    }

    /// The same with pictures between them that no other needs, every second one, as encoders make them that take their time: preset `fast`
    /// skips those.
    pub fn write_to_skip(&self, clips: &[Clip], to: &Path) {
        self.write_with(clips, &["-bf", "3", "-b_strategy", "0", "-b-pyramid", "normal"], to);
    }

    fn write_with(&self, clips: &[Clip], options: &[&str], to: &Path) {
        let size = format!("{}x{}", SIZE.0, SIZE.1);
        let mut ffmpeg = Command::new("ffmpeg")
            .args([
                "-v", "error", "-y", "-threads", "1", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", &size,
            ])
            .args([
                "-r",
                &RATE.to_string(),
                "-i",
                "-",
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-crf",
                "23",
            ])
            .args(options)
            .args(["-threads", "1"])
            .arg(to)
            .stdin(Stdio::piped())
            .spawn()
            .expect("the ffmpeg command");
        let mut input = ffmpeg.stdin.take().expect("a pipe");
        for frame in self.frames(clips) {
            input.write_all(&frame).expect("written");
        }
        drop(input);
        assert!(ffmpeg.wait().expect("ended").success(), "{}", to.display());
    }

    /// How many frames it has.
    pub fn length(&self) -> usize {
        let joined = |shot: &Shot| match shot.join {
            Join::Cut => shot.frames,
            Join::Dissolve(n) => shot.frames - n,
            Join::Fade(_, hold, ..) => shot.frames + hold,
        };
        self.shots.iter().map(joined).sum()
    }

    fn frames(&self, clips: &[Clip]) -> Vec<Vec<u8>> {
        let mut out: Vec<Vec<u8>> = Vec::new();
        for &Shot { join, clip, from, frames, event } in &self.shots {
            let mut shot: Vec<Vec<u8>> = (0..frames).map(|i| picture(&clips[clip], from, i, event)).collect();
            match join {
                Join::Cut => {}
                Join::Dissolve(n) => {
                    let start = out.len() - n;
                    for (k, (old, new)) in out.drain(start..).zip(&mut shot).enumerate() {
                        mix(&old, new, (k + 1) as f64 / (n + 1) as f64);
                    }
                }
                Join::Fade(dark, hold, bright, level) => {
                    let flat = flat(level);
                    let start = out.len() - dark;
                    for (k, old) in out[start..].iter_mut().enumerate() {
                        mix(&flat, old, 1.0 - (k + 1) as f64 / (dark + 1) as f64);
                    }
                    out.extend(vec![flat.clone(); hold]);
                    for (k, new) in shot.iter_mut().take(bright).enumerate() {
                        mix(&flat, new, (k + 1) as f64 / (bright + 1) as f64);
                    }
                }
            }
            out.append(&mut shot);
        }
        out
    }
}

/// Pictures of one clip, twice as wide as the edit, for pans.
pub struct Clip(Vec<Vec<u8>>);

/// Reads the clips of one half; nothing where the `ffmpeg` command is not there.
pub fn read_clips(half: Half, videos: &Path) -> Option<Vec<Clip>> {
    let (width, height) = (2 * SIZE.0, SIZE.1);
    let read = |(file, start_s): &(&str, f64)| {
        let filter = format!(
            "fps={RATE},scale={width}:{height}:force_original_aspect_ratio=increase:flags=bilinear,\
             crop={width}:{height},format=yuv420p"
        );
        let run = Command::new("ffmpeg")
            .args(["-v", "error", "-nostdin", "-threads", "1", "-ss", &start_s.to_string(), "-i"])
            .arg(videos.join(file))
            .args(["-map", "0:v:0", "-vf", &filter, "-frames:v", &FRAMES.to_string()])
            .args(["-f", "rawvideo", "-"])
            .output()
            .ok()?;
        assert!(run.status.success(), "{file}: {}", String::from_utf8_lossy(&run.stderr));
        let frames: Vec<Vec<u8>> =
            run.stdout.chunks_exact(width * height * 3 / 2).map(<[u8]>::to_vec).collect();
        assert!(frames.len() >= 40, "{file}: {} frames", frames.len());
        Some(Clip(frames))
    };
    clips(half).iter().map(read).collect()
}

/// A frame of a clip; one that is too short goes back and forth.
fn picture(clip: &Clip, from: usize, i: usize, event: Event) -> Vec<u8> {
    let last = clip.0.len() - 1;
    let at = (from + i) % (2 * last);
    let frame = &clip.0[at.min(2 * last - at)];
    let left = match event {
        Event::Pan(step) => {
            let at = (i * step) % (2 * SIZE.0);
            at.min(2 * SIZE.0 - at) & !1
        }
        _ => SIZE.0 / 2,
    };
    let (luma, chroma) = frame.split_at(2 * SIZE.0 * SIZE.1);
    let rows = luma.chunks_exact(2 * SIZE.0).map(|row| &row[left..][..SIZE.0]);
    let half_rows = chroma.chunks_exact(SIZE.0).map(|row| &row[left / 2..][..SIZE.0 / 2]);
    let mut out: Vec<u8> = rows.chain(half_rows).flatten().copied().collect();
    if let Event::Flash(start, n) = event
        && (start..start + n).contains(&i)
    {
        mix(&flat(235), &mut out, 0.2);
    }
    out
}

/// A picture of one level of grey.
fn flat(level: u8) -> Vec<u8> {
    let luma = SIZE.0 * SIZE.1;
    let mut out = vec![level; luma];
    out.resize(luma * 3 / 2, 128);
    out
}

/// `new` becomes `share` of itself and the rest of `old`.
fn mix(old: &[u8], new: &mut [u8], share: f64) {
    let share = (share * 256.0).round() as u32;
    for (new, &old) in new.iter_mut().zip(old) {
        *new = ((u32::from(*new) * share + u32::from(old) * (256 - share) + 128) >> 8) as u8;
    }
}
