"""Writes whisper_long.json beside this file: what OpenAI's own `whisper` transcribes, with times of segments and words, and what
`transformers` generates for long sound, for models of the shapes that there are (tiny, English, 128 mels, distil) whose weights,
sound and vocabulary are made by both sides. Windows are 2 s, not 30 s. `pip install torch transformers openai-whisper tiktoken`;
nobody needs to run it to test."""

import json
import math
import sys
import types
from pathlib import Path

import numpy as np
import torch
from tiny_bert import numbers

# Only compiles what is plain Python too.
sys.modules.setdefault("numba", types.SimpleNamespace(jit=lambda *_, **__: lambda function: function))

import tiktoken  # noqa: E402
import transformers  # noqa: E402
import whisper  # noqa: E402

# `whisper.transcribe` is a function and a module.
AUDIO, DECODING, TRANSCRIBE = (sys.modules[f"whisper.{name}"] for name in ("audio", "decoding", "transcribe"))

WINDOW_S = 2
MERGES = [" t", "he", " w", "an", " s", "in", ' "', "\u00e9", " a", "er", " (", " de"]
"""Each of two tokens before it: bytes, or one of these."""
LANGUAGES = ["en", "zh", "de"]
TEXT = set(b" .,abcdehilmnorstuwxyz") | {0xC3, 0xA9, 0xE4}
"""Bytes that texts are made of; the others are never given."""

SHAPES = {
    "tiny": {},
    "english": {"multilingual": False},
    "128 mels": {"num_mel_bins": 128, "d_model": 40, "heads": 5},
    "distil": {"encoder_layers": 4, "decoder_layers": 1},
}
COMMON = {"num_mel_bins": 80, "d_model": 32, "heads": 4, "encoder_layers": 2, "decoder_layers": 2, "multilingual": True}


def sound(name: str, seconds: float) -> np.ndarray:
    """Tones that rise and break off, in noise."""
    count = int(seconds * 16_000)
    t = np.arange(count) / 16_000
    tone = 0.3 * np.sin(2 * math.pi * (200 * t + 90 * t * t)) * (t % 0.7 < 0.5)
    return (0.1 * np.array(numbers(name, count)) + tone).astype(np.float32)


def vocabulary() -> tuple[dict[bytes, int], dict[str, int]]:
    ranks = {bytes([byte]): byte for byte in range(256)}
    for merge in MERGES:
        ranks[merge.encode()] = len(ranks)
    names = ["endoftext", "startoftranscript", *LANGUAGES, "translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    names += [f"{i * 0.02:.2f}" for i in range(50 * WINDOW_S + 1)]
    return ranks, {f"<|{name}|>": len(ranks) + i for i, name in enumerate(names)}


RANKS, SPECIALS = vocabulary()
ENCODING = tiktoken.Encoding(
    name="small", explicit_n_vocab=len(RANKS) + len(SPECIALS), mergeable_ranks=RANKS, special_tokens=SPECIALS,
    pat_str=r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+""",
)
SUPPRESSED = [byte for byte in range(256) if byte not in TEXT]


def tokenizer(multilingual: bool, *, num_languages: int = 3, language: str | None = None, task: str | None = None):
    if not multilingual:
        language = task = None
    else:
        language, task = language or "en", task or "transcribe"
    found = whisper.tokenizer.Tokenizer(encoding=ENCODING, num_languages=num_languages, language=language, task=task)
    # The library counts languages in the order of its own list.
    begin = [SPECIALS["<|startoftranscript|>"]]
    if language:
        begin += [SPECIALS[f"<|{language}|>"], SPECIALS[f"<|{task}|>"]]
    found.sot_sequence = tuple(begin)
    return found


DECODING.get_tokenizer = TRANSCRIBE.get_tokenizer = tokenizer
for module in (AUDIO, DECODING, TRANSCRIBE):
    for name, value in (("CHUNK_LENGTH", WINDOW_S), ("N_SAMPLES", 16_000 * WINDOW_S), ("N_FRAMES", 100 * WINDOW_S)):
        if hasattr(module, name):
            setattr(module, name, value)
AUDIO.pad_or_trim.__defaults__ = (16_000 * WINDOW_S,)


class Small(whisper.model.Whisper):
    several = True

    @property
    def is_multilingual(self):
        return self.several

    @property
    def num_languages(self):
        return len(LANGUAGES)


def hugging_face(config: dict) -> transformers.WhisperForConditionalGeneration:
    several = config["multilingual"]
    end, start = SPECIALS["<|endoftext|>"], SPECIALS["<|startoftranscript|>"]
    made = transformers.WhisperConfig(
        vocab_size=len(RANKS) + len(SPECIALS), num_mel_bins=config["num_mel_bins"], d_model=config["d_model"],
        encoder_layers=config["encoder_layers"], decoder_layers=config["decoder_layers"],
        encoder_attention_heads=config["heads"], decoder_attention_heads=config["heads"],
        encoder_ffn_dim=4 * config["d_model"], decoder_ffn_dim=4 * config["d_model"],
        max_source_positions=50 * WINDOW_S, max_target_positions=64,
        pad_token_id=end, bos_token_id=end, eos_token_id=end, decoder_start_token_id=start,
    )
    model = transformers.WhisperForConditionalGeneration(made).eval()
    generation = model.generation_config
    told = dict(
        is_multilingual=several, no_timestamps_token_id=SPECIALS["<|notimestamps|>"], max_initial_timestamp_index=50,
        suppress_tokens=SUPPRESSED + [SPECIALS[f"<|{name}|>"] for name in ("startoftranscript", "translate", "transcribe", "startoflm", "startofprev", "nospeech")],
        begin_suppress_tokens=[32, end], prev_sot_token_id=SPECIALS["<|startofprev|>"], max_length=64,
        pad_token_id=end, eos_token_id=end, bos_token_id=end, decoder_start_token_id=start,
    )
    for name, value in told.items():
        setattr(generation, name, value)
    if several:
        generation.lang_to_id = {f"<|{name}|>": SPECIALS[f"<|{name}|>"] for name in LANGUAGES}
        generation.task_to_id = {name: SPECIALS[f"<|{name}|>"] for name in ("transcribe", "translate")}
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name == "proj_out.weight":  # the words' own matrix
                continue
            values = torch.tensor(numbers(name, tensor.numel())).reshape(tensor.shape)
            values = values + 1 if name.endswith("layer_norm.weight") else values
            # So that a token does not mostly follow itself, and texts are more than times.
            if name == "model.decoder.embed_tokens.weight":
                values[:end] *= 2
                values[end] *= 3
            if name == "model.decoder.embed_positions.weight":
                values *= 10
            tensor.copy_(values)
    return model


RENAMED = [
    ("model.", ""), ("layers", "blocks"), ("fc1", "mlp.0"), ("fc2", "mlp.2"), ("final_layer_norm", "mlp_ln"),
    ("self_attn_layer_norm", "attn_ln"), ("encoder_attn_layer_norm", "cross_attn_ln"), ("self_attn", "attn"), ("encoder_attn", "cross_attn"),
    ("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "out"),
    ("embed_tokens", "token_embedding"), ("encoder.layer_norm", "encoder.ln_post"), ("decoder.layer_norm", "decoder.ln"),
    ("decoder.embed_positions.weight", "decoder.positional_embedding"), ("encoder.embed_positions.weight", "encoder.positional_embedding"),
]


def openai(config: dict, source: transformers.WhisperForConditionalGeneration) -> Small:
    words = len(RANKS) + len(SPECIALS)
    size, heads = config["d_model"], config["heads"]
    model = Small(whisper.model.ModelDimensions(
        config["num_mel_bins"], 50 * WINDOW_S, size, heads, config["encoder_layers"], words, 64, size, heads, config["decoder_layers"]
    )).eval()
    model.several = config["multilingual"]
    state = {}
    for name, tensor in source.state_dict().items():
        if name == "proj_out.weight":
            continue
        for old, new in RENAMED:
            name = name.replace(old, new)
        state[name] = tensor
    model.load_state_dict(state)
    return model


def transcribed(model: Small, samples: np.ndarray, **options) -> dict:
    found = model.transcribe(
        samples, temperature=0.0, compression_ratio_threshold=None, logprob_threshold=None, no_speech_threshold=None,
        suppress_tokens=SUPPRESSED, word_timestamps=True, fp16=False, verbose=None, **options
    )
    segments = [
        {
            "start_s": segment["start"], "end_s": segment["end"], "text": segment["text"].strip(), "tokens": segment["tokens"],
            "avg_log_probability": segment["avg_logprob"], "no_speech_probability": segment["no_speech_prob"],
            "words": [[w["word"].strip(), w["start"], w["end"], w["probability"]] for w in segment["words"]],
        }
        for segment in found["segments"] if segment["text"]
    ]
    return {"language": found["language"], "options": options, "segments": segments}


def generated(model: transformers.WhisperForConditionalGeneration, config: dict, samples: list[np.ndarray]) -> list[list[dict]]:
    extractor = transformers.WhisperFeatureExtractor(feature_size=config["num_mel_bins"], chunk_length=WINDOW_S)
    features = extractor(samples, sampling_rate=16_000, return_tensors="pt", truncation=False, padding="longest", return_attention_mask=True)
    told = {"language": "en", "task": "transcribe"} if config["multilingual"] else {}
    found = model.generate(
        features.input_features, attention_mask=features.attention_mask, return_timestamps=True, return_segments=True,
        max_new_tokens=32, temperature=0.0, condition_on_prev_tokens=False, **told
    )
    return [
        [{"start_s": float(s["start"]), "end_s": float(s["end"]), "tokens": s["tokens"].tolist()} for s in segments]
        for segments in found["segments"]
    ]


def told(name: str, config: dict, source: transformers.WhisperForConditionalGeneration) -> dict:
    """What is told of a model."""
    model = openai(config, source)
    samples = sound("long", 7.3)
    runs = [transcribed(model, samples), transcribed(model, samples, condition_on_previous_text=False)]
    runs.append(transcribed(model, samples, initial_prompt="the dean, he was in the den"))
    if config["multilingual"]:
        runs.append(transcribed(model, samples, language="zh"))
    made = generated(source, config, [sound("long", 7.3), sound("other", 5.0)])
    shapes = {key: list(value.shape) for key, value in source.state_dict().items() if key != "proj_out.weight"}
    for run in runs:
        print(name, run["language"], run["options"], [(s["start_s"], s["end_s"], s["text"][:30], len(s["words"])) for s in run["segments"]])
    print("  ", [[(s["start_s"], s["end_s"], len(s["tokens"])) for s in segments] for segments in made])
    return {
        "name": name, "multilingual": config["multilingual"], "config": source.config.to_dict() | {"torch_dtype": None, "dtype": None},
        "generation": source.generation_config.to_dict(), "shapes": shapes, "openai": runs, "transformers": made,
    }


def source() -> dict:
    """What all models of a file share."""
    made = f"openai-whisper {whisper.__version__}, transformers {transformers.__version__}, torch {torch.__version__}"
    return {"source": made, "merges": MERGES, "specials": list(SPECIALS), "suppressed": SUPPRESSED, "models": []}


def main() -> None:
    torch.set_num_threads(1)
    out = source()
    configs = {name: COMMON | changes for name, changes in SHAPES.items()}
    out["models"] = [told(name, config, hugging_face(config)) for name, config in configs.items()]
    Path(__file__).with_suffix(".json").write_text(json.dumps(out, default=float) + "\n")


if __name__ == "__main__":
    main()
