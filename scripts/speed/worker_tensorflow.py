"""TensorFlow's session on a frozen graph; see worker.py."""

import os

os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf  # noqa: E402

import worker  # noqa: E402

v1 = tf.compat.v1


def fetched(graph):
    """The graph's results: the first output of what nobody uses. Of a quantized one an element: NumPy has no such type, and what is
    not fetched is not computed."""
    used = {i.op.name for op in graph.get_operations() for i in op.inputs}
    ends = [op.outputs[0] for op in graph.get_operations() if op.name not in used and op.outputs and op.type not in ("Const", "Placeholder")]
    with graph.as_default():
        return [tf.reshape(tf.bitcast(t, tf.uint8), [-1])[:1] if t.dtype.is_quantized else t for t in ends]


def load(path, batch, threads, kernel):
    definition = v1.GraphDef()
    with open(path, "rb") as f:
        definition.ParseFromString(f.read())
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
    inputs = [op.outputs[0] for op in graph.get_operations() if op.type == "Placeholder"]
    feeds = []
    for t in inputs:
        shape = [batch if d is None else d for d in t.shape.as_list()]
        kind = tf.uint8 if t.dtype == tf.quint8 else t.dtype
        feeds.append(worker.values(shape, kind.as_numpy_dtype).astype(t.dtype.as_numpy_dtype))
    config = v1.ConfigProto(intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1)
    run = v1.Session(graph=graph, config=config).make_callable(fetched(graph), feed_list=[t.name for t in inputs])
    return lambda: run(*feeds), None


worker.serve(tf.__version__, load)
