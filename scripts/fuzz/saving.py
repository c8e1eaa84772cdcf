"""Reduces a case to the step that differs, and writes it: graph.pb, feeds.npz, expected.npz, case.json."""

import json
import os

import numpy as np
import store
from graph import Case
from case import Input, input_node
from tensorflow.core.framework import graph_pb2


def alone(case, step, values):
    """The case of one step, fed with values of what it reads from other steps; None if some
    value is not known."""
    source = {n.name: n for n in case.proto().node}
    reduced, feeds = graph_pb2.GraphDef(), {}
    own = set(step.nodes)

    def feed(tensor, dtype):
        name = "x_" + tensor.replace(":", "_")
        if name + ":0" not in feeds:
            reduced.node.append(input_node(name, Input(dtype, None, False), values[tensor]))
            feeds[name + ":0"] = (dtype, values[tensor])
        return name

    def add(name):
        if any(n.name == name for n in reduced.node):
            return
        node = type(source[name])()
        node.CopyFrom(source[name])
        for i, tensor in enumerate(node.input):
            origin = tensor.partition(":")[0]
            if origin in own or source[origin].op == "Const":
                add(origin)
            elif source[origin].op == "Placeholder":
                add(origin)
            else:
                whole = tensor if ":" in tensor else tensor + ":0"
                dtype = next(t.dtype for s in case.steps for k, t in enumerate(s.outputs) if f"{s.node}:{k}" == whole)
                node.input[i] = feed(whole, dtype)
        if name + ":0" in case.feeds:
            feeds[name + ":0"] = case.feeds[name + ":0"]
        reduced.node.append(node)

    try:
        add(step.node)
    except KeyError:
        return None
    fetches = [f"{step.node}:{i}" for i in range(len(step.outputs))]
    return Case(reduced.SerializeToString(deterministic=True), feeds, fetches, [step], name=case.name, values=case.values)


def read_by(case):
    """The values that the only step of a case reads, in order; None where a node computes one."""
    nodes = {n.name: n for n in case.proto().node}

    def value(tensor):
        node = nodes[tensor.partition(":")[0]]
        if node.op == "Const":
            return case.values[node.name]
        if node.op == "Placeholder":
            return case.feeds[node.name + ":0"][1]
        return value(node.input[0])  # a helper passes its input on

    return [value(i) for i in nodes[case.steps[0].node].input]


def save(directory, finding):
    """Writes a finding in the form of the repository's cases. expected.npz is of the side that is
    exact, TensorFlow's where that is not known; there is none if it refuses."""
    case = finding.case
    right = {"TensorFlow": "TensorFlow's", "tf2ng": "ours"}.get(finding.exact, finding.known or finding.exact)
    expected = finding.ours if right == "ours" else finding.theirs
    os.makedirs(directory, exist_ok=True)
    store.write(os.path.join(directory, "graph.pb"), case.graph)
    store.write_npz(os.path.join(directory, "feeds.npz"), {f"f{i}": a.view(store.stored(d)) for i, (d, a) in enumerate(case.feeds.values())})
    if expected is not None:
        store.write_npz(os.path.join(directory, "expected.npz"), {t: plain(a) for t, a in expected.items()})
    about = {
        "says": f"{finding.op}: {finding.kind}", "right": right, "feeds": {t: f"feeds.npz:f{i}" for i, t in enumerate(case.feeds)},
        "fetches": case.fetches, "seen": [finding.detail],
    }
    with open(os.path.join(directory, "case.json"), "w") as f:
        json.dump(about, f, indent=1)
        f.write("\n")


def plain(array):
    """The array as NumPy's files hold it: 16-bit floats by their bits."""
    return array.view(np.uint16) if array.dtype.itemsize == 2 and array.dtype.kind not in "iu" else array
