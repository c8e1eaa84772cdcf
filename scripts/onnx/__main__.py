"""Judges the ONNX models that tf2ng writes: see README.md."""

import argparse
import collections
import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys

import netron
import numpy as np
import openvino

import judge
import known

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMS = ["qdq", "qoperator", "integer"]
AGREEMENT, ACCURACY = 0.998, 0.002


class Failures(list):
    def add(self, where, what):
        self.append(f"{where}: {' '.join(what.split())[:400]}")
        print("  FAILED", self[-1])


def nodes(binary, *arguments):
    return subprocess.run([binary, *map(str, arguments)], check=True, text=True, stdout=subprocess.PIPE).stdout


def judge_graphs(directory, entries, results):
    for e in entries:
        results.send(judge.graph(directory, e))


def judged(directory, entries):
    """Judges graphs in a process of its own; where ONNX Runtime ends it, another goes on behind that graph."""
    at = 0
    while at < len(entries):
        results, sender = multiprocessing.Pipe(duplex=False)
        child = multiprocessing.Process(target=judge_graphs, args=(str(directory), entries[at : at + 500], sender))
        child.start()
        sender.close()
        for entry in entries[at : at + 500]:
            at += 1
            try:
                yield entry, results.recv()
            except EOFError:
                child.join()
                yield entry, judge.Verdict("died", f"exit code {child.exitcode}")
                break
        child.join()


def recorded(binary, recordings, directory, failures):
    """The recorded graphs of a directory of testdata."""
    print(f"== the recorded graphs of testdata/{recordings}, each in ONNX Runtime beside tf2ng")
    print("  " + nodes(binary, "-goldens", ROOT / "testdata" / recordings, "-dir", directory).strip())
    entries = json.loads((directory / "index.json").read_text())
    reasons, fidelities = collections.Counter(), collections.Counter()
    for entry, verdict in judged(directory, entries):
        why = known.reason(entry["name"], verdict.kind) if verdict.kind else None
        if why:
            reasons[why] += 1
        elif verdict.kind:
            failures.add(f"{entry['name']} ({entry['op']}): {verdict.kind}", verdict.details)
        else:
            fidelities[entry["fidelity"]] += 1
    print("  as reported: " + ", ".join(f"{n} {f}" for f, n in fidelities.most_common()))
    for why, n in reasons.most_common():
        print(f"  {n} not compared: {why}")


class Model:
    """A model of an index.json, with inputs and TensorFlow's outputs."""

    def __init__(self, models, entry):
        self.path = models / entry["path"]
        self.name = self.path.stem
        self.labels = None
        data = np.load(models / f"{self.name}.tf221.npz")
        if "images" in entry:
            how = entry["images"]
            x = data["images"].astype(np.float32) - np.array(how.get("subtract", [0]), np.float32)
            self.x, self.y = (x / np.float32(how["divide"])).astype(np.float32), data["y"]
            self.sample = self.x[:1]
        elif self.name.startswith("digits"):
            digits = np.load(models / "digits_data.npz")
            self.x, self.labels = digits["xv"], digits["yv"]
            self.y = np.load(models / "digits_y500.tf221.npz")[self.name]
            self.sample = self.x[:64]
        else:
            self.x, self.y = data["x8"], data["y8"]
            self.sample = self.x[:1]

    def judge(self, name, got, failures):
        """Compares a runtime's results with TensorFlow's; returns them in words."""
        same = float((got.argmax(-1) == self.y.argmax(-1)).mean())
        words = f"argmax as TensorFlow's {same:.4f}, probabilities within {np.abs(got - self.y).max():.2g}"
        if same < AGREEMENT:
            failures.add(f"{self.name} {name}", words)
        if self.labels is not None:
            right, wanted = [(y.argmax(-1) == self.labels).mean() for y in (got, self.y)]
            words += f", accuracy {right:.3f} (TensorFlow's {wanted:.3f})"
            if abs(right - wanted) > ACCURACY + 1e-9:
                failures.add(f"{self.name} {name}", words)
        return words


def model(binary, m, directory, failures):
    """A model: each node alone, and from its input to its output, in each form."""
    print(f"== {m.name}")
    directory.mkdir(parents=True, exist_ok=True)
    np.save(directory / "input.npy", m.sample)
    nodes(binary, "-model", m.path, "-input", directory / "input.npy", "-dir", directory)
    counts, worst = collections.Counter(), 0.0
    for entry, verdict in judged(directory, json.loads((directory / "index.json").read_text())):
        if verdict.kind:
            failures.add(f"{m.name}: {entry['name']} ({entry['op']}): {verdict.kind}", verdict.details)
        counts["equal" if verdict.worst == 0 else "off by one"] += 1
        worst = max(worst, verdict.off)
    print(f"  nodes alone: {counts['equal']} equal, {counts['off by one']} off by one in at most {worst:.3%} of the elements")
    for form in FORMS:
        path = str(directory / f"{form}.onnx")
        wrong = judge.check(path)
        if wrong:
            failures.add(f"{m.name} {form}: checker", wrong)
            continue
        s = judge.session(path, os.cpu_count())
        print(f"  ONNX Runtime, {form}: {m.judge(form, s.run(None, {s.get_inputs()[0].name: m.x})[0], failures)}")
    return str(directory / "qdq.onnx")


def open_vino(paths, failures):
    """OpenVINO's float kernels differ: it has to load and run each, and to find about the same."""
    print("== OpenVINO", openvino.__version__)
    core = openvino.Core()
    for m, path in paths:
        try:
            got = core.compile_model(core.read_model(path), "CPU")(m.x)[0]
        except Exception as error:
            failures.add(f"{m.name}: OpenVINO", str(error))
            continue
        same = float((got.argmax(-1) == m.y.argmax(-1)).mean())
        why = known.OPENVINO.get(m.name)
        print(f"  {m.name}: argmax as TensorFlow's {same:.4f}{': ' + why if why else ''}")
        if same < 0.99 and not why:
            failures.add(f"{m.name}: OpenVINO", f"argmax as TensorFlow's {same}")


def netrons_loader(directory, paths, failures):
    print("== netron's loader")
    node = shutil.which("node")
    if node is None:
        print("  NOT RUN: there is no node")
        return
    modules = directory / "netron"
    shutil.copytree(pathlib.Path(netron.__file__).parent, modules, dirs_exist_ok=True)
    (modules / "package.json").write_text('{"type": "module"}')
    script = pathlib.Path(__file__).with_name("netron.mjs")
    for m, path in paths:
        run = subprocess.run([node, script, modules, path], text=True, capture_output=True)
        if run.returncode:
            failures.add(f"{m.name}: netron", run.stderr)
        else:
            print(f"  {m.name}: {run.stdout.strip()}")


def main():
    arguments = argparse.ArgumentParser(prog="scripts/onnx")
    arguments.add_argument("--nodes", default=ROOT / "bin/onnx-nodes", help="the built command scripts/onnx/nodes")
    arguments.add_argument("--models", type=pathlib.Path, default=ROOT / "testdata/graphdefs")
    arguments.add_argument("--dir", type=pathlib.Path, default=ROOT / "bin/onnx-models")
    arguments.add_argument("--only", default="", help="part of the names of models; leaves the recorded graphs out")
    options = arguments.parse_args()
    failures = Failures()
    shutil.rmtree(options.dir, ignore_errors=True)
    options.dir.mkdir(parents=True)
    if not options.only:
        for recordings in ["goldens", "controlflow"]:
            recorded(options.nodes, recordings, options.dir / recordings, failures)
    paths = []
    for entry in json.loads((options.models / "index.json").read_text()):
        if options.only in entry["path"]:
            m = Model(options.models, entry)
            try:
                paths.append((m, model(options.nodes, m, options.dir / m.name, failures)))
            except subprocess.CalledProcessError as error:
                failures.add(m.name, str(error))
    open_vino(paths, failures)
    netrons_loader(options.dir, paths, failures)
    print(f"== {len(failures)} failures")
    for line in failures:
        print("  " + line)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
