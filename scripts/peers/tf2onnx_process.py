"""Gives graphs to tf2onnx, and what it makes of them to ONNX Runtime."""

import logging
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import onnx
import onnxruntime
import tensorflow as tf
import tf2onnx.convert
from tf2onnx.handler import tf_op

import comparison
import process

OPSET = 18
logging.disable(logging.CRITICAL)


def handled():
    return sorted({op for versions in tf_op.get_opsets().values() for handlers in versions for op in handlers if not op.startswith("TFL_")})


def run(task):
    if task["kind"] == "version":
        return {"version": tf2onnx.__version__, "ops": handled()}
    graph = tf.compat.v1.GraphDef()
    with open(task["pb"], "rb") as f:
        graph.ParseFromString(f.read())
    model, _ = tf2onnx.convert.from_graph_def(
        graph, input_names=[f["tensor"] for f in task["feeds"]], output_names=[f["tensor"] for f in task["fetches"]], opset=OPSET
    )
    foreign = sorted({n.op_type for n in model.graph.node if n.domain == "" and not onnx.defs.has(n.op_type)})
    if foreign:
        return {"missing": foreign}  # it leaves what it cannot convert in the graph
    if task["kind"] != "golden":
        return {"result": "converts"}
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    arrays = np.load(task["npz"])
    names = {i.name for i in session.get_inputs()}
    feeds = {f["tensor"]: comparison.recorded(arrays, f) for f in task["feeds"] if f["tensor"] in names}
    got = session.run([f["tensor"] for f in task["fetches"]], feeds)
    return {"result": comparison.compare(comparison.outputs(task, arrays), got, task["quantized"])}


process.work(run)
