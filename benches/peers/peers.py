"""The same work by the Python packages that people glue together: what `analyze` gives today, no more.

usage: peers.py CLIP [pictures]
"""

import json
import subprocess
import sys
import tempfile

import cv2
import imagehash
import librosa
import numpy as np
import parselmouth
import pyloudnorm
import soundfile
from PIL import Image
from scenedetect import ContentDetector, detect
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def sound(path):
    with tempfile.NamedTemporaryFile(suffix=".wav") as wav:
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", path, "-vn", wav.name], check=True)
        native, rate = soundfile.read(wav.name)
        y, sr = librosa.load(wav.name, sr=16000, mono=True)
    spectrum = np.abs(librosa.stft(y))
    features = {
        "mfcc": librosa.feature.mfcc(y=y, sr=sr, n_mfcc=20),
        "centroid": librosa.feature.spectral_centroid(S=spectrum, sr=sr),
        "rolloff": librosa.feature.spectral_rolloff(S=spectrum, sr=sr),
        "bandwidth": librosa.feature.spectral_bandwidth(S=spectrum, sr=sr),
        "flatness": librosa.feature.spectral_flatness(S=spectrum),
        "contrast": librosa.feature.spectral_contrast(S=spectrum, sr=sr),
        "zcr": librosa.feature.zero_crossing_rate(y),
        "rms": librosa.feature.rms(y=y),
    }
    result = {name: [float(v.mean()), float(v.var())] for name, v in features.items()}
    if native.ndim > 1 and native.shape[1] == 6:  # the low-frequency channel does not count in BS.1770, nor for the meter
        native = native[:, [0, 1, 2, 4, 5]]
    meter = pyloudnorm.Meter(rate)
    result["lufs"] = float(meter.integrated_loudness(native))
    result["lra"] = float(meter.loudness_range(native))
    pitch = parselmouth.Sound(y.astype("f8"), sr).to_pitch_ac().selected_array["frequency"]
    result["f0"] = float(np.median(pitch[pitch > 0])) if (pitch > 0).any() else None
    return result


def pictures(path):
    cuts = [start.seconds for start, _ in detect(path, ContentDetector())]
    capture = cv2.VideoCapture(path)
    hashes, motion, previous, wanted = [], [], None, 0.0
    while capture.grab():
        time = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if time + 1e-6 < wanted:
            continue
        wanted += 0.25
        frame = capture.retrieve()[1]
        height, width = frame.shape[:2]
        gray = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        gray = cv2.resize(gray, (320, round(height * 320 / width)), interpolation=cv2.INTER_AREA)
        if previous is not None:
            flow = cv2.calcOpticalFlowFarneback(previous, gray, None, 0.5, 3, 15, 3, 5, 1.2, 0)
            motion.append(float(cv2.magnitude(flow[..., 0], flow[..., 1]).mean()))
        previous = gray
        if len(motion) % 4 == 0:
            hashes.append(str(imagehash.phash(Image.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)))))
    return {"cuts": cuts, "hashes": hashes, "motion": float(np.mean(motion)) if motion else None}


def main(path, only=None):
    cv2.setNumThreads(1)
    if only == "pictures":
        print(json.dumps({"pictures": pictures(path)}))
        return
    words = SentimentIntensityAnalyzer().polarity_scores("Did you know this?")
    print(json.dumps({"sound": sound(path), "pictures": pictures(path), "words": words}))


if __name__ == "__main__":
    main(*sys.argv[1:])
