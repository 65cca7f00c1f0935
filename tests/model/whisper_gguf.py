"""Writes gguf_kinds.json and whisper_gguf/ beside this file: what the Python package `gguf` makes of blocks of every type, a small
Whisper whose weights it stored in several of them, and what OpenAI's own `whisper` and `transformers` give with the weights as they
come out of it, as whisper_long.py does. `pip install torch transformers openai-whisper tiktoken gguf`; nobody needs to run it to
test."""

import json
from importlib.metadata import version
from pathlib import Path

import gguf
import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from whisper_long import COMMON, hugging_face, source, told

HERE = Path(__file__).parent
CONFIG = COMMON | {"encoder_layers": 1, "decoder_layers": 1}
BLOCKS = [Kind.Q4_0, Kind.Q4_1, Kind.Q5_0, Kind.Q5_1, Kind.Q8_0]
HALVES = {Kind.F16: [0], Kind.Q4_0: [0], Kind.Q4_1: [0, 2], Kind.Q5_0: [0], Kind.Q5_1: [0, 2], Kind.Q8_0: [0], Kind.Q2_K: [80, 82],
          Kind.Q3_K: [108], Kind.Q4_K: [0, 2], Kind.Q5_K: [0, 2], Kind.Q6_K: [208]}
"""Where blocks have numbers of half precision."""


def kinds() -> dict:
    """Two blocks of drawn bytes of each type."""
    draw = np.random.default_rng(6)
    cases = []
    for kind in [Kind.F32, Kind.F16, *BLOCKS, Kind.Q2_K, Kind.Q3_K, Kind.Q4_K, Kind.Q5_K, Kind.Q6_K, Kind.BF16]:
        size = gguf.GGML_QUANT_SIZES[kind][1]
        blocks = draw.integers(0, 256, (2, size), dtype=np.uint8)
        for place in HALVES.get(kind, []):
            blocks[:, place : place + 2] = draw.normal(size=2).astype("<f2").view(np.uint8).reshape(2, 2)
        if kind in (Kind.F32, Kind.BF16):
            blocks[:] = draw.normal(size=2).astype("<f4").view(np.uint8).reshape(2, 4)[:, 4 - size :]
        values = gguf.quants.dequantize(blocks, kind).ravel()
        assert np.isfinite(values).all()
        found = [float(f"{value:.9g}") for value in values]
        cases.append({"name": kind.name, "number": int(kind), "bytes": blocks.ravel().tolist(), "values": found})
    return {"source": f"gguf {version('gguf')}", "kinds": cases}


def main() -> None:
    torch.set_num_threads(1)
    (HERE / "gguf_kinds.json").write_text(json.dumps(kinds()) + "\n")
    place = HERE / "whisper_gguf"
    place.mkdir(exist_ok=True)
    model = hugging_face(CONFIG)
    writer = gguf.GGUFWriter(place / "model.gguf", "whisper")
    writer.add_array("tokenizer.ggml.tokens", ["a", "b"])
    stored = 0
    for name, tensor in model.state_dict().items():
        if name == "proj_out.weight":  # the words' own matrix
            continue
        values, kind = tensor.numpy(), Kind.F32
        if values.ndim == 3 or "embed_positions" in name:
            kind = Kind.F16
        elif values.ndim == 2:
            kind = BLOCKS[stored % len(BLOCKS)]
            stored += 1
        data = values if kind is Kind.F32 else gguf.quants.quantize(values, kind)
        writer.add_tensor(name, data, raw_dtype=kind)
        if kind is not Kind.F32:
            tensor.copy_(torch.from_numpy(gguf.quants.dequantize(data, kind).reshape(values.shape).copy()))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    out = source()
    out["source"] += f", gguf {version('gguf')}"
    out["models"].append(told("gguf", CONFIG, model))
    (place / "told.json").write_text(json.dumps(out, default=float) + "\n")


if __name__ == "__main__":
    main()
