"""Records what TensorFlow computes for the graphs of testdata/controlflow.

    python scripts/controlflow [--check] [--only REGEXP] [--directory testdata/controlflow]

What differs from the recording is written, or with --check only told. Floats within 1e-5
of the recorded ones count as equal. See README.md.
"""

import argparse
import importlib
import json
import os
import re
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../goldens"))
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before TensorFlow is imported

import hostile
import numpy as np
import store
from flow import CASES, built, feeds
from tensorflow.core.framework.graph_pb2 import GraphDef
from tensorflow_process import Died, Refused, Runner

MODULES = ["functional", "lists", "frames", "arrays", "recurrent", "detection", "placeholders"]
LARGEST, ALL = 300_000, 2_500_000  # bytes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if anything differs")
    parser.add_argument("--only", default="", help="run the cases whose names match, keep the others as recorded")
    parser.add_argument("--directory", default=os.path.join(HERE, "../../testdata/controlflow"))
    options = parser.parse_args()
    for module in MODULES:
        importlib.import_module(module)
    runner, told = Runner(), []
    for case in CASES.values():
        if re.search(options.only, case.id):
            try:
                differing = record(options, runner, case)
                told += [f"{case.id}: {', '.join(differing)}"] if differing else []
            except (ValueError, Refused, Died) as e:
                told.append(f"{case.id}: wrong: {' '.join(str(e).split())[:300]}")
    runner.close()
    if re.search(options.only, "hostile"):
        told += hostile.write(os.path.join(options.directory, "hostile"), options.check)
    told += gone(options)
    print("\n".join(told + [f"{len(CASES)} cases, {size(options.directory)} bytes"]))
    wrong = any(": wrong: " in line for line in told) or size(options.directory) > ALL
    sys.exit(1 if wrong or options.check and told else 0)


def record(options, runner, case):
    """Runs a case, writes what differs from its recording, and tells it."""
    graphs, fetches = built(case)
    directory = os.path.join(options.directory, case.id)
    arrays, expected, runs = {}, {}, []
    for i, fed in enumerate(feeds(case)):
        at = {t: f"{key(t)}_{i}" for t in fed}
        arrays |= {at[t]: array.view(store.stored(dtype)) for t, (dtype, array) in fed.items()}
        run = {"feeds": {t: f"feeds.npz:{k}" for t, k in at.items()}}
        if case.sets:
            run["set"] = case.sets
        if i in case.fails:
            run["fails"], run["because"] = case.fails[i]
            run["expect"] = {t: "" for t in fetches}
        else:
            outputs = agreed(case, runner, graphs, fed, fetches)
            expected |= {f"{key(t)}_{i}": a.view(store.stored(d)) for t, (d, a) in outputs.items()}
            run["expect"] = {t: f"expected.npz:{key(t)}_{i}" for t in outputs}
        runs += [{"model": file} | run for file in graphs]
    told = []
    for file, graph in graphs.items():
        path = os.path.join(directory, file)
        if len(graph) > LARGEST:
            raise ValueError(f"{file} has {len(graph)} bytes, at most {LARGEST} are wanted")
        told += [] if same_nodes(path, graph) else written(options, path, graph)
    told += npz(options, os.path.join(directory, "feeds.npz"), arrays)
    told += npz(options, os.path.join(directory, "expected.npz"), expected)
    lines = ",\n ".join(json.dumps(r) for r in runs)
    text = f'{{"says": {json.dumps(case.says)}, "runs": [\n {lines}\n]}}\n'
    told += written(options, os.path.join(directory, "case.json"), text.encode())
    others = set(os.listdir(directory)) - set(graphs) - {"case.json", "feeds.npz", "expected.npz"} if os.path.isdir(directory) else []
    for file in sorted(others):
        told.append(f"{file} gone")
        if not options.check:
            os.remove(os.path.join(directory, file))
    return told


def agreed(case, runner, graphs, fed, fetches):
    """What the graphs of a case compute, which must be the same."""

    class Run:
        folded = False

    first = None
    for file, graph in graphs.items():
        if case.oracle and file != case.oracle:
            continue
        run = Run()
        run.graph, run.fetches = graph, fetches
        run.feeds = fed | {n + ":0": fixed(v) for n, v in case.sets.items()}
        outputs = runner.run(run)
        if first is None:
            first = outputs
        for t, (_, a) in outputs.items():
            if not near(first[t][1], a):
                raise ValueError(f"{file} differs from the first graph: {t}")
    return first


def fixed(value):
    """The type and the array of a placeholder's fixed value."""
    if isinstance(value, bool):
        return "bool", np.array(value)
    return "float", np.array(value, np.float32)


def near(a, b):
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if not np.issubdtype(a.dtype, np.floating):
        return a.tobytes() == b.tobytes()
    return np.allclose(a, b, rtol=1e-5, atol=1e-6, equal_nan=True)


def key(tensor):
    name, _, port = tensor.partition(":")
    return re.sub(r"\W", "_", name) + ("" if port in ("", "0") else "_" + port)


def same_nodes(path, graph):
    """Whether a file holds the nodes of a graph: Grappler lists and numbers them in any order."""
    if not os.path.exists(path):
        return False
    with open(path, "rb") as f:
        return canonical(f.read()) == canonical(graph)


def canonical(data):
    """A graph's nodes, sorted, without the numbers that lowering gives them and without the
    placeholders that it leaves behind; and the rest."""
    graph, nodes = GraphDef.FromString(data), []
    for node in graph.node:
        if node.name.startswith("unused_control_flow_input"):
            continue
        node.attr.pop("_has_manual_control_dependencies", None)
        node.name = re.sub(r"/_\d+", "/_", node.name)
        node.input[:] = sorted(re.sub(r"/_\d+", "/_", i) for i in node.input)
        nodes.append(node.SerializeToString(deterministic=True))
    del graph.node[:]
    return sorted(nodes), graph.SerializeToString(deterministic=True)


def written(options, path, data):
    if os.path.exists(path):
        with open(path, "rb") as f:
            if f.read() == data:
                return []
    if not options.check:
        store.write(path, data)
    return [os.path.basename(path)]


def npz(options, path, arrays):
    old = store.read_npz(path) if os.path.exists(path) else None
    if old is not None and list(old) == list(arrays) and all(near(old[k], arrays[k]) for k in arrays):
        return []
    if not options.check:
        store.write_npz(path, arrays)
    return [os.path.basename(path)]


def gone(options):
    """Removes the directories of cases that are no longer declared."""
    told = []
    for name in sorted(os.listdir(options.directory)):
        path = os.path.join(options.directory, name)
        if os.path.isdir(path) and name != "hostile" and name not in CASES:
            told.append(f"{name}: gone")
            if not options.check:
                shutil.rmtree(path)
    return told


def size(directory):
    return sum(os.path.getsize(os.path.join(d, f)) for d, _, files in os.walk(directory) for f in files)


if __name__ == "__main__":
    main()
