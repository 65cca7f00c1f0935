"""The window features of the speech/music classifier, as viralnow-core/src/dsp/content.rs computes them."""
import numpy as np

HOP, HALF, STEP = 512, 31, 16  # samples a frame; frames on either side of a window's middle; frames between windows
FINE = slice(2, 64)  # bands in which harmonics stand apart


def windows(mel_db, scores):
    """mel_db: frames x 128 in dB; scores: voice activity, one for 256 samples. Returns windows x features."""
    frames = len(mel_db)
    v = np.zeros(2 * frames, "f4")
    v[: min(len(scores), 2 * frames)] = scores[: 2 * frames]
    v = v.reshape(-1, 2).mean(1)
    energy = 10 * np.log10((10 ** (mel_db / 10)).sum(1))
    rows = []
    for middle in range(0, frames, STEP):
        a, b = max(0, middle - HALF), min(frames, middle + HALF + 1)
        rows.append(features(mel_db[a:b], v[a:b], energy[a:b]))
    return np.array(rows)


def features(mel, v, energy):
    n = len(mel)
    L = np.maximum(mel, mel.max() - 60.0)
    e = np.maximum(energy, energy.max() - 60.0)
    order = np.sort(e)
    p10, p90 = order[int(0.1 * (n - 1))], order[int(0.9 * (n - 1))]
    change = np.abs(np.diff(L, axis=0)).mean(1) if n > 1 else np.zeros(1)
    padded = np.pad(L, ((0, 0), (4, 4)), mode="edge")
    sums = np.concatenate([np.zeros((n, 1)), padded.cumsum(1)], 1)
    F = (L - (sums[:, 9:] - sums[:, :-9]) / 9)[:, FINE]
    F = F - F.mean(1, keepdims=True)
    norm = np.sqrt((F * F).sum(1)) + 1e-3
    strength = norm / np.sqrt(F.shape[1])

    def lagged(lag):
        out = np.zeros(n)
        if n > lag:
            out[:-lag] = (F[:-lag] * F[lag:]).sum(1) / (norm[:-lag] * norm[lag:])
        return out

    r3, r8 = lagged(3), lagged(8)
    r3m = r3[: max(1, n - 3)].mean()
    r8m = r8[: max(1, n - 8)].mean()
    soft = e <= order[int(0.3 * (n - 1))]
    G = L.reshape(n, 16, 8).mean(2)
    G = G - G.mean(0)
    k = np.arange(4, 17)
    basis = np.exp(-2j * np.pi * np.outer(k, np.arange(n)) / (2 * HALF + 1))
    modulation = (np.abs(basis @ G) ** 2).sum() * 2 / ((2 * HALF + 1) * ((G * G).sum() + 1e-3))
    overall = L.mean()
    bands = np.arange(128)
    weight = L - (L.max(1, keepdims=True) - 60.0)
    weight = np.maximum(weight, 0.0)
    centroid = (weight * bands).sum(1) / (weight.sum(1) + 1e-3)
    low = L[:, :6].mean(1)
    c = change - change.mean()
    var = (c * c).sum() + 1e-3
    pulse = max([(c[: len(c) - lag] * c[lag:]).sum() / var for lag in range(8, 25) if lag < len(c)] or [0.0])
    return [
        v.mean(), (v > 0.7).mean(), (v < 0.3).mean(), v.std(),
        e.std() / 10, (p90 - p10) / 20, (e < e.mean() - 6.0).mean(),
        change.mean() / 5, change.std() / 2,
        r3m, r8m, strength.mean() / 5, r3[soft].mean(), strength[soft].mean() / 5,
        modulation, centroid.mean() / 64 - 1, centroid.std() / 10,
        (L[:, 100:].mean() - overall) / 20, (low.mean() - overall) / 20, low.std() / 10,
        (overall - 10 * np.log10((10 ** (L / 10)).mean())) / 20, pulse,
    ]


CONTEXT = 4


def with_context(rows):
    """Each window's own features and their means over the nine windows around it."""
    n = len(rows)
    context = [rows[max(0, i - CONTEXT): i + CONTEXT + 1].mean(0) for i in range(n)]
    return np.concatenate([rows, np.array(context)], 1)
