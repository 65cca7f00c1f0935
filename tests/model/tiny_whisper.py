"""Writes tiny_whisper.json beside this file: what `transformers` gives for Whisper models of the shapes that there are (tiny,
English, 128 mels, distil), whose weights and sound are numbers that both sides make. `pip install torch transformers`; nobody
needs to run it to test."""

import json
import math
from pathlib import Path

import numpy as np
import torch
import transformers
from tiny_bert import numbers
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

SHAPES = {
    "tiny": {},
    "english": {"vocab_size": 90},
    "128 mels": {"num_mel_bins": 128, "d_model": 48, "encoder_attention_heads": 6, "decoder_attention_heads": 6},
    "distil": {"encoder_layers": 4, "decoder_layers": 1, "encoder_ffn_dim": 80, "decoder_ffn_dim": 40},
}
COMMON = {
    "vocab_size": 97,
    "num_mel_bins": 80,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
    "max_source_positions": 50,
    "max_target_positions": 32,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
}


def sound(name: str) -> np.ndarray:
    """1 s at 16 kHz: a tone that rises, in noise that both sides make; or silence."""
    if name == "silence":
        return np.zeros(16_000, np.float32)
    noise = np.array(numbers(name, 16_000))
    t = np.arange(16_000) / 16_000
    return (0.1 * noise + 0.3 * np.sin(2 * math.pi * (200 * t + 800 * t * t))).astype(np.float32)


def fill(model: torch.nn.Module) -> dict[str, list[int]]:
    shapes = {}
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name == "proj_out.weight":  # the words' own matrix
                continue
            values = torch.tensor(numbers(name, tensor.numel())).reshape(tensor.shape)
            tensor.copy_(values + 1 if name.endswith("layer_norm.weight") else values)
            shapes[name] = list(tensor.shape)
    return shapes


def main() -> None:
    out = {"source": f"transformers {transformers.__version__}, torch {torch.__version__}", "mel": [], "models": []}
    for mels in (80, 128):
        for name in ("tone", "silence"):
            extractor = WhisperFeatureExtractor(feature_size=mels, chunk_length=1)
            mel = extractor(sound(name), sampling_rate=16_000, return_tensors="np").input_features[0]
            out["mel"].append({"sound": name, "mels": mels, "frames": [0, 1, 50, 99], "values": mel[:, [0, 1, 50, 99]].T.tolist()})
    for name, changes in SHAPES.items():
        config = COMMON | changes
        model = WhisperForConditionalGeneration(WhisperConfig(**config)).eval()
        shapes = fill(model)
        extractor = WhisperFeatureExtractor(feature_size=config["num_mel_bins"], chunk_length=1)
        features = extractor(sound("tone"), sampling_rate=16_000, return_tensors="pt").input_features
        with torch.no_grad():
            encoded = model.model.encoder(features).last_hidden_state
            tokens = [3, 5, 7, 11]
            first = model(encoder_outputs=(encoded,), decoder_input_ids=torch.tensor([tokens])).logits[0]
            greedy = list(tokens)
            margin = []
            while len(greedy) < 24:
                logits = model(encoder_outputs=(encoded,), decoder_input_ids=torch.tensor([greedy])).logits[0, -1]
                best = logits.topk(2)
                margin.append(float(best.values[0] - best.values[1]))
                greedy.append(int(best.indices[0]))
        out["models"].append({
            "name": name, "config": {"model_type": "whisper", "activation_function": "gelu", "scale_embedding": False} | config,
            "shapes": shapes, "encoder_rows": [0, 25, 49], "encoder": encoded[0, [0, 25, 49]].tolist(), "tokens": tokens,
            "logits": first[[0, 3]].tolist(), "greedy": greedy, "least_margin": min(margin),
        })
        print(name, greedy, min(margin))
    Path(__file__).with_suffix(".json").write_text(json.dumps(out, default=float) + "\n")


if __name__ == "__main__":
    main()
