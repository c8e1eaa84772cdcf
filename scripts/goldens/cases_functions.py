"""Graphs that call functions of their own library, as TensorFlow runs them: not inlined.
The batch is not known; node "op" has the outputs."""

import re
import zlib

import numpy as np
import tensorflow as tf
from case import CASES, Case
from google.protobuf import text_format
from tensorflow.core.framework import graph_pb2

v1 = tf.compat.v1


def normal(*shape):
    return lambda rng: rng.normal(0, 1, shape).astype(np.float32)


def declare(id, definition, feeds, note=""):
    rng = np.random.default_rng(zlib.crc32(id.encode()))
    fed = {name + ":0": ("float", draw(rng)) for name, draw in feeds.items()}
    CASES[id] = Case(id, "Functions", "Graph", {}, definition.SerializeToString(deterministic=True), fed, [], note=note, source="cases_functions.py")


def plain(definition):
    """Drops what is said of a graph beside what it computes; a function is called as in Python."""
    library = sorted(definition.library.function, key=lambda f: int(f.signature.name.rpartition("_")[2]))
    names = {f.signature.name: re.fullmatch(r"__inference_(\w+)_\d+", f.signature.name)[1] for f in library}
    for function in library:
        function.signature.name = names[function.signature.name]
        function.ClearField("arg_attr")
        function.attr.clear()
    del definition.library.function[:]
    definition.library.function.extend(library)
    for node in [*definition.node, *(n for f in definition.library.function for n in f.node_def)]:
        node.ClearField("experimental_debug_info")
        for name in [a for a in node.attr if a in ("config", "config_proto", "executor_type") or a.startswith("_")]:
            del node.attr[name]
        if node.attr["f"].HasField("func"):
            node.attr["f"].func.name = names[node.attr["f"].func.name]
        else:
            del node.attr["f"]
    return definition


def graph(id, feeds, build, note=""):
    """Declares a case of the graph that build makes of placeholders [?,6]."""
    rng, g = np.random.default_rng(zlib.crc32(id.encode())), tf.Graph()
    with g.as_default():
        inputs = [v1.placeholder("float", [None, 6], name=name) for name in feeds]
        tf.raw_ops.IdentityN(input=list(build(rng, *inputs)), name="op")
    declare(id, plain(g.as_graph_def(add_shapes=False)), feeds, note)


def nested(rng, x):
    w = tf.constant(rng.normal(0, 0.5, (6, 6)).astype(np.float32))

    @tf.function
    def dense(x, w):
        return tf.nn.relu(tf.matmul(x, w) + 0.25)

    @tf.function
    def block(x, w):
        return x + dense(dense(x, w), w * 0.5)

    return block(block(x, w), w), dense(x, w)


graph("functions_nested", {"x": normal(3, 6)}, nested, "a function that calls another twice")


def outputs(rng, x, y):
    @tf.function
    def three(x, y):
        tf.debugging.assert_equal(tf.shape(x), tf.shape(y))
        return x - y, x, tf.reduce_max(y, 1)

    difference, same, largest = three(x, y)
    return largest, difference * same, three(y, x)[1]


graph("functions_outputs", {"x": normal(2, 6), "y": normal(2, 6)}, outputs, "stateful, since it asserts; one output is an argument")


def lists(rng, x):
    scale, offset = (tf.constant(rng.uniform(0.5, 2, 3).astype(np.float32)) for _ in range(2))

    @tf.function
    def parts(x):
        a, b, c = tf.split(x, 3, 1)
        first, second = tf.unstack(b, axis=1)
        top, at = tf.math.top_k(x, 3)
        quantized, low, high = tf.raw_ops.QuantizeV2(input=c, min_range=-2.0, max_range=2.0, T=tf.qint8, mode="SCALED")
        back = tf.raw_ops.Dequantize(input=quantized, min_range=low, max_range=high, mode="SCALED")
        image = tf.reshape(x, [-1, 1, 2, 3])
        normal = tf.raw_ops.FusedBatchNormV3(x=image, scale=scale, offset=offset, mean=offset, variance=scale, is_training=False).y
        return tf.concat([c, a], 1), first - second, top, at, back, normal

    return parts(x)


graph("functions_lists", {"x": normal(4, 6)}, lists, "ops with several outputs and with lists of them")

PLACEHOLDERS = """
node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "y" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
node { name: "direct" op: "Weigh" input: "x" input: "y"
  attr { key: "T" value { type: DT_FLOAT } } attr { key: "N" value { i: 3 } } attr { key: "D" value { type: DT_INT32 } } }
node { name: "indirect" op: "PartitionedCall" input: "y" input: "x"
  attr { key: "Tin" value { list { type: DT_FLOAT type: DT_FLOAT } } } attr { key: "Tout" value { list { type: DT_FLOAT type: DT_FLOAT } } }
  attr { key: "f" value { func { name: "Outer" attr { key: "S" value { type: DT_FLOAT } } attr { key: "M" value { i: 3 } } } } } }
node { name: "op" op: "IdentityN" input: "direct" input: "direct:1" input: "indirect" input: "indirect:1"
  attr { key: "T" value { list { type: DT_FLOAT type: DT_INT32 type: DT_FLOAT type: DT_FLOAT } } } }
library {
  function {
    signature { name: "Weigh" input_arg { name: "a" type: DT_FLOAT } input_arg { name: "b" type: DT_FLOAT }
      output_arg { name: "sum" type: DT_FLOAT } output_arg { name: "last" type: DT_INT32 }
      attr { name: "T" type: "type" } attr { name: "N" type: "int" } attr { name: "D" type: "type" } }
    node_def { name: "add" op: "AddN" input: "a" input: "b" input: "a" attr { key: "T" value { placeholder: "T" } } attr { key: "N" value { placeholder: "N" } } }
    node_def { name: "parts" op: "Unpack" input: "add:sum:0" attr { key: "T" value { placeholder: "T" } } attr { key: "num" value { placeholder: "N" } } attr { key: "axis" value { i: 1 } } }
    node_def { name: "cast" op: "Cast" input: "parts:output:2" input: "^add" attr { key: "SrcT" value { placeholder: "T" } } attr { key: "DstT" value { placeholder: "D" } } }
    ret { key: "sum" value: "add:sum:0" } ret { key: "last" value: "cast:y:0" } }
  function {
    signature { name: "Outer" input_arg { name: "a" type: DT_FLOAT } input_arg { name: "b" type: DT_FLOAT }
      output_arg { name: "sum" type: DT_FLOAT } output_arg { name: "same" type: DT_FLOAT } attr { name: "S" type: "type" } attr { name: "M" type: "int" } }
    node_def { name: "inner" op: "Weigh" input: "a" input: "b"
      attr { key: "T" value { placeholder: "S" } } attr { key: "N" value { placeholder: "M" } } attr { key: "D" value { type: DT_INT32 } } }
    node_def { name: "back" op: "Cast" input: "inner:last:0" attr { key: "SrcT" value { type: DT_INT32 } } attr { key: "DstT" value { placeholder: "S" } } }
    ret { key: "sum" value: "back:y:0" } ret { key: "same" value: "a" } }
}
versions { producer: 2129 }
"""
declare(
    "functions_placeholders", text_format.Parse(PLACEHOLDERS, graph_pb2.GraphDef()), {"x": lambda rng: rng.normal(0, 9, (2, 3)).astype(np.float32), "y": normal(2, 3)},
    "attributes that the call gives, by an op and by PartitionedCall",
)
