"""Writes speech.json and embeddings.json beside this file: what OpenAI's own `whisper` and `transformers` give for the models that
models.py makes. `pip install torch transformers openai-whisper tiktoken`; nobody needs to run it to test."""

import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "model"))

import whisper_long  # noqa: E402

# Thresholds that nothing meets: what the model gives at temperature 0, as the peer is asked for.
OPEN = {"vad": False, "compression_ratio_threshold": 1000, "log_probability_threshold": -1000, "no_speech_threshold": 1}
SIGNALS = {
    "tones": {"rate": 16000, "seconds": 5, "channels": 1, "parts": [{"sine": 220, "amplitude": 0.3}, {"sine": 950, "amplitude": 0.1}]},
    "noise": {"rate": 16000, "seconds": 3.5, "channels": 1, "parts": [{"noise": 0.2, "seed": 7}, {"sine": 400, "amplitude": 0.2}]},
}


def samples(signal: dict) -> np.ndarray:
    n = np.arange(round(signal["rate"] * signal["seconds"]))
    y = np.zeros(len(n))
    for part in signal["parts"]:
        if "sine" in part:
            y += part["amplitude"] * np.sin(2 * np.pi * part["sine"] * n / signal["rate"])
        else:
            x = part["seed"]
            for k in range(len(n)):
                x = (1664525 * x + 1013904223) % 2**32
                y[k] += part["noise"] * (x / 2**31 - 1)
    return y.astype(np.float32)


def near(value: float, tolerance: float) -> dict:
    return {"value": float(value), "tolerance": tolerance}


def expected(run: dict) -> dict:
    """Of times the cent, which is what both round to; of probabilities what single precision leaves."""
    expect = {"/language": {"value": run["language"]}, "/segments": {"length": len(run["segments"])}}
    for i, segment in enumerate(run["segments"]):
        at = f"/segments/{i}"
        expect |= {f"{at}/text": {"value": segment["text"]}, f"{at}/tokens": {"value": segment["tokens"]}}
        expect |= {f"{at}/{key}": near(segment[key], 1e-6) for key in ("start_s", "end_s")}
        expect |= {f"{at}/{key}": near(segment[key], 1e-4) for key in ("avg_log_probability", "no_speech_probability")}
        expect[f"{at}/words"] = {"length": len(segment["words"])}
        for j, (text, start, end, probability) in enumerate(segment["words"]):
            word = f"{at}/words/{j}"
            expect |= {f"{word}/text": {"value": text}, f"{word}/start_s": near(start, 1e-6), f"{word}/end_s": near(end, 1e-6)}
            expect[f"{word}/probability"] = near(probability, 1e-4)
    return expect


def speech():
    config = whisper_long.COMMON
    model = whisper_long.openai(config, whisper_long.hugging_face(config))
    for name, signal in SIGNALS.items():
        for asked in ({}, {"language": "de"}):
            run = whisper_long.transcribed(model, samples(signal), **asked)
            yield {
                "name": f"transcribe_{name}{'_de' if asked else ''}", "call": "text.transcribe", "model": "whisper", "input": {"signal": signal},
                "options": OPEN | asked, "expect": expected(run),
            }
    silence = {"rate": 16000, "seconds": 2, "channels": 1, "parts": []}
    yield {
        "name": "transcribe_silence", "call": "text.transcribe", "model": "whisper", "input": {"signal": silence}, "options": {},
        "expect": {"/segments": {"length": 0}, "/language": {"value": None}, "/skipped/0/reason": {"value": "no_speech"}},
    }
    yield {
        "name": "transcribe_no_such_language", "call": "text.transcribe", "model": "whisper", "input": {"signal": SIGNALS["tones"]},
        "options": {"language": "fr"}, "error": "INVALID_CONFIG",
    }
    yield {
        "name": "transcribe_another_model", "call": "text.transcribe", "model": "minilm", "input": {"signal": SIGNALS["tones"]}, "options": {},
        "error": "UNSUPPORTED_FORMAT",
    }


def embeddings():
    for i, case in enumerate(json.loads((HERE.parent / "model/tiny_bert.json").read_text())["expected"]):
        expect = {f"/{k}": near(value, 2e-6) for k, value in enumerate(case["embedding"])}
        yield {"name": f"embed_{i}", "call": "text.embed", "model": "minilm", "input": {"text": case["text"]}, "expect": expect}
    yield {"name": "embed_another_model", "call": "text.embed", "model": "whisper", "input": {"text": "Hello."}, "error": "UNSUPPORTED_FORMAT"}


def main() -> None:
    told = whisper_long.source()["source"]
    for name, made, cases in (("speech", told, speech()), ("embeddings", "transformers, as tests/model/tiny_bert.py has it", embeddings())):
        document = {"source": made, "cases": list(cases)}
        (HERE / f"{name}.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        print(name, len(document["cases"]))


if __name__ == "__main__":
    main()
