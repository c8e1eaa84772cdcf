"""Measures what other tools do with the TensorFlow ops, and writes internal/peers/peers.json.

    python3 scripts/peers [--work DIRECTORY]

See README.md."""

import argparse
import collections
import datetime
import json
import os
import re
import selectors
import subprocess
import sys
import tempfile
import textwrap
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
GOLDENS = os.path.join(ROOT, "testdata", "goldens")
MODELS = os.path.join(ROOT, "testdata", "graphdefs")
RESULT = os.path.join(ROOT, "internal", "peers", "peers.json")
SECONDS = 120  # for one task

# The ops that TensorFlow registers for quantized graphs.
QUANTIZED = re.compile(r"^(?!Boosted|Xla).*([Qq]uantiz|FakeQuant)")


def python(work, peer):
    """The interpreter of a virtual environment with the pinned requirements."""
    directory = os.path.join(work, peer)
    exe = os.path.join(directory, "bin", "python")
    if not os.path.exists(exe):
        venv.create(directory, with_pip=True)
        requirements = os.path.join(HERE, f"requirements-{peer}.txt")
        subprocess.run([exe, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
    return exe


def measure(exe, script, tasks, work, env=None):
    """Runs tasks, each result in the order of the tasks; a process that dies has crashed on its task."""
    path = os.path.join(work, "tasks.json")
    with open(path, "w") as f:
        json.dump(tasks, f)
    results = []
    while len(results) < len(tasks):
        process = subprocess.Popen(
            [exe, os.path.join(HERE, script), path, str(len(results))],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={**os.environ, **(env or {})},
        )
        why = follow(process, results, len(tasks))
        if len(results) < len(tasks):
            results.append({"error": why, "message": ""})
        print(f"\r{script}: {len(results)} of {len(tasks)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return results


def follow(process, results, total):
    """Reads results until the process ends; tells how it ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while len(results) < total:
            if not selector.select(SECONDS):
                process.kill()
                process.wait()
                return "timeout"
            line = process.stdout.readline()
            if not line:
                break
            result = json.loads(line)
            assert result.pop("task") == len(results), "a result came out of its order"
            results.append(result)
            if len(results) % 100 == 0:
                print(f"\r{len(results)} of {total}", end="", file=sys.stderr)
    return "crash" if process.wait() else "end"


def cases():
    """The recorded graphs of one op with outputs."""
    with open(os.path.join(GOLDENS, "index.json")) as f:
        index = json.load(f)["cases"]
    out = []
    for c in index:
        if c["group"] == "chain" or not c["fetches"] or c.get("expected_error"):
            continue
        out.append({
            "kind": "golden", "id": c["id"], "op": c["op"], "quantized": bool(QUANTIZED.search(c["op"])), "pb": os.path.join(GOLDENS, c["pb"]), "npz": os.path.join(GOLDENS, c["npz"]),
            "feeds": c["feeds"], "fetches": c["fetches"],
        })
    return out


def plain_types(task):
    """Whether NumPy has the types of a graph's inputs and outputs; a refusal does not depend on them."""
    return task["quantized"] or all(e["dtype"] != "bfloat16" for e in task["feeds"] + task["fetches"])


def models():
    """The models of testdata."""
    with open(os.path.join(MODELS, "index.json")) as f:
        index = json.load(f)
    out = []
    for m in index:
        feeds, fetches = ([{"tensor": t} for t in m[edges]] for edges in ("feeds", "fetches"))
        out.append({"kind": "model", "op": m["path"], "pb": os.path.join(MODELS, m["path"]), "feeds": feeds, "fetches": fetches})
    return out


def kind(result):
    """exact, near, wrong or runs; else how it was refused."""
    if "missing" in result:
        return "no rule"
    if "result" in result:
        return result["result"]
    return result["error"]


def by_op(tasks, results):
    """For each op how often each kind was seen."""
    counts = collections.defaultdict(collections.Counter)
    for t, r in zip(tasks, results):
        counts[t["op"]][kind(r)] += 1
    return counts


def cpu():
    with open("/proc/cpuinfo") as f:
        return re.search("model name\\s*: (.*)", f.read()).group(1)


def measure_all(work):
    tensorflow, openvino = python(work, "tensorflow"), python(work, "openvino")
    probes = os.path.join(work, "probes")
    os.makedirs(probes, exist_ok=True)
    graphs = cases()
    copies = [{"kind": "copy", "pb": g["pb"], "copy": os.path.join(probes, f"golden{i}.pb")} for i, g in enumerate(graphs)]
    measure(tensorflow, "tensorflow_process.py", copies, work)
    for graph, c in zip(graphs, copies):
        graph["pb"] = c["copy"]
    small = [g for g in graphs if plain_types(g)]

    [catalogue] = measure(tensorflow, "tensorflow_process.py", [{"kind": "catalogue", "directory": probes}], work)
    ops = catalogue["ops"]
    plain = measure(tensorflow, "tensorflow_process.py", graphs, work, {"TF_ENABLE_ONEDNN_OPTS": "0"})
    onednn = measure(tensorflow, "tensorflow_process.py", graphs, work, {"TF_ENABLE_ONEDNN_OPTS": "1"})

    rules = [{"kind": "rule", "op": op, "pb": o["probe"]} for op, o in sorted(ops.items()) if o["probe"]]
    quiet = {"CI": "true"}  # without it OpenVINO reports each conversion to its makers
    found = measure(openvino, "openvino_process.py", [{"kind": "version"}] + rules + small + models(), work, quiet)
    openvino_version = found[0]["version"]
    takes = {t["op"]: t["op"] not in r.get("missing", []) for t, r in zip(rules, found[1:])}
    openvino_goldens = by_op(small + models(), found[1 + len(rules) :])

    found = measure(tensorflow, "tf2onnx_process.py", [{"kind": "version"}] + small + models(), work)
    tf2onnx_goldens = by_op(small + models(), found[1:])
    with open(os.path.join(HERE, "ngraph_bridge.json")) as f:
        bridge = json.load(f)

    data = {
        "date": datetime.date.today().isoformat(),
        "cpu": cpu(),
        "graphs": len(graphs),
        "versions": {
            "tensorflow": catalogue["version"], "openvino": openvino_version, "tf2onnx": found[0]["version"], "ngraph_bridge": bridge["version"],
        },
        "models": {
            m["op"].removesuffix(".pb"): {"openvino": list(openvino_goldens[m["op"]])[0], "tf2onnx": list(tf2onnx_goldens[m["op"]])[0]}
            for m in models()
        },
        "ops": {},
        "only_tensorflow": [],
    }
    plain, onednn = by_op(graphs, plain), by_op(graphs, onednn)
    for op in sorted(set(ops) | set(bridge["ops"]) | set(found[0]["ops"])):
        quantized = bool(QUANTIZED.search(op))
        row = {}
        if op in ops:
            row["tensorflow"] = tensorflow_row(ops[op]["kernel"], plain.get(op), onednn.get(op))
        row["openvino"] = converter_row(takes.get(op), openvino_goldens.get(op))
        row["tf2onnx"] = converter_row(op in found[0]["ops"], tf2onnx_goldens.get(op))
        if op in bridge["ops"]:
            row["ngraph_bridge"] = {"rule": True, "only": bridge["only"].get(op, "")}
        if quantized or any(row.get(peer, {}).get("rule") for peer in ("openvino", "tf2onnx", "ngraph_bridge")):
            data["ops"][op] = prune(row)
        elif row["tensorflow"]["kernel"]:
            data["only_tensorflow"].append(op)
    return data


def tensorflow_row(kernel, plain, onednn):
    row = {"registered": True, "kernel": kernel}
    if onednn:
        row["graphs"], row["onednn"], row["plain"] = sum(onednn.values()), onednn["runs"], plain["runs"]
    return row


def converter_row(rule, goldens):
    row = {"rule": rule}
    if goldens:
        row["graphs"] = dict(sorted(goldens.items()))
    return row


def prune(value):
    """Leaves out what is empty or false."""
    if not isinstance(value, dict):
        return value
    return {k: w for k, w in ((k, prune(v)) for k, v in value.items()) if w not in ({}, [], "", False, None)}


def write(data):
    """One op a line, so that differences can be read."""
    ops, others = data.pop("ops"), data.pop("only_tensorflow")
    head = json.dumps(data, indent=2, sort_keys=True)
    names = textwrap.fill(json.dumps(others), 150, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    lines = ",\n".join(f"    {json.dumps(op)}: {json.dumps(row, sort_keys=True)}" for op, row in sorted(ops.items()))
    os.makedirs(os.path.dirname(RESULT), exist_ok=True)
    with open(RESULT, "w") as f:
        f.write(head[:-2] + ',\n  "only_tensorflow":\n' + names + ',\n  "ops": {\n' + lines + "\n  }\n}\n")


def main():
    parser = argparse.ArgumentParser(description="Measures what other tools do with TensorFlow's quantized ops.")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "tf2ng-peers"), help="directory of the virtual environments")
    work = parser.parse_args().work
    os.makedirs(work, exist_ok=True)
    write(measure_all(work))


main()
