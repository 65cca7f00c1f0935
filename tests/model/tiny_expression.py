"""Writes tiny_expression.onnx: a model of expression of HSEmotion's shape, whose answer follows from the mean colour of the face.

Logit k is (k + 1) times the mean normalised red less that of green, valence is the mean normalised blue over 4, arousal minus that.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

weights = np.zeros((3, 10), np.float32)
weights[0, :8] = np.arange(1, 9)
weights[1, :8] = -np.arange(1, 9)
weights[2, 8:] = 0.25, -0.25
nodes = [
    helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
    helper.make_node("Flatten", ["mean"], ["flat"]),
    helper.make_node("MatMul", ["flat", "weights"], ["output"]),
]
graph = helper.make_graph(
    nodes,
    "tiny_expression",
    [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["n", 3, 224, 224])],
    [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["n", 10])],
    [numpy_helper.from_array(weights, "weights")],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
onnx.checker.check_model(model)
onnx.save(model, Path(__file__).with_suffix(".onnx"))
