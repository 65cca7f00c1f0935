"""Makes training clips for the speech/music classifier: speech, music, speech over music, and neither.

Speech: espeak-ng's voices, and 16 kHz recordings as .npy (float, mono) of a folder. Music: synthesised here, and 16 kHz
recordings as .npy of a folder. Sounds that are neither are synthesised. Nothing that a test of the library hears is used."""
import glob, os, subprocess
import numpy as np
from scipy.signal import butter, fftconvolve, lfilter, resample_poly

SR = 16000
TEXT = ("the quick answer is that nobody really knows what happened there. we went down to the river in the morning, and "
        "it was raining. do you want to know how much this costs? first you take two eggs, then a little butter. "
        "honestly I could not believe what she said to him yesterday. three, four, seven, twelve hundred people. "
        "so today I am going to show you my favourite place in this city. listen, that is not funny at all! ").split(". ")


def espeak(rng):
    voice = rng.choice(["en", "en-us", "en-gb-scotland", "de", "fr-fr", "es", "it", "pt-br", "sv", "pl", "ru", "nl", "hi"])
    variant = rng.choice(["m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5"])
    text = " ".join(rng.choice(TEXT, 6))
    command = ["espeak-ng", "-v", f"{voice}+{variant}", "-s", str(rng.integers(130, 210)), "-p", str(rng.integers(20, 80)),
               "--stdout", text]
    raw = subprocess.run(command, capture_output=True).stdout
    x = np.frombuffer(raw[44:], "<i2").astype("f4") / 32768
    return resample_poly(x, 320, 441)


def note(rng, f0, n, kind):
    t = np.arange(n) / SR
    if kind == "pluck":
        decay = rng.uniform(2, 8)
        return sum(np.sin(2 * np.pi * f0 * h * t * (1 + 2e-4 * h * h)) / h ** 1.2 * np.exp(-decay * t * (1 + 0.3 * h))
                   for h in range(1, 9) if f0 * h < 7600)
    vibrato = 1 + (0.006 * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * t) if kind in ("wind", "bow") else 0)
    phase = 2 * np.pi * np.cumsum(f0 * vibrato * np.ones(n)) / SR
    slope = {"pad": 1.5, "wind": rng.uniform(0.7, 1.3), "bow": 0.9, "organ": 0.6, "bass": 1.2}[kind]
    x = sum(np.sin(h * phase + rng.uniform(0, 6)) / h ** slope for h in range(1, 16) if f0 * h < 7600)
    attack = {"pad": 0.2, "wind": 0.05, "bow": 0.08, "organ": 0.01, "bass": 0.01}[kind]
    return x * np.minimum(1, t / attack) * np.minimum(1, (t[-1] - t) / 0.04 + 1e-3)


def drums(rng, n, beat):
    x = np.zeros(n)
    t = np.arange(int(0.25 * SR)) / SR
    kick = np.sin(2 * np.pi * (50 * t + 40 * (1 - np.exp(-30 * t)) / 30 * 3)) * np.exp(-14 * t)
    snare = rng.standard_normal(len(t)) * np.exp(-22 * t) * 0.6
    hat = lfilter(*butter(2, 0.75, "high"), rng.standard_normal(len(t)) * np.exp(-60 * t)) * 0.5
    for i in range(int(n / SR / beat * 2)):
        at = int((i * beat / 2 + rng.normal(0, 0.004)) * SR)
        parts = [hat] + ([kick] if i % 4 == 0 else []) + ([snare] if i % 4 == 2 else [])
        for part in parts:
            m = min(len(part), n - at)
            if at >= 0 and m > 0:
                x[at:at + m] += part[:m] * rng.uniform(0.7, 1)
    return x


def synthetic_music(rng, n):
    beat = 60 / rng.uniform(60, 170)
    root = 2 ** (rng.integers(0, 12) / 12) * 55
    scale = [0, 2, 4, 5, 7, 9, 11] if rng.random() < 0.5 else [0, 2, 3, 5, 7, 8, 10]
    chords = [int(c) for c in rng.choice([0, 3, 4, 5, 1], 4)]
    x = np.zeros(n)
    layers = {name: rng.random() < p for name, p in (("pad", 0.5), ("bass", 0.5), ("melody", 0.7), ("drums", 0.5))}
    if not any(layers.values()):
        layers["melody"] = True
    lead = rng.choice(["wind", "bow", "pluck", "organ"])
    pitch = lambda degree, octave: root * 2 ** (octave + degree // 7 + scale[degree % 7] / 12)
    bar = int(4 * beat * SR)
    for i in range(n // bar + 1):
        at, c = i * bar, chords[i % 4]
        m = min(bar, n - at)
        if m < 800:
            break
        if layers["pad"]:
            kind = rng.choice(["pad", "organ", "pluck"])
            x[at:at + m] += 0.3 * sum(note(rng, pitch(c + d, 2), m, kind) for d in (0, 2, 4))
        if layers["bass"]:
            for b in range(4):
                s = at + int(b * beat * SR)
                k = min(int(beat * SR * 0.9), n - s)
                if k > 400:
                    x[s:s + k] += 0.6 * note(rng, pitch(c, 0), k, "bass")
        if layers["melody"]:
            s, end = at, at + m
            while s < end - 800:
                k = min(int(beat * SR * rng.choice([0.5, 1, 1, 2])), end - s)
                if k > 400 and rng.random() < 0.9:
                    x[s:s + k] += 0.5 * note(rng, pitch(c + int(rng.integers(0, 8)), 3), k, lead)
                s += k
    if layers["drums"]:
        x += drums(rng, n, beat)
    return x


def neither(rng, n):
    kind = rng.integers(0, 7)
    w = rng.standard_normal(n)
    t = np.arange(n) / SR
    if kind == 0:
        return w
    if kind == 1:  # rumble and rain
        return lfilter(*butter(1, rng.uniform(0.01, 0.3)), w)
    if kind == 2:  # wind or traffic: slow swells of noise
        swell = np.interp(t, np.arange(0, t[-1] + 2, 1.5), rng.uniform(0.05, 1, int(t[-1] / 1.5) + 3)[: len(np.arange(0, t[-1] + 2, 1.5))])
        return lfilter(*butter(2, [0.01, rng.uniform(0.1, 0.6)], "band"), w) * swell
    if kind == 3:  # hum of a machine
        f = rng.choice([50, 60, 100, 120, rng.uniform(80, 400)])
        return sum(np.sin(2 * np.pi * f * h * t + rng.uniform(0, 6)) * rng.uniform(0, 1) for h in range(1, 8)) + 0.3 * w
    if kind == 4:  # birds: short sweeps
        x = 0.003 * w
        for _ in range(int(t[-1] * rng.uniform(1, 5))):
            k = int(rng.uniform(0.04, 0.25) * SR)
            s = rng.integers(0, max(1, n - k))
            u = np.linspace(0, 1, k)
            f = rng.uniform(2000, 5000) + rng.uniform(-1500, 1500) * u + 300 * np.sin(2 * np.pi * rng.uniform(2, 12) * u)
            x[s:s + k] += np.sin(2 * np.pi * np.cumsum(f) / SR) * np.sin(np.pi * u)
        return x
    if kind == 5:  # knocks and steps
        x = 0.01 * w
        for _ in range(int(t[-1] * rng.uniform(0.5, 6))):
            k = int(rng.uniform(0.02, 0.15) * SR)
            s = rng.integers(0, max(1, n - k))
            x[s:s + k] += rng.standard_normal(k) * np.exp(-np.linspace(0, 8, k)) * rng.uniform(0.3, 2)
        return x
    return 1e-3 * w  # next to nothing


class Source:
    def __init__(self, speech, music):
        self.speech = [np.load(f, mmap_mode="r") for f in sorted(glob.glob(f"{speech}/*.npy")) if "_offs" not in f]
        self.music = [np.load(f, mmap_mode="r") for f in sorted(glob.glob(f"{music}/*.npy"))]

    def take(self, rng, pool, n):
        x = pool[rng.integers(0, len(pool))]
        s = rng.integers(0, max(1, len(x) - n))
        return np.array(x[s:s + n], "f4")

    def voice(self, rng, n):
        if rng.random() < 0.4:
            x = espeak(rng)
        else:
            speed = rng.uniform(0.78, 1.1)  # lower voices too: the recordings are mostly of women
            x = self.take(rng, self.speech, int(n * speed * 1.05) + 1)
            x = np.interp(np.arange(0, len(x) - 1, speed), np.arange(len(x)), x)
        x = x[:n] if len(x) >= n else np.tile(x, n // max(1, len(x)) + 1)[:n]
        return unit(x)

    def tune(self, rng, n):
        x = synthetic_music(rng, n) if rng.random() < 0.5 else self.take(rng, self.music, n)
        x = x if len(x) >= n else np.tile(x, n // max(1, len(x)) + 1)[:n]
        return unit(x)


def unit(x):
    return x / (np.sqrt((x * x).mean()) + 1e-9)


def active(x):
    """Where a clean voice sounds, pauses of up to 0.6 s within it."""
    k = 160
    e = np.sqrt((x[: len(x) // k * k].reshape(-1, k) ** 2).mean(1))
    on = e > 0.05
    gap, last = int(0.6 * 100), None
    for i in np.flatnonzero(on):
        if last is not None and i - last <= gap:
            on[last:i] = True
        last = i
    return np.pad(np.repeat(on, k), (0, len(x) - len(on) * k))


def clip(rng, source, seconds=24):
    n = seconds * SR
    x, speech, music = np.zeros(n), np.zeros(n, bool), np.zeros(n, bool)
    at = 0
    while at < n:
        m = min(int(rng.uniform(3, 14) * SR), n - at)
        kind = rng.choice(["speech", "music", "both", "neither"], p=[0.28, 0.3, 0.28, 0.14])
        part = np.zeros(m)
        if kind in ("speech", "both"):
            voice = source.voice(rng, m)
            speech[at:at + m] = active(voice)
            if rng.random() < 0.4:  # a room
                tail = rng.standard_normal(int(rng.uniform(0.1, 0.6) * SR))
                tail *= np.exp(-np.linspace(0, 7, len(tail)))
                wet = fftconvolve(voice, tail)[:m]
                voice = unit(voice + unit(wet) * rng.uniform(0.1, 0.8))
            part += voice
        if kind in ("music", "both"):
            level = 10 ** (-rng.uniform(-5, 20) / 20) if kind == "both" else 1.0
            part += level * source.tune(rng, m)
            music[at:at + m] = True
        noise = unit(neither(rng, m))
        part += noise * (1.0 if kind == "neither" else 10 ** (-rng.uniform(12, 60) / 20))
        ramp = np.minimum(1, np.minimum(np.arange(m), np.arange(m)[::-1]) / (0.05 * SR))
        x[at:at + m] += part * ramp * 10 ** (rng.uniform(-6, 6) / 20) * (0.1 if kind == "neither" else 1)
        at += m
    if rng.random() < 0.3:  # a narrow channel
        x = lfilter(*butter(2, [rng.uniform(0.005, 0.04), rng.uniform(0.4, 0.95)], "band"), x)
    x = unit(x) * 10 ** (rng.uniform(-45, -12) / 20)
    return np.clip(x, -1, 1).astype("f4"), speech, music
