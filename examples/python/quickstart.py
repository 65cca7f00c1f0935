"""The quick start: one clip, its features, and many clips as a data frame.

python examples/python/quickstart.py [CLIP]
"""

import sys
from pathlib import Path

import viralnow

CLIP = Path(__file__).parents[1] / "media/demo.mp4"


def main(clip: str | Path = CLIP) -> None:
    # One call decodes once and gives everything.
    analysis = viralnow.analyze(clip, progress=sys.stderr.isatty())
    print(analysis)

    # Features are attributes; what is not there is None, and `missing` says why.
    if analysis.audio:
        print(f"loudness {analysis.audio.loudness.integrated_lufs} LUFS")
        mfcc = analysis.vectors("audio", "mfcc")
        print(f"mfcc {mfcc.dtype} {mfcc.shape}, every {analysis.vector_times('audio', 'mfcc')[1] * 1000:.0f} ms")
    if analysis.vision:
        print("shots at " + " ".join(f"{shot.start_s:.2f}" for shot in analysis.vision.shots))
    if analysis.text and analysis.text.hook:
        print(f"hook {analysis.text.hook.text!r}")
    for field, reason in list(analysis.missing.items())[:3]:
        print(f"no {field}: {reason}")

    # The score explains itself: contributions sum to it.
    print(f"score {analysis.score.viral:.1f}")
    for part in sorted(analysis.score.contributions, key=lambda part: -abs(part.contribution))[:5]:
        print(f"  {part.contribution:+6.2f}  {part.feature} = {part.value}")

    # Many assets: order is kept, and a bad one is a row, not an exception.
    batch = viralnow.analyze_many([clip, {"text": "Stop doing this every morning!"}, "no-such-file.mp4"])
    for item in batch:
        print(item.status if isinstance(item, viralnow.Analysis) else f"{item.code}: {item}")
    # batch.to_pandas() gives one flat row per asset, where pandas is installed.


if __name__ == "__main__":
    main(*sys.argv[1:])
