"""Writes whisper_onnx/ beside this file: a Whisper as small as it can be, exported by optimum with and without the decoder's attention,
and what OpenAI's own `whisper`, `transformers` and ONNX Runtime from Python give for it, as whisper_long.py does. `pip install torch
transformers openai-whisper tiktoken optimum-onnx[onnxruntime]`; nobody needs to run it to test."""

import json
import shutil
import tempfile
from pathlib import Path

import onnx
import optimum.version
import torch
import transformers
from optimum.exporters.onnx import main_export
from optimum.exporters.onnx.base import ConfigBehavior
from optimum.exporters.onnx.model_configs import WhisperOnnxConfig
from whisper_long import COMMON, hugging_face, sound, source, told

HERE = Path(__file__).with_suffix("")
CONFIG = COMMON | {"d_model": 8, "heads": 2, "encoder_layers": 1, "decoder_layers": 2}
FILES = ["encoder_model", "decoder_model", "decoder_with_past_model", "decoder_model_merged"]


def slim(path: Path) -> bytes:
    """The model with short names inside, which are most of a file this small; those of inputs and outputs stay."""
    model = onnx.load(path)
    new: dict[str, str] = {}

    def rename(graph: onnx.GraphProto, outer: set[str]) -> None:
        kept = outer | {port.name for port in [*graph.input, *graph.output]}
        short = lambda name: name if not name or name in kept else new.setdefault(name, f"v{len(new)}")  # noqa: E731
        for tensor in graph.initializer:
            tensor.name = short(tensor.name)
        for node in graph.node:
            node.name = node.doc_string = ""
            del node.metadata_props[:]
            node.input[:] = map(short, node.input)
            node.output[:] = map(short, node.output)
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    rename(attribute.g, kept)
        del graph.value_info[:]
        graph.doc_string = ""

    rename(model.graph, set())
    del model.metadata_props[:]
    onnx.checker.check_model(model)
    return model.SerializeToString()


class WithAttention(WhisperOnnxConfig):
    """Gives the decoder's attention under the names that exports with times of words have."""

    @property
    def outputs(self):
        found = super().outputs
        if self._behavior is ConfigBehavior.DECODER:
            for layer in range(CONFIG["decoder_layers"]):
                found[f"cross_attentions.{layer}"] = {0: "batch_size", 2: "decoder_sequence_length", 3: "encoder_sequence_length"}
        return found


def with_attention(config: transformers.WhisperConfig) -> dict:
    made = WithAttention(config, task="automatic-speech-recognition", use_past=False, use_past_in_inputs=False)
    decoder = made.with_behavior("decoder", use_past=True, use_past_in_inputs=False)
    return {
        "encoder_model": made.with_behavior("encoder"), "decoder_model": decoder,
        "decoder_with_past_model": made.with_behavior("decoder", use_past=True, use_past_in_inputs=True),
    }


def export(model: transformers.WhisperForConditionalGeneration, attention: bool) -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        model.save_pretrained(first)
        told = {"model_kwargs": {"output_attentions": True}, "custom_onnx_configs": with_attention(model.config)} if attention else {}
        main_export(first, second, task="automatic-speech-recognition-with-past", do_validation=False, no_post_process=False, nb_max_frames=200, **told)
        for name in FILES:
            path = Path(second) / f"{name}.onnx"
            data = slim(path)
            print(name, attention, path.stat().st_size, len(data))
            if not attention or name == "decoder_model_merged":
                (HERE / f"{name}{'_attention' if attention else ''}.onnx").write_bytes(data)


def main() -> None:
    torch.set_num_threads(1)
    HERE.mkdir(exist_ok=True)
    model = hugging_face(CONFIG)
    entry = told("small", CONFIG, model)
    extractor = transformers.WhisperFeatureExtractor(feature_size=80, chunk_length=2)
    features = extractor(sound("long", 2.0), sampling_rate=16_000, return_tensors="pt").input_features
    tokens = [entry["config"]["decoder_start_token_id"], 270, 100, 104]
    with torch.no_grad():
        encoded = model.model.encoder(features).last_hidden_state
        logits = model(encoder_outputs=(encoded,), decoder_input_ids=torch.tensor([tokens])).logits[0]
    entry |= {"tokens": tokens, "encoder_rows": [0, 50, 99], "encoder": encoded[0, [0, 50, 99]].tolist(), "logits": logits.tolist()}
    out = source()
    out["source"] += f", optimum {optimum.version.__version__}"
    out["models"].append(entry)
    (HERE / "told.json").write_text(json.dumps(out, default=float) + "\n")
    for attention in (False, True):
        export(model, attention)


if __name__ == "__main__":
    main()
