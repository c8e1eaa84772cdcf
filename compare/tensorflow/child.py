"""Runs GraphDefs in TensorFlow for another program, which it reads and answers in frames.

A frame is b"TF2N", the length of a header as 4 bytes, that of a payload as 8 (both little-endian), the header, which is JSON, and
the payload. The first frame of this process tells its versions; each further one answers one that it read.
"""

import json
import os
import struct
import sys

PROTOCOL = 1


def main():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what TensorFlow prints is no answer
    requests = os.fdopen(os.dup(0), "rb")
    try:
        import numpy
        import tensorflow
    except Exception as e:  # a TensorFlow that is there may still not load
        return write(answers, {"error": f"{type(e).__name__}: {e}", "kind": "import"})
    tensorflow.compat.v1.disable_eager_execution()
    write(answers, {
        "protocol": PROTOCOL, "tensorflow": tensorflow.__version__, "numpy": numpy.__version__, "python": sys.version.split()[0],
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", ""), "cpu": cpu_flags(),
    })
    side = Side(tensorflow, numpy)
    while (frame := read(requests)) is not None:
        header, payload = frame
        try:
            answer, parts = getattr(side, "do_" + header["do"])(header, payload)
        except Exception as e:  # whatever TensorFlow raises is its answer
            answer, parts = {"error": message(e), "kind": type(e).__name__}, []
        write(answers, answer, parts)


def read(stream):
    head = stream.read(16)
    if len(head) < 16:
        return None
    magic, header, payload = struct.unpack("<4sIQ", head)
    if magic != b"TF2N":
        raise SystemExit("no frame: " + repr(head))
    return json.loads(stream.read(header)), stream.read(payload)


def write(stream, header, parts=()):
    text = json.dumps(header).encode()
    stream.write(struct.pack("<4sIQ", b"TF2N", len(text), sum(len(p) for p in parts)) + text)
    for part in parts:
        stream.write(part)
    stream.flush()


def cpu_flags():
    try:
        with open("/proc/cpuinfo") as f:
            for line in f:
                if line.startswith(("flags", "Features")):
                    return line.partition(":")[2].split()
    except OSError:
        pass
    return None


def message(error):
    """An error's text in one line, without where the node was made."""
    text = str(error).partition("\n\nOriginal stack trace")[0]
    if "Graph execution error" in text:
        text = text.rpartition("Detected at node")[2]
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " ".join(lines[-2:] if len(lines) > 2 else lines)


class Side:
    def __init__(self, tensorflow, numpy):
        self.tf, self.np, self.graphs = tensorflow, numpy, {}

    def do_load(self, header, payload):
        tf = self.tf
        config = tf.compat.v1.ConfigProto(
            intra_op_parallelism_threads=header["threads"], inter_op_parallelism_threads=header["threads"])
        if not header["optimize"]:
            config.graph_options.optimizer_options.opt_level = -1
            config.graph_options.rewrite_options.disable_meta_optimizer = True
        with tf.Graph().as_default() as graph:
            tf.import_graph_def(tf.compat.v1.GraphDef.FromString(payload), name="")
            session = tf.compat.v1.Session(graph=graph, config=config)
        self.graphs[header["graph"]] = graph, session
        operations = graph.get_operations()
        return {
            "tensors": [self.port(t) for o in operations for t in o.outputs],
            "inputs": [self.port(o.outputs[0]) for o in operations if o.type == "Placeholder"],
            "outputs": [self.port(t) for o in operations for t in o.outputs if o.inputs and not any(u.consumers() for u in o.outputs)],
        }, []

    def port(self, tensor):
        dims = tensor.shape.dims
        shape = None if dims is None else [-1 if d.value is None else d.value for d in dims]
        return {"name": tensor.name, "type": tensor.dtype.base_dtype.as_datatype_enum, "shape": shape}

    def do_drop(self, header, payload):
        if header["graph"] in self.graphs:
            self.graphs.pop(header["graph"])[1].close()
        return {}, []

    def do_run(self, header, payload):
        graph, session = self.graphs[header["graph"]]
        feeds, at = {}, 0
        for feed in header["feeds"]:
            feeds[graph.get_tensor_by_name(feed["name"])] = self.array(feed, payload[at : at + feed["bytes"]])
            at += feed["bytes"]
        tensors = [graph.get_tensor_by_name(name) for name in header["fetches"]]
        values = session.run(tensors, feeds)
        answer, parts = [], []
        for tensor, value in zip(tensors, values):
            array = self.np.asarray(value)
            content = self.content(tensor, array)
            answer.append({
                "name": tensor.name, "type": tensor.dtype.base_dtype.as_datatype_enum, "shape": list(array.shape), "bytes": len(content),
            })
            parts.append(content)
        return {"tensors": answer}, parts

    def array(self, feed, content):
        kind = self.tf.dtypes.as_dtype(feed["type"])
        if kind == self.tf.string:
            elements, at = [], 0
            while at < len(content):
                (length,) = struct.unpack_from("<I", content, at)
                elements.append(bytes(content[at + 4 : at + 4 + length]))
                at += 4 + length
            array = self.np.empty(len(elements), dtype=object)
            array[:] = elements
        else:
            array = self.np.frombuffer(content, dtype=kind.as_numpy_dtype)
        return array.reshape(feed["shape"])

    def content(self, tensor, array):
        if tensor.dtype.base_dtype != self.tf.string:
            return self.np.ascontiguousarray(array).tobytes()
        texts = [t if isinstance(t, bytes) else str(t).encode() for t in array.reshape(-1)]
        return b"".join(struct.pack("<I", len(t)) + t for t in texts)


main()
