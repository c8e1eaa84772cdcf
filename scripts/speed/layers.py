"""Makes graphs of one quantized layer each, integers in and out, for every peer.

    python layers.py DIRECTORY

For each layer of config.json a folder DIRECTORY/layers/NUMBER: int8.pb, the fused op that TensorFlow's quantizers write, for TensorFlow and tf2ng;
qoperator.onnx (QLinearConv or QLinearMatMul) and qdq.onnx; b1.tflite and b8.tflite by TensorFlow Lite's converter. What is there is not made again.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import onnx  # noqa: E402
import tensorflow as tf  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import parents  # noqa: E402

R = tf.raw_ops
HERE = os.path.dirname(os.path.abspath(__file__))
HIGH = 6.0  # activations are in [0, HIGH]
random = np.random.default_rng(2)


class Layer:
    def __init__(self, row):
        self.kernel, self.stride, self.side = row["kernel"], row["stride"], row["side"]
        self.inputs, self.outputs = row["in"], row["out"]
        self.depthwise, self.matmul = row.get("depthwise", False), row.get("matmul", False)
        if self.matmul:
            self.shape = (self.inputs, self.outputs)
        else:
            self.shape = (self.kernel, self.kernel, self.inputs, 1 if self.depthwise else self.outputs)
        self.weights = random.integers(-127, 128, self.shape).astype(np.int8)
        self.bias = random.integers(-1000, 1000, self.outputs).astype(np.int32)

    def input_shape(self, batch):
        return [batch, self.inputs] if self.matmul else [batch, self.side, self.side, self.inputs]

    def scale(self):
        """What makes products of weights add up to about 1."""
        return 1 / (127 * np.sqrt(np.prod(self.shape[:-1]) / (self.inputs if self.depthwise else 1)))


def int8_graph(layer, path):
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.quint8, layer.input_shape(None), name="x")
        w = tf.bitcast(tf.constant(layer.weights), tf.qint8)
        bias = tf.constant(layer.bias.astype(np.float32) / 1000)
        ends = {"min_a": 0.0, "max_a": HIGH, "min_b": -1.0, "max_b": 1.0} if layer.matmul else None
        top = layer.scale() * 127
        if layer.matmul:
            ends.update(min_b=-top, max_b=top, min_freezed_output=0.0, max_freezed_output=HIGH)
            R.QuantizedMatMulWithBiasAndReluAndRequantize(a=x, b=w, bias=bias, Toutput=tf.quint8, name="y", **ends)
        else:
            channels = np.full(layer.outputs, top, np.float32)
            strides = [1, layer.stride, layer.stride, 1]
            given = dict(input=x, filter=w, bias=bias, min_input=0.0, max_input=HIGH, min_filter=-channels,
                         max_filter=channels, min_freezed_output=0.0, max_freezed_output=HIGH, strides=strides,
                         padding="SAME", out_type=tf.quint8, name="y")
            if layer.depthwise:
                R.QuantizedDepthwiseConv2DWithBiasAndReluAndRequantize(**given)
            else:
                R.QuantizedConv2DWithBiasAndReluAndRequantize(**given)
        definition = graph.as_graph_def()
    with open(path, "wb") as f:
        f.write(definition.SerializeToString())


class OnnxGraph:
    def __init__(self, layer):
        self.layer, self.nodes, self.constants = layer, [], []
        top = np.float32(layer.scale())
        self.x = self.constant("x_scale", np.float32(HIGH / 255)), self.constant("x_zero", np.uint8(0))
        self.w = self.constant("w_scale", np.full(layer.outputs, top)), self.constant("w_zero", np.zeros(layer.outputs, np.int8))
        w = layer.weights
        if layer.depthwise:
            w = w.transpose(2, 3, 0, 1)
        elif not layer.matmul:
            w = w.transpose(3, 2, 0, 1)
        self.weights, self.bias = self.constant("w", np.ascontiguousarray(w)), self.constant("bias", layer.bias)
        pad = max(layer.kernel - layer.stride, 0)
        self.window = {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2, "group": layer.inputs if layer.depthwise else 1,
                       "pads": [pad // 2] * 2 + [pad - pad // 2] * 2}

    def constant(self, name, a):
        self.constants.append(numpy_helper.from_array(np.asarray(a), name))
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def save(self, path):
        l = self.layer
        end = -(-l.side // l.stride)
        x, y = ([l.inputs], [l.outputs]) if l.matmul else ([l.inputs, l.side, l.side], [l.outputs, end, end])
        infos = [helper.make_tensor_value_info(n, TensorProto.UINT8, ["N", *s]) for n, s in (("data", x), ("result", y))]
        graph = helper.make_graph(self.nodes, "layer", infos[:1], infos[1:], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        with open(path, "wb") as f:
            f.write(model.SerializeToString())


def qoperator(layer, path):
    g = OnnxGraph(layer)
    if layer.matmul:
        g.node("QLinearMatMul", ["data", *g.x, g.weights, *g.w, *g.x], "result")
    else:
        g.node("QLinearConv", ["data", *g.x, g.weights, *g.w, *g.x, g.bias], "result", **g.window)
    g.save(path)


def qdq(layer, path):
    g = OnnxGraph(layer)
    x = g.node("DequantizeLinear", ["data", *g.x], "x_real")
    w = g.node("DequantizeLinear", [g.weights, *g.w], "w_real", axis=1 if layer.matmul else 0)
    if layer.matmul:
        y = g.node("MatMul", [x, w], "y_real")
    else:
        b_scale = g.constant("b_scale", np.full(layer.outputs, np.float32(layer.scale() * HIGH / 255)))
        b = g.node("DequantizeLinear", [g.bias, b_scale], "b_real", axis=0)
        y = g.node("Conv", [x, w, b], "y_real", **g.window)
    g.node("QuantizeLinear", [g.node("Relu", [y], "y_positive"), *g.x], "result")
    g.save(path)


def tflite(layer, batch, path):
    w = tf.constant(layer.weights.astype(np.float32) * np.float32(layer.scale()))
    b = tf.constant(layer.bias.astype(np.float32) / 1000)

    def call(x):
        if layer.matmul:
            y = x @ w
        elif layer.depthwise:
            y = tf.nn.depthwise_conv2d(x, w, [1, layer.stride, layer.stride, 1], "SAME")
        else:
            y = tf.nn.conv2d(x, w, layer.stride, "SAME")
        return tf.nn.relu(y + b)

    shape = layer.input_shape(batch)
    function = tf.function(call).get_concrete_function(tf.TensorSpec(shape, tf.float32))
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([random.uniform(0, HIGH, shape).astype(np.float32)] for _ in range(2))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    with open(path, "wb") as f:
        f.write(converter.convert())


def main(directory):
    with open(os.path.join(HERE, "config.json")) as f:
        rows = json.load(f)["layers"]
    for number, row in enumerate(rows):
        folder, layer = f"{directory}/layers/{number}", Layer(row)
        os.makedirs(folder, exist_ok=True)
        parents.once(f"{folder}/int8.pb", lambda path: int8_graph(layer, path))
        parents.once(f"{folder}/qoperator.onnx", lambda path: qoperator(layer, path))
        parents.once(f"{folder}/qdq.onnx", lambda path: qdq(layer, path))
        for batch in parents.BATCHES:
            parents.once(f"{folder}/b{batch}.tflite", lambda path: tflite(layer, batch, path))


if __name__ == "__main__":
    main(*sys.argv[1:])
