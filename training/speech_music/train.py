"""Trains the speech/music classifier and writes viralnow-core/src/dsp/content_weights.rs.

    train.py SPEECH_DIR MUSIC_DIR SCORES_COMMAND [CLIPS]

The two folders hold 16 kHz mono recordings as .npy. The numbers in the library come from the Debian packages
asterisk-core-sounds-{en,es,fr,it,ru}-g722 (CC BY-SA 3.0) as speech and singularity-music, planetblupi-music-ogg,
fretsonfire-songs-sectoid, fretsonfire-songs-muldjord, asc-music, hyperrogue-music (free licences) as music, half of each
replaced by espeak-ng's voices and synthesised music. SCORES_COMMAND turns pairs of raw float files (samples in, scores of
voice activity out) as dsp::vad does."""
import os, subprocess, sys, tempfile
import librosa, numpy as np
from features import HOP, STEP, windows, with_context
from material import SR, Source, clip

HIDDEN = 12


def mel_db(x):
    mel = librosa.feature.melspectrogram(y=x, sr=SR, pad_mode="constant")
    return librosa.power_to_db(mel, top_db=None).T


def rows_of(sounds, command):
    with tempfile.TemporaryDirectory() as d:
        pairs = []
        for i, x in enumerate(sounds):
            x.astype("<f4").tofile(f"{d}/{i}.in")
            pairs += [f"{d}/{i}.in", f"{d}/{i}.out"]
        subprocess.run([command, *pairs], check=True)
        return [with_context(windows(mel_db(x), np.fromfile(f"{d}/{i}.out", "<f4"))) for i, x in enumerate(sounds)]


def labels(speech, music, count):
    out = []
    for k in range(count):
        a, b = max(0, k * STEP * HOP - SR // 2), k * STEP * HOP + SR // 2
        out.append([speech[a:b].mean() if b > a else 0, music[a:b].mean() if b > a else 0])
    return np.array(out)


def data(source, seeds, command):
    made = [clip(np.random.default_rng(s), source) for s in seeds]
    rows = rows_of([m[0] for m in made], command)
    return np.concatenate(rows), np.concatenate([labels(m[1], m[2], len(r)) for m, r in zip(made, rows)])


def fit(X, Y, rng, epochs=60):
    W1 = rng.standard_normal((X.shape[1], HIDDEN)) / np.sqrt(X.shape[1])
    W2 = rng.standard_normal((HIDDEN, 2)) / np.sqrt(HIDDEN)
    p = [W1, np.zeros(HIDDEN), W2, np.zeros(2)]
    m, v, step = [np.zeros_like(q) for q in p], [np.zeros_like(q) for q in p], 0
    for epoch in range(epochs):
        for batch in np.array_split(rng.permutation(len(X)), max(1, len(X) // 256)):
            x, y = X[batch], Y[batch]
            h = np.tanh(x @ p[0] + p[1])
            q = 1 / (1 + np.exp(-(h @ p[2] + p[3])))
            d = (q - y) / len(x)
            dh = d @ p[2].T * (1 - h * h)
            grads = [x.T @ dh + 2e-4 * p[0], dh.sum(0), h.T @ d + 2e-4 * p[2], d.sum(0)]
            step += 1
            for i, g in enumerate(grads):
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                p[i] = p[i] - 0.004 * (0.98 ** epoch) * (m[i] / (1 - 0.9 ** step)) / (np.sqrt(v[i] / (1 - 0.999 ** step)) + 1e-8)
    return p


def predict(p, X):
    return 1 / (1 + np.exp(-(np.tanh(X @ p[0] + p[1]) @ p[2] + p[3])))


def write(path, p, mean, std):
    def table(name, doc, shape, values):
        text = "".join(f"{x:.6}, " for x in np.ravel(values))
        return f"/// {doc}\n#[rustfmt::skip]\npub(super) static {name}: [f32; {shape}] = [{text.strip()}];\n"
    # The features' means and deviations are taken into the first layer.
    w1, b1 = p[0] / std[:, None], p[1] - (mean / std) @ p[0]
    with open(path, "w") as f:
        f.write("//! Weights of the speech/music classifier, written by training/speech_music/train.py.\n\n")
        f.write(table("HIDDEN_WEIGHTS", "Hidden unit by hidden unit.", w1.size, w1.T))
        f.write(table("HIDDEN_BIAS", "Of each hidden unit.", b1.size, b1))
        f.write(table("OUTPUT_WEIGHTS", "Speech, then music.", p[2].size, p[2].T))
        f.write(table("OUTPUT_BIAS", "Speech, then music.", 2, p[3]))


if __name__ == "__main__":
    speech, music, command = sys.argv[1:4]
    clips = int(sys.argv[4]) if len(sys.argv) > 4 else 600
    source = Source(speech, music)
    X, Y = data(source, range(clips), command)
    np.savez("/tmp/content_training.npz", X=X, Y=Y)
    Xt, Yt = data(source, range(10**6, 10**6 + max(20, clips // 10)), command)
    mean, std = X.mean(0), X.std(0) + 1e-3
    p = fit((X - mean) / std, Y, np.random.default_rng(1))
    clear = ((Yt < 0.1) | (Yt > 0.9)).all(1)
    found, truth = predict(p, (Xt - mean) / std)[clear] > 0.5, Yt[clear] > 0.5
    print("windows", len(X), "held-out accuracy: speech", (found == truth)[:, 0].mean(), "music", (found == truth)[:, 1].mean())
    here = os.path.dirname(os.path.abspath(__file__))
    write(f"{here}/../../viralnow-core/src/dsp/content_weights.rs", p, mean, std)
    np.savez("/tmp/content_model.npz", *p, mean=mean, std=std)
