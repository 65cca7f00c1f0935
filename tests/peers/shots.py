#!/usr/bin/env python3
"""Writes shots.json: where PySceneDetect finds cuts with settings other than its defaults.

usage: python shots.py VIDEOS >shots.json   (in benches/peers' environment: scenedetect 0.7.2, opencv-python-headless 5.0.0.93)

The settings stand in the file under the names that both have; a length in seconds is a text such as "0.6s".
"""

import json
import pathlib
import sys

import cv2
import scenedetect
from scenedetect import AdaptiveDetector, ContentDetector, HashDetector, HistogramDetector, ThresholdDetector, detect
from scenedetect.detector import FlashFilter

DETECTORS = {
    "content": ContentDetector, "adaptive": AdaptiveDetector, "histogram": HistogramDetector,
    "threshold": ThresholdDetector, "hash": HashDetector,
}
SETTINGS = [
    ("content", {"threshold": 18.0, "min_scene_len": 5}),
    ("content", {"threshold": 22.5, "min_scene_len": "0.6s", "filter_mode": "suppress",
                 "weights": {"delta_hue": 0.5, "delta_sat": 1.0, "delta_lum": 2.0, "delta_edges": 0.5}, "kernel_size": 5}),
    ("adaptive", {"adaptive_threshold": 2.0, "window_width": 4, "min_content_val": 8.0, "min_scene_len": 10}),
    ("histogram", {"threshold": 0.04, "bins": 32, "min_scene_len": 8}),
    ("threshold", {"threshold": 60.0, "fade_bias": -0.5, "add_final_scene": True, "min_scene_len": 3}),
    ("hash", {"threshold": 0.22, "size": 12, "lowpass": 3, "min_scene_len": "0.5s"}),
]


def made(name, settings):
    """The peer's detector of these settings."""
    given = dict(settings)
    if "filter_mode" in given:
        given["filter_mode"] = FlashFilter.Mode[given["filter_mode"].upper()]
    if "weights" in given:
        given["weights"] = ContentDetector.Components(**given["weights"])
    return DETECTORS[name](**given)


def main():
    videos = pathlib.Path(sys.argv[1])
    cases = []
    for file in ("bbb_0_30.webm", "nasa_13013.mp4"):
        for name, settings in SETTINGS:
            scenes = detect(str(videos / file), made(name, settings))
            cuts = [start.frame_num for start, _ in scenes[1:]]
            cases.append({"file": file, "detector": name, "params": settings, "cuts": cuts})
    source = f"scenedetect {scenedetect.__version__}, OpenCV {cv2.__version__}, by shots.py"
    body = ",\n".join("  " + json.dumps(case) for case in cases)
    print(f'{{\n "source": {json.dumps(source)},\n "cases": [\n{body}\n ]\n}}')


if __name__ == "__main__":
    main()
