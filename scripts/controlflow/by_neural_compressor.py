"""Writes the graphs of testdata/controlflow that older versions of TensorFlow make and Neural
Compressor quantizes.

    python3.11 -m venv nc && nc/bin/pip install neural-compressor==2.6 tensorflow-cpu==2.15.1 "numpy<2" "setuptools<70"
    nc/bin/python scripts/controlflow/by_neural_compressor.py

What TensorFlow 2.21 computes for them is recorded with the other cases: python scripts/controlflow.
"""

import os
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import detector
import numpy as np
import tensorflow as tf
from neural_compressor import PostTrainingQuantConfig, quantization
from parts import LSTMCell, matrix

v1 = tf.compat.v1
CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../testdata/controlflow")


class Batches:
    """Calibration data: pairs of inputs and nothing."""

    batch_size = 2

    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return ((x, None) for x in self.batches)


def frozen(build, outputs):
    graph = tf.Graph()
    with graph.as_default():
        build()
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            return v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), outputs)


def quantized(definition, inputs, outputs, batches):
    config = PostTrainingQuantConfig(inputs=inputs, outputs=outputs, calibration_sampling_size=[8])
    return quantization.fit(definition, config, calib_dataloader=Batches(batches)).graph_def


def write(case, definition, file="graph.pb"):
    os.makedirs(os.path.join(CASES, case), exist_ok=True)
    with open(os.path.join(CASES, case, file), "wb") as f:
        f.write(definition.SerializeToString(deterministic=True))
    ops = {n.op for n in definition.node}
    print(f"{case}: {definition.ByteSize()} bytes, {sorted(o for o in ops if 'uant' in o)}")


def ssd():
    rng = np.random.default_rng(11)

    def build():
        images = v1.placeholder(tf.uint8, [None, None, None, 3], name="image_tensor")
        detector.detect(images, detector.float_network(rng))

    outputs = ["detection_boxes", "detection_scores", "detection_classes", "num_detections"]
    batches = [rng.integers(0, 256, (2, 40, 52, 3)).astype(np.uint8) for _ in range(4)]
    write("ssd_neural_compressor", quantized(frozen(build, outputs), ["image_tensor"], outputs, batches))


def lstm():
    """A classifier of dynamic_rnn, and a dense layer before it and after."""
    rng = np.random.default_rng(12)

    def build():
        x = v1.placeholder(tf.float32, [None, None, 6], name="x")
        dense = lambda x, name, n, m: tf.nn.bias_add(tf.matmul(x, v1.get_variable(name, initializer=matrix(rng, n, m), use_resource=False)), matrix(rng, m))
        steps = tf.shape(x)[1]
        h = tf.nn.relu(dense(tf.reshape(x, [-1, 6]), "before", 6, 8))
        _, (_, h) = v1.nn.dynamic_rnn(LSTMCell(rng, 8), tf.reshape(h, tf.stack([-1, steps, 8])), dtype=tf.float32)
        h = tf.nn.relu(dense(h, "after", 8, 12))
        tf.nn.softmax(dense(h, "logits", 12, 3), name="softmax")

    batches = [rng.normal(size=(2, 5, 6)).astype(np.float32) for _ in range(4)]
    write("lstm_neural_compressor", quantized(frozen(build, ["softmax"]), ["x"], ["softmax"], batches))


def keras():
    """Classifiers of Keras 2, whose layers are functions with a hint of their own kernel."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    rng = np.random.default_rng(13)
    for case, make in (("keras2_lstm", tf.keras.layers.LSTM), ("keras2_gru", tf.keras.layers.GRU)):
        model = tf.keras.Sequential([
            tf.keras.layers.Embedding(12, 4, mask_zero=case == "keras2_gru", input_length=None), make(5), tf.keras.layers.Dense(3, "softmax"),
        ])
        model.build([None, None])
        model.set_weights([matrix(rng, *w.shape) for w in model.get_weights()])
        function = tf.function(lambda ids: model(ids), input_signature=[tf.TensorSpec([None, None], tf.int32, name="ids")])
        frozen = convert_variables_to_constants_v2(function.get_concrete_function(), lower_control_flow=False)
        write(case, frozen.graph.as_graph_def(), "functional.pb")
        print([t.name for t in frozen.outputs])


def main():
    keras()
    v1.disable_v2_behavior()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)  # for what Neural Compressor leaves behind
        ssd()
        lstm()


if __name__ == "__main__":
    sys.exit(main())
