"""Writes tests/peers/egemaps.json: what openSMILE says of the clips of tests/voice_egemaps.rs.

    pip install opensmile==2.6.0 soundfile numpy
    python benches/peers/egemaps.py SHARED

SHARED is the folder of shared test data. Only numbers are written. openSMILE has its own licence; it is run here as a peer,
on its own feature set, and nothing of it is part of this repository.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import opensmile

RATE = 16_000
SHARED = Path(sys.argv[1])
OUT = Path(__file__).resolve().parents[2] / "tests/peers/egemaps.json"

# Source in the shared data, first sample, samples. An .npz has the samples as `pcm16k`; a .wav is mono at 16 kHz.
CUTS = (
    [(f"golden/audio/{clip}.npz", 0, None) for clip in ("jfk", "libri1", "trumpet", "vibeace", "clip60")]
    + [("golden/audio/clip60.npz", second * RATE, 10 * RATE) for second in range(0, 60, 10)]
    + [("golden/audio/vibeace.npz", second * RATE, 10 * RATE) for second in (0, 15)]
    + [("golden/audio/jfk.npz", start, 88_000) for start in (0, 88_000)]
    + [("golden/audio/libri1.npz", start, 110_000) for start in (0, 112_000)]
    + [("data/audio/pyannote_sample.wav", second * RATE, 10 * RATE) for second in (0, 10, 20)]
    + [("data/audio/ami_dev00.wav", second * RATE, 10 * RATE) for second in (0, 10, 20)]
    + [(f"data/audio/{name}.wav", 0, None) for name in (
        "paa_count", "new_home_in_the_stars", "sb_spk1_snt1", "sb_spk1_snt5", "sb_spk2_snt1", "sb_spk2_snt5")]
)
# Made by the test too: fundamental frequency in Hz, exponent of the harmonics' decay.
VOICES = [(90.0, 1.0), (120.0, 0.7), (160.0, 1.3), (200.0, 0.9), (240.0, 1.6), (300.0, 1.1)]
# Whole numbers that the voices are multiplied with, once they have been brought to 13 bits: exact changes of level.
GAINS = (4, 5, 6, 7, 9)
LLD = ("golden/audio/jfk.npz", "golden/audio/libri1.npz")
EVERY = 40


def voice(f0: float, decay: float) -> np.ndarray:
    """Three seconds of a gliding tone with twelve harmonics, interrupted, in noise."""
    state, samples, phase = 1, [], 0.0
    for i in range(3 * RATE):
        t = i / RATE
        phase += f0 * (1.0 + 0.15 * math.sin(2.0 * math.pi * 0.7 * t)) / RATE
        loud = max(0.0, math.sin(2.0 * math.pi * 1.3 * t) + 0.4)
        tone = sum(math.sin(2.0 * math.pi * h * phase + h * h) / h**decay for h in range(1, 13))
        state = (state * 1_664_525 + 1_013_904_223) % 2**32
        noise = (state >> 8) / 2**23 - 1.0
        samples.append(0.08 * loud * tone + 0.004 * noise)
    return np.array(samples, dtype=np.float32)


def load(source: str) -> np.ndarray:
    path = SHARED / source
    if path.suffix == ".npz":
        return np.load(path)["pcm16k"]
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE and samples.ndim == 1, source
    return samples


def smile(level: opensmile.FeatureLevel) -> opensmile.Smile:
    return opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=level)


def main() -> None:
    functionals = smile(opensmile.FeatureLevel.Functionals)
    contours = smile(opensmile.FeatureLevel.LowLevelDescriptors)

    def values(samples: np.ndarray) -> list[float]:
        return [float(f"{v:.7g}") for v in functionals.process_signal(samples, RATE).iloc[0]]

    cuts = []
    for source, start, count in CUTS:
        samples = load(source)[start:][:count]
        cuts.append({"source": source, "start": start, "samples": len(samples), "values": values(samples)})
    voices = [{"f0_hz": f0, "decay": decay, "values": values(voice(f0, decay))} for f0, decay in VOICES]
    steady = [f"F{i}bandwidth_sma3nz_stddevNorm" for i in (1, 2)]
    gains = []
    for f0, decay in VOICES:
        whole = np.trunc(voice(f0, decay) * 4096)
        rows = [functionals.process_signal((whole * g / 32768).astype(np.float32), RATE) for g in GAINS]
        made = {name: [float(f"{row[name].iloc[0]:.7g}") for row in rows] for name in steady}
        pitch = [float(f"{row['F0semitoneFrom27.5Hz_sma3nz_amean'].iloc[0]:.7g}") for row in rows]
        gains.append({"f0_hz": f0, "pitch": pitch, **made})
    lld = []
    for source in LLD:
        table = contours.process_signal(load(source), RATE).to_numpy()
        rows = [[float(f"{v:.7g}") for v in row] for row in table[::EVERY]]
        lld.append({"source": source, "rows": len(table), "values": rows})
    made = {
        "opensmile": opensmile.__version__,
        "functionals": list(functionals.feature_names),
        "contours": list(contours.feature_names),
        "cuts": cuts,
        "voices": voices,
        "gains": gains,
        "every": EVERY,
        "lld": lld,
    }
    lines = json.dumps(made, separators=(",", ":")).replace('},{"', '},\n{"').replace("],[", "],\n[")
    OUT.write_text(lines + "\n")


if __name__ == "__main__":
    main()
