"""Makes the float parents of the whole models, and their TensorFlow Lite quantization.

    python parents.py DIRECTORY MODEL ...

A parent is an architecture of tf.keras.applications with seeded random weights and the BatchNorm statistics of made-up images:
the values do not matter for time. In DIRECTORY/MODEL: parent.pb (frozen), parent.onnx (channels first), b1.tflite and b8.tflite
(all int8, per channel, float32 in and out); in DIRECTORY: images.npy, what all quantizations are calibrated on.
What is there already is not made again.
"""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2  # noqa: E402

ARCHITECTURES = {"resnet50": tf.keras.applications.ResNet50, "mobilenet_v2": tf.keras.applications.MobileNetV2}
IMAGES, SIDE, OPSET, BATCHES = 16, 224, 17, (1, 8)


def images():
    """Images with large and small structures, in [-1, 1]."""
    random = np.random.default_rng(0)
    total = np.zeros((IMAGES, SIDE, SIDE, 3), np.float32)
    for cells in (4, 14, 56, SIDE):
        noise = random.uniform(-1, 1, (IMAGES, cells, cells, 3)).astype(np.float32)
        total += tf.image.resize(noise, (SIDE, SIDE)).numpy()
    return total / np.abs(total).max()


def parent(name, calibration):
    """The frozen graph of a float model."""
    tf.keras.utils.set_random_seed(1)
    model = ARCHITECTURES[name](weights=None)
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(calibration, training=True)
    spec = tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32, name="input")
    function = tf.function(lambda x: model(x, training=False)).get_concrete_function(spec)
    return convert_variables_to_constants_v2(function).graph.as_graph_def()


def ends(graph):
    """The tensors of the input and of the output."""
    used = {name.split(":")[0].lstrip("^") for n in graph.node for name in n.input}
    [x] = [n.name for n in graph.node if n.op == "Placeholder"]
    [y] = [n.name for n in graph.node if n.name not in used and n.op not in ("NoOp", "Const", "Placeholder")]
    return x + ":0", y + ":0"


def write_onnx(graph, path):
    import tf2onnx.convert  # int8_models.py has none

    x, y = ends(graph)
    tf2onnx.convert.from_graph_def(
        graph, input_names=[x], output_names=[y], opset=OPSET, inputs_as_nchw=[x], output_path=path)


def write_tflite(graph, calibration, batch, path):
    x, y = (name.split(":")[0] for name in ends(graph))
    with open(path + ".pb", "wb") as f:
        f.write(graph.SerializeToString())
    converter = tf.compat.v1.lite.TFLiteConverter.from_frozen_graph(
        path + ".pb", [x], [y], input_shapes={x: [batch, SIDE, SIDE, 3]})
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([calibration[i:i + batch]] for i in range(0, len(calibration), batch))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.float32
    model = converter.convert()
    os.remove(path + ".pb")
    with open(path, "wb") as f:
        f.write(model)


def once(path, write):
    """Writes a file, complete or not at all."""
    if not os.path.exists(path):
        write(path + ".part")
        os.rename(path + ".part", path)
        print(path, flush=True)


def save(a, path):
    with open(path, "wb") as f:
        np.save(f, a)


def save_graph(name, calibration, path):
    with open(path, "wb") as f:
        f.write(parent(name, calibration).SerializeToString())


def main(directory, *names):
    os.makedirs(directory, exist_ok=True)
    once(f"{directory}/images.npy", lambda path: save(images(), path))
    calibration = np.load(f"{directory}/images.npy")
    for name in names:
        folder = f"{directory}/{name}"
        os.makedirs(folder, exist_ok=True)
        once(f"{folder}/parent.pb", lambda path: save_graph(name, calibration, path))
        graph = tf.compat.v1.GraphDef()
        with open(f"{folder}/parent.pb", "rb") as f:
            graph.ParseFromString(f.read())
        once(f"{folder}/parent.onnx", lambda path: write_onnx(graph, path))
        for batch in BATCHES:
            once(f"{folder}/b{batch}.tflite", lambda path: write_tflite(graph, calibration, batch, path))


if __name__ == "__main__":
    main(*sys.argv[1:])
