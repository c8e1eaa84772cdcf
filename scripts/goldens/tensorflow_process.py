"""Runs graphs with TensorFlow in a process of its own, which a hostile graph may end.

run(case) returns {tensor: (TensorFlow's type, array)}, or raises Refused with
TensorFlow's message, or Died.
"""

import os
import pickle
import subprocess
import sys

# The setting whose results are the reference; one thread, so that sums have one order.
ENVIRONMENT = {"TF_ENABLE_ONEDNN_OPTS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


class Refused(Exception):
    """TensorFlow gave an error."""


class Died(Exception):
    """TensorFlow ended the process."""


class Runner:
    def __init__(self):
        self.process = None

    def run(self, case):
        if self.process is None:
            env = {k: v for k, v in os.environ.items() if not k.startswith(("ONEDNN_", "DNNL_"))} | ENVIRONMENT
            self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
        try:
            pickle.dump((case.graph, case.feeds, case.fetches, case.folded), self.process.stdin)
            self.process.stdin.flush()
            kind, answer = pickle.load(self.process.stdout)
        except (EOFError, BrokenPipeError):
            status = self.process.wait()
            self.process = None
            raise Died(f"TensorFlow ended its process with status {status}") from None
        if kind == "refused":
            raise Refused(answer)
        return answer

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


def run_graph(tf, graph_bytes, feeds, fetches, folded):
    """The outputs of a graph, as Runner.run gives them. One session per graph; the graph is run as it is, without TensorFlow's rewriting
    unless folded."""
    import numpy as np

    graph_def = tf.compat.v1.GraphDef.FromString(graph_bytes)
    config = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    if not folded:
        config.graph_options.optimizer_options.opt_level = -1
        config.graph_options.rewrite_options.disable_meta_optimizer = True
    with tf.Graph().as_default() as graph, tf.compat.v1.Session(config=config) as session:
        tf.import_graph_def(graph_def, name="")
        tensors = [graph.get_tensor_by_name(f) for f in fetches] or graph.get_operation_by_name("op").outputs
        fed = {t: a.view(tf.dtypes.as_dtype(d).as_numpy_dtype) for t, (d, a) in feeds.items()}
        values = session.run(list(tensors), fed)
    plain = {"qint8": np.int8, "quint8": np.uint8, "qint16": np.int16, "quint16": np.uint16, "qint32": np.int32}
    answer = {}
    for tensor, value in zip(tensors, values):
        name = {"float32": "float", "float64": "double", "float16": "half"}.get(tensor.dtype.name, tensor.dtype.name)
        array = np.asarray(value, object) if name == "string" else np.asarray(value)
        answer[tensor.name] = (name, array.view(plain[name]) if name in plain else array)
    return answer


def _main():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what TensorFlow prints is no answer
    import tensorflow as tf

    tf.compat.v1.disable_eager_execution()
    while True:
        try:
            graph, feeds, fetches, folded = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = ("outputs", run_graph(tf, graph, feeds, fetches, folded))
        except Exception as e:  # whatever TensorFlow raises is its answer
            answer = ("refused", f"{type(e).__name__}: {e}")
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    _main()
