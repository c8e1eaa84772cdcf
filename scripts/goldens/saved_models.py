"""Makes the SavedModels of testdata/savedmodels and records what TensorFlow computes for them.

    python scripts/goldens/saved_models.py            # make those that are missing
    python scripts/goldens/saved_models.py NAME ...   # make these again
    python scripts/goldens/saved_models.py --check    # run all, compare with what is recorded
    python scripts/goldens/saved_models.py --record   # run all in another TensorFlow, such as 2.15.1, beside it

Needs requirements.txt, or for --check and --record another TensorFlow with its own NumPy, and for Keras 2 `pip install --no-deps tf_keras==2.21.0`: with its dependencies it would
bring another TensorFlow. Weights and inputs are seeded by the name. A SavedModel made again has other bytes: it
holds an identifier that is drawn. index.json tells of each its tags, its signatures, what is in
recorded.npz, and the keys of its variables, whose values are v0, v1, ... of variables.npz. What another TensorFlow
computed of the same inputs is in recorded_VERSION.npz.

TensorFlow loads the models as TensorFlow Serving does, through the graph's own operation that restores; a model
made without one as tf.saved_model.load does. It runs them on one thread with oneDNN, the graph as it is.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import zlib

from tensorflow_process import ENVIRONMENT

os.environ.update(ENVIRONMENT)

import numpy as np
import store
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.core.protobuf import saved_model_pb2

HERE = os.path.dirname(os.path.abspath(__file__))
v1 = tf.compat.v1
MADE_BY = "2.21.0"
MODELS = {}


class Model:
    """A SavedModel: who makes it, by whom it is loaded, and what is fed to each signature."""

    def __init__(self, build, feeds, kind, tags, eager, refused):
        self.build, self.feeds, self.kind, self.tags, self.eager, self.refused = build, feeds, kind, tags, eager, refused


def model(kind, feeds, tags=("serve",), eager=False, refused=()):
    """Declares a model. feeds(rng) gives the inputs of each signature; refused are signatures that only TensorFlow can run."""

    def declare(build):
        MODELS[build.__name__] = Model(build, feeds, kind, list(tags), eager, list(refused))
        return build

    return declare


def normal(rng, *shape, scale=1.0):
    return rng.normal(0, scale, shape).astype(np.float32)


def images(name="image", *names, n=2, size=8):
    return lambda rng: {s: {name: normal(rng, n, size, size, 3)} for s in names or ("serving_default",)}


# Keras 3 and 2


def layers(keras, rng):
    x = keras.Input([8, 8, 3], name="image")
    y = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="conv")(x)
    y = keras.layers.BatchNormalization(name="norm")(y)
    y = keras.layers.DepthwiseConv2D(3, padding="same", name="depthwise")(y)
    y = keras.layers.Dropout(0.25)(y)
    y = keras.layers.GlobalAveragePooling2D()(y)
    y = keras.layers.Dense(5, activation="softmax", name="probabilities")(y)
    m = keras.Model(x, y)
    m.set_weights([np.abs(w + normal(rng, *w.shape, scale=0.2)) if "var" in v.name else w + normal(rng, *w.shape, scale=0.2) for v, w in zip(m.weights, m.get_weights())])
    return m


@model("Keras 3, Model.export", images("image", "serve", "serving_default"))
def keras3_export(directory, rng):
    import keras

    layers(keras, rng).export(directory, verbose=False)


@model("Keras 3, tf.saved_model.save: the SaverDef restores none of the variables", images("inputs"), eager=True)
def keras3_save(directory, rng):
    import keras

    tf.saved_model.save(layers(keras, rng), directory)


@model("Keras 2, Model.save", images("image"))
def keras2_save(directory, rng):
    import tf_keras

    layers(tf_keras, rng).save(directory, save_format="tf")


@model("Keras 2, Model.export", images("image", "serve", "serving_default", n=3))
def keras2_export(directory, rng):
    import tf_keras

    layers(tf_keras, rng).export(directory)


def features(rng):
    return {"serving_default": {"words": rng.integers(0, 20, (3, 6)).astype(np.int64), "extra": normal(rng, 3, 4)}}


@model("Keras 2, two inputs and two outputs, an embedding", features)
def keras2_embedding(directory, rng):
    import tf_keras as keras

    words = keras.Input([6], dtype="int64", name="words")
    extra = keras.Input([4], name="extra")
    y = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(20, 8, name="embedding")(words))
    y = keras.layers.Concatenate()([y, keras.layers.LayerNormalization()(extra)])
    score = keras.layers.Dense(1, activation="sigmoid", name="score")(y)
    kind = keras.layers.Dense(3, name="kind")(y)
    m = keras.Model([words, extra], [score, kind])
    m.set_weights([w + normal(rng, *w.shape, scale=0.3) for w in m.get_weights()])
    m.save(directory, save_format="tf")


# tf.Module


def texts(*words):
    return np.array([w.encode() for w in words], object)


def three(rng):
    return {
        "words": {"words": texts("dog", "cat", "", "bird", "cat")},
        "serving_default": {"x": normal(rng, 3, 6)},
        "embed": {"x": normal(rng, 2, 6)},
        "pair": {"a": normal(rng, 2, 6), "b": normal(rng, 2, 6)},
    }


@model("tf.Module, several signatures of one set of variables, one of them of a vocabulary", three)
def module_signatures(directory, rng):
    class Net(tf.Module):
        def __init__(self):
            self.w = tf.Variable(normal(rng, 6, 8, scale=0.4), name="w")
            self.layers = [tf.Variable(normal(rng, 8, 8, scale=0.4)) for _ in range(2)]  # both are named "Variable"
            self.out = tf.Variable(normal(rng, 8, 3, scale=0.4), name="w")
            keys = tf.lookup.KeyValueTensorInitializer(["cat", "dog"], tf.constant([0, 1], tf.int64))
            self.table = tf.lookup.StaticHashTable(keys, -1)

        @tf.function
        def hidden(self, x):
            y = tf.nn.relu(tf.matmul(x, self.w))
            for w in self.layers:
                y = tf.nn.relu(tf.matmul(y, w))
            return y

        @tf.function(input_signature=[tf.TensorSpec([None, 6], name="x")])
        def predict(self, x):
            return {"logits": tf.matmul(self.hidden(x), self.out)}

        @tf.function(input_signature=[tf.TensorSpec([None, 6], name="x")])
        def embed(self, x):
            return {"hidden": self.hidden(x)}

        @tf.function(input_signature=[tf.TensorSpec([None, 6], name="a"), tf.TensorSpec([None, 6], name="b")])
        def pair(self, a, b):
            return {"likeness": tf.reduce_sum(self.hidden(a) * self.hidden(b), 1), "a": a * 2.0}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words")])
        def words(self, words):
            return {"ids": self.table.lookup(words)}

    m = Net()
    tf.saved_model.save(m, directory, {"serving_default": m.predict, "embed": m.embed, "pair": m.pair, "words": m.words})


def looked_up(rng):
    return {"serving_default": {"words": texts("dog", "cat", "", "bird", "CAT ", "horse"), "at": rng.integers(-1, 4, (2, 3))}}


@model("tf.Module, tables of constants and of files, also in a loop, and ops on strings", looked_up)
def module_tables(directory, rng):
    class Net(tf.Module):
        def __init__(self):
            lookup, index = tf.lookup, tf.lookup.TextFileIndex
            file = os.path.join(directory + "_files", "animals.txt")
            os.makedirs(os.path.dirname(file))
            with open(file, "w", newline="") as f:
                f.write("cat,2.5\r\ndog,-1e3\nbird,inf")
            self.ids = lookup.StaticVocabularyTable(lookup.TextFileInitializer(file, tf.string, 0, tf.int64, index.LINE_NUMBER, delimiter=","), 3)
            self.lines = lookup.StaticHashTable(lookup.TextFileInitializer(file, tf.int64, index.LINE_NUMBER, tf.string, index.WHOLE_LINE), "no line")
            self.column = lookup.StaticHashTable(lookup.TextFileInitializer(file, tf.string, 0, tf.float32, 1, delimiter=","), -1.0)
            self.names = lookup.StaticHashTable(lookup.KeyValueTensorInitializer(["cat", "dog"], ["Katze", "Hund"]), "?")

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="words"), tf.TensorSpec([None, 3], tf.int64, name="at")])
        def serve(self, words, at):
            text = tf.strings
            looped = tf.while_loop(lambda i, n: i < 3, lambda i, n: (i + 1, n + tf.reduce_sum(self.ids.lookup(words))), (0, tf.constant(0, tf.int64)))
            return {
                "ids": self.ids.lookup(words), "size": self.ids.size(), "lines": self.lines.lookup(at), "column": self.column.lookup(words), "loop": looped[1],
                "names": text.join([self.names.lookup(text.lower(text.strip(words))), words], "-"), "others": tf.gather(words, tf.where(words != "")[:, 0]),
                "text": text.as_string(at), "is_cat": tf.equal(words, "cat"),
            }

    m = Net()
    tf.saved_model.save(m, directory, m.serve)
    slim(directory)


def typed(rng):
    return {"serving_default": {"x": normal(rng, 2, 4), "at": rng.integers(0, 3, (2, 2)).astype(np.int32)}}


@model("tf.Module, variables of many types, gathered from, and their shapes", typed)
def module_types(directory, rng):
    class Net(tf.Module):
        def __init__(self):
            self.table = tf.Variable(normal(rng, 3, 3, 5), name="table")
            self.half = tf.Variable(normal(rng, 4).astype(np.float16), name="half")
            self.brain = tf.Variable(tf.cast(normal(rng, 4), tf.bfloat16), name="brain")
            self.count = tf.Variable(rng.integers(-9, 9, 4), dtype=tf.int64, name="count")
            self.small = tf.Variable(rng.integers(-100, 100, 4), dtype=tf.int8, name="small")
            self.on = tf.Variable([True, False, True, True], name="on")
            self.scalar = tf.Variable(1.5, name="scalar")
            self.nothing = tf.Variable(np.zeros((0, 4), np.float32), name="nothing")
            self.unused = tf.Variable(["text"], name="unused")

        @tf.function(input_signature=[tf.TensorSpec([None, 4], name="x"), tf.TensorSpec([None, 2], tf.int32, name="at")])
        def serve(self, x, at):
            y = x * self.scalar + tf.cast(self.half, tf.float32) + tf.cast(self.brain, tf.float32)
            y = tf.where(self.on, y, tf.cast(self.small, tf.float32))
            return {
                "y": tf.concat([y, self.nothing], 0),
                "rows": tf.gather(self.table, at),
                "cells": self.table.gather_nd(at),
                "count": self.count + tf.cast(tf.shape(x)[0], tf.int64),
            }

    m = Net()
    tf.saved_model.save(m, directory, m.serve)


@model("tf.Module without a SaverDef: the object graphs alone tell what is restored", three, eager=True)
def module_objects(directory, rng):
    module_signatures(directory, rng)
    change(directory, lambda saved: [m.ClearField("saver_def") for m in saved.meta_graphs])


@model("tf.Module, inputs that may be left out", lambda rng: {"serving_default": {"x": normal(rng, 2, 3)}})
def module_defaults(directory, rng):
    class Net(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 3], name="x"), tf.TensorSpec([3], name="scale"), tf.TensorSpec([], tf.int32, name="shift")])
        def serve(self, x, scale=tf.constant([1.0, 2.0, 0.5]), shift=tf.constant(7)):
            return {"y": x * scale + tf.cast(shift, tf.float32)}

    m = Net()
    tf.saved_model.save(m, directory, m.serve)


@model("tf.Module, tensors in several shards", lambda rng: {"serving_default": {"x": normal(rng, 2, 16)}})
def module_shards(directory, rng):
    class Net(tf.Module):
        def __init__(self):
            self.layers = [tf.Variable(normal(rng, 16, 16, scale=0.3), name=f"w{i}") for i in range(5)]

        @tf.function(input_signature=[tf.TensorSpec([None, 16], name="x")])
        def serve(self, x):
            for w in self.layers:
                x = tf.tanh(tf.matmul(x, w))
            return {"y": x}

    m = Net()
    shards = tf.train.experimental.MaxShardSizePolicy(max_shard_size=2500)
    tf.saved_model.save(m, directory, m.serve, tf.saved_model.SaveOptions(experimental_sharding_callback=shards))


@model("tf.Module that changes a variable which it reads", lambda rng: {"read": {"x": normal(rng, 2)}}, refused=["serving_default"])
def module_counter(directory, rng):
    class Net(tf.Module):
        def __init__(self):
            self.calls = tf.Variable(3.0, name="calls")
            self.seen = tf.Variable(0.0, name="seen")

        @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
        def serve(self, x):
            self.calls.assign_add(1.0)
            return {"y": x * self.calls}

        @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
        def read(self, x):
            self.seen.assign_add(tf.reduce_sum(x))  # is not read here
            return {"y": x + self.calls}

    m = Net()
    tf.saved_model.save(m, directory, {"serving_default": m.serve, "read": m.read})


@model("tf.Module, variables read in a loop and in branches", lambda rng: {"serving_default": {"x": normal(rng, 3, 6), "n": np.int32(4)}, "branch": {"x": normal(rng, 3, 6)}})
def module_control(directory, rng):
    class Net(tf.Module):
        def __init__(self):
            self.w = tf.Variable(normal(rng, 6, 6, scale=0.4), name="w")
            self.b = tf.Variable(normal(rng, 6), name="b")

        @tf.function(input_signature=[tf.TensorSpec([None, 6], name="x"), tf.TensorSpec([], tf.int32, name="n")])
        def loop(self, x, n):
            for _ in tf.range(n):
                x = tf.tanh(tf.matmul(x, self.w) + self.b)
            return {"y": x}

        @tf.function(input_signature=[tf.TensorSpec([None, 6], name="x")])
        def branch(self, x):
            if tf.reduce_sum(x) > 0.0:
                return {"y": tf.matmul(x, self.w)}
            return {"y": x * self.b}

    m = Net()
    tf.saved_model.save(m, directory, {"serving_default": m.loop, "branch": m.branch})


@model("Keras 3, Model.export of an LSTM", lambda rng: {s: {"x": normal(rng, 2, 5, 3)} for s in ("serve", "serving_default")})
def keras3_lstm(directory, rng):
    import keras

    m = keras.Sequential([keras.Input([5, 3], name="x"), keras.layers.LSTM(4), keras.layers.Dense(2)])
    m.set_weights([w + normal(rng, *w.shape, scale=0.3) for w in m.get_weights()])
    m.export(directory, verbose=False)


@model("Keras 2, Model.export of a GRU", lambda rng: {s: {"x": normal(rng, 2, 5, 3)} for s in ("serve", "serving_default")})
def keras2_gru(directory, rng):
    import tf_keras as keras

    m = keras.Sequential([keras.layers.InputLayer([5, 3], name="x"), keras.layers.GRU(4), keras.layers.Dense(2)])
    m.set_weights([w + normal(rng, *w.shape, scale=0.3) for w in m.get_weights()])
    m.export(directory)


def spoken(rng):
    words = np.array([[b"cat", b"", b"dog"], [b"horse", b"bird", b"cow"]], object)
    return {s: {"words": words} for s in ("serve", "serving_default")}


@model("Keras 3, Model.export of a StringLookup before an embedding", spoken)
def keras3_vocabulary(directory, rng):
    import keras

    words = keras.Input([3], dtype="string", name="words")
    ids = keras.layers.StringLookup(vocabulary=["cat", "dog", "bird"], num_oov_indices=3, mask_token="")(words)
    y = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(7, 4, name="embedding")(ids))
    m = keras.Model(words, keras.layers.Dense(2, name="scores")(y))
    m.set_weights([w + normal(rng, *w.shape, scale=0.3) for w in m.get_weights()])
    m.export(directory, verbose=False)
    slim(directory)


def photographs(rng):
    def jpeg(h, w, **options):
        y, x = np.mgrid[:h, :w][..., None] * np.ones(3)
        a, b = rng.uniform(0.1, 0.4, (2, 3))
        return tf.io.encode_jpeg((128 + 100 * np.sin(a * x + b * y)).astype(np.uint8), **options).numpy()

    several = np.array([jpeg(20, 31), jpeg(24, 17, progressive=True), jpeg(9, 40, chroma_downsampling=False)], object)
    return {"serving_default": {"images": several}, "one": {"image": np.array(jpeg(33, 27), object)}}


@model("tf.Module, encoded images: decoded in a loop, resized, and fake-quantized before a convolution", photographs)
def module_images(directory, rng):
    class Net(tf.Module):
        def __init__(self):
            self.filters = tf.Variable(normal(rng, 3, 3, 3, 8, scale=0.3))
            self.weights = tf.Variable(normal(rng, 8, 5, scale=0.5))

        def scores(self, x):
            filters = tf.quantization.fake_quant_with_min_max_args(self.filters, -1, 1, narrow_range=True)
            y = tf.nn.relu6(tf.nn.conv2d(tf.quantization.fake_quant_with_min_max_args(x, 0, 1), filters, 2, "SAME"))
            return tf.nn.softmax(tf.matmul(tf.reduce_mean(y, [1, 2]), self.weights))

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="images")])
        def several(self, images):
            def read(file):
                return tf.image.resize(tf.cast(tf.io.decode_jpeg(file, channels=3), tf.float32) / 255, [16, 16])

            x = tf.map_fn(read, images, fn_output_signature=tf.TensorSpec([16, 16, 3], tf.float32))
            return {"scores": self.scores(x)}

        @tf.function(input_signature=[tf.TensorSpec([], tf.string, name="image")])
        def one(self, image):
            x = tf.image.convert_image_dtype(tf.io.decode_image(image, 3, expand_animations=False), tf.float32)
            return {"scores": self.scores(x[tf.newaxis]), "size": tf.shape(x)}

    m = Net()
    tf.saved_model.save(m, directory, {"serving_default": m.several, "one": m.one})
    slim(directory)


# TensorFlow 1


def initial(values):
    """An initializer that gives a variable, or its part, these values."""

    def part(shape, dtype=None, partition_info=None):
        start = partition_info.var_offset if partition_info else [0] * len(shape)
        return tf.constant(values[tuple(slice(a, a + n) for a, n in zip(start, shape))])

    return part


def variable(name, values, **options):
    return v1.get_variable(name, values.shape, initializer=initial(values), **options)


def network(rng, x, resource, partitioner=None):
    with v1.variable_scope("net", use_resource=resource, partitioner=partitioner):
        w = variable("w", normal(rng, 10, 7, scale=0.4))
        b = variable("b", normal(rng, 7))
        return tf.nn.relu(tf.matmul(x, tf.convert_to_tensor(w)) + tf.convert_to_tensor(b))


def rows(*signatures, key="x", width=10):
    return lambda rng: {s: {key: normal(rng, 4, width)} for s in signatures}


def signature(inputs, outputs, method=v1.saved_model.signature_constants.PREDICT_METHOD_NAME):
    return v1.saved_model.predict_signature_def(inputs, outputs) if method.endswith("predict") else v1.saved_model.build_signature_def(
        {k: v1.saved_model.build_tensor_info(t) for k, t in inputs.items()}, {k: v1.saved_model.build_tensor_info(t) for k, t in outputs.items()}, method)


def builder(directory, session, *graphs, **options):
    b = v1.saved_model.Builder(directory)
    for i, (tags, signatures) in enumerate(graphs):
        if i == 0:
            b.add_meta_graph_and_variables(session, tags, signatures, **options)
        else:
            b.add_meta_graph(tags, signatures, **options)
    b.save()


def tf1(resource):
    def build(directory, rng):
        with tf.Graph().as_default(), v1.Session() as session:
            x = v1.placeholder(tf.float32, [None, 10], "x")
            y = network(rng, x, resource)
            scores = tf.nn.softmax(y, name="scores")
            top = tf.argmax(scores, 1, name="top")
            loss = tf.reduce_mean(scores)
            v1.train.GradientDescentOptimizer(0.1).minimize(loss, global_step=v1.train.get_or_create_global_step())
            session.run(v1.global_variables_initializer())
            serve = {"predict": signature({"x": x}, {"scores": scores, "top": top}), "hidden": signature({"x": x}, {"y": y})}
            builder(directory, session, (["serve"], serve), (["train"], {"train": signature({"x": x}, {"loss": loss})}), strip_default_attrs=resource)

    return build


@model("TensorFlow 1's builder, VariableV2, graphs for serving and training", rows("predict", "hidden"))
def tf1_variables(directory, rng):
    tf1(False)(directory, rng)


@model("TensorFlow 1's builder, VarHandleOp, graphs for serving and training", rows("predict", "hidden"))
def tf1_resources(directory, rng):
    tf1(True)(directory, rng)


@model("as estimators export: signatures of one input by the methods of Serving", rows("serving_default", "predict", "regression", key="inputs"))
def tf1_estimator(directory, rng):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 10], "input_tensor")
        step = v1.train.get_or_create_global_step()
        logits = network(rng, x, False)
        scores = tf.nn.softmax(logits)
        session.run(v1.global_variables_initializer())
        session.run(step.assign(100))
        init = tf.group(v1.tables_initializer(), name="group_deps")
        builder(
            directory, session,
            (["serve"], {
                "serving_default": signature({"inputs": x}, {"scores": scores}, "tensorflow/serving/classify"),
                "predict": signature({"inputs": x}, {"probabilities": scores, "class_ids": tf.argmax(logits, 1), "logits": logits}),
                "regression": signature({"inputs": x}, {"outputs": tf.reduce_mean(logits, 1)}, "tensorflow/serving/regress"),
            }),
            main_op=init, strip_default_attrs=True)


@model("TensorFlow 1, variables in parts: slices of one tensor", rows("serving_default"))
def tf1_partitioned(directory, rng):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 10], "x")
        y = network(rng, x, False, v1.fixed_size_partitioner(3))
        with v1.variable_scope("wide", use_resource=True):
            wide = variable("wide", normal(rng, 7, 6), partitioner=v1.fixed_size_partitioner(2, axis=1))
        session.run(v1.global_variables_initializer())
        builder(directory, session, (["serve"], {"serving_default": signature({"x": x}, {"y": tf.matmul(y, tf.convert_to_tensor(wide))})}))


@model("TensorFlow 1, a shard for each device", rows("serving_default"))
def tf1_shards(directory, rng):
    with tf.Graph().as_default(), v1.Session(config=v1.ConfigProto(device_count={"CPU": 3})) as session:
        x = v1.placeholder(tf.float32, [None, 10], "x")
        y = x
        for i in range(3):
            with tf.device(f"/job:localhost/replica:0/task:0/device:CPU:{i}"):
                w = variable(f"w{i}", normal(rng, 10, 10, scale=0.4), use_resource=i == 1)
            y = tf.tanh(tf.matmul(y, w))
        session.run(v1.global_variables_initializer())
        builder(directory, session, (["serve"], {"serving_default": signature({"x": x}, {"y": y})}), saver=v1.train.Saver(sharded=True), clear_devices=False)


@model("a frozen graph: no variables", rows("classify", key="data"))
def frozen(directory, rng):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 10], "x")
        y = tf.nn.softmax(tf.matmul(x, normal(rng, 10, 4)), name="y")
        builder(directory, session, (["serve"], {"classify": signature({"data": x}, {"scores": y})}))


def quantized(rng, x, weights):
    """A quantized product of x with qint8 weights, as Neural Compressor writes it."""
    q = tf.raw_ops.QuantizeV2(input=x, min_range=0.0, max_range=1.0, T=tf.quint8, mode="SCALED", round_mode="HALF_AWAY_FROM_ZERO")
    bias = tf.constant(rng.integers(-2000, 2000, weights.shape[1]), tf.float32) / 1000
    return tf.raw_ops.QuantizedMatMulWithBiasAndDequantize(
        a=q.output, b=weights, bias=bias, min_a=q.output_min, max_a=q.output_max, min_b=-1.0, max_b=1.0,
        min_freezed_output=-8.0, max_freezed_output=8.0, Toutput=tf.float32, input_quant_mode="SCALED", transpose_a=False, transpose_b=False)


@model("int8: a frozen graph", rows("serving_default", key="image", width=16))
def int8_frozen(directory, rng):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 16], "x")
        weights = tf.bitcast(tf.constant(rng.integers(-127, 128, (16, 8)), tf.int8), tf.qint8)
        builder(directory, session, (["serve"], {"serving_default": signature({"image": x}, {"Identity": quantized(rng, x, weights)})}))


@model("int8: the weights are variables", rows("serving_default", key="image", width=16))
def int8_variables(directory, rng):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 16], "x")
        weights = v1.get_variable("weights", initializer=rng.integers(-127, 128, (16, 8)).astype(np.int8), use_resource=True)
        y = quantized(rng, x, tf.bitcast(weights.read_value(), tf.qint8))
        session.run(v1.global_variables_initializer())
        builder(directory, session, (["serve"], {"serving_default": signature({"image": x}, {"y": y})}))


@model("in text format", rows("predict"))
def text(directory, rng):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 10], "x")
        y = network(rng, x, True)
        session.run(v1.global_variables_initializer())
        builder(directory, session, (["serve"], {"predict": signature({"x": x}, {"y": y})}), strip_default_attrs=True)
    change(directory, lambda saved: [m.meta_info_def.ClearField("stripped_op_list") for m in saved.meta_graphs], as_text=True)


def change(directory, edit, as_text=False):
    path = os.path.join(directory, "saved_model.pb")
    with open(path, "rb") as f:
        saved = saved_model_pb2.SavedModel.FromString(f.read())
    edit(saved)
    os.remove(path)
    if as_text:
        with open(path + "txt", "w") as f:
            f.write(text_format.MessageToString(saved))
    else:
        with open(path, "wb") as f:
            f.write(saved.SerializeToString(deterministic=True))


def slim(directory):
    """Takes out what only tells of the graph, and where the files were that tables read."""
    files = (directory + "_files/").encode()

    def edit(saved):
        for m in saved.meta_graphs:
            m.meta_info_def.ClearField("stripped_op_list")
            for node in [*m.graph_def.node, *(n for f in m.graph_def.library.function for n in f.node_def)]:
                node.ClearField("experimental_debug_info")
                node.attr.pop("_output_shapes", None)
                for attr in node.attr.values():
                    if attr.HasField("s"):
                        attr.s = attr.s.replace(files, b"")
                    if attr.HasField("tensor"):
                        attr.tensor.string_val[:] = [s.replace(files, b"") for s in attr.tensor.string_val]

    change(directory, edit)


def examples(rng):
    """Serialized tf.Examples: with and without the features that have defaults, of different lengths."""
    def of(**features):
        kinds = {"f": ("float_list", tf.train.FloatList), "i": ("int64_list", tf.train.Int64List), "O": ("bytes_list", tf.train.BytesList)}
        made = {}
        for name, values in features.items():
            field, kind = kinds[np.asarray(values, None if not isinstance(values[0], bytes) else object).dtype.kind]
            made[name] = tf.train.Feature(**{field: kind(value=values)})
        return tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString(deterministic=True)

    image = lambda: [float(x) for x in rng.uniform(0, 1, 16).astype(np.float32)]
    return np.array([
        of(image=image(), weight=[0.5], kind=[b"b"], words=[1, 2, 3], more=[0.25, 1.5]),
        of(image=image(), kind=[b"a", b"b", b"b"], more=[-1.0]),
        of(image=image(), weight=[2.0], words=[7], nothing=[b"not asked for"]),
        of(image=image(), words=[4, 4]),
    ], object)


def fed_examples(rng):
    all = examples(rng)
    return {"serving_default": {"inputs": all}, "features": {"examples": all}, "one": {"example": all[0]}}


@model("int8, of serialized tf.Examples, as estimators export: classes by name, features of every kind", fed_examples)
def int8_examples(directory, rng):
    with tf.Graph().as_default(), v1.Session() as session:
        serialized = v1.placeholder(tf.string, [None], "examples")
        parsed = tf.io.parse_example(serialized, {
            "image": tf.io.FixedLenFeature([16], tf.float32),
            "weight": tf.io.FixedLenFeature([], tf.float32, 1.0),
            "kind": tf.io.VarLenFeature(tf.string),
            "words": tf.io.FixedLenSequenceFeature([], tf.int64, allow_missing=True, default_value=-1),
            "more": tf.io.RaggedFeature(tf.float32, row_splits_dtype=tf.int64),
        })
        old = v1.raw_ops.ParseExample(
            serialized=serialized, names=[], sparse_keys=["words"], dense_keys=["weight"], dense_defaults=[tf.constant([1.0])],
            sparse_types=[tf.int64], dense_shapes=[[1]])
        one = v1.placeholder(tf.string, [], "example")
        single = tf.io.parse_single_example(one, {"image": tf.io.FixedLenFeature([4, 4], tf.float32), "words": tf.io.VarLenFeature(tf.int64)})
        weights = tf.bitcast(tf.constant(rng.integers(-127, 128, (16, 8)), tf.int8), tf.qint8)
        scores = tf.nn.softmax(quantized(rng, parsed["image"], weights) * parsed["weight"][:, tf.newaxis])
        names = tf.constant([f"class {i}" for i in range(8)])
        builder(
            directory, session,
            (["serve"], {
                "serving_default": signature(
                    {"inputs": serialized}, {"classes": tf.tile(names[tf.newaxis], [tf.shape(scores)[0], 1]), "scores": scores},
                    "tensorflow/serving/classify"),
                "features": signature({"examples": serialized}, {
                    "kinds": parsed["kind"].values, "places": parsed["kind"].indices, "shape": parsed["kind"].dense_shape,
                    "words": parsed["words"], "more": parsed["more"].values, "splits": parsed["more"].row_splits,
                    "old_words": old.sparse_values[0], "old_weight": old.dense_values[0],
                }),
                "one": signature({"example": one}, {"image": single["image"], "words": single["words"].values, "at": single["words"].indices}),
            }))


def fed_vocabulary(rng):
    def of(*words):
        image = tf.train.Feature(float_list=tf.train.FloatList(value=rng.uniform(0, 1, 16).astype(np.float32)))
        kinds = tf.train.Feature(bytes_list=tf.train.BytesList(value=words))
        return tf.train.Example(features=tf.train.Features(feature={"image": image, "words": kinds})).SerializeToString(deterministic=True)

    inputs = {"inputs": np.array([of(b"cat", b"dog"), of(), of(b"horse"), of(b"bird", b"", b"cat")], object)}
    return {"serving_default": inputs, "predict": inputs}


@model("int8, of tf.Examples, as estimators export: words by a vocabulary, classes by their labels, in files", fed_vocabulary)
def int8_vocabulary(directory, rng):
    from tensorflow.python.ops import lookup_ops

    def file(name, *lines):
        path = os.path.join(directory + "_files", name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as f:
            f.write("".join(line + "\n" for line in lines))
        return path

    with tf.Graph().as_default(), v1.Session() as session:
        serialized = v1.placeholder(tf.string, [None], "examples")
        parsed = tf.io.parse_example(serialized, {"image": tf.io.FixedLenFeature([16], tf.float32), "words": tf.io.VarLenFeature(tf.string)})
        vocabulary = lookup_ops.index_table_from_file(file("words.txt", "cat", "dog", "bird"), num_oov_buckets=2)
        labels = lookup_ops.index_to_string_table_from_file(file("labels.txt", *(f"label {i}" for i in range(8))))
        names = lookup_ops.index_table_from_tensor(tf.constant(["label 3", "label 1"]), default_value=-7)
        ids = vocabulary.lookup(parsed["words"])
        weight = tf.constant(rng.normal(0, 0.3, (5, 16)).astype(np.float32))
        mean = tf.nn.safe_embedding_lookup_sparse(weight, ids) if hasattr(tf.nn, "safe_embedding_lookup_sparse") else v1.nn.embedding_lookup_sparse(weight, ids, None)
        weights = tf.bitcast(tf.constant(rng.integers(-127, 128, (16, 8)), tf.int8), tf.qint8)
        scores = tf.nn.softmax(quantized(rng, parsed["image"] + tf.nn.relu(mean), weights))
        best, at = tf.nn.top_k(scores, 3)
        classes = labels.lookup(tf.cast(at, tf.int64))
        builder(
            directory, session,
            (["serve"], {
                "serving_default": signature({"inputs": serialized}, {"classes": classes, "scores": best}, "tensorflow/serving/classify"),
                "predict": signature({"inputs": serialized}, {"ids": ids.values, "names": names.lookup(classes), "size": vocabulary.size(), "scores": scores}),
            }),
            main_op=v1.tables_initializer(), assets_collection=v1.get_collection(v1.GraphKeys.ASSET_FILEPATHS), strip_default_attrs=True)
    slim(directory)


# Running


def run(declared, directory, feeds):
    """What TensorFlow computes: the outputs of each signature by their keys."""
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1, device_count={"CPU": 3})
    config.graph_options.optimizer_options.opt_level = -1
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    if declared.eager:
        loaded = tf.saved_model.load(directory)
        return {s: {k: v.numpy() for k, v in loaded.signatures[s](**{k: tf.constant(a) for k, a in inputs.items()}).items()} for s, inputs in feeds.items()}
    results = {}
    with tf.Graph().as_default(), v1.Session(config=config) as session:
        graph = v1.saved_model.load(session, declared.tags, directory)
        for s, inputs in feeds.items():
            definition = graph.signature_def[s]
            inputs = {**{k: tf.make_ndarray(t) for k, t in definition.defaults.items()}, **inputs}
            if sorted(definition.inputs) != sorted(inputs):
                raise ValueError(f"signature {s} has the inputs {sorted(definition.inputs)} of {sorted(graph.signature_def)}")
            results[s] = session.run({k: t.name for k, t in definition.outputs.items()}, {definition.inputs[k].name: a for k, a in inputs.items()})
    return results


def make(name, root):
    declared = MODELS[name]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    target = os.path.join(root, name)
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory() as temporary:
        directory = os.path.join(temporary, "model")
        tf.keras.backend.clear_session()
        declared.build(directory, rng)
        feeds = declared.feeds(rng)
        results = run(declared, directory, feeds)
        for unused in ("fingerprint.pb", "keras_metadata.pb", "assets"):
            path = os.path.join(directory, unused)
            shutil.rmtree(path) if os.path.isdir(path) and not os.listdir(path) else os.path.isfile(path) and os.remove(path)
        shutil.copytree(directory, os.path.join(target, "model"))
    arrays = {}
    entry = {"name": name, "kind": declared.kind, "tags": declared.tags, "signatures": {}, "refused": declared.refused}
    for s, inputs in feeds.items():
        for side, tensors in ("in", inputs), ("out", results[s]):
            for k, a in tensors.items():
                arrays[f"{s}.{side}.{k}"] = np.asarray(a)
        entry["signatures"][s] = {"inputs": sorted(inputs), "outputs": sorted(results[s])}
    store.write_npz(os.path.join(target, "recorded.npz"), arrays)
    return entry


def record_variables(entry, root):
    """Records what TensorFlow reads of the variables, by their keys in index.json, strings aside."""
    prefix = os.path.join(root, entry["name"], "model/variables/variables")
    if not os.path.exists(prefix + ".index"):
        return
    reader = tf.train.load_checkpoint(prefix)
    entry["keys"] = sorted(reader.get_variable_to_shape_map())
    arrays = {}
    for i, key in enumerate(entry["keys"]):
        a = np.asarray(reader.get_tensor(key))
        if a.dtype != object:
            arrays[f"v{i}"] = a.view(np.uint16) if reader.get_variable_to_dtype_map()[key] in (tf.bfloat16, tf.half) else a
    store.write_npz(os.path.join(root, entry["name"], "variables.npz"), arrays)


def again(entry, root):
    """What this TensorFlow computes of the recorded inputs, and the recording."""
    arrays = store.read_npz(os.path.join(root, entry["name"], "recorded.npz"))
    feeds = {s: {k: arrays[f"{s}.in.{k}"] for k in d["inputs"]} for s, d in entry["signatures"].items()}
    return run(MODELS[entry["name"]], os.path.join(root, entry["name"], "model"), feeds), arrays


def record(entry, root):
    """Records what another TensorFlow computes."""
    results, _ = again(entry, root)
    outputs = {}
    for s, tensors in results.items():
        for k, a in tensors.items():
            outputs[f"{s}.out.{k}"] = np.asarray(a)
    store.write_npz(os.path.join(root, entry["name"], f"recorded_{tf.__version__}.npz"), outputs)


def check(entry, root):
    """Tells what TensorFlow now computes in another way."""
    results, arrays = again(entry, root)
    wrong = []
    for s, outputs in results.items():
        for k, a in outputs.items():
            old = arrays[f"{s}.out.{k}"]
            if old.dtype == object:
                close = np.array_equal(old, a)
            else:
                close = old.shape == np.shape(a) and np.allclose(old.astype(np.float64), np.asarray(a).astype(np.float64), 1e-5, 1e-6)
            wrong += [] if close else [f"{entry['name']}: {s}: {k} differs from the recording"]
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--directory", default=os.path.join(HERE, "../../testdata/savedmodels"))
    options = parser.parse_args()
    index = os.path.join(options.directory, "index.json")
    entries = {}
    if os.path.exists(index):
        with open(index) as f:
            entries = {e["name"]: e for e in json.load(f)}
    if options.record:
        if tf.__version__ == MADE_BY:
            parser.error(f"recorded.npz is TensorFlow {MADE_BY}'s: want another")
        for e in entries.values():
            record(e, options.directory)
        print(f"{len(entries)} SavedModels recorded by TensorFlow {tf.__version__}")
        return
    if options.check:
        wrong = [w for e in entries.values() for w in check(e, options.directory)]
        print("\n".join([*wrong, f"{len(entries)} SavedModels, {len(wrong)} tensors differ"]))
        sys.exit(bool(wrong))
    for name in options.names or [n for n in MODELS if n not in entries]:
        entries[name] = make(name, options.directory)
        record_variables(entries[name], options.directory)
        print("made", name)
        lines = ",\n".join(json.dumps(entries[n]) for n in sorted(entries))
        store.write(index, f"[\n{lines}\n]\n".encode())


if __name__ == "__main__":
    main()
