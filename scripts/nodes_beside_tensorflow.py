"""Compares every node of a model with TensorFlow's, each given tf2ng's inputs to it.

    pip install tensorflow-cpu==2.21.0
    make build
    python scripts/nodes_beside_tensorflow.py MODEL.pb --input NAME=FILE.npz:KEY [--all]

So a node that differs is itself at fault, not one before it (but a QuantizeV2 runs with the float node that it reads). Prints
the nodes that differ (with --all: every node) and a sum.
On a CPU without VNNI the nodes that multiply u8 by s8 are left out: TensorFlow's sums of two products saturate there.
"""

import argparse
import collections
import os
import subprocess
import sys
import tempfile

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "scripts", "goldens"))
from tensorflow_process import Died, Refused, Runner  # noqa: E402

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import tensorflow as tf  # noqa: E402

Case = collections.namedtuple("Case", "graph feeds fetches folded")
SOURCES = ("Const", "HostConst", "Placeholder", "NoOp", "Assert")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--input", required=True, metavar="NAME=FILE.npz:KEY")
    parser.add_argument("--all", action="store_true", help="print every node")
    args = parser.parse_args()
    graph = tf.compat.v1.GraphDef()
    with open(args.model, "rb") as f:
        graph.ParseFromString(f.read())
    nodes = {n.name: n for n in graph.node}
    compared = [n for n in graph.node if n.op not in SOURCES and (vnni() or not multiplies(n))]
    read = {i for n in graph.node for i in data_inputs(n)}
    outputs = {n.name: [f"{n.name}:{i}" for i in range(64) if i == 0 or f"{n.name}:{i}" in read] for n in compared}
    values = tensors(args, nodes, compared, outputs)

    runner, counts, elements, apart = Runner(), collections.Counter(), 0, 0
    for n in compared:
        try:
            line, size, differing = compare(runner, n, nodes, values, outputs[n.name])
        except (Refused, Died) as e:
            counts["refused by TensorFlow"] += 1
            print(f"{n.name} ({n.op}): TensorFlow: {e}")
            continue
        counts["differ" if differing else "equal"] += 1
        elements, apart = elements + size, apart + differing
        if differing or args.all:
            print(f"{n.name} ({n.op}): {line}")
    runner.close()
    left = sum(n.op not in SOURCES for n in graph.node) - len(compared)
    print(f"{', '.join(f'{c} {what}' for what, c in counts.items())} of {len(compared)} nodes; {left} left out for want of VNNI; "
          f"{apart} of {elements} elements differ")


def vnni():
    with open("/proc/cpuinfo") as f:
        flags = next((line for line in f if line.startswith("flags")), "").split()
    return "avx512_vnni" in flags or "avx_vnni" in flags


def multiplies(n):
    return ("Quantized" in n.op) and ("Conv2D" in n.op or "MatMul" in n.op)


def tensor(name):
    return name if ":" in name else name + ":0"


def data_inputs(n):
    return [tensor(i) for i in n.input if not i.startswith("^")]


def tensors(args, nodes, compared, outputs):
    """What tf2ng makes of every tensor that a compared node reads or writes."""
    wanted = {o for n in compared for o in outputs[n.name]}
    wanted |= {i for n in compared for i in data_inputs(n) if nodes[i.split(":")[0]].op not in ("Const", "HostConst")}
    with tempfile.TemporaryDirectory() as folder:
        run = [os.path.join(ROOT, "bin", "tf2ng"), "run", args.model, "--tf-version", "2.21", "--no-qdq-fusion", "--input", args.input,
               "--out", f"{folder}/all.npz", *(f"--output={w}" for w in sorted(wanted))]
        done = subprocess.run(run, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr)
        return dict(np.load(f"{folder}/all.npz"))


def compare(runner, n, nodes, values, outputs):
    """Runs one node on the inputs that tf2ng computed, constants in place. A QuantizeV2 runs
    behind the float node that it reads, whose last bits may move an integer by one step."""
    graph, feeds = tf.compat.v1.GraphDef(), {}

    def add(n, through):
        alone = tf.compat.v1.NodeDef()
        alone.CopyFrom(n)
        del alone.input[:]
        for index, name in enumerate(data_inputs(n)):
            source = nodes[name.split(":")[0]]
            held = source.name
            if source.op in ("Const", "HostConst"):
                if all(held != m.name for m in graph.node):
                    constant = graph.node.add()
                    constant.CopyFrom(source)
                    del constant.input[:]  # control inputs
            elif through and index == 0 and source.op not in SOURCES:
                add(source, False)
            else:
                held = "fed/" + name.replace(":", "_")
                if all(held != m.name for m in graph.node):
                    p, kind = graph.node.add(), input_type(n, index)
                    p.name, p.op = held, "Placeholder"
                    p.attr["dtype"].type = kind
                    p.attr["shape"].shape.CopyFrom(tf.TensorShape(values[name].shape).as_proto())
                    feeds[held + ":0"] = (tf.dtypes.as_dtype(kind).name, values[name])
            alone.input.append(held)
        graph.node.add().CopyFrom(alone)

    add(n, n.op == "QuantizeV2")
    got = runner.run(Case(graph.SerializeToString(), feeds, outputs, False))
    notes, size, differing = [], 0, 0
    for name in outputs:
        want, mine = got[name][1], values[name]
        if want.shape != mine.shape:
            return f"{name}: got shape {mine.shape}, TensorFlow's {want.shape}", want.size, want.size
        different = ~((want == mine) | ((want != want) & (mine != mine)))
        size, differing = size + want.size, differing + int(different.sum())
        if different.any():
            most = np.max(np.abs(want.astype(np.float64) - mine.astype(np.float64)))
            notes.append(f"{name} {got[name][0]}{list(want.shape)}: {different.sum()} of {want.size} differ, by {most:.3g} at most")
    return "; ".join(notes) or "equal", size, differing


def input_type(n, index):
    """The type of a node's input number index."""
    at = 0
    with tf.Graph().as_default() as g:
        definition = g.op_def_for_type(n.op)
    for arg in definition.input_arg:
        count = n.attr[arg.number_attr].i if arg.number_attr else 1
        if arg.type_list_attr:
            types = n.attr[arg.type_list_attr].list.type
            if index < at + len(types):
                return types[index - at]
            count = len(types)
        elif index < at + count:
            return n.attr[arg.type_attr].type if arg.type_attr else arg.type
        at += count
    raise ValueError(f"{n.name}: no input {index}")


if __name__ == "__main__":
    main()
