"""Writes tiny_bert.json and tiny_bert.onnx beside this file: what `transformers` gives for a BERT of two layers whose weights are
numbers that both sides make, and that model for ONNX Runtime. `pip install torch transformers onnx`; nobody needs to run it to
test."""

import json
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

WORDS = "the a cat dog sat on mat ran home bread bak ##ing ##ed good bad ! ? . , 😀 über".split()
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *[w.replace("ü", "u") for w in WORDS]]
TEXTS = ["The cat sat on the mat.", "Baking GOOD bread!", "Über dog", "", "zebra " * 40]
CONFIG = {
    "model_type": "bert",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "max_position_embeddings": 24,
    "vocab_size": len(VOCABULARY),
    "type_vocab_size": 2,
    "hidden_act": "gelu",
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
    "position_embedding_type": "absolute",
}


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


def fill(model: torch.nn.Module) -> None:
    for name, tensor in model.state_dict().items():
        if tensor.dtype.is_floating_point:
            values = torch.tensor(numbers(name, tensor.numel())).reshape(tensor.shape)
            tensor.copy_(values + 1 if name.endswith("LayerNorm.weight") else values)


class Hidden(torch.nn.Module):
    """The model with the inputs by place and one output, as exports have it."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, types: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=ids, attention_mask=mask, token_type_ids=types).last_hidden_state


def export(model: torch.nn.Module) -> None:
    names = ["input_ids", "attention_mask", "token_type_ids"]
    example = torch.tensor([[2, 5, 7, 3], [2, 6, 3, 0]])
    sides = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Hidden(model),
        (example, (example > 0).long(), torch.zeros_like(example)),
        str(Path(__file__).with_suffix(".onnx")),
        input_names=names,
        output_names=["last_hidden_state"],
        dynamic_axes=dict.fromkeys([*names, "last_hidden_state"], sides),
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    special = [
        {"id": n, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for n, t in enumerate(VOCABULARY[:5])
    ]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": {
            "strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
            ],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {
                "[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]},
            },
        },
        "decoder": None,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {word: n for n, word in enumerate(VOCABULARY)},
        },
    }
    model = BertModel(BertConfig(**{k: v for k, v in CONFIG.items() if k != "position_embedding_type"}), add_pooling_layer=False).eval()
    fill(model)
    reader = Tokenizer.from_str(json.dumps(tokenizer))
    reader.no_padding()
    reader.enable_truncation(24)
    expected = []
    with torch.no_grad():
        for text in TEXTS:
            ids = reader.encode(text).ids
            mean = model(input_ids=torch.tensor([ids])).last_hidden_state.mean(1)
            expected.append({"text": text, "tokens": ids, "embedding": torch.nn.functional.normalize(mean)[0].tolist()})
    shapes = {name: list(t.shape) for name, t in model.state_dict().items() if t.dtype.is_floating_point}
    source = f"transformers {transformers.__version__}, torch {torch.__version__}"
    content = {"source": source, "config": CONFIG, "tokenizer": tokenizer, "shapes": shapes, "expected": expected}
    export(model)
    (Path(__file__).with_suffix(".json")).write_text(json.dumps(content, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
