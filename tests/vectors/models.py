"""Writes the models that the cases of speech.json and embeddings.json run, into models/ beside this file: a Whisper and a MiniLM
as small as they can be, of made-up weights, whose shapes and words stand in tests/model. Plain Python: every runner calls it, and
nothing is done where they are there already. The weights are the same wherever it runs."""

from __future__ import annotations

import json
import os
import shutil
import struct
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOLD = HERE.parent / "model"
PLACE = HERE / "models"
VERSION = "1"
"""Written beside them; another one is made anew."""


def numbers(name: str, count: int) -> list[float]:
    """In [-0.5, 0.5): a linear congruential generator that begins with the bytes of the name (FNV-1a)."""
    state = 2_166_136_261
    for byte in name.encode():
        state = (state ^ byte) * 16_777_619 % 2**32
    out = []
    for _ in range(count):
        state = (1_664_525 * state + 1_013_904_223) % 2**32
        out.append((state >> 8) / 2**24 - 0.5)
    return out


def safetensors(shapes: dict[str, list[int]], scale) -> bytes:
    """Weights of these shapes; `scale` is what a number of a tensor is multiplied with."""
    header, data = {}, b""
    for name, shape in shapes.items():
        count = 1
        for side in shape:
            count *= side
        if name.endswith(("LayerNorm.weight", "layer_norm.weight")):
            values = [value + 1 for value in numbers(name, count)]
        else:
            values = [value * scale(name, place) for place, value in enumerate(numbers(name, count))]
        begin = len(data)
        data += struct.pack(f"<{count}f", *values)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def letters() -> list[str]:
    """The bytes as byte-level vocabularies write them."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte) if byte in printable else chr(next(others)) for byte in range(256)]


def vocabulary(told: dict) -> dict:
    """Whisper's tokenizer: every byte, what is merged of two, and the tokens that say what to do."""
    letter = letters()
    known, merges = list(letter), []
    for merge in told["merges"]:
        whole = "".join(letter[byte] for byte in merge.encode())
        parts = [(whole[:i], whole[i:]) for i in range(1, len(whole)) if whole[:i] in known and whole[i:] in known]
        merges += [list(parts[0])] if parts else []
        known.append(whole)
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    added = [{"id": len(known) + i, "content": name, **plain} for i, name in enumerate(told["specials"])]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None, "pre_tokenizer": level,
        "post_processor": None, "decoder": level, "model": {"type": "BPE", "vocab": {word: i for i, word in enumerate(known)}, "merges": merges},
    }


def whisper(place: Path) -> None:
    told = json.loads((TOLD / "whisper_long.json").read_text())
    model = told["models"][0]
    end, size = model["config"]["eos_token_id"], model["config"]["d_model"]

    def scale(name: str, i: int) -> float:
        if name == "model.decoder.embed_tokens.weight":
            return 2.0 if i < end * size else 3.0 if i < (end + 1) * size else 1.0
        return 10.0 if name == "model.decoder.embed_positions.weight" else 1.0

    files = {"config": model["config"], "generation_config": model["generation"], "tokenizer": vocabulary(told)}
    for name, content in files.items():
        (place / f"{name}.json").write_text(json.dumps(content))
    (place / "model.safetensors").write_bytes(safetensors(model["shapes"], scale))


def minilm(place: Path) -> None:
    told = json.loads((TOLD / "tiny_bert.json").read_text())
    for name in ("config", "tokenizer"):
        (place / f"{name}.json").write_text(json.dumps(told[name]))
    (place / "model.safetensors").write_bytes(safetensors(told["shapes"], lambda *_: 1.0))


def main() -> None:
    stamp = PLACE / "version"
    if stamp.is_file() and stamp.read_text() == VERSION:
        return
    # Made aside and put in place at once: several runners may begin together.
    made = Path(tempfile.mkdtemp(dir=HERE))
    for name, make in (("whisper", whisper), ("minilm", minilm)):
        (made / name).mkdir()
        make(made / name)
    (made / "version").write_text(VERSION)
    old = Path(tempfile.mkdtemp(dir=HERE))
    try:
        if PLACE.exists():
            os.replace(PLACE, old / "models")
        os.replace(made, PLACE)
    except OSError:
        # Another runner was quicker.
        shutil.rmtree(made, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    main()
