"""Writes ppocr.json: what rapidocr-onnxruntime 1.4.4 reads in the pictures of tests/vision_ppocr.rs.

usage: ppocr.py FOLDER-OF-PICTURES
"""

import json
import sys
from pathlib import Path

from rapidocr_onnxruntime import RapidOCR

NAMES = ("ro_TEST.png", "ro_en.jpg", "ro_text_rec.jpg", "ro_empty_black.jpg", "coffee.png", "solvay1927.jpg")


def main(folder):
    # Lines that stand on their head are not turned by ours.
    engine = RapidOCR(use_cls=False)
    read = {}
    for name in NAMES:
        lines, _ = engine(str(folder / name))
        read[name] = [
            {
                "box": [min(x for x, _ in box), min(y for _, y in box), max(x for x, _ in box), max(y for _, y in box)],
                "text": text,
                "confidence": round(float(score), 4),
            }
            for box, text, score in lines or []
        ]
    out = Path(__file__).with_suffix(".json")
    out.write_text(json.dumps(read, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


main(Path(sys.argv[1]))
