#!/usr/bin/env python3
"""Make demo.mp4 and demo.truth.json: a short-form clip whose every feature is known.

Needs only the Python standard library and two command-line tools:
    apt install ffmpeg espeak-ng fonts-dejavu-core
Run `python3 make_demo.py [folder]` (default: the folder of this script).

Nothing in the clip is recorded or downloaded: the pictures are SVG drawn here and
rasterised by ffmpeg, the music is summed from sines and noise, the voice is espeak-ng.
The tables below drive both the rendering and the truth file, so that they cannot drift
apart; demo_scenes.py draws the pictures. All randomness is seeded, all encoders are bit-exact.
"""
import array
import json
import math
import random
import re
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

sys.dont_write_bytecode = True             # leave no __pycache__ beside the clip
from demo_scenes import H, W, disc, grad, scene  # noqa: E402

FPS, FRAMES = 30, 720
RATE, BPM = 44100, 120
BEAT = RATE * 60 // BPM                    # samples; a beat is 15 frames, so cuts fall on beats
BARS = "D A Bm G D A Bm G D A G D".split()  # a chord a bar of four beats
LOUDNESS, CEILING = -15.0, 0.7             # LUFS; highest sample (leaves room for AAC overshoot)
DUCK, RAMP = 0.16, 0.2                     # music gain under speech; length of the ramp in s
VOICE = ["-v", "en-us", "-s", "175", "-p", "42"]
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"   # Debian package fonts-dejavu-core

# First frame, name, motion. `content_px_per_frame` is where the picture's content goes
# (x right, y down): a camera panning right moves the content left.
SHOTS = [
    (0, "night_hills", {"kind": "pan", "content_px_per_frame": [-4, 0]}),
    (60, "venus", {"kind": "zoom_in", "zoom_per_frame": 1.004, "zoom_center": [270, 440]}),
    (150, "title_card", {"kind": "still"}),
    (240, "sunlight", {"kind": "object", "object_px_per_frame": [-1, 6], "object_start": [345, 130]}),
    (345, "moon_sea", {"kind": "tilt", "content_px_per_frame": [0, 3]}),
    (465, "saturn", {"kind": "zoom_out", "zoom_per_frame": 0.996, "zoom_center": [270, 440]}),
    (570, "sun_surface", {"kind": "pan", "content_px_per_frame": [-10, 0]}),
    (600, "moon_close", {"kind": "still"}),
    (630, "saturn_teal", {"kind": "zoom_in", "zoom_per_frame": 1.01, "zoom_center": [270, 440]}),
    (660, "dawn_hills", {"kind": "pan", "content_px_per_frame": [3, 0]}),
]
# Start of the sentence in s, and the sentence; "|" parts the captions burnt into the picture.
LINES = [
    (2.2, "Did you know that|a day on Venus|is longer than|its year?"),
    (5.2, "Here are three|sky facts that|sound made up."),
    (8.2, "Fact one: sunlight|needs eight minutes|to reach us."),
    (11.6, "Fact two: the Moon|drifts four|centimeters away|every year."),
    (15.6, "Fact three:|Saturn's rings are|mostly made of ice."),
    (19.1, "Which one|surprised you?|Tell me in|the comments!"),
]
# First frame, end frame (excluded), text, style.
TITLES = [
    (0, 60, "3 SKY FACTS", "title"), (15, 60, "that sound made up", "subtitle"),
    (150, 240, "3", "huge"),
    (240, 345, "FACT 1", "badge"), (345, 465, "FACT 2", "badge"), (465, 570, "FACT 3", "badge"),
    (570, 600, "1?", "badge"), (600, 630, "2?", "badge"), (630, 660, "3?", "badge"),
    (660, 720, "FOLLOW", "title"), (675, 720, "for more sky facts", "subtitle"),
]
STYLES = {                                 # font size, (centre x, baseline y), colour, other drawtext options
    "title": (58, (270, 212), "white", "borderw=5:bordercolor=0x1a1030"),
    "subtitle": (36, (270, 275), "0xffe45c", "borderw=4:bordercolor=0x1a1030"),
    "huge": (300, (270, 509), "white", ""),
    "badge": (38, (120, 104), "0x101020", "box=1:boxcolor=0xffe45c:boxborderw=16"),
    "caption": (42, (270, 745), "white", "borderw=5:bordercolor=black"),
}


def run(*cmd, **kw):
    return subprocess.run([str(c) for c in cmd], check=True, stdout=subprocess.PIPE, **kw)


# ------------------------------------------------------------------ pictures

def draw_frames(folder):
    ends = [s[0] for s in SHOTS[1:]] + [FRAMES]
    for (start, name, motion), end in zip(SHOTS, ends):
        world, kind = scene(name), motion["kind"]
        tilt_up = -motion["content_px_per_frame"][1] * (end - start) if kind == "tilt" else 0
        for n in range(end - start):
            camera, sprite = "", ""
            if kind in ("pan", "tilt"):
                dx, dy = motion["content_px_per_frame"]
                camera = f"translate({dx * n} {dy * n + tilt_up})"
            elif kind.startswith("zoom"):
                z = motion["zoom_per_frame"] ** (n if kind == "zoom_in" else n - (end - start - 1))
                x, y = motion["zoom_center"]
                camera = f"translate({x} {y}) scale({z:.6f}) translate({-x} {-y})"
            elif kind == "object":
                (x, y), (vx, vy) = motion["object_start"], motion["object_px_per_frame"]
                x, y = x + vx * n, y + vy * n
                tail = (disc(x - vx * k, y - vy * k, 34 - 2 * k, "url(#o)", f'opacity="{.5 - .04 * k:.2f}"')
                        for k in range(12, 0, -2))
                sprite = (grad("o", (0, "#fff"), (.35, "#fffbd0"), (1, "#fff2a0", 0), kind="radial")
                          + "".join(tail) + disc(x, y, 40, "url(#o)"))
            (folder / f"{start + n:04d}.svg").write_text(
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{W}" height="{H}">'
                f'<g transform="{camera}">{world}</g>{sprite}</svg>')


def captions(cues):
    """Titles, plus each sentence cut at its bars, timed by the share of its letters."""
    items = list(TITLES)
    for (_, text), (start, end, _) in zip(LINES, cues):
        parts, done = text.split("|"), 0
        edges = [round(start * FPS)]
        for part in parts:
            done += len(part)
            edges.append(round((start + (end - start) * done / sum(map(len, parts))) * FPS))
        items += [(a, b, p, "caption") for a, b, p in zip(edges, edges[1:], parts)]
    return sorted(items)


# ------------------------------------------------------------------ sound

def tone(freq, length, partials, attack, decay):
    """Additive note: (multiple, level) partials, linear attack, exponential decay, 20 ms release."""
    n, rel = int(length * RATE), int(.02 * RATE)
    w = 2 * math.pi * freq / RATE
    return [sum(a * math.sin(w * m * i) for m, a in partials) * min(1, i / (attack * RATE))
            * math.exp(-decay * i / RATE) * min(1, (n - i) / rel) for i in range(n)]


def add(out, at, sound, gain):
    for i, v in enumerate(sound[:len(out) - at], at):
        out[i] += v * gain


def drums():
    rng = random.Random(120)
    noise = [rng.uniform(-1, 1) for _ in range(RATE // 4)]
    high = [(d + c - b - a) / 2 for a, b, c, d in zip(noise, noise[1:], noise[2:], noise[3:])]   # a cheap band-pass
    kick = [math.sin(2 * math.pi * (48 * t + 4.2 * (1 - math.exp(-28 * t)))) * math.exp(-9 * t)
            for t in (i / RATE for i in range(RATE // 4))]
    clap = [v * math.exp(-22 * i / RATE) for i, v in enumerate(high)]
    hat = [v * math.exp(-70 * i / RATE) for i, v in enumerate(high[:RATE // 12])]
    return kick, clap, hat


def music():
    """Four-on-the-floor in D major over the chords of BARS; returns left and right."""
    def midi(m):
        return 440 * 2 ** ((m - 69) / 12)
    chords = {"D": (38, 62, 66, 69), "A": (33, 61, 64, 69), "Bm": (35, 62, 66, 71), "G": (31, 62, 67, 71)}
    kick, clap, hat = drums()
    made = {}
    for name, (bass, *triad) in chords.items():
        left, right = ([0.0] * 4 * BEAT for _ in "lr")
        for k, note in enumerate(triad):                           # pad, slightly detuned between the sides
            for side, cents in ((left, -4), (right, 4)):
                add(side, 0, tone(midi(note) * 2 ** (cents / 1200), 2, ((1, 1), (2, .35), (3, .2), (4, .08)), .06, .3), .075)
            pluck = tone(midi(note + 12), .4, ((1, 1), (2, .4), (3, .15)), .004, 9)
            for step in range(k, 16, 3):                           # arpeggio in semiquavers, wandering sideways
                pan = .5 + .35 * math.sin(step)
                add(left, step * BEAT // 4, pluck, .2 * (1 - pan))
                add(right, step * BEAT // 4, pluck, .2 * pan)
        low = tone(midi(bass), .24, ((1, 1), (2, .5), (3, .25), (4, .12)), .005, 4)
        for side in (left, right):
            for step in range(8):
                add(side, step * BEAT // 2, low, .16 if step % 2 else .26)
                add(side, step * BEAT // 2, hat, .16 if step % 2 else .06)
            for beat in range(4):
                add(side, beat * BEAT, kick, .55)
                if beat % 2:
                    add(side, beat * BEAT, clap, .16)
        made[name] = left, right
    return [[v for name in BARS for v in made[name][side]] for side in (0, 1)]


def speak(text, tmp):
    """A sentence at 44.1 kHz, trimmed to its first and last audible sample, and its voiced spans."""
    run("espeak-ng", *VOICE, "-w", tmp / "say.wav", text.replace("|", " "))
    raw = run("ffmpeg", "-v", "error", "-i", tmp / "say.wav", "-af", "highpass=f=90,equalizer=f=3200:t=q:w=0.8:g=4,"
              "acompressor=threshold=0.1:ratio=3:attack=5:release=60:makeup=2", "-ar", RATE, "-ac", 1, "-f", "s16le", "-").stdout
    pcm = array.array("h", raw)
    loud = [i for i, v in enumerate(pcm) if abs(v) > 330]          # -40 dBFS
    pauses = [(a, b) for a, b in zip(loud, loud[1:]) if b - a > .2 * RATE]
    edges = [loud[0], *(e for p in pauses for e in p), loud[-1]]
    spans = [((a - loud[0]) / RATE, (b - loud[0]) / RATE) for a, b in zip(edges[::2], edges[1::2])]
    return [v / 32768 for v in pcm[loud[0]:loud[-1] + 1]], spans


def write_wav(path, left, right):
    pcm = array.array("h", [round(32767 * v) for pair in zip(left, right) for v in pair])
    with wave.open(str(path), "wb") as f:
        f.setnchannels(2), f.setsampwidth(2), f.setframerate(RATE)
        f.writeframes(pcm.tobytes())


def soundtrack(tmp):
    total = FRAMES * RATE // FPS
    cues, voiced, voice = [], [], [0.0] * total
    for start, text in LINES:
        pcm, spans = speak(text, tmp)
        add(voice, round(start * RATE), pcm, .8)
        cues.append((start, round(start + len(pcm) / RATE, 3), text.replace("|", " ")))
        voiced += [[round(start + a, 3), round(start + b, 3)] for a, b in spans]
    first, last, end = cues[0][0], cues[-1][1], FRAMES / FPS
    duck = [(0, 1), (first - RAMP, 1), (first, DUCK), (last, DUCK), (last + RAMP, 1), (end - .4, 1), (end, 0)]
    gain = []
    for (t0, g0), (t1, g1) in zip(duck, duck[1:]):
        n = round(t1 * RATE) - round(t0 * RATE)
        gain += [g0 + (g1 - g0) * i / n for i in range(n)]
    sides = [[.6 * m * g + v for m, g, v in zip(side, gain, voice)] for side in music()]
    # Measure the loudness once (scaled down, so that nothing clips), then set it.
    write_wav(tmp / "mix.wav", *([max(-1, min(1, v / 4)) for v in side] for side in sides))
    log = run("ffmpeg", "-nostats", "-i", tmp / "mix.wav", "-af", "ebur128", "-f", "null", "-", stderr=subprocess.PIPE).stderr.decode()
    measured = float(re.findall(r"I:\s+(-[\d.]+) LUFS", log)[-1]) + 20 * math.log10(4)
    boost, knee = 10 ** ((LOUDNESS - measured) / 20), CEILING * .6
    def soft(v):                                                   # straight up to the knee, then bent to the ceiling
        a = abs(v)
        return v if a <= knee else math.copysign(knee + (CEILING - knee) * math.tanh((a - knee) / (CEILING - knee)), v)
    write_wav(tmp / "mix.wav", *([soft(v * boost) for v in side] for side in sides))
    return cues, voiced, duck


# ------------------------------------------------------------------ putting together

def encode(tmp, texts, cues, out):
    chain = []
    for i, (a, b, text, style) in enumerate(texts):
        size, (x, y), colour, more = STYLES[style]
        (tmp / f"t{i}.txt").write_text(text)                       # a file needs no escaping
        chain.append(f"drawtext=textfile=t{i}.txt:expansion=none:fontfile={FONT}:fontsize={size}:fontcolor={colour}:"
                     f"x={x}-text_w/2:y={y}-max_glyph_a:enable='between(n,{a},{b - 1})'" + (f":{more}" if more else ""))
    chain += ["scale=out_color_matrix=bt709:out_range=tv:flags=bicubic+accurate_rnd", "format=yuv420p"]
    def stamp(t):
        ms = round(t * 1000)
        return f"{ms // 3600000:02d}:{ms // 60000 % 60:02d}:{ms // 1000 % 60:02d},{ms % 1000:03d}"
    (tmp / "cues.srt").write_text("".join(f"{i}\n{stamp(a)} --> {stamp(b)}\n{s}\n\n" for i, (a, b, s) in enumerate(cues, 1)))
    keys = ",".join(f"{s[0] / FPS:.6f}" for s in SHOTS)
    run("ffmpeg", "-v", "error", "-y", "-framerate", FPS, "-i", "%04d.svg", "-i", "mix.wav", "-i", "cues.srt",
        "-map", "0:v", "-map", "1:a", "-map", "2:s", "-vf", ",".join(chain),
        # A fixed thread count: x264 gives other bits with other numbers of threads.
        "-c:v", "libx264", "-preset", "slow", "-crf", "24", "-profile:v", "high", "-x264-params", "threads=4",
        "-force_key_frames", keys, "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
        # Noise substitution and intensity stereo would raise the peaks of the claps above full scale.
        "-c:a", "aac", "-b:a", "128k", "-aac_pns", 0, "-aac_is", 0, "-c:s", "mov_text", "-metadata:s:a:0", "language=eng",
        "-metadata:s:s:0", "language=eng", "-map_metadata", -1, "-fflags", "+bitexact", "-flags:v", "+bitexact",
        "-flags:a", "+bitexact", "-movflags", "+faststart", out.resolve(), cwd=tmp)


def seconds(frame):
    return round(frame / FPS, 6)


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        tmp = Path(name)
        cues, voiced, duck = soundtrack(tmp)
        texts = captions(cues)
        draw_frames(tmp)
        encode(tmp, texts, cues, folder / "demo.mp4")
    ends = [s[0] for s in SHOTS[1:]] + [FRAMES]
    cuts = [s[0] for s in SHOTS[1:]]
    truth = {
        "file": "demo.mp4", "width": W, "height": H, "fps": FPS, "frame_count": FRAMES, "duration": seconds(FRAMES),
        "audio_sample_rate": RATE, "audio_channels": 2, "loudness_target_lufs": LOUDNESS, "language": "en",
        "hard_cut_frames": cuts, "hard_cut_times": [seconds(c) for c in cuts],
        "shots": [{"name": n, "start_frame": a, "end_frame": b, "start": seconds(a), "end": seconds(b), "motion": m}
                  for (a, n, m), b in zip(SHOTS, ends)],
        "text_overlay": [{"start": seconds(a), "end": seconds(b), "text": t, "style": s} for a, b, t, s in texts],
        "transcript": [{"start": a, "end": b, "text": t} for a, b, t in cues],
        "speech_intervals": voiced,
        "music_intervals": [[0, seconds(FRAMES)]],
        "music_alone_intervals": [[0, cues[0][0]], [cues[-1][1], seconds(FRAMES)]],
        "music_gain": [{"time": round(t, 3), "gain": g} for t, g in duck],
        "tempo_bpm": BPM, "beat_interval": 60 / BPM, "first_beat": 0, "key": "D major",
        "chords_per_bar": BARS,
    }
    text = re.sub(r"[\[{][^\[\]{}]*[\]}]", lambda m: re.sub(r"\s*\n\s*", " ", m[0]), json.dumps(truth, indent=1))
    (folder / "demo.truth.json").write_text(text + "\n")         # the innermost lists and objects on one line each


if __name__ == "__main__":
    main()
