"""Times a model in ONNX Runtime beside ONNX Runtime's own quantization of the same architecture.

    python scripts/onnx/speed.py model.onnx resnet50|mobilenet_v2

One thread, batch 1, three rounds in turn; the weights of the parent are random, which does not matter for time.
"""

import collections
import json
import logging
import pathlib
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime as ort
import openvino
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

ort.set_default_logger_severity(4)
logging.disable(logging.WARNING)
RANDOM = np.random.RandomState(0)


class Parent:
    """A float graph with random weights, channels first."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, a):
        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(a, np.float32), name))
        return name

    def op(self, op, *inputs, **attributes):
        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, inputs, [name], name=name, **attributes))
        return name

    def conv(self, x, channels, outputs, size, stride=1, group=1, act="", pads=None):
        inner = channels // group
        w = RANDOM.randn(outputs, inner, size, size) * np.sqrt(2 / (inner * size * size))
        y = self.op("Conv", x, self.constant(w), self.constant(RANDOM.randn(outputs) * 0.1), kernel_shape=[size, size],
                    strides=[stride, stride], pads=pads or [size // 2] * 4, group=group)
        if act == "relu6":
            return self.op("Clip", y, self.constant(0.0), self.constant(6.0))
        return self.op("Relu", y) if act else y

    def classes(self, y, channels):
        y = self.op("Flatten", self.op("GlobalAveragePool", y))
        w = self.constant(RANDOM.randn(channels, 1000) * 0.02)
        return self.op("Softmax", self.op("Gemm", y, w, self.constant(np.zeros(1000))))

    def save(self, result, path):
        def info(name, shape):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        graph = helper.make_graph(self.nodes, "parent", [info("x", [1, 3, 224, 224])], [info(result, [1, 1000])], self.constants)
        onnx.save(onnx.shape_inference.infer_shapes(helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)), path)


def resnet50(p):
    y, c = p.op("MaxPool", p.conv("x", 3, 64, 7, 2, act="relu"), kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4), 64
    for blocks, width, stride in [(3, 64, 1), (4, 128, 2), (6, 256, 2), (3, 512, 2)]:
        for k in range(blocks):
            s = stride if k == 0 else 1
            z = p.conv(p.conv(y, c, width, 1, s, act="relu"), width, width, 3, act="relu")
            shortcut = p.conv(y, c, 4 * width, 1, s) if k == 0 else y
            y, c = p.op("Relu", p.op("Add", p.conv(z, width, 4 * width, 1), shortcut)), 4 * width
    return p.classes(y, c)


def mobilenet_v2(p):
    y, c = p.conv("x", 3, 32, 3, 2, act="relu6", pads=[0, 0, 1, 1]), 32
    for wider, outputs, blocks, stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                           (6, 160, 3, 2), (6, 320, 1, 1)]:
        for k in range(blocks):
            s = stride if k == 0 else 1
            z = p.conv(y, c, c * wider, 1, act="relu6") if wider > 1 else y
            z = p.conv(z, c * wider, c * wider, 3, s, c * wider, "relu6", [0, 0, 1, 1] if s == 2 else None)
            z = p.conv(z, c * wider, outputs, 1)
            y, c = p.op("Add", y, z) if s == 1 and c == outputs else z, outputs
    return p.classes(p.conv(y, c, 1280, 1, act="relu6"), 1280)


class Images(CalibrationDataReader):
    def __init__(self):
        self.left = 4

    def get_next(self):
        self.left -= 1
        return {"x": RANDOM.rand(1, 3, 224, 224).astype(np.float32)} if self.left >= 0 else None


def session(path, profile=""):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    if profile:
        options.enable_profiling, options.profile_file_prefix = True, profile
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def input_of(s):
    i = s.get_inputs()[0]
    shape = [d if isinstance(d, int) else 1 for d in i.shape]
    return {i.name: RANDOM.rand(*shape).astype(np.float32)}


def median(call, runs=20):
    for _ in range(3):
        call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return 1000 * float(np.median(times))


def profile(path, directory):
    s = session(path, str(directory / "profile"))
    feeds = input_of(s)
    for _ in range(5):
        s.run(None, feeds)
    counts = collections.Counter()
    for event in json.loads(pathlib.Path(s.end_profiling()).read_text()):
        if event.get("cat") == "Node" and event["name"].endswith("kernel_time"):
            counts[event["args"]["op_name"]] += event["dur"]
    return ", ".join(f"{op} {100 * t / counts.total():.0f} %" for op, t in counts.most_common(6))


def main(path, architecture):
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        p = Parent()
        p.save({"resnet50": resnet50, "mobilenet_v2": mobilenet_v2}[architecture](p), directory / "parent.onnx")
        quantize_static(directory / "parent.onnx", directory / "own.onnx", Images(), quant_format=QuantFormat.QDQ,
                        per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
        sessions = [session(path), session(directory / "own.onnx")]
        calls = [lambda s=s, x=input_of(s): s.run(None, x) for s in sessions]
        vino = openvino.Core().compile_model(path, "CPU", {"INFERENCE_NUM_THREADS": 1, "PERFORMANCE_HINT": "LATENCY"})
        x = list(input_of(sessions[0]).values())[0]
        calls.append(lambda: vino(x))
        ours, own, open_vino = [float(np.median(t)) for t in zip(*[[median(c) for c in calls] for _ in range(3)])]
        print(f"ONNX Runtime {ours:.2f} ms, its own quantization {own:.2f} ms: {ours / own:.2f}; OpenVINO {open_vino:.2f} ms")
        print(f"where the time goes: {profile(path, directory)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
