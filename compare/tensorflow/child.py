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
        text = text.rpartition("Node: '")[2].partition("\n")[2]
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return " ".join(lines[:2])


class Side:
    """Answers requests: do_<what>(header, payload) returns the header of an answer and the parts of its payload."""

    def __init__(self, tensorflow, numpy):
        self.tf, self.np, self.graphs = tensorflow, numpy, {}

    def do_load(self, header, payload):
        graph = self.graphs[header["graph"]] = SavedModel(self.tf, header) if header.get("saved_model") else Graph(self.tf, header, payload)
        return graph.described(), []

    def do_drop(self, header, payload):
        if header["graph"] in self.graphs:
            self.graphs.pop(header["graph"]).close()
        return {}, []

    def do_freeze(self, header, payload):
        graph, names = self.graphs[header["graph"]].frozen()
        return {"names": names}, [graph]

    def do_run(self, header, payload):
        graph, feeds, at = self.graphs[header["graph"]], {}, 0
        for feed in header["feeds"]:
            feeds[feed["name"]] = self.array(feed, payload[at : at + feed["bytes"]])
            at += feed["bytes"]
        answer, parts = [], []
        for name, (dtype, value) in zip(header["fetches"], graph.run(feeds, header["fetches"])):
            array = self.np.asarray(value)
            content = self.content(dtype, array)
            answer.append({"name": name, "type": dtype.as_datatype_enum, "shape": list(array.shape), "bytes": len(content)})
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

    def content(self, dtype, array):
        if dtype != self.tf.string:
            return self.np.ascontiguousarray(array).tobytes()
        texts = [t if isinstance(t, bytes) else str(t).encode() for t in array.reshape(-1)]
        return b"".join(struct.pack("<I", len(t)) + t for t in texts)


def port(name, tensor):
    dims = tensor.shape.dims
    shape = None if dims is None else [-1 if d.value is None else d.value for d in dims]
    return {"name": name, "type": tensor.dtype.base_dtype.as_datatype_enum, "shape": shape}


class Graph:
    """A GraphDef in a session."""

    def __init__(self, tf, header, content):
        config = tf.compat.v1.ConfigProto(
            allow_soft_placement=True,  # the CPU in place of the devices that a graph names
            intra_op_parallelism_threads=header["threads"], inter_op_parallelism_threads=header["threads"])
        if not header["optimize"]:
            config.graph_options.optimizer_options.opt_level = -1
            config.graph_options.rewrite_options.disable_meta_optimizer = True
        with tf.Graph().as_default() as self.graph:
            tf.import_graph_def(tf.compat.v1.GraphDef.FromString(content), name="")
            self.session = tf.compat.v1.Session(graph=self.graph, config=config)

    def described(self):
        operations = self.graph.get_operations()
        return {
            "tensors": [port(t.name, t) for o in operations for t in o.outputs],
            "inputs": [port(o.outputs[0].name, o.outputs[0]) for o in operations if o.type == "Placeholder"],
            "outputs": [
                port(t.name, t) for o in operations for t in o.outputs if o.inputs and not any(u.consumers() for u in o.outputs)],
        }

    def run(self, feeds, fetches):
        tensor = self.graph.get_tensor_by_name
        tensors = [tensor(name) for name in fetches]
        values = self.session.run(tensors, {tensor(name): array for name, array in feeds.items()})
        return [(t.dtype.base_dtype, v) for t, v in zip(tensors, values)]

    def close(self):
        self.session.close()


class SavedModel:
    """A signature of a SavedModel, whose inputs and outputs have the signature's names, with ":0"."""

    def __init__(self, tf, header):
        self.tf = tf
        tf.config.threading.set_intra_op_parallelism_threads(header["threads"])
        tf.config.threading.set_inter_op_parallelism_threads(header["threads"])
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": not header["optimize"]})
        self.model = self.load(header["saved_model"], header.get("tags"))  # it keeps the variables
        signatures, name = self.model.signatures, header.get("signature")
        name = name or ("serving_default" if "serving_default" in signatures or len(signatures) != 1 else next(iter(signatures)))
        if name not in signatures:
            raise ValueError(f"no signature {name}: the model has {', '.join(sorted(signatures)) or 'none'}")
        self.function = signatures[name]
        self.inputs = dict(zip(self.function._arg_keywords, self.function.inputs))  # nothing public maps a TensorFlow 1 signature
        self.outputs = self.function.structured_outputs

    def load(self, directory, tags):
        if tags:
            return self.tf.saved_model.load(directory, tags)
        try:
            return self.tf.saved_model.load(directory, ["serve"])
        except RuntimeError:  # the only graph that it has may have other tags
            return self.tf.saved_model.load(directory)

    def described(self):
        inputs = [port(name + ":0", t) for name, t in self.inputs.items()]
        outputs = [port(name + ":0", t) for name, t in self.outputs.items()]
        return {"tensors": inputs + outputs, "inputs": inputs, "outputs": outputs}

    def run(self, feeds, fetches):
        fed = {name.removesuffix(":0"): array for name, array in feeds.items()}
        missing = [name for name in self.inputs if name not in fed]
        if missing:
            raise ValueError(f"no value for input {missing[0]}")
        values = self.function(**{n: self.tf.convert_to_tensor(fed[n], t.dtype) for n, t in self.inputs.items()})
        tensors = [values[name.removesuffix(":0")] for name in fetches]
        return [(t.dtype, t.numpy()) for t in tensors]

    def frozen(self):
        """The signature's graph with constants for variables and functions inlined, and its tensors by the signature's names."""
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        made = convert_variables_to_constants_v2(self.function, lower_control_flow=False)
        if len(made.inputs) != len(self.inputs):
            raise ValueError(f"what the graph takes from outside is no constant: {made.inputs[len(self.inputs)].name}")
        names = dict(zip(self.inputs, (t.name for t in made.inputs)))
        results = dict(zip(sorted(self.outputs), (t.name for t in made.outputs)))  # a dict's values are in the order of its keys
        return made.graph.as_graph_def().SerializeToString(), {"inputs": names, "outputs": results}

    def close(self):
        self.model = self.function = None


if __name__ == "__main__":
    main()
